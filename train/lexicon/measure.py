"""Measures what a model's lexicon is worth, and writes docs/results/lexicon.json.

    python -m train.lexicon.measure MODEL --data data/ --text text/ --fonts fonts/ \\
        --package vietnamadminunits -o docs/results/lexicon.json

Each set of lines is read twice, by the network alone and with the model's lexicon. Beside the real
sets: synthetic lines that are no addresses, and real addresses whose ward was taken out of the
lexicon first; neither may get worse.
"""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from time import process_time
from typing import Any

import click
import numpy as np

from edge_runtime.addresses import AddressGrammar
from edge_runtime.atomic import write_atomically
from edge_runtime.bundle import Bundle
from edge_runtime.ctc import WordReading
from edge_runtime.decoder import Decoder, find_lexicon
from edge_runtime.errors import DataError
from edge_runtime.fields import address_fields
from edge_runtime.lexicon import Lexicon
from edge_runtime.lexicon_meta import LEVELS
from edge_runtime.metrics import bootstrap, error_rates
from train.lexicon.build import Recipe, build
from train.lexicon.lines import Lines, read_lines
from train.lexicon.vietnamese import fold, split_kind

REAL = (
    ("Kalapa, ten unseen writers", "kalapa/training_data", "dev-writers"),
    ("Kalapa, other lines of trained writers", "kalapa/training_data", "dev-lines"),
    ("Cinnamon train, lines kept out", "cinnamon/train", "dev-lines"),
    ("Cinnamon, test part", "cinnamon/test", "all"),
)
PROSE, REMOVED = "synthetic prose", "addresses whose ward was removed from the lexicon"
PROSE_SEED = 77


def rates(lines: Lines, decoder: Decoder) -> dict[str, Any]:
    """Error rates and decoding times of one set."""
    readings, times = [], []
    for _, logits in lines:
        began = process_time()
        readings.append(decoder.read(logits).text)
        times.append(1e3 * (process_time() - began))
    labels = [label for label, _ in lines]
    found = error_rates(labels, readings)
    spans = bootstrap(labels, readings)
    return {
        **{name: round(value, 5) for name, value in found.as_dict().items()},
        "intervals": {name: [round(i.low, 5), round(i.high, 5)] for name, i in spans.items()},
        "ms": {name: round(float(np.percentile(times, q)), 2) for name, q in
               (("p50", 50), ("p90", 90), ("p99", 99), ("max", 100))},
    }  # fmt: skip


def prose_lines(model: Path, fonts: Path, text: Path, count: int) -> Lines:
    """Synthetic lines of words in any order, numbers, rare letters and signs."""
    from edge_runtime.cli import cli

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "prose"
        arguments = ["synth", "--fonts", str(fonts), "--text", str(text), "--count", str(count)]
        arguments += ["--out", str(out), "--seed", str(PROSE_SEED), "--style", "words"]
        cli.main([*arguments, "--style", "rare"], standalone_mode=False)
        return read_lines(model, out, "all")


def wards_of(grammar: AddressGrammar, labels: Iterable[str]) -> list[str | None]:
    """The folded name of each label's ward; None where the lexicon knows none with a name."""
    wards: list[str | None] = []
    for label in labels:
        words = [WordReading(word, 1.0) for word in label.split()]
        ward = address_fields(grammar, label, words).get("ward")
        name = fold(split_kind(ward.name, LEVELS.index("ward"))[1]) if ward and ward.name else ""
        wards.append(name if name and not name.isdigit() else None)
    return wards


def row(title: str, lines: Lines, plain: Decoder, helped: Decoder) -> dict[str, Any]:
    """One set, read without and with the lexicon; told on stdout."""
    a, b = rates(lines, plain), rates(lines, helped)
    figures = "  ".join(f"{k.upper()} {100 * a[k]:.2f} -> {100 * b[k]:.2f} %" for k in _SHOWN)
    click.echo(f"{title} ({len(lines)}): {figures}  decoding p50 {b['ms']['p50']} ms")
    return {"lines": title, "network": a, "lexicon": b}


_SHOWN = ("cer", "wer", "ser")


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--data", required=True, type=click.Path(path_type=Path))
@click.option("--text", required=True, type=click.Path(path_type=Path))
@click.option("--fonts", required=True, type=click.Path(path_type=Path))
@click.option("--package", help="As the model's lexicon was built, for the one without wards.")
@click.option("--prose", default=400, show_default=True, help="How many synthetic lines.")
@click.option("-o", "--out", type=click.Path(path_type=Path))
def main(
    model: Path, data: Path, text: Path, fonts: Path, package: str | None, prose: int,
    out: Path | None,
) -> None:  # fmt: skip
    """Measure the lexicon of MODEL."""
    bundle = Bundle.open(model)
    plain, helped = (
        Decoder(bundle.charset),
        Decoder(bundle.charset, find_lexicon("builtin", bundle)),
    )
    grammar = helped.grammar
    if not isinstance(grammar, AddressGrammar):
        raise DataError(f"{model} has no lexicon of places")
    sets = [(title, read_lines(model, data / folder, part)) for title, folder, part in REAL]
    rows = [row(title, lines, plain, helped) for title, lines in sets]
    rows.append(row(PROSE, prose_lines(model, fonts, text, prose), plain, helped))
    addresses = sets[0][1] + sets[3][1]
    wards = wards_of(grammar, (label for label, _ in addresses))
    removed = frozenset(ward for ward in wards if ward)
    recipe = Recipe(
        "without", folder=text, package=package, weights=grammar.weights, without=removed
    )
    smaller = Decoder(bundle.charset, Lexicon.from_bytes(build(recipe)))
    kept = [line for line, ward in zip(addresses, wards, strict=True) if ward]
    rows.append(row(REMOVED, kept, plain, smaller))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        report = {"network": bundle.card.network_sha256, "sets": rows}
        write_atomically(out, json.dumps(report, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
