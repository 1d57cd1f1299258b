"""A second look for ink where faint lines of text were found.

The threshold that keeps grain out of a page comes near the darkness of faint ink, and faint lines
fall into pieces. Once pieces of a line are found it is known where the rest must be: along the
line, before it and after it less is asked of ink there. Where no line was found nothing is looked
for, so that a blank page stays blank.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.line_finder import FoundLines, TextLine
from edge_runtime.line_ridges import fill_band
from edge_runtime.page_ink import PageInk, stroke_edges

Mask = npt.NDArray[np.uint8]

_FAINT: Final = 1.7
"""A line is faint whose ink is on average less dark than so many times the threshold: with 2.2
lines in good light count as faint too, and those that touch or stand in cells are found worse."""
_WEAKER: Final = 0.7
"""Share of the threshold that ink of a faint line reaches, after one more blur."""
_BAND: Final = 0.75
"""Half the height of the band in which it is looked for, body heights."""
_BEYOND: Final = 6.0
"""How far it is looked for before and after what was found of a line, body heights. With 2 half as
many of the broken lines become whole."""
_LEAST: Final = 0.5
"""Weak ink that touches none that was seen before is at least this wide and high, were it a square,
body heights: grain is less."""


def with_faint_ink(ink: PageInk, found: FoundLines) -> Mask | None:
    """The letters of a page and what is added to its faint lines, 1 and 0, uint8 (h, w).

    Args:
        ink: the ink of the page.
        found: the lines that were found in it.

    Returns:
        None where no line is faint.
    """
    limit = _FAINT * ink.floor
    known = list(zip(found.lines, found.darkness, strict=True))
    faint = [line for line, darkness in known if darkness < limit]
    if not faint:
        return None
    band = np.zeros(ink.letters.shape, np.uint8)
    for line in faint:
        _paint(band, line, _BEYOND, 1)
    for line in (line for line, darkness in known if darkness >= limit):
        _paint(band, line, 0.0, 0)
    rules = cv2.dilate(cv2.max(ink.level, ink.upright), np.ones((3, 3), np.uint8))
    band[rules > 0] = 0
    soft = np.asarray(cv2.GaussianBlur(ink.darkness, (3, 3), 0), np.uint8)
    weak = (soft > int(_WEAKER * ink.floor)) & (soft >= stroke_edges(soft)) & (band > 0)
    body = float(np.median([line.ridge.body for line in faint]))
    return _joined(ink.letters, weak.view(np.uint8), (_LEAST * body) ** 2)


def _paint(band: Mask, line: TextLine, beyond: float, value: int) -> None:
    """Paint the band of a line and so many body heights before and after it, in place."""
    body = line.ridge.body
    reach = beyond * body
    columns = np.linspace(line.left - reach, line.right + reach, 24, dtype=np.float32)
    fill_band(band, (columns, line.ridge.rows_at(columns)), _BAND * body, value)


def _joined(letters: Mask, weak: Mask, least: float) -> Mask:
    """Letters with the weak ink that touches them or has at least so many pixels."""
    both = cv2.bitwise_or(letters, weak)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(both, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] > least
    seen = np.zeros(count, np.bool_)
    seen[labels[letters > 0]] = True
    keep |= seen
    return np.asarray(both & keep[labels], np.uint8)
