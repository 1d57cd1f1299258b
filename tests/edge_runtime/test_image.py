"""Pictures are checked before they are decoded, and every fault is one line."""

import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_runtime.errors import ImageError
from edge_runtime.image import MAX_BYTES, load_gray
from edge_runtime.image_header import header_size


def encoded(extension: str, width: int = 60, height: int = 20) -> bytes:
    picture = np.full((height, width, 3), 200, np.uint8)
    ok, data = cv2.imencode(extension, picture)
    assert ok
    return data.tobytes()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk


@pytest.mark.parametrize("extension", [".jpg", ".png", ".bmp", ".webp", ".tiff", ".pgm", ".ppm"])
def test_each_format_is_read_and_its_header_tells_the_size(extension: str) -> None:
    if extension == ".pgm":
        data = cv2.imencode(extension, np.full((20, 60), 200, np.uint8))[1].tobytes()
    else:
        data = encoded(extension)
    assert header_size(data) == (60, 20)
    gray = load_gray(data)
    assert gray.shape == (20, 60)
    assert gray.dtype == np.uint8
    assert abs(int(gray.mean()) - 200) <= 2


def test_reads_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "line.png"
    path.write_bytes(encoded(".png"))
    assert load_gray(path).shape == (20, 60)


def test_transparent_pixels_are_paper() -> None:
    picture = np.zeros((10, 10, 4), np.uint8)
    picture[:, 5:, 3] = 255
    gray = load_gray(cv2.imencode(".png", picture)[1].tobytes())
    assert gray[:, :5].min() == 255
    assert gray[:, 5:].max() == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"this is no picture", "not a picture"),
        (encoded(".jpg")[:40], "not a picture|truncated|damaged"),
        (encoded(".png")[:50], "damaged or truncated"),
        (encoded(".png", 1, 1), "too small"),
        (png_header(20_000, 20_000), "over the limit"),
        (png_header(2**31, 2**31), "over the limit"),
    ],
)
def test_a_bad_picture_is_one_clear_error(data: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message) as caught:
        load_gray(data)
    assert "\n" not in str(caught.value)


def test_a_long_line_is_read_and_a_thread_is_refused() -> None:
    assert load_gray(encoded(".png", 3_900, 20)).shape == (20, 3_900)
    for width, height in ((20_000, 20), (20, 20_000)):
        with pytest.raises(ImageError, match=f"{width}x{height} pixels is too long and thin"):
            load_gray(encoded(".png", width, height))


@pytest.mark.parametrize("cut", [4, 10, 20, 30, 100, 300])
def test_no_truncation_crashes_the_header_reader(cut: int) -> None:
    for extension in (".jpg", ".png", ".bmp", ".webp", ".tiff"):
        size = header_size(encoded(extension)[:cut])
        assert size is None or size == (60, 20)


def test_missing_folder_and_forbidden_files(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        load_gray(tmp_path / "none.jpg")
    with pytest.raises(ImageError, match="folder"):
        load_gray(tmp_path)
    if os.geteuid() != 0:
        path = tmp_path / "secret.png"
        path.write_bytes(encoded(".png"))
        path.chmod(0)
        with pytest.raises(ImageError, match="permission"):
            load_gray(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_a_device_without_end_is_not_read_for_ever() -> None:
    with pytest.raises(ImageError, match="over the limit of 64 MiB"):
        load_gray(Path("/dev/zero"))


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(ImageError, match="over the limit of 64 MiB"):
        load_gray(path)


def test_the_orientation_a_phone_notes_is_applied() -> None:
    plain = encoded(".jpg")
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    turned = plain[:2] + segment + plain[2:]
    assert load_gray(turned).shape == (60, 20)
