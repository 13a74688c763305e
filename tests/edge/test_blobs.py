"""Blobs, and how people share one."""

import cv2
import numpy as np
import pytest

from vilina_edge.vision.blobs import Mask, Shares, Size, Sizes, blobs_in, divided, farthest, points_of

RADIUS = 12
USUAL = Size(np.pi * RADIUS**2, 2 * RADIUS, 2 * RADIUS)


def mask(*centres: tuple[int, int]) -> Mask:
    drawn = np.zeros((240, 320), dtype=np.uint8)
    for centre in centres:
        cv2.circle(drawn, centre, RADIUS, 255, -1)
    return drawn


def shared(drawn: Mask, count: int) -> Shares:
    """The only blob, divided among so many, the first in its middle and each next one far from those before."""
    labels, (blob,) = blobs_in(drawn)
    points, weight = points_of(blob, labels)
    shares = divided(points, blob.middle[None], USUAL, weight=weight)
    for _ in range(count - 1):
        seeds = np.vstack([shares.middles, farthest(points, shares.middles, USUAL)])
        shares = divided(points, seeds, USUAL, weight=weight)
    return shares


def test_two_who_touch_are_found_where_they_are_with_all_of_a_person_each() -> None:
    shares = shared(mask((100, 100), (100, 122)), 2)
    assert np.sort(shares.middles[:, 1]) == pytest.approx([100.5, 122.5], abs=1.5)
    assert shares.middles[:, 0] == pytest.approx([100.5, 100.5], abs=1)
    assert shares.fill == pytest.approx([1, 1], abs=0.08)


def test_one_divided_in_two_has_half_of_a_person_each() -> None:
    assert shared(mask((100, 100)), 2).fill == pytest.approx([0.5, 0.5], abs=0.1)


def test_who_has_no_pixel_stays_where_they_were_expected() -> None:
    labels, (blob,) = blobs_in(mask((100, 100)))
    points, weight = points_of(blob, labels)
    shares = divided(points, np.array([[100.0, 100.0], [200.0, 200.0]]), USUAL, weight=weight)
    assert shares.middles[1] == pytest.approx([200, 200])
    assert shares.fill == pytest.approx([1, 0], abs=0.08)


def test_a_blob_at_the_border_is_not_whole_and_noise_is_none() -> None:
    drawn = mask((4, 100), (100, 100))
    drawn[200, 200] = 255
    _, blobs = blobs_in(drawn)
    assert [blob.whole for blob in blobs] == [False, True]


def test_nothing_is_usual_before_some_have_been_seen_and_fragments_do_not_count() -> None:
    sizes, shape = Sizes(), (240, 320)
    _, (blob,) = blobs_in(mask((100, 100)))
    assert sizes.usual(blob, shape) is None
    for area in (400.0, 440.0, 480.0, 20.0, 30.0):
        sizes.add(blob._replace(area=area), shape)
    assert sizes.usual(blob, shape) == Size(440, 25, 25)
