"""The running average of the weights: swapped in for evaluation and checkpoints, then out again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def averaged(model: Any) -> Iterator[None]:
    """Give a compiled model its optimizer's averaged weights for a while, if it keeps any.

    The statistics of batch normalisation are running averages already and stay as they are.
    """
    optimizer = model.optimizer
    if not optimizer.use_ema:
        yield
        return
    variables = model.trainable_variables
    own = [np.array(v) for v in variables]
    optimizer.finalize_variable_values(variables)
    try:
        yield
    finally:
        for variable, value in zip(variables, own, strict=True):
            variable.assign(value)
