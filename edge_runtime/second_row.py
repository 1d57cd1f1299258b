"""Finds a second row of text in the picture of one line, and takes the two rows apart.

People who run out of space in the cell of a form go on below, at the left. Six of the ninety
writers of the Kalapa training set do so, once or often. Such a picture shows letters above letters,
which a single row does not: marks and tails are smaller than letters. What is found here is a
suspicion, right for one picture in three; ``row_choice`` decides by what the network reads.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.textbody import Strokes

Ink = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.int32]
"""(n, 5): left, top, width, height, pixels of ink."""

# All lengths are shares of the picture's height.
_LETTER: Final = 0.12
"""Height of a letter, at least."""
_ALIKE: Final = 0.4
"""Height of the smaller of two letters above each other over that of the larger."""
_LARGE: Final = 0.5
"""Height of the letters of the upper row over that of the larger letters of the picture, at least:
small print beside the writing is no row of it."""
_STACKED: Final = 0.35
"""Length over which letters stand above letters, at least."""
_INDENT: Final = 1.5
"""The second row begins no farther than this from the left end of the text."""
_GAP: Final = 1.3
"""Space inside the second row, at most."""
_TOUCH: Final = 2
"""Rows by which a letter may reach into the one below it, pixels."""
_RIM: Final = 2
"""Width of the soft edge of strokes, which goes with them, pixels."""


@dataclass(frozen=True)
class _Cut:
    """Where the second row is: below ``row``, left of ``end``."""

    row: float
    end: int


def split_rows(ink: Ink, strokes: Strokes) -> tuple[Ink, Ink] | None:
    """Take two rows of text apart.

    Args:
        ink: uint8 (h, w), darkness relative to the paper.
        strokes: what of it is letters (``textbody.text_strokes``).

    Returns:
        The ink of the upper row, uint8 (h, w), and that of the lower one, uint8 (h2, w); None
        where nothing speaks for two rows.
    """
    cut = _find_cut(strokes.boxes, ink.shape)
    if cut is None:
        return None
    return _apart(ink, strokes.mask, _lower_strokes(strokes, cut), cut)


def _find_cut(boxes: Boxes, shape: tuple[int, ...]) -> _Cut | None:
    """The border between two rows, if there are letters above letters near the left end."""
    rows, columns = shape
    letters = boxes[(boxes[:, 3] >= _LETTER * rows) & (boxes[:, 4] >= 20)]
    pairs = _pairs(letters)
    if not len(pairs):
        return None
    begin, end, length = _longest_stack(pairs, columns, rows // 2)
    if length < _STACKED * rows:
        return None
    inside = pairs[(pairs[:, 0] >= begin - 1) & (pairs[:, 1] <= end + 1)]
    if np.median(inside[:, 3]) < _LARGE * np.percentile(letters[:, 3], 75):
        return None
    row = _weighted_median(inside[:, 2] / 2, inside[:, 1] - inside[:, 0])
    last = _end_of_row(letters, row, boxes[:, 0].min() + _INDENT * rows, rows)
    return _Cut(row, last) if last >= end - 0.3 * rows else None


def _pairs(letters: Boxes) -> npt.NDArray[np.int32]:
    """Letters above letters, int32 (n, 4).

    Of each pair: first and past-the-last column that both have, twice the row between them, the
    height of the upper one.
    """
    left, top, width, height = letters[:, :4].T
    right, bottom = left + width, top + height
    begin, end = np.maximum.outer(left, left), np.minimum.outer(right, right)
    above = bottom[:, None] <= top[None, :] + _TOUCH
    low, high = np.minimum.outer(height, height), np.maximum.outer(height, height)
    found = above & (end - begin >= 3) & (low >= _ALIKE * high)
    between = np.add.outer(bottom, top)
    upper = np.broadcast_to(height[:, None], found.shape)
    columns = [begin[found], end[found], between[found], upper[found]]
    return np.stack(columns, axis=1).astype(np.int32)


def _longest_stack(pairs: npt.NDArray[np.int32], columns: int, gap: int) -> tuple[int, int, int]:
    """The stretch, gaps up to ``gap`` closed, with most columns of pairs: begin, end, columns."""
    covered = np.zeros((1, columns), np.uint8)
    for begin, end, *_ in pairs:
        covered[0, begin:end] = 1
    closed = cv2.morphologyEx(covered, cv2.MORPH_CLOSE, np.ones((1, max(1, gap)), np.uint8))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], closed[0], [0]]).astype(np.int8)))
    stretches = edges.reshape(-1, 2)
    lengths = [int(covered[0, begin:end].sum()) for begin, end in stretches]
    best = int(np.argmax(lengths))
    return int(stretches[best, 0]), int(stretches[best, 1]), lengths[best]


def _weighted_median(values: npt.NDArray[Any], weights: npt.NDArray[Any]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def _end_of_row(letters: Boxes, row: float, latest: float, rows: int) -> int:
    """Last column of the letters below ``row``, read on from the left; 0 if none begins there."""
    top, height = letters[:, 1], letters[:, 3]
    below = letters[(top + height * 0.5 > row) & (top > row - 0.12 * rows)]
    end = 0
    for left, _, width, _, _ in below[np.argsort(below[:, 0])]:
        if left > (end + _GAP * rows if end else latest):
            break
        end = max(end, int(left + width))
    return end


def _lower_strokes(strokes: Strokes, cut: _Cut) -> Ink:
    """The strokes of the second row, 1 or 0; a stroke that lies in both rows is cut in two."""
    lower = np.zeros_like(strokes.mask)
    margin = cut.end + 0.2 * lower.shape[0]
    pieces = zip(strokes.numbers, strokes.boxes, strict=True)
    for number, (left, top, width, height, area) in pieces:
        if left >= margin or top + height <= cut.row:
            continue
        stroke = strokes.labels[top : top + height, left : left + width] == number
        deep = stroke.copy()
        deep[: max(0, int(cut.row) + 1 - top)] = False
        share = deep.sum() / area
        if share >= 0.25:
            lower[top : top + height, left : left + width] |= stroke if share > 0.75 else deep
    return lower


def _apart(ink: Ink, mask: Ink, lower: Ink, cut: _Cut) -> tuple[Ink, Ink] | None:
    """The ink of each row: its strokes with their soft edges, and what lies on its side."""
    if not lower.any():
        return None
    kernel = np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)
    upper = mask & ~lower & 1
    near_lower, near_upper = cv2.dilate(lower, kernel) > 0, cv2.dilate(upper, kernel) > 0
    side = np.zeros(mask.shape, bool)
    side[int(cut.row) + 1 :, : round(cut.end + 0.2 * mask.shape[0])] = True
    first, second = ink.copy(), ink.copy()
    first[(near_lower | side) & ~near_upper] = 0
    second[~((near_lower & (upper == 0)) | (side & ~near_upper))] = 0
    top = max(0, min(int(np.flatnonzero(lower.any(axis=1))[0]) - 4, int(cut.row) - 8))
    return first, second[top:]
