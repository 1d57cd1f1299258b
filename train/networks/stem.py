"""The convolutions that families without recurrence share: a line picture to one vector a step.

    image           H  x W   x 1
    5x5, stride 2   H/2 x W/2
    three stages of residual blocks of two 3x3 convolutions; the first block of a stage narrows the
    picture, by 2x2 in the first stage and by 2x1 in the others
    H/16 rows       folded into the channels of one dense step  ->  1 x W/4 x features

The time axis is narrowed by four only: a character of Vietnamese handwriting is about 12 columns
wide at 48 rows, and CTC needs a step for each character and one between equal neighbours.
"""

from dataclasses import dataclass

import keras
from keras import layers

TIME_STRIDE = 4
"""Columns of the picture to one step of the output."""

BATCH_NORM_MOMENTUM = 0.97
"""A run has thousands of steps, not hundreds of thousands: the default 0.99 would lag behind."""


@dataclass(frozen=True)
class StemConfig:
    """Sizes of the convolutions; each family's config adds its own."""

    height: int = 48
    """Rows of the input, pixels; a multiple of 8."""
    first: int = 24
    """Channels of the first convolution."""
    stages: tuple[int, int, int] = (48, 96, 128)
    """Channels of the three stages of residual blocks over the picture."""
    depths: tuple[int, int, int] = (1, 1, 1)
    """Residual blocks of each stage, the narrowing one included."""


def stem(
    image: keras.KerasTensor, config: StemConfig, features: int, dropout: float
) -> keras.KerasTensor:
    """Apply the convolutions.

    Args:
        image: (batch, H, W, 1), H a multiple of 8, W a multiple of 4 or unknown.
        config: sizes.
        features: channels of the output.
        dropout: share of the output's channels dropped in training.

    Returns:
        (batch, 1, W / 4, features).
    """
    x = normalised(image, config.first, 5, "stem0", strides=2)
    narrowing = ((2, 2), (2, 1), (2, 1))
    for i, (channels, strides, depth) in enumerate(
        zip(config.stages, narrowing, config.depths, strict=True), 1
    ):
        x = _narrowing(x, channels, strides, f"stem{i}")
        for extra in range(2, depth + 1):
            x = _residual(x, channels, f"stem{i}_{extra}")
    # A convolution over all rows is the dense layer on folded rows, without moving any data.
    x = layers.Conv2D(features, (x.shape[1], 1), use_bias=False, name="fold_conv")(x)
    x = layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name="fold_norm")(x)
    x = layers.ReLU(name="fold_relu")(x)
    return layers.Dropout(dropout, name="fold_dropout")(x)


def normalised(
    x: keras.KerasTensor,
    channels: int,
    kernel: int | tuple[int, int],
    name: str,
    *,
    strides: int | tuple[int, int] = 1,
    dilation: int | tuple[int, int] = 1,
    relu: bool = True,
) -> keras.KerasTensor:
    """Convolution, batch normalisation and, unless told otherwise, ReLU.

    Dilated ones are padded apart: TensorFlow computes the padding of "same" for the first width
    that it trains on and fails at the next one.
    """
    if dilation != 1:
        x = _padded(x, kernel, dilation, name)
    x = layers.Conv2D(
        channels,
        kernel,
        strides=strides,
        dilation_rate=dilation,
        padding="same" if dilation == 1 else "valid",
        use_bias=False,
        name=f"{name}_conv",
    )(x)
    x = layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def _padded(
    x: keras.KerasTensor, kernel: int | tuple[int, int], dilation: int | tuple[int, int], name: str
) -> keras.KerasTensor:
    """Zeros on all sides, as many as a dilated kernel of odd sides reaches."""
    sides = (kernel, kernel) if isinstance(kernel, int) else kernel
    steps = (dilation, dilation) if isinstance(dilation, int) else dilation
    reach = [(k - 1) * d // 2 for k, d in zip(sides, steps, strict=True)]
    return layers.ZeroPadding2D(tuple(reach), name=f"{name}_pad")(x)


def _narrowing(
    x: keras.KerasTensor, channels: int, strides: tuple[int, int], name: str
) -> keras.KerasTensor:
    """Two 3x3 convolutions beside a 1x1 one that narrows and widens in the same way."""
    y = normalised(x, channels, 3, f"{name}a", strides=strides)
    y = normalised(y, channels, 3, f"{name}b", relu=False)
    short = layers.MaxPooling2D(strides, padding="same", name=f"{name}_pool")(x)
    short = normalised(short, channels, 1, f"{name}_short", relu=False)
    y = layers.Add(name=f"{name}_add")([y, short])
    return layers.ReLU(name=f"{name}_relu")(y)


def _residual(x: keras.KerasTensor, channels: int, name: str) -> keras.KerasTensor:
    """Two 3x3 convolutions added to what came in."""
    y = normalised(x, channels, 3, f"{name}a")
    y = normalised(y, channels, 3, f"{name}b", relu=False)
    y = layers.Add(name=f"{name}_add")([x, y])
    return layers.ReLU(name=f"{name}_relu")(y)
