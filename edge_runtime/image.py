"""Reads a picture safely: limits are checked on the header before a pixel is decoded.

Only the first frame is read, always as 8-bit grey. Whatever is wrong with the file becomes an
``ImageError`` of one line.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_runtime.errors import ImageError
from edge_runtime.image_header import header_size

Gray = npt.NDArray[np.uint8]

MAX_BYTES: Final = 64 * 2**20
MAX_PIXELS: Final = 100_000_000
"""About 290 MB decoded as colour would be too much for a 512 MB board; grey at this size is not."""
MAX_ASPECT: Final = 200
"""Longer side over shorter side; a line of 70 characters has about 20."""
_OPAQUE: Final = (b"\xff\xd8", b"BM", b"P")
"""Beginnings of JPEG, BMP and PNM, which have no transparency: one decoding is enough."""
MIN_SIDE: Final = 4
"""A side of fewer pixels cannot hold a letter."""


@contextmanager
def opencv_errors(what: str, why: str = "OpenCV failed") -> Iterator[None]:
    """Make an ``ImageError`` of what OpenCV raises.

    Args:
        what: what could not be done.
        why: said where OpenCV gives no reason.
    """
    try:
        yield
    except cv2.error as error:
        raise ImageError(f"{what} ({error.err or why})") from None


def load_gray(source: Path | str | bytes) -> Gray:
    """Decode a picture from a file or from its bytes.

    Args:
        source: a path, or the encoded bytes (JPEG, PNG, BMP, TIFF, WebP, PNM).

    Returns:
        uint8 (height, width), 0 black to 255 white, EXIF orientation applied, transparent parts
        white.

    Raises:
        ImageError: missing, unreadable, empty, not a picture, truncated, too small or too large.
    """
    data = source if isinstance(source, bytes) else _read(Path(source))
    if not data:
        raise ImageError("the file is empty")
    if len(data) > MAX_BYTES:
        raise _too_large()
    size = header_size(data)
    if size is None:
        raise ImageError("not a picture in a known format (JPEG, PNG, BMP, TIFF, WebP, PNM)")
    check_size(*size)
    return _decode(data)


def check_size(width: int, height: int) -> None:
    """Refuse a picture too small or thin to hold a line, or too large for a small board.

    Raises:
        ImageError: naming the size and the limit.
    """
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{width}x{height} pixels is too small to hold a line of writing")
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise ImageError(f"{width}x{height} pixels is too long and thin to be a line or a page")
    if width * height > MAX_PIXELS:
        limit = f"{MAX_PIXELS // 10**6} million"
        raise ImageError(f"{width}x{height} pixels is over the limit of {limit}")


def _too_large() -> ImageError:
    return ImageError(f"the file is over the limit of {MAX_BYTES // 2**20} MiB")


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _too_large()
        with path.open("rb") as stream:  # a device says 0 bytes and may never end
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ImageError("no such file") from None
    except IsADirectoryError:
        raise ImageError("is a folder, not a picture") from None
    except PermissionError:
        raise ImageError("permission denied") from None
    except OSError as error:
        raise ImageError(f"cannot be read ({error.strerror or error})") from None


def _decode(data: bytes) -> Gray:
    buffer = np.frombuffer(data, np.uint8)
    with opencv_errors("cannot be decoded", "damaged data"):
        if not data.startswith(_OPAQUE):
            picture = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
            if picture is not None and picture.ndim == 3 and picture.shape[2] == 4:
                return _on_white(picture)
        # The plain grey decoder honours the EXIF orientation, which IMREAD_UNCHANGED ignores.
        gray = cv2.imdecode(buffer, cv2.IMREAD_GRAYSCALE)
    if gray is None:
        raise ImageError("cannot be decoded: the data is damaged or truncated")
    check_size(gray.shape[1], gray.shape[0])
    return np.ascontiguousarray(gray, np.uint8)


def _on_white(picture: npt.NDArray[Any]) -> Gray:
    """Grey of a picture with an alpha channel: transparent pixels are paper, not black."""
    scale = 255.0 / np.iinfo(picture.dtype).max if picture.dtype != np.uint8 else 1.0
    values = picture.astype(np.float32) * scale
    gray = values[..., :3] @ np.array([0.114, 0.587, 0.299], np.float32)
    alpha = values[..., 3] / 255.0
    on_white = np.clip(gray * alpha + 255.0 * (1.0 - alpha) + 0.5, 0, 255)
    return np.asarray(on_white, np.uint8)
