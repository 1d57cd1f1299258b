"""`edge-htr eval`: error rates of a model on labelled lines. Needs TensorFlow for .keras only."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_runtime.cli_options import lexicon_option, runtime_option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge_runtime.evaluation import Evaluation, ReadLine
    from edge_runtime.image import Gray
    from train.datasets import Sample

    Reader = Callable[[Gray], str]


@click.command(
    "eval",
    epilog="Examples: edge-htr eval model.tflite lines/ | edge-htr eval model.keras lines/"
    " --part dev-writers --json report.json --errors errors/",
)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--part",
    default="all",
    show_default=True,
    help="Part of the project's split: train, dev-writers, dev-lines.",
)
@click.option(
    "--json",
    "json_to",
    type=click.Path(allow_dash=True, path_type=Path),
    metavar="FILE|-",
    help="Write the report as JSON; - prints it instead of the summary.",
)
@click.option(
    "--errors",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write a page of the worst lines, with their pictures, into this folder.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Read the first N lines only.")
@lexicon_option
@click.option("--threads", type=click.IntRange(1, 64), help="Threads per inference (.tflite).")
@runtime_option
@click.pass_context
def eval_(
    ctx: click.Context,
    model: Path,
    data: Path,
    part: str,
    json_to: Path | None,
    errors: Path | None,
    limit: int | None,
    lexicon: str,
    threads: int | None,
    runtime: str | None,
) -> None:
    """Measure CER, WER and SER of MODEL on DATA.

    MODEL is a .tflite bundle or a .keras checkpoint. DATA is a folder with labels.tsv (picture,
    tab, text), or with images/WRITER/N.jpg and annotations/WRITER.txt. Rates come with 95 %
    bootstrap intervals over lines. Lines that cannot be read are reported, left out, and make the
    exit code 1.
    """
    from edge_runtime.evaluation import evaluate

    samples = load_samples(data, part, limit)
    reader = open_reader(model, threads, runtime, lexicon)
    lines, unreadable = read_samples(samples, reader)
    evaluation = evaluate(lines)
    report = {
        "model": str(model),
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "data": str(data),
        "part": part,
        "lexicon": lexicon,
        **evaluation.as_dict(),
        "unreadable": unreadable,
    }
    if errors is not None:
        from train.error_page import write_error_page

        pictures = {sample.id: sample.path for sample in samples}
        title = f"{model.name} on {data.name}"
        write_error_page(errors, title, evaluation, lines, pictures)
    _report(json_to, report, summary(evaluation, f"{data} ({part})"))
    if unreadable:
        ctx.exit(1)


def load_samples(data: Path, part: str, limit: int | None = None) -> list[Sample]:
    """The labelled lines of one part of a data set; bad rows are reported on stderr.

    Raises:
        DataError: no such folder, layout or part, or nothing is left in it.
    """
    from edge_runtime.errors import DataError
    from train.datasets import read_dataset
    from train.splits import select

    dataset = read_dataset(data)
    for problem in dataset.problems:
        click.echo(f"Warning: {problem.where}: {problem.message}", err=True)
    samples = select(dataset.samples, part)[:limit]
    if not samples:
        raise DataError(f"{data}: no usable line in part {part!r}")
    return samples


def open_reader(
    model: Path, threads: int | None, runtime: str | None, lexicon: str = "none"
) -> Reader:
    """A function from grey picture to text, for either kind of model.

    Raises:
        BundleError: the model is neither .tflite nor .keras, or damaged, or has no lexicon.
        LexiconError: the lexicon is missing or damaged.
        RecipeError: a damaged checkpoint.
    """
    from edge_runtime.bundle import Bundle
    from edge_runtime.decoder import Decoder, find_lexicon
    from edge_runtime.errors import BundleError
    from edge_runtime.shipped import find_model

    if model.suffix == ".keras":
        from edge_runtime.lexicon import Lexicon
        from train.evaluate import load_reader

        if lexicon == "builtin":
            raise BundleError(f"{model}: a checkpoint has no lexicon: give the file of one")
        keras = load_reader(model)
        decoder = Decoder(keras.charset, None if lexicon == "none" else Lexicon.open(lexicon))
        return lambda gray: decoder.read(keras.picture_logits(gray)).text
    if find_model(model).suffix != ".tflite":
        raise BundleError(f"{model}: a model is a .tflite bundle or a .keras checkpoint")
    from edge_runtime.recognizer import Recognizer

    bundle = Bundle.open(model)
    recognizer = Recognizer(
        bundle, lexicon=find_lexicon(lexicon, bundle), threads=threads, runtime=runtime
    )
    return lambda gray: recognizer.read(gray).text


def read_samples(
    samples: Sequence[Sample], reader: Reader
) -> tuple[list[ReadLine], list[dict[str, str]]]:
    """Read all lines; returns those that were read, and the errors of those that were not."""
    from edge_runtime.errors import EdgeHtrError
    from edge_runtime.evaluation import ReadLine
    from edge_runtime.image import load_gray
    from edge_runtime.native_log import quiet_native_log

    lines: list[ReadLine] = []
    unreadable: list[dict[str, str]] = []
    with click.progressbar(samples, label="Reading", file=sys.stderr, show_pos=True) as progress:
        for sample in progress:
            try:
                with quiet_native_log(drop=True):  # the decoders' warnings: the error says it
                    gray = load_gray(sample.path)
                text = reader(gray)
            except EdgeHtrError as error:
                unreadable.append({"id": sample.id, "error": str(error)})
                click.echo(f"Error: {sample.path}: {error}", err=True)
                continue
            lines.append(ReadLine(sample.id, sample.text, text, sample.writer))
    return lines, unreadable


def summary(evaluation: Evaluation, what: str) -> str:
    """The figures for people."""
    rates = evaluation.rates
    text = f"{rates.n} lines of {what}\n"
    for name, title in (
        ("cer", "CER"),
        ("wer", "WER"),
        ("ser", "SER"),
        ("normalized_cer", "normalised CER"),
    ):
        span = evaluation.intervals.get(name)
        interval = f"  (95 %: {100 * span.low:.2f} to {100 * span.high:.2f})" if span else ""
        text += f"{title:<15} {100 * getattr(rates, name):6.2f} %{interval}\n"
    if len(evaluation.by_writer) > 1:
        text += "\nwriter      lines   CER %   WER %   SER %\n"
        for writer, r in sorted(evaluation.by_writer.items(), key=lambda item: -item[1].cer):
            figures = f"{100 * r.cer:7.2f} {100 * r.wer:7.2f} {100 * r.ser:7.2f}"
            text += f"{writer:<11} {r.n:>5} {figures}\n"
    return text


def _report(json_to: Path | None, report: dict[str, Any], text: str) -> None:
    from edge_runtime.atomic import write_atomically

    as_json = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    if json_to is not None and str(json_to) == "-":
        click.echo(as_json, nl=False)
        return
    if json_to is not None:
        write_atomically(json_to, as_json)
    click.echo(text, nl=False)
