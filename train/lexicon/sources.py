"""Reads what lexicons are made of: word lists, tables of places, a package of places."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from importlib import metadata, util
from pathlib import Path

from edge_runtime.charset import normalize_text
from edge_runtime.errors import LexiconError, RuntimeMissingError
from train.lexicon.units import Unit
from train.lexicon.vietnamese import add_unit

PACKAGE = "vietnamadminunits"
_LEVELS = (2, 1, 0)
"""Levels of the columns of a table: ward, district, province."""


def read_text(path: Path) -> str:
    """A text file.

    Raises:
        LexiconError: it is missing, unreadable, or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise LexiconError(f"{path} is not UTF-8 text: {error.reason} at {error.start}") from None
    except OSError as error:
        raise LexiconError(f"{path} cannot be read: {error.strerror}") from None


def read_phrases(path: Path) -> Iterator[tuple[str, float]]:
    """The lines of a word list: a word or phrase, and how often it is written after a tab.

    Raises:
        LexiconError: the file cannot be read, or a count is no positive number.
    """
    for number, line in enumerate(read_text(path).splitlines(), 1):
        phrase, tab, count = line.partition("\t")
        if not (text := normalize_text(phrase)):
            continue
        try:
            weight = float(count) if tab else 1.0
        except ValueError:
            weight = 0.0
        if not 0 < weight < 1e12:
            raise LexiconError(f"{path}:{number}: {count[:40]!r} is no count (phrase, tab, count)")
        yield text, weight


class Country:
    """Provinces from several sources; a place of the same name in the same place is one."""

    def __init__(self) -> None:
        self.before, self.since = _country(), _country()
        """Until June 2025 with districts, and since July 2025 without."""

    @property
    def provinces(self) -> list[Unit]:
        """All provinces, the old ones first."""
        return [*self.before.inside, *self.since.inside]

    def read_table(self, path: Path) -> None:
        """Add a table: ward, district, province between tabs, each perhaps followed by its code.

        Raises:
            LexiconError: a line has another number of columns, or a code is no number.
        """
        for number, line in enumerate(read_text(path).splitlines(), 1):
            if line.strip():
                cells = line.split("\t")
                if len(cells) not in (3, 6):
                    raise LexiconError(
                        f"{path}:{number}: {len(cells)} columns; needed are ward, district and"
                        " province, or each with its code after it"
                    )
                names, codes = (
                    (cells, ["", "", ""]) if len(cells) == 3 else (cells[::2], cells[1::2])
                )
                try:
                    self._add(names, [int(code or 0) for code in codes])
                except ValueError:
                    raise LexiconError(f"{path}:{number}: a code is no number") from None

    def read_json(self, path: Path) -> None:
        """Add the units since July 2025: a list of provinces with Code, FullName and Wards.

        Raises:
            LexiconError: the file is not such a list.
        """
        try:
            for province in json.loads(read_text(path)):
                outer = add_unit(self.since, province["FullName"], 0, int(province["Code"]))
                for ward in province["Wards"]:
                    add_unit(outer, ward["FullName"], 2, int(ward["Code"]))
        except (ValueError, KeyError, TypeError) as error:
            raise LexiconError(f"{path} is not a list of provinces with Wards: {error!r}") from None

    def read_package(self, name: str = PACKAGE) -> str:
        """Add both structures with their codes from the installed package; returns its version.

        The package itself is not imported: its data is an SQLite file, and its code needs much.

        Raises:
            RuntimeMissingError: it is not installed.
            LexiconError: its data are not as expected.
        """
        found = util.find_spec(name)
        if found is None or not found.submodule_search_locations:
            raise RuntimeMissingError(f"--package needs {name}: pip install --no-deps {name}")
        path = Path(found.submodule_search_locations[0]) / "data" / "dataset.db"
        try:
            self._read_database(path)
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise LexiconError(f"{path} is not as {name} 1.0 has it: {error}") from None
        return metadata.version(name)

    def _read_database(self, path: Path) -> None:
        if not path.is_file():
            raise LexiconError(f"{path} is missing")
        with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as database:
            for row in database.execute(
                "SELECT ward, district, province, wardCode, districtCode, provinceCode"
                " FROM admin_units_legacy"
            ):
                self._add([name or "" for name in row[:3]], [int(code or 0) for code in row[3:]])
            for ward, province, *codes in database.execute(
                "SELECT ward, province, wardCode, provinceCode FROM admin_units"
            ):
                outer = add_unit(self.since, province, 0, int(codes[1]))
                add_unit(outer, ward, 2, int(codes[0]))

    def _add(self, names: Iterable[str], codes: Iterable[int]) -> None:
        """Add a place with those around it, given from the ward to the province."""
        outer = self.before
        for name, code, level in reversed(list(zip(names, codes, _LEVELS, strict=True))):
            if not name.strip():
                return
            outer = add_unit(outer, name, level, code)


def _country() -> Unit:
    from train.lexicon.vietnamese import kinds

    return Unit("Việt Nam", kinds()[0])
