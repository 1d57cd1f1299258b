"""Rounds of cutting and fine-tuning: their order, resuming, and what they refuse."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from convert.prune import run
from convert.prune.run import prune
from convert.prune.spec import LINES_PER_EPOCH, Round
from convert.request import PruneRequest
from edge_runtime.errors import ConversionError


class Fake:
    """Stands in for the child processes: notes what is done and leaves the files behind."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.interrupt_at = ""

    def stage(self, stage: str, cure: str, function: Any, work: Round) -> bool:
        title = f"{stage} {work.label} {work.number}"
        assert work.checkpoint.is_file()
        if title == self.interrupt_at:
            return False
        self.done.append(f"{title} {work.fraction:.2f}")
        (work.start if stage == "cut" else work.result).write_bytes(b"network")
        return True


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    monkeypatch.setattr(run, "run_stage", made.stage)
    monkeypatch.setattr(run, "run_talking_stage", made.stage)
    monkeypatch.setattr(run, "read_lines", lambda *_: ([], {}))
    monkeypatch.setattr(run, "read_card", lambda _: _Card())
    return made


class _Card:
    charset = preprocessing = None


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "net.keras"
    path.write_bytes(b"weights")
    return path


def request(tmp_path: Path, **values: Any) -> PruneRequest:
    plain = PruneRequest(0.5, "channels", (tmp_path / "lines",), tmp_path / "work", lines=100)
    return replace(plain, **values)


def test_the_control_gets_the_same_rounds_and_loses_nothing(
    fake: Fake, checkpoint: Path, tmp_path: Path
) -> None:
    made = prune(checkpoint, request(tmp_path), print)
    assert fake.done == [
        "cut pruned 1 0.50",
        "fine-tune pruned 1 0.50",
        "cut control 1 0.00",
        "fine-tune control 1 0.00",
    ]
    assert made.pruned != made.control
    assert made.pruned.is_file()
    assert made.control.is_file()


def test_rounds_remove_the_wanted_share_together(
    fake: Fake, checkpoint: Path, tmp_path: Path
) -> None:
    prune(checkpoint, request(tmp_path, fraction=0.75, rounds=2), print)
    assert fake.done[:4] == [
        *("cut pruned 1 0.50", "fine-tune pruned 1 0.50"),
        *("cut pruned 2 0.50", "fine-tune pruned 2 0.50"),
    ]


def test_an_interrupted_run_goes_on_without_doing_anything_twice(
    fake: Fake, checkpoint: Path, tmp_path: Path
) -> None:
    fake.interrupt_at = "fine-tune control 1"
    with pytest.raises(KeyboardInterrupt):
        prune(checkpoint, request(tmp_path), print)
    fake.interrupt_at, before = "", len(fake.done)
    said: list[str] = []
    prune(checkpoint, request(tmp_path), said.append)
    assert fake.done[before:] == ["fine-tune control 1 0.00"]
    assert "pruned, round 1 of 1: done before" in said


@pytest.mark.parametrize("values", [{"fraction": 0.3}, {"lines": 200}, {"rate": 1e-4}])
def test_a_folder_of_another_pruning_is_refused(
    fake: Fake, checkpoint: Path, tmp_path: Path, values: dict[str, Any]
) -> None:
    prune(checkpoint, request(tmp_path), print)
    with pytest.raises(ConversionError, match="holds a pruning with other settings"):
        prune(checkpoint, request(tmp_path, **values), print)
    prune(checkpoint, request(tmp_path, max_loss=0.5), print)  # no setting of the run


def test_another_checkpoint_of_the_same_name_is_noticed(
    fake: Fake, checkpoint: Path, tmp_path: Path
) -> None:
    prune(checkpoint, request(tmp_path), print)
    checkpoint.write_bytes(b"other weights")
    with pytest.raises(ConversionError, match="other settings"):
        prune(checkpoint, request(tmp_path), print)


def test_epochs_are_of_a_sensible_size(tmp_path: Path) -> None:
    some = Round(
        *("pruned", 1, tmp_path, tmp_path, "channels", 0.5, (), 3 * LINES_PER_EPOCH + 1, 1e-3),
        *(tmp_path, tmp_path),
    )
    assert some.epochs == 4
    assert some.epochs * some.lines_per_epoch >= some.lines
    assert replace(some, lines=10).lines_per_epoch == 10
