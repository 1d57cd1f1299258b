"""Measures the search for lines on pages composed of real lines of handwriting.

    python -m train.synth.measure_pages --data data/kalapa/training_data --data data/cinnamon/train

The lines are those that no network of the project was trained on (``train.splits``). Each condition
of ``page_conditions`` is drawn with the given seeds. A page's text is compared with that of the
same lines read from their own pictures, and cut out of the page where they are known to be.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import click
import cv2
import numpy as np

from edge_runtime.atomic import write_atomically
from edge_runtime.bench import SAMPLES
from edge_runtime.image import Gray, load_gray
from edge_runtime.lines import find_lines
from edge_runtime.metrics import edit_distance
from edge_runtime.recognizer import DEFAULT_MODEL, Recognizer
from train.synth.page_conditions import CONDITIONS, Condition
from train.synth.page_score import cut_at_known_place, match, text_of_lines
from train.synth.sheet_photo import Photo
from train.synth.sheet_source import PARTS, SourceLines

SIZES: Final = {
    0: "below 12 pixels",
    12: "12 to 16",
    16: "16 to 20",
    20: "20 to 30",
    30: "30 and more",
}
"""Lines are also counted by the height of their text bodies in the picture, from so many pixels."""
Read = Callable[[Gray], str]


@dataclass
class Tally:
    """Counts of one condition; they add up over its pages."""

    pages: int = 0
    lines: int = 0
    """Lines that the pictures show whole."""
    found: int = 0
    invented: int = 0
    chars: int = 0
    """Of the lines' texts."""
    edits_own: int = 0
    """Errors in reading each line's own picture."""
    edits_ink: int = 0
    """Errors in reading what was laid onto the sheet: the line's ink without its paper."""
    edits_cut: int = 0
    """Errors where lines are cut out of the page at their known places."""
    edits_page: int = 0
    """Errors in reading the page: lines that were missed and what was read in invented ones."""
    ms: float = 0.0
    """Of this processor's time for finding the lines, all pages together."""

    def add(self, other: "Tally") -> None:
        """Add the counts of more pages."""
        for name in (f.name for f in fields(self)):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def as_dict(self) -> dict[str, float]:
        """Counts and rates; rates as fractions."""
        found = self.found + self.invented
        rates = {
            "recall": self.found / max(1, self.lines),
            "invented_share": self.invented / max(1, found),
            "cer_own": self.edits_own / max(1, self.chars),
            "cer_ink": self.edits_ink / max(1, self.chars),
            "cer_cut": self.edits_cut / max(1, self.chars),
            "cer_page": self.edits_page / max(1, self.chars),
            "ms_page": self.ms / max(1, self.pages),
        }
        return asdict(self) | {name: round(rate, 5) for name, rate in rates.items()}


class PageMeter:
    """Draws pages and measures them."""

    def __init__(self, lines: SourceLines, read: Read) -> None:
        """Measure with a function that reads a line picture."""
        self.lines = lines
        self._read = read
        self._known: dict[tuple[str, bool], tuple[str, str]] = {}
        self.by_size = {size: Tally() for size in SIZES}
        """Counts of the lines alone; what is invented has no size."""

    def measure(self, condition: Condition, seed: int) -> Tally:
        """Draw one page of a condition, find its lines and read them."""
        photo = condition.draw(self.lines.pool, seed)
        start = time.process_time()
        page = find_lines(photo.picture)
        ms = 1e3 * (time.process_time() - start)
        matches = match(photo, page)
        readings = [self._read(line.crop) for line in page.lines]
        texts = text_of_lines(matches, page, readings)
        tally = Tally(pages=1, invented=len(matches.invented), ms=ms)
        found = set(matches.found.values())
        for i in matches.counted:
            counts = self._line(photo, i, texts.get(i, ""), condition.kinds[0] == "pasted")
            counts.found = int(i in found)
            tally.add(counts)
            size = max(s for s in SIZES if s <= photo.lines[i].body)
            self.by_size[size].add(counts)
        nowhere = (d for d in matches.invented if d not in matches.parts)
        tally.edits_page += sum(len(readings[d]) for d in nowhere)
        return tally

    def _line(self, photo: Photo, position: int, text: str, pasted: bool) -> Tally:
        """Errors in one line, of which ``text`` was read on the page."""
        line = photo.lines[position]
        own, ink = self._readings(line.name, pasted)
        cut = self._read(cut_at_known_place(photo.picture, line))
        return Tally(
            lines=1,
            chars=len(line.text),
            edits_own=edit_distance(line.text, own),
            edits_ink=edit_distance(line.text, ink),
            edits_cut=edit_distance(line.text, cut),
            edits_page=edit_distance(line.text, text),
        )

    def _readings(self, name: str, pasted: bool) -> tuple[str, str]:
        """What is read in a line's own picture, and in what is laid onto the sheet."""
        if (name, pasted) not in self._known:
            line = self.lines.named[name]
            own = self._read(load_gray(self.lines.paths[name]))
            laid = line.whole if pasted else np.ascontiguousarray(line.clean)
            self._known[name, pasted] = own, self._read(laid)
        return self._known[name, pasted]


_COLUMNS: Final = (
    ("pages", "pages", 1.0, "d"),
    ("lines", "lines", 1.0, "d"),
    ("found %", "recall", 100.0, ".1f"),
    ("invented %", "invented_share", 100.0, ".1f"),
    ("CER own", "cer_own", 100.0, ".2f"),
    ("CER ink", "cer_ink", 100.0, ".2f"),
    ("CER cut", "cer_cut", 100.0, ".2f"),
    ("CER page", "cer_page", 100.0, ".2f"),
    ("ms", "ms_page", 1.0, ".0f"),
)


def table(rows: Iterable[tuple[str, dict[str, float]]], columns: Sequence[str] = ()) -> str:
    """The figures as a Markdown table, by default with all columns."""
    shown = [column for column in _COLUMNS if not columns or column[0] in columns]
    head = ["", *(name for name, *_ in shown)]
    lines = [f"| {' | '.join(head)} |", f"|---|{'---|' * len(shown)}"]
    for name, row in rows:
        cells = [format(_scaled(row[key], scale), form) for _, key, scale, form in shown]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _scaled(value: float, scale: float) -> float:
    return value * scale if scale != 1.0 else value


def _seeds(text: str) -> range:
    first, _, last = text.partition(":")
    try:
        return range(int(first), int(last)) if last else range(int(first), int(first) + 1)
    except ValueError:
        raise click.UsageError(f"--seeds {text}: give a range such as 0:20") from None


@click.command()
@click.option(
    "--data",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Data set of lines; may be repeated  [default: the twelve synthetic samples]",
)
@click.option("--part", default="dev", show_default=True, type=click.Choice(PARTS))
@click.option("--model", type=click.Path(path_type=Path), default=DEFAULT_MODEL)
@click.option("--seeds", "seed_range", default="0:12", show_default=True, metavar="FIRST:END")
@click.option(
    "--condition",
    "names",
    multiple=True,
    type=click.Choice([c.name for c in CONDITIONS]),
    help="May be repeated  [default: all]",
)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="All counts.")
def main(
    folders: tuple[Path, ...],
    part: str,
    model: Path,
    seed_range: str,
    names: tuple[str, ...],
    json_path: Path | None,
) -> None:
    """Find and read the lines of composed pages; prints a table."""
    seeds = _seeds(seed_range)
    cv2.setNumThreads(1)
    lines = SourceLines.read(folders or (SAMPLES,), part if folders else "all")
    recognizer = Recognizer(model, threads=1)
    meter = PageMeter(lines, lambda gray: recognizer.read(gray).text)
    tallies: dict[str, Tally] = {}
    for condition in (c for c in CONDITIONS if not names or c.name in names):
        tallies[condition.name] = Tally()
        for seed in seeds:
            tallies[condition.name].add(meter.measure(condition, seed))
        row = tallies[condition.name].as_dict()
        click.echo(f"{condition.name}: {row['found']} of {row['lines']} lines", err=True)
    everything = Tally()
    for tally in tallies.values():
        everything.add(tally)
    rows = [(name, tally.as_dict()) for name, tally in tallies.items()]
    rows.append(("all", everything.as_dict()))
    sizes = [(SIZES[size], tally.as_dict()) for size, tally in meter.by_size.items()]
    click.echo(table(rows))
    click.echo(f"\n{table(sizes, ('lines', 'found %', 'CER own', 'CER cut', 'CER page'))}")
    if json_path is not None:
        report: dict[str, Any] = {
            "model": model.name,
            "data": [f"{f.resolve().parent.name}/{f.name}" for f in folders or (SAMPLES,)],
            "part": part,
            "seeds": [seeds.start, seeds.stop],
            "conditions": dict(rows),
            "sizes": dict(sizes),
        }
        write_atomically(json_path, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
