"""Benchmarks models on this machine: every model in processes of its own, in turns.

The models are measured in rounds, A B C A B C, so that a machine that warms up or is disturbed
treats them alike, and the rounds are pooled.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge_runtime import __version__
from edge_runtime.child_python import child_environment
from edge_runtime.errors import EdgeHtrError, ImageError, InferenceError
from edge_runtime.image import load_gray
from edge_runtime.machine import machine_facts, machine_state, measurement_kind
from edge_runtime.native_log import quiet_native_log
from edge_runtime.sources import find_sources

SCHEMA: Final = 1
SAMPLES: Final = Path(__file__).with_name("samples")
"""Pictures that come with the package."""
MAX_PICTURES: Final = 200
_CONSTANT: Final = ("name", "network_sha256", "bytes", "runtime", "threads", "lexicon")
STAGES: Final = ("decode", "preprocess", "infer", "ctc", "total")


@dataclass(frozen=True)
class BenchSettings:
    """How long to measure; each model gets ``runs`` or ``seconds``, whichever comes first."""

    runs: int = 1024
    seconds: float = 60.0
    warmup: int = 20
    """Unmeasured readings at the start of each round."""
    rounds: int = 3
    """Fresh processes per model, in turns with the other models."""


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
    say: Callable[[str], None] = lambda text: None,
    lexicon: str = "none",
) -> dict[str, Any]:
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
    cases = [(model, count) for model in models for count in threads]
    answers: list[list[dict[str, Any]]] = [[] for _ in cases]
    before = machine_state()
    for number in range(settings.rounds):
        for (model, count), answered in zip(cases, answers, strict=True):
            say(f"round {number + 1} of {settings.rounds}: {model}")
            answered.append(_ask(_request(model, count, pictures, settings, runtime, lexicon)))
    results = [
        _pooled(model, answered) for (model, _), answered in zip(cases, answers, strict=True)
    ]
    for result in results:
        result["ratio"] = _ratios(result, results[0])
    return {
        "schema": SCHEMA,
        "kind": measurement_kind(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "tool_version": __version__,
        "machine": machine_facts(),
        "before": before,
        "after": machine_state(),
        "settings": asdict(settings),
        "pictures": len(pictures),
        "models": results,
    }


def _request(
    model: Path,
    threads: int | None,
    pictures: Sequence[Path],
    settings: BenchSettings,
    runtime: str | None,
    lexicon: str,
) -> dict[str, Any]:
    """One round of one model."""
    return {
        "model": str(model),
        "pictures": [str(picture) for picture in pictures],
        "threads": threads,
        "runtime": runtime,
        "lexicon": lexicon,
        "warmup": settings.warmup,
        "runs": -(-settings.runs // settings.rounds),
        "seconds": settings.seconds / settings.rounds,
    }


def _ask(request: dict[str, Any]) -> dict[str, Any]:
    """Have a fresh process measure; its death is an error of one line."""
    worker = subprocess.run(
        [sys.executable, "-m", "edge_runtime.bench_worker"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=child_environment(),
    )
    try:
        answer: dict[str, Any] = json.loads(worker.stdout)
    except ValueError:
        last = (worker.stderr.strip().splitlines() or ["no message"])[-1]
        raise InferenceError(
            f"{request['model']}: the measuring process died with {worker.returncode} ({last})"
        ) from None
    if "error" in answer:
        raise EdgeHtrError(answer["error"])
    return answer


def _pooled(model: Path, answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One result from the rounds of a model; single events by their median."""
    last = answers[-1]
    samples = {
        stage: [value for answer in answers for value in answer["samples"][stage]]
        for stage in STAGES
    }
    peaks = [answer["peak_memory_mb"] for answer in answers if answer["peak_memory_mb"]]
    return {
        "path": str(model),
        **{key: last[key] for key in _CONSTANT},
        "runs": len(samples["total"]),
        **{
            key: float(np.median([answer[key] for answer in answers]))
            for key in ("import_ms", "load_ms", "first_ms")
        },
        "peak_memory_mb": max(peaks) if peaks else None,
        "stages": {stage: percentiles(values) for stage, values in samples.items()},
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p90, p99, mean, min, max and standard deviation."""
    array = np.asarray(values, np.float64)
    p50, p90, p99 = np.percentile(array, (50, 90, 99))
    return {
        "p50": float(p50),
        "p90": float(p90),
        "p99": float(p99),
        "mean": float(array.mean()),
        "min": float(array.min()),
        "max": float(array.max()),
        "std": float(array.std()),
    }


def _ratios(result: dict[str, Any], first: dict[str, Any]) -> dict[str, float]:
    """How many times faster and smaller than the first model, by medians; above 1 is better."""
    return {
        "infer": first["stages"]["infer"]["p50"] / result["stages"]["infer"]["p50"],
        "total": first["stages"]["total"]["p50"] / result["stages"]["total"]["p50"],
        "bytes": first["bytes"] / result["bytes"],
    }
