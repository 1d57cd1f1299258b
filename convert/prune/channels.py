"""Which channels of a network belong together, found by following them through its graph.

Every output channel of a convolution, dense layer or recurrence gets a number. Layers that work
channel by channel pass the numbers on, an addition makes the numbers of its inputs one, a reshape
that folds rows into channels repeats them. What is left after the walk are sets of channels that
can only be kept or removed together, wherever they occur; an operation that is not known here
freezes what goes in and comes out, so that nothing is ever cut that might not be cut.
"""

from dataclasses import dataclass, field
from math import prod
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from convert.refusals import is_recurrent

Layer = Any
Ids = npt.NDArray[np.int64]

_CHANNELWISE = frozenset(
    {
        *("BatchNormalization", "LayerNormalization", "ReLU", "LeakyReLU", "ELU", "Relu"),
        *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "Identity", "Cast"),
        *("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"),
        *("ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D"),
        *("UpSampling1D", "UpSampling2D", "DepthwiseConv1D", "DepthwiseConv2D"),
    }
)
"""Operations with one input whose output channel c depends on input channel c (or, normalising,
on all alike)."""
_POINTWISE = frozenset({"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"})
_MIXING = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
    keras.layers.Dense,
)


@dataclass
class Channels:
    """The channels of one network.

    ``inputs[name]`` and ``outputs[name]`` number the last axis of what goes into and comes out of
    an operation; ``units[name]`` number a recurrent layer's units, forward first.
    """

    inputs: dict[str, Ids] = field(default_factory=dict)
    outputs: dict[str, Ids] = field(default_factory=dict)
    units: dict[str, list[Ids]] = field(default_factory=dict)
    blocks: list[Ids] = field(default_factory=list)
    """The channels that each layer makes: pruned by one share, kept in one number."""
    tied: list[tuple[int, int]] = field(default_factory=list)
    """Pairs of blocks that must keep the same number: both directions of a recurrence."""
    _parents: list[int] = field(default_factory=list)
    _frozen: set[int] = field(default_factory=set)

    def root(self, channel: int) -> int:
        """The number that stands for a channel and all that must go with it."""
        while self._parents[channel] != channel:
            self._parents[channel] = self._parents[self._parents[channel]]
            channel = self._parents[channel]
        return channel

    def roots(self, ids: Ids) -> Ids:
        """``root`` of each."""
        return np.array([self.root(int(i)) for i in ids], np.int64)

    @property
    def total(self) -> int:
        """Numbers given out: roots are below it."""
        return len(self._parents)

    def frozen_roots(self) -> set[int]:
        """Roots of channels that must stay."""
        return {self.root(i) for i in self._frozen}

    def new(self, count: int, *, free: bool = True) -> Ids:
        """Number the channels that a layer makes."""
        ids = np.arange(self.total, self.total + count, dtype=np.int64)
        self._parents += ids.tolist()
        if free:
            self.blocks.append(ids)
        else:
            self.freeze(ids)
        return ids

    def freeze(self, ids: Ids) -> None:
        """Keep these whatever happens."""
        self._frozen.update(int(i) for i in ids)

    def join(self, one: Ids, other: Ids) -> Ids:
        """Make the channels of two tensors the same, pair by pair."""
        for a, b in zip(one, other, strict=True):
            self._parents[self.root(int(a))] = self.root(int(b))
        return other


def find_channels(model: Any) -> Channels:
    """Follow the channels of a functional Keras model from its input to its output.

    Args:
        model: float32 (batch, H, W, 1) -> (batch, T, classes). Its input and its classes are
            frozen.
    """
    channels = Channels()
    known: dict[int, Ids] = {}
    for operation in model.operations:
        made = _walk(channels, operation, known)
        for tensor, ids in zip(_flat(operation.output), made, strict=True):
            known[id(tensor)] = ids
    for tensor in _flat(model.outputs):
        channels.freeze(known[id(tensor)])
    return channels


def _flat(tensors: Any) -> list[Any]:
    return list(keras.tree.flatten(tensors))


def _walk(channels: Channels, operation: Layer, known: dict[int, Ids]) -> list[Ids]:
    """Number the outputs of one operation; unknown ones freeze everything they touch."""
    if isinstance(operation, keras.layers.InputLayer):
        return [channels.new(int(operation.output.shape[-1]), free=False)]
    given = [known[id(tensor)] for tensor in _flat(operation.input)]
    made = _understood(channels, operation, given)
    if made is None:
        for ids in given:
            channels.freeze(ids)
        outputs = _flat(operation.output)
        return [channels.new(int(one.shape[-1] or 1), free=False) for one in outputs]
    if isinstance(operation, keras.layers.Layer):
        channels.inputs[operation.name] = given[0]
        channels.outputs[operation.name] = made
    return [made]


def _understood(channels: Channels, operation: Layer, given: list[Ids]) -> Ids | None:
    kind = type(operation).__name__
    if not given or len(_flat(operation.output)) != 1:
        return None
    if isinstance(operation, _MIXING) and getattr(operation, "groups", 1) == 1:
        return channels.new(int(operation.output.shape[-1]))
    if is_recurrent(operation):
        return _recurrent(channels, operation)
    if kind in _CHANNELWISE and _keeps(operation, operation.input):
        return given[0]
    if isinstance(operation, keras.layers.Activation) and operation.activation in _ELEMENTWISE:
        return given[0]
    if kind in _POINTWISE and len({len(ids) for ids in given}) == 1 and _same_rank(operation):
        merged = given[0]
        for ids in given[1:]:
            merged = channels.join(merged, ids)
        return merged
    if isinstance(operation, keras.layers.Concatenate):
        return _concatenated(channels, operation, given)
    if isinstance(operation, keras.layers.Reshape):
        return _reshaped(operation, given[0])
    if isinstance(operation, keras.layers.Permute):
        rank = len(operation.dims)
        return given[0] if operation.dims[-1] == rank else None
    return None


_ELEMENTWISE = tuple(
    getattr(keras.activations, name)
    for name in ("relu", "linear", "tanh", "sigmoid", "hard_sigmoid", "silu", "gelu", "elu")
)


def _keeps(operation: Layer, tensor: Any) -> bool:
    """One input, as many channels out as in; normalisation acts on the channels' axis."""
    axis = getattr(operation, "axis", -1)
    last = axis in (-1, [-1], len(tensor.shape) - 1, [len(tensor.shape) - 1])
    return last and operation.output.shape[-1] == tensor.shape[-1]


def _same_rank(operation: Layer) -> bool:
    return len({len(tensor.shape) for tensor in _flat(operation.input)}) == 1


def _recurrent(channels: Channels, layer: Layer) -> Ids | None:
    if not isinstance(layer, keras.layers.Bidirectional):
        if not isinstance(layer, keras.layers.GRU | keras.layers.LSTM):
            return None
        channels.units[layer.name] = [channels.new(layer.units)]
        return channels.units[layer.name][0]
    if not isinstance(layer.forward_layer, keras.layers.GRU | keras.layers.LSTM):
        return None
    forward = channels.new(layer.forward_layer.units)
    backward = channels.new(layer.forward_layer.units)
    channels.units[layer.name] = [forward, backward]
    channels.tied.append((len(channels.blocks) - 2, len(channels.blocks) - 1))
    if layer.merge_mode == "concat":
        return np.concatenate([forward, backward])
    return channels.join(forward, backward)


def _concatenated(channels: Channels, layer: Layer, given: list[Ids]) -> Ids | None:
    if layer.axis in (-1, len(layer.output.shape) - 1):
        return np.concatenate(given)
    merged = given[0]
    for ids in given[1:]:
        merged = channels.join(merged, ids)
    return merged


def _reshaped(layer: Layer, given: Ids) -> Ids | None:
    """The channels stay the last axis, or whole rows of them are folded into it."""
    before, last = layer.input.shape, layer.output.shape[-1]
    for start in range(len(before) - 1, 0, -1):
        if None in before[start:]:
            return None
        if prod(before[start:]) == last:
            return np.tile(given, last // len(given))
    return None
