"""The angle by which the lines of a page are turned, from the sharpness of its row profile.

At the right angle the ink gathers in rows with empty ones between; the sum of squared differences
of neighbouring rows is largest there (the projection profile method of Postl, 1986).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_POINTS: Final = 6_000
"""Ink pixels that are looked at; more do not change the angle."""
_COARSE: Final = 0.025
"""Step of the slopes tried first; a fifth of it is the final one."""
_FEWEST: Final = 100
"""Fewer ink pixels have no direction."""


def skew_angle(ink: Mask, largest: float = 0.35) -> float | None:
    """Slope of the lines, in rows per column; None where there is too little ink.

    Args:
        ink: uint8 (h, w), 1 or more where there is ink; some hundred pixels wide.
        largest: steepest slope that is tried, 0.35 is 19 degrees.
    """
    rows, columns = np.nonzero(ink)
    if len(rows) < _FEWEST:
        return None
    step = max(1, len(rows) // _POINTS)
    ys, xs = rows[::step].astype(np.float64), columns[::step] - ink.shape[1] / 2
    coarse = np.linspace(-largest, largest, 2 * round(largest / _COARSE) + 1)
    best = _sharpest(ys, xs, coarse, 2.0)
    fine = best + np.linspace(-_COARSE, _COARSE, 11)
    return float(_sharpest(ys, xs, fine, 1.0))


def _sharpest(ys: Floats, xs: Floats, slopes: Floats, bin_height: float) -> float:
    """The slope with the sharpest profile; the least steep of equal ones."""
    ordered = slopes[np.argsort(np.abs(slopes), kind="stable")]
    scores = [_sharpness(ys - slope * xs, bin_height) for slope in ordered]
    return float(ordered[int(np.argmax(scores))])


def _sharpness(rows: Floats, bin_height: float) -> float:
    """Sum of squared differences of the profile's neighbouring bins."""
    bins = ((rows - rows.min()) / bin_height).astype(
        np.intp
    )  # as bincount takes them, on 32 bits too
    profile = np.bincount(bins).astype(np.float64)
    return float(np.square(np.diff(profile, prepend=0.0, append=0.0)).sum())
