"""Where a camera looks, and how far it has turned away."""

import base64
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vilina_edge.errors import ConfigError
from vilina_edge.simulation.arrivals import steady
from vilina_edge.simulation.people import rendered
from vilina_edge.types import Image
from vilina_edge.vision.pose import LANDMARKS, Pose, Shift
from vilina_edge.vision.source import recording

START = datetime(2025, 6, 2, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def street(test_data: Path) -> list[Image]:
    """40 seconds of a street, one picture a second."""
    frames = recording(test_data / "video" / "vtest.avi", start=START)
    return [frame.image for frame in islice(frames, 0, 400, 10)]


@pytest.fixture(scope="module")
def door() -> list[Image]:
    """The rendered door for 40 seconds, one picture a second."""
    frames = rendered(steady(30, seed=4, seconds=45), start=START, frames_per_second=10)
    return [frame.image for frame in islice(frames, 0, 400, 10)]


@pytest.fixture(scope="module", params=["street", "door"])
def scene(request: pytest.FixtureRequest) -> list[Image]:
    images: list[Image] = request.getfixturevalue(request.param)
    return images


@pytest.fixture(scope="module")
def pose(scene: list[Image]) -> Pose:
    return Pose.of(scene[:12])


def warped(image: Image, *, right: float = 0, turn: float = 0, zoom: float = 1) -> Image:
    """Moved to the right by fractions of the width, turned by degrees and enlarged about the middle."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, zoom)
    matrix[0, 2] += right * width
    return np.asarray(
        cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8
    )


def gamma(image: Image, power: float) -> Image:
    return np.asarray(255 * (image / 255) ** power, dtype=np.uint8)


def brighter(image: Image, by: float) -> Image:
    return np.clip(image + np.float32(by), 0, 255).astype(np.uint8)


def noisy(image: Image, deviation: float = 8) -> Image:
    return brighter(image, 0 + np.random.default_rng(3).normal(0, deviation, image.shape).astype(np.float32))  # type: ignore[arg-type]


def crowded(image: Image) -> Image:
    """Boxes stand over a third of the picture."""
    image = image.copy()
    random = np.random.default_rng(7)
    height, width = image.shape[:2]
    for column in range(0, 6, 2):
        x, wide = round(column * width / 6), width // 6
        image[height // 6 :, x : x + wide] = random.integers(20, 230, 3)
        image[height // 6 : height // 3, x + wide // 4 : x + wide // 2] = random.integers(20, 230, 3)
    return image


def shift(pose: Pose, image: Image) -> Shift:
    found = pose.shift(image)
    assert found is not None
    return found


def test_a_camera_that_stays_has_not_moved_whoever_walks_by(scene: list[Image], pose: Pose) -> None:
    for image in scene[12:]:
        found = shift(pose, image)
        assert not found.moved
        assert found.distance < 0.005


@pytest.mark.parametrize("right", [-0.3, -0.03, 0.025, 0.03, 0.1, 0.4])
def test_a_shift_is_told_in_fractions_of_the_width(scene: list[Image], pose: Pose, right: float) -> None:
    found = shift(pose, warped(scene[20], right=right))
    assert found.moved
    assert found.distance == pytest.approx(abs(right), abs=0.003)
    assert found.rotation == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("turn", [-10, -2.5, 2.5, 5])
def test_a_turn_is_told_in_degrees(scene: list[Image], pose: Pose, turn: float) -> None:
    found = shift(pose, warped(scene[20], turn=turn))
    assert found.moved
    assert abs(found.rotation) == pytest.approx(abs(turn), abs=0.3)


def test_a_zoom_moves_the_corners(scene: list[Image], pose: Pose) -> None:
    assert shift(pose, warped(scene[20], zoom=1.1)).distance == pytest.approx(0.0625, abs=0.005)


@pytest.mark.parametrize("right", [-0.005, 0.005, 0.015])
def test_a_mount_that_shakes_has_not_moved(scene: list[Image], pose: Pose, right: float) -> None:
    assert not shift(pose, warped(scene[20], right=right)).moved


CHANGES = {
    "half the gamma": lambda image: gamma(image, 0.5),
    "twice the gamma": lambda image: gamma(image, 2),
    "brighter": lambda image: brighter(image, 40),
    "darker": lambda image: brighter(image, -40),
    "noise": noisy,
    "a crowd over a third of it": crowded,
}


@pytest.mark.parametrize("change", CHANGES)
def test_light_noise_and_crowds_are_no_movement_and_hide_none(
    scene: list[Image], pose: Pose, change: str
) -> None:
    stayed, moved = (CHANGES[change](warped(scene[20], right=right)) for right in (0, 0.03))
    assert not shift(pose, stayed).moved
    assert shift(pose, moved).distance == pytest.approx(0.03, abs=0.005)


def test_nothing_is_said_of_another_place(street: list[Image], door: list[Image]) -> None:
    assert Pose.of(street[:12]).shift(door[0]) is None
    assert Pose.of(door[:12]).shift(street[0]) is None


def test_nothing_is_said_of_a_picture_without_detail(pose: Pose) -> None:
    assert pose.shift(np.full((480, 640, 3), 90, np.uint8)) is None


def test_who_walks_is_not_in_the_pose_of_several_pictures(door: list[Image]) -> None:
    crowd = [crowded(door[0]), *door[1:12]]
    assert Pose.of(crowd).shift(crowded(door[20])) is not None
    standing = Pose.of([crowded(door[0])]).points
    several = Pose.of(crowd).points
    edge = np.array([1 / 3, 0.6])
    assert (np.abs(standing[:, 0] - edge[0]) < 0.01).sum() > (np.abs(several[:, 0] - edge[0]) < 0.01).sum()


def test_its_text_gives_the_same_pose_again(scene: list[Image], pose: Pose) -> None:
    again = Pose.from_text(pose.to_text())
    assert again.to_text() == pose.to_text()
    assert again.size == pose.size == scene[0].shape[1::-1]
    assert again.brightness == pytest.approx(np.mean(scene[0]), abs=15)
    assert again.sharpness == pytest.approx(pose.sharpness, rel=1e-5)
    assert shift(again, warped(scene[20], right=0.03)).moved


def test_its_text_is_one_line_of_at_most_12_kilobytes(pose: Pose) -> None:
    assert len(pose.points) == LANDMARKS
    assert len(pose.to_text()) <= 12 * 1024
    assert pose.to_text().isascii()
    assert "\n" not in pose.to_text()


@given(st.text() | st.binary().map(lambda data: base64.b64encode(data).decode()))
def test_garbage_is_no_pose(text: str) -> None:
    with pytest.raises(ConfigError, match="calibrate"):
        Pose.from_text(text)


@pytest.mark.parametrize("place", [0, 5, 700, 9000, -5])
def test_a_damaged_text_is_no_pose(door: list[Image], place: int) -> None:
    letters = list(Pose.of(door[:3]).to_text())
    letters[place] = "A" if letters[place] != "A" else "B"
    with pytest.raises(ConfigError, match="calibrate"):
        Pose.from_text("".join(letters))


def test_a_scene_without_detail_gives_no_pose() -> None:
    with pytest.raises(ConfigError, match="too few"):
        Pose.of([np.full((480, 640, 3), 90, np.uint8)] * 3)


def test_no_pictures_give_no_pose() -> None:
    with pytest.raises(ConfigError):
        Pose.of([])


def test_a_pose_that_makes_no_sense_cannot_be_made(pose: Pose) -> None:
    with pytest.raises(ValueError, match="landmarks"):
        Pose(pose.points[:-1], pose.descriptors, pose.light, pose.texture, pose.size)
    with pytest.raises(ValueError, match="cells"):
        Pose(pose.points, pose.descriptors, pose.light[:2], pose.texture, pose.size)
    with pytest.raises(ValueError, match="finite"):
        Pose(pose.points * np.nan, pose.descriptors, pose.light, pose.texture, pose.size)
