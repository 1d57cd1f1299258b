"""What became of one network in one precision."""

from dataclasses import dataclass, field
from pathlib import Path

from convert.build import Built
from convert.parity import Difference
from convert.proof import Proof


@dataclass
class Outcome:
    """What became of one checkpoint in one precision."""

    label: str
    """What was converted, ``trained``, ``pruned`` or ``control``."""
    precision: str
    target: Path | None = None
    """Where it is to go; None for one that is only compared with."""
    built: Built | None = None
    proof: Proof | None = None
    refused: str = ""
    """Why it could not be converted."""
    failures: list[str] = field(default_factory=list)
    """What is beyond tolerance."""
    against: dict[str, Difference] = field(default_factory=dict)
    """Rise of the CER over other networks, by their labels."""
    written: Path | None = None

    @property
    def good(self) -> bool:
        """It may be written."""
        return not self.refused and not self.failures
