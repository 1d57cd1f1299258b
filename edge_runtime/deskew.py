"""The angle by which the lines of a page are turned, from the sharpness of its row profile.

At the right angle the ink gathers in rows with empty ones between; the sum of squared differences
of neighbouring rows is largest there (the projection profile method of Postl, 1986).
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Slopes = npt.NDArray[np.float64]

_POINTS: Final = 6_000
"""Ink pixels that are looked at; more do not change the angle."""
_DOUBTFUL: Final = 1.7
"""A sharpest profile that is less than so many times as sharp as others is looked at again with
all points: in grain there are too few of the ink among the first."""
_NONE: Final = 1.5
"""Grain and specks without lines have no direction: with all points the sharpest of their profiles
is 1.2 to 1.5 times as sharp as others; on 344 pages with text one half page was below that."""
_COARSE: Final = 0.025
"""Step of the slopes tried first; a fifth of it is the final one."""
_FEWEST: Final = 100
"""Fewer ink pixels have no direction."""


def skew_angle(ink: Mask, largest: float = 0.35) -> float | None:
    """Slope of the lines, in rows per column; None where there is too little ink, or no line.

    Args:
        ink: uint8 (h, w), 1 or more where there is ink; some hundred pixels wide.
        largest: steepest slope that is tried, 0.35 is 19 degrees.
    """
    found = cv2.findNonZero(ink)
    if found is None or len(found) < _FEWEST:
        return None
    points = np.asarray(found, np.int32).reshape(-1, 2)
    points[:, 0] -= ink.shape[1] // 2
    step = max(1, len(found) // _POINTS)
    xs, ys = points[::step].T.astype(np.float32)
    coarse = np.linspace(-largest, largest, 2 * round(largest / _COARSE) + 1)
    best, clarity = _sharpest(ys[::2], xs[::2], coarse, 2.0)
    if clarity < _DOUBTFUL:
        xs, ys = points.T.astype(np.float32)
        best, clarity = _sharpest(ys, xs, coarse, 2.0)
        if clarity < _NONE:
            return None
    fine = best + np.linspace(-_COARSE, _COARSE, 11)
    return _sharpest(ys, xs, fine, 1.0)[0]


def _sharpest(ys: Floats, xs: Floats, slopes: Slopes, bin_height: float) -> tuple[float, float]:
    """The slope with the sharpest profile, the least steep of equal ones, and its clarity.

    Clarity is the sharpness over the median of all slopes.

    Sharp is a large sum of squared differences of neighbouring bins. All slopes are tried at once:
    one by one, half of the time would go into starting numpy's functions.
    """
    ordered = slopes[np.argsort(np.abs(slopes), kind="stable")]
    rows = np.multiply.outer((-ordered / bin_height).astype(np.float32), xs)
    rows += ys / np.float32(bin_height)
    rows -= rows.min() - np.float32(1.0)  # an empty bin before the first, and one after the last
    bins = rows.astype(np.intp)  # as bincount takes them, on 32 bits too
    count = int(bins.max()) + 2
    bins += count * np.arange(len(ordered))[:, None]
    profiles = np.bincount(bins.ravel(), minlength=count * len(ordered)).reshape(-1, count)
    scores = np.square(np.diff(profiles, axis=1)).sum(axis=1)
    best = int(np.argmax(scores))
    return float(ordered[best]), float(scores[best] / max(1.0, float(np.median(scores))))
