"""What is written down about a conversion: the card in the bundle and the report beside it."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import edge_runtime
from convert import operators
from convert.export import Described
from convert.layout import Layout
from convert.lines import LineSets
from convert.parity import Parity
from convert.precision import Part
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
            "network" if part.name == "whole" else part.name: part.quantization for part in parts
        },
        training={
            **training.provenance,
            "checkpoint": checkpoint,
            "calibration": {
                "lines": len(lines.calibration),
                "ids_sha256": lines.calibration_hash,
            },
        },
        metrics=list(training.metrics),
        tool_version=edge_runtime.__version__,
        runtime=RUNTIMES,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def make_report(
    card: Card,
    described: Described,
    parity: Parity,
    runtime: str,
    sizes: dict[str, int],
    network: bytes,
    bundle_bytes: int,
) -> dict[str, Any]:
    """All that was found out, as plain values for JSON.

    Args:
        card: as written.
        described: the network.
        parity: the comparison with Keras.
        runtime: what ran the converted file.
        sizes: bytes of each part's file before joining.
        network: the flatbuffer.
        bundle_bytes: size of the whole file.
    """
    return {
        "schema": 1,
        "name": card.name,
        "network": asdict(described),
        "precision": card.precision,
        "bytes": {"bundle": bundle_bytes, "network": len(network), "parts": sizes},
        "operators": dict(sorted(operators.list_operators(network).items())),
        "parity": {**parity.as_dict(), "runtime": runtime},
        "calibration": card.training["calibration"],
        "tool_version": card.tool_version,
        "created": card.created,
    }
