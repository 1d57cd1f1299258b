"""One reading from several of the same line, taken in different frames."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from edge_runtime.metrics import edit_distance
from edge_runtime.recognizer import Line

_AGREED: Final = 0.5
"""Share of the weight of all readings that one text must have to be settled."""

_POWER: Final = 2
"""Of the confidence: one confident reading outvotes several doubtful ones."""


def similarity(first: str, second: str) -> float:
    """1.0 for equal texts, 0.0 where no letter is in place."""
    longer = max(len(first), len(second))
    return 1.0 - edit_distance(first, second) / longer if longer else 1.0


def elect(readings: Sequence[tuple[Line, float]]) -> tuple[Line, bool]:
    """The reading that agrees best with all of them, each counted by its confidence.

    That is the median string, with the readings themselves as candidates. Of readings with the
    same text the most confident one is returned.

    Args:
        readings: at least one, each with how much it counts.

    Returns:
        The elected reading, and whether one text has half of the weight.
    """
    weight: dict[str, float] = defaultdict(float)
    for line, count in readings:
        weight[line.text] += count * max(line.confidence, 0.01) ** _POWER
    text = max(
        weight,
        key=lambda one: sum(share * similarity(one, other) for other, share in weight.items()),
    )
    same = (line for line, _ in readings if line.text == text)
    best = max(same, key=lambda line: line.confidence)
    return best, weight[text] >= _AGREED * sum(weight.values())
