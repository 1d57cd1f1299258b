"""CTC loss on the TensorFlow and the JAX backend, in nats a line.

TensorFlow: the native kernel with sparse labels; with dense labels, and through ``keras.ops``, the
same loss is composed of small operations and takes eight times as long on a CPU. JAX: optax.
"""

from typing import Any

import keras

from train.batches import LABEL_PAD


class CtcLoss(keras.losses.Loss):  # type: ignore[misc]  # keras is untyped here
    """Mean CTC loss of a batch.

    ``y_true``: int32 (B, L) classes, padded with -1. ``y_pred``: float32 (B, T, classes) logits,
    the blank last. All T steps count: padding is read as blanks.
    """

    def __init__(self, name: str = "ctc", **kwargs: Any) -> None:
        super().__init__(name=name, reduction="sum_over_batch_size", dtype="float32", **kwargs)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss of each line, float32 (B,)."""
        if keras.backend.backend() == "tensorflow":
            return _tensorflow_loss(y_true, y_pred)
        if keras.backend.backend() == "jax":
            return _jax_loss(y_true, y_pred)
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
