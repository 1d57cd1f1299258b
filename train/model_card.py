"""Writes the model card of a bundle from the bundle itself and from measured reports.

    python -m train.model_card vi-line.tflite --eval a.json --eval b.json \
        --summary docs/results/vi-line.json -o vi-line.md

No figure is typed by hand: accuracy comes from ``edge-htr eval --json``, the rest from
the card inside the bundle.
"""

import json
from pathlib import Path
from typing import Any

import click

from edge_runtime.atomic import write_atomically
from edge_runtime.bundle import Bundle
from edge_runtime.errors import DataError

_ABOUT = """\
Reads one line of Vietnamese handwriting, above all postal addresses, on small ARM computers.

## Use and limits

* Made for lines of Latin script as Vietnamese is written; trained on addresses, so prose, names
  and other languages are read worse than the figures say.
* A line must be cropped and roughly horizontal. What is cut off cannot be read.
* A confidence {confidence}.
* Do not use a reading for decisions about people without a person who checks it.
"""


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--eval", "evals", multiple=True, type=click.Path(exists=True, path_type=Path))
@click.option("--origin", type=click.Path(exists=True, path_type=Path), help="Text on the data.")
@click.option("--summary", type=click.Path(path_type=Path), help="All figures as one JSON file.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path))
def main(
    model: Path,
    evals: tuple[Path, ...],
    origin: Path | None,
    summary: Path | None,
    out: Path,
) -> None:
    """Write the card of MODEL."""
    bundle = Bundle.open(model)
    rows = [_row(json.loads(path.read_text(encoding="utf-8"))) for path in evals]
    sha = {row["sha256"] for row in rows if row["model"].endswith(".tflite")}
    if sha - {_file_sha256(model)}:
        raise DataError("a report measured another model file: run the evaluations again")
    text = render(bundle, rows, origin.read_text(encoding="utf-8") if origin else "")
    write_atomically(out, text)
    if summary is not None:
        summary.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(summary, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")


def _file_sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def _row(report: dict[str, Any]) -> dict[str, Any]:
    """The figures of one report that may be published: no text, no picture, no absolute path."""
    kept = ("sha256", "part", "n", "cer", "wer", "ser", "normalized_cer", "intervals")
    data = Path(report["data"])
    row = {"model": Path(report["model"]).name, "data": f"{data.parent.name}/{data.name}"}
    row["decoding"] = "greedy" if report.get("lexicon", "none") == "none" else "lexicon"
    return row | {key: report[key] for key in kept}


def render(bundle: Bundle, rows: list[dict[str, Any]], origin: str) -> str:
    """The card as Markdown."""
    card = bundle.card
    about = _ABOUT.format(confidence=_CONFIDENCE[bool(card.calibration)])
    parts = [f"# Model card: {card.name}", about, "## Network", _facts(bundle)]
    if rows:
        parts += ["## Accuracy", accuracy_table(rows), _READ]
    parts += ["## Training data", origin.strip() or "See `edge-htr info`.", _data(card.training)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


_CONFIDENCE = {
    True: "is calibrated: of the words with 0.9, about nine of ten are right",
    False: "is the geometric mean of character probabilities; it is not calibrated",
}
_READ = """\
Decoding is greedy, or knows the places and words of the model's lexicon. CER, WER and SER are
strict (NFC, case, punctuation and spaces count); the normalised CER folds case, comma, full stop and
the place of the tone mark. In brackets: 95 % bootstrap intervals over lines. The parts are those of `edge-htr eval --part`: `dev-writers` are
writers never trained on, `dev-lines` lines never trained on of writers that were, `all` is a set
of which nothing was trained on."""


def _facts(bundle: Bundle) -> str:
    card = bundle.card
    precision = ", ".join(f"{part} {kind}" for part, kind in card.precision.items())
    facts = {
        "family": card.architecture.get("family", "?"),
        "file": f"{len(bundle.network):,} bytes of network",
        "precision": precision,
        "input": f"{card.preprocessing['height']} rows, {card.min_width}-{card.max_width} columns",
        "alphabet": f"{len(bundle.charset)} symbols, all 146 Vietnamese letters among them",
        "runtime": card.runtime,
        "network sha256": f"`{card.network_sha256}`",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {k} | {v} |" for k, v in facts.items())])


def accuracy_table(rows: list[dict[str, Any]]) -> str:
    """A Markdown table of error rates in percent with their intervals."""
    names = ("cer", "wer", "ser", "normalized_cer")
    head = ["| model | decoding | data | part | lines | CER % | WER % | SER % | normalised CER % |"]
    head.append("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        cells = []
        for name in names:
            low, high = row["intervals"][name]
            cells.append(f"{100 * row[name]:.2f} ({100 * low:.2f}-{100 * high:.2f})")
        lead = (
            f"| {row['model']} | {row['decoding']} | {row['data']} | {row['part']} | {row['n']} | "
        )
        head.append(lead + " | ".join(cells) + " |")
    return "\n".join(head)


def _data(training: dict[str, Any]) -> str:
    sources = training.get("data", [])
    if not isinstance(sources, list):  # a card of another origin may say it in words
        return str(sources)
    rows = [f"| {s['name']} | {s['lines']} | {s['weight']} |" for s in sources]
    table = ["| source | lines | weight in an epoch |", "|---|---|---|", *rows]
    seen = training.get("lines_seen")
    note = f"\n\n{seen:,} line views in training." if seen else ""
    return "\n".join(table) + note


if __name__ == "__main__":
    main()
