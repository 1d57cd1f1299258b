"""One model with one number of threads: asked of child processes, their answers pooled."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge_runtime.bench_stats import percentiles
from edge_runtime.child_python import child_environment
from edge_runtime.errors import EdgeHtrError, InferenceError

_CONSTANT: Final = (
    "name", "network_sha256", "bytes", "runtime", "threads", "lexicon", "precision", "width",
)  # fmt: skip
STAGES: Final = ("decode", "preprocess", "infer", "ctc", "total")
_KEPT: Final = ("infer", "total")
"""Stages whose single readings go into the report, for histograms and comparisons."""


@dataclass(frozen=True)
class Case:
    """One model with one number of threads."""

    model: Path
    threads: int | None
    pictures: Sequence[Path]
    runtime: str | None
    lexicon: str
    warmup: int

    def ask(self, task: str, **more: Any) -> dict[str, Any]:
        """Have a fresh process do a task of ``bench_worker``.

        Raises:
            EdgeHtrError: the model cannot be used, or the process died.
        """
        request = {
            "task": task,
            "model": str(self.model),
            "pictures": [str(picture) for picture in self.pictures],
            "threads": self.threads,
            "runtime": self.runtime,
            "lexicon": self.lexicon,
            "warmup": self.warmup,
            **more,
        }
        return _ask(request)


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


def pooled(model: Path, answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One result from the rounds of a model; single events by their median."""
    last = answers[-1]
    rounds = {stage: [answer["samples"][stage] for answer in answers] for stage in STAGES}
    peaks = [answer["peak_memory_mb"] for answer in answers if answer["peak_memory_mb"]]
    return {
        "path": str(model),
        **{key: last[key] for key in _CONSTANT},
        "runs": sum(len(values) for values in rounds["total"]),
        "seconds": sum(answer["seconds"] for answer in answers),
        **{
            key: float(np.median([answer[key] for answer in answers]))
            for key in ("import_ms", "load_ms", "first_ms", "cold_start_ms")
        },
        "peak_memory_mb": max(peaks) if peaks else None,
        "stages": {
            stage: percentiles([value for values in several for value in values])
            for stage, several in rounds.items()
        },
        "samples_ms": {
            stage: [[round(value, 4) for value in values] for values in rounds[stage]]
            for stage in _KEPT
        },
    }


def ratios(result: dict[str, Any], first: dict[str, Any]) -> dict[str, float]:
    """How many times faster and smaller than the first model, by medians; above 1 is better."""
    return {
        "infer": first["stages"]["infer"]["p50"] / result["stages"]["infer"]["p50"],
        "total": first["stages"]["total"]["p50"] / result["stages"]["total"]["p50"],
        "bytes": first["bytes"] / result["bytes"],
    }
