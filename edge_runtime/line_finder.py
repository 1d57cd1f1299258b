"""Text lines of a flattened page: from the ridges of its ink to lines with their own ink.

Ridges give the middles of lines. Those of one line are joined (``line_stretches``), ink is given to
the lines (``ink_owner``), and what turns out to be no text is dropped (``scraps``).
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
from edge_runtime.line_stretches import LEAST_INK, OVERLAP, clipped, join_ridges
from edge_runtime.page_ink import PageInk
from edge_runtime.scraps import is_scrap, is_shade

Mask = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int32]

_NEAREST: Final = 1.15
"""Two lines are at least this far apart, in body heights; of two nearer ridges one is wrong."""
_MARK_LENGTH: Final = 3.5
_MARK_DISTANCE: Final = 1.7
_MARK_SIZE: Final = 0.8
"""A row of marks is shorter, nearer and smaller than another line would be, in body heights of its
line."""
_FAINT_MARKS: Final = 0.5
_SMALL_MARKS: Final = 0.35
"""A row of marks may be as long as its line, but then has less than this share of its contrast, or
is as small as this."""
_TRUE_SIZE: Final = 1.5
"""A line's body is so much higher than the size at which its ridge was found, at most."""
_BAR: Final = 215.0
"""What has more contrast is a bar, such as a rule that letters hid: of 2,356 lines that were found
on synthetic pages none had more than 190."""

_SAMPLED: Final = np.linspace(0.0, 1.0, 7)
"""Where along their common columns two ridges are compared."""

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


def find_text_lines(pieces: InkPieces, ink: PageInk) -> FoundLines:
    """Find the lines of a flattened page, in no order.

    Args:
        pieces: the ink in pieces.
        ink: what else is known of the page.
    """
    upright = ink.upright if ink.upright.any() else None
    ridges = _without_doubles(find_ridges(pieces), True)
    first = _lines_on(join_ridges(ridges, pieces, ink.upright), pieces, upright)[0]
    # Only with its ink does a line have its true size, and then marks show as what they are.
    likeliest = sorted((line.ridge for line in first), key=lambda ridge: -ridge.rank)
    ridges = _without_marks(_without_doubles(likeliest, P2))
    lines, owner = _lines_on(join_ridges(ridges, pieces, ink.upright, OVERLAP), pieces, upright)
    lines, owner = _without_shades(lines, owner, pieces, ink)
    borders = np.take(pieces.borders(), pieces.names)
    np.copyto(owner, BORDER, where=ink.upright.view(np.bool_) & (owner == 0))
    owner.reshape(-1)[pieces.inked[borders]] = BORDER
    return FoundLines(lines, owner)


def _without_doubles(ridges: Sequence[Ridge], parts: bool = False) -> list[Ridge]:
    """The ridges that those before them do not lie too close to, over half of their length."""
    kept: list[Ridge] = []
    rests: list[Ridge] = []
    for ridge in ridges:
        # Several are needed to tell where a ridge runs through the lines of two columns.
        spans = [span for better in kept if (span := _doubled(ridge, better))]
        if _covered(spans) < (HALF if parts else .5) * (ridge.right - ridge.left) or not spans:
            kept.append(ridge)
        elif REST and parts:
            (kept if V else rests).extend(_rests(ridge, spans))
    return kept + rests


REST = 1.0
V=1
P2=True
FL=(10,.5,.7)
NL=(16,1.087)
HALF=.2


def _rests(ridge: Ridge, spans: Sequence[tuple[float, float]]) -> list[Ridge]:
    end, out = ridge.left, []
    for first, last in [*sorted(spans), (ridge.right, ridge.right)]:
        if first - end > REST * ridge.body:
            out.append(clipped(ridge, (end, first)))
        end = max(end, last)
    return out


def _doubled(ridge: Ridge, better: Ridge) -> tuple[float, float] | None:
    """The columns in which a ridge runs beside a better one at less than two lines' distance."""
    least = _NEAREST * (ridge.body + better.body) / 2
    if ridge.right - ridge.left < NL[0] * ridge.body:
        least *= NL[1]
    (top, bottom), (other_top, other_bottom) = ridge.span, better.span
    if top - other_bottom > least or other_top - bottom > least:
        return None
    first, last = max(ridge.left, better.left), min(ridge.right, better.right)
    if last <= first:
        return None
    columns = first + (last - first) * _SAMPLED
    distances = np.sort(np.abs(ridge.rows_at(columns) - better.rows_at(columns)))
    return (first, last) if float(distances[3]) < least else None


def _covered(spans: Sequence[tuple[float, float]]) -> float:
    """Length of what some stretches of a line cover together."""
    length, end = 0.0, -np.inf
    for first, last in sorted(spans):
        length += max(0.0, last - max(first, end))
        end = max(end, last)
    return length


def _without_marks(ridges: Sequence[Ridge]) -> list[Ridge]:
    """Ridges without the short ones that are marks, tails or parts of the letters of a line."""
    return [r for r in ridges if not any(_is_mark_of(r, line) for line in ridges)]


def _is_mark_of(ridge: Ridge, line: Ridge) -> bool:
    """Whether a smaller ridge lies on parts of a line's letters, or on its marks or tails."""
    if ridge.body > _MARK_SIZE * line.body:
        return False
    middle = (ridge.left + ridge.right) / 2
    if not line.left - line.body < middle < line.right + line.body:
        return False
    distance = abs(ridge.row_at(middle) - line.row_at(middle))
    length = ridge.right - ridge.left
    if (
        length < 0.5 * (line.right - line.left)
        and distance < _NEAREST * (ridge.body + line.body) / 2
    ):
        return True
    if distance > _MARK_DISTANCE * line.body:
        return False
    if length < _MARK_LENGTH * line.body or ridge.body < _SMALL_MARKS * line.body:
        return True
    return ridge.contrast < (FL[1] if length > FL[0] * ridge.body else FL[2]) * line.contrast


def _lines_on(ridges: Sequence[Ridge], pieces: InkPieces, upright: Mask | None = None) -> tuple[list[TextLine], Owner]:
    """Lines with the ink that they own and its measures; what has too little is dropped."""
    owner = ink_owner(pieces, ridges, upright)
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
        lines.append(line)
        names[number + 1] = len(lines)
    if len(lines) < len(ridges):
        _rename(owner, names, pieces)
    return lines, owner


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
) -> tuple[list[TextLine], Owner]:
    """Lines without the short ones that are much fainter than the rest; their ink is nobody's."""
    at = pieces.pixels.flat
    whose = np.take(owner, at)
    area = np.bincount(whose, minlength=len(lines) + 1)[1:]
    total = np.bincount(whose, weights=np.take(ink.darkness, at), minlength=len(lines) + 1)[1:]
    usual = float(total.sum() / max(1, area.sum()))
    keep = [
        not is_shade((line.right - line.left) / line.ridge.body, float(dark / dots), usual)
        for line, dark, dots in zip(lines, total, area, strict=True)
    ]
    names = np.zeros(len(lines) + 1, np.int16)
    names[1:][keep] = np.arange(1, sum(keep) + 1)
    if not all(keep):
        _rename(owner, names, pieces)
    return [line for line, kept in zip(lines, keep, strict=True) if kept], owner
