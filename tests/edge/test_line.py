"""Lines: what can be one, how it is written, and which side is which."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vilina_edge.counting.line import Line
from vilina_edge.errors import LineError

PIXELS = st.integers(0, 2000)


def test_a_line_needs_two_points() -> None:
    with pytest.raises(LineError, match="door has no length"):
        Line("door", 10, 20, 10, 20)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_a_coordinate_must_be_a_number(wrong: float) -> None:
    with pytest.raises(LineError, match="not a number"):
        Line("door", 0, 0, wrong, 10)


def test_right_of_a_line_that_goes_right_is_below_it_in_the_picture() -> None:
    line = Line("door", 0, 100, 200, 100)
    assert line.beside(50, 130) == pytest.approx(30)
    assert line.beside(50, 60) == pytest.approx(-40)


def test_right_of_a_line_that_goes_down_is_left_in_the_picture() -> None:
    line = Line("door", 100, 0, 100, 200)
    assert line.beside(70, 50) == pytest.approx(30)


def test_along_a_line_is_from_nought_to_one() -> None:
    line = Line("door", 0, 0, 200, 0)
    assert [line.along(x, 7) for x in (-100, 0, 50, 200)] == pytest.approx([-0.5, 0, 0.25, 1])


@given(st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True), PIXELS, PIXELS, PIXELS, PIXELS)
def test_what_is_written_is_what_is_read(name: str, x1: int, y1: int, x2: int, y2: int) -> None:
    text = f"{name}={x1},{y1},{x2},{y2}"
    if (x1, y1) == (x2, y2):
        with pytest.raises(LineError):
            Line.parse(text)
    else:
        assert Line.parse(text) == Line(name, x1, y1, x2, y2)


@given(st.text(max_size=40))
def test_other_text_is_refused_with_a_line_error(text: str) -> None:
    with suppress(LineError):
        assert Line.parse(text).length > 0


@pytest.mark.parametrize("text", ["door", "door=1,2,3", "door=1,2,3,four", "1,2,3,4", "=1,2,3,4"])
def test_the_error_shows_how_a_line_is_written(text: str) -> None:
    with pytest.raises(LineError, match=r"NAME=x1,y1,x2,y2"):
        Line.parse(text)


def test_a_line_that_leaves_the_frame_is_refused_with_the_frames_limits() -> None:
    with pytest.raises(
        LineError, match=r"door from \(0, 10\) to \(800, 10\).*x goes from 0 to 768, y from 0 to 576"
    ):
        Line("door", 0, 10, 800, 10).check_inside(768, 576)


def test_a_line_may_end_on_the_border_of_the_frame() -> None:
    Line("door", 0, 0, 768, 576).check_inside(768, 576)
