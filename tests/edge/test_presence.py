"""Who is in an area, who waits, and for how long."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.edge.truth import annotated_presence
from tests.edge.walks import Walk, hidden, seen, straight, through, timed
from vilina_edge.counting.area import Area
from vilina_edge.counting.counter import Counter
from vilina_edge.counting.presence import Presence
from vilina_edge.errors import AreaError
from vilina_edge.recordings.mot import read_detections
from vilina_edge.types import AreaLook

HALL = Area("hall", ((200, 100), (400, 100), (400, 300), (200, 300)), queue=True)
THROUGH = straight((100, 200), (500, 200), seconds=8)
"""Half a body height a second: four of the eight seconds are in the hall."""


def looks(walks: Sequence[Walk], *, seconds: float = 14, per_second: float = 10) -> list[AreaLook]:
    counter, presence = Counter([]), Presence([HALL])
    found = [
        presence.step(counter.track(detections, at))
        for detections, at in seen(walks, per_second=per_second, seconds=seconds)
    ]
    return [look for (look,) in [*found, presence.finish()]]


def stays(found: Sequence[AreaLook]) -> list[float]:
    return [stay for look in found for stay in look.stays]


def test_who_walks_through_is_there_meanwhile() -> None:
    found = looks([THROUGH])
    assert [look.people for look in found][::10][:8] == [0, 0, 0, 1, 1, 1, 1, 0]


def test_a_stay_is_as_long_as_somebody_was_there() -> None:
    assert stays(looks([THROUGH])) == [pytest.approx(4.0, abs=0.2)]


def test_who_is_hidden_for_a_moment_has_one_stay() -> None:
    found = looks([hidden(THROUGH, since=3, until=5)])
    assert stays(found) == [pytest.approx(4.0, abs=0.2)]


def test_who_vanishes_inside_has_stayed_until_then() -> None:
    found = looks([straight((100, 200), (300, 200), seconds=4)])
    assert stays(found) == [pytest.approx(1.9, abs=0.3)]
    assert found[60].people == 0


def test_standing_on_the_border_is_one_stay() -> None:
    sway = [(200 + 5 * (-1) ** i, 200.0) for i in range(16)]
    assert len(stays(looks([through((100, 200), (300, 200), *sway, (100, 200), seconds=12)]))) == 1


def test_who_stands_waits_and_who_walks_does_not() -> None:
    stand = through((100, 210), (300, 210), *((300 + i % 2, 210.0) for i in range(400)), seconds=12)
    found = looks([stand, THROUGH])
    assert max(look.people for look in found) == 2
    assert max(look.waiting or 0 for look in found) == 1
    assert found[-20].waiting == 1


def test_an_area_that_is_no_queue_has_nobody_waiting() -> None:
    counter, presence = Counter([]), Presence([Area("hall", HALL.polygon)])
    ((detections, at), *_) = seen([THROUGH], per_second=10, seconds=1)
    assert presence.step(counter.track(detections, at))[0].waiting is None


@pytest.mark.parametrize(
    ("polygon", "words"),
    [
        (((0, 0), (9, 9)), "three corners"),
        (((0, 0), (9, 9), (9, 0), (0, 9)), "crosses itself"),
        (((0, 0), (9, 0), (9, float("nan"))), "not a number"),
        (((0, 0), (9, 0), (9, 9), (9, 0)), "crosses itself"),
    ],
)
def test_a_polygon_without_an_inside_is_refused(polygon: tuple[tuple[float, float], ...], words: str) -> None:
    with pytest.raises(AreaError, match=words):
        Area("hall", polygon)


def test_an_area_outside_the_frame_is_refused() -> None:
    with pytest.raises(AreaError, match="x goes from 0 to 300"):
        HALL.check_inside(300, 400)


SQUARE = Area("square", ((250, 150), (550, 150), (550, 450), (250, 450)))


def test_on_a_real_street_people_and_stays_are_those_of_the_annotations(test_data: Path) -> None:
    folder = test_data / "mot" / "PETS09-S2L1"
    frames = timed(read_detections(folder / "det.txt"), per_second=7)
    counter, presence = Counter([]), Presence([SQUARE])
    found = [presence.step(counter.track(detections, at))[0] for detections, at in frames]
    true = annotated_presence(folder / "gt.txt", SQUARE, per_second=7)
    people = np.array([(t.people, f.people) for t, f in zip(true, found, strict=False)])
    assert people[:, 0].mean() == pytest.approx(people[:, 1].mean(), rel=0.05)
    assert np.abs(people[:, 0] - people[:, 1]).mean() < 0.25
    assert np.mean(stays(found)) == pytest.approx(np.mean(stays(true)), rel=0.2)
