"""The same line in frame after frame: which line of a frame belongs to which track.

A line is known by where it stands, once the movement of the picture is taken into account, and by
what is read in it. Either may fail: the place after a jerk, the text in a bad frame.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from edge_runtime.camera_frame import Frame
from edge_runtime.camera_lines import FoundLine
from edge_runtime.frame_motion import Affine
from edge_runtime.image import Gray
from edge_runtime.line_place import overlap
from edge_runtime.line_track import LineTrack, Sighted
from edge_runtime.line_vote import similarity
from edge_runtime.lines import Box
from edge_runtime.recognizer import Line

_SAME_PLACE: Final = 0.6
"""Length that two lines in one row share, of what either covers, to be taken for one. Halves of a
line are lines of their own; which of them is right is seen when they are reported."""
_SAME_TEXT: Final = 0.4
"""Least similarity of the texts of two lines in the same place."""
_GHOST: Final = 5.0
"""A track with so many times less support than another in the same place comes after it: it began
with something that was no line, and must not take the readings of the line beside it."""
_KNOWN_TEXT: Final = 0.7
"""Least similarity of the texts of two lines wherever they are."""
_TELLING: Final = 4
"""Letters from which on a text tells a line from others."""
_CUT_WEIGHT: Final = 0.25
"""What a reading counts whose line runs out of the picture."""


class LineTracker:
    """Tracks the lines of a stream of frames."""

    def __init__(self, read: Callable[[Gray], Line], stable: int) -> None:
        """Track lines.

        Args:
            read: reads the crop of a line.
            stable: readings after which a line is settled.
        """
        self.tracks: list[LineTrack] = []
        self.epoch = 0
        """How often the movement of the picture was not known so far."""
        self._read = read
        self._stable = stable
        self._count = 0

    def move(self, matrix: Affine | None) -> None:
        """Take a movement of the picture into account; None where it is not known."""
        if matrix is None:
            self.epoch += 1
        for track in self.tracks:
            if matrix is None:
                track.confirmed = False
            elif track.epoch == self.epoch:
                track.place = track.place.moved(matrix)

    def see(self, found: Sequence[FoundLine], frame: Frame, sharpness: float = 1.0) -> int:
        """Take in the lines of a frame; returns how many of them had to be read.

        Args:
            found: the lines.
            frame: in which they were found.
            sharpness: of it, as ``frame_gate.sharpness``.
        """
        sighting = _Sighting(found, frame, sharpness, self._read)
        left = dict.fromkeys(range(len(found)))
        free = {track.number: track for track in self.tracks}
        for _, position, track in self._in_place(found):
            if position in left and track.number in free:
                knows = not track.due(frame.seconds, self._stable)
                if knows or _is_same(sighting.line(position), track):
                    self._meet(track, position, sighting)
                    del left[position], free[track.number]
        known = [
            (score, position, track)
            for position in left
            for track in free.values()
            if (score := _recognised(sighting.line(position), track))
        ]
        for _, position, track in sorted(known, key=lambda k: -k[0]):
            if position in left and track.number in free:
                self._meet(track, position, sighting)
                del left[position], free[track.number]
        for position in left:
            if sighting.text(position):
                self._begin(position, sighting)
        return len(sighting.lines)

    def _in_place(self, found: Sequence[FoundLine]) -> list[tuple[float, int, LineTrack]]:
        """Pairs of found lines and tracks in the same place, best first, ghosts last."""
        pairs = [
            (shared, position, track)
            for position, line in enumerate(found)
            for track in self.tracks
            if track.epoch == self.epoch
            and (shared := overlap(track.place, line.place).shared) > _SAME_PLACE
        ]
        best: dict[int, float] = {}
        for _, position, track in pairs:
            best[position] = max(track.support, best.get(position, 0.0))
        return sorted(pairs, key=lambda p: (_GHOST * p[2].support < best[p[1]], -p[0]))

    def _begin(self, position: int, sighting: "_Sighting") -> None:
        line = sighting.found[position]
        track = LineTrack(self._count, line.place, line.box, position, sighting.frame.number)
        self._count += 1
        self.tracks.append(track)
        self._meet(track, position, sighting)

    def _meet(self, track: LineTrack, position: int, sighting: "_Sighting") -> None:
        """The track was seen as this line of the frame."""
        line, frame = sighting.found[position], sighting.frame
        track.place, track.box, track.epoch = line.place, line.box, self.epoch
        track.rank, track.last = position, frame.seconds
        track.seen += 1
        if (reading := sighting.lines.get(position)) is None:
            if not track.due(frame.seconds, self._stable):
                return
            reading = sighting.line(position)
        weight = _CUT_WEIGHT if _is_cut(line.box, frame.size) else 1.0
        width = float(line.box[2]) if line.box else 0.0
        track.add(Sighted(reading, weight, sighting.sharpness, width), frame.seconds)
        if track.certain_since is None and track.settled(self._stable):
            track.certain_since = frame.seconds


@dataclass
class _Sighting:
    """The lines of one frame; each is read when its text is asked for."""

    found: Sequence[FoundLine]
    frame: Frame
    sharpness: float
    read: Callable[[Gray], Line]
    lines: dict[int, Line] = field(default_factory=dict)

    def line(self, position: int) -> Line:
        if position not in self.lines:
            self.lines[position] = self.read(self.found[position].cut())
        return self.lines[position]

    def text(self, position: int) -> str:
        return self.line(position).text


def _is_same(line: Line, track: LineTrack) -> bool:
    """Whether a line in the place of a track may be it; short texts do not tell."""
    if track.contradicts(line):
        return False
    if min(len(line.text), len(track.text)) < _TELLING:
        return True
    return similarity(line.text, track.text) >= _SAME_TEXT


def _recognised(line: Line, track: LineTrack) -> float:
    """Similarity of a line to a track if it is the same wherever they are, else 0."""
    shorter, longer = sorted((len(line.text), len(track.text)))
    if shorter < _TELLING or shorter < _KNOWN_TEXT * longer or track.contradicts(line):
        return 0.0
    score = similarity(line.text, track.text)
    return score if score >= _KNOWN_TEXT else 0.0


def _is_cut(box: Box | None, size: tuple[int, int]) -> bool:
    """Whether a line runs out of the picture at its left or right."""
    return box is not None and (box[0] <= 1 or box[0] + box[2] >= size[0] - 1)
