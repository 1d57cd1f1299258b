"""The way from a checkpoint to checked bundles: prune, convert, prove, time, gate, write, report.

This process never imports TensorFlow; every stage that needs it runs in a child.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from convert.build import Builder, Built
from convert.gate import failures, tolerance_of
from convert.keras_logits import KerasLogits
from convert.outcome import Outcome
from convert.plan import Plan, make_plan
from convert.proof import measure_speed, prove
from convert.report import make_report
from convert.request import ALL, Request
from edge_runtime.atomic import write_atomically
from edge_runtime.bundle import write_bundle
from edge_runtime.errors import ConversionError, EdgeHtrError, GateError

Say = Callable[[str], None]

RUNS = 200
"""Inferences that a report's speed is measured on."""


@dataclass(frozen=True)
class Result:
    """What came of it."""

    outcomes: list[Outcome]
    report: dict[str, Any]


@dataclass(frozen=True)
class _Bench:
    """One checkpoint on the way, with a folder of its own."""

    label: str
    plan: Plan
    keras: KerasLogits
    work: Path


def convert_checkpoint(request: Request, say: Say = lambda _: None) -> Result:
    """Convert a checkpoint and write the bundles, and the report if asked for.

    Args:
        request: what to do.
        say: receives one line per stage.

    Raises:
        ConversionError: the checkpoint cannot be converted; stage or layer is named.
        GateError: no result is near enough to Keras; what stood at the target is untouched.
        DataError: the pictures cannot be read.
        OSError: an output cannot be written.
    """
    request.check()
    say(f"looking at {request.checkpoint}")
    with tempfile.TemporaryDirectory(prefix="edge-htr-convert-") as folder:
        bench = _bench("trained", make_plan(request, request.checkpoint), Path(folder))
        outcomes = [_outcome(bench, precision, say) for precision in request.precisions]
        for outcome in outcomes:
            outcome.target = request.target_of(outcome.precision)
        if request.report is not None:
            outcomes = _with_references(bench, outcomes, say)
            _time(outcomes, bench, say)
        report = make_report(bench.plan, outcomes)
        for outcome in outcomes:
            _write(outcome, bench.plan)
        if request.report is not None:
            _write_report(request.report, report)
    _judge(request, outcomes)
    return Result(outcomes, report)


def _bench(label: str, plan: Plan, work: Path) -> _Bench:
    folder = work / label
    folder.mkdir()
    return _Bench(label, plan, KerasLogits(plan.checkpoint, folder), folder)


def _outcome(bench: _Bench, precision: str, say: Say) -> Outcome:
    """Convert to one precision and prove it; with ``all``, a refusal is noted and no error."""
    outcome = Outcome(bench.label, precision)
    request = bench.plan.request
    say(f"precision {precision} of the {bench.label} network")
    try:
        _attempt(outcome, bench, say)
    except EdgeHtrError as error:
        if request.precision != ALL:
            raise
        say(f"not possible: {error}")
        outcome.refused = str(error)
    return outcome


def _attempt(outcome: Outcome, bench: _Bench, say: Say) -> None:
    request, precision = bench.plan.request, outcome.precision
    builder = Builder(bench.plan, bench.keras, bench.work, say)
    searches = builder.searches(precision)
    study = request.report is not None or request.method is None
    built = builder.search(precision, study=study) if searches and study else None
    _prove(outcome, built or builder.build(precision), bench, say)
    if outcome.failures and searches and built is None:
        say("beyond tolerance: looking for layers to keep in higher precision")
        _prove(outcome, builder.search(precision, study=False), bench, say)


def _prove(outcome: Outcome, built: Built, bench: _Bench, say: Say) -> None:
    lines, charset = bench.plan.lines.parity, bench.plan.training.charset
    draft = _draft(outcome, bench)
    write_bundle(draft, built.network, built.card, charset)
    say(f"comparing with Keras on {len(lines)} lines")
    outcome.built = built
    outcome.proof = prove(draft, lines, bench.keras, charset, bench.work)
    request = bench.plan.request
    tolerance = tolerance_of(outcome.precision, request.drift, request.cer_loss)
    outcome.failures = [
        f"{failure} ({runtime})" if len(outcome.proof.parities) > 1 else failure
        for runtime, parity in outcome.proof.parities.items()
        for failure in failures(parity, tolerance)
    ]
    say(outcome.proof.first.summary())


def _draft(outcome: Outcome, bench: _Bench) -> Path:
    return bench.work / f"draft-{outcome.precision}.tflite"


def _with_references(bench: _Bench, outcomes: list[Outcome], say: Say) -> list[Outcome]:
    """A report compares with the float32 network, whatever was asked for."""
    if any(outcome.precision == "fp32" for outcome in outcomes):
        return outcomes
    return [_outcome(bench, "fp32", say), *outcomes]


def _time(outcomes: list[Outcome], bench: _Bench, say: Say) -> None:
    drafts = [
        (_draft(outcome, bench), outcome.proof)
        for outcome in outcomes
        if outcome.proof is not None and not outcome.refused
    ]
    measure_speed(drafts, bench.plan.lines.parity, RUNS, say)


def _write(outcome: Outcome, plan: Plan) -> None:
    """Write a good network with its card, which says how it was proved."""
    if outcome.target is None or not outcome.good:
        return
    assert outcome.built is not None and outcome.proof is not None
    card = outcome.built.card
    runtime, parity = next(iter(outcome.proof.parities.items()))
    conversion = {**parity.as_dict(), "runtime": runtime}
    card = replace(card, training={**card.training, "conversion": conversion})
    write_bundle(outcome.target, outcome.built.network, card, plan.training.charset)
    outcome.written = outcome.target


def _write_report(path: Path, report: dict[str, Any]) -> None:
    from convert.page import render

    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    write_atomically(path.with_suffix(".json"), text)
    write_atomically(path, render(report))


def _judge(request: Request, outcomes: list[Outcome]) -> None:
    """The exit code: 3 when nothing that was asked for could be written."""
    wanted = [outcome for outcome in outcomes if outcome.target is not None]
    if any(outcome.good for outcome in wanted):
        return
    if all(outcome.refused for outcome in wanted):
        raise ConversionError(wanted[0].refused)
    reasons = "; ".join(failure for outcome in wanted for failure in outcome.failures)
    raise GateError(
        f"converted and Keras network differ on {request.parity_lines} lines: {reasons}. Nothing"
        " was written; try a wider --calibration or another --precision"
    )
