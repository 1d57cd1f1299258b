"""Lets a network learn from another one of the same lines, besides from the labels.

The teacher says at every time step what stands there, with its doubts, where CTC only knows that
the letters come in order somewhere (Hinton et al., Distilling the Knowledge in a Neural Network,
2015). A small network learns from a larger one, a pruned one from the one it was cut from.
"""

from collections.abc import Callable
from typing import Any

import keras

from edge_runtime.errors import RecipeError


def learn_from(model: Any, teacher: Any, weight: float) -> None:
    """Add the divergence from the teacher to the loss that ``model`` is trained with.

    Args:
        model: takes bytes (training_model.py); its ``compute_loss`` is replaced.
        teacher: a network of the same lines, as ink / 255, time steps and classes; not trained.
        weight: of the divergence, nats a line summed over the time steps.

    Raises:
        RecipeError: the teacher's input or output has another shape.
    """
    student = model.output[0] if isinstance(model.output, list) else model.output
    if (
        teacher.input_shape[1] != model.input_shape[1]
        or teacher.output_shape[2] != student.shape[2]
    ):
        raise RecipeError(
            "the teacher reads pictures of another height or another charset: train one of the"
            " same preprocessing and charset"
        )
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
        logits = y_pred[0] if isinstance(y_pred, list | tuple) else y_pred
        found = keras.ops.log_softmax(_float32(logits))
        each = keras.ops.sum(keras.ops.exp(wanted) * (wanted - found), axis=(1, 2))
        return own + weight * keras.ops.mean(each)

    return compute_loss


def _float32(tensor: Any) -> Any:
    return keras.ops.cast(tensor, "float32")
