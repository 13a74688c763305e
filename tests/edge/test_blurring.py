"""The still that a technician sees: of the place, and of nobody."""

import cv2
import numpy as np
import pytest

from tests.edge.calibrating import fine_detail, spectrum
from vilina_edge.technician.blurring import LARGEST, blurred, blurred_jpeg
from vilina_edge.types import Image


def test_a_still_has_no_detail_by_which_anybody_could_be_known(frames: list[Image]) -> None:
    for frame in frames:
        assert fine_detail(blurred(frame)) < 0.01 * fine_detail(frame)


def test_what_is_fine_in_a_still_tells_nothing_of_the_sharp_picture(frames: list[Image]) -> None:
    for frame in frames:
        still = cv2.imdecode(np.frombuffer(blurred_jpeg(frame), np.uint8), cv2.IMREAD_GRAYSCALE)
        assert still is not None
        (sharp, fine), (soft, _) = spectrum(frame), spectrum(np.asarray(still, np.uint8))
        common = np.abs((sharp[fine] * soft[fine].conj()).sum())
        assert common**2 < 0.01 * (np.abs(sharp[fine]) ** 2).sum() * (np.abs(soft[fine]) ** 2).sum()


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (640, 480), (160, 120)])
def test_a_still_is_small_and_grey_whatever_the_camera_gives(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    still = blurred(noise)
    assert still.ndim == 2
    assert max(still.shape) <= LARGEST
    assert still.std() < 0.1 * noise.std()


def test_a_still_is_a_picture_of_the_same_place(frames: list[Image]) -> None:
    still = cv2.imdecode(np.frombuffer(blurred_jpeg(frames[0]), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert still is not None
    grey = cv2.cvtColor(frames[0], cv2.COLOR_BGR2GRAY)
    small = cv2.GaussianBlur(cv2.resize(grey, still.shape[::-1], interpolation=cv2.INTER_AREA), (0, 0), 6)
    assert np.abs(still.astype(float) - small).mean() < 3
