"""`edge-htr lexicon`: builds lexicons, shows them and puts them into models."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def lexicon() -> None:
    """Build a lexicon of words and places, look into one, put one into a model."""


@lexicon.command(
    epilog="Examples: edge-htr lexicon build --words names.txt -o names.bin |"
    " edge-htr lexicon build --text lists/ --package vietnamadminunits -o vietnam.bin"
)
@click.option(
    "--words",
    multiple=True,
    type=_FILE,
    help="A word or phrase a line, perhaps a tab and how often it is written; may be repeated.",
)
@click.option(
    "--places",
    multiple=True,
    type=_FILE,
    help="Table (.tsv) of ward, district, province, each perhaps followed by its code; or the"
    " units since July 2025 (.json); may be repeated.",
)
@click.option(
    "--package",
    metavar="NAME",
    help="Take Vietnamese places with their codes from this installed package: vietnamadminunits.",
)
@click.option(
    "--text",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Folder of Vietnamese name lists, as 'edge-htr synth --text' takes it.",
)
@click.option(
    "--weights", type=_FILE, help="Weights (.toml)  [default: those learnt for Vietnamese]"
)
@click.option("--name", help="The lexicon's name  [default: that of the file]")
@click.option("-o", "--out", required=True, type=_FILE, help="The lexicon file to write.")
def build(
    words: tuple[Path, ...],
    places: tuple[Path, ...],
    package: str | None,
    folder: Path | None,
    weights: Path | None,
    name: str | None,
    out: Path,
) -> None:
    """Build a lexicon file for ``run --lexicon FILE``.

    Words may be of any language in Latin script and may hold digits (product codes). Several
    sources make one lexicon.
    """
    if not (words or places or package or folder):
        raise click.UsageError("give at least one of --words, --places, --package and --text")

    from edge_runtime.atomic import write_atomically
    from train.lexicon.build import Recipe, build, read_weights

    recipe = Recipe(
        name=name or out.stem,
        word_lists=words,
        tables=places,
        package=package,
        folder=folder,
        weights=read_weights(weights),
    )
    data = build(recipe)
    write_atomically(out, data)
    click.echo(_summary(data))


@lexicon.command(epilog="Example: edge-htr lexicon info vietnam.bin --notices")
@click.argument("file", type=_FILE)
@click.option("--notices", is_flag=True, help="Print the licence notices of the sources in full.")
def info(file: Path, notices: bool) -> None:
    """Show what is inside FILE, a lexicon or a model with one."""
    click.echo(_summary(_lexicon_bytes(file), notices))


@lexicon.command(
    epilog="Example: edge-htr lexicon attach vietnam.bin model.tflite -o model-vietnam.tflite"
)
@click.argument("file", type=_FILE)
@click.argument("model", type=_FILE)
@click.option("-o", "--out", required=True, type=_FILE, help="The model to write.")
def attach(file: Path, model: Path, out: Path) -> None:
    """Put the lexicon FILE into a copy of MODEL, where ``--lexicon builtin`` finds it."""
    from edge_runtime.bundle import Bundle, write_bundle

    data = _lexicon_bytes(file)
    bundle = Bundle.open(model)
    written = write_bundle(out, bundle.network, bundle.card, bundle.charset, data)
    click.echo(f"{out}: {written.file_bytes} bytes, {len(data)} of them lexicon")


def _lexicon_bytes(file: Path) -> bytes:
    """A lexicon's bytes, from its own file or from inside or beside a model; checked."""
    from edge_runtime.bundle import Bundle
    from edge_runtime.errors import LexiconError
    from edge_runtime.lexicon import Lexicon

    if file.suffix == ".tflite":
        data = Bundle.open(file).lexicon
        if data is not None:
            Lexicon.from_bytes(data)
            return data
        file = file.with_suffix(".lexicon")
        if not file.is_file():
            raise LexiconError(f"{file.with_suffix('.tflite')}: this model has no lexicon")
    Lexicon.open(file)
    return file.read_bytes()


def _summary(data: bytes, notices: bool = False) -> str:
    """What a lexicon holds, for people."""
    from edge_runtime.lexicon import Lexicon
    from edge_runtime.lexicon_meta import LEVELS
    from edge_runtime.units import Units

    lexicon = Lexicon.from_bytes(data)
    units = Units(lexicon)
    levels = [units.level(unit) for unit in range(len(units))]
    known = sum(units.code(unit) > 0 for unit in range(len(units)))
    lines = [
        f"{lexicon.meta.name}: {len(data)} bytes",
        f"words         {lexicon.meta.words}",
        f"word pairs    {len(lexicon.arrays['pair.word'])}",
        *(f"{f'{name}s':<13} {levels.count(level)}" for level, name in enumerate(LEVELS) if levels),
        *([f"with code     {known}"] if levels else []),
        *(f"from          {source['name']}" for source in lexicon.meta.sources),
    ]
    if notices:
        lines += [f"\n{s['name']}\n\n{s['notice']}" for s in lexicon.meta.sources if s["notice"]]
    return "\n".join(lines)
