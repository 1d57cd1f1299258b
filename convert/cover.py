"""Chooses calibration lines that cover what a network meets: widths, darkness, writers, letters.

The ranges of int8 are set by the extremes, so the widest, narrowest, darkest and faintest lines are
always among them. Rare letters come next, for their strokes light up features that nothing else
does. The rest is spread evenly over width and darkness, and over the writers.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

_LETTERS = 4
"""At most one line in this many is chosen for its letters alone."""


class Candidate(Protocol):
    """What is looked at of a line."""

    @property
    def ink(self) -> npt.NDArray[np.uint8]:
        """uint8 (H, W)."""
        ...

    @property
    def text(self) -> str:
        """Its label, empty if unknown."""
        ...

    @property
    def writer(self) -> str | None:
        """Who wrote it, if known."""
        ...


def cover(lines: Sequence[Candidate], count: int) -> list[int]:
    """Indices of ``count`` lines, or of all if there are no more, in order.

    The same lines in the same order give the same choice.
    """
    if len(lines) <= count:
        return list(range(len(lines)))
    widths = np.array([line.ink.shape[1] for line in lines])
    darkness = np.array([float(line.ink.mean()) for line in lines])
    ends = [one(values) for values in (widths, darkness) for one in (np.argmin, np.argmax)]
    chosen = list(dict.fromkeys(int(i) for i in ends))[:count]
    chosen += _with_new_letters(lines, chosen, min(count // _LETTERS, count - len(chosen)))
    rest = np.setdiff1d(np.argsort(widths, kind="stable"), chosen, assume_unique=True)
    groups = np.array_split(rest, max(1, int(count**0.5)))
    shares = np.diff(np.linspace(0, count - len(chosen), len(groups) + 1).astype(int))
    writers = Counter(lines[i].writer for i in chosen)
    for group, share in zip(groups, shares, strict=True):
        ordered = group[np.argsort(darkness[group], kind="stable")]
        for block in np.array_split(ordered, share) if share else ():
            pick = min(block, key=lambda i: writers[lines[i].writer])
            writers[lines[pick].writer] += 1
            chosen.append(int(pick))
    return sorted(chosen)


def _with_new_letters(lines: Sequence[Candidate], chosen: Iterable[int], count: int) -> list[int]:
    """Up to ``count`` further lines, each the one with the most letters not yet seen."""
    letters = [set(line.text) for line in lines]
    seen = set().union(*(letters[i] for i in chosen))
    added: list[int] = []
    while len(added) < count:
        best = max(range(len(lines)), key=lambda i: len(letters[i] - seen))
        if not letters[best] - seen:
            break
        added.append(best)
        seen |= letters[best]
    return added
