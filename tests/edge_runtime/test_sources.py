"""Paths, folders, globs and stdin as pictures, in a natural order."""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_runtime import sources
from edge_runtime.sources import Source, find_sources, natural_key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures (never opened here), other files, and folders inside."""
    for name in ("line10.png", "line9.PNG", "a.jpg", "notes.txt", "labels.tsv", "sub/b.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "c.webp").touch()
    return tmp_path


def names(*arguments: str | Path, recursive: bool = False) -> list[str]:
    return [Path(s.name).name for s in find_sources(map(str, arguments), recursive=recursive)]


def test_a_folder_gives_its_pictures_in_natural_order(folder: Path) -> None:
    assert names(folder) == ["a.jpg", "line9.PNG", "line10.png"]


def test_recursion_adds_the_folders_inside(folder: Path) -> None:
    assert names(folder, recursive=True) == ["a.jpg", "line9.PNG", "line10.png", "c.webp", "b.png"]


def test_arguments_keep_their_order(folder: Path) -> None:
    assert names(folder / "line10.png", folder / "sub", folder / "a.jpg") == [
        "line10.png",
        "b.png",
        "a.jpg",
    ]


def test_a_glob_is_expanded_in_natural_order(folder: Path) -> None:
    assert names(f"{folder}/line*") == ["line9.PNG", "line10.png"]
    assert names(f"{folder}/**/*.webp") == ["c.webp"]
    assert names(f"{folder}/s*") == ["b.png"]  # a folder that matches is looked into


def test_a_file_with_a_glob_in_its_name_is_a_file(folder: Path) -> None:
    odd = folder / "scan[1].png"
    odd.touch()
    assert list(find_sources([str(odd)])) == [Source(str(odd), odd)]


def test_what_does_not_exist_is_passed_on_to_be_reported(tmp_path: Path) -> None:
    (source,) = find_sources([str(tmp_path / "nothing.png")])
    assert source.content == tmp_path / "nothing.png"


def test_arguments_that_lead_to_nothing_are_errors_in_their_place(folder: Path) -> None:
    (folder / "empty").mkdir()
    found = list(find_sources([f"{folder}/*.gif", str(folder / "empty"), str(folder / "a.jpg")]))
    assert [s.error for s in found] == [
        "no file matches this pattern",
        "no picture in this folder (-r looks into the folders inside)",
        None,
    ]


def test_a_folder_that_cannot_be_read_is_an_error_and_the_rest_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing: Callable[..., object] = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(sources.os, "scandir", scandir)  # type: ignore[attr-defined]
    found = list(find_sources([str(folder / "sub"), str(folder / "a.jpg")]))
    assert [s.error for s in found] == ["the folder cannot be read (Permission denied)", None]
    assert any(s.error for s in find_sources([str(folder)], recursive=True))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_locked_folder_is_an_error(folder: Path) -> None:
    (folder / "sub").chmod(0)
    try:
        (source,) = find_sources([str(folder / "sub")])
    finally:
        (folder / "sub").chmod(0o755)
    assert source.error == "the folder cannot be read (Permission denied)"


def test_links_that_lead_in_a_circle_are_not_followed(folder: Path) -> None:
    (folder / "sub" / "again").symlink_to(folder, target_is_directory=True)
    assert names(folder / "sub", recursive=True) == ["b.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_a_pipe_in_a_folder_does_not_hold_the_batch_up(folder: Path) -> None:
    os.mkfifo(folder / "b.png")
    (folder / "c.png").symlink_to("nowhere.png")  # this one is reported
    assert names(folder) == ["a.jpg", "c.png", "line9.PNG", "line10.png"]


def test_stdin_is_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\x89PNG...")))
    assert list(find_sources(["-"])) == [Source("-", b"\x89PNG...")]
    assert [s.error for s in find_sources(["-"])] == ["nothing came from stdin"]


def test_stdin_is_not_read_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 10)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x" * 1000)))
    (source,) = find_sources(["-"])
    assert isinstance(source.content, bytes)
    assert len(source.content) == 11


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_no_text_can_be_printed(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")
    Path(path).touch()
    (source,) = find_sources([str(tmp_path)])
    assert source.name.endswith("\ufffd.png")
    assert source.content == Path(path)
    source.name.encode("utf-8")


def test_natural_order() -> None:
    expected = ["", "1", "2", "10", "a", "A1", "a2", "a10", "b"]
    assert sorted(reversed(expected), key=natural_key) == expected
