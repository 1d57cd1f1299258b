"""A line that was read by a camera, as outputs get it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from edge_runtime.camera_frame import Frame
from edge_runtime.camera_reader import CameraReading
from edge_runtime.formats import line_record


@dataclass(frozen=True)
class Event:
    """One reading, with where and when it comes from."""

    source: str
    """The camera, as ``CameraAddress.name`` has it."""
    time: str
    """When it was reported, UTC, ISO 8601 with milliseconds."""
    reading: CameraReading

    def record(self) -> dict[str, Any]:
        """As plain values: the fields of `--format jsonl` and those that only a camera has."""
        own = {"time": self.time, "frame": self.reading.frame, "seen": self.reading.seen}
        return line_record(self.source, self.reading.found) | own


def events_of(source: str, readings: Sequence[CameraReading]) -> list[Event]:
    """Readings of this moment."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [Event(source, now, reading) for reading in readings]


class Output(Protocol):
    """Something that readings go to. What it cannot hand on now, it keeps and tries again."""

    def put(self, events: Sequence[Event], frame: Frame) -> None:
        """Take readings that were reported together, and the frame in which they were last seen."""

    def tick(self) -> None:
        """A moment has passed; try again what failed."""

    def close(self) -> None:
        """Hand on what is left."""
