"""A line broken into two rows is taken apart, and read as one; a single row is left alone."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edge_runtime.bench import SAMPLES
from edge_runtime.charset import Charset
from edge_runtime.ctc import Logits, greedy
from edge_runtime.image import load_gray
from edge_runtime.metrics import edit_distance
from edge_runtime.preprocess import Preprocessing, preprocess, preprocess_rows, subtract_paper
from edge_runtime.recognizer import DEFAULT_MODEL, Recognizer
from edge_runtime.row_choice import choose_rows
from edge_runtime.second_row import split_rows
from edge_runtime.textbody import text_strokes

Gray = npt.NDArray[np.uint8]
CHARSET = Charset("abcdefghij ")


def cell(first: str, second: str = "", indent: int = 20) -> Gray:
    """The cell of a form with one or two rows of made-up writing, 96 pixels high."""
    picture = np.full((96, 1100), 235, np.uint8)
    rows = [(first, 20, 42 if second else 64), (second, indent, 86)]
    for text, left, baseline in rows:
        cv2.putText(picture, text, (left, baseline), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 60, 2)
    return picture


def split(picture: Gray) -> tuple[Gray, Gray] | None:
    ink = subtract_paper(picture)
    return split_rows(ink, text_strokes(ink))


def columns(ink: Gray) -> tuple[int, int]:
    found = np.flatnonzero(ink.max(axis=0) > 60)
    return int(found[0]), int(found[-1])


def test_rows_are_taken_apart_with_all_their_ink() -> None:
    picture = cell("633 Doan Van Bo Phuong 18 Quan 5 Ho", "Chi Minh")
    found = split(picture)
    assert found is not None
    upper, lower = found
    alone = subtract_paper(cell("", "Chi Minh"))
    assert columns(lower) == pytest.approx(columns(alone), abs=3)
    assert (lower > 60).sum() == pytest.approx((alone > 60).sum(), rel=0.1)
    assert (upper[52:] > 60).sum() < 0.02 * (upper > 60).sum()
    assert (upper > 60).sum() + (lower > 60).sum() == pytest.approx(
        (subtract_paper(picture) > 60).sum(), rel=0.03
    )


@pytest.mark.parametrize(
    "picture",
    [
        cell("633 Doan Van Bo Phuong 18 Quan 5 Ho"),
        cell("Thon gyp Quyet gjy"),
        cell("So 12 Tran Phu Ha Noi", ".  ,   .   . ."),
        cell("So 12 Tran Phu Ha Noi", "Minh", indent=700),  # a row begins at the left
        np.full((96, 900), 235, np.uint8),
        np.full((3, 3), 235, np.uint8),
        np.zeros((96, 900), np.uint8),
    ],
    ids=["one row", "tails", "dots", "far right", "blank", "tiny", "black"],
)
def test_one_row_is_left_alone(picture: Gray) -> None:
    assert split(picture) is None
    settings = Preprocessing()
    (whole,) = preprocess_rows(picture, settings)
    assert np.array_equal(whole, preprocess(picture, settings))


def test_noise_of_any_shape_is_survived() -> None:
    for shape in [(4, 4), (5, 300), (300, 5), (64, 900)]:
        noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        assert len(preprocess_rows(noise, Preprocessing())) in (1, 3)


def logits(text: str, doubt: float = 0.01) -> Logits:
    """Logits that read as ``text``, each letter with a probability of 1 - ``doubt``."""
    steps = np.full((2 * len(text) + 1, len(CHARSET) + 1), 1e-6)
    steps[:, -1] = 1.0
    for i, letter in enumerate(text):
        steps[2 * i + 1] = 1e-6
        steps[2 * i + 1, CHARSET.symbols.index(letter)] = 1 - doubt
        steps[2 * i + 1, -1] = doubt
    return np.asarray(np.log(steps), np.float32)


def chosen(whole: Logits, upper: Logits, lower: Logits) -> str:
    return greedy(choose_rows([whole, upper, lower], CHARSET), CHARSET).text


def test_two_rows_that_read_well_are_joined_with_a_space() -> None:
    assert chosen(logits("abjde", 0.3), logits("abcde"), logits("fghi")) == "abcde fghi"


def test_a_letter_on_both_sides_of_the_border_is_kept_twice() -> None:
    without_space = Charset("abcdefghij")
    rows = [np.delete(x, 10, axis=1) for x in (logits("ab"), logits("abc"), logits("cdef"))]
    assert greedy(choose_rows(rows, without_space), without_space).text == "abccdef"


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (logits("de"), logits("abc")),  # a piece of the line, cut off
        (logits("abcde"), logits("f")),  # a single letter: a mark or a tail
        (logits("abcde", 0.6), logits("fghi", 0.6)),  # cut through the letters
    ],
    ids=["piece", "mark", "unlikely"],
)
def test_rows_that_read_worse_are_not_used(upper: Logits, lower: Logits) -> None:
    assert chosen(logits("abcde"), upper, lower) == "abcde"


def test_a_single_picture_stays_what_it_is() -> None:
    whole = logits("abc")
    assert choose_rows([whole], CHARSET) is whole


@pytest.mark.skipif(not DEFAULT_MODEL.is_file(), reason="no model is shipped in this checkout")
def test_the_shipped_model_reads_both_rows() -> None:
    """Each sample above the next: most are read as the two texts one after the other."""
    recognizer = Recognizer(threads=1)
    pictures = [load_gray(path) for path in sorted(SAMPLES.glob("*.jpg"))]
    texts = [recognizer.read(picture).text for picture in pictures]
    right = 0
    for i in range(len(pictures) - 1):
        both = recognizer.read(_stacked(pictures[i], pictures[i + 1]))
        assert both.text == " ".join(word.text for word in both.words)
        right += edit_distance(both.text, f"{texts[i]} {texts[i + 1]}") <= 0.1 * len(both.text)
    assert right >= 6  # of 11; 8 with the model of the day this was written


def _stacked(upper: Gray, lower: Gray) -> Gray:
    """One picture above another, brought to the paper and the height of the first."""
    scale = upper.shape[0] / lower.shape[0]
    lower = np.asarray(cv2.resize(lower, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    paper = [float(np.percentile(picture, 80)) for picture in (upper, lower)]
    lower = np.clip(lower * (paper[0] / paper[1]), 0, 255).astype(np.uint8)
    width = max(upper.shape[1], lower.shape[1])
    return np.vstack(
        [
            cv2.copyMakeBorder(p, 0, 0, 0, width - p.shape[1], cv2.BORDER_REPLICATE)
            for p in (upper, lower)
        ]
    )
