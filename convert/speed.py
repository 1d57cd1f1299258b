"""How fast converted files are on this machine, measured side by side.

Two measurements. In one process, all files take turns on the same lines, and the fastest run of
each line counts: other work on the machine only ever adds time, so that this is what the files can
be compared by. And each in processes of its own (``edge_runtime.bench``): what a user meets, and
the memory.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from convert.child import run_stage
from convert.lines import Line, fetch, store
from convert.proof import RUN_CURE, Proof, installed_runtimes
from edge_runtime.bench import BenchSettings, benchmark
from edge_runtime.bench_turns import fastest_in_turns
from edge_runtime.errors import EdgeHtrError

_LINES = 16
"""Lines that speed is measured on."""
_RUNS = 120
_SLOW = "tensorflow"
"""Not timed beside others: it holds the kernels of ai-edge-litert and takes seconds to load."""


def measure_speed(
    drafts: Sequence[tuple[Path, Proof]],
    lines: Sequence[Line],
    work: Path,
    say: Callable[[str], None],
) -> None:
    """Time all files on each runtime, and note it in their proofs.

    What cannot be timed here (no picture, a file that a runtime refuses) is passed over with a
    word: it must not cost the conversion.
    """
    chosen = [line for line in lines if line.picture is not None][:_LINES]
    if not chosen or not drafts:
        return
    inks = store(work / "timed.npz", [line.ink for line in chosen])
    for runtime in installed_runtimes():
        if runtime == _SLOW and len(installed_runtimes()) > 1:
            continue
        say(f"timing {len(drafts)} files on {runtime}, one thread")
        try:
            _time(drafts, chosen, inks, runtime)
        except EdgeHtrError as error:
            say(f"not timed on {runtime}: {error}")


def _time(
    drafts: Sequence[tuple[Path, Proof]], lines: Sequence[Line], inks: Path, runtime: str
) -> None:
    files = [path for path, _ in drafts]
    fastest = run_stage(f"time-{runtime}", RUN_CURE, time_in_turns, files, inks, runtime)
    pictures = [line.picture for line in lines if line.picture is not None]
    settings = BenchSettings(runs=_RUNS, seconds=0.0, most_seconds=30.0, profile=False)
    rows = benchmark(files, [1], pictures, settings, runtime)["models"]
    for (_, proof), ms, row in zip(drafts, fastest, rows, strict=True):
        proof.speed[runtime] = {
            "fastest_ms": ms,
            "infer_ms": row["stages"]["infer"]["p50"],
            "line_ms": row["stages"]["total"]["p50"],
            "load_ms": row["load_ms"],
            "first_ms": row["first_ms"],
            "peak_memory_mb": row["peak_memory_mb"],
            "runs": row["runs"],
        }


def time_in_turns(files: Sequence[Path], inks: Path, runtime: str) -> list[float]:
    """Milliseconds of one inference of each file, one thread; for a child process.

    For each line the fastest run counts; the result is their median over the lines.
    """
    from edge_runtime.bundle import Bundle
    from edge_runtime.interpreter import open_network

    opened = [Bundle.open(file) for file in files]
    networks = [open_network(one.network, one.card, threads=1, runtime=runtime) for one in opened]
    pictures = fetch(inks)
    best = fastest_in_turns([[partial(one.run, ink) for ink in pictures] for one in networks])
    return [float(ms) for ms in np.median(best, axis=1) * 1e3]
