"""From what `--camera` says to a stream of frames.

=====================  ============================================================
``0``, ``usb:0``       USB camera /dev/video0, through V4L2
``pi:0``               camera at the Raspberry Pi's ribbon connector, through picamera2
``file:PATH``          video, or a folder or glob of pictures; every frame is read
``http://``, ``rtsp://``  network camera or stream (also https)
``-``                  MJPEG on stdin, as ``rpicam-vid --codec mjpeg -o -`` writes it
=====================  ============================================================

A camera is read in a thread of its own that keeps the newest frame (``camera_live``); files and
stdin are read frame by frame. The libraries behind a kind are imported when it is opened.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

from edge_runtime.camera_frame import FrameSource
from edge_runtime.camera_live import Frames, LiveFrames, RecordedFrames
from edge_runtime.errors import CameraError

Kind = Literal["usb", "pi", "file", "network", "stdin"]

DEFAULT_SIZE: Final = (1280, 960)
"""Width and height asked of a camera: a sheet of ten lines has letters about 20 pixels high."""


@dataclass(frozen=True)
class CameraAddress:
    """Which camera is meant."""

    kind: Kind
    place: str
    """The number of a camera, the path of a file, or the whole address of a stream."""
    name: str
    """As the results name it: without the password of a network camera."""

    @property
    def live(self) -> bool:
        """Whether frames that nobody fetches in time are passed over."""
        return self.kind in ("usb", "pi", "network")


def parse_address(uri: str) -> CameraAddress:
    """Understand a camera's address.

    Raises:
        CameraError: it is none.
    """
    scheme, _, rest = uri.partition(":")
    if uri == "-":
        return CameraAddress("stdin", uri, uri)
    if uri.isdecimal():
        return CameraAddress("usb", uri, f"usb:{uri}")
    if scheme in ("usb", "pi") and rest.isdecimal():
        return CameraAddress("usb" if scheme == "usb" else "pi", rest, uri)
    if scheme == "file" and rest:
        return CameraAddress("file", rest.removeprefix("//"), uri)
    if scheme in ("http", "https", "rtsp", "rtsps") and rest.startswith("//"):
        return CameraAddress("network", uri, without_password(uri))
    hint = f" (a file is file:{uri})" if Path(uri).exists() else ""
    raise CameraError(
        f"'{uri}' is not a camera{hint}: use 0 or usb:0, pi:0, file:clip.mp4, http://..., "
        "rtsp://..., or - for MJPEG on stdin"
    )


def without_password(uri: str) -> str:
    """An address that may be shown: what stands before the @ is left out."""
    return re.sub(r"(?<=://)[^/@]*@", "", uri)


def open_source(address: CameraAddress, size: tuple[int, int] = DEFAULT_SIZE) -> FrameSource:
    """Open a camera.

    Args:
        address: from ``parse_address``.
        size: width and height asked of a camera; it may give another. Videos keep their own.

    Raises:
        CameraError: there is no such camera or file, or it gives no pictures.
        RuntimeMissingError: picamera2 is not installed.
    """
    if address.kind == "pi":
        from edge_runtime.camera_pi import PiCamera

        return PiCamera(int(address.place), size)
    if address.kind == "stdin":
        import sys
        from io import BufferedIOBase

        from edge_runtime.camera_mjpeg import MjpegStream

        return MjpegStream(cast(BufferedIOBase, sys.stdin.buffer))
    if address.kind == "file" and (path := Path(address.place)) and not path.is_file():
        from edge_runtime.camera_pictures import PictureSequence

        return PictureSequence(address.place)
    from edge_runtime import camera_opencv

    if address.kind == "usb":
        return camera_opencv.open_usb(int(address.place), size)
    if address.kind == "network":
        return camera_opencv.open_network(address.place, address.name)
    return camera_opencv.open_video(path)


def open_frames(
    uri: str,
    *,
    size: tuple[int, int] = DEFAULT_SIZE,
    report: Callable[[str], None] = lambda message: None,
) -> Frames:
    """Open a camera and begin to read it.

    Args:
        uri: what `--camera` says.
        size: width and height asked of a camera.
        report: is told when a camera is lost and when it is back, from the camera's thread.

    Raises:
        CameraError: it cannot be opened the first time; what is lost later is waited for.
        RuntimeMissingError: picamera2 is not installed.
    """
    address = parse_address(uri)
    source = open_source(address, size)
    if address.live:
        return LiveFrames(address.name, source, lambda: open_source(address, size), report)
    return RecordedFrames(address.name, source, report)
