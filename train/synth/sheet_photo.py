"""Pictures of a sheet: a flat scan, or a photograph by a hand-held camera."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synth.distort import smooth_noise
from train.synth.paper import through_jpeg
from train.synth.sheet import Owner, PlacedLine, Sheet

Generator = np.random.Generator
Gray = NDArray[np.uint8]
FloatMap = NDArray[np.float32]
Homography = NDArray[np.float64]

_FOCAL = 1.15
"""Focal length over the picture's width: that of phones and of the Raspberry Pi's cameras."""


@dataclass(frozen=True)
class View:
    """How the camera stands to the sheet."""

    size: tuple[int, int] = (1280, 960)
    """Width and height of the picture."""
    fill: float = 0.94
    """Share of the picture that the upright sheet would fill."""
    turn: float = 0.0
    """Rotation in the picture's plane, radians, clockwise."""
    tilt: tuple[float, float] = (0.0, 0.0)
    """Rotation about the picture's horizontal and vertical axis, radians."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Offset of the sheet's middle, shares of the picture's size."""

    def homography(self, sheet_size: tuple[int, int]) -> Homography:
        """From the sheet's pixels to the picture's, float64 (3, 3)."""
        width, height = self.size
        wide, high = sheet_size
        focal = _FOCAL * width
        turn, (about_x, about_y) = self.turn, self.tilt
        rotation = _axis(2, turn) @ _axis(0, about_x) @ _axis(1, about_y)
        scale = self.fill * min(width / wide, height / high)
        # The sheet's middle lies on the optical axis at a distance of one focal length.
        to_middle = np.array([[scale, 0, -scale * wide / 2], [0, scale, -scale * high / 2]])
        plane = rotation[:, :2] @ to_middle
        plane[2, 2] += focal
        camera = np.array(
            [
                [focal, 0.0, width * (0.5 + self.shift[0])],
                [0.0, focal, height * (0.5 + self.shift[1])],
                [0.0, 0.0, 1.0],
            ]
        )
        matrix = camera @ plane
        return np.asarray(matrix / matrix[2, 2], np.float64)


@dataclass(frozen=True)
class PhotoSettings:
    """Ranges of uniform draws; grey levels from 0 to 255."""

    paper: tuple[float, float] = (150.0, 240.0)
    surround: tuple[float, float] = (15.0, 95.0)
    shading: tuple[float, float] = (0.0, 0.3)
    """Share of the light that is lost over the sheet."""
    blur: tuple[float, float] = (0.3, 1.0)
    """Standard deviation of the lens blur, pixels."""
    noise: tuple[float, float] = (0.5, 5.0)
    """Standard deviation of the sensor's noise."""
    jpeg: tuple[int, int] = (60, 95)
    turn: float = 0.06
    """Largest rotation, radians."""
    tilt: float = 0.35
    """Largest tilt, radians."""
    fill: tuple[float, float] = (0.85, 1.05)


@dataclass(frozen=True)
class Photo:
    """A picture with known lines."""

    picture: Gray
    owner: Owner
    """As in ``Sheet``, in the picture's pixels."""
    lines: tuple[PlacedLine, ...]
    view: View | None = None


@dataclass(frozen=True)
class Scene:
    """Light and surround: what stays the same while the camera moves."""

    paper: float
    background: float
    shade: FloatMap = field(repr=False)
    """Light on the sheet, float32 (h, w) of the sheet."""
    table: FloatMap | None = field(default=None, repr=False)
    """What the sheet lies on, grey levels, float32 (h, w) of the picture; None draws it anew for
    each picture."""


def draw_view(settings: PhotoSettings, rng: Generator, size: tuple[int, int]) -> View:
    """A view as a person holds a camera."""
    tilt = rng.uniform(-settings.tilt, settings.tilt, 2)
    return View(
        size,
        float(rng.uniform(*settings.fill)),
        float(rng.uniform(-settings.turn, settings.turn)),
        (float(tilt[0]), float(tilt[1])),
        (float(rng.normal(0, 0.01)), float(rng.normal(0, 0.01))),
    )


def draw_scene(sheet: Sheet, settings: PhotoSettings, rng: Generator) -> Scene:
    """Light and surround."""
    height, width = sheet.reflectance.shape
    loss = float(rng.uniform(*settings.shading))
    ramp = smooth_noise((height, width), max(width, height) * 0.7, rng)
    ramp -= ramp.min()
    shade = 1.0 - loss * ramp / max(float(ramp.max()), 1e-6)
    paper = float(rng.uniform(*settings.paper))
    background = min(float(rng.uniform(*settings.surround)), 0.55 * paper)
    return Scene(paper, background, np.asarray(shade, np.float32))


def photograph(
    sheet: Sheet, view: View, scene: Scene, settings: PhotoSettings, rng: Generator
) -> Photo:
    """A hand-held picture of the sheet on a darker surround."""
    matrix = view.homography(sheet.layout.size)
    lit = np.asarray(sheet.reflectance * (scene.shade * np.float32(scene.paper / 255)), np.float32)
    table = draw_table(scene, view.size, rng) if scene.table is None else scene.table
    picture = _warp(lit, matrix, view.size)
    inside = _warp(np.ones_like(lit), matrix, view.size)
    picture += (1.0 - inside) * table
    picture = sense(picture, settings, rng)
    owner = cv2.warpPerspective(sheet.owner, matrix, view.size, flags=cv2.INTER_NEAREST)
    lines = tuple(moved(line, matrix) for line in sheet.lines)
    return Photo(
        through_jpeg(picture, settings.jpeg, rng), np.asarray(owner, np.int16), lines, view
    )


def draw_table(scene: Scene, size: tuple[int, int], rng: Generator) -> FloatMap:
    """Surround of a sheet, grey levels, float32 (h, w); ``size`` is width and height."""
    grain = 1.0 + np.float32(0.08) * smooth_noise((size[1], size[0]), 60.0, rng)
    return np.asarray(np.float32(scene.background) * grain, np.float32)


def scan(sheet: Sheet, settings: PhotoSettings, rng: Generator) -> Photo:
    """A flat scan of the sheet, turned by less than a degree, without a surround."""
    height, width = sheet.reflectance.shape
    angle = float(rng.normal(0.0, 0.4))
    matrix = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0), [0, 0, 1]])
    paper = np.float32(rng.uniform(225.0, 252.0) / 255.0)
    lit = np.asarray(sheet.reflectance * paper, np.float32)
    picture = cv2.warpPerspective(
        lit, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=float(255 * paper)
    )
    picture = picture + rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(1.5)
    owner = cv2.warpPerspective(sheet.owner, matrix, (width, height), flags=cv2.INTER_NEAREST)
    lines = tuple(moved(line, matrix) for line in sheet.lines)
    return Photo(through_jpeg(picture, settings.jpeg, rng), np.asarray(owner, np.int16), lines)


def sense(picture: FloatMap, settings: PhotoSettings, rng: Generator) -> FloatMap:
    """Lens blur and sensor noise."""
    sigma = float(rng.uniform(*settings.blur))
    soft = cv2.GaussianBlur(picture, (0, 0), sigma)
    noise = rng.standard_normal(soft.shape, dtype=np.float32)
    return np.asarray(soft + noise * np.float32(rng.uniform(*settings.noise)), np.float32)


def moved(line: PlacedLine, matrix: Homography) -> PlacedLine:
    """The line seen through a homography."""
    quad = np.asarray(cv2.perspectiveTransform(line.quad[None], matrix)[0], np.float32)
    scale = float(np.sqrt(cv2.contourArea(quad) / cv2.contourArea(line.quad)))
    return replace(line, quad=quad, body=line.body * scale)


def _warp(picture: FloatMap, matrix: Homography, size: tuple[int, int]) -> FloatMap:
    """Warp with a low-pass where the sheet becomes smaller."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    if scale < 0.9:
        picture = np.asarray(
            cv2.GaussianBlur(picture, (0, 0), 0.45 * float(np.sqrt(scale**-2 - 1.0))), np.float32
        )
    warped = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=0.0)
    return np.asarray(warped, np.float32)


def _axis(axis: int, angle: float) -> Homography:
    """Rotation about one axis, float64 (3, 3)."""
    cos, sin = np.cos(angle), np.sin(angle)
    i, j = [k for k in range(3) if k != axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = cos
    matrix[i, j], matrix[j, i] = -sin, sin
    return np.asarray(matrix, np.float64)
