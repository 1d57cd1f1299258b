"""The benchmark's report as one page of HTML that needs no other file."""

from collections.abc import Iterator
from html import escape
from typing import Any

from edge_runtime.html_page import html_page, table
from edge_runtime.svg import Bar, bars, curve, histogram

Report = dict[str, Any]

_COLUMNS = ("p50", "p90", "p95", "p99", "mean", "min", "max", "std")
_STATES = (
    ("celsius", "degrees Celsius"),
    ("mhz", "MHz"),
    ("firmware_mhz", "MHz, firmware"),
    ("watts", "watts"),
    ("load", "load average"),
)


def render_page(report: Report) -> str:
    """The page of a report, as ``bench.benchmark`` makes it."""
    sections = [_head(report), _conditions(report)]
    for result in report["models"]:
        sections += list(_model(result))
    return html_page("edge-htr benchmark", "\n".join(part for part in sections if part))


def _head(report: Report) -> str:
    machine = report["machine"]
    where = machine["board"] or machine["cpu"] or machine["architecture"]
    text = (
        f"<p><b>{escape(report['kind'])}</b> on {escape(where)}, {escape(report['extent'])} report,"
        f" {report['pictures']} pictures, {escape(report['created'])},"
        f" edge-htr {escape(report['tool_version'])}.</p>"
    )
    if report["verdict"] == "invalid":
        why = escape(", ".join(report["throttled_by"]))
        text += f'<p class="bad"><b>Invalid:</b> {why} during the run.</p>'
    if report["busy"]:
        text += (
            '<p class="bad">The machine was busy with other programs: these are upper bounds.</p>'
        )
    if report["extent"] != "full":
        text += "<p>A full report has at least 1,024 readings and 60 seconds of each model.</p>"
    return text


def _conditions(report: Report) -> str:
    """The machine, and what changed about it while it ran."""
    rows = [[key, _said(value)] for key, value in report["machine"].items()]
    rows.append(["power sensor", _said(report["power"]["sensor"])])
    states = [
        [key, _said(report["before"][key]), _said(report["after"][key])]
        for key in ("mhz", "firmware_mhz", "celsius", "throttled", "watts", "load")
    ]
    plots = [
        curve([(n["s"], n[key]) for n in report["timeline"] if n[key] is not None], "seconds", name)
        for key, name in _STATES
    ]
    return (
        "<h2>Machine</h2>"
        + table(["", ""], rows, "text")
        + table(["", "before", "after"], states)
        + f'<div class="plots">{"".join(f"<div>{plot}</div>" for plot in plots if plot)}</div>'
    )


def _model(result: Report) -> Iterator[str]:
    memory = result["peak_memory_mb"]
    yield f"<h2>{escape(result['name'])}, threads {result['threads']}</h2>"
    yield (
        f"<p>{escape(result['path'])}, {result['bytes']:,} bytes, {escape(result['runtime'])},"
        f" lexicon {escape(result['lexicon'])}; {result['runs']:,} readings in"
        f" {result['seconds']:.0f} s. Cold start {result['cold_start_ms']:.0f} ms, of it imports"
        f" {result['import_ms']:.0f}, load {result['load_ms']:.1f}, first line"
        f" {result['first_ms']:.1f}; peak memory {f'{memory:.0f} MiB' if memory else 'unknown'}."
        f"</p><p>Network {escape(result['network_sha256'])}</p>"
    )
    rows = [
        [stage, *(f"{figures[key]:.3f}" for key in _COLUMNS)]
        for stage, figures in result["stages"].items()
    ]
    yield table(["ms", *_COLUMNS], rows)
    yield '<div class="plots">' + "".join(_histograms(result)) + "</div>"
    yield _sustained(result["sustained"])
    yield _profile(result["profile"])
    yield _budgets(result)


def _histograms(result: Report) -> Iterator[str]:
    for stage, rounds in result["samples_ms"].items():
        marks = [(key, result["stages"][stage][key]) for key in ("p50", "p90", "p99")]
        values = [value for one in rounds for value in one]
        yield f"<div>{histogram(values, marks, f'milliseconds, {stage}')}</div>"
        where = [(float(i), value) for i, value in enumerate(values[:: max(1, len(values) // 600)])]
        yield f"<div>{curve(where, 'reading, thinned', f'milliseconds, {stage}')}</div>"


def _sustained(run: Report | None) -> str:
    if run is None:
        return ""
    drift = run["drift_percent"]
    said = "too short to tell a drift" if drift is None else f"drift {drift:+.1f} %"
    plot = curve([(row["s"], row["p50"]) for row in run["rows"]], "seconds", "ms, p50 of a second")
    return (
        f"<h3>Sustained</h3><p>{run['lines']:,} lines in {run['seconds'] / 60:.1f} minutes:"
        f" {said} (last tenth against the first).</p>{plot}"
    )


def _profile(profile: Report | None) -> str:
    if profile is None or "error" in profile:
        return "" if profile is None else f"<p>{escape(profile['error'])}</p>"
    rows = [Bar(name, 0.0, ms, f"{ms:.3f}", True) for name, ms in profile["parts"].items()]
    rows += [Bar(name, 0.0, ms, f"{ms:.3f}") for name, ms in profile["by_operator"].items()]
    each = [[str(r["index"]), r["name"], r["part"], f"{r['ms']:.3f}"] for r in profile["operators"]]
    return (
        f"<h3>Time by part and operator</h3><p>{escape(profile['method'])};"
        f" width {profile['width']} px.</p>{bars(rows, 'milliseconds')}"
        "<details><summary>every operator</summary>"
        + table(["", "operator", "part", "ms"], each)
        + "</details>"
    )


def _budgets(result: Report) -> str:
    text = ""
    if rows := result.get("budgets"):
        cells = [
            [r["budget"], f"{r['value']:,.1f}", f"{r['limit']:,}", r["unit"], r["verdict"]]
            for r in rows
        ]
        text += "<h3>Budgets</h3>" + table(["budget", "value", "limit", "", "verdict"], cells)
    if guess := result.get("estimate"):
        text += (
            f"<p>Estimated on {escape(guess['device'])}: {guess['infer_ms']:.0f} ms"
            f" ({guess['low_ms']:.0f} to {guess['high_ms']:.0f}), {escape(guess['basis'])}.</p>"
        )
    return text


def _said(value: Any) -> str:
    if value is None:
        return "unknown"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
