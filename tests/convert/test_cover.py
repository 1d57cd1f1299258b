"""Calibration lines cover widths, darkness, writers and letters."""

import numpy as np

from convert.cover import cover
from convert.lines import Line


def line(width: int, ink: int, text: str = "", writer: str | None = None) -> Line:
    return Line(f"{width}-{ink}", np.full((4, width), ink, np.uint8), text, writer)


def test_the_extremes_of_width_and_darkness_are_covered() -> None:
    rng = np.random.default_rng(1)
    lines = [line(int(w), int(k)) for w, k in zip(*rng.integers(50, 200, (2, 300)), strict=True)]
    lines += [line(10, 100), line(900, 100), line(120, 0), line(121, 255)]
    chosen = [lines[i] for i in cover(lines, 40)]
    assert len({one.id for one in chosen}) == len(chosen) == 40
    assert {one.id for one in lines[-4:]} <= {one.id for one in chosen}
    counts, _ = np.histogram([one.ink.shape[1] for one in chosen], bins=[50, 100, 150, 200])
    assert counts.min() >= 10
    faint = [one for one in chosen if one.ink.mean() < 80]
    assert len(faint) >= 6
    assert cover(lines[:5], 40) == [0, 1, 2, 3, 4]


def test_every_writer_has_about_the_same_number_of_lines() -> None:
    rng = np.random.default_rng(2)
    writers = rng.choice(list("abcd"), 400, p=[0.85, 0.05, 0.05, 0.05])
    sizes = rng.integers(50, 200, (400, 2))
    lines = [line(int(w), int(k), "", str(who)) for (w, k), who in zip(sizes, writers, strict=True)]
    counts = [sum(lines[i].writer == who for i in cover(lines, 40)) for who in "abcd"]
    assert sum(counts) == 40
    assert min(counts) >= 6


def test_rare_letters_are_looked_for() -> None:
    lines = [line(100 + i % 7, 100 + i % 5, "common") for i in range(300)]
    lines[123] = line(103, 102, "đặc")
    lines[222] = line(104, 101, "quý")
    chosen = cover(lines, 24)
    assert {123, 222} <= set(chosen)
    assert len(chosen) == 24
