"""A report of `edge-htr check` as it might be measured, for tests to change."""

from typing import Any

REFERENCE = "c0ffee"


def report(**parts: Any) -> dict[str, Any]:
    """A report of a model that is within every limit; ``parts`` replaces or extends its parts."""
    made: dict[str, Any] = {
        "schema": 1,
        "tool_version": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "model": {
            "name": "made-up",
            "bytes": 1_000_000,
            "network_sha256": "ab" * 32,
            "precision": {"cnn": "int8"},
            "operators": {"CONV_2D": 3},
            "foreign_operators": [],
            "macs": {"width": 928, "total": 700_000_000, "by_operator": {"CONV_2D": 700_000_000}},
        },
        "machine": {
            "architecture": "x86_64",
            "bits": 64,
            "cpu": "a processor",
            "cores": 2,
            "python": "3.11.7",
            "device": "host",
            "runtime": "ai-edge-litert 2.3.0",
        },
        "run": {
            "kind": "measured",
            "verdict": "valid",
            "extent": "full",
            "peak_rss_mb": 90.0,
            "cold_start_ms": 900.0,
            "latency_ms": {"p50": 30.0, "p90": 55.0, "p95": 60.0},
        },
        "ratio": {"ratio": 8.0, "low": 7.5, "high": 8.5, "reference_sha256": REFERENCE},
        "accuracy": None,
        "fp32": None,
        "instructions": None,
        "install": {},
        "estimates": {"pi4": {"infer_ms": 47.6, "low_ms": 23.8, "high_ms": 95.1}},
    }
    for part, value in parts.items():
        both = isinstance(value, dict) and isinstance(made[part], dict)
        made[part] = {**made[part], **value} if both else value
    return made


def accuracy(edits: list[int], characters: int = 40) -> dict[str, Any]:
    """The accuracy of lines with so many edits each."""
    total = characters * len(edits)
    return {
        "cer": sum(edits) / total,
        "interval": [0.0, 1.0],
        "n": len(edits),
        "lines": [f"line{i} {n} {characters}" for i, n in enumerate(edits)],
        "unreadable": [],
    }
