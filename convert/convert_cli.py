"""The `convert` command."""

from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, path_type=Path)


@click.command(
    epilog="Example: edge-htr convert run/best.keras -o model.tflite --calibration lines/"
)
@click.argument("checkpoint", type=_FILE)
@click.option("-o", "--output", required=True, type=_OUTPUT, help="The bundle to write.")
@click.option(
    "--precision",
    type=click.Choice(["mixed", "dynamic", "fp16", "fp32"]),
    default="mixed",
    show_default=True,
    help="mixed: int8 convolutions, int8 weights and float activations in the head.",
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
    "--lines",
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
    help="Percentage points by which the CER may rise on labelled lines.",
)
@click.option(
    "--width",
    type=click.IntRange(min=1),
    help="Fix the input's width, in pixels.  [default: any width]",
)
@click.option("--charset", type=_FILE, help="Symbols in class order, if no card says them.")
@click.option("--name", help="Name of the model.  [default: the output's]")
@click.option("--report", type=_OUTPUT, help="Write what was found as JSON.")
def convert(
    checkpoint: Path,
    output: Path,
    precision: str,
    pictures: tuple[Path, ...],
    lines: int,
    tolerance: float | None,
    max_cer_loss: float,
    width: int | None,
    charset: Path | None,
    name: str | None,
    report: Path | None,
) -> None:
    """Quantize a trained network and pack it for the device.

    The result is compared with Keras on line pictures; if it differs beyond tolerance, nothing is
    written and the exit code is 3.
    """
    from convert.pipeline import Request, convert_checkpoint

    request = Request(
        checkpoint=checkpoint,
        target=output,
        precision=precision,
        name=name,
        charset=charset,
        pictures=pictures,
        width=width,
        parity_lines=lines,
        drift=None if tolerance is None else tolerance / 100.0,
        cer_loss=max_cer_loss / 100.0,
        report=report,
    )
    result = convert_checkpoint(request, lambda line: click.echo(line, err=True))
    size = result.report["bytes"]["bundle"]
    click.echo(result.parity.summary(), err=True)
    click.echo(f"{output}: {size} bytes")
