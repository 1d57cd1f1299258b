"""From logits to words with confidences and parts of an address."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_runtime.addresses import AddressGrammar
from edge_runtime.bundle import Bundle
from edge_runtime.calibration import LINES, SOURCES, Calibration, line_evidence, word_evidence
from edge_runtime.charset import VIETNAMESE
from edge_runtime.ctc import WordReading, greedy
from edge_runtime.decoder import Decoder, find_lexicon
from edge_runtime.errors import BundleError, LexiconError
from edge_runtime.fields import Field, address_fields
from edge_runtime.parse import parse
from edge_runtime.states import IN_OTHER, IN_WORD, TAG
from tests.lexicons import logits_of, vietnam, vietnam_bytes
from tests.tiny_models import model_path

TEXT = "Số 12/3 Bà Triệu, Xã Đa Phước, Huyện An Phú, An Giang"
CURVES = {name: (0.5, 0.8) for name in (*SOURCES, *LINES)}


@pytest.fixture(scope="module")
def grammar() -> AddressGrammar:
    return AddressGrammar(vietnam())


def fields_of(grammar: AddressGrammar, text: str) -> dict[str, str]:
    """The parts and their texts; the confidence of each is checked against its words."""
    words = [WordReading(word, 0.9) for word in text.split()]
    found = address_fields(grammar, text, words)
    for field in found.values():
        assert field.confidence == pytest.approx(0.9 ** len(field.text.split()))
    return {name: field.text for name, field in found.items()}


def test_without_a_lexicon_the_best_path_is_read() -> None:
    logits = logits_of(VIETNAMESE, "Đa Phước", {3: {"p": 0.7}})
    assert Decoder(VIETNAMESE).read(logits) == greedy(logits, VIETNAMESE)


def test_a_lexicon_decides_where_the_network_doubts() -> None:
    logits = logits_of(VIETNAMESE, TEXT, {26: {"u": 0.9}, 38: {"á": 0.6}})
    reading = Decoder(VIETNAMESE, vietnam()).read(logits)
    assert reading.text == TEXT
    assert [word.text for word in reading.words] == TEXT.split()
    assert reading.words[0].confidence > 0.99
    assert reading.words[6].confidence < 0.7


def test_digits_stay_as_the_network_read_them() -> None:
    """There is a Phường 6 in that district, and no other."""
    for digit in "15789":
        text = f"Phường {digit}, Quận Phú Nhuận, Hồ Chí Minh"
        logits = logits_of(VIETNAMESE, text, {7: {"6": 0.3}})
        assert Decoder(VIETNAMESE, vietnam()).read(logits).text == text


def test_each_word_has_its_source() -> None:
    decoder = Decoder(VIETNAMESE, vietnam())
    text = "Số 12/3 Bà Zwyx, Đa Phước, Huyện An Phú, An Giang"
    expected = ["word", "number", "word", "other", *["place"] * 7]
    assert decoder.sources(text) == expected
    assert Decoder(VIETNAMESE).sources(text) == ["greedy"] * len(expected)
    assert decoder.sources("") == []


def test_a_line_left_to_the_network_is_no_address(grammar: AddressGrammar) -> None:
    text = "wjf qqj zzw fjw jjz qwz"
    assert parse(grammar, text) is None
    assert Decoder(VIETNAMESE, vietnam()).sources(text) == ["other"] * 6
    assert fields_of(grammar, text) == {}


def test_pieces_cover_the_text_from_its_end(grammar: AddressGrammar) -> None:
    pieces = parse(grammar, TEXT)
    assert pieces is not None
    assert [TEXT[p.start : p.end] for p in pieces] == [
        "An Giang", "An Phú", "Huyện", "Đa Phước", "Xã", "Triệu", "Bà", "12/3", "Số",
    ]  # fmt: skip
    assert pieces[5].inside & TAG == IN_WORD
    assert pieces[7].inside & TAG == IN_OTHER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT, {"house_number": "12/3", "street": "Bà Triệu", "ward": "Xã Đa Phước",
                "district": "Huyện An Phú", "province": "An Giang"}),
        ("Thôn 5 Đa Phước An Phú An Giang",
         {"area": "Thôn 5", "ward": "Đa Phước", "district": "An Phú", "province": "An Giang"}),
        ("452/8d Nguyễn Trãi P 6 Phú Nhuận Tp Hcm",
         {"house_number": "452/8d", "street": "Nguyễn Trãi", "ward": "P 6",
          "district": "Phú Nhuận", "province": "Tp Hcm"}),
        ("7 Bà Triệu, P.54, Quận 28, TP.HCM",
         {"house_number": "7", "street": "Bà Triệu", "ward": "P.54", "district": "Quận 28",
          "province": "TP.HCM"}),
        ("Phường Ba Đình, Hà Nội", {"ward": "Phường Ba Đình", "province": "Hà Nội"}),
        ("Bà Triệu, Ngô Quyền, Hải Phòng",
         {"street": "Bà Triệu", "district": "Ngô Quyền", "province": "Hải Phòng"}),
        ("Nguyễn Trãi", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_the_parts_of_an_address(
    grammar: AddressGrammar, text: str, expected: dict[str, str]
) -> None:
    assert fields_of(grammar, text) == expected


def test_places_carry_their_official_name_and_code(grammar: AddressGrammar) -> None:
    text = "P Ba Đình HN"
    found = address_fields(grammar, text, [WordReading(w, 1.0) for w in text.split()])
    assert found["ward"] == Field("P Ba Đình", 1.0, "Phường Ba Đình", "00004")
    assert found["province"] == Field("HN", 1.0, "Thành phố Hà Nội", "01")
    assert found["ward"].as_dict() == {
        "text": "P Ba Đình", "confidence": 1.0, "name": "Phường Ba Đình", "code": "00004",
    }  # fmt: skip
    text = "6 Phường 6, Quận Phú Nhuận, Hồ Chí Minh"
    found = address_fields(grammar, text, [WordReading(w, 1.0) for w in text.split()])
    assert (found["ward"].name, found["ward"].code) == ("Phường 6", None)
    assert found["district"].name == "Quận Phú Nhuận"


def test_fields_need_a_lexicon_of_places() -> None:
    decoder = Decoder(VIETNAMESE)
    assert decoder.fields(decoder.read(logits_of(VIETNAMESE, "An Giang"))) == {}


def test_confidences_follow_their_curves() -> None:
    calibration = Calibration(CURVES)
    decoder = Decoder(VIETNAMESE, vietnam(), calibration)
    logits = logits_of(VIETNAMESE, "Đa Phước, An Phú", {5: {"u": 0.4}})
    reading = decoder.read(logits)
    evidence = math.log(0.6)
    expected = 1 / (1 + math.exp(-0.5 - 0.8 * evidence))
    assert reading.words[1].confidence == pytest.approx(expected, rel=1e-3)
    line = sum(math.log(word.confidence) for word in reading.words)
    assert reading.confidence == pytest.approx(1 / (1 + math.exp(-0.5 - 0.8 * line)))
    assert Decoder(VIETNAMESE, None, calibration).read(logits).words == reading.words


def test_a_model_calibrated_without_a_lexicon_reads_with_one() -> None:
    alone = Calibration({"greedy": (0.5, 0.8), "greedy-line": (0.1, 0.7)})
    logits = logits_of(VIETNAMESE, "Đa Phước, An Phú", {5: {"u": 0.4}})
    reading = Decoder(VIETNAMESE, vietnam(), alone).read(logits)
    without = Decoder(VIETNAMESE, None, alone).read(logits)
    assert [word.confidence for word in reading.words] == [w.confidence for w in without.words]
    assert reading.confidence == without.confidence
    only_lexicon = Calibration({"place": (0.5, 0.8)})
    words = Decoder(VIETNAMESE, None, only_lexicon).read(logits).words
    assert words[1].confidence == pytest.approx(0.6 / 1.6, rel=1e-2)


def test_an_empty_line_has_no_confidence() -> None:
    logits = np.zeros((4, len(VIETNAMESE) + 1), np.float32)
    logits[:, VIETNAMESE.blank] = 20
    for calibration in (None, Calibration(CURVES)):
        reading = Decoder(VIETNAMESE, vietnam(), calibration).read(logits)
        assert (reading.text, reading.confidence, reading.words) == ("", 0.0, ())


def test_one_impossible_letter_does_not_count_without_end() -> None:
    assert word_evidence("ab c", [0.5, 0.0, 1.0, 0.25]) == pytest.approx(
        [math.log(0.5) - 12, math.log(0.25)]
    )
    assert line_evidence([WordReading("a", 0.0)]) == pytest.approx(math.log(1e-9))


@pytest.mark.parametrize(
    "values", [{"luck": [0, 1]}, {"word": [1]}, {"word": [1, math.inf]}, {"word": [True, 1]}]
)
def test_curves_that_are_none_are_refused(values: dict[str, list[float]]) -> None:
    with pytest.raises(BundleError, match="card check failed: calibration"):
        Calibration.from_dict(values)


def test_the_choice_of_a_lexicon() -> None:
    bundle = Bundle.open(model_path())
    assert find_lexicon("none", bundle) is None
    with pytest.raises(BundleError, match="has no lexicon: use --lexicon none or a file"):
        find_lexicon("builtin", bundle)
    found = find_lexicon("builtin", replace(bundle, lexicon=vietnam_bytes()))
    assert found is not None
    assert found.meta == vietnam().meta
    with pytest.raises(LexiconError, match="cannot be read"):
        find_lexicon("missing.bin", bundle)
    with pytest.raises(LexiconError, match="identifier check failed"):
        find_lexicon("builtin", replace(bundle, lexicon=b"words of another kind"))


def test_a_lexicon_may_lie_beside_its_model(tmp_path: Path) -> None:
    bundle = replace(Bundle.open(model_path()), path=tmp_path / "mine.tflite")
    with pytest.raises(BundleError, match="has no lexicon"):
        find_lexicon("builtin", bundle)
    (tmp_path / "mine.lexicon").write_bytes(vietnam_bytes())
    found = find_lexicon("builtin", bundle)
    assert found is not None
    assert found.meta == vietnam().meta


def test_wrong_shapes_are_refused() -> None:
    for lexicon in (None, vietnam()):
        with pytest.raises(ValueError, match="do not fit"):
            Decoder(VIETNAMESE, lexicon).read(np.zeros((3, 7), np.float32))


def test_a_province_cut_off_by_the_edge_is_still_known(grammar: AddressGrammar) -> None:
    for text in ("Đa Phước, An Phú, An Gian", "Phường 6, Quận Phú Nhuận, TP Hồ Chí"):
        found = address_fields(grammar, text, [WordReading(w, 1.0) for w in text.split()])
        assert found["district"].name in ("Huyện An Phú", "Quận Phú Nhuận")
        assert found["province"].name in ("Tỉnh An Giang", "Tỉnh Hồ Chí Minh")
        assert text.endswith(found["province"].text)
