"""What the network sees does not depend on paper, light, place or size of the writing."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edge_runtime.errors import BundleError
from edge_runtime.preprocess import Preprocessing, preprocess, subtract_paper
from edge_runtime.textbody import find_body, text_mask

Gray = npt.NDArray[np.uint8]
SETTINGS = Preprocessing()


def writing(
    height: int = 100, width: int = 900, scale: float = 1.4, left: int = 40, slope: float = 0.0
) -> Gray:
    """A made-up line of writing, dark on light paper."""
    picture = np.full((height, width), 235, np.uint8)
    at = left
    for word in ("Phuong", "Tan", "Dinh", "Quan", "1"):
        y = int(height * 0.65 + slope * at)
        cv2.putText(picture, word, (at, y), cv2.FONT_HERSHEY_SIMPLEX, scale, 60, 2, cv2.LINE_AA)
        at += int(cv2.getTextSize(word, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)[0][0] + 20 * scale)
    return picture


def agreement(a: Gray, b: Gray) -> float:
    """Correlation of two ink pictures brought to one width, strokes softened by two pixels."""
    b = np.asarray(cv2.resize(b, (a.shape[1], a.shape[0]), interpolation=cv2.INTER_AREA))
    x, y = (cv2.GaussianBlur(ink.astype(np.float32), (0, 0), 2.0).ravel() for ink in (a, b))
    return float(np.corrcoef(x, y)[0, 1])


def test_shape_type_and_polarity() -> None:
    ink = preprocess(writing(), SETTINGS)
    assert ink.dtype == np.uint8
    assert ink.shape[0] == 48
    assert ink.max() > 240
    assert np.median(ink) == 0


@pytest.mark.parametrize("scale", [0.9, 1.8])
def test_writing_of_any_size_comes_out_at_one_size(scale: float) -> None:
    reference, other = preprocess(writing(), SETTINGS), preprocess(writing(scale=scale), SETTINGS)
    assert abs(reference.shape[1] - other.shape[1]) < 0.08 * reference.shape[1]
    rows = [np.flatnonzero(ink.max(axis=1) > 128) for ink in (reference, other)]
    assert abs(np.ptp(rows[0]) - np.ptp(rows[1])) <= 4


def test_position_and_empty_width_do_not_matter() -> None:
    reference = preprocess(writing(), SETTINGS)
    moved = preprocess(writing(left=400, width=1800), SETTINGS)
    assert abs(reference.shape[1] - moved.shape[1]) <= 12
    assert agreement(reference, moved) > 0.8


def test_shading_and_faint_ink_do_not_matter() -> None:
    picture = writing()
    shade = np.linspace(0.55, 1.0, picture.shape[1])[None, :]
    shaded = (picture * shade).astype(np.uint8)
    faint = (235 - (235 - picture.astype(int)) * 0.25).astype(np.uint8)
    reference = preprocess(picture, SETTINGS)
    assert agreement(reference, preprocess(shaded, SETTINGS)) > 0.95
    assert agreement(reference, preprocess(faint, SETTINGS)) > 0.95


def test_cell_borders_and_a_neighbour_s_tail_do_not_move_the_text() -> None:
    picture = writing(width=1100)
    reference = preprocess(picture, SETTINGS)
    form = picture.copy()
    cv2.line(form, (0, 6), (1099, 9), 70, 2)
    cv2.line(form, (0, 95), (1099, 93), 70, 2)
    cv2.line(form, (1060, 0), (1062, 99), 70, 3)
    cv2.ellipse(form, (500, 0), (8, 12), 0, 0, 180, 70, 2)
    ink = preprocess(form, SETTINGS)
    assert abs(ink.shape[1] - reference.shape[1]) <= 12
    assert agreement(reference, ink) > 0.6


def test_a_climbing_line_is_straightened() -> None:
    body = find_body(subtract_paper(writing(slope=0.03)))
    assert body.slope == pytest.approx(0.03, abs=0.015)
    straight = preprocess(writing(slope=0.03), SETTINGS)
    assert agreement(preprocess(writing(), SETTINGS), straight) > 0.7


def test_a_long_line_is_squeezed_to_the_limit() -> None:
    long = np.hstack([writing()] * 6)
    assert preprocess(long, SETTINGS).shape == (48, SETTINGS.max_width)


@pytest.mark.parametrize("shape", [(4, 4), (5, 300), (300, 5), (40, 2000), (2000, 40)])
@pytest.mark.parametrize("value", [0, 255])
def test_blank_pictures_of_any_shape_give_black(shape: tuple[int, int], value: int) -> None:
    ink = preprocess(np.full(shape, value, np.uint8), SETTINGS)
    assert ink.shape[0] == 48
    assert 1 <= ink.shape[1] <= SETTINGS.max_width
    assert ink.max() == 0


@pytest.mark.parametrize("shape", [(4, 4), (5, 300), (300, 5), (64, 900)])
def test_noise_of_any_shape_is_survived(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert preprocess(noise, SETTINGS).shape[0] == 48


def test_ruled_lines_are_not_text() -> None:
    ruled = np.full((100, 800), 235, np.uint8)
    cv2.line(ruled, (0, 20), (799, 24), 60, 2)
    cv2.line(ruled, (780, 0), (781, 99), 60, 3)
    assert text_mask(subtract_paper(ruled)).mean() < 0.002


def test_settings_survive_the_card_and_refuse_strangers() -> None:
    assert Preprocessing.from_dict(SETTINGS.as_dict()) == SETTINGS
    with pytest.raises(BundleError, match="unknown field 'colour'"):
        Preprocessing.from_dict({"colour": 1})
    with pytest.raises(BundleError, match="wrong type"):
        Preprocessing.from_dict({"height": "48"})
    with pytest.raises(BundleError, match="newer edge-htr"):
        preprocess(writing(), Preprocessing(kind="magic"))
