"""Outputs that appear whole or not at all: written beside the target, then renamed."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def atomic_writer(target: Path) -> Iterator[IO[bytes]]:
    """A binary file that becomes ``target`` when the block ends without an exception.

    Args:
        target: the file to make or replace; its folder must exist. A device or a pipe
            (``/dev/null``) cannot be replaced and is written to as it is.

    Raises:
        OSError: the folder is missing or cannot be written to.
    """
    # Through a link, so that the link stays and its target is replaced.
    target = target.resolve() if target.is_symlink() else target
    if target.exists() and not target.is_file() and not target.is_dir():
        with target.open("wb") as stream:
            yield stream
        return
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(_mode(target))
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_atomically(target: Path, data: bytes | str) -> None:
    """Write a whole file, text as UTF-8.

    Raises:
        OSError: the folder is missing or cannot be written to.
    """
    with atomic_writer(target) as stream:
        stream.write(data.encode("utf-8") if isinstance(data, str) else data)


def _mode(target: Path) -> int:
    """Permissions of the file that is replaced, or what the umask leaves of rw-rw-rw-."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
