"""A recogniser without recurrence: the shared convolutions, then dilated ones over time.

Each residual block looks `dilation` times further to the left and right than its kernel alone, so
that four blocks of kernel 5 see 61 steps, about 20 characters: what a recurrence sees in practice.
All layers are convolutions, so the whole network can be int8 and runs in one delegate.
"""

from dataclasses import dataclass

import keras
from keras import layers

from train.networks.stem import StemConfig, normalised, stem


@dataclass(frozen=True)
class CnnConfig(StemConfig):
    """Sizes of the convolutional recogniser."""

    features: int = 192
    """Channels of every block over time."""
    kernel: int = 5
    """Steps that each convolution over time spans, before dilation; odd."""
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    """Spacing of the kernel's taps in each block over time, one block an entry."""
    dropout: float = 0.2
    """Share of channels dropped before each block and before the head, in training."""


def build_cnn(config: CnnConfig, classes: int) -> keras.Model:
    """Build the network with fresh weights.

    Args:
        config: sizes.
        classes: output classes including the CTC blank, which is the last one.

    Returns:
        A model from float32 (batch, height, W, 1), ink / 255, W a multiple of 4, to float32 logits
        (batch, W / 4, classes).
    """
    image = keras.Input((config.height, None, 1), name="image")
    x = stem(image, config, config.features, config.dropout)
    for i, dilation in enumerate(config.dilations, 1):
        x = _block(x, config, dilation, f"time{i}")
    x = layers.SpatialDropout2D(config.dropout, name="head_dropout")(x)
    # float32 whatever the policy: CTC on half-precision logits does not converge.
    x = layers.Conv2D(classes, 1, dtype="float32", name="head")(x)
    logits = layers.Reshape((-1, classes), dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="cnn")


def _block(x: keras.KerasTensor, config: CnnConfig, dilation: int, name: str) -> keras.KerasTensor:
    """A dilated convolution over time and a pointwise one, added to what came in."""
    kernel = (1, config.kernel)
    y = normalised(x, config.features, kernel, f"{name}a", dilation=(1, dilation))
    y = layers.SpatialDropout2D(config.dropout, name=f"{name}_dropout")(y)
    y = normalised(y, config.features, 1, f"{name}b", relu=False)
    y = layers.Add(name=f"{name}_add")([x, y])
    return layers.ReLU(name=f"{name}_relu")(y)
