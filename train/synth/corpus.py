"""The words that synthetic lines are made of, read from text lists in a folder or from one file.

Known list names (all optional, at least one list must exist): ``vn_ward_district_province.tsv``,
``vn_streets.txt``, ``vn_wards.txt``, ``vn_districts.txt``, ``vn_provinces63.txt`` and
``vn_units_2025.json``. A folder without any of them is read as plain lines from its ``*.txt``.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_runtime.charset import VIETNAMESE, Charset, normalize_text
from edge_runtime.errors import DataError

MAX_LINE = 200
"""Longest line taken from a file of plain lines, in characters."""

Triple = tuple[str, str, str]

_REPAIRS = str.maketrans(
    {"\u00d0": "Đ", "\u2019": "'", "\u2013": "-", "\u200e": None, "\u00ac": None, "\u00ad": None}
)
_NAMES = ("vn_streets.txt", "vn_wards.txt", "vn_districts.txt", "vn_provinces63.txt")
_TRIPLES, _UNITS = "vn_ward_district_province.tsv", "vn_units_2025.json"


@dataclass(frozen=True)
class Corpus:
    """Lists of names. Empty lists are allowed; styles that need them are then not used."""

    streets: tuple[str, ...] = ()
    places: tuple[Triple, ...] = ()
    """Ward, district, province with their type words; the district is empty in units of 2025."""
    syllables: tuple[str, ...] = ()
    """Distinct words of all lists, in lower case."""
    lines: tuple[str, ...] = ()
    """Lines to be written as they are; where they exist, nothing else is written."""
    dropped: int = 0
    """Entries left out because of their length or symbols outside the charset."""

    @classmethod
    def read(cls, path: Path, charset: Charset = VIETNAMESE) -> "Corpus":
        """Read a folder of lists, or one file of plain lines.

        Raises:
            DataError: nothing usable is found, or a file is not as expected.
        """
        if path.is_file():
            return cls._plain([path], charset)
        if not path.is_dir():
            raise DataError(f"no text at {path}: give a text file or a folder of name lists")
        if any((path / name).is_file() for name in (*_NAMES, _TRIPLES, _UNITS)):
            return cls._lists(path, charset)
        files = sorted(path.glob("*.txt"))
        if not files:
            raise DataError(f"{path} holds no .txt file and none of the known name lists")
        return cls._plain(files, charset)

    @classmethod
    def _plain(cls, files: list[Path], charset: Charset) -> "Corpus":
        raw = [line for file in files for line in _lines(file)]
        lines = [line for line in _usable(raw, charset) if len(line) <= MAX_LINE]
        if not lines:
            where = ", ".join(file.name for file in files)
            raise DataError(
                f"{where}: no line of at most {MAX_LINE} characters, all of them in the charset"
            )
        return cls((), (), _syllables(lines), tuple(lines), len(raw) - len(lines))

    @classmethod
    def _lists(cls, folder: Path, charset: Charset) -> "Corpus":
        names = {name: _lines(folder / name) for name in _NAMES if (folder / name).is_file()}
        rows = _read_triples(folder / _TRIPLES) + _read_units(folder / _UNITS)
        places = [
            (ward, district, province)
            for ward, district, province in (tuple(map(clean, row)) for row in rows)
            if not charset.unknown(ward + district + province)
        ]
        usable = {name: _usable(lines, charset) for name, lines in names.items()}
        every = [line for lines in usable.values() for line in lines]
        every += [" ".join(place) for place in places]
        dropped = len(rows) - len(places)
        dropped += sum(len(names[name]) - len(usable[name]) for name in names)
        if not every:
            raise DataError(f"{folder}: no name that can be written with the charset's symbols")
        streets = [line for line in usable.get("vn_streets.txt", []) if not line[0].isdigit()]
        return cls(tuple(streets), tuple(places), _syllables(every), (), dropped)


def clean(text: str) -> str:
    """A name without the odd characters the lists contain: NFC, ``Đ`` for ``Ð``, plain signs."""
    return normalize_text(text.translate(_REPAIRS))


def _usable(lines: Iterable[str], charset: Charset) -> list[str]:
    cleaned = (clean(line) for line in lines)
    return [line for line in cleaned if line and not charset.unknown(line)]


def _syllables(lines: Iterable[str]) -> tuple[str, ...]:
    words = {word for line in lines for word in line.lower().split() if word.isalpha()}
    return tuple(sorted(words))


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text: {error.reason} at {error.start}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def _lines(path: Path) -> list[str]:
    return [line for line in _read_text(path).splitlines() if line.strip()]


def _read_triples(path: Path) -> list[Triple]:
    if not path.is_file():
        return []
    rows = []
    for number, line in enumerate(_lines(path), 1):
        cells = line.split("\t")
        if len(cells) != 3:
            raise DataError(f"{path}:{number}: expected ward, district, province between tabs")
        rows.append((cells[0], cells[1], cells[2]))
    return rows


def _read_units(path: Path) -> list[Triple]:
    """Wards and provinces of the structure of 2025, which has no districts."""
    if not path.is_file():
        return []
    try:
        provinces: list[dict[str, Any]] = json.loads(_read_text(path))
        return [
            (str(ward["FullName"]), "", str(province["FullName"]))
            for province in provinces
            for ward in province["Wards"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is not a list of provinces with Wards: {error!r}") from None
