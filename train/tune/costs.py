"""What candidates cost on a device, from their untrained networks, in a process of its own.

    python -m train.tune.costs < request.json > costs.json

So the searching process needs no Keras, and holds no memory that the trainings beside it want.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

from edge_runtime.child_python import child_environment
from edge_runtime.errors import EdgeHtrError
from train.recipe import Recipe, recipe_from_dict
from train.tune.candidates import Candidate

Costs = dict[str, Any]
"""parameters, macs, width (pixels of the widest line), bytes; or error."""


def ask_costs(found: Sequence[Candidate], charset: Path | None) -> list[Costs]:
    """The costs of each candidate; ``error`` says why one cannot be built.

    Raises:
        EdgeHtrError: the charset cannot be read, or the process died.
    """
    request = {"charset": charset and str(charset), "recipes": [one.values for one in found]}
    done = subprocess.run(
        [sys.executable, "-m", "train.tune.costs"],
        input=json.dumps(request),
        capture_output=True,
        encoding="utf-8",
        env=child_environment(),
        check=False,
    )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise EdgeHtrError(f"costs cannot be counted ({last})") from None
    if "error" in answer:
        raise EdgeHtrError(answer["error"])
    return list(answer["costs"])


def count_costs(recipe: Recipe, classes: int) -> Costs:
    """Costs of a recipe's network.

    Args:
        recipe: what is trained.
        classes: of the output, the CTC blank included.

    Raises:
        EdgeHtrError: the network cannot be built or holds a layer of unknown cost.
    """
    from train.networks import time_stride
    from train.prepare import CHUNK, network_of
    from train.tune.layer_macs import layer_macs

    model, _ = network_of(recipe, classes)
    step = time_stride(recipe.network.family) * CHUNK
    width = model.input_shape[2] or -(-recipe.preprocessing.max_width // step) * step
    return {
        "parameters": int(model.count_params()),
        "macs": sum(layer_macs(model, width).values()),
        "width": width,
        "bytes": int8_bytes(model),
    }


def int8_bytes(model: Any) -> int:
    """Bytes of the weights after conversion: one for each of a matrix, four of a vector.

    Batch normalisation becomes the bias of the convolution before it. What a file holds besides,
    operators, scales of channels, card and charset, is not counted.
    """
    total = 0
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            total += 4 * int(layer.moving_mean.shape[0])
            continue
        for weight in layer.weights:
            vector = len(weight.shape) < 2 or weight.path.endswith("bias")
            total += (4 if vector else 1) * prod(weight.shape)
    return total


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Costs of all recipes of a request."""
    from train.prepare import read_charset

    charset = read_charset(Path(request["charset"]) if request["charset"] else None)
    costs: list[Costs] = []
    for values in request["recipes"]:
        try:
            costs.append(count_costs(recipe_from_dict(values), len(charset) + 1))
        except (EdgeHtrError, ValueError, TypeError) as error:  # Keras refuses sizes by these
            costs.append({"error": " ".join(str(error).split()) or type(error).__name__})
    return {"costs": costs}


def main() -> int:
    """Answer one request; errors go into the answer, not to stderr."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        said = answer(json.load(sys.stdin))
    except EdgeHtrError as error:
        said = {"error": str(error)}
    json.dump(said, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
