"""`edge-htr synth`: synthetic handwriting lines from fonts and text lists."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from train.synth.corpus import Corpus
    from train.synth.fonts import FontSpec
    from train.synth.settings import SynthSettings
    from train.synth.synthesizer import LineSynthesizer

STYLES = ("kalapa", "cinnamon", "words", "rare")
_FEW = 200
"""So few lines are drawn before a second process has started."""


@click.command()
@click.option(
    "--fonts",
    "fonts_dir",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of .ttf or .otf handwriting fonts.",
)
@click.option(
    "--text",
    metavar="FILE|DIR",
    type=click.Path(path_type=Path),
    help="Plain lines to write, or a folder of place lists.",
)
@click.option("--count", type=click.IntRange(min=1), help="How many lines.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="A new folder.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option(
    "--style",
    "styles",
    multiple=True,
    type=click.Choice([*STYLES, "mixed"]),
    help="Text style; may be repeated [default: mixed, or the lines of FILE].",
)
@click.option("--format", "picture_format", default="jpg", type=click.Choice(["jpg", "png"]))
@click.option("--workers", type=click.IntRange(min=1), help="Processes [default: one per core].")
@click.option("--coverage", is_flag=True, help="Only print which symbols each font lacks.")
def synth(
    fonts_dir: Path,
    text: Path | None,
    count: int | None,
    out: Path | None,
    seed: int,
    styles: tuple[str, ...],
    picture_format: str,
    workers: int | None,
    coverage: bool,
) -> None:
    """Make synthetic handwriting lines: pictures, labels.tsv and synth.json in a new folder.

    The same fonts, text and seed give the same lines, with any number of processes.

    \b
    Example:
      edge-htr synth --fonts fonts --text lists --count 1000 --out lines --seed 1
      edge-htr synth --fonts fonts --coverage
    """
    from train.synth.fonts import load_fonts

    fonts = load_fonts(fonts_dir)
    if coverage:
        _print_coverage(fonts)
        return
    if text is None or count is None or out is None:
        raise click.UsageError("--text, --count and --out are needed (or --coverage)")
    _warn_of_gaps(fonts)
    synthesizer = _synthesizer(fonts, text, styles)
    _write(synthesizer, count, seed, workers or _workers(count), out, picture_format)


def _print_coverage(fonts: Sequence["FontSpec"]) -> None:
    click.echo("font\tweight\tlacks")
    for font in fonts:
        click.echo(f"{font.name}\t{font.weight:g}\t{font.missing or '-'}")


def _warn_of_gaps(fonts: Sequence["FontSpec"]) -> None:
    from train.synth.fonts import coverage_report, unreachable

    for line in coverage_report(fonts):
        click.echo(f"Warning: {line}", err=True)
    if missing := unreachable(fonts):
        click.echo(f"Warning: no font draws {missing}: texts with it are left out", err=True)


def _synthesizer(
    fonts: Sequence["FontSpec"], text: Path, styles: tuple[str, ...]
) -> "LineSynthesizer":
    from train.synth.corpus import Corpus
    from train.synth.synthesizer import LineSynthesizer

    corpus = Corpus.read(text)
    if corpus.dropped:
        click.echo(f"Warning: {corpus.dropped} entries of {text} cannot be used", err=True)
    corpus, settings = _styled(corpus, text, styles)
    return LineSynthesizer(fonts, corpus, settings)


def _styled(
    corpus: "Corpus", text: Path, styles: tuple[str, ...]
) -> tuple["Corpus", "SynthSettings"]:
    """Corpus and settings for the chosen styles; none chosen keeps what the corpus offers."""
    from edge_runtime.errors import DataError
    from train.synth.settings import SynthSettings

    settings = SynthSettings()
    if not styles:
        return corpus, settings
    places = [style for style in styles if style in ("kalapa", "cinnamon")]
    if places and not corpus.places:
        raise DataError(f"style {places[0]} needs vn_ward_district_province.tsv in {text}")
    if "mixed" not in styles:
        shares = {style: 1.0 for style in dict.fromkeys(styles)}
        settings = replace(settings, text=replace(settings.text, styles=shares))
    return replace(corpus, lines=()), settings


def _workers(count: int) -> int:
    return 1 if count < _FEW else os.cpu_count() or 1


def _write(
    synthesizer: "LineSynthesizer", count: int, seed: int, workers: int, out: Path, kind: str
) -> None:
    from edge_runtime import __version__
    from train.progress import track
    from train.synth.stream import synthesize_many
    from train.synth.writing import write_dataset

    lines = synthesize_many(synthesizer, count, seed, workers)
    about = {"tool": f"edge-htr {__version__}", "seed": seed}
    tally = write_dataset(track(lines, "Drawing", count), out, kind, about)
    click.echo(f"{out}: {tally.lines} lines, {len(tally.fonts)} fonts")
