"""Takes the sensor's grain off the part of a photograph that shows a faint line.

A blur that is wide enough for the grain of poor light also closes letters. Non-local means (Buades,
Coll and Morel, 2005) averages only what looks alike, and strokes look like themselves along their
way.
"""

from typing import Final

import cv2
import numpy as np

from edge_runtime.image import Gray

_SOFT: Final = 0.8
"""Standard deviation of the blur before, pixels: without it grain is taken for strokes."""
_STRENGTH: Final = 0.35
"""How unlike patches may be to be averaged, standard deviations of the grain before the blur."""
_PATCH: Final = 5
_SEARCHED: Final = 7
"""Sides of a patch and of the window in which others are looked for, pixels; 9 is hardly better
and costs half as much again."""
_NORMAL: Final = 1.4826
"""Standard deviation of normal noise over its median size."""


def without_grain(gray: Gray) -> Gray:
    """Part of a photograph with less grain, uint8 (h, w) like ``gray``, most of which is paper."""
    soft = cv2.GaussianBlur(gray, (0, 0), _SOFT, borderType=cv2.BORDER_REPLICATE)
    strength = _STRENGTH * _grain(gray)
    return np.asarray(cv2.fastNlMeansDenoising(soft, None, strength, _PATCH, _SEARCHED), np.uint8)


def _grain(gray: Gray) -> float:
    """Standard deviation of the grain, grey levels: strokes are few and do not move a median."""
    around = cv2.blur(gray, (5, 5), borderType=cv2.BORDER_REPLICATE)
    counts = np.cumsum(cv2.calcHist([cv2.absdiff(gray, around)], [0], None, [256], [0, 256]))
    return _NORMAL * float(np.searchsorted(counts, counts[-1] / 2))
