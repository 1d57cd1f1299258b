"""A student's loss has the divergence from its teacher in it, and the teacher stays as it is."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras

from edge_runtime.errors import RecipeError
from train.distil import learn_from

pytestmark = [pytest.mark.desktop]

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 4, 12, 1), np.uint8)


def network(classes: int, seed: int) -> Any:
    """From ink / 255, (batch, 4, W, 1), to logits (batch, W / 4, classes)."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((4, 12, 1))
    x = keras.layers.Conv2D(classes, 4, strides=4)(image)
    return keras.Model(image, keras.layers.Reshape((3, classes))(x))


def student(inner: Any, weight: float, teacher: Any) -> Any:
    """``inner`` on bytes, with no loss but what the teacher says."""
    image = keras.Input((4, 12, 1), dtype="uint8")
    model = keras.Model(image, inner(keras.ops.cast(image, "float32") / 255))
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss=lambda y, found: 0.0 * found[:, 0, 0])
    learn_from(model, teacher, weight)
    return model


def loss_of(model: Any) -> float:
    return float(model.test_on_batch(PIXELS, np.zeros((8, 1))))


def test_the_loss_is_the_weighted_divergence() -> None:
    own, teacher = network(5, 1), network(5, 2)
    logs = [keras.ops.log_softmax(net(PIXELS / np.float32(255))) for net in (teacher, own)]
    wanted, found = (keras.ops.convert_to_numpy(x) for x in logs)
    divergence = (np.exp(wanted) * (wanted - found)).sum(axis=(1, 2)).mean()
    assert loss_of(student(own, 0.5, teacher)) == pytest.approx(0.5 * divergence, rel=1e-4)
    assert loss_of(student(teacher, 0.5, teacher)) == pytest.approx(0.0, abs=1e-6)


def test_a_student_comes_to_say_what_its_teacher_says() -> None:
    teacher = network(5, 2)
    before = [w.copy() for w in teacher.get_weights()]
    model = student(network(5, 1), 1.0, teacher)
    first = loss_of(model)
    for _ in range(60):
        model.train_on_batch(PIXELS, np.zeros((8, 1)))
    assert loss_of(model) < 0.05 * first
    assert all(np.array_equal(a, b) for a, b in zip(before, teacher.get_weights(), strict=True))


def test_a_teacher_of_other_classes_is_refused() -> None:
    with pytest.raises(RecipeError, match="another charset"):
        student(network(5, 1), 1.0, network(6, 2))
