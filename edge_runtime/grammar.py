"""How a text may go on, read backwards: an automaton over words, numbers and other text.

A state is a position in the automaton; each symbol leads from it to others at a cost. Several ways
may be open at once: ``Hoà`` is a word, and also the beginning of anything that the lexicon does not
know. ``LineModel`` keeps the cheap ones. Symbols are in small letters, costs are sixteenths of a
nat. ``AddressGrammar`` in ``addresses.py`` adds the places.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from edge_runtime.lexicon import Lexicon
from edge_runtime.lexicon_meta import Weights
from edge_runtime.words import Words

SIGNS: Final = frozenset(",.;:!?()\"'-+#/&%_@")
INNER_SIGNS: Final = frozenset("/-'.+#&_@%")
"""Signs that may stand inside a number or an unknown word."""
ANY_DIGIT: Final = 37
"""ln 10: every digit costs the same, so that digits stay as the network read them."""
SPACE: Final = 16
"""Cost of a space beside a sign, which a word's end does not imply."""


LETTER, UNKNOWN, NUMBER = range(3)
"""One letter, which may belong to a number (12A); an unknown word; a number."""


class BetweenWords(NamedTuple):
    """In the text, at the left edge of what was read."""

    context: int
    """The word to the right, or a class of ``Words``."""


class InWord(NamedTuple):
    """Inside a word of the lexicon."""

    node: int
    context: int


class InOther(NamedTuple):
    """Inside a number or an unknown word."""

    letter: int
    context: int
    kind: int
    """What it is so far: LETTER, UNKNOWN or NUMBER."""


class Anything(NamedTuple):
    """In a line that is taken as the network reads it."""


class State:
    """A position in the automaton. Its arcs are found when they are first asked for."""

    __slots__ = ("arcs", "at", "ends", "open")

    def __init__(self, at: Any) -> None:
        self.at = at
        """Which position it is."""
        self.arcs: dict[str, tuple[Arc, ...]] = {}
        """By symbol: where it leads, and at what cost."""
        self.ends: tuple[Arc, ...] | None = None
        """Where it leads if the word ends here; empty inside a word that cannot."""
        self.open = isinstance(at, BetweenWords | InOther | Anything)
        """Whether any text may follow."""


Arc = tuple[State, int]


def sixteenths(nats: float) -> int:
    """A cost in the unit of the lexicon."""
    return round(16 * nats)


class TextGrammar:
    """Words of the lexicon, numbers and words that are not in it, in any order."""

    def __init__(self, lexicon: Lexicon, weights: Weights | None = None) -> None:
        """Use the lexicon's own weights unless others are given."""
        self.weights = weights or lexicon.meta.weights
        self.words = Words(lexicon)
        self._states: dict[tuple[type, Any], State] = {}
        self._followers: dict[type, Callable[[Any, str], list[Arc]]] = {
            BetweenWords: self._begin,
            InWord: self._in_word,
            InOther: self._in_other,
            Anything: self._anything,
        }
        self._enders: dict[type, Callable[[Any], list[Arc]]] = {
            InWord: self._end_word,
            InOther: self._end_other,
        }
        self._neutral = sixteenths(self.weights.bonus / self.weights.scale)
        self._unknown = sixteenths(self.weights.unknown)
        self._digits = sixteenths(self.weights.digits)
        self._number_letter = sixteenths(self.weights.number_letter)
        self._number_sign = sixteenths(self.weights.number_sign)
        self._word_share = self.weights.words
        self._sign = sixteenths(self.weights.sign)
        self._boundary_sign = sixteenths(self.weights.boundary_sign)

    def starts(self) -> tuple[Arc, ...]:
        """The end of a line, with the costs of the ways to begin there."""
        text = self.state(BetweenWords(self.words.boundary))
        return (text, 0), (self.state(Anything()), sixteenths(self.weights.free))

    def state(self, at: Any) -> State:
        """The one state of a position."""
        key = (type(at), at)
        found = self._states.get(key)
        if found is None:
            found = self._states.setdefault(key, State(at))
        return found

    def forget(self) -> None:
        """Drop all states; those in use stay valid, they are only found anew."""
        self._states = {}

    def arcs(self, state: State, symbol: str) -> tuple[Arc, ...]:
        """Where a symbol leads."""
        found = state.arcs.get(symbol)
        if found is None:
            found = tuple(self._followers[type(state.at)](state.at, symbol))
            state.arcs[symbol] = found
        return found

    def ends(self, state: State) -> tuple[Arc, ...]:
        """Where the end of a word leads; itself between words, nothing where no word may end."""
        if state.ends is None:
            ender = self._enders.get(type(state.at))
            state.ends = tuple(ender(state.at)) if ender else ((state, 0),)
        return state.ends

    def _after_end(self, at: Any, symbol: str) -> list[Arc]:
        """What a space or a sign leads to, if the word may end before it."""
        if symbol != " " and symbol not in SIGNS:
            return []
        return [
            (state, cost + (0 if symbol == " " else self.sign_cost(state.at, symbol)))
            for state, cost in self.ends(self.state(at))
        ]

    def sign_cost(self, at: Any, symbol: str) -> int:
        """Cost of a sign between words."""
        cheap = symbol in ",." and at == BetweenWords(self.words.boundary)
        return self._boundary_sign if cheap else self._sign

    def _anything(self, at: Anything, symbol: str) -> list[Arc]:
        """Every symbol costs what the bonus gives for it: the network decides alone."""
        return [(self.state(at), self._neutral)]

    def _begin(self, at: BetweenWords, symbol: str) -> list[Arc]:
        if symbol == " ":
            return [(self.state(at), SPACE)]
        arcs: list[Arc] = []
        if symbol in SIGNS:
            arcs.append((self.state(at), self.sign_cost(at, symbol)))
        child = self.words.child(0, symbol)
        if child >= 0:
            cost = round(self.words.cost(child) * self._word_share)
            arcs.append((self.state(InWord(child, at.context)), cost))
        if symbol not in SIGNS:
            letter, digit = self.words.letter(symbol), symbol.isdigit()
            kind = NUMBER if digit else LETTER
            if digit:
                cost = self._digits + ANY_DIGIT
            else:
                cost = self.words.letter_cost(self.words.edge, letter)
            arcs.append((self.state(InOther(letter, at.context, kind)), cost))
        return arcs

    def _in_word(self, at: InWord, symbol: str) -> list[Arc]:
        arcs = self._after_end(at, symbol)
        child = self.words.child(at.node, symbol)
        if child >= 0:
            cost = round(self.words.cost(child) * self._word_share)
            arcs.append((self.state(InWord(child, at.context)), cost))
        return arcs

    def _end_word(self, at: InWord) -> list[Arc]:
        word = self.words.word_at(at.node)
        if word is None:
            return []
        cost = round(self.words.end_cost(at.node, word, at.context) * self._word_share)
        return [(self.state(BetweenWords(word)), cost)]

    def _in_other(self, at: InOther, symbol: str) -> list[Arc]:
        arcs = self._after_end(at, symbol)
        if symbol != " " and (symbol not in SIGNS or symbol in INNER_SIGNS):
            letter, digit = self.words.letter(symbol), symbol.isdigit()
            kind = NUMBER if digit or at.kind == NUMBER else UNKNOWN
            cost = self._turn(at, kind)
            if digit:
                cost += ANY_DIGIT
            elif kind == NUMBER:
                cost += self._number_sign if symbol in SIGNS else self._number_letter
            else:
                cost += self.words.letter_cost(at.letter, letter)
            arcs.append((self.state(InOther(letter, at.context, kind)), cost))
        return arcs

    def _turn(self, at: InOther, kind: int) -> int:
        """Cost of becoming a number or an unknown word; a single letter has not paid yet."""
        if kind == at.kind:
            return 0
        paid = self._unknown if at.kind == UNKNOWN else 0
        return (self._digits if kind == NUMBER else self._unknown) - paid

    def _end_other(self, at: InOther) -> list[Arc]:
        if at.kind == NUMBER:
            cost = self.words.class_cost(at.context, self.words.number)
            return [(self.state(BetweenWords(self.words.number)), cost)]
        cost = self.words.letter_cost(at.letter, self.words.edge)
        return [(self.state(BetweenWords(self.words.unknown)), cost + self._turn(at, UNKNOWN))]
