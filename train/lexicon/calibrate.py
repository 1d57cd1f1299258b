"""Learns how far confidences can be believed, and writes it into a model's card.

    python -m train.lexicon.calibrate MODEL -o MODEL \\
        --lines data/kalapa/training_data:dev-lines --lines data/cinnamon/train:dev-lines \\
        --check data/kalapa/training_data:dev-writers --check data/cinnamon/test:all

For each kind of confidence a shift and an inverse temperature, by logistic regression on words and
lines that are right or wrong. How well they fit is measured on the lines of --check.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

import click
import numpy as np

from edge_runtime.bundle import Bundle, write_bundle
from edge_runtime.calibration import (
    GREEDY,
    LINES,
    SOURCES,
    Calibration,
    Curve,
    line_evidence,
    word_evidence,
)
from edge_runtime.ctc import assemble
from edge_runtime.decoder import Decoder, find_lexicon, has_lexicon
from train.lexicon.lines import Lines, parse_sets

Cases = dict[str, list[tuple[float, bool]]]
"""By kind of confidence: evidence, and whether it was right."""
PRIOR = 1.0
"""How many cases as the network has them (shift 0, temperature 1) are added to those seen."""
BINS = 10


def right_words(label: str, text: str) -> list[bool]:
    """Which words of a reading stand in the label, in the same order."""
    reference, words = label.split(), text.split()
    right = [False] * len(words)
    for block in SequenceMatcher(None, reference, words, autojunk=False).get_matching_blocks():
        right[block.b : block.b + block.size] = [True] * block.size
    return right


def word_cases(decoder: Decoder, lines: Lines) -> Cases:
    """The words of all readings."""
    cases: Cases = defaultdict(list)
    for label, logits in lines:
        text, peaks = decoder.characters(logits)
        found = zip(
            decoder.sources(text), word_evidence(text, peaks), right_words(label, text), strict=True
        )
        for source, evidence, right in found:
            cases[source].append((evidence, right))
    return cases


def line_cases(
    decoder: Decoder, calibration: Calibration, lines: Lines
) -> list[tuple[float, bool]]:
    """All readings that are not empty, judged by their calibrated words."""
    cases = []
    for label, logits in lines:
        text, peaks = decoder.characters(logits)
        if text:
            words = calibration.words(text, peaks, decoder.sources(text))
            cases.append((line_evidence(words), text == label))
    return cases


def fit(cases: Iterable[tuple[float, bool]], rounds: int = 50) -> Curve:
    """Logistic regression of right on evidence, by Newton's method, drawn towards (0, 1)."""
    rows = list(cases)
    x = np.array([[1.0, evidence] for evidence, _ in rows]).reshape(-1, 2)
    y = np.array([float(right) for _, right in rows])
    start = np.array([2.0, 1.0])
    weights = start.copy()
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (p - y) + PRIOR * (weights - start)
        curvature = (x * (p * (1 - p))[:, None]).T @ x + PRIOR * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights -= np.clip(step, -1.0, 1.0)
    return round(float(weights[0]), 4), round(float(weights[1]), 4)


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over bins of equal size (Naeini et al., AAAI 2015)."""
    order = np.argsort(confidences, kind="stable")
    p, y = np.asarray(confidences)[order], np.asarray(right, float)[order]
    bins = [part for part in np.array_split(np.arange(len(p)), BINS) if len(part)]
    return float(sum(abs(p[b].mean() - y[b].mean()) * len(b) for b in bins) / len(p))


def learn(plain: Decoder, helped: Decoder | None, lines: Lines) -> Calibration:
    """All curves, for reading without a lexicon and with one."""
    curves: dict[str, Curve] = {}
    for decoder, line in zip((plain, helped), LINES, strict=True):
        if decoder is not None:
            names = (GREEDY,) if decoder is plain else SOURCES[1:]
            cases = word_cases(decoder, lines)
            curves |= {name: fit(cases.get(name, [])) for name in names}
            curves[line] = fit(line_cases(decoder, Calibration(curves), lines))
    return Calibration(curves)


def check(decoder: Decoder, calibration: Calibration, lines: Lines) -> dict[str, float]:
    """Expected calibration errors of words and lines, before and after, as fractions."""
    words: dict[str, list[float]] = {"before": [], "after": []}
    whole: dict[str, list[float]] = {"before": [], "after": []}
    words_right, lines_right = [], []
    for label, logits in lines:
        text, peaks = decoder.characters(logits)
        if not text:
            continue
        raw = assemble(text, peaks)
        reading = calibration.apply(text, peaks, decoder.sources(text))
        for name, result in (("before", raw), ("after", reading)):
            words[name] += [word.confidence for word in result.words]
            whole[name].append(result.confidence)
        words_right += right_words(label, text)
        lines_right.append(text == label)
    return {
        **{f"words {k}": calibration_error(v, words_right) for k, v in words.items()},
        **{f"lines {k}": calibration_error(v, lines_right) for k, v in whole.items()},
    }


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--lines", "lines", multiple=True, required=True, metavar="DIR:PART")
@click.option("--check", "checks", multiple=True, metavar="DIR:PART")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path))
def main(model: Path, lines: tuple[str, ...], checks: tuple[str, ...], out: Path) -> None:
    """Calibrate MODEL, with its own lexicon if it has one."""
    bundle = Bundle.open(model)
    plain, helped = Decoder(bundle.charset), None
    if has_lexicon(bundle):
        helped = Decoder(bundle.charset, find_lexicon("builtin", bundle))
    learnt = [line for found in parse_sets(model, lines).values() for line in found]
    calibration = learn(plain, helped, learnt)
    for name, found in parse_sets(model, checks).items():
        for title, decoder in (("no lexicon", plain), ("lexicon", helped)):
            if decoder is not None:
                errors = check(decoder, calibration, found)
                row = "  ".join(f"{k} {100 * v:.1f} %" for k, v in errors.items())
                click.echo(f"{name}, {title}: expected calibration error {row}")
    card = replace(bundle.card, calibration={k: list(v) for k, v in calibration.curves.items()})
    write_bundle(out, bundle.network, card, bundle.charset, bundle.lexicon)


if __name__ == "__main__":
    main()
