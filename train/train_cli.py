"""The ``train`` command: data and a recipe in, a checkpoint out."""

import os
from pathlib import Path

import click


@click.command(epilog="Example: edge-htr train --data lines/ --recipe quick --out runs/mine")
@click.option(
    "--data",
    "data",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder of labelled lines (labels.tsv or the Kalapa layout) or a packed file; repeatable.",
)
@click.option(
    "--development",
    multiple=True,
    type=click.Path(path_type=Path),
    help="More lines to measure on, all of them; a folder or a packed file, repeatable.",
)
@click.option(
    "--fonts", type=click.Path(path_type=Path), help="Handwriting fonts for synthetic lines."
)
@click.option(
    "--text", type=click.Path(path_type=Path), help="Texts for synthetic lines (see synth)."
)
@click.option("--workers", type=click.IntRange(1), help="Processes that augment.")
@click.option("--recipe", help="A .toml file, or the name of a shipped recipe.")
@click.option("--arch", help="Network family, instead of the recipe's.")
@click.option("--size", help="nano, small or base, instead of the recipe's.")
@click.option("--epochs", type=click.IntRange(0), help="Instead of the recipe's.")
@click.option("--resume", is_flag=True, help="Go on exactly where the run in --out stopped.")
@click.option(
    "--init",
    "init",
    type=click.Path(path_type=Path),
    help="Start from this checkpoint's weights; the charset may differ.",
)
@click.option(
    "--teacher",
    type=click.Path(path_type=Path),
    help="Learn from this checkpoint too, one of the same preprocessing and charset.",
)
@click.option("--charset", type=click.Path(path_type=Path), help="Text file with all symbols.")
@click.option(
    "--graphs", is_flag=True, help="Slim-gru on an NVIDIA GPU: replay recorded steps (PyTorch)."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the run.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path),
    default=Path("cache"),
    show_default=True,
    help="Folder of preprocessed lines.",
)
@click.option("--name", default="model", show_default=True, help="Name of the checkpoint.")
def train(
    data: tuple[Path, ...],
    development: tuple[Path, ...],
    fonts: Path | None,
    text: Path | None,
    workers: int | None,
    recipe: str | None,
    arch: str | None,
    size: str | None,
    epochs: int | None,
    resume: bool,
    init: Path | None,
    teacher: Path | None,
    charset: Path | None,
    graphs: bool,
    out: Path,
    cache: Path,
    name: str,
) -> None:
    """Train a recogniser on labelled line pictures.

    Checkpoints are written after every epoch; Ctrl-C finishes the step and saves.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from edge_runtime.native_log import quiet_native_log

    with quiet_native_log():  # TensorFlow speaks before it looks at the level
        from train.prepare import Request, prepare

    request = Request(
        data,
        recipe,
        arch,
        size,
        epochs,
        resume,
        init,
        charset,
        out,
        cache,
        name,
        development,
        fonts,
        text,
        workers,
        teacher,
    )
    job = prepare(request)
    if graphs:
        from train.gpu.loop import train_recorded

        state = train_recorded(job, resume=resume, teacher=teacher)
    else:
        from train.loop import train as run

        state = run(job, resume=resume)
    click.echo(str(out / f"{name}.keras"))
    if state.epoch < job.recipe.run.epochs and not job.recipe.run.early_stopping:
        raise KeyboardInterrupt
