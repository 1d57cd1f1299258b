"""One network in training on PyTorch: CUDA graphs of its passes, loss, optimizer, running average.

Forward and backward are recorded once for each width of batch and replayed; the loss and the
optimizer, some fifty kernels, are launched as usual. On a CPU nothing is recorded.
"""

import copy
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.gpu.twin import Twin, Weights, keras_weights
from train.recipe import Recipe

_CAP_FLOOR = 1e-6


class _OneWidth(nn.Module):
    """A module of its own for each width, since a recorded module takes one shape only."""

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self.twin = twin

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.twin(image)
        return logits


class Learner:
    """A network and all that a step changes."""

    def __init__(self, twin: Twin, recipe: Recipe, total_steps: int, device: str) -> None:
        """Move the network to the device and set up its optimizer.

        Args:
            twin: with its initial weights.
            recipe: optimizer, loss.
            total_steps: of the whole run, for the schedule.
            device: ``cuda`` or ``cpu``.
        """
        self.twin = _placed(twin, device).train()
        self.settings, self.loss_settings = recipe.optimizer, recipe.loss
        self.total_steps, self.device, self.steps = total_steps, device, 0
        self.parameters = list(twin.parameters())
        self.optimizer = self._optimizer()
        self.average = [p.detach().clone() for p in self.parameters]
        self.loss = torch.zeros((), device=device)
        """Mean loss of about the last fifty steps, nats a line."""
        self._recorded: dict[int, nn.Module] = {}

    def _optimizer(self) -> torch.optim.AdamW:
        """AdamW; decay pulls weights towards zero, which has no sense for biases and scales."""
        plain = [p for p in self.parameters if p.ndim == 1]
        matrices = [p for p in self.parameters if p.ndim > 1]
        groups: list[dict[str, Any]] = [
            {"params": matrices, "weight_decay": self.settings.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, eps=1e-7, fused=self.device == "cuda")

    def record(self, widths: Sequence[int], batch: int, height: int) -> None:
        """Record both passes for batches of these widths."""
        before = copy.deepcopy(self.twin.state_dict())
        # One pool for all: no two of the graphs are ever in use at the same time.
        pool = torch.cuda.graph_pool_handle()
        for width in widths:
            image = torch.zeros((batch, 1, height, width), dtype=torch.uint8, device="cuda")
            module = _OneWidth(self.twin).train()
            self._recorded[width] = torch.cuda.make_graphed_callables(
                module, (image,), num_warmup_iters=2, pool=pool
            )
        with torch.no_grad():  # warming up has moved the statistics of batch normalisation
            for name, value in self.twin.state_dict().items():
                value.copy_(before[name])
        self.optimizer.zero_grad(set_to_none=True)
        torch.cuda.synchronize()

    def rate(self) -> float:
        """Learning rate of the next step: warm-up, then a half cosine, as in train/optimizer.py."""
        warmup = min(self.settings.warmup_steps, max(1, self.total_steps // 4))
        if self.steps < warmup:
            return self.settings.learning_rate * (0.01 + 0.99 * self.steps / warmup)
        done = (self.steps - warmup) / max(1, self.total_steps - warmup)
        return self.settings.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def step(
        self, image: Tensor, classes: Tensor, lengths: Tensor, wanted: Tensor | None = None
    ) -> None:
        """Learn from a batch.

        Args:
            image: uint8 (B, 1, H, W).
            classes: int64 (B, L), whatever lies beyond a line's length.
            lengths: int64 (B,) on the CPU, where the loss' kernel wants them.
            wanted: float32 (B, W / 4, classes), a teacher's log probabilities.
        """
        logits = self._recorded.get(image.shape[3], self.twin)(image)
        found = functional.log_softmax(logits.float(), 2)
        loss = total = self._ctc(found, classes, lengths)
        if wanted is not None:
            divergence = (wanted.exp() * (wanted - found)).sum((1, 2)).mean()
            total = loss + self.loss_settings.distil * divergence
        total.backward()
        if self.settings.clip_norm:
            nn.utils.clip_grad_norm_(self.parameters, self.settings.clip_norm, foreach=True)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._follow(loss.detach())
        self.steps += 1

    def _ctc(self, found: Tensor, classes: Tensor, lengths: Tensor) -> Tensor:
        """Mean over the lines, capped as train/loss.py caps it."""
        steps = torch.full((found.shape[0],), found.shape[1], dtype=torch.long)
        losses = functional.ctc_loss(
            found.transpose(0, 1),
            classes,
            steps,
            lengths,
            blank=found.shape[2] - 1,
            reduction="none",
            zero_infinity=True,
        )
        if self.loss_settings.cap:
            limit = self.loss_settings.cap * lengths.clamp(min=1).to(losses, non_blocking=True)
            losses = losses * (limit / losses.detach().clamp(min=_CAP_FLOOR)).clamp(max=1.0)
        return losses.mean()

    @torch.no_grad()
    def _follow(self, loss: Tensor) -> None:
        """Move the averages; while there are few steps, the average is over fewer."""
        rate = min(self.settings.average, (1 + self.steps) / (10 + self.steps))
        own = [p.detach() for p in self.parameters]
        torch._foreach_lerp_(self.average, own, 1 - rate)
        self.loss.lerp_(loss, max(0.02, 1 / (1 + self.steps)))

    def averaged_weights(self) -> Weights:
        """The running average under Keras' names, statistics of normalisation included."""
        return keras_weights(self.twin, dict(zip(self.parameters, self.average, strict=True)))

    def state(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return {
            "network": self.twin.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "steps": self.steps,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from ``state()``; before ``record``, or after."""
        with torch.no_grad():
            for name, value in self.twin.state_dict().items():
                value.copy_(state["network"][name])
            for own, kept in zip(self.average, state["average"], strict=True):
                own.copy_(kept)
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps = state["steps"]


class Teacher:
    """A network that is not trained, and says what stands in a batch."""

    def __init__(self, twin: Twin, device: str) -> None:
        self._twin = _placed(twin, device).eval()

    @torch.no_grad()
    def __call__(self, image: Tensor) -> Tensor:
        """Log probabilities, float32 (B, W / 4, classes)."""
        return functional.log_softmax(self._twin(image).float(), 2)


def _placed(twin: Twin, device: str) -> Twin:
    """On the device, its pictures with the channels last there, as tensor cores want them."""
    if device != "cuda":
        return twin.to(device)
    twin = twin.to(device, memory_format=torch.channels_last)
    for gru in twin.grus:
        gru.flatten_parameters()
    return twin
