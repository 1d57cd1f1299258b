"""What a run leaves behind: the resumable state, and the checkpoint that conversion takes.

``state.npz``   every variable of model and optimizer, the position in the run, the history
``NAME.keras``  the network, with ``NAME.json`` beside it: family, config, charset, preprocessing
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from edge_runtime.atomic import atomic_writer, write_atomically
from edge_runtime.charset import Charset
from edge_runtime.errors import BundleError, DataError, RecipeError
from edge_runtime.native_log import quiet_native_log
from edge_runtime.preprocess import Preprocessing

SCHEMA = 1


@dataclass
class RunState:
    """Position of a run: ``epoch`` whole epochs and ``step`` batches of the next one are done."""

    epoch: int = 0
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    best: float = float("inf")
    best_epoch: int = 0
    stale: int = 0
    """Epochs since the learning rate fell or a better validation loss was seen."""
    lines_before: int = 0
    """Line views that the run's initial weights had been trained on."""


@dataclass(frozen=True)
class CheckpointCard:
    """What must be known of a ``.keras`` file to use it: all that is not in its weights."""

    family: str
    config: dict[str, Any]
    charset: Charset
    preprocessing: Preprocessing
    time_stride: int
    width_multiple: int
    provenance: dict[str, Any] = field(default_factory=dict)
    metrics: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as in ``NAME.json``."""
        values = asdict(self)
        values["charset"] = self.charset.symbols
        values["preprocessing"] = self.preprocessing.as_dict()
        return {"schema": SCHEMA, **values}


def card_path(checkpoint: Path) -> Path:
    """Where the card of ``NAME.keras`` lies."""
    return checkpoint.with_suffix(".json")


def read_card(checkpoint: Path) -> CheckpointCard:
    """The card beside a checkpoint.

    Raises:
        RecipeError: it is missing or damaged.
    """
    path = card_path(checkpoint)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.pop("schema") != SCHEMA:
            raise RecipeError(f"{path}: written by another version of edge-htr")
        values["charset"] = Charset(values["charset"])
        values["preprocessing"] = Preprocessing.from_dict(values["preprocessing"])
        return CheckpointCard(**values)
    except FileNotFoundError:
        raise RecipeError(f"{path}: missing; it belongs beside {checkpoint.name}") from None
    except KeyError as error:
        raise RecipeError(f"{path}: damaged (it has no {error})") from None
    except (OSError, ValueError, TypeError, AttributeError, DataError, BundleError) as error:
        raise RecipeError(f"{path}: damaged ({error})") from None


def save_checkpoint(model: Any, card: CheckpointCard, path: Path) -> None:
    """Write ``NAME.keras`` and ``NAME.json``, each atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Keras writes the optimizer of a compiled model into every .keras file: three times its size.
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    bare.save(temporary)
    temporary.replace(path)
    text = json.dumps(card.as_dict(), ensure_ascii=False, indent=1) + "\n"
    write_atomically(card_path(path), text)


def load_model(path: Path) -> Any:
    """The Keras model of a checkpoint, without its training set-up.

    Raises:
        RecipeError: missing, or not a Keras file.
    """
    check_file(path)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with quiet_native_log():
        import keras
    try:
        return keras.saving.load_model(path, compile=False)
    except (ValueError, OSError, KeyError, TypeError, BadZipFile) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise RecipeError(f"{path}: not a usable Keras checkpoint ({first})") from None


def check_file(path: Path) -> None:
    """Refuse what cannot be a ``.keras`` file, before Keras says that it does not exist.

    Raises:
        RecipeError: missing, another kind of file, or cut short.
    """
    if not path.is_file():
        raise RecipeError(f"{path}: no such checkpoint")
    try:
        with ZipFile(path) as archive:
            archive.getinfo("config.json")
    except (BadZipFile, KeyError):
        raise RecipeError(
            f"{path}: not a Keras checkpoint (a .keras file is a ZIP archive with config.json;"
            " this is another kind of file, or damaged)"
        ) from None


def save_state(model: Any, state: RunState, path: Path) -> None:
    """Write everything that the run needs to continue exactly, atomically."""
    arrays = {f"model{i}": np.asarray(v) for i, v in enumerate(_variables(model))}
    arrays |= {f"optimizer{i}": np.asarray(v) for i, v in enumerate(model.optimizer.variables)}
    position = np.frombuffer(json.dumps(asdict(state)).encode(), np.uint8)
    with atomic_writer(path) as file:
        np.savez(file, position=position, **arrays)  # type: ignore[arg-type]


def load_state(model: Any, path: Path) -> RunState:
    """Restore model and optimizer, and return the position.

    Raises:
        RecipeError: the file is missing, damaged, or of another network.
    """
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            position = json.loads(arrays["position"].tobytes().decode())
            model.optimizer.build(model.trainable_variables)
            for kind, variables in (
                ("model", _variables(model)),
                ("optimizer", model.optimizer.variables),
            ):
                for i, variable in enumerate(variables):
                    variable.assign(arrays[f"{kind}{i}"])
        return RunState(**position)
    except FileNotFoundError:
        raise RecipeError(f"{path}: nothing to resume; start without --resume") from None
    except (BadZipFile, EOFError) as error:
        last = path.with_name("last.keras")
        raise RecipeError(f"{path}: damaged ({error}); start a run with --init {last}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(f"{path}: does not fit this recipe's network ({error})") from None


def _variables(model: Any) -> list[Any]:
    """Weights and the states of the random generators, not the metrics."""
    return [*model.weights, *(v for v in model.non_trainable_variables if "seed" in v.path)]
