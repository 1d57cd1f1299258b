"""How a text may go on, read backwards: an automaton over words, numbers and other text.

A state is a position in the automaton; each symbol leads from it to others at a cost. Several ways
may be open at once: ``Hoà`` is a word, and also the beginning of anything that the lexicon does not
know. ``LineModel`` keeps the cheap ones. Symbols are in small letters, costs are sixteenths of a
nat. States are integers, see ``states.py``. ``AddressGrammar`` in ``addresses.py`` adds the places.
"""

from collections.abc import Callable
from typing import Final

from edge_runtime.lexicon import Lexicon
from edge_runtime.lexicon_meta import Weights
from edge_runtime.states import (
    ANYTHING,
    BETWEEN_WORDS,
    IN_OTHER,
    IN_WORD,
    LETTER,
    NUMBER,
    TAG,
    UNKNOWN,
    Arc,
    Flat,
    State,
    between_words,
    context_of,
    flat,
    in_other,
    in_word,
    other_of,
    pairs,
    word_of,
)
from edge_runtime.words import Words

SIGNS: Final = frozenset(",.;:!?()\"'-+#/&%_@")
INNER_SIGNS: Final = frozenset("/-'.+#&_@%")
"""Signs that may stand inside a number or an unknown word."""
ANY_DIGIT: Final = 37
"""ln 10: every digit costs the same, so that digits stay as the network read them."""
SPACE: Final = 16
"""Cost of a space beside a sign, which a word's end does not imply."""


SYMBOL_BITS: Final = 21
"""Bits of a code point."""


def sixteenths(nats: float) -> int:
    """A cost in the unit of the lexicon."""
    return round(16 * nats)


class TextGrammar:
    """Words of the lexicon, numbers and words that are not in it, in any order."""

    def __init__(self, lexicon: Lexicon, weights: Weights | None = None) -> None:
        """Use the lexicon's own weights unless others are given."""
        self.weights = weights or lexicon.meta.weights
        self.words = Words(lexicon)
        self.known: dict[int, Flat] = {}
        """Arcs that were asked for, by ``state << SYMBOL_BITS | code point``."""
        self._ends: dict[State, Flat] = {}
        self._followers: dict[int, Callable[[State, str], list[Arc]]] = {
            BETWEEN_WORDS: self._begin,
            IN_WORD: self._in_word,
            IN_OTHER: self._in_other,
            ANYTHING: self._anything,
        }
        self._enders: dict[int, Callable[[State], list[Arc]]] = {
            IN_WORD: self._end_word,
            IN_OTHER: self._end_other,
        }
        self.text: Final = between_words(self.words.boundary)
        """In the text, at the beginning of a phrase."""
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
        return (self.text, 0), (ANYTHING, sixteenths(self.weights.free))

    def forget(self) -> None:
        """Drop the arcs that are remembered; they are only found anew."""
        self.known, self._ends = {}, {}

    def arcs(self, state: State, symbol: str) -> Flat:
        """Where a symbol leads, and at what costs."""
        key = state << SYMBOL_BITS | ord(symbol)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = flat(self._followers[state & TAG](state, symbol))
        return found

    def ends(self, state: State) -> Flat:
        """Where the end of a word leads; itself between words, nothing where no word may end."""
        found = self._ends.get(state)
        if found is None:
            ender = self._enders.get(state & TAG)
            found = self._ends[state] = flat(ender(state)) if ender else (state, 0)
        return found

    def _after_end(self, state: State, symbol: str) -> list[Arc]:
        """What a space or a sign leads to, if the word may end before it."""
        if symbol == " ":
            return list(pairs(self.ends(state)))
        if symbol not in SIGNS:
            return []
        ends = pairs(self.ends(state))
        return [(after, cost + self.sign_cost(after, symbol)) for after, cost in ends]

    def sign_cost(self, state: State, symbol: str) -> int:
        """Cost of a sign between words."""
        return self._boundary_sign if symbol in ",." and state == self.text else self._sign

    def _anything(self, state: State, symbol: str) -> list[Arc]:
        """Every symbol costs what the bonus gives for it: the network decides alone."""
        return [(state, self._neutral)]

    def _begin(self, state: State, symbol: str) -> list[Arc]:
        if symbol == " ":
            return [(state, SPACE)]
        context = context_of(state)
        arcs: list[Arc] = []
        if symbol in SIGNS:
            arcs.append((state, self.sign_cost(state, symbol)))
        child = self.words.child(0, symbol)
        if child >= 0:
            cost = round(self.words.cost(child) * self._word_share)
            arcs.append((in_word(child, context), cost))
        if symbol not in SIGNS:
            letter, digit = self.words.letter(symbol), symbol.isdigit()
            kind = NUMBER if digit else LETTER
            if digit:
                cost = self._digits + ANY_DIGIT
            else:
                cost = self.words.letter_cost(self.words.edge, letter)
            arcs.append((in_other(letter, context, kind), cost))
        return arcs

    def _in_word(self, state: State, symbol: str) -> list[Arc]:
        arcs = self._after_end(state, symbol)
        node, context = word_of(state)
        child = self.words.child(node, symbol)
        if child >= 0:
            cost = round(self.words.cost(child) * self._word_share)
            arcs.append((in_word(child, context), cost))
        return arcs

    def _end_word(self, state: State) -> list[Arc]:
        node, context = word_of(state)
        word = self.words.word_at(node)
        if word is None:
            return []
        cost = round(self.words.end_cost(node, word, context) * self._word_share)
        return [(between_words(word), cost)]

    def _in_other(self, state: State, symbol: str) -> list[Arc]:
        arcs = self._after_end(state, symbol)
        if symbol != " " and (symbol not in SIGNS or symbol in INNER_SIGNS):
            right, context, before = other_of(state)
            letter, digit = self.words.letter(symbol), symbol.isdigit()
            kind = NUMBER if digit or before == NUMBER else UNKNOWN
            cost = self._turn(before, kind)
            if digit:
                cost += ANY_DIGIT
            elif kind == NUMBER:
                cost += self._number_sign if symbol in SIGNS else self._number_letter
            else:
                cost += self.words.letter_cost(right, letter)
            arcs.append((in_other(letter, context, kind), cost))
        return arcs

    def _turn(self, before: int, kind: int) -> int:
        """Cost of becoming a number or an unknown word; a single letter has not paid yet."""
        if kind == before:
            return 0
        paid = self._unknown if before == UNKNOWN else 0
        return (self._digits if kind == NUMBER else self._unknown) - paid

    def _end_other(self, state: State) -> list[Arc]:
        letter, context, kind = other_of(state)
        if kind == NUMBER:
            cost = self.words.class_cost(context, self.words.number)
            return [(between_words(self.words.number), cost)]
        cost = self.words.letter_cost(letter, self.words.edge)
        return [(between_words(self.words.unknown), cost + self._turn(kind, UNKNOWN))]
