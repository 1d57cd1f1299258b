"""Middles of text lines: ridges of ink that was blurred along the lines.

A line of text is a band of ink; blurred with a Gaussian about as wide as a word and less high than
a letter, it becomes a ridge (Bukhari, Shafait and Breuel 2009, 2011, for pictures of pages). Here
this is done for each size of text that the page may have, and ridges of different sizes that claim
the same ink compete by their contrast: how much more ink is on the ridge than one body height off.
Two lines that touch look like one of twice the size, but with less contrast than either of them.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.ink_pieces import InkPieces

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_GRID: Final = 4.0
"""Cells of the search grid to the height of the smallest text body."""
_BLUR: Final = (1.8, 0.38)
"""Standard deviations of the blur along and across the lines, body heights."""
_SIZES: Final = 1.45
"""Ratio of one size of text to the next smaller one that is tried."""
_LONG: Final = 8.0
"""A ridge of this length is no chance, body heights."""
_WEAKEST: Final = 0.2
"""A ridge has at least this share of the strength of most ridges."""


@dataclass(frozen=True)
class Ridge:
    """The middle of a stretch of text, pixels of the page."""

    columns: Floats
    """Ascending."""
    rows: Floats
    """Row of the middle at each column."""
    body: float
    """Height of the text body around it."""
    contrast: float = 0.0
    """Share of ink on it less that around it, -1 to 1."""

    @property
    def rank(self) -> float:
        """How likely it is a line: contrast, but short ridges lie on marks or between lines too."""
        length = float(self.columns[-1] - self.columns[0]) / self.body
        return self.contrast * min(1.0, length / _LONG) ** 0.5

    def row_at(self, columns: npt.ArrayLike) -> Floats:
        """Row of the middle at any columns; beyond its ends it goes on straight."""
        wanted = np.asarray(columns, np.float32)
        inner = np.interp(wanted, self.columns, self.rows)
        before = np.minimum(wanted - self.columns[0], 0)
        after = np.maximum(wanted - self.columns[-1], 0)
        if before.any():
            inner = inner + before * self._slope(self.columns <= self.columns[0] + 8.0 * self.body)
        if after.any():
            inner = inner + after * self._slope(self.columns >= self.columns[-1] - 8.0 * self.body)
        return np.asarray(inner, np.float32)

    def _slope(self, near: Bools) -> float:
        """Slope over some of the columns; none where they are too few to tell."""
        x, y = self.columns[near], self.rows[near]
        spread = float(np.var(x))
        if len(x) < 4 or spread < self.body**2:
            return 0.0
        slope = float(np.mean((x - x.mean()) * (y - y.mean()))) / spread
        return float(np.clip(slope, -0.1, 0.1))


def find_ridges(pieces: InkPieces) -> list[Ridge]:
    """Find the middles of text of all sizes, the likeliest first.

    Ridges of different sizes may claim the same ink; one line may be found in several stretches.
    """
    bodies = text_sizes(pieces)
    cell = max(1.0, bodies[0] / _GRID)
    rows, columns = pieces.labels.shape
    size = (int(np.ceil(columns / cell)), int(np.ceil(rows / cell)))
    ink = pieces.letters().astype(np.float32)
    density = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32)
    step = (columns / size[0], rows / size[1])
    ridges = [ridge for body in bodies for ridge in _ridges_of(density, body, step)]
    return sorted(ridges, key=lambda ridge: -ridge.rank)


def text_sizes(pieces: InkPieces) -> list[float]:
    """Body heights that are tried, ascending, pixels."""
    sizes = pieces.body_quantiles((0.08, 0.97))
    low = min(max(sizes[0], 0.5 * pieces.body), pieces.body)
    high = max(min(sizes[1], 5.0 * pieces.body), pieces.body)
    below = int(np.log(pieces.body / low) / np.log(_SIZES) + 0.4)
    above = int(np.log(high / pieces.body) / np.log(_SIZES) + 0.4)
    return [pieces.body * _SIZES**step for step in range(-below, above + 1)]


def _ridges_of(density: Floats, body: float, step: tuple[float, float]) -> list[Ridge]:
    """Ridges of text of one size; ``step`` is the size of a cell in pixels (x, y)."""
    wide, high = _BLUR[0] * body / step[0], _BLUR[1] * body / step[1]
    smooth = np.asarray(cv2.GaussianBlur(density, (0, 0), wide, sigmaY=high), np.float32)
    peaks = np.zeros(smooth.shape, np.bool_)
    peaks[1:-1] = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:])
    if not peaks.any():
        return []
    peaks &= smooth > _WEAKEST * np.percentile(smooth[peaks], 80)
    # A blur along the lines but hardly across: what is on a ridge, and what beside it.
    profile = cv2.GaussianBlur(density, (0, 0), 0.6 * wide, sigmaY=0.4 * high)
    contrast = _contrast(np.asarray(profile, np.float32), body / step[1])
    return _linked(peaks, smooth, contrast, body, step)


def _contrast(profile: Floats, body: float) -> Floats:
    """Ink in the middle of a line at each cell less the ink one body height above and below."""
    middle = cv2.blur(profile, (1, max(1, round(0.5 * body))))
    beside = np.zeros_like(profile)
    for direction in (-1, 1):
        rows = [round(direction * share * body) for share in (0.8, 1.0, 1.2)]
        shifted = [_shifted(profile, row) for row in dict.fromkeys(rows)]
        beside += np.minimum.reduce(shifted)
    return np.asarray(middle - beside / 2, np.float32)


def _shifted(values: Floats, rows: int) -> Floats:
    """The values ``rows`` further down; nothing is beyond the page."""
    moved = np.zeros_like(values)
    if rows > 0:
        moved[:-rows] = values[rows:]
    elif rows < 0:
        moved[-rows:] = values[:rows]
    else:
        moved[:] = values
    return moved


def _linked(
    peaks: Bools, smooth: Floats, contrast: Floats, body: float, step: tuple[float, float]
) -> list[Ridge]:
    """Connect peaks of neighbouring columns to ridges."""
    joined = cv2.dilate(peaks.astype(np.uint8), np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    ys, xs = np.nonzero(peaks)
    names = labels[ys, xs]
    # By ridge, then column, then falling strength: the first of a column is its peak.
    order = np.lexsort((-smooth[ys, xs], xs, names))
    ys, xs, names = ys[order], xs[order], names[order]
    first = np.ones(len(xs), bool)
    first[1:] = (np.diff(names) != 0) | (np.diff(xs) != 0)
    ys, xs, names = ys[first], xs[first], names[first]
    columns = ((xs + 0.5) * step[0] - 0.5).astype(np.float32)
    rows = ((ys + _peak_offset(smooth, ys, xs) + 0.5) * step[1] - 0.5).astype(np.float32)
    weights, gains = smooth[ys, xs], contrast[ys, xs]
    parts = np.split(np.arange(len(xs)), np.flatnonzero(np.diff(names)) + 1)
    return [
        Ridge(columns[p], rows[p], body, float(np.average(gains[p], weights=weights[p])))
        for p in parts
    ]


def _peak_offset(smooth: Floats, ys: Ints, xs: Ints) -> Floats:
    """Where between the cells the peak of a parabola through three of them lies."""
    above, at, below = smooth[ys - 1, xs], smooth[ys, xs], smooth[ys + 1, xs]
    bend = np.minimum(above - 2 * at + below, np.float32(-1e-6))
    return np.asarray(np.clip((above - below) / (2 * bend), -0.5, 0.5), np.float32)


