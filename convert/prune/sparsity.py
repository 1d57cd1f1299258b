"""Magnitude pruning: the smallest weights of each layer are set to zero, more and more of them.

The share of zeros follows the cubic ramp of Zhu and Gupta, "To prune, or not to prune", 2017: fast
at first, slow at the end. It makes the file smaller once it is compressed, and no runtime faster:
a zero is multiplied like any other number.
"""

from typing import Any

import keras
import numpy as np

RAMP = 0.6
"""Share of the steps in which the zeros grow; the rest lets the network settle."""
EVERY = 16
"""Steps between choices of what is zero."""


def make_sparse(model: Any, fraction: float, steps: int) -> None:
    """Let a compiled model lose weights while it trains.

    Args:
        model: its ``train_on_batch`` is replaced; the step is the optimizer's, so that a resumed
            run goes on where it was.
        fraction: share of zeros in every kernel at the end.
        steps: of the whole run.
    """
    plain = model.train_on_batch
    masks: dict[str, Any] = {}

    def train_on_batch(*args: Any, **kwargs: Any) -> Any:
        logs = plain(*args, **kwargs)
        step = int(np.asarray(model.optimizer.iterations))
        if not masks or step % EVERY == 0 or step >= steps:
            share = share_of_zeros(fraction, step / (RAMP * steps))
            masks.update({v.path: _mask(v, share) for v in kernels(model)})
        for variable in kernels(model):
            variable.assign(variable * masks[variable.path])
        return logs

    model.train_on_batch = train_on_batch


def share_of_zeros(fraction: float, progress: float) -> float:
    """Zeros at a point of the ramp, 0 to 1 and beyond."""
    return fraction * (1.0 - (1.0 - min(1.0, progress)) ** 3)


def kernels(model: Any) -> list[Any]:
    """The variables that are pruned: all that are multiplied with, no biases, no normalisation."""
    return [v for v in model.trainable_variables if v.path.endswith("kernel") and v.ndim > 1]


def _mask(variable: Any, share: float) -> Any:
    values = np.abs(np.asarray(variable, np.float32))
    zeros = round(share * values.size)
    mask = np.ones(values.size, np.float32)
    if zeros:
        mask[np.argpartition(values.reshape(-1), zeros - 1)[:zeros]] = 0.0
    return keras.ops.convert_to_tensor(mask.reshape(values.shape))


def zeros_by_layer(model: Any) -> dict[str, float]:
    """Share of zeros in each kernel."""
    return {v.path: float(np.mean(np.asarray(v) == 0)) for v in kernels(model)}
