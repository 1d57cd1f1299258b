"""Packages from the machine's Debian archive, with an apt of our own making."""

from contextlib import suppress
from pathlib import Path

import pytest

from emulation import debian
from emulation.debian import Packages, archive, unpacked
from emulation.finished import finished
from emulation.unavailable import UnavailableError

WANTED = Packages("arm64", "bookworm", ("python3.11",))
PLAN = """\
NOTE: This is only a simulation!
Inst libc6 (2.36-9 Debian:12.1/oldstable [arm64])
Inst tzdata [1.0] (1:2.0+b1 Debian:12.1/oldstable, Debian:12.1/more [all])
Conf libc6 (2.36-9 Debian:12.1/oldstable [arm64])
"""
APT = """#!/bin/sh
echo "$*" >> {folder}/calls
case "$*" in
*--simulate*) cat {folder}/plan ;;
*update*) {update} ;;
esac
"""
DPKG = '#!/bin/sh\nmkdir -p "$3/usr/lib" && basename "$2" >> "$3/usr/lib/unpacked"\n'


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an apt-get that works; what it is asked for is in ``calls``."""
    monkeypatch.setenv("DEBIAN_ARCHIVE", "http://mirror.test/debian")
    monkeypatch.setattr(debian, "KEYRING", tmp_path / "keys")
    (tmp_path / "keys").write_text("")
    write_apt(tmp_path, "true")
    (tmp_path / "plan").write_text(PLAN)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    return tmp_path


def write_apt(folder: Path, update: str) -> None:
    (folder / "bin").mkdir(exist_ok=True)
    for name, script in (("apt-get", APT), ("dpkg-deb", DPKG)):
        tool = folder / "bin" / name
        tool.write_text(script.replace("{folder}", str(folder)).replace("{update}", update))
        tool.chmod(0o755)


@pytest.mark.parametrize(
    "line",
    [
        "deb http://mirror.test/debian bookworm main",
        "deb [signed-by=/usr/share/keyrings/x.gpg] http://mirror.test/debian/ stable main",
        "URIs: http://mirror.test/debian",
    ],
)
def test_the_archive_is_that_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.delenv("DEBIAN_ARCHIVE", raising=False)
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("# deb http://old.test/debian x main\n")
    (tmp_path / "sources.list.d" / "a.list").write_text("deb http://other.test/debian-x y main\n")
    (tmp_path / "sources.list.d" / "b.sources").write_text(f"Types: deb\n{line}\n")
    assert archive(tmp_path).rstrip("/") == "http://mirror.test/debian"


def test_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEBIAN_ARCHIVE", raising=False)
    with pytest.raises(UnavailableError, match="set DEBIAN_ARCHIVE"):
        archive(tmp_path)


def test_packages_are_unpacked_once(apt: Path) -> None:
    system = unpacked(WANTED, apt / "system", apt / "debs")
    names = (system / "lib" / "unpacked").read_text().split()
    assert sorted(names) == ["libc6_2.36-9_arm64.deb", "tzdata_1%3a2.0+b1_all.deb"]
    assert "deb.test" not in (apt / "calls").read_text()
    calls = (apt / "calls").read_text()
    unpacked(WANTED, apt / "system", apt / "debs")
    assert (apt / "calls").read_text() == calls
    unpacked(Packages("arm64", "bookworm", ("python3.12",)), apt / "system", apt / "debs")
    assert (apt / "calls").read_text() != calls


def test_an_archive_that_cannot_be_reached_is_no_failure(apt: Path) -> None:
    write_apt(apt, "echo 'W: slow' >&2; echo 'E: Could not connect' >&2; exit 100")
    with pytest.raises(UnavailableError, match="apt-get failed: E: Could not connect"):
        unpacked(WANTED, apt / "system", apt / "debs")
    assert not (apt / "system").exists()


def test_no_apt(apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(apt))
    with pytest.raises(UnavailableError, match="no apt-get"):
        unpacked(WANTED, apt / "system", apt / "debs")


def test_what_is_cut_short_is_redone(tmp_path: Path) -> None:
    with suppress(KeyboardInterrupt), finished(tmp_path / "a", "recipe") as partial:
        assert partial is not None
        (partial / "half").touch()
        raise KeyboardInterrupt
    assert not (tmp_path / "a").exists()
    with finished(tmp_path / "a", "recipe") as partial:
        assert partial is not None
        assert not list(partial.iterdir())
    with finished(tmp_path / "a", "recipe") as partial:
        assert partial is None
