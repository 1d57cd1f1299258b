"""One row or two? Decided by what the network reads in the whole picture and in each row."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from edge_runtime.charset import Charset
from edge_runtime.ctc import Logits, greedy_classes

_SLACK: Final = 3.75
"""Nats by which the two rows may be less likely than the whole picture, besides a quarter of a nat
for each character they have more. Of 4,273 pictures, read by two networks, broken lines lose 3.5 at
most, but for one in ten; lines cut through their letters lose 4.1 and more."""
_COST: Final = 0.25
"""Nats that one more character may cost."""
_MORE: Final = 3
"""Characters that two rows have more than the whole picture, at least: the second row is text that
was not read before, not a piece of the first."""
_SURE: Final = 30.0
"""Logit of the space that is put between the rows; the others are 0."""


def choose_rows(readings: Sequence[Logits], charset: Charset) -> Logits:
    """The logits of a picture, from those of its whole and perhaps those of its two rows.

    Args:
        readings: of the whole picture; of the upper and the lower row, if it may have two. Each
            float32 (T, len(charset) + 1).
        charset: the network's alphabet.

    Returns:
        float32 (T, len(charset) + 1): of the whole, or of both rows with a space between them.
    """
    if len(readings) == 1:
        return readings[0]
    whole, upper, lower = readings
    if not _are_rows(whole, upper, lower, charset.blank):
        return whole
    between = np.zeros((1, whole.shape[1]), np.float32)
    between[0, charset.symbols.index(" ") if " " in charset.symbols else charset.blank] = _SURE
    return np.concatenate([upper, between, lower])


def _are_rows(whole: Logits, upper: Logits, lower: Logits, blank: int) -> bool:
    length, above, below = (len(greedy_classes(x, blank)[0]) for x in (whole, upper, lower))
    if below < 2 or above + below < length + _MORE:
        return False
    lost = _best_path(whole) - _best_path(upper) - _best_path(lower)
    return lost <= _SLACK + _COST * (above + below - length)


def _best_path(logits: Logits) -> float:
    """Log probability of the best path, nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return -float(np.log(np.exp(shifted).sum(axis=1)).sum())
