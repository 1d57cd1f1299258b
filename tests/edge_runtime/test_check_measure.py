"""What is measured where: at length on a wanted board, briefly elsewhere, nothing with Flex."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edge_runtime import check_measure
from edge_runtime.bench import BenchSettings
from edge_runtime.board import this_board
from edge_runtime.check_measure import Wanted, measure
from edge_runtime.device import Profile, load_profile
from edge_runtime.errors import EdgeHtrError
from tests.tiny_models import model_path

PI4 = load_profile("pi4")


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> list[BenchSettings]:
    """The settings that the benchmark is called with, which then fails: nothing is timed."""
    seen: list[BenchSettings] = []

    def noted(models: Any, threads: Any, pictures: Any, given: BenchSettings, *more: Any) -> Any:
        seen.append(given)
        raise EdgeHtrError("enough")

    monkeypatch.setattr(check_measure, "benchmark", noted)
    return seen


def on_a_pi4(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    (root / "proc/device-tree").mkdir(parents=True)
    (root / "proc/device-tree/model").write_text("Raspberry Pi 4 Model B Rev 1.4\0")
    monkeypatch.setattr(check_measure, "this_board", partial(this_board, root=root, bits=64))


@pytest.mark.parametrize("profile", [PI4, replace(PI4, device=replace(PI4.device, id="my-pi"))])
def test_a_wanted_board_is_measured_at_length(
    settings: list[BenchSettings],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    profile: Profile,
) -> None:
    on_a_pi4(monkeypatch, tmp_path)
    with pytest.raises(EdgeHtrError, match="enough"):
        measure(model_path(), Wanted([profile]))
    assert (settings[0].runs, settings[0].seconds) == (1024, 60)
    made = measure(model_path(), Wanted([profile], timing=False))
    assert made["machine"]["device"] == profile.id


def test_other_machines_and_other_boards_are_measured_briefly(
    settings: list[BenchSettings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for wanted in (Wanted([PI4]), Wanted([load_profile("host")])):
        with pytest.raises(EdgeHtrError, match="enough"):
            measure(model_path(), wanted)
    on_a_pi4(monkeypatch, tmp_path)
    with pytest.raises(EdgeHtrError, match="enough"):
        measure(model_path(), Wanted([load_profile("pi5")]))
    assert [each.runs for each in settings] == [24, 24, 24]


def test_nothing_is_run_of_a_network_that_no_device_could_run(
    settings: list[BenchSettings], tmp_path: Path
) -> None:
    pytest.importorskip("flatbuffers")
    pytest.importorskip("ai_edge_litert")
    from edge_runtime.bundle import Bundle
    from tests.changed_models import with_flex

    model = tmp_path / "flex.tflite"
    model.write_bytes(with_flex(Bundle.open(model_path())))
    made = measure(model, Wanted([PI4], data=tmp_path))
    assert settings == []
    assert made["model"]["foreign_operators"] == ["FlexReshape"]
    assert [made[part] for part in ("run", "ratio", "accuracy")] == [None, None, None]
    assert made["model"]["macs"] is None
