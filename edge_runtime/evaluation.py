"""Measures a reader on labelled lines: error rates with intervals, by writer, and confusions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from edge_runtime.charset import normalize_text
from edge_runtime.confusions import (
    Confusion,
    aligned_pairs,
    letter_confusions,
    tone_confusions,
)
from edge_runtime.metrics import ErrorRates, Interval, bootstrap, error_rates, rates_by


@dataclass(frozen=True)
class ReadLine:
    """One labelled line and what was read."""

    id: str
    reference: str
    reading: str
    writer: str | None = None

    @property
    def rates(self) -> ErrorRates:
        """Error rates of this line alone."""
        return error_rates([self.reference], [self.reading])


@dataclass(frozen=True)
class Evaluation:
    """What was measured on a set of lines."""

    rates: ErrorRates
    intervals: dict[str, Interval]
    """95 % bootstrap intervals over lines, by the name of the rate; empty for no lines."""
    by_writer: dict[str, ErrorRates] = field(default_factory=dict)
    """Rates of each known writer, in sorted order."""
    letters: list[Confusion] = field(default_factory=list)
    """Characters read as others, most frequent first."""
    tones: list[Confusion] = field(default_factory=list)
    """Tones read as tones, where the vowel was read rightly; right ones included."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values; rates are fractions, so 0.05 is 5 %."""
        return {
            **self.rates.as_dict(),
            "intervals": {name: [i.low, i.high] for name, i in self.intervals.items()},
            "by_writer": {name: rates.as_dict() for name, rates in self.by_writer.items()},
            "letters": [asdict(confusion) for confusion in self.letters],
            "tones": [asdict(confusion) for confusion in self.tones],
        }


def evaluate(lines: Sequence[ReadLine]) -> Evaluation:
    """Measure a set of lines.

    Both sides are compared as normalised text: NFC, single spaces, none at either end.
    """
    references = [normalize_text(line.reference) for line in lines]
    readings = [normalize_text(line.reading) for line in lines]
    written = [line for line in lines if line.writer is not None]
    pairs = aligned_pairs(references, readings)
    return Evaluation(
        rates=error_rates(references, readings),
        intervals=bootstrap(references, readings),
        by_writer=rates_by(
            [str(line.writer) for line in written],
            [line.reference for line in written],
            [line.reading for line in written],
        ),
        letters=letter_confusions(pairs),
        tones=tone_confusions(pairs),
    )


def worst_first(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Lines with errors, the most edits per character first."""
    rated = [(line, line.rates) for line in lines]
    wrong = [(line, rates) for line, rates in rated if rates.ser > 0]
    wrong.sort(key=lambda item: (-item[1].cer, item[0].id))
    return [line for line, _ in wrong]
