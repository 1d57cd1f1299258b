"""The way from a checkpoint to a bundle: describe, convert the parts, join, compare, write.

This process never imports TensorFlow; every stage that needs it runs in a child.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from convert import operators, parity, schema
from convert.checkpoint import UNKNOWN_STRIDE, check_fit, read_training_card, sha256_of
from convert.child import run_stage
from convert.export import INPUT_NAME, OUTPUT_NAME, Described, Job, convert_part, describe
from convert.layout import Layout, canvas, choose_layout, find_time_stride
from convert.lines import LineSets, fetch, gather, store
from convert.precision import PLANS, Part
from convert.report import make_card, make_report
from convert.stitch import stitch
from edge_runtime.atomic import write_atomically
from edge_runtime.bundle import write_bundle
from edge_runtime.card import Card
from edge_runtime.errors import ConversionError
from train.checkpoint import CheckpointCard, check_file

_DESCRIBE_CURE = "check that the file is a Keras 3 model that loads in this environment"
_CONVERT_CURE = "use --precision fp32, or another version of TensorFlow"
_RUN_CURE = "the runtime cannot run this network: use another --precision or runtime version"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What the user asks for."""

    checkpoint: Path
    target: Path
    precision: str = "mixed"
    """A name in ``PLANS``."""
    name: str | None = None
    """Name of the model; by default the target's."""
    charset: Path | None = None
    """Symbols in class order, instead of the training card's."""
    pictures: tuple[Path, ...] = ()
    """Folders of line pictures; none: the package's samples."""
    width: int | None = None
    """A fixed width, pixels; None: any width, if the network allows it."""
    calibration_lines: int = 96
    parity_lines: int = 128
    drift: float | None = None
    """Accepted share of characters that read differently; None: the precision's own."""
    cer_loss: float = 0.003
    """Accepted rise of the CER on labelled lines."""
    report: Path | None = None


@dataclass(frozen=True)
class Result:
    """What came of it."""

    card: Card
    parity: parity.Parity
    report: dict[str, Any]


@dataclass(frozen=True)
class _Plan:
    """A request after a look at the checkpoint and the pictures."""

    training: CheckpointCard
    described: Described
    layout: Layout
    parts: tuple[Part, ...]
    lines: LineSets
    card: Card


def convert_checkpoint(request: Request, say: Say = lambda _: None) -> Result:
    """Convert a checkpoint and write the bundle, and the report if asked for.

    Args:
        request: what to do.
        say: receives one line per stage.

    Raises:
        RecipeError: the checkpoint is missing or not a Keras file.
        ConversionError: it cannot be converted; stage or layer is named.
        GateError: the result differs from Keras beyond tolerance; nothing is written.
        DataError: the pictures cannot be read.
        OSError: an output cannot be written.
    """
    _check_paths(request)
    say(f"looking at {request.checkpoint}")
    plan = _plan(request)
    with tempfile.TemporaryDirectory(prefix="edge-htr-convert-") as folder:
        work = Path(folder)
        files = _convert_parts(request.checkpoint, plan, work, say)
        sizes = {part.stage: path.stat().st_size for part, path in files.items()}
        network = _join(files)
        say(f"comparing with Keras on {len(plan.lines.parity)} lines")
        found, runtime = _compare(request.checkpoint, plan, network, work)
    parity.check(found, _tolerance(request))
    conversion = {**found.as_dict(), "runtime": runtime}
    card = replace(plan.card, training={**plan.card.training, "conversion": conversion})
    card = write_bundle(request.target, network, card, plan.training.charset).card
    size = request.target.stat().st_size
    report = make_report(card, plan.described, found, runtime, sizes, network, size)
    if request.report is not None:
        write_atomically(request.report, json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    return Result(card, found, report)


def _check_paths(request: Request) -> None:
    """Fail now, not after minutes."""
    check_file(request.checkpoint)
    for path in (request.target, request.report):
        if path is not None and not path.resolve().parent.is_dir():
            raise ConversionError(f"{path}: its folder does not exist: make it first")
    if request.precision not in PLANS:
        raise ConversionError(f"no precision {request.precision!r}: use {', '.join(PLANS)}")


def _plan(request: Request) -> _Plan:
    training = read_training_card(request.checkpoint, request.charset)
    described = run_stage("describe", _DESCRIBE_CURE, describe, request.checkpoint)
    check_fit(training, described.classes, described.height)
    known = None if training.time_stride == UNKNOWN_STRIDE else training.time_stride
    layout = choose_layout(
        native=described.width,
        wanted=request.width,
        limit=training.preprocessing.max_width,
        time_stride=find_time_stride(known, described.probe_width, described.steps),
    )
    parts = PLANS[request.precision].parts(described.has_head)
    lines = gather(
        request.pictures, training.preprocessing, request.calibration_lines, request.parity_lines
    )
    checkpoint = {"file": request.checkpoint.name, "sha256": sha256_of(request.checkpoint)}
    name = request.name or request.target.stem
    card = make_card(name, training, checkpoint, layout, parts, lines)
    return _Plan(training, described, layout, parts, lines, card)


def _convert_parts(checkpoint: Path, plan: _Plan, work: Path, say: Say) -> dict[Part, Path]:
    """Convert each part in a child process; the files by part, in the order of joining."""
    canvases = [canvas(line.ink, plan.card) for line in plan.lines.calibration]
    calibration = store(work / "calibration.npz", canvases)
    files = {}
    for part in plan.parts:
        say(f"converting {part.name} to {part.quantization}")
        target = work / f"{part.stage}.tflite"
        job = Job(checkpoint, part, plan.layout.width, calibration, target)
        run_stage(part.stage, _CONVERT_CURE, convert_part, job)
        files[part] = target
    return files


def _join(files: dict[Part, Path]) -> bytes:
    """The network as one slim flatbuffer of builtin operators."""
    contents = [path.read_bytes() for path in files.values()]
    model = schema.read(contents[0]) if len(contents) == 1 else stitch(*contents)
    operators.refuse_foreign(model)
    operators.refuse_crashing(model)
    schema.slim(model, INPUT_NAME, OUTPUT_NAME)
    return schema.write(model)


def _compare(
    checkpoint: Path, plan: _Plan, network: bytes, work: Path
) -> tuple[parity.Parity, str]:
    """The comparison with Keras, and the runtime it was made with."""
    draft, charset = work / "draft.tflite", plan.training.charset
    write_bundle(draft, network, plan.card, charset)
    inks = store(work / "parity.npz", [line.ink for line in plan.lines.parity])
    expected, found = work / "keras.npz", work / "tflite.npz"
    keras = parity.keras_logits
    run_stage("keras", _DESCRIBE_CURE, keras, checkpoint, plan.card, inks, expected)
    runtime = run_stage("run", _RUN_CURE, parity.tflite_logits, draft, inks, found)
    return parity.compare(plan.lines.parity, fetch(expected), fetch(found), charset), runtime


def _tolerance(request: Request) -> parity.Tolerance:
    plan = PLANS[request.precision]
    drift = plan.drift if request.drift is None else request.drift
    return parity.Tolerance(drift, request.cer_loss, plan.logit_error)
