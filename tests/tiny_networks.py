"""Tiny Keras networks for the tests of conversion; all need TensorFlow.

``reader`` is set by hand to read the block script, with everything a real network has: batch
normalisation, a residual addition, bidirectional GRUs. ``slim`` has random weights. Both are large
enough that "dynamic range" stores the weights of the loops in int8 (1,024 of them at least).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from edge_runtime.preprocess import Preprocessing
from tests.block_script import BANDS, CHARSET, CODES, HEIGHT, STRIDE

INKED = 0.25
"""A band counts as inked from this mean on."""
UNITS = 24
"""Units of each GRU; the first three carry the bands, the others noise that the head ignores."""
GRUS = ("bigru1", "bigru2")


def reader(recurrent: bool = True, width: int | None = None) -> Any:
    """float32 (None, 48, width, 1) -> (None, width / 4, 8) logits that spell the block script."""
    from keras import Input, Model, layers

    picture = Input((HEIGHT, width, 1), name="picture")
    x = layers.Conv2D(len(BANDS), (HEIGHT, STRIDE), strides=(HEIGHT, STRIDE), name="bands")(picture)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Add(name="sum")([x, layers.Conv2D(len(BANDS), 1, name="beside")(x)])
    x = layers.Reshape((-1, len(BANDS)), name="steps")(x)
    for name in GRUS if recurrent else ():
        gru = layers.GRU(UNITS, return_sequences=True)
        x = layers.Bidirectional(gru, merge_mode="sum", name=name)(x)
    model = Model(picture, layers.Dense(len(CODES) + 1, name="head")(x), name="reader")
    _set_reader(model, recurrent)
    return model


def _set_reader(model: Any, recurrent: bool) -> None:
    count = len(BANDS)
    kernel = np.zeros((HEIGHT, STRIDE, 1, count), np.float32)
    for band, (top, bottom) in enumerate(BANDS):
        kernel[top:bottom, :, 0, band] = 1.0 / ((bottom - top) * STRIDE)
    model.get_layer("bands").set_weights([kernel, np.full(count, -INKED, np.float32)])
    identity = np.eye(count, dtype=np.float32)[None, None]
    model.get_layer("beside").set_weights([identity, np.zeros(count, np.float32)])
    ones, zeros = np.ones(count, np.float32), np.zeros(count, np.float32)
    model.get_layer("norm").set_weights([3 * ones, zeros, zeros, ones])
    for name in GRUS if recurrent else ():
        layer = model.get_layer(name)
        features = int(layer.input.shape[-1])
        layer.set_weights([*_open_gru(features, 1), *_open_gru(features, 2)])
    head = model.get_layer("head")
    kernel = np.zeros((int(head.input.shape[-1]), len(CODES) + 1), np.float32)
    kernel[:count] = 8 * (np.array([*CODES.values(), (0, 0, 0)], np.float32).T * 2 - 1)
    bias = np.zeros(len(CODES) + 1, np.float32)
    bias[-1] = 6  # at the edge of a letter, where no band is clearly inked, nothing is read
    head.set_weights([kernel, bias])


def _open_gru(features: int, seed: int) -> list[Any]:
    """Weights of a GRU that lets the bands through: the update gate shut, the state hardly used."""
    rng = np.random.default_rng(seed)
    bands = len(BANDS)
    kernel = rng.normal(0, 0.1, (features, 3 * UNITS)).astype(np.float32)
    kernel[:, : UNITS + bands] = kernel[:, 2 * UNITS : 2 * UNITS + bands] = 0
    kernel[:bands, 2 * UNITS : 2 * UNITS + bands] = 2 * np.eye(bands)
    recurrent = rng.normal(0, 0.05, (UNITS, 3 * UNITS)).astype(np.float32)
    bias = np.zeros((2, 3 * UNITS), np.float32)
    bias[0, :UNITS] = -4
    return [kernel, recurrent, bias]


def slim(units: int = 24, classes: int = 9, **gru: Any) -> Any:
    """A small network of the default family's kind with random weights, 16 rows high."""
    from keras import Input, Model, layers

    picture = Input((16, None, 1), name="picture")
    x = _normalised(picture, 4, 2)
    short = _normalised(x, 8, (2, 2), relu=False)
    x = layers.ReLU()(layers.Add()([_normalised(x, 8, (2, 2), relu=False), short]))
    x = layers.Conv2D(12, (4, 1), use_bias=False)(x)
    x = layers.Reshape((-1, 12))(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.Dropout(0.2)(x)
    for _ in range(2):
        x = layers.Bidirectional(layers.GRU(units, return_sequences=True, **gru))(x)
    model = Model(picture, layers.Dense(classes, dtype="float32")(x), name="slim")
    return randomise(model)


def _normalised(x: Any, channels: int, strides: Any, relu: bool = True) -> Any:
    from keras import layers

    x = layers.Conv2D(channels, 3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x) if relu else x


def randomise(model: Any, seed: int = 0) -> Any:
    """Give every weight a value that shows if it is lost: no zeros, no unit variances."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        name, shape = weight.path, weight.shape
        if "variance" in name:
            weight.assign(rng.uniform(0.3, 0.8, shape))
        elif "gamma" in name:
            weight.assign(rng.uniform(0.6, 1.4, shape))
        elif "kernel" in name:
            weight.assign(rng.normal(0, 1.5 / np.sqrt(np.prod(shape[:-1])), shape))
        else:
            weight.assign(rng.normal(0, 0.2, shape))
    return model


def save(model: Any, path: Path, symbols: str = CHARSET.symbols, **card: Any) -> Path:
    """Save a network with its training card beside it."""
    model.save(path)
    values = {
        "schema": 1,
        "family": model.name,
        "config": {},
        "charset": symbols,
        "preprocessing": Preprocessing(height=int(model.input_shape[1])).as_dict(),
        "time_stride": STRIDE,
        "width_multiple": 32,
        "provenance": {"data": "none"},
        "metrics": [],
        **card,
    }
    path.with_suffix(".json").write_text(json.dumps(values), encoding="utf-8")
    return path
