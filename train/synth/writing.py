"""Synthetic lines as a data set on disk: pictures, ``labels.tsv`` and how they were made."""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2

from edge_runtime.errors import DataError
from train.synth.synthesizer import SyntheticLine

LABELS, ABOUT = "labels.tsv", "synth.json"
_OPTIONS = {"jpg": [cv2.IMWRITE_JPEG_QUALITY, 90], "png": [cv2.IMWRITE_PNG_COMPRESSION, 6]}


@dataclass
class Tally:
    """What was written: lines by text style and by font."""

    lines: int = 0
    styles: Counter[str] = field(default_factory=Counter)
    fonts: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, the most frequent first."""
        counts = {"styles": self.styles, "fonts": self.fonts}
        return {"lines": self.lines} | {k: dict(v.most_common()) for k, v in counts.items()}


def check_target(folder: Path) -> None:
    """Refuse to write where something is.

    Raises:
        DataError: ``folder`` is a file or a folder with something in it, or has no parent folder.
    """
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() or folder.is_symlink():
        raise DataError(f"{folder} already exists: name a new folder, or empty this one")
    if not folder.absolute().parent.is_dir():
        raise DataError(f"{folder.parent} does not exist: create it first")


def write_dataset(
    lines: Iterable[SyntheticLine], folder: Path, picture_format: str, about: dict[str, Any]
) -> Tally:
    """Write lines as pictures and ``labels.tsv``; ``folder`` appears complete or not at all.

    Args:
        lines: What to write, in order; drawn while writing.
        folder: Where to; must not exist or be empty.
        picture_format: ``jpg`` or ``png``.
        about: What ``synth.json`` says beside the counts.

    Raises:
        DataError: ``folder`` is not free.
    """
    check_target(folder)
    parent = folder.absolute().parent
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=parent))
    try:
        tally = _fill(lines, temporary, picture_format)
        report = json.dumps(about | tally.as_dict(), ensure_ascii=False, indent=2)
        (temporary / ABOUT).write_text(report + "\n", encoding="utf-8")
        temporary.chmod(0o755)
        if folder.is_dir():
            folder.rmdir()
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return tally


def _fill(lines: Iterable[SyntheticLine], folder: Path, picture_format: str) -> Tally:
    tally = Tally()
    with (folder / LABELS).open("w", encoding="utf-8", newline="\n") as labels:
        for line in lines:
            name = f"{tally.lines:06d}.{picture_format}"
            _, data = cv2.imencode("." + picture_format, line.picture, _OPTIONS[picture_format])
            (folder / name).write_bytes(data.tobytes())
            labels.write(f"{name}\t{line.text}\n")
            tally.lines += 1
            tally.styles[line.style] += 1
            tally.fonts.update(line.fonts)
    return tally
