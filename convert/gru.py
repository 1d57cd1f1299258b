"""Keras GRU and LSTM layers as loops that TFLite runs well, rebuilt from their trained weights.

The gates follow Keras: z, r, h for a GRU and i, f, c, o for an LSTM, in this order along the
columns of the kernels. A ``Direction`` is the weights of one way through time; two share a loop.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from convert.loop import Tensor, chunked_loop, unrolled_loop

Weights = npt.NDArray[np.float32]
Activation = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Direction:
    """The weights of a recurrent layer in one direction, as plain arrays."""

    kind: str
    """``GRU`` or ``LSTM``"""
    kernel: Weights
    """(features, gates)"""
    recurrent: Weights
    """(units, gates)"""
    input_bias: Weights
    """(gates,)"""
    recurrent_bias: Weights
    """(gates,): zero but for a GRU with ``reset_after``"""
    reset_after: bool
    """GRU: the reset gate acts after the recurrent matmul, not before it."""
    backward: bool
    """Runs from the last time step to the first."""
    activation: Activation
    gate_activation: Activation

    @property
    def units(self) -> int:
        """Columns of the output."""
        return len(self.recurrent)

    @classmethod
    def from_keras(cls, layer: Any, backward: bool = False) -> "Direction":
        """Take over a built Keras GRU or LSTM."""
        kind, cell = type(layer).__name__, layer.cell
        arrays = [np.asarray(weight, np.float32) for weight in cell.get_weights()]
        kernel, recurrent = arrays[:2]
        bias = arrays[2] if len(arrays) > 2 else np.zeros(kernel.shape[1], np.float32)
        pair = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
        return cls(
            kind=kind,
            kernel=kernel,
            recurrent=recurrent,
            input_bias=pair[0],
            recurrent_bias=pair[1],
            reset_after=bool(getattr(cell, "reset_after", False)),
            backward=backward,
            activation=cell.activation,
            gate_activation=cell.recurrent_activation,
        )


def run_directions(
    inputs: Tensor, directions: Sequence[Direction], *, unrolled: bool = False
) -> list[Tensor]:
    """Run one or two directions of the same kind and size over a sequence.

    Args:
        inputs: float32 (T, features).
        directions: the weights; each with the same kind, units and activations.
        unrolled: every step written out instead of a loop; T must be known.

    Returns:
        For each direction, float32 (T, units) in the order of the input's time.
    """
    first = directions[0]
    columns = tf.concat([_project(inputs, one) for one in directions], axis=-1)
    projected = tf.reshape(columns, (-1, len(directions), first.kernel.shape[1]))
    step, states = (_gru_step, 1) if first.kind == "GRU" else (_lstm_step, 2)
    run = unrolled_loop if unrolled else chunked_loop
    outputs = run(projected, lambda x, carried: step(x, carried, directions), states, first.units)
    flat = tf.reshape(outputs, (-1, len(directions) * first.units))
    parts = tf.split(flat, len(directions), axis=-1) if len(directions) > 1 else [flat]
    return [
        tf.reverse(part, [0]) if one.backward else part
        for part, one in zip(parts, directions, strict=True)
    ]


def _project(inputs: Tensor, one: Direction) -> Tensor:
    """Input part of all gates at all steps, with every bias that may be added early.

    float32 (T, features) -> (T, gates), in reversed time for the backward direction.
    """
    bias = one.input_bias
    if one.reset_after:  # the candidate's recurrent bias is scaled by r: it stays in the loop
        gated = 2 * one.units
        bias = bias + np.concatenate([one.recurrent_bias[:gated], np.zeros(one.units, np.float32)])
    projected = tf.matmul(inputs, one.kernel) + bias
    return tf.reverse(projected, [0]) if one.backward else projected


def _rows(state: Tensor, weights: Sequence[Weights], biases: Sequence[Weights] | None) -> Tensor:
    """Multiply row i of a state (directions, units) with weights i -> (directions, columns)."""
    rows = tf.split(state, len(weights), axis=0) if len(weights) > 1 else [state]
    products = [tf.matmul(row, weight) for row, weight in zip(rows, weights, strict=True)]
    if biases is not None:
        products = [product + bias for product, bias in zip(products, biases, strict=True)]
    return tf.concat(products, axis=0) if len(products) > 1 else products[0]


def _gru_step(
    x: Tensor, carried: tuple[Tensor, ...], directions: Sequence[Direction]
) -> tuple[Tensor, ...]:
    (h,), one = carried, directions[0]
    update, reset, candidate = tf.split(x, 3, axis=-1)
    gated = 2 * one.units
    if one.reset_after:
        held = [np.zeros(gated, np.float32) for _ in directions]
        biases = [
            np.concatenate([zero, d.recurrent_bias[gated:]])
            for zero, d in zip(held, directions, strict=True)
        ]
        products = _rows(h, [d.recurrent for d in directions], biases)
        add_z, add_r, add_c = tf.split(products, 3, axis=-1)
        recalled = one.gate_activation(reset + add_r) * add_c
    else:
        products = _rows(h, [d.recurrent[:, :gated] for d in directions], None)
        add_z, add_r = tf.split(products, 2, axis=-1)
        kept = one.gate_activation(reset + add_r) * h
        recalled = _rows(kept, [d.recurrent[:, gated:] for d in directions], None)
    z = one.gate_activation(update + add_z)
    new = one.activation(candidate + recalled)
    return (new + z * (h - new),)


def _lstm_step(
    x: Tensor, carried: tuple[Tensor, ...], directions: Sequence[Direction]
) -> tuple[Tensor, ...]:
    (h, cell), one = carried, directions[0]
    gates = x + _rows(h, [d.recurrent for d in directions], None)
    write, keep, content, read = tf.split(gates, 4, axis=-1)
    cell = one.gate_activation(keep) * cell + one.gate_activation(write) * one.activation(content)
    return one.gate_activation(read) * one.activation(cell), cell
