"""Options that several commands share."""

import click

RUNTIME_NAMES = ("ai-edge-litert", "tflite-runtime", "tensorflow")

lexicon_option = click.option(
    "--lexicon",
    default="none",
    show_default=True,
    metavar="none|builtin|FILE",
    help="Words and places to prefer: the model's own, or a file of 'edge-htr lexicon build'.",
)

runtime_option = click.option(
    "--runtime", type=click.Choice(RUNTIME_NAMES), help="Force one TFLite runtime."
)
