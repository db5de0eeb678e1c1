"""Whatever is changed in a sealed bundle is found, by both doors alike; what is harmless is not complained of."""

import json
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.case.bundle import SealOptions
from headwater.case.data import verify as standalone
from headwater.case.data.verify import bag_files, canonical, file_sum, tag_lists
from headwater.case.receipt import LogHead, make_receipt, put_receipt
from headwater.case.verifier import Trust, as_json, verify
from tests.case_papers import authority, stamp
from tests.case_world import NOON, SIGNER, made_case, sealed, signer_of

KEY = Trust(SIGNER.public_key)
PATHS = (
    "README.txt",
    "bag-info.txt",
    "bagit.txt",
    "data/case.jsonld",
    "data/exhibits/JS_1.txt",
    "data/exhibits/MK_1.csv",
    "data/exhibits/RS_1.txt",
    "data/findings/",
    "data/log.jsonl",
    "data/ro-crate-metadata.json",
    "data/statements/S1.txt",
    "manifest-sha256.txt",
    "manifest-sha512.txt",
    "manifest.json",
    "receipts/1.json",
    "seal.json",
    "seal.tsr",
    "tagmanifest-sha256.txt",
    "tagmanifest-sha512.txt",
    "verify.py",
)
EXHIBITS = {"data/exhibits/JS_1.txt": "JS/1", "data/exhibits/MK_1.csv": "MK/1", "data/exhibits/RS_1.txt": "RS/1"}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("sealed")
    one = authority(top / "authority")
    options = SealOptions(stamper=lambda digest: stamp(one, digest))
    sealed(made_case(top / "case"), top / "bundle", options=options)
    receipt = top / "receipt.json"
    receipt.write_bytes(make_receipt(top / "bundle", signer_of(9, "RS-MOI"), LogHead(1, "00" * 32), NOON))
    put_receipt(top / "bundle", receipt)
    return top / "bundle"


@pytest.fixture(scope="module")
def unstamped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle without stamp and receipts: nothing but the list itself can tell of a lie."""
    top = tmp_path_factory.mktemp("unstamped")
    sealed(made_case(top / "case"), top / "bundle")
    return top / "bundle"


@pytest.fixture
def bundle(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "bundle"))


def problems_at_both_doors(bundle: Path) -> list[dict[str, str]]:
    """The problems of a bundle, after both doors gave the same answer."""
    ours = as_json(verify(bundle, KEY))
    command = [sys.executable, "-I", "-S", standalone.__file__, str(bundle), "--json", "--key", KEY.key.hex()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert json.loads(done.stdout) == json.loads(ours)
    problems: list[dict[str, str]] = json.loads(ours)["problems"]
    assert done.returncode == (76 if problems else 0)
    return problems


def file_at(bundle: Path, name: str) -> Path:
    """A file of the bundle; for a folder, the one file in it."""
    return next((bundle / name).iterdir()) if name.endswith("/") else bundle / name


def test_every_file_of_a_bundle_is_in_this_test(original: Path) -> None:
    files = [path for path in original.rglob("*") if path.is_file()]
    assert sorted(files) == sorted(file_at(original, name) for name in PATHS)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.sampled_from(PATHS), where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_one_changed_byte_anywhere_is_found_and_an_exhibit_is_named(
    original: Path, name: str, where: float, flip: int
) -> None:
    path = file_at(original, name)
    kept = path.read_bytes()
    changed = bytearray(kept)
    changed[int(where * len(kept))] ^= flip
    path.write_bytes(changed)
    try:
        problems = problems_at_both_doors(original)
    finally:
        path.write_bytes(kept)
    assert problems
    if name in EXHIBITS:
        assert [(problem["exhibit"], problem["path"]) for problem in problems] == [(EXHIBITS[name], name)]


@pytest.mark.parametrize("name", PATHS)
def test_every_byte_of_every_file_counts(original: Path, name: str) -> None:
    path = file_at(original, name)
    kept = path.read_bytes()
    try:
        for at in range(0, len(kept), max(1, len(kept) // 40)):
            path.write_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :])
            assert verify(original, None).problems, at
        for spoiled in (b"", kept[:-1], kept + b"\n", kept + b"\0", b"\xef\xbb\xbf" + kept):
            path.write_bytes(spoiled)
            assert verify(original, None).problems
    finally:
        path.write_bytes(kept)
    assert verify(original, None).problems == ()


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("how", ["removed", "renamed", "linked to a copy", "made a folder", "made a pipe"])
def test_a_file_that_is_not_there_as_itself_is_found(bundle: Path, tmp_path: Path, name: str, how: str) -> None:
    path = file_at(bundle, name)
    away = tmp_path / "away"
    path.rename(away)
    if how == "renamed":
        shutil.copy(away, path.with_name(path.name + "x"))
    elif how == "linked to a copy":
        path.symlink_to(away)
    elif how == "made a folder":
        path.mkdir()
    elif how == "made a pipe":
        os.mkfifo(path)
    problems = problems_at_both_doors(bundle)
    assert problems
    if how in ("linked to a copy", "made a pipe"):
        assert "link" in {problem["code"] for problem in problems}
    if name in EXHIBITS:
        assert EXHIBITS[name] in {problem["exhibit"] for problem in problems}


@pytest.mark.parametrize("folder", ["", "data", "data/exhibits", "data/new", "receipts"])
@pytest.mark.parametrize("what", ["file", "link", "folder"])
def test_whatever_is_added_is_found(bundle: Path, folder: str, what: str) -> None:
    (bundle / folder).mkdir(exist_ok=True)
    path = bundle / folder / "ZZ_9.txt"
    if what == "file":
        path.write_bytes(b"")
    elif what == "link":
        path.symlink_to("/etc/hostname")
    else:
        path.mkdir()
    assert any(problem["path"].endswith("ZZ_9.txt") for problem in problems_at_both_doors(bundle))


@pytest.mark.parametrize("name", ["seal.tsr.bak", "__pycache__", ".hidden", "verify.pyc"])
def test_nothing_else_may_stand_beside_the_payload(bundle: Path, name: str) -> None:
    (bundle / name).write_bytes(b"")
    assert [problem["code"] for problem in problems_at_both_doors(bundle)] == ["extra"]


def swap(bundle: Path) -> None:
    one, two = bundle / "data/exhibits/JS_1.txt", bundle / "data/exhibits/MK_1.csv"
    kept = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(kept)


def head_of(bundle: Path) -> dict[str, Any]:
    head: dict[str, Any] = json.loads((bundle / "seal.json").read_bytes())["head"]
    return head


KEPT = ("README.txt", "verify.py", "manifest.json", "seal.json")


def save_bag(bundle: Path, head: dict[str, Any] | None = None) -> None:
    """Save the bag again, as bagit would: every BagIt file says what now stands in the folder."""
    head = head or head_of(bundle)
    paths = sorted(path.relative_to(bundle).as_posix() for path in (bundle / "data").rglob("*") if path.is_file())
    made = bag_files(head, [file_sum(str(bundle), path) for path in paths])
    names = [name for name in (*KEPT, "seal.tsr") if (bundle / name).exists()]
    beside = {name: (bundle / name).read_bytes() for name in names}
    made.update(tag_lists({**beside, **made}))
    for name, data in made.items():
        (bundle / name).write_bytes(data)


def edit_list(bundle: Path, change: Callable[[list[Any]], object]) -> None:
    rows = json.loads((bundle / "manifest.json").read_bytes())
    change(rows)
    (bundle / "manifest.json").write_bytes(canonical(rows))
    save_bag(bundle)


def edit_seal(bundle: Path, change: Callable[[dict[str, Any]], object], *, signed: int | None = None) -> None:
    seal = json.loads((bundle / "seal.json").read_bytes())
    change(seal["head"])
    if signed is not None:
        signer = signer_of(signed)
        seal["head"]["key"] = signer.public_key.hex()
        seal["sig"] = signer.sign(b"headwater-seal-v1\0" + canonical(seal["head"])).hex()
    (bundle / "seal.json").write_bytes(canonical(seal))
    save_bag(bundle)


def swap_and_save(bundle: Path) -> None:
    swap(bundle)
    save_bag(bundle)


def drop_tag_lists(bundle: Path) -> None:
    for name in ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt"):
        (bundle / name).unlink()
    (bundle / "bag-info.txt").write_bytes(b"Payload-Oxum: 0.0\n")


def drop_stamp(bundle: Path) -> None:
    (bundle / "seal.tsr").unlink()
    save_bag(bundle)


def drop_exhibit(bundle: Path) -> None:
    (bundle / "data/exhibits/JS_1.txt").unlink()
    edit_list(bundle, lambda rows: rows.remove(next(row for row in rows if row.get("path", "").endswith("JS_1.txt"))))


def write(name: str, edit: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    def change(bundle: Path) -> None:
        head, path = head_of(bundle), bundle / name
        path.write_bytes(edit(path.read_bytes()))
        save_bag(bundle, head)

    return change


KNOWN: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a tag file edited": ("changed", write("README.txt", lambda data: data + b"x")),
    "tag manifests removed and a tag file edited": ("missing", drop_tag_lists),
    "two exhibits swapped": ("changed", swap),
    "two exhibits swapped and the bag saved again": ("changed", swap_and_save),
    "an extra folder beside data": ("extra", lambda bundle: (bundle / "more").mkdir()),
    "an exhibit dropped with its rows": ("root", drop_exhibit),
    "one of two manifests removed": ("missing", lambda bundle: (bundle / "manifest-sha512.txt").unlink()),
    "the head edited": (
        "signature",
        lambda bundle: edit_seal(bundle, lambda head: head.update(sealed_at="2020-01-01T00:00:00Z")),
    ),
    "a stamp no longer claimed": (
        "extra",
        lambda bundle: edit_seal(bundle, lambda head: head.update(stamped=False), signed=7),
    ),
    "a stamp that is a word": (
        "format",
        lambda bundle: edit_seal(bundle, lambda head: head.update(stamped="yes"), signed=7),
    ),
    "sealed again with the signer's key": (
        "stamp",
        lambda bundle: edit_seal(bundle, lambda head: head.update(previous="00" * 32), signed=7),
    ),
    "the stamp removed and the bag saved again": ("missing", drop_stamp),
    "a receipt of another bundle": (
        "receipt",
        write("receipts/1.json", lambda data: data.replace(b'"root":"', b'"root":"0', 1)),
    ),
    "another version": ("format", lambda bundle: edit_seal(bundle, lambda head: head.update(version=2), signed=7)),
    "a version that is true": (
        "format",
        lambda bundle: edit_seal(bundle, lambda head: head.update(version=True), signed=7),
    ),
    "a field more in the head": (
        "format",
        lambda bundle: edit_seal(bundle, lambda head: head.update(more=1), signed=7),
    ),
    "a case name of two lines": (
        "format",
        lambda bundle: edit_seal(bundle, lambda head: head.update(case="a\nb"), signed=7),
    ),
    "a count that is wrong": ("root", lambda bundle: edit_seal(bundle, lambda head: head.update(count=3), signed=7)),
    "rows in another order": ("order", lambda bundle: edit_list(bundle, lambda rows: rows.reverse())),
    "a row twice": ("order", lambda bundle: edit_list(bundle, lambda rows: rows.insert(0, rows[0]))),
    "no rows": ("format", lambda bundle: edit_list(bundle, lambda rows: rows.clear())),
    "another salt": ("root", lambda bundle: edit_list(bundle, lambda rows: rows[0].update(salt="0" * 32))),
    "a field more in a row": ("format", lambda bundle: edit_list(bundle, lambda rows: rows[0].update(more=1))),
    "a size that is true": ("format", lambda bundle: edit_list(bundle, lambda rows: rows[0].update(size=True))),
    "a row that climbs out": (
        "format",
        lambda bundle: edit_list(bundle, lambda rows: rows[0].update(path="data/../../x")),
    ),
    "another reason to withhold": (
        "format",
        lambda bundle: edit_list(bundle, lambda rows: next(row for row in rows if "leaf" in row).update(reason="lost")),
    ),
    "sealed again with a stranger's key": ("key", lambda bundle: edit_seal(bundle, lambda head: head, signed=9)),
    "a key twice in the seal": (
        "format",
        write("seal.json", lambda data: data.replace(b'{"head"', b'{"sig":"","head"')),
    ),
    "a key twice in a row": (
        "format",
        write("manifest.json", lambda data: data.replace(b'{"path"', b'{"size":1,"path"', 1)),
    ),
    "white space in the seal": ("format", write("seal.json", lambda data: data + b"\n")),
    "the same letters spelled otherwise": (
        "format",
        write("seal.json", lambda data: data.replace(b"UK-NCA", b"\\u0055K-NCA")),
    ),
    "a fraction": ("format", write("manifest.json", lambda data: data.replace(b'"size":', b'"size":1.5,"s":', 1))),
    "a number without end": ("format", write("manifest.json", lambda data: b"[" + b"9" * 5000 + b"]")),
    "bottomless lists": ("format", write("manifest.json", lambda data: b"[" * 200_000)),
    "half a letter": ("format", write("manifest.json", lambda data: data.replace(b"JS_1", b"\\ud800", 1))),
    "a seal that is a list": ("format", write("seal.json", lambda data: b"[]")),
}


@pytest.mark.parametrize(("code", "change"), KNOWN.values(), ids=KNOWN)
def test_a_known_tampering_is_found(bundle: Path, code: str, change: Callable[[Path], object]) -> None:
    change(bundle)
    assert code in {problem["code"] for problem in problems_at_both_doors(bundle)}


def seal_lies(bundle: Path, change: Callable[[list[Any]], object]) -> None:
    """Change the list and seal it with the signer's own key: only the form of the list can tell."""
    rows = json.loads((bundle / "manifest.json").read_bytes())
    change(rows)
    leaves = [standalone.leaf_hash(row) if "path" in row else bytes.fromhex(row["leaf"]) for row in rows]
    root = standalone.merkle_root(leaves).hex()
    (bundle / "manifest.json").write_bytes(canonical(rows))
    edit_seal(bundle, lambda head: head.update(count=len(rows), root=root), signed=7)


LIES: dict[str, tuple[str, Callable[[list[Any]], object]]] = {
    "a row twice": ("order", lambda rows: rows.insert(0, rows[0])),
    "rows in another order": ("order", lambda rows: rows.reverse()),
    "a size that is wrong": ("changed", lambda rows: rows[0].update(size=rows[0]["size"] + 1)),
    "a size that is true": ("format", lambda rows: rows[0].update(size=True)),
    "a size below nothing": ("format", lambda rows: rows[0].update(size=-1)),
    "a hash in capitals": ("format", lambda rows: rows[0].update(sha256=rows[0]["sha256"].upper())),
    "a path that climbs out": ("format", lambda rows: rows[-2].update(path="data/../README.txt")),
    "a path outside the payload": ("format", lambda rows: rows[-2].update(path="verify.py")),
    "a path of letters taken apart": ("format", lambda rows: rows[-2].update(path="data/z\u0065\u0301")),
    "a row of another case": ("missing", lambda rows: rows.append({**rows[-2], "path": "data/z"})),
}


@pytest.mark.parametrize(("code", "change"), LIES.values(), ids=LIES)
def test_a_list_that_lies_is_found_even_under_the_signers_own_seal(
    unstamped: Path, tmp_path: Path, code: str, change: Callable[[list[Any]], object]
) -> None:
    bundle = Path(shutil.copytree(unstamped, tmp_path / "bundle"))
    seal_lies(bundle, change)
    codes = {problem["code"] for problem in problems_at_both_doors(bundle)}
    assert codes == {code}


def test_a_file_renamed_to_letters_taken_apart_is_found(tmp_path: Path) -> None:
    def with_letters(case: dict[str, Any]) -> None:
        case["exhibits"].append({**case["exhibits"][0], "ref": "ŠĆ/1"})

    sealed(made_case(tmp_path / "case", with_letters), tmp_path / "bundle")
    path = tmp_path / "bundle" / "data" / "exhibits" / "ŠĆ_1.txt"
    path.rename(path.with_name(unicodedata.normalize("NFD", path.name)))
    assert [problem["code"] for problem in problems_at_both_doors(tmp_path / "bundle")] == ["missing", "extra"]


def set_times_back(bundle: Path) -> None:
    for path in bundle.rglob("*"):
        os.utime(path, (0, 0))


def take_rights(bundle: Path) -> None:
    for path in bundle.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)


def give_a_second_name(bundle: Path) -> None:
    path = bundle / "data/log.jsonl"
    path.rename(bundle.parent / "log")
    path.hardlink_to(bundle.parent / "log")


HARMLESS: dict[str, Callable[[Path], object]] = {
    "nothing done": lambda bundle: None,
    "times of files set back": set_times_back,
    "rights taken away": take_rights,
    "the bag saved again": save_bag,
    "a file that has a second name elsewhere": give_a_second_name,
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_changes_no_byte_is_not_complained_of(bundle: Path, change: Callable[[Path], object]) -> None:
    change(bundle)
    assert problems_at_both_doors(bundle) == []


def test_withholding_an_item_afterwards_keeps_the_seal_and_shows_in_the_count(bundle: Path) -> None:
    # This is what a view is: the leaf stands for the row, so nothing can be put in its place.
    def withhold(rows: list[Any]) -> None:
        at = next(at for at, row in enumerate(rows) if row.get("path", "").endswith("JS_1.txt"))
        rows[at] = {"leaf": standalone.leaf_hash(rows[at]).hex(), "reason": "withheld"}

    (bundle / "data/exhibits/JS_1.txt").unlink()
    edit_list(bundle, withhold)
    assert problems_at_both_doors(bundle) == []
    found = verify(bundle, KEY)
    assert (found.withheld, found.exhibits) == (2, ("MK/1", "RS/1"))
