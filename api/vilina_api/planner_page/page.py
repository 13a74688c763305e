"""The planner's page: what each block shows, ready for its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup

from vilina_api.planner_page.answer import lacking, needed
from vilina_api.planner_page.axis import NARROW, WIDE, ChartWords, Size
from vilina_api.planner_page.drawing import page_svg
from vilina_api.planner_page.fan import Fan, fan_chart
from vilina_api.planner_page.heat import heat, heat_chart
from vilina_api.planner_page.steps import Step, steps, steps_chart
from vilina_api.planner_page.subject import Subject, subjects
from vilina_api.planner_page.week import Week
from vilina_api.planner_page.week_plans import HOUR_EUR, WeekPlan
from vilina_api.planner_page.week_rosters import WeekRoster, fits
from vilina_api.rostering.grid import grid
from vilina_api.rostering.people import Person
from vilina_api.site_forecast.card import ModelCard
from vilina_api.staffing.plan import StaffPlan
from vilina_api.staffing.played import Played, sum_of
from vilina_api.staffing.what_if import Difference
from vilina_api.staffing.wording import reason
from vilina_api.templating import templates
from vilina_ingest.site import Site

BACK: Final = 1
AHEAD: Final = 2
"""Weeks that can be chosen beside this one; any other has an address, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a planner looks at, and what is known of it.

    `now` is the site's local time, naive. `fan` is None while the forecast is being made; `card` says what it rests on,
    and `share` what a unit is taken to get of its zone.
    `people` can be rostered, if the server keeps rosters.
    """

    site: Site
    week: Week
    subject: Subject
    now: datetime
    fan: Fan | None
    card: ModelCard | None
    share: str | None
    plan: WeekPlan | None
    roster: WeekRoster | None
    people: tuple[Person, ...]
    keeps_rosters: bool

    @property
    def made(self) -> StaffPlan | None:
        """The plan of the unit that is looked at."""
        if self.plan is None or self.subject.kind != "unit":
            return None
        return self.plan.units.get(self.subject.id)

    @property
    def is_outdated(self) -> bool:
        """Whether the week's plan is another one than its roster was made for."""
        if self.plan is None or self.roster is None:
            return False
        return not fits(self.roster.required, self.plan.plans.values(), self.site)

    @property
    def shown(self) -> tuple[Step, ...]:
        """Staff of the unit, or of all units."""
        if self.plan is None:
            return ()
        plans = list(self.plan.plans.values())
        if self.subject.kind == "unit":
            plans = [self.made] if self.made else []
        return steps(plans)


def render_page(look: Look) -> str:
    """The whole page."""
    return templates().get_template("planner/page.html").render(**_blocks(look), whole=True)


def render_blocks(look: Look) -> str:
    """Only the blocks, to put in place of those on the page."""
    return templates().get_template("planner/blocks.html").render(**_blocks(look), whole=False)


def render_difference(found: Difference, week: Week, *, name: str, size: Size) -> str:
    """What a change does to the unit of that name, for the page to put in place."""
    then, planned = steps([found.after]), steps([found.before])
    chart = steps_chart(
        then, before=planned, week=week, size=size, words=chart_words(), desks=found.after.by.rules.desks
    )
    before, after = ({step.start: step.staff for step in some} for some in (planned, then))
    rows = [(start, before.get(start), after.get(start)) for start in sorted(before | after)]
    return (
        templates()
        .get_template("planner/difference.html")
        .render(found=found, name=name, chart=page_svg(chart), rows=rows)
    )


def render_played(found: Sequence[Played], site: Site, *, of: str) -> str:
    """What plays came to, for the page to put in place; `of` a roster, or of the plan."""
    names = {unit.id: unit.name for unit in site.units}
    return (
        templates()
        .get_template("planner/played.html")
        .render(found=found, all=sum_of(found), names=names, of=of)
    )


@cache
def chart_words() -> ChartWords:
    """What charts say."""
    said = templates().get_template("planner/words.html").module
    return ChartWords(tuple(said.weekdays), said.closed, said.desks)  # type: ignore[attr-defined]  # what the template sets


def desks_of(look: Look) -> int | None:
    """Desks of the unit that is looked at."""
    return look.made.by.rules.desks if look.made else None


def _blocks(look: Look) -> Mapping[str, object]:
    site, week, plan, today = look.site, look.week, look.plan, look.now.date()
    units = [one for one in subjects(site) if one.kind == "unit"]
    plans = list(plan.plans.values()) if plan else []
    shown, hours = look.shown, opening(look.shown)
    return {
        "site": site, "week": week, "subject": look.subject, "fan": look.fan, "card": look.card,
        "share": f"{look.subject.name}{look.share.removeprefix(look.subject.id)}" if look.share else None, "plan": plan,
        "weeks": _weeks(week, today), "units": units,
        "zones": [one for one in subjects(site) if one.kind == "zone"],
        "names": {unit.id: unit.name for unit in site.units},
        "query": urlencode({"week": str(week), "at": str(look.subject)}),
        "pending": look.fan is None, "is_over": week.last < today, "today": today,
        "starts_late": week.first < today, "is_planned": plan is not None and len(plan.units) == len(units),
        "needed": needed(plans, steps(plans), list(plan.now.values()) if plan else []), "made": look.made,
        "shown": shown, "reason": reason,
        "opens": hours[0], "closes": hours[1], "heat": heat(week, look.fan.slots) if look.fan else None,
        "drawn": _drawn(look), "roster": look.roster, "grid": grid(look.roster.roster) if look.roster else None,
        "is_outdated": look.is_outdated, "lacking": lacking(look.roster.roster) if look.roster else (),
        "made_now": plan.now.get(look.subject.id) if plan and look.made else None, "hour_eur": HOUR_EUR,
        "skills": _shared_skills(site, plan), "is_now": week == Week.of(today),
        "people": look.people, "keeps_rosters": look.keeps_rosters,
    }  # fmt: skip


def _shared_skills(site: Site, plan: WeekPlan | None) -> Mapping[str, tuple[str, ...]]:
    """Units that are planned by the skills that two of them and more ask for."""
    planned = plan.plans if plan else {}
    found: dict[str, tuple[str, ...]] = {}
    for unit in site.units:
        for skill in unit.skills if unit.id in planned else ():
            found[skill] = (*found.get(skill, ()), unit.id)
    return {skill: units for skill, units in found.items() if len(units) > 1}


def opening(shown: tuple[Step, ...]) -> tuple[int, int]:
    """Whole hours from which and until which there is staff on any day."""
    if not shown:
        return 0, 24
    closes = max(step.end.hour + (step.end.minute > 0) or 24 for step in shown)
    return min(step.start.hour for step in shown), closes


def _weeks(chosen: Week, today: date) -> list[Week]:
    known = {Week.of(today).later(n) for n in range(-BACK, AHEAD + 1)}
    return sorted(known | {chosen})


def _drawn(look: Look) -> Mapping[str, Markup]:
    found: dict[str, Markup] = {}
    for name, size in (("wide", WIDE), ("narrow", NARROW)):
        if look.fan is not None and look.fan.slots:
            found[f"fan_{name}"] = _fan_svg(look.fan, size)
        if look.shown:
            found[f"steps_{name}"] = _steps_svg(look.shown, look.week, size, desks_of(look))
    if look.fan is not None and look.fan.slots:
        found["heat"] = _heat_svg(look.fan)
    return found


@lru_cache(maxsize=32)
def _fan_svg(shown: Fan, size: Size) -> Markup:
    """The same chart is drawn once, whoever asks."""
    return page_svg(fan_chart(shown, size=size, words=chart_words()))


@lru_cache(maxsize=16)
def _heat_svg(shown: Fan) -> Markup:
    return page_svg(heat_chart(heat(shown.week, shown.slots), words=chart_words()))


@lru_cache(maxsize=32)
def _steps_svg(shown: tuple[Step, ...], week: Week, size: Size, desks: int | None) -> Markup:
    return page_svg(steps_chart(shown, week=week, size=size, words=chart_words(), desks=desks))
