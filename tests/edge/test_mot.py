"""Detections files in the form of the MOT challenge."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vilina_edge.errors import DetectionsError
from vilina_edge.recordings.mot import certainty, read_detections


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "det.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_every_frame_is_there_from_the_first_even_without_people(tmp_path: Path) -> None:
    path = written(tmp_path, "4,-1,10,20,30,40,0.9,-1,-1,-1\n2,-1,1,2,3,4,0.5\n2,-1,5,6,7,8,0.6\n")
    assert [len(detections) for detections in read_detections(path)] == [0, 2, 0, 1]


def test_a_box_is_turned_from_corner_and_size_into_two_corners(tmp_path: Path) -> None:
    (detections,) = read_detections(written(tmp_path, "1,-1,10,20,30,40,0.9\n1,-1,0,0,1,1,0.4\n"))
    assert detections.xyxy[0].tolist() == [10, 20, 40, 60]
    assert detections.score.tolist() == [0.9, 0.4]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("hello", "expected frame,id,x,y,w,h,score"),
        ("1,-1,10,20,30,40", "expected frame,id,x,y,w,h,score"),
        ("0,-1,10,20,30,40,1", "numbered from 1"),
        ("1.5,-1,10,20,30,40,1", "numbered from 1"),
        ("nan,-1,10,20,30,40,1", "numbered from 1"),
        ("1e12,-1,10,20,30,40,1", "numbered from 1"),
        ("1,-1,10,20,-30,40,1", "positive size"),
        ("1,-1,inf,20,30,40,1", "positive size"),
        ("1,-1,10,20,30,nan,1", "positive size"),
        ("1,-1,10,20,30,40,nan", "score is not a number"),
    ],
)
def test_a_wrong_row_is_named_with_its_number(row: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(DetectionsError, match=rf"det\.txt, row 3: .*{reason}"):
        read_detections(written(tmp_path, f"1,-1,10,20,30,40,1\n\n{row}\n"))


@pytest.mark.parametrize("text", ["", "\n\n", b"\xff\xfe\x00"])
def test_a_file_without_detections_is_refused(text: str | bytes, tmp_path: Path) -> None:
    with pytest.raises(DetectionsError, match=r"det\.txt"):
        read_detections(written(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DetectionsError, match="cannot be read"):
        read_detections(tmp_path / "nowhere.txt")


CELLS = st.one_of(st.floats().map(str), st.integers(-5, 50).map(str), st.text(max_size=5))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(rows=st.lists(st.lists(CELLS, max_size=9).map(",".join), max_size=8))
def test_garbage_is_read_or_refused_and_never_anything_else(rows: list[str], tmp_path: Path) -> None:
    path = written(tmp_path, "\n".join(rows).encode("utf-8", "surrogatepass"))
    with suppress(DetectionsError):
        for detections in read_detections(path):
            assert np.isfinite(detections.xyxy).all()
            assert ((detections.score >= 0) & (detections.score <= 1)).all()


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.2, 0.9], [0.2, 0.9]),
        ([1, 1], [1, 1]),
        ([-1, -1], [1, 1]),
        ([20, 90], [0.2, 0.9]),
        ([-2, 0, 3], [0.119, 0.5, 0.953]),
    ],
    ids=["already so", "truth", "not said", "percent", "margins"],
)
def test_scores_of_any_scale_become_nought_to_one(scores: list[float], expected: list[float]) -> None:
    assert certainty(np.array(scores, dtype=float)).tolist() == pytest.approx(expected, abs=1e-3)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_a_higher_score_never_becomes_a_lower_one(scores: list[float]) -> None:
    scaled = certainty(np.array(sorted(scores)))
    assert (np.diff(scaled) >= 0).all()
