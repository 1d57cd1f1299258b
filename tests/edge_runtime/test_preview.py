"""The live view: what it shows, who may look, and that nobody can stop the camera."""

import csv
import http.client
import io
import json
import socket
import threading
from collections.abc import Iterator
from time import monotonic

import cv2
import numpy as np
import pytest

from edge_runtime import preview_server
from edge_runtime.annotate import Label
from edge_runtime.errors import CameraError, DataError
from edge_runtime.preview import LiveView, Scene
from edge_runtime.preview_server import PreviewServer, is_loopback, parse_bind
from tests.edge_runtime.test_camera_outputs import event
from tests.frames import frame, page

LABEL = Label((80, 40, 400, 40), "Hà Nội", 0.9)


@pytest.fixture
def view() -> LiveView:
    shown = LiveView("usb:0")
    shown.show(Scene(frame(7), (LABEL,), {"ms": {"find": 12.0}, "verdict": "read"}))
    shown.put([event("Huế"), event("=1+1", 1)], frame(7))
    return shown


@pytest.fixture
def server(view: LiveView) -> Iterator[PreviewServer]:
    running = PreviewServer(view, timeout=0.5)
    yield running
    running.close()


Answer = tuple[int, dict[str, str], bytes]


def ask(server: PreviewServer, path: str, method: str = "GET", **headers: str) -> Answer:
    port = server.server_address[1]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


@pytest.mark.parametrize(
    ("path", "kind", "part"),
    [
        ("/", "text/html", b'<script src="page.js">'),
        ("/page.js", "text/javascript", b"EventSource"),
        ("/style.css", "text/css", b"max-width: 700px"),
    ],
)
def test_the_page_and_its_parts(server: PreviewServer, path: str, kind: str, part: bytes) -> None:
    status, headers, body = ask(server, path)
    assert (status, headers["Content-Type"].split(";")[0]) == (200, kind)
    assert part in body
    assert b"http" not in body.replace(b"https://", b"http://") or path == "/page.js"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "Python" not in headers["Server"]


def test_history_with_search_and_as_a_table(server: PreviewServer) -> None:
    everything = json.loads(ask(server, "/history.json")[2])
    assert [(r["number"], r["text"]) for r in everything] == [(0, "Huế"), (1, "=1+1")]
    assert [r["number"] for r in json.loads(ask(server, "/history.json?q=HU%E1%BA%BE")[2])] == [0]
    assert [r["number"] for r in json.loads(ask(server, "/history.json?since=1")[2])] == [1]
    _, headers, body = ask(server, "/readings.csv")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert [row["text"] for row in rows] == ["Huế", "'=1+1"]  # no formula in a spreadsheet
    assert "readings.csv" in headers["Content-Disposition"]


def test_a_snapshot_with_and_without_boxes(server: PreviewServer) -> None:
    drawn, plain = (
        cv2.imdecode(np.frombuffer(ask(server, path)[2], np.uint8), cv2.IMREAD_COLOR)
        for path in ("/snapshot.jpg", "/snapshot.jpg?plain=1")
    )
    assert drawn is not None
    assert plain is not None
    assert np.abs(plain[..., 0].astype(int) - page()).mean() < 3
    assert np.abs(drawn.astype(int) - plain).max() > 80


def test_no_picture_yet() -> None:
    running = PreviewServer(LiveView("usb:0"))
    try:
        assert ask(running, "/snapshot.jpg")[0] == 503
    finally:
        running.close()


def open_stream(server: PreviewServer, path: str, head: str = "") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=10)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n".encode())
    return connection


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    data = b""
    while wanted not in data:
        part = connection.recv(65536)
        assert part, data
        data += part
    return data


def test_pictures_are_streamed_as_they_come(server: PreviewServer, view: LiveView) -> None:
    with open_stream(server, "/stream.mjpg") as connection:
        read_until(connection, b"\xff\xd9\r\n")
        view.show(Scene(frame(8, page((5, 5)))))
        data = read_until(connection, b"\xff\xd9\r\n")
    jpeg = data[data.index(b"\xff\xd8") :]
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert np.abs(picture.astype(int) - page((5, 5))).mean() < 3


def test_events_tell_readings_and_state(server: PreviewServer, view: LiveView) -> None:
    with open_stream(server, "/events") as connection:
        data = read_until(connection, b"event: state").decode() + connection.recv(65536).decode()
        view.camera("lost", "unplugged", 1)
        read_until(connection, b"unplugged")
    assert 'id: 1\ndata: {"number": 1' in data
    state = json.loads(data.split("event: state\ndata: ")[1].split("\n")[0])
    assert state["lines"] == [{"box": [80, 40, 400, 40], "text": "Hà Nội", "confidence": 0.9}]
    assert (state["source"], state["stats"]["verdict"]) == ("usb:0", "read")
    assert {"celsius", "mhz"} <= state["machine"].keys()


@pytest.mark.parametrize(("last", "first"), [("0", 1), ("77", 0)])
def test_a_browser_that_comes_back_gets_what_it_missed(
    server: PreviewServer, last: str, first: int
) -> None:
    with open_stream(server, "/events", f"Last-Event-ID: {last}\r\n") as connection:
        data = read_until(connection, b"event: state").decode()
    assert f'data: {{"number": {first}' in data.split("event: reading")[1]


def test_pause_and_resume(server: PreviewServer, view: LiveView) -> None:
    assert ask(server, "/pause", "POST", X_Edge_HTR="1")[0] == 204
    assert view.paused
    assert ask(server, "/resume", "POST", X_Edge_HTR="1")[0] == 204
    assert not view.paused


def test_another_site_cannot_pause_or_look(server: PreviewServer, view: LiveView) -> None:
    assert ask(server, "/pause", "POST")[0] == 403
    assert not view.paused
    assert ask(server, "/snapshot.jpg", Host="evil.example")[0] == 403
    assert ask(server, "/snapshot.jpg", Host="[::1]:8080")[0] == 200


@pytest.mark.parametrize("path", ["/../preview.py", "/nothing", "/%2e%2e/run_cli.py"])
def test_there_is_nothing_else(server: PreviewServer, path: str) -> None:
    assert ask(server, path)[0] == 404


def test_with_a_token_only_who_has_it_may_look(view: LiveView) -> None:
    running = PreviewServer(view, token="s3cret")
    try:
        assert running.url.endswith("/?token=s3cret")
        for path in ("/", "/snapshot.jpg", "/events", "/?token=wrong"):
            assert ask(running, path)[0] == 401
        assert ask(running, "/pause", "POST", X_Edge_HTR="1")[0] == 401
        assert ask(running, "/", Cookie="edge_htr_token=wrong")[0] == 401
        status, headers, _ = ask(running, "/snapshot.jpg?token=s3cret")
        assert (status, headers["Location"]) == (303, "/")
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert ask(running, "/snapshot.jpg", Cookie=cookie.split(";")[0])[0] == 200
    finally:
        running.close()


def test_outside_loopback_a_token_is_made(view: LiveView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGE_HTR_TOKEN", raising=False)
    running = PreviewServer(view, "0.0.0.0")
    try:
        assert running.token is not None
        assert len(running.token) >= 20
        assert ask(running, "/")[0] == 401
    finally:
        running.close()
    monkeypatch.setenv("EDGE_HTR_TOKEN", "mine")
    again = PreviewServer(view, "0.0.0.0")
    again.close()
    assert again.token == "mine"


def test_a_client_that_never_reads_stops_nobody(server: PreviewServer, view: LiveView) -> None:
    deaf = [open_stream(server, "/stream.mjpg") for _ in range(4)]
    noise = np.random.default_rng(1).integers(0, 255, (960, 1280), np.uint8)  # a large JPEG
    slowest = 0.0
    for number in range(40):
        before = monotonic()
        view.show(Scene(frame(number, noise)))
        slowest = max(slowest, monotonic() - before)
        threading.Event().wait(0.01)
    assert slowest < 0.5  # the reading loop never waits for a browser
    assert ask(server, "/")[0] == 200
    deadline = monotonic() + 20
    while server_threads() > 1 and monotonic() < deadline:  # their time is over
        view.show(Scene(frame(0, noise)))
        threading.Event().wait(0.05)
    for connection in deaf:
        connection.close()
    assert monotonic() < deadline


def server_threads() -> int:
    return sum("process_request" in thread.name for thread in threading.enumerate())


def test_there_are_only_so_many_clients(view: LiveView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_server, "MOST_CLIENTS", 2)
    running = PreviewServer(view, timeout=5.0)
    try:
        held = [open_stream(running, "/events") for _ in range(2)]
        for connection in held:
            read_until(connection, b"event: state")
        third = open_stream(running, "/")
        with third:
            assert refused(third)
        for connection in held:
            connection.close()
        deadline = monotonic() + 20
        while monotonic() < deadline:  # whoever left is noticed with the next event
            view.show(Scene(frame(1)))
            try:
                if ask(running, "/")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                threading.Event().wait(0.05)
        pytest.fail("there is no room again")
    finally:
        running.close()


def refused(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


def test_a_browser_that_says_nothing_is_hung_up_on(server: PreviewServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=10) as silent:
        assert silent.recv(100) == b""


def test_the_port_is_taken(server: PreviewServer, view: LiveView) -> None:
    with pytest.raises(CameraError, match="cannot listen there"):
        PreviewServer(view, port=server.server_address[1])


@pytest.mark.parametrize(
    ("where", "host", "port"),
    [("8080", "127.0.0.1", 8080), ("0.0.0.0:80", "0.0.0.0", 80), ("[::1]:8080", "::1", 8080)],
)
def test_where_to_listen(where: str, host: str, port: int) -> None:
    assert parse_bind(where) == (host, port)


@pytest.mark.parametrize("where", ["", "host", "host:", "1:99999", "8080:x"])
def test_where_nobody_can_listen(where: str) -> None:
    with pytest.raises(DataError, match=r"--serve needs \[HOST:\]PORT"):
        parse_bind(where)


def test_loopback() -> None:
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "pi.local")] == [
        *(True, True, True),
        *(False, False),
    ]


def test_old_readings_are_let_go(view: LiveView, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(30):
        view.put([event()] * 100, frame(1))
    history = view.history()
    assert (len(history), history[-1]["number"]) == (2000, 3001)
    assert view.state()["readings"] == 3002
