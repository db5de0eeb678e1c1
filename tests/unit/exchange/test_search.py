"""A search tells hit or no hit, about our own facts alone, and never the value."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from headwater.exchange.liaison import MOST_SEARCHES
from headwater.exchange.search import SEARCHED, Answering, answer, hashed
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey, MessageId, state_of
from headwater.model.message import Kind, Message
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.policy.agreement import Agreement
from headwater.store import Snapshot
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, TERMS, Node, agreement, fact, message
from tests.three_world import XK_TERMS, Three, make_three

pytestmark = pytest.mark.slow

PHONE = "+381 60 000-0001"


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = make_three(tmp_path)
    yield made
    made.world.close()


def hold(
    three: Three,
    *,
    phone: str = PHONE,
    originator: AuthorityId = BELGRADE,
    category: PersonCategory = PersonCategory.SUSPECT,
    **handling: Any,
) -> None:
    """Let Belgrade hold a phone number."""
    key = EntityKey("rs/1")
    record = Record(
        origin=Origin(originator, "report"),
        handling=Handling(**handling),
        mentions=(Mention(key, "Person", category),),
        facts=(Fact(key, "phone", phone), Fact(key, "name", "Some Body")),
    )
    three.belgrade.store.write(lambda tx: tx.add_record(record))


def search(three: Three, **values: str) -> Message:
    """Let London search, Belgrade answer, and return the answer."""
    facts = {name: fact(prop="phone", value=value) for name, value in values.items()}
    told = message(kind=Kind.SEARCH, recipient=BELGRADE, reason="who uses it", facts=facts)
    sent = three.london.exchange.send(three.london.exchange.liaison.hashed(told), who="o.reed")
    assert sent.is_queued, sent.judgement
    three.run()
    three.belgrade.exchange.liaison.tend()
    three.belgrade.exchange.liaison.tend()
    three.run()
    (answer,) = [
        shown
        for row in three.london.exchange.incoming()
        if (shown := three.london.exchange.show(row.id)[1]) is not None and shown.thread == sent.id
    ]
    return answer


def test_a_hit_names_the_facts_that_were_found(three: Three) -> None:
    hold(three)
    answer = search(three, f1="381600000001", f2="381600000002")
    assert (answer.kind, answer.result, answer.text, answer.facts) == (Kind.RESPONSE, "hit", "f1", {})


def test_no_hit_says_no_more(three: Three) -> None:
    hold(three)
    answer = search(three, f1="381600000009")
    assert (answer.result, answer.text) == ("no-hit", None)


def test_the_value_is_in_no_message(three: Three) -> None:
    search(three, f1=PHONE)
    for row in three.belgrade.exchange.incoming():
        assert PHONE.encode() not in row.body


def test_equal_values_of_two_conversations_do_not_look_alike(three: Three) -> None:
    told = message(kind=Kind.SEARCH, recipient=BELGRADE, reason="x", facts={"f1": fact(prop="phone", value=PHONE)})
    liaison = three.london.exchange.liaison
    one, other = liaison.hashed(told), liaison.hashed(told)
    assert one.facts["f1"].value != other.facts["f1"].value
    assert one.facts["f1"].entity is None


def test_a_search_is_answered_although_either_side_changed_its_root_keys_meanwhile(three: Three) -> None:
    hold(three)
    three.belgrade.exchange.make_card(
        "Belgrade",
        [three.belgrade.endpoint],
        three.belgrade.home / "roots",
        who="e",
        new_roots=three.world.folder / "n",
    )
    answer = search(three, f1="381600000001")  # London does not have the new card yet
    assert (answer.result, answer.text) == ("hit", "f1")
    three.london.exchange.add_partner([three.belgrade.exchange.card_bytes()], [], who="e")
    answer = search(three, f1="381600000001")
    assert (answer.result, answer.text) == ("hit", "f1")


def test_what_cannot_be_searched_for_is_left_out(three: Three) -> None:
    told = message(kind=Kind.SEARCH, recipient=BELGRADE, facts={"f1": fact(prop="birthDate", value="1980")})
    assert three.london.exchange.liaison.hashed(told).facts == {}


HIDDEN: tuple[dict[str, Any], ...] = (
    {"category": PersonCategory.VICTIM},
    {"category": PersonCategory.SMUGGLED},
    {"category": PersonCategory.WITNESS},
    {"originator": AuthorityId("XK-KP")},
    {"never_onward": True},
    {"purposes": frozenset({"trafficking"})},
    {"addressees": frozenset({"m.ilic"})},
    {"markings": frozenset({"OFFICIAL", "SECRET"})},
    {"retain_until": START.date() - timedelta(days=1)},
)
TOLD: tuple[dict[str, Any], ...] = (
    {},
    {"category": PersonCategory.ASSOCIATE, "purposes": frozenset({"oic", "trafficking"})},
    {"markings": frozenset({"OFFICIAL", "INTERNO"})},
    {"retain_until": START.date()},
)


def test_what_may_not_be_told_is_no_hit_and_what_may_is_one(three: Three) -> None:
    for number, handling in enumerate((*HIDDEN, *TOLD)):
        hold(three, phone=f"+381 60 {number:07}", **handling)
    answer = search(three, **{f"f{number:02}": f"38160{number:07}" for number in range(len(HIDDEN + TOLD))})
    told = [f"f{number:02}" for number in range(len(HIDDEN), len(HIDDEN + TOLD))]
    assert (answer.result, answer.text) == ("hit", " ".join(told))


def test_a_plain_search_is_refused_by_the_rules(three: Three) -> None:
    told = message(kind=Kind.SEARCH, recipient=BELGRADE, reason="x", facts={"f1": fact(prop="phone", value=PHONE)})
    sent = three.london.exchange.send(told, who="o.reed")
    assert (sent.is_queued, sent.judgement.rule) == (False, "search-plain")


class Held:
    """Records, and nothing else of a store."""

    def __init__(self, *records: Record) -> None:
        self._records = records

    def records(self) -> tuple[Record, ...]:
        return self._records


KEYS = (b"k" * 32, b"l" * 32)
DAY = START.date()
ONE_DAY = timedelta(days=1)


def may_tell(terms: Agreement | None, keys: tuple[bytes, ...], purpose: str | None = "oic", **handling: Any) -> bool:
    """Whether Belgrade tells of a record with this handling, searched for with the second key."""
    key = EntityKey("rs/1")
    record = Record(
        origin=Origin(BELGRADE, "report"),
        handling=Handling(**handling),
        mentions=(Mention(key, "Person", PersonCategory.SUSPECT),),
        facts=(Fact(key, "phone", PHONE), Fact(key, "birthDate", "1980")),
    )
    facts = hashed({"f1": fact(prop="phone", value=PHONE), "f2": fact(prop="phone", value="1")}, KEYS[1])
    facts["f3"] = structs.replace(facts["f1"], hashed=False)
    told = message(sender=LONDON, recipient=BELGRADE, kind=Kind.SEARCH, purpose=purpose, facts=facts)
    given = answer(Held(record), told, MessageId("m"), Answering(BELGRADE, terms, keys, DAY))  # type: ignore[arg-type]
    assert (given.text is None) == (given.result == "no-hit")
    assert given.text in {None, "f1"}
    return given.result == "hit"


@pytest.mark.parametrize(
    ("tells", "handling"),
    [
        (True, {}),
        (True, {"markings": frozenset({"OFFICIAL"})}),
        (True, {"markings": frozenset({"OFFICIAL", "INTERNO"})}),
        (False, {"markings": frozenset({"OFFICIAL", "INTERNO", "TOP"})}),
        (False, {"markings": frozenset({"TOP"})}),
        (False, {"retain_until": DAY - ONE_DAY}),
        (True, {"retain_until": DAY}),
        (True, {"retain_until": DAY + ONE_DAY}),
        (True, {"purposes": frozenset({"oic"})}),
        (False, {"purposes": frozenset()}),
        (False, {"addressees": frozenset()}),
    ],
)
def test_what_is_told_of_is_within_all_that_the_agreement_lets_pass_to_its_last_day(
    tells: bool, handling: dict[str, Any]
) -> None:
    within = agreement(markings={"OFFICIAL": 1, "INTERNO": 2})
    assert may_tell(within, KEYS, **handling) is tells
    assert not may_tell(None, KEYS, **handling)
    assert not may_tell(within, KEYS[:1], **handling)
    assert not may_tell(within, (), **handling)


def ask(node: Node, to: AuthorityId, terms: str, number: int) -> MessageId:
    """Let a node search at another; the answer is not waited for."""
    origin = state_of(node.me)
    told = message(
        kind=Kind.SEARCH,
        sender=node.me,
        recipient=to,
        agreement=terms,
        reason="who uses it",
        facts={"f1": fact(origin=origin, prop="phone", value=f"+381 60 {number:07}")},
    )
    sent = node.exchange.send(node.exchange.liaison.hashed(told), who="o.reed")
    assert sent.id is not None, sent.judgement
    return sent.id


def test_a_flood_of_searches_is_answered_by_turns_and_holds_up_no_other_partner(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood = [ask(three.belgrade, LONDON, TERMS, number) for number in range(MOST_SEARCHES + 3)]
    three.run()
    alone = ask(three.pristina, LONDON, XK_TERMS, 1)
    three.run()
    looks: list[int] = []
    records = Snapshot.records

    def counted(reader: Snapshot, **words: Any) -> Iterator[Record]:
        looks.append(1)
        return records(reader, **words)

    monkeypatch.setattr(Snapshot, "records", counted)
    answered: list[set[str]] = []
    for _ in range(3):
        looks.clear()
        three.london.exchange.liaison.tend()
        assert len(looks) == (1 if len(answered) < 2 else 0)
        with three.london.store.snapshot() as snapshot:
            answered.append({key for key, _, _ in snapshot.documents(SEARCHED)})
    assert [len(each) for each in answered] == [MOST_SEARCHES, len(flood) + 1, len(flood) + 1]
    assert answered[0] == {alone, *flood[: MOST_SEARCHES - 1]}
