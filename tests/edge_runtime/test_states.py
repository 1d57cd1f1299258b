"""States as integers: what is packed comes out again, and no two positions are one state."""

from hypothesis import given
from hypothesis import strategies as st

from edge_runtime import states as s

rows = st.integers(0, 2**24 - 1)
lengths = st.integers(0, 2**20)
digits = st.integers(1, 1999)


@given(rows, rows, st.integers(0, 300), st.sampled_from([s.LETTER, s.UNKNOWN, s.NUMBER]))
def test_text_comes_out_as_it_went_in(node: int, context: int, letter: int, kind: int) -> None:
    assert s.context_of(s.between_words(context)) == context
    assert s.word_of(s.in_word(node, context)) == (node, context)
    assert s.other_of(s.in_other(letter, context, kind)) == (letter, context, kind)


@given(st.integers(0, 2**23 - 1), st.booleans(), digits, rows, rows, lengths)
def test_places_come_out_as_they_went_in(
    place: int, flag: bool, number: int, low: int, high: int, length: int
) -> None:
    at = s.at_place(place, flag)
    assert s.place_of(at) == (place, flag)
    assert s.name_of(s.in_name(at, low, high, length)) == (at, low, high, length)
    assert s.number_of(s.in_number(place, number, flag)) == (place, number, flag)
    kind = s.in_numbered_kind(place, number, low, high, length)
    assert s.numbered_kind_of(kind) == (place, number, low, high, length)


def test_positions_of_different_kinds_are_different_states() -> None:
    made = {
        s.BETWEEN_WORDS: s.between_words(0),
        s.IN_OTHER: s.in_other(0, 0, 0),
        s.IN_WORD: s.in_word(0, 0),
        s.AT_PLACE: s.at_place(0, False),
        s.IN_NAME: s.in_name(s.at_place(0, False), 0, 0, 0),
        s.IN_NUMBER: s.in_number(0, 0, False),
        s.IN_NUMBERED_KIND: s.in_numbered_kind(0, 0, 0, 0, 0),
    }
    assert {tag: state & s.TAG for tag, state in made.items()} == {tag: tag for tag in made}
    still_open = {tag for tag, state in made.items() if s.is_open(state)}
    assert still_open == {s.BETWEEN_WORDS, s.IN_OTHER}
    assert s.is_open(s.ANYTHING)
