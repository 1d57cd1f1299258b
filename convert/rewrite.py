"""Keras layers replaced by ones that compute the same and that TFLite runs well.

The weights become constants, and no shape is computed when the graph runs: a shape that is not
known when the graph is prepared would switch the delegate off for the whole file.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from convert.gru import Direction, run_directions

Layer = Any


def loop_layer(layer: Layer, *, unrolled: bool = False) -> Layer:
    """A layer that computes what a trained GRU, LSTM or Bidirectional of one computes.

    Args:
        layer: the trained layer.
        unrolled: with every time step written out instead of a loop.
    """
    if isinstance(layer, keras.layers.Bidirectional):
        directions = [
            Direction.from_keras(layer.forward_layer),
            Direction.from_keras(layer.backward_layer, backward=True),
        ]
    else:
        directions = [Direction.from_keras(layer, backward=layer.go_backwards)]
    merge = layer.merge_mode if isinstance(layer, keras.layers.Bidirectional) else None
    columns = directions[0].units * (2 if merge == "concat" else 1)

    def run(inputs: Any) -> Any:
        sequence = tf.reshape(inputs, (-1, inputs.shape[-1]))
        outputs = run_directions(sequence, directions, unrolled=unrolled)
        if merge is None and layer.go_backwards:  # alone, Keras leaves reversed time reversed
            outputs = [tf.reverse(outputs[0], [0])]
        return tf.reshape(_merge(outputs, merge), (1, -1, columns))

    return _stand_in(layer, run, columns, convolutional=False)


def dense_layer(layer: Layer, linear: bool) -> Layer:
    """A dense layer on a sequence, without the computed shapes that Keras' own leaves behind.

    They would be dynamic tensors in the file, and one of these switches the delegate off.
    """
    kernel = np.asarray(layer.kernel, np.float32)
    bias = np.asarray(layer.bias, np.float32) if layer.use_bias else None
    activation = keras.activations.linear if linear else layer.activation
    columns = layer.output.shape[-1]

    def run(inputs: Any) -> Any:
        rows = tf.matmul(tf.reshape(inputs, (-1, inputs.shape[-1])), kernel)
        rows = activation(rows if bias is None else rows + bias)
        unknown = [-1 if size is None else size for size in inputs.shape[1:-1]]
        return tf.reshape(rows, (1, *unknown, columns))

    return _stand_in(layer, run, columns, convolutional=True)


def identity_layer(layer: Layer) -> Layer:
    """A layer that does nothing, called like the one it replaces."""
    return _stand_in(layer, lambda inputs: inputs, layer.output.shape[-1], convolutional=True)


def _stand_in(layer: Layer, run: Any, columns: int, convolutional: bool) -> Layer:
    """A layer of the same name; the mark tells ``graph.split`` what kind it is.

    All but the last axis is as it comes in: a fixed width goes on through every piece of the head.
    """
    made = keras.layers.Lambda(
        run, output_shape=lambda given: (*given[:-1], columns), name=layer.name
    )
    made.edge_htr_convolutional = convolutional
    return made


def _merge(outputs: list[Any], mode: str | None) -> Any:
    if mode == "concat":
        return tf.concat(outputs, axis=-1)
    if mode == "mul":
        return outputs[0] * outputs[1]
    total = tf.add_n(outputs) if len(outputs) > 1 else outputs[0]
    return total / 2 if mode == "ave" else total
