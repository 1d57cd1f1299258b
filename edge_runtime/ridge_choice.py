"""Which ridges are lines: of two that claim the same ink the likelier, and no rows of marks."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from edge_runtime.line_ridges import Ridge
from edge_runtime.line_stretches import clipped

Span = tuple[float, float]

_NEAREST: Final = 1.25
"""Two lines are at least this far apart, in body heights; of two nearer ridges one is wrong."""
_WHOLE: Final = 0.2
"""A ridge of which less than this share runs too close to better ones is kept as it is."""
_REST: Final = 1.0
"""The rest of another ridge is a stretch of text if it is longer than this, body heights."""
_MARK_LENGTH: Final = 3.5
_MARK_DISTANCE: Final = 1.6
_MARK_SIZE: Final = 0.8
"""A row of marks is shorter, nearer and smaller than another line would be, in body heights of its
line."""
_FAINT_MARKS: Final = 0.7
_SMALL_MARKS: Final = 0.35
"""A row of marks may be as long as its line, but then has less than this share of its contrast, or
is as small as this."""
_TOUCHING: Final = (10.0, 0.4, 0.5)
"""Lines that touch have little contrast too. What is longer than this, in its own body heights, and
larger than this, in those of its neighbour, is marks only with less than this share of contrast."""

_SAMPLED: Final = np.linspace(0.0, 1.0, 7)
"""Where along their common columns two ridges are compared."""


def without_doubles(ridges: Sequence[Ridge]) -> list[Ridge]:
    """The ridges without what runs too close to those before them.

    What is left of a ridge stays: where lines touch, a ridge of one size may leave out words that
    one of another size runs through.
    """
    kept: list[Ridge] = []
    for ridge in ridges:
        # Several are needed to tell where a ridge runs through the lines of two columns.
        spans = sorted(span for better in kept if (span := _doubled(ridge, better)))
        rests = _rests(ridge, spans)
        free = sum(last - first for first, last in rests)
        if not spans or free > (1.0 - _WHOLE) * (ridge.right - ridge.left):
            kept.append(ridge)
        else:
            kept += [clipped(ridge, r) for r in rests if r[1] - r[0] > _REST * ridge.body]
    return kept


def _doubled(ridge: Ridge, better: Ridge) -> Span | None:
    """The columns in which a ridge runs beside a better one at less than two lines' distance."""
    least = _NEAREST * (ridge.body + better.body) / 2
    (top, bottom), (other_top, other_bottom) = ridge.span, better.span
    if top - other_bottom > least or other_top - bottom > least:
        return None
    first, last = max(ridge.left, better.left), min(ridge.right, better.right)
    if last <= first:
        return None
    columns = first + (last - first) * _SAMPLED
    distances = np.sort(np.abs(ridge.rows_at(columns) - better.rows_at(columns)))
    return (first, last) if float(distances[3]) < least else None


def _rests(ridge: Ridge, spans: Sequence[Span]) -> list[Span]:
    """The columns of a ridge outside of some stretches, which ascend."""
    end, rests = ridge.left, []
    for first, last in (*spans, (ridge.right, ridge.right)):
        if first > end:
            rests.append((end, first))
        end = max(end, last)
    return rests


def without_marks(ridges: Sequence[Ridge]) -> list[Ridge]:
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
    long, large, least = _TOUCHING
    is_text = length > long * ridge.body and ridge.body > large * line.body
    return ridge.contrast < (least if is_text else _FAINT_MARKS) * line.contrast
