"""What a reader may rely on in the repository itself: licence, locks, decisions, changelog, and no trace of one machine."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

import headwater

ROOT = Path(__file__).resolve().parents[2]
ADR = ROOT / "docs" / "adr"
FRAGMENTS = ROOT / "changelog.d"
FRAGMENT_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.(added|changed|fixed|removed|security)\.md")
# written in two parts, so that this file does not find itself
MACHINE_PATHS = re.compile("/wor" + "k/|/roo" + "t/|/ho" + r"me/\w+/|/op" + "t/")
LOCAL_URL = "file:" + "///"
"""Of a local mirror, say. Hostile inputs point at files too: those are tests."""
PIN = re.compile(r"^([a-z0-9-]+)==([^\s;]+)", re.MULTILINE)


def tracked_files() -> list[Path]:
    """The files that git keeps and that are there."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def project() -> dict[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert project()["project"]["license"] == "Apache-2.0"


def test_no_file_names_a_path_of_one_machine() -> None:
    files = tracked_files()
    assert ROOT / "pyproject.toml" in files
    found = []
    for path in files:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # a picture or a font
        found += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(lines, 1)
            if MACHINE_PATHS.search(line) or (LOCAL_URL in line and path.relative_to(ROOT).parts[0] != "tests")
        ]
    assert found == []


def test_the_lock_file_names_public_addresses_only() -> None:
    text = (ROOT / "uv.lock").read_text(encoding="utf-8")
    hosts = set(re.findall(r"\w+://([^/\"]+)", text))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_the_lock_file_holds_back_fresh_releases() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    assert lock["options"]["exclude-newer-span"] == "P7D"
    assert project()["tool"]["uv"]["exclude-newer"] == "7 days"


@pytest.mark.parametrize("name", ["all", "dev"])
def test_the_hashed_requirements_are_those_of_the_lock_file(name: str) -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked: dict[tuple[str, str], set[str]] = {}
    for package in lock["package"]:
        files = [package["sdist"]] if "sdist" in package else []
        hashes = {file["hash"] for file in [*files, *package.get("wheels", [])]}
        locked[package["name"], package.get("version", "")] = hashes
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    starts = list(PIN.finditer(text))
    assert starts
    for start, end in zip(starts, [*[later.start() for later in starts[1:]], len(text)], strict=True):
        found = set(re.findall(r"sha256:[0-9a-f]{64}", text[start.start() : end]))
        assert found == locked[start.group(1), start.group(2)], start.group(0)


def test_all_extras_are_in_all_but_those_that_need_more_than_python_or_bring_gigabytes() -> None:
    extras = project()["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    named = set(everything.removeprefix("headwater[").removesuffix("]").split(","))
    assert set(extras) - {"all"} - named == {"ftm", "spark", "train"}


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    records = sorted(path for path in ADR.glob("*.md") if path.name != "README.md")
    assert records
    assert [path.name[:5] for path in records] == [f"{number:04d}-" for number in range(1, len(records) + 1)]
    index = (ADR / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in records if f"]({path.name})" not in index] == []


@pytest.mark.parametrize("path", sorted(ADR.glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_says_when_why_what_and_what_follows(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# {path.name[:4]} ")
    assert any(re.fullmatch(r"Date: \d{4}-\d{2}-\d{2}\. Status: \w.*", line) for line in lines)
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## Context", "## Decision", "## Consequences"]


def test_changelog_fragments_are_named_after_their_kind() -> None:
    names = [path.name for path in FRAGMENTS.iterdir() if path.name != "README.md"]
    assert [name for name in names if not FRAGMENT_NAME.fullmatch(name)] == []


def test_the_changelog_knows_this_version() -> None:
    assert f"## {headwater.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_group_is_repeated_possessively_but_one_in_which_nothing_can_fail_half_way() -> None:
    """Python before 3.11.5 gets such groups wrong (gh-106052), and Debian 12 has 3.11.2."""
    found = {
        (path.name, line.strip())
        for path in (ROOT / "src").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\)(?:[*+?]|\{[0-9,]+\})\+", line.split("#")[0])
    }
    assert {name for name, _ in found} <= {"safe.py"}, found
    assert all(r'(?:[^"\\]++|\\.)*+' in line for _, line in found), "an escape fails at the very end alone"
