"""How the picture moved from frame to frame: corners are followed, and most of them decide.

Lucas-Kanade optical flow of corners, then a similarity by RANSAC, on a reduced picture. A picture
that hardly differs from the last one that moved costs a subtraction only.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.image import Gray

Affine = npt.NDArray[np.float64]
Points = npt.NDArray[np.float32]

_WIDTH: Final = 320
"""Of the reduced picture, pixels."""
_ALIKE: Final = 1.5
"""Two reduced pictures whose grey levels differ by less on average are the same."""
_CORNERS: Final = 150
_FEWEST: Final = 12
"""A movement that fewer corners share is none."""
_AGREE: Final = 0.4
"""Share of the followed corners that has to agree."""
_OFF: Final = 1.5
"""A corner agrees when it is off by less, pixels of the reduced picture."""


@dataclass(frozen=True)
class Motion:
    """From the frame before to this one."""

    matrix: Affine | None
    """Where a point of the frame before is in this one, float64 (2, 3), in pixels of the frame;
    None where the two have nothing in common, as when another sheet was laid down."""
    way: float
    """How far points moved, share of the picture's width; 1.0 without a matrix."""


STILL: Final = Motion(np.eye(2, 3), 0.0)
_LOST: Final = Motion(None, 1.0)


class MotionEstimator:
    """Follows a stream of frames."""

    def __init__(self) -> None:
        self._before: Gray | None = None
        self._corners: Points = np.zeros((0, 1, 2), np.float32)

    def update(self, gray: Gray) -> Motion:
        """Movement since the frame before.

        Args:
            gray: the next frame, uint8 (h, w).
        """
        scale = min(1.0, _WIDTH / gray.shape[1])
        size = (max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale)))
        small = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
        before = self._before
        if before is None or before.shape != small.shape:
            self._begin(small)
            return _LOST
        if float(cv2.norm(small, before, cv2.NORM_L1)) < _ALIKE * small.size:
            return STILL  # and compare with the same one again: slow drift adds up
        motion = self._follow(before, small, scale)
        self._begin(small)
        return motion

    def _begin(self, small: Gray) -> None:
        self._before = small
        corners = cv2.goodFeaturesToTrack(small, _CORNERS, 0.01, 5)
        self._corners = (
            np.zeros((0, 1, 2), np.float32) if corners is None else np.asarray(corners, np.float32)
        )

    def _follow(self, before: Gray, small: Gray, scale: float) -> Motion:
        if len(self._corners) < _FEWEST:
            return _LOST
        start = np.zeros_like(self._corners)
        found, good, _ = cv2.calcOpticalFlowPyrLK(before, small, self._corners, start)
        there = np.asarray(good).ravel() > 0
        if there.sum() < _FEWEST:
            return _LOST
        old, new = self._corners[there], np.asarray(found, np.float32)[there]
        matrix, inliers = cv2.estimateAffinePartial2D(old, new, ransacReprojThreshold=_OFF)
        if matrix is None or inliers.sum() < max(_FEWEST, _AGREE * len(self._corners)):
            return _LOST
        moved = (new - old)[np.asarray(inliers).ravel() > 0].reshape(-1, 2)
        way = float(np.hypot(*np.median(moved, axis=0))) / small.shape[1]
        return Motion(_in_pixels(np.asarray(matrix, np.float64), scale), way)


def _in_pixels(matrix: Affine, scale: float) -> Affine:
    """A movement of the reduced picture in the pixels of the frame."""
    centre = np.full(2, 0.5 / scale - 0.5)  # of the first reduced pixel, in the frame
    shift = matrix[:, 2] / scale + centre - matrix[:, :2] @ centre
    return np.column_stack([matrix[:, :2], shift])
