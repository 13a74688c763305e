"""A site file is right, or every fault in it is named with its line and its remedy."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.sites import SQUARE, square
from vilina_edge import geometry
from vilina_ingest.errors import SiteError
from vilina_ingest.site_cli import site as site_group
from vilina_ingest.site_file import load_site

GOOD = """\
id: square
name: Test square
time_zone: Europe/Helsinki
country: FI
capacity: 100
opening:
  mon: {opens: "07:00", closes: "20:00"}
floors:
  - {id: "1", name: Ground floor, size: [20, 10]}
zones:
  - id: hall
    name: Hall
    floor: "1"
    polygon: [[0, 0], [20, 0], [20, 10], [0, 10]]
    capacity: 100
counters:
  - {id: counter-a, name: Door A, floor: "1", at: [10, 1]}
lines:
  - {id: door, name: Door, counter: counter-a, from: outside, to: hall, at: [[2, 0], [6, 0]], door: true}
"""
SPARE = '  - {id: spare, name: Spare, floor: "1", at: [1, 1]}\n'


def errors(tmp_path: Path, text: str) -> str:
    path = tmp_path / "site.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        load_site(path)
    return str(caught.value)


def test_a_right_file_is_a_site(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(GOOD, encoding="utf-8")
    site = load_site(path)
    assert (site.id, site.zones[0].capacity, site.lines[0].origin) == ("square", 100, "outside")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    capacity: 100\nc", "    capasity: 100\nc", 15, ["zones[0].capasity", "did you mean 'capacity'"]),
        ("capacity: 100\nopening", "capacity: lots\nopening", 5, ["capacity", "integer"]),
        ("time_zone: Europe/Helsinki", "time_zone: Helsinki", 3, ["time_zone", "Europe/Helsinki"]),
        ("to: hall", "to: hal", 19, ["lines[0].to", "no zone 'hal'", "did you mean 'hall'"]),
        ("counter: counter-a", "counter: counter-b", 19, ["lines[0].counter", "did you mean 'counter-a'"]),
        ("opens: \"07:00\"", "opens: \"21:00\"", 7, ["opening.mon", "must be later"]),
        ("[20, 0], [20, 10]", "[20, 10], [20, 0]", 14, ["zones[0].polygon", "crosses itself"]),
        ("[20, 10], [0, 10]]", "[20, 12], [0, 10]]", 14, ["zones[0].polygon", "outside the floor"]),
        ("at: [10, 1]", "at: [10, 11]", 17, ["counters[0].at", "outside the floor"]),
        ('A, floor: "1"', "A, floor: 1", 17, ["counters[0].floor", "in quotes"]),
        ("[[2, 0], [6, 0]]", "[[6, 0], [2, 0]]", 19, ["lines[0].at", "swap"]),
        ("[2, 0]", "[.nan, 0]", 19, ["lines[0].at", "finite"]),
        ("from: outside, to: hall", "from: hall, to: hall", 19, ["lines[0].to", "to itself"]),
        ("id: hall\n", "id: the hall\n", 11, ["zones[0].id", "short name"]),
        ("counters:\n", f"counters:\n{SPARE}", 17, ["counters[0]", "no line"]),
        ("name: Test square\n", "", 1, ["name", "missing"]),
        ("    floor: \"1\"\n", "    floor: \"2\"\n", 13, ["zones[0].floor", "no floor '2'"]),
        ("country: FI", "country: DE\nsubdivision: BA", 5, ["subdivision", "DE has no holidays of 'BA'", "BB"]),
        ("capacity", "closures: [{name: Moving, first: 2026-08-05, last: 2026-08-03}]\ncapacity", 5,
         ["closures[0]", "must not be before"]),
        ("capacity", "school_holidays: [{name: Winter, first: 2026-02-16, last: 2028-02-20}]\ncapacity", 5,
         ["school_holidays[0]", "is the year right?"]),
        ("capacity", "events: [{name: Fair, first: 2026-08-05, zone: halll}]\ncapacity", 5,
         ["events[0].zone", "did you mean 'hall'"]),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_key_its_line_and_its_remedy(
    tmp_path: Path, old: str, new: str, line: int, words: list[str]
) -> None:
    assert old in GOOD
    told = errors(tmp_path, GOOD.replace(old, new, 1))
    assert f"line {line}:" in told
    assert all(word in told for word in words), told


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    told = errors(
        tmp_path, GOOD.replace("capacity: 100", "capacity: -1").replace("country: FI", "country: Finland")
    )
    assert len(told.splitlines()) == 3


def test_faults_are_in_the_order_of_the_file(tmp_path: Path) -> None:
    told = errors(tmp_path, GOOD.replace("from: outside", "from: hall"))
    lines = [int(row.split("line ")[1].split(":")[0]) for row in told.splitlines()]
    assert len(lines) > 1
    assert lines == sorted(lines)


def test_zones_that_overlap_or_that_nobody_can_reach_are_faults(tmp_path: Path) -> None:
    second = (
        '  - {id: attic, name: Attic, floor: "1", polygon: [[5, 5], [9, 5], [9, 9]], capacity: 5}\ncounters:'
    )
    told = errors(tmp_path, GOOD.replace("counters:", second))
    assert "overlap" in told
    assert "nobody could be counted" in told


def test_ids_differ(tmp_path: Path) -> None:
    twice = GOOD + GOOD.splitlines()[-1].replace("[2, 0]", "[3, 0]") + "\n"
    assert "given twice" in errors(tmp_path, twice)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "no keys"),
        (b"\xff\xd8\xff\xe0", "not a text file"),
        (b"- a\n- b\n", "no keys"),
        (b"id: [1, 2\n", "not YAML"),
        (b"a: 1\na: 2\n", "not YAML"),
        (b"id: a\nname: \0\n", "line 2: this is not YAML"),
        (b"id: !!bool z\n", "remove what begins with !!"),
        (b'id: !!float ""\n', "remove what begins with !!"),
        (b"id: !!int 0b\n", "remove what begins with !!"),
        (b"[" * 5000, "too deep"),
        (b"x" * 2_000_000, "over a megabyte"),
    ],
)
def test_a_file_of_another_kind_is_told_from_a_wrong_one(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes(content)
    with pytest.raises(SiteError, match=word):
        load_site(path)


def test_an_anchor_that_is_used_again_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(GOOD.replace("[0, 0]", "&a [0, 0]").replace("[2, 0]", "&a [2, 0]"), encoding="utf-8")
    assert load_site(path).id == "square"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="cannot be read"):
        load_site(tmp_path / "nothing.yaml")


@given(text=st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_garbage_is_a_site_error_and_nothing_else(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("garbage") / "site.yaml"
    path.write_text(text, encoding="utf-8", errors="replace")
    with pytest.raises(SiteError):
        load_site(path)


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(key=st.sampled_from(sorted(SQUARE)), value=values)
@settings(max_examples=150, deadline=None)
def test_any_value_at_any_key_is_a_site_or_a_site_error(
    key: str, value: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("values") / "site.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(SQUARE | {key: value}, file)
    try:
        load_site(path)
    except SiteError as error:
        assert str(error)  # noqa: PT017 - either is right, nothing else is


def test_the_command_prints_a_summary_or_the_faults(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(GOOD, encoding="utf-8")
    good = CliRunner().invoke(site_group, ["check", str(path)])
    assert good.exit_code == 0
    assert "1 with 1 lines, 1 of them doors" in good.output
    as_json = CliRunner().invoke(site_group, ["check", str(path), "--json"])
    assert json.loads(as_json.output)["lines"][0]["from"] == "outside"
    path.write_text(GOOD.replace("capacity", "capasity"), encoding="utf-8")
    bad = CliRunner().invoke(site_group, ["check", str(path)])
    assert bad.exit_code == 1
    assert "did you mean" in bad.output
    assert "Traceback" not in bad.output


def test_the_test_square_keeps_the_rules_too(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(square().model_dump_json(by_alias=True, exclude_none=True), encoding="utf-8")
    assert load_site(path) == square()


SQUARE_10 = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))


def moved(dx: float, dy: float) -> tuple[tuple[float, float], ...]:
    return tuple((x + dx, y + dy) for x, y in SQUARE_10)


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (moved(5, 5), True), (moved(0, 0), True), (moved(10, 0), False), (moved(10, 10), False), (moved(3, 0), True),
        (moved(40, 0), False), (((4.0, 4.0), (6.0, 4.0), (6.0, 6.0)), True),
    ],
)  # fmt: skip
def test_polygons_overlap_when_they_share_more_than_a_border(
    other: tuple[tuple[float, float], ...], shared: bool
) -> None:
    assert geometry.overlap(SQUARE_10, other) is shared
    assert geometry.overlap(other, SQUARE_10) is shared


def around(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points in the order in which one sees them turning around their middle: almost always a simple polygon."""
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sorted(points, key=lambda point: math.atan2(point[1] - y, point[0] - x))


corners = st.lists(st.tuples(*[st.integers(0, 6).map(float)] * 2), min_size=3, max_size=6, unique=True).map(
    around
)


@given(a=corners, b=corners)
@settings(max_examples=400, deadline=None)
def test_polygons_are_judged_as_a_geometry_library_does(
    a: list[tuple[float, float]], b: list[tuple[float, float]]
) -> None:
    shapely = pytest.importorskip("shapely", reason="compares with shapely: pip install 'vilina[demo]'")
    one, other = shapely.Polygon(a), shapely.Polygon(b)
    assume(one.is_valid and other.is_valid)
    assert not geometry.crosses_itself(a)
    assert geometry.overlap(a, b) is (one.intersection(other).area > 1e-6)
    assert geometry.area(a) == pytest.approx(one.area)
    assert geometry.centre(a) == pytest.approx((one.centroid.x, one.centroid.y))


@pytest.mark.parametrize("fold", [((0, 0), (6, 0), (2, 0)), ((0, 0), (4, 0), (4, 4), (4, 2), (0, 2))])
def test_a_border_that_folds_back_on_itself_is_no_zone(fold: tuple[tuple[float, float], ...]) -> None:
    assert geometry.crosses_itself(fold)


def test_area_and_centre_are_those_of_the_figure() -> None:
    assert geometry.area(SQUARE_10) == 100
    assert geometry.centre(moved(3, 4)) == (8, 9)
