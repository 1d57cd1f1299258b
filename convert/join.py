"""Converted parts as one network: joined, checked for what no device could run, slimmed."""

from collections.abc import Sequence

from convert import operators, schema
from convert.export import INPUT_NAME, OUTPUT_NAME
from convert.stitch import stitch


def join(contents: Sequence[bytes]) -> bytes:
    """Join the files of a network's parts, in order.

    Raises:
        ConversionError: they do not fit, or an operator is no builtin or crashes a runtime.
    """
    model = stitch(*contents)
    operators.refuse_foreign(model)
    operators.refuse_crashing(model)
    schema.slim(model, INPUT_NAME, OUTPUT_NAME)
    return schema.write(model)
