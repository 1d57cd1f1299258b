"""The benchmark's report, and a comparison of two, as text for a terminal."""

from typing import Any

Report = dict[str, Any]

_COLUMNS = ("p50", "p90", "p99", "mean", "max")


def render(report: Report) -> str:
    """The report for people."""
    machine = report["machine"]
    where = machine["board"] or machine["cpu"] or machine["architecture"]
    quick = "" if report["extent"] == "full" else ", fewer than 1,024 readings or 60 s"
    text = (
        f"{report['kind']} on {where}, {machine['cores']} cores, {machine['architecture']},"
        f" governor {machine['governor'] or 'unknown'}\n"
        f"{report['extent']} report{quick}; {report['pictures']} pictures; milliseconds\n"
        f"{_conditions(report)}\n"
    )
    if report["verdict"] == "invalid":
        text += (
            f"INVALID: {', '.join(report['throttled_by'])} during the run; cool or feed the board\n"
        )
    if report["busy"]:
        text += "the machine was busy with other programs: these figures are too high\n"
    for number, result in enumerate(report["models"]):
        text += "\n" + _result(result)
        if number:
            ratio = result["ratio"]
            text += (
                f"against the first: inference {ratio['infer']:.2f}x, whole line"
                f" {ratio['total']:.2f}x as fast, file {ratio['bytes']:.2f}x smaller\n"
            )
    return text


def render_comparison(result: Report) -> str:
    """Two reports, side by side."""
    text = "".join(f"not alike: {why}\n" for why in result["objections"])
    for pair in result["pairs"]:
        text += (
            f"{pair['before']} -> {pair['after']}, threads {pair['threads']},"
            f" lexicon {pair['lexicon']}, file {pair['bytes_ratio']:.2f}x smaller\n"
        )
        for stage in ("infer", "total"):
            row = pair[stage]
            text += (
                f"  {stage:<6} p50 {row['before_ms']:.2f} -> {row['after_ms']:.2f} ms,"
                f" {row['ratio']:.3f}x as fast (95 % {row['low']:.3f} to {row['high']:.3f}):"
                f" {row['verdict']}\n"
            )
    return text


def _conditions(report: Report) -> str:
    """Clock, heat, load and throttling before and after, as far as the system tells."""
    before, after = report["before"], report["after"]
    parts = []
    for key, name, unit in (("mhz", "clock", "MHz"), ("celsius", "temperature", "C")):
        if before[key] is not None and after[key] is not None:
            parts.append(f"{name} {before[key]:.0f} -> {after[key]:.0f} {unit}")
    if before["load"] is not None:
        parts.append(f"load before {before['load']:.1f}")
    if before["throttled"] is None:
        parts.append("throttling unknown")
    else:
        parts.append(f"throttled {before['throttled']:#x} -> {after['throttled'] or 0:#x}")
    return ", ".join(parts)


def _result(result: Report) -> str:
    memory = result["peak_memory_mb"]
    rows = [
        f"{result['name']} ({result['path']}, {result['bytes']:,} bytes)",
        f"{result['runtime']}, threads: {result['threads']}, lexicon: {result['lexicon']},"
        f" {result['runs']} lines in {result['seconds']:.0f} s; load"
        f" {result['load_ms']:.1f}, first line {result['first_ms']:.1f}, imports"
        f" {result['import_ms']:.0f}, cold start {result['cold_start_ms']:.0f}, peak memory"
        f" {f'{memory:.0f} MiB' if memory else 'unknown'}",
        f"{'':<12}" + "".join(f"{name:>10}" for name in _COLUMNS),
    ]
    for stage, figures in result["stages"].items():
        cells = "".join(f"{figures[key]:>10.2f}" for key in _COLUMNS)
        rows.append(f"{stage:<12}{cells}")
    rows += _profile(result["profile"])
    rows += _sustained(result["sustained"])
    if result["watts"] is not None:
        rows.append(
            f"power {result['watts']:.2f} W, {result['joules_per_line'] * 1e3:.1f} mJ a line"
        )
    rows += _device(result)
    return "\n".join(rows) + "\n"


def _profile(profile: Report | None) -> list[str]:
    if profile is None:
        return []
    if "error" in profile:
        return [f"operators not timed: {profile['error']}"]
    total = profile["total_ms"] or 1.0
    parts = [f"{n} {ms:.2f} ({ms / total:.0%})" for n, ms in profile["parts"].items()]
    names = [f"{n} {ms:.2f}" for n, ms in list(profile["by_operator"].items())[:5]]
    return [
        f"by part at {profile['width']} px, by cutting the network: {', '.join(parts)}",
        f"by operator: {', '.join(names)}",
    ]


def _sustained(run: Report | None) -> list[str]:
    if run is None:
        return []
    drift = run["drift_percent"]
    said = "too short to tell a drift" if drift is None else f"drift {drift:+.1f} %, last tenth"
    tail = "" if drift is None else " against the first"
    return [f"sustained {run['seconds'] / 60:.1f} min, {run['lines']} lines: {said}{tail}"]


def _device(result: Report) -> list[str]:
    rows = [
        f"budget {row['budget']}: {row['value']:,.0f} of {row['limit']:,} {row['unit']},"
        f" {row['verdict']}"
        for row in result.get("budgets", ())
    ]
    if guess := result.get("estimate"):
        rows.append(
            f"estimated on {guess['device']}, {guess['threads']} threads, {guess['width']} px:"
            f" {guess['infer_ms']:.0f} ms ({guess['low_ms']:.0f} to {guess['high_ms']:.0f});"
            " nothing was measured there"
        )
    return rows
