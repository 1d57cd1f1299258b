"""The logs of a run: ``log.csv``, TensorBoard events if it is installed, a line an epoch."""

import csv
import io
from pathlib import Path
from typing import Any

from edge_runtime.atomic import write_atomically
from train.progress import console


class RunLog:
    """Appends one row an epoch; columns that come later start a fresh header."""

    def __init__(self, folder: Path, *, keep: bool) -> None:
        self._path = folder / "log.csv"
        if not keep:
            self._path.unlink(missing_ok=True)
        self._board = _event_writer(folder)

    def write(self, row: dict[str, float]) -> None:
        """Write an epoch's figures to file, TensorBoard and stderr."""
        rows = self._read()
        rows.append({k: f"{v:.6g}" for k, v in row.items()})
        names = list(dict.fromkeys(k for r in rows for k in r))
        table = io.StringIO(newline="")
        writer = csv.DictWriter(table, names)
        writer.writeheader()
        writer.writerows(rows)
        write_atomically(self._path, table.getvalue())
        for name, value in row.items():
            if self._board is not None and name != "epoch":
                self._board.add_scalar(name, value, int(row["epoch"]))
        console.print(_sentence(row), highlight=False)

    def close(self) -> None:
        """Flush the events."""
        if self._board is not None:
            self._board.close()

    def _read(self) -> list[dict[str, str]]:
        if not self._path.is_file():
            return []
        with self._path.open(newline="", encoding="utf-8") as file:
            return [dict(r) for r in csv.DictReader(file)]


class _EventWriter:
    """Scalars in TensorBoard's event format, through the library's own writer."""

    def __init__(self, folder: Path) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._writer = EventFileWriter(str(folder / "tensorboard"))

    def add_scalar(self, name: str, value: float, step: int) -> None:
        import time

        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        summary = Summary(value=[Summary.Value(tag=name, simple_value=value)])
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))

    def close(self) -> None:
        self._writer.close()


def _event_writer(folder: Path) -> Any:
    try:
        return _EventWriter(folder)
    except ImportError:
        return None


def _sentence(row: dict[str, float]) -> str:
    parts = [f"epoch {int(row['epoch'])}: loss {row['loss']:.2f}"]
    parts += [f"{k[:-4]} CER {100 * v:.2f} %" for k, v in row.items() if k.endswith("_cer")]
    parts.append(f"{row['lines_per_second']:.1f} lines/s")
    return ", ".join(parts)
