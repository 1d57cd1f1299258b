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

_FRAME: Final = (4.0, 2.0, 3.0, 0.35)
"""What is shorter than this, in its own body heights, is a piece of a frame where upright strokes
of the second length and level ones of the third, in usual body heights, hold this share of its ink:
no letter has such strokes. On composed sheets no line that is there was lost by it."""

_RULE: Final = (0.8, 0.6)
"""What is lower than this, in usual body heights, and has so much of its ink in such strokes, is
what is left of a rule: of 6,655 lines that were found on composed sheets and are there, those so
low have at most 0.52."""
_CORNER: Final = (6.0, 45.0)
"""What is shorter, in body heights, and has less contrast is a corner of a cell or an edge of
paper: of 90 words of one to three letters, alone in a cell, none had less than 52."""


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
    if width < _FRAME[0] * body and _straight(ys, xs, usual) > _FRAME[3]:
        return True
    if width > _NARROW * usual:
        return False
    hull = cv2.convexHull(np.stack([xs, ys], axis=1))
    # A hull runs through the middles of pixels: half of its length belongs to it as well.
    return ROW_STEP * len(xs) > _SOLID * (
        cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1.0
    )


def is_rule(body: float, ys: Positions, xs: Positions, usual: float) -> bool:
    """Whether the ink of a line is what is left of a rule; parameters as in ``is_scrap``."""
    return body < _RULE[0] * usual and _straight(ys, xs, usual) > _RULE[1]


def _straight(ys: Positions, xs: Positions, usual: float) -> float:
    """Share of the ink in strokes longer than those of letters: corners of cells, ends of rules."""
    rows, columns = (ys - ys.min()) // ROW_STEP, xs - xs.min()
    ink = np.zeros((int(rows.max()) + 1, int(columns.max()) + 1), np.uint8)
    ink[rows, columns] = 1
    upright = np.ones((max(2, round(_FRAME[1] * usual / ROW_STEP)), 1), np.uint8)
    level = np.ones((1, max(3, round(_FRAME[2] * usual))), np.uint8)
    # Beyond its edge a mask has no ink: without this a stroke that fills it is of any length.
    ways = [
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, bar, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        for bar in (upright, level)
    ]
    bars = cv2.max(*ways)
    return cv2.countNonZero(bars) / len(xs)


def is_shade(length: float, contrast: float, darkness: float, usual: float) -> bool:
    """Whether a line is so short and faint, or so thin, that it is the edge of a shade or a cell.

    Args:
        length: of the line, body heights.
        contrast: of its ridge.
        darkness: mean of its ink against the paper, grey levels.
        usual: the same of all ink of the page.
    """
    if length < _CORNER[0] and contrast < _CORNER[1]:
        return True
    return length < _SHORT and darkness < _FAINT * usual
