"""One row of what `edge-htr check` says: a value, its limit, and what that means."""

from dataclasses import dataclass
from typing import Final

WITHIN: Final = "within"
EXCEEDED: Final = "exceeded"
NOT_JUDGED: Final = "not judged"
"""Nobody may pass or fail by it: an estimate, another machine's milliseconds, nothing measured."""


@dataclass(frozen=True)
class Finding:
    """A value and its upper limit."""

    check: str
    """What is looked at, such as ``bundle``."""
    against: str
    """Whose limit it is: the id of a device, or ``baseline``."""
    verdict: str
    """``within``, ``exceeded`` or ``not judged``."""
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    note: str = ""
    """Where it was measured, why it is not judged, what was found."""

    @property
    def exceeded(self) -> bool:
        """Whether this fails the check."""
        return self.verdict == EXCEEDED

    def over(self) -> str:
        """By how much the limit is exceeded, such as ``+1.0 %``; empty where it is not.

        Error rates and what must be 0 are differences, all else is relative.
        """
        if not self.exceeded or self.value is None or self.limit is None:
            return ""
        excess = self.value - self.limit
        if self.unit in ("%", "points"):
            return f"+{number(excess, self.unit)} points"
        if self.limit <= 0:
            return f"+{number(excess, self.unit)}"
        return f"+{excess / self.limit * 100:.1f} %"

    def sentence(self) -> str:
        """The finding as a clause: ``bundle 1,206,656 bytes over 1,200,682 (baseline, +0.5 %)``."""
        text = self.check
        if self.value is not None and self.limit is not None:
            value, limit = number(self.value, self.unit), number(self.limit, self.unit)
            text += f" {value} over {limit} {self.unit}"
        text += f" ({', '.join(filter(None, (self.against, self.over())))})"
        return f"{text}: {self.note}" if self.note else text


def judged(check: str, against: str, value: float, limit: float, unit: str, note: str) -> Finding:
    """The finding that a value may be its limit at most."""
    verdict = WITHIN if value <= limit else EXCEEDED
    return Finding(check, against, verdict, value, limit, unit, note)


def number(value: float, unit: str) -> str:
    """A number for people, with the digits that its unit deserves."""
    if unit in ("bytes", "operators", "instructions") or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.1f}"
