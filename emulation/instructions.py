"""Instructions of one line: counted on each core, kept as baselines, gated by `edge-htr check`.

    python -m emulation.instructions      count, and write baselines, history and chart anew

The line is the sample of 599 pixels of ink; the medians of Kalapa's and Cinnamon's lines are 580
and 639 (300 and 275 lines). Counted is the reading of its JPEG file after a line of another width,
in one thread, greedy; start-up is not. ``inference`` is the network with the resizing of its
input.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from edge_runtime import __version__
from edge_runtime.atomic import write_atomically
from edge_runtime.bench import SAMPLES
from edge_runtime.bundle import Bundle
from edge_runtime.child_python import child_environment
from edge_runtime.errors import EdgeHtrError, GateError
from edge_runtime.shipped import MODELS
from emulation.board import Board, boards
from emulation.chart import bars_of
from emulation.counter import EmulationError, built, laps
from emulation.userland import FOLDER, ROOT

MODELS_COUNTED: Final = ("vi-line", "vi-line-nano")
BASELINES: Final = ROOT / "tests" / "baselines" / "instructions"
HISTORY: Final = ROOT / "docs" / "results" / "instructions.json"
CHART: Final = HISTORY.with_suffix(".svg")

_LINE: Final = SAMPLES / "000007.jpg"
_BEFORE: Final = SAMPLES / "000001.jpg"
_GUEST: Final = ROOT / "emulation" / "guest" / "count_line.py"
_DEVICES: Final = ("pi4", "pi5", "pi-zero-2w")

Counts = dict[str, dict[str, int]]
"""Of each core ``line`` and ``inference``: what ``edge-htr check --instructions`` takes."""


def count(model: str, here: Sequence[Board], plugin: Path) -> Counts:
    """Count a shipped model's line on every core that runs the lock's ai-edge-litert and 3.11.

    Raises:
        EmulationError: the reading fails, or does not set its marks.
    """
    path = MODELS / f"{model}.tflite"
    counts = {}
    for board in here:
        if board.system.userland.counted:
            printed, found = laps(
                board.python, plugin, _GUEST, path, _BEFORE, _LINE, path=str(ROOT)
            )
            counts[board.core.name] = stages(printed, found)
    return counts


def stages(printed: str, found: Sequence[int]) -> dict[str, int]:
    """The counts of one core, from the names that ``count_line.py`` prints and its laps.

    Raises:
        EmulationError: they are not of one length, or there is no inference.
    """
    names = json.loads(printed.strip().splitlines()[-1])
    if len(names) != len(found) or "infer" not in names:
        raise EmulationError(f"{len(found)} counts for the stages {names}")
    return {"line": sum(found), "inference": found[names.index("infer")]}


def check(model: str, counts: Counts, folder: Path, *, update: bool = False) -> str:
    """Judge counts by the budgets of boards and by the baseline, or make them the baseline.

    Raises:
        GateError: a limit is exceeded.
        EmulationError: `edge-htr check` fails.
    """
    file, baseline = folder / f"{model}.instructions.json", BASELINES / f"{model}.json"
    write_atomically(file, json.dumps(counts, indent=1) + "\n")
    BASELINES.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "edge_runtime", "check", model, "--no-timing"]
    command += ["--instructions", str(file), "--baseline", str(baseline)]
    command += [word for device in _DEVICES for word in ("--device", device)]
    command += ["--update-baseline"] if update else []
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=child_environment()
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise (GateError if done.returncode == GateError.exit_code else EmulationError)(last)
    return ", ".join(
        f"{core}: {one['line'] / 1e6:.1f} M, inference {one['inference'] / 1e6:.1f} M"
        for core, one in counts.items()
    )


def entry(model: str, counts: Counts) -> dict[str, Any]:
    """What the history keeps of a model."""
    digest = Bundle.open(MODELS / f"{model}.tflite").card.network_sha256
    return {"version": __version__, "model": model, "network": digest[:12], "counts": counts}


def add(history: Sequence[dict[str, Any]], new: dict[str, Any]) -> list[dict[str, Any]]:
    """The history with an entry at its end, in place of an older one of the same network."""
    same = ("version", "model", "network")
    kept = [old for old in history if any(old[key] != new[key] for key in same)]
    return [*kept, new]


def renew(here: Sequence[Board], plugin: Path) -> None:
    """Count all models; write baselines, history and chart.

    Raises:
        EmulationError: a model cannot be counted.
        GateError: it exceeds a budget: the baseline stays.
    """
    history = json.loads(HISTORY.read_text(encoding="utf-8")) if HISTORY.is_file() else []
    for model in MODELS_COUNTED:
        counts = count(model, here, plugin)
        click.echo(f"{model}: {check(model, counts, FOLDER, update=True)}")
        history = add(history, entry(model, counts))
    write_atomically(HISTORY, json.dumps(history, indent=1) + "\n")
    write_atomically(CHART, bars_of(history))


@click.command()
def main() -> None:
    """Count the shipped models and renew the baselines."""
    try:
        here = boards(lambda text: click.echo(text, err=True), counted=True)
        renew(here, built())
    except EdgeHtrError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
