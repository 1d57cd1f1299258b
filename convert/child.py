"""Runs one stage of a conversion in a process of its own.

TensorFlow's converter, its calibrator and the TFLite interpreters can kill the process they run in
instead of raising an exception. Here such a death becomes one clear error that names the stage and
a cure, and their chatter stays off the user's terminal.
"""

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from edge_runtime import errors
from edge_runtime.errors import ConversionError, EdgeHtrError

P = ParamSpec("P")
T = TypeVar("T")

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",  # whatever the network was trained with
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


def run_stage(
    stage: str, cure: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Call a module-level function in a child process.

    Args:
        stage: its name in messages.
        cure: what the user can do if the child dies, e.g. ``use --precision fp32``.
        function: found again by its module and name; its module is imported in the child only
            after the environment has been set.
        *args: picklable arguments.
        **kwargs: the same.

    Returns:
        What the function returned.

    Raises:
        EdgeHtrError: the function raised one; it is raised again here.
        ConversionError: it raised something else, or the child died.
    """
    return _run(stage, cure, function, args, kwargs, talks=False)  # type: ignore[no-any-return]


def run_talking_stage(
    stage: str, cure: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """The same for long work that reports its progress and ends itself on a signal.

    Its output goes to the terminal, Ctrl-C reaches it, it may start processes of its own, and it
    runs on the Keras backend and the devices that the user's environment says.
    """
    return _run(stage, cure, function, args, kwargs, talks=True)  # type: ignore[no-any-return]


def _run(
    stage: str, cure: str, function: Callable[..., Any], args: Any, kwargs: Any, *, talks: bool
) -> Any:
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    name = f"{function.__module__}:{function.__qualname__}"
    with ExitStack() as stack:
        with _undisturbed():
            folder = tempfile.TemporaryDirectory(prefix="edge-htr-stage-")
            log = Path(stack.enter_context(folder)) / "log"
            child = context.Process(
                target=_child,
                args=(sender, None if talks else str(log), name, args, kwargs),
                daemon=not talks,  # a daemon may have no children
            )
            stack.callback(_stop, child)
            child.start()
        stack.enter_context(_terminable())
        sender.close()
        outcome = _receive(receiver, child)
        if outcome is None:
            raise ConversionError(_obituary(stage, cure, child.exitcode, log))
    kind, payload = outcome
    if kind == "error":
        raise _rebuilt(stage, *payload)
    return payload


def _receive(receiver: Connection, child: BaseProcess) -> tuple[str, Any] | None:
    """The child's outcome once it has ended, or None if it died before it had one."""
    wait([receiver, child.sentinel])
    outcome: tuple[str, Any] | None = None
    with suppress(EOFError, ConnectionResetError):
        if receiver.poll():
            outcome = receiver.recv()
    child.join()
    return outcome


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put Ctrl-C off until the block ends: what is made by halves could not be cleared away."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    held: list[FrameType | None] = []
    signal.signal(signal.SIGINT, lambda _, frame: held.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if held:
        handler(signal.SIGINT, held[0])


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM, as a service manager sends it, end the wait like Ctrl-C, and so the child."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end_with_parent() -> None:
    """Have Linux end this process when its parent is killed outright."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _stop(child: BaseProcess) -> None:
    """End a child that is still running, as after Ctrl-C."""
    if child.is_alive():
        child.terminate()
    if child.pid is not None:
        child.join()


def _silence(log: str) -> None:
    """Settle a child that works quietly for its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the child
    # What TensorFlow leaves behind in the temporary folder goes when the parent removes it.
    folder = str(Path(log).parent)
    os.environ.update(ENVIRONMENT, TMPDIR=folder)
    tempfile.tempdir = folder
    with Path(log).open("wb") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)


def _child(sender: Connection, log: str | None, name: str, args: Any, kwargs: Any) -> None:
    """Entry point of the child process."""
    _end_with_parent()
    if log is not None:
        _silence(log)
    try:
        module, _, function = name.partition(":")
        result = getattr(import_module(module), function)(*args, **kwargs)
        sender.send(("ok", result))
    except BaseException as error:
        sender.send(("error", (type(error).__name__, " ".join(str(error).split()))))
    sender.close()
    sys.stdout.flush()
    os._exit(0)  # TensorFlow's own shutdown takes seconds and may crash


def _rebuilt(stage: str, kind: str, message: str) -> EdgeHtrError:
    """The child's exception; a foreign one becomes a ConversionError."""
    own = getattr(errors, kind, None)
    if isinstance(own, type) and issubclass(own, EdgeHtrError):
        return own(message)
    if kind == "ModuleNotFoundError":
        return errors.RuntimeMissingError(f"{message}: pip install 'edge-htr[desktop]'")
    return ConversionError(f"stage {stage} failed: {kind}: {message[:400]}")


def _obituary(stage: str, cure: str, code: int | None, log: Path) -> str:
    """One line on how the child died."""
    how = f"exit code {code}"
    if code is not None and code < 0:
        how = signal.Signals(-code).name
        if -code == signal.SIGKILL:
            cure = f"the system may have run out of memory; {cure}"
    said = _last_words(log)
    return f"stage {stage} died ({how}{': ' + said if said else ''}): {cure}"


def _last_words(log: Path) -> str:
    """The last line the child wrote that is not routine chatter."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    chatter = ("I0000", "W0000", "INFO", "WARNING", "fully_quantize")
    kept = [line.strip() for line in lines if line.strip() and not line.startswith(chatter)]
    return kept[-1][:200] if kept else ""
