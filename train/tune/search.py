"""The search: costs, limits, rungs, and a report that is written after every training."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge_runtime import __version__
from edge_runtime.atomic import write_atomically
from edge_runtime.errors import DataError, RecipeError
from edge_runtime.machine import machine_facts
from train.tune.candidates import Candidate, candidates, dotted
from train.tune.costs import ask_costs
from train.tune.rungs import kept, order, rung_values
from train.tune.space import Limits, Space, load_space
from train.tune.trial import Lines, Trial

SCHEMA = 1
Row = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Search:
    """What the `tune` command was asked for."""

    space: Path
    lines: Lines
    out: Path
    seed: int = 1

    def run(self, say: Say) -> Row:
        """Search, or go on with a search; ``out/results.json`` holds the report so far.

        Returns:
            The report as plain values.

        Raises:
            EdgeHtrError: the space, the lines or the folder will not do. A candidate that fails
                raises nothing: it is in the report.
            KeyboardInterrupt: interrupted; the next call goes on.
        """
        space = load_space(self.space)
        found = candidates(space, self.seed)
        self._check(found, space)
        self._claim()
        say(f"counting the costs of {len(found)} candidates")
        rows = _rows(found, ask_costs(found, self.lines.charset), space.limits)
        report = self._report(space, rows)
        for row in rows:
            if row["refused"]:
                say(f"{row['name']} refused: {row['refused']}")
        self._rungs(found, space, report, say)
        report["complete"] = True
        self.save(report)
        return report

    def save(self, report: Row) -> None:
        """Write ``out/results.json``."""
        text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
        write_atomically(self.out / "results.json", text)

    def trial(self, candidate: Candidate, space: Space, number: int) -> Trial:
        """One candidate at one rung, counted from 0."""
        folder = self.out / candidate.name
        return Trial(
            folder / f"rung-{number + 1}",
            rung_values(candidate, space.budget.rungs, number, self.seed),
            self.lines,
            folder / f"rung-{number}" / "model.keras" if number else None,
        )

    def _check(self, found: Sequence[Candidate], space: Space) -> None:
        """Find out now what would end the search after hours."""
        for one in found:
            recipe = one.recipe
            if recipe.synthesis.weight and not (self.lines.fonts and self.lines.text):
                raise RecipeError(f"{one.name} draws synthetic lines: give --fonts and --text")
            folders = any(path.suffix != ".npy" for path in self.lines.data)
            if not self.lines.development and not (folders and recipe.data.holdout):
                raise DataError(
                    f"{one.name} keeps no line out of training to measure on: give --development"
                )
            for number in range(len(space.budget.rungs)):
                self.trial(one, space, number).check()

    def _claim(self) -> None:
        """Take the folder, or find it taken by this same search."""
        self.out.mkdir(parents=True, exist_ok=True)
        path = self.out / "search.json"
        lines = {name: _plain(value) for name, value in asdict(self.lines).items()}
        del lines["cache"]
        mine = {"lines": lines, "seed": self.seed}
        try:
            other = json.loads(path.read_text(encoding="utf-8")) if path.exists() else mine
        except ValueError:
            other = None
        if other != mine:
            raise RecipeError(f"{self.out} holds a search with other lines or another --seed")
        write_atomically(path, json.dumps(mine, indent=1) + "\n")

    def _rungs(self, found: Sequence[Candidate], space: Space, report: Row, say: Say) -> None:
        rungs = space.budget.rungs
        alive = [i for i, row in enumerate(report["candidates"]) if not row["refused"]]
        for number, rung in enumerate(rungs):
            for i in alive:
                self._train(found[i], space, number, report["candidates"][i], say)
                self.save(report)
            alive = [i for i in alive if not report["candidates"][i]["failed"]]
            rows = [report["candidates"][i] for i in alive]
            first = order(
                [row["rungs"][-1]["cer"] for row in rows],
                [row["costs"]["macs"] for row in rows],
                space.budget.rank,
            )
            if number + 1 < len(rungs):
                going = {alive[i] for i in first[: kept(len(alive), rung)]}
                for i in set(alive) - going:
                    report["candidates"][i]["dropped"] = number + 1
                alive = sorted(going)
                names = ", ".join(found[i].name for i in alive)
                say(f"rung {number + 1} done; on to the next: {names or 'none'}")

    def _train(self, one: Candidate, space: Space, number: int, row: Row, say: Say) -> None:
        """Train a candidate at a rung; what became of it goes into its row."""
        rung = f"{one.name} {number + 1}/{len(space.budget.rungs)}"
        say(f"{rung}: {space.budget.rungs[number].views:,} line views")
        result, failed = self.trial(one, space, number).run(lambda text: say(f"{rung}: {text}"))
        if result is None:
            row["failed"] = f"rung {number + 1}: {failed}"
            say(f"{rung} failed: {failed}")
        else:
            row["rungs"].append({"rung": number + 1, **result})
            say(f"{rung}: mean CER {result['cer']:.2%}")

    def _report(self, space: Space, rows: Sequence[Row]) -> Row:
        return {
            "schema": SCHEMA,
            "complete": False,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "tool_version": __version__,
            "machine": machine_facts(),
            "space": self.space.name,
            "base": space.base.stem,
            "base_changes": dotted(space.recipe),
            "seed": self.seed,
            "limits": asdict(space.limits),
            "budget": asdict(space.budget),
            "candidates": list(rows),
        }


def _rows(found: Sequence[Candidate], costs: Sequence[Row], limits: Limits) -> list[Row]:
    """A row of each candidate, with the reason where it is refused.

    Raises:
        RecipeError: a candidate that the space names cannot be built.
    """
    rows: list[Row] = []
    for one, cost in zip(found, costs, strict=True):
        error = cost.get("error")
        if error and not one.drawn:
            raise RecipeError(f"candidate {one.name}: {error}")
        rows.append(
            {
                "name": one.name,
                "drawn": one.drawn,
                "changes": dotted(one.changes),
                "costs": None if error else cost,
                "refused": error or _over(cost, limits),
                "failed": None,
                "dropped": None,
                "rungs": [],
                "model": None,
            }
        )
    return rows


def _over(cost: Row, limits: Limits) -> str | None:
    over = [
        f"{cost[name]:,} {name} of {limit:,} allowed"
        for name, limit in asdict(limits).items()
        if limit is not None and cost[name] > limit
    ]
    return ", ".join(over) or None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return str(value) if value else None
