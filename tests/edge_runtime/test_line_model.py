"""What texts cost: places in order, words, numbers, anything; and the case of letters."""

import gc
from dataclasses import replace
from pathlib import Path

import pytest

from edge_runtime import addresses, line_model
from edge_runtime.addresses import AddressGrammar
from edge_runtime.beam import beam_search
from edge_runtime.casing import COMMA, letter_kind
from edge_runtime.charset import VIETNAMESE
from edge_runtime.grammar import TextGrammar
from edge_runtime.lexicon import Lexicon
from edge_runtime.lexicon_meta import Weights
from edge_runtime.line_model import LineModel
from tests.lexicons import logits_of, vietnam, words_bytes

_ZERO = (0.0,) * 4
NEUTRAL = replace(
    Weights(), small=_ZERO, capital=_ZERO, inner_capital=_ZERO, inner_small=_ZERO, comma=_ZERO,
    style=_ZERO,
)  # fmt: skip
"""Weights that do not care for case."""


def model_of(weights: Weights = NEUTRAL) -> LineModel:
    return LineModel(AddressGrammar(vietnam(), weights), VIETNAMESE.symbols)


def cost(model: LineModel, text: str) -> float:
    """What a whole text costs, in nats of the network."""
    states, total = model.start(), 0.0
    for symbol in reversed(VIETNAMESE.encode(text)):
        step = model.advance(states, symbol)
        assert step is not None
        states, more = step
        total += more
    return total + model.end_cost(states)


def test_a_place_in_its_place_is_cheaper_than_elsewhere() -> None:
    model = model_of()
    right = cost(model, "Đa Phước An Phú An Giang")
    assert right < cost(model, "Đa Phước Ngô Quyền An Giang")
    assert right < cost(model, "Đa Phước An Phú Hải Phòng")
    assert right < cost(model, "An Giang An Phú Đa Phước")
    assert right < cost(model, "Đa Phươc An Phú An Giang")


@pytest.mark.parametrize(
    "text",
    [
        "Đa Phước, An Phú, An Giang",
        "Xã Đa Phước H An Phú An Giang",
        "Xã Đa Phước, Huyện An Phú, Tỉnh An Giang",
        "Phường 6, Quận Phú Nhuận, TP.HCM",
        "P6 Q.Phú Nhuận Tp Hồ Chí Minh",
        "Hòa Hải, Ngũ Hành Sơn, Đà Nẵng",
        "Hoà Hải, Ngũ Hành Sơn, Đà Nẵng",
        "Phường Ba Đình, Hà Nội",
        "Phường Ba Đình, HN",
        "Xã Đa Phước, Huyện An Phú",
    ],
)
def test_ways_to_write_an_address_cost_less_than_the_network_alone(text: str) -> None:
    model = model_of(replace(NEUTRAL, free=0.0))
    neutral = cost(model, "q" * len(text))
    assert cost(model, text) < neutral - 3


def test_every_text_is_possible() -> None:
    model = model_of()
    for text in ("", "x", "@#! 1+1", "Ng Th Mh", "A" * 80, "12/3-4", "...", "(a) b"):
        assert cost(model, text) < 100


def test_all_digits_cost_the_same() -> None:
    model = model_of()
    for form in ("{} Nguyễn Trãi", "Phường {}, Quận 3, Hồ Chí Minh", "Kp{}", "a{}b"):
        costs = [cost(model, form.format(digit)) for digit in range(10)]
        # Phường 6 and others alike: a number that is listed is not preferred.
        assert costs == pytest.approx([costs[0]] * 10)


def test_a_free_line_costs_what_its_bonus_gives() -> None:
    model = model_of(replace(NEUTRAL, free=2.0, scale=0.5, bonus=1.5))
    assert cost(model, "wjfz zzj wwfj qqfj zwj") == pytest.approx(0.5 * 2.0)


def test_the_model_is_deterministic_whatever_was_read_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used, fresh = model_of(), model_of()
    texts = ["Đa Phước An Phú An Giang", "12 Bà Triệu", "Quỳnh Hoa Quỳnh Lưu Nghệ An"]
    before = [cost(used, text) for text in texts]
    monkeypatch.setattr(line_model, "MAX_SETS", 0)  # forgets at each line
    assert [cost(used, text) for text in texts] == before
    assert [cost(fresh, text) for text in reversed(texts)] == before[::-1]
    assert len(used._sets) < 60


TEXTS = (
    "Đa Phước An Phú An Giang", "Xã Đa Phước, Huyện An Phú, Tỉnh An Giang", "P6 Q.Phú Nhuận Tp HCM",
    "Hòa Hải, Ngũ Hành Sơn, Đà Nẵng", "Quỳnh Hoa Quỳnh Lưu Nghệ An", "Phường Ba Đình, Hà Nội",
)  # fmt: skip


def test_what_is_remembered_is_nothing_for_garbage_collection() -> None:
    """A full collection in the middle of a line would take as long as a hundred lines."""
    model = model_of()
    gc.collect()
    before = len(gc.get_objects())
    for number in range(120):
        cost(model, f"{number} Bà Triệu {chr(97 + number % 26)}x{number * 7} {TEXTS[number % 6]}")
    gc.collect()
    grown = len(gc.get_objects()) - before
    assert len(model._sets) > 400
    assert len(model._grammar.known) > 500
    assert grown < 100
    for names in (model._sets, model._final, model._grammar.known, model._grammar._ends):
        assert not any(gc.is_tracked(x) for pair in names.items() for x in pair)
    for symbol in model._classes:
        assert not any(gc.is_tracked(x) for pair in symbol.after.items() for x in pair)


def test_forgetting_leaves_a_text_that_is_being_read_alone() -> None:
    """Another thread may forget at any time."""
    model, undisturbed = model_of(CASED), model_of(CASED)
    for text in TEXTS:
        states, total = model.start(), 0.0
        for symbol in reversed(VIETNAMESE.encode(text)):
            model.forget()
            step = model.advance(states, symbol)
            assert step is not None
            states, total = step[0], total + step[1]
        assert total + model.end_cost(states) == cost(undisturbed, text)


def test_few_lists_of_names_are_remembered_and_the_first_always(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = [cost(model_of(), text) for text in TEXTS]
    monkeypatch.setattr(addresses, "MAX_LISTS", 3)
    grammar = AddressGrammar(vietnam(), NEUTRAL)
    model = LineModel(grammar, VIETNAMESE.symbols)
    start = grammar.starts()[0][0]
    kept = grammar._entries_at(start)
    for text, value in zip(TEXTS, expected, strict=True):
        assert cost(model, text) == value
        assert len(grammar._entries) <= 3
        assert grammar._entries[start] is kept


def test_words_of_any_language(tmp_path: Path) -> None:
    lexicon = Lexicon.from_bytes(words_bytes(tmp_path, "Łódź", "Kraków", "AB-2041", "São Paulo"))
    charset = "".join(sorted(set(" -0123456789ABŁódźKraków São Paulo")))
    model = LineModel(TextGrammar(lexicon), charset)

    def spelled(text: str) -> float:
        states, total = model.start(), 0.0
        for symbol in reversed(text):
            step = model.advance(states, charset.index(symbol))
            assert step is not None
            states, total = step[0], total + step[1]
        return total + model.end_cost(states)

    assert spelled("Łódź") < spelled("Łódr")
    assert spelled("AB-2041") < spelled("AB-2014")
    assert spelled("São Paulo") < spelled("São Paula")


def test_the_beam_reads_the_place_that_the_network_doubts() -> None:
    """At one letter the network prefers another, by far; the address says which it is."""
    text = "Đa Phước An Phú An Giang"
    logits = logits_of(
        VIETNAMESE, text, {5: {"ư": 0.02, "u": 0.93}, 11: {"P": 0.9}, 13: {"ù": 0.9}}
    )
    plain = VIETNAMESE.decode(beam_search(logits, VIETNAMESE.blank)[0].symbols)
    assert plain != text
    best = beam_search(logits[::-1], VIETNAMESE.blank, model_of())[0]
    assert VIETNAMESE.decode(best.symbols[::-1]) == text


def test_a_text_that_is_no_address_is_read_as_it_is_written() -> None:
    text = "Kraków lezy nad Wisla"
    logits = logits_of(VIETNAMESE, text, {3: {"ọ": 0.3}, 8: {"e": 0.3}, 20: {"á": 0.4}})
    best = beam_search(logits[::-1], VIETNAMESE.blank, model_of())[0]
    assert VIETNAMESE.decode(best.symbols[::-1]) == text


CASED = replace(
    NEUTRAL,
    small=(6.0, 1.0, 6.0, 0.0),
    inner_capital=(6.0, 4.0, 0.0, 0.0),
    inner_small=(0.0, 0.0, 4.0, 0.0),
    comma=(2.0, 0.0, 0.0, 0.0),
    style=(0.0, 0.0, 2.0, 9.0),
)


@pytest.mark.parametrize(
    ("likely", "odd"),
    [
        ("Huyện An Phú An Giang", "huyện An Phú An Giang"),
        ("Huyện An Phú An Giang", "HuyỆn An Phú An Giang"),
        ("HUYỆN AN PHÚ AN GIANG", "HUYỆN AN PHÚ AN GIANg"),
        ("xã đa phước an phú an giang", "xã đa phước An phú an gianG"),
        ("8a Huyện An Phú An Giang", "8a HuyệN An Phú An Giang"),
    ],
)
def test_a_line_keeps_its_case(likely: str, odd: str) -> None:
    model = model_of(CASED)
    plain = model_of()
    assert cost(plain, likely) == pytest.approx(cost(plain, odd))
    assert cost(model, likely) < cost(model, odd) - 0.2


def test_a_comma_excuses_small_letters() -> None:
    """Lines with commas are in natural case, where a word may begin with a small letter."""
    model = model_of(replace(CASED, style=(0.0, 3.0, 9.0, 9.0)))

    def small_letter(rest: str) -> float:
        return cost(model, f"xã {rest}") - cost(model, f"Xã {rest}")

    assert small_letter("Đa Phước, An Phú, An Giang") < small_letter("Đa Phước An Phú An Giang") - 1
    assert letter_kind(",") == COMMA
