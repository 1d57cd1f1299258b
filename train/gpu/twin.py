"""The slim-gru network in PyTorch: layer for layer, and weight for weight, that of Keras."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from train.networks.slim_gru import SlimGruConfig
from train.networks.stem import BATCH_NORM_MOMENTUM

Array = npt.NDArray[np.float32]
Weights = dict[str, Array]
"""Weights by their Keras path, such as ``stem0_conv/kernel``; see ``path_of``."""

_NARROWING = ((2, 2), (2, 1), (2, 1))


def path_of(variable: Any) -> str:
    """A Keras variable's path; a new model's names the wrapper of a GRU too, a loaded one's not."""
    first, _, rest = str(variable.path).partition("/")
    return rest if first.startswith("bigru") else f"{first}/{rest}"


def values_of(model: Any) -> Weights:
    """The weights of a Keras network."""
    return {path_of(v): np.array(keras.ops.convert_to_numpy(v)) for v in model.weights}


def give_values(model: Any, weights: Mapping[str, Array]) -> None:
    """Set the weights of a Keras network."""
    for variable in model.weights:
        variable.assign(weights[path_of(variable)])


def _norm(channels: int) -> nn.BatchNorm2d:
    """Keras' epsilon, and its momentum, which PyTorch counts from the other end."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=1 - BATCH_NORM_MOMENTUM)


def _pad(x: Tensor, kernel: tuple[int, int], strides: tuple[int, int], value: float) -> Tensor:
    """Keras' "same" padding: what is odd goes to the bottom and to the right."""
    need = []
    for size, k, stride in zip(x.shape[2:], kernel, strides, strict=True):
        total = max((-(-size // stride) - 1) * stride + k - size, 0)
        need.append((total // 2, total - total // 2))
    if not any(sum(pair) for pair in need):
        return x
    return functional.pad(x, (*need[1], *need[0]), value=value)


class Normalised(nn.Module):
    """Convolution, batch normalisation and, unless told otherwise, ReLU."""

    def __init__(
        self, inputs: int, channels: int, kernel: int, strides: tuple[int, int], *, relu: bool
    ) -> None:
        super().__init__()
        self.kernel, self.strides, self.relu = (kernel, kernel), strides, relu
        self.conv = nn.Conv2d(inputs, channels, kernel, strides, bias=False)
        self.norm = _norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, channels, H / strides, W / strides)."""
        x = self.norm(self.conv(_pad(x, self.kernel, self.strides, 0.0)))
        return functional.relu(x) if self.relu else x


class Block(nn.Module):
    """Two 3x3 convolutions added to what came in, which a narrowing block narrows alike."""

    def __init__(self, inputs: int, channels: int, strides: tuple[int, int]) -> None:
        super().__init__()
        self.strides = strides
        self.a = Normalised(inputs, channels, 3, strides, relu=True)
        self.b = Normalised(channels, channels, 3, (1, 1), relu=False)
        narrowing = strides != (1, 1)
        self.short = Normalised(inputs, channels, 1, (1, 1), relu=False) if narrowing else None

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, channels, H / strides, W / strides)."""
        y = self.b(self.a(x))
        if self.short is not None:
            padded = _pad(x, self.strides, self.strides, float("-inf"))
            x = self.short(functional.max_pool2d(padded, self.strides, self.strides))
        return functional.relu(x + y)


class Twin(nn.Module):
    """uint8 (B, 1, H, W), W a multiple of 4, to float32 logits (B, W / 4, classes)."""

    def __init__(self, config: SlimGruConfig, classes: int, *, half: bool) -> None:
        """Build it with fresh weights; ``half`` computes the convolutions in bfloat16."""
        super().__init__()
        self.half, self.dropout = half, config.dropout
        self.stem0 = Normalised(1, config.first, 5, (2, 2), relu=True)
        self.blocks = nn.ModuleDict()
        channels, rows = config.first, -(-config.height // 2)
        for i, stage in enumerate(zip(config.stages, config.depths, _NARROWING, strict=True), 1):
            width, depth, strides = stage
            self.blocks[f"stem{i}"] = Block(channels, width, strides)
            for extra in range(2, depth + 1):
                self.blocks[f"stem{i}_{extra}"] = Block(width, width, (1, 1))
            channels, rows = width, -(-rows // 2)
        self.fold = nn.Conv2d(channels, config.features, (rows, 1), bias=False)
        self.fold_norm = _norm(config.features)
        self.grus = nn.ModuleList()
        inputs = config.features
        for units in config.units:
            self.grus.append(nn.GRU(inputs, units, batch_first=True, bidirectional=True))
            inputs = 2 * units
        self.head = nn.Linear(inputs, classes)

    def forward(self, image: Tensor) -> Tensor:
        """The logits; dropout and batch statistics follow ``training``."""
        device = image.device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.half, cache_enabled=False):
            x = (image.float() * (1 / 255)).to(memory_format=torch.channels_last)
            x = self.stem0(x)
            for block in self.blocks.values():
                x = block(x)
            x = functional.relu(self.fold_norm(self.fold(x)))
            x = functional.dropout(x, self.dropout, self.training)
        x = x.float().squeeze(2).transpose(1, 2).contiguous()
        for gru in self.grus:
            x, _ = gru(x)
            x = functional.dropout(x, self.dropout, self.training)
        logits: Tensor = self.head(x)
        return logits


@dataclass(frozen=True)
class _Weight:
    """One weight of Keras and the tensors here that hold it."""

    path: str
    tensors: tuple[Tensor, ...]
    from_keras: Callable[[Array], tuple[Array, ...]]
    to_keras: Callable[[tuple[Array, ...]], Array]


def _plain(path: str, tensor: Tensor) -> _Weight:
    return _Weight(path, (tensor,), lambda a: (a,), lambda a: a[0])


def _turned(path: str, tensor: Tensor, axes: tuple[int, ...]) -> _Weight:
    """``axes`` turn Keras' order into PyTorch's."""
    back = tuple(int(i) for i in np.argsort(axes))
    return _Weight(path, (tensor,), lambda a: (a.transpose(axes),), lambda a: a[0].transpose(back))


def _swap(gates: Array) -> Array:
    """Update, reset, new (Keras) to reset, update, new (PyTorch) on the first axis, or back."""
    first, second, new = np.split(gates, 3)
    return np.concatenate([second, first, new])


def _gru(path: str, gru: nn.GRU, suffix: str) -> list[_Weight]:
    """One direction; Keras keeps both biases in one array."""

    def matrix(name: str, tensor: Tensor) -> _Weight:
        place = f"{path}/gru_cell/{name}"
        return _Weight(place, (tensor,), lambda a: (_swap(a.T),), lambda a: _swap(a[0]).T)

    biases = (getattr(gru, f"bias_ih_{suffix}"), getattr(gru, f"bias_hh_{suffix}"))
    return [
        matrix("kernel", getattr(gru, f"weight_ih_{suffix}")),
        matrix("recurrent_kernel", getattr(gru, f"weight_hh_{suffix}")),
        _Weight(
            f"{path}/gru_cell/bias",
            biases,
            lambda a: (_swap(a[0]), _swap(a[1])),
            lambda a: np.stack([_swap(a[0]), _swap(a[1])]),
        ),
    ]


def _norm_weights(path: str, norm: nn.BatchNorm2d) -> list[_Weight]:
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:
        raise RuntimeError("a normalisation without running statistics")
    return [
        _plain(f"{path}/gamma", norm.weight),
        _plain(f"{path}/beta", norm.bias),
        _plain(f"{path}/moving_mean", mean),
        _plain(f"{path}/moving_variance", variance),
    ]


def _conv_weights(path: str, layer: Normalised) -> list[_Weight]:
    kernel = _turned(f"{path}_conv/kernel", layer.conv.weight, (3, 2, 0, 1))
    return [kernel, *_norm_weights(f"{path}_norm", layer.norm)]


def _weights(twin: Twin) -> list[_Weight]:
    out = _conv_weights("stem0", twin.stem0)
    for name, block in twin.blocks.items():
        out += _conv_weights(f"{name}a", block.a) + _conv_weights(f"{name}b", block.b)
        if block.short is not None:
            out += _conv_weights(f"{name}_short", block.short)
    out.append(_turned("fold_conv/kernel", twin.fold.weight, (3, 2, 0, 1)))
    out += _norm_weights("fold_norm", twin.fold_norm)
    for i, gru in enumerate(twin.grus, 1):
        out += _gru(f"forward_gru{i}", gru, "l0") + _gru(f"backward_gru{i}", gru, "l0_reverse")
    out.append(_turned("head/kernel", twin.head.weight, (1, 0)))
    return [*out, _plain("head/bias", twin.head.bias)]


@torch.no_grad()
def load_weights(twin: Twin, weights: Mapping[str, Array]) -> None:
    """Take a Keras network's weights.

    Raises:
        KeyError: one is missing.
    """
    for weight in _weights(twin):
        values = weight.from_keras(weights[weight.path])
        for tensor, value in zip(weight.tensors, values, strict=True):
            tensor.copy_(torch.from_numpy(np.ascontiguousarray(value)))


@torch.no_grad()
def keras_weights(twin: Twin, instead: Mapping[Tensor, Tensor] | None = None) -> Weights:
    """The weights under Keras' names; ``instead`` gives other values for some parameters."""
    chosen: Mapping[Any, Tensor] = instead or {}
    out = {}
    for weight in _weights(twin):
        values = [chosen.get(t, t).detach().float().cpu().numpy() for t in weight.tensors]
        out[weight.path] = np.ascontiguousarray(weight.to_keras(tuple(values)))
    return out
