"""Which arithmetic the convolutions train in.

bfloat16 halves the time of a step on a processor with AVX512-BF16 or AMX, and slows it down on one
without. Recurrent layers and the loss stay in float32 (each family says so layer by layer).
"""

from pathlib import Path

import keras

from edge_runtime.errors import RecipeError

_FLAGS = ("avx512_bf16", "amx_bf16", "bf16")


def set_policy(precision: str) -> str:
    """Set the Keras dtype policy for ``float32``, ``bfloat16`` or ``auto``; returns its name.

    Raises:
        RecipeError: not one of the three.
    """
    if precision not in ("auto", "float32", "bfloat16"):
        raise RecipeError(f"precision {precision!r}: auto, float32 or bfloat16")
    half = precision == "bfloat16" or (precision == "auto" and has_bfloat16())
    name = "mixed_bfloat16" if half else "float32"
    keras.config.set_dtype_policy(name)
    return name


def has_bfloat16() -> bool:
    """Whether the device that will compute has fast bfloat16: an accelerator, or such a CPU."""
    if keras.backend.backend() == "jax":
        import jax

        if jax.default_backend() != "cpu":
            return True
    if keras.backend.backend() == "torch":
        import torch

        if torch.cuda.is_available():
            return bool(torch.cuda.is_bf16_supported())
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    flags = next((row for row in text.splitlines() if row.startswith(("flags", "Features"))), "")
    return any(flag in flags.split() for flag in _FLAGS)
