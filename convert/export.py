"""One stage of a conversion: one part of a network to one .tflite file.

TensorFlow's converter can abort the process instead of raising an exception, so this module runs in
a child process (``child.py``) and hands its results over as files.
"""

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from convert.lines import fetch
from convert.precision import Part
from edge_runtime.errors import ConversionError

INPUT_NAME, OUTPUT_NAME = "ink", "logits"
PROBE_WIDTH = 1024
"""Columns at which a network of any width is asked for its number of steps."""


@dataclass(frozen=True)
class Job:
    """What one stage is to do."""

    checkpoint: Path
    """The trained ``.keras`` file."""
    part: Part
    width: int | None
    """Columns of the input; None for a width that can be set when the file is loaded."""
    calibration: Path | None
    """Stored uint8 (H, W) lines (``lines.store``); needed for int8."""
    target: Path
    """Where the result goes."""


@dataclass(frozen=True)
class Described:
    """What the main process needs to know of a checkpoint, without TensorFlow."""

    height: int
    width: int | None
    """Columns of the input, None where they may vary."""
    classes: int
    """Output classes, the CTC blank included."""
    steps: int
    """Output steps at ``probe_width`` columns."""
    probe_width: int
    has_head: bool
    """There is more to it than convolutions, see ``graph.split``."""
    parameters: int


def describe(checkpoint: Path) -> Described:
    """Look at a checkpoint and refuse what cannot be converted.

    Raises:
        ConversionError: it cannot be loaded, or a layer cannot be exported; named with the cure.
    """
    from convert import graph

    model = graph.load_checkpoint(checkpoint)
    copy = graph.reference_model(model, None)
    _, height, width, _ = copy.input_shape
    probe = width or PROBE_WIDTH
    if len(copy.output_shape) != 3:
        raise ConversionError(
            f"the network's output is {copy.output_shape}: (batch, time, classes) is expected"
        )
    return Described(
        height=height,
        width=width,
        classes=int(copy.output_shape[2]),
        steps=int(graph.reference_model(model, probe).output_shape[1]),
        probe_width=probe,
        has_head=graph.split(copy) is not None,
        parameters=int(model.count_params()),
    )


def convert_part(job: Job) -> int:
    """Convert one part and write it to ``job.target``.

    Returns:
        Bytes written.

    Raises:
        ConversionError: an operation has no TFLite builtin; named with its layer.
    """
    from convert import graph

    model = graph.export_model(graph.load_checkpoint(job.checkpoint), job.width)
    part = _select(model, job.part.name)
    converter = _converter(part)
    _set_quantization(converter, job)
    try:
        with warnings.catch_warnings(action="ignore"):  # routine, whatever is converted
            data: bytes = converter.convert()
    except Exception as error:
        raise _explained(error, model, job.part.stage) from error
    return job.target.write_bytes(data)


def _select(model: Any, name: str) -> Any:
    from convert import graph

    if name == "whole":
        return model
    parts = graph.split(model)
    if parts is None:
        raise ConversionError("the network is convolutions alone: it has no separate head")
    return parts.cnn if name == "cnn" else parts.head


def _converter(model: Any) -> Any:
    """A converter of the frozen network.

    Freezing matters: from a function that still has variables TensorFlow makes a file without
    the weights, and says nothing.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    shape = model.inputs[0].shape
    signature = [tf.TensorSpec(shape, tf.float32, name=INPUT_NAME)]
    function = tf.function(
        lambda ink: model(ink, training=False), input_signature=signature, autograph=False
    )
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    return converter


def _set_quantization(converter: Any, job: Job) -> None:
    import tensorflow as tf

    if job.part.quantization == "float32":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    # A per-channel int8 Dense crashes tflite-runtime 2.14 on ARM and is refused elsewhere.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    if job.part.quantization == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if job.part.quantization == "int8":
        if job.calibration is None:
            raise ConversionError("int8 needs calibration lines")
        lines = _calibration_lines(job.calibration)
        converter.representative_dataset = lambda: ([line] for line in lines)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


def _calibration_lines(path: Path) -> list[Any]:
    """Lines as network input, float32 (1, H, W, 1), all padded with black to the widest.

    TensorFlow's calibrator takes one width. Black on the right is what every line has when it is
    read, and does not change the range of any activation.
    """
    lines = fetch(path)
    width = max(line.shape[1] for line in lines)
    padded = [np.pad(line, ((0, 0), (0, width - line.shape[1]))) for line in lines]
    return [(line.astype(np.float32) / 255.0)[None, :, :, None] for line in padded]


def _explained(error: Exception, model: Any, stage: str) -> ConversionError:
    """Name the operations without a builtin and the layers they come from."""
    text = str(error)
    operations = sorted(set(re.findall(r"\b(?:tf|tfl)\.([A-Z]\w+)", text)))
    names = sorted((layer.name for layer in model.layers), key=len, reverse=True)
    layers = [name for name in names if re.search(rf"[/\"';]{re.escape(name)}[_/\d]*[/\"';]", text)]
    if not operations:
        return ConversionError(f"stage {stage}: {' '.join(text.split())[:300]}")
    where = f" of layer {', '.join(map(repr, layers))}" if layers else ""
    return ConversionError(
        f"stage {stage}: operation {', '.join(operations)}{where} has no TFLite builtin:"
        " replace the layer with convolutions, pooling, GRU, LSTM, Dense or keras.ops that have one"
    )
