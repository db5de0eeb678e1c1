"""A bundle has one layout and the same bytes each time, is there whole or not at all, and betrays no protected person."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.case import files as case_files
from headwater.case.bundle import SealOptions, seal
from headwater.case.check import check
from headwater.case.data.verify import canonical
from headwater.case.folder import new_case
from headwater.case.log import LogLine, custody_event, custody_in
from headwater.case.verifier import verify
from headwater.errors import ForbiddenError, SchemaError, StoreFullError, StoreIoError
from headwater.model.canonical import decode
from headwater.model.finding import Finding
from headwater.ports import Event
from tests.case_world import (
    CANARIES,
    FILES,
    FINDING,
    LINES,
    NOON,
    SIGNER,
    SMUGGLED_NAME,
    TRUST,
    VICTIM_ADDRESS,
    VICTIM_NAME,
    VICTIM_PHONE,
    Repeating,
    Standing,
    made_case,
    sealed,
    write_case,
)

LAYOUT = {
    "README.txt",
    "bag-info.txt",
    "bagit.txt",
    "data/case.jsonld",
    "data/exhibits/JS_1.txt",
    "data/exhibits/MK_1.csv",
    "data/exhibits/RS_1.txt",
    f"data/findings/{FINDING.id}.json",
    "data/log.jsonl",
    "data/ro-crate-metadata.json",
    "data/statements/S1.txt",
    "manifest-sha256.txt",
    "manifest-sha512.txt",
    "manifest.json",
    "seal.json",
    "tagmanifest-sha256.txt",
    "tagmanifest-sha512.txt",
    "verify.py",
}


HIDDEN = {"data/exhibits/RS_1.txt", f"data/findings/{FINDING.id}.json", "data/log.jsonl"}
"""What is in the bundle for the prosecutor alone."""


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder and its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def graph(folder: Path) -> list[dict[str, Any]]:
    vertices: list[dict[str, Any]] = json.loads((folder / "data" / "case.jsonld").read_bytes())["@graph"]
    return vertices


def test_a_bundle_has_its_layout_and_verifies(tmp_path: Path) -> None:
    made = sealed(made_case(tmp_path / "case"), tmp_path / "out")
    assert set(contents(tmp_path / "out")) == LAYOUT
    found = verify(tmp_path / "out", TRUST)
    assert (found.problems, found.root, found.exhibits) == ((), made.root, ("JS/1", "MK/1", "RS/1"))
    assert (found.files, found.withheld, found.key_compared) == (8, 1, True)


def test_the_same_case_salts_and_time_give_the_same_bytes(tmp_path: Path) -> None:
    sealed(made_case(tmp_path / "case"), tmp_path / "one")
    sealed(made_case(tmp_path / "again"), tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_other_salts_give_another_root(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    made = seal(case, tmp_path / "one", SIGNER, Standing(), Repeating(b"one"))
    again = seal(case, tmp_path / "two", SIGNER, Standing(), Repeating(b"two"))
    assert made.root != again.root


def test_exhibits_are_in_the_bundle_byte_for_byte(tmp_path: Path) -> None:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    assert (tmp_path / "out/data/exhibits/JS_1.txt").read_text("utf-8") == FILES["exhibits/JS_1_scan_note.txt"]


def test_the_statement_of_a_protected_person_stays_in_the_house_and_its_row_can_be_opened_later(tmp_path: Path) -> None:
    made = sealed(made_case(tmp_path / "case"), tmp_path / "out")
    assert not any(b"three parts" in data for data in contents(tmp_path / "out").values())
    assert [row.path for row in made.kept] == ["data/statements/S2.txt"]
    [group] = [row for row in made.rows if row.withheld]
    shown = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert {"leaf": group.leaf.hex(), "reason": "withheld"} in shown
    opened = canonical([row.shown() for row in made.kept])
    assert (group.path, group.sha256) == ("data/withheld.json", hashlib.sha256(opened).hexdigest())


def test_how_many_items_are_withheld_at_the_sealing_is_not_told(tmp_path: Path) -> None:
    def nobody(case: dict[str, Any]) -> None:
        case["statements"].pop(1)
        case["elements"] = []

    counts = {
        sealed(made_case(tmp_path / "one"), tmp_path / "two").head.count,
        sealed(made_case(tmp_path / "three", nobody), tmp_path / "four").head.count,
    }
    assert len(counts) == 1
    assert {verify(tmp_path / name, None).withheld for name in ("two", "four")} == {1}


def test_a_finding_is_kept_as_it_was_hashed(tmp_path: Path) -> None:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    data = (tmp_path / "out" / "data" / "findings" / f"{FINDING.id}.json").read_bytes()
    assert decode(data, Finding) == FINDING


def test_the_log_holds_the_ledgers_lines_in_its_order(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    seal(case, tmp_path / "out", SIGNER, Standing(), Repeating(), reversed(LINES))
    lines = [json.loads(line) for line in (tmp_path / "out/data/log.jsonl").read_bytes().splitlines()]
    assert [line["index"] for line in lines] == [3, 4]
    assert lines[0]["event"]["kind"] == "case.new"


def test_custody_stands_in_the_graph_from_the_folder_the_ledger_and_the_sealing(tmp_path: Path) -> None:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    vertices = {vertex["@id"]: vertex for vertex in graph(tmp_path / "out")}
    record = next(one for one in vertices.values() if one.get("investigation:exhibitNumber") == "JS/1")
    events = [
        (one["action:startTime"]["@value"], one["core:name"], vertices[one["action:performer"]["@id"]]["core:name"])
        for one in vertices.values()
        if {"@id": record["@id"]} in one.get("action:result", [])
    ]
    assert sorted(events) == [
        ("2026-02-11T04:20:00Z", "seized", "J. Smith"),
        ("2026-02-11T05:00:00Z", "copied", "J. Smith"),
        ("2026-02-12T08:00:00Z", "examined", "J. Smith"),
        ("2026-11-25T12:00:00Z", "sealed", "UK-NCA"),
    ]


def test_every_pointer_in_the_graph_leads_to_a_vertex_and_every_vertex_stands_once(tmp_path: Path) -> None:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")

    def pointers(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["@id"]] if set(value) == {"@id"} else []
            return own + [found for part in value.values() for found in pointers(part)]
        return [found for part in value for found in pointers(part)] if isinstance(value, list) else []

    vertices = graph(tmp_path / "out")
    names = [vertex["@id"] for vertex in vertices]
    assert len(set(names)) == len(names)
    assert set(pointers(vertices)) <= set(names)


def test_the_graph_gives_each_file_its_size_and_hash(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    sealed(case, tmp_path / "out")
    facets = [part for vertex in graph(tmp_path / "out") for part in vertex.get("core:hasFacet", [])]
    hashes = {part["observable:hash"][0]["types:hashValue"]["@value"] for part in facets if "observable:hash" in part}
    assert hashes == {exhibit.file.sha256 for exhibit in case.exhibits[:2]}
    paths = {part["observable:filePath"] for part in facets if "observable:filePath" in part}
    assert paths == {path for path in LAYOUT if path.startswith("data/exhibits/")} - HIDDEN


def test_neither_graph_nor_crate_tells_of_what_the_defence_is_not_shown(tmp_path: Path) -> None:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    for name in ("case.jsonld", "ro-crate-metadata.json"):
        data = (tmp_path / "out" / "data" / name).read_text("utf-8")
        assert [word for word in ("RS/1", "RS_1", "Partner", FINDING.id, "log.jsonl") if word in data] == []


def test_the_crate_lists_every_other_file_that_the_defence_is_shown(tmp_path: Path) -> None:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    crate = json.loads((tmp_path / "out" / "data" / "ro-crate-metadata.json").read_bytes())
    entities = {one["@id"]: one for one in crate["@graph"]}
    assert crate["@context"] == "https://w3id.org/ro/crate/1.2/context"
    assert entities["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    listed = {f"data/{part['@id']}" for part in entities["./"]["hasPart"]}
    assert listed == {path for path in LAYOUT if path.startswith("data/")} - {"data/ro-crate-metadata.json"} - HIDDEN
    assert all(name in entities for name in (part["@id"] for part in entities["./"]["hasPart"]))


@pytest.mark.peer
def test_bagit_takes_the_bundle_for_a_valid_bag(tmp_path: Path) -> None:
    bagit = pytest.importorskip("bagit")
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    bag = bagit.Bag(str(tmp_path / "out"))
    assert bag.validate()
    assert bag.info["Payload-Oxum"] == f"{bag.info['Payload-Oxum'].split('.')[0]}.8"


def test_no_identity_of_a_protected_person_is_in_any_byte_or_name_of_the_bundle(tmp_path: Path) -> None:
    def spread(case: dict[str, Any]) -> None:
        case["case"]["operation"] = f"OP {VICTIM_NAME}"
        case["exhibits"][0]["description"] = f"Note about {VICTIM_NAME.upper()} for the trailer"
        case["exhibits"][0]["file"] = f"exhibits/{VICTIM_NAME} note.txt"
        case["custody"][0]["place"] = VICTIM_ADDRESS
        case["custody"][1]["by"] = "P4"

    case = made_case(tmp_path / "case", spread, {f"exhibits/{VICTIM_NAME} note.txt": "nothing"})
    made = sealed(case, tmp_path / "out")
    everything = b"\n".join([*contents(tmp_path / "out").values(), *map(str.encode, contents(tmp_path / "out"))])
    text = everything.decode().casefold()
    assert [canary for canary in CANARIES if canary.casefold() in text] == []
    assert made.pseudonyms["P4"].casefold() in text


def test_the_place_of_a_protected_person_cannot_be_guessed_from_an_identifier(tmp_path: Path) -> None:
    def change(case: dict[str, Any]) -> None:
        case["custody"][0]["place"] = VICTIM_ADDRESS

    case = made_case(tmp_path / "case", change)
    names = []
    for seed in (b"one", b"two"):
        seal(case, tmp_path / seed.decode(), SIGNER, Standing(), Repeating(seed))
        places = [one for one in graph(tmp_path / seed.decode()) if one["@type"] == "location:Location"]
        names.append({one["@id"] for one in places if "Person" in one["core:name"]})
    assert names[0]
    assert not names[0] & names[1]


LEAKS = {
    "JS/1": {"exhibits/JS_1_scan_note.txt": f"the passenger was {VICTIM_NAME}"},
    "S1": {"statements/S1.txt": f"she gave {VICTIM_PHONE}"},
    "across two pieces": {"exhibits/JS_1_scan_note.txt": "x" * (case_files.CHUNK - 5) + f" {SMUGGLED_NAME}"},
}


@pytest.mark.parametrize("files", LEAKS.values(), ids=LEAKS)
def test_an_item_that_names_a_protected_person_stops_the_seal_and_is_named_by_reference_only(
    tmp_path: Path, files: dict[str, str]
) -> None:
    case = made_case(tmp_path / "case", files=files)
    with pytest.raises(ForbiddenError) as caught:
        sealed(case, tmp_path / "out")
    assert ("JS/1" in str(caught.value)) or ("S1" in str(caught.value))
    assert [canary for canary in CANARIES if canary in str(caught.value)] == []
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_a_finding_that_names_a_protected_person_stops_the_seal(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    finding = replace(FINDING, text=f"{VICTIM_NAME} stands on a list")
    with pytest.raises(ForbiddenError, match=finding.id):
        seal(case, tmp_path / "out", SIGNER, Standing(), Repeating(), (), (finding,))


def test_blocked_items_can_be_left_out_and_stand_in_the_list_as_withheld(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case", files=LEAKS["JS/1"])
    made = sealed(case, tmp_path / "out", options=SealOptions(withhold_blocked=True))
    found = verify(tmp_path / "out", TRUST)
    assert (found.problems, found.exhibits, found.withheld) == ((), ("MK/1", "RS/1"), 1)
    assert {row.path for row in made.kept} == {"data/exhibits/JS_1.txt", "data/statements/S2.txt"}
    assert not any(
        b"JS/1" in data for name, data in contents(tmp_path / "out").items() if "json" in name and "log" not in name
    )


def test_a_folder_whose_every_item_is_left_out_does_not_stand_in_the_bundle(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case", files={"statements/S1.txt": f"It was {VICTIM_NAME}"})
    sealed(case, tmp_path / "out", options=SealOptions(withhold_blocked=True))
    assert verify(tmp_path / "out", TRUST).problems == ()
    assert not (tmp_path / "out" / "data" / "statements").exists()


def test_each_vertex_of_graph_and_crate_is_a_line_of_its_own_in_canonical_form(tmp_path: Path) -> None:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    for name in ("case.jsonld", "ro-crate-metadata.json"):
        _, *lines, _ = (tmp_path / "out" / "data" / name).read_bytes().splitlines()
        vertices = [line.removesuffix(b",") for line in lines]
        assert vertices == [canonical(json.loads(line)) for line in vertices]


def test_a_file_that_changed_since_the_case_was_read_is_refused(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    (tmp_path / "case" / "exhibits" / "MK_1_transfers.csv").write_text("other", encoding="utf-8")
    with pytest.raises(SchemaError, match="not the file that was read") as caught:
        sealed(case, tmp_path / "out")
    assert str(caught.value.where) == "case.json, field 'MK/1'"
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_a_file_of_the_same_size_with_other_bytes_is_refused(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    path = tmp_path / "case" / "exhibits" / "MK_1_transfers.csv"
    path.write_bytes(path.read_bytes().replace(b"4800", b"4801"))
    with pytest.raises(SchemaError, match="not the file that was read"):
        sealed(case, tmp_path / "out")


def test_other_bytes_than_those_that_were_released_are_refused(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    given = (tmp_path / "case" / "statements" / "S2.txt").read_bytes()
    right = SealOptions(released={"statements/S2.txt": lambda: iter([given])})
    sealed(case, tmp_path / "right", options=right)
    assert (tmp_path / "right" / "data" / "statements" / "S2.txt").read_bytes() == given
    wrong = SealOptions(released={"statements/S2.txt": lambda: iter([given.replace(b"three", b"seven")])})
    with pytest.raises(SchemaError, match="not the item that was released"):
        sealed(case, tmp_path / "wrong", options=wrong)
    assert not (tmp_path / "wrong").exists()


def test_an_item_that_cannot_be_opened_to_be_looked_through_stops_the_seal(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case", files={"exhibits/JS_1_scan_note.txt": "PK\x03\x04 a broken archive"})
    with pytest.raises(ForbiddenError, match="cannot be opened to look for protected persons: JS/1"):
        sealed(case, tmp_path / "out")
    sealed(case, tmp_path / "out", options=SealOptions(withhold_blocked=True))
    assert not (tmp_path / "out" / "data" / "exhibits" / "JS_1.txt").exists()


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_what_is_no_plain_file_is_no_exhibit(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_case(tmp_path)
    path = folder / "exhibits" / "JS_1_scan_note.txt"
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    else:
        monkeypatch.chdir(path.parent)  # the name of a socket must be short
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    with pytest.raises(SchemaError) as caught:
        new_case(folder)
    assert caught.value.where.field == "exhibits[0].file"


def test_a_name_that_is_taken_while_a_bundle_is_made_is_left_as_it_is(tmp_path: Path) -> None:
    def taken() -> None:
        with case_files.folder_beside(tmp_path / "out") as partial:
            (partial / "half").write_bytes(b"x")
            (tmp_path / "out").mkdir()

    with pytest.raises(SchemaError, match="already"):
        taken()
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]


def test_a_file_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    path = tmp_path / "case" / "exhibits" / "MK_1_transfers.csv"
    path.rename(tmp_path / "same")
    path.symlink_to(tmp_path / "same")
    with pytest.raises(SchemaError, match="link"):
        sealed(case, tmp_path / "out")


@pytest.mark.parametrize("taken", ["file", "folder", "link"])
def test_a_name_that_is_taken_is_left_as_it_is(tmp_path: Path, taken: str) -> None:
    case = made_case(tmp_path / "case")
    out = tmp_path / "out"
    if taken == "file":
        out.write_bytes(b"mine")
    elif taken == "folder":
        out.mkdir()
    else:
        out.symlink_to(tmp_path / "nowhere")
    with pytest.raises(SchemaError, match="already"):
        sealed(case, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case", "out"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = made_case(tmp_path / "case")

    def full(target: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreFullError):
        sealed(case, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_a_folder_that_is_not_there_is_a_declared_error(tmp_path: Path) -> None:
    with pytest.raises(StoreIoError):
        sealed(made_case(tmp_path / "case"), tmp_path / "missing" / "out")


def test_a_bundle_takes_its_name_only_after_all_of_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = made_case(tmp_path / "case")
    seen: list[str] = []
    real_sync, real_rename = os.fsync, Path.rename

    def sync(target: int) -> None:
        seen.append(str(Path(f"/proc/self/fd/{target}").readlink()))
        real_sync(target)

    def rename(path: Path, target: Path) -> Path:
        partial = contents(path)
        assert set(partial) == LAYOUT
        assert {str(path / name) for name in partial} <= set(seen)
        seen.append("renamed")
        return real_rename(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "rename", rename)
    sealed(case, tmp_path / "out")
    assert seen[-2:] == ["renamed", str(tmp_path)]


def test_a_custody_event_goes_into_the_ledger_and_comes_back(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    told = replace(case.custody[0], sha256=case.exhibits[0].file.sha256)
    line = LogLine(9, NOON + timedelta(hours=1), custody_event(told, "smith", "investigate-oic"))
    assert custody_in([line, LINES[0]]) == (told,)
    assert check(replace(case, custody=(*custody_in([line]), *case.custody[1:]))) == []


@pytest.mark.parametrize("field", ["by", "place", "at"])
def test_a_ledger_line_that_does_not_say_who_where_and_when_is_refused(tmp_path: Path, field: str) -> None:
    told = {"event": "moved", "by": "P5", "at": "2026-02-12T08:00:00Z", "place": "store"}
    for blank in ({**told, field: " "}, {name: value for name, value in told.items() if name != field}):
        with pytest.raises(SchemaError) as caught:
            custody_in([LogLine(3, NOON, Event("case.custody", "smith", "JS/1", "court", blank))])
        assert caught.value.where.field == field


def test_a_ledger_line_that_says_something_impossible_is_refused() -> None:
    line = LogLine(9, NOON, Event("case.custody", "smith", "JS/1", "", {"event": "eaten"}))
    with pytest.raises(SchemaError):
        custody_in([line])


@pytest.mark.slow
def test_a_large_file_is_sealed_and_verified_in_little_memory(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    path = tmp_path / "case" / case.exhibits[0].file.path
    with path.open("wb") as file:
        file.truncate(300_000_000)
    program = (
        "import sys; from pathlib import Path; from headwater.case.folder import new_case;"
        "from headwater.case.verifier import verify; from tests.case_world import TRUST, sealed;"
        "case, out = map(Path, sys.argv[1:]); sealed(new_case(case), out); assert not verify(out, TRUST).problems;"
        # Not ru_maxrss, which a child takes over from the process that started it.
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "case"), str(tmp_path / "out")],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert int(done.stdout) < 200_000  # kB
