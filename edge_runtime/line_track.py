"""One line of writing over the frames in which it was seen, and what its readings say together."""

from dataclasses import dataclass, field
from statistics import median
from typing import Final

from edge_runtime.line_place import Place
from edge_runtime.line_vote import elect, word_confidence
from edge_runtime.lines import Box
from edge_runtime.recognizer import Line

_MOST: Final = 12
"""Readings that are kept of a line."""
_SURE: Final = 0.94
"""Confidence of the words from which on a few readings that agree are enough."""
_SHARP: Final = 0.9
"""Sharpness of a reading's frame, over that of the line's sharpest one, from which on it counts
wholly, below by the square of it: a lens that has not found its focus gives many readings that
agree and are wrong."""
_PART: Final = 0.85
"""Of a line's usual width, below which a frame shows a piece of it. That does not count: the
shorter a piece, the surer it is."""
_CHECK: Final = 2.0
"""A line that needs no more readings is read all the same once in so many seconds."""
_DOUBT: Final = 0.3
"""The same for one that is still unsure."""


@dataclass(frozen=True)
class Sighted:
    """One reading of a line."""

    line: Line
    weight: float
    """How much it counts, for what is seen of the line: 1 for all of it."""
    sharpness: float
    """Of the frame, as ``frame_gate.sharpness``."""
    width: float = 0.0
    """Of the line in the picture, pixels; 0 where it is not known."""


@dataclass
class LineTrack:
    """One line of writing, over the frames in which it was seen."""

    number: int
    place: Place
    box: Box | None
    rank: int
    """Position in reading order in the frame in which it was last seen."""
    first_frame: int
    seen: int = 0
    """Frames in which it was found."""
    last: float = 0.0
    """Seconds of the frame in which it was last found."""
    checked: float = 0.0
    """Seconds of the frame in which it was last read."""
    epoch: int = 0
    """Of the tracker when it was last found: its place compares with those of the same epoch."""
    confirmed: bool = True
    """Whether its text was read again since the movement was last unknown."""
    readings: list[Sighted] = field(default_factory=list)
    """What was read so far; the best, if it was much."""
    best: Line | None = None
    agreed: bool = False
    certain_since: float | None = None
    """Seconds of the frame in which it first needed no more readings."""
    reported: bool = False

    @property
    def text(self) -> str:
        """What it says by all that was read."""
        return self.best.text if self.best else ""

    @property
    def weight(self) -> float:
        """How much was read of it: 1 for each sharp reading of the whole line."""
        return sum(weight for _, weight in self._votes())

    @property
    def support(self) -> float:
        """How well it is established against another line in the same place."""
        return self.seen * (1 + len(self.text))

    @property
    def plausible(self) -> float:
        """Confidence of its words on average, 0 to 1."""
        return word_confidence(self.best) if self.best else 0.0

    @property
    def legible(self) -> float:
        """How likely it is writing, 0 to 1: half-way from ``plausible`` to its readings' average.

        In what is no writing some frame or other is sure of each word, but none of most of them.
        """
        votes = self._votes()
        whole = sum(weight for _, weight in votes)
        read = sum(weight * word_confidence(line) for line, weight in votes)
        return (read / whole + self.plausible) / 2 if whole else 0.0

    @property
    def confidence(self) -> float:
        """Of what it says, 0 to 1."""
        return self.best.confidence if self.best else 0.0

    def settled(self, stable: int) -> bool:
        """Whether it needs no more readings: ``stable`` of them that agree and are sure, or many.

        Readings that agree may all be of a lens that has not found its focus: only their
        confidence tells.
        """
        sure = self.agreed and self.plausible >= _SURE
        return self.weight >= (stable if sure else min(3 * stable, _MOST))

    def due(self, seconds: float, stable: int) -> bool:
        """Whether it is to be read again, although it may be known."""
        pause = _CHECK if self.plausible >= _SURE and self.confirmed else _DOUBT
        return not self.settled(stable) or seconds >= self.checked + pause

    def contradicts(self, line: Line) -> bool:
        """Whether a reading must be of another line, however alike: the next form of a pile.

        Only after an unknown movement, and if both are sure. Else it is a misreading.
        """
        sure = min(self.plausible, word_confidence(line)) >= _SURE
        return not self.confirmed and sure and line.text != self.text

    def add(self, reading: Sighted, seconds: float) -> None:
        """Take in another reading."""
        self.checked = seconds
        self.confirmed = self.confirmed or reading.line.text == self.text
        self.readings.append(reading)
        votes = self._votes()
        if len(votes) > _MOST:
            # By their words: the confidence of a whole line of faint writing is always near 0.
            worth = [weight * word_confidence(line) for line, weight in votes]
            worst = worth.index(min(worth))
            del self.readings[worst], votes[worst]
        self.best, self.agreed = elect(votes)

    def _votes(self) -> list[tuple[Line, float]]:
        """What was read, and how much that counts."""
        enough = _SHARP * max((r.sharpness for r in self.readings), default=0.0)
        usual = median(r.width for r in self.readings) if self.readings else 0.0
        votes = []
        for reading in self.readings:
            sharp = min(1.0, reading.sharpness / enough) ** 2 if enough else 1.0
            whole = reading.width >= _PART * usual
            votes.append((reading.line, reading.weight * sharp * whole))
        return votes
