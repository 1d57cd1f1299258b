"""What the ``recombine`` command does: align, cut, compose, pack."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_runtime.charset import Charset
from edge_runtime.errors import DataError
from edge_runtime.preprocess import Ink
from train.cache import PackedLines, cached_lines, check_packed_name, write_packed
from train.checkpoint import load_model, read_card
from train.datasets import read_dataset
from train.evaluate import batched_logits
from train.progress import track
from train.recombine import WordBank, build_bank
from train.recombine import recombine as join_words
from train.splits import select
from train.synth.addresses import compose
from train.synth.corpus import Corpus
from train.synth.settings import TextSettings

_BATCH, _WIDTH_STEP = 32, 96
_RURAL = 0.35
"""Share of the rural texts that is kept: 17 % of all have a ward of a town, 52 % of real ones."""


def run(
    checkpoint: Path,
    data: Sequence[Path],
    text: Path,
    count: int,
    seed: int,
    out: Path,
    cache: Path,
) -> Iterator[str]:
    """Write recombined lines as a packed file; yields what to tell the user.

    Raises:
        DataError: no usable data or text, or too few words to join anything.
        RecipeError: the checkpoint cannot be used.
    """
    check_packed_name(out)
    corpus = Corpus.read(text)
    card, model = read_card(checkpoint), load_model(checkpoint)
    rows: list[tuple[str, str, str | None, Ink]] = []
    for number, folder in enumerate(data):
        samples = select(read_dataset(folder).samples, "train")
        lines = cached_lines(samples, card.preprocessing, cache)
        logits = _all_logits(model, lines)
        encoded = [card.charset.encode(t) for t in lines.texts]
        bank = build_bank(lines, logits, encoded, card.time_stride)
        kept = sum(map(len, bank.words.values()))
        yield f"{folder}: {kept} words, {len(bank.words)} distinct; {bank.dropped} left out"
        before = len(rows)
        rows += _compose(bank, corpus, card.charset, count, (seed, number), folder.name)
        yield f"{folder}: {len(rows) - before} lines"
    if not rows:
        raise DataError("no text could be spelt with the words at hand: give more lines")
    write_packed(out, rows, card.preprocessing.height)


def _all_logits(model: object, lines: PackedLines) -> list[npt.NDArray[np.float32]]:
    """Logits of every line, in order."""
    out: dict[int, npt.NDArray[np.float32]] = {}
    batches = batched_logits(model, lines, _BATCH, _WIDTH_STEP)
    for rows, logits in track(batches, "aligning", -(-len(lines) // _BATCH)):
        out |= {int(i): line for i, line in zip(rows, logits, strict=True)}
    return [out[i] for i in range(len(lines))]


def _compose(
    bank: WordBank, corpus: Corpus, charset: Charset, count: int, seed: tuple[int, int], name: str
) -> list[tuple[str, str, str | None, Ink]]:
    rng = np.random.default_rng(seed)
    texts = _texts(bank, corpus, charset, rng)
    made = track(join_words(bank, texts, count, rng), "joining", count)
    return [(f"joined/{name}/{i}", text, None, ink) for i, (text, ink) in enumerate(made)]


def _texts(
    bank: WordBank, corpus: Corpus, charset: Charset, rng: np.random.Generator
) -> Iterator[str]:
    """Endless new texts in the style of the data set."""
    commas = np.mean(["," in text for text in bank.lines.texts])
    style = "cinnamon" if commas > 0.5 else "kalapa"
    settings = replace(TextSettings(), styles={style: 1.0}, capitals=0.0, old_tone=0.2)
    while True:
        text = compose(corpus, settings, charset, rng).label
        # Most wards of the country are rural, most lines of an address set are from towns.
        if style == "kalapa" or "Phường" in text or rng.random() < _RURAL:
            yield text
