"""Instructions of finding the lines in a camera's frame, and what that may be in milliseconds.

    python -m emulation.frame --condition ten --condition plain        (needs the training packages)

The frames, 1280 x 960, show sheets that are composed of the sample lines.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import cv2

from edge_runtime.bench import SAMPLES
from edge_runtime.bench_device import estimate_instructions
from edge_runtime.device import load_profile
from edge_runtime.errors import EdgeHtrError
from edge_runtime.image import load_gray
from emulation.board import Board, boards
from emulation.counter import built, laps
from emulation.pictures import labels
from emulation.userland import ROOT

_GUEST = ROOT / "emulation" / "guest" / "count_page.py"


def draw_frame(condition: str, seed: int, path: Path) -> None:
    """Write the frame of one condition of ``train.synth.page_conditions`` as a PNG file."""
    from train.synth.page_conditions import CONDITIONS
    from train.synth.sheet_lines import LinePool, cut_ink

    cut = (cut_ink(load_gray(SAMPLES / name), text, name) for name, text in labels().items())
    (wanted,) = (one for one in CONDITIONS if one.name == condition)
    photo = wanted.draw(LinePool(line for line in cut if line is not None), seed)
    cv2.imwrite(str(path), photo.picture)


def measure(board: Board, condition: str, seed: int) -> dict[str, Any]:
    """Count one frame: instructions for finding its lines, and for cutting all of them out.

    Raises:
        EmulationError: the search fails.
        UnavailableError: no C compiler.
    """
    with tempfile.TemporaryDirectory() as folder:
        frame = Path(folder) / "frame.png"
        draw_frame(condition, seed, frame)
        printed, (find, cut) = laps(board.python, built(), _GUEST, frame, path=str(ROOT))
    profile = load_profile(board.core.device)
    return {
        "condition": condition,
        "seed": seed,
        "lines": int(printed.split()[-1]),
        "core": board.core.name,
        "find": find,
        "cut": cut,
        "estimate_find": estimate_instructions(find, profile),
        "estimate": estimate_instructions(find + cut, profile),
    }


@click.command()
@click.option("--condition", "conditions", multiple=True, default=("ten",), show_default=True)
@click.option("--seed", type=int, default=100, show_default=True)
def main(conditions: tuple[str, ...], seed: int) -> None:
    """Count frames of a camera on a Cortex-A72."""
    try:
        board = boards(lambda text: click.echo(text, err=True), counted=True)[0]
        for condition in conditions:
            click.echo(json.dumps(measure(board, condition, seed)))
    except EdgeHtrError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
