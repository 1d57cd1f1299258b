"""Counts multiply-accumulates of a Keras network, layer by layer, before anything is converted.

Counted is what ``edge_runtime/macs.py`` counts of a converted network: products of weights or of
matrices, not additions, norms and activations.
"""

from collections.abc import Callable
from math import prod
from typing import Any

import keras
from keras import layers

from edge_runtime.errors import RecipeError

Shape = tuple[int, ...]


def layer_macs(model: Any, width: int) -> dict[str, int]:
    """Multiply-accumulates of each layer that multiplies, for one line.

    Args:
        model: takes (batch, H, W, 1).
        width: W, pixels.

    Raises:
        RecipeError: a layer has matrices and is none that is known here.
    """
    picture = keras.Input((model.input_shape[1], width, model.input_shape[3]))
    fixed = keras.models.clone_model(model, input_tensors=picture)
    counts = {}
    for step in fixed.operations:
        macs = _macs(step)
        if macs:
            counts[step.name] = macs
    return counts


def _macs(step: Any) -> int:
    for kind, rule in _RULES:
        if isinstance(step, kind):
            return rule(step)
    if type(step).__name__ in ("Matmul", "MatMul"):
        left = _shapes(step.input)[0]
        return prod(_shapes(step.output)[0][1:]) * left[-1]
    if any(len(weight.shape) > 1 for weight in getattr(step, "weights", ())):
        raise RecipeError(f"layer '{step.name}' ({type(step).__name__}): its cost is not known")
    return 0


def _shapes(tensors: Any) -> list[Shape]:
    found = tensors if isinstance(tensors, list | tuple) else [tensors]
    return [tuple(tensor.shape) for tensor in found]


def _places(layer: Any) -> int:
    """Positions of the output, channels not counted."""
    return prod(_shapes(layer.output)[0][1:-1])


def _size(weight: Any) -> int:
    """Values of a weight."""
    return int(prod(weight.shape))


def _convolution(layer: Any) -> int:
    """Each output value is a product over the kernel and the channels of its group."""
    return _places(layer) * _size(layer.kernel)


def _separable(layer: Any) -> int:
    return _places(layer) * (_size(layer.depthwise_kernel) + _size(layer.pointwise_kernel))


def _recurrent(layer: Any) -> int:
    """Every matrix is used once a time step."""
    steps = _shapes(layer.input)[0][1]
    return steps * _matrices(layer)


def _both_ways(layer: Any) -> int:
    steps = _shapes(layer.input)[0][1]
    return steps * (_matrices(layer.forward_layer) + _matrices(layer.backward_layer))


def _matrices(layer: Any) -> int:
    return _size(layer.cell.kernel) + _size(layer.cell.recurrent_kernel)


def _attention(layer: Any) -> int:
    """Projections of query, key, value and result, and every step against every other."""
    query, *others = _shapes(layer.input)
    value = others[0] if others else query
    key = others[1] if len(others) > 1 else value
    heads, size, out = layer.num_heads, layer.key_dim, layer.value_dim
    pairs = prod(query[1:-1]) * prod(value[1:-1])
    last = layer.output.shape[-1]
    projected = prod(query[1:]) * heads * size + prod(key[1:]) * heads * size
    projected += prod(value[1:]) * heads * out + prod(query[1:-1]) * heads * out * last
    return int(projected + pairs * heads * (size + out))


_RULES: tuple[tuple[Any, Callable[[Any], int]], ...] = (
    ((layers.DepthwiseConv1D, layers.DepthwiseConv2D), _convolution),
    ((layers.SeparableConv1D, layers.SeparableConv2D), _separable),
    ((layers.Conv1D, layers.Conv2D, layers.Dense), _convolution),
    ((layers.GRU, layers.LSTM, layers.SimpleRNN), _recurrent),
    (layers.Bidirectional, _both_ways),
    (layers.MultiHeadAttention, _attention),
)
