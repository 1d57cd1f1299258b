"""Connected pieces of ink: which are letters, which are borders or specks, and how high text is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int32]
Positions = npt.NDArray[np.intp]  # what np.take takes, on 32 bits too
Bools = npt.NDArray[np.bool_]

X, Y, WIDTH, HEIGHT, AREA = range(5)
"""Columns of ``InkPieces.stats``."""

_BODY_OF_HEIGHT: Final = 0.63
"""Text body (10th to 90th percentile of the ink's rows) over the height of a piece: the median of
handwritten Vietnamese lines of two sets, most pieces being words or letters with their marks."""


ROW_STEP: Final = 2
"""``InkPieces.pixels`` has one of so many rows."""


class Pixels(NamedTuple):
    """Pixels of ink in every second row, as arrays of one length."""

    rows: Labels
    columns: Labels
    flat: Positions
    """Positions in the flattened page: ``np.take(page, flat)`` is far faster than indices."""
    pieces: Labels
    """Number of the piece."""


@dataclass(frozen=True)
class InkPieces:
    """The pieces of a page. Piece 0 is the paper."""

    labels: Labels
    """Number of the piece at each pixel, int32 (h, w)."""
    inked: Positions
    """Positions of all ink in the flattened page, ascending: most of a page has none."""
    stats: Labels
    """Per piece its box and area, int32 (n, 5): see ``X`` to ``AREA``."""
    is_letter: Bools
    """Per piece whether it is part of letters, bool (n,)."""
    body: float
    """Height of most text bodies of the page, pixels."""

    @cached_property
    def names(self) -> Labels:
        """Number of the piece at each of ``inked``."""
        return np.take(self.labels, self.inked)

    @cached_property
    def letters(self) -> Mask:
        """1 where letters are, uint8 (h, w)."""
        return self.painted(self.is_letter.view(np.uint8))

    @cached_property
    def pixels(self) -> Pixels:
        """The letters' pixels in every second row: enough to measure with, at half the cost."""
        found = cv2.findNonZero(self.letters[::ROW_STEP])
        if found is None:
            return Pixels(*(np.zeros(0, kind) for kind in (np.int32, np.int32, np.intp, np.int32)))
        columns, rows = np.asarray(found, np.int32).reshape(-1, 2).T
        rows = rows * ROW_STEP
        flat = rows.astype(np.intp) * self.labels.shape[1] + columns
        return Pixels(rows, columns, flat, np.take(self.labels, flat))

    def borders(self) -> Bools:
        """Which pieces are neither letters nor specks, bool (n,)."""
        large = ~self.is_letter & (self.stats[:, AREA] > (0.4 * self.body) ** 2)
        large[0] = False
        return np.asarray(large, np.bool_)

    def painted(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A page in which each piece has its value, and the paper 0; of the values' type, (h, w).

        ``np.take`` with ``labels`` takes five times as long.
        """
        page = np.zeros(self.labels.size, values.dtype)
        page[self.inked] = np.take(values, self.names)
        return page.reshape(self.labels.shape)

    def body_quantiles(self, shares: Sequence[float]) -> list[float]:
        """Quantiles of the body height that the pieces suggest, weighted by their ink."""
        height, area = self.stats[:, HEIGHT], self.stats[:, AREA]
        text = self.is_letter & (height > 0.8 * self.body) & (height < 10.0 * self.body)
        if not text.any():
            return [self.body] * len(shares)
        order = np.argsort(height[text], kind="stable")
        weight = np.cumsum(area[text][order])
        at = np.searchsorted(weight, np.asarray(shares) * weight[-1])
        return [_BODY_OF_HEIGHT * float(h) for h in height[text][order][at]]


def find_pieces(ink: Mask) -> InkPieces:
    """Take ink apart.

    Args:
        ink: 1 where there is ink, rules taken out, uint8 (h, w).
    """
    _, numbers, table, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    labels, stats = np.asarray(numbers, np.int32), np.asarray(table, np.int32)
    body = usual_body(stats, ink.shape[0])
    letters = _letters(stats, body)
    return InkPieces(labels, np.flatnonzero(ink.view(np.bool_)), stats, letters, body)


def usual_body(stats: Labels, rows: int) -> float:
    """Height of most text bodies: from the median height of pieces, weighted by their ink."""
    width, height, area = stats[:, WIDTH], stats[:, HEIGHT], stats[:, AREA]
    # Neither specks nor borders nor the grid of a table.
    fit = (area >= 4) & (height >= 4) & (height < 0.95 * rows) & (width < 12 * height)
    fit &= area > 0.06 * width * height
    fit[0] = False
    if not fit.any():
        return 10.0
    order = np.argsort(height[fit], kind="stable")
    weight = np.cumsum(area[fit][order])
    # A little below the median: pieces that join two lines are among the highest.
    middle = int(np.searchsorted(weight, 0.42 * weight[-1]))
    return max(3.0, float(_BODY_OF_HEIGHT * height[fit][order][middle]))


def _letters(stats: Labels, body: float) -> Bools:
    """Which pieces are parts of letters."""
    width, height, area = stats[:, WIDTH], stats[:, HEIGHT], stats[:, AREA]
    letters = area >= max(3.0, (0.12 * body) ** 2)
    letters &= ~((height > 2.6 * body) & (width < 0.5 * body))  # borders of cells
    letters &= ~((width > 6.0 * body) & (height < 0.4 * body))  # remains of rules
    solid = area > 0.8 * width * height
    letters &= ~(solid & (np.minimum(width, height) > 1.4 * body))  # shadows, photographs
    letters[0] = False
    return np.asarray(letters, np.bool_)
