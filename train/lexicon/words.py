"""Counts words, pairs of words and pairs of letters, and lays them out as a lexicon's sections.

Everything is laid out for reading backwards: the pair (Nguyễn, Huệ) says what stands before Huệ.
Pairs are smoothed by absolute discounting with interpolation (Ney, Essen and Kneser 1994).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_runtime.errors import LexiconError
from edge_runtime.lexicon_checks import CONTEXTS, NO_WORD

Arrays = dict[str, npt.NDArray[Any]]
Spellings = Callable[[str], Iterable[tuple[str, float]]]
"""The spellings of a word, with their shares."""

BOUNDARY: Final = ""
"""Stands for the edge of a phrase among the words."""
NUMBER: Final = "0"
"""Stands for any word with a digit in it."""
MAX_WORDS: Final = 200_000
MAX_ALPHABET: Final = 253
_DISCOUNT: Final = 0.5
_RARE: Final = 1.5
"""Pairs counted less than this are left to the back-off."""
_LETTER_FLOOR: Final = 0.02
"""Added to each pair of letters, so that none is impossible."""
_SIGNS: Final = "/-'."
"""Signs inside numbers and unknown words that are counted by themselves."""


def _table() -> defaultdict[str, float]:
    return defaultdict(float)


class WordCounts:
    """What was counted in phrases."""

    def __init__(self) -> None:
        self.words: defaultdict[str, float] = defaultdict(float)
        self.numbers: defaultdict[str, float] = defaultdict(float)
        self.pairs: defaultdict[str, defaultdict[str, float]] = defaultdict(_table)
        """By the word to the right: how often each word stands before it."""

    def add(self, words: Sequence[str], weight: float = 1.0, *, whole: bool = True) -> None:
        """Count a phrase, its words in small letters.

        Args:
            words: in reading order.
            weight: how often it is written.
            whole: whether its ends are ends of a text; else only the pairs inside are counted.
        """
        names = []
        for word in words:
            number = any(c.isdigit() for c in word)
            (self.numbers if number else self.words)[word] += weight
            names.append(NUMBER if number else word)
        chain = [BOUNDARY, *names, BOUNDARY] if whole else names
        for left, right in pairwise(chain):
            self.pairs[right][left] += weight

    def keep_numbers(self) -> None:
        """Take words with digits (product codes) for words like others."""
        for word, count in self.numbers.items():
            self.words[word] += count
        self.numbers.clear()


def same_spelling(word: str) -> list[tuple[str, float]]:
    """Every word is written in one way."""
    return [(word, 1.0)]


def word_sections(counts: WordCounts, spellings: Spellings = same_spelling) -> tuple[str, Arrays]:
    """The alphabet and the sections of what was counted.

    Raises:
        LexiconError: no word, too many words, or too many different letters.
    """
    words = sorted(counts.words)
    if not words:
        raise LexiconError("no word in the sources: nothing to build a lexicon from")
    if len(words) > MAX_WORDS:
        raise LexiconError(f"{len(words)} different words are more than {MAX_WORDS}")
    written = [
        (form, number, counts.words[word] * share)
        for number, word in enumerate(words)
        for form, share in spellings(word)
    ]
    letters = {"0", *_SIGNS, *(letter for form, _, _ in written for letter in form)}
    alphabet = "".join(sorted(letters))
    if len(alphabet) > MAX_ALPHABET:
        raise LexiconError(f"{len(alphabet)} different letters are more than {MAX_ALPHABET}")
    arrays = _trie(written, len(words), alphabet)
    arrays |= _pairs(counts, words)
    arrays["letter.cost"] = _letters(counts, alphabet)
    return alphabet, arrays


def cost_byte(cost: float) -> int:
    """A cost in nats as it is stored."""
    return min(255, max(0, round(16 * cost)))


class _Node:
    """A node of the trie while it is built."""

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.mass = 0.0
        self.words: list[tuple[float, int]] = []


def _trie(written: list[tuple[str, int, float]], words: int, alphabet: str) -> Arrays:
    codes = {letter: code for code, letter in enumerate(alphabet)}
    root = _Node()
    for form, word, weight in written:
        node = root
        node.mass += weight
        for letter in reversed(form):
            node = node.children.setdefault(letter, _Node())
            node.mass += weight
        node.words.append((weight, word))
    first, label, cost, stop, word_at = [1], [0], [0], [255], [NO_WORD]
    word_cost = np.full(words, 2**16 - 1, np.uint16)
    queue = [(root, 0)]
    for position, (node, so_far) in enumerate(queue):  # grows while it is walked
        if node.words:
            ending = cost_byte(math.log(node.mass / sum(weight for weight, _ in node.words)))
            word = max(node.words)[1]
            stop[position], word_at[position] = ending, word
            word_cost[word] = min(int(word_cost[word]), so_far + ending)
        for letter, child in sorted(node.children.items()):
            step = cost_byte(math.log(node.mass / child.mass))
            queue.append((child, so_far + step))
            label.append(codes[letter])
            cost.append(step)
            stop.append(255)
            word_at.append(NO_WORD)
        first.append(len(queue))
    return {
        "trie.first": np.array(first, np.uint32),
        "trie.label": np.array(label, np.uint8),
        "trie.cost": np.array(cost, np.uint8),
        "trie.stop": np.array(stop, np.uint8),
        "trie.word": np.array(word_at, np.uint32),
        "word.cost": word_cost,
    }


def _pairs(counts: WordCounts, words: Sequence[str]) -> Arrays:
    contexts = [*words, BOUNDARY, NUMBER]
    numbers = {word: number for number, word in enumerate(contexts)}
    anywhere = _table()
    for row in counts.pairs.values():
        for left, count in row.items():
            anywhere[left] += count
    total = sum(anywhere.values())
    first, word, cost, backoff = [0], [], [], []
    for context in contexts:
        row = counts.pairs.get(context, _table())
        kept = {left: count for left, count in row.items() if count >= _RARE}
        share = 1.0 if not kept else max(1e-4, 1 - _discounted(kept) / sum(row.values()))
        for left in sorted(kept, key=numbers.__getitem__):
            p = (
                max(kept[left] - _DISCOUNT, 0.0) / sum(row.values())
                + share * anywhere[left] / total
            )
            word.append(numbers[left])
            cost.append(cost_byte(-math.log(p)))
        backoff.append(cost_byte(-math.log(share)))
        first.append(len(word))
    unlisted = CONTEXTS - 2  # beside an unknown word nothing was counted
    return {
        "pair.first": np.array(first + unlisted * [len(word)], np.uint32),
        "pair.word": np.array(word, np.uint32),
        "pair.cost": np.array(cost, np.uint8),
        "pair.backoff": np.array(backoff + unlisted * [0], np.uint8),
    }


def _discounted(kept: dict[str, float]) -> float:
    return sum(max(count - _DISCOUNT, 0.0) for count in kept.values())


def _letters(counts: WordCounts, alphabet: str) -> npt.NDArray[np.uint8]:
    """Cost of each letter given the one to its right; edge and unknown come last."""
    codes = {letter: code for code, letter in enumerate(alphabet)}
    edge, other = len(alphabet), len(alphabet) + 1
    table = np.full((len(alphabet) + 2, len(alphabet) + 2), _LETTER_FLOOR)
    for word, count in _all_words(counts):
        row = [codes.get("0" if letter.isdigit() else letter, other) for letter in word]
        for left, right in zip([edge, *row], [*row, edge], strict=True):
            table[right, left] += math.sqrt(count)  # frequent words say less about unknown ones
    table /= table.sum(axis=1, keepdims=True)
    costs = np.clip(np.round(-16 * np.log(table)), 0, 255)
    return np.asarray(costs.ravel(), np.uint8)


def _all_words(counts: WordCounts) -> Iterator[tuple[str, float]]:
    yield from sorted(counts.words.items())
    yield from sorted(counts.numbers.items())
