"""Which candidates are on the front, and how all of them are shown: one table, one page."""

from collections.abc import Sequence
from html import escape
from typing import Any

from edge_runtime.html_page import html_page, table
from edge_runtime.svg import Point, scatter
from train.tune.conversion import finalists
from train.tune.rungs import pareto

Row = dict[str, Any]

_AXES = {
    "macs": ("MMAC of the widest line", 1e-6),
    "bytes": ("kB", 1e-3),
    "ms": ("ms of the widest line", 1.0),
}


def costs_of(row: Row) -> dict[str, float]:
    """MACs, bytes and, once converted, ms; bytes are the file's if there is one."""
    model = row["model"] or {}
    costs = {"macs": row["costs"]["macs"], "bytes": model.get("bytes") or row["costs"]["bytes"]}
    return costs | ({"ms": model["ms"]} if model else {})


def mark_fronts(report: Row) -> None:
    """Note in every row of which fronts it is: of CER against MACs, bytes or milliseconds.

    Compared are those that were trained at the last rung, bytes and milliseconds only among those
    converted if there are any.
    """
    for row in report["candidates"]:
        row["front"] = []
    for axis in _AXES:
        rows = _comparable(report, axis)
        points = [(row["rungs"][-1]["cer"], costs_of(row)[axis]) for row in rows]
        for row, on_front in zip(rows, pareto(points), strict=True):
            row["front"] += [axis] if on_front else []


def _comparable(report: Row, axis: str) -> list[Row]:
    rows = finalists(report)
    if axis == "macs" or not any(row["model"] for row in rows):
        return [row for row in rows if axis in costs_of(row)]
    return [row for row in rows if row["model"]]


def markdown(report: Row) -> str:
    """The table of all candidates: the last rung first, by CER; then why others ended."""
    heads, rows = _cells(report)
    lines = [heads, ["---"] * len(heads), *rows]
    text = "".join(f"| {' | '.join(_escaped(line))} |\n" for line in lines)
    return f"{text}\n{_note(report)}\n"


def page(report: Row) -> str:
    """The report as one page of HTML with plots of the fronts."""
    plots = []
    for axis, (title, unit) in _AXES.items():
        points = [
            Point(
                costs_of(row)[axis] * unit,
                row["rungs"][-1]["cer"] * 100,
                row["name"],
                axis in row["front"],
            )
            for row in _comparable(report, axis)
        ]
        if points:
            plots.append(f"<div>{scatter(points, title, 'mean CER, %')}</div>")
    heads, rows = _cells(report)
    changes = [
        [row["name"], ", ".join(f"{key} = {value}" for key, value in row["changes"].items())]
        for row in report["candidates"]
    ]
    body = (
        f"<p>{escape(_note(report))} Coloured: on the front, no other is better in both.</p>"
        f'<div class="plots">{"".join(plots)}</div>{table(heads, rows)}'
        f"<h2>What differs from {escape(report['base'])}</h2>{table(['', ''], changes, 'text')}"
    )
    return html_page(f"Search {report['space']}", body)


def _cells(report: Row) -> tuple[list[str], list[list[str]]]:
    last = sorted(finalists(report), key=lambda row: float(row["rungs"][-1]["cer"]))
    others = [row for row in report["candidates"] if row not in last]
    sets = list(
        dict.fromkeys(
            one["data"] for row in [*last, *others] for rung in row["rungs"] for one in rung["sets"]
        )
    )
    converted = any(row["model"] for row in last)
    heads = ["candidate", "parameters", "MMAC", "kB, weights"]
    heads += ["kB, file", "ms"] if converted else []
    heads += ["line views", *(f"CER %, {name}" for name in sets), "mean CER %", "note"]
    return heads, [_row(row, sets, converted) for row in [*last, *others]]


def _row(row: Row, sets: Sequence[str], converted: bool) -> list[str]:
    costs, model = row["costs"], row["model"]
    cells = [row["name"]]
    cells += (
        [f"{costs['parameters']:,}", f"{costs['macs'] / 1e6:,.0f}", f"{costs['bytes'] / 1e3:,.0f}"]
        if costs
        else [""] * 3
    )
    if converted:
        cells += [f"{model['bytes'] / 1e3:,.0f}", f"{model['ms']:.2f}"] if model else ["", ""]
    rung = row["rungs"][-1] if row["rungs"] else None
    found = {one["data"]: one for one in rung["sets"]} if rung else {}
    cells.append(f"{rung['views']:,}" if rung else "")
    cells += [_cer(found[name]) if name in found else "" for name in sets]
    cells.append(f"{rung['cer'] * 100:.2f}" if rung else "")
    return [*cells, _remark(row)]


def _cer(measured: Row) -> str:
    low, high = measured["intervals"]["cer"]
    return f"{measured['cer'] * 100:.2f} ({low * 100:.2f}-{high * 100:.2f})"


def _remark(row: Row) -> str:
    parts = [f"front: {', '.join(row['front'])}"] if row["front"] else []
    parts += [f"refused: {row['refused']}"] if row["refused"] else []
    parts += [f"failed: {row['failed']}"] if row["failed"] else []
    if not parts and row["dropped"]:
        parts.append(f"dropped after rung {row['dropped']}")
    return "; ".join(parts)


def _note(report: Row) -> str:
    machine = report["machine"]
    return (
        f"Base {report['base']}, seed {report['seed']}; in brackets 95 % bootstrap intervals over"
        f" lines; milliseconds of one thread on {machine['cpu'] or machine['architecture']}, only"
        " comparable within this table."
    )


def _escaped(cells: Sequence[str]) -> list[str]:
    return [cell.replace("|", "\\|").replace("\n", " ") for cell in cells]
