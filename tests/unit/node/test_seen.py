"""What is remembered of all findings is what judging each of them anew would show, whatever was kept meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from headwater.model.decision import Decision, Verb
from headwater.model.fact import Fact, fact_id
from headwater.model.finding import Evidence, EvidenceKind, Finding, Reason
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.node import Node, findings
from headwater.node.pages.seen import all_findings, seen
from headwater.policy.view import guard
from headwater.store import Transaction
from headwater.testing.fakes import FakeClock
from tests import node_world
from tests.node_world import LONDON, as_user

PICTURE = BlobHash("a" * 64)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return node_world.init(tmp_path_factory.mktemp("seen") / "uk")


@pytest.fixture
def node(template: Path) -> Iterator[Node]:
    with node_world.node_at(template, FakeClock()) as opened:
        yield opened


def record(number: int, category: PersonCategory = PersonCategory.SUSPECT, **more: object) -> Record:
    key = EntityKey(f"p{number}")
    made = Record(
        origin=Origin(LONDON, "made-up", place=str(more.pop("place", number))), handling=Handling(),
        mentions=(Mention(key, "Person", category),), facts=(Fact(key, "name", f"Invented {number}"),),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def claim(text: str, piece: Evidence) -> Finding:
    return Finding(
        kind="test.claim", subjects=(text,), score=0.5, text=text, reasons=(Reason("r", 1.0, "because"),), evidence=(piece,),
        engine="test", engine_version="1", params="{}", handling=Handling(),
    )  # fmt: skip


def shown(node: Node) -> list[str]:
    """What a page shows now; it must be what a guard shows that remembers nothing."""
    session = as_user(node)
    with node.view_at(session) as (snapshot, view):
        found = [one.finding.text for one in all_findings(node, session, snapshot, view)]
        anew = guard(snapshot, session, node.store, node.clock.now().date())
        assert sorted(found) == sorted(one.text for one in anew.findings())
    return sorted(found)


def test_the_queue_is_right_whatever_is_kept_after_it_was_looked_at(node: Node) -> None:
    def keep(*kept: Record) -> None:
        node.store.write(lambda tx: [tx.add_record(one) for one in kept])

    first = record(1)
    hidden = record(2, handling=Handling(purposes=frozenset({"sanctions"})), blobs=(PICTURE,))
    keep(first, hidden)
    claims = [
        claim("on a fact", Evidence.fact(fact_id(first.id, 0))),
        claim("on a picture", Evidence(EvidenceKind.BLOB, PICTURE)),
    ]
    findings.keep(node, as_user(node), claims)
    assert shown(node) == ["on a fact"]
    keep(record(3))
    assert shown(node) == ["on a fact"]
    findings.keep(node, as_user(node), [claim("a later one", Evidence.record(first.id))])
    assert shown(node) == ["a later one", "on a fact"]
    keep(record(4, blobs=(PICTURE,)))
    assert shown(node) == ["a later one", "on a fact", "on a picture"]
    keep(record(1, PersonCategory.VICTIM, place="report of a victim"))
    assert shown(node) == ["on a picture"]
    node.store.write(lambda tx: tx.restrict_facts(record(4, blobs=(PICTURE,)).id, (0,), None))
    assert shown(node) == []


def test_a_new_record_does_not_have_every_finding_judged_anew(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    first = record(11)
    node.store.write(lambda tx: tx.add_record(first))
    findings.keep(node, as_user(node), [claim("one", Evidence.record(first.id))])
    before = shown(node)
    asked: list[int] = []
    reading = Transaction.findings
    monkeypatch.setattr("headwater.store.records.RecordReading.findings", counting(reading, asked))
    node.store.write(lambda tx: tx.add_record(record(12)))
    session = as_user(node)
    with node.view_at(session) as (snapshot, view):
        assert len(seen(node, session, snapshot, view).shown) == len(before)
    assert 0 not in asked


def counting(reading: Callable[..., Iterator[Finding]], asked: list[int]) -> Callable[..., Iterator[Finding]]:
    def read(self: object, *, after: int = 0) -> Iterator[Finding]:
        asked.append(after)
        return reading(self, after=after)

    return read


def test_a_decision_is_seen_on_a_finding_that_was_not_judged_anew(node: Node) -> None:
    first = record(21)
    node.store.write(lambda tx: tx.add_record(first))
    made = claim("decided", Evidence.record(first.id))
    findings.keep(node, as_user(node), [made])
    shown(node)
    word = Decision(
        verb=Verb.CONFIRM, about=made.id, who="s.hall", decided_at=node.clock.now(), basis="oic", reason="seen"
    )
    node.store.write(lambda tx: tx.add_decision(word))
    session = as_user(node)
    with node.view_at(session) as (snapshot, view):
        [one] = [one for one in all_findings(node, session, snapshot, view) if one.finding.text == "decided"]
    assert one.state == "confirm"
