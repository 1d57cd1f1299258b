"""From the network's logits to a reading: greedily, or with a lexicon by beam search."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge_runtime.addresses import AddressGrammar
from edge_runtime.beam import BeamSettings, beam_search
from edge_runtime.bundle import Bundle
from edge_runtime.calibration import GREEDY, Calibration
from edge_runtime.charset import Charset
from edge_runtime.ctc import Logits, Reading, assemble, greedy_classes, tidy
from edge_runtime.errors import BundleError
from edge_runtime.fields import Field, address_fields
from edge_runtime.grammar import TextGrammar
from edge_runtime.lexicon import Lexicon
from edge_runtime.line_model import LineModel
from edge_runtime.parse import Piece, parse
from edge_runtime.states import (
    IN_NAME,
    IN_NUMBERED_KIND,
    IN_OTHER,
    IN_WORD,
    NUMBER,
    TAG,
    State,
    other_of,
)

_SOURCES: Final = {IN_NAME: "place", IN_NUMBERED_KIND: "place", IN_WORD: "word"}


class Decoder:
    """Reads logits. May be shared between threads."""

    def __init__(
        self,
        charset: Charset,
        lexicon: Lexicon | None = None,
        calibration: Calibration | None = None,
        settings: BeamSettings | None = None,
    ) -> None:
        """Prepare for one network.

        Args:
            charset: the network's alphabet.
            lexicon: what to prefer; without one the reading is the network's best path.
            calibration: of the confidences; without one they are geometric means of probabilities.
            settings: of the beam search.
        """
        self.charset = charset
        self.settings = settings or BeamSettings()
        self.calibration = calibration if calibration and calibration.curves else None
        self.grammar: TextGrammar | None = None
        if lexicon is not None:
            places = len(lexicon.arrays["unit.kind"])
            self.grammar = AddressGrammar(lexicon) if places else TextGrammar(lexicon)
            self.model = LineModel(self.grammar, charset.symbols)

    def read(self, logits: Logits) -> Reading:
        """Decode one line.

        Args:
            logits: float32 (T, len(charset) + 1), the blank last.

        Raises:
            ValueError: the logits do not have one class per symbol and the blank.
        """
        text, peaks = self.characters(logits)
        if self.calibration is None:
            return assemble(text, peaks)
        return self.calibration.apply(text, peaks, self.sources(text))

    def characters(self, logits: Logits) -> tuple[str, list[float]]:
        """The text, and the network's probability of each character. See ``read``."""
        if logits.ndim != 2 or logits.shape[1] != len(self.charset) + 1:
            raise ValueError(
                f"logits {logits.shape} do not fit {len(self.charset)} symbols and a blank"
            )
        if self.grammar is None:
            classes, peaks = greedy_classes(logits, self.charset.blank)
            return tidy(self.charset.decode(classes), peaks)
        # Backwards, because the lexicon reads from the end of a line to its beginning.
        found = beam_search(logits[::-1], self.charset.blank, self.model, self.settings, most=1)
        best = found[0]
        return tidy(self.charset.decode(best.symbols[::-1]), list(best.peaks[::-1]))

    def forget(self) -> None:
        """Drop what is remembered of earlier lines; it only makes reading faster."""
        if self.grammar is not None:
            self.model.forget()

    def sources(self, text: str) -> list[str]:
        """Who vouches for each word of a text, see ``calibration.SOURCES``."""
        if self.grammar is None:
            return [GREEDY] * len(text.split())
        return _sources(text, parse(self.grammar, text) or [])

    def fields(self, reading: Reading) -> dict[str, Field]:
        """The parts of an address; none without a lexicon of places."""
        if not isinstance(self.grammar, AddressGrammar):
            return {}
        return address_fields(self.grammar, reading.text, reading.words)


def _sources(text: str, pieces: Sequence[Piece]) -> list[str]:
    """The source of each word: that of the piece over its first letter."""
    by_position = {
        position: piece for piece in pieces for position in range(piece.start, piece.end)
    }
    sources, start = [], 0
    for word in text.split():
        piece = by_position.get(start)
        sources.append(_source(piece.inside) if piece else "other")
        start += len(word) + 1
    return sources


def _source(inside: State) -> str:
    if inside & TAG == IN_OTHER:
        return "number" if other_of(inside).kind == NUMBER else "other"
    return _SOURCES[inside & TAG]


def find_lexicon(choice: str, bundle: Bundle) -> Lexicon | None:
    """The lexicon that a command's ``--lexicon`` names: none, builtin or a file.

    ``builtin`` is the one inside the model or, where there is none, the file ``NAME.lexicon``
    beside ``NAME.tflite``, which keeps the model small for those who do not want it.

    Raises:
        BundleError: builtin is asked for, and the model has none.
        LexiconError: the lexicon is missing or damaged.
    """
    if choice == "none":
        return None
    if choice != "builtin":
        return Lexicon.open(choice)
    if bundle.lexicon is not None:
        return Lexicon.from_bytes(bundle.lexicon)
    beside = _beside(bundle)
    if beside is None:
        raise BundleError(f"the model {bundle.path} has no lexicon: use --lexicon none or a file")
    return Lexicon.open(beside)


def has_lexicon(bundle: Bundle) -> bool:
    """Whether a model has a lexicon of its own, inside or beside it."""
    return bundle.lexicon is not None or _beside(bundle) is not None


def _beside(bundle: Bundle) -> Path | None:
    """The file ``NAME.lexicon`` beside ``NAME.tflite``, or that of the model it is a variant of.

    ``vi-line-nano.tflite`` takes ``vi-line.lexicon`` if there is no ``vi-line-nano.lexicon``.
    """
    name = bundle.path.stem if bundle.path else ""
    while bundle.path and name:
        path = bundle.path.with_name(f"{name}.lexicon")
        if path.is_file():
            return path
        name = name.rpartition("-")[0]
    return None
