"""Runs an `edge-htr` command in a process of its own, and passes Ctrl-C on to it once."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from edge_runtime.child_python import child_environment

INTERRUPTED = 130


def run_command(words: Sequence[str], log: Path, say: Callable[[str], None]) -> str | None:
    """Run a command to its end.

    Args:
        words: the command and its arguments.
        log: what it says on stderr is added to this file.
        say: told each line of it.

    Returns:
        Nothing if it went well, else its last line of error.

    Raises:
        KeyboardInterrupt: it was interrupted, and has saved what it could.
    """
    with log.open("a", encoding="utf-8") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "edge_runtime", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=child_environment(),
            # Out of reach of the terminal's Ctrl-C, which it would get a second time from here.
            start_new_session=True,
        )
        assert child.stderr is not None
        try:
            last, interrupted = _follow(child, child.stderr, file, say)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            child.stderr.close()
    if interrupted or child.returncode == INTERRUPTED:
        raise KeyboardInterrupt
    if child.returncode == 0:
        return None
    return last or f"died with {child.returncode}"


@contextmanager
def ended_like_interrupted() -> Iterator[None]:
    """SIGTERM acts as Ctrl-C does until the block ends: the child must not live on alone."""
    old = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)


def _follow(
    child: subprocess.Popen[str], talk: IO[str], log: IO[str], say: Callable[[str], None]
) -> tuple[str, bool]:
    """The child's last word, and whether this process was interrupted meanwhile."""
    last, error, interrupted = "", "", False
    while True:
        try:
            for line in talk:
                log.write(line)
                if line.strip():
                    last = line.strip()
                    error = last.removeprefix("Error: ") if last.startswith("Error: ") else error
                    say(last)
            child.wait()
            return error or last, interrupted
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            child.send_signal(signal.SIGINT)
