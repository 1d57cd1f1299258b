"""Starts a network from another checkpoint's weights, also when the charset has changed.

Layers are matched by name. The head's columns are matched by symbol, so that a new alphabet keeps
what the old one knew; symbols new to it start from the blank's bias and small random weights.
"""

from pathlib import Path
from typing import Any

import numpy as np

from edge_runtime.charset import Charset
from edge_runtime.errors import RecipeError
from train.checkpoint import load_model, read_card
from train.progress import console


def transfer_weights(checkpoint: Path, model: Any, charset: Charset) -> list[str]:
    """Copy what fits from a checkpoint into ``model``.

    Returns:
        Names of the layers that kept their fresh weights.

    Raises:
        RecipeError: the checkpoint is unusable, or nothing of it fits.
    """
    old_charset = read_card(checkpoint).charset
    old_layers = {layer.name: layer for layer in load_model(checkpoint).layers if layer.weights}
    fresh, copied = [], 0
    for layer in model.layers:
        if not layer.weights:
            continue
        old = old_layers.get(layer.name)
        new_weights = None
        if old is not None:
            new_weights = _fitted(old.get_weights(), layer.get_weights(), old_charset, charset)
        if new_weights is None:
            fresh.append(layer.name)
        else:
            layer.set_weights(new_weights)
            copied += 1
    if not copied:
        raise RecipeError(f"{checkpoint}: no layer fits this network; is it of another family?")
    if fresh:
        console.print(f"fresh weights in {', '.join(fresh)}")
    return fresh


def _fitted(
    old: list[Any], new: list[Any], old_charset: Charset, charset: Charset
) -> list[Any] | None:
    """The old weights in the new shapes, or None if they do not fit."""
    if len(old) != len(new):
        return None
    head = (len(old_charset) + 1, len(charset) + 1)
    out = []
    for a, b in zip(old, new, strict=True):
        is_head = a.shape[-1:] == head[:1] and b.shape[-1:] == head[1:]
        if is_head and a.shape[:-1] == b.shape[:-1]:
            out.append(_remap(a, b, old_charset, charset))
        elif a.shape == b.shape:
            out.append(a)
        else:
            return None
    return out


def _remap(old: Any, new: Any, old_charset: Charset, charset: Charset) -> Any:
    """Columns of the head by symbol; both blanks are last."""
    out = np.array(new)
    for i, j in old_charset.positions(charset):
        out[..., j] = old[..., i]
    out[..., charset.blank] = old[..., old_charset.blank]
    return out
