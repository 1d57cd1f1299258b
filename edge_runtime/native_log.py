"""Keeps the chatter of native libraries off stderr, where a user expects only what matters.

The TFLite runtimes announce each delegate with an ``INFO:`` line, the picture decoders warn before
they fail, and neither has a switch that works in every version.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Final

_STDERR: Final = 2
_CHATTER: Final = (b"INFO:", b"I0000 ", b"W0000 ", b"WARNING: All log messages before absl")


_LOCK: Final = RLock()


@contextmanager
def quiet_native_log(*, drop: bool = False) -> Iterator[None]:
    """Hold back what C code writes to stderr in the block; other lines than chatter follow after.

    The file descriptor belongs to the whole process: keep the block short. If the process dies in
    it, what was written is lost. Threads take turns.

    Args:
        drop: drop everything, for libraries whose failures are reported by other means.
    """
    with _LOCK:
        try:
            sys.stderr.flush()
            saved = os.dup(_STDERR)
        except (OSError, ValueError, AttributeError):  # no stderr: nothing to keep quiet
            yield
            return
        with tempfile.TemporaryFile() as held:
            os.dup2(held.fileno(), _STDERR)
            try:
                yield
            finally:
                os.dup2(saved, _STDERR)
                os.close(saved)
                held.seek(0)
                _forward(b"" if drop else held.read())


def _forward(written: bytes) -> None:
    kept = [line for line in written.splitlines(keepends=True) if not line.startswith(_CHATTER)]
    if kept:
        os.write(_STDERR, b"".join(kept))
