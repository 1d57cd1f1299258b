"""The places of a lexicon: provinces, their districts, their wards.

A place is a number. A province since July 2025 and one before it with the same name are two places.
"""

from bisect import bisect_right
from collections.abc import Iterator

from edge_runtime.lexicon import Lexicon
from edge_runtime.lexicon_meta import Kind


class Units:
    """Views of the unit sections."""

    def __init__(self, lexicon: Lexicon) -> None:
        arrays = lexicon.arrays
        self.kinds = lexicon.meta.kinds
        self._first, self._kind = arrays["unit.first"], arrays["unit.kind"]
        self._code, self._names = arrays["unit.code"], arrays["unit.names"]
        self._name_text, self._name_cost = arrays["name.text"], arrays["name.cost"]
        self._text_first, self._text = arrays["text.first"], arrays["text.bytes"]

    def __len__(self) -> int:
        """How many places there are."""
        return len(self._kind)

    def children(self, unit: int | None) -> range:
        """The places directly inside a place; None stands for the country."""
        row = 0 if unit is None else unit + 1
        return range(self._first[row], self._first[row + 1])

    def parent(self, unit: int) -> int | None:
        """The place around a place; None for a province."""
        # The last row that begins at or before the place: rows without children begin where the
        # next one does, so the last of equal beginnings is the one that holds it.
        row = bisect_right(self._first, unit) - 1
        return None if row == 0 else row - 1

    def kind(self, unit: int) -> Kind:
        """Its kind, such as Quận."""
        return self.kinds[self._kind[unit]]

    def level(self, unit: int) -> int:
        """0 province, 1 district, 2 ward."""
        return self.kind(unit).level

    def code(self, unit: int) -> int:
        """Its official code; 0 if it is not known."""
        return self._code[unit]

    def name(self, unit: int) -> str:
        """Its name without its kind."""
        return self._name(self._names[unit])

    def names(self, unit: int) -> Iterator[tuple[str, int]]:
        """All its names with their costs in sixteenths of a nat."""
        for row in range(self._names[unit], self._names[unit + 1]):
            yield self._name(row), self._name_cost[row]

    def _name(self, row: int) -> str:
        text = self._name_text[row]
        piece = self._text[self._text_first[text] : self._text_first[text + 1]]
        return bytes(piece).decode("utf-8", errors="replace")
