"""The tiny models of the tests, and ways to spoil them."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from edge_runtime.bundle import Bundle, pack
from tests.block_script import picture_of

FIXTURES = Path(__file__).resolve().parent / "fixtures"
NAMES = ("tiny-dynamic", "tiny-fixed", "tiny-int8", "tiny-gru")
TEXT = "xa1 đx"
"""A text with all bands about equally inked, which the preprocessing places rightly."""


def model_path(name: str = "tiny-dynamic") -> Path:
    """File of one of the tiny models."""
    return FIXTURES / f"{name}.tflite"


def packed(network: bytes | None = None, **card: Any) -> bytes:
    """The bytes of tiny-dynamic with another network or other values in its card."""
    bundle = Bundle.open(model_path())
    changed = replace(bundle.card, **card)
    return pack(bundle.network if network is None else network, changed, bundle.charset)


def with_members(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """The network of tiny-dynamic with another archive behind it."""
    stream = io.BytesIO()
    stream.write(Bundle.open(model_path()).network)
    with zipfile.ZipFile(stream, "a", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def write_picture(path: Path, text: str = TEXT) -> Path:
    """A picture file of ``text`` in the block script; the suffix names the format."""
    assert cv2.imwrite(str(path), picture_of(text))
    return path


def encoded(text: str = TEXT, suffix: str = ".png") -> bytes:
    """The bytes of such a file."""
    done, data = cv2.imencode(suffix, picture_of(text))
    assert done
    return data.tobytes()
