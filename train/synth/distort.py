"""From a distance field to ink: elastic distortion, stroke width and pressure that vary."""

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synth.render import FAR

Generator = np.random.Generator
FloatMap = NDArray[np.float32]


def smooth_noise(
    shape: tuple[int, int], cell: float, rng: Generator, cell_y: float | None = None
) -> FloatMap:
    """Noise of about unit deviation that varies over ``cell`` pixels, float32 (h, w).

    ``cell_y`` is the vertical length if it differs.
    """
    height, width = shape
    rows = max(int(height / (cell_y or cell)), 1) + 2
    columns = max(int(width / cell), 1) + 2
    knots = rng.standard_normal((rows, columns), dtype=np.float32)
    return np.asarray(cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def warp(field: FloatMap, body: float, amount: float, rng: Generator) -> FloatMap:
    """Elastic distortion of a field; ``amount`` in body heights, ``body`` in pixels."""
    height, width = field.shape
    strength = np.float32(amount * body)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    for axis in (xs, ys):
        axis += strength * smooth_noise((height, width), 0.9 * body, rng)
        axis += strength * np.float32(1.5) * smooth_noise((height, width), 3.0 * body, rng)
    moved = cv2.remap(
        field, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=FAR
    )
    return np.asarray(moved, np.float32)


def ink_of(field: FloatMap, radius: float, body: float, rng: Generator) -> FloatMap:
    """Opacity of the ink, 0 to 1, float32 (h, w).

    Args:
        field: Distance to the ink's edge in pixels, negative inside.
        radius: The pen's radius in pixels; its variation along the strokes is a share of it.
        body: Height of a lower-case body in pixels.
        rng: Source of chance.
    """
    shape = (field.shape[0], field.shape[1])
    width = smooth_noise(shape, 1.2 * body, rng) * np.float32(radius * rng.uniform(0.03, 0.22))
    soft = np.float32(rng.uniform(0.8, 1.6))
    ink = np.clip(0.5 - (field + width) / soft, 0.0, 1.0)
    fading = float(rng.choice((0.04, 0.1, 0.18), p=(0.55, 0.35, 0.1)))
    pressure = 1.0 - fading * np.abs(smooth_noise(shape, 2.0 * body, rng))
    if rng.random() < 0.25:
        grain = float(rng.uniform(0.05, 0.3))
        pressure -= grain * rng.random(shape, dtype=np.float32)
    return np.asarray(ink * np.clip(pressure, 0.2, 1.0), np.float32)
