"""500 canaries in protected fields and inside exhibits of every kind: none in any export, log, error, file name or backup."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest

from tests.case_world import CASE, FILES
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, WRITER, init
from tests.unit.case.test_gate import KINDS

pytestmark = pytest.mark.e2e

URN = "00EX0000126"
PERSONS = 60
FIELDS = ("name", "alias", "born", "contact", "address")
EXHIBITS = 200
LETTERS = "BCDFGHJKLMNPRSTVZ"


def word(number: int, salt: str) -> str:
    """A made-up word that stands nowhere else."""
    found = ""
    for _ in range(4):
        found += LETTERS[number % len(LETTERS)] + "aeiou"[number % 5]
        number = number * 31 + len(salt) + 7
    return f"{found.capitalize()}{salt}"


def canary(person: int, field: str) -> str:
    return {
        "name": f"{word(person + 1, 'qx')} {word(person + 101, 'ćić')}",
        "alias": f"{word(person + 201, 'wyk')} {person:03}",
        "born": f"19{person % 60 + 30}-{person % 12 + 1:02}-{person % 28 + 1:02}",
        "contact": f"+000 555 77{person:03}",
        "address": f"{person + 1} {word(person + 301, 'zeq')} Safe Street",
    }[field]


def told(index: int) -> str:
    """The canary that an exhibit repeats: the name, alias or address of one of the persons."""
    return canary(index % PERSONS, ("name", "alias", "address")[index % 3])


def everything() -> list[str]:
    fields = [canary(person, field) for person in range(PERSONS) for field in FIELDS]
    return fields + [told(index) for index in range(EXHIBITS)]


def write(folder: Path) -> Path:
    case = json.loads(json.dumps(CASE))
    for person in range(PERSONS):
        fields = {field: canary(person, field) for field in FIELDS}
        case["persons"].append({"id": f"V{person}", "category": "victim" if person % 2 else "smuggled", **fields})
    makers = list(KINDS.values())
    files: dict[str, bytes] = {name: text.encode() for name, text in FILES.items()}
    for index in range(EXHIBITS):
        name = f"exhibits/{told(index) if index % 7 == 0 else index}.{index}.bin".replace("/", "_", 0)
        files[name] = makers[index % len(makers)](told(index))
        ref = f"ZZ/{index + 1}"
        case["exhibits"].append(
            {**case["exhibits"][0], "ref": ref, "file": name, "description": f"Item {index}, for the made-up test"}
        )
        case["custody"].append(
            {**case["custody"][1], "exhibit": ref, "place": told(index) if index % 11 == 0 else "store"}
        )
    case["case"]["operation"] = f"OP {canary(3, 'name').upper()}"
    case["exhibits"][0]["description"] = f"Note about {canary(5, 'name')} and the trailer"
    case["material"][0]["description"] = f"Rota that names {canary(6, 'address')}"
    case["searches"][0]["terms"].append(canary(7, "name"))
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "case.json").write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
    return folder


class Watcher:
    """Runs commands and keeps every byte that they say."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.said: list[bytes] = []

    def run(self, *words: str | Path, user: str, purpose: str = "court") -> tuple[int, str]:
        env = {key: value for key, value in os.environ.items() if not key.startswith("HEADWATER_")}
        env |= {"HEADWATER_HOME": str(self.home), "HEADWATER_USER": user, "HEADWATER_PURPOSE": purpose}
        done = subprocess.run(
            [sys.executable, "-m", "headwater", *map(str, words)], env=env, capture_output=True, check=False
        )
        self.said += [done.stdout, done.stderr]
        return done.returncode, done.stdout.decode()


def forms(text: str) -> Iterator[str]:
    yield text
    yield re.sub(r"[\W_]+", "", text)
    yield json.dumps(text)[1:-1]


def found_in(data: bytes, pattern: re.Pattern[str]) -> list[str]:
    texts = [data.decode("utf-8", "replace"), data.decode("utf-16-le", "replace"), data.decode("cp1250", "replace")]
    if data.startswith(b"%PDF"):
        texts += [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    return [match.group() for text in texts for match in pattern.finditer(text.casefold())]


@pytest.fixture(scope="module")
def pattern() -> re.Pattern[str]:
    words = {form.casefold() for text in everything() for form in forms(text) if len(form) > 5}
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))


def test_500_canaries_are_in_nothing_that_stays_or_leaves(tmp_path: Path, pattern: re.Pattern[str]) -> None:
    assert len(everything()) == 500
    watcher, out = Watcher(init(tmp_path / "uk")), tmp_path / "out"
    out.mkdir()
    folder = write(tmp_path / "folder")
    planted = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert found_in(planted, pattern)  # the look itself finds what was planted
    assert watcher.run("case", "new", "--from", folder, user=WRITER)[0] == 0
    watcher.run("case", "check", URN, "--json", user=SUPERVISOR)
    watcher.run("case", "list", user=WRITER)
    assert watcher.run("case", "seal", URN, "--out", out / "refused", user=SUPERVISOR)[0] == 77
    assert watcher.run("case", "export", URN, "--view", "defence", "--out", out / "refused", user=SUPERVISOR)[0] == 77
    sealed = ("case", "seal", URN, "--out", out / "bundle", "--withhold-blocked", "--json")
    assert watcher.run(*sealed, user=SUPERVISOR)[0] == 0
    for form in ("mg6c", "mg6d", "mg6e", "dmd"):
        assert watcher.run("case", "schedule", URN, "--form", form, "--out", out / form, user=SUPERVISOR)[0] == 0
    for view in ("prosecutor", "court", "defence", "partner:rs"):
        words = ("--view", view, "--out", out / view.replace(":", "-"), "--draft", "--withhold-blocked")
        assert watcher.run("case", "export", out / "bundle", *words, user=SUPERVISOR)[0] == 0
    request = ("case", "request", URN, "--to", "rs", "--items", "RS/1", "--out", out / "letter.pdf")
    assert watcher.run(*request, user=SUPERVISOR)[0] == 0
    watcher.run("safeguard", "tasks", "--json", user=GUARDIAN, purpose="victim-protection")
    for asked in (canary(1, "name"), canary(2, "contact")):
        watcher.run("case", "check", URN, "--json", user=AUDITOR)
        watcher.run(
            "safeguard", "read", "Person 0000000000", "--reason", "x", user=GUARDIAN, purpose="victim-protection"
        )
        watcher.run("findings", "list", "--json", user=WRITER, purpose="oic")
        assert asked
    watcher.run("audit", "show", "--last", "10000", "--json", user=AUDITOR, purpose="audit")
    watcher.run("node", "doctor", "--json", user=AUDITOR, purpose="audit")
    leaks: dict[str, list[str]] = {}
    for place in (watcher.home, out):  # a backup is a copy of the first
        for path in place.rglob("*"):
            name = path.relative_to(place).as_posix()
            hits = found_in(name.encode(), pattern) + (found_in(path.read_bytes(), pattern) if path.is_file() else [])
            if hits:
                leaks[name] = hits[:3]
    for said in watcher.said:
        if hits := found_in(said, pattern):
            leaks[said.decode("utf-8", "replace")[:60]] = hits[:3]
    assert leaks == {}
    shown: Any = json.loads((out / "bundle" / "data" / "ro-crate-metadata.json").read_bytes())
    assert "Person" in shown["@graph"][1]["name"]
