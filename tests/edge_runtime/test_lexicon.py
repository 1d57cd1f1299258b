"""Lexicon files are opened whole or refused with the check that failed."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_runtime.errors import LexiconError
from edge_runtime.lexicon import MAGIC, MAX_BYTES, SECTIONS, Lexicon, pack
from edge_runtime.lexicon_meta import LexiconMeta, Weights
from tests.lexicons import section_words, vietnam, vietnam_bytes


def refused(data: bytes) -> str:
    with pytest.raises(LexiconError) as caught:
        Lexicon.from_bytes(data)
    return str(caught.value)


def header_of(data: bytes) -> dict[str, Any]:
    (length,) = struct.unpack_from("<I", data, 8)
    header = json.loads(data[16 : 16 + length])
    assert isinstance(header, dict)
    return header


def with_header(header: Any, data: bytes | None = None) -> bytes:
    """A file with another header and a right checksum."""
    data = data or vietnam_bytes()
    (length,) = struct.unpack_from("<I", data, 8)
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    rest = text + b" " * (-len(text) % 8) + data[16 + length :]
    return struct.pack("<8sII", MAGIC, len(text) + -len(text) % 8, zlib.crc32(rest)) + rest


def with_value(name: str, index: int, value: int) -> bytes:
    """A file with one number changed and a right checksum."""
    data = bytearray(vietnam_bytes())
    (length,) = struct.unpack_from("<I", data, 8)
    offset, count = header_of(bytes(data))["sections"][name]
    width = int(SECTIONS[name][1])
    at = 16 + length + offset + (index % count) * width
    data[at : at + width] = value.to_bytes(width, "little")
    struct.pack_into("<I", data, 12, zlib.crc32(data[16:]))
    return bytes(data)


def test_a_file_is_mapped_and_holds_what_was_packed(tmp_path: Path) -> None:
    path = tmp_path / "test.bin"
    path.write_bytes(vietnam_bytes())
    opened = Lexicon.open(path)
    assert opened.path == path
    assert opened.size == path.stat().st_size
    assert opened.meta == vietnam().meta
    for name in SECTIONS:
        assert opened.arrays[name] == vietnam().arrays[name]
        assert opened.arrays[name].readonly
    assert opened.meta.sources[0]["name"] == "LICENSE.txt"
    assert "MIT License" in opened.meta.sources[0]["notice"]


def test_equal_parts_give_equal_bytes() -> None:
    lexicon = vietnam()
    arrays = {name: np.asarray(array) for name, array in lexicon.arrays.items()}
    assert pack(lexicon.meta, arrays) == vietnam_bytes()


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_damage_goes_unseen(data: st.DataObject) -> None:
    """One changed byte anywhere; the checksum and the fields before it see all of them."""
    whole = bytearray(vietnam_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    refused(bytes(whole))


@pytest.mark.parametrize("length", [0, 7, 15, 16, 100, -1])
def test_a_truncated_file_is_refused(length: int) -> None:
    refused(vietnam_bytes()[:length])


def test_a_foreign_file_is_refused() -> None:
    assert "identifier check failed: no EHTRLEX1 mark" in refused(b"PK\3\4" + bytes(100))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"[]", "not a JSON object"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
        ({}, "section check failed"),
    ],
)
def test_a_header_that_is_none_is_refused(header: Any, message: str) -> None:
    assert message in refused(with_header(header))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema check failed: schema 2, not 1"),
        ({"more": 1}, "other fields"),
        ({"name": 3}, "no text"),
        ({"alphabet": ""}, "alphabet"),
        ({"alphabet": "aa"}, "distinct letters"),
        ({"words": -1}, "no count"),
        ({"words": True}, "no count"),
        ({"words": 10**9}, "word.cost has"),
        ({"kinds": 1}, "kinds is no list"),
        ({"kinds": [{}]}, "a kind of place is incomplete"),
        ({"kinds": [{"name": "x", "level": 9, "forms": [["x", 1]], "numbered": True}]}, "kind of"),
        ({"kinds": []}, "unit.kind points outside"),
        ({"weights": []}, "weight check failed"),
        ({"weights": {"scale": "much"}}, "weight check failed: scale is 'much'"),
        ({"weights": {"scale": float("nan")}}, "weight check failed: scale"),
        ({"weights": {"tree": [1, 2]}}, "weight check failed: tree"),
        ({"weights": {"luck": 1}}, "unknown weight luck"),
        ({"weights": {"scale": 0}}, "weight check failed: scale"),
        ({"sources": ["me"]}, "a source is no table of texts"),
    ],
)
def test_a_wrong_field_of_the_header_is_refused(change: dict[str, Any], message: str) -> None:
    assert message in refused(with_header({**header_of(vietnam_bytes()), **change}))


@pytest.mark.parametrize(
    "place", [None, [0], [0, -1], [0, True], [4, 1], [8 * 10**6, 1], [0, 10**12], ["0", 1]]
)
def test_a_section_outside_the_file_is_refused(place: Any) -> None:
    header = header_of(vietnam_bytes())
    header["sections"]["trie.label"] = place
    assert "section check failed: trie.label" in refused(with_header(header))


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("trie.first", 1, 0),  # a circle: the child of a node is its parent
        ("trie.first", 3, 2**32 - 1),
        ("trie.first", -1, 5),
        ("trie.label", 4, 250),
        ("trie.word", 4, 10**6),
        ("pair.first", 2, 2**31),
        ("pair.word", 0, 10**6),
        ("unit.first", 1, 0),
        ("unit.first", 2, 1),
        ("unit.first", -1, 0),
        ("unit.kind", 0, 200),
        ("unit.kind", 0, 3),  # a district without a province
        ("unit.kind", -1, 0),  # a province inside a district
        ("unit.names", 1, 0),
        ("unit.names", -1, 0),
        ("name.text", 0, 2**32 - 1),
        ("text.first", 1, 2**32 - 1),
        ("text.bytes", 0, 0xFF),
    ],
)
def test_numbers_that_lead_nowhere_are_refused(name: str, index: int, value: int) -> None:
    assert f"section check failed: {name}" in refused(with_value(name, index, value))


def test_sections_of_unequal_length_are_refused() -> None:
    alphabet, arrays = section_words("hoa")
    units = {name: np.asarray(array) for name, array in vietnam().arrays.items()}
    parts = {**units, **arrays, "trie.cost": arrays["trie.cost"][:-1]}
    meta = LexiconMeta("x", alphabet, 1, vietnam().meta.kinds, Weights())
    with pytest.raises(LexiconError, match=r"trie\.cost has \d+ entries, not \d+"):
        pack(meta, parts)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    missing = tmp_path / "none.bin"
    with pytest.raises(LexiconError, match=r"none\.bin: cannot be read \(No such file"):
        Lexicon.open(missing)
    with pytest.raises(LexiconError, match=r"cannot be read"):
        Lexicon.open(tmp_path)
    empty = tmp_path / "empty.bin"
    empty.touch()
    with pytest.raises(LexiconError, match=r"empty\.bin: no lexicon has 0 bytes"):
        Lexicon.open(empty)
    large = tmp_path / "large.bin"
    with large.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(LexiconError, match="no lexicon has"):
        Lexicon.open(large)
