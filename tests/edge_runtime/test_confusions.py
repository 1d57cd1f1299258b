"""Letters and tones that are read as others, counted on aligned texts."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.confusions import (
    Confusion,
    align,
    aligned_pairs,
    letter_confusions,
    split_tone,
    tone_confusions,
)
from edge_runtime.metrics import edit_distance

WORDS = st.text("abcạâ ", max_size=12)


@given(WORDS, WORDS)
def test_an_alignment_spells_both_texts_at_the_least_cost(a: str, b: str) -> None:
    pairs = align(a, b)
    assert "".join(x for x, _ in pairs) == a
    assert "".join(y for _, y in pairs) == b
    assert sum(x != y for x, y in pairs) == edit_distance(a, b)
    assert ("", "") not in pairs


def test_lost_and_added_letters_stand_opposite_nothing() -> None:
    assert align("abc", "ac") == [("a", "a"), ("b", ""), ("c", "c")]
    assert align("ac", "abc") == [("a", "a"), ("", "b"), ("c", "c")]
    assert align("", "x") == [("", "x")]


def test_letters_are_counted_most_frequent_first() -> None:
    pairs = aligned_pairs(["mama", "n", "x"], ["nana", "m", ""])
    assert letter_confusions(pairs) == [
        Confusion("m", "n", 2),
        Confusion("n", "m", 1),
        Confusion("x", "", 1),
    ]


def test_tones_are_compared_where_the_vowel_is_right() -> None:
    pairs = aligned_pairs(["Tổ ấp", "đường"], ["Tỗ âp", "dương"])
    assert tone_confusions(pairs) == [
        Confusion("ngang", "ngang", 1),  # ư, which has no mark
        Confusion("huyền", "ngang", 1),
        Confusion("sắc", "ngang", 1),
        Confusion("hỏi", "ngã", 1),
    ]
    assert tone_confusions(Counter({("ô", "ó"): 5, ("n", "m"): 3})) == []


def test_letters_come_apart_into_vowel_and_tone() -> None:
    assert split_tone("ộ") == ("ô", "nặng")
    assert split_tone("Ử") == ("Ư", "hỏi")
    assert split_tone("y") == ("y", "ngang")
    assert split_tone("đ") is split_tone("n") is split_tone("") is split_tone("5") is None
