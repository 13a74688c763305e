"""Lines and areas as they are drawn: what cannot be counted is told in words."""

from typing import Final

import pytest

from tests.edge.calibrating import SIZE
from vilina_edge.technician.drawing import Drawing, DrawnArea, DrawnLine
from vilina_edge.wire import Config, LineConfig

WRONG: Final[dict[str, tuple[Drawing, str]]] = {
    "outside": (Drawing((DrawnLine("door", (320, 400, 320, -1)),)), "leaves the frame"),
    "too short": (Drawing((DrawnLine("door", (320, 400, 321, 400)),)), "shorter than a person"),
    "no length": (Drawing((DrawnLine("door", (320, 400, 320, 400)),)), "no length"),
    "a bow tie": (Drawing((), (DrawnArea("hall", ((0, 0), (99, 99), (99, 0), (0, 99))),)), "crosses itself"),
    "two corners": (Drawing((), (DrawnArea("hall", ((0, 0), (99, 99))),)), "at least three corners"),
    "a corner outside": (Drawing((), (DrawnArea("hall", ((0, 0), (999, 9), (9, 99))),)), "outside the frame"),
    "a space": (Drawing((DrawnLine("the door", (320, 400, 320, 80)),)), "no space"),
    "no name": (Drawing((DrawnLine("", (320, 400, 320, 80)),)), "letters, digits"),
    "twice": (
        Drawing((DrawnLine("a", (9, 9, 9, 99)),), (DrawnArea("a", ((0, 0), (99, 9), (9, 99))),)),
        "own",
    ),
}


@pytest.mark.parametrize(("drawing", "words"), WRONG.values(), ids=WRONG)
def test_a_part_that_cannot_be_counted_is_told_in_words(drawing: Drawing, words: str) -> None:
    plan, faults = drawing.checked(SIZE)
    assert all(words in fault.text for fault in faults)
    assert len(faults) == len(drawing.lines) + len(drawing.areas)
    assert not plan.lines
    assert not plan.areas


def test_parts_that_are_right_count_beside_one_that_is_wrong() -> None:
    drawing = Drawing((DrawnLine("a", (9, 9, 9, 9)), DrawnLine("door", (320, 400, 320, 80))))
    plan, (fault,) = drawing.checked(SIZE)
    assert [line.name for line in plan.lines] == ["door"]
    assert fault.line == 0


def test_what_was_drawn_in_another_size_is_drawn_in_the_cameras() -> None:
    config = Config(
        version=1, size=(320, 240), lines=(LineConfig(line="door", start=(160, 200), end=(160, 40)),)
    )
    assert Drawing.of(config, SIZE).lines[0].points == (320, 400, 320, 80)
