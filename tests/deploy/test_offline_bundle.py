"""The archive that installs without a network: made, unpacked, installed, and read with."""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("packaging")
pytest.importorskip("hatchling")

from deploy import offline_bundle
from deploy.offline_bundle import checksums, download, gather, pack
from deploy.target import Target, pins
from edge_runtime.device import load_profile
from edge_runtime.errors import DataError
from edge_runtime.recognizer import DEFAULT_MODEL

unix = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("sha256sum") is None, reason="needs sh and sha256sum"
)


def made_up_wheel(folder: Path) -> Path:
    """A package of one module, so that installing needs no index."""
    path = folder / "made_up-1.0-py3-none-any.whl"
    info = "made_up-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("made_up.py", "here = True\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: made-up\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle for this machine whose lock names the made-up package only."""
    folder = tmp_path_factory.mktemp("bundle")
    digest = hashlib.sha256(made_up_wheel(folder).read_bytes()).hexdigest()
    lock = folder / "base.txt"
    lock.write_text(
        f"made-up==1.0 ; sys_platform == 'linux' \\\n    --hash=sha256:{digest}\n    # via x\n"
        f"other==2.0 ; sys_platform == 'darwin' \\\n    --hash=sha256:{digest}\n"
    )
    (folder / "content").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offline_bundle, "LOCK", lock)
        patch.setattr(offline_bundle, "download", lambda lock, target, to: made_up_wheel(to))
        gather(load_profile("host"), folder / "content", models=[DEFAULT_MODEL])
        pack(folder / "content", folder / "edge-htr-test.tar")
    with tarfile.open(folder / "edge-htr-test.tar") as archive:
        archive.extractall(folder, filter="data")
    return folder / "edge-htr-test"


def install(bundle: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"PYTHON": sys.executable} | environment
    return subprocess.run(
        ["sh", str(bundle / "install.sh"), *arguments],
        env=variables, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@unix
@pytest.mark.slow
def test_it_installs_and_reads_without_an_index(bundle: Path, tmp_path: Path) -> None:
    packages = sysconfig.get_path("purelib")  # numpy, OpenCV and the runtime, from here
    done = install(bundle, str(tmp_path / "new"), PYTHONPATH=packages, PIP_INDEX_URL="none:")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "edge-htr reads here: 0 problems" in done.stdout
    assert (tmp_path / "new/models" / DEFAULT_MODEL.name).exists()
    code = "import made_up, edge_runtime; print(edge_runtime.__file__)"
    where = subprocess.run(
        [tmp_path / "new/bin/python", "-I", "-c", code],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    ).stdout  # fmt: skip
    assert Path(where.strip()).is_relative_to(tmp_path / "new")


@unix
def test_what_does_not_fit_is_told_before_anything_is_written(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)

    def refusal(board: str) -> str:
        (copy / "board").write_text(board)
        (copy / "SHA256SUMS").unlink()
        (copy / "SHA256SUMS").write_text(checksums(copy))
        done = install(copy, str(tmp_path / "new"))
        assert done.returncode == 1
        assert not (tmp_path / "new").exists()
        return done.stderr

    assert "for pi4-32: not for a 64-bit system" in refusal("pi4-32\n32\narmv7l\n")
    assert "for pi4: not for" in refusal("pi4\n64\nother\n")
    for lock in copy.glob("lock-*"):
        lock.unlink()
    machine = (bundle / "board").read_text()
    assert "no packages for Python" in refusal(machine)


@unix
def test_a_damaged_archive_is_refused(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    with (copy / "wheels/made_up-1.0-py3-none-any.whl").open("ab") as stream:
        stream.write(b"x")
    done = install(copy, str(tmp_path / "new"))
    assert (done.returncode, "this archive is damaged" in done.stderr) == (1, True)
    assert not (tmp_path / "new").exists()
    assert "unknown option --nonsense" in install(bundle, "--nonsense").stderr


def test_what_is_in_it(bundle: Path) -> None:
    names = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert {"install.sh", "edge-htr.service", "board", "SHA256SUMS", f"lock-{here}.txt"} <= names
    assert any(name.startswith("wheels/edge_htr-") for name in names)
    assert "other" not in (bundle / f"lock-{here}.txt").read_text()
    assert (bundle / "install.sh").stat().st_mode & 0o111
    listed = (bundle / "SHA256SUMS").read_text().splitlines()
    assert {line.split("  ")[1] for line in listed} == names - {"SHA256SUMS"}


def test_the_same_content_gives_the_same_archive(bundle: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        pack(bundle, tmp_path / name / "x.tar")
    one, other = ((tmp_path / name / "x.tar").read_bytes() for name in ("a", "b"))
    assert one == other


def test_a_model_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_bundle, "download", lambda lock, target, to: None)
    monkeypatch.setattr(offline_bundle, "build_wheel", lambda to: None)
    with pytest.raises(DataError, match="no such model"):
        gather(load_profile("pi5"), tmp_path, models=[tmp_path / "none.tflite"])


@pytest.mark.slow
def test_pip_fetches_wheels_of_another_platform(root_dir: Path, tmp_path: Path) -> None:
    target = Target("aarch64", "3.13")
    lock = tmp_path / "lock.txt"
    wanted = [p for p in pins(root_dir / "requirements/base.txt", target) if "ml-dtypes" in p]
    lock.write_text("\n".join(wanted))
    plain = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--timeout", "5",
             "--retries", "0", "-d", str(tmp_path / "plain"), "typing-extensions"]  # fmt: skip
    if subprocess.run(plain, capture_output=True, check=False).returncode:
        pytest.skip("no package index can be reached from here")
    download(lock, target, tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    assert "cp313" in wheel.name
    assert wheel.name.endswith("aarch64.whl")


@pytest.mark.slow
def test_a_wheel_with_another_hash_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(f"no-such-package-of-edge-htr==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(DataError, match="pip failed"):
        download(lock, Target("aarch64", "3.11"), tmp_path)
