"""A look at a checkpoint and at the pictures: everything a conversion needs to know beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convert.bundle_card import make_card
from convert.checkpoint import UNKNOWN_STRIDE, check_fit, read_training_card, sha256_of
from convert.child import run_stage
from convert.describe import Described, describe
from convert.layout import Layout, choose_layout, find_time_stride
from convert.lines import LineSets, gather
from convert.precision import Part, refuse_too_long
from convert.request import Request
from edge_runtime.card import Card
from train.checkpoint import CheckpointCard

DESCRIBE_CURE = "check that the file is a Keras 3 model that loads in this environment"


@dataclass(frozen=True)
class Plan:
    """A checkpoint that can be converted."""

    checkpoint: Path
    name: str
    training: CheckpointCard
    described: Described
    lines: LineSets
    request: Request
    sha256: str

    def layout(self, parts: Sequence[Part]) -> Layout:
        """The widths of a network of these parts.

        Raises:
            ConversionError: the wanted width does not fit, or a recurrence is too long to be
                written out.
        """
        known = self.training.time_stride
        stride = find_time_stride(
            None if known == UNKNOWN_STRIDE else known,
            self.described.probe_width,
            self.described.steps,
        )
        written_out = any(part.unrolled for part in parts) and self.described.recurrent > 0
        layout = choose_layout(
            native=self.described.width,
            wanted=self.request.width,
            limit=self.training.preprocessing.max_width,
            time_stride=stride,
            fixed=written_out or self.request.runtime == "tflite-runtime",
        )
        if written_out:
            refuse_too_long(layout.max_width // stride, self.described.recurrent)
        return layout

    def card(self, parts: Sequence[Part], layout: Layout) -> Card:
        """The card of a network of these parts."""
        checkpoint = {"file": self.checkpoint.name, "sha256": self.sha256}
        return make_card(self.name, self.training, checkpoint, layout, parts, self.lines)


def make_plan(request: Request, checkpoint: Path, lines: LineSets | None = None) -> Plan:
    """Look at a checkpoint, and at the pictures unless that has been done.

    Raises:
        ConversionError: the checkpoint cannot be converted; stage or layer is named.
        DataError: the pictures cannot be read.
    """
    training = read_training_card(checkpoint, request.charset)
    described = run_stage("describe", DESCRIBE_CURE, describe, checkpoint)
    check_fit(training, described.classes, described.height)
    if lines is None:
        lines = gather(
            request.pictures,
            training.preprocessing,
            request.calibration_lines,
            request.parity_lines,
            request.proof,
        )
    name = request.name or request.target.stem
    return Plan(checkpoint, name, training, described, lines, request, sha256_of(checkpoint))
