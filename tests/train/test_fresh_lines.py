"""Synthetic lines during a run: the same for a seed, new with every epoch, shared between runs."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")
pytestmark = pytest.mark.desktop  # Pillow and fontTools come with the desktop extra

from edge_runtime.errors import DataError  # noqa: E402
from edge_runtime.preprocess import Preprocessing  # noqa: E402
from train.fresh_lines import AHEAD, FreshLines, fresh_lines  # noqa: E402
from train.recipe import SynthesisSettings  # noqa: E402

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
SETTINGS = SynthesisSettings(weight=0.6, lines_per_epoch=4, keep=2, seed=3)


def opened(folder: Path, settings: SynthesisSettings = SETTINGS) -> FreshLines:
    return fresh_lines(FIXTURES / "fonts", FIXTURES / "text", Preprocessing(), settings, folder)


def run(lines: FreshLines, first: int, epochs: int) -> dict[int, list[list[str]]]:
    """Texts of each source of each epoch."""
    lines.start(first, epochs)
    try:
        return {
            epoch: [list(s.lines.texts) for s in lines.sources(epoch)]
            for epoch in range(first, epochs)
        }
    finally:
        lines.close()


def test_each_epoch_brings_new_lines_and_keeps_some_of_the_old(tmp_path: Path) -> None:
    texts = run(opened(tmp_path), 0, 3)
    assert [len(sources) for sources in texts.values()] == [1, 2, 2]
    assert texts[1][0] == texts[0][0]
    assert texts[2][0] == texts[1][1]
    assert len({tuple(t) for sources in texts.values() for t in sources}) == 3


def test_a_resumed_run_sees_the_same_lines(tmp_path: Path) -> None:
    whole = run(opened(tmp_path / "a"), 0, 3)
    later = run(opened(tmp_path / "b"), 2, 3)
    assert later[2] == whole[2]
    other = run(opened(tmp_path / "b", replace(SETTINGS, seed=4)), 2, 3)
    assert other[2] != whole[2]


def test_the_weight_is_shared_by_the_chunks_of_an_epoch(tmp_path: Path) -> None:
    lines = opened(tmp_path)
    lines.start(0, 2)
    try:
        for epoch in range(2):
            sources = lines.sources(epoch)
            assert sum(s.weight for s in sources) == pytest.approx(0.6)
            assert sources[0].lines.height == Preprocessing().height
    finally:
        lines.close()


def test_runs_that_share_a_folder_draw_each_chunk_once(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    run(first, 0, 1)
    written = first.chunk(0).stat().st_mtime_ns
    assert run(second, 0, 1)[0]
    assert first.chunk(0) == second.chunk(0)
    assert second.chunk(0).stat().st_mtime_ns == written


def test_no_more_is_drawn_than_the_next_epochs_need(tmp_path: Path) -> None:
    lines = opened(tmp_path)
    lines.start(0, 40)
    try:
        lines.sources(0)
        deadline = time.monotonic() + 60
        while not lines.chunk(AHEAD).with_suffix(".json").is_file():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.3)
        assert not lines.chunk(AHEAD + 1).exists()
    finally:
        lines.close()


@dataclass(frozen=True)
class Broken:
    """A synthesizer that cannot draw."""

    settings: object = field(default=None)

    def line(self, index: int, seed: int) -> None:
        raise ValueError(f"no line {index}")


def test_a_failure_while_drawing_ends_the_wait(tmp_path: Path) -> None:
    lines = FreshLines(Broken(), Preprocessing(), SETTINGS, tmp_path)  # type: ignore[arg-type]
    lines.start(0, 1)
    try:
        with pytest.raises(DataError, match="drawing synthetic lines failed"):
            lines.sources(0)
    finally:
        lines.close()


def test_inks_are_those_of_the_synthesizer(tmp_path: Path) -> None:
    from edge_runtime.preprocess import preprocess
    from train.synth.corpus import Corpus
    from train.synth.fonts import load_fonts
    from train.synth.synthesizer import LineSynthesizer

    lines = opened(tmp_path)
    lines.start(0, 1)
    try:
        packed = lines.sources(0)[0].lines
    finally:
        lines.close()
    synthesizer = LineSynthesizer(load_fonts(FIXTURES / "fonts"), Corpus.read(FIXTURES / "text"))
    drawn = synthesizer.line(2, 3)
    assert packed.texts[2] == drawn.text
    np.testing.assert_array_equal(packed.line(2), preprocess(drawn.picture, Preprocessing()))


def test_labels_have_room_for_the_longest_text(tmp_path: Path) -> None:
    assert opened(tmp_path).longest == 70  # of the composed texts, see TextSettings.lengths
    text = "Một dòng dài hơn mọi địa chỉ " * 4
    (tmp_path / "own.txt").write_text(f"ngắn\n{text.strip()}\n", encoding="utf-8")
    lines = fresh_lines(
        FIXTURES / "fonts", tmp_path / "own.txt", Preprocessing(), SETTINGS, tmp_path
    )
    assert lines.longest == len(text.strip()) > 72
