"""Splits follow from the ids alone."""

from pathlib import Path

import pytest

from edge_runtime.errors import DataError
from train.datasets import Sample
from train.splits import Holdout, part_of, select, split, unit_hash

SAMPLES = [
    Sample(f"kalapa/{w}/{n}.jpg", Path("x"), "text", str(w)) for w in range(60) for n in range(10)
]


def test_a_split_never_moves_when_data_is_added_or_removed() -> None:
    whole = split(SAMPLES, (0.8, 0.2))
    half = split(SAMPLES[::2], (0.8, 0.2))
    assert set(half[1]) == set(whole[1]) & set(SAMPLES[::2])


def test_the_hash_is_what_it_was() -> None:
    # A changed hash would silently move held-out writers into training.
    assert unit_hash("kalapa/7/0.jpg", "edge-htr-0") == pytest.approx(0.4024096, abs=1e-6)


def test_by_writer_keeps_writers_whole() -> None:
    parts = split(SAMPLES, (0.5, 0.3, 0.2))
    writers = [{s.writer for s in part} for part in parts]
    assert not writers[0] & writers[1]
    assert not writers[0] & writers[2]
    assert sum(map(len, parts)) == len(SAMPLES)
    assert [len(p) / len(SAMPLES) for p in parts] == pytest.approx([0.5, 0.3, 0.2], abs=0.15)


def test_at_random_spreads_each_writer() -> None:
    first, second = split(SAMPLES, (0.5, 0.5), by="random")
    assert {s.writer for s in first} == {s.writer for s in second}


def test_another_salt_is_another_split() -> None:
    assert split(SAMPLES, (0.5, 0.5), salt="a") != split(SAMPLES, (0.5, 0.5), salt="b")


def test_holdout_parts_are_disjoint_and_writers_stay_out() -> None:
    parts = {name: select(SAMPLES, name) for name in ("train", "dev-writers", "dev-lines")}
    assert sum(map(len, parts.values())) == len(SAMPLES)
    held = {s.writer for s in parts["dev-writers"]}
    assert held
    assert not held & {s.writer for s in parts["train"] + parts["dev-lines"]}


def test_samples_without_writer_have_no_dev_writers() -> None:
    sample = Sample("set/a.jpg", Path("x"), "text")
    assert Holdout(writers=1.0, lines=0.0).part_of(sample) == "train"
    assert part_of(sample) in ("train", "dev-lines")


def test_nonsense_is_refused() -> None:
    with pytest.raises(DataError, match="sum to 1"):
        split(SAMPLES, (0.5, 0.6))
    with pytest.raises(DataError, match="writer or random"):
        split(SAMPLES, (0.5, 0.5), by="moon")
    with pytest.raises(DataError, match="no part 'test'"):
        select(SAMPLES, "test")
