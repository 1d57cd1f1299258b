"""Splits that never move: which part a sample belongs to follows from a hash of its id alone.

Adding or removing data leaves every other sample where it was, and no list has to be committed.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge_runtime.errors import DataError
from train.datasets import Sample


def unit_hash(key: str, salt: str = "") -> float:
    """A number in [0, 1) that depends on the key and the salt alone (SHA-256)."""
    digest = hashlib.sha256(f"{salt}\0{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def split(
    samples: Iterable[Sample],
    fractions: Sequence[float],
    by: str = "writer",
    salt: str = "",
) -> list[list[Sample]]:
    """Split samples into parts of about the given fractions.

    Args:
        samples: what to split.
        fractions: shares that sum to 1, at least two.
        by: ``writer`` keeps each writer's lines together (a sample without a writer counts as a
            writer of its own); ``random`` decides line by line.
        salt: another salt gives another, equally stable, split.

    Raises:
        DataError: the fractions do not sum to 1, or ``by`` is not known.
    """
    if len(fractions) < 2 or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
        raise DataError(f"fractions {list(fractions)} must be two or more and sum to 1")
    if by not in ("writer", "random"):
        raise DataError(f"cannot split by {by!r}: use writer or random")
    parts: list[list[Sample]] = [[] for _ in fractions]
    for sample in samples:
        key = sample.writer if by == "writer" and sample.writer is not None else sample.id
        at, part = unit_hash(key, salt), 0
        while part < len(fractions) - 1 and at >= sum(fractions[: part + 1]):
            part += 1
        parts[part].append(sample)
    return parts


@dataclass(frozen=True)
class Holdout:
    """The project's own development split of one data set.

    ``dev-writers``: all lines of the held-out writers. ``dev-lines``: some lines of the other
    writers. ``train``: the rest. A set without writers has no ``dev-writers``.
    """

    writers: float = 0.11
    lines: float = 0.06
    salt: str = "edge-htr-0"

    def part_of(self, sample: Sample) -> str:
        """Name of the part that the sample belongs to."""
        if sample.writer is not None and unit_hash(sample.writer, self.salt) < self.writers:
            return "dev-writers"
        if unit_hash(sample.id, self.salt) < self.lines:
            return "dev-lines"
        return "train"


PARTS = ("train", "dev-writers", "dev-lines")


def part_of(sample: Sample) -> str:
    """Part of a sample under the project's default holdout."""
    return Holdout().part_of(sample)


def select(samples: Iterable[Sample], part: str) -> list[Sample]:
    """Samples of one part, or of ``all``.

    Raises:
        DataError: no such part.
    """
    if part == "all":
        return list(samples)
    if part not in PARTS:
        raise DataError(f"no part {part!r}: use all, {', '.join(PARTS)}")
    return [s for s in samples if part_of(s) == part]
