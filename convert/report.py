"""What a conversion found out, as plain values: the JSON report, from which the page is drawn."""

import zlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import edge_runtime
from convert.outcome import Outcome
from convert.plan import Plan
from edge_runtime.machine import machine_facts

SCHEMA: Final = 2


def make_report(
    plan: Plan, outcomes: Sequence[Outcome], pruning: dict[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """The report of a conversion.

    Args:
        plan: of the checkpoint that is written.
        outcomes: all networks that were made, those only compared with included.
        pruning: what each round did, by the label of the network.
    """
    return {
        "schema": SCHEMA,
        "name": plan.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "tool_version": edge_runtime.__version__,
        "machine": machine_facts(),
        "checkpoint": {"file": plan.checkpoint.name, "sha256": plan.sha256},
        "network": asdict(plan.described),
        "lines": {
            "calibration": plan.lines.calibration_ids,
            "search": len(plan.lines.search),
            "proof": len(plan.lines.parity),
        },
        "pruning": pruning,
        "networks": [_network(outcome) for outcome in outcomes],
    }


def _network(outcome: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {
        "label": outcome.label,
        "precision": outcome.precision,
        "asked_for": outcome.target is not None,
        "file": outcome.target.name if outcome.target is not None and outcome.good else None,
        "refused": outcome.refused or None,
        "failures": outcome.failures,
    }
    if outcome.built is None or outcome.proof is None:
        return row
    proof, facts, card = outcome.proof, outcome.proof.facts, outcome.built.card
    return {
        **row,
        "stored": card.precision,
        "layout": card.layout,
        "bytes": {
            "bundle": facts["bytes"],
            "network": len(outcome.built.network),
            "compressed": len(zlib.compress(outcome.built.network, 9)),
            "parts": facts["size_by_part"],
        },
        "operators": facts["operators"],
        "tensors": facts["tensors"],
        "macs": facts["macs"],
        "parity": {name: parity.as_dict() for name, parity in proof.parities.items()},
        "against": {label: asdict(rise) for label, rise in outcome.against.items()},
        "speed": proof.speed,
        "changed_lines": proof.worst,
        "search": outcome.built.found.as_dict() if outcome.built.found else None,
    }
