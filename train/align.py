"""Forced alignment: which time steps of a line belong to which character of its known text.

The best path of CTC (Viterbi) among those that spell the text: states are the characters with
blanks before, between and after them (Graves et al., Connectionist Temporal Classification, 2006).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]
_NEVER = -1e30


@dataclass(frozen=True)
class Alignment:
    """Where each character lies."""

    starts: npt.NDArray[np.int64]
    """First time step of each character."""
    ends: npt.NDArray[np.int64]
    """Time step after the last one of each character."""
    log_probabilities: npt.NDArray[np.float64]
    """Of each character, the mean over its steps; 0 is certain."""


def force_align(logits: Logits, classes: list[int], blank: int) -> Alignment | None:
    """Align a line with its text.

    Args:
        logits: float32 (T, classes).
        classes: the text as class indices, at least one.
        blank: class of the CTC blank.

    Returns:
        The alignment, or None if the line has fewer steps than the text needs.
    """
    scores = _log_softmax(logits)
    states = np.full(2 * len(classes) + 1, blank)
    states[1::2] = classes
    path = _best_path(scores[:, states], states, blank)
    if path is None:
        return None
    rows = [np.flatnonzero(path == 2 * i + 1) for i in range(len(classes))]
    steps = np.arange(len(logits))
    own = scores[steps, states[path]]
    return Alignment(
        np.array([r[0] for r in rows]),
        np.array([r[-1] + 1 for r in rows]),
        np.array([float(own[r].mean()) for r in rows]),
    )


def _log_softmax(logits: Logits) -> npt.NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _best_path(
    scores: npt.NDArray[np.float64], states: npt.NDArray[Any], blank: int
) -> npt.NDArray[np.int64] | None:
    """Best state at each step, int64 (T,); scores are float64 (T, states)."""
    steps, count = scores.shape
    # A blank may be skipped between two different characters only.
    skip = np.zeros(count, bool)
    skip[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    best = np.full(count, _NEVER)
    best[:2] = scores[0, :2]
    came = np.zeros((steps, count), np.int8)
    for t in range(1, steps):
        moves = np.full((3, count), _NEVER)
        moves[0] = best
        moves[1, 1:] = best[:-1]
        moves[2, 2:] = np.where(skip[2:], best[:-2], _NEVER)
        came[t] = moves.argmax(axis=0)
        best = moves.max(axis=0) + scores[t]
    last = count - 1 if best[-1] >= best[-2] else count - 2
    if best[last] < _NEVER / 2:
        return None
    path = np.empty(steps, np.int64)
    path[-1] = last
    for t in range(steps - 1, 0, -1):
        path[t - 1] = path[t] - came[t, path[t]]
    return path
