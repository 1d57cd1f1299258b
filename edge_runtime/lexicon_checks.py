"""Checks the sections of a lexicon: no index leads outside it or in a circle."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge_runtime.errors import LexiconError
from edge_runtime.lexicon_meta import LexiconMeta

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
NO_WORD: Final = 2**32 - 1
CONTEXTS: Final = 3
"""Contexts beside the words: the edge of a phrase, a number, a word that is not listed."""


def check_sections(meta: LexiconMeta, arrays: Arrays) -> None:
    """Compare the sections with each other and with the header.

    Raises:
        LexiconError: a section has a wrong length, or an entry points where it must not.
    """
    _check_words(meta, arrays)
    _check_units(meta, arrays)


def _check_words(meta: LexiconMeta, a: Arrays) -> None:
    nodes, contexts, letters = len(a["trie.label"]), meta.words + CONTEXTS, len(meta.alphabet)
    _need(nodes > 0, "trie.label", "is empty")
    for name in ("trie.cost", "trie.stop", "trie.word"):
        _length(a, name, nodes)
    _offsets(a, "trie.first", nodes, nodes, start=1)
    # A child behind its parent cannot be its ancestor.
    _need(bool((a["trie.first"][:-1] > np.arange(nodes)).all()), "trie.first", "leads back")
    _below(a, "trie.label", letters)
    words = a["trie.word"]
    _need(bool(((words < meta.words) | (words == NO_WORD)).all()), "trie.word", "names no word")
    _length(a, "word.cost", meta.words)
    _offsets(a, "pair.first", contexts, len(a["pair.word"]))
    _length(a, "pair.cost", len(a["pair.word"]))
    _length(a, "pair.backoff", contexts)
    _below(a, "pair.word", contexts)
    _length(a, "letter.cost", (letters + 2) ** 2)


def _check_units(meta: LexiconMeta, a: Arrays) -> None:
    units = len(a["unit.kind"])
    _length(a, "unit.code", units)
    _offsets(a, "unit.first", units + 1, units)
    first = a["unit.first"].astype(np.int64)
    _need(bool((first[1:-1] > np.arange(units)).all()), "unit.first", "leads back")
    _below(a, "unit.kind", len(meta.kinds))
    _offsets(a, "unit.names", units, len(a["name.text"]))
    _need(bool((np.diff(a["unit.names"].astype(np.int64)) > 0).all()), "unit.names", "is empty")
    _length(a, "name.cost", len(a["name.text"]))
    _offsets(a, "text.first", len(a["text.first"]) - 1, len(a["text.bytes"]))
    _below(a, "name.text", len(a["text.first"]) - 1)
    try:
        a["text.bytes"].tobytes().decode("utf-8")
    except UnicodeDecodeError:
        raise LexiconError("section check failed: text.bytes is not UTF-8") from None
    if units:
        _check_levels(meta, a["unit.kind"], first)


def _check_levels(meta: LexiconMeta, kinds: Array, first: npt.NDArray[np.int64]) -> None:
    """A place lies in one of a higher level; those at the top are provinces."""
    levels = np.array([kind.level for kind in meta.kinds])[kinds]
    parents = np.repeat(np.concatenate(([-1], levels)), np.diff(first).astype(np.intp))
    _need(bool((levels > parents).all()), "unit.kind", "has a place inside a smaller one")
    _need(bool((levels[: first[1]] == 0).all()), "unit.kind", "has no province at the top")


def _need(condition: bool, name: str, what: str) -> None:
    if not condition:
        raise LexiconError(f"section check failed: {name} {what}")


def _length(a: Arrays, name: str, length: int) -> None:
    _need(len(a[name]) == length, name, f"has {len(a[name])} entries, not {length}")


def _below(a: Arrays, name: str, limit: int) -> None:
    _need(not len(a[name]) or int(a[name].max()) < limit, name, "points outside")


def _offsets(a: Arrays, name: str, rows: int, end: int, start: int = 0) -> None:
    """Rows of a table: their beginnings never fall, and the last one ends the table."""
    _length(a, name, rows + 1)
    values = a[name].astype(np.int64)
    fits = values[0] == start and values[-1] == end and bool((np.diff(values) >= 0).all())
    _need(fits, name, "is no table of rows")
