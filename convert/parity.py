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
from edge_runtime.errors import ConversionError
from edge_runtime.metrics import edit_distance, error_rates

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Difference:
    """How much a second reading of the same lines is worse, as a fraction of the characters."""

    cer: float
    low: float
    """Lower end of the 95 % interval."""
    high: float


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
    difference: Difference | None = None
    """Of the two, with its interval."""

    @property
    def cer_loss(self) -> float | None:
        """Rise of the CER against the labels, as a fraction; None without labels."""
        if self.cer_keras is None or self.cer_tflite is None:
            return None
        return self.cer_tflite - self.cer_keras

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
        text += f", CER {self.cer_keras:.2%} in Keras and {self.cer_tflite:.2%} here"
        if self.difference is None:
            return text
        low, high = self.difference.low * 100, self.difference.high * 100
        return f"{text} (difference {low:+.2f} to {high:+.2f} points)"


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


def tflite_logits(bundle: Path, inks: Path, target: Path, runtime: str | None = None) -> str:
    """Run a converted file on stored lines as a device does; for a child process.

    Args:
        bundle: the converted file.
        inks: stored uint8 (H, W) lines.
        target: where the logits go.
        runtime: name of the TFLite runtime, by default the best that is installed.

    Returns:
        Name and version of the runtime.
    """
    from edge_runtime.bundle import Bundle
    from edge_runtime.interpreter import open_network

    opened = Bundle.open(bundle)
    network = open_network(opened.network, opened.card, runtime=runtime)
    store(target, [network.run(ink) for ink in fetch(inks)])
    return f"{network.runtime.name} {network.runtime.version}"


def compare(
    lines: Sequence[Line],
    keras: Sequence[Logits],
    tflite: Sequence[Logits],
    charset: Charset,
    *,
    interval: bool = False,
) -> Parity:
    """Compare logits and readings line by line.

    Args:
        lines: the lines, for their labels.
        keras: float32 (T, classes) per line.
        tflite: the same from the converted file.
        charset: the alphabet.
        interval: also the interval of the CER's difference, which takes a second.
    """
    if [k.shape for k in keras] != [t.shape for t in tflite]:
        raise ConversionError("the converted file makes other shapes than Keras: it is not written")
    expected, found = np.concatenate(list(keras)), np.concatenate(list(tflite))
    difference = np.abs(expected - found)
    wanted, readings = (read(logits, charset) for logits in (keras, tflite))
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
        difference=paired_difference(lines, wanted, readings) if interval else None,
    )


def read(logits: Sequence[Logits], charset: Charset) -> list[str]:
    """Greedy readings; what is not finite counts as zero."""
    return [greedy(np.nan_to_num(one), charset).text for one in logits]


def _relative(difference: Logits, expected: Logits) -> float:
    spread = expected - expected.mean(axis=0)
    scale = max(float(np.sqrt(np.mean(spread**2))), 1e-9)
    return float(np.nan_to_num(np.sqrt(np.mean(difference**2)) / scale, nan=np.inf))


def _cer(lines: Sequence[Line], readings: Sequence[str], labelled: Sequence[int]) -> float | None:
    if not labelled:
        return None
    return error_rates([lines[i].text for i in labelled], [readings[i] for i in labelled]).cer


def paired_difference(
    lines: Sequence[Line], before: Sequence[str], after: Sequence[str], resamples: int = 2000
) -> Difference | None:
    """Rise of the CER from one reading to another; None without labels.

    The interval is a paired bootstrap: lines are drawn anew, both readings of a line together.
    """
    rows = [
        (len(line.text), edit_distance(line.text, b) - edit_distance(line.text, a))
        for line, a, b in zip(lines, before, after, strict=True)
        if line.text
    ]
    if not rows:
        return None
    lengths, edits = np.array(rows, np.float64).T
    draws = np.random.default_rng(0).integers(0, len(rows), (resamples, len(rows)))
    rises = edits[draws].sum(axis=1) / np.maximum(1.0, lengths[draws].sum(axis=1))
    low, high = np.quantile(rises, (0.025, 0.975))
    return Difference(float(edits.sum() / max(1.0, lengths.sum())), float(low), float(high))
