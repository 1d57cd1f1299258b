"""The ``photograph`` command: training lines as they come out of photographed pages."""

from pathlib import Path

import click

from train.packed_options import packed_out_option, seed_option, training_lines_option


@click.command(
    epilog="Example: edge-htr photograph --data lines/ --count 20000 --out cache/pages.npy"
)
@training_lines_option
@click.option("--count", required=True, type=click.IntRange(1), help="Lines to cut out.")
@click.option("--recipe", default="vi-line", show_default=True, help="Whose preprocessing to use.")
@seed_option
@packed_out_option
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
