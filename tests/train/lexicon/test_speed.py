"""Decoding is timed in turn and with nothing remembered. How long it takes is not tested."""

import re

import pytest
from click.testing import CliRunner

from edge_runtime.bundle import Bundle
from edge_runtime.charset import VIETNAMESE
from edge_runtime.decoder import Decoder
from edge_runtime.recognizer import DEFAULT_MODEL
from tests.lexicons import logits_of, vietnam
from train.lexicon import speed
from train.lexicon.lines import Lines

TEXTS = ("Đa Phước An Phú An Giang", "12 Bà Triệu", "Phường Ba Đình, Hà Nội")
LINES: Lines = [(text, logits_of(VIETNAMESE, text)) for text in TEXTS]


def test_a_line_in_turn_finds_what_was_remembered_and_a_first_one_nothing() -> None:
    made: list[Decoder] = []

    def make() -> Decoder:
        made.append(Decoder(VIETNAMESE, vietnam()))
        return made[-1]

    assert len(speed.in_turn(make, LINES[:2], LINES[2:])) == 1
    all_sets = len(made[0].model._sets)
    decoder = make()
    assert len(speed.as_first(decoder, LINES)) == 3
    assert 0 < len(decoder.model._sets) < all_sets


def test_the_fastest_pass_counts_and_the_slowest_is_told() -> None:
    assert speed.row([[1.0, 9.0], [3.0, 2.0]]).split() == ["1.5", "1.9", "2.0", "2.0", "9.0"]


def test_the_command_shows_each_set_in_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    charset = Bundle.open(DEFAULT_MODEL).charset
    lines: Lines = [(text, logits_of(charset, text)) for text in TEXTS]
    monkeypatch.setattr(speed, "parse_sets", lambda _, items: dict.fromkeys(items, lines))
    arguments = [str(DEFAULT_MODEL), "--lines", "a:all", "--lines", "b:all", "--passes", "1"]
    result = CliRunner().invoke(speed.main, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    for name in ("a:all", "b:all"):
        for way in ("beam only", "in turn", "as first"):
            assert re.search(rf"^{name}  {way} +(\d+\.\d +){{4}}\d+\.\d$", result.stdout, re.M)
    objects = re.search(r"after all lines: (-?\d+)$", result.stdout)
    assert objects
    assert int(objects[1]) < 1000
