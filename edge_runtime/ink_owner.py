"""Whose ink is whose: pieces of ink are given to the lines of text that they belong to.

A piece goes to the line whose middle it lies on. Marks above and below go to the line whose letters
they are nearest to. A piece that joins two lines is cut between them (``shared_ink``).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_runtime.ink_pieces import HEIGHT, ROW_STEP, WIDTH, InkPieces, X, Y
from edge_runtime.line_ridges import Ridge, fill_band
from edge_runtime.shared_ink import cut_shared

Owner = npt.NDArray[np.int16]
Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

_CORE: Final = 0.45
"""Half the height of the band around a ridge that holds letters, body heights."""
_BEYOND: Final = (4.0, 0.3)
"""How far beyond its ends a line may have more letters, and half the height of the band that they
lie in: as far as between two words. Body heights."""
_SURE: Final = (12.0, 50.0)
"""Only ridges go on that are longer than so many body heights and have so much contrast."""
_ABOVE: Final = 2.4
"""Marks stand up to so far above the middle of their line, body heights."""
_BELOW: Final = 1.6
"""And so far below."""
_MOSTLY_ABOVE: Final = 1.35
"""What is below a line counts as so much further away: most marks stand above their letter."""
_DOT: Final = (0.35, 0.85)
"""Of a mark that is smaller, in body heights, it is so: a dot stands below its letter as often."""
_BESIDE: Final = 1.5
"""A full stop or a mark may stand so far beyond the ends of a line, body heights."""


def core_map(shape: tuple[int, ...], ridges: Sequence[Ridge], ground: Owner | None = None) -> Owner:
    """Number from 1 of the ridge in whose band of letters a pixel lies, int16.

    Elsewhere it is what it is in ``ground``, which is drawn on, or 0.
    """
    core = np.zeros(shape, np.int16) if ground is None else ground
    for number in _weakest_first(ridges):
        ridge = ridges[number]
        # Every third cell of the search grid is enough: lines do not turn faster.
        at = np.append(np.arange(0, len(ridge.columns) - 1, 3), len(ridge.columns) - 1)
        fill_band(core, (ridge.columns[at], ridge.rows[at]), _CORE * ridge.body, number + 1)
    return core


def _weakest_first(ridges: Sequence[Ridge]) -> list[int]:
    """Positions of the ridges: what is drawn later covers what was drawn before."""
    return sorted(range(len(ridges)), key=lambda i: ridges[i].contrast)


def _beyond_ends(shape: tuple[int, ...], ridges: Sequence[Ridge], upright: Mask | None) -> Owner:
    """Number from 1 of the ridge of which a pixel lies beyond an end, else 0; int16.

    Where lines touch, a ridge may miss the first or last word. A line ends at a cell's border.
    """
    ends = np.zeros(shape, np.int16)
    for number in _weakest_first(ridges):
        ridge = ridges[number]
        if ridge.right - ridge.left < _SURE[0] * ridge.body or ridge.contrast < _SURE[1]:
            continue
        half = _BEYOND[1] * ridge.body
        for end, way in ((0, -1.0), (-1, 1.0)):
            column, row = float(ridge.columns[end]), float(ridge.rows[end])
            step, slope = way * _BEYOND[0] * ridge.body, ridge.slopes[end]
            if upright is not None:
                step *= _free(upright, (column, row), (step, step * slope))
            columns = np.array([column, column + step], np.float32)
            rows = np.array([row, row + step * slope], np.float32)
            fill_band(ends, (columns, rows), half, number + 1)
    return ends


def _free(upright: Mask, start: tuple[float, float], way: tuple[float, float]) -> float:
    """Which share of a way from a point on, as (x, y), comes before the border of a cell."""
    steps = np.linspace(0.0, 1.0, int(abs(way[0])) + 2)
    xs, ys = (
        np.clip(begin + steps * length, 0, side - 1).astype(np.intp)
        for begin, length, side in zip(start, way, upright.shape[::-1], strict=True)
    )
    borders = np.flatnonzero(upright[ys, xs])
    return float(steps[borders[0]]) if len(borders) else 1.0


def ink_owner(pieces: InkPieces, ridges: Sequence[Ridge], upright: Mask | None = None) -> Owner:
    """The line that owns each pixel of ink: 0 none, else its position plus 1, int16 (h, w).

    Args:
        pieces: the ink of the page.
        ridges: the middle of each line, from its first to its last column.
        upright: 1 where borders of cells are, uint8 (h, w); None where there are none.
    """
    count = len(ridges)
    pixels = pieces.pixels
    shape = pieces.labels.shape
    bands = core_map(shape, ridges, _beyond_ends(shape, ridges, upright))
    core = np.take(bands, pixels.flat)
    table = np.bincount(
        pixels.pieces * (count + 1) + core, minlength=len(pieces.stats) * (count + 1)
    )
    shares = ROW_STEP * np.asarray(table.reshape(-1, count + 1)[:, 1:], np.int64)
    owner_of = np.zeros(len(pieces.stats), np.int16)
    if count:
        owner_of[:] = np.where(shares.any(axis=1), shares.argmax(axis=1) + 1, 0)
        marks = np.flatnonzero((owner_of == 0) & pieces.is_letter)
        owner_of[marks] = _nearest_line(pieces, marks, ridges)
    owner = pieces.painted(owner_of)
    cut_shared(pieces, shares, bands, ridges, (_ABOVE, _BELOW), owner)
    return owner


def _nearest_line(pieces: InkPieces, marks: Counts, ridges: Sequence[Ridge]) -> Owner:
    """The line, from 1, to which each of some pieces belongs as a mark; 0 for none."""
    x, y, width, height = pieces.stats[marks][:, (X, Y, WIDTH, HEIGHT)].T
    columns, rows = x + width / 2, y + height / 2
    costs = np.full((len(ridges), len(marks)), np.inf)
    for number, ridge in enumerate(ridges):
        offset = (rows - ridge.rows_at(columns)) / ridge.body
        beside = np.maximum(ridge.left - columns, columns - ridge.right) / ridge.body
        near = (offset > -_ABOVE) & (offset < _BELOW) & (beside < _BESIDE)
        weight = np.where(np.maximum(width, height) < _DOT[0] * ridge.body, _DOT[1], _MOSTLY_ABOVE)
        cost = np.where(offset > 0, weight * offset, -offset) + np.maximum(beside, 0.0)
        costs[number, near] = cost[near]
    best = costs.argmin(axis=0)
    found = np.isfinite(costs[best, np.arange(len(marks))])
    return np.where(found, best + 1, 0).astype(np.int16)
