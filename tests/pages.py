"""Pages composed of the sample lines, for tests of finding and reading them."""

import cv2
import numpy as np

from edge_runtime.bench import SAMPLES
from edge_runtime.image import Gray, load_gray

HEIGHT, WIDTH, LEFT, PITCH = 60, 900, 40, 140
CLEAN = ("000003", "000007", "000008", "000011")
"""Samples on white paper without cell borders."""


def page(turn: float = 0.0) -> tuple[Gray, list[int]]:
    """Some samples below one another, and the rows at which they begin."""
    canvas = np.full((700, 1000), 255, np.uint8)
    tops = []
    for i, name in enumerate(CLEAN):
        line = load_gray(SAMPLES / f"{name}.jpg")
        width = min(WIDTH, round(line.shape[1] * HEIGHT / line.shape[0]))
        small = cv2.resize(line, (width, HEIGHT), interpolation=cv2.INTER_AREA)
        white = float(np.percentile(small, 80))
        top = 80 + PITCH * i
        canvas[top : top + HEIGHT, LEFT : LEFT + width] = np.clip(
            small * (255.0 / white), 0, 255
        ).astype(np.uint8)
        tops.append(top)
    if turn:
        around = cv2.getRotationMatrix2D((500, 350), turn, 1.0)
        canvas = np.asarray(cv2.warpAffine(canvas, around, (1000, 700), borderValue=255), np.uint8)
    return canvas, tops


def crowded(pitch: float, order: int) -> tuple[Gray, list[int]]:
    """Nine samples so close that letters touch, and the rows of their middles.

    Args:
        pitch: distance of the lines in heights of their text bodies, which are 24 pixels.
        order: which of the first three samples comes next, 1 or 2 further on.
    """
    body, count = 24.0, 9
    middles = [round(60 + body * pitch * number) for number in range(count)]
    canvas = np.full((middles[-1] + 100, 1200), 255, np.uint8)
    for number, middle in enumerate(middles):
        line = load_gray(SAMPLES / f"{CLEAN[order * number % 3]}.jpg")
        line = np.clip(line * (255.0 / np.percentile(line, 80)), 0, 255).astype(np.uint8)
        low, half, high = np.percentile(np.nonzero(line < 140)[0], (10, 50, 90))
        scale = body / float(high - low)
        small = cv2.resize(line, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        top, left = middle - round(float(half) * scale), 40 + 23 * (number % 3)
        small = small[max(0, -top) :]
        part = canvas[max(0, top) :, left:][: small.shape[0], : small.shape[1]]
        np.minimum(part, small[: len(part), : part.shape[1]], out=part)
    return canvas, middles


def ruled(picture: Gray, tops: list[int]) -> Gray:
    """The page on ruled paper with a margin, its lines standing on the rules."""
    with_rules = picture.copy()
    for top in range(tops[0] - PITCH // 2, len(picture), PITCH // 2):
        cv2.line(with_rules, (0, top + 48), (picture.shape[1], top + 48), 150, 2)
    cv2.line(with_rules, (25, 0), (25, len(picture)), 150, 2)
    return with_rules


def in_cells(picture: Gray, tops: list[int]) -> Gray:
    """The page as a table with a border around each line."""
    with_cells = picture.copy()
    for top in tops:
        cv2.rectangle(with_cells, (15, top - 40), (985, top + 100), 60, 3)
    return with_cells


def photographed(picture: Gray) -> Gray:
    """The page as a hand-held camera sees it: at an angle, unevenly lit, on a dark table."""
    height, width = picture.shape
    light = np.linspace(0.6, 0.95, width, dtype=np.float32)[None, :]
    lit = (picture * light).astype(np.uint8)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[190, 70], [1160, 130], [1230, 880], [90, 800]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    photo = cv2.warpPerspective(lit, matrix, (1280, 960), borderValue=45)
    grain = np.random.default_rng(5).normal(0, 2.5, photo.shape)
    return np.asarray(np.clip(photo + grain, 0, 255), np.uint8)


def blank() -> Gray:
    """White paper with the grain of a sensor."""
    grain = np.random.default_rng(1).normal(235, 3, (600, 800))
    return np.clip(grain, 0, 255).astype(np.uint8)


def png(picture: Gray) -> bytes:
    """The bytes of a picture file."""
    done, data = cv2.imencode(".png", picture)
    assert done
    return data.tobytes()
