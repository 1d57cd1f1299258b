"""The rules of `edge-htr check`: a model's facts against the budgets of a device profile.

Nothing is measured here. What is the same on every machine (bytes, operators, multiply-accumulates,
error rates, a ratio of two times) is judged anywhere; memory on machines of the same word size;
milliseconds only where they were measured on the board itself. An estimate is never judged.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from edge_runtime.check_finding import EXCEEDED, NOT_JUDGED, WITHIN, Finding, judged
from edge_runtime.device import Profile

Report = dict[str, Any]
"""What ``check_measure.measure`` collects; a baseline report is the same."""

_LATENCIES: Final = ("p50", "p90", "p95")


def judge(report: Report, profiles: Iterable[Profile]) -> list[Finding]:
    """All findings of a report against the budgets of some devices."""
    findings = [_operators(report)]
    for profile in profiles:
        findings += [*_static(report, profile), *_measured(report, profile)]
        findings += [*_installed(report, profile), *_accuracy(report, profile)]
    return [*findings, *_unlimited(report, {finding.check for finding in findings})]


def _unlimited(report: Report, limited: set[str]) -> Iterator[Finding]:
    """What was measured although no budget speaks of it: worth seeing, and for baselines."""
    found, ratio = report["accuracy"], report["ratio"]
    if found and "CER" not in limited:
        low, high = (end * 100 for end in found["interval"])
        note = f"{found['n']} lines, 95 %: {low:.2f} to {high:.2f}; no budget"
        yield Finding("CER", "-", NOT_JUDGED, found["cer"] * 100, None, "%", note)
    if ratio and "time / reference" not in limited:
        note = f"{ratio['low']:.2f} to {ratio['high']:.2f} in one run here; no budget"
        yield Finding("time / reference", "-", NOT_JUDGED, ratio["ratio"], None, "x", note)


def exceeded(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that fail the check."""
    return [finding for finding in findings if finding.exceeded]


def _operators(report: Report) -> Finding:
    """Builtins only: a device's runtime has no Flex or custom operator."""
    foreign = report["model"]["foreign_operators"]
    note = f"not builtin: {', '.join(foreign)}" if foreign else "all builtin"
    verdict = EXCEEDED if foreign else WITHIN
    return Finding("foreign operators", "every device", verdict, len(foreign), 0, "operators", note)


def _row(
    check: str, profile: Profile, value: float | None, limit: float | None, unit: str, note: str
) -> Iterator[Finding]:
    """The finding of one budget; nothing without a budget, not judged without a value."""
    if limit is None:
        return
    if value is None:
        yield Finding(check, profile.id, NOT_JUDGED, None, limit, unit, note)
    else:
        yield judged(check, profile.id, value, limit, unit, note)


def _static(report: Report, profile: Profile) -> Iterator[Finding]:
    """What the file alone says."""
    model, budget = report["model"], profile.budget
    yield from _row("bundle", profile, model["bytes"], budget.model_bytes, "bytes", "")
    macs = model["macs"]
    million = macs["total"] / 1e6 if macs else None
    note = f"at {macs['width']} pixels" if macs else "the runtime cannot run this network"
    unit = "million"
    yield from _row("multiply-accumulates", profile, million, budget.macs_million, unit, note)
    core = profile.emulation.qemu_cpu if profile.emulation else ""
    counted = (report["instructions"] or {}).get(core, {}).get("inference")
    if counted is not None:
        limit, note = budget.instr_per_invoke_max, f"one inference on {core}, emulated"
        yield from _row("instructions", profile, counted, limit, "instructions", note)


def _measured(report: Report, profile: Profile) -> Iterator[Finding]:
    """Memory and time."""
    budget, ratio = profile.budget, report["ratio"]
    yield from _memory(report, profile)
    yield from _times(report, profile)
    value = ratio["ratio"] if ratio else None
    note = f"{ratio['low']:.2f} to {ratio['high']:.2f} in one run here" if ratio else "not timed"
    yield from _row("time / reference", profile, value, budget.reference_ratio, "x", note)


def _memory(report: Report, profile: Profile) -> Iterator[Finding]:
    run, limit = report["run"], profile.budget.peak_rss_mb
    if limit is None:
        return
    if run is None or run["peak_rss_mb"] is None:
        yield Finding("peak memory", profile.id, NOT_JUDGED, None, limit, "MiB", "not measured")
        return
    note, bits = _where(report, profile), report["machine"]["bits"]
    if bits == profile.runtime.os_bits:
        yield judged("peak memory", profile.id, run["peak_rss_mb"], limit, "MiB", note)
        return
    note += f", whose programs have {bits} bits"
    yield Finding("peak memory", profile.id, NOT_JUDGED, run["peak_rss_mb"], limit, "MiB", note)


def _times(report: Report, profile: Profile) -> Iterator[Finding]:
    """Milliseconds: judged on the board itself, else shown as what they are."""
    run, budget = report["run"], profile.budget
    if run is not None and _on_the_board(report, profile):
        pairs = {"cold start": (run["cold_start_ms"], budget.cold_start_ms)}
        for name in _LATENCIES:
            limit = getattr(budget, f"latency_{name}_ms")
            pairs[f"latency {name}"] = (run["latency_ms"][name], limit)
        for check, (value, most) in pairs.items():
            yield from _row(check, profile, value, most, "ms", "measured on this board")
        return
    if budget.cold_start_ms is not None:
        value = run["cold_start_ms"] if run else None
        note, most = _where(report, profile), budget.cold_start_ms
        yield Finding("cold start", profile.id, NOT_JUDGED, value, most, "ms", note)
    if budget.latency_p50_ms is not None:
        note, most = _estimated(report, profile), budget.latency_p50_ms
        yield Finding("latency p50", profile.id, NOT_JUDGED, None, most, "ms", note)


def _on_the_board(report: Report, profile: Profile) -> bool:
    """Whether the times are those of this very board, measured properly."""
    run, machine = report["run"], report["machine"]
    valid = run["verdict"] == "valid" and run["kind"] == "measured" and run["extent"] == "full"
    return bool(valid and machine["device"] == profile.id)


def _where(report: Report, profile: Profile) -> str:
    """Which machine a figure is of."""
    if report["run"] is None:
        return "not measured"
    if report["machine"]["device"] != profile.id:
        return f"of this {report['machine']['architecture']} machine"
    run = report["run"]
    return f"of this board, in a report that is {run['verdict']}, {run['kind']} and {run['extent']}"


def _estimated(report: Report, profile: Profile) -> str:
    guess = report["estimates"].get(profile.id)
    if guess is None:
        return "never measured on this board, and there are no rates to estimate from"
    return (
        f"estimated: {guess['infer_ms']:.0f} ms ({guess['low_ms']:.0f} to {guess['high_ms']:.0f})"
        " for the network at its widest; only the board itself can judge"
    )


def _installed(report: Report, profile: Profile) -> Iterator[Finding]:
    """What an installation brings, the largest packages first; the worst of the Pythons counts."""
    sizes = report["install"].get(profile.id, [])
    worst = max(sizes, key=lambda size: size["install_bytes"], default=None)
    note = "no sizes are known for this system"
    if worst is not None:
        largest = sorted(worst["packages"], key=lambda package: -package["install_bytes"])[:3]
        names = ", ".join(f"{p['name']} {p['install_bytes'] / 1e6:.0f} MB" for p in largest)
        note = f"{worst['origin']}, Python {worst['python']}: {names}"
    for check, key in (("wheels", "wheel_bytes"), ("installation", "install_bytes")):
        value = worst[key] if worst else None
        yield from _row(check, profile, value, getattr(profile.budget, key), "bytes", note)


def _accuracy(report: Report, profile: Profile) -> Iterator[Finding]:
    """Error rates on the caller's lines, in per cent and percentage points."""
    found, fp32, budget = report["accuracy"], report["fp32"], profile.budget
    cer = found["cer"] * 100 if found else None
    note = f"{found['n']} lines" if found else "no --data to read"
    yield from _row("CER", profile, cer, budget.cer_percent, "%", note)
    loss = cer - fp32["cer"] * 100 if cer is not None and fp32 else None
    note = f"over {fp32['file']}, {fp32['n']} lines" if fp32 else "no --fp32 to compare with"
    yield from _row("CER loss", profile, loss, budget.cer_loss_points, "points", note)
