"""The partners' door: every route; every kind of message from a partner in every state; and every second identifier.

Between two live partners that know nothing of each other, one names what belongs to the other, wherever a message may name
anything. Whatever it names, it is answered as if there were no such thing, and nothing of the other's changes.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.routing import Route

from headwater.exchange.body import read_body
from headwater.exchange.envelope import Header, Lane, Sealed, read, seal, unseal_unread
from headwater.exchange.framing import join, split
from headwater.exchange.partners import State
from headwater.exchange.receipt import parse_receipt
from headwater.exchange.suite import XWING, key_id
from headwater.model.canonical import encode
from headwater.model.ids import StateCode, new_message_id
from headwater.model.message import Amend, Consent, Done, Kind, Message
from headwater.model.times import format_instant
from headwater.web.partner import partner_app
from tests.authz_world import inventory
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, fact, message
from tests.three_world import XK_TERMS, Three, make_three

pytestmark = pytest.mark.slow

ROUTES: Final = frozenset(
    {("POST", "/v1/inbox"), ("GET", "/v1/files/{name}"), ("GET", "/v1/card"), ("GET", "/v1/health")}
)
"""Every route: the inbox asks each envelope who sent it; chunks are sealed and named by their hash; the rest is public."""


def test_every_route_is_in_the_table_and_every_line_of_it_is_a_route(three: Three) -> None:
    found = {
        (method, route.path)
        for route in partner_app(three.london.exchange).routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert found == ROUTES


# What a stranger, or a partner that is not live, can do


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = make_three(tmp_path)
    yield made
    made.world.close()


_NUMBERS: Final = count(1)


def forged(sender: Node, recipient: Node, content: Message, **header: Any) -> bytes:
    """Seal what no honest node would send, with the sender's real keys."""
    number = next(_NUMBERS)
    key = recipient.exchange.card().card.sealing[0].raw
    now = sender.exchange._clock.now()
    told = {"sender": sender.me, "recipient": recipient.me, "expires": format_instant(now + timedelta(days=9))}
    body = encode(_with(content, **told))
    values: dict[str, Any] = {
        "id": new_message_id(1_700_000_000_000 + number, bytes(10)), "sender": sender.me, "recipient": recipient.me,
        "seq": 1_000 + number, "lane": Lane.NORMAL, "skid": next(iter(sender.keys.signing_seeds)), "rkid": key_id(key),
        "sent_at": now, "expires_at": now + timedelta(days=9), **header,
    }  # fmt: skip
    return seal(Header(**values), body, signing_seed=sender.keys.signing_seed(), recipient_key=key)


def _with(content: Message, **changes: Any) -> Message:
    from msgspec.structs import replace

    return replace(content, **changes)


def hand(to: Node, *envelopes: bytes) -> list[str]:
    answer = to.exchange.receive(join(envelopes))
    return [line.result for part in split(answer, most=128) for line in parse_receipt(part).lines]


def of_kind(kind: Kind) -> Message:
    """A message of a kind that names nothing of anybody."""
    plain: dict[str, Any] = {"purpose": "oic", "classification": "OFFICIAL", "reason": "matrix", "author": "m.ilic"}
    if kind in {Kind.SPONTANEOUS, Kind.ALERT, Kind.EVIDENCE_BUNDLE, Kind.TI}:
        plain["facts"] = {"f1": fact(origin="RS")}
    if kind is Kind.AMEND:
        plain["amend"] = Amend(action="erase", facts=("f1",))
    if kind is Kind.RESPONSE:
        plain["result"] = "none"
    return Message(kind=kind, agreement=TERMS, **plain)


@pytest.mark.parametrize("state", ["stranger", "not confirmed", State.SUSPENDED, State.REVOKED])
def test_a_partner_that_is_not_live_changes_nothing_with_any_kind_of_message(three: Three, state: str) -> None:
    london, sender = three.london, three.belgrade
    if state == "stranger":
        sender = three.world.node("BA-SIPA")  # type: ignore[arg-type] # a name is an authority
    elif state == "not confirmed":
        sender = three.world.node("ME-UP")  # type: ignore[arg-type] # a name is an authority
        three.world.acquaint(london, sender, _terms_with("ME-UP"))
    else:
        london.exchange.step_partner(BELGRADE, State(state), who="s.hall", reason="matrix")
    before = inventory(london.home)
    for kind in Kind:
        results = hand(london, forged(sender, london, of_kind(kind)))
        assert [word.partition(":")[0] for word in results] == ["refused"], kind
        assert inventory(london.home) == before, kind


def _terms_with(authority: str) -> Any:
    from tests.three_world import terms

    return terms(id=f"A-UK-{authority}", parties=(LONDON, authority), safeguards={})


# What a live partner can do to what is another's


@dataclass(frozen=True)
class Others:
    """What London holds with Pristina, by its identifiers."""

    request_out: str
    request_in: str
    message_out: str
    consent_request: str
    amend: str
    fact_name: str
    fact_here: str
    own_fact: str


def between(three: Three) -> Others:
    """Let London and Pristina have a request each way, facts each way, a consent that is asked for and a recall."""
    london, pristina = three.london, three.pristina
    [here] = three.supply("rec-x/0")

    def sent(node: Node, **parts: Any) -> str:
        sending = node.exchange.send(message(agreement=XK_TERMS, **parts), who="o.reed")
        assert sending.id is not None, sending.judgement
        three.run()
        return sending.id

    wanted = {"kind": Kind.REQUEST, "text": "who is it", "reason": "matrix", "facts": {}}
    out = sent(london, sender=LONDON, recipient=PRISTINA, **wanted)
    back = sent(pristina, sender=PRISTINA, recipient=LONDON, **wanted)
    own = sent(london, sender=LONDON, recipient=PRISTINA, facts={"rec-own/0": fact()})
    asked = three.ask([here])
    return Others(out, back, own, asked, _recall(three), "rec-x/0", here, "rec-own/0")


def _recall(three: Three) -> str:
    """London has sent Pristina a fact, and asks it to be erased."""
    three.world.wires.cut.add(three.pristina.endpoint)
    told = Message(
        kind=Kind.AMEND, recipient=PRISTINA, agreement=XK_TERMS, amend=Amend(action="erase", facts=("rec-own/0",))
    )
    sending = three.london.exchange.send(told, who="o.reed")
    assert sending.id is not None, sending.judgement
    three.world.wires.cut.clear()
    return sending.id


NOBODY: Final = "01a2150c-71ae-7357-b248-232d4e0be835"
MISSING: Final = Others(NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, "rec-none/0", "rec-" + "0" * 40 + "/0", "rec-none/0")


def amending(action: str, name: str) -> Message:
    return Message(kind=Kind.AMEND, agreement=TERMS, amend=Amend(action=action, facts=(name,)))


def consenting(giver: str, name: str, decision: str, ref: str | None = None) -> Message:
    said = Consent(
        type="onward",
        giver=StateCode(giver),
        receiver=StateCode("RS"),
        facts=(name,),
        purposes=("oic",),
        decision=decision,
        ref=ref,
    )
    return Message(
        kind=Kind.CONSENT, agreement=TERMS, purpose="oic", classification="NONE", consents=(said,), thread=ref
    )


def done(amend: str, holder: Any, name: str) -> Message:
    said = Done(amend=amend, holder=holder, at="2026-11-25T08:30:00Z", log_index=1, results={name: "erased"})
    return Message(kind=Kind.AMEND_DONE, agreement=TERMS, done=(said,))


def telling(kind: Kind, thread: str, **more: Any) -> Message:
    return _with(of_kind(kind), thread=thread, **more)


SECOND: Final[dict[str, Callable[[Others], Message]]] = {
    "a response in a request of ours to another": lambda other: telling(Kind.RESPONSE, other.request_out),
    "a full response in it": lambda other: telling(Kind.RESPONSE, other.request_out, result="full", facts={"f1": fact(origin="RS")}),
    "a question back in it": lambda other: telling(Kind.RESPONSE, other.request_out, result="clarify", text="which one"),
    "a response in a request of another": lambda other: telling(Kind.RESPONSE, other.request_in),
    "a request in another's conversation": lambda other: telling(Kind.REQUEST, other.request_in, text="and who is it"),
    "facts in another's conversation": lambda other: telling(Kind.SPONTANEOUS, other.message_out),
    "an alert in another's conversation": lambda other: telling(Kind.ALERT, other.request_in),
    "a word on a message to another": lambda other: telling(Kind.RECEIPT, other.message_out, result="acted"),
    "a word on a message of another": lambda other: telling(Kind.RECEIPT, other.request_in, result="read"),
    "a ping in another's conversation": lambda other: telling(Kind.PING, other.request_in),
    "a notice in another's conversation": lambda other: telling(Kind.NOTICE, other.message_out),
    "an erasure of another's fact by its own name": lambda other: amending("erase", other.fact_name),
    "an erasure of another's fact by its name here": lambda other: amending("erase", other.fact_here),
    "an erasure of our own fact": lambda other: amending("erase", other.own_fact),
    "a restriction of another's fact": lambda other: amending("restrict", other.fact_here),
    "a restriction of another's fact by its own name": lambda other: amending("restrict", other.fact_name),
    "a consent for another's fact": lambda other: consenting("XK", other.fact_name, "yes"),
    "a consent for it by its name here": lambda other: consenting("XK", other.fact_here, "yes", other.consent_request),
    "a refusal for it": lambda other: consenting("XK", other.fact_name, "no", other.consent_request),
    "an own consent for it": lambda other: consenting("RS", other.fact_name, "yes", other.consent_request),
    "an answer to a recall that another was asked for": lambda other: done(other.amend, BELGRADE, other.own_fact),
    "another's answer to it": lambda other: done(other.amend, PRISTINA, other.own_fact),
    "a fact that rests on another's": lambda other: _with(
        of_kind(Kind.SPONTANEOUS), facts={"f1": fact(origin="RS", evidence=(other.fact_here,))}
    ),
}  # fmt: skip
"""Wherever a message may name something: what a malicious partner puts there."""


Rows = Counter[tuple[str, str]]


def rows(home: Path) -> Rows:
    """Every row of every table but the ledger's, with its table."""
    base = sqlite3.connect(f"file:{home}/store.sqlite?mode=ro", uri=True)
    try:
        tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in tables if not name.startswith(("ledger", "leaf_"))]
        return Counter((name, repr(row)) for name in kept for row in base.execute(f"SELECT * FROM {name}"))  # noqa: S608 - our own names
    finally:
        base.close()


@dataclass(frozen=True)
class Effect:
    """What one message did."""

    results: list[str]
    gone: list[tuple[str, str]]
    came: dict[str, int]
    answers: list[str]


def effect(three: Three, envelope: bytes, named: set[str]) -> Effect:
    """Hand one message to London, carry what follows from it, and tell the difference."""
    london, belgrade = three.london, three.belgrade
    before, seen = rows(london.home), {row.id for row in london.exchange.outgoing()}
    results = hand(london, envelope)
    after = rows(london.home)
    gone = [row for row in before - after if "RS-MOI" not in row[1]]
    came = Counter(table for table, _ in (after - before).elements())
    fresh = [row for row in london.exchange.outgoing() if row.id not in seen]
    assert all(row.peer == BELGRADE for row in fresh), "something goes to somebody else"
    bodies = [opened(belgrade, row.envelope) for row in fresh]
    return Effect(results, gone, dict(came), [plain(text, named) for text in bodies])


def opened(reader: Node, envelope: bytes) -> str:
    sealed = read(envelope)
    assert isinstance(sealed, Sealed)
    sender = three_key(reader, sealed)
    body = unseal_unread(sealed, opener=XWING.opener(reader.keys.sealing_seeds[sealed.header.rkid]), sender_key=sender)
    assert isinstance(body, bytes)
    return repr(read_body(body))


def three_key(reader: Node, sealed: Sealed) -> Any:
    partner = next(one for one in reader.exchange.partners() if one.authority == sealed.header.sender)
    key = partner.card.card.sender_key(sealed.header.skid, sealed.header.sent_at)
    assert key is not None
    return key.public_key


def plain(text: str, named: set[str]) -> str:
    """An answer without the identifiers that were named, and without what is drawn anew."""
    for one in sorted(named, key=len, reverse=True):
        text = text.replace(one, "NAMED")
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]+|log_index=\d+", "", text)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Three, Others]]:
    made = make_three(tmp_path_factory.mktemp("partners"))
    others = between(made)
    yield made, others
    made.world.close()


@pytest.mark.parametrize("what", sorted(SECOND))
def test_what_is_anothers_is_answered_like_what_there_is_not_and_nothing_of_it_changes(
    what: str, live: tuple[Three, Others]
) -> None:
    three, others = live
    named = {value for each in (others, MISSING) for value in vars(each).values()}
    named |= {value.partition("/")[0] for value in named}
    found = [
        effect(three, forged(three.belgrade, three.london, SECOND[what](each)), named) for each in (MISSING, others)
    ]
    assert found[0] == found[1]
    assert found[1].gone == []
    assert found[1].came.keys() <= {
        "incoming",
        "record",
        "mention_new",
        "outgoing",
        "sealed",
        "document",
        "born",
        "carried",
        "sequence",
    }


def test_a_fact_that_bears_the_identifier_of_anothers_is_one_of_the_senders_own_and_so_is_its_recall(
    three: Three,
) -> None:
    others = between(three)
    before = rows(three.london.home)
    [fact_before] = [row for row in before if row[0] == "record" and "Marko Markovski" in row[1] and "XK-KP" in row[1]]
    told = _with(of_kind(Kind.SPONTANEOUS), facts={others.fact_here: fact(origin="RS", id=others.fact_here)})
    assert hand(three.london, forged(three.belgrade, three.london, told)) == ["stored"]
    assert hand(three.london, forged(three.belgrade, three.london, amending("erase", others.fact_here))) == ["stored"]
    after = rows(three.london.home)
    assert after[fact_before] == 1
    assert [row for row in before - after if "RS-MOI" not in row[1]] == []
    states = [row for row in after - before if row[0] == "fact_state"]
    assert len(states) == 1
    assert others.fact_here not in states[0][1]


def test_the_identifier_of_anothers_message_is_no_way_to_it(live: tuple[Three, Others]) -> None:
    three, others = live
    before, alarms = rows(three.london.home), three.london.exchange.syncing.alarms()
    envelope = forged(three.belgrade, three.london, of_kind(Kind.SPONTANEOUS), id=others.request_in)
    assert hand(three.london, envelope) == ["refused:equivocation"]
    assert [row for row in before - rows(three.london.home) if "RS-MOI" not in row[1]] == []
    row = next(row for row in three.london.exchange.incoming() if row.id == others.request_in)
    assert row.peer == PRISTINA
    assert [one for one in three.london.exchange.syncing.alarms() if one not in alarms and one.about == PRISTINA] == []
