"""Line or page: pictures of lines must never be read as pages."""

from pathlib import Path

import numpy as np
import pytest

from edge_runtime.image import load_gray
from edge_runtime.image_header import header_size
from edge_runtime.lines import find_lines
from edge_runtime.page_mode import is_page, shape_decides
from tests.pages import blank, page, photographed


def test_a_page_is_a_page_however_it_is_seen() -> None:
    picture, tops = page()
    two = picture[: tops[2] - 30]
    for seen in (picture, two, photographed(picture)):
        assert is_page(find_lines(np.ascontiguousarray(seen)))


def test_a_blank_sheet_is_a_page() -> None:
    assert is_page(find_lines(blank()))


def test_one_line_that_fills_the_picture_is_a_line() -> None:
    picture, tops = page()
    for right in (960, 300):
        line = np.ascontiguousarray(picture[tops[0] - 10 : tops[0] + 70, 30:right])
        assert shape_decides(line.shape[1], line.shape[0]) or not is_page(find_lines(line))


@pytest.mark.shared
def test_every_real_line_picture_is_read_as_a_line(shared_dir: Path) -> None:
    paths = sorted((shared_dir / "data").rglob("*.jpg"))
    assert len(paths) > 4000
    unsure = []
    for path in paths:
        size = header_size(path.read_bytes())
        assert size is not None
        if not shape_decides(*size):
            unsure.append(path)
    assert 0 < len(unsure) < 50
    assert [path for path in unsure if is_page(find_lines(load_gray(path)))] == []
