"""Clips of a hand-held sheet, and what is counted when they are read."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_runtime.bench import SAMPLES
from edge_runtime.errors import DataError
from edge_runtime.image import load_gray
from edge_runtime.recognizer import Recognizer
from train.measure_clips import Score, add_clip, is_broken
from train.synth.clip import ClipSettings, clip_frames, write_clip
from train.synth.sheet import PlacedLine, Sheet, write_sheet
from train.synth.sheet_layout import draw_layout
from train.synth.sheet_lines import LinePool, cut_ink
from train.synth.sheet_photo import Photo, PhotoSettings

SETTINGS = ClipSettings(frames=12, size=(320, 240), unfocused=3)


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    paths = sorted(SAMPLES.glob("*.jpg"))[:6]
    lines = [cut_ink(load_gray(path), path.stem, path.stem) for path in paths]
    rng = np.random.default_rng(1)
    layout = draw_layout("plain", (800, 600), rng, lines=5)
    return write_sheet(layout, LinePool(line for line in lines if line is not None), rng)


def photos(sheet: Sheet, seed: int = 2) -> list[Photo]:
    return list(clip_frames(sheet, np.random.default_rng(seed), SETTINGS, PhotoSettings()))


def test_the_same_seed_gives_the_same_clip(sheet: Sheet) -> None:
    first, second = photos(sheet), photos(sheet)
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0].picture, photos(sheet, 3)[0].picture)


def test_the_sheet_moves_slowly_and_its_lines_with_it(sheet: Sheet) -> None:
    clip = photos(sheet)
    assert len(clip) == 12
    middles = np.array([[line.quad.mean(axis=0) for line in shot.lines] for shot in clip])
    steps = np.hypot(*np.diff(middles, axis=0).transpose(2, 0, 1))
    assert 0.05 < steps.mean() < 4.0  # pixels of a picture 320 wide
    assert steps.max() < 16.0


def test_the_lens_finds_its_focus(sheet: Sheet) -> None:
    def detail(shot: Photo) -> float:
        return float(cv2.Laplacian(cv2.blur(shot.picture, (3, 3)), cv2.CV_64F).std())

    clip = photos(sheet)
    assert detail(clip[0]) < 0.6 * detail(clip[-1])


def test_what_is_behind_the_sheet_stands_still(sheet: Sheet) -> None:
    corner = np.array([shot.picture[:8, :8].mean() for shot in photos(sheet)[4:]])
    assert np.ptp(corner) < 6.0


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_a_clip_is_written_as_a_video(sheet: Sheet, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    kept = write_clip(path, iter(photos(sheet)), SETTINGS)
    video = cv2.VideoCapture(str(path))
    count = 0
    while video.read()[0]:
        count += 1
    video.release()
    assert count == len(kept) == 12
    assert kept[0].picture.size == 1
    with pytest.raises(DataError, match=r"\.mp4 or \.avi"):
        write_clip(tmp_path / "clip.gif", iter([]), SETTINGS)


def test_found_missed_and_invented_lines_are_counted() -> None:
    quad = np.zeros((4, 2), np.float32)
    lines = tuple(PlacedLine(text, text, quad, 10.0) for text in ("abcdefghij", "klmnopqrst"))
    score = Score(errors_cropped=1)
    add_clip(score, lines, ["abcdefghix", "abcdefghij", "uvw"])
    figures = score.as_dict()
    assert (score.found, score.reported) == (1, 3)
    assert figures["found"] == 50.0
    assert figures["invented"] == pytest.approx(200 / 3)  # said twice, and never written
    assert figures["cer"] == 50.0  # the whole of the second line
    assert figures["cer_found_lines"] == 0.0
    assert figures["cer_above_cropped"] == 45.0


def test_a_line_that_is_left_out_takes_its_report_with_it() -> None:
    quad = np.zeros((4, 2), np.float32)
    lines = tuple(PlacedLine(text, text, quad, 10.0) for text in ("abcdefghij", "klmnopqrst"))
    score = Score()
    add_clip(score, lines, ["abcdefghix", "klmno", "uvw"], {"klmnopqrst"})
    assert (score.lines, score.found, score.reported) == (1, 1, 2)
    assert (score.letters, score.errors) == (10, 1)


@pytest.mark.parametrize("rows", [1, 2])
def test_a_picture_with_two_rows_is_known_as_broken(rows: int) -> None:
    sample = load_gray(min(SAMPLES.glob("*.jpg")))
    below = np.full_like(sample, int(np.median(sample)))
    below[:, : sample.shape[1] // 2] = sample[:, : sample.shape[1] // 2]
    picture = np.vstack([sample, below][:rows])
    assert is_broken(Recognizer(threads=1), picture) == (rows == 2)
