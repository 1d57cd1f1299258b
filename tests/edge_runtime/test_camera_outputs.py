"""Where readings go: a stream, a log, pictures; and what a full disk does to them."""

import errno
import io
import json
import sqlite3
import sys
from collections import deque
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_runtime import patient, picture_folder
from edge_runtime.annotate import Label, annotated, without_marks
from edge_runtime.camera_event import Event, events_of
from edge_runtime.camera_reader import CameraReading
from edge_runtime.errors import DataError
from edge_runtime.page_reader import ReadLine
from edge_runtime.patient import Patient
from edge_runtime.picture_folder import PictureFolder
from edge_runtime.reading_log import ReadingLog
from edge_runtime.stream_output import StreamOutput
from tests.frames import frame, line


def event(text: str = "Hà Nội", number: int = 0) -> Event:
    found = ReadLine(line(text), (80, 40, 400, 40), number)
    return events_of("usb:0", [CameraReading(found, number, 7, 0.7, 5)])[0]


class Failing:
    """Writes to a list, or fails as a full disk does."""

    def __init__(self) -> None:
        self.full = False
        self.done: list[str] = []

    def __call__(self, items: deque[str]) -> None:
        while items:
            if self.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.done.append(items.popleft())


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between two tries."""
    monkeypatch.setattr(patient, "PAUSE", 0.0)


@pytest.mark.usefixtures("at_once")
def test_what_a_full_disk_refused_is_written_later_in_order() -> None:
    disk = Failing()
    said: list[str] = []
    queue: Patient[str] = Patient(disk, "out.txt", said.append)
    queue.put(["a"])
    disk.full = True
    queue.put(["b"])
    queue.put(["c"])
    disk.full = False
    queue.tick()
    queue.close()
    assert disk.done == ["a", "b", "c"]
    assert said == [
        "out.txt: cannot be written (No space left on device); readings are kept",
        "out.txt: works again, 2 readings written",
    ]


def test_a_full_disk_is_tried_now_and_then_and_a_loss_is_said() -> None:
    disk = Failing()
    said: list[str] = []
    queue: Patient[str] = Patient(disk, "out.txt", said.append)
    disk.full = True
    queue.put(["a"])
    disk.full = False
    queue.tick()  # too soon
    assert disk.done == []
    disk.full = True
    queue.close()
    assert said[-1] == "out.txt: 1 readings could not be written"


@pytest.mark.usefixtures("at_once")
def test_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient, "MOST", 3)
    disk = Failing()
    said: list[str] = []
    queue: Patient[str] = Patient(disk, "out.txt", said.append)
    disk.full = True
    queue.put("abcde")
    disk.full = False
    queue.close()
    assert disk.done == ["c", "d", "e"]
    assert said[-1] == "out.txt: 2 readings could not be written"


def write(out: Path | None, format_: str, *groups: list[Event]) -> None:
    stream = StreamOutput(out, format_, pytest.fail)
    for group in groups:
        stream.put(group, frame(7))
    stream.tick()
    stream.close()


def test_jsonl_has_the_fields_of_pictures_and_its_own(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    write(out, "jsonl", [event()])
    record = json.loads(out.read_text(encoding="utf-8"))
    assert list(record) == [
        *("source", "page_line", "box", "text", "confidence", "words", "ms"),
        *("time", "frame", "seen"),
    ]
    assert (record["source"], record["box"], record["frame"]) == ("usb:0", [80, 40, 400, 40], 7)
    assert record["time"].endswith("Z")


def test_a_file_of_lines_is_appended_to(tmp_path: Path) -> None:
    out = tmp_path / "out.tsv"
    write(out, "tsv", [event("Huế")])
    write(out, "tsv", [event("Hà Nội")], [])
    rows = out.read_text(encoding="utf-8").splitlines()
    assert [row.split("\t")[3] for row in rows] == ["text", "Huế", "Hà Nội"]


@pytest.mark.parametrize("format_", ["hocr", "alto"])
def test_a_document_appears_whole(tmp_path: Path, format_: str) -> None:
    out = tmp_path / "out.xml"
    stream = StreamOutput(out, format_, pytest.fail)
    stream.put([event()], frame(7))
    assert not out.exists()
    stream.close()
    assert out.read_text(encoding="utf-8").count("Hà") == 1
    assert out.read_text(encoding="utf-8").rstrip().endswith(">")


class TornFile(io.RawIOBase):
    """Takes a few bytes, then has no room, then has room again."""

    def __init__(self, slow: bool) -> None:
        self.data = b""
        self.room = 10
        self.slow = slow

    def write(self, data: Any) -> int | None:
        if not self.room:
            self.room = 1000
            if self.slow:
                return None
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = bytes(data[: self.room])
        self.room -= len(taken)
        self.data += taken
        return len(taken)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("slow", [False, True])
def test_no_line_is_torn_by_a_full_disk(slow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    file = TornFile(slow)
    said: list[str] = []
    fake = type("Stdout", (), {"buffer": type("Buffer", (), {"raw": file})()})()
    monkeypatch.setattr(sys, "stdout", fake)
    stream = StreamOutput(None, "text", said.append)
    stream.put([event("Thành phố Hồ Chí Minh")], frame(7))
    stream.put([event("Huế")], frame(8))
    monkeypatch.undo()
    assert file.data.decode() == "Thành phố Hồ Chí Minh\nHuế\n"
    assert len(said) == 2


def test_a_reader_that_has_gone_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(data: bytes) -> int:
        raise BrokenPipeError

    file = type("Pipe", (), {"write": staticmethod(gone)})()
    fake = type("Stdout", (), {"buffer": type("Buffer", (), {"raw": file})()})()
    monkeypatch.setattr(sys, "stdout", fake)
    stream = StreamOutput(None, "text", lambda message: None)
    with pytest.raises(BrokenPipeError):
        stream.put([event()], frame(7))


def test_the_log_keeps_every_reading_of_every_run(tmp_path: Path) -> None:
    path = tmp_path / "readings.db"
    for run in range(2):
        log = ReadingLog(path, "usb:0", "0" * 64, pytest.fail)
        log.put([event(f"Số {run}"), event("Huế", 1)], frame(7))
        reader = sqlite3.connect(path)  # another program, while it is open
        assert reader.execute("SELECT count(*) FROM reading").fetchone() == (2 * run + 2,)
        reader.close()
        log.close()
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    rows = database.execute(
        "SELECT run, frame, seen, page_line, x, y, width, height, text, confidence, fields"
        " FROM reading ORDER BY id"
    ).fetchall()
    (words,) = database.execute("SELECT words FROM reading WHERE id = 1").fetchone()
    source = database.execute("SELECT source, model FROM run").fetchone()
    database.close()
    assert rows[0] == (1, 7, 5, 0, 80, 40, 400, 40, "Số 0", 0.9, None)
    assert [row[0] for row in rows] == [1, 1, 2, 2]
    assert json.loads(words)[0] == {"text": "Số", "confidence": 0.9}
    assert source == ("usb:0", "0" * 64)


@pytest.mark.usefixtures("at_once")
def test_a_full_disk_costs_the_log_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    log = ReadingLog(tmp_path / "readings.db", "usb:0", "", said.append)
    log.put([event("Huế")], frame(7))
    (pages,) = log._connection.execute("PRAGMA page_count").fetchone()
    log._connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLITE_FULL from now on
    for number in range(200):
        log.put([event(f"Số {number} " + "Đường Hàng Bài " * 8)], frame(7))
    assert "database or disk is full" in said[0]
    log._connection.execute("PRAGMA max_page_count = 1000000")
    log.tick()
    rows = log._connection.execute("SELECT text FROM reading ORDER BY id").fetchall()
    log.close()
    assert [row[0].split()[1] for row in rows[1:]] == [str(number) for number in range(200)]


@pytest.mark.parametrize("content", [b"no database at all" * 100, None])
def test_a_foreign_file_is_not_written_to(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other.db"
    if content is None:
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE mine (x)")
        other.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"other\.db"):
        ReadingLog(path, "usb:0", "", pytest.fail)
    assert path.read_bytes() == before


def test_pictures_are_saved_with_boxes(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path / "new" / "pictures", pytest.fail)
    folder.put([event("Huế"), event("Hà Nội", 1)], frame(7))
    folder.put([], frame(8))
    (path,) = (tmp_path / "new" / "pictures").iterdir()
    saved = cv2.imread(str(path))
    assert saved is not None
    assert path.name.endswith("-000007.jpg")
    assert saved.shape == (480, 640, 3)
    blue, green, red = (int(v) for v in saved[80, 200])  # the lower edge of the box
    assert green > blue + 20
    assert green > red + 20


def test_a_picture_that_cannot_be_saved_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    said: list[str] = []
    folder = PictureFolder(tmp_path, said.append)
    monkeypatch.setattr(picture_folder, "write_atomically", full)
    for _ in range(3):
        folder.put([event()], frame(7))
    assert len(said) == 1
    assert "No space left" in said[0]


def test_a_grey_picture_is_drawn_on_in_colour_and_stays_as_it_was() -> None:
    grey = np.full((480, 640), 200, np.uint8)
    drawn = annotated(grey, [Label((80, 40, 400, 40), "Hà Nội", 0.4), Label(None, "", 0.4)])
    assert drawn.shape == (480, 640, 3)
    assert int(grey.min()) == 200
    assert (drawn != 200).any()


def test_vietnamese_without_its_marks() -> None:
    assert without_marks("Đường Nguyễn Huệ, P. 3 ☺") == "Duong Nguyen Hue, P. 3 ?"


def test_drawing_works_with_opencv_4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "FontFace", raising=False)
    drawn = annotated(np.full((480, 640), 200, np.uint8), [Label((80, 40, 400, 40), "Huế", 0.9)])
    assert (drawn[10:40, 80:140] < 150).any()
