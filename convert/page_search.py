"""The part of the report on mixed precision: layers, ways to calibrate, ranges of activations."""

from html import escape
from typing import Any

from edge_runtime.svg import Bar, bars

Row = dict[str, Any]


def search_section(row: Row) -> str:
    """What the search of one network found."""
    found: Row = row["search"]
    parts = [
        f"<h2>What {escape(row['precision'])} costs, layer by layer</h2>",
        f"<p>On {found['lines']} lines of the training part that were not calibrated on. With"
        f" everything quantized: {_cost(found['everything'])}.</p>",
    ]
    if found["kept"]:
        kept = ", ".join(map(escape, found["kept"]))
        parts.append(
            f"<p>Kept in higher precision: {kept}. As written: {_cost(found['chosen'])}.</p>"
        )
    parts += [_layers(found), _calibration(found), _ranges(found)]
    return "".join(parts)


def _cost(cost: Row) -> str:
    text = f"logit error {cost['logit_error']:.2%}, drift {cost['drift']:.2%}"
    if cost["cer_loss"] is None:
        return text
    return f"{text}, CER {cost['cer_loss'] * 100:+.2f} points"


def _layers(found: Row) -> str:
    """Layers in the order of the network; those without a cost of their own are left out."""
    rows = [
        Bar(
            name,
            0.0,
            cost["logit_error"] * 100,
            "" if cost["cer_loss"] is None else f"{cost['cer_loss'] * 100:+.2f}",
            name in found["kept"],
        )
        for name, cost in found["layers"].items()
        if cost["logit_error"] > 1e-5
    ]
    if not rows:
        return ""
    return bars(rows, "logit error with this layer alone quantized, %; CER points")


def _calibration(found: Row) -> str:
    rows = [
        Bar(
            f"{row['method']}, {row['lines']} lines",
            0.0,
            row["logit_error"] * 100,
            "" if row["cer_loss"] is None else f"{row['cer_loss'] * 100:+.2f}",
            row["method"] == found["method"],
        )
        for row in found["calibration"]
    ]
    if not rows:
        return ""
    title = "logit error with everything quantized, %; CER points"
    return f"<h3>Ways to calibrate; used: {escape(found['method'])}</h3>" + bars(rows, title)


def _ranges(found: Row) -> str:
    method = found["method"]
    rows = [
        Bar(f"{row['name']} {number}", row[method][0], row[method][1], _wider(row, method))
        for number, row in enumerate(found["activations"], 1)
    ]
    if not rows:
        return ""
    return f"<h3>Ranges of activations, {escape(method)}</h3>" + bars(
        rows, "value of an activation"
    )


def _wider(row: Row, method: str) -> str:
    if method == "min-max":
        return ""
    seen = row["min-max"]
    return f"seen {seen[0]:.3g} to {seen[1]:.3g}"
