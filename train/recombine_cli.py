"""The ``recombine`` command: new training lines from the words of real ones."""

from pathlib import Path

import click

from train.packed_options import packed_out_option, seed_option, training_lines_option


@click.command(
    epilog="Example: edge-htr recombine runs/mine/model.keras --data lines/ --text places/"
    " --count 20000 --out cache/words.npy"
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@training_lines_option
@click.option("--text", required=True, type=click.Path(path_type=Path), help="As in `synth`.")
@click.option("--count", required=True, type=click.IntRange(1), help="Lines for each data set.")
@seed_option
@packed_out_option
@click.option("--cache", type=click.Path(path_type=Path), default=Path("cache"), show_default=True)
def recombine(
    checkpoint: Path,
    data: tuple[Path, ...],
    text: Path,
    count: int,
    seed: int,
    out: Path,
    cache: Path,
) -> None:
    """Cut the words of real lines apart with CHECKPOINT and join them into new lines.

    The file holds real handwriting in preprocessed form; give it to `train --data`.
    """
    from train.recombine_run import run

    for line in run(checkpoint, data, text, count, seed, out, cache):
        click.echo(line, err=True)
    click.echo(str(out))
