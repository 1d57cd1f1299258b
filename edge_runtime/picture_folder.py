"""A folder of pictures, one for every group of lines that was read, with boxes and text."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import cv2

from edge_runtime.annotate import Label, annotated
from edge_runtime.atomic import write_atomically
from edge_runtime.camera_event import Event
from edge_runtime.camera_frame import Frame

_QUALITY: Final = 88


class PictureFolder:
    """Writes JPEG pictures named by time and frame."""

    def __init__(self, folder: Path, report: Callable[[str], None]) -> None:
        """Make the folder if need be.

        Raises:
            OSError: it cannot be made.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._report = report
        self._failing = False

    def put(self, events: Sequence[Event], frame: Frame) -> None:
        """Write one picture. A full disk is reported once; the readings go on without pictures."""
        if not events:
            return
        labels = [label_of(event) for event in events]
        time = events[0].time.replace(":", "").replace("-", "").replace(".", "")
        path = self._folder / f"{time}-{frame.number:06d}.jpg"
        quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        _, data = cv2.imencode(".jpg", annotated(frame.picture, labels), quality)
        try:
            write_atomically(path, data.tobytes())
        except OSError as error:
            if not self._failing:
                self._report(f"{path}: picture not saved ({error.strerror}); reading goes on")
            self._failing = True
        else:
            self._failing = False

    def tick(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


def label_of(event: Event) -> Label:
    """How a reading is drawn."""
    found = event.reading.found
    return Label(found.box, found.line.text, found.line.confidence)
