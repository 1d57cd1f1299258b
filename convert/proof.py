"""What is shown of a converted file before anyone trusts it.

It is opened by every TFLite runtime that is installed here and run on real lines; logits and
readings are compared with Keras. Its operators, tensors, work and size are listed. Speed and memory
come from ``speed.py``, where a report is wanted.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from convert.child import run_stage
from convert.keras_logits import KerasLogits
from convert.lines import Line, fetch, store
from convert.parity import Parity, compare, read, tflite_logits
from edge_runtime.bundle import Bundle
from edge_runtime.charset import Charset
from edge_runtime.errors import RuntimeMissingError
from edge_runtime.metrics import edit_distance
from edge_runtime.model_info import describe
from edge_runtime.runtimes import RUNTIMES, VARIABLE, find_runtime

RUN_CURE = "the runtime cannot run this network: use another --precision or runtime version"
_WORST = 12
"""Changed lines that the report shows."""


@dataclass
class Proof:
    """What was found of one file."""

    parities: dict[str, Parity] = field(default_factory=dict)
    """By the runtime's name and version."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Operators, tensors, work and size, as ``edge-htr info`` shows them."""
    worst: list[dict[str, Any]] = field(default_factory=list)
    """The lines whose readings changed most."""
    readings: list[str] = field(default_factory=list)
    """What the preferred runtime read, line by line."""
    speed: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By the runtime's name: milliseconds and memory."""

    @property
    def first(self) -> Parity:
        """In the runtime that is preferred here."""
        return next(iter(self.parities.values()))


def installed_runtimes() -> list[str]:
    """Names of the TFLite runtimes that work here, the preferred one first.

    Where ``EDGE_HTR_RUNTIME`` names one, there is only that. TensorFlow is not loaded to find out:
    that takes seconds, and a child process will tell.
    """
    forced = os.environ.get(VARIABLE)
    return [name for name in ((forced,) if forced else RUNTIMES) if _works(name)]


def _works(name: str) -> bool:
    if name == "tensorflow":
        return find_spec(name) is not None
    try:
        find_runtime(name)
    except RuntimeMissingError:
        return False
    return True


def prove(
    bundle: Path, lines: Sequence[Line], keras: KerasLogits, charset: Charset, work: Path
) -> Proof:
    """Run a file in every runtime and compare it with Keras.

    Args:
        bundle: the draft.
        lines: real lines.
        keras: of the checkpoint it was made from.
        charset: the alphabet.
        work: a folder for intermediate files.

    Raises:
        ConversionError: a runtime died of it, or it makes other shapes than Keras.
        InferenceError: a runtime refuses it.
    """
    opened = Bundle.open(bundle)
    proof = Proof(facts=describe(opened))
    expected = fetch(keras.of(lines, opened.card))
    inks = store(work / "proof.npz", [line.ink for line in lines])
    for name in installed_runtimes():
        target = work / "found.npz"
        label = run_stage(f"run-{name}", RUN_CURE, tflite_logits, bundle, inks, target, name)
        found = fetch(target)
        if not proof.parities:
            proof.readings = read(found, charset)
            proof.worst = _changed(lines, read(expected, charset), proof.readings)
        proof.parities[label] = compare(lines, expected, found, charset, interval=True)
    return proof


def _changed(lines: Sequence[Line], before: list[str], after: list[str]) -> list[dict[str, Any]]:
    edits = [edit_distance(a, b) for a, b in zip(before, after, strict=True)]
    order = sorted((i for i, n in enumerate(edits) if n), key=lambda i: -edits[i])[:_WORST]
    return [
        {
            "id": lines[i].id,
            "edits": edits[i],
            "label": lines[i].text,
            "keras": before[i],
            "converted": after[i],
        }
        for i in order
    ]
