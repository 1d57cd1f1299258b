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

from convert import ranges
from convert.lines import fetch
from convert.precision import CNN, WHOLE, Part
from convert.ranges import Method, Ranges
from edge_runtime.errors import ConversionError

INPUT_NAME, OUTPUT_NAME = "ink", "logits"


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
    """Where the result goes; an int8 one has its calibrated file and its ranges beside it."""
    method: Method = "min-max"
    """How the ranges of int8 activations follow from the calibration."""
    study: bool = False
    """Keep what a search (``search.py``) needs to compare methods."""

    @property
    def calibrated(self) -> Path:
        """The float file that knows its activations' ranges, from which int8 is made."""
        return self.target.with_suffix(".calibrated")

    @property
    def ranges(self) -> Path:
        """What was seen of the activations."""
        return self.target.with_suffix(".npz")


def convert_part(job: Job) -> int:
    """Convert one part and write it to ``job.target``.

    Returns:
        Bytes written.

    Raises:
        ConversionError: an operation has no TFLite builtin; named with its layer.
    """
    from convert import graph

    unrolled = job.part.unrolled
    model = graph.export_model(graph.load_checkpoint(job.checkpoint), job.width, unrolled=unrolled)
    converter = _converter(_select(model, job.part))
    _set_quantization(converter, job)
    try:
        with warnings.catch_warnings(action="ignore"):  # routine, whatever is converted
            data: bytes = converter.convert()
    except Exception as error:
        raise _explained(error, model, job.part.stage) from error
    if job.part.quantization == "int8":
        data = _quantized(data, job)
    return job.target.write_bytes(data)


def _quantized(calibrated: bytes, job: Job) -> bytes:
    """int8 from a calibrated file, with the ranges of all lines."""
    assert job.calibration is not None
    lines = [_as_input(line) for line in fetch(job.calibration)]
    histograms = job.study or job.method != "min-max"
    seen = ranges.collect(calibrated, lines, histograms=histograms)
    job.calibrated.write_bytes(calibrated)
    seen.save(job.ranges)
    return quantize(calibrated, seen, job.method)


def quantize(
    calibrated: bytes,
    seen: Ranges,
    method: Method,
    *,
    lines: int | None = None,
    floats: frozenset[str] = frozenset(),
) -> bytes:
    """Make an int8 file of a calibrated one.

    Args:
        calibrated: the float file.
        seen: its activations on the calibration lines.
        method: how ranges follow from these.
        lines: use so many of the lines only.
        floats: operators that stay float32, by the name of the tensor they make.
    """
    from tensorflow.lite.python.convert import mlir_quantize

    low, high = ranges.choose(seen, method, lines)
    data: bytes = mlir_quantize(
        ranges.put_in(calibrated, seen, low, high),
        disable_per_channel_for_dense_layers=True,
        denylisted_nodes=sorted(floats) or None,
    )
    return data


def _select(model: Any, part: Part) -> Any:
    from convert import graph

    if part.piece:
        return graph.pieces(model)[part.name]
    if part.name == WHOLE:
        return model
    parts = graph.split(model)
    if parts is None:
        raise ConversionError("the network is convolutions alone: it has no separate head")
    return parts.cnn if part.name == CNN else parts.head


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
    if not job.part.calibrated:
        return
    if job.calibration is None:
        raise ConversionError(f"{job.part.quantization} needs calibration lines")
    lines = _calibration_lines(job.calibration)
    if job.part.quantization == "int8":
        # What TensorFlow calibrates only marks the activations; ranges.py measures them.
        converter._experimental_calibrate_only = True
        lines = lines[:1]
    else:
        kernels = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.target_spec.supported_ops = [kernels, tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.representative_dataset = lambda: ([line] for line in lines)


def _calibration_lines(path: Path) -> list[Any]:
    """Lines as network input, float32 (1, H, W, 1), all padded with black to the widest.

    TensorFlow's calibrator takes one width. Black on the right is what every line has when it is
    read, and does not change the range of any activation.
    """
    lines = fetch(path)
    width = max(line.shape[1] for line in lines)
    padded = [np.pad(line, ((0, 0), (0, width - line.shape[1]))) for line in lines]
    return [_as_input(line) for line in padded]


def _as_input(line: Any) -> Any:
    """uint8 (H, W) -> float32 (1, H, W, 1)."""
    return (line.astype(np.float32) / 255.0)[None, :, :, None]


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
