"""JPEG pictures one after the other in a stream of bytes, as camera programs write to stdout."""

from io import BufferedIOBase
from typing import Final

import cv2
import numpy as np

from edge_runtime.camera_frame import Picture
from edge_runtime.errors import CameraError, ImageError
from edge_runtime.image import check_size
from edge_runtime.image_header import header_size

_BEGIN, _END = b"\xff\xd8\xff", b"\xff\xd9"
_CHUNK: Final = 1 << 16
_LARGEST: Final = 16 * 2**20
"""Bytes of one picture; what grows beyond is no stream of JPEG pictures."""


class MjpegStream:
    """Pictures of a byte stream. A picture that is cut off by the end is left out."""

    rate: float | None = None

    def __init__(self, stream: BufferedIOBase) -> None:
        self._stream = stream
        self._data = bytearray()
        self._found = False

    def read(self) -> Picture | None:
        """The next picture, (h, w, 3); see ``FrameSource``.

        Raises:
            CameraError: the stream holds no JPEG pictures.
            ImageError: this picture is damaged.
        """
        jpeg = self._next_jpeg()
        if jpeg is None:
            if not self._found:
                raise CameraError("stdin holds no JPEG picture: rpicam-vid needs --codec mjpeg")
            return None
        self._found = True
        size = header_size(jpeg)
        if size is None:
            raise ImageError("a JPEG picture in the stream is damaged")
        check_size(*size)
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            raise ImageError("a JPEG picture in the stream is damaged")
        return np.asarray(picture, np.uint8)

    def close(self) -> None:
        """The stream belongs to the caller."""

    def _next_jpeg(self) -> bytes | None:
        """The bytes of the next picture; None at the end.

        Cameras write no thumbnail inside a picture, so the first end marker is its own.
        """
        looked = 0
        while True:
            begin = self._data.find(_BEGIN)
            if begin > 0:
                del self._data[:begin]
                looked = 0
            elif begin < 0:
                del self._data[:-2]
            end = self._data.find(_END, max(looked, 2)) if begin >= 0 else -1
            if end >= 0:
                jpeg = bytes(self._data[: end + 2])
                del self._data[: end + 2]
                return jpeg
            looked = max(0, len(self._data) - 1)
            if len(self._data) > _LARGEST:
                self._data.clear()
                raise ImageError("a picture in the stream is larger than 16 MiB")
            chunk = self._stream.read1(_CHUNK)
            if not chunk:
                return None
            self._data += chunk
