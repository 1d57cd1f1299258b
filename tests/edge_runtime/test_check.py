"""The rules of the gate: what fails, what nobody may pass or fail by."""

from dataclasses import replace
from typing import Any

import pytest

from edge_runtime.check import exceeded, judge
from edge_runtime.check_finding import Finding
from edge_runtime.device import Budget, Profile, load_profile
from tests.check_reports import accuracy, report


def pi4(**budget: Any) -> Profile:
    """The profile of the Pi 4 with these budgets only."""
    profile = load_profile("pi4")
    return replace(profile, budget=Budget(**budget)) if budget else profile


def found(made: dict[str, Any], profile: Profile, check: str) -> Finding:
    (finding,) = [f for f in judge(made, [profile]) if f.check == check]
    return finding


def test_a_model_within_its_budgets_passes() -> None:
    assert exceeded(judge(report(), [pi4(), load_profile("pi5")])) == []


@pytest.mark.parametrize(
    ("part", "budget", "check", "over"),
    [
        ({"model": {"bytes": 1_500_001}}, {"model_bytes": 1_500_000}, "bundle", "+0.0 %"),
        ({}, {"macs_million": 350}, "multiply-accumulates", "+100.0 %"),
        ({}, {"peak_rss_mb": 75}, "peak memory", "+20.0 %"),
        ({}, {"reference_ratio": 4.0}, "time / reference", "+100.0 %"),
        ({"accuracy": accuracy([4, 0])}, {"cer_percent": 4.5}, "CER", "+0.50 points"),
        (
            {"accuracy": accuracy([4, 0]), "fp32": {"file": "a.keras", "cer": 0.04, "n": 2}},
            {"cer_loss_points": 0.25}, "CER loss", "+0.75 points",
        ),
        (
            {"instructions": {"cortex-a72": {"inference": 66_000_000}}},
            {"instr_per_invoke_max": 60_000_000}, "instructions", "+10.0 %",
        ),
    ],
)  # fmt: skip
def test_each_budget_fails_for_its_own_reason(
    part: dict[str, Any], budget: dict[str, Any], check: str, over: str
) -> None:
    failed = exceeded(judge(report(**part), [pi4(**budget)]))
    assert [(f.check, f.against, f.over()) for f in failed] == [(check, "pi4", over)]
    (name,) = budget
    assert exceeded(judge(report(**part), [pi4(**{name: budget[name] * 5})])) == []


def test_operators_that_no_device_has_fail_without_any_budget() -> None:
    made = report(model={"foreign_operators": ["FlexErf"], "macs": None}, run=None, ratio=None)
    (failed,) = exceeded(judge(made, [load_profile("pi4")]))
    assert failed.note == "not builtin: FlexErf"
    assert "FlexErf" in failed.sentence()


def test_an_estimate_passes_and_fails_nothing() -> None:
    latency = found(report(), pi4(latency_p50_ms=1), "latency p50")
    assert (latency.verdict, latency.value) == ("not judged", None)
    assert "estimated: 48 ms (24 to 95)" in latency.note
    unknown = found(report(estimates={"pi4": None}), pi4(latency_p50_ms=1), "latency p50")
    assert "no rates to estimate from" in unknown.note


def test_milliseconds_of_another_machine_are_not_judged() -> None:
    cold = found(report(), pi4(cold_start_ms=1), "cold start")
    assert (cold.verdict, cold.value) == ("not judged", 900.0)
    assert cold.note == "of this x86_64 machine"


def test_the_board_itself_judges_milliseconds() -> None:
    made = report(machine={"device": "pi4"})
    failed = exceeded(judge(made, [pi4()]))
    assert [(f.check, f.value, f.limit) for f in failed] == [("latency p90", 55.0, 50)]
    assert found(made, pi4(), "latency p50").verdict == "within"


@pytest.mark.parametrize("run", [{"kind": "emulated"}, {"verdict": "invalid"}, {"extent": "quick"}])
def test_the_board_judges_only_by_a_proper_report(run: dict[str, Any]) -> None:
    made = report(machine={"device": "pi4"}, run=run)
    assert exceeded(judge(made, [pi4(latency_p50_ms=1, cold_start_ms=1)])) == []


def test_memory_is_not_judged_between_word_sizes() -> None:
    board = load_profile("pi4-32")
    tight = replace(board, budget=Budget(peak_rss_mb=1))
    assert exceeded(judge(report(), [tight])) == []
    assert "64 bits" in found(report(), tight, "peak memory").note


def test_the_worst_installation_counts() -> None:
    package = {"name": "numpy", "version": "2", "wheel_bytes": 1, "install_bytes": 40_000_000}
    size = {"machine": "aarch64", "python": "3.11", "origin": "lock", "wheel_bytes": 5,
            "install_bytes": 50_000_000, "packages": [package]}  # fmt: skip
    larger = {**size, "python": "3.13", "install_bytes": 60_000_000}
    made = report(install={"pi4": [size, larger]})
    (failed,) = exceeded(judge(made, [pi4(install_bytes=55_000_000)]))
    assert failed.value == 60_000_000
    assert failed.note == "lock, Python 3.13: numpy 40 MB"


def test_what_was_not_measured_is_said_not_passed() -> None:
    profile = pi4(peak_rss_mb=1, cold_start_ms=1, cer_percent=1.0, reference_ratio=1.0)
    findings = judge(report(run=None, ratio=None), [profile])
    assert {f.check: f.verdict for f in findings if f.against == "pi4"} == {
        "peak memory": "not judged", "cold start": "not judged", "CER": "not judged",
        "time / reference": "not judged",
    }  # fmt: skip


def test_figures_without_a_budget_are_shown() -> None:
    shown = found(report(accuracy=accuracy([4, 0])), pi4(), "CER")
    assert (shown.value, shown.verdict) == (5.0, "not judged")
