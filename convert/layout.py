"""Which widths a converted network takes, and how wide a line becomes before it goes in."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from edge_runtime.card import Card
from edge_runtime.errors import ConversionError
from edge_runtime.interpreter import padded_width, squeeze
from edge_runtime.preprocess import Ink

CHUNK = 8
"""Time steps per turn of a recurrent loop. 16 is a few per cent faster, but needs twice the
operators in the file and pads every line to twice the multiple."""


@dataclass(frozen=True)
class Layout:
    """The widths of a network's input, pixels."""

    kind: Literal["dynamic", "fixed"]
    """``dynamic``: set by resizing the input when the network is loaded or between lines."""
    width_multiple: int
    min_width: int
    max_width: int
    time_stride: int
    """Columns of the input to one output step."""

    @property
    def width(self) -> int | None:
        """The one width of a fixed layout, None for a dynamic one."""
        return self.max_width if self.kind == "fixed" else None


def canvas(ink: Ink, card: Card) -> Ink:
    """A line as it goes into the network: squeezed if too wide, padded with black on the right.

    uint8 (H, W) -> uint8 (H, padded W)
    """
    line = squeeze(ink, card.max_width)
    padded = np.zeros((line.shape[0], padded_width(card, line.shape[1])), np.uint8)
    padded[:, : line.shape[1]] = line
    return padded


def steps(ink: Ink, card: Card) -> int:
    """Output steps that belong to a line, its padding not counted."""
    width = int(min(ink.shape[1], card.max_width))
    return max(1, -(-width // card.time_stride))


def choose_layout(
    *,
    native: int | None,
    wanted: int | None,
    limit: int,
    time_stride: int,
    fixed: bool = False,
) -> Layout:
    """Decide on the widths.

    Args:
        native: the width the network was built for, None for any.
        wanted: a fixed width the user asks for, None for the network's own way.
        limit: widest picture that preprocessing makes, pixels.
        time_stride: columns of the input to one output step.
        fixed: one width, the widest unless another is wanted.

    Raises:
        ConversionError: the wanted width does not fit the network.
    """
    if native is not None:
        if wanted not in (None, native):
            raise ConversionError(
                f"the network was built for lines of {native} pixels: leave --width out"
            )
        return Layout("fixed", native, native, native, time_stride)
    step = time_stride * CHUNK
    widest = -(-limit // step) * step
    if wanted is None and not fixed:
        return Layout("dynamic", step, step, widest, time_stride)
    wanted = wanted or widest
    if wanted % time_stride or wanted < step:
        raise ConversionError(
            f"--width {wanted} must be a multiple of {time_stride} and at least {step} pixels"
        )
    return Layout("fixed", wanted, wanted, wanted, time_stride)


def find_time_stride(known: int | None, width: int, steps: int) -> int:
    """Columns of the input to one output step, checked against what the network does.

    Args:
        known: what the training card says, None if it says nothing.
        width: columns of an input.
        steps: steps the network makes of it.

    Raises:
        ConversionError: the card does not fit the network, or the stride is not a whole number.
    """
    if known is None:
        stride, rest = divmod(width, steps)
        if rest:
            raise ConversionError(
                f"{steps} steps from {width} columns are no whole stride: state time_stride in the"
                " training card beside the checkpoint"
            )
        return stride
    if known < 1 or abs(width / known - steps) >= 1:
        raise ConversionError(
            f"the training card says {known} columns a step, the network makes {steps} steps of"
            f" {width} columns: the card is not this network's"
        )
    return known
