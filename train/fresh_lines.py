"""Synthetic lines that are drawn while a run goes on: new ones with every epoch.

Chunk ``e`` (``lines_per_epoch`` lines) comes in with epoch ``e`` and stays for ``keep`` epochs.
What is in a chunk follows from the seed, its number, the fonts and the texts alone, so a resumed
run sees the same lines. Chunks are packed files in the cache; runs that draw the same lines at the
same time share them, and each chunk is drawn by one of them.
"""

import fcntl
import hashlib
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2

from edge_runtime.errors import DataError
from edge_runtime.preprocess import Ink, Preprocessing, preprocess
from train.batches import Source
from train.cache import read_packed, write_packed
from train.progress import console
from train.recipe import SynthesisSettings
from train.synth.corpus import Corpus
from train.synth.fonts import load_fonts
from train.synth.synthesizer import LineSynthesizer

AHEAD = 2
"""Chunks drawn before the epoch that brings them in."""
_SPARE = 8
"""Chunks kept after their last use, for runs that lag behind and for resuming an earlier state."""
_TASK = 32
"""Lines a worker draws at a time."""
_worker: dict[str, LineSynthesizer | Preprocessing] = {}


class FreshLines:
    """Draws chunks in the background, a few epochs ahead of training."""

    def __init__(
        self,
        synthesizer: LineSynthesizer,
        preprocessing: Preprocessing,
        settings: SynthesisSettings,
        folder: Path,
        fingerprint: str = "",
    ) -> None:
        """Prepare; nothing is drawn before ``start``.

        Args:
            synthesizer: what draws.
            preprocessing: how the pictures become the network's input.
            settings: how many, for how long, from which seed.
            folder: where the chunks are kept.
            fingerprint: stands for fonts and texts in the names of the chunks.
        """
        self._synthesizer, self._preprocessing = synthesizer, preprocessing
        self._settings, self._folder = settings, folder
        described = repr((settings.seed, settings.lines_per_epoch, synthesizer.settings))
        described += repr(sorted(preprocessing.as_dict().items())) + fingerprint
        self._name = hashlib.sha256(described.encode()).hexdigest()[:12]
        self._changed = threading.Condition()
        self._epoch = self._epochs = 0
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    @property
    def longest(self) -> int:
        """Characters of the longest text that can come."""
        own = self._synthesizer.corpus.lines
        return max(map(len, own)) if own else self._synthesizer.settings.text.lengths[1]

    def chunk(self, number: int) -> Path:
        """The packed file of a chunk."""
        return self._folder / f"fresh-{self._name}-{number:05d}.npy"

    def start(self, first: int, epochs: int) -> None:
        """Begin to draw what the epochs from ``first`` to ``epochs - 1`` need."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._epoch, self._epochs = first, epochs
        self._thread = threading.Thread(target=self._draw_all, daemon=True)
        self._thread.start()

    def sources(self, epoch: int) -> list[Source]:
        """The chunks of an epoch, oldest first; waits until they are drawn.

        Raises:
            DataError: drawing failed.
        """
        numbers = self._numbers(epoch, epoch)
        with self._changed:
            self._epoch = epoch
            self._changed.notify_all()
            if not all(self._there(n) for n in numbers):
                console.print("waiting for synthetic lines")
            while not all(self._there(n) for n in numbers) and self._error is None:
                self._changed.wait(0.5)
        if self._error is not None:
            raise DataError(f"drawing synthetic lines failed: {self._error}")
        self._remove(numbers.start - _SPARE - 1)
        weight = self._settings.weight / len(numbers)
        return [Source(read_packed(self.chunk(n)), weight, "fresh") for n in numbers]

    def close(self) -> None:
        """Stop drawing; what is finished stays for a resumed run."""
        with self._changed:
            self._epochs = 0
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _numbers(self, first: int, last: int) -> range:
        """The chunks that the epochs from ``first`` to ``last`` use."""
        return range(max(0, first - self._settings.keep + 1), last + 1)

    def _there(self, number: int) -> bool:
        path = self.chunk(number)
        return path.is_file() and path.with_suffix(".json").is_file()

    def _remove(self, number: int) -> None:
        """Remove the files of a chunk."""
        if number >= 0:
            path = self.chunk(number)
            for file in (path, path.with_suffix(".json"), self._lock_path(number)):
                file.unlink(missing_ok=True)

    def _draw_all(self) -> None:
        """Body of the thread: whatever the next epochs lack, in order."""
        try:
            with self._pool() as pool:
                while (number := self._next()) is not None:
                    self._draw_locked(pool, number)
                    with self._changed:
                        self._changed.notify_all()
        except BaseException as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _next(self) -> int | None:
        """The first chunk that is missing, waiting for one; None when the run has ended."""
        with self._changed:
            while self._epochs:
                last = min(self._epoch + AHEAD, self._epochs - 1)
                missing = [n for n in self._numbers(self._epoch, last) if not self._there(n)]
                if missing:
                    return missing[0]
                self._changed.wait(0.5)
            return None

    def _lock_path(self, number: int) -> Path:
        return self.chunk(number).with_suffix(".lock")

    def _draw_locked(self, pool: Executor, number: int) -> None:
        """Draw a chunk unless it is there, or another run that shares the folder has drawn it."""
        if self._there(number):
            return
        with self._lock_path(number).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given up by the system should the process die
            if not self._there(number):
                lines = self._lines(pool, number)
                write_packed(self.chunk(number), lines, self._preprocessing.height)

    def _lines(self, pool: Executor, number: int) -> Iterator[tuple[str, str, None, Ink]]:
        count = self._settings.lines_per_epoch
        indices = range(number * count, (number + 1) * count)
        tasks = [indices[i : i + _TASK] for i in range(0, count, _TASK)]
        seeds = [self._settings.seed] * len(tasks)
        for part, drawn in zip(tasks, pool.map(_draw, tasks, seeds), strict=True):
            if not self._epochs:
                raise InterruptedError("the run has ended")
            for index, (text, ink) in zip(part, drawn, strict=True):
                yield f"fresh/{index}", text, None, ink

    def _pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._settings.workers,
            mp_context=get_context("spawn"),
            initializer=_start,
            initargs=(self._synthesizer, self._preprocessing),
        )


def fresh_lines(
    fonts: Path, text: Path, preprocessing: Preprocessing, settings: SynthesisSettings, folder: Path
) -> FreshLines:
    """Fresh lines from a folder of fonts and a folder or file of texts.

    Raises:
        DataError: fonts or texts are missing or do not fit.
    """
    specs = load_fonts(fonts)
    files = [text] if text.is_file() else sorted(p for p in text.rglob("*") if p.is_file())
    described = [s.name for s in specs] + [f"{p.name}:{p.stat().st_size}" for p in files]
    synthesizer = LineSynthesizer(specs, Corpus.read(text))
    return FreshLines(synthesizer, preprocessing, settings, folder, repr(described))


def _start(synthesizer: LineSynthesizer, preprocessing: Preprocessing) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the training process' to handle
    cv2.setNumThreads(1)
    os.nice(5)  # training and augmentation go first
    _worker["synthesizer"], _worker["preprocessing"] = synthesizer, preprocessing


def _draw(indices: Sequence[int], seed: int) -> list[tuple[str, Ink]]:
    """Texts and inks of some lines."""
    synthesizer, preprocessing = _worker["synthesizer"], _worker["preprocessing"]
    if not isinstance(synthesizer, LineSynthesizer) or not isinstance(preprocessing, Preprocessing):
        raise RuntimeError("the worker process was not initialised")
    lines = (synthesizer.line(index, seed) for index in indices)
    return [(line.text, preprocess(line.picture, preprocessing)) for line in lines]
