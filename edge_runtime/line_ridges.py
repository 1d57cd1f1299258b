"""Middles of text lines: ridges of ink that was blurred along the lines.

A line of text is a band of ink; blurred about as far as a word is wide and less than a letter is
high, it becomes a ridge (Bukhari, Shafait and Breuel 2009, 2011, for pictures of pages). Here this
is done for each size of text that the page may have, and ridges of different sizes that claim the
same ink compete by their contrast: how much more ink is on the ridge than one body height off. Two
lines that touch look like one of twice the size, but with less contrast than either of them.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.ink_pieces import InkPieces

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int32]
Positions = npt.NDArray[np.intp]  # what np.take takes, on 32 bits too
Bools = npt.NDArray[np.bool_]

_GRID: Final = 4.0
"""Cells of the search grid to the height of the smallest text body."""
_MOST: Final = 1_000
"""Ridges of a page at most, the likeliest: composed forms with small writing have 456, a carpet
4,000, which are compared in pairs for seconds and turn out to be no text."""
_BLUR: Final = (2.6, 0.38)
"""Standard deviations of the blur along and across the lines, body heights."""
_SIZES: Final = 1.4
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
    """Ink on it less that around it; 255 is all ink."""

    @cached_property
    def left(self) -> float:
        """First column."""
        return float(self.columns[0])

    @cached_property
    def right(self) -> float:
        """Last column."""
        return float(self.columns[-1])

    @cached_property
    def span(self) -> tuple[float, float]:
        """Lowest and highest row."""
        return float(self.rows.min()), float(self.rows.max())

    @property
    def rank(self) -> float:
        """How likely it is a line: contrast, but short ridges lie on marks or between lines too."""
        length = (self.right - self.left) / (_LONG * self.body)
        return float(self.contrast * min(1.0, length) ** 0.5)

    def row_at(self, column: float) -> float:
        """Row of the middle at a column; beyond its ends it goes on straight."""
        row = float(np.interp(column, self.columns, self.rows))
        if column < self.left:
            return row + (column - self.left) * self.slopes[0]
        if column > self.right:
            return row + (column - self.right) * self.slopes[1]
        return row

    def rows_at(self, columns: npt.ArrayLike) -> Floats:
        """The same for many columns, float32 like ``columns``."""
        wanted = np.asarray(columns, np.float32)
        rows = np.interp(wanted, self.columns, self.rows)
        if wanted.min(initial=np.inf) < self.left:
            rows += np.minimum(wanted - self.left, 0.0) * self.slopes[0]
        if wanted.max(initial=-np.inf) > self.right:
            rows += np.maximum(wanted - self.right, 0.0) * self.slopes[1]
        return np.asarray(rows, np.float32)

    @cached_property
    def slopes(self) -> tuple[float, float]:
        """Slopes over the first and the last eight body heights."""
        reach = 8.0 * self.body
        first = int(np.searchsorted(self.columns, self.left + reach))
        last = int(np.searchsorted(self.columns, self.right - reach))
        return self._slope(slice(0, first)), self._slope(slice(last, None))

    def _slope(self, part: slice) -> float:
        """Slope over some columns; none where they are too few to tell."""
        x, y = self.columns[part], self.rows[part]
        if len(x) < 4:
            return 0.0
        x = x - x.mean()
        spread = float(x @ x) / len(x)
        if spread < self.body**2:
            return 0.0
        return min(max(float(x @ y) / len(x) / spread, -0.1), 0.1)


def fill_band(
    page: npt.NDArray[Any], middle: tuple[Floats, Floats], half: float, value: int
) -> None:
    """Draw a band so far above and below a line through some points, in place.

    Args:
        page: uint8 or int16 (h, w).
        middle: columns and rows of the points.
        half: half its height, pixels.
        value: what is drawn.
    """
    columns, rows = middle
    band = np.empty((2, len(columns), 2), np.float32)  # along its upper edge, back along the lower
    band[0, :, 0], band[1, :, 0] = columns, columns[::-1]
    band[0, :, 1], band[1, :, 1] = rows - half, rows[::-1] + half
    cv2.fillPoly(page, [np.rint(band).astype(np.int32).reshape(-1, 2)], value)


def find_ridges(pieces: InkPieces) -> list[Ridge]:
    """Find the middles of text of all sizes, the likeliest first.

    Ridges of different sizes may claim the same ink; one line may be found in several stretches.
    """
    if not pieces.is_letter.any():
        return []
    bodies = text_sizes(pieces)
    cell = max(1.0, bodies[0] / _GRID)
    rows, columns = pieces.labels.shape
    size = (int(np.ceil(columns / cell)), int(np.ceil(rows / cell)))
    ink = pieces.letters * np.uint8(255)
    # Halving is many times cheaper than other reductions; a strip of one pixel has no half.
    while cell > 2.0 and min(ink.shape) > 1:
        ink, cell = _halved(ink), cell / 2.0
    # By less than two, linear interpolation leaves no pixel out.
    density = cv2.resize(ink, size, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    step = (columns / size[0], rows / size[1])
    ridges = [ridge for body in bodies for ridge in _ridges_of(density, body, step)]
    return sorted(ridges, key=lambda ridge: -ridge.rank)[:_MOST]


def _halved(ink: Mask) -> Mask:
    """Reduced by two in both directions, uint8 (h // 2, w // 2)."""
    rows, columns = (side // 2 for side in ink.shape)
    even = ink[: 2 * rows, : 2 * columns]
    return np.asarray(cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


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
    smooth = _blurred(density, wide, high)
    peaks = np.zeros(smooth.shape, np.bool_)
    peaks[1:-1] = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:])
    heights = smooth[peaks]
    if not heights.size:
        return []
    heights.sort()
    peaks &= smooth > _WEAKEST * heights[int(0.8 * (len(heights) - 1))]
    # Blurred hardly across the lines: what is on a ridge, and what beside it.
    profile = _blurred(density, 0.6 * wide, 0.4 * high)
    return _linked(peaks, smooth, profile, body, step)


def _blurred(density: Floats, wide: float, high: float) -> Floats:
    """Blur with about a Gaussian of these deviations: two boxes cost the same at any width."""
    for box in zip(_boxes(wide), _boxes(high), strict=True):
        density = np.asarray(cv2.blur(density, box), np.float32)
    return density


def _boxes(deviation: float) -> tuple[int, int]:
    """Odd lengths of two boxes that together have the variance of a Gaussian, or nearly.

    A box of n cells has (n**2 - 1) / 12. Two boxes of one length may be off by a third where
    lines are few cells high: too much to keep lines apart that touch.
    """
    odd = range(1, 2 * int(deviation * 6**0.5 / 2) + 4, 2)
    pairs = [(n, n + more) for n in odd for more in (0, 2)]
    return min(pairs, key=lambda ns: abs(ns[0] ** 2 + ns[1] ** 2 - 2 - 12 * deviation**2))


def _contrast(profile: Floats, ys: Positions, xs: Positions, body: float) -> Floats:
    """Ink in the middle of a line at some cells less the ink one body height above and below."""
    band = range(-round(body / 4), round(body / 4) + 1)
    contrast = sum(_at(profile, ys + row, xs) for row in band) / np.float32(len(band))
    for side in (-1, 1):
        rows = dict.fromkeys(round(side * share * body) for share in (0.8, 1.0, 1.2))
        contrast -= 0.5 * np.minimum.reduce([_at(profile, ys + row, xs) for row in rows])
    return np.asarray(contrast, np.float32)


def _at(values: Floats, ys: Positions, xs: Positions) -> Floats:
    """Values at some cells; nothing is beyond the page."""
    inside = np.clip(ys, 0, values.shape[0] - 1)
    at = (inside * values.shape[1] + xs).astype(np.intp, copy=False)  # 32 bits on a 32-bit system
    taken = np.take(values, at)
    return np.asarray(np.where(inside == ys, taken, np.float32(0)), np.float32)


def _linked(
    peaks: Bools, smooth: Floats, profile: Floats, body: float, step: tuple[float, float]
) -> list[Ridge]:
    """Connect peaks of neighbouring columns to ridges."""
    # Only along the lines: ridges of lines that touch come as near as two cells.
    joined = cv2.dilate(peaks.view(np.uint8), np.ones((1, 3), np.uint8))
    labels = np.asarray(cv2.connectedComponents(joined, connectivity=8)[1], np.int32)
    at = _strongest(np.flatnonzero(peaks), labels, smooth)
    names = np.take(labels, at)
    ys, xs = np.divmod(at, smooth.shape[1])
    columns = ((xs + 0.5) * step[0] - 0.5).astype(np.float32)
    rows = ((ys + _peak_offset(smooth, ys, xs) + 0.5) * step[1] - 0.5).astype(np.float32)
    weights = np.take(smooth, at)
    gains = _contrast(profile, ys, xs, body / step[1]) * weights
    ends = [0, *(np.flatnonzero(np.diff(names)) + 1).tolist(), len(names)]
    return [
        Ridge(columns[a:b], rows[a:b], body, float(gains[a:b].sum() / weights[a:b].sum()))
        for a, b in itertools.pairwise(ends)
    ]


def _strongest(at: Positions, labels: Labels, smooth: Floats) -> Positions:
    """Of the peaks of one ridge in one column the strongest, by ridge and then by column.

    Args:
        at: positions of the peaks in the flattened grid.
        labels: number of the ridge of each cell.
        smooth: strength of each cell.
    """
    width = smooth.shape[1]
    places = np.take(labels, at).astype(np.int64) * width + at % width
    order = np.argsort(places, kind="stable")
    at, places = at[order], places[order]
    first = np.ones(len(at), np.bool_)
    first[1:] = places[1:] != places[:-1]
    if first.all():
        return at
    starts = np.flatnonzero(first)
    strengths = np.take(smooth, at)
    best = np.repeat(np.maximum.reduceat(strengths, starts), np.diff(np.append(starts, len(at))))
    chosen = np.flatnonzero(strengths == best)
    alone = np.ones(len(chosen), np.bool_)  # the first of equally strong ones
    alone[1:] = places[chosen[1:]] != places[chosen[:-1]]
    return np.asarray(at[chosen[alone]], np.intp)


def _peak_offset(smooth: Floats, ys: Positions, xs: Positions) -> Floats:
    """Where between the cells the peak of a parabola through three of them lies."""
    width = smooth.shape[1]
    flat = ys * width + xs
    above, at, below = (np.take(smooth, flat + row * width) for row in (-1, 0, 1))
    bend = np.minimum(above - 2 * at + below, np.float32(-1e-6))
    return np.asarray(np.clip((above - below) / (2 * bend), -0.5, 0.5), np.float32)
