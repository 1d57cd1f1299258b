"""Small plots as inline SVG, for a page that needs no other file.

Written here because they are a few simple shapes: a plotting library would be larger than all that
a device needs, for a page that has to hold its plots as text anyway.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

WIDTH, HEIGHT = 560, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 16, 44
_BAR = 22
_NAMES = 190
"""Pixels for the names beside bars."""
_BINS = 60
"""Bars of a histogram."""


@dataclass(frozen=True)
class Point:
    """One labelled point of a scatter plot."""

    x: float
    y: float
    label: str
    strong: bool = False
    """Drawn in the accent colour."""


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart, from ``low`` to ``high``."""

    label: str
    low: float
    high: float
    note: str = ""
    """Said behind the bar."""
    strong: bool = False


def scatter(points: Sequence[Point], x_title: str, y_title: str) -> str:
    """Points with their labels, both axes from zero or a little below the smallest value."""
    if not points:
        return ""
    x_low, x_high = _span([p.x for p in points])
    y_low, y_high = _span([p.y for p in points])
    x_at = _scale(x_low, x_high, _LEFT, WIDTH - _RIGHT)
    y_at = _scale(y_low, y_high, HEIGHT - _BOTTOM, _TOP)
    parts = [_axes(x_title, y_title)]
    parts += _x_ticks(x_low, x_high, x_at)
    parts += _y_grid(y_low, y_high, y_at)
    for point in points:
        kind = "strong" if point.strong else "mark"
        x, y = x_at(point.x), y_at(point.y)
        parts.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        late = x > WIDTH * 0.7
        parts.append(_text(x + (-9 if late else 9), y - 7, point.label, "end" if late else "start"))
    return _svg(HEIGHT, parts)


def bars(rows: Sequence[Bar], title: str) -> str:
    """Horizontal bars on one axis that includes zero."""
    if not rows:
        return ""
    low = min(0.0, *(row.low for row in rows))
    high = max(0.0, *(row.high for row in rows)) or 1.0
    at = _scale(low, high, _NAMES, WIDTH - 90)
    height = _BAR * len(rows) + 48
    parts = [_line(at(0.0), 8, at(0.0), height - 36, "axis")]
    for number, row in enumerate(rows):
        y = 8 + number * _BAR
        kind = "strong" if row.strong else "mark"
        x, width = at(row.low), max(1.0, at(row.high) - at(row.low))
        parts.append(_text(_NAMES - 8, y + 15, row.label, "end"))
        parts.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="14"/>'
        )
        parts.append(_text(at(row.high) + 6, y + 15, row.note, "start"))
    for value in ticks(low, high):
        parts.append(_text(at(value), height - 20, _number(value), "middle"))
    parts.append(_text((_NAMES + WIDTH) / 2, height - 4, title, "middle"))
    return _svg(height, parts)


def histogram(values: Sequence[float], marks: Sequence[tuple[str, float]], title: str) -> str:
    """How often values occur, with labelled upright lines; the last bar holds all beyond it.

    Args:
        values: what is counted.
        marks: name and place of each line, from left to right.
        title: of the axis of values.
    """
    if not values:
        return ""
    ordered = sorted(values)
    low, high = ordered[0], ordered[min(len(ordered) - 1, int(len(ordered) * 0.995))]
    high = max(high, low * 1.001, *(at for _, at in marks)) if marks else max(high, low * 1.001)
    counts = [0] * _BINS
    for value in ordered:
        counts[min(_BINS - 1, int((value - low) / (high - low) * _BINS))] += 1
    x_at = _scale(low, high, _LEFT, WIDTH - _RIGHT)
    y_at = _scale(0, max(counts), HEIGHT - _BOTTOM, _TOP + 30)
    parts = [_axes(title, "readings")]
    bar = (WIDTH - _RIGHT - _LEFT) / _BINS
    for i, count in enumerate(counts):
        top = y_at(count)
        parts.append(
            f'<rect class="mark" x="{_LEFT + i * bar + 0.5:.1f}" y="{top:.1f}"'
            f' width="{bar - 1:.1f}" height="{HEIGHT - _BOTTOM - top:.1f}"/>'
        )
    parts += _x_ticks(low, high, x_at)
    for row, (name, at) in enumerate(marks):
        x = x_at(at)
        parts.append(_line(x, _TOP, x, HEIGHT - _BOTTOM, "axis"))
        parts.append(_text(x + 4, _TOP + 10 + 12 * row, f"{name} {_number(at)}", "start"))
    return _svg(HEIGHT, parts)


def curve(points: Sequence[tuple[float, float]], x_title: str, y_title: str) -> str:
    """Values over time, as a line through them; nothing for fewer than two."""
    if len(points) < 2:
        return ""
    x_low, x_high = points[0][0], points[-1][0]
    y_low, y_high = _span([y for _, y in points])
    x_at = _scale(x_low, x_high, _LEFT, WIDTH - _RIGHT)
    y_at = _scale(y_low, y_high, HEIGHT - _BOTTOM, _TOP)
    parts = [_axes(x_title, y_title)]
    parts += _x_ticks(x_low, x_high, x_at)
    parts += _y_grid(y_low, y_high, y_at)
    path = " ".join(f"{x_at(x):.1f},{y_at(y):.1f}" for x, y in points)
    return _svg(HEIGHT, [*parts, f'<polyline class="curve" points="{path}"/>'])


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values between two others, about so many."""
    span = high - low
    if span <= 0:
        return [low]
    rough = span / about
    power = 10.0 ** floor(log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    first = -floor(-low / step)
    return [i * step for i in range(first, floor(high / step + 1e-9) + 1)]


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    return (0.0 if 0 <= low <= high * 0.5 else low - margin), high + margin


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / ((high - low) or 1.0) * (end - start)


def _axes(x_title: str, y_title: str) -> str:
    bottom, middle = HEIGHT - _BOTTOM, (HEIGHT - _BOTTOM + _TOP) / 2
    return (
        _line(_LEFT, bottom, WIDTH - _RIGHT, bottom, "axis")
        + _line(_LEFT, _TOP, _LEFT, bottom, "axis")
        + _text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 6, x_title, "middle")
        + f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_title)}</text>"
    )


def _x_ticks(low: float, high: float, at: Callable[[float], float]) -> list[str]:
    return [_text(at(x), HEIGHT - _BOTTOM + 18, _number(x), "middle") for x in ticks(low, high)]


def _y_grid(low: float, high: float, at: Callable[[float], float]) -> list[str]:
    parts = []
    for value in ticks(low, high):
        y = at(value)
        parts.append(_text(_LEFT - 8, y + 4, _number(value), "end"))
        parts.append(_line(_LEFT, y, WIDTH - _RIGHT, y, "grid"))
    return parts


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def _svg(height: int, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(parts)}</svg>'
