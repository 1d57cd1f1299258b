"""What looks like a line of text and is none: remains of rules, borders, edges of shades."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.ink_pieces import ROW_STEP

Positions = npt.NDArray[np.int32]

_SMALLEST: Final = 3.5
"""Text of a smaller body cannot be read, pixels of the page; remains of rules look like it."""
_LOWEST: Final = 0.7
"""Text is this high at least, from its highest to its lowest ink. Usual body heights."""
_NARROW: Final = 1.6
"""A line of one or two letters is narrower, usual body heights."""
_SOLID: Final = 0.75
"""Letters fill less than this share of their convex hull; a bar or a blob fills more."""
_TALL: Final = 1.4
"""What is taller than this and not twice as wide is a border. Usual body heights."""
_SPARSE: Final = (1.8, 0.22)
"""What is higher than so many usual body heights and has less than this share of ink is the corner
of a cell; of 1,040 found lines none that was so high had less than 0.23."""
_SHORT: Final = 4.0
_FAINT: Final = 0.5
"""What is shorter, in body heights, and fainter than this share of the page's ink is a shade."""


def is_scrap(width: float, body: float, ys: Positions, xs: Positions, usual: float) -> bool:
    """Whether the ink of a line has no shape of text.

    Args:
        width: of its ink, pixels.
        body: rows between the 10th and the 90th percentile of its ink.
        ys: rows of its ink's pixels, as in ``InkPieces.pixels``.
        xs: their columns.
        usual: height of most text bodies of the page.
    """
    if body < _SMALLEST or int(ys.max() - ys.min()) + 1 < _LOWEST * usual:
        return True
    if width < 2.0 * body and body > _TALL * usual:
        return True
    if body > _SPARSE[0] * usual and ROW_STEP * len(xs) < _SPARSE[1] * width * body:
        return True
    if width > _NARROW * usual:
        return False
    hull = cv2.convexHull(np.stack([xs, ys], axis=1))
    # A hull runs through the middles of pixels: half of its length belongs to it as well.
    return ROW_STEP * len(xs) > _SOLID * (
        cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1.0
    )


def is_shade(length: float, darkness: float, usual: float) -> bool:
    """Whether a line is so short and faint that it is the edge of a shade.

    Args:
        length: of the line, body heights.
        darkness: mean of its ink against the paper, grey levels.
        usual: the same of all ink of the page.
    """
    return length < _SHORT and darkness < _FAINT * usual
