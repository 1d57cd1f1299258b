"""What a training in the test's own process leaves behind is put back."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def float32_policy_again() -> Iterator[None]:
    """A recipe sets Keras' policy for the whole process: later tests would compute in bfloat16."""
    yield
    keras = sys.modules.get("keras")
    if keras is not None and hasattr(keras, "config"):
        keras.config.set_dtype_policy("float32")
