"""A training recipe: every setting of a run in one TOML file, unknown keys refused."""

import tomllib
import types
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from edge_runtime.errors import RecipeError
from edge_runtime.preprocess import Preprocessing
from train.augment import Augmentation
from train.batches import BatchSettings

T = TypeVar("T")

RECIPES = Path(__file__).parent / "recipes"
"""Where the shipped recipes are."""


@dataclass(frozen=True)
class NetworkSettings:
    """Which network."""

    family: str = "slim-gru"
    size: str | None = None
    """nano, small or base, for families that have sizes."""
    config: dict[str, Any] = field(default_factory=dict)
    """Single settings that override those of the size."""


@dataclass(frozen=True)
class DataSettings:
    """Which lines train, with what weight."""

    weights: dict[str, float] = field(default_factory=dict)
    """Weight of each data set by the end of its path; 1 where nothing is said."""
    per_line_weight: bool = True
    """Multiply the weight by the number of lines."""
    holdout: bool = True
    """Keep the development writers and lines (splits.py) out of training."""


@dataclass(frozen=True)
class OptimizerSettings:
    """The optimizer and its schedule."""

    name: str = "adamw"
    """adamw or adam."""
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-4
    clip_norm: float = 5.0
    warmup_steps: int = 200
    schedule: str = "cosine"
    """cosine to zero over the run, or constant (with or without plateau)."""
    plateau_patience: int = 0
    """With constant: epochs without a better validation loss until the rate falls; 0 never."""
    plateau_factor: float = 0.5
    average: float = 0.0
    """Momentum of a running average of the weights, used to evaluate and to save; 0 none."""


@dataclass(frozen=True)
class LossSettings:
    """What is minimised besides the CTC loss of the network's output."""

    shortcut: float = 0.0
    """Weight of a second CTC head on the convolutions, dropped for inference."""
    cap: float = 0.0
    """Nats a character above which a line counts less, as its label may be wrong; 0 never."""
    distil: float = 0.5
    """Weight of what ``--teacher`` says of every time step; nothing without a teacher."""


@dataclass(frozen=True)
class SynthesisSettings:
    """Fresh synthetic lines drawn while the run goes on, with ``--fonts`` and ``--text``."""

    weight: float = 0.0
    """Share in an epoch, on the scale of the data sets' weights; 0 draws none."""
    lines_per_epoch: int = 4096
    """New lines that come in with each epoch."""
    keep: int = 4
    """Epochs for which a line stays in use."""
    seed: int = 1
    workers: int = 1
    """Processes that draw."""


@dataclass(frozen=True)
class RunSettings:
    """Length and arithmetic of the run."""

    epochs: int = 24
    lines_per_epoch: int = 4096
    precision: str = "auto"
    """float32, bfloat16 for the convolutions, or auto: bfloat16 where the processor has it."""
    workers: int = 1
    """Processes that augment."""
    early_stopping: int = 0
    """Epochs without a better validation loss until the run ends; 0 never."""
    restore_best: bool = False
    """Ship the weights of the best epoch instead of the last one."""
    evaluate_every: int = 1
    """Epochs between evaluations on the development lines."""
    seed: int = 1


@dataclass(frozen=True)
class Recipe:
    """All settings of a run."""

    network: NetworkSettings = field(default_factory=NetworkSettings)
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    data: DataSettings = field(default_factory=DataSettings)
    batches: BatchSettings = field(default_factory=BatchSettings)
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    loss: LossSettings = field(default_factory=LossSettings)
    synthesis: SynthesisSettings = field(default_factory=SynthesisSettings)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    run: RunSettings = field(default_factory=RunSettings)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the log and the checkpoint."""
        return asdict(self)


def find_recipe(name: str) -> Path:
    """The file of a recipe, see ``shipped_toml``."""
    return shipped_toml(name, RECIPES, "recipe")


def shipped_toml(name: str, folder: Path, what: str) -> Path:
    """A ``.toml`` path as it is, or the file of that name in a folder of the package.

    Raises:
        RecipeError: there is no shipped ``what`` of that name.
    """
    if name.endswith(".toml"):
        return Path(name)
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
        raise RecipeError(f"no {what} {name!r}: {known}, or give a .toml file")
    return path


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeError: the file is missing, is not TOML, or has an unknown or wrongly typed key.
    """
    return recipe_from_dict(read_toml(path), str(path))


def read_toml(path: Path, what: str = "recipe") -> dict[str, Any]:
    """The plain values of a TOML file; ``what`` it is called where it is missing.

    Raises:
        RecipeError: it is missing or is not TOML.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise RecipeError(f"{path}: no such {what}") from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: {error}") from None


def recipe_from_dict(values: dict[str, Any], where: str = "recipe") -> Recipe:
    """A recipe from plain values; ``augmentation = false`` switches augmentation off.

    Raises:
        RecipeError: a key is unknown or its value has the wrong type.
    """
    return _fill(Recipe, values, where)


def _fill(kind: type[T], values: dict[str, Any], where: str) -> T:
    hints = get_type_hints(kind)
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    filled: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise RecipeError(f"{where}: unknown key {name!r}: one of {', '.join(sorted(known))}")
        filled[name] = _value(hints[name], value, f"{where}: {name}")
    return kind(**filled)


def _value(hint: Any, value: Any, where: str) -> Any:
    options = hint.__args__ if isinstance(hint, types.UnionType) else (hint,)
    optional = type(None) in options
    target = next(o for o in options if o is not type(None))
    if optional and (value is None or value is False):
        return None
    if is_dataclass(target) and isinstance(target, type):
        if not isinstance(value, dict):
            raise RecipeError(f"{where} must be a table")
        return _fill(target, value, where)
    if target is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    plain = getattr(target, "__origin__", target)
    if not isinstance(value, plain) or (isinstance(value, bool) and plain is not bool):
        raise RecipeError(f"{where} is {value!r}: {plain.__name__} expected")
    return value
