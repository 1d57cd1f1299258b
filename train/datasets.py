"""Readers of labelled line pictures: the Kalapa layout and ``labels.tsv``.

Neither reader fails on a bad row: what is wrong is collected as a ``Problem`` and the rest is read.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge_runtime.charset import normalize_text
from edge_runtime.errors import DataError


@dataclass(frozen=True)
class Sample:
    """One labelled line. ``id`` is stable: data set name and path within it, never the label."""

    id: str
    path: Path
    text: str
    writer: str | None = None


@dataclass(frozen=True)
class Problem:
    """One bad row: where it stands, what kind it is, and what to do about it."""

    where: str
    kind: str
    message: str


@dataclass
class Dataset:
    """The good rows of a data set and the bad ones."""

    root: Path
    samples: list[Sample] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: set[str] = field(default_factory=set, repr=False)


def read_dataset(folder: Path) -> Dataset:
    """Read a folder in either layout.

    Args:
        folder: holds ``labels.tsv`` (path, tab, text), or ``images/<writer>/<n>.jpg`` with
            ``annotations/<writer>.txt``.

    Raises:
        DataError: the folder is missing, unreadable, or holds neither layout.
    """
    try:
        if not folder.is_dir():
            what = "is a file, not a folder" if folder.exists() else "no such folder"
            raise DataError(f"{folder}: {what}")
        if (folder / "labels.tsv").is_file():
            return _read_tsv(folder)
        if (folder / "annotations").is_dir() and (folder / "images").is_dir():
            return _read_kalapa(folder)
    except PermissionError:
        raise DataError(f"{folder}: permission denied") from None
    raise DataError(f"{folder}: neither labels.tsv nor annotations/ and images/ in it")


def _read_tsv(folder: Path) -> Dataset:
    data = Dataset(folder)
    whole = folder.resolve()  # "." and a path from elsewhere must give the same ids
    name = f"{whole.parent.name}/{whole.name}"
    for where, path, text in _rows(folder / "labels.tsv", data):
        _add(data, where, f"{name}/{path}", folder / path, text, None)
    return data


def _read_kalapa(folder: Path) -> Dataset:
    data = Dataset(folder)
    for annotation in sorted((folder / "annotations").glob("*.txt")):
        if not _is_text(annotation.name):
            where = ascii(annotation.name)
            data.problems.append(Problem(where, "encoding", "the file's name is not UTF-8"))
            continue
        for where, path, text in _rows(annotation, data):
            _add(data, where, f"kalapa/{path}", folder / "images" / path, text, annotation.stem)
    return data


def _rows(table: Path, data: Dataset) -> Iterator[tuple[str, str, str]]:
    """Rows of a tab-separated file as (where, path, text); malformed ones become problems."""
    try:
        lines = table.read_bytes().split(b"\n")
    except OSError as error:
        data.problems.append(Problem(table.name, "unreadable", str(error.strerror)))
        return
    for number, raw in enumerate(lines, 1):
        where = f"{table.name}:{number}"
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r")
        except UnicodeDecodeError:
            data.problems.append(Problem(where, "encoding", "not UTF-8: save the file as UTF-8"))
            continue
        if not line.strip():
            continue
        path, tab, text = line.partition("\t")
        if not tab:
            data.problems.append(Problem(where, "no-tab", "no tab between picture and text"))
            continue
        yield where, path.strip(), text


def _add(
    data: Dataset, where: str, sample_id: str, path: Path, text: str, writer: str | None
) -> None:
    """Append one row, noting whatever is wrong with it; rows that cannot be used are left out."""
    problem = _label_problem(text)
    if problem is not None:
        data.problems.append(Problem(where, *problem))
        if problem[0] == "empty-label":
            return
    try:
        inside = path.resolve().is_relative_to(data.root.resolve())
        found = path.is_file()
    except (OSError, ValueError):  # a name too long for the system, or with a zero byte
        inside, found = True, False
    if not inside:
        data.problems.append(Problem(where, "outside", f"{path} lies outside the data set"))
        return
    if not found:
        data.problems.append(Problem(where, "missing-picture", f"{str(path)[:300]} does not exist"))
        return
    if sample_id in data.seen:
        data.problems.append(Problem(where, "duplicate", f"{sample_id} is listed twice"))
        return
    data.seen.add(sample_id)
    data.samples.append(Sample(sample_id, path, normalize_text(text), writer))


def _is_text(name: str) -> bool:
    """Whether a file's name can be written as UTF-8; others are kept as surrogates by Python."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _label_problem(text: str) -> tuple[str, str] | None:
    if not text.strip():
        return "empty-label", "no text beside the picture"
    if unicodedata.normalize("NFC", text) != text:
        return "not-nfc", "text is not in Unicode normal form C (it is normalised when read)"
    if normalize_text(text) != text:
        return "spaces", "leading, trailing or repeated spaces (they are tidied when read)"
    return None
