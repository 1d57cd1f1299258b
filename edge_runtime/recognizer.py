"""Reads a line of handwriting: picture, preprocessing, network, decoding.

    recognizer = Recognizer("model.tflite")
    line = recognizer.read_file(Path("line.png"))
    print(line.text, line.confidence)

A ``Recognizer`` may be shared between threads: inferences take turns, the rest runs side by side.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from edge_runtime.bundle import Bundle
from edge_runtime.calibration import Calibration
from edge_runtime.ctc import Logits, Reading, WordReading
from edge_runtime.decoder import Decoder
from edge_runtime.errors import InferenceError
from edge_runtime.fields import Field
from edge_runtime.image import Gray, load_gray, opencv_errors
from edge_runtime.interpreter import open_network
from edge_runtime.lexicon import Lexicon
from edge_runtime.preprocess import Preprocessing, preprocess_rows
from edge_runtime.row_choice import choose_rows
from edge_runtime.shipped import MODELS

DEFAULT_MODEL: Final = MODELS / "vi-line.tflite"
"""The model that comes with the package."""

Word = WordReading


@dataclass(frozen=True)
class Line:
    """What was read in one line."""

    text: str
    """NFC, single spaces; empty where nothing was read."""
    confidence: float
    """0 to 1, 0 for an empty line."""
    words: tuple[Word, ...]
    """The words of ``text`` in order, each with its confidence."""
    ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds in ``decode`` (of the picture file), ``preprocess``, ``infer`` and ``ctc``."""

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain values, rounded for people: confidences to 4 digits, ms to 3."""
        return {
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "words": [{**asdict(w), "confidence": round(w.confidence, 4)} for w in self.words],
            "ms": {stage: round(value, 3) for stage, value in self.ms.items()},
        }


class Stopwatch:
    """Milliseconds of consecutive stages."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._since = perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage; the next begins."""
        now = perf_counter()
        self.ms[stage] = (now - self._since) * 1e3
        self._since = now


class Recognizer:
    """A model that is loaded and ready to read."""

    def __init__(
        self,
        model: Bundle | Path | str = DEFAULT_MODEL,
        *,
        lexicon: Lexicon | None = None,
        threads: int | None = None,
        runtime: str | None = None,
    ) -> None:
        """Load a model.

        Args:
            model: an opened bundle or the path of one; by default the one of the package.
            lexicon: words and places to prefer; ``decoder.find_lexicon`` opens the model's own.
            threads: threads per inference; by default one per core, four at most.
            runtime: ``ai-edge-litert``, ``tflite-runtime`` or ``tensorflow``; by default what
                ``EDGE_HTR_RUNTIME`` says or else the first of them that is installed.

        Raises:
            BundleError: the model is missing, damaged or inconsistent.
            RuntimeMissingError: no usable TFLite runtime.
            InferenceError: the runtime refuses the network.
        """
        self.bundle = model if isinstance(model, Bundle) else Bundle.open(model)
        self.settings = Preprocessing.from_dict(self.bundle.card.preprocessing)
        self.network = open_network(
            self.bundle.network, self.bundle.card, threads=threads, runtime=runtime
        )
        calibration = Calibration.from_dict(self.bundle.card.calibration)
        self.decoder = Decoder(self.bundle.charset, lexicon, calibration)

    def read_file(self, source: Path | str | bytes) -> Line:
        """Read a line from a picture file or from the bytes of one.

        Raises:
            ImageError: the picture cannot be read or is outside the limits.
            InferenceError: the runtime fails.
        """
        watch = Stopwatch()
        gray = load_gray(source)
        watch.lap("decode")
        return self._read(gray, watch)

    def read(self, gray: Gray) -> Line:
        """Read a line from a picture in memory.

        Args:
            gray: uint8 (h, w), dark ink on light paper.

        Raises:
            InferenceError: not such an array, or the runtime fails.
        """
        if gray.ndim != 2 or gray.dtype != "uint8" or not gray.size:
            raise InferenceError(f"a line is grey uint8 (h, w), not {gray.dtype} {gray.shape}")
        watch = Stopwatch()
        watch.lap("decode")
        return self._read(gray, watch)

    def fields(self, line: Line) -> dict[str, Field]:
        """The parts of an address that was read, by their names; see ``fields.address_fields``."""
        return self.decoder.fields(Reading(line.text, line.confidence, line.words))

    def logits(self, gray: Gray) -> Logits:
        """What the network says of a picture, before decoding.

        Args:
            gray: uint8 (h, w), dark ink on light paper.

        Returns:
            float32 (T, classes), the blank last; of a line broken into two rows, those of both.

        Raises:
            ImageError: OpenCV cannot prepare the picture.
            InferenceError: the runtime fails.
        """
        return self._logits(gray, Stopwatch())

    def _logits(self, gray: Gray, watch: Stopwatch) -> Logits:
        with opencv_errors("cannot be prepared"):
            pictures = preprocess_rows(gray, self.settings)
        watch.lap("preprocess")
        logits = choose_rows([self.network.run(ink) for ink in pictures], self.bundle.charset)
        watch.lap("infer")
        return logits

    def _read(self, gray: Gray, watch: Stopwatch) -> Line:
        reading = self.decoder.read(self._logits(gray, watch))
        watch.lap("ctc")
        return Line(reading.text, reading.confidence, reading.words, watch.ms)
