"""`make test-arm`: what was built here, run on emulated boards.

    python -m emulation.verify

Exit code 0: all of it passed. 1: something failed. 3: the instructions exceed a limit. 77: this
machine cannot emulate, nothing was tested; with EMULATION_MAY_SKIP=1 that is 0, as loudly.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click

from edge_runtime.errors import EdgeHtrError, GateError
from emulation import checks
from emulation.board import Board, boards, install
from emulation.counter import built
from emulation.instructions import MODELS_COUNTED, check, count
from emulation.unavailable import SKIPPED, UnavailableError

MAY_SKIP: Final = "EMULATION_MAY_SKIP"


@dataclass(frozen=True)
class Step:
    """One thing to try; it returns what is worth telling, and raises where it fails."""

    name: str
    run: Callable[[], str]


def steps(here: Sequence[Board], folder: Path) -> Iterator[Step]:
    """Everything that is tried, what takes long first.

    Args:
        here: the boards.
        folder: an empty one, for pictures and results.
    """
    plugin = built()
    for board in here:
        if board.first and board.system.userland.locked:
            yield Step(f"light tests on {board.name}", partial(checks.tests, board))
    for model in MODELS_COUNTED:
        yield Step(f"instructions of {model}", partial(_gated, model, here, plugin, folder))
    for model in MODELS_COUNTED:
        pc = checks.on_pc(model, folder)
        for board in here:
            run = partial(checks.golden, board, model, pc, folder)
            yield Step(f"golden lines, {model} on {board.name}", run)
    for board in here:
        if board.first:
            yield Step(f"run on {board.name}", partial(checks.command_run, board))
            yield Step(f"doctor on {board.name}", partial(checks.command_doctor, board))
        if board.first and (board.system.userland.counted or board.system.userland.bits == 32):
            yield Step(f"bench on {board.name}", partial(checks.command_bench, board))
        if board.first and board.system.userland.locked:
            yield Step(f"installed size on {board.name}", partial(checks.size, board))


def _gated(model: str, here: Sequence[Board], plugin: Path, folder: Path) -> str:
    """Count a model and judge it."""
    return check(model, count(model, here, plugin), folder)


def perform(todo: Sequence[Step], threads: int) -> list[str]:
    """Try all steps, as many at once as there are threads, and tell about each.

    Returns:
        The names of those that failed, a limit that is exceeded with ``limit: `` before it.

    Raises:
        UnavailableError: one of them cannot be tried here.
    """
    failed = []
    with ThreadPoolExecutor(threads) as pool:
        started = {pool.submit(_timed, step.run): step.name for step in todo}
        try:
            for future in as_completed(started):
                verdict, said = _outcome(future)
                click.echo(f"{verdict:<6} {started[future]}: {said}", err=verdict != "ok")
                if verdict != "ok":
                    failed.append(("limit: " if verdict == "LIMIT" else "") + started[future])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return failed


def _timed(run: Callable[[], str]) -> str:
    since = time.monotonic()
    said = run()
    return f"{said} ({time.monotonic() - since:.0f} s)"


def _outcome(future: "Future[str]") -> tuple[str, str]:
    try:
        return "ok", future.result()
    except UnavailableError:
        raise
    except GateError as error:
        return "LIMIT", str(error)
    except EdgeHtrError as error:
        return "FAILED", str(error)


def skipped(reason: str) -> int:
    """Say that nothing was tested, in a way that nobody takes for a pass; the exit code."""
    allowed = os.environ.get(MAY_SKIP) == "1"
    click.echo(f"SKIPPED, NOTHING WAS TESTED ON ARM: {reason}", err=True)
    if not allowed:
        click.echo(f"{MAY_SKIP}=1 makes this exit code 0 instead of {SKIPPED}", err=True)
    return 0 if allowed else SKIPPED


@click.command()
def main() -> None:
    """Run everything on emulated boards."""
    since = time.monotonic()
    try:
        here = boards(lambda text: click.echo(text, err=True))
        install()
        with tempfile.TemporaryDirectory() as folder:
            failed = perform(list(steps(here, Path(folder))), os.cpu_count() or 1)
    except UnavailableError as error:
        sys.exit(skipped(str(error)))
    except EdgeHtrError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    minutes = (time.monotonic() - since) / 60
    if failed:
        click.echo(f"test-arm FAILED after {minutes:.1f} min: {'; '.join(failed)}", err=True)
        sys.exit(3 if all(name.startswith("limit: ") for name in failed) else 1)
    click.echo(f"test-arm: all of it passed in {minutes:.1f} min")


if __name__ == "__main__":
    main()
