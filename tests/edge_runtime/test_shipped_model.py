"""The model that comes with the package, on the samples that come with it."""

from pathlib import Path

import pytest

from edge_runtime.bench import SAMPLES
from edge_runtime.decoder import find_lexicon
from edge_runtime.macs import count_macs
from edge_runtime.metrics import error_rates
from edge_runtime.network_file import NetworkFile
from edge_runtime.recognizer import DEFAULT_MODEL, Recognizer
from edge_runtime.runtimes import find_runtime
from edge_runtime.shipped import MODELS

pytestmark = pytest.mark.skipif(
    not DEFAULT_MODEL.is_file(), reason="no model is shipped in this checkout"
)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def samples() -> list[tuple[Path, str]]:
    rows = (SAMPLES / "labels.tsv").read_text(encoding="utf-8").splitlines()
    return [(SAMPLES / path, text) for path, _, text in (row.partition("\t") for row in rows)]


def test_it_reads_the_samples(recognizer: Recognizer) -> None:
    read = [recognizer.read_file(path).text for path, _ in samples()]
    rates = error_rates([text for _, text in samples()], read)
    assert rates.n >= 8
    assert rates.cer < 0.15


def test_a_line_reads_the_same_whatever_was_read_before(recognizer: Recognizer) -> None:
    """Widths differ from sample to sample: nothing of one line may stay in the interpreter."""
    paths = [path for path, _ in samples()]
    forwards = {path: recognizer.read_file(path).text for path in paths}
    backwards = {path: recognizer.read_file(path).text for path in reversed(paths)}
    fresh = {path: Recognizer(threads=1).read_file(path).text for path in paths[:3]}
    assert forwards == backwards
    assert fresh.items() <= forwards.items()


def test_it_is_small_and_made_of_builtins(recognizer: Recognizer) -> None:
    assert DEFAULT_MODEL.stat().st_size <= 1_200_000
    file = NetworkFile.parse(recognizer.bundle.network)
    assert not [op.name for graph in file.subgraphs for op in graph.operators if op.custom]


def test_its_lexicon_is_small_and_knows_the_country(recognizer: Recognizer) -> None:
    lexicon = find_lexicon("builtin", recognizer.bundle)
    assert lexicon is not None
    assert DEFAULT_MODEL.with_suffix(".lexicon").stat().st_size <= 1_500_000
    assert len(lexicon.arrays["unit.kind"]) > 15_000
    assert all(source["notice"] for source in lexicon.meta.sources)


def test_the_lexicon_reads_the_samples_better_where_the_network_is_weak() -> None:
    plain = Recognizer("vi-line-nano", threads=1)
    own = Recognizer("vi-line-nano", threads=1, lexicon=find_lexicon("builtin", plain.bundle))
    texts = [text for _, text in samples()]
    without, helped = (
        error_rates(texts, [reader.read_file(path).text for path, _ in samples()])
        for reader in (plain, own)
    )
    assert helped.ser < 0.9 * without.ser
    assert helped.cer <= without.cer


def test_its_card_says_where_it_comes_from_and_how_good_it_is(recognizer: Recognizer) -> None:
    card = recognizer.bundle.card
    assert card.training
    assert card.metrics
    assert all(metric["n"] > 0 and 0 <= metric["cer"] < 0.2 for metric in card.metrics)


def test_nano_is_a_third_of_the_size_and_reads_the_samples() -> None:
    nano = Recognizer("vi-line-nano", threads=1)
    assert (MODELS / "vi-line-nano.tflite").stat().st_size <= 400_000
    assert count_macs(nano.bundle.network, 928, find_runtime(None)).total <= 150_000_000
    read = [nano.read_file(path).text for path, _ in samples()]
    assert error_rates([text for _, text in samples()], read).cer < 0.2
