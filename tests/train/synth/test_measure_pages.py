"""The measurement of the search for lines, on pages composed of the sample lines."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge_runtime.bench import SAMPLES
from edge_runtime.lines import find_lines
from train.synth.measure_pages import main
from train.synth.page_conditions import CONDITIONS
from train.synth.page_score import match
from train.synth.sheet_source import SourceLines

BY_NAME = {condition.name: condition for condition in CONDITIONS}


@pytest.fixture(scope="module")
def lines() -> SourceLines:
    return SourceLines.read((SAMPLES,), "all")


def test_a_condition_and_a_seed_give_one_picture(lines: SourceLines) -> None:
    first, again, other = (BY_NAME["ten"].draw(lines.pool, seed) for seed in (1, 1, 2))
    assert (first.picture == again.picture).all()
    assert first.picture.shape != other.picture.shape or (first.picture != other.picture).any()


@pytest.mark.parametrize("name", ["ten", "ruled", "touching", "tilted"])
def test_most_lines_are_found(lines: SourceLines, name: str) -> None:
    there = found = 0
    for seed in range(3):
        photo = BY_NAME[name].draw(lines.pool, seed)
        matches = match(photo, find_lines(photo.picture))
        there += len(matches.counted)
        found += len(matches.found)
    assert found >= 0.9 * there > 0


def test_a_line_that_was_not_found_or_is_none_counts(lines: SourceLines) -> None:
    photo = BY_NAME["ten"].draw(lines.pool, 0)
    page = find_lines(photo.picture)
    whole = match(photo, page)
    fewer = match(photo, replace(page, lines=page.lines[1:]))
    assert len(fewer.found) == len(whole.found) - 1
    unwritten = replace(photo, owner=np.zeros_like(photo.owner), lines=())
    assert len(match(unwritten, page).invented) == len(page.lines)


def test_the_command_writes_table_and_counts(tmp_path: Path) -> None:
    out = tmp_path / "pages.json"
    arguments = ["--seeds", "0", "--condition", "ten", "--condition", "blank", "--json", str(out)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    assert "| ten | 1 |" in result.stdout
    report = json.loads(out.read_text())
    ten, sizes = report["conditions"]["ten"], report["sizes"]
    assert 0 < ten["found"] <= ten["lines"]
    assert sum(size["lines"] for size in sizes.values()) == ten["lines"]
    assert sum(size["found"] for size in sizes.values()) == ten["found"]
    assert not sizes["below 12 pixels"]["lines"]


def test_no_line_is_found_twice_and_bodies_have_their_size_in_the_picture(
    lines: SourceLines,
) -> None:
    photo = BY_NAME["ten"].draw(lines.pool, 1)
    page = find_lines(photo.picture)
    matches = match(photo, page)
    assert len(set(matches.found.values())) == len(matches.found) > 5
    for found, line in matches.found.items():
        assert 0.7 < page.lines[found].body / photo.lines[line].body < 1.4


def test_a_wrong_range_of_seeds_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["--seeds", "a:b"]).exit_code == 2
