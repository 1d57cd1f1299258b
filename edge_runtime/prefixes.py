"""The tree of the texts that a beam search has tried, as columns of a table: a prefix is its row.

A prefix is looked at a few times and there are hundreds in a line; as objects they would be all
that Python's garbage collection finds to walk.
"""

import math
from typing import Any, Final

ROOT: Final = 0
"""The row of the empty text, which is added first."""
NONE: Final = -1
"""No prefix."""
_ZEROS: Final = [0.0] * 256


class Prefixes:
    """All prefixes of one search."""

    def __init__(self, classes: int) -> None:
        self.children: dict[int, int] = {}
        """By ``parent * classes + symbol``; ``NONE`` where the language model excludes it."""
        self.classes = classes
        self.parent: list[int] = []
        self.symbol: list[int] = []
        self.states: list[Any] = []
        self.cost: list[float] = []
        self.gain: list[float] = []
        """The language model's factor for the symbol."""
        self.blank: list[float] = []
        """Mass of the alignments that end with a blank, relative to the best prefix of the time
        step. This and the next two hold only for prefixes in the beam."""
        self.label: list[float] = []
        """The same of those that end with the symbol."""
        self.total: list[float] = []
        self.next_blank: list[float] = []
        self.next_label: list[float] = []
        self.peak: list[float] = []
        """The highest probability of the class at a time step that added mass,"""
        self.step: list[int] = []
        """and which step that was."""

    def add(self, parent: int, symbol: int, states: Any, cost: float) -> int:
        """A new prefix without mass."""
        row = len(self.parent)
        if row == len(self.step):
            self._reserve()
        self.parent.append(parent)
        self.symbol.append(symbol)
        self.states.append(states)
        self.cost.append(self.cost[parent] + cost if row else 0.0)
        self.gain.append(math.exp(min(-cost, 50.0)))
        return row

    def _reserve(self) -> None:
        """More rows of zeros where prefixes begin with zero."""
        for column in (self.blank, self.label, self.total, self.next_blank, self.next_label):
            column += _ZEROS
        self.peak += _ZEROS
        self.step += [0] * len(_ZEROS)

    def path(self, row: int) -> list[int]:
        """The prefixes from the first symbol to this one."""
        path = []
        while row != ROOT:
            path.append(row)
            row = self.parent[row]
        return path[::-1]
