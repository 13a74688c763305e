"""NanoDet-m on onnxruntime: people in a frame from the front, the side or above at an angle.

The model's outputs are, per stride s of 8, 16 and 32 and each cell of its grid: class scores after the sigmoid, and per
side of the box a distribution over 8 distances whose expectation times s is the distance from the cell's centre.
Li et al., "Generalized Focal Loss" (2020); RangiLyu, NanoDet (2020).
"""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from vilina_edge.errors import ModelError
from vilina_edge.types import Detections, Floats, Frame, Image
from vilina_edge.vision.inference import onnxruntime as ort

SIZE: Final = 320
"""Pixels of the longer side of what the model is shown, unless asked for more."""
STRIDES: Final = (8, 16, 32)
BINS: Final = 8
PERSON: Final = 0
MEAN: Final = np.array([103.53, 116.28, 123.675], dtype=np.float32)
DEVIATION: Final = np.array([57.375, 57.12, 58.395], dtype=np.float32)
MIN_SCORE: Final = 0.3
MAX_IOU: Final = 0.5
MODEL: Final = "nanodet_m.onnx"


class NanoDet:
    """The detector. One thread by default: the other cores have other work, and two rarely halve the time."""

    def __init__(self, model: Path | None = None, *, threads: int = 1, size: int = SIZE) -> None:
        """Load the model, by default the one that comes with the package.

        Raises:
            ModelError: the file is missing, damaged or another model.
        """
        self._size = size
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        with as_file(files("vilina_edge.vision") / "model" / MODEL) as packaged:
            path = model or packaged
            if not path.is_file():
                raise ModelError(f"there is no model at {path}")
            try:
                self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            except Exception as error:
                raise ModelError(f"{path} is not a model that can be loaded; install vilina again") from error
        self._input = self._session.get_inputs()[0].name
        shapes = [output.shape[-1] for output in self._session.get_outputs()]
        if sorted(shapes) != sorted([80, 4 * BINS] * len(STRIDES)):
            raise ModelError(f"{path} is a model, but not NanoDet-m: its outputs have {shapes} channels")

    def __call__(self, frame: Frame) -> Detections:
        blob, scale, (left, top) = letterbox(frame.image, self._size)
        outputs = self._session.run(None, {self._input: blob})
        boxes, scores = decode([np.asarray(output) for output in outputs], blob.shape[-2:])
        keep = suppress(boxes, scores)
        height, width = frame.image.shape[:2]
        found = (boxes[keep] - [left, top, left, top]) / scale
        return Detections(np.clip(found, 0, [width, height, width, height]), scores[keep])


def letterbox(image: Image, size: int = SIZE) -> tuple[np.ndarray, float, tuple[int, int]]:
    """The image as the model's input (1, 3, H, W), the scale, and the left and top margins.

    The aspect ratio is kept: squashing a wide frame costs accuracy. The longer side becomes `size`, and the margins no
    larger than the coarsest stride asks for, because empty margins cost as much time as people do. They are 0, the
    mean of all pictures, with which the model itself pads: black ones would be an edge that no place has.
    """
    height, width = image.shape[:2]
    scale = size / max(height, width)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    full_w, full_h = (-(-side // STRIDES[-1]) * STRIDES[-1] for side in (w, h))
    left, top = (full_w - w) // 2, (full_h - h) // 2
    small = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    blob = np.zeros((1, 3, full_h, full_w), dtype=np.float32)
    blob[0, :, top : top + h, left : left + w] = ((small - MEAN) / DEVIATION).transpose(2, 0, 1)
    return blob, scale, (left, top)


def decode(outputs: list[np.ndarray], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Boxes (N, 4) in input pixels and scores (N,) of people, all cells above `MIN_SCORE`; `shape` is the input's."""
    height, width = shape
    by_cells = {(o.shape[-2], o.shape[-1]): o.reshape(o.shape[-2:]) for o in outputs}
    boxes, scores = [], []
    for stride in STRIDES:
        columns = width // stride
        count = columns * (height // stride)
        score = by_cells[count, 80][:, PERSON]
        cells = np.flatnonzero(score >= MIN_SCORE)
        logits = by_cells[count, 4 * BINS][cells].reshape(-1, 4, BINS)
        weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
        distances = (weights @ np.arange(BINS)) / weights.sum(axis=-1) * stride
        centres = np.stack([cells % columns, cells // columns], axis=-1) * stride + stride / 2
        boxes.append(np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=-1))
        scores.append(score[cells])
    return np.concatenate(boxes).astype(np.float64), np.concatenate(scores).astype(np.float64)


def suppress(boxes: Floats, scores: Floats) -> np.ndarray:
    """Indices of the boxes that no better one overlaps by more than `MAX_IOU`."""
    if not len(boxes):
        return np.empty(0, dtype=np.intp)
    xywh = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=-1)
    kept = cv2.dnn.NMSBoxes(xywh.tolist(), scores.tolist(), MIN_SCORE, MAX_IOU)
    return np.asarray(kept, dtype=np.intp).reshape(-1)
