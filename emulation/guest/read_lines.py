"""Reads lines and writes down every intermediate result: on a PC and on an emulated board alike.

    python read_lines.py MODEL OUT.npz PREPARED.npz|- PICTURE...

With PREPARED, an OUT of the PC, the network also runs on the ink that was found there: what differs
then is the network's doing, not the preprocessing's.
"""

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge_runtime import Recognizer, load_gray
from edge_runtime.bench_profile import cut
from edge_runtime.network_file import NetworkFile
from edge_runtime.preprocess import preprocess_rows
from edge_runtime.row_choice import choose_rows

Arrays = dict[str, Any]


def quantized_part(network: bytes) -> bytes:
    """The network up to where its int8 values become float32 again; all of it without such."""
    names = [operator.name for operator in NetworkFile.parse(network).main.operators]
    return cut(network, names.index("DEQUANTIZE")) if "DEQUANTIZE" in names else network


class IntegerNetwork:
    """The int8 part of a bundle's network."""

    def __init__(self, reader: Recognizer) -> None:
        self._network = reader.network
        self._content = quantized_part(reader.bundle.network)

    def run(self, ink: Any) -> Any:
        """What it gives for ink, as it stands in memory: int8 (1, ...)."""
        batch = self._network._padded(ink)
        interpreter = self._network.runtime.interpreter(self._content, 1)
        entry, end = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        interpreter.resize_tensor_input(entry["index"], list(batch.shape))
        interpreter.allocate_tensors()
        interpreter.set_tensor(entry["index"], batch)
        interpreter.invoke()
        return interpreter.get_tensor(end["index"])


def read(model: Path, pictures: list[Path], prepared: Arrays) -> Arrays:
    """All results by ``KIND/PICTURE``: gray, text; of each row ink, logits, int8 and given."""
    reader = Recognizer(model, threads=1)
    integers = IntegerNetwork(reader)
    found: Arrays = {
        "runtime": np.array(reader.network.runtime.name),
        "opencv": np.array(cv2.__version__),
    }
    for path in pictures:
        name = path.name
        gray = found[f"gray/{name}"] = load_gray(path)
        inks = preprocess_rows(gray, reader.settings)
        outputs = [reader.network.run(ink) for ink in inks]
        logits = choose_rows(outputs, reader.bundle.charset)
        found[f"text/{name}"] = np.array(reader.decoder.read(logits).text)
        for row, (ink, output) in enumerate(zip(inks, outputs, strict=True)):
            found[f"ink/{name}/{row}"], found[f"logits/{name}/{row}"] = ink, output
        for key in [key for key in (prepared or found) if key.startswith(f"ink/{name}/")]:
            row_name, ink = key.removeprefix("ink/"), (prepared or found)[key]
            same = np.array_equal(ink, found.get(key, ()))
            given = found[f"logits/{row_name}"] if same else reader.network.run(ink)
            found[f"given/{row_name}"], found[f"int8/{row_name}"] = given, integers.run(ink)
    return found


def main() -> None:
    """Read, and write the results."""
    cv2.setNumThreads(1)
    model, out, prepared, *pictures = map(Path, sys.argv[1:])
    given = dict(np.load(prepared)) if prepared.suffix == ".npz" else {}
    np.savez_compressed(out, **read(model, pictures, given))


if __name__ == "__main__":
    main()
