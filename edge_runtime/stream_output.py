"""Readings of a camera on stdout or in a file, written as they come.

A file in a format of lines is appended to, so that a restart loses nothing. hOCR and ALTO are one
document each: they appear whole when the run ends.
"""

import errno
import json
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

from edge_runtime.atomic import atomic_writer
from edge_runtime.camera_event import Event
from edge_runtime.camera_frame import Frame
from edge_runtime.formats import FORMATS, Result
from edge_runtime.patient import Patient

DOCUMENTS: Final = ("hocr", "alto")
"""Formats that have to be closed."""


class StreamOutput:
    """Writes in one of the formats of ``formats.FORMATS``."""

    def __init__(self, out: Path | None, format_: str, report: Callable[[str], None]) -> None:
        """Open the output.

        Args:
            out: a file; stdout by default.
            format_: a name of ``FORMATS``.
            report: is told when it cannot be written.

        Raises:
            OSError: the file cannot be opened.
        """
        self._form = FORMATS[format_]
        self._jsonl = format_ == "jsonl"
        self._stack = ExitStack()
        self._number = 0
        self._written = 0
        self._stream, fresh = self._open(out, format_)
        self._patient: Patient[bytes] = Patient(self._write, str(out or "stdout"), report)
        self._patient.put([self._form.begin.encode("utf-8")] if fresh and self._form.begin else [])

    def put(self, events: Sequence[Event], frame: Frame) -> None:
        """Write readings."""
        if not events:
            return
        if self._jsonl:
            rows = [json.dumps(event.record(), ensure_ascii=False) + "\n" for event in events]
        else:
            lines = tuple(event.reading.found for event in events)
            result = Result(events[0].source, lines, frame.size)
            rows = [self._form.item(self._number, result)]
            self._number += 1
        self._patient.put(row.encode("utf-8") for row in rows)

    def tick(self) -> None:
        """Try again what a full disk refused."""
        self._patient.tick()

    def close(self) -> None:
        """Write the end of the document."""
        if self._form.end:
            self._patient.put([self._form.end.encode("utf-8")])
        self._patient.close()
        self._stack.close()

    def _open(self, out: Path | None, format_: str) -> tuple[IO[bytes], bool]:
        if out is None:
            return _unbuffered(sys.stdout.buffer), True
        if format_ in DOCUMENTS:
            return self._stack.enter_context(atomic_writer(out)), True
        stream: Any = self._stack.enter_context(out.open("ab", buffering=0))
        return stream, stream.tell() == 0

    def _write(self, rows: deque[bytes]) -> None:
        """Write rows; one that a full disk cut off goes on where it ended, so none is torn."""
        while rows:
            row = rows[0]
            while self._written < len(row):
                done = self._stream.write(row[self._written :])
                if done is None:  # a pipe that does not wait and is full
                    raise BlockingIOError(errno.EAGAIN, "the reader is slow")
                self._written += done
            self._written = 0
            rows.popleft()
        self._stream.flush()


def _unbuffered(stream: IO[bytes]) -> IO[bytes]:
    """The file under a buffered stream: a failed write must not stay in the buffer."""
    raw = getattr(stream, "raw", None)
    return stream if raw is None or isinstance(stream, BytesIO) else raw
