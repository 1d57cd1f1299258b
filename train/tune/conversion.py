"""Converts the networks of the last rung, and times the files beside each other.

Converting is the `convert` command in a process of its own; timing is another:

    python -m train.tune.conversion < files.json > times.json
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from edge_runtime.child_python import child_environment
from edge_runtime.errors import EdgeHtrError
from train.tune.child import run_command

Row = dict[str, Any]
Say = Callable[[str], None]


def convert_finalists(report: Row, out: Path, data: Sequence[Path], say: Say) -> None:
    """Convert all that reached the last rung, and note bytes and milliseconds in their rows.

    A network that is not converted gets ``failed`` in its row; the others go on.

    Args:
        report: of the search.
        out: its folder.
        data: folders of lines, to calibrate on and to compare with Keras.
        say: told what goes on.

    Raises:
        KeyboardInterrupt: interrupted; the next call goes on.
        EdgeHtrError: the files cannot be timed.
    """
    files: list[Path] = []
    rows: list[Row] = []
    for row in finalists(report):
        folder = out / row["name"] / f"rung-{len(row['rungs'])}"
        target = folder / f"{row['name']}.tflite"
        failed = None if target.is_file() else _convert(folder, target, data, say)
        if failed:
            row["failed"] = f"conversion: {failed}"
            say(f"{row['name']} not converted: {failed}")
        else:
            files.append(target)
            rows.append(row)
    if not files:
        return
    say(f"timing {len(files)} files in turns, one thread")
    for row, measured in zip(rows, _time(files), strict=True):
        row["model"] = measured


def finalists(report: Row) -> list[Row]:
    """Rows of the candidates that were trained at the last rung."""
    count = len(report["budget"]["rungs"])
    return [row for row in report["candidates"] if len(row["rungs"]) == count]


def _convert(folder: Path, target: Path, data: Sequence[Path], say: Say) -> str | None:
    words = ["convert", str(folder / "model.keras"), "-o", str(target)]
    for path in data:
        words += ["--calibration", str(path)] if path.is_dir() else []
    say(f"converting {target.stem}")
    return run_command(words, folder / "convert.log", lambda text: say(f"{target.stem}: {text}"))


def _time(files: Sequence[Path]) -> list[Row]:
    done = subprocess.run(
        [sys.executable, "-m", "train.tune.conversion"],
        input=json.dumps([str(file) for file in files]),
        capture_output=True,
        encoding="utf-8",
        env=child_environment(),
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"died with {done.returncode}"])[-1]
        raise EdgeHtrError(f"the files cannot be timed: {last}")
    return list(json.loads(done.stdout))


def measure(files: Sequence[Path]) -> list[Row]:
    """Bytes of each file, and milliseconds of its network at the widest line, one thread.

    The fastest run counts, the files in turns, on a line of noise: time does not depend on what a
    line shows.

    Raises:
        EdgeHtrError: a file cannot be run.
    """
    import numpy as np

    from edge_runtime.bench_turns import fastest_in_turns
    from edge_runtime.bundle import Bundle
    from edge_runtime.interpreter import open_network

    bundles = [Bundle.open(file) for file in files]
    networks = [open_network(one.network, one.card, threads=1) for one in bundles]
    calls = []
    for bundle, network in zip(bundles, networks, strict=True):
        shape = (network.height, bundle.card.max_width)
        ink = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        calls.append([partial(network.run, ink)])
    seconds = fastest_in_turns(calls)[:, 0]
    return [
        {
            "bytes": bundle.file_bytes,
            "ms": float(time * 1e3),
            "width": bundle.card.max_width,
            "precision": bundle.card.precision,
            "runtime": f"{network.runtime.name} {network.runtime.version}",
        }
        for bundle, network, time in zip(bundles, networks, seconds, strict=True)
    ]


def main() -> int:
    """Measure the files that stdin names."""
    try:
        measured = measure([Path(name) for name in json.load(sys.stdin)])
    except EdgeHtrError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    json.dump(measured, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
