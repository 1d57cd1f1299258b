"""Capital and small letters of a line, read backwards: Title Case, natural case or CAPITALS.

Which of the three a line is in is not known beforehand. The cost of a text is that of the style
that explains it best, so one small letter among Capitals at the Beginning of Words is found odd,
and none in a sentence.
"""

from typing import Final

from edge_runtime.lexicon_meta import Weights

BREAK, CAPITAL, SMALL, WITHIN, COMMA = range(5)
"""What a symbol is: a space or sign; a letter; a digit or a sign inside words; a comma."""
_CAP: Final = 240
"""Styles that cost so much more than the best are equally out of question."""


def letter_kind(symbol: str) -> int:
    """Which of these a symbol is."""
    if symbol.isupper():
        return CAPITAL
    if symbol.islower():
        return SMALL
    if symbol == ",":
        return COMMA
    return WITHIN if symbol.isdigit() or symbol in "'/-" else BREAK


class CaseState:
    """Costs of the styles above the cheapest, and the letter that waits for its neighbour."""

    __slots__ = ("costs", "last", "next")

    def __init__(self, costs: tuple[int, ...], last: int) -> None:
        self.costs = costs
        self.last = last
        self.next: list[tuple[CaseState, int] | None] = [None] * 5
        """By the kind of the next symbol to the left: what follows, at what cost."""


class Casing:
    """Scores the case of a text symbol by symbol, in sixteenths of a nat."""

    def __init__(self, weights: Weights) -> None:
        self._first = {
            CAPITAL: [round(16 * x) for x in weights.capital],
            SMALL: [round(16 * x) for x in weights.small],
        }
        self._inner = {
            CAPITAL: [round(16 * x) for x in weights.inner_capital],
            SMALL: [round(16 * x) for x in weights.inner_small],
        }
        self._comma = [round(16 * x) for x in weights.comma]
        self._states: dict[tuple[tuple[int, ...], int], CaseState] = {}
        self.start: Final = self._state(tuple(round(16 * x) for x in weights.style), BREAK)

    def step(self, before: CaseState, kind: int) -> tuple[CaseState, int]:
        """What follows a symbol; also noted in ``before.next``."""
        costs, base = self._judged(before, kind)
        before.next[kind] = found = (self._state(costs, kind), base)
        return found

    def end_cost(self, before: CaseState) -> int:
        """Cost of the text's beginning here."""
        return self._judged(before, BREAK)[1]

    def _judged(self, before: CaseState, kind: int) -> tuple[tuple[int, ...], int]:
        """Costs once the last letter's left neighbour is known, and by how much all have grown."""
        costs = list(before.costs)
        if before.last in self._first and kind != WITHIN:
            added = (self._inner if kind in self._inner else self._first)[before.last]
            costs = [cost + more for cost, more in zip(costs, added, strict=True)]
        if kind == COMMA:
            costs = [cost + more for cost, more in zip(costs, self._comma, strict=True)]
        base = min(costs)
        return tuple(min(cost - base, _CAP) for cost in costs), base

    def _state(self, costs: tuple[int, ...], last: int) -> CaseState:
        key = (costs, last)
        found = self._states.get(key)
        if found is None:
            found = self._states.setdefault(key, CaseState(costs, last))
        return found
