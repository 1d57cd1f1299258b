"""From the command's options to a ``Job``: recipe, data sets, network, initial weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge_runtime import __version__
from edge_runtime.charset import VIETNAMESE, Charset
from edge_runtime.errors import DataError, RecipeError
from train.batches import Source
from train.cache import PackedLines
from train.checkpoint import CheckpointCard, read_card
from train.loop import Job
from train.networks import build_network, resolve_config, time_stride
from train.parts import TRAIN, name_of, read_parts
from train.precision import set_policy
from train.progress import console
from train.recipe import Recipe, find_recipe, load_recipe
from train.transfer import transfer_weights

if TYPE_CHECKING:
    from train.fresh_lines import FreshLines

CHUNK = 8
"""Time steps that the exported recurrence takes at once; widths are padded to whole chunks."""


@dataclass(frozen=True)
class Request:
    """The options of the ``train`` command."""

    data: tuple[Path, ...]
    recipe: str | None
    arch: str | None
    size: str | None
    epochs: int | None
    resume: bool
    init: Path | None
    charset: Path | None
    out: Path
    cache: Path
    name: str
    development: tuple[Path, ...] = ()
    fonts: Path | None = None
    text: Path | None = None
    workers: int | None = None
    teacher: Path | None = None


def prepare(request: Request) -> Job:
    """Read data and recipe and build the network.

    Raises:
        RecipeError: the recipe, the network or the initial checkpoint is wrong.
        DataError: no usable data, or the charset file is wrong.
    """
    recipe = _recipe(request)
    import keras

    keras.utils.set_random_seed(recipe.run.seed)
    charset = read_charset(request.charset)
    if (request.out / "state.npz").exists() and not request.resume:
        raise RecipeError(f"{request.out} holds a run: --resume it, or choose another --out")
    sources, development = _lines(request, recipe, charset)
    set_policy(recipe.run.precision)
    model, config = network_of(recipe, len(charset) + 1)
    if request.init is not None and not request.resume:
        transfer_weights(request.init, model, charset)
    fresh = _fresh(request, recipe)
    card = _card(recipe, config, charset, sources, model.input_shape[2])
    adapt = _learn_from(request.teacher, recipe.loss.distil) if request.teacher else None
    if request.teacher is not None:
        card.provenance["teacher"] = request.teacher.name
    before = read_card(request.init).provenance.get("lines_seen", 0) if request.init else 0
    return Job(
        recipe,
        charset,
        sources,
        development,
        model,
        card,
        request.out,
        request.name,
        fresh,
        before,
        adapt,
    )


def network_of(recipe: Recipe, classes: int) -> tuple[Any, dict[str, Any]]:
    """A recipe's network with fresh weights, and its full settings.

    Raises:
        RecipeError: the family, the size or a setting is not known, or has a wrong value.
    """
    network = recipe.network
    config = resolve_config(network.family, network.size, network.config)
    if "height" in config:
        config["height"] = recipe.preprocessing.height
    return build_network(network.family, config, classes), config


def _learn_from(teacher: Path, weight: float) -> Callable[[Any], None]:
    """What makes a training model learn from another checkpoint too."""
    from train.checkpoint import load_model
    from train.distil import learn_from

    network = load_model(teacher)
    return lambda model: learn_from(model, network, weight)


def _recipe(request: Request) -> Recipe:
    recipe = load_recipe(find_recipe(request.recipe)) if request.recipe else Recipe()
    if request.arch is not None:
        if request.arch != recipe.network.family:
            recipe = replace(
                recipe, network=replace(recipe.network, family=request.arch, size=None, config={})
            )
        if request.arch == "seed" and not request.recipe:
            recipe = load_recipe(find_recipe("seed"))
    if request.size is not None:
        recipe = replace(recipe, network=replace(recipe.network, size=request.size))
    if request.epochs is not None:
        recipe = replace(recipe, run=replace(recipe.run, epochs=request.epochs))
    if request.workers is not None:
        recipe = replace(recipe, run=replace(recipe.run, workers=request.workers))
    return recipe


def _fresh(request: Request, recipe: Recipe) -> "FreshLines | None":
    """Synthetic lines to draw during the run, if the recipe wants any."""
    if not recipe.synthesis.weight:
        return None
    if request.fonts is None or request.text is None:
        raise RecipeError(
            "the recipe draws synthetic lines: give --fonts and --text, or set synthesis.weight = 0"
        )
    from train.fresh_lines import fresh_lines

    return fresh_lines(
        request.fonts, request.text, recipe.preprocessing, recipe.synthesis, request.cache
    )


def read_charset(path: Path | None) -> Charset:
    """The symbols of a text file, the Vietnamese ones without a file.

    Raises:
        DataError: it cannot be read as a charset.
    """
    if path is None:
        return VIETNAMESE
    try:
        symbols = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a charset ({error})") from None
    return Charset("".join(dict.fromkeys(symbols.replace("\n", ""))))


def _lines(
    request: Request, recipe: Recipe, charset: Charset
) -> tuple[list[Source], dict[str, PackedLines]]:
    """Training sources and development sets of all data folders."""
    if not request.data and recipe.run.epochs > 0:
        raise DataError("no --data given: name at least one folder of labelled lines")
    sources: list[Source] = []
    development: dict[str, PackedLines] = {}
    read = partial(
        read_parts,
        charset=charset,
        settings=recipe.preprocessing,
        cache=request.cache,
        workers=recipe.run.workers,
        say=console.print,
    )
    for path in request.data:
        weight = _weight(path, recipe)
        for part, lines in read(path, holdout=recipe.data.holdout).items():
            if part == TRAIN:
                sources.append(Source(lines, weight * _scale(recipe, len(lines)), name_of(path)))
            else:
                development[f"{name_of(path)}-{part}"] = lines
    for path in request.development:
        development[name_of(path)] = read(path, holdout=False)[TRAIN]
    return sources, development


def _scale(recipe: Recipe, lines: int) -> float:
    return float(lines) if recipe.data.per_line_weight else 1.0


def _weight(path: Path, recipe: Recipe) -> float:
    plain = path.with_suffix("") if path.suffix == ".npy" else path
    for suffix, weight in recipe.data.weights.items():
        if plain.as_posix().endswith(suffix):
            return weight
    return 1.0


def _card(
    recipe: Recipe,
    config: dict[str, Any],
    charset: Charset,
    sources: Sequence[Source],
    width: int | None,
) -> CheckpointCard:
    """The checkpoint's card; ``width`` is the only one the network takes, None if it takes any."""
    stride = time_stride(recipe.network.family)
    data = [{"name": s.name, "lines": len(s.lines), "weight": s.weight} for s in sources]
    if recipe.synthesis.weight:
        drawn = recipe.synthesis.lines_per_epoch * recipe.run.epochs
        weight = recipe.synthesis.weight
        data.append({"name": "synthetic, drawn during the run", "lines": drawn, "weight": weight})
    return CheckpointCard(
        family=recipe.network.family,
        config=config,
        charset=charset,
        preprocessing=recipe.preprocessing,
        time_stride=stride,
        width_multiple=width or stride * CHUNK,
        provenance={"tool_version": __version__, "recipe": recipe.as_dict(), "data": data},
    )
