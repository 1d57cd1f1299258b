"""Benchmarks models on this machine: every model in processes of its own, in turns.

The models are measured in rounds, A B C A B C, so that a machine that warms up or is disturbed
treats them alike, and the rounds are pooled. One line after the other, as in the single stream
scenario of MLPerf Inference: a full report has at least 1,024 readings and 60 seconds of a model.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Final

import numpy as np

from edge_runtime import __version__
from edge_runtime.bench_case import Case, pooled, ratios
from edge_runtime.bench_stats import drift_percent
from edge_runtime.bench_watch import Watch
from edge_runtime.errors import EdgeHtrError, ImageError
from edge_runtime.image import load_gray
from edge_runtime.machine import ask, machine_facts, measurement_kind
from edge_runtime.native_log import quiet_native_log
from edge_runtime.power import power_sensor
from edge_runtime.sources import find_sources

SCHEMA: Final = 2
SAMPLES: Final = Path(__file__).with_name("samples")
"""Pictures that come with the package."""
MAX_PICTURES: Final = 200
FULL_RUNS: Final = 1024
FULL_SECONDS: Final = 60.0
_IDLE_S: Final = 3.0
BUSY_SHARE: Final = 0.5
"""Load average per core from which on others are in the way."""

Say = Callable[[str], None]
Report = dict[str, Any]


@dataclass(frozen=True)
class BenchSettings:
    """How long to measure each model with each number of threads."""

    runs: int = FULL_RUNS
    """Readings, at least."""
    seconds: float = FULL_SECONDS
    """Seconds of reading, at least."""
    warmup: int = 20
    """Unmeasured readings at the start of each round."""
    rounds: int = 3
    """Fresh processes per model, in turns with the other models."""
    most_seconds: float | None = None
    """Ends the measuring of a model in any case."""
    sustained_minutes: float = 0.0
    """Afterwards, read so long without a pause; 0 for not at all."""
    profile: bool = True
    """Whether to time the operators too."""


def find_pictures(folder: Path | None) -> list[Path]:
    """Readable pictures of a folder, by default the samples of the package; 200 at most.

    Raises:
        ImageError: there are none.
    """
    where = folder or SAMPLES
    found: list[Path] = []
    for source in find_sources([str(where)]):
        if (
            isinstance(source.content, Path)
            and len(found) < MAX_PICTURES
            and _readable(source.content)
        ):
            found.append(source.content)
    if not found:
        raise ImageError(f"{where}: no readable picture to measure with; name a folder with --data")
    return found


def _readable(path: Path) -> bool:
    try:
        with quiet_native_log(drop=True):
            load_gray(path)
    except ImageError:
        return False
    return True


def benchmark(
    models: Sequence[Path],
    threads: Sequence[int | None],
    pictures: Sequence[Path],
    settings: BenchSettings,
    runtime: str | None = None,
    say: Say = lambda text: None,
    lexicon: str = "none",
) -> Report:
    """Measure every model with every number of threads.

    Args:
        models: model files; ratios are to the first.
        threads: numbers of threads, None for the default.
        pictures: line pictures, read in turn.
        settings: how long.
        runtime: name of the TFLite runtime, by default the best that is installed.
        say: told what is being measured.
        lexicon: none, builtin or a file. Pictures are read again and again, but nothing that the
            decoder remembers of one is used for the next.

    Returns:
        The report as plain values, times in milliseconds.

    Raises:
        EdgeHtrError: a model cannot be used, or a process died.
    """
    cases = [
        Case(model, count, pictures, runtime, lexicon, settings.warmup)
        for model in models
        for count in threads
    ]
    idle = _idle_watts(say)
    with Watch() as watch:
        results = _rounds(cases, settings, watch, say)
        for case, result in zip(cases, results, strict=True):
            _extras(case, result, settings, watch, say)
    throttled = watch.throttling()
    complete = min(
        min(result["runs"] / FULL_RUNS, result["seconds"] / FULL_SECONDS) for result in results
    )
    return {
        "schema": SCHEMA,
        "kind": measurement_kind(),
        "extent": "full" if complete >= 1 else "quick",
        "verdict": "invalid" if throttled else "valid",
        "throttled_by": throttled,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "tool_version": __version__,
        "machine": machine_facts(),
        "before": watch.notes[0],
        "after": watch.notes[-1],
        "hottest_celsius": watch.hottest(),
        "busy": _busy(watch.notes[0]["load"]),
        "power": {"sensor": power_sensor(Path("/"), ask), "idle_watts": idle},
        "timeline": watch.notes,
        "settings": asdict(settings),
        "pictures": len(pictures),
        "pictures_sha256": _digest(pictures),
        "models": results,
    }


def _rounds(
    cases: Sequence[Case], settings: BenchSettings, watch: Watch, say: Say
) -> list[dict[str, Any]]:
    """The pooled result of each case."""
    answers: list[list[dict[str, Any]]] = [[] for _ in cases]
    watts: list[list[float]] = [[] for _ in cases]
    for number in range(settings.rounds):
        for case, answered, drawn in zip(cases, answers, watts, strict=True):
            say(f"round {number + 1} of {settings.rounds}: {case.model}" + _of_threads(case))
            began = watch.elapsed()
            answered.append(_time(case, settings))
            if (mean := watch.mean_watts(began)) is not None:
                drawn.append(mean)
    results = [pooled(case.model, answered) for case, answered in zip(cases, answers, strict=True)]
    for result, drawn in zip(results, watts, strict=True):
        result["ratio"] = ratios(result, results[0])
        result["watts"] = float(np.mean(drawn)) if drawn else None
        lines_a_second = 1e3 / result["stages"]["total"]["mean"]
        result["joules_per_line"] = result["watts"] / lines_a_second if drawn else None
    return results


def _of_threads(case: Case) -> str:
    return f", threads {case.threads}" if case.threads else ""


def _time(case: Case, settings: BenchSettings) -> dict[str, Any]:
    """One round of one model, with the seconds from the process's start to its first line."""
    rounds = settings.rounds
    most = settings.most_seconds
    spawned = perf_counter()
    answer = case.ask(
        "time",
        runs=-(-settings.runs // rounds),
        seconds=settings.seconds / rounds,
        most_seconds=None if most is None else most / rounds,
    )
    # perf_counter is one clock for all processes of a machine (CLOCK_MONOTONIC).
    return answer | {"cold_start_ms": (answer["first_at"] - spawned) * 1e3}


def _extras(
    case: Case, result: dict[str, Any], settings: BenchSettings, watch: Watch, say: Say
) -> None:
    """Profile and sustained run of one case, added to its result."""
    result["profile"] = result["sustained"] = None
    if settings.profile:
        say(f"operators: {case.model}{_of_threads(case)}")
        try:
            result["profile"] = case.ask("profile", width=result["width"])
        except EdgeHtrError as error:
            result["profile"] = {"error": str(error)}
    if settings.sustained_minutes:
        say(f"sustained, {settings.sustained_minutes:g} minutes: {case.model}{_of_threads(case)}")
        run = case.ask("sustain", seconds=settings.sustained_minutes * 60)
        run["began"] = round(run["began"] - watch.began, 2)
        run["drift_percent"] = drift_percent([row["p50"] for row in run["rows"]])
        result["sustained"] = run


def _busy(load: float | None) -> bool:
    """Whether others kept the machine busy before, so that the figures are too high."""
    return load is not None and load > BUSY_SHARE * (os.cpu_count() or 1)


def _idle_watts(say: Say) -> float | None:
    """What the machine draws before anything is measured; None without a sensor."""
    if power_sensor(Path("/"), ask) is None:
        return None
    say(f"idle power, {_IDLE_S:g} seconds")
    with Watch() as watch:
        sleep(_IDLE_S)
    return watch.mean_watts()


def _digest(pictures: Sequence[Path]) -> str:
    """SHA-256 of the pictures, in order: reports of other pictures cannot be compared."""
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(hashlib.sha256(picture.read_bytes()).digest())
    return digest.hexdigest()
