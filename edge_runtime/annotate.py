"""Draws the boxes of lines and what was read in them into a picture."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from edge_runtime.camera_frame import Picture
from edge_runtime.lines import Box

_SURE: Final = 0.7
"""As in page.js."""
_GREEN, _AMBER = (60, 160, 40), (0, 140, 230)
"""Sure and unsure, in the order blue, green, red; both readable on paper and on a dark table."""


@dataclass(frozen=True)
class Label:
    """A line to be drawn."""

    box: Box | None
    """None draws no box, and the text at the picture's upper edge."""
    text: str
    confidence: float


def annotated(picture: Picture, labels: Iterable[Label]) -> Picture:
    """A copy in colour with a box and a text for every line, uint8 (h, w, 3).

    OpenCV 5 draws Vietnamese; OpenCV 4 has no letters with marks, so the marks are left out there.
    """
    drawn = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if picture.ndim == 2 else picture.copy()
    width = drawn.shape[1]
    thick = max(1, round(width / 640))
    size = max(12, round(width / 60))
    for label in labels:
        colour = _GREEN if label.confidence >= _SURE else _AMBER
        left, top, wide, high = label.box or (thick, size + 3 * thick, 0, 0)
        if label.box is not None:
            cv2.rectangle(drawn, (left, top), (left + wide, top + high), colour, thick)
        _write(drawn, label.text, (left, max(size, top - 2 * thick)), colour, size)
    return np.asarray(drawn, np.uint8)


def _write(drawn: Any, text: str, place: tuple[int, int], colour: Any, size: int) -> None:
    """Write on a white strip: the picture behind is writing too."""
    x, y = place
    if hasattr(cv2, "FontFace"):
        font = cv2.FontFace("sans")
        wide = cv2.getTextSize(drawn.shape[1::-1], text, place, font, size, 500)[2]
        _strip(drawn, (x, y - size), (x + wide, y + size // 4))
        cv2.putText(drawn, text, place, colour, font, size, 500)
        return
    plain, scale = without_marks(text), size / 30
    (wide, _), _ = cv2.getTextSize(plain, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    _strip(drawn, (x, y - size), (x + wide, y + size // 4))
    cv2.putText(drawn, plain, place, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)


def _strip(drawn: Any, first: tuple[int, int], last: tuple[int, int]) -> None:
    """Whiten a rectangle, but let what is behind shine through."""
    (left, top), (right, bottom) = first, last
    part = drawn[max(0, top) : bottom, max(0, left) : right]
    part[:] = 191 + part // 4


def without_marks(text: str) -> str:
    """Letters without their marks, in ASCII; a letter that has no such form becomes ``?``."""
    split = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(c for c in split if not unicodedata.combining(c))
    return kept.encode("ascii", "replace").decode("ascii")
