"""One network in one precision: its parts converted in child processes, searched, joined."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from convert.child import run_stage
from convert.export import Job, convert_part
from convert.join import join
from convert.keras_logits import KerasLogits
from convert.layout import Layout, canvas
from convert.lines import store
from convert.plan import Plan
from convert.precision import HEAD, PLANS, Part, Quantization
from convert.ranges import Method
from convert.search import HIGHER, Found, SearchJob, search
from edge_runtime.card import Card

CONVERT_CURE = "use --precision fp32, or another version of TensorFlow"
SEARCH_CURE = "convert without --report and --max-cer-loss, or use --precision fp32"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """A converted network that nobody has checked yet."""

    network: bytes
    card: Card
    found: Found | None = None
    """What a search found out, if there was one."""


class Builder:
    """Converts one checkpoint to any precision, in a folder of its own."""

    def __init__(self, plan: Plan, keras: KerasLogits, work: Path, say: Say) -> None:
        self._plan = plan
        self._keras = keras
        self._work = work
        self._say = say

    def build(self, precision: str, method: Method | None = None) -> Built:
        """Convert, and join the parts.

        Args:
            precision: a name in ``PLANS``.
            method: how ranges are chosen, if not as the user asks.

        Raises:
            ConversionError: it cannot be converted; stage, operation or layer is named.
        """
        parts = PLANS[precision].parts(self._plan.described.has_head)
        layout = self._plan.layout(parts)
        card = self._plan.card(parts, layout)
        jobs = [self._job(part, layout, card, method=method) for part in parts]
        for job in jobs:
            self._say(f"converting {job.part.name} to {job.part.quantization}")
            run_stage(job.part.stage, CONVERT_CURE, convert_part, job)
        return Built(join([job.target.read_bytes() for job in jobs]), card)

    def searches(self, precision: str) -> bool:
        """Whether a precision has layers that could be kept in a higher one, one by one."""
        first = PLANS[precision].parts(self._plan.described.has_head)[0]
        written_out = first.unrolled and self._plan.described.recurrent > 0
        return first.quantization == "int8" and not written_out

    def search(self, precision: str, *, study: bool) -> Built:
        """Convert with the worst layers in higher precision, so that the CER's limit holds.

        Args:
            precision: one that ``searches``.
            study: measure every layer, also where the limit holds anyway.

        Raises:
            ConversionError: a stage failed or died.
        """
        first, *rest = PLANS[precision].parts(self._plan.described.has_head)
        layout = self._plan.layout([first])
        card = self._plan.card([first, *rest], layout)
        lines = self._plan.lines.search
        method = self._plan.request.method
        job = self._job(first, layout, card, study=study or method is None)
        self._say(f"converting {first.name} to {first.quantization}, with ranges to choose from")
        run_stage(first.stage, CONVERT_CURE, convert_part, job)
        target = self._work / "searched.tflite"
        pieces = self._pieces(layout, card) if rest else {}
        self._say(f"measuring what each layer costs on {len(lines)} lines")
        wanted = SearchJob(
            calibrated=job.calibrated,
            ranges=job.ranges,
            pieces=pieces,
            layers=self._plan.described.layers,
            card=card,
            symbols=self._plan.training.charset.symbols,
            lines=lines,
            keras=self._keras.of(lines, card),
            method=method,
            limit=self._plan.request.cer_loss,
            study=study,
            target=target,
        )
        found = run_stage("search", SEARCH_CURE, search, wanted)
        if not found.kept:  # then the file is the same as without a search
            return replace(self.build(precision, found.method), found=found)
        higher = {name: HIGHER if name in pieces else "float32" for name in found.kept}
        card = replace(card, precision={**card.precision, **higher})
        return Built(target.read_bytes(), card, found)

    def _pieces(self, layout: Layout, card: Card) -> dict[str, dict[Quantization, Path]]:
        """Every piece of the head in both precisions."""
        self._say(f"converting {HEAD} piece by piece")
        quantizations: Sequence[Quantization] = ("dynamic", HIGHER)
        jobs = {
            name: {q: self._job(Part(name, q, piece=True), layout, card) for q in quantizations}
            for name in self._plan.described.pieces
        }
        every = [job for both in jobs.values() for job in both.values()]
        run_stage(f"{HEAD}-pieces", CONVERT_CURE, convert_parts, every)
        return {name: {q: job.target for q, job in both.items()} for name, both in jobs.items()}

    def _job(
        self,
        part: Part,
        layout: Layout,
        card: Card,
        *,
        study: bool = False,
        method: Method | None = None,
    ) -> Job:
        calibration = None
        if part.calibrated:
            inks = [canvas(line.ink, card) for line in self._plan.lines.calibration]
            calibration = store(self._work / f"calibration-{layout.kind}.npz", inks)
        return Job(
            checkpoint=self._plan.checkpoint,
            part=part,
            width=layout.width,
            calibration=calibration,
            target=self._work / f"{part.stage}-{layout.kind}.tflite",
            method=method or self._plan.request.method or "min-max",
            study=study,
        )


def convert_parts(jobs: Sequence[Job]) -> None:
    """Convert several parts in one process."""
    for job in jobs:
        convert_part(job)
