"""A year before the camera, faster: what leaks, what is lost, what stops.

    python -m tests.camera_soak --frames 100000

Frames with known lines go through the real loop, outputs and live view; only the network is a stub.
Meanwhile the camera is lost fifty times, the disk is full five times (the kernel refuses to let
files grow), the server for readings fails now and then, and a browser never reads what it asked
for. At the end every line must be in the file, in the log and at the server, and the memory must
not have grown.
"""

import json
import os
import resource
import socket
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import perf_counter

import click

from edge_runtime import camera_reader, outbox, patient
from edge_runtime.camera_event import Event, Output
from edge_runtime.camera_frame import Frame, Picture
from edge_runtime.camera_lines import FoundLine
from edge_runtime.camera_live import LiveFrames
from edge_runtime.camera_reader import CameraReader, ReaderSettings
from edge_runtime.errors import CameraError
from edge_runtime.image import Gray
from edge_runtime.outbox import DeliveryError, Outbox
from edge_runtime.preview import LiveView
from edge_runtime.preview_server import PreviewServer
from edge_runtime.reading_log import ReadingLog
from edge_runtime.run_camera import CameraLoop
from edge_runtime.stop_signals import StopSignals
from edge_runtime.stream_output import StreamOutput
from tests.frames import Row, ScriptedLines, page

FRAMES_A_SHEET = 12
LINES_A_SHEET = 3
WARM = 0.3
"""Share of the run after which memory is first looked at: histories are full by then."""


@dataclass
class Report:
    """What happened."""

    frames: int = 0
    lines: int = 0
    seconds: float = 0.0
    lost: int = 0
    disk_full: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    """Lines that are missing or twice, by output."""
    rss_warm_mb: float = 0.0
    rss_end_mb: float = 0.0
    threads: int = 0
    """Threads at the end beyond those of the beginning."""

    @property
    def growth(self) -> float:
        """Of the memory, percent."""
        return 100 * (self.rss_end_mb / self.rss_warm_mb - 1)


class Sheets:
    """A camera that shows sheet after sheet, and waits until each frame was taken."""

    rate: float | None = None

    def __init__(self, frames: int, losses: int) -> None:
        self.frames = frames
        self.every = max(2, frames // (losses + 1))
        self.number = 0
        self.turn = threading.Event()
        self.turn.set()
        self.sheet = 0
        self.over = False

    def read(self) -> Picture | None:
        while not self.turn.wait(0.5):
            if self.over:
                return None
        self.turn.clear()
        self.number += 1
        if self.number % self.every == 0 and self.number < self.frames:
            self.turn.set()
            raise CameraError("unplugged")
        self.sheet = (self.number - 1) // FRAMES_A_SHEET
        return picture(self.sheet % 7)

    def close(self) -> None:
        """It is opened again as it was."""


@cache
def picture(seed: int) -> Gray:
    return page(seed=seed)


def texts_of(sheet: int) -> list[str]:
    return [
        f"Số {sheet} Dòng {row} Đường {chr(65 + (sheet + 7 * row) % 26) * 5}"
        for row in range(LINES_A_SHEET)
    ]


class KnownLines(ScriptedLines):
    """Reads what the sheet before the camera says."""

    def __init__(self, sheets: Sheets) -> None:
        super().__init__()
        self.sheets = sheets
        self.looks = bytearray(sheets.frames // FRAMES_A_SHEET + 2)

    def find(self, gray: Gray) -> list[FoundLine]:
        self.looks[self.sheets.sheet] += 1
        self.rows = [Row(text, row) for row, text in enumerate(texts_of(self.sheets.sheet))]
        return super().find(gray)


class FlakyServer:
    """Takes readings, but fails now and then."""

    name = "flaky"

    def __init__(self, frames: int) -> None:
        # Of a fixed size: what the test itself remembers must not look like a leak.
        self.lines = bytearray((frames // FRAMES_A_SHEET + 2) * LINES_A_SHEET)
        self.tries = 0

    def send(self, body: bytes, key: str) -> None:
        self.tries += 1
        if self.tries % 50 == 0:
            raise DeliveryError("cannot be reached")
        _, sheet, _, row, *_ = json.loads(body)["text"].split()
        self.lines[int(sheet) * LINES_A_SHEET + int(row)] = 1

    def close(self) -> None:
        """Nothing is open."""


class Director:
    """An output that makes things happen, and gives the camera its turn."""

    def __init__(self, sheets: Sheets, report: Report, folder: Path) -> None:
        self.sheets = sheets
        self.report = report
        self.folder = folder
        self.window = max(1, sheets.frames // 5)
        self.full = False

    def put(self, events: Sequence[Event], frame: Frame) -> None:
        """Readings go to the others."""

    def tick(self) -> None:
        number = self.sheets.number
        full = 0.4 < number % self.window / self.window < 0.5
        if full != self.full:
            self.full = full
            self.report.disk_full += full
            limit_files(self.folder if full else None)
        if self.report.rss_warm_mb == 0.0 and number > WARM * self.sheets.frames:
            self.report.rss_warm_mb = rss_mb()
        self.sheets.turn.set()

    def close(self) -> None:
        limit_files(None)


def limit_files(folder: Path | None) -> None:
    """No file may grow beyond the smallest of a folder's; without a folder all may."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    sizes = [path.stat().st_size for path in folder.iterdir()] if folder else []
    soft = max(1, min(size for size in sizes if size)) if sizes else hard
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def rss_mb() -> float:
    """Memory that this process holds now, MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


def soak(frames: int, losses: int, folder: Path) -> Report:
    """Run, and look at what is left."""
    report, started, threads = Report(), perf_counter(), threading.active_count()
    patient.PAUSE = 0.05  # type: ignore[misc]  # seconds, for a run that is a thousand times faster
    outbox._LAST_CHANCE = 60.0  # type: ignore[misc]
    camera_reader._GONE, camera_reader._REMEMBERED = 0.1, 0.25  # type: ignore[misc]
    sheets, server = Sheets(frames, losses), FlakyServer(frames)
    view = LiveView("soak")
    web = PreviewServer(view, timeout=2.0)
    deaf = socket.create_connection(("127.0.0.1", web.server_address[1]))
    deaf.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n")
    quiet: list[str] = []
    outputs: list[Output] = [
        StreamOutput(folder / "out.txt", "text", quiet.append),
        ReadingLog(folder / "log.db", "soak", "", quiet.append),
        Outbox(folder / "outbox.db", server, quiet.append, back_off=(0.001, 0.01)),
        view,
        Director(sheets, report, folder),
    ]
    camera = LiveFrames("soak", sheets, lambda: sheets, quiet.append, back_off=(0.001, 0.01))
    lines = KnownLines(sheets)
    loop = CameraLoop(camera, CameraReader(lines), outputs, view)
    loop.run(StopSignals(), frames - losses)
    report.rss_end_mb = rss_mb()
    sheets.over = True
    camera.close()
    for output in reversed(outputs):
        output.close()
    web.close()
    deaf.close()
    report.frames, report.lines, report.lost = loop.count, loop.lines, camera.state.lost
    report.seconds = perf_counter() - started
    report.threads = threading.active_count() - threads
    shown = [sheet for sheet, count in enumerate(lines.looks) if count >= ReaderSettings().fewest]
    expected = [text for sheet in shown for text in texts_of(sheet)]
    report.missing = compare(folder, server, expected)
    return report


def compare(folder: Path, server: FlakyServer, expected: list[str]) -> dict[str, int]:
    """How many lines differ from what was shown, by output."""
    written = (folder / "out.txt").read_text(encoding="utf-8").splitlines()
    database = sqlite3.connect(folder / "log.db")
    logged = [text for (text,) in database.execute("SELECT text FROM reading")]
    database.close()
    return {
        "file": unequal(written, expected),
        "log": unequal(logged, expected),
        "server": abs(len(expected) - sum(server.lines)),
    }


def unequal(got: list[str], expected: list[str]) -> int:
    """Lines that are missing, not expected or there twice."""
    return len(set(got) ^ set(expected)) + len(got) - len(set(got))


@click.command()
@click.option("--frames", type=click.IntRange(600), default=100_000, show_default=True)
@click.option("--losses", type=int, default=50, show_default=True)
def main(frames: int, losses: int) -> None:
    """Run the soak; exit code 1 if something leaks or is lost."""
    with tempfile.TemporaryDirectory() as folder:
        report = soak(frames, losses, Path(folder))
    click.echo(json.dumps({**vars(report), "growth_percent": round(report.growth, 2)}, indent=1))
    sys.exit(any(report.missing.values()) or report.growth >= 2.0 or report.lost < losses)


if __name__ == "__main__":
    main()
