"""Measures `edge-htr run --camera` on clips of a slowly moving, hand-held sheet with known lines.

    python -m train.measure_clips data/kalapa/training_data --part dev-writers --clips 24

Sheets of ten lines are written with the lines of a data set, filmed (``train.synth.clip``) and read
by the command itself, in a process of its own. A reported line is matched with the line it is most
like; what matches none, and a second report of the same line, is invented. The clips are deleted.

Some pictures of the data set hold a line that was broken into two rows. Laid into one line of a
sheet, the second row is struck through by a rule, or was not all in the picture. The figures are
also given without these lines.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from edge_runtime.image import Gray, load_gray
from edge_runtime.metrics import edit_distance
from edge_runtime.preprocess import preprocess_rows
from edge_runtime.recognizer import DEFAULT_MODEL, Recognizer
from edge_runtime.row_choice import choose_rows
from train.synth.clip import ClipSettings, clip_frames, write_clip
from train.synth.sheet import PlacedLine, write_sheet
from train.synth.sheet_layout import draw_layout
from train.synth.sheet_photo import PhotoSettings
from train.synth.sheet_source import PARTS, SourceLines

_SHEET = (1600, 1200)
_KINDS = ("plain", "ruled")
_UNLIKE = 0.6
"""A reported text that needs more changes for each letter of a line is not that line."""


@dataclass
class Score:
    """Sums over clips."""

    lines: int = 0
    found: int = 0
    reported: int = 0
    letters: int = 0
    errors: int = 0
    """Letters wrong in the reported lines; all letters of a line that was not found."""
    errors_found: int = 0
    letters_found: int = 0
    errors_cropped: int = 0
    """Letters wrong when the pictures the lines were made of are read."""

    def as_dict(self) -> dict[str, float]:
        """Shares, in percent."""
        cropped = 100 * self.errors_cropped / self.letters
        return {
            "lines": self.lines,
            "found": 100 * self.found / self.lines,
            "invented": 100 * (self.reported - self.found) / max(1, self.reported),
            "cer": 100 * self.errors / self.letters,
            "cer_found_lines": 100 * self.errors_found / max(1, self.letters_found),
            "cer_cropped": cropped,
            "cer_above_cropped": 100 * self.errors / self.letters - cropped,
        }


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--part", default="all", show_default=True, type=click.Choice(PARTS))
@click.option("--clips", type=click.IntRange(1), default=24, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--first", type=int, default=0, show_default=True, help="Number of the first clip.")
@click.option("--model", type=click.Path(dir_okay=False, path_type=Path), default=DEFAULT_MODEL)
@click.option("--option", "options", multiple=True, help="Hand on to run, e.g. --lexicon=builtin")
def main(
    data: Path,
    part: str,
    clips: int,
    seed: int,
    first: int,
    model: Path,
    options: tuple[str, ...],
) -> None:
    """Measure; JSON on stdout."""
    lines = SourceLines.read((data,), part)
    recognizer = Recognizer(model, threads=1)
    score, in_one_row = Score(), Score()
    for number in range(first, first + clips):
        rng = np.random.default_rng([seed, number])
        layout = draw_layout(_KINDS[number % len(_KINDS)], _SHEET, rng, lines=10)
        sheet = write_sheet(layout, lines.pool, rng)
        settings = ClipSettings()
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder) / "clip.mp4"
            write_clip(clip, clip_frames(sheet, rng, settings, PhotoSettings()), settings)
            texts = read_clip(clip, model, options)
        pictures = {line.name: load_gray(lines.paths[line.name]) for line in sheet.lines}
        broken = {name for name, gray in pictures.items() if is_broken(recognizer, gray)}
        add_clip(score, sheet.lines, texts)
        add_clip(in_one_row, sheet.lines, texts, broken)
        for line in sheet.lines:
            wrong = edit_distance(recognizer.read(pictures[line.name]).text, line.text)
            score.errors_cropped += wrong
            in_one_row.errors_cropped += wrong if line.name not in broken else 0
        click.echo(f"clip {number}: {json.dumps(rounded(score))}", err=True)
    click.echo(json.dumps({**rounded(score), "in_one_row": rounded(in_one_row)}, indent=1))


def read_clip(clip: Path, model: Path, options: tuple[str, ...]) -> list[str]:
    """What the command reports of a clip."""
    command = [sys.executable, "-m", "edge_runtime", "run", "--camera", f"file:{clip}"]
    command += ["--model", str(model), "--format", "jsonl", "--threads", "1", *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise click.ClickException(done.stderr.strip())
    return [json.loads(row)["text"] for row in done.stdout.splitlines()]


def add_clip(
    score: Score,
    lines: tuple[PlacedLine, ...],
    texts: list[str],
    left_out: Collection[str] = (),
) -> None:
    """Match reports with lines, most alike first, and count; but not the lines of these names."""
    pairs = sorted(
        (edit_distance(text, line.text) / max(1, len(line.text)), i, j)
        for i, text in enumerate(texts)
        for j, line in enumerate(lines)
    )
    report_of: dict[int, int] = {}
    for share, i, j in pairs:
        if share <= _UNLIKE and j not in report_of and i not in report_of.values():
            report_of[j] = i
    score.reported += len(texts) - len(report_of)
    for j, line in enumerate(lines):
        if line.name in left_out:
            continue
        score.lines += 1
        score.found += j in report_of
        score.reported += j in report_of
        length = len(line.text)
        score.letters += length
        if j in report_of:
            wrong = edit_distance(texts[report_of[j]], line.text)
            score.errors_found += wrong
            score.letters_found += length
        else:
            wrong = length
        score.errors += wrong


def is_broken(recognizer: Recognizer, picture: Gray) -> bool:
    """Whether the picture of a line holds it in two rows, and is read so."""
    rows = preprocess_rows(picture, recognizer.settings)
    readings = [recognizer.network.run(ink) for ink in rows]
    return choose_rows(readings, recognizer.bundle.charset) is not readings[0]


def rounded(score: Score) -> dict[str, float]:
    """For people."""
    return {name: round(value, 2) for name, value in score.as_dict().items()}


if __name__ == "__main__":
    main()
