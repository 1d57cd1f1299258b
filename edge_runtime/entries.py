"""What may be read at one place of an address: a sorted list of names that is searched like a trie.

Names are reversed. All that begin with what was read so far stand side by side, so a position in
the trie is a range of the list; the next letter narrows it by two binary searches. Lists are short
(the wards of a district, the districts of a province) and made when a line first needs them.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import Generic, TypeVar

Target = TypeVar("Target")
_LAST = "\U0010ffff"


class Entries(Generic[Target]):
    """Names with weights; each leads to a target."""

    __slots__ = ("_sums", "_targets", "names")

    def __init__(self, items: Iterable[tuple[str, float, Target]]) -> None:
        """Take names in reading order, in small letters, with positive weights."""
        rows = sorted(((name[::-1], weight, target) for name, weight, target in items), key=_name)
        self.names = tuple(name for name, _, _ in rows)
        self._targets = tuple(target for _, _, target in rows)
        self._sums = tuple(accumulate((weight for _, weight, _ in rows), initial=0.0))

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)

    def narrow(self, prefix: str, low: int, high: int) -> tuple[int, int]:
        """The part of a range whose reversed names begin with ``prefix``; empty if none does."""
        low = bisect_left(self.names, prefix, low, high)
        return low, bisect_left(self.names, prefix + _LAST, low, high)

    def cost(self, low: int, high: int, new_low: int, new_high: int) -> int:
        """Cost of a part of a range, sixteenths of a nat."""
        whole, part = self._sums[high] - self._sums[low], self._sums[new_high] - self._sums[new_low]
        return round(16 * math.log(whole / part))

    def complete(self, length: int, low: int, high: int) -> list[tuple[Target, int]]:
        """Targets of the names in a range that have ``length`` letters, with the cost of each.

        All names of the range are alike in so many letters.
        """
        found = []
        for row in range(low, high):
            if len(self.names[row]) != length:
                break  # they come first
            found.append((self._targets[row], self.cost(low, high, row, row + 1)))
        return found


def _name(row: tuple[str, float, Target]) -> str:
    return row[0]
