"""The report as one page of HTML that needs no other file: tables, plots, changed lines."""

from collections.abc import Sequence
from html import escape
from typing import Any

from convert.page_search import search_section
from edge_runtime.html_page import html_page, table
from edge_runtime.svg import Point, scatter

Row = dict[str, Any]


def render(report: Row) -> str:
    """The page of a report, as ``report.make_report`` makes it."""
    networks: list[Row] = report["networks"]
    made = [row for row in networks if "bytes" in row]
    sections = [
        _head(report),
        _summary(networks),
        _front(made),
        _pruning(report["pruning"], made),
        *(search_section(row) for row in made if row["search"]),
        _proofs(made),
        _sizes(made),
        _operators(made),
        _changed(made),
        _lines(report["lines"]),
    ]
    body = "\n".join(section for section in sections if section)
    return html_page(f"Conversion of {report['name']}", body)


def title_of(row: Row) -> str:
    """What a network is called on the page."""
    label, precision = str(row["label"]), str(row["precision"])
    return precision if label == "trained" else f"{label} {precision}"


def _head(report: Row) -> str:
    machine, network = report["machine"], report["network"]
    return (
        f"<p>{escape(report['checkpoint']['file'])}, {network['parameters']:,} parameters,"
        f" {network['classes']} classes; edge-htr {escape(report['tool_version'])},"
        f" {escape(report['created'])}, {escape(str(machine['cpu']))}.</p>"
    )


def _summary(networks: Sequence[Row]) -> str:
    heads = [
        *("network", "bytes", "compressed", "MMAC", "ms", "fp32 / it", "MiB"),
        *("CER %", "rise, points", "drift %", "logit error %", "verdict"),
    ]
    first = next((row for row in networks if row["precision"] == "fp32" and "bytes" in row), None)
    rows = [_summary_row(row, first) for row in networks]
    note = (
        "<p>ms: one inference, one thread: the fastest of 20 runs of each line, in turns with the"
        " other networks, and the median over 16 lines; only comparable within this table. Rise:"
        " CER here less CER of Keras on the same lines, with the 95 % interval of a paired"
        " bootstrap. Drift: edits to Keras' reading per character of it.</p>"
    )
    return "<h2>Networks</h2>" + table(heads, rows) + note


def _summary_row(row: Row, first: Row | None) -> list[str]:
    if "bytes" not in row:
        return [title_of(row), *[""] * 10, f"not possible: {row['refused']}"]
    parity = next(iter(row["parity"].values()))
    ms, reference = _milliseconds(row), _milliseconds(first) if first else None
    speed: Row = next(iter(row["speed"].values()), {})
    return [
        title_of(row),
        f"{row['bytes']['bundle']:,}",
        f"{row['bytes']['compressed']:,}",
        f"{row['macs']['total'] / 1e6:,.0f}",
        f"{ms:.2f}" if ms else "",
        f"{reference / ms:.2f}x" if ms and reference else "",
        f"{speed['peak_memory_mb']:.0f}" if speed.get("peak_memory_mb") else "",
        percent(parity["cer_tflite"]),
        _rise(parity["difference"]),
        percent(parity["drift"]),
        percent(parity["logit_error"]),
        "; ".join(row["failures"]) or ("written" if row["file"] else "compared with"),
    ]


def _rise(difference: Row | None) -> str:
    if difference is None:
        return ""
    cer, low, high = (difference[key] * 100 for key in ("cer", "low", "high"))
    return f"{cer:+.2f} ({low:+.2f} to {high:+.2f})"


def percent(value: float | None) -> str:
    """A fraction as per cent, empty if there is none."""
    return "" if value is None else f"{value * 100:.2f}"


def _milliseconds(row: Row) -> float | None:
    speed: Row = next(iter(row["speed"].values()), {})
    value: float | None = speed.get("fastest_ms")
    return value


def _front(made: Sequence[Row]) -> str:
    points: dict[str, list[Point]] = {"bytes": [], "ms": []}
    times = sorted(_milliseconds(row) or 0.0 for row in made)
    limit, beyond = 4 * times[len(times) // 2] if times else 0.0, ""
    for row in made:
        cer = next(iter(row["parity"].values()))["cer_tflite"]
        if cer is None or row["failures"]:  # one that reads badly would squeeze all others
            continue
        strong = row["file"] is not None
        size, ms = row["bytes"]["bundle"] / 1e6, _milliseconds(row)
        points["bytes"].append(Point(size, cer * 100, title_of(row), strong))
        if ms and ms > limit:
            beyond += f"; {title_of(row)} beyond, {ms:.0f} ms"
        elif ms:
            points["ms"].append(Point(ms, cer * 100, title_of(row), strong))
    if not points["bytes"]:
        return ""
    plots = scatter(points["bytes"], "size, MB", "CER, %")
    plots += scatter(points["ms"], f"one inference, ms{beyond}", "CER, %")
    return f'<h2>Size, time and errors</h2><div class="plots">{plots}</div>'


def _pruning(pruning: dict[str, list[Row]], made: Sequence[Row]) -> str:
    if not pruning:
        return ""
    parts = ["<h2>Pruning</h2>"]
    for row in made:
        for other, rise in row["against"].items():
            parts.append(
                f"<p>{escape(title_of(row))} against {escape(other)}: CER {_rise(rise)} points.</p>"
            )
    for label, rounds in pruning.items():
        for number, note in enumerate(rounds, 1):
            before, after = note["parameters"]
            parts.append(
                f"<h3>{escape(label)}, round {number}: {before:,} to {after:,} parameters,"
                f" {note['finetuned_lines']:,} lines in steps of {note['batch']}</h3>"
            )
            sizes = [[name, *map(str, both)] for name, both in note["channels"].items()]
            if sizes:
                parts.append(table(["layer", "channels before", "after"], sizes))
            zeros = [[name, percent(share)] for name, share in note.get("zeros", {}).items()]
            if zeros and label != "control":
                parts.append(table(["kernel", "zeros, %"], zeros))
    return "".join(parts)


def _proofs(made: Sequence[Row]) -> str:
    heads = ["network", "runtime", "lines", "same text %", "same class %", "largest difference"]
    rows = [
        [
            title_of(row),
            name,
            str(parity["lines"]),
            percent(parity["same_text"]),
            percent(parity["agreement"]),
            f"{parity['logit_max']:.3g}",
        ]
        for row in made
        for name, parity in row["parity"].items()
    ]
    return "<h2>In each runtime, against Keras</h2>" + table(heads, rows)


def _sizes(made: Sequence[Row]) -> str:
    names = list(dict.fromkeys(name for row in made for name in row["bytes"]["parts"]))
    rows = [[name, *(f"{row['bytes']['parts'].get(name, 0):,}" for row in made)] for name in names]
    return "<h2>Bytes by part</h2>" + table(["part", *map(title_of, made)], rows)


def _operators(made: Sequence[Row]) -> str:
    names = sorted({name for row in made for name in row["operators"]})
    rows = [[name, *(str(row["operators"].get(name, "")) for row in made)] for name in names]
    return "<h2>Operators</h2>" + table(["operator", *map(title_of, made)], rows)


def _changed(made: Sequence[Row]) -> str:
    parts = ["<h2>Lines that read differently from Keras</h2>"]
    for row in made:
        if row["file"] is None or not row["changed_lines"]:
            continue
        lines = [
            [str(line[key]) for key in ("id", "edits", "label", "keras", "converted")]
            for line in row["changed_lines"]
        ]
        heads = ["line", "edits", "label", "Keras", "here"]
        parts.append(f"<h3>{escape(title_of(row))}</h3>" + table(heads, lines, "text"))
    return "".join(parts) if len(parts) > 1 else ""


def _lines(lines: Row) -> str:
    ids = ", ".join(map(escape, lines["calibration"]))
    return (
        f"<h2>Lines</h2><p>Compared on {lines['proof']} lines, searched on {lines['search']},"
        f" calibrated on {len(lines['calibration'])}:</p><details><summary>their ids</summary>"
        f"<p>{ids}</p></details>"
    )
