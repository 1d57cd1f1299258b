"""Whose ink is whose: pieces of ink are given to the lines of text that they belong to.

A piece goes to the line whose middle it lies on. Marks above and below go to the line whose letters
they are nearest to. A piece that joins two lines is cut between them.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.ink_pieces import HEIGHT, ROW_STEP, WIDTH, InkPieces, X, Y
from edge_runtime.line_ridges import Ridge

Owner = npt.NDArray[np.int16]
Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

_CORE: Final = 0.45
"""Half the height of the band around a ridge that holds letters, body heights."""
_SHARED: Final = 0.15
"""Ink in a second line's band from which a piece is cut: more than a tail has. Squared heights."""
_TALLEST: Final = 3.5
"""A piece that is higher may be more than letters, usual body heights."""
_CUT: Final = 0.45
"""Where it is cut between the two middles: tails are shorter than what letters have above."""
_ABOVE: Final = 2.4
"""Marks stand up to so far above the middle of their line, body heights."""
_BELOW: Final = 1.6
"""And so far below."""
_MOSTLY_ABOVE: Final = 1.35
"""A mark as far from two lines belongs to the lower one: most marks stand above their letter."""
_BESIDE: Final = 1.5
"""A full stop or a mark may stand so far beyond the ends of a line, body heights."""


_REACH: Final = 4.0
_REACH_HALF: Final = 0.3
_SURE: Final = (12.0, 50.0)


def core_map(shape: tuple[int, ...], ridges: Sequence[Ridge], core: Owner | None = None) -> Owner:
    """Number from 1 of the ridge in whose band of letters a pixel lies, else 0; int16."""
    core = np.zeros(shape, np.int16) if core is None else core
    for number in sorted(range(len(ridges)), key=lambda i: ridges[i].contrast):
        ridge = ridges[number]
        half = _CORE * ridge.body
        # Every third cell of the search grid is enough: lines do not turn faster.
        at = np.append(np.arange(0, len(ridge.columns) - 1, 3), len(ridge.columns) - 1)
        columns, rows = ridge.columns[at], ridge.rows[at]
        band = np.empty((2 * len(at), 2), np.float32)
        band[:, 0] = np.append(columns, columns[::-1])
        band[:, 1] = np.append(rows - half, rows[::-1] + half)
        band = np.round(band).astype(np.int32)
        cv2.fillPoly(core, [band], number + 1)
    return core


def _beyond(shape: tuple[int, ...], ridges: Sequence[Ridge], upright: Mask | None) -> Owner:
    """Number from 1 of the ridge that would go on through a pixel beyond its end, else 0; int16."""
    core = np.zeros(shape, np.int16)
    for number in sorted(range(len(ridges)), key=lambda i: ridges[i].contrast):
        ridge = ridges[number]
        if ridge.right - ridge.left < _SURE[0] * ridge.body or ridge.contrast < _SURE[1]:
            continue
        half = _REACH_HALF * ridge.body
        for end, way in ((ridge.left, -1), (ridge.right, 1)):
            columns = end + way * np.arange(0.0, _REACH * ridge.body)
            rows = ridge.rows_at(columns)
            if upright is not None:
                at = np.clip(np.round([rows, columns]).astype(np.intp).T, 0, np.array(shape) - 1).T
                hit = np.flatnonzero(upright[at[0], at[1]])
                if len(hit):
                    columns, rows = columns[: hit[0]+1], rows[: hit[0]+1]
            x, y = columns[[0, -1]], rows[[0, -1]]
            band = np.array([[x[0], y[0]-half], [x[1], y[1]-half], [x[1], y[1]+half], [x[0], y[0]+half]])
            cv2.fillPoly(core, [np.round(band).astype(np.int32)], number + 1)
    return core


def ink_owner(pieces: InkPieces, ridges: Sequence[Ridge], upright: Mask | None = None) -> Owner:
    """The line that owns each pixel of ink: 0 none, else its position plus 1, int16 (h, w).

    Args:
        pieces: the ink of the page.
        ridges: the middle of each line, from its first to its last column.
    """
    count = len(ridges)
    pixels = pieces.pixels
    page_core = core_map(pieces.labels.shape, ridges, _beyond(pieces.labels.shape, ridges, upright))
    core = np.take(page_core, pixels.flat)
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
    _cut_shared(pieces, shares, ridges, owner, page_core)
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
        cost = np.where(offset > 0, _MOSTLY_ABOVE * offset, -offset) + np.maximum(beside, 0.0)
        costs[number, near] = cost[near]
    best = costs.argmin(axis=0)
    found = np.isfinite(costs[best, np.arange(len(marks))])
    return np.where(found, best + 1, 0).astype(np.int16)


LT=0.15


def _cut_shared(pieces: InkPieces, shares: Counts, ridges: Sequence[Ridge], owner: Owner, core: Owner) -> None:
    """Divide the pieces that hold letters of several lines, in place.

    What is too tall for one line, such as letters on a rule that was not found, keeps what is near.
    """
    least = np.array([_SHARED * ridge.body**2 for ridge in ridges])
    several = (shares > least).sum(axis=1) > 1
    tall = (pieces.stats[:, HEIGHT] > _TALLEST * pieces.body) & shares.any(axis=1)
    for piece in np.flatnonzero((several | tall) & pieces.is_letter):
        lines = np.flatnonzero(shares[piece] > least)
        if not len(lines):
            lines = shares[piece].argmax(keepdims=True)
        x, y, width, height = pieces.stats[piece, (X, Y, WIDTH, HEIGHT)]
        box = (slice(y, y + height), slice(x, x + width))
        mask = pieces.labels[box] == piece
        ys, xs = np.nonzero(mask)
        columns = np.arange(x, x + width)
        rows = np.array([ridges[int(i)].rows_at(columns) for i in lines])
        order = np.argsort(rows.mean(axis=1))
        lines, rows = lines[order], rows[order]
        borders = rows[:-1] + _CUT * (rows[1:] - rows[:-1])
        level = (ys + y > borders[:, xs]).sum(axis=0)
        if len(lines) > 1 and LT:
            level = _reattached(mask, ys, xs, level, core[box], lines, np.array([ridges[int(i)].body for i in lines]))
        names = lines[level] + 1
        bodies = np.array([ridges[int(i)].body for i in lines])[level]
        offsets = (ys + y - rows[level, xs]) / bodies
        names[(offsets < -_ABOVE) | (offsets > _BELOW)] = 0
        owner[box][ys, xs] = names


def _reattached(mask, ys, xs, level, core, lines, bodies):
    image = np.zeros(mask.shape, np.uint8)
    image[ys, xs] = level + 1
    parts = np.zeros(mask.shape, np.int32)
    count = 0
    for k in range(len(lines)):
        n, lab = cv2.connectedComponents((image == k + 1).astype(np.uint8), connectivity=8)
        parts += np.where(lab > 0, lab + count, 0)
        count += n - 1
    part = parts[ys, xs] - 1
    its = np.zeros(count, np.intp)
    its[part] = level
    mine = core[ys, xs] == lines[level] + 1
    own = np.bincount(part, weights=mine, minlength=count)
    loose = own < LT * bodies[its] ** 2
    if not loose.any() or loose.all():
        return level
    image[ys, xs] = np.where(loose[part], 0, level + 1)
    near = cv2.dilate(image, np.ones((3, 3), np.uint8))
    table = np.bincount(part * (len(lines) + 1) + near[ys, xs], minlength=count * (len(lines) + 1)).reshape(count, -1)[:, 1:]
    new = np.where(loose & table.any(axis=1), table.argmax(axis=1), its)
    return new[part]
