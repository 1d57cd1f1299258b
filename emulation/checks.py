"""What is tried on an emulated board. Each check returns what is worth telling and raises else."""

import json
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

import numpy as np
from packaging.utils import canonicalize_name

from deploy.offline_bundle import LOCK
from deploy.target import pins
from edge_runtime.bench import SAMPLES
from edge_runtime.bundle import Bundle
from edge_runtime.child_python import child_environment
from edge_runtime.device import load_profile
from edge_runtime.install_size import known_sizes
from edge_runtime.metrics import error_rates
from edge_runtime.shipped import MODELS
from emulation import light_tests
from emulation.board import APP, Board
from emulation.counter import EmulationError, run
from emulation.golden import compare
from emulation.pictures import labels, write_pictures
from emulation.userland import ROOT

_READ: Final = ROOT / "emulation" / "guest" / "read_lines.py"
_FEW: Final = 4
"""Pictures that are read where a full look was taken on another core."""
_RUN: Final = ("000000.jpg", "000006.jpg")
_WORST_CER: Final = 0.15
_SIZE: Final = 0.01
"""By which share the installed size may differ from the table's."""


def on_pc(model: str, folder: Path) -> dict[str, Any]:
    """All results of a shipped model on this machine, for ``golden``.

    Raises:
        EmulationError: it cannot read here.
    """
    out = folder / f"{model}.npz"
    command: list[str | Path] = [sys.executable, _READ, MODELS / f"{model}.tflite", out, "-"]
    command += write_pictures(folder / "pictures")
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=child_environment()
    )
    if done.returncode:
        raise EmulationError(f"{model} cannot be read here: {done.stderr.strip()[-300:]}")
    return dict(np.load(out))


def golden(board: Board, model: str, pc: dict[str, Any], folder: Path) -> str:
    """Lines read there and here; see ``emulation.golden``.

    Raises:
        EmulationError: the reading crashes, or what it gives is not the PC's.
    """
    pictures = write_pictures(folder / "pictures")
    chosen = (
        pictures
        if board.first and board.system.userland.counted
        else (pictures[: _FEW // 2] + pictures[-_FEW // 2 :])
    )
    out = folder / f"{model}-{board.name.replace(' ', '-')}.npz"
    path, given = MODELS / f"{model}.tflite", folder / f"{model}.npz"
    run(board.python, _READ, path, out, given, *chosen, environment={"PYTHONPATH": str(ROOT)})
    seen = compare(pc, dict(np.load(out)), Bundle.open(path).charset)
    if seen.faults:
        raise EmulationError("; ".join(seen.faults))
    same = f"{seen.int8_values:,} int8 values, {seen.int8_differing} of them differ"
    ties = f"; ties: {'; '.join(seen.ties)}" if seen.ties else ""
    return f"{seen.lines} lines, {same}, logits {seen.logits:.2g} apart on average{ties}"


def tests(board: Board) -> str:
    """The part of the light test suite that depends on the machine; see ``light_tests``.

    Raises:
        EmulationError: a test fails.
    """
    command = light_tests.command(board.system.userland.bits)
    files = [ROOT / name for name in light_tests.FILES]
    root = str(ROOT)
    printed = run(
        board.python, *command, "--rootdir", root, *files, environment={"PYTHONPATH": root}
    )
    return printed.strip().splitlines()[-1].strip("= ")


def command_run(board: Board) -> str:
    """`edge-htr run` of the installed wheel.

    Raises:
        EmulationError: it fails, or reads something else than is written there.
    """
    pictures = [SAMPLES / name for name in _RUN]
    rows = _command(board, "run", *pictures, "--format", "jsonl", "--threads", "1").splitlines()
    read = [json.loads(row)["text"] for row in rows]
    truth = labels()
    rates = error_rates([truth[name] for name in _RUN], read)
    if rates.cer > _WORST_CER:
        raise EmulationError(f"it reads {read}")
    return f"{len(read)} lines, CER {100 * rates.cer:.1f} %"


def command_doctor(board: Board) -> str:
    """`edge-htr doctor`: it knows the board and reads there.

    Raises:
        EmulationError: it finds a problem, or another board.
    """
    report = json.loads(_command(board, "doctor", "--json"))
    found = {row["check"]: row for row in report["findings"]}
    if f"({board.core.device})" not in found["board"]["finding"]:
        raise EmulationError(f"it takes the board for another: {found['board']['finding']}")
    return f"{found['board']['finding']}; {found['runtime']['finding']}"


def command_bench(board: Board) -> str:
    """`edge-htr bench --quick`: it runs, and says that its times are those of no board.

    Raises:
        EmulationError: it fails, or claims to have measured.
    """
    options = ("--quick", "--no-profile", "--warmup", "1", "--threads", "1", "--json", "-")
    report = json.loads(_command(board, "bench", "vi-line-nano", *options))
    (result,) = report["models"]
    verdicts = {row["verdict"] for row in result["budgets"] if row["unit"] != "bytes"}
    if report["kind"] != "emulated" or verdicts - {"not judged"}:
        raise EmulationError(f"it takes emulated times for {report['kind']}: {verdicts}")
    return f"{report['kind']}, {report['extent']}, no millisecond is judged"


def size(board: Board) -> str:
    """What is installed, against ``devices/install-size.json`` and the board's budget.

    Raises:
        EmulationError: it is not what the table says, or more than the budget allows.
    """
    target = board.system.userland.target
    wanted = {canonicalize_name(pin.partition("==")[0]) for pin in pins(LOCK, target)}
    total = count = 0
    for package in distributions(path=[str(board.system.site)]):
        if canonicalize_name(package.name) in wanted:
            files = (Path(str(package.locate_file(file))) for file in package.files or ())
            total += sum(f.stat().st_size for f in files if f.suffix != ".pyc" and f.is_file())
            count += 1
    own = sum(f.stat().st_size for f in APP.rglob("*") if f.suffix != ".pyc" and f.is_file())
    said = f"{total / 1e6:.1f} MB in {count} packages, edge-htr {own / 1e6:.1f} MB"
    profile = load_profile(board.core.device)
    for row in known_sizes(profile):
        if row["python"] == target.python and abs(total / row["install_bytes"] - 1) > _SIZE:
            raise EmulationError(f"{said}; the table says {row['install_bytes'] / 1e6:.1f} MB")
    limit = profile.budget.install_bytes
    if limit is not None and total > limit:
        raise EmulationError(f"{said}; the budget of {profile.id} is {limit / 1e6:.0f} MB")
    return said


def _command(board: Board, *arguments: str | Path) -> str:
    """What an edge-htr command of the installed wheel prints."""
    return run(board.python, "-m", "edge_runtime", *arguments, environment={"PYTHONPATH": str(APP)})
