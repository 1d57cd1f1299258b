"""Lines follow from seed and index alone."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_runtime.charset import VIETNAMESE
from edge_runtime.errors import DataError
from train.synth.corpus import Corpus
from train.synth.fonts import FontSpec, load_fonts
from train.synth.hand import Hand, draw_hand
from train.synth.layout import lay_out
from train.synth.page import FORMS, SCANS, draw_kind, draw_page
from train.synth.paper import photograph
from train.synth.render import Frame, LinePen
from train.synth.settings import HandSettings, PaperSettings, SynthSettings
from train.synth.stream import synthesize_many
from train.synth.synthesizer import LineSynthesizer, SyntheticLine


def _same(a: SyntheticLine, b: SyntheticLine) -> bool:
    return (a.text, a.style, a.fonts) == (b.text, b.style, b.fonts) and np.array_equal(
        a.picture, b.picture
    )


def _steady(fonts: list[FontSpec], **changes: object) -> Hand:
    """A hand without chance: upright print on a straight baseline."""
    rng = np.random.default_rng(0)
    settings = HandSettings(donor_share=0.0, missing_dot=0.0, joined=0.0)
    hand = draw_hand(fonts[:1], {"a"}, settings, rng)
    calm = dict.fromkeys(("slant", "jitter", "wander", "climb", "warp", "gap_spread"), 0.0)
    still = dict.fromkeys(("mark_shift", "mark_lift", "mark_turn", "outline"), 0.0)
    return replace(hand, **calm, **still, pen=0.06, **changes)  # type: ignore[arg-type]


def _ink(text: str, hand: Hand) -> NDArray[np.bool_]:
    rng = np.random.default_rng(1)
    frame = Frame(height=100, width=500, x=10.0, baseline=60.0, body=24.0)
    pen = LinePen(hand, frame, rng)
    pen.write(lay_out(text, hand, rng))
    return pen.field < 0


def test_same_line_from_seed_and_index(synth: LineSynthesizer) -> None:
    again: LineSynthesizer = pickle.loads(pickle.dumps(synth))
    for index in (5, 2, 9):
        assert _same(synth.line(index, 7), again.line(index, 7))


def test_other_seed_or_index_other_line(synth: LineSynthesizer) -> None:
    first = synth.line(3, 7)
    assert not _same(first, synth.line(4, 7))
    assert not _same(first, synth.line(3, 8))


def test_pictures_look_like_lines(synth: LineSynthesizer) -> None:
    for index in range(20):
        line = synth.line(index, 11)
        height, width = line.picture.shape
        assert line.picture.dtype == np.uint8
        assert 56 <= height <= 140
        assert width > 2 * height
        assert np.ptp(line.picture) > 20, "there is ink"
        assert VIETNAMESE.unknown(line.text) == []


def test_processes_do_not_change_the_lines(synth: LineSynthesizer) -> None:
    here = list(synthesize_many(synth, 10, 5))
    there = list(synthesize_many(synth, 10, 5, workers=2, chunk=3))
    assert all(_same(a, b) for a, b in zip(here, there, strict=True))
    mixed = list(synthesize_many(synth, 10, 5, workers=2, chunk=3, ordered=False))
    assert sorted(line.text for line in mixed) == sorted(line.text for line in here)


def test_a_run_can_be_continued(synth: LineSynthesizer) -> None:
    whole = list(synthesize_many(synth, 6, 5))
    rest = list(synthesize_many(synth, 2, 5, first=4))
    assert all(_same(a, b) for a, b in zip(whole[4:], rest, strict=True))
    assert list(synthesize_many(synth, 0, 5)) == []


def test_wrong_counts(synth: LineSynthesizer) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        synthesize_many(synth, -1, 5)
    with pytest.raises(ValueError, match="chunk"):
        synthesize_many(synth, 1, 5, chunk=0)


def test_fonts_are_skipped_for_texts_they_cannot_draw(
    fonts: list[FontSpec], ascii_font: Path
) -> None:
    poor = replace(load_fonts(ascii_font.parent)[0], weight=50.0)
    synth = LineSynthesizer([poor, *fonts], Corpus(lines=("Tổ 5 Cẩm Mỹ", "Soc Son 12")))
    used: dict[str, set[str]] = {}
    for index in range(40):
        line = synth.line(index, 1)
        used.setdefault(line.text, set()).update(line.fonts)
    assert "ascii-only" not in used["Tổ 5 Cẩm Mỹ"]
    assert "ascii-only" in used["Soc Son 12"]


def test_no_font_can_draw_the_texts(ascii_font: Path) -> None:
    synth = LineSynthesizer(load_fonts(ascii_font.parent), Corpus(lines=("Tổ 5",)))
    with pytest.raises(DataError, match="no font draws the texts"):
        synth.line(0, 1)


def test_no_fonts(corpus: Corpus) -> None:
    with pytest.raises(DataError, match="no fonts given"):
        LineSynthesizer([], corpus)


@pytest.mark.parametrize("drawn_marks", [True, False])
@pytest.mark.parametrize(
    ("plain", "marked", "rows"),
    [("ma", "mạ", slice(62, 80)), ("ma", "má", slice(12, 33)), ("mo", "mỗ", slice(5, 33))],
)
def test_marks_are_drawn_where_they_belong(
    fonts: list[FontSpec], plain: str, marked: str, rows: slice, drawn_marks: bool
) -> None:
    hand = _steady(fonts, drawn_marks=drawn_marks, drawn_horn=False)
    without, with_mark = _ink(plain, hand), _ink(marked, hand)
    assert not without[rows].any()
    assert with_mark[rows].sum() >= 4
    body = slice(38, 60)
    assert (without[body] != with_mark[body]).mean() < 0.01


def test_dots_of_i_can_be_left_out(fonts: list[FontSpec]) -> None:
    above = slice(10, 33)
    assert _ink("i", _steady(fonts))[above].any()
    assert not _ink("i", _steady(fonts, dots=False))[above].any()
    assert _ink("í", _steady(fonts, dots=False))[above].any()


def test_a_wider_pen_leaves_more_ink(fonts: list[FontSpec]) -> None:
    thin, thick = _steady(fonts), replace(_steady(fonts), pen=0.11)
    assert _ink("Cẩm Mỹ", thick).sum() > 1.4 * _ink("Cẩm Mỹ", thin).sum()


def test_joined_letters_touch(fonts: list[FontSpec]) -> None:
    def gaps(hand: Hand) -> int:
        columns = np.flatnonzero(_ink("nam", hand).any(axis=0))
        return int((np.diff(columns) > 1).sum())

    hand = _steady(fonts, tracking=0.05)
    assert gaps(hand) == 2
    assert gaps(replace(hand, joins=1.0)) == 0


def test_donor_gives_single_letters(fonts: list[FontSpec]) -> None:
    hand = replace(_steady(fonts), donor=fonts[1], donor_letters=frozenset("m"))
    assert hand.font_of("m") is fonts[1]
    assert hand.font_of("a") is fonts[0]
    assert not np.array_equal(_ink("m", hand), _ink("m", _steady(fonts)))


@pytest.mark.parametrize("kind", [*FORMS, *SCANS])
@pytest.mark.parametrize("width", [0.5, 8.0, 60.0, 150.0])
def test_text_fits_the_page(kind: str, width: float) -> None:
    settings = PaperSettings()
    for seed in range(30):
        page = draw_page(kind, width, False, settings, np.random.default_rng(seed))
        frame = page.frame
        assert frame.x + width * frame.body * frame.condense < min(page.right, frame.width)
        assert frame.baseline - frame.body > 0
        assert frame.baseline <= frame.height + 0.1 * frame.body


def test_kinds_of_paper() -> None:
    rng = np.random.default_rng(0)
    forms = {draw_kind(True, PaperSettings(), rng) for _ in range(200)}
    scans = {draw_kind(False, PaperSettings(), rng) for _ in range(200)}
    assert forms == set(FORMS)
    assert scans == set(SCANS)


def test_blank_page_is_light_and_borders_are_dark() -> None:
    settings = PaperSettings(border=1.0, next_cell=1.0, noise=(0.0, 0.0), blur=(0.0, 0.0))
    rng = np.random.default_rng(3)
    page = draw_page("row", 40.0, False, settings, rng)
    picture = photograph(
        np.zeros((page.frame.height, page.frame.width), np.float32), page, settings, rng
    )
    right = round(page.right)
    paper = np.median(picture[:, : right - 20])
    assert paper > 140
    assert np.median(picture[:, right - 4 : right + 5].min(axis=1)) < paper - 40


def test_settings_reach_the_lines(fonts: list[FontSpec], corpus: Corpus) -> None:
    text = replace(SynthSettings().text, styles={"cinnamon": 1.0}, paper_follows_text=1.0)
    synth = LineSynthesizer(fonts, corpus, replace(SynthSettings(), text=text))
    assert {synth.line(i, 0).style for i in range(12)} == {"cinnamon"}
