"""Prunes a checkpoint beside an unpruned control: rounds of cutting and fine-tuning, resumable.

Without a control 50 % less looks like an improvement, for the fine-tuning alone improves a network.
Both get the same lines, steps, rate and teacher; nothing is removed from the control.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from convert.checkpoint import sha256_of
from convert.child import run_stage, run_talking_stage
from convert.prune.data import read_lines
from convert.prune.spec import BATCH, Round
from convert.prune.stages import cut_network, fine_tune
from convert.request import PruneRequest
from edge_runtime.atomic import write_atomically
from edge_runtime.errors import ConversionError
from train.checkpoint import read_card

_CUT_CURE = "check that the checkpoint loads in this environment"
_TUNE_CURE = "start the same command again: it goes on from the last epoch"

_CACHE = "cache"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Pruned:
    """Two checkpoints of the same fine-tuning."""

    pruned: Path
    control: Path


def prune(checkpoint: Path, request: PruneRequest, say: Say) -> Pruned:
    """Prune, or go on with what was cut short.

    Args:
        checkpoint: ``NAME.keras`` with its card.
        request: what to remove, and what to mend it with.
        say: receives one line per stage.

    Raises:
        ConversionError: the work folder holds another pruning, or a stage failed.
        DataError: the data cannot be read.
        RecipeError: the checkpoint has no card.
        KeyboardInterrupt: after Ctrl-C, once everything is saved.
    """
    request.work.mkdir(parents=True, exist_ok=True)
    _claim(checkpoint, request)
    card = read_card(checkpoint)
    say("preparing lines to fine-tune on")  # here, for the children may start no processes
    read_lines(request.data, card.charset, card.preprocessing, request.work / _CACHE)
    done = {
        label: _rounds(checkpoint, request, label, fraction, say)
        for label, fraction in (("pruned", request.fraction), ("control", 0.0))
    }
    return Pruned(done["pruned"], done["control"])


def _claim(checkpoint: Path, request: PruneRequest) -> None:
    """Note what the folder is for, or check that it is for this."""
    wanted = {**asdict(request), "checkpoint": sha256_of(checkpoint), "batch": BATCH}
    wanted["data"] = [str(folder.resolve()) for folder in request.data]
    wanted = {key: value for key, value in wanted.items() if key not in ("work", "max_loss")}
    path = request.work / "request.json"
    if path.is_file() and json.loads(path.read_text("utf-8")) != wanted:
        raise ConversionError(
            f"{request.work} holds a pruning with other settings: delete it, or choose another"
            " folder with --work"
        )
    write_atomically(path, json.dumps(wanted, indent=2) + "\n")


def _rounds(checkpoint: Path, request: PruneRequest, label: str, fraction: float, say: Say) -> Path:
    """All rounds of one of the two networks; the last checkpoint."""
    current = checkpoint
    count = request.rounds if request.mode == "channels" else 1
    share = 1.0 - (1.0 - fraction) ** (1.0 / count)  # of what the round before has left
    for number in range(1, count + 1):
        folder = request.work / label / f"round-{number}"
        work = Round(
            label=label,
            number=number,
            checkpoint=current,
            teacher=checkpoint,
            mode=request.mode,
            fraction=share,
            data=request.data,
            lines=-(-request.lines // count),
            rate=request.rate,
            folder=folder,
            cache=request.work / _CACHE,
        )
        _round(work, f"{label}, round {number} of {count}", say)
        current = work.result
    return current


def _round(work: Round, title: str, say: Say) -> None:
    if work.result.is_file():
        say(f"{title}: done before")
        return
    work.folder.mkdir(parents=True, exist_ok=True)
    if not work.start.is_file():
        if work.fraction and work.mode == "channels":
            say(f"{title}: measuring importance and removing {work.fraction:.0%} of the channels")
        run_stage("cut", _CUT_CURE, cut_network, work)
    say(f"{title}: fine-tuning on {work.lines} lines")
    if not run_talking_stage("fine-tune", _TUNE_CURE, fine_tune, work):
        say("saved; the same command goes on from here")
        raise KeyboardInterrupt


def pruning_notes(checkpoint: Path) -> list[dict[str, Any]]:
    """What each round did to a checkpoint, from its card."""
    notes: list[dict[str, Any]] = read_card(checkpoint).provenance.get("pruning", [])
    return notes
