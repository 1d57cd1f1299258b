"""What lexicons are made of is read whole, or refused with the line that is wrong."""

import json
import sqlite3
from pathlib import Path

import pytest

from edge_runtime.errors import LexiconError, RuntimeMissingError
from train.lexicon import sources
from train.lexicon.sources import Country, read_phrases
from train.lexicon.units import check_levels, walk
from train.lexicon.vietnamese import fold, spellings, split_kind, words_of


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_word_list_has_phrases_and_counts(tmp_path: Path) -> None:
    path = written(tmp_path, "names.txt", "Nguyễn  Văn An\t12\n\n  Lê Hoa\nAB-1\t0.5\n")
    assert list(read_phrases(path)) == [("Nguyễn Văn An", 12.0), ("Lê Hoa", 1.0), ("AB-1", 0.5)]


@pytest.mark.parametrize("count", ["", "many", "-1", "0", "nan", "inf"])
def test_a_count_that_is_none_is_refused(tmp_path: Path, count: str) -> None:
    path = written(tmp_path, "names.txt", f"An\nHoa\t{count}\n")
    with pytest.raises(LexiconError, match=r"names\.txt:2: .* is no count"):
        list(read_phrases(path))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("Huế".encode("utf-16"))
    with pytest.raises(LexiconError, match="is not UTF-8 text"):
        list(read_phrases(path))
    with pytest.raises(LexiconError, match=r"none\.txt cannot be read"):
        list(read_phrases(tmp_path / "none.txt"))


def test_a_table_gives_places_inside_places(tmp_path: Path) -> None:
    country = Country()
    country.read_table(written(tmp_path, "a.tsv", "Xã A\tHuyện B\tTỉnh C\nXã D\tHuyện B\tC\n"))
    coded = "Xã A\t00012\tHuyện B\t003\tTỉnh C\t04\n"
    country.read_table(written(tmp_path, "b.tsv", coded))
    found = [(u.kind.name, u.name, u.code) for u in walk(country.provinces)]
    assert found == [("Tỉnh", "C", 4), ("Huyện", "B", 3), ("Xã", "A", 12), ("Xã", "D", 0)]
    check_levels(country.provinces)


def test_a_district_that_became_a_town_is_one_place(tmp_path: Path) -> None:
    country = Country()
    country.read_table(written(tmp_path, "new.tsv", "Xã A\t1\tThị xã B\t2\tC\t3\n"))
    country.read_table(written(tmp_path, "old.tsv", "Xã E\tHuyện B\tC\n"))
    (district,) = country.provinces[0].inside
    assert (district.kind.name, [ward.name for ward in district.inside]) == ("Thị xã", ["A", "E"])


def test_a_town_and_the_district_around_it_are_two(tmp_path: Path) -> None:
    country = Country()
    rows = "Xã A\t1\tThị xã B\t2\tC\t9\nXã D\t3\tHuyện B\t4\tC\t9\n"
    country.read_table(written(tmp_path, "two.tsv", rows))
    assert [(u.kind.name, u.code) for u in country.provinces[0].inside] == [
        ("Thị xã", 2), ("Huyện", 4),
    ]  # fmt: skip


@pytest.mark.parametrize("line", ["Xã A\tHuyện B", "Xã A\tx\tHuyện B\t3\tC\t4", "a\tb\tc\td"])
def test_a_wrong_row_is_refused(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, "a.tsv", f"Xã A\tHuyện B\tC\n{line}\n")
    with pytest.raises(LexiconError, match=r"a\.tsv:2: "):
        Country().read_table(path)


def test_units_since_2025_stand_beside_the_old_ones(tmp_path: Path) -> None:
    units = [{"Code": "01", "FullName": "Thành phố C", "Wards": [
        {"Code": "00004", "FullName": "Phường 5"}]}]  # fmt: skip
    country = Country()
    country.read_table(written(tmp_path, "a.tsv", "Xã A\tHuyện B\tC\n"))
    country.read_json(written(tmp_path, "b.json", json.dumps(units)))
    assert [(u.name, u.kind.level) for u in walk(country.provinces)] == [
        ("C", 0), ("B", 1), ("A", 2), ("C", 0), ("5", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["{", "{}x", '{"a": 1}', '[{"Code": "1"}]', "[1]"])
def test_other_json_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(LexiconError, match="is not a list of provinces with Wards"):
        Country().read_json(written(tmp_path, "b.json", text))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package of places, as vietnamadminunits 1.0 lays out its data."""
    folder = tmp_path / "somewhere" / "placespackage"
    (folder / "data").mkdir(parents=True)
    # Never imported: only its data are read.
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    info = tmp_path / "somewhere" / "placespackage-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: placespackage\nVersion: 1.0\n")
    with sqlite3.connect(folder / "data" / "dataset.db") as database:
        names = "province, district, ward, provinceCode, districtCode, wardCode"
        database.execute(f"CREATE TABLE admin_units_legacy ({names})")
        database.execute("CREATE TABLE admin_units (province, ward, provinceCode, wardCode)")
        database.execute(
            "INSERT INTO admin_units_legacy VALUES"
            " ('Tỉnh C', 'Huyện B', 'Xã A', '04', '003', '00012'),"
            " ('Tỉnh C', 'Huyện Đảo', NULL, '04', '005', NULL)"
        )
        database.execute("INSERT INTO admin_units VALUES ('Tỉnh C', 'Phường 5', '04', '00099')")
    database.close()
    monkeypatch.syspath_prepend(str(tmp_path / "somewhere"))
    return folder


def test_a_package_gives_both_structures(package: Path) -> None:
    country = Country()
    assert country.read_package("placespackage") == "1.0"
    assert [(u.name, u.code) for u in walk(country.provinces)] == [
        ("C", 4), ("B", 3), ("A", 12), ("Đảo", 5), ("C", 4), ("5", 99),
    ]  # fmt: skip


def test_a_package_with_other_data_is_refused(package: Path) -> None:
    with sqlite3.connect(package / "data" / "dataset.db") as database:
        database.execute("DROP TABLE admin_units")
    database.close()
    with pytest.raises(LexiconError, match=r"dataset\.db is not as placespackage 1\.0 has it"):
        Country().read_package("placespackage")
    (package / "data" / "dataset.db").unlink()
    with pytest.raises(LexiconError, match="is missing"):
        Country().read_package("placespackage")


def test_a_missing_package_says_how_to_get_it() -> None:
    with pytest.raises(RuntimeMissingError, match="pip install --no-deps no_such_package"):
        Country().read_package("no_such_package")
    assert sources.PACKAGE == "vietnamadminunits"


def test_kinds_names_and_spellings() -> None:
    assert [(k.name, n) for k, n in (split_kind("Thị trấn An Phú", 2), split_kind("Huế", 0))] == [
        ("Thị trấn", "An Phú"), ("Tỉnh", "Huế"),
    ]  # fmt: skip
    assert split_kind("Phường 06", 2)[1] == "6"
    assert fold("Phan Rang-Tháp Chàm") == fold("phan rang - tháp chàm")
    assert dict(spellings("Phú Hòa", 1)) == {"Phú Hoà": 0.4, "PH": 0.01}
    assert "Bà Rịa Vũng Tàu" in dict(spellings("Bà Rịa - Vũng Tàu", 0))
    assert words_of("Số 5, (Phố) Hòa - Bình.") == ["số", "5", "phố", "hoà", "bình"]
    with pytest.raises(LexiconError, match="is no name of a place"):
        split_kind("", 1)
