"""New lines from real words: cut out of aligned training lines and joined into new addresses.

The first two places of the Kalapa 2023 challenge trained on such lines (their public code). The
words are cut at the emptiest column between two words that a trained network has aligned; words
that it finds unlikely, where the label often differs from the ink, are left out. What comes out
contains real handwriting: it belongs into the cache, never into a repository.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.preprocess import Ink
from train.align import Alignment, force_align
from train.cache import PackedLines

Random = np.random.Generator


@dataclass(frozen=True)
class Word:
    """One word's place: line, columns, and the writer or, where unknown, the line."""

    line: int
    left: int
    right: int
    hand: str


@dataclass
class WordBank:
    """Words cut from one data set, by their text."""

    lines: PackedLines
    words: dict[str, list[Word]] = field(default_factory=lambda: defaultdict(list))
    gaps: list[int] = field(default_factory=list)
    """Columns between words, as they occur."""
    dropped: int = 0
    """Words that were too unlikely to trust."""

    @property
    def numbers(self) -> list[str]:
        """The words with a digit."""
        return [w for w in self.words if any(c.isdigit() for c in w)]


def build_bank(
    lines: PackedLines,
    logits: Sequence[npt.NDArray[np.float32]],
    encoded: Sequence[list[int]],
    stride: int,
    threshold: float = -0.7,
) -> WordBank:
    """Cut the words of all lines.

    Args:
        lines: the lines.
        logits: of each line, float32 (T, classes), the blank last.
        encoded: the text of each line as classes.
        stride: columns to a time step.
        threshold: mean log probability under which a word is left out.
    """
    bank = WordBank(lines)
    for i, (line_logits, classes) in enumerate(zip(logits, encoded, strict=True)):
        alignment = force_align(line_logits, classes, line_logits.shape[1] - 1)
        if alignment is not None:
            _cut(bank, i, alignment, stride, threshold)
    return bank


def _cut(bank: WordBank, i: int, alignment: Alignment, stride: int, threshold: float) -> None:
    """Add the words of line i."""
    text, width = bank.lines.texts[i], int(bank.lines.widths[i])
    profile = np.convolve(bank.lines.line(i).sum(axis=0, dtype=np.int64), np.ones(3), "same")
    middles = (alignment.starts + alignment.ends) * stride / 2
    cuts, start = [0], 0
    spans = []
    for word in text.split(" "):
        spans.append((start, start + len(word)))
        start += len(word) + 1
    for (_, end), (begin, _) in pairwise(spans):
        low, high = int(middles[end - 1]), int(middles[begin])
        cuts.append(_emptiest(profile, min(low, width - 2), min(max(high, low + 1), width - 1)))
    cuts.append(width)
    hand = bank.lines.writers[i] or f"line{i}"
    for (begin, end), left, right in zip(spans, cuts[:-1], cuts[1:], strict=True):
        if alignment.log_probabilities[begin:end].mean() < threshold or right - left < 4:
            bank.dropped += 1
            continue
        inner_left, inner_right = _trim(profile, left, right)
        bank.words[text[begin:end]].append(Word(i, inner_left, inner_right, hand))
        if right < width:
            bank.gaps.append(max(3, right - inner_right + 4))


def _emptiest(profile: npt.NDArray[np.float64], low: int, high: int) -> int:
    """Middle of the longest run of the emptiest columns between low and high."""
    part = profile[low : high + 1]
    empty = np.flatnonzero(part <= part.min() + 24)
    runs = np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1)
    longest = max(runs, key=len)
    return low + int(longest[len(longest) // 2])


def _trim(profile: npt.NDArray[np.float64], left: int, right: int) -> tuple[int, int]:
    """The part of a word's columns that holds ink."""
    inked = np.flatnonzero(profile[left:right] > 60)
    if not len(inked):
        return left, right
    return left + int(inked[0]), min(right, left + int(inked[-1]) + 1)


def recombine(
    bank: WordBank,
    texts: Iterator[str],
    count: int,
    rng: Random,
    tries: int = 400,
    change: float = 1.0,
) -> Iterator[tuple[str, Ink]]:
    """Lines of real words that spell new texts.

    Args:
        bank: the words.
        texts: texts to spell; those with a word that the bank lacks are passed over.
        count: lines wanted.
        rng: source of all randomness.
        tries: texts that may be passed over in a row.
        change: how much each word and the room between them are changed; 0 leaves them as they are.

    Yields:
        (text, uint8 (H, W)); fewer than ``count`` if the bank is too poor.
    """
    numbers, passed, made = bank.numbers, 0, 0
    while made < count and passed < tries:
        words = next(texts).split()
        words = [
            str(rng.choice(numbers)) if numbers and w not in bank.words and w[0].isdigit() else w
            for w in words
        ]
        if not all(w in bank.words for w in words):
            passed += 1
            continue
        passed, made = 0, made + 1
        yield " ".join(words), _join(bank, words, rng, change)


def _join(bank: WordBank, words: Sequence[str], rng: Random, change: float) -> Ink:
    """One line; neighbouring words prefer one hand, and stand close or far in the whole line."""
    height = bank.lines.height
    parts: list[Ink] = [np.zeros((height, int(rng.integers(3, 9))), np.uint8)]
    hand = ""
    pace = float(rng.uniform(1 - 0.55 * change, 1 + 0.3 * change))
    for i, text in enumerate(words):
        choices = bank.words[text]
        same = [w for w in choices if w.hand == hand]
        word = (same or choices)[int(rng.integers(len(same or choices)))]
        hand = word.hand
        if i:
            gap = round(float(rng.choice(bank.gaps)) * pace)
            parts.append(np.zeros((height, int(np.clip(gap, 3, 60))), np.uint8))
        ink = bank.lines.line(word.line)[:, word.left : word.right]
        parts.append(_varied(ink, rng, change) if change else ink)
    parts.append(np.zeros((height, int(rng.integers(3, 9))), np.uint8))
    return np.concatenate(parts, axis=1)


def _varied(word: Ink, rng: Random, change: float) -> Ink:
    """A word a little wider or narrower, larger or smaller, slanted and moved up or down.

    Augmentation changes a whole line alike; no writer writes a word twice in one way.
    """
    rows, columns = word.shape
    x_scale, y_scale = 1 + change * rng.uniform(-0.15, 0.15), 1 + change * rng.uniform(-0.08, 0.08)
    slant, shift = change * rng.uniform(-0.12, 0.12), change * rng.uniform(-1.5, 1.5)
    middle = (rows - 1) / 2
    lean = abs(slant) * middle
    matrix = np.array(
        [
            [x_scale, slant, lean - slant * middle],
            [0, y_scale, middle * (1 - y_scale) + shift],
        ]
    )
    width = max(2, round(columns * x_scale + 2 * lean))
    warped = cv2.warpAffine(word, matrix, (width, rows), flags=cv2.INTER_LINEAR)
    return np.asarray(warped, np.uint8)
