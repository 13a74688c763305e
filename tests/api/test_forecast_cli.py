"""`vilina forecast backtest` as a person calls it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vilina_api.forecast_cli import forecast

NAIVE = ("--method", "same hour last week", "--method", "mean of four weeks")


def run(folder: Path, *more: str) -> Result:
    csv = folder / "footfall/calit2_in_out_30min.csv"
    asked = f"--csv {csv} --time local_time --value entered --horizon 7d --hours 7-21".split()
    return CliRunner().invoke(forecast, ["backtest", *asked, *more])


def test_the_table_has_a_line_for_each_method_and_progress_goes_elsewhere(test_data: Path) -> None:
    done = run(test_data, "--origins", "2", "--every", "6d", "--start", "2005-09-06", *NAIVE)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["method", "WAPE", "%", "MASE", "loss", "%", "coverage", "%", "CPU", "s"]
    assert [line[:19].strip() for line in lines[1:]] == ["same hour last week", "mean of four weeks"]
    assert done.stderr.splitlines()[-1] == "2005-09-12: mean of four weeks"


def test_json_has_scores_by_method_and_series_and_the_picture_is_drawn(
    test_data: Path, tmp_path: Path
) -> None:
    for name, mark in (("fan.png", b"\x89PNG"), ("fan.svg", b"<svg")):
        plot = tmp_path / name
        done = run(test_data, "--origins", "1", "--weeks", "4", "--json", "--plot", str(plot), *NAIVE)
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)["methods"]["mean of four weeks"]
        assert set(found) >= {"wape", "mase", "loss", "coverage", "series", "fit_cpu_s"}
        assert found["series"]["entered"]["wape"] == found["wape"] > 0
        assert plot.read_bytes().startswith(mark)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("--hours", "21-7"), "write the first and the last like 7-21"),
        (("--every", "soon"), "write like 7d"),
        (("--plot", "out.pdf"), "is no picture"),
        (("--country", "XX"), "nothing is known about holidays of XX"),
        (("--subdiv", "AUK"), "--subdiv is a part of a --country"),
        (("--origins", "40"), "take fewer --origins"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_remedy(
    test_data: Path, asked: tuple[str, ...], message: str
) -> None:
    done = run(test_data, *asked, *NAIVE)
    assert done.exit_code != 0
    assert message in done.output
    assert "Traceback" not in done.output
