"""Every kind of camera, and every wrong address a user may give."""

import io
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_runtime.camera import open_frames, open_source, parse_address
from edge_runtime.camera_frame import Frame
from edge_runtime.camera_mjpeg import MjpegStream
from edge_runtime.errors import CameraError, ImageError, RuntimeMissingError
from tests.fake_cameras import fake_picamera2, jpeg, network_camera, picture


@pytest.mark.parametrize(
    ("uri", "kind", "place", "name", "live"),
    [
        ("0", "usb", "0", "usb:0", True),
        ("usb:2", "usb", "2", "usb:2", True),
        ("pi:1", "pi", "1", "pi:1", True),
        ("file:clips/a.mp4", "file", "clips/a.mp4", "file:clips/a.mp4", False),
        ("file:///srv/a.mp4", "file", "/srv/a.mp4", "file:///srv/a.mp4", False),
        ("rtsp://me:secret@cam/1", "network", "rtsp://me:secret@cam/1", "rtsp://cam/1", True),
        ("-", "stdin", "-", "-", False),
    ],
)
def test_addresses(uri: str, kind: str, place: str, name: str, live: bool) -> None:
    address = parse_address(uri)
    assert (address.kind, address.place, address.name, address.live) == (kind, place, name, live)


@pytest.mark.parametrize("uri", ["", "usb:", "usb:x", "pi:-1", "file:", "http:cam", "ftp://a/b"])
def test_what_is_no_camera(uri: str) -> None:
    with pytest.raises(CameraError, match="is not a camera"):
        parse_address(uri)


def test_a_bare_path_gets_a_hint(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    with pytest.raises(CameraError, match=r"a file is file:.*clip\.mp4"):
        parse_address(str(tmp_path / "clip.mp4"))


def all_frames(uri: str) -> tuple[list[Frame], list[str]]:
    """The frames of something that ends, and what was reported."""
    said: list[str] = []
    frames = open_frames(uri, report=said.append)
    found = [frame for frame in frames if frame is not None]
    frames.close()
    assert frames.state.name == "ended"
    return found, said


def test_every_frame_of_a_video_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for level in range(0, 200, 10):
        writer.write(picture(level))
    writer.release()
    found, said = all_frames(f"file:{path}")
    levels = [float(frame.gray.mean()) for frame in found]
    assert np.abs(np.array(levels) - np.arange(0, 200, 10)).max() < 3
    assert [frame.number for frame in found] == list(range(20))
    assert found[15].seconds == pytest.approx(1.5)
    assert (found[0].size, said) == ((64, 48), [])


def test_a_folder_is_a_sequence_and_a_bad_picture_is_passed_over(tmp_path: Path) -> None:
    for number, level in ((10, 30), (9, 20), (1, 10)):
        cv2.imwrite(str(tmp_path / f"f{number}.png"), picture(level))
    (tmp_path / "f5.png").write_bytes(b"no picture")
    found, said = all_frames(f"file:{tmp_path}")
    assert [int(frame.gray[0, 0]) for frame in found] == [10, 20, 30]
    assert [frame.number for frame in found] == [0, 2, 3]
    assert len(said) == 1
    assert "f5.png: not a picture" in said[0]
    assert [int(f.gray[0, 0]) for f in all_frames(f"file:{tmp_path}/f1*.png")[0]] == [10, 30]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("gone.mp4", "no such file"), ("empty", "no picture in this folder"), ("x*", "matches")],
)
def test_files_that_are_not_there(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CameraError, match=reason):
        open_frames(f"file:{tmp_path}/{name}")


def test_a_file_that_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("not a video\n" * 100)
    with pytest.raises(CameraError, match="not a video in a known format"):
        open_frames(f"file:{tmp_path / 'clip.mp4'}")


def test_a_usb_camera_that_is_not_plugged_in() -> None:
    with pytest.raises(CameraError, match="/dev/video97 does not exist"):
        open_frames("97")


def test_a_network_camera_is_read_and_opened_again_when_it_hangs_up() -> None:
    said: list[str] = []
    with network_camera(pictures=8) as camera:
        frames = open_frames(camera.url, report=said.append)
        for frame in frames:
            if camera.visits > 1 and frame is not None:
                break
        frames.close()
    assert frame is not None
    assert frame.size == (64, 48)
    assert frames.state.lost >= 1
    assert said[:2] == [
        "camera lost: it gives no more pictures; trying to open it again",
        "camera is back",
    ]


def test_a_network_camera_that_is_off() -> None:
    with pytest.raises(CameraError, match=r"^http://127.0.0.1:1/x: no stream"):
        open_frames("http://me:secret@127.0.0.1:1/x")


def test_a_camera_at_the_ribbon_connector(monkeypatch: pytest.MonkeyPatch) -> None:
    module, opened = fake_picamera2()
    monkeypatch.setitem(sys.modules, "picamera2", module)
    source = open_source(parse_address("pi:0"), (640, 480))
    taken = source.read()
    assert taken is not None
    assert taken.shape == (480, 640, 3)
    assert taken[0, 0].tolist() == [255, 0, 0]
    source.close()
    assert opened[0].calls == ["start", "stop", "close"]
    assert opened[0].configuration["main"]["format"] == "RGB888"
    assert opened[0].controls == {"AfMode": 2}
    with pytest.raises(CameraError, match="no camera pi:1"):
        open_source(parse_address("pi:1"))


def test_picamera2_that_is_missing_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    with pytest.raises(RuntimeMissingError, match=r"apt install python3-picamera2.*system-site"):
        open_source(parse_address("pi:0"))


class Trickle(io.BytesIO):
    """Gives few bytes at a time, as a pipe may."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(7)


def test_mjpeg_on_stdin() -> None:
    stream = MjpegStream(Trickle(b"noise" + jpeg(40) + jpeg(120) + jpeg(200)[:100]))
    taken = [stream.read(), stream.read(), stream.read()]
    assert taken[2] is None  # cut off
    assert [round(float(p.mean()) / 40) for p in taken[:2] if p is not None] == [1, 3]


def test_a_damaged_picture_on_stdin_does_not_end_the_stream() -> None:
    damaged = jpeg(40)[:40] + b"\xff\xd9"
    stream = MjpegStream(io.BytesIO(jpeg(40) + damaged + jpeg(120)))
    assert stream.read() is not None
    with pytest.raises(ImageError):
        stream.read()
    last = stream.read()
    assert last is not None
    assert round(float(last.mean())) == 120


def test_stdin_without_a_picture() -> None:
    with pytest.raises(CameraError, match="no JPEG picture"):
        MjpegStream(io.BytesIO(b"no video at all" * 1000)).read()
