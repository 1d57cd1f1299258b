"""What each `--precision` means: which part of the network is stored in which numbers.

A static int8 loop crashes TensorFlow's converter and costs accuracy, and int8 pays most in the
convolutions. Hence `mixed`: int8 convolutions, and a head with int8 weights whose activations stay
float ("dynamic range").
"""

from dataclasses import dataclass
from typing import Final, Literal

PartName = Literal["whole", "cnn", "head"]
Quantization = Literal["float32", "float16", "dynamic", "int8"]


@dataclass(frozen=True)
class Part:
    """One part of a network and how its numbers are stored."""

    name: PartName
    """``whole``, or ``cnn`` and ``head``: the convolutions, and what follows them."""
    quantization: Quantization
    """``dynamic``: int8 weights, float activations. ``int8``: both int8, needs calibration."""

    @property
    def stage(self) -> str:
        """Name of its conversion in messages, e.g. ``cnn-int8``."""
        return f"{self.name}-{self.quantization}"


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
    whole = (Part("whole", quantization),)
    return Plan(whole, whole, drift, logit_error)


PLANS: Final = {
    "fp32": _uniform("float32", 0.0005, 0.001),
    "fp16": _uniform("float16", 0.005, 0.02),
    "dynamic": _uniform("dynamic", 0.02, 0.2),
    "mixed": Plan(
        with_head=(Part("cnn", "int8"), Part("head", "dynamic")),
        convolutional=(Part("whole", "int8"),),
        drift=0.02,
        logit_error=0.2,
    ),
}
"""By the name the command line knows."""
