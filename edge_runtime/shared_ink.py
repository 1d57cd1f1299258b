"""Pieces of ink that belong to several lines, cut apart between them.

A piece is cut half-way between the middles of its lines. What the cut takes off and holds no
letters, such as the end of a tail or the tip of a tall letter, is given back to what it hung on.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.ink_pieces import HEIGHT, WIDTH, InkPieces, X, Y
from edge_runtime.line_ridges import Ridge

Owner = npt.NDArray[np.int16]
Counts = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

_SHARED: Final = 0.15
"""Ink in a line's band that is more than the end of a tail, squared body heights: of two lines a
piece has as much of each, and so has what is cut off."""
_TALLEST: Final = 3.5
"""A piece that is higher may be more than letters, usual body heights."""
_CUT: Final = 0.45
"""Where it is cut between the two middles: of 0.4 to 0.6 what gave most ink to its line."""


def cut_shared(
    pieces: InkPieces,
    shares: Counts,
    core: Owner,
    ridges: Sequence[Ridge],
    reach: tuple[float, float],
    owner: Owner,
) -> None:
    """Divide the pieces that hold letters of several lines, in place.

    What is too tall for one line, such as letters on a rule that was not found, keeps what is near.

    Args:
        pieces: the ink of the page.
        shares: ink of each piece in each line's band, (pieces, lines).
        core: number from 1 of the line in whose band a pixel lies, else 0, int16 (h, w).
        ridges: the lines' middles.
        reach: ink belongs to a line up to so far above and below its middle, body heights.
        owner: number from 1 of the line that owns a pixel, int16 (h, w); is changed.
    """
    least = np.array([_SHARED * ridge.body**2 for ridge in ridges])
    held = shares > least
    tall = (pieces.stats[:, HEIGHT] > _TALLEST * pieces.body) & shares.any(axis=1)
    for piece in np.flatnonzero(((held.sum(axis=1) > 1) | tall) & pieces.is_letter):
        lines = np.flatnonzero(held[piece])
        if not len(lines):
            lines = shares[piece].argmax(keepdims=True)
        x, y, width, height = pieces.stats[piece, (X, Y, WIDTH, HEIGHT)]
        box = (slice(y, y + height), slice(x, x + width))
        ys, xs = np.nonzero(pieces.labels[box] == piece)
        columns = np.arange(x, x + width)
        rows = np.array([ridges[int(i)].rows_at(columns) for i in lines]) - np.float32(y)
        order = np.argsort(rows.mean(axis=1))
        lines, rows = lines[order], rows[order]
        bodies = np.array([ridges[int(i)].body for i in lines])
        borders = rows[:-1] + _CUT * (rows[1:] - rows[:-1])
        level = (ys > borders[:, xs]).sum(axis=0)
        if len(lines) > 1:
            level = _given_back((ys, xs), level, core[box][ys, xs] == lines[level] + 1, bodies)
        names = lines[level] + 1
        offsets = (ys - rows[level, xs]) / bodies[level]
        names[(offsets < -reach[0]) | (offsets > reach[1])] = 0
        owner[box][ys, xs] = names


def _given_back(
    pixels: tuple[Positions, Positions], level: Positions, in_band: Bools, bodies: Floats
) -> Positions:
    """The line of each pixel of a piece, counted from the top.

    Args:
        pixels: its rows and columns.
        level: the line where the piece is cut straight.
        in_band: whether a pixel lies in the band of letters of that line.
        bodies: height of the lines' bodies.
    """
    ys, xs = pixels
    levels = np.zeros((int(ys.max()) + 1, int(xs.max()) + 1), np.uint8)
    levels[ys, xs] = level + 1
    part, count = np.zeros(len(ys), np.intp), 0
    for number in range(len(bodies)):
        found, parts = cv2.connectedComponents((levels == number + 1).view(np.uint8))
        part = np.where(level == number, parts[ys, xs] - 1 + count, part)
        count += found - 1
    line_of = np.zeros(count, np.intp)
    line_of[part] = level
    loose = np.bincount(part[in_band], minlength=count) < _SHARED * bodies[line_of] ** 2
    levels[ys, xs] = np.where(loose[part], 0, level + 1)
    near = np.asarray(cv2.dilate(levels, np.ones((3, 3), np.uint8)))[ys, xs]
    hangs = np.bincount(part * (len(bodies) + 1) + near, minlength=count * (len(bodies) + 1))
    hangs = hangs.reshape(count, -1)[:, 1:]
    line_of = np.where(loose & hangs.any(axis=1), hangs.argmax(axis=1), line_of)
    return np.asarray(line_of[part], np.intp)
