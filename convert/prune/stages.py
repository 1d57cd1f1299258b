"""The two stages of a round, each for a child process: cut, and fine-tune.

The cut needs TensorFlow, for gradients. The fine-tuning is the project's training loop, on whatever
Keras backend the user trains with; Ctrl-C finishes the step and saves.
"""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from convert.prune.spec import BATCH, Round
from train.checkpoint import CheckpointCard, card_path, load_model, read_card, save_checkpoint

TEACHING = 1.0
"""Weight of the divergence from the teacher beside the CTC loss."""


def cut_network(work: Round) -> None:
    """Write the network that fine-tuning starts from, ``start.keras``.

    Raises:
        DataError: the data cannot be read.
        ConversionError: the checkpoint cannot be loaded.
    """
    from convert import graph
    from convert.prune.channels import find_channels
    from convert.prune.choose import keep
    from convert.prune.data import importance_batches, read_lines
    from convert.prune.importance import measure_importance
    from convert.prune.surgery import cut

    model, card = graph.load_checkpoint(work.checkpoint), read_card(work.checkpoint)
    sources, _ = read_lines(work.data, card.charset, card.preprocessing, work.cache)
    channels = find_channels(model)
    kept = set(range(channels.total))
    if work.mode == "channels" and work.fraction > 0:
        batches = importance_batches(sources, card.charset)
        scores = measure_importance(model, channels, batches)
        kept = keep(channels, scores, work.fraction)
    small = cut(model, channels, kept)
    save_checkpoint(small, _cut_card(card, work, model, small), work.start)


def _cut_card(card: CheckpointCard, work: Round, before: Any, after: Any) -> CheckpointCard:
    note = {
        "label": work.label,
        "mode": work.mode,
        "removed": work.fraction,
        "parameters": [before.count_params(), after.count_params()],
        "channels": {
            layer.name: [int(layer.output.shape[-1]), int(small.output.shape[-1])]
            for layer, small in zip(before.layers, after.layers, strict=True)
            if layer.weights and layer.output.shape[-1] != small.output.shape[-1]
        },
        "finetuned_lines": work.lines,
        "batch": BATCH,
        "learning_rate": work.rate,
    }
    rounds = [*card.provenance.get("pruning", []), note]
    config = card.config if not note["channels"] else {**card.config, "pruned": work.fraction}
    return replace(card, config=config, provenance={**card.provenance, "pruning": rounds})


def fine_tune(work: Round) -> bool:
    """Train the cut network, or go on with it; writes ``model.keras`` when done.

    Returns:
        Whether it is done; False after Ctrl-C.

    Raises:
        DataError: the data cannot be read.
        RecipeError: what was left of an earlier run does not fit.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from convert.prune.data import read_lines, recipe_of
    from convert.prune.sparsity import make_sparse, zeros_by_layer
    from train.distil import learn_from
    from train.loop import Job, train

    model, card = load_model(work.start), read_card(work.start)
    recipe = recipe_of(card, work)
    sources, development = read_lines(work.data, card.charset, card.preprocessing, work.cache)
    card.metrics.clear()
    job = Job(recipe, card.charset, sources, development, model, card, work.folder, "trained")

    def adapt(training: Any) -> None:
        learn_from(training, load_model(work.teacher), TEACHING)
        if work.mode == "weights" and work.fraction > 0:
            make_sparse(training, work.fraction, recipe.run.epochs * job.steps)

    job.adapt = adapt
    state = train(job, resume=(work.folder / "state.npz").is_file())
    if state.epoch < recipe.run.epochs:
        return False
    if work.mode == "weights":
        card.provenance["pruning"][-1]["zeros"] = zeros_by_layer(model)
        save_checkpoint(model, card, work.folder / "trained.keras")
    _publish(work.folder / "trained.keras", work.result)
    return True


def _publish(made: Path, result: Path) -> None:
    """Move a finished checkpoint into place, its card first: where the network is, both are."""
    shutil.move(card_path(made), card_path(result))
    made.replace(result)
