"""From pixels to metres on the floor."""

import numpy as np
import pytest

from vilina_edge.counting.area import Area
from vilina_edge.counting.line import Line
from vilina_edge.counting.plane import PERSON_M, Plane
from vilina_edge.counting.track import Sample
from vilina_edge.errors import PlaneError

PIXELS = [(100.0, 400.0), (540.0, 400.0), (400.0, 200.0), (240.0, 200.0)]
METRES = [(0.0, 0.0), (4.0, 0.0), (4.0, 6.0), (0.0, 6.0)]
"""A floor that goes away from the camera: y in metres grows upwards in the picture."""
FLOOR = Plane.fit(PIXELS, METRES)


def test_the_four_points_are_where_they_were_measured() -> None:
    for (x, y), metres in zip(PIXELS, METRES, strict=True):
        assert FLOOR.at(x, y) == pytest.approx(metres, abs=1e-9)


def test_the_middle_of_the_floor_is_where_its_diagonals_meet() -> None:
    a, b, c, d = (np.array([*pixel, 1.0]) for pixel in PIXELS)
    meeting = np.cross(np.cross(a, c), np.cross(b, d))
    assert FLOOR.at(*(meeting[:2] / meeting[2])) == pytest.approx((2, 3))


def test_above_the_horizon_there_is_no_floor() -> None:
    assert FLOOR.at(320, -200) is None
    with pytest.raises(PlaneError, match="line door is above the horizon"):
        FLOOR.line(Line("door", 320, 400, 320, -200))


def test_a_person_on_the_floor_has_the_height_of_a_person() -> None:
    assert FLOOR.sample(Sample(1.0, 100, 400, 80)) == Sample(1.0, 0, 0, PERSON_M)


def test_who_enters_in_the_picture_enters_on_the_floor() -> None:
    line = Line("door", 320, 400, 320, 200)
    on_floor = FLOOR.line(line)
    assert line.beside(400, 300) > 0
    assert on_floor.beside(*(FLOOR.at(400, 300) or (0, 0))) > 0


def test_an_area_on_the_floor_has_the_floors_size() -> None:
    area = FLOOR.area(Area("hall", tuple(PIXELS)))
    assert area.depth(2, 3) == pytest.approx(2)


@pytest.mark.parametrize(
    ("pixels", "metres"),
    [
        (PIXELS[:3], METRES[:3]),
        ([(0, 0), (1, 1), (2, 2), (5, 0)], METRES),
        (PIXELS, [(0, 0), (1, 1), (2, 2), (5, 0)]),
        ([PIXELS[0]] * 4, METRES),
    ],
)
def test_points_that_make_no_floor_are_refused(
    pixels: list[tuple[float, float]], metres: list[tuple[float, float]]
) -> None:
    with pytest.raises(PlaneError):
        Plane.fit(pixels, metres)
