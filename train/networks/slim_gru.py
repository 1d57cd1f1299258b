"""The default recogniser: the shared convolutions, then bidirectional GRUs instead of LSTMs.

    image          H  x W   x 1
    stem           1  x W/4 x features     (stem.py)
    BiGRU, twice   W/4 x 2 units           float32: faster than bfloat16 at these sizes, and exact
    dense          W/4 x classes           float32 logits, the CTC blank last

One dial, ``size``, scales it: nano, small, base.
"""

from dataclasses import dataclass

import keras
from keras import layers

from train.networks.stem import StemConfig, stem


@dataclass(frozen=True)
class SlimGruConfig(StemConfig):
    """Sizes of the recurrent recogniser; the defaults are ``base``."""

    features: int = 192
    """Channels that the recurrence sees."""
    units: tuple[int, ...] = (128, 128)
    """Units per direction of each bidirectional GRU."""
    dropout: float = 0.2
    """Share of channels dropped before each GRU and before the head, in training."""


SIZES = {
    "nano": SlimGruConfig(first=8, stages=(16, 32, 64), features=96, units=(80, 72), dropout=0.05),
    "small": SlimGruConfig(first=16, stages=(32, 64, 96), features=128, units=(96,), dropout=0.15),
    "base": SlimGruConfig(),
}


def build_slim_gru(config: SlimGruConfig, classes: int) -> keras.Model:
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
    x = layers.Reshape((-1, config.features), dtype="float32", name="sequence")(x)
    for i, units in enumerate(config.units, 1):
        gru = layers.GRU(units, return_sequences=True, dtype="float32", name=f"gru{i}")
        x = layers.Bidirectional(gru, dtype="float32", name=f"bigru{i}")(x)
        x = layers.Dropout(config.dropout, dtype="float32", name=f"gru{i}_dropout")(x)
    logits = layers.Dense(classes, dtype="float32", name="head")(x)
    return keras.Model(image, logits, name="slim-gru")
