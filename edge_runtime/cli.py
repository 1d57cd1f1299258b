"""The `edge-htr` command: a static table of commands, each imported when it is first used.

`edge-htr --help` prints from the table and imports nothing but click. Errors become one line on
stderr and the documented exit code: 0 done, 1 error in input or environment, 2 wrong usage,
3 a gate is exceeded, 130 interrupted.
"""

import sys
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import click

from edge_runtime import __version__
from edge_runtime.errors import EdgeHtrError

LOGGED_PACKAGES = ("edge_runtime", "train", "convert")


class Entry(NamedTuple):
    """Where a command is found, and its line in `edge-htr --help`."""

    target: str
    """`module:attribute`"""
    help: str


COMMANDS = {
    "run": Entry("edge_runtime.run_cli:run", "Read handwriting from pictures."),
    "eval": Entry("train.eval_cli:eval_", "Measure CER, WER and SER of a model."),
    "info": Entry("edge_runtime.info_cli:info", "Show what is inside a model file."),
    "bench": Entry("edge_runtime.bench_cli:bench", "Measure how fast a model runs here."),
    "check": Entry("edge_runtime.check_cli:check", "Check a model against budgets, for CI."),
    "doctor": Entry("edge_runtime.doctor_cli:doctor", "Find what keeps it from running here."),
    "devices": Entry(
        "edge_runtime.devices_cli:devices", "List the known boards, estimate a model."
    ),
    "train": Entry("train.train_cli:train", "Train a network (desktop)."),
    "convert": Entry("convert.convert_cli:convert", "Quantize a trained network (desktop)."),
    "data": Entry("train.data_cli:data", "Check, count and split a data set."),
    "synth": Entry("train.synth_cli:synth", "Make synthetic handwriting lines (desktop)."),
    "tune": Entry("train.tune.tune_cli:tune", "Search networks and settings (desktop)."),
    "lexicon": Entry("train.lexicon.lexicon_cli:lexicon", "Build a lexicon, put it into a model."),
    "recombine": Entry(
        "train.recombine_cli:recombine", "Join words of real lines into new ones (desktop)."
    ),
    "photograph": Entry(
        "train.photograph_cli:photograph", "Cut lines out of photographed pages (desktop)."
    ),
}

# The installation that brings a missing top-level module.
_REMEDIES = {
    "tensorflow": "pip install 'edge-htr[desktop]'",
    "keras": "pip install 'edge-htr[desktop]'",
    "rich": "pip install 'edge-htr[desktop]'",
    "tensorboard": "pip install 'edge-htr[desktop]'",
    "PIL": "pip install 'edge-htr[desktop]'",
    "fontTools": "pip install 'edge-htr[desktop]'",
    "jax": "pip install jax optax, or unset KERAS_BACKEND",
    "optax": "pip install optax, or unset KERAS_BACKEND",
    "numpy": "pip install edge-htr",
    "cv2": "pip install edge-htr",
}


class LazyGroup(click.Group):
    """A group whose commands stay unimported until they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].target.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name].target} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what went wrong into one line and an exit code."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            click.echo("Interrupted.", err=True)
            ctx.exit(130)
        except (EdgeHtrError, ModuleNotFoundError, OSError) as error:
            message = _one_line(error, ctx.invoked_subcommand or "")
            if message is None:
                raise
            _log_traceback()
            click.echo(f"Error: {message}", err=True)
            ctx.exit(getattr(error, "exit_code", 1))


def _one_line(error: Exception, command: str) -> str | None:
    """What the user is told about `error`; None where the traceback or click says it better."""
    if isinstance(error, EdgeHtrError):
        return " ".join(str(error).split())
    if isinstance(error, ModuleNotFoundError):
        root = (error.name or "").partition(".")[0]
        remedy = _REMEDIES.get(root)
        return f"'{command}' needs {root}: {remedy}" if remedy else None
    if isinstance(error, BrokenPipeError) or not isinstance(error, OSError):
        return None
    where = f"{error.filename}: " if error.filename is not None else ""
    return f"{where}{error.strerror or error}"


def _log_traceback() -> None:
    import logging

    logging.getLogger(__name__).debug("where the error comes from", exc_info=True)


def _set_up_logging(ctx: click.Context, verbose: int) -> None:
    """Send the packages' log to stderr until the command ends."""
    import logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    for package in LOGGED_PACKAGES:
        logger = logging.getLogger(package)
        logger.setLevel(level)
        logger.addHandler(handler)
        ctx.call_on_close(partial(logger.removeHandler, handler))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: edge-htr run picture.png   (edge-htr COMMAND --help says more)",
)
@click.version_option(__version__, prog_name="edge-htr", message="%(prog)s %(version)s")
@click.option("-v", "--verbose", count=True, help="Say more on stderr; -vv also tracebacks.")
@click.pass_context
def cli(ctx: click.Context, verbose: int) -> None:
    """Read lines of handwriting on small computers; train and convert the networks for it."""
    _set_up_logging(ctx, verbose)


def main() -> None:
    """Entry point of the `edge-htr` script."""
    try:
        cli(prog_name="edge-htr")
    except KeyboardInterrupt:  # before or after click's own handling, e.g. during an import
        sys.exit(130)


if __name__ == "__main__":
    main()
