"""The part of the benchmark that runs in a process of its own, one model at a time.

    python -m edge_runtime.bench_worker < request.json > result.json

A fresh process makes load time, first inference and peak memory those of the model alone.
"""

import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from edge_runtime.errors import EdgeHtrError

_START = perf_counter()


def answer_request(request: dict[str, Any]) -> dict[str, Any]:
    """Load a model, then time, sustain or profile it.

    Args:
        request: ``task`` (``time``, ``sustain`` or ``profile``), ``model``, ``pictures`` (paths),
            ``threads``, ``runtime`` (or None), ``lexicon``, ``warmup``; to time: ``runs`` and
            ``seconds``, both of which have to be reached, and ``most_seconds`` (or None) at which
            it ends in any case; to sustain: ``seconds``; to profile: ``width``.

    Returns:
        What was measured, times in milliseconds.

    Raises:
        EdgeHtrError: a model or picture cannot be used.
    """
    from edge_runtime.bundle import Bundle
    from edge_runtime.decoder import find_lexicon
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
    if request["task"] == "profile":
        from edge_runtime.bench_profile import profile

        network = recognizer.network
        return profile(bundle.network, request["width"], network.runtime, network.threads)
    pictures = [Path(name).read_bytes() for name in request["pictures"]]
    first = recognizer.read_file(pictures[0])
    first_at = perf_counter()
    for i in range(request["warmup"]):
        recognizer.read_file(pictures[i % len(pictures)])
    if request["task"] == "sustain":
        return _sustained(recognizer, pictures, request["seconds"])
    timed = _timed(recognizer, pictures, request)
    return {
        "import_ms": (imported - _START) * 1e3,
        "load_ms": (loaded - imported) * 1e3,
        "first_ms": sum(first.ms.values()),
        "first_at": first_at,
        **timed,
        **_facts(recognizer, pictures, request["lexicon"]),
    }


def _facts(recognizer: Any, pictures: list[bytes], lexicon: str) -> dict[str, Any]:
    """What was measured: the model, how it ran, and how wide its input was."""
    from edge_runtime.interpreter import padded_width
    from edge_runtime.machine import peak_memory_mb

    peak = peak_memory_mb()  # before anything else is done
    runtime, card = recognizer.network.runtime, recognizer.bundle.card
    return {
        "peak_memory_mb": peak,
        "runtime": f"{runtime.name} {runtime.version}",
        "threads": recognizer.network.threads,
        "lexicon": lexicon,
        "name": card.name,
        "precision": card.precision,
        "network_sha256": card.network_sha256,
        "bytes": recognizer.bundle.file_bytes,
        "width": int(median(padded_width(card, w) for w in _widths(recognizer, pictures))),
    }


def _widths(recognizer: Any, pictures: list[bytes]) -> list[int]:
    from edge_runtime.image import load_gray
    from edge_runtime.preprocess import preprocess

    return [preprocess(load_gray(p), recognizer.settings).shape[1] for p in pictures]


def _read(recognizer: Any, picture: bytes) -> dict[str, float]:
    """Milliseconds of every stage of one reading, ``total`` included."""
    recognizer.decoder.forget()
    ms: dict[str, float] = recognizer.read_file(picture).ms
    return {**ms, "total": sum(ms.values())}


def _timed(recognizer: Any, pictures: list[bytes], request: dict[str, Any]) -> dict[str, Any]:
    """The samples of every stage, and the seconds it took."""
    samples: dict[str, list[float]] = {}
    start = perf_counter()
    done = 0
    while True:
        for stage, value in _read(recognizer, pictures[done % len(pictures)]).items():
            samples.setdefault(stage, []).append(value)
        done += 1
        elapsed = perf_counter() - start
        if done >= request["runs"] and elapsed >= request["seconds"]:
            break
        if request["most_seconds"] is not None and elapsed >= request["most_seconds"]:
            break
    return {"samples": samples, "seconds": elapsed}


def _sustained(recognizer: Any, pictures: list[bytes], seconds: float) -> dict[str, Any]:
    """Reads without a pause; one row a second, so that hours need no memory."""
    rows: list[dict[str, float]] = []
    start = mark = perf_counter()
    done = 0
    second: list[float] = []
    while mark - start < seconds:
        second.append(_read(recognizer, pictures[done % len(pictures)])["total"])
        done += 1
        now = perf_counter()
        if now - mark >= 1.0 or now - start >= seconds:
            rows.append(
                {"s": round(now - start, 2), "n": len(second), "p50": median(second),
                 "max": max(second)}
            )  # fmt: skip
            second, mark = [], now
    return {"began": start, "lines": done, "seconds": perf_counter() - start, "rows": rows}


def main() -> int:
    """Answer one request; errors go into the answer, not to stderr."""
    try:
        answer = answer_request(json.load(sys.stdin))
    except (EdgeHtrError, OSError, MemoryError) as error:
        answer = {"error": str(error) or "out of memory"}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
