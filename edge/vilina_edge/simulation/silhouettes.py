"""What of whom is seen in the picture, and so the exact box of everybody: what a perfect detector would find."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vilina_edge.simulation.body import solids_of
from vilina_edge.simulation.scene import Colour, Scene, Walker
from vilina_edge.simulation.view import Ellipses
from vilina_edge.types import Floats


class Silhouettes(NamedTuple):
    """The parts of people that are in front of the camera, the farthest first, and whose they are: (N,), indices."""

    outlines: Ellipses
    colours: list[Colour]
    owners: npt.NDArray[np.intp]


def seen_of(scene: Scene, walkers: Sequence[Walker]) -> Silhouettes:
    """All that is not behind the camera or the curtains at the ends of the floor."""
    solids, colours, owners = solids_of(walkers)
    outlines = scene.view.outlines(solids)
    x = solids.centres[:, 0]
    far = np.linalg.norm(solids.centres - scene.view.centre, axis=1)
    seen = np.flatnonzero(outlines.seen & (x >= 0) & (x <= scene.width))
    order = seen[np.argsort(-far[seen], kind="stable")]
    return Silhouettes(
        Ellipses(outlines.centres[order], outlines.spread[order], outlines.seen[order]),
        [colours[index] for index in order],
        np.asarray(owners, dtype=np.intp)[order],
    )


def true_boxes(scene: Scene, walkers: Sequence[Walker]) -> Floats:
    """The exact boxes x1, y1, x2, y2 of people, cut at the picture's border: (N, 4), NaN for those out of the picture.

    A box is that of the whole body, also where somebody else hides a part of it.
    """
    seen = seen_of(scene, walkers)
    bounds = seen.outlines.boxes()
    boxes = np.full((len(walkers), 4), np.nan)
    for index in range(len(walkers)):
        mine = bounds[seen.owners == index]
        if len(mine):
            boxes[index] = *mine[:, :2].min(axis=0), *mine[:, 2:].max(axis=0)
    boxes = np.asarray(np.clip(boxes, 0, np.tile(scene.size, 2)), dtype=np.float64)
    boxes[~((boxes[:, 2:] - boxes[:, :2]) > 0).all(axis=1)] = np.nan
    return boxes
