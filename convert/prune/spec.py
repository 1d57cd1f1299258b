"""What one round of pruning and fine-tuning is to do; travels to the processes that do it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

BATCH: Final = 8
"""Lines of a fine-tuning step. Mending a cut network takes many small steps: after 2,048 lines the
default network with half its channels read at 26, 14 and 11 % CER with 32, 16 and 8 a step."""
LINES_PER_EPOCH: Final = 4096
IMPORTANCE_LINES: Final = 256
"""Lines that importance is measured on."""


@dataclass(frozen=True)
class Round:
    """One cut and the fine-tuning after it."""

    label: str
    """``pruned`` or ``control``."""
    number: int
    checkpoint: Path
    """The network before the cut."""
    teacher: Path
    """The network that the user asked to prune, which the cut one learns from."""
    mode: Literal["channels", "weights"]
    fraction: float
    """To remove in this round, of what the network before it has; 0 in a control."""
    data: tuple[Path, ...]
    lines: int
    """Line views of fine-tuning."""
    rate: float
    folder: Path
    """Where its results go."""
    cache: Path

    @property
    def start(self) -> Path:
        """The network after the cut."""
        return self.folder / "start.keras"

    @property
    def result(self) -> Path:
        """The network after the fine-tuning."""
        return self.folder / "model.keras"

    @property
    def epochs(self) -> int:
        """Epochs of the fine-tuning."""
        return -(-self.lines // LINES_PER_EPOCH)

    @property
    def lines_per_epoch(self) -> int:
        """Lines of each."""
        return -(-self.lines // self.epochs)
