"""The network as it is trained: bytes in, and a second CTC head that guides the convolutions.

    uint8 image -> / 255 -> network -> logits
                              |
                              +-- convolutional features -> 1x3 convolution -> shortcut's logits

The shortcut lets the loss reach the convolutions without passing through the recurrence (Retsinas
et al., Best Practices for a Handwritten Text Recognition System, DAS 2022). It is dropped for
inference: the network's layers are shared with, and saved as, the plain model.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from edge_runtime.errors import RecipeError
from train.loss import CtcLoss
from train.recipe import LossSettings

FEATURES = "fold_relu"
"""The layer whose output the shortcut reads; every family but the seed has it (stem.py)."""


@dataclass(frozen=True)
class TrainingModel:
    """What is fitted, and the losses of its outputs."""

    model: Any
    losses: list[CtcLoss]
    weights: list[float]

    def targets(self, classes: Any) -> Any:
        """The labels, once for each output."""
        return classes if len(self.losses) == 1 else [classes] * len(self.losses)


def training_model(network: Any, settings: LossSettings) -> TrainingModel:
    """Wrap a network for training; its weights stay its own.

    Raises:
        RecipeError: a shortcut is wanted of a family that has no place for it.
    """
    image = keras.Input(network.input_shape[1:], dtype="uint8", name="bytes")
    scaled = keras.ops.cast(image, "float32") * (1 / 255)  # a Rescaling layer needs TensorFlow
    if not settings.shortcut:
        model = keras.Model(image, network(scaled), name="training")
        return TrainingModel(model, [CtcLoss(cap=settings.cap)], [1.0])
    if FEATURES not in {layer.name for layer in network.layers}:
        raise RecipeError(f"{network.name} has no shortcut: set loss.shortcut = 0 in the recipe")
    inner = keras.Model(network.input, [network.output, network.get_layer(FEATURES).output])
    logits, features = inner(scaled)
    classes = logits.shape[-1]
    x = layers.Conv2D(classes, (1, 3), padding="same", dtype="float32", name="shortcut")(features)
    x = layers.Reshape((-1, classes), dtype="float32", name="shortcut_logits")(x)
    model = keras.Model(image, [logits, x], name="training")
    losses = [CtcLoss(cap=settings.cap) for _ in range(2)]
    return TrainingModel(model, losses, [1.0, settings.shortcut])
