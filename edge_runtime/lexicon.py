"""The lexicon file: words, word pairs, letter pairs and places in one flat binary.

    "EHTRLEX1" | u32 bytes of the header | u32 CRC-32 of all that follows | header (JSON) | sections

A section is an array of little-endian unsigned integers at a multiple of 8 bytes; the header names
its type, place and length. Nothing is unpacked when a lexicon is opened: the file is mapped into
memory, every array is a view of the map, and pages that no line needs are never read again after
the checks. Costs are negative logarithms of probabilities in sixteenths of a nat.

Everything is stored for reading backwards, from the end of a line to its beginning: an address
names the larger place last, so backwards each step has few ways to go on.
"""

import json
import mmap
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt

from edge_runtime.errors import LexiconError
from edge_runtime.lexicon_checks import check_sections
from edge_runtime.lexicon_meta import LexiconMeta

MAGIC: Final = b"EHTRLEX1"
MAX_BYTES: Final = 64 * 2**20
"""As much as a bundle admits for its lexicon."""
MAX_HEADER: Final = 2**20
_HEAD: Final = struct.Struct("<8sII")
_FORMATS: Final[dict[str, Literal["B", "H", "I"]]] = {"u1": "B", "u2": "H", "u4": "I"}
SECTIONS: Final = {
    "trie.first": "u4",  # (nodes + 1): children of node n are first[n] .. first[n + 1] - 1
    "trie.label": "u1",  # (nodes): position in the alphabet of the letter that leads here
    "trie.cost": "u1",  # (nodes): cost of that letter
    "trie.stop": "u1",  # (nodes): cost of the word's ending here
    "trie.word": "u4",  # (nodes): the word that ends here, or NO_WORD
    "word.cost": "u2",  # (words): cost of the whole word, the sum along its path
    "pair.first": "u4",  # (contexts + 1): words before context c are first[c] .. first[c + 1] - 1
    "pair.word": "u4",  # (pairs): a word, ascending within a context
    "pair.cost": "u1",  # (pairs): its cost there
    "pair.backoff": "u1",  # (contexts): added to word.cost for the words not listed
    "letter.cost": "u1",  # (letters + 2)^2: cost of a letter given the one to its right
    "unit.first": "u4",  # (units + 2): children of unit u are first[u + 1] .., provinces first[0]
    "unit.kind": "u1",  # (units): position in the kinds
    "unit.code": "u4",  # (units): official code, 0 if unknown
    "unit.names": "u4",  # (units + 1): names of unit u are names[u] .. names[u + 1] - 1
    "name.text": "u4",  # (names): which text
    "name.cost": "u1",  # (names): cost of this name among the unit's names
    "text.first": "u4",  # (texts + 1): where each text begins
    "text.bytes": "u1",  # UTF-8
}
"""Every section: its type and, in brackets, its length. Contexts are the words and three more."""


@dataclass(frozen=True)
class Lexicon:
    """An opened, checked lexicon."""

    meta: LexiconMeta
    arrays: "Mapping[str, memoryview[int]]"
    """The sections of ``SECTIONS``; an element is a Python int."""
    size: int
    """Bytes of the file."""
    path: Path | None = None

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Map a lexicon file into memory and check it.

        Raises:
            LexiconError: missing, unreadable, damaged or foreign; the message begins with the path.
        """
        path = Path(path)
        try:
            with path.open("rb") as stream:
                size = path.stat().st_size
                if not _HEAD.size <= size <= MAX_BYTES:
                    raise LexiconError(f"no lexicon has {size} bytes")
                data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            lexicon = cls.from_bytes(data)
        except OSError as error:
            raise LexiconError(f"{path}: cannot be read ({error.strerror or error})") from None
        except LexiconError as error:
            raise LexiconError(f"{path}: {error}") from None
        return cls(lexicon.meta, lexicon.arrays, lexicon.size, path)

    @classmethod
    def from_bytes(cls, data: bytes | mmap.mmap) -> Self:
        """Check the bytes of a lexicon file; the lexicon refers to them and copies nothing.

        Raises:
            LexiconError: damaged, hostile or foreign; the message names the check that failed.
        """
        view = memoryview(data)
        header, base = _header(view)
        sections = header.pop("sections", None)
        if not isinstance(sections, dict) or set(sections) != set(SECTIONS):
            raise LexiconError("section check failed: the header lists other sections than it must")
        arrays = {name: _section(view, name, sections[name], base) for name in SECTIONS}
        meta = LexiconMeta.from_dict(header)
        check_sections(meta, {name: np.asarray(array) for name, array in arrays.items()})
        return cls(meta, arrays, len(view))


def pack(meta: LexiconMeta, arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """The bytes of a lexicon file; equal parts give equal bytes.

    Raises:
        LexiconError: the parts do not make a lexicon.
    """
    bodies = {
        name: np.ascontiguousarray(arrays[name], "<" + kind).tobytes()
        for name, kind in SECTIONS.items()
    }
    places, at = {}, 0
    for name, body in bodies.items():
        places[name] = [at, len(body) // int(SECTIONS[name][1])]
        at += _padded(len(body))
    header = json.dumps({**meta.as_dict(), "sections": places}, ensure_ascii=False).encode("utf-8")
    rest = header + b" " * (_padded(len(header)) - len(header))
    rest += b"".join(body + b"\0" * (_padded(len(body)) - len(body)) for body in bodies.values())
    data = _HEAD.pack(MAGIC, _padded(len(header)), zlib.crc32(rest)) + rest
    Lexicon.from_bytes(data)
    return data


def _padded(length: int) -> int:
    return -(-length // 8) * 8


def _header(view: memoryview) -> tuple[dict[str, Any], int]:
    """The header's fields, and where the sections begin."""
    if len(view) < _HEAD.size or bytes(view[:8]) != MAGIC:
        raise LexiconError(
            "identifier check failed: no EHTRLEX1 mark, so this is not a lexicon (expected a file"
            " written by 'edge-htr lexicon build')"
        )
    _, length, crc = _HEAD.unpack_from(view)
    if length > MAX_HEADER or length % 8 or _HEAD.size + length > len(view):
        raise LexiconError(f"header check failed: a header of {length} bytes (truncated file?)")
    if zlib.crc32(view[_HEAD.size :]) != crc:
        raise LexiconError("checksum check failed: the file is damaged or truncated")
    try:
        header = json.loads(bytes(view[_HEAD.size : _HEAD.size + length]))
    except (ValueError, RecursionError) as error:
        raise LexiconError(f"header check failed: not JSON ({error})") from None
    if not isinstance(header, dict):
        raise LexiconError("header check failed: not a JSON object")
    return header, _HEAD.size + length


def _section(view: memoryview, name: str, place: object, base: int) -> "memoryview[int]":
    width = int(SECTIONS[name][1])
    if not (
        isinstance(place, list)
        and len(place) == 2
        and all(isinstance(x, int) and not isinstance(x, bool) and x >= 0 for x in place)
    ):
        raise LexiconError(f"section check failed: {name} has no place in the file")
    start, end = base + place[0], base + place[0] + place[1] * width
    if place[0] % 8 or end > len(view):
        raise LexiconError(f"section check failed: {name} lies outside the file")
    return view[start:end].cast(_FORMATS[SECTIONS[name]])
