"""Clips of a sheet that a hand holds before a camera: drift, tremor, blur, a jerk now and then.

The camera and what is behind the sheet stand still. Every frame goes through lens, motion blur,
sensor noise and JPEG as in ``sheet_photo``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_runtime.errors import DataError
from train.synth.sheet import Sheet
from train.synth.sheet_photo import (
    Photo,
    PhotoSettings,
    View,
    draw_scene,
    draw_table,
    draw_view,
    photograph,
)

Generator = np.random.Generator
Floats = NDArray[np.float64]

_PATHS: Final = 6
"""What moves: fill, turn, two tilts, two shifts."""


@dataclass(frozen=True)
class ClipSettings:
    """How a sheet is held."""

    frames: int = 75
    rate: float = 15.0
    """Frames a second."""
    size: tuple[int, int] = (1280, 960)
    drift: tuple[float, ...] = (0.02, 0.03, 0.06, 0.06, 0.015, 0.015)
    """Standard deviation of the slow movement of fill, turn (radians), tilts (radians) and shifts
    (shares of the picture)."""
    tremor: float = 0.06
    """Size of the quick movement, share of ``drift``."""
    jerk: float = 0.03
    """Length of the one sudden movement in the middle of the clip, share of the picture."""
    exposure: float = 0.3
    """Share of the time between two frames in which light falls in."""
    unfocused: int = 6
    """Frames at the beginning before the lens has found its focus."""


def clip_frames(
    sheet: Sheet, rng: Generator, settings: ClipSettings, photo: PhotoSettings
) -> Iterator[Photo]:
    """The pictures of a clip, one after the other, with where the lines are in each."""
    base = draw_view(photo, rng, settings.size)
    scene = draw_scene(sheet, photo, rng)
    scene = replace(scene, table=draw_table(scene, settings.size, rng))
    noise = float(rng.uniform(*photo.noise))
    blur = float(rng.uniform(*photo.blur))
    views = _views(base, rng, settings)
    before = views[0]
    for number, view in enumerate(views):
        lost = max(0.0, 1.0 - number / max(1, settings.unfocused))
        held = replace(photo, blur=(blur + 4.0 * lost,) * 2, noise=(noise, noise))
        shot = photograph(sheet, view, scene, held, rng)
        moved = (np.array(view.shift) - before.shift) * view.size * settings.exposure
        yield replace(shot, picture=_smeared(shot.picture, moved))
        before = view


def write_clip(path: Path, photos: Iterator[Photo], settings: ClipSettings) -> list[Photo]:
    """Write a clip as a video; returns the photos without their pictures' memory.

    Raises:
        DataError: OpenCV cannot write such a file.
    """
    codec = {".mp4": "mp4v", ".avi": "MJPG"}.get(path.suffix)
    if codec is None:
        raise DataError(f"{path}: clips are written as .mp4 or .avi")
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*codec), settings.rate, settings.size, False
    )
    if not writer.isOpened():
        raise DataError(f"{path}: cannot be written")
    kept = []
    nothing = np.zeros((1, 1), np.uint8)
    for photo in photos:
        writer.write(photo.picture)
        kept.append(replace(photo, picture=nothing, owner=nothing.astype(np.int16)))
    writer.release()
    return kept


def _views(base: View, rng: Generator, settings: ClipSettings) -> list[View]:
    """The way of the sheet, frame by frame."""
    seconds = np.arange(settings.frames) / settings.rate
    path = _waves(seconds, (0.1, 0.5), rng) + settings.tremor * _waves(seconds, (2.0, 6.0), rng)
    path *= np.array(settings.drift)
    middle = settings.frames // 2
    way = float(rng.uniform(0, 2 * np.pi))
    step = 1.0 / (1.0 + np.exp(-2.0 * (np.arange(settings.frames) - middle)))
    path[:, 4] += settings.jerk * np.cos(way) * step
    path[:, 5] += settings.jerk * np.sin(way) * step
    return [
        replace(
            base,
            fill=base.fill * (1.0 + fill),
            turn=base.turn + turn,
            tilt=(base.tilt[0] + tilt_x, base.tilt[1] + tilt_y),
            shift=(base.shift[0] + x, base.shift[1] + y),
        )
        for fill, turn, tilt_x, tilt_y, x, y in path.tolist()
    ]


def _waves(seconds: Floats, hertz: tuple[float, float], rng: Generator) -> Floats:
    """Sums of three sines of chance frequency and phase, variance 1, float64 (frames, paths)."""
    speed = 2 * np.pi * rng.uniform(*hertz, (3, _PATHS))
    phase = rng.uniform(0, 2 * np.pi, (3, _PATHS))
    waves = np.sin(seconds[:, None, None] * speed + phase).sum(axis=1)
    return np.asarray(waves * np.sqrt(2 / 3), np.float64)


def _smeared(picture: NDArray[np.uint8], moved: Floats) -> NDArray[np.uint8]:
    """The picture with the blur of a movement by so many pixels (x, y)."""
    length = float(np.hypot(*moved))
    if length < 1.0:
        return picture
    side = 2 * int(np.ceil(length / 2)) + 3
    kernel = np.zeros((side, side), np.float32)
    half = np.array(moved) / 2 * 16
    middle = side // 2 * 16
    start, end = (np.rint(middle + way * half).astype(int).tolist() for way in (-1, 1))
    cv2.line(kernel, start, end, 1.0, 1, cv2.LINE_AA, 4)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)
