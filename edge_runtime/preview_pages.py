"""What the live view's server answers to each address.

=====================  ======================================================================
``/``                  the page; ``/style.css``, ``/page.js``, ``/icon.svg`` belong to it
``/stream.mjpg``       the picture, drawn on, as MJPEG
``/events``            server-sent events: ``state`` (JSON) and ``reading`` (JSON), with ids
``/history.json``      readings kept; ``?q=`` searches in them, ``?since=`` leaves older ones out
``/readings.csv``      the same as a table
``/snapshot.jpg``      the picture now; ``?plain=1`` without boxes
``/pause``, ``/resume``  POST, with the header ``X-Edge-HTR: 1``
=====================  ======================================================================
"""

import csv
import io
import json
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from time import monotonic
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

from edge_runtime.machine import machine_state
from edge_runtime.preview_server import PreviewServer, is_loopback

_FOLDER: Final = Path(__file__).with_name("preview_page")
_FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_COOKIE: Final = "edge_htr_token"
_HEADERS: Final = {
    # Nothing from elsewhere is loaded, and no other page may show this one inside itself.
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_FRAME_PAUSE: Final = 1 / 15
"""Seconds between two pictures of a stream, at least."""
_STATE_PAUSE: Final = 0.25
_BEAT: Final = 2.0
"""Seconds after which something is sent in any case: it finds those who have gone."""
_CSV: Final = ("number", "time", "source", "text", "confidence", "frame", "seen")


class Handler(BaseHTTPRequestHandler):
    """One request of a browser."""

    protocol_version = "HTTP/1.1"
    server_version = "edge-htr"
    sys_version = ""

    @property
    def _server(self) -> PreviewServer:
        return cast(PreviewServer, self.server)

    def do_GET(self) -> None:
        """Answer a request, if it may be answered."""
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if not self._may_enter(query):
            return
        answers: dict[str, Callable[[dict[str, str]], None]] = {
            "/stream.mjpg": self._stream,
            "/events": self._events,
            "/history.json": self._history,
            "/readings.csv": self._readings,
            "/snapshot.jpg": self._snapshot,
        }
        if parts.path in _FILES:
            name, kind = _FILES[parts.path]
            self._answer(200, kind, (_FOLDER / name).read_bytes())
        elif parts.path in answers:
            answers[parts.path](query)
        else:
            self._say(404, "no such page")

    def do_POST(self) -> None:
        """Pause and resume."""
        if not self._may_enter({}):
            return
        # A page of another site cannot send this header without being asked first.
        if self.headers.get("X-Edge-HTR") != "1":
            self._say(403, "the header X-Edge-HTR: 1 is missing")
        elif self.path in ("/pause", "/resume"):
            self._server.view.pause(self.path == "/pause")
            self._answer(204, "text/plain", b"")
        else:
            self._say(404, "no such page")

    def log_message(self, format: str, *args: Any) -> None:
        """Not on stderr: a page asks for something all the time."""

    def _may_enter(self, query: dict[str, str]) -> bool:
        """Check the token and, on loopback, that no other site's name leads here."""
        server = self._server
        if server.local and not _is_local_name(self.headers.get("Host", "")):
            self._say(403, "this address is not served")
            return False
        if server.token is None or server.allows(self._cookie()):
            return True
        if server.allows(query.get("token", "")):
            self.send_response(303)
            cookie = f"{_COOKIE}={server.token}; HttpOnly; SameSite=Strict; Path=/"
            self.send_header("Set-Cookie", cookie)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False
        self._say(401, "the address with the token stands where edge-htr was started")
        return False

    def _cookie(self) -> str:
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return ""
        return cookies[_COOKIE].value if _COOKIE in cookies else ""

    def _stream(self, query: dict[str, str]) -> None:
        self._begin("multipart/x-mixed-replace; boundary=picture")
        view, version = self._server.view, -1
        while not self._server.ending.is_set():
            started = monotonic()
            version, jpeg = view.jpeg()
            if jpeg:
                head = (
                    f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                )
                self.wfile.write(head.encode() + jpeg + b"\r\n")
            view.wait(version, _BEAT)
            self._server.ending.wait(max(0.0, started + _FRAME_PAUSE - monotonic()))

    def _events(self, query: dict[str, str]) -> None:
        self._begin("text/event-stream; charset=utf-8")
        view, version = self._server.view, -1
        after = self.headers.get("Last-Event-ID") or query.get("after", "")
        number = int(after) + 1 if after.isdecimal() else 0
        if number > view.state()["readings"]:  # counted before edge-htr was started anew
            number = 0
        machine, asked = machine_state(), monotonic()
        while not self._server.ending.is_set():
            for record in view.history(number):
                number = record["number"] + 1
                self._event("reading", record, record["number"])
            if monotonic() > asked + _BEAT:
                machine, asked = machine_state(), monotonic()
            self._event("state", view.state() | {"machine": machine})
            self._server.ending.wait(_STATE_PAUSE)
            version = view.wait(version, _BEAT)

    def _event(self, name: str, data: dict[str, Any], number: int | None = None) -> None:
        mark = "" if number is None else f"id: {number}\n"
        text = f"event: {name}\n{mark}data: {json.dumps(data, ensure_ascii=False)}\n\n"
        self.wfile.write(text.encode("utf-8"))

    def _history(self, query: dict[str, str]) -> None:
        found = self._found(query)
        body = json.dumps(found, ensure_ascii=False).encode("utf-8")
        self._answer(200, "application/json; charset=utf-8", body)

    def _readings(self, query: dict[str, str]) -> None:
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerow(_CSV)
        for record in self._found(query):
            writer.writerow([_harmless(record.get(name, "")) for name in _CSV])
        body = "\ufeff" + table.getvalue()  # spreadsheets know UTF-8 by this mark only
        self._answer(200, "text/csv; charset=utf-8", body.encode("utf-8"), "readings.csv")

    def _found(self, query: dict[str, str]) -> list[dict[str, Any]]:
        since = query.get("since", "0")
        return self._server.view.history(int(since) if since.isdecimal() else 0, query.get("q", ""))

    def _snapshot(self, query: dict[str, str]) -> None:
        _, jpeg = self._server.view.jpeg(plain="plain" in query)
        if jpeg:
            self._answer(200, "image/jpeg", jpeg, "snapshot.jpg")
        else:
            self._say(503, "no picture yet")

    def _begin(self, kind: str) -> None:
        """An answer without end."""
        self.close_connection = True
        self.send_response(200)
        for name, value in {**_HEADERS, "Content-Type": kind, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _say(self, code: int, text: str) -> None:
        self._answer(code, "text/plain; charset=utf-8", f"{text}\n".encode())

    def _answer(self, code: int, kind: str, body: bytes, save_as: str | None = None) -> None:
        self.send_response(code)
        headers = {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}
        if save_as:
            headers["Content-Disposition"] = f'attachment; filename="{save_as}"'
        if code >= 400:  # what was sent along with the request was not read
            self.close_connection = True
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _is_local_name(host: str) -> bool:
    """Whether the name in the browser's address bar is this computer's own."""
    name = urlsplit(f"//{host}").hostname if host else None
    return name is not None and is_loopback(name)


def _harmless(value: Any) -> Any:
    """Spreadsheets take a text that begins so for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
