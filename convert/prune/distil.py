"""Lets a fine-tuned network learn from the one it was cut from, besides from the labels.

A network that lost channels still knows where each letter stands; the one it came from tells it at
every time step what to say there. That is worth several times the lines that CTC alone would need.
"""

from collections.abc import Callable
from typing import Any

import keras


def learn_from(model: Any, teacher: Any, weight: float) -> None:
    """Add the divergence from the teacher to the loss that ``model`` is trained with.

    Args:
        model: takes bytes (training_model.py); its ``compute_loss`` is replaced.
        teacher: a network of the same lines, as ink / 255, time steps and classes; not trained.
        weight: of the divergence, nats a line summed over the time steps.
    """
    teacher.trainable = False
    model.compute_loss = _distilled(model, teacher, weight)


def _distilled(model: Any, teacher: Any, weight: float) -> Callable[..., Any]:
    plain = model.compute_loss

    def compute_loss(
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        own = plain(x, y, y_pred, sample_weight, training=training)
        wanted = keras.ops.log_softmax(_float32(teacher(_float32(x) / 255, training=False)))
        found = keras.ops.log_softmax(_float32(y_pred))
        each = keras.ops.sum(keras.ops.exp(wanted) * (wanted - found), axis=(1, 2))
        return own + weight * keras.ops.mean(each)

    return compute_loss


def _float32(tensor: Any) -> Any:
    return keras.ops.cast(tensor, "float32")
