"""What nobody may do is said no to, by the declared error with its place, and changes nothing; a conversation is looked through to its end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from headwater.errors import HeadwaterError, InputError
from headwater.exchange.consents import answer
from headwater.exchange.drafts import waiting
from headwater.exchange.envelope import Lane, Sealed, read, seal
from headwater.exchange.files import open_chunk
from headwater.exchange.framing import join, split
from headwater.exchange.keys import Keys, read_roots
from headwater.exchange.partners import AGREEMENT, State
from headwater.exchange.receipt import parse_receipt
from headwater.exchange.signed import sign_paper
from headwater.exchange.suite import XWING, key_id, sign, signing_public
from headwater.exchange.told import telling
from headwater.exchange.translate import handling_of
from headwater.model.canonical import encode
from headwater.model.ids import FactId, MessageId, StateCode, state_of
from headwater.model.message import CardCopy, Kind
from headwater.policy.agreement import AgreementState
from headwater.testing.fakes import SeededChance
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, Node, World, agreement, fact, message, pair
from tests.frozen import refusal
from tests.liar_world import Liar, bare, sent_to
from tests.unit.exchange.test_envelope import header
from tests.unit.exchange.test_liar_logs import Log
from tests.unit.exchange.test_texts import NAME, recall, send

NOWHERE = "nowhere in particular"
REF = MessageId("0195566a-0000-7000-8000-0000000000aa")


@dataclass
class Place:
    """Two nodes, and a folder beside them."""

    world: World
    london: Node
    belgrade: Node
    folder: Path

    def first_card(self) -> Node:
        """A node without a card."""
        from headwater.exchange.office import Exchange
        from headwater.store import Store

        home = self.folder / "new"
        store = Store.create(home, clock=self.world.clock, chance=SeededChance(9))
        made = Keys.create(home, SeededChance(9))
        node = Node(PRISTINA, home, store, made, Exchange(store, made, self.world.clock, SeededChance(9), PRISTINA), "")
        self.world.nodes.append(node)
        return node

    def card_of(self, node: Node, **given: Any) -> object:
        return node.exchange.make_card("X", ["https://x.example:1"], node.home / "roots", who="e", **given)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("no")
    world, london, belgrade = pair(folder)
    yield Place(world, london, belgrade, folder)
    world.close()


def unread_terms(here: Place) -> object:
    here.london.store.write(
        lambda tx: tx.put_document(AGREEMENT, "BROKEN", sign_paper(b"{}", "agreement", ()).to_bytes())
    )
    return here.london.exchange.agreements()


ACTS: dict[str, tuple[Callable[[Place], object], tuple[str, str, str]]] = {
    "new roots for a first card": (
        lambda here: here.card_of(here.first_card(), new_roots=here.folder / "roots of none"),
        ("trust.key", "no card whose root keys could be changed", ""),
    ),
    "a message from another": (
        lambda here: here.london.exchange.send(message(sender=BELGRADE), who="o.reed"),
        ("input.schema", "a message from another authority", "field 'from'"),
    ),
    "a message to nobody": (
        lambda here: here.london.exchange.dry_run(message(recipient=None)),
        ("input.schema", "a message to nobody", "field 'to'"),
    ),
    "a question about use": (
        lambda here: here.london.exchange.send_many([message(kind=Kind.USE)], who="o.reed"),
        ("input.schema", "a question about use never travels", "field 'kind'"),
    ),
    "a card by hand": (
        lambda here: here.london.exchange.send(
            message(kind=Kind.CARD, facts={}, cards=(CardCopy(payload="", signatures=()),)), who="o.reed"
        ),
        ("input.schema", "cards that a person sends", "field 'cards'"),
    ),
    "a message to a stranger": (
        lambda here: here.london.exchange.send(message(recipient=PRISTINA), who="o.reed"),
        ("trust.key", "XK-KP is no partner of this node", ""),
    ),
    "an agreement of others": (
        lambda here: here.london.exchange.sign_agreement(
            agreement(parties=(BELGRADE, PRISTINA), safeguards={}, binding=True)
        ),
        ("policy.forbidden", "the agreement is between others", ""),
    ),
    "an agreement that is none": (
        lambda here: here.london.exchange.set_agreement_state("X", AgreementState.ENDED, who="d.s", reason="x"),
        ("policy.conflict", "no such agreement", "X"),
    ),
    "facts under no agreement": (
        lambda here: here.london.exchange.facts("rec-1", "X"),  # type: ignore[arg-type]
        ("policy.no-basis", "no such agreement", "X"),
    ),
    "its own card": (
        lambda here: here.london.exchange.add_partner([here.london.exchange.card_bytes()], [], who="e"),
        ("trust.key", "the card is this node's own", ""),
    ),
    "no card": (
        lambda here: here.london.exchange.add_partner([], [], who="e"),
        ("trust.key", "no card was given", ""),
    ),
    "a step that leads nowhere": (
        lambda here: here.london.exchange.step_partner(BELGRADE, State.ADDED, who="d.s", reason="x"),
        ("policy.conflict", "RS-MOI is live, which does not lead to added", ""),
    ),
    "digits once more": (
        lambda here: here.london.exchange.confirm_partner(BELGRADE, "1", who="l"),
        ("policy.conflict", "RS-MOI is live, and its digits were compared before", ""),
    ),
    "a draft that is none": (
        lambda here: here.london.store.write(lambda tx: waiting(tx, REF)),
        ("policy.conflict", "no such message waits for approval", REF),
    ),
    "a message that is none": (
        lambda here: here.london.exchange.show(REF),
        ("policy.conflict", "no such message that waits", REF),
    ),
    "consent to what is not here": (
        lambda here: here.london.exchange.liaison.answer_consent(REF, "yes", None, who="s.hall"),
        ("policy.conflict", "no such message", REF),
    ),
    "neither yes nor no": (
        lambda _: answer(None, message(), REF, "maybe", None, LONDON, None),  # type: ignore[arg-type]
        ("input.schema", "no decision", "field 'decision'"),
    ),
    "consent to what asks for none": (
        lambda _: answer(None, message(), REF, "yes", None, LONDON, None),  # type: ignore[arg-type]
        ("input.schema", "the message asks for no consent", REF),
    ),
    "consent to what names no facts": (
        lambda _: answer(None, message(kind=Kind.CONSENT_REQUEST), REF, "yes", None, LONDON, None),  # type: ignore[arg-type]
        ("input.schema", "the message asks for no consent", REF),
    ),
    "consent asked for our own": (
        lambda here: here.london.exchange.liaison.ask_consent(
            [FactId("rec-1/0")], StateCode("ME"), who="o.reed", purpose="oic", reason="x"
        ),
        ("policy.forbidden", "no such fact of a partner", "rec-1/0"),
    ),
    "evidence that is not here": (
        lambda here: here.london.exchange.liaison.keep_as_evidence([FactId("rec-1/0")], who="o.reed", reason="x"),
        ("policy.forbidden", "no such fact", "rec-1/0"),
    ),
    "no text that anybody looks at": (
        lambda here: here.london.exchange.liaison.close_text(REF, strip=True, who="o.reed", reason="x"),
        ("policy.conflict", "no such task is open", REF),
    ),
    "no alarm to clear": (
        lambda here: here.london.exchange.syncing.clear(BELGRADE, who="d.s", reason="x"),
        ("policy.conflict", "no alarm is open about this authority", BELGRADE),
    ),
    "a word that is none": (
        lambda _: telling(None, message(), "heard", "oic"),  # type: ignore[arg-type]
        ("input.schema", "no word on a message", "field 'word'"),
    ),
    "a key of another": (
        lambda _: seal(header(), b"{}", signing_seed=b"s" * 32, recipient_key=XWING.public_key(b"x" * 32)),
        ("input.schema", "the header names another key or suite than the one given", "field 'rkid'"),
    ),
    "more than an envelope holds": (
        lambda _: seal(
            replace(header(), rkid=key_id(XWING.public_key(b"x" * 32))),
            b'{"text":[%b]}' % b",".join([b'"' + b"x" * 60_000 + b'"'] * 72),
            signing_seed=b"s" * 32,
            recipient_key=XWING.public_key(b"x" * 32),
        ),
        ("input.schema", "the message is larger than an envelope holds", ""),
    ),
    "a chunk that does not open": (
        lambda _: open_chunk(bytes(32), 0, 1, b"sealed by nobody", memoryview(bytearray(1))),
        ("trust.signature", "a chunk of a file that does not open", ""),
    ),
    "an onward rule that is none": (
        lambda _: handling_of(fact(onward="yes")),
        ("input.schema", "an onward rule that is neither 'no' nor a list of states", "field 'onward'"),
    ),
    "no root keys": (lambda here: read_roots(here.folder), ("trust.key", "no root key", "")),
    "agreements that cannot be read": (
        unread_terms,
        ("store.corrupt", "a stored agreement cannot be read", "BROKEN"),
    ),
}
"""What is tried, and the code, words and place of the refusal; a folder of this machine is not told here."""


@pytest.mark.parametrize("name", ACTS)
def test_what_may_not_be_is_refused_by_its_name_and_place_and_changes_nothing(name: str, place: Place) -> None:
    act, wanted = ACTS[name]
    before = [(node.me, len(node.exchange.outgoing()), node.exchange.drafts()) for node in place.world.nodes[:2]]
    with pytest.raises(HeadwaterError) as refused:
        act(place)
    said = refused.value
    where = str(said.where)
    hidden = where == NOWHERE or str(place.folder) in where
    assert (said.code, said.what, "" if hidden else where) == wanted
    assert refusal(said)["fix"]
    assert before == [
        (node.me, len(node.exchange.outgoing()), node.exchange.drafts()) for node in place.world.nodes[:2]
    ]


def given(**changes: Any) -> bytes:
    """A receipt's payload with changed words, framed as `parse_receipt` takes it."""
    said: dict[str, Any] = {
        "v": 1,
        "from": BELGRADE,
        "to": LONDON,
        "skid": "ab" * 32,
        "at": "2026-11-25T00:00:00Z",
        "log": {"size": 7, "root": "cd" * 32},
        "lines": [{"id": REF, "sha256": "ab" * 32, "result": "stored"}],
    }
    payload = encode({**said, **changes})
    return len(payload).to_bytes(4, "big") + payload + bytes(64)


LINE = {"id": REF, "sha256": "ab" * 32, "result": "stored"}


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": "1"},
        {"from": "nobody"},
        {"from": None},
        {"to": "nobody at all"},
        {"at": "yesterday"},
        {"at": "2026-11-25"},
        {"lines": []},
        *({"lines": [LINE, {**LINE, **line}]} for line in ({"id": "x"}, {"sha256": "AB" * 32}, {"sha256": "ab"}, {"result": "kept"})),
        *({"log": {"size": 7, "root": root}} for root in ("", "xy" * 32, "CD" * 32, "cd" * 31, "cd" * 33)),
        {"log": {"size": -1, "root": "cd" * 32}},
        {"log": {"size": 7}},
        {"more": 1},
    ],
)  # fmt: skip
def test_a_receipt_with_a_word_that_is_none_is_none(changes: dict[str, Any]) -> None:
    for good in ({}, {"to": None}, {"log": None}, {"lines": [LINE, {**LINE, "id": None}]}):
        parse_receipt(given(**good))
    with pytest.raises(InputError):
        parse_receipt(given(**changes))


@pytest.mark.parametrize("way", ["in", "out"])
def test_the_rest_of_a_conversation_is_looked_through_whichever_message_of_it_brought_the_fact(
    way: str, tmp_path: Path
) -> None:
    world, london, belgrade = pair(tmp_path)
    sender, other = (london, belgrade) if way == "in" else (belgrade, london)
    own = {"origin": state_of(sender.me), "marking": "OFFICIAL" if way == "in" else "INTERNO"}
    first = send(london, belgrade, facts={"rec-a/0": fact(value="Some Body")}, text=f"who is {NAME}?")
    send(sender, other, facts={"rec-b/0": fact(**own)}, thread=first, classification=own["marking"])
    recall(sender, other, "rec-b/0")
    tasks = other.exchange.liaison.texts()
    assert [(task.message, task.way, task.thread) for task in tasks] == [(first, way, first)]
    world.close()


def test_a_partner_that_names_no_root_in_a_receipt_has_given_none_and_can_be_synced_with_all_the_same(
    tmp_path: Path,
) -> None:
    liar = Liar(tmp_path)
    sent_to(liar, LONDON)
    seed = liar.london.keys.signing_seed()

    def rootless(body: bytes) -> bytes:
        lines = [
            {"id": each.header.id, "sha256": each.sha256.hex(), "result": "stored"}
            for each in map(read, split(body, most=64))
            if isinstance(each, Sealed)
        ]
        head = {"size": 10**6, "root": "no root"}
        words = {"from": LONDON, "to": BELGRADE, "skid": key_id(signing_public(seed)), "log": head, "lines": lines}
        payload = given(**words)[4:-64]
        signature = sign(seed, b"headwater/receipt/1\0" + sha256(payload).digest())
        return join([len(payload).to_bytes(4, "big") + payload + signature])

    def keep(body: bytes) -> bytes:
        bodies.append(body)
        return body

    bodies: list[bytes] = []
    liar.world.wires.on_way = keep
    liar.world.wires.on_return = lambda _: rootless(bodies[-1])
    step = liar.belgrade.exchange.courier((LONDON, Lane.NORMAL)).step()
    assert (step.moved, step.error and step.error.code) == (0, "input.schema")
    assert liar.events("receipt-doubted") == 1
    told = replace(bare(Kind.CHECKPOINT), sync=Log(liar).told())
    assert liar.hand(liar.seal(told)) == ["stored"]
    assert liar.events("cosigned") == 1
    liar.world.close()
