"""The loop that a recurrence becomes in a TFLite file: several time steps per turn, static shapes.

TFLite has no GRU operator. Keras' own export is a WHILE loop around a tensor list, whose sizes are
not known when the graph is prepared; that switches the XNNPACK delegate off for the whole file, the
convolutions included. Here every shape inside and around the loop follows from the input's shape:

* one big matmul outside the loop projects all time steps at once, only the recurrent part stays in;
* ``CHUNK`` steps are done per turn, which spreads the cost of a turn;
* the outputs are kept in a buffer of full length that is shifted by a chunk per turn;
* both directions of a bidirectional layer run in the same loop, the backward one on reversed time,
  as rows of one state: half as many operators to store and to start.

Nothing depends on the number of time steps, so a file with a dynamic width can be resized.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from convert.layout import CHUNK

Tensor = Any
Step = Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]
"""(projected input (directions, gates), states) -> new states; the first state is the output."""


def chunked_loop(projected: Tensor, step: Step, states: int, units: int) -> Tensor:
    """Run a recurrence over time.

    Args:
        projected: float32 (T, directions, gates): the input part of the gates at each step.
            An unknown T must be a multiple of ``CHUNK`` at run time; a known one may be anything.
        step: one time step.
        states: how many state arrays ``step`` carries.
        units: columns of each state, float32 (directions, units), zero at the start.

    Returns:
        float32 (T, directions, units): the first state after each step.
    """
    length, directions, gates = projected.shape
    if length is not None and length % CHUNK:
        projected = tf.pad(projected, [[0, -length % CHUNK], [0, 0], [0, 0]])
    chunks = tf.reshape(projected, (-1, CHUNK, directions, gates))
    turns = tf.shape(chunks)[0]

    def turn(index: Tensor, outputs: Tensor, *carried: Tensor) -> tuple[Tensor, ...]:
        new = []
        for one in tf.unstack(tf.gather(chunks, index), CHUNK, axis=0):
            carried = step(one, carried)
            new.append(carried[0])
        shifted = tf.concat([outputs[CHUNK:], tf.stack(new, axis=0)], axis=0)
        return (index + 1, shifted, *carried)

    # Zeros of the right size without a computed shape, which would make the buffer a dynamic
    # tensor to tflite-runtime 2.14.
    empty = tf.zeros_like(tf.reshape(chunks[..., :units], (-1, directions, units)))
    zero = tf.zeros((directions, units))
    start = (tf.constant(0), empty, *[zero] * states)
    outputs = tf.while_loop(lambda index, *_: index < turns, turn, start)[1]
    return outputs if length is None else outputs[:length]


def unrolled_loop(projected: Tensor, step: Step, states: int, units: int) -> Tensor:
    """The same without a loop, every time step written out: full int8 cannot quantize a loop.

    Args:
        projected: float32 (T, directions, gates) of known T.
        step: one time step.
        states: how many state arrays ``step`` carries.
        units: columns of each state.

    Returns:
        float32 (T, directions, units): the first state after each step.
    """
    _, directions, _ = projected.shape
    carried: tuple[Tensor, ...] = (tf.zeros((directions, units)),) * states
    outputs = []
    for one in tf.unstack(projected, axis=0):
        carried = step(one, carried)
        outputs.append(carried[0])
    return tf.stack(outputs, axis=0)
