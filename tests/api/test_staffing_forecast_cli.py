"""`vilina staffing` from a forecast of zones: shares from tickets, a move for now, and what a change would do."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.sites import SQUARE
from vilina_api.staffing_cli import staffing
from vilina_edge.wire import LineCount, Report
from vilina_ingest.points import points
from vilina_ingest.site import Site
from vilina_ingest.site_file import load_site
from vilina_ingest.store import Batch
from vilina_ingest.store_sqlite import SqliteStore

HOURS = range(8, 16)
UNITS = (
    {"id": "desk", "name": "Desk", "share": 0.5, "desks": 9, "service_min": 12, "skills": ["guidance"]},
    {"id": "info", "name": "Info", "share": 0.3, "desks": 8, "service_min": 10, "skills": ["guidance"]},
    {"id": "nurse", "name": "Nurse", "share": 0.2, "desks": 4, "service_min": 10, "skills": ["nurse"]},
)
FORECAST = "\n".join(
    ["time,zone,q05,q10,q25,q50,q75,q90,q95"]
    + [f"2026-03-02 {hour:02}:{minute:02},hall,12,14,17,20,23,26,29" for hour in HOURS for minute in (0, 30)]
)
COUNTS = "\n".join(
    ["time,zone,value"] + [f"2026-02-23 {hour:02}:00,hall,{40 * (hour in HOURS)}" for hour in range(24)]
)
TICKETS = "\n".join(["time,unit,count"] + [f"2026-02-23 {hour:02}:00,desk,10" for hour in HOURS])
PRESENT = "unit,staff,waiting\ndesk,5,4\ninfo,7,0\nnurse,4,0\n"
CAME = "time,unit,count\n" + "".join(
    f"2026-03-02 {hour:02}:{minute},{unit},{count}\n"
    for hour in (8, 9)
    for minute in ("00", "30")
    for unit, count in (("desk", 15), ("info", 6), ("nurse", 4))
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    common = {"zone": "hall", "target": {"share": 0.8, "within_min": 10}}
    site = Site.model_validate({**SQUARE, "units": [{**common, **unit} for unit in UNITS]})
    files = {
        "site.yaml": site.model_dump_json(by_alias=True, exclude_none=True), "forecast.csv": FORECAST,
        "counts.csv": COUNTS, "tickets.csv": TICKETS, "present.csv": PRESENT, "came.csv": CAME,
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(folder: Path, command: str, *more: str) -> Result:
    """With the files of the folder, whose options are named like them."""
    paths = [str(folder / f"{part}.csv") if part in ("forecast", "counts", "tickets", "present", "came") else part
             for part in more]  # fmt: skip
    return CliRunner().invoke(
        staffing,
        [command, "--site", str(folder / "site.yaml"), "--forecast", str(folder / "forecast.csv"), *paths],
    )


def test_a_forecast_of_zones_becomes_a_plan_of_units_that_says_what_shares_it_took(folder: Path) -> None:
    done = run(folder, "plan")
    assert done.exit_code == 0, done.output
    assert (
        "desk is taken to get 50 % of who comes to its zone (36 to 69 %), as the site file says."
        in done.stderr
    )
    assert "info, 2 of 3" in done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if "min of service" in line] == ["desk", "info", "nurse"]
    assert any(line.startswith("the plan against all 9 desks staffed: -") for line in lines)
    assert lines[-2].startswith("all 3 units: ")
    assert lines[-1].startswith("the plan against what is there now: -")


def test_tickets_teach_shares(folder: Path) -> None:
    done = run(folder, "plan", "--tickets", "tickets", "--counts", "counts", "--unit", "desk", "--json")
    assert done.exit_code == 0, done.output
    assert "desk is taken to get 25 % of who comes to its zone (21 to 30 %), by 80 tickets." in done.stderr
    (unit,) = json.loads(done.stdout)["units"]
    assert unit["plan"]["visits"] == pytest.approx(0.25 * 20 * 16, rel=0.03)
    assert unit["now"]["against"].startswith("against all 9 desks staffed: -")


def test_one_person_is_moved_to_where_today_is_busier_than_expected(folder: Path) -> None:
    asked = ("--present", "present", "--came", "came", "--at", "2026-03-02 10:00")
    done = run(folder, "move", *asked)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(
        "60 came to desk when 40 were expected, and 4 wait: with one more from info "
    )
    answer = json.loads(run(folder, "move", *asked, "--json").stdout)
    assert (answer["move"]["from"], answer["move"]["to"]) == ("info", "desk")
    assert answer["move"]["to_in_time"]["then"] > answer["move"]["to_in_time"]["now"]


@pytest.mark.parametrize(
    ("present", "said"),
    [
        ("unit,staff\ndesk,9\ninfo,6\nnurse,3\n", "Nobody should move: all meet their targets, with "),
        ("unit,staff,waiting\ndesk,2,8\nnurse,4,0\n", "but nobody elsewhere shares one of its skills."),
        (
            "unit,staff,waiting\ndesk,1,9\ninfo,7,0\n",
            "but one more would not be enough: 0.0 more customers in time.",
        ),
        ("unit,staff,waiting\ndesk,5,4\ninfo,3,0\n", "but whoever could help is missed more at info"),
        ("unit,staff,waiting\nnurse,4,60\n", "but all its 4 desks are staffed."),
    ],
)
def test_why_nobody_should_move_is_said(folder: Path, present: str, said: str) -> None:
    (folder / "present.csv").write_text(present, encoding="utf-8")
    done = run(folder, "move", "--present", "present", "--came", "came", "--at", "2026-03-02 10:00")
    assert done.exit_code == 0, done.output
    assert said in done.stdout
    assert done.stdout.startswith("Nobody should move: ")


@pytest.mark.parametrize(
    ("present", "said"),
    [
        ("unit\ndesk\n", "has no column 'staff'"),
        ("unit,staff\n", "has no units"),
        ("unit,staff\nzoo,2\n", "line 2: the site has no unit 'zoo'; it has desk, info, nurse"),
        ("unit,staff\ndesk,two\n", "line 2: staff is 'two'; write a whole number"),
        ("unit,staff,waiting\ndesk,2,-1\n", "line 2: waiting is '-1'"),
        ("unit,staff\ndesk,2\ndesk,3\n", "line 3: desk is in a line before, too"),
        ("unit,staff,skills\ndesk,2,juggling\n", "no unit needs the skill 'juggling'; they need guidance, nurse"),
    ],
)  # fmt: skip
def test_files_of_who_is_where_that_cannot_be_used_say_which_line(
    folder: Path, present: str, said: str
) -> None:
    (folder / "present.csv").write_text(present, encoding="utf-8")
    done = run(folder, "move", "--present", "present", "--came", "came", "--at", "2026-03-02 10:00")
    assert done.exit_code == 1
    assert said in done.output


def test_who_came_today_is_read_from_the_store_too(folder: Path) -> None:
    site = load_site(folder / "site.yaml")
    eight = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    with closing(SqliteStore.open(folder / "vilina.db")) as store:
        for quarter in range(8):
            start = eight + timedelta(minutes=15 * quarter)
            report = Report(
                counter="counter-a", boot="00000000000000aa", seq=quarter + 1, start=start,
                end=start + timedelta(minutes=15),
                lines=(LineCount(line="middle", entered=20, left=3), LineCount(line="across", entered=0, left=0)),
            )  # fmt: skip
            store.write(Batch(points(report, site)))
    done = run(
        folder,
        "move",
        "--present",
        "present",
        "--store",
        str(folder / "vilina.db"),
        "--at",
        "2026-03-02 10:00",
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(
        "80 came to desk when 40 were expected, and 4 wait: with one more from info "
    )
    neither = run(folder, "move", "--present", "present", "--at", "2026-03-02 10:00")
    assert "give --came with who came to units today, or --store" in neither.output


def test_a_site_is_planned_from_its_own_store(folder: Path) -> None:
    site, store = str(folder / "site.yaml"), str(folder / "vilina.db")
    with closing(SqliteStore.open(Path(store))) as empty:
        empty.write(Batch())
    asked = ["plan", "--site", site, "--store", store, "--unit", "desk", "--json"]
    done = CliRunner().invoke(staffing, asked)
    assert done.exit_code == 0, done.output
    (unit,) = json.loads(done.stdout)["units"]
    assert unit["plan"]["visits"] > 0, "by a guess from the site file, because nobody was counted yet"
    assert len({slot["start"][:10] for slot in unit["slots"]}) <= 5
    taught = CliRunner().invoke(staffing, [*asked, "--tickets", str(folder / "tickets.csv")])
    assert "nobody was counted on the days of the tickets, 2026-02-23 to 2026-02-23" in taught.output


def test_after_closing_nobody_should_move(folder: Path) -> None:
    done = run(folder, "move", "--present", "present", "--came", "came", "--at", "2026-03-02 18:00")
    assert done.exit_code == 0
    assert "no unit is open in the next hour" in done.stdout


def test_forecasts_are_read_as_vilina_forecast_show_writes_them(folder: Path) -> None:
    names = "start_utc,end_utc,start_local,subject,p05,p10,p25,p50,p75,p90,p95,came"
    rows = [f"x,x,2026-03-02T{hour:02}:00:00+02:00,hall,24,28,34,40,46,52,58," for hour in range(7, 16)]
    (folder / "shown.csv").write_text("\n".join([names, *rows]), encoding="utf-8")
    site = str(folder / "site.yaml")
    shown = ["--forecast", str(folder / "shown.csv")]
    done = CliRunner().invoke(staffing, ["plan", "--site", site, *shown, "--unit", "desk", "--json"])
    assert done.exit_code == 0, done.output
    (unit,) = json.loads(done.stdout)["units"]
    assert unit["slots"][0]["start"] == "2026-03-02T07:00:00+02:00"
    files = ["--present", str(folder / "present.csv"), "--came", str(folder / "came.csv")]
    again = CliRunner().invoke(staffing, ["move", "--site", site, *shown, *files, "--at", "2026-03-02 10:00"])
    assert again.stdout.startswith("60 came to desk when 61 were expected, and 4 wait: "), again.output
    twice = CliRunner().invoke(staffing, ["plan", "--site", site, *shown, *shown])
    assert "zone hall is in a file before, too" in twice.output


def test_what_if_says_the_difference_of_each_unit_and_of_all(folder: Path) -> None:
    done = run(folder, "what-if", "--then-demand", "120", "--then-closed", "12:00-13:00")
    assert done.exit_code == 0, done.output
    *units, total = done.stdout.splitlines()
    assert [line.split(":")[0] for line in units] == [
        f"{name}, +20 % people, closed from 12" for name in ("desk", "info", "nurse")
    ]
    assert total.startswith("all 3 units: ")
    answer = json.loads(run(folder, "what-if", "--unit", "desk", "--then-target", "95/5", "--json").stdout)
    (unit,) = answer["units"]
    assert unit["change"] == "95 % within 5 min"
    assert unit["paid_hours"] == unit["after"]["paid_hours"] - unit["before"]["paid_hours"] > 0
    assert unit["unchanged"]["in_time"] < unit["after"]["in_time"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--then-target", "100/10"], "less than 100 %"),
        (["--then-opens", "nine"], "'nine' is no time of day; write like 09:30"),
        (["--then-closed", "12:00"], "are no hours; write like 12:00-13:00"),
        (["--then-demand", "0"], "0 times the demand cannot be"),
        (["--tickets", "tickets"], "--tickets teach shares beside counts of the same days"),
        (["--counts", "counts"], "--counts teach shares together with --tickets"),
        (["--csv", "forecast"], "give --csv with who comes to units, or --forecast"),
        (["--unit", "zoo"], "the site has no unit 'zoo'; it has desk, info, nurse"),
    ],
)
def test_wishes_that_cannot_be_are_refused_with_the_remedy(folder: Path, more: list[str], said: str) -> None:
    done = run(folder, "what-if", *more)
    assert done.exit_code in (1, 2)
    assert said in done.output


@pytest.mark.parametrize("target", [0, 1])
def test_a_site_file_with_a_target_of_0_or_100_percent_is_refused_with_its_key(
    folder: Path, target: int
) -> None:
    path = folder / "site.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"share":0.8', f'"share":{target}'), encoding="utf-8"
    )
    done = run(folder, "plan")
    assert done.exit_code == 1
    assert "target.share" in done.output.replace(" ", "")


def test_a_forecast_needs_a_site(folder: Path) -> None:
    done = CliRunner().invoke(staffing, ["plan", "--forecast", str(folder / "forecast.csv")])
    assert done.exit_code == 2
    assert "--forecast and --store need --site" in done.output
    assert "say who comes" in CliRunner().invoke(staffing, ["plan"]).output
