"""A log of readings in SQLite, which other programs may read while it is written (WAL).

===========  ==============================================================================
table        columns
===========  ==============================================================================
``run``      ``id``, ``started`` (UTC, ISO 8601), ``source``, ``model`` (SHA-256 of the
             network), ``version`` (of edge-htr)
``reading``  ``id``, ``run``, ``time`` (UTC, ISO 8601), ``frame``, ``seen`` (frames in
             which the line was found), ``page_line``, ``x``, ``y``, ``width``, ``height``
             (pixels; empty where the frame is the line), ``text``, ``confidence``,
             ``words`` (JSON), ``fields`` (JSON or empty)
===========  ==============================================================================

``PRAGMA user_version`` is the version of this schema.
"""

import json
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from edge_runtime import __version__
from edge_runtime.camera_event import Event
from edge_runtime.camera_frame import Frame
from edge_runtime.errors import DataError
from edge_runtime.patient import Patient

SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY, started TEXT NOT NULL, source TEXT NOT NULL, model TEXT NOT NULL,
    version TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS reading (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id), time TEXT NOT NULL,
    frame INTEGER NOT NULL, seen INTEGER NOT NULL, page_line INTEGER NOT NULL,
    x INTEGER, y INTEGER, width INTEGER, height INTEGER,
    text TEXT NOT NULL, confidence REAL NOT NULL, words TEXT NOT NULL, fields TEXT
);
CREATE INDEX IF NOT EXISTS reading_time ON reading(time);
"""
_INSERT: Final = f"INSERT INTO reading VALUES (NULL{', ?' * 13})"


class ReadingLog:
    """An opened log; for one thread."""

    def __init__(self, path: Path, source: str, model: str, report: Callable[[str], None]) -> None:
        """Open or make a log and begin a run in it.

        Args:
            path: the database file.
            source: the camera.
            model: SHA-256 of the network.
            report: is told when it cannot be written; readings are kept until it can.

        Raises:
            DataError: the file is not such a log, or cannot be opened.
        """
        self._connection = open_database(path, SCHEMA_VERSION, _SCHEMA)
        started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        with self._connection:
            row = (started, source, model, __version__)
            cursor = self._connection.execute("INSERT INTO run VALUES (NULL, ?, ?, ?, ?)", row)
        self._run = cursor.lastrowid
        self._patient: Patient[Event] = Patient(self._write, str(path), report, (sqlite3.Error,))

    def put(self, events: Sequence[Event], frame: Frame) -> None:
        """Write readings."""
        self._patient.put(events)

    def tick(self) -> None:
        """Try again what a full disk refused."""
        self._patient.tick()

    def close(self) -> None:
        """Write what is left and close the file."""
        self._patient.close()
        self._connection.close()

    def _write(self, events: deque[Event]) -> None:
        with self._connection:  # one transaction: all or none
            self._connection.executemany(_INSERT, [self._row(event) for event in events])
        events.clear()

    def _row(self, event: Event) -> tuple[Any, ...]:
        record = event.record()
        fields = record.get("fields")
        return (
            self._run,
            *(record[name] for name in ("time", "frame", "seen", "page_line")),
            *(record["box"] or (None,) * 4),
            *(record["text"], record["confidence"]),
            json.dumps(record["words"], ensure_ascii=False),
            None if fields is None else json.dumps(fields, ensure_ascii=False),
        )


def open_database(path: Path, version: int, schema: str, *, shared: bool = False) -> Any:
    """Open or make a database file.

    Args:
        path: of the file; its folder must exist.
        version: of its schema, kept in ``user_version``.
        schema: makes what is missing.
        shared: whether several threads use the connection, one at a time.

    Raises:
        DataError: it is another program's, of another version, or cannot be opened.
    """
    try:
        connection = sqlite3.connect(path, timeout=10.0, check_same_thread=not shared)
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if found != version and (found or tables):
            connection.close()
            raise DataError(f"{path}: a database of another program or version, not written to")
        connection.execute("PRAGMA journal_mode = WAL")
        # In WAL mode a power cut may cost the last readings with NORMAL, with FULL it costs none.
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(f"{schema}PRAGMA user_version = {version};")
    except sqlite3.Error as error:
        raise DataError(f"{path}: cannot be used as a database ({error})") from None
    return connection
