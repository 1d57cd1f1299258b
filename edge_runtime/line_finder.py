"""Text lines of a flattened page: from the ridges of its ink to lines with their own ink.

Ridges give the middles of lines. The likeliest are taken (``ridge_choice``), those of one line
joined (``line_stretches``), ink is given to the lines (``ink_owner``), and what turns out to be no
text is dropped (``scraps``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_runtime.ink_owner import Owner, ink_owner
from edge_runtime.ink_pieces import ROW_STEP, InkPieces
from edge_runtime.line_ridges import Ridge, find_ridges
from edge_runtime.line_stretches import LEAST_INK, OVERLAP, join_ridges
from edge_runtime.page_ink import PageInk
from edge_runtime.ridge_choice import without_doubles, without_marks
from edge_runtime.scraps import is_rule, is_scrap, is_shade

Mask = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int32]

_TRUE_SIZE: Final = 1.5
"""A line's body is so much higher than the size at which its ridge was found, at most."""
_BAR: Final = 215.0
"""What has more contrast is a bar, such as a rule that letters hid: of 2,356 lines that were found
on synthetic pages none had more than 190."""

BORDER: Final = -1


@dataclass(frozen=True)
class TextLine:
    """A line of text on the flattened page, in its pixels."""

    ridge: Ridge
    """The middle of its ink; ``ridge.body`` is the height between its 10th and 90th percentile."""
    left: float
    right: float
    above: float
    """How far its ink reaches above the middle."""
    below: float
    """How far its ink reaches below the middle."""

    @property
    def middle(self) -> float:
        """Row half-way along the line."""
        return self.ridge.row_at((self.left + self.right) / 2)


@dataclass(frozen=True)
class FoundLines:
    """All lines of a page."""

    lines: list[TextLine]
    owner: Owner
    """The line's position plus 1 where it has ink, ``BORDER`` on borders of cells and the like,
    else 0, int16 (h, w)."""
    darkness: list[float]
    """Of each line's ink against the paper, its mean, grey levels."""


def find_text_lines(pieces: InkPieces, ink: PageInk) -> FoundLines:
    """Find the lines of a flattened page, in no order.

    Args:
        pieces: the ink in pieces.
        ink: what else is known of the page.
    """
    upright = ink.upright if ink.upright.any() else None
    ridges = join_ridges(without_doubles(find_ridges(pieces)), pieces, upright)
    first, _ = _lines_on(ridges, ink_owner(pieces, ridges, upright), pieces)
    # Only with its ink does a line have its true size, and then marks show as what they are.
    likeliest = sorted((line.ridge for line in first), key=lambda ridge: -ridge.rank)
    ridges = without_marks(without_doubles(likeliest))
    ridges = join_ridges(ridges, pieces, upright, OVERLAP)
    owner = ink_owner(pieces, ridges, upright)
    lines, names = _lines_on(ridges, owner, pieces, final=True)
    if len(lines) < len(ridges):
        _rename(owner, names, pieces)
    lines, darkness = _without_shades(lines, owner, pieces, ink)
    borders = np.take(pieces.borders(), pieces.names)
    np.copyto(owner, BORDER, where=ink.upright.view(np.bool_) & (owner == 0))
    owner.reshape(-1)[pieces.inked[borders]] = BORDER
    return FoundLines(lines, owner, darkness)


def _lines_on(
    ridges: Sequence[Ridge], owner: Owner, pieces: InkPieces, *, final: bool = False
) -> tuple[list[TextLine], Owner]:
    """Lines with the ink that they own and its measures; what has too little is dropped.

    What is left of rules is dropped in the end (``final``) only, lest other lines get its ink.
    Also returns the number from 1 that each owner has among the lines, 0 where it is dropped.
    """
    pixels = pieces.pixels
    whose = np.take(owner, pixels.flat)
    order = np.argsort(whose, kind="stable")
    ys, xs = np.take(pixels.rows, order), np.take(pixels.columns, order)
    ends = np.cumsum(np.bincount(whose, minlength=len(ridges) + 1))
    names = np.zeros(len(ridges) + 1, np.int16)
    lines: list[TextLine] = []
    for number, (first, last) in enumerate(pairwise(ends.tolist())):
        if ROW_STEP * (last - first) <= LEAST_INK * ridges[number].body ** 2:
            continue
        if ridges[number].contrast > _BAR:
            continue
        rows, columns = ys[first:last], xs[first:last]
        line = _measure(ridges[number], rows, columns)
        if is_scrap(line.right - line.left, line.ridge.body, rows, columns, pieces.body):
            continue
        if final and is_rule(line.ridge.body, rows, columns, pieces.body):
            continue
        lines.append(line)
        names[number + 1] = len(lines)
    return lines, names


def _rename(owner: Owner, names: Owner, pieces: InkPieces) -> None:
    """Give each line's ink to the line of that name in ``names``, in place."""
    page = owner.reshape(-1)
    page[pieces.inked] = np.take(names, np.take(page, pieces.inked))


def _measure(ridge: Ridge, ys: Positions, xs: Positions) -> TextLine:
    left, right = int(xs.min()), int(xs.max()) + 1
    offsets = ys - np.take(ridge.rows_at(np.arange(left, right)), xs - left)
    top, bottom = float(offsets.min()), float(offsets.max())
    places = [int(share * (len(offsets) - 1)) for share in (0.1, 0.5, 0.9)]
    offsets.partition(places)
    low, middle, high = (float(offsets[place]) for place in places)
    body = max(1.0, high - low)
    # A ridge that was found at a far smaller size runs through a part of the letters only.
    contrast = ridge.contrast * min(1.0, _TRUE_SIZE * ridge.body / body)
    ridge = replace(ridge, rows=ridge.rows + np.float32(middle), body=body, contrast=contrast)
    above, below = middle - top, bottom - middle + 1.0
    return TextLine(ridge, float(left), float(right), above, below)


def _without_shades(
    lines: list[TextLine], owner: Owner, pieces: InkPieces, ink: PageInk
) -> tuple[list[TextLine], list[float]]:
    """Lines without the short ones that are much fainter than the rest, and how dark each is.

    In ``owner`` the ink of those that are dropped becomes nobody's.
    """
    at = pieces.pixels.flat
    whose = np.take(owner, at)
    area = np.bincount(whose, minlength=len(lines) + 1)[1:]
    total = np.bincount(whose, weights=np.take(ink.darkness, at), minlength=len(lines) + 1)[1:]
    usual = float(total.sum() / max(1, area.sum()))
    darkness = [float(dark / dots) for dark, dots in zip(total, area, strict=True)]
    keep = [
        i
        for i, line in enumerate(lines)
        if not is_shade(
            (line.right - line.left) / line.ridge.body, line.ridge.contrast, darkness[i], usual
        )
    ]
    if len(keep) < len(lines):
        names = np.zeros(len(lines) + 1, np.int16)
        names[1:][keep] = np.arange(1, len(keep) + 1)
        _rename(owner, names, pieces)
    return [lines[i] for i in keep], [darkness[i] for i in keep]
