"""Which channels stay: the most important of each layer, or of the whole network."""

import numpy as np

from convert.prune.channels import Channels
from convert.prune.importance import Scores

MULTIPLE = 4
"""Layers keep a multiple of this many channels: kernels compute that many at a time."""


def keep(channels: Channels, scores: Scores, fraction: float) -> set[int]:
    """Roots of the channels that stay when each layer loses the same share.

    Args:
        channels: of the network.
        scores: importance of each root.
        fraction: share of each layer's channels to remove, 0 to below 1.

    Returns:
        The roots kept, the frozen ones left out.
    """
    frozen = channels.frozen_roots()
    kept: set[int] = set()
    for group in _groups(channels):
        blocks = [channels.roots(channels.blocks[i]) for i in group]
        roots = sorted({int(root) for block in blocks for root in block} - frozen)
        if not roots:
            continue
        ranked = sorted(roots, key=lambda root: -scores[root])
        kept.update(ranked[: _count(len(roots), fraction)])
    return kept


def _count(channels: int, fraction: float) -> int:
    wanted = channels * (1.0 - fraction)
    rounded = int(np.round(wanted / MULTIPLE)) * MULTIPLE
    return min(channels, max(MULTIPLE if channels >= MULTIPLE else 1, rounded))


def _groups(channels: Channels) -> list[list[int]]:
    """Blocks that share channels, such as the two sides of an addition, are pruned as one."""
    owner: dict[int, int] = {}
    groups: dict[int, list[int]] = {}
    for number, block in enumerate(channels.blocks):
        touched = {owner[int(root)] for root in channels.roots(block) if int(root) in owner}
        home = min(touched, default=number)
        for other in touched - {home}:
            groups[home] += groups.pop(other)
        groups.setdefault(home, []).append(number)
        for i in groups[home]:
            owner.update({int(root): home for root in channels.roots(channels.blocks[i])})
    return list(groups.values())
