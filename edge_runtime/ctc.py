"""CTC decoding in numpy: from the network's logits to text with confidences.

Greedy decoding takes the best class of each time step, merges repeats and drops blanks (Graves et
al., Connectionist Temporal Classification, ICML 2006).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_runtime.charset import Charset

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class WordReading:
    """One word and the geometric mean of its characters' probabilities, 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True)
class Reading:
    """The decoded text of one line.

    ``confidence`` is the geometric mean over characters; 0 for a line without text.
    """

    text: str
    confidence: float
    words: tuple[WordReading, ...]


def softmax(logits: Logits) -> Logits:
    """Probabilities along the last axis, float32."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float32)


def greedy_classes(logits: Logits, blank: int) -> tuple[list[int], list[float]]:
    """Best-path decoding.

    Args:
        logits: float32 (T, classes).
        blank: class index of the CTC blank.

    Returns:
        The classes without blanks and repeats, and the probability of each: the highest that
        its run of time steps reaches.
    """
    if logits.ndim != 2 or not 0 <= blank < logits.shape[1]:
        raise ValueError(f"logits {logits.shape} do not fit a blank at class {blank}")
    if not len(logits):
        return [], []
    probabilities = softmax(np.asarray(logits, np.float32))
    best = probabilities.argmax(axis=1)
    peak = probabilities.max(axis=1)
    starts = np.flatnonzero(np.concatenate(([True], best[1:] != best[:-1])))
    run_peaks = np.maximum.reduceat(peak, starts)
    kept = best[starts] != blank
    return best[starts][kept].tolist(), run_peaks[kept].tolist()


def greedy(logits: Logits, charset: Charset) -> Reading:
    """Decode one line greedily.

    Args:
        logits: float32 (T, len(charset) + 1), the blank last.
        charset: the model's alphabet.

    Raises:
        ValueError: the logits do not have one class per symbol and the blank.
    """
    if logits.ndim != 2 or logits.shape[1] != len(charset) + 1:
        raise ValueError(f"logits {logits.shape} do not fit {len(charset)} symbols and a blank")
    classes, confidences = greedy_classes(logits, charset.blank)
    return assemble(charset.decode(classes), confidences)


def tidy(text: str, confidences: list[float]) -> tuple[str, list[float]]:
    """Decoded characters with single spaces, none at either end, and what belongs to them."""
    kept: list[tuple[str, float]] = []
    for character, confidence in zip(text, confidences, strict=True):
        if character != " " or (kept and kept[-1][0] != " "):
            kept.append((character, confidence))
    if kept and kept[-1][0] == " ":
        kept.pop()
    return "".join(c for c, _ in kept), [p for _, p in kept]


def assemble(text: str, confidences: list[float]) -> Reading:
    """Tidy the spaces of decoded characters and group their confidences by word."""
    words: list[WordReading] = []
    start = 0
    for piece in text.split(" "):
        if piece:
            words.append(WordReading(piece, _mean(confidences[start : start + len(piece)])))
        start += len(piece) + 1
    letters = [p for c, p in zip(text, confidences, strict=True) if c != " "]
    return Reading(" ".join(w.text for w in words), _mean(letters), tuple(words))


def _mean(probabilities: list[float]) -> float:
    """Geometric mean; 0 for none."""
    if not probabilities:
        return 0.0
    return float(np.exp(np.log(np.maximum(probabilities, 1e-9)).mean()))
