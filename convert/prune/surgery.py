"""Cuts a network down to the channels that are kept: smaller layers, the weights that remain."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from convert.prune.channels import Channels, Ids
from convert.refusals import is_recurrent

Layer = Any
Mask = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.float32]


def cut(model: Any, channels: Channels, kept: set[int]) -> Any:
    """A network with the kept channels alone.

    Args:
        model: the trained network; not changed.
        channels: of this network.
        kept: roots of the channels that stay; frozen ones stay in any case.

    Returns:
        A model of the same layers by name, type and precision, with fewer channels.
    """
    stay = kept | channels.frozen_roots()

    def mask(ids: Ids) -> Mask:
        return np.isin(channels.roots(ids), list(stay))

    def resized(layer: Layer) -> Layer:
        return type(layer).from_config(_config(layer, channels, mask))

    small = keras.models.clone_model(model, clone_function=resized)
    for layer in model.layers:
        if layer.weights:
            small.get_layer(layer.name).set_weights(_weights(layer, channels, mask))
    return small


def _config(layer: Layer, channels: Channels, mask: Any) -> dict[str, Any]:
    config: dict[str, Any] = layer.get_config()
    if layer.name in channels.units:
        count = int(mask(channels.units[layer.name][0]).sum())
        for inner in ("layer", "backward_layer"):
            if isinstance(config.get(inner), dict):
                config[inner]["config"]["units"] = count
                config[inner].pop("build_config", None)  # it would be built for the old input
        if "units" in config:
            config["units"] = count
    elif layer.name in channels.outputs:
        count = int(mask(channels.outputs[layer.name]).sum())
        for size in ("filters", "units"):
            if size in config:
                config[size] = count
        if isinstance(layer, keras.layers.Reshape):
            config["target_shape"] = (*config["target_shape"][:-1], count)
    return config


def _weights(layer: Layer, channels: Channels, mask: Any) -> list[Weights]:
    """The layer's weights, in Keras' order, without the rows and columns that go."""
    arrays = [np.asarray(weight, np.float32) for weight in layer.get_weights()]
    if layer.name not in channels.outputs:
        return arrays
    given, made = mask(channels.inputs[layer.name]), mask(channels.outputs[layer.name])
    if is_recurrent(layer):
        directions = channels.units[layer.name]
        each = len(arrays) // len(directions)
        return [
            array
            for i, units in enumerate(directions)
            for array in _recurrent(arrays[i * each : (i + 1) * each], given, mask(units))
        ]
    names = [weight.path.split("/")[-1] for weight in layer.weights]
    return [_sliced(a, name, given, made) for a, name in zip(arrays, names, strict=True)]


def _recurrent(arrays: list[Weights], given: Mask, units: Mask) -> list[Weights]:
    """Kernel (features, gates), recurrent kernel (units, gates) and bias (..., gates)."""
    kernel, recurrent, *bias = arrays
    gates = np.tile(units, kernel.shape[1] // len(units))
    return [kernel[given][:, gates], recurrent[units][:, gates], *(b[..., gates] for b in bias)]


def _sliced(array: Weights, name: str, given: Mask, made: Mask) -> Weights:
    if name in ("depthwise_kernel",) or (name == "kernel" and array.shape[-1] != len(made)):
        return array[..., given, :]  # (..., channels, multiplier)
    if name in ("kernel", "pointwise_kernel"):
        return array[..., given, :][..., made]
    return array[made]  # bias, and all of a normalisation
