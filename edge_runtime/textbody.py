"""Where the text is in an ink picture: its height, its (possibly sloping) middle, its ends.

Ruled lines, cell borders, specks and the tails of neighbouring rows must not count as text.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Ink = npt.NDArray[np.uint8]
Float = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TextBody:
    """Geometry of one line of text, in pixels of the ink picture."""

    left: float
    right: float
    height: float
    """Rows between the 10th and 90th percentile of the ink about its middle."""
    middle: float
    """Row of the median ink at column 0."""
    slope: float
    """Rows per column by which the middle descends."""

    def center(self, columns: Float) -> Float:
        """Row of the text's middle at each column."""
        return np.asarray(self.middle + self.slope * columns, np.float32)


def find_body(ink: Ink, mask: Ink | None = None) -> TextBody:
    """Measure the text in an ink picture; a picture without text gives its own frame.

    Args:
        ink: uint8 (h, w), darkness relative to the paper.
        mask: what ``text_mask`` says of it, where that is known.
    """
    rows, columns = ink.shape
    mask = text_mask(ink) if mask is None else mask.copy()
    span = _ends(mask)
    if span is None:
        return TextBody(0.0, float(columns), rows * 0.5, rows * 0.5, 0.0)
    left, right = span
    mask[:, :left] = 0
    mask[:, right:] = 0
    slope = _slope(mask)
    height, middle = _spread(mask, slope)
    margin = 0.25 * height
    return TextBody(
        max(0.0, left - margin), min(float(columns), right + margin), height, middle, slope
    )


@dataclass(frozen=True)
class Strokes:
    """The ink of letters, in connected pieces."""

    mask: Ink
    """uint8 (h, w), 1 where there is such ink."""
    labels: npt.NDArray[np.int32]
    """int32 (h, w), the number of the piece; pieces that are no letters have numbers too."""
    numbers: npt.NDArray[np.intp]
    """Of the pieces that are letters."""
    boxes: npt.NDArray[np.int32]
    """(n, 5), of the same: left, top, width, height, pixels of ink."""


def text_mask(ink: Ink) -> Ink:
    """Pixels that are ink of letters, 1 or 0: no ruled lines, no borders, no specks."""
    return text_strokes(ink).mask


def text_strokes(ink: Ink) -> Strokes:
    """Ink of letters in pieces: no ruled lines, no borders, no specks."""
    rows = ink.shape[0]
    mask = ink_mask(ink)
    mask[ruled_lines(mask) > 0] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    keep = np.ones(count, np.uint8)
    keep[0] = 0
    width, height, area = stats[:, 2], stats[:, 3], stats[:, 4]
    keep[area < 6] = 0
    keep[(height > 0.75 * rows) & (width < 0.15 * rows)] = 0  # vertical cell borders
    keep[(width > 1.2 * rows) & (height < 0.12 * rows)] = 0  # remains of ruled lines
    top, bottom = stats[:, 1], stats[:, 1] + height
    # Tails of the rows above and below: they touch the edge and stay near it.
    keep[(top <= 1) & (bottom < 0.3 * rows)] = 0
    keep[(bottom >= rows - 1) & (top > 0.75 * rows)] = 0
    numbers = np.flatnonzero(keep)
    mask = np.asarray(keep[labels], np.uint8)
    return Strokes(
        mask, np.asarray(labels, np.int32), numbers, np.asarray(stats[numbers], np.int32)
    )


def ink_mask(ink: Ink) -> Ink:
    """Pixels that are clearly ink, of letters or not, 1 or 0."""
    threshold, _ = cv2.threshold(ink, 0, 1, cv2.THRESH_OTSU)
    return (ink > max(threshold * 0.8, 10.0)).astype(np.uint8)


def ruled_lines(mask: Ink) -> Ink:
    """Pixels of long level or upright runs, not 0 there: ruled lines, borders, long strokes.

    Args:
        mask: uint8 (h, w), from ``ink_mask``.
    """
    rows = mask.shape[0]
    flat, upright = max(24, rows * 3 // 5), max(12, rows * 4 // 5)
    return np.asarray(cv2.bitwise_or(_ruled(mask, flat), _borders(mask, upright)), np.uint8)


def _ruled(mask: Ink, length: int) -> Ink:
    """Long horizontal runs, a little slanted ones too: ruled lines and cell borders."""
    # Closing over two rows joins the steps of a slanted line.
    joined = cv2.dilate(mask, np.ones((2, 1), np.uint8))
    runs = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    return np.asarray(cv2.dilate(runs, np.ones((3, 5), np.uint8)), np.uint8)


def _borders(mask: Ink, length: int) -> Ink:
    """Vertical runs over nearly the whole height: the left and right borders of a cell."""
    joined = cv2.dilate(mask, np.ones((1, 2), np.uint8))
    runs = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    return np.asarray(cv2.dilate(runs, np.ones((9, 5), np.uint8)), np.uint8)


def _ends(mask: Ink) -> tuple[int, int] | None:
    """First and past-the-last column of the text, lonely specks at the ends left out."""
    profile = mask.sum(axis=0, dtype=np.int64)
    total = np.cumsum(profile)
    if total[-1] < 20:
        return None
    inside = np.flatnonzero((total > 0.0005 * total[-1]) & (total - profile < 0.9995 * total[-1]))
    return int(inside[0]), int(inside[-1]) + 1


def _slope(mask: Ink) -> float:
    """Slope of the text's middle by least absolute deviation over windows along the line."""
    rows, columns = mask.shape
    window = max(rows, columns // 16, 1)
    count = columns // window
    if count < 4:
        return 0.0
    blocks = mask[:, : count * window].reshape(rows, count, window).sum(axis=2, dtype=np.float64)
    weight = blocks.sum(axis=0)
    if (weight > 0).sum() < 4:
        return 0.0
    middles = (blocks * np.arange(rows)[:, None]).sum(axis=0) / np.maximum(weight, 1.0)
    x = (np.arange(count) + 0.5) * window
    for _ in range(4):
        wx, wy = np.average(x, weights=weight), np.average(middles, weights=weight)
        spread = np.average((x - wx) ** 2, weights=weight)
        slope = np.average((x - wx) * (middles - wy), weights=weight) / max(spread, 1e-6)
        residual = np.abs(middles - wy - slope * (x - wx))
        weight = blocks.sum(axis=0) / np.maximum(residual, 1.0)
    # Half of the measured slope is noise of ascenders and tails on short lines: be shy there.
    trust = min(1.0, count / 8.0)
    return float(np.clip(slope * trust, -0.06, 0.06))


def _spread(mask: Ink, slope: float) -> tuple[float, float]:
    """Height (10th to 90th percentile) and middle (median) of the ink about the sloping middle."""
    ys, xs = np.nonzero(mask)
    residual = ys - slope * xs
    low, middle, high = np.percentile(residual, (10.0, 50.0, 90.0))
    return float(np.clip(high - low, 6.0, mask.shape[0])), float(middle)
