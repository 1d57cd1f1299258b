"""Texts in the label styles, every symbol reached."""

import re
import unicodedata
from dataclasses import replace

import numpy as np
import pytest

from edge_runtime.charset import VIETNAMESE, vietnamese_letters
from edge_runtime.errors import DataError
from train.synth.addresses import Written, capital_units, compose, small_vowels, title_case
from train.synth.corpus import Corpus
from train.synth.settings import TextSettings
from train.synth.tones import new_placement, old_placement

MANY = 6000


def _texts(corpus: Corpus, settings: TextSettings, count: int) -> list[Written]:
    return [
        compose(corpus, settings, VIETNAMESE, np.random.default_rng((1, i))) for i in range(count)
    ]


@pytest.fixture(scope="module")
def mixed(corpus: Corpus) -> list[Written]:
    return _texts(corpus, TextSettings(), MANY)


def test_every_symbol_is_reached(mixed: list[Written]) -> None:
    seen = set("".join(written.label for written in mixed))
    assert sorted(set(VIETNAMESE.symbols) - seen) == []
    assert set(vietnamese_letters()) <= seen


def test_labels_are_clean(mixed: list[Written]) -> None:
    for written in mixed:
        for text in (written.label, written.drawn):
            assert unicodedata.is_normalized("NFC", text)
            assert VIETNAMESE.unknown(text) == []
            assert text == " ".join(text.split())
        assert 6 <= len(written.label) <= 70


def test_styles_have_their_shares(mixed: list[Written]) -> None:
    for style, share in TextSettings().styles.items():
        found = sum(written.style == style for written in mixed) / len(mixed)
        assert found == pytest.approx(share, abs=0.04)


def test_kalapa_labels(corpus: Corpus) -> None:
    settings = TextSettings(styles={"kalapa": 1.0}, capitals=0.0, kalapa_lower=0.5, kalapa_stop=0.3)
    written = _texts(corpus, settings, 400)
    for one in written:
        assert re.fullmatch(r"[\w/' \-]+", one.label)
        assert all(word[0] == word[0].upper() for word in one.label.split())
    lower = [w for w in written if w.drawn.rstrip(".") != w.label]
    assert 0.35 < len(lower) / len(written) < 0.6
    assert all(w.drawn.rstrip(".").lower() == w.label.lower() for w in written)
    assert 0.2 < sum(w.drawn.endswith(".") for w in written) / len(written) < 0.4


def test_without_quirks_the_label_is_what_is_drawn(corpus: Corpus) -> None:
    settings = TextSettings(
        kalapa_lower=0.0,
        kalapa_stop=0.0,
        cinnamon_small_vowels=0.0,
        cinnamon_capital_units=False,
    )
    assert all(w.drawn == w.label for w in _texts(corpus, settings, 300))


def test_cinnamon_labels(corpus: Corpus) -> None:
    settings = TextSettings(styles={"cinnamon": 1.0}, capitals=0.0)
    written = _texts(corpus, settings, 300)
    labels = [w.label for w in written]
    assert sum("," in label for label in labels) > 270
    small = re.compile(r"(?<!\w)(phường|quận|huyện)(?!\w)")
    assert not any(small.search(label) for label in labels)
    assert any(small.search(w.drawn) for w in written)
    assert any(word[0].islower() for label in labels for word in label.split())
    assert any("0" in label for label in labels)


def test_case_helpers() -> None:
    assert title_case("tổ 5 TP hồ chí minh 77A") == "Tổ 5 Tp Hồ Chí Minh 77a"
    assert small_vowels("Ấp 2, Huyện Ứng Hoà, Đông Anh") == "ấp 2, Huyện ứng Hoà, Đông Anh"
    assert capital_units("xã A, huyện B, quận 3") == "xã A, Huyện B, Quận 3"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Hòa Bình", "Hoà Bình"),
        ("THÁI THỤY", "THÁI THUỴ"),
        ("khỏe, lóe", "khoẻ, loé"),
        ("Túy Loan", "Tuý Loan"),
        ("Hóa/Tòa", "Hoá/Toà"),
    ],
)
def test_tone_placement(old: str, new: str) -> None:
    assert new_placement(old) == new
    assert old_placement(new) == old


@pytest.mark.parametrize("text", ["Quý Hoá", "Hoàng Toàn", "Nguyễn Huỳnh", "của mùa", "Quỳ Hợp"])
def test_other_tones_stay(text: str) -> None:
    assert new_placement(text) == text
    if "Hoá" not in text:
        assert old_placement(text) == text


def test_given_lines_only(corpus: Corpus) -> None:
    given = replace(corpus, lines=("Một hai", "Hòa và hoà"))
    texts = {w.label for w in _texts(given, TextSettings(), 50)}
    assert texts == {"Một hai", "Hòa và hoà"}


def test_unknown_style(corpus: Corpus) -> None:
    with pytest.raises(DataError, match=r"unknown text style \['poem'\]"):
        _texts(corpus, TextSettings(styles={"poem": 1.0}), 1)


def test_addresses_need_places() -> None:
    with pytest.raises(DataError, match="vn_ward_district_province"):
        _texts(Corpus(syllables=("an",)), TextSettings(styles={"kalapa": 1.0}), 1)


def test_lengths_that_cannot_be_met(corpus: Corpus) -> None:
    with pytest.raises(DataError, match="of 500 to 501 characters"):
        _texts(corpus, TextSettings(lengths=(500, 501)), 1)
