"""What was erased is nowhere: no table of any store holds it still, in however many messages, copies and drafts it stood."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from headwater.errors import ForbiddenError
from headwater.model.fact import Fact, fact_id, record_of
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, FactId, MessageId
from headwater.model.message import Amend, Kind
from headwater.model.record import Mention, Origin, PersonCategory, Record
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, Node, message
from tests.three_world import XK_TERMS, Three, make_three

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

NAME, STAYS = "Wrongly Accused", "+38344000001"


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = make_three(tmp_path)
    yield made
    made.world.close()


def tables_with(node: Node, value: str) -> set[str]:
    """The tables of a store, of which some cell holds a value."""
    found = set()
    with node.store._reading() as link:
        for (table,) in link.rows(tuple[str], "SELECT name FROM sqlite_master WHERE type = 'table'"):
            for row in link.rows_as_they_are(f'SELECT * FROM "{table}"'):  # noqa: S608 - the store's own tables
                cells = (cell.encode() if isinstance(cell, str) else cell for cell in row)
                if any(isinstance(cell, bytes) and value.encode() in cell for cell in cells):
                    found.add(table)
    return found


def record_of_pristina() -> Record:
    person = EntityKey("xk/person/1")
    return Record(
        origin=Origin(PRISTINA, "report", place="1"),
        handling=Handling(codes=frozenset({"P"}), markings=frozenset({"OFFICIAL"})),
        mentions=(Mention(person, "Person", PersonCategory.SUSPECT),),
        facts=(Fact(person, "name", NAME), Fact(person, "phone", STAYS)),
        grade=parse_grade("4x4:A/1"),
    )


def spread(three: Three) -> tuple[FactId, list[MessageId]]:
    """Let Pristina tell London one fact in three messages and a draft, and London pass it on twice."""
    record = record_of_pristina()
    three.pristina.store.write(lambda tx: tx.add_record(record))
    found = three.pristina.exchange.facts(record.id, XK_TERMS)
    told = message(sender=PRISTINA, recipient=LONDON, agreement=XK_TERMS, facts=found)
    refs: list[MessageId] = []
    for kind, more in (
        (Kind.SPONTANEOUS, {"text": "first"}),
        (Kind.REQUEST, {"reason": "who is it", "urgency": "urgent", "why_urgent": "it leaves"}),
        (Kind.SPONTANEOUS, {"text": "again"}),
    ):
        sending = three.pristina.exchange.send(structs.replace(told, kind=kind, **more), who="a.krasniqi")
        assert sending.id is not None, sending.judgement
        refs.append(sending.id)
    draft = three.pristina.exchange.send(structs.replace(told, approver=""), who="a.krasniqi").id
    assert draft is not None
    for _ in range(2):  # each leaves one more version of the draft
        three.pristina.exchange.approve(draft, who="b.gashi", role="safeguarding")
    assert [each.message.facts.keys() for each in three.pristina.exchange.drafts()] == [found.keys()]
    three.run()
    in_london = three.facts_of(three.london, refs[0])
    three.answer(three.ask(in_london), "yes")
    for _ in range(2):
        passed = three.onward(in_london)
        assert passed.id is not None, passed.judgement
    three.run()
    return fact_id(record.id, 0), refs


@pytest.mark.parametrize("action", ["erase", "restrict"])
def test_an_erased_fact_is_in_no_table_of_any_holder_and_the_fact_beside_it_is_in_all(
    three: Three, action: str
) -> None:
    fact, _ = spread(three)
    nodes = (three.pristina, three.london, three.belgrade)
    before = {node.me: tables_with(node, NAME) for node in nodes}
    assert before == {
        PRISTINA: {"record", "document"},
        LONDON: {"record", "document", "incoming"},
        BELGRADE: {"record", "incoming"},
    }
    assert before == {node.me: tables_with(node, STAYS) for node in nodes}
    amend = Amend(action=action, facts=(fact,), reason="it was another person")
    three.pristina.exchange.liaison.amend(amend, who="a.krasniqi", purpose="oic")
    three.run()
    after = {node.me: tables_with(node, NAME) for node in nodes}
    assert after == ({node.me: set() for node in nodes} if action == "erase" else before)
    assert {node.me: tables_with(node, STAYS) for node in nodes} == before
    assert [node.store.check() for node in nodes] == [[], [], []]


@pytest.mark.parametrize("missing", [FactId("rec-" + "ab" * 20 + "/0"), "beyond"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_correction_by_what_is_not_here_is_refused_and_withdraws_nothing(
    three: Three, missing: FactId, place: int
) -> None:
    fact, _ = spread(three)
    other = fact_id(record_of(fact), 1)
    bad = fact_id(record_of(fact), 2) if missing == "beyond" else missing
    before, sent = tables_with(three.pristina, NAME), len(three.pristina.exchange.outgoing())
    replacements = [other, other]
    replacements[place] = bad
    amend = Amend(action="rectify", facts=(fact,), reason="misspelt")
    with pytest.raises(ForbiddenError, match="no such fact"):
        three.pristina.exchange.liaison.amend(amend, who="a.krasniqi", purpose="oic", replacements=replacements)
    assert (tables_with(three.pristina, NAME), len(three.pristina.exchange.outgoing())) == (before, sent)
