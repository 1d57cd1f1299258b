"""Texts without meaning: words in any order, rare letters, numbers, dates, all symbols."""

from collections.abc import Sequence

import numpy as np

from edge_runtime.charset import VIETNAMESE, vietnamese_letters
from train.synth.corpus import Corpus

Generator = np.random.Generator

_LETTERS = vietnamese_letters()
_ASCII = "abcdefghijklmnopqrstuvwxyz"
_SIGNS = [s for s in VIETNAMESE.symbols if not s.isalnum() and s != " "]


def words(corpus: Corpus, rng: Generator) -> str:
    """Syllables in any order, in one of several habits of case and punctuation."""
    pool: Sequence[str] = corpus.syllables or _ASCII
    chosen = [pool[int(i)] for i in rng.integers(0, len(pool), int(rng.integers(2, 13)))]
    habit = rng.random()
    if habit < 0.35:
        return " ".join(word.capitalize() for word in chosen)
    if habit < 0.45:
        return " ".join(word.upper() for word in chosen)
    if habit < 0.6:
        return " ".join(word.upper() if rng.random() < 0.3 else word for word in chosen)
    return _sentence(chosen, rng)


def _sentence(chosen: list[str], rng: Generator) -> str:
    """A line of prose: capital at the beginning, commas, a stop or none at the end."""
    text = chosen[0].capitalize()
    for word in chosen[1:]:
        chance = rng.random()
        text += (
            ", "
            if chance < 0.1
            else ("; ", ": ", " - ")[int(chance * 999) % 3] * (chance < 0.13) or " "
        )
        text += word
    return text + (".", ".", "!", "?", "...", "", "", "")[int(rng.integers(8))]


def rare(corpus: Corpus, rng: Generator) -> str:
    """Numbers, dates and telephones, letters that addresses seldom have, signs."""
    makers = (_figures, _letters, _letters, _letters, _symbols, _foreign)
    parts: list[str] = []
    length = int(rng.integers(2, 9))
    while len(parts) < length:
        parts.append(makers[int(rng.integers(len(makers)))](corpus, rng))
    return " ".join(parts)


def _figures(corpus: Corpus, rng: Generator) -> str:
    day, month, year = rng.integers(1, 32), rng.integers(1, 13), rng.integers(1930, 2031)
    run = "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(1, 8))))
    a, b, c = (int(n) for n in rng.integers(0, 1000, 3))
    forms = (
        f"{day}/{month}/{year}", f"{day:02d}-{month:02d}-{year}", f"ngày {day} tháng {month}",
        f"năm {year}", f"09{a % 100:02d} {b:03d} {c:03d}", f"(0{a}) {run}", f"ĐT: 0{run}", run,
        f"{a}.{b:03d}", f"{a},{b % 10}", f"{a % 100}%", f"{a}+{b}", f"#{a}", f"{a}/{b}/{c}",
        f"{a % 24}:{b % 60:02d}", f"{a}{_ASCII[b % 26].upper()}", f"{a}-{b}",
    )  # fmt: skip
    return forms[int(rng.integers(len(forms)))]


def _letters(corpus: Corpus, rng: Generator) -> str:
    """A syllable in which vowels were exchanged for any Vietnamese letter, in any case."""
    pool: Sequence[str] = corpus.syllables or _ASCII
    word = pool[int(rng.integers(len(pool)))]
    mixed = "".join(_other(c, rng) if c in _LETTERS and rng.random() < 0.8 else c for c in word)
    chance = rng.random()
    return mixed.upper() if chance < 0.5 else mixed.capitalize() if chance < 0.75 else mixed


def _other(letter: str, rng: Generator) -> str:
    return _LETTERS[int(rng.integers(len(_LETTERS)))].lower()


def _symbols(corpus: Corpus, rng: Generator) -> str:
    """A word with a sign before, in or behind it, or in quotes or brackets."""
    pool: Sequence[str] = corpus.syllables or _ASCII
    word = pool[int(rng.integers(len(pool)))]
    sign = _SIGNS[int(rng.integers(len(_SIGNS)))]
    forms = (f"{word}{sign}", f"({word})", f'"{word}"', f"{word}{sign}{word[:3]}", f"{sign}{word}")
    return forms[int(rng.integers(len(forms)))]


def _foreign(corpus: Corpus, rng: Generator) -> str:
    """ASCII letters at random, so that f, j, w and z are seen in any place and case."""
    letters = rng.integers(0, 26, int(rng.integers(1, 7)))
    word = "".join(_ASCII[int(i)] for i in letters)
    chance = rng.random()
    return word.upper() if chance < 0.35 else word.capitalize() if chance < 0.6 else word
