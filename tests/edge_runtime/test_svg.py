"""Plots as text."""

import xml.etree.ElementTree as ElementTree

import pytest

from edge_runtime.svg import Bar, Point, bars, curve, histogram, scatter, ticks


def positions(svg: str, shape: str, attribute: str) -> list[float]:
    return [float(one.attrib[attribute]) for one in ElementTree.fromstring(svg).iter(shape)]


def test_points_stand_in_the_order_of_their_values() -> None:
    svg = scatter([Point(1, 9, "a"), Point(2, 8, "b"), Point(4, 5, "c")], "size", "CER")
    x, y = positions(svg, "circle", "cx"), positions(svg, "circle", "cy")
    assert x == sorted(x)
    assert y == sorted(y)  # smaller values stand lower, where y is larger
    assert x[2] - x[1] == pytest.approx(2 * (x[1] - x[0]), rel=1e-2)


def test_names_cannot_break_the_page() -> None:
    svg = scatter([Point(1, 1, "<b>&")], "x<", "y&") + bars([Bar('"<i>', 0, 1, "&")], "t>")
    assert "<b>" not in svg
    assert "<i>" not in svg
    assert "&lt;b&gt;&amp;" in svg


def test_bars_start_at_zero_and_show_ranges() -> None:
    svg = bars([Bar("a", 0, 2), Bar("b", 0, 1), Bar("c", -1, 1)], "value")
    width, x = positions(svg, "rect", "width"), positions(svg, "rect", "x")
    assert width[0] == pytest.approx(2 * width[1], abs=0.2)
    assert width[2] == pytest.approx(width[0], abs=0.2)
    assert x[0] == x[1] > x[2]


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.0, 7.2), (4.48, 4.53), (5.0, 5.0)])
def test_ticks_are_few_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 1 <= len(found) <= 8
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in found)


def test_nothing_to_draw_is_no_plot() -> None:
    assert scatter([], "x", "y") == bars([], "t") == ""
    ElementTree.fromstring(scatter([Point(3, 3, "alone")], "x", "y"))


def test_a_histogram_counts_every_value() -> None:
    svg = histogram([1.0] * 30 + [2.0] * 10 + [90.0], [("p50", 1.0)], "ms")
    heights = positions(svg, "rect", "height")
    assert max(heights) == heights[0]
    assert len(heights) == 60
    assert "p50 1" in svg
    assert histogram([], [], "ms") == ""
    ElementTree.fromstring(histogram([3.0, 3.0], [("p50", 3.0)], "ms"))


def test_a_curve_goes_through_its_points_in_order() -> None:
    svg = curve([(0.0, 5.0), (1.0, 9.0), (4.0, 7.0)], "s", "ms")
    (line,) = ElementTree.fromstring(svg).iter("polyline")
    points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert points[1][1] < points[2][1] < points[0][1]  # larger values stand higher
    assert curve([(0.0, 1.0)], "s", "ms") == ""
