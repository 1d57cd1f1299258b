"""`edge-htr check`: the gate of a pipeline. Exit 3 says that a model grew, slowed or got worse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_runtime.cli_options import runtime_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_runtime.check_finding import Finding
    from edge_runtime.device import Profile

_FILE = click.Path(dir_okay=False, path_type=Path)


def _say(text: str) -> None:
    click.echo(text, err=True)


@click.command(
    epilog="Examples: edge-htr check model.tflite --device pi4 | edge-htr check model.tflite"
    " --device pi4 --device pi5 --data lines/ --baseline baseline.json --report check.md"
    " | edge-htr check model.tflite --data lines/ --baseline baseline.json --update-baseline"
)
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="ID|FILE",
    help="Board whose budgets hold; may be repeated.  [default: this machine]",
)
@click.option("--baseline", type=_FILE, metavar="FILE", help="Report of the model as it was.")
@click.option("--update-baseline", is_flag=True, help="Write --baseline anew instead.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Labelled lines (labels.tsv) to measure the CER on.",
)
@click.option(
    "--fp32",
    type=_FILE,
    metavar="FILE",
    help="The network before quantization, .tflite or .keras: limits the CER loss on --data.",
)
@click.option("--max-cer", type=click.FloatRange(0), metavar="%", help="Budget, on --data.")
@click.option(
    "--max-cer-loss", type=click.FloatRange(0), metavar="POINTS", help="Budget, against --fp32."
)
@click.option(
    "--install-size", is_flag=True, help="Ask pip what would be installed today (network)."
)
@click.option(
    "--instructions", type=_FILE, metavar="FILE", help="Counts from emulated boards, as JSON."
)
@click.option(
    "--timing/--no-timing", default=True, show_default=True, help="Measure memory and time here."
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["text", "json", "markdown", "junit"]),
    default="text",
    show_default=True,
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=_FILE,
    metavar="FILE",
    help="Write it here too: .txt, .json, .md or .xml (JUnit); may be repeated.",
)
@runtime_option
@click.pass_context
def check(
    ctx: click.Context,
    model: Path | None,
    devices: tuple[str, ...],
    baseline: Path | None,
    update_baseline: bool,
    data: Path | None,
    fp32: Path | None,
    max_cer: float | None,
    max_cer_loss: float | None,
    install_size: bool,
    instructions: Path | None,
    timing: bool,
    kind: str,
    reports: tuple[Path, ...],
    runtime: str | None,
) -> None:
    """Check a model against the budgets of boards and against a committed baseline.

    MODEL is a .tflite bundle; by default the one that comes with edge-htr. Milliseconds are judged
    on the board itself only; elsewhere there is an estimate, which passes and fails nothing, and
    the time as a multiple of a reference network's. Exit code 3 lists what is exceeded.
    """
    if update_baseline and baseline is None:
        raise click.UsageError("--update-baseline needs --baseline FILE")
    if (fp32 or max_cer is not None) and data is None:
        raise click.UsageError("--fp32 and --max-cer need lines to read: --data DIR")
    if max_cer_loss is not None and fp32 is None:
        raise click.UsageError("--max-cer-loss needs --fp32 FILE to compare with")

    from edge_runtime.atomic import write_atomically
    from edge_runtime.check import judge
    from edge_runtime.check_baseline import read_baseline, regressions, write_baseline
    from edge_runtime.check_formats import FORMATS, format_of
    from edge_runtime.check_measure import Wanted, measure
    from edge_runtime.recognizer import DEFAULT_MODEL

    # What is mistyped is told before anything is measured.
    targets = {path: FORMATS[format_of(path)] for path in reports}
    _check_folders([*reports, *([baseline] if baseline and update_baseline else [])])
    profiles = _profiles(devices, max_cer, max_cer_loss)
    before = read_baseline(baseline) if baseline and not update_baseline else None
    wanted = Wanted(
        profiles,
        data,
        fp32,
        runtime,
        timing,
        _instructions(instructions),
        _sizes(profiles, newest=install_size),
    )
    report = measure(model or DEFAULT_MODEL, wanted, _say)
    findings = judge(report, profiles) + (regressions(report, before) if before else [])
    for path, render in targets.items():
        write_atomically(path, render(report, findings))
    click.echo(FORMATS[kind](report, findings), nl=False)
    _fail_if_exceeded(findings)
    if update_baseline and baseline:
        write_baseline(baseline, report)
        _say(f"{baseline}: written")
    unreadable = (report["accuracy"] or {}).get("unreadable", [])
    for message in unreadable:
        _say(f"Error: {message}")
    if unreadable:
        ctx.exit(1)


def _check_folders(files: Sequence[Path]) -> None:
    from edge_runtime.errors import DataError

    for path in files:
        if not path.parent.is_dir():
            raise DataError(f"{path}: there is no folder {path.parent}")


def _profiles(
    devices: Sequence[str], max_cer: float | None, max_cer_loss: float | None
) -> list[Profile]:
    """The devices' profiles, or this machine's, with the caller's budgets in place of theirs."""
    from dataclasses import replace

    from edge_runtime.board import this_board
    from edge_runtime.device import load_profile
    from edge_runtime.errors import DataError

    here = None if devices else this_board()
    if not devices and here is None:
        raise DataError("this board is unknown: name one with --device, or give a file of yours")
    profiles = [load_profile(name) for name in dict.fromkeys(devices)] or [p for p in [here] if p]
    if max_cer is not None:
        profiles = [replace(p, budget=replace(p.budget, cer_percent=max_cer)) for p in profiles]
    if max_cer_loss is not None:
        loss = max_cer_loss
        profiles = [replace(p, budget=replace(p.budget, cer_loss_points=loss)) for p in profiles]
    return profiles


def _sizes(profiles: Sequence[Profile], *, newest: bool) -> dict[str, list[dict[str, Any]]]:
    """Sizes of installations, by device."""
    from edge_runtime import install_size

    if not newest:
        return {profile.id: install_size.known_sizes(profile) for profile in profiles}
    asked: dict[Any, list[dict[str, Any]]] = {}  # boards of a kind are asked for once
    found = {}
    for profile in profiles:
        system = install_size.machine_of(profile), profile.runtime.python
        if system not in asked:
            asked[system] = install_size.newest(profile, _say)
        found[profile.id] = asked[system]
    return found


def _instructions(path: Path | None) -> dict[str, dict[str, int]] | None:
    """Counts of an emulated run: of each core, ``inference`` and ``line``."""
    import json

    from edge_runtime.errors import DataError

    if path is None:
        return None
    try:
        counts = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: no JSON ({error})") from None
    for stages in counts.values() if isinstance(counts, dict) else [None]:
        if not isinstance(stages, dict) or any(type(n) is not int for n in stages.values()):
            raise DataError(f'{path}: expected {{"cortex-a72": {{"inference": N, "line": N}}}}')
    return dict(counts)


def _fail_if_exceeded(findings: Sequence[Finding]) -> None:
    """Raise what makes the exit code 3.

    Raises:
        GateError: a limit is exceeded; it lists all of them.
    """
    from edge_runtime.check import exceeded
    from edge_runtime.errors import GateError

    over = exceeded(findings)
    if over:
        raise GateError("exceeded: " + "; ".join(finding.sentence() for finding in over))
