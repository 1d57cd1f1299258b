"""Small lexicons for the tests, and logits that say a text."""

import math
from functools import cache
from pathlib import Path

import numpy as np

from edge_runtime.charset import Charset
from edge_runtime.ctc import Logits
from edge_runtime.lexicon import Lexicon
from train.lexicon.build import Recipe, build, read_weights
from train.lexicon.words import WordCounts, word_sections

FOLDER = Path(__file__).resolve().parent / "fixtures" / "text"
"""Ten wards in nine provinces, six streets."""


@cache
def vietnam_bytes() -> bytes:
    """A lexicon file of the places and streets in the fixtures."""
    return build(Recipe("test", folder=FOLDER, lines=300, weights=read_weights()))


@cache
def vietnam() -> Lexicon:
    """The same, opened."""
    return Lexicon.from_bytes(vietnam_bytes())


def words_bytes(folder: Path, *phrases: str) -> bytes:
    """A lexicon file of phrases, each perhaps with a tab and its count."""
    path = folder / "words.txt"
    path.write_text("\n".join(phrases), encoding="utf-8")
    return build(Recipe("words", word_lists=[path], weights=read_weights()))


def logits_of(
    charset: Charset, text: str, doubts: dict[int, dict[str, float]] | None = None
) -> Logits:
    """Logits that say ``text``: a step a character, a blank behind each.

    Args:
        charset: the alphabet.
        text: what is written.
        doubts: by position in the text, the probabilities of other characters ("" is none at all).
    """
    classes = len(charset) + 1
    rows = []
    for position, character in enumerate(text):
        others = (doubts or {}).get(position, {})
        row = np.full(classes, 1e-6)
        row[charset.encode(character)[0]] = 1 - sum(others.values())
        for other, p in others.items():
            row[charset.encode(other)[0] if other else charset.blank] = p
        blank = np.full(classes, 1e-6)
        blank[charset.blank] = 1.0
        rows += [row, blank]
    return np.asarray(np.log(np.array(rows)), np.float32)


def section_words(*words: str) -> tuple[str, dict[str, np.ndarray]]:
    """Alphabet and word sections of single words."""
    counts = WordCounts()
    for word in words:
        counts.add([word])
    return word_sections(counts)


def nats(probability: float) -> float:
    """The cost of a probability."""
    return -math.log(probability)
