"""Regressions against a baseline: each tolerance, and what cannot be compared."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.check_baseline import (
    cer_rise,
    paired,
    read_baseline,
    regressions,
    write_baseline,
)
from edge_runtime.check_finding import Finding
from edge_runtime.errors import DataError
from tests.check_reports import accuracy, report


def failed(now: dict[str, Any], before: dict[str, Any] | None = None) -> list[str]:
    return [f.check for f in regressions(now, before or report()) if f.exceeded]


def found(check: str, now: dict[str, Any], before: dict[str, Any]) -> Finding:
    (finding,) = [f for f in regressions(now, before) if f.check == check]
    return finding


def macs(total: int) -> dict[str, Any]:
    return {"model": {"macs": {"width": 928, "total": total, "by_operator": {}}}}


@pytest.mark.parametrize(
    ("kept", "broken", "check"),
    [
        ({"model": {"bytes": 1_004_999}}, {"model": {"bytes": 1_005_001}}, "bundle"),
        (macs(703_499_000), macs(703_501_000), "multiply-accumulates"),
        ({"run": {"peak_rss_mb": 103.4}}, {"run": {"peak_rss_mb": 103.6}}, "peak memory"),
        ({"ratio": {"low": 11.9}}, {"ratio": {"low": 12.1}}, "time / reference"),
    ],
)
def test_what_grows_beyond_its_tolerance_fails(
    kept: dict[str, Any], broken: dict[str, Any], check: str
) -> None:
    assert failed(report()) == []
    assert failed(report(**kept)) == []
    assert failed(report(**broken)) == [check]


def test_instructions_are_compared_where_both_have_them() -> None:
    before = report(instructions={"cortex-a72": {"inference": 1000, "line": 5000}})
    kept = report(instructions={"cortex-a72": {"inference": 1010}, "cortex-a53": {"line": 9}})
    assert failed(kept, before) == []
    more = report(instructions={"cortex-a72": {"inference": 1011, "line": 5000}})
    assert failed(more, before) == ["instructions, inference on cortex-a72"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("architecture", "aarch64"), ("runtime", "tflite-runtime 2.14.0"), ("bits", 32)],
)
def test_unlike_machines_compare_neither_memory_nor_time(key: str, value: Any) -> None:
    now = report(machine={key: value}, run={"peak_rss_mb": 900.0}, ratio={"low": 90.0})
    assert failed(now) == []
    assert f"baseline's {key} is" in found("peak memory", now, report()).note
    assert found("time / reference", now, report()).verdict == "not judged"


def test_another_reference_network_is_not_compared_with() -> None:
    now = report(ratio={"low": 90.0, "reference_sha256": "another"})
    assert failed(now) == []


def test_a_model_that_reads_worse_fails() -> None:
    before = report(accuracy=accuracy([1, 0, 2, 1, 0, 1, 0, 2, 1, 0]))
    worse = report(accuracy=accuracy([3, 2, 3, 1, 2, 3, 2, 4, 1, 2]))
    assert failed(worse, before) == ["CER"]
    assert found("CER", worse, before).over() == "+3.75 points"
    assert failed(before, worse) == []


def test_a_rise_within_chance_passes() -> None:
    before = report(accuracy=accuracy([1, 0, 2, 1, 0, 1, 0, 2, 1, 0]))
    chance = report(accuracy=accuracy([0, 1, 1, 3, 0, 2, 0, 1, 1, 0]))
    assert failed(chance, before) == []


def test_lines_are_paired_by_picture_and_label() -> None:
    pairs = paired(["a 3 10", "b 1 20", "new 9 9"], ["b 2 20", "a 0 10", "gone 1 5"])
    assert sorted(map(tuple, pairs)) == [(1, 2, 20), (3, 0, 10)]
    before, now = accuracy([0, 0]), accuracy([9, 9])
    now["lines"] = ["other1 9 40", "other2 9 40"]
    finding = found("CER", report(accuracy=now), report(accuracy=before))
    assert finding.verdict == "not judged"
    assert "other pictures or labels" in finding.note


def test_a_baseline_with_lines_asks_for_them() -> None:
    finding = found("CER", report(), report(accuracy=accuracy([1])))
    assert (finding.verdict, "--data" in finding.note) == ("not judged", True)


def test_the_bootstrap_keeps_pairs_together() -> None:
    """Lines of very different difficulty, each one edit worse: the rise is certain."""
    pairs = paired([f"l{i} {i + 1} 50" for i in range(40)], [f"l{i} {i} 50" for i in range(40)])
    rise, low, high = cer_rise(pairs)
    assert [rise, low, high] == pytest.approx([0.02, 0.02, 0.02])


def test_a_baseline_holds_no_text_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    made = report(accuracy=accuracy([1, 2]), install={"pi4": []})
    write_baseline(path, made)
    assert read_baseline(path) == {**made, "install": {}, "estimates": {}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "--update-baseline makes it"),
        ("{", "no JSON"),
        ("[]", "not a report of edge-htr check"),
        ('{"schema": 2, "models": []}', "not a report of edge-htr check"),
        (json.dumps({**report(), "schema": 9}), "schema 9"),
        (json.dumps({**report(), "model": {}}), "damaged"),
        (json.dumps({**report(), "accuracy": {"lines": ["a b"]}}), "damaged"),
        (json.dumps({**report(), "ratio": [1]}), "damaged"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "baseline.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_baseline(path)
