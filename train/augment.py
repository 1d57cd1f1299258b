"""Random changes to a preprocessed line that keep its text: what training sees instead of the line.

Geometry (stretch, shear, rotation, elastic grid, shift) is one single warp, so that strokes are
interpolated once. Everything follows from the random generator given.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.preprocess import Ink

Float = npt.NDArray[np.float32]
Random = np.random.Generator


@dataclass(frozen=True)
class Augmentation:
    """Ranges and probabilities; symmetric ranges are given by their half width."""

    stretch_low: float = 0.78
    stretch_high: float = 1.18
    vertical_low: float = 0.8
    vertical_high: float = 1.12
    shear: float = 0.4
    """Columns per row."""
    rotation: float = 0.012
    """Rows per column."""
    shift: float = 2.5
    """Rows."""
    elastic: float = 0.6
    """Share of lines with an elastic grid."""
    elastic_pixels: float = 1.6
    """Standard deviation of the grid's nodes, pixels."""
    wave: float = 0.3
    """Share of lines with a wandering baseline."""
    cram: float = 0.25
    """Share of lines whose letters crowd together at one end, mostly the last, where a writer runs
    out of room."""
    cram_limit: float = 0.55
    """Smallest width of a letter there, beside one at the other end."""
    thicken: float = 0.15
    thin: float = 0.15
    blur: float = 0.15
    noise: float = 0.3
    strength_low: float = 0.6
    strength_high: float = 1.2
    clutter: float = 0.12
    """Share of lines that get ruled lines, border remains or a blot."""
    erase: float = 0.15
    """Share of lines that lose a strip of rows or columns."""
    hide: float = 0.15
    """Share of lines with a few small patches blanked, so that a letter is read from its rest."""
    neighbour: float = 0.0
    """Share of lines with the feet of a line above or the heads of one below, as in crops."""


def draw_stretch(settings: Augmentation, rng: Random) -> float:
    """Horizontal scale; drawn apart, because batches are planned by the width that comes out."""
    return float(rng.uniform(settings.stretch_low, settings.stretch_high))


def augment(
    ink: Ink, stretch: float, settings: Augmentation, rng: Random, other: Ink | None = None
) -> Ink:
    """A random variant of a line.

    Args:
        ink: uint8 (H, W).
        stretch: horizontal scale from ``draw_stretch``.
        settings: ranges and probabilities.
        rng: source of all randomness.
        other: uint8 (H, any width), a line that can stand above or below.

    Returns:
        uint8 (H, round(W * stretch)).
    """
    if other is not None and settings.neighbour and rng.random() < settings.neighbour:
        ink = _intrude(ink, other, rng)
    if rng.random() < settings.clutter:
        ink = _clutter(ink, rng)
    warped = _warp(ink, stretch, settings, rng)
    warped = _pen(warped, settings, rng)
    if rng.random() < settings.erase:
        warped = _erase(warped, rng)
    if rng.random() < settings.hide:
        warped = _hide(warped, rng)
    return _tone(warped, settings, rng)


def _warp(ink: Ink, stretch: float, settings: Augmentation, rng: Random) -> Ink:
    rows, columns = ink.shape
    width = max(4, round(columns * stretch))
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(rows, dtype=np.float32)[:, None]
    middle = (rows - 1) / 2
    vertical = rng.uniform(settings.vertical_low, settings.vertical_high)
    shear = rng.uniform(-settings.shear, settings.shear)
    rotation = rng.uniform(-settings.rotation, settings.rotation)
    shift = rng.uniform(-settings.shift, settings.shift)
    map_y = (y - middle - shift) / vertical + middle + rotation * (x - width / 2)
    columns_at = _crowded(x / width, settings, rng) * columns
    map_x = columns_at + shear / stretch * (y - middle)
    if rng.random() < settings.wave:
        length = rng.uniform(120, 500)
        map_y = map_y + rng.uniform(0.5, 2.0) * np.sin(
            x * (2 * np.pi / length) + rng.uniform(0, 6.3)
        )
    if rng.random() < settings.elastic:
        map_x = map_x + _grid(rows, width, settings.elastic_pixels, rng)
        map_y = map_y + _grid(rows, width, settings.elastic_pixels * 0.75, rng)
    out = cv2.remap(ink, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR)
    return np.asarray(out, np.uint8)


def _crowded(at: Float, settings: Augmentation, rng: Random) -> Float:
    """Where along the line, 0..1, each place of the changed line comes from."""
    if rng.random() >= settings.cram:
        return at
    begin = rng.uniform(0.3, 0.85)
    last = 1 / rng.uniform(settings.cram_limit, 0.95)
    density = 1 + (last - 1) * np.clip(2 * (at - begin) / (1 - begin), 0, 1)
    if rng.random() < 0.2:
        density = density[:, ::-1]
    ends = np.cumsum(density, axis=1)
    return np.asarray((ends - density / 2) / ends[:, -1:], np.float32)


def _grid(rows: int, columns: int, sigma: float, rng: Random) -> Float:
    """A smooth random field, float32 (rows, columns): nodes about every 20 pixels."""
    nodes = rng.normal(0, sigma, (rows // 16 + 2, columns // 22 + 2)).astype(np.float32)
    return np.asarray(cv2.resize(nodes, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)


def _pen(ink: Ink, settings: Augmentation, rng: Random) -> Ink:
    """Thicker, thinner or softer strokes, mixed with the original by a random share."""
    choice = rng.random()
    kernel = np.ones((2, 2) if rng.random() < 0.5 else (3, 3), np.uint8)
    if choice < settings.thicken:
        other = cv2.dilate(ink, kernel)
    elif choice < settings.thicken + settings.thin:
        other = cv2.erode(ink, kernel[:2, :2])
    elif choice < settings.thicken + settings.thin + settings.blur:
        other = cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.5, 1.3)))
    else:
        return ink
    share = float(rng.uniform(0.3, 1.0))
    return np.asarray(cv2.addWeighted(other, share, ink, 1 - share, 0), np.uint8)


def _erase(ink: Ink, rng: Random) -> Ink:
    """Cut rows off at the top or bottom, as a bad crop does, or blank a few columns."""
    out = ink.copy()
    rows, columns = out.shape
    kind = rng.random()
    if kind < 0.3:
        out[: rng.integers(1, max(2, rows // 8))] = 0
    elif kind < 0.7:
        out[-int(rng.integers(1, max(2, rows // 5))) :] = 0
    else:
        for _ in range(int(rng.integers(1, 4))):
            at = int(rng.integers(0, max(1, columns - 4)))
            out[:, at : at + int(rng.integers(1, 4))] = 0
    return out


def _hide(ink: Ink, rng: Random) -> Ink:
    """Blank one patch for every hundred columns or so, about as large as half a letter."""
    out = ink.copy()
    rows, columns = out.shape
    for _ in range(int(rng.integers(1, 2 + columns // 100))):
        height, width = int(rng.integers(3, 3 + rows // 4)), int(rng.integers(3, 12))
        top, left = int(rng.integers(0, rows)), int(rng.integers(0, columns))
        out[top : top + height, left : left + width] = 0
    return out


def _clutter(ink: Ink, rng: Random) -> Ink:
    """Ruled lines, cell borders and blots, as forms have them."""
    out = ink.copy()
    rows, columns = out.shape
    value = int(rng.integers(90, 256))
    if rng.random() < 0.7:
        edge = float(rng.choice((0.04, 0.08, 0.85, 0.92, 0.96))) * rows
        y = int(rng.integers(0, rows) if rng.random() < 0.3 else edge)
        drop = int(rng.integers(-3, 4))
        cv2.line(out, (0, y), (columns, y + drop), value, int(rng.integers(1, 3)))
    if rng.random() < 0.5:
        x = columns - 1 - int(rng.integers(0, 8)) if rng.random() < 0.7 else int(rng.integers(0, 6))
        cv2.line(out, (x, 0), (x + int(rng.integers(-2, 3)), rows), value, int(rng.integers(1, 3)))
    for _ in range(int(rng.integers(0, 4))):
        center = (int(rng.integers(0, columns)), int(rng.integers(0, rows)))
        cv2.circle(out, center, int(rng.integers(0, 2)), value, -1)
    return np.maximum(out, ink)


def _intrude(ink: Ink, other: Ink, rng: Random) -> Ink:
    """Put the edge of another line along the upper or the lower edge of this one."""
    out = ink.copy()
    rows, columns = out.shape
    visible = int(rng.integers(2, max(3, rows // 4)))
    above = rng.random() < 0.5
    edge = other[-visible:] if above else other[:visible]
    start = int(rng.integers(0, max(1, other.shape[1] - columns // 2)))
    edge = edge[:, start : start + columns]
    left = int(rng.integers(0, columns - edge.shape[1] + 1))
    top = 0 if above else rows - visible
    place = (slice(top, top + visible), slice(left, left + edge.shape[1]))
    out[place] = np.maximum(out[place], edge)
    return out


def _tone(ink: Ink, settings: Augmentation, rng: Random) -> Ink:
    """Ink strength, contrast curve and grain."""
    strength = rng.uniform(settings.strength_low, settings.strength_high)
    gamma = rng.uniform(0.8, 1.3)
    ramp = np.linspace(0, 1, 256) ** gamma * (255 * strength)
    out = cv2.LUT(ink, np.clip(ramp, 0, 255).astype(np.uint8))
    if rng.random() < settings.noise:
        sigma = rng.uniform(3, 14)
        noise = rng.standard_normal(out.shape, dtype=np.float32) * sigma
        out = np.clip(out + noise, 0, 255).astype(np.uint8)
    return np.asarray(out, np.uint8)
