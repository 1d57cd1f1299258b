"""What each `--precision` means: which part of the network is stored in which numbers.

A static int8 loop crashes TensorFlow's converter and costs accuracy, and int8 pays most in the
convolutions. Hence `mixed`: int8 convolutions, and a head with int8 weights whose activations stay
float ("dynamic range"). `int8` means all of it, for which a recurrence is written out step by step.
"""

from dataclasses import dataclass
from typing import Final, Literal

from edge_runtime.errors import ConversionError

Quantization = Literal["float32", "float16", "dynamic", "int8", "int16x8"]

WHOLE, CNN, HEAD = "whole", "cnn", "head"


@dataclass(frozen=True)
class Part:
    """One part of a network and how its numbers are stored."""

    name: str
    """``whole``, or ``cnn`` and ``head``: the convolutions, and what follows them; or the name of
    a piece of the head, see ``graph.pieces``."""
    quantization: Quantization
    """``dynamic``: int8 weights, float activations. ``int8``: both int8, ``int16x8``: int16
    activations and int8 weights; these two need calibration."""
    unrolled: bool = False
    """Recurrences written out step by step instead of looped; needs a fixed width."""
    piece: bool = False
    """``name`` is a piece of the head, not the part of that name."""

    @property
    def stage(self) -> str:
        """Name of its conversion in messages, e.g. ``cnn-int8``."""
        return f"{'piece-' if self.piece else ''}{self.name}-{self.quantization}"

    @property
    def calibrated(self) -> bool:
        """Whether activations are quantized, so that their ranges must be known."""
        return self.quantization in ("int8", "int16x8")


@dataclass(frozen=True)
class Plan:
    """How one precision is made."""

    with_head: tuple[Part, ...]
    """Parts of a network with a recurrent or attention head, joined in this order."""
    convolutional: tuple[Part, ...]
    """Parts of a network of convolutions alone."""
    drift: float
    """Largest accepted share of characters that read differently from Keras."""
    logit_error: float
    """Largest accepted root mean square of the logit differences, relative to the logits."""

    def parts(self, head: bool) -> tuple[Part, ...]:
        """The parts to convert."""
        return self.with_head if head else self.convolutional


def _uniform(quantization: Quantization, drift: float, logit_error: float) -> Plan:
    whole = (Part(WHOLE, quantization),)
    return Plan(whole, whole, drift, logit_error)


PLANS: Final = {
    "fp32": _uniform("float32", 0.0005, 0.001),
    "fp16": _uniform("float16", 0.005, 0.02),
    "dynamic": _uniform("dynamic", 0.02, 0.2),
    "mixed": Plan(
        with_head=(Part(CNN, "int8"), Part(HEAD, "dynamic")),
        convolutional=(Part(WHOLE, "int8"),),
        drift=0.02,
        logit_error=0.2,
    ),
    "int8": Plan(
        with_head=(Part(WHOLE, "int8", unrolled=True),),
        convolutional=(Part(WHOLE, "int8"),),
        drift=0.02,
        logit_error=0.2,
    ),
    # Attention has operators without an int16 kernel, and an unrolled recurrence aborts the
    # runtime (TensorFlow 2.19 to 2.21): the head stays dynamic.
    "int16x8": Plan(
        with_head=(Part(CNN, "int16x8"), Part(HEAD, "dynamic")),
        convolutional=(Part(WHOLE, "int16x8"),),
        drift=0.02,
        logit_error=0.2,
    ),
}
"""By the name the command line knows."""

MAX_UNROLLED: Final = 512
"""Time steps times recurrent layers that are written out at most. Each costs about 2 kB of
operators in the file, and TensorFlow takes a minute to quantize 480 of them."""


def refuse_too_long(steps: int, recurrent: int) -> None:
    """Let only recurrences be written out that make a file of a sensible size.

    Args:
        steps: time steps at the width the file is made for.
        recurrent: recurrent layers.

    Raises:
        ConversionError: there are too many; with the size they would have.
    """
    if steps * recurrent > MAX_UNROLLED:
        raise ConversionError(
            f"int8 throughout would write out {steps} time steps of {recurrent} recurrent layers:"
            f" {steps * recurrent} steps, about {steps * recurrent * 2} kB of operators, where"
            f" {MAX_UNROLLED} steps are the limit. Use --precision mixed, or a smaller --width"
        )
