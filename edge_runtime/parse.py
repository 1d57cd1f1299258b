"""The cheapest way to read a finished text with a grammar: which pieces are places, words, numbers.

The beam search only keeps what a text costs; here one text is walked once more, with the way kept.
"""

from dataclasses import dataclass
from typing import Any, Final

from edge_runtime.addresses import AtPlace, InName, InNumberedKind
from edge_runtime.grammar import Anything, BetweenWords, InOther, InWord, State, TextGrammar

_BETWEEN: Final = (AtPlace, BetweenWords)
_INSIDE: Final = (InName, InNumberedKind, InWord, InOther)


@dataclass(frozen=True)
class Piece:
    """A part of a text between separators, and what the grammar takes it for."""

    start: int
    end: int
    """Where it stands in the text: ``text[start:end]``."""
    inside: Any
    """The position inside it: InName, InNumberedKind, InWord or InOther."""
    after: Any
    """The position to its left: AtPlace or BetweenWords."""


Way = tuple["Way", int, Any, Any] | None
"""The pieces so far: the way before, where the piece ends (backwards), inside, after."""


def parse(grammar: TextGrammar, text: str) -> list[Piece] | None:
    """The pieces of a text from its end to its beginning.

    Args:
        grammar: what may be read.
        text: a finished line.

    Returns:
        None if the line is cheapest as text that the grammar knows nothing of.
    """
    ways: dict[State, tuple[int, Way]] = {state: (cost, None) for state, cost in grammar.starts()}
    for position, symbol in enumerate(reversed(text.lower())):
        after: dict[State, tuple[int, Way]] = {}
        for state, (cost, way) in ways.items():
            for target, arc in grammar.arcs(state, symbol):
                if target not in after or cost + arc < after[target][0]:
                    after[target] = cost + arc, _extended(way, position, state, target)
        ways = after
    finals = [
        (cost + end, number, _extended(way, len(text), state, target))
        for number, (state, (cost, way)) in enumerate(ways.items())
        for target, end in grammar.ends(state)
    ]
    if not finals:
        return None
    _, number, way = min(finals, key=lambda final: final[:2])
    if isinstance(list(ways)[number].at, Anything):
        return None
    return _pieces(way, text)


def _extended(way: Way, position: int, state: State, target: State) -> Way:
    """The way with one more piece if one has just ended."""
    if isinstance(state.at, _INSIDE) and isinstance(target.at, _BETWEEN):
        return way, position, state.at, target.at
    return way


def _pieces(way: Way, text: str) -> list[Piece]:
    ends = []
    while way is not None:
        way, position, inside, after = way
        ends.append((position, inside, after))
    pieces, last = [], 0
    for position, inside, after in reversed(ends):
        start, end = len(text) - position, len(text) - last
        last = position
        while end > start and not text[end - 1].isalnum():
            end -= 1  # the separators to the right of a piece are not part of it
        pieces.append(Piece(start, end, inside, after))
    return pieces
