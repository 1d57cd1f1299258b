"""The optimizer of a recipe: Adam or AdamW, with warm-up and cosine decay or a constant rate."""

from typing import Any

import keras

from edge_runtime.errors import RecipeError
from train.recipe import OptimizerSettings


def build_optimizer(settings: OptimizerSettings, total_steps: int) -> Any:
    """An optimizer for a run of ``total_steps`` batches.

    Raises:
        RecipeError: its name or schedule is not known, or a plateau is asked of a schedule.
    """
    rate = _rate(settings, total_steps)
    shared: dict[str, Any] = {"global_clipnorm": settings.clip_norm or None}
    if settings.average:
        shared |= {"use_ema": True, "ema_momentum": settings.average}
    if settings.name == "adamw":
        optimizer = keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay, **shared)
        # Decay pulls weights towards zero; for biases and normalisation that has no sense.
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return optimizer
    if settings.name == "adam":
        return keras.optimizers.Adam(rate, **shared)
    raise RecipeError(f"no optimizer {settings.name!r}: adamw or adam")


def _rate(settings: OptimizerSettings, total_steps: int) -> Any:
    if settings.schedule == "constant":
        return settings.learning_rate
    if settings.schedule != "cosine":
        raise RecipeError(f"no schedule {settings.schedule!r}: cosine or constant")
    if settings.plateau_patience:
        raise RecipeError("plateau_patience needs schedule = 'constant'")
    warmup = min(settings.warmup_steps, max(1, total_steps // 4))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=settings.learning_rate * 0.01,
        decay_steps=max(1, total_steps - warmup),
        warmup_target=settings.learning_rate,
        warmup_steps=warmup,
    )


def lower_rate(optimizer: Any, factor: float) -> float:
    """Multiply a constant learning rate by ``factor``; returns the new one."""
    rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate)) * factor
    optimizer.learning_rate = rate
    return rate
