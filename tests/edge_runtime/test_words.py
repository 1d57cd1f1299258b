"""Words, pairs and letters as they were counted; places as they were listed."""

from pathlib import Path

import pytest

from edge_runtime.entries import Entries
from edge_runtime.lexicon import Lexicon
from edge_runtime.units import Units
from edge_runtime.words import Words
from tests.lexicons import nats, vietnam, words_bytes


@pytest.fixture
def words(tmp_path: Path) -> Words:
    return Words(Lexicon.from_bytes(words_bytes(tmp_path, "an binh\t6", "hoa binh\t2", "binh")))


def walk(words: Words, word: str) -> tuple[int, int]:
    """Node and cost of a word, from its last letter to its first."""
    node = cost = 0
    for letter in reversed(word):
        node = words.child(node, letter)
        assert node >= 0, f"{letter} of {word}"
        cost += words.cost(node)
    return node, cost


def test_the_trie_leads_backwards_through_words(words: Words) -> None:
    node, _ = walk(words, "binh")
    assert words.word_at(node) == 1  # an, binh, hoa
    assert words.word_at(walk(words, "inh")[0]) is None
    assert words.child(0, "b") == -1
    assert words.child(0, "%") == -1
    assert words.child(node, "x") == -1


def test_letters_share_the_probability_of_their_words(words: Words) -> None:
    """17 words: 6 an, 9 binh, 2 hoa."""
    for word, count in (("an", 6), ("binh", 9), ("hoa", 2)):
        assert walk(words, word)[1] / 16 == pytest.approx(nats(count / 17), abs=0.1)


def test_a_pair_costs_what_it_was_counted(words: Words) -> None:
    binh, an, hoa = 1, 0, 2
    seen = words.pair(binh, an)
    assert seen is not None
    assert seen / 16 == pytest.approx(nats(5.5 / 9 + 1.5 / 9 * 6 / 26), abs=0.15)
    rarer = words.pair(binh, hoa)
    assert rarer is not None
    assert rarer > seen
    assert words.pair(an, hoa) is None


def test_the_end_of_a_word_makes_up_for_its_letters(words: Words) -> None:
    node, letters = walk(words, "an")
    pair = words.pair(1, 0)
    assert pair is not None
    assert letters + words.end_cost(node, 0, context=1) == pair
    unseen = letters + words.end_cost(node, 0, context=words.unknown)
    assert unseen == pytest.approx(16 * nats(6 / 17), abs=3)


def test_pairs_of_letters_know_what_words_look_like(words: Words) -> None:
    n, h, x = (words.letter(symbol) for symbol in "nhx")
    assert words.letter_cost(h, n) < words.letter_cost(h, x)
    assert words.letter("7") == words.letter("3")
    assert words.letter("€") == words.letter("ß")


def test_places_know_what_is_inside_and_around_them() -> None:
    units = Units(vietnam())
    provinces = [units.name(unit) for unit in units.children(None)]
    assert provinces[:2] == ["An Giang", "Hồ Chí Minh"]
    assert provinces[-1] == "Hà Nội"
    giang = units.children(None)[0]
    (district,) = units.children(giang)
    assert (units.name(district), units.kind(district).name) == ("An Phú", "Huyện")
    wards = list(units.children(district))
    assert [units.name(ward) for ward in wards] == ["An Phú", "Đa Phước"]
    assert [units.level(unit) for unit in (giang, district, wards[0])] == [0, 1, 2]
    assert [units.parent(unit) for unit in (giang, district, *wards)] == [
        None, giang, district, district,
    ]  # fmt: skip
    assert not len(units.children(wards[0]))


def test_every_place_is_inside_the_place_that_is_around_it() -> None:
    units = Units(vietnam())
    for unit in range(len(units)):
        assert unit in units.children(units.parent(unit))


def test_places_since_2025_have_codes_and_other_spellings() -> None:
    units = Units(vietnam())
    hanoi = units.children(None)[-1]
    assert units.code(hanoi) == 1
    assert [units.code(ward) for ward in units.children(hanoi)] == [4, 70]
    names = dict(units.names(hanoi))
    assert names["Hà Nội"] == 0
    assert names["HN"] > 16


def test_a_range_of_names_narrows_letter_by_letter() -> None:
    entries = Entries([("an phú", 1.0, 1), ("tân phú", 2.0, 2), ("phú", 1.0, 3), ("ba", 4.0, 4)])
    low, high = entries.narrow("ú", 0, len(entries))
    assert high - low == 3
    assert entries.cost(0, 4, low, high) == round(16 * nats(4 / 8))
    low, high = entries.narrow("úhp", low, high)
    assert entries.complete(3, low, high) == [(3, round(16 * nats(1 / 4)))]
    low, high = entries.narrow("úhp nâ", low, high)
    assert entries.complete(7, *entries.narrow("úhp nât", low, high)) == [(2, 0)]
    assert not entries.complete(6, low, high)
    low, high = entries.narrow("úhpx", 0, 4)
    assert low == high
