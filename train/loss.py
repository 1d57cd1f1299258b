"""CTC loss on each of Keras' backends, in nats a line.

TensorFlow: the native kernel with sparse labels; with dense labels, and through ``keras.ops``, the
same loss is composed of small operations and takes eight times as long on a CPU. JAX: optax.
PyTorch: its own kernel, on a GPU too.
"""

from typing import Any

import keras

from train.batches import LABEL_PAD


class CtcLoss(keras.losses.Loss):  # type: ignore[misc]  # keras is untyped here
    """Mean CTC loss of a batch.

    ``y_true``: int32 (B, L) classes, padded with -1. ``y_pred``: float32 (B, T, classes) logits,
    the blank last. All T steps count: padding is read as blanks.

    With a ``cap`` (nats a character) the gradient of a line whose loss is above it is scaled down
    to what a line at the cap would give: about one label in twenty differs from the ink, and such
    a line would otherwise pull harder than all others once they are read well. The value reported
    then is that of the scaled loss.
    """

    def __init__(self, name: str = "ctc", cap: float = 0.0, **kwargs: Any) -> None:
        super().__init__(name=name, reduction="sum_over_batch_size", dtype="float32", **kwargs)
        self.cap = cap

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss of each line, float32 (B,)."""
        losses = self._losses(y_true, y_pred)
        if not self.cap:
            return losses
        ops = keras.ops
        length = ops.sum(ops.cast(ops.not_equal(y_true, LABEL_PAD), "float32"), axis=1)
        limit = self.cap * ops.maximum(length, 1.0)
        return losses * ops.stop_gradient(ops.minimum(1.0, limit / ops.maximum(losses, 1e-6)))

    def _losses(self, y_true: Any, y_pred: Any) -> Any:
        if keras.backend.backend() == "tensorflow":
            return _tensorflow_loss(y_true, y_pred)
        if keras.backend.backend() == "jax":
            return _jax_loss(y_true, y_pred)
        if keras.backend.backend() == "torch":
            return _torch_loss(y_true, y_pred)
        raise NotImplementedError(f"no CTC on the {keras.backend.backend()} backend")


def _tensorflow_loss(labels: Any, logits: Any) -> Any:
    import tensorflow as tf

    labels = tf.cast(labels, tf.int32)
    at = tf.where(labels != LABEL_PAD)
    sparse = tf.SparseTensor(at, tf.gather_nd(labels, at), tf.shape(labels, tf.int64))
    batch, steps = tf.shape(logits)[0], tf.shape(logits)[1]
    return tf.nn.ctc_loss(
        sparse,
        tf.cast(logits, tf.float32),
        label_length=None,
        logit_length=tf.fill([batch], steps),
        logits_time_major=False,
        blank_index=-1,
    )


def _jax_loss(labels: Any, logits: Any) -> Any:
    import jax.numpy as jnp
    import optax

    labels = labels.astype("int32")
    padded = (labels == LABEL_PAD).astype("float32")
    steps = jnp.zeros(logits.shape[:2], "float32")
    classes = jnp.where(labels == LABEL_PAD, 0, labels)
    return optax.ctc_loss(
        logits.astype("float32"), steps, classes, padded, blank_id=logits.shape[2] - 1
    )


def _torch_loss(labels: Any, logits: Any) -> Any:
    import torch

    labels = labels.long()
    lengths = (labels != LABEL_PAD).sum(dim=1)
    steps = torch.full((logits.shape[0],), logits.shape[1], dtype=torch.long, device=logits.device)
    log_probabilities = torch.log_softmax(logits.float(), dim=2).transpose(0, 1)
    return torch.nn.functional.ctc_loss(
        log_probabilities,
        labels.clamp(min=0),
        steps,
        lengths,
        blank=logits.shape[2] - 1,
        reduction="none",
        zero_infinity=True,  # a line with more letters than steps teaches nothing
    )
