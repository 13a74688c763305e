"""What is drawn counts at once, and the pose is that of the view."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.edge.calibrating import DOOR, FLOOR, SIZE, drawn, played
from vilina_edge.errors import ConfigError
from vilina_edge.technician.drawing import Drawing, DrawnLine
from vilina_edge.technician.posing import Views
from vilina_edge.technician.trial import Trial
from vilina_edge.types import Frame, Image
from vilina_edge.vision.motion import MotionDetector
from vilina_edge.vision.pose import Pose
from vilina_edge.wire import AreaConfig, Config, LineConfig


def test_what_is_drawn_counts_from_then_on_and_only_from_then_on() -> None:
    trial = played(Trial(drawn(DOOR), detector=MotionDetector()), seconds=15)
    (door,) = trial.moment.lines
    assert door.entered + door.left > 0
    other = DrawnLine("other", (320, 80, 320, 400))
    trial.draw(Drawing((*trial.drawing.lines, other), reference="centre"))
    assert [(one.line, one.entered + one.left) for one in trial.moment.lines] == [
        ("door", door.entered + door.left),
        ("other", 0),
    ]


def test_a_line_the_other_way_round_counts_the_other_way() -> None:
    there = LineConfig(line="there", start=(320, 400), end=(320, 80))
    back = LineConfig(line="back", start=(320, 80), end=(320, 400))
    trial = played(Trial(drawn(there, back), detector=MotionDetector()), seconds=20)
    one, two = trial.moment.lines
    assert (one.entered, one.left) == (two.left, two.entered)
    assert one.entered != one.left


def test_people_in_an_area_are_those_who_are_there_now() -> None:
    whole = AreaConfig(area="hall", corners=((0, 0), (640, 0), (640, 480), (0, 480)), queue=True)
    trial = played(Trial(drawn(areas=(whole,)), detector=MotionDetector()), seconds=10)
    (hall,) = trial.moment.areas
    assert hall.people > 0
    assert hall.waiting is not None


def test_a_measured_floor_and_what_was_drawn_are_saved_in_the_cameras_size() -> None:
    config = Config(
        version=1, size=(320, 240), reference="centre", floor=FLOOR,
        lines=(LineConfig(line="door", start=(160, 190), end=(160, 60)),),
    )  # fmt: skip
    trial = played(Trial(config, detector=MotionDetector()), seconds=0.2)
    now = trial.config(version=2)
    assert now.size == SIZE
    assert now.floor is not None
    assert now.floor.pixels == ((200, 200), (1000, 200), (1200, 800), (100, 800))
    assert now.lines[0].start == (320, 380)


def views_of(images: Sequence[Image]) -> Views:
    """A camera that shows a picture each second."""
    views = Views()
    for index, image in enumerate(images):
        views.add(Frame(image, datetime(2026, 3, 2, 12, 0, index, tzinfo=UTC), index))
    return views


def test_the_pose_is_that_of_the_pictures(frames: list[Image]) -> None:
    assert views_of(frames).pose().to_text() == Pose.of(frames).to_text()


def test_a_camera_that_is_turned_while_its_pose_is_made_is_told_of(frames: list[Image]) -> None:
    turned = [np.roll(image, 90, axis=1) for image in frames[6:]]
    with pytest.raises(ConfigError, match="has moved"):
        views_of([*frames[:6], *turned]).pose()


def test_a_camera_in_the_dark_makes_no_pose_and_says_why(frames: list[Image]) -> None:
    trial = Trial(drawn(DOOR), detector=MotionDetector())
    trial.step(Frame(frames[0] // 20, datetime(2026, 3, 2, 12, tzinfo=UTC), 0))
    assert trial.moment.is_dark
    with pytest.raises(ConfigError, match="no picture in which anything can be seen"):
        trial.pose(0.01)
