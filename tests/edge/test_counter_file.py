"""What was drawn is saved into the counter's file, and nothing else in it changes."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.edge.calibrating import COMMENTS, COUNTER_YAML, DOOR, SIMPLE, SIZE, drawn
from vilina_edge.errors import ConfigError
from vilina_edge.settings import CounterSettings
from vilina_edge.technician.counter_file import changed, open_counter, write_counter
from vilina_edge.wire import AreaConfig, Config, LineConfig

BACK: Final = LineConfig(line="back", start=(10, 10), end=(10, 300))
DESK: Final = AreaConfig(area="desk", corners=((10, 10), (250, 10), (200.5, 200)), queue=False)
HALL: Final = AreaConfig(area="hall", corners=((0, 0), (250, 0), (200, 200)))


@pytest.mark.parametrize(
    "config",
    [
        drawn(DOOR, BACK, areas=(DESK,)),
        drawn(DOOR, BACK, LineConfig(line="new", start=(1, 1), end=(1, 99)), areas=(DESK, HALL)),
    ],
    ids=["moved", "added"],
)
def test_saving_keeps_every_comment_and_every_other_key(file: Path, config: Config) -> None:
    text = changed(COUNTER_YAML, config, pose="counter-a.pose")
    assert [line.partition("#")[2] for line in text.splitlines() if "#" in line] == COMMENTS
    file.write_text(text, encoding="utf-8")
    settings = CounterSettings.load(file)
    assert settings.config == config
    assert (settings.site, settings.source, settings.broker_port) == ("square", "simulation:40", 1)
    for line in ("detector: motion        # camera straight above", 'broker_host: "127.0.0.1"'):
        assert line in text.splitlines()


def test_what_is_deleted_goes_and_comments_of_other_parts_stay(file: Path) -> None:
    config = drawn(DOOR)
    text = changed(COUNTER_YAML, config, pose=None)
    assert "back" not in text
    assert "areas" not in text
    for comment in ("# the main door", "# measured by Maija", "# Where people wait.", "# That is all."):
        assert comment in text
    file.write_text(text, encoding="utf-8")
    assert CounterSettings.load(file).config == config


@given(
    lines=st.lists(st.sampled_from(["door", "back", "c", "d", "e"]), unique=True),
    areas=st.lists(st.sampled_from(["desk", "hall", "shop"]), unique=True),
    numbers=st.integers(0, 4000).map(lambda tenths: tenths / 10),
)
def test_whatever_is_drawn_reads_back_and_leaves_the_rest_alone(
    lines: list[str], areas: list[str], numbers: float
) -> None:
    assume(lines or areas)
    config = drawn(
        *(LineConfig(line=name, start=(numbers, 1), end=(2, 90)) for name in lines),
        areas=tuple(AreaConfig(area=name, corners=((numbers, 0), (9, 0), (9, 9))) for name in areas),
    )
    text = changed(COUNTER_YAML, config, pose=None)
    read = CounterSettings.model_validate(YAML(typ="safe").load(text)).config
    assert {line.line: line for line in read.lines} == {line.line: line for line in config.lines}
    assert {area.area: area for area in read.areas} == {area.area: area for area in config.areas}
    rest = (
        "# The door",
        "site:",
        "counter:",
        "source:",
        "detector:",
        "reference:",
        "broker_",
        "# That",
        "# Where",
    )
    assert [line for line in text.splitlines() if line.startswith(rest)] == [
        line for line in COUNTER_YAML.splitlines() if line.startswith(rest)
    ]


def test_saving_the_same_again_changes_no_byte() -> None:
    config = drawn(DOOR, BACK, areas=(DESK,))
    once = changed(COUNTER_YAML, config, pose="counter-a.pose")
    assert changed(once, config, pose="counter-a.pose") == once


@pytest.mark.parametrize(
    "text",
    [
        SIMPLE,
        SIMPLE.rstrip("\n"),
        '{"site": "square", "counter": "counter-a", "source": "x", "reference": "centre"}',
        SIMPLE + "lines:\n- name: door   # here\n  points:\n  - 1\n  - 2\n  - 3\n  - 40\n",
        SIMPLE + "lines: []\nareas:\n",
        SIMPLE + "areas: [{name: hall, corners: [[0, 0], [9, 0], [9, 9]]}]\n"
        "floor: {pixels: &p [[1, 1], [9, 1], [9, 9], [1, 9]], metres: *p}\n",
    ],
    ids=["nothing drawn", "no last newline", "json", "blocks", "empty", "aliases"],
)  # fmt: skip
def test_every_way_to_write_yaml_can_be_saved_into(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    config = drawn(DOOR, areas=(HALL,))
    settings = write_counter(file, config, pose=None)
    assert (settings.config.lines, settings.config.areas) == (config.lines, config.areas)
    assert settings.config.size == SIZE


def test_a_file_in_which_nothing_is_drawn_yet_can_be_calibrated(file: Path) -> None:
    file.write_text(SIMPLE, encoding="utf-8")
    settings, config = open_counter(file)
    assert (settings.counter, config) == ("counter-a", None)


@pytest.mark.parametrize("text", [SIMPLE + "colour: red\n", SIMPLE + "lines: [{name: a}]\n", "- x", "a: ["])
def test_a_file_that_is_wrong_otherwise_is_refused_and_left_alone(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="counter"):
        open_counter(file)
    with pytest.raises(ConfigError, match="counter"):
        write_counter(file, drawn(DOOR), pose=None)
    assert file.read_text(encoding="utf-8") == text
    assert [path.name for path in file.parent.iterdir()] == ["counter.yaml"]


def test_a_file_that_cannot_be_written_is_told_with_what_to_do(file: Path) -> None:
    (file.parent / "counter.yaml.new").mkdir()
    with pytest.raises(ConfigError, match="may you write there"):
        write_counter(file, drawn(DOOR), pose=None)
    assert file.read_text(encoding="utf-8") == COUNTER_YAML
