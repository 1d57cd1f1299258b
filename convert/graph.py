"""Takes a Keras checkpoint apart: float32, one line at a time, recurrences rewritten, CNN and head.

Training may have used mixed precision, any batch size and any Keras backend. What is exported is
the same network in float32 for a batch of one, without the softmax (the runtime wants logits).
"""

import os
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np

from convert.precision import HEAD
from convert.refusals import is_recurrent, refuse_unsupported
from convert.rewrite import dense_layer, identity_layer, loop_layer
from edge_runtime.errors import ConversionError

Model = Any
Layer = Any

_CONVOLUTIONAL = frozenset(
    {
        *("InputLayer", "Conv1D", "Conv2D", "DepthwiseConv1D", "DepthwiseConv2D"),
        *("SeparableConv1D", "SeparableConv2D", "Dense", "BatchNormalization"),
        *("Activation", "ReLU", "LeakyReLU", "Relu", "Identity", "Cast"),
        *("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"),
        *("Add", "Multiply", "Concatenate", "Dropout", "SpatialDropout1D", "SpatialDropout2D"),
        *("Reshape", "Permute", "Flatten", "ZeroPadding2D", "Cropping2D", "Squeeze", "Transpose"),
    }
)
"""Operations that int8 serves well; the first other one begins the head."""


class Parts(NamedTuple):
    """The two halves of a network that is more than convolutions."""

    cnn: Model
    """picture -> features, float32 (1, T, features)"""
    head: Model
    """features -> logits"""


def load_checkpoint(path: Path) -> Model:
    """Load a trained network.

    Raises:
        ConversionError: not a Keras file, or made of layers that are not at hand here.
    """
    _register_own_layers()
    try:
        return keras.saving.load_model(path, compile=False)
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise ConversionError(f"{path} cannot be loaded as a Keras model: {reason}") from error


def _register_own_layers() -> None:
    """Import the project's networks, whose layers register themselves with Keras."""
    import importlib
    import pkgutil

    import train.networks

    for module in pkgutil.iter_modules(train.networks.__path__, "train.networks."):
        importlib.import_module(module.name)


def reference_model(model: Model, width: int | None) -> Model:
    """The trained network in float32 for one line, with logits at the end.

    Args:
        model: as loaded.
        width: columns of the input, None for any width.

    Returns:
        float32 (1, H, W, 1) -> float32 (1, T, C + 1); the layers keep their names.

    Raises:
        ConversionError: the input is not one grey picture, or a layer cannot be exported.
    """
    return _clone(model, width, rewrite=False)


def export_model(model: Model, width: int | None, *, unrolled: bool = False) -> Model:
    """The same as ``reference_model`` with every GRU and LSTM rewritten as a chunked loop.

    With ``unrolled``, which needs a width, every time step is written out instead.
    """
    return _clone(model, width, rewrite=True, unrolled=unrolled)


def split(model: Model) -> Parts | None:
    """Cut before the first operation that is not of a convolutional network.

    Args:
        model: an exported or a reference model.

    Returns:
        CNN and head, or None for a network of convolutions alone.

    Raises:
        ConversionError: the head also needs something from before the cut.
    """
    first = next((one for one in model.operations if not _is_convolutional(one)), None)
    if first is None:
        return None
    seam = first.input
    try:
        head = keras.Model(seam, model.outputs[0], name="head")
    except (ValueError, TypeError):
        raise ConversionError(
            f"what follows {first.name!r} also uses results from before it, so the network cannot"
            " be cut there: convert with --precision fp32 or dynamic"
        ) from None
    return Parts(keras.Model(model.inputs[0], seam, name="cnn"), head)


def pieces(model: Model) -> dict[str, Model]:
    """The head cut wherever one tensor alone goes on, so that each piece has its own numbers.

    Args:
        model: an exported or a reference model.

    Returns:
        The pieces in order by the name of their first layer with weights, each a model from what
        goes in to what comes out; empty for a network of convolutions alone.
    """
    if split(model) is None:
        return {}
    operations = list(model.operations)
    head = next(i for i, one in enumerate(operations) if not _is_convolutional(one))
    found: dict[str, Model] = {}
    start, name = operations[head].input, ""
    for position, operation in enumerate(operations[head:], head):
        name = name or (operation.name if _has_weights(operation) else "")
        rest = operations[position + 1 :]
        cut = _crossing(rest) == {id(operation.output)} and any(map(_has_weights, rest))
        if not rest or (name and cut):
            found[name or HEAD] = keras.Model(start, operation.output, name="piece")
            start, name = operation.output, ""
    return found


def _crossing(rest: list[Layer]) -> set[int]:
    """Tensors that these operations need and do not make themselves."""
    made = {id(tensor) for one in rest for tensor in keras.tree.flatten(one.output)}
    needed = {id(tensor) for one in rest for tensor in keras.tree.flatten(one.input)}
    return needed - made


def _has_weights(operation: Layer) -> bool:
    """Whether it multiplies with weights, which a stand-in holds as constants."""
    return (
        hasattr(operation, "edge_htr_convolutional")
        or is_recurrent(operation)
        or (hasattr(operation, "kernel"))
    )


def _is_convolutional(operation: Layer) -> bool:
    rewritten = getattr(operation, "edge_htr_convolutional", None)
    return type(operation).__name__ in _CONVOLUTIONAL if rewritten is None else rewritten


def _clone(model: Model, width: int | None, rewrite: bool, unrolled: bool = False) -> Model:
    for layer in model.layers:
        refuse_unsupported(layer)
    _cast_to_float32(model)
    softmaxed = _final_softmax(model)

    def renew(layer: Layer) -> Layer:
        if rewrite and is_recurrent(layer):
            return loop_layer(layer, unrolled=unrolled)
        if rewrite and isinstance(layer, keras.layers.Dense) and len(layer.input.shape) > 2:
            return dense_layer(layer, layer is softmaxed)
        config = _float32(layer.get_config())
        if layer is softmaxed:
            config = {**config, "activation": "linear"}
        if layer is softmaxed and isinstance(layer, keras.layers.Softmax):
            return identity_layer(layer)
        return type(layer).from_config(config)

    picture = keras.Input(batch_shape=(1, *_picture_shape(model, width)), name="ink")
    copy = keras.models.clone_model(model, input_tensors=picture, clone_function=renew)
    trained = {layer.name: layer for layer in model.layers}
    for layer in copy.layers:
        if layer.weights:  # rewritten layers have none: theirs are constants
            weights = trained[layer.name].get_weights()
            layer.set_weights([np.asarray(weight, np.float32) for weight in weights])
    return copy


def _picture_shape(model: Model, width: int | None) -> tuple[int, int | None, int]:
    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] != 1 or shape[1] is None:
        raise ConversionError(
            f"the network's input is {shape}: one grey picture (batch, height, width, 1) of a"
            " known height is expected"
        )
    return (shape[1], shape[2] if width is None else width, 1)


def _float32(config: Any) -> Any:
    """A layer's configuration with every precision policy in it set to float32."""
    if isinstance(config, dict):
        return {k: "float32" if k == "dtype" else _float32(v) for k, v in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(_float32(item) for item in config)
    return config


def _cast_to_float32(model: Model) -> None:
    """Turn casts to half precision, which are no layers and have no configuration, to float32."""
    for operation in model.operations:
        if type(operation).__name__ == "Cast" and operation.dtype in ("bfloat16", "float16"):
            operation.dtype = "float32"


def _final_softmax(model: Model) -> Layer | None:
    """The last layer, if it ends in a softmax."""
    last = model.layers[-1]
    ends = isinstance(last, keras.layers.Softmax) or (
        getattr(last, "activation", None) is keras.activations.softmax
    )
    return last if ends else None
