"""Successive halving: who goes on, and what a rung's recipe is.

Each rung trains all that are left, longer than the one before, and a share of the best goes on
(Jamieson & Talwalkar 2016; rungs as in Hyperband, Li et al. 2018). What is searched here is a
front, not one best: so that the small are not dropped for being small, who goes first is found by
peeling off fronts of CER and MACs (non-dominated sorting, Deb et al. 2002).
"""

from collections.abc import Sequence
from math import ceil
from typing import Any

from train.recipe import recipe_from_dict
from train.tune.candidates import Candidate, changed
from train.tune.space import Rung

Figures = tuple[float, ...]


def pareto(points: Sequence[Figures]) -> list[bool]:
    """Which points no other beats: is nowhere worse and somewhere better; less is better."""
    return [not any(_beats(other, point) for other in points) for point in points]


def order(errors: Sequence[float], macs: Sequence[int], rank: str) -> list[int]:
    """Indices of candidates, those that go on first.

    Args:
        errors: CER of each.
        macs: cost of each.
        rank: ``front`` or ``cer``, as in ``space.Budget``.
    """
    by_error = sorted(range(len(errors)), key=lambda i: (errors[i], macs[i]))
    if rank == "cer":
        return by_error
    ordered: list[int] = []
    left = by_error
    while left:
        on_front = pareto([(errors[i], float(macs[i])) for i in left])
        ordered += [i for i, front in zip(left, on_front, strict=True) if front]
        left = [i for i, front in zip(left, on_front, strict=True) if not front]
    return ordered


def kept(count: int, rung: Rung) -> int:
    """How many of ``count`` go on after a rung."""
    return ceil(count * rung.keep - 1e-9)


def rung_values(candidate: Candidate, rungs: Sequence[Rung], number: int, seed: int) -> Any:
    """The recipe of one candidate at one rung, as plain values.

    A whole schedule over the rung's views. Order of lines, augmentation and synthetic lines are
    those of no other rung, but the same for all candidates.

    Args:
        candidate: what is trained.
        rungs: of the budget.
        number: of the rung, from 0.
        seed: of the search.
    """
    recipe = candidate.recipe
    views = rungs[number].views
    epochs = max(1, round(views / recipe.run.lines_per_epoch))
    run = {
        "epochs": epochs,
        "lines_per_epoch": ceil(views / epochs),
        "evaluate_every": epochs,
        "early_stopping": 0,
        "restore_best": False,
        "seed": seed + number,
    }
    settled = {
        "run": run,
        "batches": {"seed": recipe.batches.seed + number},
        "synthesis": {"seed": recipe.synthesis.seed + number},
    }
    values = changed(candidate.values, settled)
    recipe_from_dict(values, candidate.name)
    return values


def _beats(other: Figures, point: Figures) -> bool:
    pairs = list(zip(other, point, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
