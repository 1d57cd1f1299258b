"""Counts guest instructions: the plugin built, a script run with it, its marks read."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from edge_runtime.errors import EdgeHtrError
from emulation.unavailable import UnavailableError
from emulation.userland import FOLDER

SOURCE: Final = Path(__file__).with_name("insn_count.c")


class EmulationError(EdgeHtrError):
    """A program failed on an emulated board, or did what it should not."""


def built(folder: Path = FOLDER) -> Path:
    """The plugin, compiled where its source is newer.

    Raises:
        UnavailableError: no C compiler.
        EmulationError: it cannot be compiled.
    """
    plugin = folder / "insn_count.so"
    if plugin.is_file() and plugin.stat().st_mtime > SOURCE.stat().st_mtime:
        return plugin
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CC", "cc"), "gcc"))), None)
    if compiler is None:
        raise UnavailableError("no C compiler for counting instructions: apt install gcc libc6-dev")
    partial = plugin.with_suffix(".partial")
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(partial), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EmulationError(f"{SOURCE.name} does not compile: {done.stderr.strip()[:300]}")
    partial.replace(plugin)
    return plugin


def run(python: Path, *arguments: str | Path, environment: dict[str, str] | None = None) -> str:
    """What a program on an emulated board prints.

    Args:
        python: of ``Emulated.python``.
        arguments: of Python.
        environment: more variables; of this process's own it gets few.

    Raises:
        EmulationError: it fails, with the last line that it says.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [python, *arguments],
        env=kept | {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"} | (environment or {}),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        words = " ".join(str(argument) for argument in arguments)
        raise EmulationError(f"{python.parent.name}: {words}: exit code {done.returncode}: {last}")
    return done.stdout


def laps(python: Path, plugin: Path, *arguments: str | Path, path: str) -> tuple[str, list[int]]:
    """Instructions between the marks that a program sets, and what it prints.

    Args:
        python: of ``Emulated.python``.
        plugin: of ``built``.
        arguments: of Python.
        path: where it finds the project: its ``PYTHONPATH``.

    Raises:
        EmulationError: it fails, or sets no mark.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "marks"
        added = {"QEMU_ARGUMENTS": f"-plugin {plugin},out={out}", "PYTHONPATH": path}
        printed = run(python, *arguments, environment=added)
        text = out.read_text(encoding="ascii") if out.exists() else ""
    return printed, differences(text.split())


def differences(marks: Sequence[str]) -> list[int]:
    """What was executed between each mark and the next.

    Raises:
        EmulationError: fewer than two marks, or no numbers that grow.
    """
    try:
        counts = [int(mark) for mark in marks]
    except ValueError:
        raise EmulationError(f"the plugin wrote {marks[:3]}: no counts") from None
    found = [after - before for before, after in pairwise(counts)]
    if not found or min(found) < 0:
        raise EmulationError(f"{len(counts)} marks, which do not grow: nothing was counted")
    return found
