"""The words of a lexicon: which letters may come next, and what a word costs before another.

All of it is read backwards: the trie leads from a word's last letter to its first, and a pair's
context is the word to the right. Costs are sixteenths of a nat.
"""

from bisect import bisect_left
from typing import Final

from edge_runtime.lexicon import Lexicon
from edge_runtime.lexicon_checks import NO_WORD

UNSEEN: Final = 48
"""Cost of a number or an unknown word where none was counted, beside the back-off."""


class Words:
    """Views of the word sections."""

    def __init__(self, lexicon: Lexicon) -> None:
        arrays = lexicon.arrays
        self._first, self._label = arrays["trie.first"], arrays["trie.label"].tobytes()
        self._cost, self._stop = arrays["trie.cost"], arrays["trie.stop"]
        self._word, self._word_cost = arrays["trie.word"], arrays["word.cost"]
        self._pair_first, self._pair_word = arrays["pair.first"], arrays["pair.word"]
        self._pair_cost, self._backoff = arrays["pair.cost"], arrays["pair.backoff"]
        self._letters = arrays["letter.cost"]
        alphabet = lexicon.meta.alphabet
        self._codes = {letter: code for code, letter in enumerate(alphabet)}
        self.edge: Final = len(alphabet)
        """The letter code of a word's end."""
        self.boundary: Final = lexicon.meta.words
        """The context at the edge of a phrase."""
        self.number: Final = lexicon.meta.words + 1
        """The context beside a number."""
        self.unknown: Final = lexicon.meta.words + 2
        """The context beside a word that is not listed."""

    def child(self, node: int, letter: str) -> int:
        """The node that ``letter`` leads to; -1 if no word goes on with it."""
        code = self._codes.get(letter, -1)
        if code < 0:
            return -1
        return self._label.find(code, self._first[node], self._first[node + 1])

    def cost(self, node: int) -> int:
        """Cost of the letter that leads to ``node``."""
        return self._cost[node]

    def word_at(self, node: int) -> int | None:
        """The word that may end at ``node``."""
        word = self._word[node]
        return None if word == NO_WORD else word

    def end_cost(self, node: int, word: int, context: int) -> int:
        """What ending ``word`` at ``node`` adds to its letters, to make the cost of the pair."""
        pair = self.pair(context, word)
        if pair is None:
            return self._stop[node] + self._backoff[context]
        return self._stop[node] + pair - self._word_cost[word]

    def class_cost(self, context: int, word: int) -> int:
        """Cost of a number or an unknown word to the left of ``context``."""
        pair = self.pair(context, word)
        return UNSEEN + self._backoff[context] if pair is None else pair

    def pair(self, context: int, word: int) -> int | None:
        """Cost of ``word`` to the left of ``context``; None where they were not counted."""
        low, high = self._pair_first[context], self._pair_first[context + 1]
        at = bisect_left(self._pair_word, word, low, high)
        return self._pair_cost[at] if at < high and self._pair_word[at] == word else None

    def letter(self, symbol: str) -> int:
        """The letter code of a symbol; all digits have one, all unknown symbols another."""
        if symbol.isdigit():
            symbol = "0"
        return self._codes.get(symbol, self.edge + 1)

    def letter_cost(self, right: int, left: int) -> int:
        """Cost of the letter code ``left`` before ``right``."""
        return self._letters[right * (self.edge + 2) + left]
