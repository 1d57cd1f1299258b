"""Makes one checkpoint of several by the mean of their weights.

    python -m train.average_runs runs/first/model.keras runs/second/model.keras -o mean.keras

Runs that go on from one another, or from one start, end in the same valley of the loss: the middle
reads new lines better than each end, at the cost of one (Wortsman et al., Model soups, ICML 2022).
Of runs from different random starts the mean reads nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from edge_runtime.errors import RecipeError
from train.checkpoint import CheckpointCard, load_model, read_card, save_checkpoint

SAME = ("family", "charset", "preprocessing", "time_stride", "width_multiple")


def average_runs(checkpoints: Sequence[Path]) -> tuple[Any, CheckpointCard]:
    """The network whose weights are the mean of several networks', and its card.

    Batch normalisation's running statistics are averaged like the weights. The card is the last
    checkpoint's, without its metrics, which are of another network.

    Args:
        checkpoints: two or more of one network.

    Raises:
        RecipeError: one is missing or damaged, or they are not of one network.
    """
    cards = [read_card(path) for path in checkpoints]
    for path, card in zip(checkpoints, cards, strict=True):
        for name in SAME:
            if getattr(card, name) != getattr(cards[-1], name):
                raise RecipeError(f"{path}: another {name} than {checkpoints[-1]}")
    model = load_model(checkpoints[-1])
    shapes = [weight.shape for weight in model.get_weights()]
    means = [np.zeros(shape) for shape in shapes]
    for path in checkpoints:
        weights = load_model(path).get_weights()
        if [weight.shape for weight in weights] != shapes:
            raise RecipeError(f"{path}: layers of other sizes than in {checkpoints[-1]}")
        for mean, weight in zip(means, weights, strict=True):
            mean += weight / len(checkpoints)
    model.set_weights([mean.astype(np.float32) for mean in means])
    members = [hashlib.sha256(path.read_bytes()).hexdigest() for path in checkpoints]
    provenance = {**cards[-1].provenance, "mean_of": members}
    return model, replace(cards[-1], provenance=provenance, metrics=[])


@click.command()
@click.argument("checkpoints", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "out", required=True, type=click.Path(path_type=Path), help="The .keras file.")
def main(checkpoints: tuple[Path, ...], out: Path) -> None:
    """Write the mean of CHECKPOINTS."""
    if len(checkpoints) < 2:
        raise click.UsageError("name two checkpoints or more")
    if out.suffix != ".keras":
        raise click.UsageError(f"{out}: a checkpoint's name ends in .keras")
    try:
        model, card = average_runs(checkpoints)
    except RecipeError as error:
        raise click.ClickException(str(error)) from None
    save_checkpoint(model, card, out)
    click.echo(out)


if __name__ == "__main__":
    main()
