"""Times several things on one machine so that they can be compared: in turns, the fastest counts.

Other work on the machine only ever adds time, and taking turns lets none of them have all of the
bad minutes.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Final

import numpy as np
import numpy.typing as npt

_TURNS: Final = 5
_REPEATS: Final = 4


def fastest_in_turns(
    calls: Sequence[Sequence[Callable[[], object]]],
) -> npt.NDArray[np.float64]:
    """Seconds of the fastest run of each call, of 20 and some to warm up.

    Args:
        calls: rows of as many calls each; those of a column take turns.

    Returns:
        float64 (rows, columns).
    """
    best = np.full((len(calls), len(calls[0]) if calls else 0), np.inf)
    for _ in range(_TURNS):
        for column in range(best.shape[1]):
            for row in range(best.shape[0]):
                best[row, column] = min(best[row, column], _fastest(calls[row][column]))
    return best


def _fastest(call: Callable[[], object]) -> float:
    call()  # its input's width may be new to a network
    seconds = []
    for _ in range(_REPEATS):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return min(seconds)
