"""Movement between frames, and which frames are worth reading."""

import cv2
import numpy as np
import pytest

from edge_runtime.camera_frame import Frame
from edge_runtime.frame_gate import FrameGate, Verdict
from edge_runtime.frame_motion import STILL, Motion, MotionEstimator
from edge_runtime.image import Gray
from edge_runtime.line_place import Place, overlap
from tests.frames import SIZE, frame, page


def motion_of(*grays: Gray) -> Motion:
    estimator = MotionEstimator()
    for gray in grays:
        motion = estimator.update(gray)
    return motion


@pytest.mark.parametrize(("shift", "turn"), [((7.0, -4.0), 0.0), ((0.0, 0.0), 2.0), ((9, 3), -1.5)])
def test_a_movement_is_measured_in_pixels_of_the_frame(
    shift: tuple[float, float], turn: float
) -> None:
    motion = motion_of(page(), page(shift, turn))
    assert motion.matrix is not None
    wanted = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), turn, 1.0)
    wanted[:, 2] += np.array(shift)
    points = np.array([[100.0, 100.0, 1.0], [500.0, 350.0, 1.0]])
    assert np.abs(points @ motion.matrix.T - points @ wanted.T).max() < 0.8


def test_noise_is_no_movement_but_slow_drift_adds_up() -> None:
    rng = np.random.default_rng(1)
    noisy = np.clip(page() + rng.normal(0, 3, (SIZE[1], SIZE[0])), 0, 255).astype(np.uint8)
    assert motion_of(page(), noisy) is STILL
    estimator = MotionEstimator()
    place = Place(np.array([[100.0, 100.0], [300.0, 100.0]]), 10.0)
    for step in range(41):
        motion = estimator.update(page((step * 0.25, 0.0)))
        if motion.matrix is not None:
            place = place.moved(motion.matrix)
    assert abs(place.ends[0, 0] - 110.0) < 2.5


def test_another_sheet_is_no_movement() -> None:
    assert motion_of(page(), page(seed=9)).matrix is None
    assert motion_of(page(), np.full((SIZE[1], SIZE[0]), 210, np.uint8)).matrix is None
    assert motion_of(page(), page()[:400]).matrix is None  # the camera changed its size


def blurred(gray: Gray, sigma: float) -> Gray:
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), sigma), np.uint8)


def verdicts(*grays: Gray, rate: float = 10.0) -> list[Verdict]:
    gate, estimator = FrameGate(), MotionEstimator()
    return [
        gate.judge(Frame(gray, i, i / rate), estimator.update(gray)) for i, gray in enumerate(grays)
    ]


def test_a_blurred_frame_among_sharp_ones_is_not_read() -> None:
    found = verdicts(page(), page(), blurred(page(), 4.0), page())
    assert found == [Verdict.READ, Verdict.READ, Verdict.BLURRED, Verdict.READ]


def test_a_soft_lens_is_measured_by_what_it_can() -> None:
    soft = blurred(page(), 1.5)
    assert verdicts(*[soft] * 3) == [Verdict.READ] * 3


def test_a_blur_that_stays_is_read_after_a_while() -> None:
    soft = blurred(page(), 4.0)
    found = verdicts(page(), *[soft] * 50)
    assert found[1] is Verdict.BLURRED
    assert found[-1] is Verdict.READ


def test_a_fast_movement_is_not_read_and_a_slow_one_is() -> None:
    fast = verdicts(*[page((24.0 * i, 0.0)) for i in range(4)])
    assert fast[1:] == [Verdict.MOVING] * 3
    slow = verdicts(*[page((4.0 * i, 0.0)) for i in range(4)])
    assert slow == [Verdict.READ] * 4


def test_speed_is_per_second_and_not_per_frame() -> None:
    assert verdicts(page(), page((24.0, 0.0)), rate=1.0)[1] is Verdict.READ


def place(left: float, right: float, y: float, slope: float = 0.0) -> Place:
    return Place(np.array([[left, y + slope * left], [right, y + slope * right]]), 10.0)


def test_lines_in_one_place() -> None:
    assert overlap(place(0, 100, 50), place(0, 100, 53)).shared == pytest.approx(1.0)
    part = overlap(place(0, 100, 50), place(50, 100, 50))
    assert part.shared == pytest.approx(0.5)
    assert part.covered == pytest.approx(1.0)
    assert overlap(place(0, 100, 50), place(120, 200, 50)).shared == 0.0


def test_neighbouring_rows_are_apart_even_where_their_boxes_overlap() -> None:
    assert overlap(place(0, 400, 50, 0.2), place(0, 400, 66, 0.2)).shared == 0.0
    assert overlap(place(0, 400, 50, 0.2), place(0, 400, 53, 0.2)).shared > 0.9


def test_frames_know_their_size() -> None:
    assert frame(3).size == SIZE
