"""Readings for a server: none is lost while it is away, and what it refuses is kept."""

import json
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from edge_runtime import outbox
from edge_runtime.errors import DataError, RuntimeMissingError
from edge_runtime.mqtt import MqttTopic
from edge_runtime.outbox import DeliveryError, Outbox, default_path
from edge_runtime.webhook import Webhook
from tests.edge_runtime.test_camera_outputs import event
from tests.frames import frame

FAST = (0.01, 0.02)


@pytest.fixture(autouse=True)
def short_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing does not wait for long."""
    monkeypatch.setattr(outbox, "_LAST_CHANCE", 0.2)


class FakeTarget:
    """A server in memory; ``answer`` raises what it answers."""

    def __init__(self, name: str = "fake") -> None:
        self.name = name
        self.texts: list[str] = []
        self.keys: list[str] = []
        self.problem: DeliveryError | None = None
        self.tries = 0
        self.closed = False
        self.arrived = threading.Condition()

    def send(self, body: bytes, key: str) -> None:
        with self.arrived:
            self.tries += 1
            self.arrived.notify_all()
            if self.problem is not None:
                raise self.problem
            record = json.loads(body)
            assert record["id"] == key
            self.texts.append(record["text"])
            self.keys.append(key)

    def close(self) -> None:
        self.closed = True

    def until(self, condition: Callable[[], bool]) -> None:
        with self.arrived:
            assert self.arrived.wait_for(condition, 20)


def test_readings_are_sent_in_order(tmp_path: Path) -> None:
    target = FakeTarget()
    box = Outbox(tmp_path / "new" / "box.db", target, pytest.fail)
    box.put([event("a"), event("b")], frame(7))
    box.put([event("c")], frame(8))
    target.until(lambda: len(target.texts) == 3)
    box.close()
    assert target.texts == ["a", "b", "c"]
    assert len(set(target.keys)) == 3
    assert target.closed


def test_nothing_is_lost_while_the_network_is_away(tmp_path: Path) -> None:
    target = FakeTarget()
    said: list[str] = []
    target.problem = DeliveryError("cannot be reached")
    box = Outbox(tmp_path / "box.db", target, said.append, back_off=FAST)
    box.put([event(str(number)) for number in range(20)], frame(7))
    target.until(lambda: target.tries > 4)
    assert box.waiting() == 20
    target.problem = None
    target.until(lambda: len(target.texts) == 20)
    box.close()
    assert target.texts == [str(number) for number in range(20)]
    assert said == [
        "fake: cannot be reached; readings are kept until it answers",
        "fake: answers again",
    ]


def test_what_was_not_sent_is_sent_by_the_next_run(tmp_path: Path) -> None:
    away = FakeTarget()
    said: list[str] = []
    away.problem = DeliveryError("cannot be reached")
    first = Outbox(tmp_path / "box.db", away, said.append, back_off=FAST)
    first.put([event("a")], frame(7))
    first.close()
    assert "1 readings not sent yet; they are kept in" in said[-1]
    other, back = FakeTarget("other"), FakeTarget()
    for target in (other, back):
        box = Outbox(tmp_path / "box.db", target, pytest.fail)
        if target is back:
            target.until(lambda: len(back.texts) == 1)
        box.close()
    assert (back.texts, other.texts) == (["a"], [])


def test_what_is_refused_does_not_stop_the_rest(tmp_path: Path) -> None:
    target = FakeTarget()
    said: list[str] = []
    target.problem = DeliveryError("answers 400 Bad Request", for_good=True)
    box = Outbox(tmp_path / "box.db", target, said.append)
    box.put([event("a")], frame(7))
    target.until(lambda: target.tries == 1)
    while box.waiting():
        threading.Event().wait(0.005)
    target.problem = None
    box.put([event("b")], frame(8))
    target.until(lambda: target.texts == ["b"])
    box.close()
    database = sqlite3.connect(tmp_path / "box.db")
    kept = database.execute("SELECT refused, body FROM message").fetchall()
    database.close()
    assert [(why, json.loads(body)["text"]) for why, body in kept] == [
        ("answers 400 Bad Request", "a")
    ]
    assert "refused a reading" in said[0]


def test_where_the_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edge-htr:/var/lib/other")
    assert default_path() == Path("/var/lib/edge-htr/outbox.db")
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setenv("XDG_STATE_HOME", "/srv/state")
    assert default_path() == Path("/srv/state/edge-htr/outbox.db")


@contextmanager
def server(code: int) -> Iterator[SimpleNamespace]:
    """A web server that answers every POST in the same way."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.got.append((self.path, body, self.headers))
            self.send_response(code)
            if code == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = SimpleNamespace(got=[], port=http.server_address[1])
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def test_a_webhook_posts_json_with_key_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(204) as web:
        hook = Webhook(f"http://me:p%40ss@127.0.0.1:{web.port}/in?x=1")
        hook.send(b"{}", "abc")
        monkeypatch.setenv("EDGE_HTR_WEBHOOK_TOKEN", "t0ken")
        Webhook(f"http://127.0.0.1:{web.port}/in").send(b"{}", "abc")
    (path, body, headers), (_, _, second) = web.got
    assert hook.name == f"http://127.0.0.1:{web.port}/in?x=1"
    assert (path, body, headers["Idempotency-Key"]) == ("/in?x=1", b"{}", "abc")
    assert headers["Content-Type"].startswith("application/json")
    assert headers["Authorization"] == "Basic bWU6cEBzcw=="
    assert second["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("code", "for_good"), [(302, True), (400, True), (404, True), (429, False), (503, False)]
)
def test_answers_of_a_webhook(code: int, for_good: bool) -> None:
    with server(code) as web, pytest.raises(DeliveryError, match=str(code)) as caught:
        Webhook(f"http://127.0.0.1:{web.port}/in").send(b"{}", "abc")
    assert caught.value.for_good is for_good
    assert len(web.got) == 1


def test_a_webhook_that_is_away() -> None:
    with pytest.raises(DeliveryError, match="cannot be reached") as caught:
        Webhook("http://127.0.0.1:1/in").send(b"{}", "abc")
    assert not caught.value.for_good


@pytest.mark.parametrize("url", ["ftp://a/b", "http://", "nonsense", "file:///etc/passwd"])
def test_what_is_no_webhook(url: str) -> None:
    with pytest.raises(DataError, match="--webhook needs"):
        Webhook(url)


class FakeClient:
    """As much of ``paho.mqtt.client.Client`` as is used."""

    made: list["FakeClient"]
    reachable = True
    confirms = True

    def __init__(self, version: object) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.made.append(self)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *values, **_: self.calls.append((name, *values))

    def connect(self, host: str, port: int, keepalive: int) -> None:
        if not self.reachable:
            raise ConnectionRefusedError(111, "Connection refused")
        self.calls.append(("connect", host, port))

    def publish(self, topic: str, body: bytes, qos: int) -> SimpleNamespace:
        self.calls.append(("publish", topic, body, qos))
        return SimpleNamespace(
            wait_for_publish=lambda seconds: None, is_published=lambda: self.confirms
        )


@pytest.fixture
def paho(monkeypatch: pytest.MonkeyPatch) -> type[FakeClient]:
    """A paho-mqtt that is not there."""
    fake = type("Client", (FakeClient,), {"made": []})
    client = ModuleType("paho.mqtt.client")
    client.__dict__.update(Client=fake, CallbackAPIVersion=SimpleNamespace(VERSION2=2))
    package, mqtt = ModuleType("paho"), ModuleType("paho.mqtt")
    mqtt.__dict__["client"] = client
    for module in (package, mqtt, client):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return fake


def test_mqtt_publishes_at_least_once(paho: type[FakeClient]) -> None:
    topic = MqttTopic("mqtts://me:p%40ss@broker/shop/1")
    topic.send(b"a", "k")
    topic.send(b"b", "l")
    topic.close()
    assert topic.name == "mqtts://broker:8883/shop/1"
    assert paho.made[0].calls == [
        ("username_pw_set", "me", "p@ss"),
        ("tls_set",),
        ("connect", "broker", 8883),
        ("loop_start",),
        ("publish", "shop/1", b"a", 1),
        ("publish", "shop/1", b"b", 1),
        ("disconnect",),
        ("loop_stop",),
    ]


def test_a_broker_that_is_away_or_does_not_confirm(paho: type[FakeClient]) -> None:
    topic = MqttTopic("mqtt://broker/shop")
    paho.reachable = False
    with pytest.raises(DeliveryError, match="Connection refused"):
        topic.send(b"a", "k")
    paho.reachable, paho.confirms = True, False
    with pytest.raises(DeliveryError, match="does not confirm"):
        topic.send(b"a", "k")


@pytest.mark.parametrize("url", ["mqtt://broker", "http://broker/topic", "mqtt:///topic"])
def test_what_is_no_broker(url: str) -> None:
    with pytest.raises(DataError, match="--mqtt needs"):
        MqttTopic(url)


def test_mqtt_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt", None)
    monkeypatch.setitem(sys.modules, "paho", None)
    with pytest.raises(RuntimeMissingError, match=r"pip install 'edge-htr\[mqtt\]'"):
        MqttTopic("mqtt://broker/topic")
