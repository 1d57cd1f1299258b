"""The text lines of a frame, found and, where it is asked for, read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from edge_runtime.fields import Field
from edge_runtime.image import Gray
from edge_runtime.line_place import Place
from edge_runtime.lines import Box, PageLine, find_lines
from edge_runtime.page_mode import Mode
from edge_runtime.recognizer import Line, Recognizer


@dataclass(frozen=True)
class FoundLine:
    """A line that was found in a frame and not yet read."""

    cut: Callable[[], Gray] = field(repr=False)
    """Gives the line's own picture. Lines that are known already need none."""
    place: Place
    box: Box | None
    """Left, top, width and height in the frame; None where the frame is the line."""


class LineReader(Protocol):
    """Finds lines and reads them; a stub in tests."""

    def find(self, gray: Gray) -> list[FoundLine]:
        """The lines of a frame, in reading order."""

    def read(self, crop: Gray) -> Line:
        """Read one of them."""

    def fields(self, line: Line) -> dict[str, Field] | None:
        """The parts of an address in it, if they are asked for."""


class FrameLines:
    """Reads with a recognizer."""

    def __init__(
        self, recognizer: Recognizer, mode: Mode = "auto", *, fields: bool = False
    ) -> None:
        """Read lines of frames.

        Args:
            recognizer: reads the lines.
            mode: with ``line`` each frame is one line; else lines are looked for in every frame.
            fields: also look for the parts of an address.
        """
        self.recognizer = recognizer
        self.mode = mode
        self._fields = fields

    def find(self, gray: Gray) -> list[FoundLine]:
        """The lines of a frame, in reading order."""
        if self.mode != "line":
            return [_found(line) for line in find_lines(gray).lines]
        height, width = gray.shape
        middle = np.array([[0.0, height / 2], [width, height / 2]])
        return [FoundLine(lambda: gray, Place(middle, height / 4), None)]

    def read(self, crop: Gray) -> Line:
        """Read a line; raises ``InferenceError`` or ``ImageError``."""
        return self.recognizer.read(crop)

    def fields(self, line: Line) -> dict[str, Field] | None:
        """The parts of an address, if they are asked for."""
        return self.recognizer.fields(line) if self._fields else None


def _found(line: PageLine) -> FoundLine:
    return FoundLine(lambda: line.crop, Place.of_quad(line.quad, line.body), line.box)
