"""The cheapest way to read a finished text with a grammar: which pieces are places, words, numbers.

The beam search only keeps what a text costs; here one text is walked once more, with the way kept.
"""

from dataclasses import dataclass
from typing import Final

from edge_runtime.grammar import TextGrammar
from edge_runtime.states import (
    ANYTHING,
    AT_PLACE,
    BETWEEN_WORDS,
    IN_NAME,
    IN_NUMBERED_KIND,
    IN_OTHER,
    IN_WORD,
    TAG,
    State,
    pairs,
)

_BETWEEN: Final = (AT_PLACE, BETWEEN_WORDS)
_INSIDE: Final = (IN_NAME, IN_NUMBERED_KIND, IN_WORD, IN_OTHER)


@dataclass(frozen=True)
class Piece:
    """A part of a text between separators, and what the grammar takes it for."""

    start: int
    end: int
    """Where it stands in the text: ``text[start:end]``."""
    inside: State
    """The state inside it: in a name, a numbered kind, a word or other text."""
    after: State
    """The state to its left: at a place or between words."""


Way = tuple["Way", int, State, State] | None
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
            for target, arc in pairs(grammar.arcs(state, symbol)):
                if target not in after or cost + arc < after[target][0]:
                    after[target] = cost + arc, _extended(way, position, state, target)
        ways = after
    finals = [
        (cost + end, number, _extended(way, len(text), state, target))
        for number, (state, (cost, way)) in enumerate(ways.items())
        for target, end in pairs(grammar.ends(state))
    ]
    if not finals:
        return None
    _, number, way = min(finals, key=lambda final: final[:2])
    if list(ways)[number] & TAG == ANYTHING:
        return None
    return _pieces(way, text)


def _extended(way: Way, position: int, state: State, target: State) -> Way:
    """The way with one more piece if one has just ended."""
    if state & TAG in _INSIDE and target & TAG in _BETWEEN:
        return way, position, state, target
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
