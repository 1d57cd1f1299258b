"""A first look at a checkpoint: what the main process, without TensorFlow, needs to know of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_runtime.errors import ConversionError

PROBE_WIDTH = 1024
"""Columns at which a network of any width is asked for its number of steps."""


@dataclass(frozen=True)
class Described:
    """What the main process needs to know of a checkpoint, without TensorFlow."""

    height: int
    width: int | None
    """Columns of the input, None where they may vary."""
    classes: int
    """Output classes, the CTC blank included."""
    steps: int
    """Output steps at ``probe_width`` columns."""
    probe_width: int
    has_head: bool
    """There is more to it than convolutions, see ``graph.split``."""
    parameters: int
    recurrent: int = 0
    """Recurrent layers."""
    layers: tuple[str, ...] = ()
    """Names of the layers, those with weights first."""
    pieces: tuple[str, ...] = ()
    """Parts of the head that can be stored in different numbers, see ``graph.pieces``."""


def describe(checkpoint: Path) -> Described:
    """Look at a checkpoint and refuse what cannot be converted.

    Raises:
        ConversionError: it cannot be loaded, or a layer cannot be exported; named with the cure.
    """
    from convert import graph
    from convert.refusals import is_recurrent

    model = graph.load_checkpoint(checkpoint)
    copy = graph.reference_model(model, None)
    _, height, width, _ = copy.input_shape
    probe = width or PROBE_WIDTH
    if len(copy.output_shape) != 3:
        raise ConversionError(
            f"the network's output is {copy.output_shape}: (batch, time, classes) is expected"
        )
    return Described(
        height=height,
        width=width,
        classes=int(copy.output_shape[2]),
        steps=int(graph.reference_model(model, probe).output_shape[1]),
        probe_width=probe,
        has_head=graph.split(copy) is not None,
        parameters=int(model.count_params()),
        recurrent=sum(is_recurrent(layer) for layer in model.layers),
        layers=_names(model),
        pieces=tuple(graph.pieces(copy)),
    )


def _names(model: Any) -> tuple[str, ...]:
    return tuple(layer.name for layer in sorted(model.layers, key=lambda one: not one.weights))
