"""The order in which the lines of a page are read.

Breuel's two rules (2003): a line comes before one below it that it shares columns with, and before
one right of it unless a line between them spans both, so that columns are read one after the
other. In a table it is rows that are read one after the other.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edge_runtime.line_finder import TextLine

Mask = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]


def reading_order(lines: Sequence[TextLine], upright: Mask) -> list[int]:
    """Positions of the lines in the order of reading.

    Args:
        lines: lines of a flattened page.
        upright: 1 where borders of cells are, uint8 (h, w).
    """
    if len(lines) < 2:
        return list(range(len(lines)))
    rows = _rows(lines)
    if _is_table(lines, rows, upright):
        return [i for row in rows for i in row]
    return _topological(_before(lines), lines)


def _rows(lines: Sequence[TextLine]) -> list[list[int]]:
    """Lines side by side, from left to right; rows from the top."""
    rows: list[list[int]] = []
    for i in sorted(range(len(lines)), key=lambda k: lines[k].middle):
        for row in reversed(rows[-3:]):
            if all(_beside(lines[i], lines[k]) for k in row):
                row.append(i)
                break
        else:
            rows.append([i])
    return [sorted(row, key=lambda k: lines[k].left) for row in rows]


def _beside(a: TextLine, b: TextLine) -> bool:
    """Whether two lines stand in one row and do not overlap."""
    if a.left < b.right and b.left < a.right:
        return False
    left, right = (a, b) if a.left < b.left else (b, a)
    between = (left.right + right.left) / 2
    distance = abs(left.ridge.row_at(between) - right.ridge.row_at(between))
    return distance < 0.8 * max(a.ridge.body, b.ridge.body)


def _is_table(lines: Sequence[TextLine], rows: Sequence[Sequence[int]], upright: Mask) -> bool:
    """Whether borders stand between most lines of a row."""
    pairs = [(lines[a], lines[b]) for row in rows for a, b in itertools.pairwise(row)]
    bordered = 0
    for left, right in pairs:
        first, last = round(left.right) - 2, round(right.left) + 2
        row = round(left.ridge.row_at((first + last) / 2))
        window = upright[max(0, row - 2) : row + 3, max(0, first) : max(0, last)]
        bordered += bool(window.any())
    return len(pairs) > 0 and bordered > 0.5 * len(pairs)


def _before(lines: Sequence[TextLine]) -> Bools:
    """Whether each line, by row of the matrix, comes before each other line."""
    left = np.array([line.left for line in lines])
    right = np.array([line.right for line in lines])
    # The row at the middle of each other line: lines may slope.
    rows = np.array([line.ridge.rows_at((left + right) / 2) for line in lines])
    own = np.diag(rows)
    overlap = (left[:, None] < right[None, :]) & (left[None, :] < right[:, None])
    above = rows < own[None, :]
    before = overlap & above
    for i, j in zip(*np.nonzero(right[:, None] <= left[None, :]), strict=True):
        low, high = min(own[i], own[j]), max(own[i], own[j])
        spans = overlap[i] & overlap[j] & (own > low) & (own < high)
        before[i, j] = not spans.any()
    np.fill_diagonal(before, False)
    return np.asarray(before, np.bool_)


def _topological(before: Bools, lines: Sequence[TextLine]) -> list[int]:
    """An order that keeps to the matrix; where it contradicts itself, the highest line is next."""
    left = list(range(len(lines)))
    order: list[int] = []
    while left:
        free = [j for j in left if not before[left, j].any()] or left
        chosen = min(free, key=lambda k: (lines[k].middle, lines[k].left))
        order.append(chosen)
        left.remove(chosen)
    return order
