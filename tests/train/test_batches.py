"""Epochs are planned: the same for a seed, every line in its turn, like widths together."""

from pathlib import Path

import numpy as np
import pytest

from edge_runtime.charset import Charset
from edge_runtime.errors import DataError
from train.augment import Augmentation, augment, draw_stretch
from train.batches import (
    BatchMaker,
    BatchSettings,
    Source,
    label_width,
    make_batch,
    passes,
    plan_epoch,
)
from train.cache import PackedLines, read_packed, write_packed

AB = Charset("ab ")
SETTINGS = BatchSettings(size=4, width_step=32, block=16, seed=3)


def packed(folder: Path, count: int = 21, name: str = "lines") -> PackedLines:
    rng = np.random.default_rng(1)
    lines = []
    for i in range(count):
        ink = rng.integers(0, 256, (16, int(rng.integers(20, 200)))).astype(np.uint8)
        lines.append((f"id{i}", "ab"[i % 2] * (1 + i % 3), None, ink))
    return write_packed(folder / f"{name}.npy", lines, 16)


def test_packed_lines_come_back_as_they_were(tmp_path: Path) -> None:
    written = packed(tmp_path)
    read = read_packed(tmp_path / "lines.npy")
    assert read.texts == written.texts
    assert read.ids[3] == "id3"
    assert all((read.line(i) == written.line(i)).all() for i in range(len(read)))


def test_a_damaged_packed_file_is_named(tmp_path: Path) -> None:
    packed(tmp_path)
    index = tmp_path / "lines.json"
    index.write_text(index.read_text().replace('"height": 16', '"height": 17'))
    with pytest.raises(DataError, match="do not fit"):
        read_packed(tmp_path / "lines.npy")
    index.unlink()
    with pytest.raises(DataError, match="not a packed line file"):
        read_packed(tmp_path / "lines.npy")
    with pytest.raises(DataError, match="no readable line"):
        write_packed(tmp_path / "none.npy", [], 16)


def test_passes_show_every_item_once_before_any_twice() -> None:
    stream = [int(i) for start in range(0, 30, 6) for i in passes(10, start, 6, seed=1)]
    assert all(sorted(stream[i : i + 10]) == list(range(10)) for i in (0, 10, 20))
    assert stream[:10] != stream[10:20]


def test_a_plan_depends_on_seed_and_epoch_alone(tmp_path: Path) -> None:
    sources = [Source(packed(tmp_path))]
    first = plan_epoch(sources, 20, 0, SETTINGS, Augmentation())
    assert first == plan_epoch(sources, 20, 0, SETTINGS, Augmentation())
    assert first != plan_epoch(sources, 20, 1, SETTINGS, Augmentation())


def test_widths_are_multiples_and_cover_their_lines(tmp_path: Path) -> None:
    lines = packed(tmp_path)
    for plan in plan_epoch([Source(lines)], 20, 0, SETTINGS, None):
        assert plan.width % SETTINGS.width_step == 0
        assert max(lines.widths[i] for _, i, _, _ in plan.rows) <= plan.width


def test_sorting_by_width_saves_padding(tmp_path: Path) -> None:
    lines = packed(tmp_path, 400)

    def padded(block: int) -> int:
        settings = BatchSettings(size=4, width_step=4, block=block)
        return sum(4 * p.width for p in plan_epoch([Source(lines)], 400, 0, settings, None))

    assert padded(400) < 0.8 * padded(4)


def test_weights_share_an_epoch(tmp_path: Path) -> None:
    sources = [Source(packed(tmp_path, name="a"), 3.0), Source(packed(tmp_path, name="b"), 1.0)]
    plans = plan_epoch(sources, 80, 0, SETTINGS, None)
    rows = [number for plan in plans for number, *_ in plan.rows]
    assert rows.count(0) == pytest.approx(60, abs=4)
    assert len(rows) == pytest.approx(80, abs=4)


def test_batches_from_workers_equal_those_made_here(tmp_path: Path) -> None:
    lines = packed(tmp_path)
    plans = plan_epoch([Source(lines)], 20, 0, SETTINGS, Augmentation())
    maker = BatchMaker(AB, Augmentation(), 8)
    try:
        made = list(maker.batches(plans))
    finally:
        maker.close()
    for plan, (pixels, classes) in zip(plans, made, strict=True):
        here = make_batch(plan, AB, Augmentation(), 8)
        assert (pixels == here[0]).all()
        assert (classes == here[1]).all()
        assert pixels.shape == (4, 16, plan.width, 1)
        assert set(classes[classes >= 0].tolist()) <= {0, 1}


def test_augmentation_is_reproducible_and_keeps_the_height(tmp_path: Path) -> None:
    ink = packed(tmp_path).line(2)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        stretch = draw_stretch(Augmentation(), rng)
        first = augment(ink, stretch, Augmentation(), np.random.default_rng(seed))
        again = augment(ink, stretch, Augmentation(), np.random.default_rng(seed))
        assert (first == again).all()
        assert first.shape == (16, round(ink.shape[1] * stretch))
        assert first.dtype == np.uint8


def test_cramming_crowds_letters_at_one_end_and_loses_none() -> None:
    still = Augmentation(
        **dict.fromkeys(("shear", "rotation", "shift", "elastic", "wave"), 0.0),
        **dict.fromkeys(("thicken", "thin", "blur", "noise", "clutter", "erase", "hide"), 0.0),
        cram=1.0,
    )
    ink = np.zeros((32, 640), np.uint8)
    ink[:, 16::32] = 255
    at_the_end = 0
    for seed in range(30):
        row = augment(ink, 1.0, still, np.random.default_rng(seed))[16]
        strokes = np.flatnonzero((row[1:-1] > row[:-2]) & (row[1:-1] >= row[2:])) + 1
        gaps = np.diff(strokes)
        assert len(strokes) == 20
        assert gaps.max() > 32 > gaps.min()
        assert gaps.min() >= 0.5 * gaps.max()
        at_the_end += int(gaps[-1] < gaps[0])
    assert 15 <= at_the_end < 30


def test_a_neighbour_shows_at_one_edge_and_leaves_the_letters_alone() -> None:
    still = Augmentation(
        **dict.fromkeys(("shear", "rotation", "shift", "elastic", "wave", "cram"), 0.0),
        **dict.fromkeys(("thicken", "thin", "blur", "noise", "clutter", "erase", "hide"), 0.0),
        vertical_low=1.0,
        vertical_high=1.0,
        neighbour=1.0,
    )
    ink, other = np.zeros((32, 100), np.uint8), np.full((32, 160), 200, np.uint8)
    edges = set()
    for seed in range(20):
        changed = augment(ink, 1.0, still, np.random.default_rng(seed), other)
        rows = np.flatnonzero(changed.max(axis=1))
        assert not changed[8:24].any()
        edges.add("above" if rows[0] == 0 else "below")
        assert not augment(ink, 1.0, still, np.random.default_rng(seed)).any()
    assert edges == {"above", "below"}


def test_no_line_is_stretched_beyond_the_widest_batch(tmp_path: Path) -> None:
    lines = packed(tmp_path)
    settings = BatchSettings(size=4, width_step=32, block=16, seed=3, max_width=128)
    plans = plan_epoch([Source(lines)], 20, 0, settings, Augmentation())
    assert max(plan.width for plan in plans) == 128
    for plan in plans:
        for _, i, stretch, _ in plan.rows:
            assert lines.widths[i] * stretch <= 128 + 1e-6


def test_labels_have_one_width_for_all_batches(tmp_path: Path) -> None:
    assert label_width([Source(packed(tmp_path))]) == 8
    assert label_width([Source(packed(tmp_path))], longest=70) == 72
