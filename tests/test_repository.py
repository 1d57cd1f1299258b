"""House rules that no tool checks: versions agree, every command is documented, nothing leaks."""

import ast
import re
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

import edge_runtime
from edge_runtime.cli import COMMANDS

PACKAGES = ("train", "convert", "edge_runtime")
LONGEST_FILE = 350

# A folder of one machine, such as a home directory; not part of a longer path or an address.
MACHINE_PATH = re.compile(r"(?<![\w./~$})-])/(?:home|root|Users|work|mnt)/[\w.]")


@pytest.fixture(scope="session")
def files(root_dir: Path) -> list[Path]:
    """Every file that git knows or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(
            command, cwd=root_dir, capture_output=True, encoding="utf-8", check=True, timeout=60
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = [root_dir / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file()]


def text_of(path: Path) -> str | None:
    """The text of a file; None if it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def test_no_paths_of_one_machine(files: list[Path], root_dir: Path) -> None:
    for path in files:
        found = MACHINE_PATH.search(text_of(path) or "")
        assert found is None, f"{path.relative_to(root_dir)}: {found and found.group()}"


@pytest.mark.parametrize("text", ["see " + "/home" + "/me/x", '"' + "/work" + '/main"'])
def test_the_search_for_paths_finds_some(text: str) -> None:
    assert MACHINE_PATH.search(text)


def test_versions_agree(root_dir: Path) -> None:
    project = tomllib.loads((root_dir / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (root_dir / "CHANGELOG.md").read_text(encoding="utf-8")
    top = re.search(r"^## \[(.+?)\]", changelog, flags=re.MULTILINE)
    assert top is not None
    assert top.group(1) == project["version"] == edge_runtime.__version__


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(root_dir: Path, name: str) -> None:
    pages = [root_dir / "README.md", *(root_dir / "docs").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert f"edge-htr {name}" in text


def test_no_page_names_a_command_that_is_not_there(root_dir: Path) -> None:
    for page in [root_dir / "README.md", *(root_dir / "docs").rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"(?:\$ |`)edge-htr ([a-z]+)", text):
            assert name in COMMANDS, f"{page.name}: edge-htr {name}"


def test_links_between_pages_lead_somewhere(files: list[Path]) -> None:
    for page in files:
        if page.suffix == ".md":
            for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text_of(page) or ""):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_test_folders_are_no_packages(root_dir: Path) -> None:
    assert not list((root_dir / "tests").rglob("__init__.py"))


def test_every_module_says_what_it_is_for(files: list[Path], root_dir: Path) -> None:
    for path in files:
        if path.suffix == ".py":
            docstring = ast.get_docstring(ast.parse(text_of(path) or ""))
            assert docstring, path.relative_to(root_dir)


def test_no_file_grows_without_end(files: list[Path], root_dir: Path) -> None:
    for path in files:
        if path.suffix == ".py":
            lines = (text_of(path) or "").count("\n")
            assert lines <= LONGEST_FILE, f"{path.relative_to(root_dir)}: {lines} lines"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed(root_dir: Path, package: str) -> None:
    assert (root_dir / package / "py.typed").exists()


def test_the_ci_script_can_be_run(root_dir: Path) -> None:
    assert (root_dir / ".ci" / "run").stat().st_mode & stat.S_IXUSR


def test_the_runtime_exports_its_names_lazily() -> None:
    assert set(edge_runtime.__all__) <= set(dir(edge_runtime))
    for name in edge_runtime.__all__:
        assert getattr(edge_runtime, name)
    with pytest.raises(AttributeError, match="no attribute 'Reader'"):
        edge_runtime.__getattr__("Reader")
