"""The `convert` command."""

from pathlib import Path
from typing import Any

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, path_type=Path)


@click.command(
    epilog="Example: edge-htr convert run/best.keras -o model.tflite --calibration lines/"
)
@click.argument("checkpoint", type=_FILE)
@click.option("-o", "--output", "target", required=True, type=_OUTPUT, help="The bundle to write.")
@click.option(
    "--precision",
    type=click.Choice(["mixed", "dynamic", "fp16", "fp32", "int8", "int16x8", "all"]),
    default="mixed",
    show_default=True,
    help="mixed: int8 convolutions, int8 weights and float activations in the head. all: each in"
    " a file of its own, NAME-PRECISION.tflite.",
)
@click.option(
    "--target",
    "runtime",
    type=click.Choice(["litert", "tflite-runtime"]),
    default="litert",
    show_default=True,
    help="Runtime to make the file fast for: any width, or one fixed width.",
)
@click.option(
    "--calibration",
    "pictures",
    type=_FOLDER,
    multiple=True,
    help="Line pictures to calibrate on and to compare with Keras: a data set or a folder of"
    " pictures; may be repeated.  [default: the package's samples]",
)
@click.option(
    "--calibration-lines",
    type=click.IntRange(min=1),
    default=96,
    show_default=True,
    help="Lines to calibrate on, at most.",
)
@click.option(
    "--calibration-method",
    "method",
    type=click.Choice(["min-max", "percentile", "mse", "best"]),
    default="min-max",
    show_default=True,
    help="How int8 ranges follow from them; best: what does best on other lines.",
)
@click.option(
    "--proof",
    type=_FOLDER,
    multiple=True,
    help="Lines to compare on and nothing else; may be repeated.  [default: those of"
    " --calibration that were kept out of training]",
)
@click.option(
    "--lines",
    "parity_lines",
    type=click.IntRange(min=1),
    default=128,
    show_default=True,
    help="Lines to compare on, at most.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    help="Per cent of characters that may read differently from Keras.  [default: 0.05 for fp32,"
    " 0.5 for fp16, 2 otherwise]",
)
@click.option(
    "--max-cer-loss",
    type=click.FloatRange(min=0),
    default=0.3,
    show_default=True,
    help="Percentage points by which the CER may rise on labelled lines; the layers that cost most"
    " stay in higher precision until it holds.",
)
@click.option(
    "--width",
    type=click.IntRange(min=1),
    help="Fix the input's width, in pixels.  [default: any width]",
)
@click.option("--charset", type=_FILE, help="Symbols in class order, if no card says them.")
@click.option("--name", help="Name of the model.  [default: the output's]")
@click.option(
    "--report",
    type=_OUTPUT,
    help="Write a page (.html) of what was found, and the same as .json beside it. Measures every"
    " layer and the speed, which takes minutes.",
)
@click.option(
    "--onnx", type=_OUTPUT, help="Write the network as float32 ONNX too, compared with Keras."
)
@click.option(
    "--prune",
    "fraction",
    type=click.FloatRange(min=0, max=0.95, min_open=True),
    help="Remove this share of every layer's channels, or of its weights, and mend the network"
    " with --finetune. A control is fine-tuned alike with nothing removed.",
)
@click.option(
    "--prune-mode",
    "mode",
    type=click.Choice(["channels", "weights"]),
    default="channels",
    show_default=True,
    help="channels makes the network smaller and faster; weights makes zeros, which only compress.",
)
@click.option(
    "--prune-rounds",
    "rounds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Remove channels in so many steps, each followed by its share of the fine-tuning.",
)
@click.option(
    "--finetune",
    "finetune",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    help="Labelled lines to fine-tune on; may be repeated.",
)
@click.option(
    "--finetune-lines",
    "finetune_lines",
    type=click.IntRange(min=1),
    default=49152,
    show_default=True,
    help="Line views of the fine-tuning, of each of the two networks.",
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the fine-tuning; the same command goes on there.  [default: NAME.work beside"
    " the output]",
)
@click.option(
    "--max-prune-loss",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Percentage points by which pruning may raise the CER.",
)
def convert(
    tolerance: float | None,
    max_cer_loss: float,
    method: str,
    fraction: float | None,
    mode: str,
    rounds: int,
    finetune: tuple[Path, ...],
    finetune_lines: int,
    work: Path | None,
    max_prune_loss: float,
    **options: Any,
) -> None:
    """Quantize a trained network and pack it for the device.

    The result is compared with Keras on line pictures; if it differs beyond tolerance, nothing is
    written and the exit code is 3.
    """
    from convert.pipeline import convert_checkpoint
    from convert.request import PruneRequest, Request

    prune = None
    if fraction is not None:
        if not finetune:
            raise click.UsageError("--prune needs --finetune: a cut network must be mended")
        target = options["target"]
        prune = PruneRequest(
            fraction=fraction,
            mode=mode,  # type: ignore[arg-type]
            data=finetune,
            work=work or target.with_suffix(".work"),
            lines=finetune_lines,
            rounds=rounds,
            max_loss=max_prune_loss / 100.0,
        )
    request = Request(
        **options,
        method=None if method == "best" else method,  # type: ignore[arg-type]
        drift=None if tolerance is None else tolerance / 100.0,
        cer_loss=max_cer_loss / 100.0,
        prune=prune,
    )
    result = convert_checkpoint(request, lambda line: click.echo(line, err=True))
    for outcome in result.outcomes:
        if outcome.written is not None:
            click.echo(f"{outcome.written}: {outcome.written.stat().st_size} bytes")
