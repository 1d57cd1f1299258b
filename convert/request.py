"""What the user asks of a conversion."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from convert.precision import PLANS
from convert.ranges import Method
from edge_runtime.errors import ConversionError
from train.checkpoint import check_file

ALL: Final = "all"
TARGETS: Final = ("litert", "tflite-runtime")


@dataclass(frozen=True)
class PruneRequest:
    """What to remove, and how to mend the network afterwards."""

    fraction: float
    """Share of the channels of each layer, or of the weights."""
    mode: Literal["channels", "weights"]
    data: tuple[Path, ...]
    """Data sets to fine-tune on; their development parts are kept out."""
    work: Path
    """Folder of the runs: what was cut short goes on from there."""
    lines: int = 49152
    """Line views of fine-tuning, all rounds together."""
    rounds: int = 1
    """Cuts, each followed by its share of the fine-tuning."""
    rate: float = 1.5e-3
    """Highest learning rate."""
    max_loss: float = 0.01
    """Accepted rise of the CER over the network before pruning, as a fraction."""


@dataclass(frozen=True)
class Request:
    """What the user asks for."""

    checkpoint: Path
    target: Path
    precision: str = "mixed"
    """A name in ``PLANS``, or ``all``: each in a file of its own, ``NAME-PRECISION.tflite``."""
    runtime: Literal["litert", "tflite-runtime"] = "litert"
    """What is to run the file: decides on the width, see ``layout.choose_layout``."""
    name: str | None = None
    """Name of the model; by default the target's."""
    charset: Path | None = None
    """Symbols in class order, instead of the training card's."""
    pictures: tuple[Path, ...] = ()
    """Folders of line pictures; none: the package's samples."""
    proof: tuple[Path, ...] = ()
    """Folders of lines that are compared on and never calibrated on."""
    width: int | None = None
    """A fixed width, pixels; None: any width, if the network and the runtime allow it."""
    method: Method | None = "min-max"
    """How ranges follow from calibration; None: the best on other lines."""
    calibration_lines: int = 96
    parity_lines: int = 128
    drift: float | None = None
    """Accepted share of characters that read differently; None: the precision's own."""
    cer_loss: float = 0.003
    """Accepted rise of the CER on labelled lines."""
    report: Path | None = None
    """HTML page; the same as JSON goes beside it. Asking for it also measures every layer, every
    way to calibrate, and the speed."""
    onnx: Path | None = None
    prune: PruneRequest | None = None

    @property
    def precisions(self) -> tuple[str, ...]:
        """Those to convert to."""
        return tuple(PLANS) if self.precision == ALL else (self.precision,)

    @property
    def reference(self) -> str:
        """The precision in which a pruned network is compared with the others."""
        return "mixed" if self.precision == ALL else self.precision

    def target_of(self, precision: str) -> Path:
        """Where the file of a precision goes."""
        if self.precision != ALL:
            return self.target
        return self.target.with_name(f"{self.target.stem}-{precision}{self.target.suffix}")

    def check(self) -> None:
        """Fail now, not after minutes.

        Raises:
            RecipeError: the checkpoint is missing or not a Keras file.
            ConversionError: an output's folder is missing, or a name is wrong.
        """
        check_file(self.checkpoint)
        for path in (self.target, self.report, self.onnx):
            if path is not None and not path.resolve().parent.is_dir():
                raise ConversionError(f"{path}: its folder does not exist: make it first")
        if self.precision not in (ALL, *PLANS):
            raise ConversionError(f"no precision {self.precision!r}: use {', '.join(PLANS)} or all")
