"""From the paths of a command line to pictures: files, folders, globs and stdin.

Nothing here reads a picture, and nothing stops at a bad argument: what cannot be used becomes a
``Source`` with an ``error`` in its place, so that the rest of the batch is read.
"""

import glob
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_runtime.image import MAX_BYTES

_SUFFIXES = ".jpg .jpeg .png .bmp .dib .tif .tiff .webp .pgm .ppm .pnm .pbm"
SUFFIXES: Final = frozenset(_SUFFIXES.split())
"""What counts as a picture inside a folder; a file that is named by itself is always tried."""


@dataclass(frozen=True)
class Source:
    """One picture to read, or the reason why there is none."""

    name: str
    """How it is reported, printable whatever bytes the path has."""
    content: Path | bytes | None = None
    error: str | None = None


def find_sources(arguments: Iterable[str], *, recursive: bool = False) -> Iterator[Source]:
    """Pictures in the order of the arguments; inside folders and globs in natural order.

    Args:
        arguments: paths of pictures or folders, glob patterns, or ``-`` for a picture on stdin.
        recursive: look into the folders inside folders as well.
    """
    for argument in arguments:
        if argument == "-":
            yield _stdin()
        elif _holds(Path(argument).is_dir):
            yield from _folder(Path(argument), recursive)
        elif glob.has_magic(argument) and not _holds(Path(argument).exists):
            yield from _glob(argument, recursive)
        else:  # also what does not exist: reading it says so
            yield Source(_printable(argument), Path(argument))


def natural_key(text: str) -> list[tuple[int, str]]:
    """Sort key under which ``line10`` comes after ``line9``."""
    parts = re.split(r"([0-9]+)", text)
    return [(int(part), "") if i % 2 else (-1, part.casefold()) for i, part in enumerate(parts)]


def _stdin() -> Source:
    data = sys.stdin.buffer.read(MAX_BYTES + 1)  # one byte over the limit is enough to refuse it
    return Source("-", data) if data else Source("-", error="nothing came from stdin")


def _glob(pattern: str, recursive: bool) -> Iterator[Source]:
    # Not Path.glob: a pattern may be absolute, and names come back as the user wrote them.
    found = sorted(glob.glob(pattern, recursive=True), key=natural_key)  # noqa: PTH207
    if not found:
        yield Source(_printable(pattern), error="no file matches this pattern")
    for name in found:
        if _holds(Path(name).is_dir):
            yield from _folder(Path(name), recursive)
        else:
            yield Source(_printable(name), Path(name))


def _folder(folder: Path, recursive: bool) -> Iterator[Source]:
    """Pictures of a folder; first its own, then those of the folders inside."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: natural_key(entry.name))
    except OSError as error:
        yield Source(_printable(str(folder)), error=f"the folder cannot be read ({error.strerror})")
        return
    # Pipes and devices are left out: reading one could wait for ever.
    pictures = [e for e in entries if Path(e.name).suffix.lower() in SUFFIXES and _may_be_file(e)]
    # Links to folders are not followed: they may lead in a circle.
    inner = [e for e in entries if recursive and _holds(e.is_dir) and not e.is_symlink()]
    if not pictures and not inner:
        hint = "" if recursive else " (-r looks into the folders inside)"
        yield Source(_printable(str(folder)), error=f"no picture in this folder{hint}")
    for entry in pictures:
        yield Source(_printable(str(folder / entry.name)), folder / entry.name)
    for entry in inner:
        yield from _folder(folder / entry.name, recursive)


def _may_be_file(entry: os.DirEntry[str]) -> bool:
    """A file, or what reading will tell: a link that leads nowhere, a file that is locked away."""
    return _holds(entry.is_file) or not _holds(Path(entry.path).exists)


def _holds(test: Callable[[], bool]) -> bool:
    """A test of a path; one that may not be looked at is taken for a file, whose reading tells."""
    try:
        return test()
    except OSError:
        return False


def _printable(path: str) -> str:
    """A path as text that can be written as UTF-8; undecodable bytes become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")
