"""The alphabet covers Vietnamese, and refuses what could not be decoded without doubt."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.charset import VIETNAMESE, Charset, normalize_text, vietnamese_letters
from edge_runtime.errors import DataError


def test_all_146_vietnamese_letters_are_there() -> None:
    letters = vietnamese_letters()
    assert len(set(letters)) == 146
    assert sum(not c.isascii() for c in letters) == 134
    assert all(len(c) == 1 and c in VIETNAMESE.symbols for c in letters)
    assert {"ợ", "Ễ", "đ", "Đ", "ỹ", "Ự"} <= set(letters)


def test_ascii_letters_digits_and_address_punctuation_are_there() -> None:
    assert not VIETNAMESE.unknown("abcxyzjwfzABCXYZJWFZ 0123456789 #'()+,-./:")


@given(st.text(alphabet=VIETNAMESE.symbols))
def test_round_trip(text: str) -> None:
    classes = VIETNAMESE.encode(text)
    assert VIETNAMESE.decode(classes) == text
    assert all(0 <= c < VIETNAMESE.blank for c in classes)


def test_decomposed_text_is_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Thừa  Thiên Huế ")
    assert normalize_text(decomposed) == "Thừa Thiên Huế"


def test_unknown_characters_are_named() -> None:
    with pytest.raises(DataError, match=r"'€' \(U\+20AC\)"):
        VIETNAMESE.encode("5 €")


@pytest.mark.parametrize(
    ("symbols", "message"), [("", "empty"), ("abca", "repeats 'a'"), ("e\u0301", "normal form C")]
)
def test_bad_alphabets_are_refused(symbols: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Charset(symbols)


def test_the_hash_depends_on_the_order() -> None:
    assert Charset("ab").sha256 != Charset("ba").sha256


def test_positions_pair_shared_symbols() -> None:
    assert list(Charset("abc").positions(Charset("cxa"))) == [(0, 2), (2, 0)]
