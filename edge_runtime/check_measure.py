"""Collects the facts of a model that `edge-htr check` judges, as plain values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from edge_runtime import __version__
from edge_runtime.bench import BenchSettings, benchmark, find_pictures
from edge_runtime.bench_device import estimate
from edge_runtime.board import this_board
from edge_runtime.bundle import Bundle
from edge_runtime.check_baseline import SCHEMA
from edge_runtime.check_lines import accuracy, fp32_accuracy
from edge_runtime.check_speed import reference_ratio
from edge_runtime.device import Profile
from edge_runtime.interpreter import padded_width
from edge_runtime.machine import machine_facts
from edge_runtime.macs import MacCount, count_macs
from edge_runtime.model_info import operator_counts
from edge_runtime.network_file import NetworkFile
from edge_runtime.runtimes import find_runtime

Report = dict[str, Any]
Say = Callable[[str], None]

_FOREIGN_MARK: Final = "BUILTIN_"
"""How ``operator_names`` calls operators that are newer than its table."""
_BRIEF: Final = BenchSettings(runs=24, seconds=0, warmup=2, rounds=3, profile=False)
"""Enough for memory and cold start, each the median of three processes."""


@dataclass(frozen=True)
class Wanted:
    """What is to be measured."""

    profiles: Sequence[Profile]
    data: Path | None = None
    fp32: Path | None = None
    runtime: str | None = None
    timing: bool = True
    """Whether to start processes for memory and time."""
    instructions: dict[str, dict[str, int]] | None = None
    """Counted under emulation: core, then ``inference`` or ``line``."""
    install: dict[str, list[dict[str, Any]]] | None = None
    """Sizes of installations by the device's id, see ``install_size``."""


def measure(model: Path, wanted: Wanted, say: Say = lambda text: None) -> Report:
    """Everything about a model that can be judged here.

    A network with operators that no device has is not run: its report has its size and operators.

    Raises:
        EdgeHtrError: the model or the data cannot be used, or the runtime fails.
    """
    bundle = Bundle.open(model)
    file = NetworkFile.parse(bundle.network)
    foreign = foreign_operators(file)
    macs = run = ratio = found = fp32 = None
    if not foreign:
        width = padded_width(bundle.card, bundle.card.max_width)
        macs = count_macs(bundle.network, width, find_runtime(wanted.runtime))
        run = _run(model, wanted, say) if wanted.timing else None
        if wanted.timing:
            say("timing it in turns with the reference network")
            ratio = reference_ratio(bundle, wanted.runtime)
        found = accuracy(bundle, wanted.data, wanted.runtime, say) if wanted.data else None
        if wanted.fp32 and wanted.data:
            fp32 = fp32_accuracy(wanted.fp32, wanted.data, wanted.runtime, say)
    return {
        "schema": SCHEMA,
        "tool_version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": _model(bundle, file, foreign, macs),
        "machine": _machine(wanted),
        "run": run,
        "ratio": ratio,
        "accuracy": found,
        "fp32": fp32,
        "instructions": wanted.instructions,
        "install": wanted.install or {},
        "estimates": _estimates(bundle, macs, wanted.profiles),
    }


def foreign_operators(file: NetworkFile) -> list[str]:
    """Operators that a plain TFLite runtime lacks: Flex, custom, and unknown numbers; sorted."""
    operators = [operator for graph in file.subgraphs for operator in graph.operators]
    return sorted(
        {_printable(op.name) for op in operators if op.custom or op.name.startswith(_FOREIGN_MARK)}
    )


def _printable(name: str) -> str:
    """A name from a file, perhaps a stranger's: no control characters for terminals and XML."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _model(
    bundle: Bundle, file: NetworkFile, foreign: list[str], macs: MacCount | None
) -> dict[str, Any]:
    return {
        "name": _printable(bundle.card.name),
        "bytes": bundle.file_bytes,
        "network_sha256": bundle.card.network_sha256,
        "precision": bundle.card.precision,
        "operators": operator_counts(file),
        "foreign_operators": foreign,
        "macs": macs
        and {"width": macs.width, "total": macs.total, "by_operator": macs.by_operator},
    }


def _machine(wanted: Wanted) -> dict[str, Any]:
    """What decides whether figures of two machines may be compared."""
    facts, here = machine_facts(), this_board(wanted.profiles)
    found = find_runtime(wanted.runtime)
    kept = {key: facts[key] for key in ("architecture", "bits", "cpu", "cores", "python")}
    return {
        **kept,
        "device": here.id if here else None,
        "runtime": f"{found.name} {found.version}",
    }


def _run(model: Path, wanted: Wanted, say: Say) -> dict[str, Any]:
    """Memory, cold start and line times of fresh processes: at length on a wanted board only."""
    here = this_board(wanted.profiles)
    board = here is not None and here.id != "host" and here.id in {p.id for p in wanted.profiles}
    settings, threads = (BenchSettings(profile=False), None) if board else (_BRIEF, 1)
    report = benchmark([model], [threads], find_pictures(None), settings, wanted.runtime, say)
    (result,) = report["models"]
    return {
        "kind": report["kind"],
        "verdict": report["verdict"],
        "extent": report["extent"],
        "peak_rss_mb": result["peak_memory_mb"],
        "cold_start_ms": result["cold_start_ms"],
        "latency_ms": {name: result["stages"]["total"][name] for name in ("p50", "p90", "p95")},
    }


def _estimates(
    bundle: Bundle, macs: MacCount | None, profiles: Sequence[Profile]
) -> dict[str, Report]:
    """Of each device that has rates."""
    if macs is None:
        return {}
    guesses = {p.id: estimate(macs, bundle.card.precision, p) for p in profiles}
    return {device: guess for device, guess in guesses.items() if guess}
