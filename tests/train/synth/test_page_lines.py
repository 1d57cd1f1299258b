"""Training lines out of photographed pages, of the sample lines."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge_runtime.bench import SAMPLES
from edge_runtime.image import Gray
from edge_runtime.lines import find_lines
from edge_runtime.preprocess import Ink, Preprocessing, preprocess_rows
from train.cache import read_packed
from train.photograph_cli import photograph
from train.synth import page_lines as module
from train.synth.page_conditions import CONDITIONS
from train.synth.page_lines import DRAWN, PageLineSettings, Row, page_lines
from train.synth.page_score import cut_at_known_place, match
from train.synth.sheet_lines import LinePool
from train.synth.sheet_source import SourceLines

SETTINGS = Preprocessing(height=32, max_width=640, body=13.0, body_center=16.0)
AS_IT_IS = PageLineSettings(small=0.0, compressed=0.0, known=0.0)


@pytest.fixture(scope="module")
def pool() -> LinePool:
    return SourceLines.read((SAMPLES,), "all").pool


def first(
    pool: LinePool, count: int, seed: int, settings: PageLineSettings = AS_IT_IS
) -> list[Row]:
    return list(islice(page_lines(pool, SETTINGS, seed, settings, {"ten": 1.0}), count))


def test_lines_have_their_text_and_the_networks_height(pool: LinePool) -> None:
    texts = {line.text for line in pool.lines}
    rows = first(pool, 12, 1)
    assert len({line_id for line_id, *_ in rows}) == 12
    for _, text, writer, ink in rows:
        assert text in texts
        assert writer is None
        assert ink.dtype == np.uint8
        assert ink.shape[0] == SETTINGS.height
        assert ink.max() > 128


def test_a_seed_gives_the_same_lines(pool: LinePool) -> None:
    one, same, other = (first(pool, 5, seed) for seed in (1, 1, 2))
    assert all((a[3] == b[3]).all() for a, b in zip(one, same, strict=True))
    assert any(a[3].shape != b[3].shape for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    "harder",
    [
        replace(AS_IT_IS, small=1.0),
        replace(AS_IT_IS, compressed=1.0),
        replace(AS_IT_IS, known=1.0),
    ],
)
def test_each_hardship_changes_the_lines(pool: LinePool, harder: PageLineSettings) -> None:
    plain, changed = first(pool, 3, 4), first(pool, 3, 4, harder)
    pairs = zip(plain, changed, strict=True)
    assert any(a[3].shape != b[3].shape or (a[3] != b[3]).any() for a, b in pairs)


def test_every_condition_with_lines_is_drawn() -> None:
    assert set(DRAWN) == {condition.name for condition in CONDITIONS} - {"blank"}


def test_the_share_of_ink_in_a_crop(pool: LinePool) -> None:
    photo = next(c for c in CONDITIONS if c.name == "ten").draw(pool, 0)
    page = find_lines(photo.picture)
    matches = match(photo, page)
    found, position = next(iter(matches.found.items()))
    assert matches.shown[found, position] > 0.9
    other = (position + 3) % len(photo.lines)
    assert matches.shown[found, other] < 0.1
    assert cut_at_known_place(photo.picture, photo.lines[position]).size


def test_lines_that_lost_ink_and_lines_in_two_rows_are_left_out(
    pool: LinePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = next(c for c in CONDITIONS if c.name == "ten").draw(pool, 0)
    rng = np.random.default_rng(0)
    assert list(module._crops(photo, AS_IT_IS, rng))
    monkeypatch.setattr(module, "_WHOLE", 1.1)
    assert not list(module._crops(photo, AS_IT_IS, rng))
    monkeypatch.undo()
    whole = first(pool, 2, 1)
    calls = iter(range(9))

    def first_in_two_rows(gray: Gray, settings: Preprocessing) -> tuple[Ink, ...]:
        return preprocess_rows(gray, settings) * (2 if next(calls) == 0 else 1)

    monkeypatch.setattr(module, "preprocess_rows", first_in_two_rows)
    assert first(pool, 1, 1)[0][0] == whole[1][0]


def test_a_picture_that_cannot_be_read_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = SAMPLES / "000000.jpg"
    (tmp_path / "good.jpg").write_bytes(good.read_bytes())
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    (tmp_path / "labels.tsv").write_text("good.jpg\tà b\nbad.jpg\tc d\n", encoding="utf-8")
    lines = SourceLines.read((tmp_path,), "all").pool.lines
    assert [line.text for line in lines] == ["à b"]
    assert "bad.jpg" in capsys.readouterr().err


def test_the_command_packs_lines_of_the_training_part(tmp_path: Path) -> None:
    out = tmp_path / "pages.npy"
    done = CliRunner().invoke(
        photograph, ["--data", str(SAMPLES), "--count", "4", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(out)
    assert len(read_packed(out)) == 4


def test_the_command_refuses_another_kind_of_file(tmp_path: Path) -> None:
    out = tmp_path / "pages.zip"
    done = CliRunner().invoke(
        photograph, ["--data", str(SAMPLES), "--count", "4", "--out", str(out)]
    )
    assert "must end in .npy" in str(done.exception)
    assert not list(tmp_path.iterdir())
