"""The states of the automaton that reads a line, each packed into one integer.

A reading remembers tens of thousands of states, arcs and sets of states. Made of integers they are
nothing that Python's cyclic garbage collection has to look at; as objects they cost it a quarter of
a second now and then, in the middle of a line.

The lowest bits say which kind of position a state is, the others hold that position's fields. Rows
and numbers of a lexicon fit their fields: a file has at most 64 MiB.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

State = int
Arc = tuple[State, int]
"""Where a symbol leads, and at what cost."""
Flat = tuple[int, ...]
"""Several states with their costs: state, cost, state, cost, ... Collection forgets a tuple of
integers when it meets it; one of tuples may have to be met several times."""

BETWEEN_WORDS, IN_OTHER, ANYTHING, IN_WORD, AT_PLACE, IN_NAME, IN_NUMBER, IN_NUMBERED_KIND = range(
    8
)
_TAG_BITS: Final = 3
TAG: Final = (1 << _TAG_BITS) - 1
_LAST_OPEN: Final = ANYTHING
_ROW_BITS: Final = 24
_ROW: Final = (1 << _ROW_BITS) - 1
_DIGITS_BITS: Final = 12
_DIGITS: Final = (1 << _DIGITS_BITS) - 1

LETTER, UNKNOWN, NUMBER = range(3)
"""What text outside the lexicon is: one letter, which may belong to a number (12A); an unknown
word; a number."""


def flat(arcs: Iterable[Arc]) -> Flat:
    """All arcs in one tuple."""
    return tuple(number for arc in arcs for number in arc)


def pairs(numbers: Flat) -> Iterator[Arc]:
    """The states of a tuple with their costs."""
    every = iter(numbers)
    return zip(every, every, strict=True)


def is_open(state: State) -> bool:
    """Whether any text may follow."""
    return state & TAG <= _LAST_OPEN


class InWord(NamedTuple):
    """Inside a word of the lexicon."""

    node: int
    context: int
    """The word to the right, or a class of ``Words``."""


class InOther(NamedTuple):
    """Inside a number or an unknown word."""

    letter: int
    context: int
    kind: int
    """What it is so far: LETTER, UNKNOWN or NUMBER."""


class AtPlace(NamedTuple):
    """Between words, left of a place's name."""

    place: int
    """The place that was just read, by its number."""
    typed: bool
    """Whether its kind was read, too."""


class InName(NamedTuple):
    """Inside the name of a place, or of the kind of the place that was just read."""

    at: State
    """The state before the name."""
    low: int
    high: int
    """The names that are still possible, rows of a list."""
    length: int
    """How many of their letters were read."""


class InNumber(NamedTuple):
    """Inside or left of a number that may be the name of a place."""

    place: int
    digits: int
    """The digits behind a 1, which keeps zeros at their beginning."""
    closed: bool
    """Whether a space or a full stop ended it."""


class InNumberedKind(NamedTuple):
    """Inside the kind of a place with a number for a name."""

    place: int
    digits: int
    low: int
    high: int
    length: int


def between_words(context: int) -> State:
    """In the text, at the left edge of what was read; ``context`` is the word to the right."""
    return context << _TAG_BITS | BETWEEN_WORDS


def context_of(state: State) -> int:
    """The context of ``between_words``."""
    return state >> _TAG_BITS


def in_word(node: int, context: int) -> State:
    """See ``InWord``."""
    return (node << _ROW_BITS | context) << _TAG_BITS | IN_WORD


def word_of(state: State) -> InWord:
    """The fields of ``in_word``."""
    rest = state >> _TAG_BITS
    return InWord(rest >> _ROW_BITS, rest & _ROW)


def in_other(letter: int, context: int, kind: int) -> State:
    """See ``InOther``."""
    return ((letter << 2 | kind) << _ROW_BITS | context) << _TAG_BITS | IN_OTHER


def other_of(state: State) -> InOther:
    """The fields of ``in_other``."""
    rest = state >> _TAG_BITS
    letter = rest >> _ROW_BITS
    return InOther(letter >> 2, rest & _ROW, letter & 3)


def at_place(place: int, typed: bool) -> State:
    """See ``AtPlace``."""
    return (place << 1 | typed) << _TAG_BITS | AT_PLACE


def place_of(state: State) -> AtPlace:
    """The fields of ``at_place``."""
    rest = state >> _TAG_BITS
    return AtPlace(rest >> 1, bool(rest & 1))


def in_name(at: State, low: int, high: int, length: int) -> State:
    """See ``InName``."""
    rest = (length << _ROW_BITS | high) << _ROW_BITS | low
    return (rest << _ROW_BITS | at >> _TAG_BITS) << _TAG_BITS | IN_NAME


def name_of(state: State) -> InName:
    """The fields of ``in_name``."""
    rest = state >> _TAG_BITS
    at = (rest & _ROW) << _TAG_BITS | AT_PLACE
    rest >>= _ROW_BITS
    return InName(at, rest & _ROW, rest >> _ROW_BITS & _ROW, rest >> 2 * _ROW_BITS)


def in_number(place: int, digits: int, closed: bool) -> State:
    """See ``InNumber``."""
    return ((place << _DIGITS_BITS | digits) << 1 | closed) << _TAG_BITS | IN_NUMBER


def number_of(state: State) -> InNumber:
    """The fields of ``in_number``."""
    rest = state >> _TAG_BITS
    return InNumber(rest >> _DIGITS_BITS + 1, rest >> 1 & _DIGITS, bool(rest & 1))


def in_numbered_kind(place: int, digits: int, low: int, high: int, length: int) -> State:
    """See ``InNumberedKind``."""
    rest = ((length << _ROW_BITS | high) << _ROW_BITS | low) << _ROW_BITS | place
    return (rest << _DIGITS_BITS | digits) << _TAG_BITS | IN_NUMBERED_KIND


def numbered_kind_of(state: State) -> InNumberedKind:
    """The fields of ``in_numbered_kind``."""
    rest = state >> _TAG_BITS
    digits, rest = rest & _DIGITS, rest >> _DIGITS_BITS
    place, rest = rest & _ROW, rest >> _ROW_BITS
    return InNumberedKind(
        place, digits, rest & _ROW, rest >> _ROW_BITS & _ROW, rest >> 2 * _ROW_BITS
    )
