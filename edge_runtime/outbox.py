"""Readings on their way to a server: kept in a file until the server has taken them.

A thread of its own sends them in order, the oldest first, and waits longer after each failure. What
the server refuses for good stays in the file, with the reason. A reading may arrive twice (the
answer was lost); its key tells.
"""

import json
import os
import sqlite3
import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

from edge_runtime.camera_event import Event
from edge_runtime.camera_frame import Frame
from edge_runtime.patient import Patient
from edge_runtime.reading_log import open_database

SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, key TEXT NOT NULL,
    body TEXT NOT NULL, refused TEXT
);
CREATE INDEX IF NOT EXISTS message_target ON message(target, refused, id);
"""
BACK_OFF: Final = (1.0, 300.0)
"""Seconds after the first failure, doubled after each, and the most."""
_LAST_CHANCE: Final = 5.0
"""Seconds for what is left when the program ends; the next run sends the rest."""


class DeliveryError(Exception):
    """A message did not arrive."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good
        """Whether it makes no sense to send it again."""


class Target(Protocol):
    """Where messages go."""

    name: str
    """Without a password."""

    def send(self, body: bytes, key: str) -> None:
        """Deliver one message; raises ``DeliveryError``."""

    def close(self) -> None:
        """End the connection."""


class Outbox:
    """Puts readings into the file; a thread takes them out."""

    def __init__(
        self,
        path: Path,
        target: Target,
        report: Callable[[str], None],
        *,
        back_off: tuple[float, float] = BACK_OFF,
    ) -> None:
        """Open the file and begin to send what is in it.

        Args:
            path: the database file; its folder is made.
            target: is closed here.
            report: is told when the server cannot be reached and when it can again.
            back_off: seconds after the first failure, and the most.

        Raises:
            DataError: the file is not an outbox.
            OSError: the folder cannot be made.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._target = target
        self._report = report
        self._back_off = back_off
        self._connection = open_database(path, SCHEMA_VERSION, _SCHEMA, shared=True)
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._ends_at: float | None = None
        self._failing = False
        self._patient: Patient[Event] = Patient(self._store, str(path), report, (sqlite3.Error,))
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def put(self, events: Sequence[Event], frame: Frame) -> None:
        """Take readings."""
        self._patient.put(events)
        if events:
            self._news.set()

    def tick(self) -> None:
        """Try again what a full disk refused."""
        self._patient.tick()

    def close(self) -> None:
        """Send for a few more seconds; what is left is sent by the next run."""
        self._patient.close()
        self._ends_at = monotonic() + _LAST_CHANCE
        self._news.set()
        self._thread.join(_LAST_CHANCE + 15.0)
        left = self.waiting()
        if left:
            self._report(
                f"{self._target.name}: {left} readings not sent yet; they are kept in {self._path}"
                " and sent by the next run"
            )
        self._target.close()
        if not self._thread.is_alive():
            self._connection.close()

    def waiting(self) -> int:
        """Messages that were not sent and not refused."""
        return int(self._query("SELECT count(*) FROM message WHERE target = ? AND refused IS NULL"))

    def _query(self, statement: str) -> Any:
        with self._lock:
            return self._connection.execute(statement, (self._target.name,)).fetchone()[0]

    def _store(self, events: deque[Event]) -> None:
        rows = [(self._target.name, *_message(event)) for event in events]
        with self._lock, self._connection:
            self._connection.executemany("INSERT INTO message VALUES (NULL, ?, ?, ?, NULL)", rows)
        events.clear()

    def _run(self) -> None:
        wait = self._back_off[0]
        while not self._over():
            message = self._oldest()
            if message is None:
                if self._ends_at is not None:
                    return
                self._news.wait(1.0)
                self._news.clear()
            elif self._deliver(*message):
                wait = self._back_off[0]
            else:
                self._pause(wait)
                wait = min(2.0 * wait, self._back_off[1])

    def _over(self) -> bool:
        return self._ends_at is not None and monotonic() >= self._ends_at

    def _pause(self, seconds: float) -> None:
        """Wait before the next try; the end of the program is a last chance."""
        until = monotonic() + seconds
        while monotonic() < until and self._ends_at is None:
            self._news.wait(min(1.0, max(0.0, until - monotonic())))
            self._news.clear()
        if self._ends_at is not None:
            threading.Event().wait(min(seconds, 0.5))

    def _oldest(self) -> tuple[int, str, str] | None:
        try:
            with self._lock:
                found: tuple[int, str, str] | None = self._connection.execute(
                    "SELECT id, key, body FROM message WHERE target = ? AND refused IS NULL"
                    " ORDER BY id LIMIT 1",
                    (self._target.name,),
                ).fetchone()
        except sqlite3.Error:
            return None
        return found

    def _deliver(self, number: int, key: str, body: str) -> bool:
        """Send one message and take it out of the file; False where it has to be sent again."""
        try:
            self._target.send(body.encode("utf-8"), key)
        except DeliveryError as error:
            if error.for_good:
                self._report(f"{self._target.name}: refused a reading ({error}); kept in the file")
                return self._change(
                    "UPDATE message SET refused = ? WHERE id = ?", str(error), number
                )
            if not self._failing:
                self._report(f"{self._target.name}: {error}; readings are kept until it answers")
            self._failing = True
            return False
        if self._failing:
            self._report(f"{self._target.name}: answers again")
        self._failing = False
        return self._change("DELETE FROM message WHERE id = ?", number)

    def _change(self, statement: str, *values: object) -> bool:
        try:
            with self._lock, self._connection:
                self._connection.execute(statement, values)
        except sqlite3.Error:  # a full disk: it will be sent twice, its key tells
            return False
        return True


def _message(event: Event) -> tuple[str, str]:
    """Key and body of a reading; the key is in the body too, as ``id``."""
    key = uuid.uuid4().hex
    return key, json.dumps({"id": key, **event.record()}, ensure_ascii=False)


def default_path() -> Path:
    """Where the file is if nobody says: systemd's state directory, or the user's."""
    if folder := os.environ.get("STATE_DIRECTORY"):
        return Path(folder.partition(":")[0]) / "outbox.db"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "edge-htr" / "outbox.db"
