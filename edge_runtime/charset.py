"""The alphabet of a model: which symbol each output class stands for, and the text normalisation.

Class i is the i-th symbol; the CTC blank is the class after the last symbol.
"""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from edge_runtime.errors import DataError

_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")  # none, huyền, sắc, ngã, hỏi, nặng
_VOWELS = "aăâeêioôơuưy"


def normalize_text(text: str) -> str:
    """Text as labels, readings and metrics have it: NFC, single spaces, none at either end."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def vietnamese_letters() -> str:
    """The 146 letters that ASCII or not carry Vietnamese: 72 vowel forms and đ, in two cases."""
    lower = "".join(
        unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES
    )
    lower += "đ"
    return lower + lower.upper()


def vietnamese_symbols() -> str:
    """The default alphabet: space, ASCII letters and digits, punctuation, Vietnamese letters.

    The punctuation is what Vietnamese address labels use (``#'()+,-./:``) and the few signs that
    free text needs beside it.
    """
    punctuation = "#'()+,-./:" + '!"%&;?@_'
    ascii_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return "".join(sorted(set(" 0123456789" + punctuation + ascii_letters + vietnamese_letters())))


@dataclass(frozen=True)
class Charset:
    """An ordered alphabet of distinct single characters.

    Raises:
        DataError: the symbols are empty, repeated, or not NFC.
    """

    symbols: str

    def __post_init__(self) -> None:
        """Refuse alphabets that cannot be decoded without doubt."""
        if not self.symbols:
            raise DataError("the charset is empty: give at least one symbol")
        if len(set(self.symbols)) != len(self.symbols):
            twice = sorted(s for s, n in Counter(self.symbols).items() if n > 1)
            raise DataError(f"the charset repeats {' '.join(map(repr, twice))}: list each once")
        if unicodedata.normalize("NFC", self.symbols) != self.symbols:
            raise DataError("the charset is not in Unicode normal form C: normalise it first")

    def __len__(self) -> int:
        """Number of symbols, the CTC blank not counted."""
        return len(self.symbols)

    @property
    def blank(self) -> int:
        """Class index of the CTC blank: the one after the last symbol."""
        return len(self.symbols)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {symbol: i for i, symbol in enumerate(self.symbols)}

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of the symbols in UTF-8; a card names its charset by it."""
        return hashlib.sha256(self.symbols.encode("utf-8")).hexdigest()

    def unknown(self, text: str) -> list[str]:
        """The distinct characters of ``text`` that the alphabet lacks, in order of appearance."""
        return list(dict.fromkeys(c for c in text if c not in self._index))

    def encode(self, text: str) -> list[int]:
        """Class indices of ``text``.

        Raises:
            DataError: a character is outside the alphabet.
        """
        try:
            return [self._index[c] for c in text]
        except KeyError:
            missing = " ".join(f"{c!r} (U+{ord(c):04X})" for c in self.unknown(text))
            raise DataError(f"outside the charset: {missing} in {text!r}") from None

    def decode(self, classes: Iterable[int]) -> str:
        """Text of class indices; the inverse of ``encode``."""
        return "".join(self.symbols[i] for i in classes)

    def positions(self, other: "Charset") -> Sequence[tuple[int, int]]:
        """Pairs (index here, index in ``other``) of shared symbols, for transferring heads."""
        return [(i, other._index[s]) for i, s in enumerate(self.symbols) if s in other._index]


VIETNAMESE = Charset(vietnamese_symbols())
