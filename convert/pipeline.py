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
from convert.child import run_stage
from convert.gate import failures, tolerance_of
from convert.keras_logits import KerasLogits
from convert.lines import store
from convert.onnx_export import OnnxJob, export_onnx, require_packages
from convert.outcome import Outcome
from convert.parity import paired_difference
from convert.plan import Plan, make_plan
from convert.proof import prove
from convert.prune.run import prune, pruning_notes
from convert.report import make_report
from convert.request import ALL, Request
from convert.speed import measure_speed
from edge_runtime.atomic import write_atomically
from edge_runtime.bundle import write_bundle
from edge_runtime.errors import ConversionError, EdgeHtrError, GateError

Say = Callable[[str], None]


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
        RecipeError: the checkpoint is missing or not a Keras file.
        ConversionError: it cannot be converted; stage or layer is named.
        GateError: no result is near enough to Keras; what stood at the target is untouched.
        DataError: the pictures cannot be read.
        OSError: an output cannot be written.
    """
    request.check()
    if request.onnx is not None:
        require_packages()
    say(f"looking at {request.checkpoint}")
    with tempfile.TemporaryDirectory(prefix="edge-htr-convert-") as folder:
        *others, main = _benches(request, Path(folder), say)
        references = [_outcome(other, request.reference, say) for other in others]
        if request.report is not None and "fp32" not in request.precisions:
            first = others[0] if others else main
            references.insert(0, _outcome(first, "fp32", say))
        outcomes = [_outcome(main, precision, say) for precision in request.precisions]
        for outcome in outcomes:
            outcome.target = request.target_of(outcome.precision)
            _compare(outcome, references, main.plan)
        if request.report is not None:
            _time([*references, *outcomes], main, say)
        notes = {b.label: pruning_notes(b.plan.checkpoint) for b in (*others, main) if others}
        report = make_report(main.plan, [*references, *outcomes], notes)
        for outcome in outcomes:
            _write(outcome, main.plan)
        if request.report is not None:
            _write_report(request.report, report)
        if request.onnx is not None:
            _export_onnx(main, request.onnx, say)
    _judge(outcomes, len(main.plan.lines.parity))
    return Result(outcomes, report)


def _benches(request: Request, work: Path, say: Say) -> list[_Bench]:
    """The networks to look at; the last is the one to write."""
    trained = _bench("trained", make_plan(request, request.checkpoint), work)
    if request.prune is None:
        return [trained]
    made = prune(request.checkpoint, request.prune, say)
    lines = trained.plan.lines
    return [
        trained,
        _bench("control", make_plan(request, made.control, lines), work),
        _bench("pruned", make_plan(request, made.pruned, lines), work),
    ]


def _compare(outcome: Outcome, references: list[Outcome], plan: Plan) -> None:
    """Note how much worse a pruned network reads, and judge it."""
    request = plan.request
    if request.prune is None or outcome.proof is None:
        return
    for other in references:
        if other.proof is None or other.precision != request.reference:
            continue
        rise = paired_difference(plan.lines.parity, other.proof.readings, outcome.proof.readings)
        if rise is not None:
            outcome.against[other.label] = rise
    loss, limit = outcome.against.get("trained"), request.prune.max_loss
    if loss is not None and loss.cer > limit:
        outcome.failures.append(
            f"pruning costs {loss.cer * 100:.2f} points of CER, over {limit * 100:.2f}"
        )


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
    for runtime, parity in outcome.proof.parities.items():
        outcome.failures = [f"{failure} ({runtime})" for failure in failures(parity, tolerance)]
        if outcome.failures:  # the other runtimes would say much the same
            break
    say(outcome.proof.first.summary())


def _draft(outcome: Outcome, bench: _Bench) -> Path:
    return bench.work.parent / f"{outcome.label}-{outcome.precision}.tflite"


def _time(outcomes: list[Outcome], bench: _Bench, say: Say) -> None:
    drafts = [
        (_draft(outcome, bench), outcome.proof)
        for outcome in outcomes
        if outcome.proof is not None and not outcome.refused
    ]
    measure_speed(drafts, bench.plan.lines.parity, bench.work, say)


def _write(outcome: Outcome, plan: Plan) -> None:
    """Write a good network with its card, which says how it was proved."""
    if outcome.target is None or not outcome.good:
        return
    assert outcome.built is not None
    assert outcome.proof is not None
    card = outcome.built.card
    runtime, parity = next(iter(outcome.proof.parities.items()))
    conversion = {**parity.as_dict(), "runtime": runtime}
    card = replace(card, training={**card.training, "conversion": conversion})
    write_bundle(outcome.target, outcome.built.network, card, plan.training.charset)
    outcome.written = outcome.target


def _export_onnx(bench: _Bench, target: Path, say: Say) -> None:
    layout = bench.plan.layout(())
    card = bench.plan.card((), layout)
    lines = bench.plan.lines.parity
    keras = bench.keras.of(lines, card)
    inks = store(bench.work / "onnx-lines.npz", [line.ink for line in lines])
    job = OnnxJob(bench.plan.checkpoint, card, inks, keras, target)
    difference = run_stage("onnx", "leave --onnx out", export_onnx, job)
    say(f"{target}: logits differ from Keras by {difference:.2g} at most")


def _write_report(path: Path, report: dict[str, Any]) -> None:
    from convert.page import render

    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    write_atomically(path.with_suffix(".json"), text)
    write_atomically(path, render(report))


def _judge(outcomes: list[Outcome], lines: int) -> None:
    """The exit code: 3 when nothing that was asked for could be written."""
    wanted = [outcome for outcome in outcomes if outcome.target is not None]
    if any(outcome.good for outcome in wanted):
        return
    if all(outcome.refused for outcome in wanted):
        raise ConversionError(wanted[0].refused)
    reasons = "; ".join(failure for outcome in wanted for failure in outcome.failures)
    raise GateError(
        f"the converted network is beyond tolerance on {lines} lines: {reasons}. Nothing was"
        " written; try a wider --calibration, another --precision, or less pruning"
    )
