"""Compares a converted file with Keras on line pictures, before it may replace anything.

Noise would not do: on it a broken network and a good one both read nothing. What counts is the text
that comes out; the logits are compared as well, since they show an error before it costs letters.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from convert.layout import canvas, steps
from convert.lines import Line, fetch, store
from edge_runtime.card import Card
from edge_runtime.charset import Charset
from edge_runtime.ctc import greedy
from edge_runtime.errors import GateError
from edge_runtime.metrics import edit_distance, error_rates

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Tolerance:
    """What a conversion may cost. A larger difference is a failed gate."""

    drift: float
    """Share of Keras' characters that may read differently."""
    cer_loss: float
    """Rise of the CER against the labels, as a fraction."""
    logit_error: float
    """Root mean square of the logit differences relative to that of the logits."""


@dataclass(frozen=True)
class Parity:
    """How a converted file compares with Keras."""

    lines: int
    steps: int
    """Time steps compared."""
    finite: bool
    """No logit is infinite or not a number."""
    logit_max: float
    """Largest difference of a logit."""
    logit_error: float
    """Root mean square of the differences relative to that of Keras' logits, class means off."""
    agreement: float
    """Share of time steps with the same best class."""
    same_text: float
    """Share of lines that read exactly the same."""
    drift: float
    """Edits between both readings per character of Keras' reading."""
    labelled: int
    """Lines with a label."""
    cer_keras: float | None
    """CER of Keras on the labelled lines, None without any."""
    cer_tflite: float | None

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain values."""
        return asdict(self)

    def summary(self) -> str:
        """One line for people."""
        text = (
            f"{self.lines} lines: same text in {self.same_text:.1%}, drift {self.drift:.2%},"
            f" logit error {self.logit_error:.2%}"
        )
        if self.cer_keras is None or self.cer_tflite is None:
            return text
        return f"{text}, CER {self.cer_keras:.2%} in Keras and {self.cer_tflite:.2%} here"


def keras_logits(checkpoint: Path, card: Card, inks: Path, target: Path) -> None:
    """Run the trained network on stored lines; for a child process.

    Args:
        checkpoint: the ``.keras`` file.
        card: of the converted file, for widths, padding and stride.
        inks: stored uint8 (H, W) lines.
        target: where the logits go, float32 (T, classes) per line without the padding's steps.
    """
    import tensorflow as tf

    from convert import graph

    width = card.max_width if card.layout == "fixed" else None
    model = graph.reference_model(graph.load_checkpoint(checkpoint), width)
    signature = [tf.TensorSpec(model.inputs[0].shape, tf.float32)]
    run = tf.function(
        lambda x: model(x, training=False), input_signature=signature, autograph=False
    )
    outputs = []
    for ink in fetch(inks):
        line = canvas(ink, card).astype(np.float32) / 255.0
        logits = np.asarray(run(line[None, :, :, None]), np.float32)[0]
        outputs.append(logits[: min(steps(ink, card), len(logits))])
    store(target, outputs)


def tflite_logits(bundle: Path, inks: Path, target: Path) -> str:
    """Run a converted file on stored lines as a device does; for a child process.

    Returns:
        Name and version of the runtime.
    """
    from edge_runtime.bundle import Bundle
    from edge_runtime.interpreter import open_network

    opened = Bundle.open(bundle)
    network = open_network(opened.network, opened.card)
    store(target, [network.run(ink) for ink in fetch(inks)])
    return f"{network.runtime.name} {network.runtime.version}"


def compare(
    lines: Sequence[Line], keras: Sequence[Logits], tflite: Sequence[Logits], charset: Charset
) -> Parity:
    """Compare logits and readings line by line.

    Args:
        lines: the lines, for their labels.
        keras: float32 (T, classes) per line.
        tflite: the same from the converted file.
        charset: the alphabet.
    """
    if [k.shape for k in keras] != [t.shape for t in tflite]:
        raise GateError("the converted file makes other shapes than Keras: it is not written")
    expected, found = np.concatenate(list(keras)), np.concatenate(list(tflite))
    difference = np.abs(expected - found)
    wanted = [greedy(logits, charset).text for logits in keras]
    readings = [greedy(np.nan_to_num(logits), charset).text for logits in tflite]
    edits = sum(edit_distance(a, b) for a, b in zip(wanted, readings, strict=True))
    labelled = [i for i, line in enumerate(lines) if line.text]
    return Parity(
        lines=len(lines),
        steps=len(expected),
        finite=bool(np.isfinite(found).all() and np.isfinite(expected).all()),
        logit_max=float(np.nan_to_num(difference, nan=np.inf).max()),
        logit_error=_relative(difference, expected),
        agreement=float((expected.argmax(axis=1) == found.argmax(axis=1)).mean()),
        same_text=float(np.mean([a == b for a, b in zip(wanted, readings, strict=True)])),
        drift=edits / max(1, sum(map(len, wanted))),
        labelled=len(labelled),
        cer_keras=_cer(lines, wanted, labelled),
        cer_tflite=_cer(lines, readings, labelled),
    )


def _relative(difference: Logits, expected: Logits) -> float:
    spread = expected - expected.mean(axis=0)
    scale = max(float(np.sqrt(np.mean(spread**2))), 1e-9)
    return float(np.nan_to_num(np.sqrt(np.mean(difference**2)) / scale, nan=np.inf))


def _cer(lines: Sequence[Line], readings: Sequence[str], labelled: Sequence[int]) -> float | None:
    if not labelled:
        return None
    return error_rates([lines[i].text for i in labelled], [readings[i] for i in labelled]).cer


def check(parity: Parity, tolerance: Tolerance) -> None:
    """The gate.

    Raises:
        GateError: a difference is beyond its tolerance; all of those are named.
    """
    failures = []
    if not parity.finite:
        failures.append("logits are not finite")
    if parity.logit_error > tolerance.logit_error:
        failures.append(f"logit error {parity.logit_error:.2%} over {tolerance.logit_error:.2%}")
    if parity.drift > tolerance.drift:
        failures.append(
            f"{parity.drift:.2%} of the characters read differently, over {tolerance.drift:.2%}"
        )
    loss = (parity.cer_tflite or 0.0) - (parity.cer_keras or 0.0)
    if loss > tolerance.cer_loss:
        failures.append(
            f"CER rises by {loss * 100:.2f} points, over {tolerance.cer_loss * 100:.2f}"
        )
    if failures:
        raise GateError(
            f"converted and Keras network differ on {parity.lines} lines: {'; '.join(failures)}."
            " Nothing was written; try a wider --calibration or another --precision"
        )
