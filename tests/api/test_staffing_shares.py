"""From people in zones to demand at units: shares that are said, and shares that tickets teach."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.api.staffed import demand
from tests.sites import SQUARE
from vilina_api.errors import StaffingError
from vilina_api.forecasting.counts import Counts
from vilina_api.forecasting.forecast import LEVELS, Forecast
from vilina_api.models import AreaLive
from vilina_api.staffing.calibration import calibrated
from vilina_api.staffing.came import waiting_seen
from vilina_api.staffing.shares import learned_share, said_shares
from vilina_api.staffing.tickets import read_tickets, without_silence
from vilina_api.staffing.unit_demand import unit_demands, zone_demand
from vilina_ingest.site import Site

MONDAY = date(2026, 3, 2)
CURVE = np.array([0] * 7 + [20, 60, 90, 80, 50, 60, 70, 80, 60, 40, 30, 20, 10] + [0] * 4, np.float64)
"""People in each hour of a day that is open from 7 to 20."""


def site(*units: dict[str, object], passing: float = 0.0) -> Site:
    common = {"zone": "hall", "desks": 6, "service_min": 9, "target": {"share": 0.8, "within_min": 10}}
    zones = [{**SQUARE["zones"][0], "passing": passing}]
    named = [{"name": str(unit["id"]), **common, **unit} for unit in units]
    return Site.model_validate({**SQUARE, "zones": zones, "units": named})


def week(spread: float = 0.1, *, zone: str = "hall") -> Forecast:
    """Five open days of a zone, of which the hours are known but for a spread."""
    days = demand(CURVE, spread=spread).quantiles
    return Forecast(names=(zone,), first=MONDAY, people=np.tile(days, (1, 5, 1, 1)))


def drawn(
    share: np.ndarray, *, days: int = 20, day_spread: float = 0.0, seed: int = 1
) -> tuple[np.ndarray, ...]:
    """Tickets and who came (days, 24), of a true share by the hour (24,) that differs from day to day."""
    dice = np.random.default_rng(seed)
    came = dice.poisson(np.tile(CURVE, (days, 1)))
    of_day = dice.lognormal(-(day_spread**2) / 2, day_spread, (days, 1))
    return dice.poisson(came * share * of_day).astype(np.float64), came.astype(np.float64)


def test_a_units_demand_is_who_comes_to_its_zone_less_who_passes_times_its_share() -> None:
    known = site({"id": "desk", "share": 0.4}, passing=0.25)
    (found,) = unit_demands(known, zone_demand(week()), said_shares(known))
    assert found.mean().sum() == pytest.approx(5 * CURVE.sum() * 0.75 * 0.4, rel=0.01)
    assert [at.isoformat() for at in found.starts[:: len(found.starts) - 1]] == [
        "2026-03-02T07:00:00",
        "2026-03-06T19:00:00",
    ]


def test_a_share_that_is_less_known_makes_demand_wider_and_its_mean_stays() -> None:
    (said,), (guessed,) = (
        unit_demands(one, zone_demand(week()), said_shares(one))
        for one in (site({"id": "desk", "share": 1.0}), site({"id": "desk"}))
    )
    ratio = [one.quantiles[4, -1] / one.quantiles[4, 0] for one in (said, guessed)]
    assert ratio[1] > 1.5 * ratio[0]
    assert guessed.mean() == pytest.approx(said.mean(), rel=0.02)


def test_what_is_widened_is_as_if_both_had_been_drawn() -> None:
    dice = np.random.default_rng(3)
    people = 40 * dice.lognormal(-(0.2**2) / 2, 0.2, 400_000)
    share = dice.lognormal(-np.log1p(0.3**2) / 2, np.sqrt(np.log1p(0.3**2)), 400_000)
    found = demand([40.0], spread=0.2).wider(np.array([0.3])).quantiles[0]
    assert found == pytest.approx(np.quantile(people * share, LEVELS), rel=0.02)
    assert (demand([0.0]).wider(np.array([0.3])).quantiles == 0).all()


def test_units_of_one_zone_of_which_nothing_is_said_have_equal_parts_of_the_rest() -> None:
    shares = said_shares(site({"id": "a", "share": 0.4}, {"id": "b"}, {"id": "c"}))
    assert [shares[name].mean for name in "abc"] == pytest.approx([0.4, 0.3, 0.3])
    assert shares["a"].reason().endswith("(29 to 55 %), as the site file says.")
    assert "which nobody has said: give its `share`" in shares["b"].reason()


def test_a_unit_is_staffed_in_its_own_hours_and_not_when_the_site_is_closed() -> None:
    opening = {"mon": {"opens": "09:00", "closes": "11:30"}, "sat": {"opens": "09:00", "closes": "12:00"}}
    known = site({"id": "desk", "share": 0.5, "opening": opening})
    (found,) = unit_demands(known, zone_demand(week()), said_shares(known))
    assert [f"{at:%a %H}" for at in found.starts] == ["Mon 09", "Mon 10", "Mon 11"]


def test_tickets_teach_the_share_and_its_interval_holds_the_truth() -> None:
    held = 0
    for seed in range(60):
        found = learned_share("desk", *drawn(np.full(24, 0.3), days=10, day_spread=0.15, seed=seed))
        held += found.low <= 0.3 <= found.high
    assert 47 <= held <= 60, "of 60 intervals of 90 %"


def test_the_share_of_an_hour_is_learned_where_hours_differ_and_not_where_they_do_not() -> None:
    mornings = np.where(np.arange(24) < 12, 0.45, 0.15)
    unlike = learned_share("desk", *drawn(mornings))
    assert unlike.hours[8:16] == pytest.approx(mornings[8:16], rel=0.1)
    alike = learned_share("desk", *drawn(np.full(24, 0.3)))
    raw = drawn(np.full(24, 0.3))
    by_hour = raw[0].sum(axis=0)[7:20] / raw[1].sum(axis=0)[7:20]
    assert np.ptp(alike.hours[7:20]) < 0.7 * np.ptp(by_hour)


def test_days_that_differ_make_the_share_less_sure() -> None:
    steady = learned_share("desk", *drawn(np.full(24, 0.3)))
    varying = learned_share("desk", *drawn(np.full(24, 0.3), day_spread=0.3))
    assert steady.cv[9] < 0.1
    assert varying.cv[9] == pytest.approx(0.3, abs=0.12)


def test_too_few_tickets_teach_nothing() -> None:
    with pytest.raises(StaffingError, match="desk: 2 tickets, in hours in which"):
        learned_share("desk", np.eye(1, 24, 9) * 2, CURVE[None, :])
    with pytest.raises(StaffingError, match="0 people were counted"):
        learned_share("desk", np.full((1, 24), 9.0), np.zeros((1, 24)))


def test_hours_without_a_ticket_while_many_come_are_a_gap() -> None:
    tickets, came = drawn(np.full(24, 0.3), days=2)
    tickets[1, 9:14] = 0
    found, silent = without_silence(tickets, came)
    assert silent == 5
    assert np.isnan(found[1, 9:14]).all()
    assert np.isfinite(np.delete(found, np.s_[9:14], axis=1)).all()
    assert without_silence(np.zeros((1, 24)), CURVE[None, :])[1] == 0, "nothing is known of it at all"


def tickets_file(folder: Path, text: str) -> Path:
    path = folder / "tickets.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("counted", [True, False])
def test_tickets_are_read_as_counts_or_one_by_one(tmp_path: Path, counted: bool) -> None:
    known = site({"id": "desk"}, {"id": "other", "share": 0.1})
    tickets, came = drawn(np.full(24, 0.3), days=5)
    lines = ["time,unit,count" if counted else "time,unit"]
    for day in range(5):
        for hour in range(7, 20):
            at = datetime.combine(MONDAY + timedelta(days=day), time(hour))
            many = int(tickets[day, hour])
            lines += [f"{at},desk,{many}"] if counted else [
                f"{at + timedelta(minutes=minute % 60)},desk" for minute in range(many)
            ]  # fmt: skip
    read = read_tickets(
        tickets_file(tmp_path, "\n".join(lines)), ["desk", "other"], ZoneInfo("Europe/Helsinki")
    )
    found = calibrated(known, read, Counts(names=("hall",), first=MONDAY, people=came[None]))
    assert found.notes == ()
    assert found.shares["desk"].mean == pytest.approx(tickets.sum() / came.sum(), rel=0.01)
    assert found.shares["desk"].reason().endswith(f"by {int(tickets.sum())} tickets.")
    assert found.shares["other"].mean == 0.1, "which has no tickets"


def test_counts_of_other_days_or_zones_teach_nothing(tmp_path: Path) -> None:
    known = site({"id": "desk"})
    path = tickets_file(tmp_path, "time,unit,count\n2026-03-02 09:00,desk,40\n2026-03-02 10:00,desk,40\n")
    read = read_tickets(path, ["desk"], ZoneInfo("Europe/Helsinki"))
    people = CURVE[None, None, :]
    with pytest.raises(StaffingError, match="give counts of the same days"):
        calibrated(known, read, Counts(names=("hall",), first=MONDAY - timedelta(days=1), people=people))
    with pytest.raises(StaffingError, match="its zone hall has no counts; they are of yard"):
        calibrated(known, read, Counts(names=("yard",), first=MONDAY, people=people))


TWICE = "time,unit,ticket\n2026-03-02 09:01,desk,A1\n2026-03-02 09:02,desk,A1\n"
COUNTED = "time,unit,count\n2026-03-02 09:00,desk,4\n2026-03-02 09:30,desk,5\n2026-03-02 10:00,desk,6\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column 'time'"),
        ("time,unit,count\n", "has no tickets"),
        (COUNTED.replace(",5", ",-5"), "line 3: count is -5; tickets cannot be fewer than 0"),
        (COUNTED.replace(",5", ","), "line 3: there is no count; write 0 if no ticket was drawn, or leave"),
        (COUNTED.replace(",5", ",2.5"), "line 3: count is '2.5'; write a whole number"),
        (COUNTED.replace("09:30,desk", "09:30,zoo"), "line 3: the site has no unit 'zoo'; it has desk"),
        (COUNTED.replace("09:30", "09:00"), "line 3: 2026-03-02 09:00 of desk is in line 2, too"),
        (COUNTED.replace("2026-03-02 09:30", "soon"), "line 3: 'soon' is not a time"),
        ("time,unit,count\n2026-03-02 09:00,desk,4\n2026-03-02 12:00,desk,5\n", "slots of 3:00:00 are not of use"),
        (TWICE, "line 3: ticket A1 of desk is in line 2, too"),
    ],
)  # fmt: skip
def test_ticket_files_that_cannot_be_used_say_which_line_and_what_to_do(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(StaffingError, match=r"tickets\.csv") as error:
        read_tickets(tickets_file(tmp_path, text), ["desk"], ZoneInfo("Europe/Helsinki"))
    assert said in str(error.value)


def test_a_slot_that_is_not_there_is_a_gap_and_an_hour_with_one_is_too(tmp_path: Path) -> None:
    read = read_tickets(tickets_file(tmp_path, COUNTED), ["desk"], ZoneInfo("Europe/Helsinki"))
    hours = read.by_hour({})["desk"]
    assert hours[0, 9] == 9
    assert np.isnan(hours[0, 10])


def test_tickets_with_an_offset_are_read_by_the_clock_of_the_site(tmp_path: Path) -> None:
    path = tickets_file(tmp_path, COUNTED.replace(":00,", ":00Z,").replace(":30,", ":30Z,"))
    assert (
        read_tickets(path, ["desk"], ZoneInfo("Europe/Helsinki")).rows[0].at.isoformat()
        == "2026-03-02T11:00:00"
    )


@pytest.mark.parametrize(
    ("zone", "units", "said"),
    [
        ("hall", ("zoo",), "the site has no unit 'zoo'; it has desk"),
        ("yard", ("desk",), "nobody is forecast to come to hall, the zone of desk; the forecast has yard"),
        ("yard", (), "nobody is forecast to come to a unit while it is open"),
    ],
)
def test_units_without_a_forecast_are_said(zone: str, units: tuple[str, ...], said: str) -> None:
    known = site({"id": "desk", "share": 0.5})
    with pytest.raises(StaffingError, match=said):
        unit_demands(known, zone_demand(week(zone=zone)), said_shares(known), units)


def test_who_waits_is_whom_a_camera_sees_in_the_queue_of_the_zones_only_unit() -> None:
    queue = AreaLive(area="q", name="Queue", zone="hall", people=5, waiting=4, queue=True)
    bench = AreaLive(area="b", name="Bench", zone="hall", people=9, waiting=None, queue=False)
    assert waiting_seen(site({"id": "desk"}), [queue, bench]) == {"desk": 4}
    assert waiting_seen(site({"id": "desk"}), [bench]) == {}
    assert waiting_seen(site({"id": "desk"}, {"id": "info"}), [queue]) == {}, "nobody knows for whom"
