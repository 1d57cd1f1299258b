"""The ``photograph`` command: training lines as they come out of photographed pages."""

from pathlib import Path

import click


@click.command(
    epilog="Example: edge-htr photograph --data lines/ --count 20000 --out cache/pages.npy"
)
@click.option(
    "--data",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of labelled lines; repeatable. Only its training part is used.",
)
@click.option("--count", required=True, type=click.IntRange(1), help="Lines to cut out.")
@click.option("--recipe", default="vi-line", show_default=True, help="Whose preprocessing to use.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new .npy file.")
def photograph(data: tuple[Path, ...], count: int, recipe: str, seed: int, out: Path) -> None:
    """Write lines onto sheets, photograph these by computation, and cut the lines out again.

    The file holds real handwriting in preprocessed form; give it to `train --data`.
    """
    import cv2

    from train.recipe import find_recipe, load_recipe
    from train.synth.page_lines import write_page_lines

    cv2.setNumThreads(1)
    preprocessing = load_recipe(find_recipe(recipe)).preprocessing
    write_page_lines(data, count, preprocessing, seed, out)
    click.echo(str(out))
