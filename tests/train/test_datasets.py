"""Both layouts are read; a bad row is reported and the rest goes on."""

from pathlib import Path

import pytest

from edge_runtime.errors import DataError
from train.datasets import Dataset, read_dataset

PICTURE = b"not decoded here"


def tsv_set(folder: Path, labels: bytes, pictures: tuple[str, ...] = ("a.jpg", "b.jpg")) -> Dataset:
    folder.mkdir(parents=True, exist_ok=True)
    for name in pictures:
        (folder / name).write_bytes(PICTURE)
    (folder / "labels.tsv").write_bytes(labels)
    return read_dataset(folder)


def test_labels_tsv(tmp_path: Path) -> None:
    data = tsv_set(tmp_path / "set" / "train", "a.jpg\tSố 5\nb.jpg\tHuế\n".encode())
    assert [(s.id, s.text, s.writer) for s in data.samples] == [
        ("set/train/a.jpg", "Số 5", None),
        ("set/train/b.jpg", "Huế", None),
    ]
    assert data.problems == []


def test_kalapa_layout(tmp_path: Path) -> None:
    (tmp_path / "images" / "7").mkdir(parents=True)
    (tmp_path / "images" / "7" / "0.jpg").write_bytes(PICTURE)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "7.txt").write_text("7/0.jpg\tHà Nội\n7/1.jpg\tHuế\n", "utf-8")
    data = read_dataset(tmp_path)
    assert [(s.id, s.writer) for s in data.samples] == [("kalapa/7/0.jpg", "7")]
    assert [p.kind for p in data.problems] == ["missing-picture"]


@pytest.mark.parametrize(
    ("row", "kind", "kept"),
    [
        (b"a.jpg", "no-tab", False),
        (b"a.jpg\t ", "empty-label", False),
        (b"a.jpg\t\xff\xfe", "encoding", False),
        ("a.jpg\tHue\u0302".encode(), "not-nfc", True),
        (b"a.jpg\ttwo  spaces", "spaces", True),
        (b"none.jpg\ttext", "missing-picture", False),
        (b"../../outside.jpg\ttext", "outside", False),
        (b"b.jpg\tother", "duplicate", False),
    ],
)
def test_each_bad_row_is_a_problem_and_the_rest_is_read(
    tmp_path: Path, row: bytes, kind: str, kept: bool
) -> None:
    data = tsv_set(tmp_path / "x", b"b.jpg\tfine\n" + row + b"\n")
    assert [p.kind for p in data.problems] == [kind]
    assert data.problems[0].where == "labels.tsv:2"
    assert [s.path.name for s in data.samples] == (["b.jpg", "a.jpg"] if kept else ["b.jpg"])


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    data = tsv_set(tmp_path / "x", b"\xef\xbb\xbfa.jpg\tone\r\nb.jpg\ttwo\r\n\r\n")
    assert [s.text for s in data.samples] == ["one", "two"]
    assert data.problems == []


def test_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read_dataset(tmp_path / "none")
    (tmp_path / "labels.txt").touch()
    with pytest.raises(DataError, match=r"labels\.txt: is a file, not a folder"):
        read_dataset(tmp_path / "labels.txt")
    with pytest.raises(DataError, match="neither labels"):
        read_dataset(tmp_path)
