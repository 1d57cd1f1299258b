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


CaseState = tuple[int, ...]
"""Costs of the styles above the cheapest; behind them the letter that waits for its neighbour."""


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
        self.start: Final[CaseState] = (*(round(16 * x) for x in weights.style), BREAK)

    def step(self, before: CaseState, kind: int) -> tuple[CaseState, int]:
        """What follows a symbol of one kind, and its cost."""
        costs, base = self._judged(before, kind)
        return (*costs, kind), base

    def end_cost(self, before: CaseState) -> int:
        """Cost of the text's beginning here."""
        return self._judged(before, BREAK)[1]

    def _judged(self, before: CaseState, kind: int) -> tuple[list[int], int]:
        """Costs once the last letter's left neighbour is known, and by how much all have grown."""
        *costs, last = before
        if last in self._first and kind != WITHIN:
            added = (self._inner if kind in self._inner else self._first)[last]
            costs = [cost + more for cost, more in zip(costs, added, strict=True)]
        if kind == COMMA:
            costs = [cost + more for cost, more in zip(costs, self._comma, strict=True)]
        base = min(costs)
        return [min(cost - base, _CAP) for cost in costs], base
