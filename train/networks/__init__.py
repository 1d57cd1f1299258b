"""The network families by name. Each file holds one family: a config and a builder.

Every network maps float32 (batch, H, W, 1), ink / 255, to float32 logits (batch, T, classes) with
the CTC blank as the last class.
"""

from collections.abc import Callable
from dataclasses import asdict, fields
from importlib import import_module
from typing import Any, NamedTuple

from edge_runtime.errors import RecipeError


class _Family(NamedTuple):
    module: str
    config: str
    builder: str
    time_stride: int


_FAMILIES = {
    "slim-gru": _Family("slim_gru", "SlimGruConfig", "build_slim_gru", 4),
    "cnn": _Family("cnn", "CnnConfig", "build_cnn", 4),
    "conv-attention": _Family("conv_attention", "ConvAttentionConfig", "build_conv_attention", 4),
    "seed": _Family("seed", "SeedConfig", "build_seed", 9),
}

FAMILIES = tuple(_FAMILIES)


def time_stride(family: str) -> int:
    """Columns of the picture to one time step of the output."""
    return _family(family).time_stride


def resolve_config(family: str, size: str | None, values: dict[str, Any]) -> dict[str, Any]:
    """Full settings of a network: those of the size, overridden by ``values``.

    Raises:
        RecipeError: the family, the size or a setting is not known.
    """
    entry = _family(family)
    module = import_module(f"train.networks.{entry.module}")
    config_type = getattr(module, entry.config)
    sizes = getattr(module, "SIZES", {})
    if size is not None and size not in sizes:
        known = ", ".join(sizes) or "none, leave size out"
        raise RecipeError(f"{family} has no size {size!r}: {known}")
    config = asdict(sizes[size]) if size is not None else asdict(config_type())
    names = {f.name for f in fields(config_type)}
    for name, value in values.items():
        if name not in names:
            raise RecipeError(f"{family} has no setting {name!r}: {', '.join(sorted(names))}")
        config[name] = value
    return config


def build_network(family: str, config: dict[str, Any], classes: int) -> Any:
    """Build a Keras model under the dtype policy in force.

    Args:
        family: one of ``FAMILIES``.
        config: as from ``resolve_config`` or a checkpoint's card.
        classes: output classes including the CTC blank.

    Raises:
        RecipeError: the family or a setting is not known, or has a wrong value.
    """
    entry = _family(family)
    module = import_module(f"train.networks.{entry.module}")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
    try:
        settings = getattr(module, entry.config)(**values)
    except TypeError as error:
        raise RecipeError(f"{family}: {error}") from None
    builder: Callable[..., Any] = getattr(module, entry.builder)
    return builder(settings, classes)


def _family(name: str) -> _Family:
    if name not in _FAMILIES:
        raise RecipeError(f"no network family {name!r}: {', '.join(FAMILIES)}")
    return _FAMILIES[name]
