"""The liaison desk at a node: who may answer, consent, recall, keep and decide; and what each comes to at both ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from headwater.errors import ConflictError, ForbiddenError, SchemaError
from headwater.model.ids import MessageId
from headwater.model.message import Kind, Message
from headwater.model.times import format_instant
from headwater.node import Node, attachments, correspondence, liaison, messages, partners
from headwater.node.messages import Letter, address
from headwater.node.pages import start
from tests.node_world import AUDITOR, SUPERVISOR, TERMS, as_user, live_pair, person, read, until, write_report

pytestmark = pytest.mark.slow

REASON = "it was another person"


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with live_pair(tmp_path_factory.mktemp("pair")) as made:
        yield made


@pytest.fixture(scope="module")
def london(nodes: tuple[Node, Node]) -> Node:
    return nodes[0]


@pytest.fixture(scope="module")
def belgrade(nodes: tuple[Node, Node]) -> Node:
    return nodes[1]


def tell(
    london: Node, folder: Path, name: str, attached: tuple[Path, ...] = (), **letter: Any
) -> tuple[str, MessageId]:
    """Read a report about somebody in and tell Belgrade; return the record and the message."""
    told = read(london, "report", write_report(folder, person(name=name), reference=f"EX/UK/{crc32(name.encode())}"))
    (record,) = told.ids
    envelope = address("spontaneous", "RS-MOI", TERMS)
    content = Letter(classification="OFFICIAL", records=(record,), **letter)
    sending = messages.send(london, as_user(london), envelope, content, attached)
    assert sending.id is not None, sending.judgement
    if not sending.is_queued:
        messages.approve(london, as_user(london, SUPERVISOR), sending.id, "approver")
    until(lambda: any(row.id == sending.id and row.state == "receipted" for row in london.exchange.outgoing()))
    return record, sending.id


def shown(node: Node, ref: MessageId) -> dict[str, Any]:
    return correspondence.show(node, as_user(node), ref)


def test_a_partner_that_wrote_was_heard_though_it_never_synced(london: Node) -> None:
    [shown] = partners.every(london, as_user(london))
    newest = max(row.received_at for row in london.exchange.incoming())
    assert (shown["witness"]["synced_at"], shown["heard_at"]) == (None, format_instant(newest))
    [told] = start.start(london, as_user(london)).silences
    assert not told.silent


def test_a_recall_is_asked_by_who_may_and_its_proof_is_shown(london: Node, belgrade: Node, tmp_path: Path) -> None:
    record, ref = tell(london, tmp_path, "Ana Primerović", text="Ana Primerović was seen")
    with pytest.raises(ForbiddenError):
        liaison.amend(london, as_user(london, AUDITOR), "erase", [record], REASON)
    (asked,) = liaison.amend(london, as_user(london), "erase", [record], REASON)
    assert asked["holder"] == "RS-MOI"

    def mine() -> dict[str, Any]:
        found = liaison.amend_status(london, as_user(london))
        return next(each for each in found if each["message"] == asked["message"])

    until(lambda: mine()["state"] == "done")
    assert set(mine()["done"][0]["results"].values()) == {"erased"}
    assert mine()["waits_for"] == []
    assert shown(belgrade, ref)["records"] == []
    with pytest.raises(ForbiddenError):
        liaison.named(london, as_user(london), [record])


def test_a_correction_takes_the_person_who_approves_and_a_fact_that_is_right(london: Node, tmp_path: Path) -> None:
    record, _ = tell(london, tmp_path, "Bora Primerović")
    with pytest.raises(ForbiddenError):
        liaison.amend(london, as_user(london), "rectify", [record], REASON, [record])
    with pytest.raises(SchemaError):
        liaison.amend(london, as_user(london, SUPERVISOR), "rectify", [record], REASON)


def test_what_is_kept_as_evidence_is_kept_by_who_may(belgrade: Node, london: Node, tmp_path: Path) -> None:
    _, ref = tell(london, tmp_path, "Cveta Primerović")
    (record,) = shown(belgrade, ref)["records"]
    with pytest.raises(ForbiddenError):
        liaison.keep_as_evidence(belgrade, as_user(belgrade, AUDITOR), [record], "case 7")
    kept = liaison.keep_as_evidence(belgrade, as_user(belgrade), [record], "case 7")
    assert kept
    assert all(fact.startswith(record) for fact in kept)


def test_a_request_is_answered_once_and_only_with_a_result(london: Node, belgrade: Node) -> None:
    envelope = address("request", "RS-MOI", TERMS)
    asked = messages.send(london, as_user(london), envelope, Letter(reason="who keeps the lorry"))
    assert asked.id is not None
    ref = asked.id
    until(lambda: any(row.id == ref for row in belgrade.exchange.incoming()))
    with pytest.raises(SchemaError, match="without a result"):
        liaison.answer(belgrade, as_user(belgrade), asked.id, Letter())
    dry = liaison.answer(belgrade, as_user(belgrade), asked.id, Letter(result="none"), dry_run=True)
    assert dry.id is None
    assert liaison.answer(belgrade, as_user(belgrade), asked.id, Letter(result="none")).is_queued
    until(lambda: liaison.requests(london)[ref]["answer"] == "answered")
    with pytest.raises(ForbiddenError, match="can be answered"):
        liaison.answer(
            london, as_user(london), next(row.id for row in london.exchange.incoming()), Letter(result="none")
        )


def test_consent_is_given_by_who_may_and_asked_of_partners_only(london: Node, tmp_path: Path) -> None:
    record, ref = tell(london, tmp_path, "Dara Primerović")
    with pytest.raises(ForbiddenError, match="no such fact of a partner"):
        liaison.ask_consent(london, as_user(london), [record], "XK", "joint")
    with pytest.raises(ForbiddenError):
        liaison.answer_consent(london, as_user(london, AUDITOR), ref, "yes", None)
    with pytest.raises(ConflictError):
        liaison.answer_consent(london, as_user(london, SUPERVISOR), ref, "yes", None)


def test_a_text_that_names_what_was_recalled_is_decided_by_who_may(
    london: Node, belgrade: Node, tmp_path: Path
) -> None:
    record, ref = tell(london, tmp_path, "Ema Primerović")
    told = messages.send(
        belgrade,
        as_user(belgrade),
        address("request", "UK-NCA", TERMS),
        Letter(reason="what else is known", text="of Ema Primerović", thread=ref),
    )
    assert told.id is not None
    liaison.amend(london, as_user(london), "erase", [record], REASON)
    until(lambda: any(each["message"] == told.id for each in liaison.texts(belgrade, as_user(belgrade))))
    with pytest.raises(ForbiddenError):
        liaison.close_text(belgrade, as_user(belgrade, AUDITOR), told.id, "names her", strip=True)
    liaison.close_text(belgrade, as_user(belgrade), told.id, "names her", strip=True)
    assert all(each["message"] != told.id for each in liaison.texts(belgrade, as_user(belgrade)))


def test_a_file_goes_beside_a_message_and_is_saved_by_who_may(london: Node, belgrade: Node, tmp_path: Path) -> None:
    scan, heard = tmp_path / "scan.tiff", list[tuple[int, int]]()
    scan.write_bytes(bytes(range(256)) * 5000)
    _, ref = tell(london, tmp_path, "Fani Primerović", (scan,))
    session = as_user(belgrade)
    until(lambda: any(each["message"] == ref and each["whole"] for each in attachments.waiting(belgrade, session)))
    (found,) = [each for each in attachments.waiting(belgrade, session) if each["message"] == ref]
    assert (found["name"], found["size"], found["here"], found["chunks"]) == ("scan.tiff", 1_280_000, 2, 2)
    out = tmp_path / "saved.tiff"
    saved = attachments.save(belgrade, session, ref, "scan.tiff", out)
    assert out.read_bytes() == scan.read_bytes()
    assert saved.size == scan.stat().st_size
    for name, who in (("other.tiff", session), ("scan.tiff", as_user(belgrade, AUDITOR))):
        with pytest.raises(ForbiddenError):
            attachments.save(belgrade, who, ref, name, out)
    empty = Message(kind=Kind.ALERT, classification="OFFICIAL", agreement=TERMS)
    told = attachments.attach(london, as_user(london), empty, [scan], lambda done, of: heard.append((done, of)))
    assert heard == [(1, 2), (2, 2)]
    assert [(each.name, each.fact in told.facts) for each in told.files] == [("scan.tiff", True)]
