"""Pen strokes drawn as distance fields: tone marks, letter marks, strike-outs, form lines.

Coordinates are in pixels of the line's field. A stroke is a polyline, float64 (n, 2) of x, y.
"""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Canvas = NDArray[np.float32]

CIRCUMFLEX, BREVE, HORN = "\u0302", "\u0306", "\u031b"
GRAVE, ACUTE, TILDE, HOOK, DOT = "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"


def stroke_distance(canvas: Canvas, points: Points, radius: float, reach: float) -> None:
    """Lower ``canvas`` (h, w) to the distance to a polyline less ``radius``, where it is nearer.

    Only pixels within ``reach`` of the polyline's box are looked at.
    """
    height, width = canvas.shape
    left, top = np.floor(points.min(axis=0) - reach).astype(int)
    right, bottom = np.ceil(points.max(axis=0) + reach).astype(int) + 1
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, width), min(bottom, height)
    if left >= right or top >= bottom:
        return
    xs = np.arange(left, right, dtype=np.float64)[None, None, :]
    ys = np.arange(top, bottom, dtype=np.float64)[None, :, None]
    start, step = points[:-1, :, None, None], np.diff(points, axis=0)[:, :, None, None]
    dx, dy = xs - start[:, 0], ys - start[:, 1]
    length2 = np.maximum((step**2).sum(axis=1), 1e-6)
    along = np.clip((dx * step[:, 0] + dy * step[:, 1]) / length2, 0.0, 1.0)
    apart = (dx - along * step[:, 0]) ** 2 + (dy - along * step[:, 1]) ** 2
    nearest = np.sqrt(apart.min(axis=0)) - radius
    region = canvas[top:bottom, left:right]
    np.minimum(region, nearest.astype(np.float32), out=region)


def mark_strokes(mark: str, flat: float, bend: float) -> Points:
    """The shape of a mark around (0, 0), in heights of a lower-case body, y downwards.

    Args:
        mark: One of the combining characters named in this module.
        flat: 0 for the printed shape, 1 for a nearly level one.
        bend: -1 to 1; how the pen rounds the shape.
    """
    rise = 1.0 - 0.8 * flat
    if mark in (ACUTE, GRAVE):
        side = 1.0 if mark == ACUTE else -1.0
        middle = (0.0, 0.05 * bend)
        return _points((-0.16 * side, 0.14 * rise), middle, (0.17 * side, -0.16 * rise))
    if mark == DOT:
        return _points((0.0, 0.0), (0.06 * bend, 0.04 * abs(bend)))
    if mark == HORN:
        return _points((-0.12, 0.12), (0.05, 0.06), (0.12 + 0.04 * bend, -0.1 * rise))
    if mark == CIRCUMFLEX:
        peak = 0.05 * bend
        return _points((-0.25, 0.1 * rise), (peak, -0.14 * rise), (0.25, 0.12 * rise))
    t = np.linspace(0.0, 1.0, 8)
    if mark == BREVE:
        return np.stack([(t - 0.5) * 0.5, 0.2 * rise * (np.sin(np.pi * t) - 0.6)], axis=1)
    if mark == TILDE:
        wave = -0.11 * rise * np.sin(2 * np.pi * t) - 0.04 * flat * bend
        return np.stack([(t - 0.5) * 0.6, wave - 0.1 * bend * (t - 0.5)], axis=1)
    turn = np.pi * (1.0 - 1.35 * t[:6])
    hook = np.stack([0.12 * np.cos(turn), -0.1 - 0.1 * np.sin(turn)], axis=1)
    return np.vstack([hook, _points((0.0 + 0.03 * bend, 0.06))])


def _points(*xy: tuple[float, float]) -> Points:
    return np.array(xy, dtype=np.float64)
