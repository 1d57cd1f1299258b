"""Evens out the tone of a line's crop: its ink as dark as any other line's, its paper bare.

In poor light ink is hardly darker than the noise on the paper around it. A network that learnt from
well-lit lines reads noise as strokes, and beside a dark rule it takes faint ink for paper. What
is known of the page helps: which pixels are the line's ink, and which are bare paper.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.image import Gray

Mask = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.float32]

PAPER: Final = 240
"""Brightness of bare paper in crops."""
_INK: Final = 160
"""How much darker than the paper ink is made, grey levels."""
_INK_SHARE: Final = 80.0
"""Percentile of the darkness of a line's ink that is made so dark."""
_DARKEST: Final = 2.0
"""What is darker than so many times that, such as a rule, is made as dark as this."""
_NOISE: Final = 2.0
"""Darkness that is taken for noise, standard deviations of the paper's."""
_SMOOTH: Final = (8.0, 0.3, 2.0)
"""Standard deviation of the smoothing where noise is as strong as ink, its least and its most."""
_FEW: Final = 30
"""Fewer pixels tell nothing."""


def even_tone(crop: Gray, own: Mask, bare: Mask, step: int) -> Gray:
    """Make ink dark and paper bare.

    Args:
        crop: uint8 (h, w), about ``PAPER`` where there is paper.
        own: 1 where the line's ink is, of every ``step``-th row and column of the crop, uint8.
        bare: 1 where there is no ink at all, likewise.
        step: 1 or more.

    Returns:
        uint8 (h, w); the crop as it is where too little is known of it.
    """
    bare = np.ascontiguousarray(bare[::2, ::2])  # most of a crop: a quarter of it tells as much
    if cv2.countNonZero(own) < _FEW or cv2.countNonZero(bare) < _FEW:
        return crop
    levels = _levels(crop[::step, ::step], own, bare)
    share, least, most = _SMOOTH
    sigma = min(share * levels.noise / levels.ink, most)
    if sigma > least:
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma), np.uint8)
        levels = _levels(crop[::step, ::step], own, bare)
    darkness = levels.paper - np.arange(256, dtype=np.float32) - _NOISE * levels.noise
    table = PAPER - np.clip(darkness, 0.0, _DARKEST * levels.ink) * (_INK / levels.ink)
    return np.asarray(cv2.LUT(crop, np.clip(table, 0, 255).astype(np.uint8)), np.uint8)


class _Levels(NamedTuple):
    """Grey levels of a crop."""

    paper: float
    """Median brightness of the bare paper: in noise it is below that of the estimated paper."""
    ink: float
    """How much darker the ink is."""
    noise: float
    """Standard deviation of the paper's noise."""


def _levels(crop: Gray, own: Mask, bare: Mask) -> _Levels:
    paper, above = _percentiles(crop[::2, ::2], bare, (50.0, 84.0))
    (darkest,) = _percentiles(crop, own, (100.0 - _INK_SHARE,))
    # Only what is brighter than the paper is all noise: strokes and rules that were missed are
    # darker. A third lies within one deviation above the median.
    return _Levels(paper, max(paper - darkest, 1.0), above - paper)


def _percentiles(values: Gray, mask: Mask, wanted: Sequence[float]) -> list[float]:
    """Percentiles of some pixels, between grey levels."""
    values = np.ascontiguousarray(values)
    counts = np.cumsum(cv2.calcHist([values], [0], mask, [256], [0, 256]), dtype=np.float32)
    return [_percentile(counts, percent) for percent in wanted]


def _percentile(counts: Counts, percent: float) -> float:
    """A percentile from how many pixels are not above each grey level."""
    wanted = counts[-1] * percent / 100.0
    level = int(np.searchsorted(counts, wanted))
    below = float(counts[level - 1]) if level else 0.0
    return level + float((wanted - below) / max(1.0, float(counts[level]) - below)) - 0.5
