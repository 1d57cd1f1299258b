"""Looks at a data set row by row: what is wrong with it, what is in it.

Bad rows never stop a look: each becomes a ``Problem`` that says where it stands and what to do.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge_runtime.charset import Charset
from edge_runtime.errors import ImageError
from edge_runtime.image import load_gray
from edge_runtime.image_header import header_size
from train.datasets import Dataset, Problem, Sample

RARE = 3
"""A character seen at most this often in a data set can hardly be learnt from it."""
_PERCENTILES = {"min": 0, "p5": 5, "median": 50, "p95": 95, "max": 100}


def check_labels(data: Dataset, charset: Charset) -> list[Problem]:
    """Problems of the rows: those the reader met, and characters that the charset lacks."""
    problems = list(data.problems)
    if not data.samples and not problems:
        problems.append(Problem(str(data.root), "no-lines", "no labelled line in it"))
    for sample in data.samples:
        missing = charset.unknown(sample.text)
        if missing:
            named = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in missing)
            message = f"outside the charset: {named}; correct the text or widen the charset"
            problems.append(Problem(sample.id, "outside-charset", message))
    return problems


def check_pictures(samples: Iterable[Sample]) -> Iterator[Problem | None]:
    """Decode every picture; one item a sample, None where nothing is wrong.

    Pictures of equal content under two names are reported too: they can end up on both sides of a
    split, or carry two different texts.
    """
    seen: dict[bytes, Sample] = {}
    for sample in samples:
        try:
            data = sample.path.read_bytes()
            load_gray(data)
        except OSError as error:
            yield Problem(sample.id, "unreadable-picture", str(error.strerror or error))
        except ImageError as error:
            yield Problem(sample.id, "undecodable-picture", str(error))
        else:
            first = seen.setdefault(hashlib.sha256(data).digest(), sample)
            yield None if first is sample else _same_picture(sample, first)


def _same_picture(sample: Sample, first: Sample) -> Problem:
    kind = "with the same text" if sample.text == first.text else "with another text"
    return Problem(sample.id, "duplicate-picture", f"same picture as {first.id}, {kind}")


@dataclass(frozen=True)
class DataStats:
    """What is in a data set, counted."""

    lines: int
    problems: int
    """Bad rows that the reader met; ``edge-htr data check`` lists them."""
    writers: int | None
    """None where the data set does not record them."""
    lines_per_writer: dict[str, float]
    distinct_texts: int
    pictures_without_size: int
    """Pictures whose header cannot be read; they are not in the sizes below."""
    width: dict[str, float]
    height: dict[str, float]
    aspect: dict[str, float]
    """Width over height: how long a line is whatever the resolution."""
    characters_per_line: dict[str, float]
    words_per_line: dict[str, float]
    characters: dict[str, int]
    """Every character and how often it occurs, most frequent first."""
    rare: dict[str, int]
    """Those of ``characters`` that occur three times or less."""
    outside_charset: dict[str, int]
    """Those of ``characters`` that the charset lacks."""

    def as_dict(self) -> dict[str, Any]:
        """The counts as plain values, percentiles as objects."""
        return dict(vars(self))


def count_data(
    data: Dataset, charset: Charset, samples: Iterable[Sample] | None = None
) -> DataStats:
    """Count what a data set holds; only the headers of the pictures are read.

    Args:
        data: what the reader found.
        charset: to name the characters outside it.
        samples: the data set's samples as an iterator that reports progress, if wanted.
    """
    sizes = [size for s in samples or data.samples if (size := _size(s)) is not None]
    characters = Counter(c for s in data.samples for c in s.text)
    ordered = dict(sorted(characters.items(), key=lambda item: (-item[1], item[0])))
    writers = Counter(s.writer for s in data.samples if s.writer is not None)
    return DataStats(
        lines=len(data.samples),
        problems=len(data.problems),
        writers=len(writers) or None,
        lines_per_writer=_percentiles(list(writers.values())),
        distinct_texts=len({s.text for s in data.samples}),
        pictures_without_size=len(data.samples) - len(sizes),
        width=_percentiles([w for w, _ in sizes]),
        height=_percentiles([h for _, h in sizes]),
        aspect=_percentiles([w / h for w, h in sizes]),
        characters_per_line=_percentiles([len(s.text) for s in data.samples]),
        words_per_line=_percentiles([len(s.text.split()) for s in data.samples]),
        characters=ordered,
        rare={c: n for c, n in ordered.items() if n <= RARE},
        outside_charset={c: n for c, n in ordered.items() if charset.unknown(c)},
    )


def _size(sample: Sample) -> tuple[int, int] | None:
    """Width and height of a picture from its header, pixels; None if it has none."""
    try:
        size = header_size(sample.path.read_bytes())
    except OSError:
        return None
    return size if size is not None and min(size) > 0 else None


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    """Minimum, 5 %, median, 95 % and maximum; empty for no values."""
    if not values:
        return {}
    found = np.percentile(values, list(_PERCENTILES.values()))
    return dict(zip(_PERCENTILES, (round(float(v), 1) for v in found), strict=True))
