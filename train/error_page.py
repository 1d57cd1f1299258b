"""One HTML page that shows where a reader errs: its worst lines as pictures, and confusions.

The page is one file without links to anything, so that it can be kept beside a report. The
pictures are the user's own: the page is written where the user says and nowhere else.
"""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from edge_runtime.atomic import write_atomically
from edge_runtime.confusions import TONES, Confusion, align
from edge_runtime.evaluation import Evaluation, ReadLine, worst_first

MAX_LINES = 100
"""Pictures on the page; some 3 MB of scans."""
MAX_LETTERS = 60

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .7em;text-align:right}
th{text-align:left;font-weight:600}td.right{color:#999}tr:nth-child(even){background:#f6f6f6}
figure{margin:0 0 1.6em;border-top:1px solid #ddd;padding-top:.8em}
img{max-width:100%;max-height:9em;display:block;margin-bottom:.4em}
p{margin:.1em 0}small{color:#666}ins,del{text-decoration:none;border-radius:.2em;padding:0 .1em}
del{background:#ffd7d5}ins{background:#ccebd0}.grid{display:flex;gap:3em;flex-wrap:wrap}
"""


def write_error_page(
    folder: Path,
    title: str,
    evaluation: Evaluation,
    lines: Sequence[ReadLine],
    pictures: Mapping[str, Path],
) -> Path:
    """Write ``index.html`` into a folder, which is made where it is missing.

    Args:
        folder: where the page goes.
        title: what was measured on what.
        evaluation: the figures.
        lines: all lines that were read.
        pictures: picture file of each line by its id.

    Returns:
        The page's path.

    Raises:
        OSError: the folder or the page cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    write_atomically(page, error_page(title, evaluation, lines, pictures))
    return page


def error_page(
    title: str,
    evaluation: Evaluation,
    lines: Sequence[ReadLine],
    pictures: Mapping[str, Path],
) -> str:
    """The page as text; see ``write_error_page``."""
    worst = worst_first(lines)
    shown = "".join(_figure(line, pictures.get(line.id)) for line in worst[:MAX_LINES])
    return (
        '<!DOCTYPE html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{_rates(evaluation)}"
        f'<div class="grid">\n{_letters(evaluation.letters)}{_tones(evaluation.tones)}</div>\n'
        f"<h2>Lines with errors</h2>\n<p>{min(len(worst), MAX_LINES)} of {len(worst)}, the worst"
        " first. Red: in the label, not read. Green: read, not in the label.</p>\n"
        f"{shown}</body>\n</html>\n"
    )


def _rates(evaluation: Evaluation) -> str:
    rows = []
    for name, value in evaluation.rates.as_dict().items():
        if name == "n":
            rows.append(f"<tr><th>lines</th><td>{value}</td><td></td></tr>\n")
            continue
        interval = evaluation.intervals.get(name)
        span = f"{interval.low:.2%} to {interval.high:.2%}" if interval else ""
        label = escape(name.replace("_", " "))
        rows.append(f"<tr><th>{label}</th><td>{value:.2%}</td><td>{span}</td></tr>\n")
    return f"<table>\n{''.join(rows)}</table>\n"


def _letters(confusions: Sequence[Confusion]) -> str:
    rows = "".join(
        f"<tr><td>{_letter(c.reference)}</td><td>{_letter(c.reading)}</td><td>{c.count}</td></tr>\n"
        for c in confusions[:MAX_LETTERS]
    )
    return (
        f"<div><h2>Letters</h2>\n<table>\n<tr><th>label</th><th>read</th><th>times</th></tr>\n{rows}"
        "</table></div>\n"
    )


def _letter(letter: str) -> str:
    return {"": "<small>nothing</small>", " ": "<small>space</small>"}.get(letter, escape(letter))


def _tones(confusions: Sequence[Confusion]) -> str:
    counts = Counter({(c.reference, c.reading): c.count for c in confusions})
    names = list(TONES.values())
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = []
    for row in names:
        cells = "".join(
            f"<td{' class=right' if row == column else ''}>{counts[row, column] or ''}</td>"
            for column in names
        )
        rows.append(f"<tr><th>{row}</th>{cells}</tr>\n")
    return (
        "<div><h2>Tones</h2>\n<p>Rows: label. Columns: read. Vowels whose letter is right.</p>\n"
        f"<table>\n<tr><th></th>{head}</tr>\n{''.join(rows)}</table></div>\n"
    )


def _figure(line: ReadLine, picture: Path | None) -> str:
    rates = line.rates
    writer = f", writer {escape(line.writer)}" if line.writer else ""
    label, read = _marked(line)
    return (
        f"<figure>\n{_image(picture)}<p>{label}</p>\n<p>{read}</p>\n"
        f"<p><small>{escape(line.id)}{writer}, CER {rates.cer:.1%}</small></p>\n</figure>\n"
    )


def _marked(line: ReadLine) -> tuple[str, str]:
    """Label and reading with their differences marked."""
    label, read = [], []
    for a, b in align(line.reference, line.reading):
        label.append(escape(a) if a == b or not a else f"<del>{escape(a)}</del>")
        read.append(escape(b) if a == b or not b else f"<ins>{escape(b)}</ins>")
    return "".join(label), "".join(read) or "<small>nothing read</small>"


_MEDIA = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp", ".bmp": "bmp"}


def _image(picture: Path | None) -> str:
    """The picture itself inside the page; formats no browser shows are left out."""
    media = _MEDIA.get(picture.suffix.lower()) if picture else None
    if picture is None or media is None:
        return ""
    try:
        data = base64.b64encode(picture.read_bytes()).decode("ascii")
    except OSError:
        return ""
    return f'<img alt="" src="data:image/{media};base64,{data}">\n'
