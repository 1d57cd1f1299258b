"""The `tune` command: a search space and data in, a table and a page of the front out."""

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command(epilog="Example: edge-htr tune families --data lines/ --out runs/families --convert")
@click.argument("space")
@click.option(
    "--data",
    multiple=True,
    required=True,
    type=_PATH,
    help="Lines to train on and, those kept out of training, to measure on; repeatable.",
)
@click.option("--development", multiple=True, type=_PATH, help="More lines to measure on.")
@click.option("--fonts", type=_PATH, help="Handwriting fonts for synthetic lines.")
@click.option("--text", type=_PATH, help="Texts for synthetic lines (see synth).")
@click.option("--charset", type=_PATH, help="Text file with all symbols.")
@click.option(
    "--cache",
    type=_PATH,
    default=Path("cache"),
    show_default=True,
    help="Folder of preprocessed lines.",
)
@click.option("--out", required=True, type=_PATH, help="Folder of the search.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Of draws and trainings."
)
@click.option(
    "--convert",
    "wants_conversion",
    is_flag=True,
    help="Convert those that reached the last rung, and time the files on this machine.",
)
@click.pass_context
def tune(
    context: click.Context,
    space: str,
    data: tuple[Path, ...],
    development: tuple[Path, ...],
    fonts: Path | None,
    text: Path | None,
    charset: Path | None,
    cache: Path,
    out: Path,
    seed: int,
    wants_conversion: bool,
) -> None:
    """Search architecture and training settings for the front of accuracy and cost.

    SPACE is a .toml file, or the name of a shipped one. Every candidate is trained alike, in rungs
    of successive halving; the same command again goes on with a search that was interrupted. The
    table goes to stdout, results.json and front.html into --out.
    """
    from edge_runtime.atomic import write_atomically
    from train.tune.child import ended_like_interrupted
    from train.tune.conversion import convert_finalists
    from train.tune.front import mark_fronts, markdown, page
    from train.tune.search import Search
    from train.tune.space import find_space
    from train.tune.trial import Lines

    def say(line: str) -> None:
        click.echo(line, err=True)

    lines = Lines(data, development, fonts, text, charset, cache)
    search = Search(find_space(space), lines, out, seed)
    with ended_like_interrupted():
        report = search.run(say)
        if wants_conversion:
            convert_finalists(report, out, data, say)
    mark_fronts(report)
    search.save(report)
    write_atomically(out / "front.html", page(report))
    click.echo(markdown(report), nl=False)
    if any(row["failed"] for row in report["candidates"]):
        context.exit(1)
