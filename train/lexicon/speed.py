"""Measures how long decoding with a model's lexicon takes, line by line.

    python -m train.lexicon.speed MODEL --lines data/kalapa/training_data:dev-writers \\
        --lines data/cinnamon/test:all

Each line is timed without the lexicon, and with it in two situations: in its turn, when the decoder
has read the lines before it and remembers what they had in common; and as the first line of a
process, when nothing is remembered.
Of several passes the fastest time of a line counts, since other programs only ever make it longer;
``worst`` is the slowest single reading of all passes, with collections and whatever else befell it.
Times are the processor's, in milliseconds, of one thread, without the network.
"""

import gc
from collections.abc import Callable
from pathlib import Path
from time import process_time

import click
import numpy as np

from edge_runtime.beam import beam_search
from edge_runtime.bundle import Bundle
from edge_runtime.calibration import Calibration
from edge_runtime.charset import Charset
from edge_runtime.ctc import Logits
from edge_runtime.decoder import Decoder, find_lexicon
from train.lexicon.lines import Lines, parse_sets

PERCENTILES = (50, 90, 99, 100)


def timed(lines: Lines, read: Callable[[Logits], object]) -> list[float]:
    """Milliseconds of each line."""
    times = []
    for _, logits in lines:
        began = process_time()
        read(logits)
        times.append(1e3 * (process_time() - began))
    return times


def in_turn(make: Callable[[], Decoder], before: Lines, lines: Lines) -> list[float]:
    """Milliseconds of each line after all those before it."""
    decoder = make()
    timed(before, decoder.read)
    return timed(lines, decoder.read)


def as_first(decoder: Decoder, lines: Lines) -> list[float]:
    """Milliseconds of each line when nothing is remembered. Forgetting is not counted."""
    times = []
    for line in lines:
        decoder.forget()
        times += timed([line], decoder.read)
    return times


def beam_alone(charset: Charset, lines: Lines) -> list[float]:
    """Milliseconds of each line in a search without lexicon."""
    return timed(lines, lambda logits: beam_search(logits, charset.blank, None, most=1))


def row(passes: list[list[float]]) -> str:
    """Percentiles over the lines, and the worst reading."""
    best = np.min(passes, axis=0)
    figures = [float(np.percentile(best, q)) for q in PERCENTILES]
    return "".join(f"{value:8.1f}" for value in (*figures, float(np.max(passes))))


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--lines", "lines", multiple=True, required=True, metavar="DIR:PART")
@click.option("--before", multiple=True, metavar="DIR:PART", help="Lines that are read first.")
@click.option("--passes", default=3, show_default=True, type=click.IntRange(1))
def main(model: Path, lines: tuple[str, ...], before: tuple[str, ...], passes: int) -> None:
    """Time the decoding of labelled lines with the lexicon of MODEL, and without."""
    bundle = Bundle.open(model)
    lexicon, calibration = (
        find_lexicon("builtin", bundle),
        Calibration.from_dict(bundle.card.calibration),
    )

    def make() -> Decoder:
        return Decoder(bundle.charset, lexicon, calibration)

    earlier = [line for found in parse_sets(model, before).values() for line in found]
    sets = parse_sets(model, lines)
    width = max(map(len, sets))
    click.echo(f"{'ms':<{width + 12}}" + "".join(f"{f'p{q}':>8}" for q in PERCENTILES) + "   worst")
    for name, found in sets.items():
        alone = [beam_alone(bundle.charset, found) for _ in range(passes)]
        click.echo(f"{name:<{width}}  beam only {row(alone)}")
        turns = [in_turn(make, earlier, found) for _ in range(passes)]
        click.echo(f"{name:<{width}}  in turn   {row(turns)}")
        decoder = make()
        firsts = [as_first(decoder, found) for _ in range(passes)]
        click.echo(f"{name:<{width}}  as first  {row(firsts)}")
    decoder = make()
    gc.collect()
    objects = len(gc.get_objects())
    for found in sets.values():
        timed(found, decoder.read)
    gc.collect()
    click.echo(f"objects for garbage collection after all lines: {len(gc.get_objects()) - objects}")


if __name__ == "__main__":
    main()
