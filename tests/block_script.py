"""A made-up script of blocks that the tiny test models read; see ``fixtures/make_tiny_bundles.py``.

A letter is a pattern of three bands, 16 pixels wide in the network's input, 12 pixels apart.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edge_runtime.charset import Charset

Picture = npt.NDArray[np.uint8]

CODES = {
    " ": (0, 1, 0),
    "1": (1, 0, 0),
    "a": (0, 0, 1),
    "x": (1, 1, 1),
    "đ": (1, 1, 0),
    "ă": (0, 1, 1),
    "ộ": (1, 0, 1),
}
"""Which bands (upper, middle, lower) are inked in each letter."""
CHARSET = Charset("".join(CODES))
HEIGHT = 48
STRIDE = 4
BANDS = ((9, 19), (19, 30), (30, 40))
"""First and past-the-last row of each band, in the network's input."""
LETTER, GAP = 16, 12


def ink_of(text: str) -> Picture:
    """The network's input for ``text``: uint8 (48, W), white on black, without any noise."""
    columns = [_column(CODES[letter], HEIGHT, BANDS, LETTER) for letter in text]
    gap = np.zeros((HEIGHT, GAP), np.uint8)
    return np.hstack([gap, *(part for column in columns for part in (column, gap))])


def picture_of(text: str) -> Picture:
    """A picture that the preprocessing turns into about ``ink_of(text)``: uint8 (96, W), grey.

    Blocks are hatched, because a pen has no solid ones. Text should begin and end with ``x``, which
    shows the preprocessing where the bands are.
    """
    scale = 2.0  # the bands span 31 rows, of which the 10th to 90th percentile are 25
    across = scale / 0.85  # the preprocessing narrows lines to 0.85
    bands = [(round(top * scale) - 1, round(bottom * scale) - 1) for top, bottom in BANDS]
    columns = [_column(CODES[letter], 96, bands, round(LETTER * across)) for letter in text]
    gap = np.zeros((96, round(GAP * across)), np.uint8)
    ink = np.hstack([gap, *(part for column in columns for part in (column, gap))])
    ink[:, np.arange(ink.shape[1]) % 8 >= 4] = 0
    return np.asarray(230 - 190 * (ink // 255), np.uint8)


def _column(
    code: tuple[int, int, int], rows: int, bands: Sequence[tuple[int, int]], width: int
) -> Picture:
    column = np.zeros((rows, width), np.uint8)
    for lit, (top, bottom) in zip(code, bands, strict=True):
        column[top:bottom] = 255 * lit
    return column
