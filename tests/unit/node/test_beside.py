"""Tables that came beside messages: traced as the sender's rows, under its word, and gone with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from headwater.engines.trace.engine import trace as run_trace
from headwater.errors import ConflictError, ForbiddenError, FormatError, NoBasisError, SchemaError, StoreCorruptError
from headwater.exchange.beside import tables_of_partners
from headwater.model.decision import Verb
from headwater.model.ids import FindingId, MessageId, RecordId
from headwater.model.record import Record
from headwater.model.tables import table_of
from headwater.node import Node, attachments, beside, findings, liaison, messages
from headwater.node import trace as tracing
from headwater.node.messages import FilesHandling, Letter, address
from headwater.node.tables import TableRead
from headwater.node.trace_tables import read_as_table
from headwater.testing.fakes import FakeClock
from tests.node_world import AUDITOR, SUPERVISOR, TERMS, as_user, events, live_pair, until
from tests.trace_world import passage
from tests.unit.node.test_tables import csv_of

pytestmark = pytest.mark.slow

REASON = "it was another account"
NAME = "payments.csv"
_hubs = count()


@dataclass
class Desk:
    """Belgrade with payments for London, and London that traces."""

    london: Node
    belgrade: Node
    folder: Path

    def send(self, text: str | None = None, purpose: str = "oic", **attached: Any) -> MessageId:
        """Let Belgrade send a file; it is whole in London when this returns."""
        file = self.folder / NAME
        file.write_text(csv_of(passage(f"HUB{next(_hubs)}", 15)) if text is None else text, encoding="utf-8")
        handling = FilesHandling(codes=["P"], **attached)
        letter = Letter(classification="OFFICIAL", text="Invented.", attached=handling)
        envelope = address("spontaneous", "UK-NCA", TERMS)
        sending = messages.send(self.belgrade, as_user(self.belgrade, purpose=purpose), envelope, letter, (file,))
        assert sending.id is not None, sending.judgement
        if not sending.is_queued:
            messages.approve(self.belgrade, as_user(self.belgrade, SUPERVISOR), sending.id, "approver")
        ref = sending.id
        session = as_user(self.london)
        until(lambda: any(one["message"] == ref and one["whole"] for one in attachments.waiting(self.london, session)))
        return ref

    def read(self, ref: MessageId, purpose: str = "oic") -> TableRead:
        return beside.read_table(self.london, as_user(self.london, purpose=purpose), ref, NAME)

    def trace(self, purpose: str = "oic") -> tracing.Answer:
        asked = tracing.Asked(typologies=("corridor-fan-in",), least=0.0)
        return tracing.at_node(self.london, as_user(self.london, purpose=purpose), asked)

    def recall(self, ref: MessageId, action: str = "erase", purpose: str = "oic") -> dict[str, Any]:
        """Let Belgrade recall the file of a message; return London's answer."""
        (record,) = self.sent(ref)
        (asked,) = liaison.amend(self.belgrade, as_user(self.belgrade, purpose=purpose), action, [record], REASON)
        until(lambda: any(each["proof"] for each in self.holders(asked["message"])))
        (answer,) = self.holders(asked["message"])
        done: dict[str, Any] = answer["done"][0]
        return done

    def holders(self, amend: str) -> list[dict[str, Any]]:
        return [
            each for each in liaison.amend_status(self.belgrade, as_user(self.belgrade)) if each["message"] == amend
        ]

    def sent(self, ref: MessageId) -> list[str]:
        _, message = self.london.exchange.show(ref)
        assert message is not None
        return sorted({name.partition("/")[0] for name in message.facts})

    def tables(self) -> list[Record]:
        with self.london.store.snapshot() as snapshot:
            return tables_of_partners(snapshot)

    def claims(self) -> set[FindingId]:
        return {one.finding.id for one in findings.every(self.london, as_user(self.london))}

    def files(self) -> set[str]:
        return {path.name.partition(".")[0] for path in (self.london.home / "tables").iterdir()}

    def digest(self) -> str:
        return sha256((self.folder / NAME).read_bytes()).hexdigest()

    def event(self, kind: str, subject: str) -> list[dict[str, Any]]:
        return [dict(one.detail) for one in events(self.london, kind) if one.subject == subject]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with live_pair(tmp_path_factory.mktemp("pair")) as made:
        yield made


@pytest.fixture
def desk(nodes: tuple[Node, Node], tmp_path: Path) -> Iterator[Desk]:
    """Both nodes; what London still holds of Belgrade's tables is recalled at the end."""
    made = Desk(*nodes, tmp_path)
    yield made
    for record in made.tables():
        made.recall(MessageId(record.origin.place or ""), purpose=min(record.handling.purposes or {"oic"}))


def claims_of(answer: tracing.Answer) -> list[FindingId]:
    return [claim.finding.id for claim in answer.result.claims]


def test_a_partners_table_is_traced_as_its_rows_under_its_word(desk: Desk) -> None:
    ref = desk.send(purposes=["oic", "court"], retain_until="2027-06-30", releasable_to=["UK"], conditions=["ask"])
    read = desk.read(ref)
    assert (read.tables, read.added, read.error) == ({"payments": 30}, 1, None)
    (record,) = desk.tables()
    assert (record.origin.originator, record.origin.place, table_of(record)) == ("RS-MOI", ref, "payments")
    assert [fact.value for fact in record.facts] == [NAME]
    (claim,) = desk.trace().result.claims
    handling = claim.finding.handling
    assert (handling.purposes, handling.codes) == (frozenset({"oic"}), frozenset({"P"}))
    assert (handling.markings, handling.conditions) == (frozenset({"OFFICIAL"}), frozenset({"ask"}))
    assert handling.retain_until == date(2027, 6, 30)
    assert claim.finding.id in desk.claims()
    assert {row.partition("#")[0] for row in claim.rows} == {record.tables[0]}
    assert "HUB" in claim.finding.subjects[0]
    assert "F1" not in claim.finding.text


def test_reading_and_tracing_a_partners_table_are_in_the_ledger(desk: Desk) -> None:
    ref = desk.send()
    (record,) = desk.read(ref).ids
    (noted,) = desk.event("store.read", desk.digest())
    assert (noted["message"], noted["from"], noted["payments"]) == (ref, "RS-MOI", 30)
    assert desk.event("look.blob", desk.digest())
    desk.trace()
    (kept,) = [one for one in desk.tables() if one.id == record]
    assert desk.event("look.table", kept.tables[0])


def test_a_table_that_is_read_twice_is_kept_once(desk: Desk) -> None:
    ref = desk.send()
    first, again = desk.read(ref), desk.read(ref)
    assert (first.added, again.added, again.ids) == (1, 0, first.ids)


def test_a_recall_takes_the_rows_and_the_findings_on_them_and_proves_it(desk: Desk) -> None:
    ref = desk.send()
    desk.read(ref)
    (record,) = desk.tables()
    found = claims_of(desk.trace())
    assert set(found) <= desk.claims()
    answer = desk.recall(ref)
    assert set(answer["results"].values()) == {"erased"}
    assert isinstance(answer["log_index"], int)
    assert desk.tables() == []
    assert record.tables[0] not in desk.files()
    assert desk.digest() not in {path.name for path in (desk.london.home / "blobs").iterdir()}
    assert not set(found) & desk.claims()
    assert [one.subject for one in events(desk.london, "findings.withdrawn")][-len(found) :] == found
    assert desk.london.store.check() == []


@pytest.mark.parametrize("kept_as_evidence", [False, True])
def test_a_table_that_is_restricted_is_in_no_trace_and_its_findings_are_hidden(
    desk: Desk, *, kept_as_evidence: bool
) -> None:
    ref = desk.send()
    (number,) = desk.read(ref).ids
    (record,) = desk.tables()
    found = claims_of(desk.trace())
    if kept_as_evidence:
        liaison.keep_as_evidence(desk.london, as_user(desk.london), [f"{number}/0"], "exhibit")
    answer = desk.recall(ref, "erase" if kept_as_evidence else "restrict")
    assert set(answer["results"].values()) == {"restricted"}
    assert desk.tables() == []
    assert record.tables[0] in desk.files()
    assert not set(found) & desk.claims()
    with pytest.raises(ForbiddenError), desk.london.view(as_user(desk.london)) as view:
        view.table_path(record.tables[0])


def test_a_table_whose_last_day_has_passed_goes_with_its_file_and_findings(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = desk.london.clock.now().date() + timedelta(days=3)
    desk.read(desk.send(retain_until=last.isoformat()))
    (record,) = desk.tables()
    found = claims_of(desk.trace())
    assert beside.expire(desk.london, as_user(desk.london)) == 0
    monkeypatch.setattr(desk.london, "clock", FakeClock(desk.london.clock.now() + timedelta(days=4)))
    with pytest.raises(ForbiddenError):
        beside.expire(desk.london, as_user(desk.london, AUDITOR))
    assert beside.expire(desk.london, as_user(desk.london)) == 1
    assert desk.tables() == []
    assert record.tables[0] not in desk.files()
    assert desk.digest() not in {path.name for path in (desk.london.home / "blobs").iterdir()}
    with desk.london.store.snapshot() as snapshot:
        assert all(snapshot.finding(ref) is None for ref in found)
    assert desk.london.store.check() == []


def test_who_may_not_use_it_for_this_purpose_cannot_read_it(desk: Desk) -> None:
    ref = desk.send(purpose="trafficking", purposes=["trafficking"])
    with pytest.raises(ForbiddenError, match="rule purpose"):
        desk.read(ref, "court")
    with pytest.raises(ForbiddenError, match="no such blob"):
        desk.read(ref)
    with pytest.raises(ForbiddenError):
        beside.read_table(desk.london, as_user(desk.london, AUDITOR), ref, NAME)
    assert desk.tables() == []
    desk.read(ref, "trafficking")
    assert desk.trace("trafficking").result.claims
    assert not desk.claims()


def test_an_agreement_that_is_suspended_lets_no_table_be_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = desk.send()
    monkeypatch.setattr(desk.london.exchange, "agreements", dict)
    with pytest.raises(NoBasisError, match="not in force"):
        desk.read(ref)


def test_a_file_that_is_not_here_yet_is_no_table(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = desk.send()
    monkeypatch.setattr(attachments, "is_kept", lambda *_: False)
    with pytest.raises(ForbiddenError, match="not here yet"):
        desk.read(ref)


@pytest.mark.parametrize(
    ("text", "error", "line"),
    [
        ("nothing of a table\n", FormatError, None),
        ("PAR1 and no more", FormatError, None),
        (csv_of(passage("H", 2)).replace(",EUR,", ",EURO,", 1), SchemaError, 2),
    ],
)
def test_a_file_that_is_no_table_or_holds_a_bad_row_is_refused_whole(
    desk: Desk, text: str, error: type[FormatError | SchemaError], line: int | None
) -> None:
    ref = desk.send(text)
    with pytest.raises(error) as refused:
        desk.read(ref)
    assert (refused.value.where.file, refused.value.where.line) == (NAME, line)
    assert desk.tables() == []
    assert not [path for path in desk.london.home.iterdir() if path.name.startswith("headwater-")]


def test_a_file_that_was_altered_on_the_disk_is_no_table(desk: Desk) -> None:
    ref = desk.send()
    text = (desk.folder / NAME).read_bytes()
    kept = desk.london.home / "blobs" / sha256(text).hexdigest()
    kept.write_bytes(text.replace(b"P1,", b"P9,"))
    with pytest.raises(StoreCorruptError):
        desk.read(ref)
    kept.write_bytes(text)


def test_a_table_that_is_recalled_while_it_is_read_is_not_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ref, before, real = desk.send(), desk.files(), read_as_table

    def recalled(*given: Any) -> Any:
        found = real(*given)
        desk.recall(ref)
        return found

    monkeypatch.setattr(beside, "read_as_table", recalled)
    with pytest.raises(ConflictError, match="withdrawn"):
        desk.read(ref)
    assert desk.files() == before
    assert desk.tables() == []


def test_nothing_is_claimed_on_a_table_that_is_recalled_while_it_is_traced(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, real = desk.send(), run_trace
    desk.read(ref)

    def recalled(*given: Any, **more: Any) -> Any:
        found = real(*given, **more)
        assert found.claims
        desk.recall(ref)
        return found

    monkeypatch.setattr(tracing, "run_trace", recalled)
    with pytest.raises(ConflictError, match="withdrawn"):
        desk.trace()
    assert not desk.claims()


def test_a_finding_on_a_partners_rows_names_the_fact_that_they_came_with_as_what_it_rests_on(desk: Desk) -> None:
    (number,) = desk.read(desk.send(never_onward=True)).ids
    (found,) = claims_of(desk.trace())
    session = as_user(desk.london)
    findings.decide(desk.london, session, found, Verb.CONFIRM, "seen")
    with desk.london.view(session) as view:
        finding = view.finding(found)
        assert [record.id for record in findings.evidence_records(view, finding)] == [RecordId(number)]
    # What may never go onward counts once two have confirmed it: a partner's row as well as its fact.
    letter = Letter(classification="OFFICIAL", findings=(messages.FindingChoice(id=found),))
    with pytest.raises(NoBasisError):
        messages.dry_run(desk.london, session, address("spontaneous", "RS-MOI", TERMS), letter)
    findings.decide(desk.london, as_user(desk.london, SUPERVISOR), found, Verb.CONFIRM, "seen too")
    told = messages.dry_run(desk.london, session, address("spontaneous", "RS-MOI", TERMS), letter)
    assert told.message.facts[found].evidence == (f"{number}/0",)
