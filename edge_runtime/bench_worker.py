"""The part of the benchmark that runs in a process of its own, one model at a time.

    python -m edge_runtime.bench_worker < request.json > result.json

A fresh process makes load time, first inference and peak memory those of the model alone.
"""

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from edge_runtime.errors import EdgeHtrError

_START = perf_counter()


def measure(request: dict[str, Any]) -> dict[str, Any]:
    """Load a model, warm it up and time it.

    Args:
        request: ``model``, ``pictures`` (paths), ``threads``, ``runtime`` (or None), ``lexicon``,
            ``warmup``, ``runs`` and ``seconds`` (whichever is reached first ends the run).

    Returns:
        Milliseconds of import, load and first inference, the samples of every stage, peak memory in
        MiB, and the runtime that was used.

    Raises:
        EdgeHtrError: a model or picture cannot be used.
    """
    from edge_runtime.bundle import Bundle
    from edge_runtime.decoder import find_lexicon
    from edge_runtime.machine import peak_memory_mb
    from edge_runtime.recognizer import Recognizer

    imported = perf_counter()
    bundle = Bundle.open(request["model"])
    recognizer = Recognizer(
        bundle,
        lexicon=find_lexicon(request["lexicon"], bundle),
        threads=request["threads"],
        runtime=request["runtime"],
    )
    loaded = perf_counter()
    pictures = [Path(name).read_bytes() for name in request["pictures"]]
    first = recognizer.read_file(pictures[0])
    for i in range(request["warmup"]):
        recognizer.read_file(pictures[i % len(pictures)])
    samples = _timed(recognizer, pictures, request["runs"], request["seconds"])
    runtime = recognizer.network.runtime
    return {
        "import_ms": (imported - _START) * 1e3,
        "load_ms": (loaded - imported) * 1e3,
        "first_ms": sum(first.ms.values()),
        "samples": samples,
        "peak_memory_mb": peak_memory_mb(),
        "runtime": f"{runtime.name} {runtime.version}",
        "threads": recognizer.network.threads,
        "lexicon": request["lexicon"],
        "name": recognizer.bundle.card.name,
        "network_sha256": recognizer.bundle.card.network_sha256,
        "bytes": recognizer.bundle.file_bytes,
    }


def _timed(
    recognizer: Any, pictures: list[bytes], runs: int, seconds: float
) -> dict[str, list[float]]:
    """Milliseconds of every stage of every run, ``total`` included."""
    samples: dict[str, list[float]] = {}
    end = perf_counter() + seconds
    for i in range(runs):
        recognizer.decoder.forget()
        ms = recognizer.read_file(pictures[i % len(pictures)]).ms
        for stage, value in {**ms, "total": sum(ms.values())}.items():
            samples.setdefault(stage, []).append(value)
        if perf_counter() > end:
            break
    return samples


def main() -> int:
    """Answer one request; errors go into the answer, not to stderr."""
    try:
        answer = measure(json.load(sys.stdin))
    except (EdgeHtrError, OSError, MemoryError) as error:
        answer = {"error": str(error) or "out of memory"}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
