"""One candidate at one rung: trained by the `train` command, in a folder of its own.

``recipe.toml``  what is trained; ``train`` alone would do the same with it
``train.log``    what the command said
``done.json``    the result, once there is one
"""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_runtime.atomic import write_atomically
from edge_runtime.errors import DataError, RecipeError
from train.checkpoint import read_card
from train.tune.child import run_command
from train.tune.toml_text import toml_text

Result = dict[str, Any]


@dataclass(frozen=True)
class Lines:
    """Where the lines are, as in the options of the `train` command."""

    data: tuple[Path, ...]
    development: tuple[Path, ...] = ()
    fonts: Path | None = None
    text: Path | None = None
    charset: Path | None = None
    cache: Path = Path("cache")

    def options(self) -> list[str]:
        """The options again."""
        words = [word for path in self.data for word in ("--data", str(path))]
        words += [word for path in self.development for word in ("--development", str(path))]
        for name in ("fonts", "text", "charset", "cache"):
            value = getattr(self, name)
            words += [f"--{name}", str(value)] if value else []
        return words


@dataclass(frozen=True)
class Trial:
    """One candidate at one rung."""

    folder: Path
    values: dict[str, Any]
    """Its recipe."""
    lines: Lines
    init: Path | None = None
    """The checkpoint of the rung before."""

    @property
    def checkpoint(self) -> Path:
        """Where its network is, once it is trained."""
        return self.folder / "model.keras"

    def check(self) -> None:
        """Refuse a folder that holds a run of another recipe.

        Raises:
            RecipeError: it does.
        """
        recipe = self.folder / "recipe.toml"
        if recipe.exists() and recipe.read_text(encoding="utf-8") != toml_text(self.values):
            raise RecipeError(
                f"{recipe} is another recipe than this search's: choose another --out, or remove"
                f" {self.folder}"
            )

    def run(self, say: Callable[[str], None]) -> tuple[Result | None, str | None]:
        """Train, or go on training, unless that is done.

        Returns:
            The result, or why there is none.

        Raises:
            KeyboardInterrupt: interrupted; the next call goes on.
            RecipeError: the folder holds something else.
            DataError: there is nothing to measure on.
        """
        self.check()
        done = self.folder / "done.json"
        if done.is_file():
            return _read(done), None
        self.folder.mkdir(parents=True, exist_ok=True)
        recipe = self.folder / "recipe.toml"
        write_atomically(recipe, toml_text(self.values))
        words = ["train", *self.lines.options(), "--recipe", str(recipe), "--out", str(self.folder)]
        words += ["--init", str(self.init)] if self.init else []
        words += ["--resume"] if (self.folder / "state.npz").exists() else []
        failed = run_command(words, self.folder / "train.log", say)
        if failed:
            return None, failed
        result = self._result()
        write_atomically(done, json.dumps(result, ensure_ascii=False, indent=1) + "\n")
        return result, None

    def _result(self) -> Result:
        card = read_card(self.checkpoint)
        if not card.metrics:
            raise DataError("no line to measure on: give --development, or more lines in --data")
        return {
            "cer": sum(one["cer"] for one in card.metrics) / len(card.metrics),
            "sets": card.metrics,
            "views": card.provenance["lines_seen"],
            "data": card.provenance["data"],
            "seconds": _seconds(self.folder / "log.csv", self.values["run"]["lines_per_epoch"]),
            "seed": self.values["run"]["seed"],
        }


def _read(done: Path) -> Result:
    try:
        result: Result = json.loads(done.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RecipeError(f"{done}: damaged ({error}); remove {done.parent}") from None
    return result


def _seconds(log: Path, lines: int) -> float:
    """Seconds of training, evaluations and starts not counted."""
    with log.open(newline="", encoding="utf-8") as file:
        return sum(lines / float(row["lines_per_second"]) for row in csv.DictReader(file))
