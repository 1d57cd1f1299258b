"""What the ink stands on: paper, cell borders, rows above and below, and the camera or scanner."""

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synth.distort import FloatMap, smooth_noise
from train.synth.page import FORMS, Page
from train.synth.settings import PaperSettings, Range

Generator = np.random.Generator
Gray = NDArray[np.uint8]


def neighbours(ink: FloatMap, page: Page, rng: Generator) -> FloatMap:
    """Ink with what reaches in from the rows above and below: the same writer's other rows."""
    body, baseline = page.frame.body, page.frame.baseline
    pitch = max(page.bottom - page.top, 2.3 * body)
    joined = ink
    if rng.random() < 0.7:
        descenders = baseline + 0.5 * body - body * rng.uniform(0.0, 1.0)
        joined = np.maximum(joined, _shifted(ink, -round(max(pitch, descenders)), rng))
    if rng.random() < 0.7:
        ascenders = ink.shape[0] - baseline + 1.7 * body - body * rng.uniform(0.0, 0.9)
        joined = np.maximum(joined, _shifted(ink, round(max(pitch, ascenders)), rng))
    return joined


def _shifted(ink: FloatMap, down: int, rng: Generator) -> FloatMap:
    """The ink moved down (up if negative), and along the line by a random distance."""
    height, width = ink.shape
    along = int(rng.integers(width // 4, 3 * width // 4 + 1))
    other = np.zeros_like(ink)
    kept = height - abs(down)
    if kept > 0:
        source = np.roll(ink, along, axis=1)
        if down > 0:
            other[down:] = source[:kept]
        else:
            other[:kept] = source[-down:]
    return other


def photograph(ink: FloatMap, page: Page, settings: PaperSettings, rng: Generator) -> Gray:
    """Picture of inked paper, uint8 (h, w), after lens, sensor and JPEG."""
    paper, dark = _paper(page, settings, rng)
    picture = paper + (dark - paper) * ink
    if page.kind in FORMS:
        picture = _cell(picture, page, settings, rng)
    picture = _camera(picture, settings, rng)
    return through_jpeg(picture, settings.jpeg, rng)


def _paper(page: Page, settings: PaperSettings, rng: Generator) -> tuple[FloatMap, np.float32]:
    """Paper brightness, float32 (h, w), and the brightness of full ink."""
    levels: dict[str, tuple[Range, Range, Range]] = {
        "row": ((160.0, 232.0), (10.0, 85.0), (1.0, 9.0)),
        "faint": ((246.0, 256.0), (95.0, 185.0), (0.0, 1.0)),
        "scan": ((216.0, 248.0), (35.0, 120.0), (0.0, 1.5)),
        "tinted": ((110.0, 215.0), (15.0, 80.0), (2.0, 14.0)),
    }
    light, ink, shade = levels[page.kind]
    level, dark = rng.uniform(*light), rng.uniform(*ink)
    if rng.random() < settings.low_contrast and page.kind != "faint":
        dark = level - rng.uniform(35.0, 75.0)
    shape = (page.frame.height, page.frame.width)
    field = smooth_noise(shape, shape[1] / 3, rng, shape[0]) * np.float32(rng.uniform(*shade))
    if page.kind in ("row", "tinted") and rng.random() < 0.2:
        crease = int(rng.integers(0, shape[1]))
        field[:, crease:] += np.float32(rng.uniform(-10.0, 10.0))
    return np.asarray(field + np.float32(level), np.float32), np.float32(dark)


def _cell(picture: FloatMap, page: Page, settings: PaperSettings, rng: Generator) -> FloatMap:
    """Add the cell's borders and the begin of the next cell."""
    height, width = picture.shape
    right = round(page.right)
    if right < width:
        picture[:, right:] += np.float32(rng.uniform(-45.0, 25.0))
        if rng.random() < 0.15:
            edge = int(rng.integers(right, width))
            picture[:, edge:] *= np.float32(rng.uniform(0.1, 0.6))
    if rng.random() >= settings.border:
        return picture
    faint = page.kind == "faint"
    shade = float(rng.uniform(90.0, 190.0) if faint else rng.uniform(15.0, 95.0))
    thick = max(round(page.frame.height / 100 * float(rng.uniform(0.8, 3.2))), 1)
    ruled = np.zeros((height, width), np.uint8)
    lean = page.skew * height + float(rng.normal(0.0, 1.0))
    for y in (page.top, page.bottom):
        if rng.random() < 0.85:
            _line(ruled, (0.0, y), (width, y + page.skew * width), thick)
    if rng.random() < 0.3:
        _line(ruled, (rng.uniform(0, 4), 0.0), (lean, height), thick)
    if right < width:
        _line(ruled, (right, 0.0), (right - lean, height), thick)
    cover = np.float32(1 / 255) * ruled
    return np.asarray(picture + (np.minimum(picture, shade) - picture) * cover, np.float32)


def _line(canvas: Gray, start: tuple[float, float], end: tuple[float, float], thick: int) -> None:
    """An anti-aliased line with sub-pixel ends."""
    first, last = ((round(x * 16), round(y * 16)) for x, y in (start, end))
    cv2.line(canvas, first, last, 255, thick, cv2.LINE_AA, 4)


def _camera(picture: FloatMap, settings: PaperSettings, rng: Generator) -> FloatMap:
    """Lens blur, the phone's sharpening, sensor noise."""
    sigma = float(rng.uniform(*settings.blur))
    if sigma > 0.25:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    if rng.random() < settings.sharpen:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.5)
        picture = np.asarray(picture + rng.uniform(0.3, 1.2) * (picture - soft), np.float32)
    level = float(rng.uniform(*settings.noise)) * (0.3 if rng.random() < 0.5 else 1.0)
    noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(level)
    if rng.random() < 0.5:
        noise = np.asarray(cv2.blur(noise, (2, 2)), np.float32) * np.float32(1.6)
    return np.asarray(picture + noise, np.float32)


def through_jpeg(picture: FloatMap | Gray, quality: tuple[int, int], rng: Generator) -> Gray:
    """The picture compressed with a quality of this range, and decoded again, uint8 (h, w)."""
    gray = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    level = int(rng.integers(quality[0], quality[1] + 1))
    _, data = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, level])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
