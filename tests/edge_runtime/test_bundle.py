"""Model files are read whole or refused with the check that failed."""

import hashlib
import json
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.bundle import MAX_BUNDLE_BYTES, Bundle, pack, write_bundle
from edge_runtime.charset import Charset
from edge_runtime.errors import BundleError
from tests.block_script import CHARSET
from tests.tiny_models import NAMES, model_path, packed, with_members


def refused(data: bytes) -> str:
    with pytest.raises(BundleError) as caught:
        Bundle.from_bytes(data)
    return str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_tiny_models_open(name: str) -> None:
    bundle = Bundle.open(model_path(name))
    assert bundle.card.name == name
    assert bundle.charset == CHARSET
    assert bundle.lexicon is None
    assert bundle.file_bytes == model_path(name).stat().st_size < 16_000


def test_a_written_bundle_opens_with_all_its_parts(tmp_path: Path) -> None:
    old = Bundle.open(model_path())
    target = tmp_path / "new.tflite"
    written = write_bundle(target, old.network, old.card, old.charset, b"words")
    assert Bundle.open(target) == written
    assert (written.network, written.lexicon) == (old.network, b"words")


def test_writing_fills_in_the_hashes() -> None:
    old = Bundle.open(model_path())
    blank = replace(old.card, network_sha256="", network_bytes=0, charset_sha256="")
    card = Bundle.from_bytes(pack(old.network, blank, old.charset)).card
    assert card.network_sha256 == hashlib.sha256(old.network).hexdigest()
    assert card == old.card


def test_equal_parts_give_equal_bytes() -> None:
    assert packed() == packed() == model_path().read_bytes()


def test_writing_refuses_parts_that_do_not_fit_and_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "model.tflite"
    target.write_bytes(b"old")
    old = Bundle.open(model_path())
    with pytest.raises(BundleError, match="charset check failed"):
        write_bundle(target, old.network, old.card, Charset("abc"))
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_archive_is_listed_by_zip_tools() -> None:
    with zipfile.ZipFile(model_path()) as archive:
        assert archive.namelist() == ["card.json", "charset.txt"]
        assert archive.testzip() is None
        assert json.loads(archive.read("card.json"))["schema"] == 1


@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs unzip")
def test_unzip_lists_the_archive_without_complaint() -> None:
    listed = subprocess.run(
        ["unzip", "-l", model_path()], capture_output=True, text=True, check=False
    )
    assert listed.returncode == 0
    assert "card.json" in listed.stdout
    assert listed.stderr == ""


def test_a_lexicon_travels_along() -> None:
    old = Bundle.open(model_path())
    assert Bundle.from_bytes(pack(old.network, old.card, old.charset, b"\0\1")).lexicon == b"\0\1"


# What is no bundle, or a spoilt one; each refusal names its check.


@pytest.mark.parametrize(
    "data", [b"", b"x", b"hello world, this is text\n" * 50, b"PK\x03\x04" * 9]
)
def test_a_foreign_file_fails_the_identifier_check(data: bytes) -> None:
    assert "identifier check failed" in refused(data)


def test_a_plain_tflite_fails_the_archive_check() -> None:
    assert "archive check failed: no readable ZIP" in refused(Bundle.open(model_path()).network)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_bundle_fails_the_archive_check(kept: float) -> None:
    data = model_path().read_bytes()
    assert "archive check failed" in refused(data[: int(len(data) * kept)])


def test_a_changed_network_fails_the_hash_check() -> None:
    data = bytearray(model_path().read_bytes())
    data[1000] ^= 1
    assert "hash check failed" in refused(bytes(data))


def test_a_changed_charset_fails_its_check() -> None:
    members = archive_members()
    members["charset.txt"] = "".join(reversed(CHARSET.symbols)).encode()
    assert "charset check failed: charset.txt is not the one" in refused(with_members(members))


@pytest.mark.parametrize("symbols", ["", "aa", "e\u0301"])
def test_an_impossible_charset_fails_its_check(symbols: str) -> None:
    members = archive_members()
    members["charset.txt"] = symbols.encode()
    assert "charset check failed: the charset" in refused(with_members(members))


@pytest.mark.parametrize("symbols", ["abc", "abcdefgh"])
def test_a_charset_that_does_not_fit_the_output_fails_its_check(symbols: str) -> None:
    old = Bundle.open(model_path())
    message = refused(pack(old.network, old.card, Charset(symbols)))
    assert f"{len(symbols)} symbols and the blank need [1, steps, {len(symbols) + 1}]" in message


@pytest.mark.parametrize("missing", ["card.json", "charset.txt"])
def test_a_missing_member_is_named(missing: str) -> None:
    members = archive_members()
    del members[missing]
    assert f"archive check failed: no {missing}" in refused(with_members(members))


@pytest.mark.parametrize("name", ["card.json", "charset.txt"])
def test_members_that_are_no_text_are_refused(name: str) -> None:
    message = refused(with_members(archive_members() | {name: b"\xff\xfe\x00"}))
    assert f"archive check failed: {name} is not UTF-8" in message


def test_a_compressed_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = with_members({"card.json": b" " * 2**26, "charset.txt": b"a"}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    assert "card.json would unpack to 67108864 bytes" in refused(bomb)


@pytest.mark.parametrize("size", [5, 10_000])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_that_lies_about_its_size_is_refused(size: int, compression: int) -> None:
    data = bytearray(with_members(archive_members(), compression))
    directory = data.rindex(b"PK\x01\x02")  # the entry of charset.txt
    data[directory + 24 : directory + 28] = size.to_bytes(4, "little")
    assert "archive check failed" in refused(bytes(data))


def test_a_repeated_member_is_refused() -> None:
    members = archive_members()
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = _append(with_members(members), "card.json", members["card.json"])
    assert "a member is there twice" in refused(data)


def test_deflated_members_of_sane_size_are_read() -> None:
    data = with_members(archive_members(), zipfile.ZIP_DEFLATED)
    assert Bundle.from_bytes(data).card == Bundle.open(model_path()).card


@pytest.mark.parametrize("length", [0, -5, 10**9])
def test_an_impossible_network_length_is_refused(length: int) -> None:
    members = archive_members()
    card = json.loads(members["card.json"]) | {"network_bytes": length}
    members["card.json"] = json.dumps(card).encode()
    assert "size check failed" in refused(with_members(members))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"layout": "fixed"}, "width is not fixed"),
        (
            {"preprocessing": {"height": 64}},
            "lines 48 high, the card's preprocessing makes them 64",
        ),
        ({"preprocessing": {}}, "makes them None high"),
    ],
)
def test_a_card_that_does_not_fit_the_network_fails_the_input_check(
    changes: dict[str, Any], reason: str
) -> None:
    message = refused(packed(**changes))
    assert "input check failed" in message
    assert reason in message


def test_a_fixed_network_must_have_the_card_s_width() -> None:
    old = Bundle.open(model_path("tiny-fixed"))
    card = replace(old.card, max_width=512)
    assert "is 256 wide, the card says 512" in refused(pack(old.network, card, old.charset))


def test_opening_names_the_file(tmp_path: Path) -> None:
    for name, content, reason in (
        ("text.tflite", b"hello", "identifier check failed"),
        ("cut.tflite", model_path().read_bytes()[:-30], "archive check failed"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(BundleError, match=f"{name}: {reason}"):
            Bundle.open(path)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no such file"):
        Bundle.open(tmp_path / "nothing.tflite")
    with pytest.raises(BundleError, match="is a folder"):
        Bundle.open(tmp_path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    with path.open("wb") as stream:
        stream.truncate(MAX_BUNDLE_BYTES + 1)
    with pytest.raises(BundleError, match="256 MiB is over the limit"):
        Bundle.open(path)


def archive_members() -> dict[str, bytes]:
    with zipfile.ZipFile(model_path()) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _append(data: bytes, name: str, content: bytes) -> bytes:
    import io

    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, content)
    return stream.getvalue()
