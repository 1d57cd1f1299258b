"""The network this project started from, to the letter: the baseline of every later claim.

Seven 3x3 convolutions with two residual additions, two bidirectional LSTMs and a dense layer:
12,969,038 parameters and 19.5 GMAC a line at 142 classes (141 symbols and the CTC blank).

    input          163 x 3002 x 1
    conv1 64       163 x 3002      pool 3x3, ReLU    ->  54 x 1000
    conv2 64        54 x 1000      pool 3x3, ReLU    ->  18 x 333
    conv3 128, BN   18 x 333       ReLU
    conv4 128, BN   18 x 333       + conv3's output, ReLU
    conv5 256, BN   18 x 333       ReLU
    conv6 256, BN   18 x 333       + conv5's output, ReLU
    conv7 512, BN   18 x 333       pool 3x1, ReLU, pool 3x1  ->  2 x 333
    rows            maximum over the two rows left           ->  T = 333, 512 features
    2 x BiLSTM 512, dense

The published description gives the layers, the number of parameters and T x 512, not the code.
Convolutions, LSTMs and dense layer leave 5,120 parameters for batch normalisation, 1,280 channels:
those of conv3 to conv7. Two things differ from the description or fill it in. The softmax is left
out, because the project's loss and decoders take logits (the probabilities are the same). And 18
rows leave two after both 3x1 pools, where 512 features a step leave room for one: the maximum over
the two is a reconstruction; it has no parameters and next to no cost.
"""

from dataclasses import dataclass

import keras
from keras import layers

from edge_runtime.seed_image import SEED_HEIGHT, SEED_WIDTH

SEED_CLASSES = 142
"""141 symbols of the seed's alphabet and the CTC blank, the last class."""
SEED_TIME_STEPS = 333


@dataclass(frozen=True)
class SeedConfig:
    """Settings of the seed network; the defaults are the original's.

    Smaller numbers serve tests only: what is called the seed has the defaults.
    """

    height: int = SEED_HEIGHT
    """Rows of the input, pixels."""
    width: int = SEED_WIDTH
    """Columns of the input, pixels; fixed, for the preparation always pads or crops to it."""
    filters: int = 64
    """Channels of the first convolution; the others are 1, 2, 2, 4, 4 and 8 times as many."""
    units: int = 512
    """Units of each LSTM in each direction."""


def build_seed(config: SeedConfig | None = None, classes: int = SEED_CLASSES) -> keras.Model:
    """Build the seed network with fresh weights.

    Args:
        config: sizes; the original's if left out.
        classes: output classes including the CTC blank, which is the last one.

    Returns:
        A model from float32 (batch, 163, 3002, 1), ink / 255, to float32 logits
        (batch, 333, classes).
    """
    config = config or SeedConfig()
    image = keras.Input((config.height, config.width, 1), name="image")
    x = _plain(image, config.filters, 1)
    x = _plain(x, config.filters, 2)
    x = _residual(x, 2 * config.filters, 3)
    x = _residual(x, 4 * config.filters, 5)
    x = _normalised(x, 8 * config.filters, 7)
    x = layers.MaxPooling2D((3, 1), name="pool7")(x)
    x = layers.ReLU(name="relu7")(x)
    x = layers.MaxPooling2D((3, 1), name="pool8")(x)
    x = _one_row(x)
    for i in (1, 2):
        lstm = layers.LSTM(config.units, return_sequences=True)
        x = layers.Bidirectional(lstm, name=f"blstm{i}")(x)
    # float32 whatever the policy: CTC on half-precision logits does not converge.
    logits = layers.Dense(classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="seed")


def _convolution(x: keras.KerasTensor, filters: int, number: int) -> keras.KerasTensor:
    return layers.Conv2D(filters, 3, padding="same", name=f"conv{number}")(x)


def _plain(x: keras.KerasTensor, filters: int, number: int) -> keras.KerasTensor:
    """Convolution without normalisation and a 3x3 pool, the seed's first two blocks."""
    x = _convolution(x, filters, number)
    x = layers.MaxPooling2D(3, name=f"pool{number}")(x)
    return layers.ReLU(name=f"relu{number}")(x)


def _normalised(x: keras.KerasTensor, filters: int, number: int) -> keras.KerasTensor:
    x = _convolution(x, filters, number)
    return layers.BatchNormalization(name=f"norm{number}")(x)


def _residual(x: keras.KerasTensor, filters: int, number: int) -> keras.KerasTensor:
    """Two normalised convolutions, the second added to the first one's activation."""
    first = layers.ReLU(name=f"relu{number}")(_normalised(x, filters, number))
    second = _normalised(first, filters, number + 1)
    total = layers.Add(name=f"add{number + 1}")([second, first])
    return layers.ReLU(name=f"relu{number + 1}")(total)


def _one_row(x: keras.KerasTensor) -> keras.KerasTensor:
    """Maximum over the rows that are left: (batch, rows, T, C) to (batch, T, C)."""
    _, rows, steps, channels = x.shape
    x = layers.MaxPooling2D((rows, 1), name="rows")(x)
    return layers.Reshape((steps, channels), name="steps")(x)
