"""A recogniser with a small transformer encoder after the shared convolutions.

Two things tell a step where it stands: sinusoids added once, and a depthwise convolution over time
in every feed-forward part, which sees the neighbours' order. Everything is made of Keras layers and
`keras.ops`, so it runs on each backend, is saved without classes of its own, and converts to
TensorFlow Lite builtins.

Lines of a batch are padded on the right with black. Attention is not masked there: the device
pads in the same way, and black steps carry nothing that a query would look for.
"""

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from edge_runtime.errors import RecipeError
from train.networks.stem import StemConfig, stem


@dataclass(frozen=True)
class ConvAttentionConfig(StemConfig):
    """Sizes of the recogniser with attention.

    Raises:
        RecipeError: `features` cannot be divided among the heads or the sinusoids.
    """

    features: int = 144
    """Channels of the encoder."""
    blocks: int = 3
    """Encoder blocks."""
    heads: int = 4
    """Attention heads of a block."""
    expansion: int = 2
    """Channels inside a feed-forward part, as a multiple of `features`."""
    kernel: int = 5
    """Steps that the depthwise convolution spans; odd."""
    dropout: float = 0.1
    """Share of values dropped after each part, in training."""

    def __post_init__(self) -> None:
        """Refuse sizes that do not divide."""
        if self.features % self.heads or self.features % 2:
            raise RecipeError(
                f"features = {self.features} must be even and a multiple of heads = {self.heads}"
            )


def build_conv_attention(config: ConvAttentionConfig, classes: int) -> keras.Model:
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
    x = layers.Reshape((-1, config.features), name="steps")(x)
    x = layers.Add(name="positioned")([x, _positions(x, config.features)])
    for i in range(1, config.blocks + 1):
        x = _attention(x, config, f"block{i}_attention")
        x = _feed_forward(x, config, f"block{i}_feed")
    x = layers.LayerNormalization(name="head_norm")(x)
    # float32 whatever the policy: CTC on half-precision logits does not converge.
    logits = layers.Dense(classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="conv_attention")


def _frequencies(features: int) -> npt.NDArray[np.float32]:
    """Angular frequencies, float32 (1, 1, features / 2), from 1 to 1/1000 radian a step."""
    exponents = np.linspace(0.0, 3.0, features // 2, dtype=np.float32)
    return np.power(np.float32(10.0), -exponents)[None, None, :]


def _positions(x: keras.KerasTensor, features: int) -> keras.KerasTensor:
    """Sinusoids of the step's number, (batch, T, features).

    The number is a running count of ones: so T may be unknown while the graph is built. It is
    counted in float32, for half precision cannot tell step 256 from step 257.
    """
    count = ops.cumsum(ops.ones_like(ops.cast(x[:, :, :1], "float32")), axis=1)
    angles = ops.multiply(count, _frequencies(features))
    both = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
    return ops.cast(both, x.dtype)


def _attention(x: keras.KerasTensor, config: ConvAttentionConfig, name: str) -> keras.KerasTensor:
    """Every step looks at every other: normalise, attend, add."""
    size = config.features // config.heads
    y = layers.LayerNormalization(name=f"{name}_norm")(x)
    query, key, value = (_heads(y, config.heads, size, f"{name}_{part}") for part in "qkv")
    scores = ops.matmul(query * size**-0.5, ops.transpose(key, (0, 1, 3, 2)))
    weights = layers.Softmax(name=f"{name}_weights")(scores)
    y = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))
    y = layers.Reshape((-1, config.features), name=f"{name}_join")(y)
    y = layers.Dense(config.features, name=f"{name}_out")(y)
    y = layers.Dropout(config.dropout, name=f"{name}_dropout")(y)
    return layers.Add(name=f"{name}_add")([x, y])


def _heads(x: keras.KerasTensor, heads: int, size: int, name: str) -> keras.KerasTensor:
    """Project and split: (batch, T, features) to (batch, heads, T, size)."""
    x = layers.Dense(heads * size, name=name)(x)
    x = layers.Reshape((-1, heads, size), name=f"{name}_split")(x)
    return ops.transpose(x, (0, 2, 1, 3))


def _feed_forward(
    x: keras.KerasTensor, config: ConvAttentionConfig, name: str
) -> keras.KerasTensor:
    """Widen, mix neighbouring steps, narrow, add."""
    y = layers.LayerNormalization(name=f"{name}_norm")(x)
    y = layers.Dense(config.expansion * config.features, activation="relu", name=f"{name}_in")(y)
    y = layers.DepthwiseConv1D(
        config.kernel, padding="same", activation="relu", name=f"{name}_mix"
    )(y)
    y = layers.Dense(config.features, name=f"{name}_out")(y)
    y = layers.Dropout(config.dropout, name=f"{name}_dropout")(y)
    return layers.Add(name=f"{name}_add")([x, y])
