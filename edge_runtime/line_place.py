"""Where a text line stands in a frame, and how far two lines stand in the same place."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_runtime.frame_motion import Affine

Floats = npt.NDArray[np.float64]

_APART: Final = 0.9
"""Lines whose middles are further apart are different ones, body heights. The closest lines of a
page are 1.6 apart."""


@dataclass(frozen=True)
class Place:
    """The middle of a text line, from its left to its right end."""

    ends: Floats
    """Left and right end, float64 (2, 2) as (x, y), pixels of the frame."""
    body: float
    """Height of its letters' bodies, pixels."""

    @classmethod
    def of_quad(cls, quad: npt.NDArray[np.float32], body: float) -> "Place":
        """From the corners of a line, float32 (4, 2), clockwise from its top left."""
        left, right = quad[[0, 3]].mean(axis=0), quad[[1, 2]].mean(axis=0)
        return cls(np.array([left, right], np.float64), body)

    def moved(self, matrix: Affine) -> "Place":
        """The place after the picture moved."""
        scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
        return Place(self.ends @ matrix[:, :2].T + matrix[:, 2], self.body * scale)

    def inside(self, size: tuple[int, int]) -> bool:
        """Whether its middle is in a picture of this width and height."""
        x, y = self.ends.mean(axis=0)
        return bool(0 <= x < size[0] and 0 <= y < size[1])


@dataclass(frozen=True)
class Overlap:
    """What two lines in one row have in common."""

    shared: float
    """Length of both together over the length that either covers, 0 to 1."""
    covered: float
    """Length of both together over that of the shorter one, 0 to 1."""


_NONE: Final = Overlap(0.0, 0.0)


def overlap(first: Place, second: Place) -> Overlap:
    """How far two lines stand in the same place; zeros for lines of different rows."""
    way = first.ends[1] - first.ends[0]
    length = float(np.hypot(*way))
    if length < 1.0:
        return _NONE
    way = way / length
    low, high = sorted(float(v) for v in (second.ends - first.ends[0]) @ way)
    start, end = max(low, 0.0), min(high, length)
    if end <= start or high - low < 1.0:
        return _NONE
    middle = (start + end) / 2
    across = np.array([-way[1], way[0]])
    drop = (second.ends - first.ends[0]) @ across
    along = (second.ends - first.ends[0]) @ way
    share = (middle - along[0]) / (along[1] - along[0]) if along[1] != along[0] else 0.5
    off = abs(float(drop[0] + share * (drop[1] - drop[0])))
    if off > _APART * max(first.body, second.body):
        return _NONE
    both = end - start
    whole = max(high, length) - min(low, 0.0)
    return Overlap(both / whole, both / min(length, high - low))
