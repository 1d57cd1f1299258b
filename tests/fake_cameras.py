"""Cameras that are not there: scripted sources, a picamera2 module, a network camera."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType, SimpleNamespace
from typing import Any

import cv2
import numpy as np

from edge_runtime.camera_frame import Picture
from edge_runtime.errors import CameraError


def picture(level: int = 200, size: tuple[int, int] = (64, 48)) -> Picture:
    """A plain picture, (h, w, 3)."""
    return np.full((size[1], size[0], 3), level, np.uint8)


def jpeg(level: int = 200) -> bytes:
    """The same as a JPEG file."""
    return cv2.imencode(".jpg", picture(level))[1].tobytes()


class ScriptedSource:
    """Gives the pictures of a script; raises those of its entries that are exceptions."""

    rate: float | None = None

    def __init__(self, script: Iterable[Picture | Exception], wait: Callable[[], None]) -> None:
        self._script = iter(script)
        self._wait = wait
        self.closed = False

    def read(self) -> Picture | None:
        self._wait()
        entry = next(self._script, CameraError("unplugged"))
        if isinstance(entry, Exception):
            raise entry
        return entry

    def close(self) -> None:
        self.closed = True


class FakePicamera2:
    """As much of ``picamera2.Picamera2`` as is used; its pictures are blue."""

    opened: list["FakePicamera2"]
    camera_controls: dict[str, Any]

    def __init__(self, number: int) -> None:
        if number > 0:
            raise IndexError("list index out of range")
        self.camera_controls = {"AfMode": (0, 2, 0)}
        self.calls: list[str] = []
        self.controls: dict[str, Any] = {}
        self.opened.append(self)

    def create_video_configuration(self, **options: Any) -> dict[str, Any]:
        return options

    def configure(self, configuration: dict[str, Any]) -> None:
        self.configuration = configuration

    def start(self) -> None:
        self.calls.append("start")

    def set_controls(self, controls: dict[str, Any]) -> None:
        self.controls |= controls

    def capture_array(self, name: str) -> Picture:
        width, height = self.configuration[name]["size"]
        array = np.zeros((height, width, 3), np.uint8)
        array[..., 0] = 255
        return array

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")


def fake_picamera2() -> tuple[ModuleType, list[FakePicamera2]]:
    """A module for ``sys.modules``, and the cameras that are opened through it."""
    opened: list[FakePicamera2] = []
    module = ModuleType("picamera2")
    module.__dict__["Picamera2"] = type("Picamera2", (FakePicamera2,), {"opened": opened})
    return module, opened


@contextmanager
def network_camera(pictures: int) -> Iterator[SimpleNamespace]:
    """A camera that sends MJPEG over HTTP and hangs up after some pictures."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.visits += 1
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
            self.end_headers()
            for level in range(pictures):
                data = jpeg(50 + 10 * level)
                head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                self.wfile.write(head.encode() + data + b"\r\n")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    state = SimpleNamespace(url=f"http://127.0.0.1:{port}/stream.mjpg", visits=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
