"""A camera's own thread: the newest frame, and what happens when the camera is lost."""

import threading
from collections.abc import Callable

import pytest

from edge_runtime.camera_frame import FrameSource, Picture
from edge_runtime.camera_live import LiveFrames
from edge_runtime.errors import CameraError, ImageError
from tests.fake_cameras import ScriptedSource, picture

FAST = (0.001, 0.004)


def nothing() -> None:
    """A source that never waits."""


def forever() -> None:
    threading.Event().wait(0.002)


def live(source: ScriptedSource, reopen: Callable[[], FrameSource]) -> tuple[LiveFrames, list[str]]:
    said: list[str] = []
    return LiveFrames("fake", source, reopen, said.append, back_off=FAST), said


def gone() -> FrameSource:
    raise CameraError("still unplugged")


def test_the_newest_frame_is_kept_and_older_ones_are_passed_over() -> None:
    done = threading.Event()
    script: list[Picture | Exception] = [picture(level) for level in range(50)]

    def wait() -> None:
        if next(count, None) is None:  # all pictures were handed over
            done.set()
            threading.Event().wait(0.01)

    count = iter(range(50))
    source = ScriptedSource([*script, *[ImageError("pause")] * 20], wait)
    frames, _ = live(source, gone)
    assert done.wait(10)
    frame = next(f for f in frames if f is not None)
    frames.close()
    assert (frame.number, int(frame.gray[0, 0])) == (49, 49)
    assert source.closed


def test_a_lost_camera_is_opened_again_with_growing_waits() -> None:
    tries: list[FrameSource | Exception] = [CameraError("still unplugged")] * 3
    second = ScriptedSource([picture(9)] * 10_000, forever)
    tries.append(second)

    def reopen() -> FrameSource:
        entry = tries.pop(0)
        if isinstance(entry, Exception):
            raise entry
        return entry

    first = ScriptedSource([picture(1)], nothing)
    frames, said = live(first, reopen)
    seen = next(f for f in frames if f is not None and int(f.gray[0, 0]) == 9)
    state = frames.state
    frames.close()
    assert seen.number >= 1  # numbers go on
    assert (first.closed, second.closed, tries) == (True, True, [])
    assert (state.name, state.lost) == ("live", 1)
    assert said == ["camera lost: unplugged; trying to open it again", "camera is back"]


def test_a_camera_that_stays_away_is_waited_for_without_frames() -> None:
    frames, said = live(ScriptedSource([], nothing), gone)
    waits = [frame for frame, _ in zip(frames, range(2), strict=False)]
    while frames.state.detail != "still unplugged":
        threading.Event().wait(0.002)
    frames.close()
    assert waits == [None, None]
    assert frames.state.name == "lost"
    assert len(said) == 1  # not once per try


def test_damaged_pictures_are_passed_over_until_there_are_too_many() -> None:
    good: list[Picture | Exception] = [picture(5)]
    few, many = [ImageError("damaged")] * 3, [ImageError("damaged")] * 25
    again = threading.Event()

    def reopen() -> FrameSource:
        again.set()
        return ScriptedSource([picture(6)] * 10_000, forever)

    frames, said = live(ScriptedSource([*few, *good, *many], nothing), reopen)
    assert again.wait(10)
    frames.close()
    assert said[0].startswith("camera lost: damaged")


def test_an_unknown_failure_of_the_driver_is_a_lost_camera() -> None:
    frames, said = live(ScriptedSource([OSError("no such device")], nothing), gone)
    while frames.state.name != "lost":
        threading.Event().wait(0.002)
    frames.close()
    assert "the driver failed (no such device)" in said[0]


@pytest.mark.parametrize("script", [[picture()] * 100_000, []])
def test_closing_ends_the_thread(script: list[Picture | Exception]) -> None:
    frames, _ = live(ScriptedSource(script, nothing), gone)
    frames.close()
    assert not [t for t in threading.enumerate() if t.name == "camera fake"]
    assert [frame for frame in frames if frame is not None] == []
