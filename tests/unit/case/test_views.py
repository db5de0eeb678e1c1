"""A view shows each reader what is theirs, withholds the rest under the same seal, and stops what may not leave."""

import json
from pathlib import Path
from typing import Any

import pytest

from headwater.case.bundle import MadeFile, SealOptions, write_beside
from headwater.case.data.verify import canonical, leaf_hash
from headwater.case.model import CaseFile
from headwater.case.protected import Shield, draw_pseudonyms, shield
from headwater.case.receipt import LogHead, make_receipt, put_receipt
from headwater.case.verifier import verify
from headwater.case.view_bundle import Viewed, write_view
from headwater.case.views import read_view, same_node, sensitive_texts
from headwater.errors import ForbiddenError, SchemaError, SignatureError
from tests.case_world import (
    CANARIES,
    FILES,
    FINDING,
    NOON,
    TRUST,
    VICTIM_NAME,
    Change,
    Repeating,
    made_case,
    sealed,
    signer_of,
)

SCHEDULES = tuple(MadeFile(f"schedules/{form}.pdf", form.encode()) for form in ("mg6c", "mg6d", "mg6e", "dmd"))
OPEN = {
    "data/case.jsonld",
    "data/exhibits/JS_1.txt",
    "data/exhibits/MK_1.csv",
    "data/ro-crate-metadata.json",
    "data/schedules/dmd.pdf",
    "data/schedules/mg6c.pdf",
    "data/statements/S1.txt",
}
ALL = OPEN | {
    "data/exhibits/RS_1.txt",
    f"data/findings/{FINDING.id}.json",
    "data/log.jsonl",
    "data/schedules/mg6d.pdf",
    "data/schedules/mg6e.pdf",
}


def bundle_of(folder: Path, change: Change = lambda case: None, files: dict[str, str] | None = None) -> CaseFile:
    case = made_case(folder / "case", change, files)
    sealed(case, folder / "bundle", options=SealOptions(made=SCHEDULES))
    return case


def guard(case: CaseFile) -> Shield:
    return shield(case, draw_pseudonyms(case, Repeating()))


def view(folder: Path, case: CaseFile, name: str, **options: Any) -> Viewed:
    out = folder / name.replace(":", "-")
    return write_view(folder / "bundle", out, read_view(name), case, guard(case), TRUST, **options)


def payload(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in (folder / "data").rglob("*") if path.is_file()}


SHOWN = {
    "prosecutor": ALL,
    "court": OPEN,
    "defence": OPEN,
    "partner:rs": {"data/exhibits/JS_1.txt", "data/exhibits/MK_1.csv", "data/exhibits/RS_1.txt", "data/case.jsonld"},
    "partner:RS-MOI": {
        "data/exhibits/JS_1.txt",
        "data/exhibits/MK_1.csv",
        "data/exhibits/RS_1.txt",
        "data/case.jsonld",
    },
    "partner:xk": {"data/exhibits/JS_1.txt", "data/exhibits/MK_1.csv", "data/case.jsonld"},
}


@pytest.mark.parametrize("name", SHOWN)
def test_each_reader_is_shown_what_is_theirs_under_the_same_seal(tmp_path: Path, name: str) -> None:
    case = bundle_of(tmp_path)
    made = view(tmp_path, case, name)
    out = tmp_path / name.replace(":", "-")
    assert payload(out) == SHOWN[name]
    assert (out / "seal.json").read_bytes() == (tmp_path / "bundle" / "seal.json").read_bytes()
    found = verify(out, TRUST)
    assert (found.problems, found.root) == ((), verify(tmp_path / "bundle", TRUST).root)
    assert (found.files, found.withheld) == (made.shown, made.withheld)
    assert made.shown + made.withheld == len(ALL) + 1


def test_a_withheld_row_can_be_opened_later_and_nothing_else_fits_its_place(tmp_path: Path) -> None:
    case = bundle_of(tmp_path)
    view(tmp_path, case, "defence")
    rows = json.loads((tmp_path / "bundle" / "manifest.json").read_bytes())
    shown = json.loads((tmp_path / "defence" / "manifest.json").read_bytes())
    row = next(row for row in rows if row.get("path") == "data/exhibits/RS_1.txt")
    assert {"leaf": leaf_hash(row).hex(), "reason": "withheld"} in shown
    assert {"leaf": leaf_hash({**row, "size": row["size"] + 1}).hex(), "reason": "withheld"} not in shown


def test_what_is_withheld_is_named_nowhere_in_the_view(tmp_path: Path) -> None:
    case = bundle_of(tmp_path)
    view(tmp_path, case, "defence")
    held = b"\n".join(path.read_bytes() for path in sorted((tmp_path / "defence").rglob("*")) if path.is_file())
    text = held.decode()
    assert [
        word for word in ("RS_1", "RS/1", "mg6d", "Partner's report", "originator control", FINDING.id) if word in text
    ] == [word for word in ("mg6d",) if word in (tmp_path / "defence" / "README.txt").read_text("utf-8")]
    assert [canary for canary in CANARIES if canary in text] == []


def third_party(case: dict[str, Any]) -> None:
    case["exhibits"][2].update(status="evidential", origin={"node": "rs", "returned_under": "LOR 1/2026"})
    case["material"].pop(2)
    case["elements"][0]["proved_by"].append("RS/1")


def test_material_that_came_back_under_a_letter_goes_to_court_and_never_to_another_partner(tmp_path: Path) -> None:
    case = bundle_of(tmp_path, third_party)
    view(tmp_path, case, "court")
    view(tmp_path, case, "partner:xk")
    assert "data/exhibits/RS_1.txt" in payload(tmp_path / "court")
    assert payload(tmp_path / "partner-xk") == {"data/exhibits/JS_1.txt", "data/exhibits/MK_1.csv"}


def test_an_exhibit_for_named_persons_only_goes_to_no_partner(tmp_path: Path) -> None:
    case = bundle_of(tmp_path, lambda case: case["exhibits"][0].update(handling="TLP:RED"))
    view(tmp_path, case, "partner:rs")
    assert payload(tmp_path / "partner-rs") == {"data/exhibits/MK_1.csv", "data/exhibits/RS_1.txt"}


def test_an_exhibit_on_a_schedule_is_not_served(tmp_path: Path) -> None:
    listed = {"id": "mk / 1", "list": "mg6c", "description": "Transfers into ACC-2"}
    case = bundle_of(tmp_path, lambda case: case["material"].append(listed))
    view(tmp_path, case, "defence")
    assert "data/exhibits/MK_1.csv" not in payload(tmp_path / "defence")


SENSITIVE = {
    "the reason of the sensitive schedule": "He said: ORIGINATOR   CONTROL, and left.",
    "a line of a partner's item": "We were told: " + FILES["exhibits/RS_1_report.txt"].strip().upper(),
    "the description of a partner's item": "see partner's report of the vehicle",
}


@pytest.mark.parametrize("text", SENSITIVE.values(), ids=SENSITIVE)
def test_an_exhibit_that_repeats_what_is_sensitive_is_stopped_for_all_but_the_prosecutor(
    tmp_path: Path, text: str
) -> None:
    case = bundle_of(tmp_path, files={"exhibits/JS_1_scan_note.txt": text})
    for name in ("defence", "court", "partner:xk"):
        with pytest.raises(ForbiddenError, match="JS/1") as caught:
            view(tmp_path, case, name)
        assert "riginator" not in str(caught.value)
        assert not (tmp_path / name.replace(":", "-")).exists()
    assert view(tmp_path, case, "prosecutor").blocked == ()
    made = view(tmp_path, case, "defence", withhold_blocked=True)
    assert made.blocked == ("JS/1",)
    assert "data/exhibits/JS_1.txt" not in payload(tmp_path / "defence")
    assert verify(tmp_path / "defence", TRUST).problems == ()


def test_a_copy_of_a_withheld_item_is_stopped(tmp_path: Path) -> None:
    data = dict.fromkeys(("exhibits/MK_1_transfers.csv", "exhibits/RS_1_report.txt"), "the very same bytes")
    case = bundle_of(tmp_path, files=data)
    with pytest.raises(ForbiddenError, match="MK/1"):
        view(tmp_path, case, "defence")


def test_a_copy_of_a_withheld_item_is_stopped_also_where_nothing_of_it_could_be_looked_for(tmp_path: Path) -> None:
    case = bundle_of(tmp_path, files=dict.fromkeys(("exhibits/MK_1_transfers.csv", "exhibits/RS_1_report.txt"), "4;7"))
    with pytest.raises(ForbiddenError, match="MK/1"):
        view(tmp_path, case, "defence")
    assert view(tmp_path, case, "prosecutor").blocked == ()


def test_a_protected_person_who_is_known_only_now_is_stopped_for_everybody(tmp_path: Path) -> None:
    case = bundle_of(tmp_path, lambda case: case["exhibits"][0].update(description="x y z"))
    other = made_case(
        tmp_path / "later", lambda case: case["persons"][1].update(name="Void behind pallet", category="victim")
    )
    with pytest.raises(ForbiddenError, match="JS/1"):
        write_view(tmp_path / "bundle", tmp_path / "out", read_view("prosecutor"), case, guard(other), TRUST)


def test_a_bundle_that_was_changed_gives_no_view(tmp_path: Path) -> None:
    case = bundle_of(tmp_path)
    (tmp_path / "bundle" / "data" / "exhibits" / "JS_1.txt").write_text("other", encoding="utf-8")
    with pytest.raises(SignatureError):
        view(tmp_path, case, "defence")
    assert not (tmp_path / "defence").exists()


def test_a_bundle_of_which_only_what_is_withheld_was_changed_gives_no_view(tmp_path: Path) -> None:
    case = bundle_of(tmp_path)
    (tmp_path / "bundle" / "data" / "exhibits" / "RS_1.txt").write_text("other", encoding="utf-8")
    with pytest.raises(SignatureError):
        view(tmp_path, case, "defence")


def test_a_view_that_does_not_verify_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = bundle_of(tmp_path)

    def spoilt(folder: Path, *given: Any) -> None:
        write_beside(folder, *given)
        (folder / "data" / "exhibits" / "JS_1.txt").write_text("other", encoding="utf-8")

    monkeypatch.setattr("headwater.case.view_bundle.write_beside", spoilt)
    with pytest.raises(SignatureError):
        view(tmp_path, case, "court")
    assert not (tmp_path / "court").exists()


def test_the_receipts_of_a_bundle_go_with_each_view(tmp_path: Path) -> None:
    case = bundle_of(tmp_path)
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(make_receipt(tmp_path / "bundle", signer_of(9, "RS-MOI"), LogHead(7, "ab" * 32), NOON))
    put_receipt(tmp_path / "bundle", receipt)
    view(tmp_path, case, "court")
    assert verify(tmp_path / "court", TRUST).receipts == verify(tmp_path / "bundle", TRUST).receipts != ()


def test_a_view_of_a_view_shows_no_more(tmp_path: Path) -> None:
    case = bundle_of(tmp_path)
    view(tmp_path, case, "defence")
    write_view(tmp_path / "defence", tmp_path / "again", read_view("prosecutor"), case, guard(case), TRUST)
    assert payload(tmp_path / "again") == OPEN


def test_a_file_that_the_case_does_not_know_is_not_shown_to_the_defence(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    sealed(case, tmp_path / "bundle", options=SealOptions(made=(MadeFile("findings/other.bin", b"x"),)))
    view(tmp_path, case, "defence")
    assert "data/findings/other.bin" not in payload(tmp_path / "defence")


def test_what_the_gate_looks_for_is_all_that_the_sensitive_schedule_and_partners_items_say(tmp_path: Path) -> None:
    def change(case: dict[str, Any]) -> None:
        case["material"][2].update(description="A lamp by the gate", reason="A source nearby")
        case["exhibits"].append({**case["exhibits"][2], "ref": "XK/1", "description": "A word of Pristina's"})
        case["exhibits"].append({**case["exhibits"][2], "ref": "XK/2", "description": "Given back"})
        case["exhibits"][4] |= {"status": "evidential", "origin": {"node": "xk", "returned_under": "LOR/1"}}

    assert sensitive_texts(made_case(tmp_path, change)) == (
        "A lamp by the gate", "A source nearby", "Partner's report of the vehicle", "A word of Pristina's",
    )  # fmt: skip


def test_the_list_of_a_view_is_canonical(tmp_path: Path) -> None:
    case = bundle_of(tmp_path)
    view(tmp_path, case, "court")
    data = (tmp_path / "court" / "manifest.json").read_bytes()
    assert canonical(json.loads(data)) == data


@pytest.mark.parametrize("text", ["", "judge", "partner", "partner:", "partner: ", "defence:rs", "DEFENCE"])
def test_a_view_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(SchemaError, match="no such view"):
        read_view(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("rs", "RS-MOI", True),
        ("RS-MOI", "rs", True),
        ("RS-MOI", "RS-BIA", False),
        ("rs", "RS", True),
        ("rs", "xk", False),
    ],
)
def test_a_state_alone_is_short_for_its_authority(one: str, other: str, same: bool) -> None:
    assert same_node(one, other) is same


def test_the_name_of_a_victim_in_an_exhibit_is_stopped_before_any_view(tmp_path: Path) -> None:
    with pytest.raises(ForbiddenError, match="JS/1"):
        bundle_of(tmp_path, files={"exhibits/JS_1_scan_note.txt": VICTIM_NAME})
