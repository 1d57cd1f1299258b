"""What a browser sees of a running camera: the newest picture, the lines in it, the readings.

The loop that reads puts things in and never waits for a browser: pictures are drawn and encoded in
the threads of those who look, once for all of them, and nobody is sent what is no longer new.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import cv2

from edge_runtime.annotate import Label, annotated
from edge_runtime.camera_event import Event
from edge_runtime.camera_frame import Frame

HISTORY: Final = 2000
"""Readings that are kept for the page; `--log` keeps all."""
_QUALITY: Final = 75
_WINDOW: Final = 5.0
"""Seconds over which the frame rate is taken."""


@dataclass(frozen=True)
class Scene:
    """The newest frame and the lines in view."""

    frame: Frame
    labels: tuple[Label, ...] = ()
    stats: dict[str, Any] = field(default_factory=dict)
    """What the page shows of the camera and the reader: plain values."""


class LiveView:
    """State shared by the reading loop and the web server. All methods may be called by any."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._changed = threading.Condition()
        self._scene: Scene | None = None
        self._version = 0
        self._jpeg: tuple[int, bytes] = (-1, b"")
        self._encoding = threading.Lock()
        self._history: deque[tuple[int, dict[str, Any]]] = deque(maxlen=HISTORY)
        self._count = 0
        self._times: deque[float] = deque(maxlen=200)
        self._camera = {"name": "live", "detail": "", "lost": 0}
        self._paused = False

    @property
    def paused(self) -> bool:
        """Whether frames are shown but not read."""
        return self._paused

    def pause(self, paused: bool) -> None:
        """Stop or go on reading."""
        with self._changed:
            self._paused = paused
            self._notify()

    def show(self, scene: Scene) -> None:
        """A new frame."""
        with self._changed:
            self._scene = scene
            self._times.append(monotonic())
            self._notify()

    def camera(self, name: str, detail: str, lost: int) -> None:
        """What became of the camera."""
        state = {"name": name, "detail": detail, "lost": lost}
        with self._changed:
            if state != self._camera:
                self._camera = state
                self._notify()

    def put(self, events: Sequence[Event], frame: Frame) -> None:
        """Readings; the view is an ``Output`` like any other."""
        with self._changed:
            for event in events:
                self._history.append((self._count, event.record()))
                self._count += 1
            if events:
                self._notify()

    def tick(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Wake those who wait: the server asks whether it is to end."""
        with self._changed:
            self._notify()

    def wait(self, version: int, seconds: float) -> int:
        """Wait until something changed since a version; returns the version now."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, seconds)
            return self._version

    def state(self) -> dict[str, Any]:
        """Everything but picture and history, as plain values."""
        with self._changed:
            scene = self._scene
            state: dict[str, Any] = {
                "source": self.source,
                "camera": dict(self._camera),
                "paused": self._paused,
                "readings": self._count,
                "fps": round(self._rate(), 1),
            }
        if scene is not None:
            state["size"] = list(scene.frame.size)
            state["stats"] = scene.stats
            state["lines"] = [
                {"box": label.box, "text": label.text, "confidence": round(label.confidence, 4)}
                for label in scene.labels
            ]
        return state

    def history(self, since: int = 0, search: str = "") -> list[dict[str, Any]]:
        """Readings from a number on, oldest first, whose text holds what is searched for."""
        wanted = search.casefold()
        with self._changed:
            found = [(number, record) for number, record in self._history if number >= since]
        return [
            {"number": number, **record}
            for number, record in found
            if wanted in record["text"].casefold()
        ]

    def jpeg(self, *, plain: bool = False) -> tuple[int, bytes]:
        """Version and JPEG of the newest picture, drawn on unless ``plain``; empty before any."""
        with self._changed:
            scene, version = self._scene, self._version
        if scene is None:
            return version, b""
        if plain:
            return version, _encode(scene.frame.picture)
        with self._encoding:  # one thread encodes, the others take its picture
            if self._jpeg[0] != version:
                self._jpeg = (version, _encode(annotated(scene.frame.picture, scene.labels)))
            return self._jpeg

    def _rate(self) -> float:
        now = monotonic()
        recent = [t for t in self._times if t > now - _WINDOW]
        return (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 else 0.0

    def _notify(self) -> None:
        self._version += 1
        self._changed.notify_all()


def _encode(picture: Any) -> bytes:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()
