"""What is read for what: letters and Vietnamese tones that a reader confuses.

Reference and reading are aligned by edit distance; each pair of the alignment is a letter read as
itself or as another, a letter lost (read as "") or one added (a reference of "").
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

TONES: Final = {
    "": "ngang",
    "\u0300": "huyền",
    "\u0301": "sắc",
    "\u0309": "hỏi",
    "\u0303": "ngã",
    "\u0323": "nặng",
}
"""Tone marks and their names; a vowel without one has the level tone."""
_VOWELS: Final = frozenset("aăâeêioôơuưy")


@dataclass(frozen=True)
class Confusion:
    """How often ``reference`` was read as ``reading``."""

    reference: str
    reading: str
    count: int


def align(reference: str, reading: str) -> list[tuple[str, str]]:
    """Pairs of characters on a shortest edit path; "" stands for a lost or an added one."""
    rows, columns = len(reference), len(reading)
    cost = [list(range(columns + 1))]
    for i in range(1, rows + 1):
        above, row = cost[-1], [i]
        for j in range(1, columns + 1):
            swap = above[j - 1] + (reference[i - 1] != reading[j - 1])
            row.append(min(swap, above[j] + 1, row[-1] + 1))
        cost.append(row)
    pairs = []
    i, j = rows, columns
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (reference[i - 1] != reading[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((reference[i], reading[j]))
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            pairs.append((reference[i], ""))
        else:
            j -= 1
            pairs.append(("", reading[j]))
    return pairs[::-1]


def aligned_pairs(references: Sequence[str], readings: Sequence[str]) -> Counter[tuple[str, str]]:
    """How often each pair of characters stands opposite another in all lines."""
    pairs: Counter[tuple[str, str]] = Counter()
    for reference, reading in zip(references, readings, strict=True):
        pairs.update(align(reference, reading))
    return pairs


def letter_confusions(pairs: Counter[tuple[str, str]]) -> list[Confusion]:
    """The pairs that differ, most frequent first."""
    wrong = [(pair, count) for pair, count in pairs.items() if pair[0] != pair[1]]
    wrong.sort(key=lambda item: (-item[1], item[0]))
    return [Confusion(*pair, count) for pair, count in wrong]


def tone_confusions(pairs: Counter[tuple[str, str]]) -> list[Confusion]:
    """Tones by name, read rightly or wrongly, where the vowel itself was read rightly.

    All pairs of tones that occur, right ones included, so that shares can be told.
    """
    tones: Counter[tuple[str, str]] = Counter()
    for (reference, reading), count in pairs.items():
        a, b = split_tone(reference), split_tone(reading)
        if a is not None and b is not None and a[0] == b[0]:
            tones[a[1], b[1]] += count
    order = list(TONES.values())
    found = sorted(tones.items(), key=lambda t: (order.index(t[0][0]), order.index(t[0][1])))
    return [Confusion(*pair, count) for pair, count in found]


def split_tone(letter: str) -> tuple[str, str] | None:
    """A vowel without its tone, and the tone's name; None for anything else.

    >>> split_tone("ộ")
    ('ô', 'nặng')
    """
    parts = unicodedata.normalize("NFD", letter)
    mark = "".join(c for c in parts if c in TONES)
    vowel = unicodedata.normalize("NFC", "".join(c for c in parts if c not in TONES))
    if vowel.lower() not in _VOWELS or len(mark) > 1:
        return None
    return vowel, TONES[mark]
