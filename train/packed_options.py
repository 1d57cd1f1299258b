"""Options of the commands that make a packed file of lines from training lines."""

from pathlib import Path

import click

training_lines_option = click.option(
    "--data",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of labelled lines; repeatable. Only its training part is used.",
)

seed_option = click.option("--seed", default=0, show_default=True, type=click.IntRange(0))

packed_out_option = click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="A new .npy file."
)
