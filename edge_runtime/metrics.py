"""Error rates of reading: CER, WER, SER, normalised CER, and bootstrap intervals.

CER is the sum of edit distances over the sum of reference lengths of a whole set, in code points of
NFC text, spaces counted; WER is the same over words; SER is the share of lines not exactly right.
The normalised CER folds case, drops comma and full stop, and moves the tone mark to the end of its
syllable on both sides (hoà = hòa), because labels differ from the ink in just these.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from edge_runtime.charset import normalize_text

_TONE_MARKS = frozenset("\u0300\u0301\u0303\u0309\u0323")


@dataclass(frozen=True)
class ErrorRates:
    """Error rates of a set of lines, as fractions (0.05 is 5 %)."""

    n: int
    cer: float
    wer: float
    ser: float
    normalized_cer: float

    def as_dict(self) -> dict[str, float]:
        """The figures as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Interval:
    """A bootstrap interval of one rate, as fractions."""

    low: float
    high: float


def edit_distance(a: Sequence[object], b: Sequence[object]) -> int:
    """Levenshtein distance: insertions, deletions and substitutions cost 1 each."""
    if len(a) < len(b):
        a, b = b, a
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            current.append(min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (x != y)))
        previous = current
    return previous[-1]


def fold(text: str) -> str:
    """Text as the normalised CER compares it: case, comma, full stop and tone place removed."""
    kept = "".join(c for c in text.casefold() if c not in ",.")
    words = (_tone_last(word) for word in kept.split())
    return unicodedata.normalize("NFC", " ".join(words))


def _tone_last(word: str) -> str:
    """Move the tone marks of a syllable behind its letters."""
    parts = unicodedata.normalize("NFD", word)
    marks = "".join(c for c in parts if c in _TONE_MARKS)
    letters = unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONE_MARKS))
    # The mark stands behind a separator that no composition can join.
    return letters + "".join("\u2060" + mark for mark in marks)


def _tallies(references: Sequence[str], readings: Sequence[str]) -> npt.NDArray[np.float64]:
    """Per line: char edits, chars, word edits, words, wrong, folded edits, folded chars."""
    if len(references) != len(readings):
        raise ValueError(f"{len(references)} references for {len(readings)} readings")
    rows = []
    for raw_reference, raw_reading in zip(references, readings, strict=True):
        reference, reading = normalize_text(raw_reference), normalize_text(raw_reading)
        a, b = fold(reference), fold(reading)
        rows.append(
            (
                edit_distance(reference, reading),
                len(reference),
                edit_distance(reference.split(), reading.split()),
                len(reference.split()),
                reference != reading,
                edit_distance(a, b),
                len(a),
            )
        )
    return np.asarray(rows, np.float64).reshape(-1, 7)


def _rates(sums: npt.NDArray[np.float64], n: int) -> tuple[float, float, float, float]:
    """CER, WER, SER, normalised CER of column sums."""
    return (
        float(sums[0] / max(sums[1], 1.0)),
        float(sums[2] / max(sums[3], 1.0)),
        float(sums[4] / max(n, 1)),
        float(sums[5] / max(sums[6], 1.0)),
    )


def error_rates(references: Sequence[str], readings: Sequence[str]) -> ErrorRates:
    """Rates over a set of lines.

    Raises:
        ValueError: the two sequences differ in length.
    """
    tallies = _tallies(references, readings)
    return ErrorRates(len(tallies), *_rates(tallies.sum(axis=0), len(tallies)))


def bootstrap(
    references: Sequence[str],
    readings: Sequence[str],
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Percentile bootstrap over lines, for each rate by its name in ``ErrorRates``."""
    tallies = _tallies(references, readings)
    n = len(tallies)
    if n == 0:
        return {}
    rng = np.random.default_rng(seed)
    draws = np.array(
        [_rates(tallies[rng.integers(0, n, n)].sum(axis=0), n) for _ in range(resamples)]
    )
    edges = np.quantile(draws, ((1 - level) / 2, (1 + level) / 2), axis=0)
    names = ("cer", "wer", "ser", "normalized_cer")
    return {
        name: Interval(float(lo), float(hi)) for name, lo, hi in zip(names, *edges, strict=True)
    }


def rates_by(
    keys: Sequence[str],
    references: Sequence[str],
    readings: Sequence[str],
    key: Callable[[str], str] = str,
) -> dict[str, ErrorRates]:
    """Rates of each group, such as one per writer; groups in sorted order."""
    groups: dict[str, list[int]] = {}
    for i, value in enumerate(keys):
        groups.setdefault(key(value), []).append(i)
    return {
        name: error_rates([references[i] for i in rows], [readings[i] for i in rows])
        for name, rows in sorted(groups.items())
    }
