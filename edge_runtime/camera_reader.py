"""From frames to a clean stream of readings: each line of writing is reported once.

Frames that move or are blurred are passed over (``frame_gate``), lines are followed from frame to
frame (``line_tracker``), and a line is reported when enough readings of it agree or when it has
left the picture.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from edge_runtime.camera_frame import Frame
from edge_runtime.camera_lines import LineReader
from edge_runtime.errors import ImageError
from edge_runtime.frame_gate import FrameGate, Verdict
from edge_runtime.frame_motion import STILL, MotionEstimator
from edge_runtime.line_place import overlap
from edge_runtime.line_track import LineTrack
from edge_runtime.line_tracker import LineTracker
from edge_runtime.page_reader import ReadLine

_PATIENCE: Final = 1.0
"""Seconds that a settled line waits for those beside it, so that they come out in order."""
_GONE: Final = 2.0
"""A line that was not seen for so many seconds, though it should be in the picture, is gone."""
_REMEMBERED: Final = 5.0
"""Seconds after which a line that is gone counts as new when it comes back."""
_MOST_TRACKS: Final = 400
_IN_THE_WAY: Final = 0.5
"""Share of the shorter of two lines that stands in the place of the other."""
_QUIET: Final = 3
"""After so many frames without news, frames that look the same are not looked at."""
_LOOK_AGAIN: Final = 5.0
"""Seconds after which they are all the same."""


@dataclass(frozen=True)
class ReaderSettings:
    """When a line is reported."""

    stable: int = 5
    """Readings that have to agree."""
    fewest: int = 3
    """Readings of a line that leaves the picture before it is stable, or ``stable`` if less."""
    min_confidence: float = 0.45
    """Of a line's words on average; what is read with less is not reported: it is mostly no
    writing, or part of a line."""


@dataclass(frozen=True)
class CameraReading:
    """A line of writing that was read in a stream of frames."""

    found: ReadLine
    track: int
    """Number of the line in this run."""
    frame: int
    """Number of the frame in which it was last seen."""
    seconds: float
    """When that was, since the stream began."""
    seen: int
    """Frames in which it was found."""


class CameraReader:
    """Takes frames, gives readings. For one thread."""

    def __init__(self, lines: LineReader, settings: ReaderSettings | None = None) -> None:
        self.settings = settings or ReaderSettings()
        self.verdicts: Counter[str] = Counter()
        """Frames by what became of them: read, moving, blurred, same, damaged."""
        self.verdict = ""
        """What became of the last frame."""
        self.ms: dict[str, float] = {}
        """Milliseconds that the last frame took, by stage."""
        self.tracker = LineTracker(lines.read, self.settings.stable)
        self._lines = lines
        self._motion = MotionEstimator()
        self._gate = FrameGate()
        self._quiet = 0
        self._looked = 0.0
        self._frame: Frame | None = None

    def feed(self, frame: Frame) -> list[CameraReading]:
        """Take the next frame; returns the lines that are now certain, in reading order."""
        start = perf_counter()
        self._frame = frame
        motion = self._motion.update(frame.gray)
        self.tracker.move(motion.matrix)
        verdict = self._gate.judge(frame, motion)
        self.ms = {"gate": 1e3 * (perf_counter() - start)}
        if motion is not STILL or frame.seconds > self._looked + _LOOK_AGAIN:
            self._quiet = 0
        if verdict is not Verdict.READ:
            self.verdict = verdict.value
        elif self._quiet >= _QUIET:
            self.verdict = "same"
            for track in self.in_view():
                track.last = frame.seconds
        else:
            self.verdict = self._look(frame)
        self.verdicts[self.verdict] += 1
        return self._take(self._settled(frame) + self._left_behind(frame))

    def finish(self) -> list[CameraReading]:
        """The end of the stream: what was read often enough and not yet reported."""
        left = [track for track in self.tracker.tracks if self._is_established(track)]
        self.tracker.tracks = []
        return self._take(left)

    def in_view(self) -> list[LineTrack]:
        """The lines of the last frame that was looked at, in reading order."""
        now = [track for track in self.tracker.tracks if track.last >= self._looked]
        return sorted(now, key=lambda track: track.rank)

    def _look(self, frame: Frame) -> str:
        """Find and read the lines of a frame; returns what became of it."""
        start = perf_counter()
        self._looked = frame.seconds
        try:
            found = self._lines.find(frame.gray)
            middle = perf_counter()
            news = self.tracker.see(found, frame, self._gate.sharpness)
        except ImageError:
            return "damaged"
        self.ms |= {"find": 1e3 * (middle - start), "read": 1e3 * (perf_counter() - middle)}
        self._quiet = 0 if news else self._quiet + 1
        return "read"

    def _settled(self, frame: Frame) -> list[LineTrack]:
        """Lines that are certain, once those beside them are too or have had their time."""
        waiting = [track for track in self.in_view() if not track.reported]
        ready = [t for t in waiting if self._is_certain(t)]
        if len(ready) == len(waiting):
            return ready
        overdue = [t for t in ready if frame.seconds > (t.certain_since or 0.0) + _PATIENCE]
        return ready if overdue else []

    def _left_behind(self, frame: Frame) -> list[LineTrack]:
        """Lines that have left; the oldest of too many go as well."""
        gone, kept = [], []
        most = len(self.tracker.tracks) - _MOST_TRACKS
        for number, track in enumerate(self.tracker.tracks):
            away = frame.seconds - track.last
            known = track.epoch == self.tracker.epoch
            outside = known and not track.place.inside(frame.size)
            forgotten = number < most or (away > _REMEMBERED and not outside)
            if not forgotten:
                kept.append(track)
            if (forgotten or away > _GONE) and self._is_established(track):
                gone.append(track)
        self.tracker.tracks = kept
        return gone

    def _is_certain(self, track: LineTrack) -> bool:
        """Whether a line can be reported while it is still seen."""
        sure = track.legible >= self.settings.min_confidence
        return sure and track.settled(self.settings.stable) and self._is_best(track)

    def _is_established(self, track: LineTrack) -> bool:
        """Whether a line that will not be seen again was seen well enough."""
        fewest = min(self.settings.fewest, self.settings.stable)
        sure = track.legible >= self.settings.min_confidence
        return not track.reported and sure and track.seen >= fewest and self._is_best(track)

    def _is_best(self, track: LineTrack) -> bool:
        """Whether no better established line stands in the same place: the whole, or its parts."""
        return not any(
            other is not track
            and (other.reported or other.support > track.support)
            and other.epoch == track.epoch
            and overlap(other.place, track.place).covered > _IN_THE_WAY
            for other in self.tracker.tracks
        )

    def _take(self, tracks: list[LineTrack]) -> list[CameraReading]:
        readings = []
        for track in sorted(tracks, key=lambda t: (t.rank, t.number)):
            track.reported = True
            if (line := track.best) is None:
                continue
            found = ReadLine(line, track.box, track.rank, self._lines.fields(line))
            number = self._frame.number if self._frame else 0
            readings.append(CameraReading(found, track.number, number, track.last, track.seen))
        return readings


def read_frames(reader: CameraReader, frames: Iterator[Frame]) -> Iterator[CameraReading]:
    """Readings of a whole stream."""
    for frame in frames:
        yield from reader.feed(frame)
    yield from reader.finish()
