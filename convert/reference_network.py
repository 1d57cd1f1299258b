"""Makes the reference network of `edge-htr check`: what the speed of a model is compared with.

    python -m convert.reference_network -o edge_runtime/reference.tflite     (needs TensorFlow)

A machine's milliseconds say nothing about another one, but how many times as long one network takes
as another says much, if both are made of the same parts. The reference is therefore a small network
of the default family, converted in the default precision: int8 convolutions, then a recurrence with
int8 weights in a loop. Its weights are random: it is timed, never read with. Baseline reports hold
ratios to this very file; do not replace it without renewing them.
"""

import tempfile
from pathlib import Path
from typing import Final

import click

HEIGHT: Final = 48
CONFIG: Final = {
    "height": HEIGHT,
    "first": 8,
    "stages": (16, 24, 32),
    "features": 48,
    "units": (32,),
}
SEED: Final = 20261126
MOST_BYTES: Final = 100_000


def make_reference(target: Path) -> int:
    """Build and convert the network; returns the bytes of the file.

    Raises:
        ConversionError: it cannot be converted, or became larger than ``MOST_BYTES``.
    """
    import keras

    from convert.pipeline import convert_checkpoint
    from convert.request import Request
    from edge_runtime.charset import VIETNAMESE
    from edge_runtime.errors import ConversionError
    from edge_runtime.preprocess import Preprocessing
    from train.checkpoint import CheckpointCard, save_checkpoint
    from train.networks import build_network, resolve_config, time_stride

    keras.utils.set_random_seed(SEED)
    config = resolve_config("slim-gru", None, CONFIG)
    model = build_network("slim-gru", config, len(VIETNAMESE) + 1)
    card = CheckpointCard(
        family="slim-gru",
        config=config,
        charset=VIETNAMESE,
        preprocessing=Preprocessing(height=HEIGHT, max_width=768),
        time_stride=time_stride("slim-gru"),
        width_multiple=32,
        provenance={"data": "none: random weights, for timing only"},
    )
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "reference.keras"
        save_checkpoint(model, card, checkpoint)
        # Random weights read nothing: no tolerance on characters, that on logits stays.
        convert_checkpoint(Request(checkpoint, target, drift=1.0, cer_loss=1.0), click.echo)
    size = target.stat().st_size
    if size > MOST_BYTES:
        target.unlink()
        raise ConversionError(f"the reference network has {size} bytes, at most {MOST_BYTES}")
    return size


@click.command()
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(out: Path) -> None:
    """Write the reference network to OUT."""
    click.echo(f"{out}: {make_reference(out)} bytes")


if __name__ == "__main__":
    main()
