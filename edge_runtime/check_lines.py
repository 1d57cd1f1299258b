"""Labelled lines for `edge-htr check`: what a model reads of them, kept without text or picture.

A baseline report is committed, the lines it was measured on often must not be. Of each line it
therefore holds a digest, edits and characters only.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from edge_runtime.bundle import Bundle
from edge_runtime.charset import normalize_text
from edge_runtime.child_python import child_environment
from edge_runtime.errors import DataError, EdgeHtrError, ImageError
from edge_runtime.image import load_gray
from edge_runtime.metrics import bootstrap, edit_distance, error_rates
from edge_runtime.native_log import quiet_native_log
from edge_runtime.recognizer import Recognizer

Say = Callable[[str], None]


def labelled_lines(folder: Path) -> list[tuple[Path, str]]:
    """Pictures and their texts, from the ``labels.tsv`` of a folder (path, tab, text).

    Raises:
        DataError: there is no such file, a row is malformed, or it has none.
    """
    table = folder / "labels.tsv"
    try:
        rows = list(_rows(table.read_text(encoding="utf-8-sig"), table))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{table}: cannot be read ({error}); one row a line: path, tab, text"
        ) from (None)
    if not rows:
        raise DataError(f"{table}: no line in it")
    return rows


def _rows(text: str, table: Path) -> Iterator[tuple[Path, str]]:
    for number, row in enumerate(text.split("\n"), 1):
        name, tab, label = row.rstrip("\r").partition("\t")
        if not row.strip():
            continue
        if not tab or not name or not label.strip():
            raise DataError(f"{table}:{number}: not a path, a tab and a text")
        yield table.parent / name, label


def accuracy(bundle: Bundle, folder: Path, runtime: str | None, say: Say) -> dict[str, Any]:
    """Read the lines of a folder greedily, without a lexicon.

    Returns:
        ``cer`` (fraction), ``interval`` (95 %, over lines), ``n``, ``lines`` (of each the text
        ``DIGEST EDITS CHARACTERS``) and ``unreadable``, messages of the lines left out.

    Raises:
        DataError: no labels, or no line can be read.
        EdgeHtrError: the model cannot be used.
    """
    # On a shared runner, waiting threads of tflite-runtime burn ten times the work.
    recognizer = Recognizer(bundle, threads=1, runtime=runtime)
    texts: list[tuple[str, str]] = []
    lines, unreadable = [], []
    labelled = labelled_lines(folder)
    say(f"reading {len(labelled)} lines of {folder}")
    for path, label in labelled:
        try:
            content = path.read_bytes()
            with quiet_native_log(drop=True):
                gray = load_gray(content)
        except (OSError, ImageError) as error:
            unreadable.append(f"{path.name}: {getattr(error, 'strerror', None) or error}")
            continue
        reference, reading = normalize_text(label), normalize_text(recognizer.read(gray).text)
        texts.append((reference, reading))
        digest = hashlib.sha256(content + b"\0" + reference.encode("utf-8")).hexdigest()[:16]
        lines.append(f"{digest} {edit_distance(reference, reading)} {len(reference)}")
    if not texts:
        raise DataError(f"{folder}: none of its {len(unreadable)} lines can be read")
    references, readings = zip(*texts, strict=True)
    interval = bootstrap(references, readings)["cer"]
    return {
        "cer": error_rates(references, readings).cer,
        "interval": [interval.low, interval.high],
        "n": len(lines),
        "lines": lines,
        "unreadable": unreadable,
    }


def fp32_accuracy(model: Path, folder: Path, runtime: str | None, say: Say) -> dict[str, Any]:
    """``cer`` and ``n`` of the network before quantization: a bundle, or a ``.keras`` checkpoint.

    Raises:
        EdgeHtrError: it cannot be used; for a checkpoint, TensorFlow may be missing.
    """
    if model.suffix == ".keras":
        found = _keras_accuracy(model, folder, say)
    else:
        found = accuracy(Bundle.open(model), folder, runtime, say)
    return {"file": model.name, "cer": found["cer"], "n": found["n"]}


def _keras_accuracy(model: Path, folder: Path, say: Say) -> dict[str, Any]:
    """A process of its own: TensorFlow must not be in this one, whose memory counts."""
    say(f"reading {folder} with {model.name}, which needs TensorFlow")
    command = [sys.executable, "-m", "edge_runtime", "eval", str(model), str(folder), "--json", "-"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=child_environment(),
    )
    if done.returncode:
        last = [row for row in done.stderr.splitlines() if row.startswith("Error: ")] or ["failed"]
        raise EdgeHtrError(f"{model}: {last[-1].removeprefix('Error: ')}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
