"""Frames and lines for tests of the camera: pages of grey words, a reader that knows them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edge_runtime.camera_frame import Frame
from edge_runtime.camera_lines import FoundLine
from edge_runtime.fields import Field
from edge_runtime.image import Gray
from edge_runtime.line_place import Place
from edge_runtime.recognizer import Line, Word

SIZE = (640, 480)
BODY, PITCH, LEFT, TOP, WIDTH = 12.0, 40, 80, 60, 400


def page(shift: tuple[float, float] = (0.0, 0.0), turn: float = 0.0, seed: int = 3) -> Gray:
    """A sheet with specks that can be followed, moved and turned (degrees) about its middle."""
    rng = np.random.default_rng(seed)
    canvas = np.full((SIZE[1], SIZE[0]), 210, np.uint8)
    for x, y in rng.integers((60, 60), (580, 420), (90, 2)):
        cv2.rectangle(canvas, (int(x), int(y)), (int(x) + 9, int(y) + 5), 40, -1)
    matrix = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), turn, 1.0)
    matrix[:, 2] += np.array(shift)
    return np.asarray(cv2.warpAffine(canvas, matrix, SIZE, borderValue=210.0), np.uint8)


def frame(number: int, gray: Gray | None = None, rate: float = 10.0) -> Frame:
    """A frame of a stream of ten a second."""
    return Frame(page() if gray is None else gray, number, number / rate)


def line(text: str, confidence: float = 0.9) -> Line:
    """A reading all of whose words have one confidence."""
    return Line(text, confidence, tuple(Word(word, confidence) for word in text.split()))


@dataclass
class Row:
    """A line that the script has in a frame."""

    text: str
    row: float
    confidence: float = 0.97
    left: float = LEFT
    width: float = WIDTH


class ScriptedLines:
    """Finds and reads the lines that a script has for each frame: a ``LineReader``.

    The number of a row goes through the pixels of its crop.
    """

    def __init__(self) -> None:
        self.rows: Sequence[Row] = ()
        self.shift = (0.0, 0.0)
        self.reads = 0
        self.cuts = 0
        self.finds = 0

    def find(self, gray: Gray) -> list[FoundLine]:
        self.finds += 1
        return [self._found(number, row) for number, row in enumerate(self.rows)]

    def _found(self, number: int, row: Row) -> FoundLine:
        x, y = row.left + self.shift[0], TOP + PITCH * row.row + self.shift[1]
        ends = np.array([[x, y], [x + row.width, y]])
        box = (int(x), int(y - 20), int(row.width), 40)
        return FoundLine(lambda: self._cut(number), Place(ends, BODY), box)

    def _cut(self, number: int) -> Gray:
        self.cuts += 1
        return np.full((4, 4), number, np.uint8)

    def read(self, crop: Gray) -> Line:
        self.reads += 1
        row = self.rows[int(crop[0, 0])]
        return line(row.text, row.confidence)

    def fields(self, line: Line) -> dict[str, Field] | None:
        return None
