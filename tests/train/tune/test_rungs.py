"""Successive halving: fronts, who goes on, and what a rung's recipe says."""

from typing import Any

from train.recipe import recipe_from_dict
from train.tune.candidates import Candidate
from train.tune.rungs import kept, order, pareto, rung_values
from train.tune.space import Rung


def test_a_front_holds_what_nothing_beats() -> None:
    points = [(3.0, 1.0), (2.0, 2.0), (3.0, 2.0), (1.0, 5.0), (1.0, 6.0)]
    assert pareto(points) == [True, True, False, True, False]
    assert pareto([(1.0, 1.0), (1.0, 1.0)]) == [True, True]  # neither is better
    assert pareto([]) == []


def test_the_small_are_not_dropped_for_being_small() -> None:
    errors, macs = [0.10, 0.03, 0.05, 0.04], [10, 80, 90, 85]
    assert order(errors, macs, "front") == [1, 0, 3, 2]
    assert order(errors, macs, "cer") == [1, 3, 2, 0]


def test_shares_are_rounded_up() -> None:
    assert [kept(n, Rung(1, 0.5)) for n in (0, 1, 2, 3)] == [0, 1, 1, 2]
    assert kept(7, Rung(1)) == 7
    assert kept(10, Rung(1, 0.3)) == 3  # not 4, though 10 * 0.3 is a little above 3 in binary


def test_a_rung_is_a_whole_schedule_of_its_views_with_lines_of_its_own() -> None:
    rungs = (Rung(10_000), Rung(70))
    run: dict[str, Any] = {"lines_per_epoch": 4096, "early_stopping": 3, "restore_best": True}
    values = {"run": run, "batches": {"seed": 5}}
    one, two = (rung_values(Candidate(n, {}, values), rungs, 0, 7) for n in "ab")
    assert one == two
    recipe = recipe_from_dict(one)
    assert (recipe.run.epochs, recipe.run.lines_per_epoch) == (2, 5000)
    assert (recipe.run.evaluate_every, recipe.run.early_stopping) == (2, 0)
    assert not recipe.run.restore_best
    later = recipe_from_dict(rung_values(Candidate("a", {}, values), rungs, 1, 7))
    assert (later.run.epochs, later.run.lines_per_epoch) == (1, 70)
    assert (recipe.batches.seed, later.batches.seed) == (5, 6)
    assert (recipe.run.seed, later.run.seed) == (7, 8)
    assert recipe.synthesis.seed != later.synthesis.seed
