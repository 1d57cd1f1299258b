"""USB cameras, network streams and video files, through OpenCV."""

import errno
import os
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from edge_runtime.camera_frame import Picture
from edge_runtime.errors import CameraError

_TIMEOUT_MS: Final = 10_000
"""A network stream that says nothing for so long is lost."""


class Capture:
    """An opened ``cv2.VideoCapture``."""

    def __init__(self, capture: cv2.VideoCapture, *, ends: bool) -> None:
        """Take an opened capture.

        Args:
            capture: is released here.
            ends: whether the stream has an end; one that has none is lost when it stops.
        """
        self._capture = capture
        self._ends = ends
        rate = capture.get(cv2.CAP_PROP_FPS) if ends else 0.0
        self.rate = rate if 0.1 < rate < 1000 else (25.0 if ends else None)

    def read(self) -> Picture | None:
        """The next picture; see ``FrameSource``."""
        good, picture = self._capture.read()
        if good and picture is not None and picture.size:
            return np.asarray(picture, np.uint8)
        if self._ends:
            return None
        raise CameraError("it gives no more pictures")

    def close(self) -> None:
        """Release the device or file."""
        self._capture.release()


def open_usb(number: int, size: tuple[int, int]) -> Capture:
    """Open /dev/video<number>: compressed pictures, and as few of them waiting as possible.

    Raises:
        CameraError: there is no such camera, or it may not or cannot be opened.
    """
    device = Path(f"/dev/video{number}")
    _check_device(device)
    _silence()
    capture = cv2.VideoCapture(number, cv2.CAP_V4L2)
    # Uncompressed, a USB 2 camera gives few frames a second at this size. It has to come first.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return _opened(
        capture,
        f"{device} gives no pictures: another program may be using it (fuser {device} says which);"
        " a camera at the Pi's ribbon connector is pi:0",
        ends=False,
    )


def open_network(address: str, name: str) -> Capture:
    """Open a network camera.

    Args:
        address: http, https or rtsp.
        name: the address as it may be shown.

    Raises:
        CameraError: nothing answers there, or it is no stream of pictures.
    """
    _silence()
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS]
    timeouts += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS]
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, timeouts)
    problem = f"{name}: no stream of pictures there; is the camera on, and the address right?"
    return _opened(capture, problem, ends=False)


def open_video(path: Path) -> Capture:
    """Open a video file.

    Raises:
        CameraError: it is not a video that OpenCV reads.
    """
    _silence()
    problem = f"{path}: not a video in a known format (MP4, AVI, MKV or MJPEG)"
    return _opened(cv2.VideoCapture(str(path), cv2.CAP_FFMPEG), problem, ends=True)


def _opened(capture: cv2.VideoCapture, problem: str, *, ends: bool) -> Capture:
    if not capture.isOpened():
        capture.release()
        raise CameraError(problem)
    return Capture(capture, ends=ends)


def _check_device(device: Path) -> None:
    """Say better than OpenCV why a device cannot be opened.

    Raises:
        CameraError: it is not there, or the user may not use it.
    """
    try:
        os.close(os.open(device, os.O_RDWR | os.O_NONBLOCK))
    except FileNotFoundError:
        there = sorted(path.name.removeprefix("video") for path in Path("/dev").glob("video*"))
        others = f"there are {', '.join(there)}" if there else "no camera is plugged in"
        raise CameraError(f"{device} does not exist: {others}") from None
    except PermissionError:
        raise CameraError(
            f"{device}: permission denied: sudo usermod -aG video $USER, then log in again"
        ) from None
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise CameraError(f"{device}: {error.strerror}") from None
        raise CameraError(
            f"{device} is used by another program: fuser {device} says which"
        ) from None


def _silence() -> None:
    """OpenCV's and FFmpeg's own warnings say less than our errors, on the same stderr."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET; read at the first use
    # OpenCV 5 has it in a module, 4 beside all else, and some builds have neither.
    home = getattr(cv2.utils, "logging", cv2)
    getattr(home, "setLogLevel", lambda level: None)(0)
