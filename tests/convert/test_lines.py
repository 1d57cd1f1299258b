"""Which lines are calibrated on and compared."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.lines import fetch, find_samples, gather, prepare, store
from edge_runtime.errors import DataError
from edge_runtime.preprocess import Preprocessing
from tests.block_script import picture_of
from tests.tiny_models import write_picture
from train.splits import unit_hash

SETTINGS = Preprocessing()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Forty pictures of different widths and ink, some in a folder below, and other files."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    for i in range(40):
        write_picture(folder / ("more" if i % 2 else "") / f"{i}.png", "xa1 đx"[: 2 + i % 5] + "x")
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.png").write_bytes(b"no picture either")
    return folder


def test_a_folder_of_pictures_is_read_with_all_below(pictures: Path) -> None:
    ids = [sample.id for sample in find_samples(pictures)]
    assert len(ids) == 41
    assert "pictures/more/1.png" in ids


def test_a_data_set_keeps_its_labels(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png")
    (tmp_path / "labels.tsv").write_text("a.png\txa1 đx\n", encoding="utf-8")
    assert [s.text for s in find_samples(tmp_path)] == ["xa1 đx"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no line picture"):
        find_samples(tmp_path)


def test_pictures_that_cannot_be_read_are_left_out(pictures: Path) -> None:
    lines = prepare(find_samples(pictures), SETTINGS)
    assert len(lines) == 40
    assert all(line.ink.shape[0] == SETTINGS.height for line in lines)


def test_only_broken_pictures_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.raises(DataError, match="no readable line picture"):
        gather([tmp_path], SETTINGS, 4, 4)


def test_the_choice_depends_on_the_ids_alone(pictures: Path) -> None:
    first, again = (gather([pictures], SETTINGS, 8, 12) for _ in range(2))
    assert [line.id for line in first.calibration] == [line.id for line in again.calibration]
    assert first.calibration_ids == again.calibration_ids
    fewer = gather([pictures], SETTINGS, 7, 12)
    assert first.calibration_ids != fewer.calibration_ids


def test_calibration_and_comparison_use_different_lines_while_there_are_enough(
    pictures: Path,
) -> None:
    sets = gather([pictures], SETTINGS, 8, 12)
    calibrated, compared = ({line.id for line in part} for part in (sets.calibration, sets.parity))
    assert (len(calibrated), len(compared)) == (8, 12)
    assert not calibrated & compared


def test_the_search_reads_lines_of_the_training_part_that_were_not_calibrated_on(
    pictures: Path,
) -> None:
    sets = gather([pictures], SETTINGS, 8, 12)
    assert sets.search
    assert not {line.id for line in sets.search} & set(sets.calibration_ids)


def test_lines_of_proof_are_compared_on_and_nothing_else(pictures: Path, tmp_path: Path) -> None:
    apart = tmp_path / "apart"
    apart.mkdir()
    for i in range(5):
        write_picture(apart / f"{i}.png", "xx")
    sets = gather([pictures], SETTINGS, 8, 12, [apart])
    assert {line.id.split("/")[0] for line in sets.parity} == {"apart"}
    assert len(sets.parity) == 5
    assert not any(one.startswith("apart") for one in sets.calibration_ids)


def test_few_lines_serve_both_purposes(tmp_path: Path) -> None:
    for i in range(3):
        write_picture(tmp_path / f"{i}.png")
    sets = gather([tmp_path], SETTINGS, 8, 12)
    assert len(sets.parity) == 3
    assert {line.id for line in sets.calibration} <= {line.id for line in sets.parity}


def test_the_order_of_candidates_is_not_that_of_the_folder(pictures: Path) -> None:
    chosen = gather([pictures], SETTINGS, 4, 1).calibration
    ranks = sorted(unit_hash(sample.id, "calibration") for sample in find_samples(pictures))
    limit = ranks[4 * 4 + 4]  # four candidates a line, and some may be held out or broken
    assert all(unit_hash(one.id, "calibration") <= limit for one in chosen)


def test_stored_arrays_come_back_in_order(tmp_path: Path) -> None:
    arrays = [np.full((2, i + 1), i, np.uint8) for i in range(12)]
    for sent, found in zip(arrays, fetch(store(tmp_path / "a.npz", arrays)), strict=True):
        np.testing.assert_array_equal(sent, found)


def test_pictures_may_be_grey_or_colour(tmp_path: Path) -> None:
    colour = cv2.cvtColor(picture_of("xax"), cv2.COLOR_GRAY2BGR)
    assert cv2.imwrite(str(tmp_path / "c.png"), colour)
    assert len(prepare(find_samples(tmp_path), SETTINGS)) == 1
