"""Streams of frames: the newest of a camera, or each one of a recording.

A camera is read by a thread of its own, so that its buffers never fill with old pictures while a
line is being read. When it is lost, the thread opens it anew, waiting longer after each failure.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal, Protocol

import cv2

from edge_runtime.camera_frame import Frame, FrameSource, Picture
from edge_runtime.errors import CameraError, EdgeHtrError, ImageError

BACK_OFF: Final = (0.5, 30.0)
"""Seconds before the first try to open a lost camera, doubled after each failure, and the most."""
WAIT: Final = 0.25
"""Seconds after which a reader is told that there is no new frame."""
_DAMAGED: Final = 25
"""So many damaged pictures in a row are a lost camera."""


@dataclass(frozen=True)
class CameraState:
    """What a person should know about a camera."""

    name: Literal["live", "lost", "ended"]
    detail: str = ""
    lost: int = 0
    """How often it was lost so far."""


class Frames(Protocol):
    """A stream of frames; made by ``camera.open_frames``."""

    source: str
    live: bool
    state: CameraState

    def __iter__(self) -> Iterator[Frame | None]:
        """Frames until the end; None where a camera has had no new one for a moment."""

    def close(self) -> None:
        """Stop, and give the camera back."""


class RecordedFrames:
    """Every frame of a video, a sequence of pictures or stdin, one after the other."""

    live = False

    def __init__(self, name: str, source: FrameSource, report: Callable[[str], None]) -> None:
        self.source = name
        self.state = CameraState("live")
        self._from = source
        self._report = report

    def __iter__(self) -> Iterator[Frame | None]:
        """Frames until the end; a damaged picture is reported and passed over."""
        start = monotonic()
        number = 0
        while True:
            try:
                picture = self._from.read()
            except ImageError as error:
                self._report(str(error))
                number += 1
                continue
            if picture is None:
                self.state = CameraState("ended")
                return
            rate = self._from.rate
            yield Frame(picture, number, number / rate if rate else monotonic() - start)
            number += 1

    def close(self) -> None:
        """Close the file."""
        self._from.close()


class LiveFrames:
    """The newest frame of a camera."""

    live = True

    def __init__(
        self,
        name: str,
        source: FrameSource,
        reopen: Callable[[], FrameSource],
        report: Callable[[str], None],
        *,
        back_off: tuple[float, float] = BACK_OFF,
    ) -> None:
        """Begin to read.

        Args:
            name: as results name the camera.
            source: the opened camera; it is closed here.
            reopen: opens it anew, or raises.
            report: is told, in the camera's thread, when the camera is lost and when it is back.
            back_off: seconds before the first try to open it anew, and the most between two.
        """
        self.source = name
        self.state = CameraState("live")
        self._reopen = reopen
        self._report = report
        self._back_off = back_off
        self._stop = threading.Event()
        self._fresh = threading.Condition()
        self._frame: Frame | None = None
        self._number = 0
        self._start = monotonic()
        self._thread = threading.Thread(
            target=self._run, args=(source,), name=f"camera {name}", daemon=True
        )
        self._thread.start()

    def __iter__(self) -> Iterator[Frame | None]:
        """Always the newest frame, each at most once; None when there is none for a moment."""
        while not self._stop.is_set():
            with self._fresh:
                self._fresh.wait_for(lambda: self._frame is not None, WAIT)
                frame, self._frame = self._frame, None
            yield frame

    def close(self) -> None:
        """Stop the thread; one that hangs in the driver is left behind."""
        self._stop.set()
        self._thread.join(timeout=3.0)

    def _run(self, source: FrameSource | None) -> None:
        while source is not None:
            try:
                reason = self._pump(source)
            finally:
                source.close()
            source = None if self._stop.is_set() else self._opened_again(reason)

    def _pump(self, source: FrameSource) -> str:
        """Pass frames on until the camera is lost; returns why."""
        damaged = 0
        while not self._stop.is_set():
            try:
                picture = source.read()
            except ImageError as error:
                damaged += 1
                if damaged >= _DAMAGED:
                    return str(error)
            except CameraError as error:
                return str(error)
            except (cv2.error, OSError) as error:
                return f"the driver failed ({error})"
            else:
                if picture is None:
                    return "the stream ended"
                damaged = 0
                self._put(picture)
        return ""

    def _put(self, picture: Picture) -> None:
        with self._fresh:
            self._frame = Frame(picture, self._number, monotonic() - self._start)
            self._number += 1
            self._fresh.notify_all()

    def _opened_again(self, reason: str) -> FrameSource | None:
        """Wait and open the camera anew; None when the stream was closed meanwhile."""
        lost = self.state.lost + 1
        self.state = CameraState("lost", reason, lost)
        self._report(f"camera lost: {reason}; trying to open it again")
        wait, longest = self._back_off
        while not self._stop.wait(wait):
            try:
                source = self._reopen()
            except (EdgeHtrError, OSError, cv2.error) as error:
                self.state = CameraState("lost", str(error), lost)
                wait = min(2.0 * wait, longest)
            else:
                self.state = CameraState("live", lost=lost)
                self._report("camera is back")
                return source
        return None
