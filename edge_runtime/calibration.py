"""Turns the network's probabilities into confidences that can be taken at their word.

A word is right only if all its letters are, so what counts is the sum of their log probabilities. A
network is too sure of itself; dividing by a temperature (Guo et al., ICML 2017) and a shift make
the share of right words match. Words that the lexicon vouches for have another temperature than
others.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from edge_runtime.ctc import Reading, WordReading
from edge_runtime.errors import BundleError

GREEDY: Final = "greedy"
SOURCES: Final = (GREEDY, "place", "word", "number", "other")
"""Who vouches for a word: the network alone, or with a lexicon what it was read as."""
LINES: Final = ("greedy-line", "line")
_LEAST: Final = -12.0
"""One letter cannot count for more than this against a word."""

Curve = tuple[float, float]
"""Shift and inverse temperature: the confidence is the logistic function of shift + slope * x."""
_AS_SAID: Final[Curve] = (0.0, 1.0)
"""Next to the network's own probabilities."""


@dataclass(frozen=True)
class Calibration:
    """Learnt on held-out lines by ``train.lexicon.calibrate``."""

    curves: Mapping[str, Curve] = field(default_factory=dict)
    """By the names in ``SOURCES`` and ``LINES``. What is missing has the curve of the network
    alone, as in a model that was calibrated without the lexicon it reads with."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what a card holds.

        Raises:
            BundleError: an unknown name, or no pair of finite numbers.
        """
        curves = {}
        for name, value in values.items():
            if name not in (*SOURCES, *LINES) or not _is_curve(value):
                raise BundleError(f"card check failed: calibration of {str(name)[:40]!r}")
            curves[name] = (float(value[0]), float(value[1]))
        return cls(curves)

    def confidence(self, name: str, evidence: float) -> float:
        """The share of right ones among those with the same evidence, 0 to 1."""
        alone = LINES[0] if name in LINES else GREEDY
        shift, slope = self.curves.get(name) or self.curves.get(alone, _AS_SAID)
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, shift + slope * evidence))))

    def apply(self, text: str, peaks: Sequence[float], sources: Sequence[str]) -> Reading:
        """A reading with calibrated confidences.

        Args:
            text: with single spaces, none at either end.
            peaks: the network's probability of each of its characters.
            sources: who vouches for each of its words.
        """
        words = self.words(text, peaks, sources)
        if not words:
            return Reading("", 0.0, ())
        line = LINES[0] if sources[0] == GREEDY else LINES[1]
        return Reading(text, self.confidence(line, line_evidence(words)), tuple(words))

    def words(self, text: str, peaks: Sequence[float], sources: Sequence[str]) -> list[WordReading]:
        """The words of a reading with calibrated confidences, see ``apply``."""
        found = zip(text.split(), word_evidence(text, peaks), sources, strict=True)
        return [
            WordReading(word, self.confidence(source, evidence)) for word, evidence, source in found
        ]


def word_evidence(text: str, peaks: Sequence[float]) -> list[float]:
    """Sum of the log probabilities of each word's characters."""
    sums, start = [], 0
    for word in text.split():
        logs = (math.log(max(p, 1e-9)) for p in peaks[start : start + len(word)])
        sums.append(sum(max(log, _LEAST) for log in logs))
        start += len(word) + 1
    return sums


def line_evidence(words: Sequence[WordReading]) -> float:
    """Log probability that all words are right if each is on its own."""
    return sum(math.log(max(word.confidence, 1e-9)) for word in words)


def _is_curve(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(x, int | float) and not isinstance(x, bool) for x in value)
        and all(math.isfinite(x) and abs(x) <= 1000 for x in value)
    )
