"""The same network as ONNX, compared with Keras; the packages for it are an extra."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytestmark = [pytest.mark.desktop, pytest.mark.timeout(600)]

from convert import onnx_export  # noqa: E402
from convert.lines import store  # noqa: E402
from convert.onnx_export import OnnxJob, export_onnx  # noqa: E402
from convert.parity import keras_logits  # noqa: E402
from edge_runtime.bundle import Bundle  # noqa: E402
from edge_runtime.errors import GateError, RuntimeMissingError  # noqa: E402
from tests.block_script import ink_of  # noqa: E402
from tests.tiny_networks import randomise, reader, save  # noqa: E402

CONVERTED = Path(__file__).parents[1] / "fixtures" / "converted.tflite"


@pytest.fixture
def job(tmp_path: Path) -> OnnxJob:
    checkpoint = save(reader(), tmp_path / "reader.keras")
    card = Bundle.open(CONVERTED).card
    inks = store(tmp_path / "inks.npz", [ink_of(text) for text in ("xa1 đx", "xộx")])
    keras_logits(checkpoint, card, inks, tmp_path / "keras.npz")
    return OnnxJob(checkpoint, card, inks, tmp_path / "keras.npz", tmp_path / "reader.onnx")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "find_spec", lambda name: None if name == "onnx" else name)
    with pytest.raises(RuntimeMissingError, match=r"needs onnx: pip install 'edge-htr\[desktop,on"):
        onnx_export.require_packages()


@pytest.mark.slow
def test_the_exported_network_computes_what_keras_does_at_every_width(job: OnnxJob) -> None:
    onnxruntime: Any = pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    assert export_onnx(job) < 1e-4
    session = onnxruntime.InferenceSession(job.target, providers=["CPUExecutionProvider"])
    for width in (64, 320):
        x = np.zeros((1, 48, width, 1), np.float32)
        (logits,) = session.run(None, {session.get_inputs()[0].name: x})
        assert logits.shape == (1, width // 4, 8)


@pytest.mark.slow
def test_another_network_than_keras_is_not_written(job: OnnxJob) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    save(randomise(reader()), job.checkpoint)
    with pytest.raises(GateError, match="differs from Keras"):
        export_onnx(job)
    assert not job.target.exists()
