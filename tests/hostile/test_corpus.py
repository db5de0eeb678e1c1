"""Every format: each hostile file is refused by a declared error within the limits, and its harmless twin is read in full.

A child process of its own reads the files of one format. It may use 256 MB more than it had when it began, which the
system itself holds it to, and one CPU second for each file.
"""

import ctypes
import gc
import json
import os
import resource
import time
import traceback
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest

from headwater.case.verifier import Trust, verify
from headwater.errors import HeadwaterError
from headwater.formats import figures, registry, table_sources
from tests.hostile.corpus import Form, forms
from tests.hostile.test_formats import ARCHIVES, CASES
from tests.hostile.traps import Trap, traps

MOST_CPU_S = 1.0
MOST_BYTES = 256 * 1024 * 1024
MOST_LETTERS = 600
FORMS = forms()
ELSEWHERE = frozenset({"uk", "uk-csv", "ofac-csv", "ofac-csv-without-aliases", "intelligence-report", "ftm"})
"""Formats whose traps are set in test_formats.py."""
WORKBOOKS = frozenset({"frontex-ibc", "uk-returns", "uk-small-boats", "uk-nrm"})
"""Read through the reader of workbooks, and set in test_figures.py as well."""
SAME_READER = frozenset({"ledger", "crypto"})
"""The payments' reader by another name."""


def judged(form: Form, pairs: Iterable[Trap]) -> list[str]:
    """Read both files of each pair; return what went wrong, one line each."""
    whole = form.read(form.inside(form.seed))
    wrong = [] if whole > 0 else ["the valid file holds nothing"]
    for trap in pairs:
        for kind, data in (("hostile", trap.hostile), ("twin", trap.twin)):
            begun = time.process_time()
            said = _said(form, data)
            spent = time.process_time() - begun
            if spent > MOST_CPU_S:
                wrong.append(f"{trap.name}, {kind}: {spent:.1f} CPU seconds")
            if (said is None) == (kind == "hostile"):
                wrong.append(f"{trap.name}, {kind}: {said or 'was read'}")
            elif said is not None and said.startswith("undeclared"):
                wrong.append(f"{trap.name}, {kind}: {said}")
    return wrong


def _said(form: Form, data: bytes) -> str | None:
    """The declared error of a file, None where it was read and something was found in it."""
    try:
        return None if form.read(data) > 0 else "nothing was found in it"
    except HeadwaterError as error:
        text = str(error)
        return f"{error.code}: {text}" if len(text) <= MOST_LETTERS else f"undeclared length: {len(text)} letters"
    except BaseException as error:  # noqa: BLE001 - what is not declared is what is looked for
        return f"undeclared {type(error).__name__} at {traceback.extract_tb(error.__traceback__)[-1]}"


def in_child(form: Form, pairs: list[Trap]) -> list[str]:
    """Judge in a child that the system allows so much memory and no more."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        gc.freeze()  # to go through all that ten thousand tests have left takes a second that is not the reader's
        ctypes.CDLL(None).malloc_trim(0)  # what was freed must not count as held
        held = next(
            line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith("VmData")
        )
        most = int(held.split()[1]) * 1024 + MOST_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            said = json.dumps(judged(form, pairs))
        except BaseException as error:  # noqa: BLE001 - the parent says what it was
            said = json.dumps([f"the child ended with {error!r}"])
        with os.fdopen(writing, "w") as stream:
            stream.write(said)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        answer = stream.read()
    _, status = os.waitpid(child, 0)
    found: list[str] = json.loads(answer) if answer else [f"the child died: {os.waitstatus_to_exitcode(status)}"]
    return found


@pytest.mark.parametrize("name", FORMS)
def test_each_hostile_file_is_refused_within_the_limits_and_each_twin_is_read(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    form = FORMS[name]
    pairs = list(traps(form))
    assert len({one.name for one in pairs}) == len(pairs) >= 20
    assert all(one.hostile != form.inside(form.seed) for one in pairs)
    record_property("S4", len(pairs))
    assert in_child(form, pairs) == []


def test_every_format_that_is_read_has_its_traps() -> None:
    known = {each.name for each in registry.sources().values() if not each.package}
    known |= set(table_sources.names()) | set(figures.FORMATS)
    assert known <= set(FORMS) | ELSEWHERE | WORKBOOKS | SAME_READER


def test_the_corpus_holds_a_thousand_hostile_files_and_more(record_property: Callable[[str, object], None]) -> None:
    count = sum(len(list(traps(form))) for form in FORMS.values()) + len(CASES) + len(ARCHIVES)
    record_property("S4_all", count)
    print(f"S4: {count} hostile files over {len(FORMS) + len(ELSEWHERE)} formats, each with its twin")
    assert count >= 1_000


def test_a_reader_that_takes_too_much_memory_is_found() -> None:
    greedy = Form("greedy", "csv", b"a", b"", lambda data: len(bytearray(600_000_000)) if data != b"a" else 1)
    (wrong,) = in_child(greedy, [Trap("planted", b"b", b"a")])
    assert "MemoryError" in wrong


def test_a_reader_that_takes_too_long_is_found() -> None:
    def slow(data: bytes) -> int:
        end = time.process_time() + (1.1 if data == b"b" else 0.0)
        while time.process_time() < end:
            pass
        if data == b"b":
            raise HeadwaterError("refused")
        return 1

    (wrong,) = in_child(Form("slow", "csv", b"a", b"", slow), [Trap("planted", b"b", b"a")])
    assert "CPU seconds" in wrong


def test_a_reader_that_reads_what_it_must_not_and_one_that_refuses_a_twin_are_found() -> None:
    wrong = in_child(Form("lax", "csv", b"a", b"", len), [Trap("planted", b"b", b"")])
    assert wrong == ["planted, hostile: was read", "planted, twin: nothing was found in it"]


BUNDLE = json.loads((Path(__file__).parents[1] / "vectors" / "case_bundle_v1.json").read_text(encoding="utf-8"))


def bundle(folder: Path) -> Path:
    """The sealed bundle of version 1, as files."""
    for name, text in BUNDLE["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def _bundle_traps() -> dict[str, Callable[[Path], object]]:
    first = next(name for name in BUNDLE["files"] if name.startswith("data/exhibits/"))

    def link(folder: Path) -> None:
        (folder / first).unlink()
        (folder / first).symlink_to("/etc/passwd")

    def folder_link(folder: Path) -> None:
        (folder / "data" / "more").symlink_to("/etc")

    def pipe(folder: Path) -> None:
        (folder / first).unlink()
        os.mkfifo(folder / first)

    def instead(name: str, data: bytes) -> Callable[[Path], object]:
        return lambda folder: (folder / name).write_bytes(data)

    found: dict[str, Callable[[Path], object]] = {
        "a link for an exhibit": link,
        "a folder that is a link": folder_link,
        "a pipe for an exhibit": pipe,
        "a file more": lambda folder: (folder / "data" / "more.txt").write_bytes(b"x"),
        "a path outside in the manifest": lambda folder: _append(folder / "manifest-sha256.txt", b"0" * 64 + b"  ../../etc/passwd\n"),
        "an absolute path in the manifest": lambda folder: _append(folder / "manifest-sha256.txt", b"0" * 64 + b"  /etc/passwd\n"),
        "a million lines in the manifest": lambda folder: _append(folder / "manifest-sha256.txt", (b"0" * 64 + b"  x\n") * 200_000),
        "a seal of nothing": instead("seal.json", b""),
        "a seal of depth": instead("seal.json", b"[" * 200_000),
        "a seal that is no object": instead("seal.json", b"[]"),
        "a seal with NaN": instead("seal.json", b'{"size":NaN}'),
        "a seal in UTF-16": instead("seal.json", '{"a":1}'.encode("utf-16")),
        "a seal of 30 megabytes": instead("seal.json", b'{"a":"' + b"x" * 30_000_000 + b'"}'),
    }  # fmt: skip
    for name in BUNDLE["files"]:
        found[f"without {name}"] = partial(_changed, name, lambda _: None)
        found[f"a byte more in {name}"] = partial(_changed, name, lambda data: data + b" ")
        found[f"{name} cut short"] = partial(_changed, name, lambda data: data[:-1])
    return found


def _changed(name: str, change: Callable[[bytes], bytes | None], folder: Path) -> None:
    """Put other bytes into a file of the bundle; None takes it away."""
    data = change((folder / name).read_bytes())
    if data is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(data)


def _append(path: Path, data: bytes) -> None:
    path.write_bytes(path.read_bytes() + data)


BUNDLES = _bundle_traps()


@pytest.mark.parametrize("name", BUNDLES)
def test_a_hostile_case_bundle_does_not_verify_within_the_limits_and_the_untouched_one_does(
    name: str, tmp_path: Path
) -> None:
    trust = Trust(bytes.fromhex(BUNDLE["key"]), "UK-NCA")
    folders = {b"good": bundle(tmp_path / "good"), b"bad": bundle(tmp_path / "bad")}
    BUNDLES[name](folders[b"bad"])

    def read(data: bytes) -> int:
        problems = verify(folders[data], trust).problems
        if problems:
            raise HeadwaterError(str(problems[0])[:MOST_LETTERS])
        return 1

    assert in_child(Form("bundle", "bundle", b"good", b"", read), [Trap(name, b"bad", b"good")]) == []
