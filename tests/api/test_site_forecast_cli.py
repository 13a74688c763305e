"""`vilina forecast train` and `vilina forecast show` as a person calls them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.api.two_floors import two_floors, write_days, write_site
from vilina_api.forecast_cli import forecast
from vilina_api.staffing_cli import staffing
from vilina_ingest.store_sqlite import SqliteStore

KNOWN = 23


@dataclass
class House:
    folder: Path

    def run(self, command: str, *more: str) -> Result:
        given = ["--site", str(self.folder / "site.yaml"), "--store", str(self.folder / "vilina.db")]
        return CliRunner().invoke(forecast, [command, *given, *more])

    def models(self, *more: str) -> tuple[str, ...]:
        return ("--models", str(self.folder / "models"), *more)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("house")
    site = two_floors()
    write_site(folder, site)
    store = SqliteStore.open(folder / "vilina.db")
    today = site.local(datetime.now(UTC)).date()
    write_days(store, site, today - timedelta(days=KNOWN), KNOWN)
    store.close()
    return House(folder)


def test_training_tells_the_scores_beside_the_naive_ones_and_showing_uses_the_model(house: House) -> None:
    trained = house.run("train", *house.models())
    assert trained.exit_code == 0, trained.output
    assert f"{KNOWN} days from" in trained.output
    assert "model           last week          four weeks" in trained.output
    assert any(line.startswith("zones, 1 day ") for line in trained.output.splitlines())
    assert trained.output.rstrip().splitlines()[-1].startswith("In use: the first model")
    shown = house.run("show", *house.models("--zone", "lab", "--days", "2"))
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert lines[0] == "Lab"
    assert lines[1].split() == ["0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "came"]
    assert sum("-09:00" in line for line in lines) == 2
    assert lines[-1].startswith("vilina, trained until ")
    again = house.run("train", *house.models())
    assert again.exit_code == 1
    assert "0 days have come since the model in use was trained" in again.output


def test_a_forecast_is_printed_as_json_or_csv_or_drawn(house: House, tmp_path: Path) -> None:
    as_json = house.run(
        "show", "--floor", "2", "--step", "15m", "--json", "--plot", str(tmp_path / "fan.svg")
    )
    assert as_json.exit_code == 0, as_json.output
    found = json.loads(as_json.stdout)
    assert (found["level"], found["subject"], found["step"]) == ("floor", "2", "15m")
    assert len(found["people"][0]) == 7
    assert (tmp_path / "fan.svg").read_text(encoding="utf-8").startswith("<svg")
    in_csv = house.run("show", "--csv")
    assert in_csv.stdout.splitlines()[0].startswith("start_utc,end_utc,start_local,subject,p05,")


def test_a_unit_is_forecast_by_its_share_of_its_zone(house: House, tmp_path: Path) -> None:
    def middle(*about: str) -> float:
        found = json.loads(house.run("show", *about, "--days", "2", "--json").stdout)
        return sum(people[3] for people in found["people"])

    assert middle("--unit", "lab") == pytest.approx(middle("--zone", "lab"), rel=0.1), (
        "all of it: nobody says less"
    )
    shown = house.run("show", "--unit", "lab")
    assert "lab is taken to get 1e+02" not in shown.stdout
    assert "lab is taken to get 100 % of who comes to its zone" in shown.stdout
    in_csv = house.run("show", "--unit", "lab", "--csv").stdout
    assert in_csv.startswith("start_utc,end_utc,start_local,unit,p05,")
    (tmp_path / "lab.csv").write_text(in_csv, encoding="utf-8")
    planned = CliRunner().invoke(
        staffing,
        ["plan", "--csv", str(tmp_path / "lab.csv"), "--counted", "--service-min", "6", "--target", "80/10"],
    )
    assert planned.output.startswith("lab: 80 % within 10 min"), planned.output
    site = write_site(tmp_path, two_floors())
    twice = CliRunner().invoke(
        staffing, ["plan", "--forecast", str(tmp_path / "lab.csv"), "--site", str(site)]
    )
    assert "has no column 'zone'" in twice.output


def test_what_is_planned_beside_the_site_file_counts(house: House, tmp_path: Path) -> None:
    today = two_floors().local(datetime.now(UTC)).date()
    (tmp_path / "planned.csv").write_text(f"kind,name,first\nclosure,Moving,{today}\n", encoding="utf-8")
    shown = house.run("show", "--planned", str(tmp_path / "planned.csv"))
    assert "Closed: nobody is expected." in shown.stdout


@pytest.mark.parametrize(
    ("command", "asked", "message"),
    [
        ("show", ("--zone", "cellar"), "There is no zone 'cellar'; there are hall, library, landing, lab"),
        ("show", ("--zone", "hall", "--floor", "1"), "Ask for a zone or for a floor, not for both"),
        ("show", ("--planned", "no.csv"), "no.csv cannot be read"),
        ("show", ("--plot", "fan.pdf"), "is no picture"),
        ("train", (), "say with --models"),
        ("train", ("--models", "m", "--store", "no.db"), "there is no store at no.db"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_remedy(
    house: House, command: str, asked: tuple[str, ...], message: str
) -> None:
    done = house.run(command, *asked)
    assert done.exit_code != 0
    assert message in done.output
    assert "Traceback" not in done.output
