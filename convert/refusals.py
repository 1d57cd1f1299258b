"""Layers that have no place in a converted file, refused by name with what to use instead."""

from typing import Any

import keras

from edge_runtime.errors import ConversionError

Layer = Any

_REPLACEMENTS = {
    "SimpleRNN": "use GRU or LSTM",
    "RNN": "use the GRU or LSTM layer instead of a cell of your own",
    "ConvLSTM1D": "use convolutions followed by a GRU",
    "ConvLSTM2D": "use convolutions followed by a GRU",
    "ConvLSTM3D": "use convolutions followed by a GRU",
    "Lambda": "write it with Keras layers or keras.ops in a layer class",
    "Functional": "build the network flat, without a model inside the model",
    "Sequential": "build the network flat, without a model inside the model",
}
_MERGES = ("concat", "sum", "mul", "ave")


def is_recurrent(layer: Layer) -> bool:
    """Whether a layer runs step by step over time."""
    return isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)


def refuse_unsupported(layer: Layer) -> None:
    """Let only layers pass that can be exported.

    Raises:
        ConversionError: naming the layer and what to do instead.
    """
    kind = type(layer).__name__
    if kind in _REPLACEMENTS:
        raise _unsupported(layer, _REPLACEMENTS[kind])
    inner = (layer.forward_layer, layer.backward_layer) if _is_bidirectional(layer) else (layer,)
    for one in inner:
        if isinstance(one, keras.layers.RNN):
            _refuse_recurrent(layer, one)
    if _is_bidirectional(layer):
        _refuse_bidirectional(layer)
    if isinstance(layer, keras.layers.TimeDistributed) and is_recurrent(layer.layer):
        raise _unsupported(layer, "move the recurrent layer out of TimeDistributed")


def _refuse_recurrent(layer: Layer, one: Layer) -> None:
    if not isinstance(one, keras.layers.GRU | keras.layers.LSTM):
        raise _unsupported(layer, "use GRU or LSTM")
    if not one.return_sequences:
        raise _unsupported(layer, "set return_sequences=True: CTC needs every time step")
    if one.stateful or one.return_state:
        raise _unsupported(layer, "set stateful and return_state to False: lines are independent")


def _refuse_bidirectional(layer: Layer) -> None:
    if layer.merge_mode not in _MERGES:
        raise _unsupported(layer, f"set merge_mode to one of {', '.join(_MERGES)}")
    forward, backward = layer.forward_layer, layer.backward_layer
    if type(forward) is not type(backward) or forward.go_backwards:
        raise _unsupported(layer, "wrap one plain GRU or LSTM, Bidirectional makes the other")
    for one in ("units", "activation", "recurrent_activation", "reset_after"):
        if getattr(forward, one, None) != getattr(backward, one, None):
            raise _unsupported(layer, f"give both directions the same {one}")


def _is_bidirectional(layer: Layer) -> bool:
    return isinstance(layer, keras.layers.Bidirectional)


def _unsupported(layer: Layer, cure: str) -> ConversionError:
    return ConversionError(
        f"layer {layer.name!r} ({type(layer).__name__}) cannot be exported: {cure}"
    )
