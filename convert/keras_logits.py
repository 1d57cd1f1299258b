"""What Keras makes of lines, computed once for each set of lines and each layout."""

from collections.abc import Sequence
from pathlib import Path

from convert.child import run_stage
from convert.lines import Line, store
from convert.parity import keras_logits
from convert.plan import DESCRIBE_CURE
from edge_runtime.card import Card


class KerasLogits:
    """Stored logits of one checkpoint."""

    def __init__(self, checkpoint: Path, work: Path) -> None:
        self._checkpoint = checkpoint
        self._work = work
        self._stored: dict[tuple[tuple[str, ...], str, int], Path] = {}

    def of(self, lines: Sequence[Line], card: Card) -> Path:
        """Logits of the lines, float32 (T, classes) each, in a file.

        Args:
            lines: prepared lines.
            card: of a converted network, for widths and padding.

        Raises:
            ConversionError: the network cannot be run.
        """
        width = card.max_width if card.layout == "fixed" else 0
        key = (tuple(line.id for line in lines), card.layout, width)
        if key not in self._stored:
            number = len(self._stored)
            inks = self.inks(lines, number)
            target = self._work / f"keras-{number}.npz"
            run_stage("keras", DESCRIBE_CURE, keras_logits, self._checkpoint, card, inks, target)
            self._stored[key] = target
        return self._stored[key]

    def inks(self, lines: Sequence[Line], number: int) -> Path:
        """The lines themselves, stored for a child process."""
        return store(self._work / f"inks-{number}.npz", [line.ink for line in lines])
