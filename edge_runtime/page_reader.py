"""Reads a picture that may hold one line or a page of them.

    reader = PageReader(Recognizer())
    for found in reader.read(gray).lines:
        print(found.page_line, found.box, found.line.text)

A ``PageReader`` has no state of its own: threads may share it as they may share its recognizer.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

from edge_runtime.errors import InferenceError
from edge_runtime.fields import Field
from edge_runtime.image import Gray, load_gray
from edge_runtime.lines import Box, Page, find_lines
from edge_runtime.page_mode import Mode, is_page, shape_decides
from edge_runtime.recognizer import Line, Recognizer


@dataclass(frozen=True)
class ReadLine:
    """A line of a picture, and where it stands in it."""

    line: Line
    """What was read. ``line.ms`` of a page's first line also has ``find``, the time in which the
    page's lines were found, and the picture's ``decode``; both are 0 for the lines after it."""
    box: Box | None = None
    """Left, top, width and height in the picture's pixels; None where the picture is the line."""
    page_line: int = 0
    """Position in reading order from 0; always 0 where the picture is the line."""
    fields: dict[str, Field] | None = None
    """The parts of an address, if they were asked for."""


@dataclass(frozen=True)
class PageReading:
    """What was read in one picture."""

    lines: tuple[ReadLine, ...]
    """In reading order. A page without writing has none; a line picture has exactly one, whose text
    is empty where nothing was read."""
    size: tuple[int, int]
    """Width and height of the picture, pixels."""
    is_page: bool
    """Whether the picture was read as a page; else it was read as one line."""
    ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds of the whole picture: ``find`` (of its lines) and ``read`` (of all of them)."""


class PageReader:
    """Finds the lines of pictures and reads them."""

    def __init__(
        self, recognizer: Recognizer, mode: Mode = "auto", *, fields: bool = False
    ) -> None:
        """Read with a recognizer.

        Args:
            recognizer: reads the lines.
            mode: ``line`` takes every picture for one line, ``page`` every picture for a page,
                ``auto`` decides for each picture (``page_mode``).
            fields: also look for the parts of an address in each line; needs a recognizer with a
                lexicon of places.
        """
        self.recognizer = recognizer
        self.mode = mode
        self._fields = fields

    def read(self, gray: Gray) -> PageReading:
        """Read a picture in memory, such as a frame of a camera.

        Args:
            gray: uint8 (h, w), dark ink on lighter paper.

        Raises:
            InferenceError: not such an array, or the runtime fails.
            ImageError: the picture or one of its lines cannot be prepared.
        """
        if gray.ndim != 2 or gray.dtype != "uint8" or not gray.size:
            raise InferenceError(f"a picture is grey uint8 (h, w), not {gray.dtype} {gray.shape}")
        start = perf_counter()
        page = self._page(gray)
        found = perf_counter()
        lines: tuple[ReadLine, ...]
        lines = (self._read_line(gray),) if page is None else self._read_page(page)
        ms = {"find": 1e3 * (found - start), "read": 1e3 * (perf_counter() - found)}
        if page is not None:
            lines = _with_ms(lines, "find", ms["find"])
        return PageReading(lines, (gray.shape[1], gray.shape[0]), page is not None, ms)

    def read_file(self, source: Path | bytes) -> PageReading:
        """Read a picture file, or the bytes of one.

        Raises:
            ImageError: the picture cannot be read or is outside the limits.
            InferenceError: the runtime fails.
        """
        start = perf_counter()
        gray = load_gray(source)
        decode = 1e3 * (perf_counter() - start)
        reading = self.read(gray)
        return replace(reading, lines=_with_ms(reading.lines, "decode", decode))

    def _page(self, gray: Gray) -> Page | None:
        """The page with its lines; None where the picture is to be read as one line."""
        if self.mode == "line":
            return None
        if self.mode == "auto" and shape_decides(gray.shape[1], gray.shape[0]):
            return None
        page = find_lines(gray)
        return page if self.mode == "page" or is_page(page) else None

    def _read_page(self, page: Page) -> tuple[ReadLine, ...]:
        return tuple(self._read_line(x.crop, x.box, i) for i, x in enumerate(page.lines))

    def _read_line(self, gray: Gray, box: Box | None = None, page_line: int = 0) -> ReadLine:
        line = self.recognizer.read(gray)
        found = self.recognizer.fields(line) if self._fields else None
        return ReadLine(line, box, page_line, found)


def _with_ms(lines: tuple[ReadLine, ...], stage: str, ms: float) -> tuple[ReadLine, ...]:
    """Lines whose first one took so long in a stage that belongs to all of the picture."""
    return tuple(
        replace(line, line=replace(line.line, ms={**line.line.ms, stage: 0.0 if i else ms}))
        for i, line in enumerate(lines)
    )
