"""Alignment against enumeration, and words that are cut where they are and joined as spelt."""

from collections.abc import Iterator
from itertools import cycle, product
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.ctc import greedy_classes, softmax
from train.align import force_align
from train.cache import PackedLines, write_packed
from train.recombine import WordBank, build_bank, recombine

SYMBOLS = "ab "
BLANK = 3
STRIDE = 4


def best_path(logits: np.ndarray, classes: list[int]) -> list[int]:
    """The likeliest path that spells the classes, by trying all."""
    p = softmax(logits)
    paths = product(range(BLANK + 1), repeat=len(logits))
    fitting = [
        x
        for x in paths
        if greedy_classes(np.eye(4, dtype=np.float32)[list(x)], BLANK)[0] == classes
    ]
    return list(max(fitting, key=lambda x: np.prod([p[t, c] for t, c in enumerate(x)])))


@pytest.mark.parametrize("classes", [[0], [0, 1], [0, 0], [1, 2, 0], [0, 0, 0]])
@pytest.mark.parametrize("seed", range(5))
def test_the_alignment_is_the_best_of_all_paths(classes: list[int], seed: int) -> None:
    logits = np.random.default_rng(seed).normal(size=(6, 4)).astype(np.float32) * 2
    alignment = force_align(logits, classes, BLANK)
    assert alignment is not None
    expected = best_path(logits, classes)
    found = [BLANK] * 6
    for c, start, end in zip(classes, alignment.starts, alignment.ends, strict=True):
        found[start:end] = [c] * (end - start)
    assert found == expected


def test_a_line_too_short_for_its_text_is_not_aligned() -> None:
    assert force_align(np.zeros((2, 4), np.float32), [0, 0], BLANK) is None


def drawn(text: str) -> tuple[np.ndarray, np.ndarray]:
    """A line on which a is a short block, b a tall one, and logits that read it."""
    ink = np.zeros((16, 12 * len(text)), np.uint8)
    logits = np.zeros((3 * len(text), 4), np.float32)
    logits[:, BLANK] = 6.0
    for i, c in enumerate(text):
        if c != " ":
            ink[(8 if c == "a" else 2) : 14, 12 * i + 2 : 12 * i + 10] = 255
        logits[3 * i + 1] = 0.0
        logits[3 * i + 1, SYMBOLS.index(c)] = 6.0
    return ink, logits


def bank_of(folder: Path, texts: list[str]) -> WordBank:
    inks, logits = zip(*(drawn(t) for t in texts), strict=True)
    rows = [(f"l{i}", t, None, ink) for i, (t, ink) in enumerate(zip(texts, inks, strict=True))]
    lines: PackedLines = write_packed(folder / "lines.npy", rows, 16)
    return build_bank(lines, logits, [[SYMBOLS.index(c) for c in t] for t in texts], STRIDE)


def read_back(ink: np.ndarray) -> str:
    """The text of a line of blocks; a gap wider than within a word is a space."""
    columns = np.flatnonzero(ink.max(axis=0) > 0)
    runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    text, last = "", None
    for run in runs:
        if last is not None and run[0] - last > 5:
            text += " "
        text += "b" if ink[4, run[0]] else "a"
        last = run[-1]
    return text


def test_words_are_cut_where_they_are_and_joined_as_spelt(tmp_path: Path) -> None:
    bank = bank_of(tmp_path, ["ab ba", "aab b", "b ab"])
    assert {w: len(found) for w, found in bank.words.items()} == {
        "ab": 2,
        "ba": 1,
        "aab": 1,
        "b": 2,
    }
    texts: Iterator[str] = cycle(["ba aab", "b b ab"])
    made = list(recombine(bank, texts, 6, np.random.default_rng(0), change=0))
    assert len(made) == 6
    for text, ink in made:
        assert ink.shape[0] == 16
        assert read_back(ink) == text


def test_no_two_words_are_written_alike(tmp_path: Path) -> None:
    bank = bank_of(tmp_path, ["ab ba"])
    made = [ink for _, ink in recombine(bank, cycle(["ab"]), 8, np.random.default_rng(0))]
    words = [ink[:, np.flatnonzero(ink.max(axis=0))] for ink in made]
    assert len({w.shape[1] for w in words}) > 3
    ink = drawn("ab")[0]
    for word in words:
        assert word.shape[0] == 16
        assert 0.75 < float(word.sum()) / float(ink.sum()) < 1.3


def test_texts_with_unknown_words_are_passed_over(tmp_path: Path) -> None:
    bank = bank_of(tmp_path, ["ab ba"])
    rng = np.random.default_rng(0)
    assert list(recombine(bank, cycle(["bbb ab"]), 3, rng, tries=10)) == []
    assert len(list(recombine(bank, cycle(["bbb ab", "ba ab"]), 3, rng, tries=10))) == 3


def test_words_that_the_network_doubts_are_left_out(tmp_path: Path) -> None:
    ink, logits = drawn("ab ba")
    logits[1] = logits[7] = 0.0  # the first word's letters are anything
    logits[1, 2] = logits[4, 2] = 9.0
    lines = write_packed(tmp_path / "lines.npy", [("l", "ab ba", None, ink)], 16)
    bank = build_bank(lines, [logits], [[0, 1, 2, 1, 0]], STRIDE)
    assert "ab" not in bank.words
    assert bank.dropped >= 1
