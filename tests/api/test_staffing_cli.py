"""`vilina staffing plan`: from a CSV file to a plan that says why and what it costs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.sites import SQUARE
from vilina_api.staffing_cli import staffing
from vilina_ingest.site import Site

VALUES = "time,unit,value\n2026-03-02 08:00,desk,10\n2026-03-02 08:30,desk,14\n2026-03-02 09:00,desk,6\n"
QUANTILES = (
    "time,unit,q05,q10,q25,q50,q75,q90,q95\n"
    "2026-03-02 08:00,desk,6,7,9,10,12,14,16\n"
    "2026-03-02 08:30,desk,9,10,12,14,17,20,22\n"
)


def planned(folder: Path, text: str, *arguments: str) -> Result:
    path = folder / "demand.csv"
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(staffing, ["plan", "--csv", str(path), *arguments])


def asked(folder: Path, text: str, *arguments: str) -> Any:
    done = planned(folder, text, "--service-min", "12", "--target", "80/10", "--json", *arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["units"]


def test_each_slot_says_how_many_why_and_at_what_cost(tmp_path: Path) -> None:
    done = planned(tmp_path, VALUES, "--service-min", "12", "--target", "80/10", "--hour-eur", "20")
    head, names, *slots, total = done.output.splitlines()
    assert head == "desk: 80 % within 10 min, 12 min of service"
    assert names.split() == ["slot", "from", "staff", "paid", "h", "€/visit", "in", "time", "why"]
    assert len(slots) == 3
    assert "14 expected (17 or more on one day in ten) at 12 min keep" in slots[1]
    assert "wait at most 10 min, with" in slots[1]
    staff = sum(int(line.split()[2]) for line in slots)
    assert total.startswith(f"plan: {staff / 2:.1f} h at desks, {staff / 2:.1f} h paid, {staff * 10} €, ")


def test_a_plan_is_judged_by_playing_it(tmp_path: Path) -> None:
    done = planned(tmp_path, VALUES, "--service-min", "12", "--target", "80/10", "--simulate", "200")
    assert "played 200 times: " in done.output
    assert "  worst slot 2026-03-02 0" in done.output
    (unit,) = asked(tmp_path, VALUES, "--simulate", "200")
    played = unit["played"]["in_time"]
    assert played["low"] < played["value"] < played["high"]
    assert played["value"] == pytest.approx(unit["plan"]["in_time"], abs=0.05)
    assert asked(tmp_path, VALUES, "--simulate", "200") == [unit], "the same dice fall the same way"


def test_quantiles_are_taken_as_they_are_and_a_value_is_spread(tmp_path: Path) -> None:
    (unit,) = asked(tmp_path, QUANTILES)
    assert [slot["expected"] for slot in unit["slots"]] == pytest.approx([10.5, 14.7], abs=0.4)
    hours = [
        asked(tmp_path, VALUES.replace(",1", ",6"), "--spread", spread)[0]["plan"]["desk_hours"]
        for spread in ("0", "15", "40")
    ]
    assert hours[0] < hours[1] < hours[2]


def test_counts_vary_by_chance_alone_and_need_fewer_staff_than_days_that_differ(tmp_path: Path) -> None:
    text = QUANTILES.replace("6,7,9,10,12,14,16", "3,5,8,10,13,16,19")
    hours = [asked(tmp_path, text, *more)[0]["plan"]["desk_hours"] for more in ([], ["--counted"])]
    assert hours[1] < hours[0]


def test_a_plan_is_held_against_the_staff_of_now(tmp_path: Path) -> None:
    text = "time,unit,value,staff\n2026-03-02 08:00,desk,10,3\n2026-03-02 08:30,desk,14,3\n"
    done = planned(tmp_path, text, "--service-min", "12", "--target", "80/10")
    now, against = done.output.splitlines()[-2:]
    assert now.startswith("now:  3.0 h at desks")
    assert against.startswith("the plan against the staff of now: +")
    assert re.search(r" per visit instead of \d\.\d\d €, \d\d % in time instead of \d\d %$", against)


def test_breaks_and_absence_make_hours_dearer(tmp_path: Path) -> None:
    (unit,) = asked(tmp_path, VALUES, "--shrinkage", "20", "--breaks", "10")
    assert unit["plan"]["paid_hours"] == pytest.approx(unit["plan"]["desk_hours"] / 0.8 / 0.9, abs=0.01)


def test_units_of_a_site_bring_what_they_know(tmp_path: Path) -> None:
    desk = {"id": "desk", "name": "Desk", "zone": "hall", "desks": 2, "service_min": 12,
            "target": {"share": 0.9, "within_min": 5}}  # fmt: skip
    site = Site.model_validate({**SQUARE, "units": [desk]})
    path = tmp_path / "site.yaml"
    path.write_text(site.model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8")
    done = planned(tmp_path, VALUES, "--site", str(path))
    assert done.output.startswith("desk: 90 % within 5 min, 12 min of service")
    assert "there are 2 desks, so only" in done.output
    unknown = planned(tmp_path, VALUES.replace("desk", "zoo"), "--site", str(path))
    assert unknown.exit_code == 1
    assert "the site has no unit 'zoo'; it has desk" in unknown.output


def test_only_the_units_that_are_named_are_planned(tmp_path: Path) -> None:
    text = VALUES + VALUES.split("\n", 1)[1].replace("desk", "library")
    assert [unit["unit"] for unit in asked(tmp_path, text)] == ["desk", "library"]
    assert [unit["unit"] for unit in asked(tmp_path, text, "--unit", "library")] == ["library"]


def test_what_sharing_staff_saves_is_said_when_it_is_asked(tmp_path: Path) -> None:
    text = VALUES + VALUES.split("\n", 1)[1].replace("desk", "library")
    done = planned(tmp_path, text, "--service-min", "12", "--target", "80/10", "--together")
    why, together = done.output.splitlines()[-2:]
    assert why.startswith("desk and library need ")
    assert together.startswith("together: ")
    alone = planned(tmp_path, VALUES, "--service-min", "12", "--target", "80/10", "--together")
    assert alone.exit_code == 1
    assert "sharing takes two units" in alone.output


def test_slots_that_are_not_there_or_have_nobody_are_closed(tmp_path: Path) -> None:
    text = VALUES + "2026-03-02 09:30,desk,0\n2026-03-02 11:00,desk,4\n"
    (unit,) = asked(tmp_path, text)
    assert [slot["start"][11:16] for slot in unit["slots"]] == ["08:00", "08:30", "09:00", "11:00"]


def test_a_day_that_is_missing_is_said_and_a_day_that_is_closed_is_not(tmp_path: Path) -> None:
    text = VALUES + "2026-03-03 08:00,desk,0\n2026-03-05 08:00,desk,9\n2026-03-05 08:30,desk,9\n"
    done = planned(tmp_path, text, "--service-min", "12", "--target", "80/10")
    assert done.exit_code == 0
    assert "desk: there is no slot of 2026-03-04, so it is taken to be closed" in done.output
    assert "2026-03-03," not in done.output


@pytest.mark.parametrize(
    "target", ["0/10", "100/10", "80/0", "-5/10", "nan/10", "80", "eighty/ten", "80/10/3"]
)
def test_targets_that_cannot_be_are_refused_with_what_can(tmp_path: Path, target: str) -> None:
    done = planned(tmp_path, VALUES, "--service-min", "12", "--target", target)
    assert done.exit_code == 2
    assert "'--target'" in done.output
    assert "80/10" in done.output or "less than 100 %" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "80/10"], "give --service-min and --target"),
        (["--service-min", "0", "--target", "80/10"], "a service of 0 minutes cannot be"),
        (["--service-min", "12", "--target", "80/10", "--unit", "zoo"], "no unit 'zoo' in the file; it has desk"),
        (["--service-min", "12", "--target", "80/10", "--shrinkage", "100"], "shrinkage of 100 % cannot be"),
        (["--service-min", "12", "--target", "80/10", "--spread", "-1"], "spread of demand of -1 % cannot be"),
        (["--service-min", "12", "--target", "80/10", "--patience-min", "0"], "a patience of 0 minutes"),
        (["--service-min", "12", "--target", "80/10", "--least", "0"], "at least 0 present cannot be"),
    ],
)  # fmt: skip
def test_wishes_that_cannot_be_are_refused_with_the_remedy(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = planned(tmp_path, VALUES, *arguments)
    assert done.exit_code == 1
    assert said in done.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column 'time'"),
        ("time,unit\n", "has no column 'value'"),
        ("time,unit,q05,q10\n", "has no column 'q25'"),
        (VALUES.replace(",14", ",-14"), "line 3: value is -14; a demand cannot be negative"),
        (VALUES.replace(",14", ","), "line 3: value is ''; write a number of people"),
        (VALUES.replace(",14", ",many"), "line 3: value is 'many'"),
        (VALUES.replace(",14", ",inf"), "line 3: value is 'inf'"),
        (VALUES.replace("2026-03-02 08:30", "2.3.2026 8:30"), "line 3: '2.3.2026 8:30' is not a time"),
        (VALUES.replace("08:30", "08:30+02:00"), "line 3: 2026-03-02 08:30+02:00 has an offset"),
        (VALUES.replace("08:30", "08:00"), "line 3: 2026-03-02 08:00:00 of desk is in line 2, too"),
        (VALUES + "2026-03-02 09:47,desk,3\n", "line 5: 0:47:00 after the slot before"),
        (VALUES.replace("08:30,desk", "08:30,"), "line 3: there is no unit"),
        (QUANTILES.replace("9,10,12,14,17", "9,10,15,14,17"), "line 3: quantiles fall"),
        (VALUES.replace("value", "value,staff").replace(",10", ",10,two"), "line 2: staff is 'two'"),
        ("time,unit,value\n2026-03-02 08:00,desk,10\n", "nothing with two slots"),
        ("time,unit,value\n2026-03-02 08:00,desk,10\n2026-03-03 08:00,desk,10\n", "5 minutes to 2 hours"),
        ("time,unit,value\n2026-03-02 08:00,desk,0\n2026-03-02 08:30,desk,0\n", "nobody comes in any slot"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_used_say_which_line_and_what_to_do(
    tmp_path: Path, text: str, said: str
) -> None:
    done = planned(tmp_path, text, "--service-min", "12", "--target", "80/10")
    assert done.exit_code == 1
    assert said in done.output


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(staffing, ["plan", "--csv", str(tmp_path / "no.csv")])
    assert done.exit_code == 1
    assert "cannot be read" in done.output


@pytest.mark.parametrize(
    ("target", "said"), [("0.8/10", "write 80/10 for 80 %"), ("0/10", "0 % within"), ("100/10", "100 %")]
)
def test_a_target_that_is_hardly_meant_is_refused(tmp_path: Path, target: str, said: str) -> None:
    done = planned(tmp_path, VALUES, "--service-min", "12", "--target", target)
    assert done.exit_code == 2
    assert said in done.output
