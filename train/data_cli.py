"""`edge-htr data`: check, count and split a data set of labelled lines."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from edge_runtime.charset import Charset
    from train.data_check import DataStats
    from train.datasets import Dataset, Problem, Sample

T = TypeVar("T")

_folder = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_charset = click.option(
    "--charset",
    "charset_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of all symbols in a row, as charset.txt in a bundle [default: Vietnamese].",
)


@click.group()
def data() -> None:
    """Check, count and split a folder of labelled lines.

    DIR holds labels.tsv (picture, tab, text), or images/WRITER/ and annotations/WRITER.txt.
    """


@data.command()
@_folder
@_charset
@_json
@click.pass_context
def check(ctx: click.Context, folder: Path, charset_file: Path | None, as_json: bool) -> None:
    """List every bad row of DIR: pictures, labels, characters, duplicates.

    Exits with 1 if there is any.

    Example: edge-htr data check ../shared/data/kalapa/training_data
    """
    from train.data_check import check_labels, check_pictures
    from train.datasets import read_dataset

    found = read_dataset(folder)
    problems = check_labels(found, _read_charset(charset_file))
    looks = check_pictures(_tracked(found.samples, "Decoding"))
    problems += [problem for problem in looks if problem is not None]
    if as_json:
        click.echo(json.dumps(_report(found, problems), ensure_ascii=False, indent=2))
    else:
        _print_problems(found, problems)
    ctx.exit(1 if problems else 0)


@data.command()
@_folder
@_charset
@_json
def stats(folder: Path, charset_file: Path | None, as_json: bool) -> None:
    """Count what DIR holds: lines, writers, sizes, characters and the rare ones among them.

    Example: edge-htr data stats ../shared/data/cinnamon/train --json
    """
    from train.data_check import count_data
    from train.datasets import read_dataset

    found = read_dataset(folder)
    samples = _tracked(found.samples, "Measuring")
    counted = count_data(found, _read_charset(charset_file), samples)
    if as_json:
        click.echo(json.dumps(counted.as_dict(), ensure_ascii=False, indent=2))
    else:
        _print_stats(counted)


@data.command()
@_folder
@click.option("--by", type=click.Choice(["writer", "random"]), default="writer", show_default=True)
@click.option(
    "--fractions",
    default="0.8,0.1,0.1",
    show_default=True,
    help="Shares of the parts; they sum to 1.",
)
@click.option(
    "--salt", default="", help="Another word gives another split, as stable as the first."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for one list of ids a part.",
)
@_json
def split(folder: Path, by: str, fractions: str, salt: str, out: Path, as_json: bool) -> None:
    """Write lists of ids that split DIR, by writer or line by line.

    The part follows from a hash of the writer or the id alone: adding data moves nothing.

    Example: edge-htr data split lines/ --by writer --fractions 0.8,0.1,0.1 --out splits/
    """
    from edge_runtime.atomic import write_atomically
    from train import splits
    from train.datasets import read_dataset

    found = read_dataset(folder)
    if by == "writer" and found.samples and all(s.writer is None for s in found.samples):
        click.echo(f"{folder} records no writers: every line counts as its own", err=True)
    shares = _fractions(fractions)
    parts = splits.split(found.samples, shares, by, salt)
    out.mkdir(parents=True, exist_ok=True)
    summary: dict[str, Any] = {}
    for name, part in zip(_part_names(len(parts)), parts, strict=True):
        target = out / f"{name}.txt"
        write_atomically(target, "".join(f"{s.id}\n" for s in sorted(part, key=lambda s: s.id)))
        summary[name] = _part_summary(target, part)
    _mention_problems(found)
    if as_json:
        click.echo(json.dumps({"by": by, "salt": salt, "parts": summary}, indent=2))
        return
    for name, row in summary.items():
        writers = f", {row['writers']:,} writers" if row["writers"] is not None else ""
        click.echo(f"{name}: {row['lines']:,} lines{writers}  {row['file']}")


def _fractions(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a list like 0.8,0.1,0.1") from None


def _part_names(count: int) -> list[str]:
    known = {2: ["train", "test"], 3: ["train", "dev", "test"]}
    return known.get(count) or [f"part{i}" for i in range(1, count + 1)]


def _part_summary(target: Path, part: "list[Sample]") -> dict[str, Any]:
    writers = {s.writer for s in part if s.writer is not None}
    return {"file": str(target), "lines": len(part), "writers": len(writers) or None}


def _read_charset(path: Path | None) -> "Charset":
    from edge_runtime.charset import VIETNAMESE, Charset
    from edge_runtime.errors import DataError

    if path is None:
        return VIETNAMESE
    try:
        return Charset(path.read_bytes().decode("utf-8").rstrip("\r\n"))
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8: save the charset as UTF-8") from None


def _tracked(items: "list[T]", label: str) -> Iterator[T]:
    """Iterate with a progress bar on stderr where somebody can see it."""
    if not sys.stderr.isatty():
        yield from items
        return
    with click.progressbar(items, label=label, file=sys.stderr) as bar:
        yield from bar


def _report(found: "Dataset", problems: "list[Problem]") -> dict[str, Any]:
    return {
        "root": str(found.root),
        "lines": len(found.samples),
        "counts": dict(Counter(p.kind for p in problems)),
        "problems": [vars(p) for p in problems],
    }


def _print_problems(found: "Dataset", problems: "list[Problem]") -> None:
    """Problems grouped by kind, each with its place, then one line that sums up."""
    for kind, number in sorted(Counter(p.kind for p in problems).items()):
        click.echo(f"{kind} ({number:,})")
        for problem in problems:
            if problem.kind == kind:
                click.echo(_printable(f"  {problem.where}: {problem.message}"))
    count = f"{len(problems):,} problems" if len(problems) != 1 else "1 problem"
    click.echo(f"{len(found.samples):,} lines read, {count if problems else 'no problem'}")


def _mention_problems(found: "Dataset") -> None:
    if found.problems:
        rows = len(found.problems)
        click.echo(f"{rows:,} bad rows: see edge-htr data check {found.root}", err=True)


def _print_stats(counted: "DataStats") -> None:
    writers = "not recorded" if counted.writers is None else f"{counted.writers:,}"
    rows: list[tuple[str, str]] = [
        ("lines", f"{counted.lines:,}"),
        ("bad rows", f"{counted.problems:,}"),
        ("writers", writers),
        ("lines a writer", _spread(counted.lines_per_writer)),
        ("distinct texts", f"{counted.distinct_texts:,}"),
        ("width, pixels", _spread(counted.width)),
        ("height, pixels", _spread(counted.height)),
        ("width / height", _spread(counted.aspect)),
        ("no readable size", f"{counted.pictures_without_size:,}"),
        ("characters a line", _spread(counted.characters_per_line)),
        ("words a line", _spread(counted.words_per_line)),
        ("distinct characters", f"{len(counted.characters):,}"),
        ("characters", _tally(counted.characters)),
        ("rare (3 or less)", _tally(counted.rare)),
        ("outside the charset", _tally(counted.outside_charset)),
    ]
    for name, value in rows:
        click.echo(f"{name:<20} {value}")


def _spread(values: dict[str, float]) -> str:
    if not values:
        return "-"
    middle = " / ".join(f"{values[key]:g}" for key in ("p5", "median", "p95"))
    return f"{middle}  (5 % / median / 95 %; {values['min']:g} to {values['max']:g})"


def _tally(counts: dict[str, int]) -> str:
    return "  ".join(f"{_shown(c)} {n}" for c, n in counts.items()) or "-"


def _printable(text: str) -> str:
    """Text without control characters: names of files come from anywhere."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _shown(character: str) -> str:
    return "space" if character == " " else _printable(character)
