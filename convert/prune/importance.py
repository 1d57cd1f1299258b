"""Measures how much the loss depends on each channel, on lines that the network trains on.

If a channel's output were scaled by a gate g, the change of the loss at g = 1 is the sum of weight
times gradient over all weights that read the channel: no gate has to be built. Its square, averaged
over small batches, is the first-order Taylor importance of Molchanov et al., "Importance Estimation
for Neural Network Pruning", CVPR 2019. A unit of a recurrence is also read by its own recurrent
weights.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from convert.prune.channels import Channels, Ids
from convert.prune.data import Batch
from convert.refusals import is_recurrent

Scores = npt.NDArray[np.float64]


def measure_importance(model: Any, channels: Channels, batches: Sequence[Batch]) -> Scores:
    """Importance of each channel.

    Args:
        model: the network, on Keras' TensorFlow backend.
        channels: of this network.
        batches: a few hundred lines, few of them a batch.

    Returns:
        float64 (channels.total,): the importance of each root; zero elsewhere.
    """
    import tensorflow as tf

    from train.loss import CtcLoss

    loss = CtcLoss()
    readers = _readers(model, channels)
    scores = np.zeros(channels.total)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def gradients(pictures: Any, classes: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(classes, model(pictures, training=False))
        return tape.gradient(value, [reader[0] for reader in readers])

    for batch in batches:
        found = gradients(*map(tf.constant, batch))
        gates = np.zeros(channels.total)
        for (variable, axis, roots), gradient in zip(readers, found, strict=True):
            if gradient is not None:
                product = np.asarray(variable, np.float64) * np.asarray(gradient, np.float64)
                others = tuple(i for i in range(product.ndim) if i != axis)
                np.add.at(gates, roots, product.sum(axis=others))
        scores += gates**2
    return scores / max(1, len(batches))


def _readers(model: Any, channels: Channels) -> list[tuple[Any, int, Ids]]:
    """Every weight that mixes channels: the variable, its input axis, and the roots it reads."""
    readers: list[tuple[Any, int, Ids]] = []
    for layer in model.layers:
        if layer.name not in channels.inputs:
            continue
        given = channels.roots(channels.inputs[layer.name])
        if is_recurrent(layer):
            parts = (
                (layer.forward_layer, layer.backward_layer)
                if isinstance(layer, keras.layers.Bidirectional)
                else (layer,)
            )
            for part, units in zip(parts, channels.units[layer.name], strict=True):
                readers.append((part.cell.kernel.value, 0, given))
                readers.append((part.cell.recurrent_kernel.value, 0, channels.roots(units)))
        elif hasattr(layer, "pointwise_kernel"):
            readers.append((layer.pointwise_kernel.value, layer.pointwise_kernel.ndim - 2, given))
        elif isinstance(layer, keras.layers.Dense | keras.layers.Conv1D | keras.layers.Conv2D):
            readers.append((layer.kernel.value, layer.kernel.ndim - 2, given))
    return readers
