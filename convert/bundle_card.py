"""The card of a converted network: what the device must know, and what it was made from."""

from collections.abc import Iterable
from datetime import UTC, datetime

import edge_runtime
from convert.layout import Layout
from convert.lines import LineSets
from convert.precision import WHOLE, Part
from edge_runtime.card import Card
from train.checkpoint import CheckpointCard

RUNTIMES = "ai-edge-litert>=2.1 or tflite-runtime==2.14"


def make_card(
    name: str,
    training: CheckpointCard,
    checkpoint: dict[str, str],
    layout: Layout,
    parts: Iterable[Part],
    lines: LineSets,
) -> Card:
    """The card of a converted network.

    Args:
        name: of the model.
        training: from beside the checkpoint.
        checkpoint: file name and hash of the checkpoint.
        layout: widths.
        parts: what was converted.
        lines: what was calibrated on.
    """
    return Card(
        name=name,
        architecture={"family": training.family, **training.config},
        preprocessing=training.preprocessing.as_dict(),
        layout=layout.kind,
        width_multiple=layout.width_multiple,
        min_width=layout.min_width,
        max_width=layout.max_width,
        time_stride=layout.time_stride,
        precision={
            "network" if part.name == WHOLE else part.name: part.quantization for part in parts
        },
        training={
            **training.provenance,
            "checkpoint": checkpoint,
            "calibration": {
                "lines": len(lines.calibration),
                "ids": lines.calibration_ids,
            },
        },
        metrics=list(training.metrics),
        tool_version=edge_runtime.__version__,
        runtime=RUNTIMES,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
