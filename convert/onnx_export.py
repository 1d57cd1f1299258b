"""The same network as ONNX, a courtesy to users of other runtimes; checked against Keras.

Keras' own exporter does it, through tf2onnx, which is well kept and installs beside TensorFlow. It
is float32: what makes a file small and fast here is particular to TensorFlow Lite.
"""

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from convert.layout import canvas
from convert.lines import fetch
from convert.parity import Logits
from edge_runtime.atomic import write_atomically
from edge_runtime.card import Card
from edge_runtime.errors import GateError, RuntimeMissingError

PACKAGES: Final = ("tf2onnx", "onnx", "onnxruntime")
INSTALL: Final = "pip install 'edge-htr[desktop,onnx]'"
LARGEST_DIFFERENCE: Final = 1e-3
"""Of a logit, from Keras."""


@dataclass(frozen=True)
class OnnxJob:
    """What to export, and what to compare it on."""

    checkpoint: Path
    card: Card
    inks: Path
    """Stored uint8 (H, W) lines."""
    keras: Path
    """Stored logits of Keras on them."""
    target: Path


def require_packages() -> None:
    """Say at once what would be missing at the end.

    Raises:
        RuntimeMissingError: a package of the extra is not installed.
    """
    for name in PACKAGES:
        if find_spec(name) is None:
            raise RuntimeMissingError(f"--onnx needs {name}: {INSTALL}")


def export_onnx(job: OnnxJob) -> float:
    """Export, run in ONNX Runtime, compare, and write if it fits; for a child process.

    Returns:
        The largest difference of a logit from Keras.

    Raises:
        GateError: the logits differ; nothing is written.
    """
    import onnxruntime

    draft = job.keras.with_suffix(".onnx")
    _export(job, draft)
    session = onnxruntime.InferenceSession(str(draft), providers=["CPUExecutionProvider"])
    differences = [
        float(np.abs(_run(session, ink, job.card, len(logits)) - logits).max())
        for ink, logits in zip(fetch(job.inks), fetch(job.keras), strict=True)
    ]
    if max(differences) > LARGEST_DIFFERENCE:
        raise GateError(
            f"the ONNX network differs from Keras by {max(differences):.2g} in a logit, over"
            f" {LARGEST_DIFFERENCE}: {job.target} is not written"
        )
    write_atomically(job.target, draft.read_bytes())
    return max(differences)


def _export(job: OnnxJob, draft: Path) -> None:
    import keras

    from convert import graph

    width = job.card.max_width if job.card.layout == "fixed" else None
    model = graph.reference_model(graph.load_checkpoint(job.checkpoint), width)
    shape = model.inputs[0].shape
    known = [side or job.card.width_multiple for side in shape]
    model(np.zeros(known, np.float32))  # Keras exports only what has been called
    signature = [keras.InputSpec(shape=shape, dtype="float32", name="ink")]
    with warnings.catch_warnings(action="ignore"):  # the exporters' own, on numpy and TensorFlow
        model.export(draft, format="onnx", verbose=False, input_signature=signature)


def _run(session: Any, ink: Any, card: Card, steps: int) -> Logits:
    """Logits of one line, without the padding's steps."""
    picture = (canvas(ink, card).astype(np.float32) / 255.0)[None, :, :, None]
    logits = session.run(None, {session.get_inputs()[0].name: picture})[0][0]
    return np.asarray(logits[:steps], np.float32)
