"""Partners, whole: each document that tells of one, each paper that is signed, each step and its line in the ledger."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.errors import ConflictError, ForbiddenError, HeadwaterError, InputError, RollbackError, SchemaError
from headwater.exchange.alarms import Alarm, raise_alarm
from headwater.exchange.card import DatedKey, SignedCard
from headwater.exchange.partners import PARTNER, Partner, State
from headwater.exchange.signed import read_paper
from headwater.exchange.syncing import Standing
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId, StateCode
from headwater.node import Node, partners, setup
from headwater.policy.agreement import Agreement, AgreementState
from headwater.testing.fakes import FakeClock
from tests import exchange_world
from tests.node_world import (
    AUDITOR,
    BELGRADE,
    GUARDIAN,
    LONDON,
    SUPERVISOR,
    TERMS,
    WRITER,
    agreement,
    as_user,
    init,
    node_at,
)
from tests.wired_world import lines, size_of

AT = datetime(2026, 11, 25, 9, 0, 1, tzinfo=UTC)
ALARM = Alarm("trust.rollback", BELGRADE, AT, "its log is shorter than it was", ("aa" * 32, "bb" * 32))
TOLD = {
    "code": "trust.rollback", "about": "RS-MOI", "at": "2026-11-25T09:00:01Z", "what": "its log is shorter than it was",
    "evidence": ["aa" * 32, "bb" * 32],
}  # fmt: skip


def card_with_two_keys(card: SignedCard, **changes: Any) -> SignedCard:
    """A card that names an old key, revoked, and a newer one; nobody asks who signed it."""
    keys = (
        DatedKey(key="55" * 32, valid_from="2026-01-01T00:00:00Z", revoked_from="2026-05-01T00:00:00Z"),
        DatedKey(key="66" * 32, valid_from="2026-06-01T00:00:00Z"),
    )
    return replace(card, card=msgspec.structs.replace(card.card, **{"signing": keys, **changes}))


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What came from Belgrade: its card, and two agreements that it signed after London's template would have."""
    folder = tmp_path_factory.mktemp("papers")
    with node_at(init(folder / "rs", BELGRADE), FakeClock()) as other:
        (folder / "rs.card").write_bytes(partners.card_file(other))
        (folder / "digits").write_text(other.exchange.card().fingerprint, encoding="utf-8")
        for name in (TERMS, "EX-UK-RS-SECOND"):
            draft = folder / "draft.json"
            draft.write_text(json.dumps(agreement(id=name)), encoding="utf-8")
            (folder / name).write_bytes(partners.sign_agreement(other, as_user(other, SUPERVISOR, "operation"), draft))
        setup.new_card(other, as_user(other, WRITER, "operation"))
        (folder / "rs2.card").write_bytes(partners.card_file(other))
    return folder


@pytest.fixture
def known(node: Node, papers: Path, tmp_path: Path) -> Node:
    """London, which has taken Belgrade's card and both agreements, each signed by itself as well."""
    whole = []
    for name in (TERMS, "EX-UK-RS-SECOND"):
        (tmp_path / name).write_bytes(
            partners.sign_agreement(node, as_user(node, SUPERVISOR, "operation"), papers / name)
        )
        whole.append(tmp_path / name)
    partners.add(node, as_user(node, WRITER, "operation"), [papers / "rs.card"], whole)
    return node


def test_a_partner_is_told_with_its_agreements_its_witness_and_its_alarms(known: Node, papers: Path) -> None:
    known.exchange.set_agreement_state("EX-UK-RS-SECOND", AgreementState.SUSPENDED, who=SUPERVISOR, reason="asked")
    pieces = (b"an earlier head", b"a later head")
    known.store.write(lambda tx: raise_alarm(tx, RollbackError, BELGRADE, "shorter", pieces, seen_by=known.authority))
    [told] = partners.every(known, as_user(known, AUDITOR))
    [alarm] = told.pop("alarms")
    assert list(told["agreements"]) == ["EX-UK-RS-OIC", "EX-UK-RS-SECOND"]
    assert told == {
        "authority": "RS-MOI",
        "name": "RS-MOI",
        "state": "added",
        "digits": (papers / "digits").read_text(encoding="utf-8"),
        "card_version": 1,
        "card_expires": "2027-11-26T08:30:00Z",
        "agreements": {TERMS: "live", "EX-UK-RS-SECOND": "suspended"},
        "heard_at": None,
        "witness": {"theirs": 0, "ours": 0, "synced_at": None},
    }
    evidence = alarm.pop("evidence")
    assert alarm == {"code": "trust.rollback", "about": "RS-MOI", "at": "2026-11-25T08:30:00Z", "what": "shorter"}
    with known.store.snapshot() as snapshot:
        assert [bytes(snapshot.document("evidence", name) or b"") for name in evidence] == [*pieces]
    assert partners.own_alarms(known) == []
    known.store.write(
        lambda tx: raise_alarm(tx, RollbackError, known.authority, "ours", pieces[:1], seen_by=known.authority)
    )
    [own] = partners.own_alarms(known)
    assert (own["about"], own["what"], own["evidence"]) == ("UK-NCA", "ours", evidence[:1])
    assert [each["what"] for each in partners.every(known, as_user(known))[0]["alarms"]] == ["shorter"]


def test_documents_say_what_their_values_hold_and_nothing_of_others(node: Node) -> None:
    held = card_with_two_keys(node.exchange.card(), version=4, name="Управа", expires="2027-01-02T03:04:05Z")
    ours = exchange_world.agreement(id="B", state=AgreementState.ENDED)
    states = {StateCode(state): ours.safeguards[StateCode("UK")] for state in ("UK", "XK")}
    others = exchange_world.agreement(id="A", parties=(LONDON, AuthorityId("XK-KP")), safeguards=states)
    first: dict[str, Agreement] = {"B": ours, "A": others, "0": exchange_world.agreement(id="0")}
    assert partners.document(Partner(BELGRADE, State.LIVE, held), first) == {
        "authority": "RS-MOI", "name": "Управа", "state": "live", "digits": held.fingerprint, "card_version": 4,
        "card_expires": "2027-01-02T03:04:05Z", "agreements": {"0": "live", "B": "ended"},
    }  # fmt: skip
    assert partners.standing_document(Standing(7, 3, AT, None, (ALARM,))) == {
        "witness": {"theirs": 7, "ours": 3, "synced_at": "2026-11-25T09:00:01Z"},
        "alarms": [TOLD],
    }
    assert partners.standing_document(Standing(0, 0, AT, None, ()))["witness"]["synced_at"] == "2026-11-25T09:00:01Z"
    assert partners.standing_document(Standing(9, 9, None, AT, ())) == {
        "witness": {"theirs": 9, "ours": 9, "synced_at": None},
        "alarms": [],
    }
    assert partners.own_document(BELGRADE, held) == {
        "authority": "RS-MOI", "digits": held.fingerprint, "version": 4, "expires": "2027-01-02T03:04:05Z",
        "signing_keys": [
            {"key": held.card.signing[0].name, "valid_from": "2026-01-01T00:00:00Z", "revoked_from": "2026-05-01T00:00:00Z"},
            {"key": held.card.signing[1].name, "valid_from": "2026-06-01T00:00:00Z", "revoked_from": None},
        ],
    }  # fmt: skip


def test_a_card_file_names_the_newest_signing_key_wherever_it_stands(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = card_with_two_keys(node.exchange.card())
    for order in (1, -1):
        held = card_with_two_keys(two, signing=two.card.signing[::order])
        monkeypatch.setattr(node.exchange, "card", lambda held=held: held)
        data = partners.card_file(node)
        told = json.loads(data)
        assert data.endswith(b"}\n")
        assert sorted(told) == ["card", "id", "signing_key"]
        assert (told["id"], told["signing_key"]) == ("UK-NCA", "66" * 32)


def test_each_step_of_a_partner_is_kept_with_who_took_it_when_and_why(
    known: Node, papers: Path, clock: FakeClock
) -> None:
    since = size_of(known)
    digits = (papers / "digits").read_text(encoding="utf-8")
    partners.confirm(known, as_user(known), "RS-MOI", digits)
    for to, reason in ((State.SUSPENDED, "forged"), (State.CONFIRMED, "explained"), (State.REVOKED, "keys lost")):
        partners.step(known, as_user(known, SUPERVISOR), "RS-MOI", to, reason)
    noted = [line for line in lines(known, since) if line[0].startswith("exchange.partner-")]
    assert noted == [
        (f"exchange.partner-{state}", who, "RS-MOI", "", {})
        for state, who in (
            ("confirmed", WRITER),
            ("suspended", SUPERVISOR),
            ("confirmed", SUPERVISOR),
            ("revoked", SUPERVISOR),
        )
    ]
    with known.store.snapshot() as snapshot:
        kept = [decode(body, dict[str, Any]) for _, body in snapshot.versions(PARTNER, BELGRADE)]
    assert [(one["state"], one["who"], one["reason"]) for one in kept] == [
        ("added", WRITER, ""),
        ("confirmed", WRITER, "digits compared"),
        ("suspended", SUPERVISOR, "forged"),
        ("confirmed", SUPERVISOR, "explained"),
        ("revoked", SUPERVISOR, "keys lost"),
    ]


def test_adding_leaves_a_line_for_the_card_and_for_each_agreement(known: Node) -> None:
    noted = [
        line
        for line in lines(known)
        if line[0].startswith(("exchange.card-taken", "exchange.agreement-", "exchange.partner-"))
    ]
    assert noted == [
        ("exchange.card-taken", WRITER, "RS-MOI", "", {"version": 1}),
        ("exchange.partner-added", WRITER, "RS-MOI", "", {}),
        ("exchange.agreement-added", WRITER, TERMS, "", {}),
        ("exchange.agreement-added", WRITER, "EX-UK-RS-SECOND", "", {}),
    ]


def test_cards_are_taken_oldest_first_and_the_last_is_held(node: Node, papers: Path) -> None:
    session, cards = as_user(node, WRITER, "operation"), [papers / "rs.card", papers / "rs2.card"]
    added = partners.add(node, session, cards, [])
    assert (added.authority, added.state, added.card.card.version) == (BELGRADE, State.ADDED, 2)
    [told] = partners.every(node, session)
    assert (told["card_version"], told["digits"]) == (2, added.card.fingerprint)
    taken = [line for line in lines(node) if line[0] == "exchange.card-taken"]
    assert [line[4] for line in taken] == [{"version": 1}, {"version": 2}]


def test_an_older_card_after_a_newer_one_is_a_rollback(node: Node, papers: Path) -> None:
    with pytest.raises(HeadwaterError) as caught:
        partners.add(node, as_user(node, WRITER, "operation"), [papers / "rs2.card", papers / "rs.card"], [])
    assert (caught.value.exit, partners.every(node, as_user(node))) == (76, [])


ROLES: dict[str, frozenset[str]] = {
    "sign": frozenset({SUPERVISOR}),
    "add": frozenset({WRITER}),
    "confirm": frozenset({WRITER, SUPERVISOR}),
    "suspended": frozenset({WRITER, SUPERVISOR}),
    "confirmed": frozenset({WRITER, SUPERVISOR}),
    "revoked": frozenset({SUPERVISOR}),
    "look": frozenset({WRITER, SUPERVISOR, AUDITOR, GUARDIAN}),
}


@pytest.mark.parametrize("user", [WRITER, SUPERVISOR, AUDITOR, GUARDIAN])
def test_each_act_is_for_its_own_roles(node: Node, papers: Path, user: str) -> None:
    session, nobody = as_user(node, user), papers / "none"
    acts: dict[str, Callable[[], object]] = {
        "sign": lambda: partners.sign_agreement(node, session, nobody),
        "add": lambda: partners.add(node, session, [nobody], []),
        "confirm": lambda: partners.confirm(node, session, "RS-MOI", "1"),
        **{
            state.value: partial(partners.step, node, session, "RS-MOI", state, "x")
            for state in (State.SUSPENDED, State.CONFIRMED, State.REVOKED)
        },
        "look": lambda: partners.every(node, session),
    }
    since = size_of(node)
    for name, act in acts.items():
        said = ""
        try:
            act()
        except HeadwaterError as error:
            said = error.what
        assert said.startswith("rule role") is (user not in ROLES[name]), (name, said)
    assert lines(node, since) == []


@pytest.mark.parametrize(
    ("text", "error", "field", "what"),
    [
        (json.dumps({**agreement(), "colour": 1}), SchemaError, "", "colour"),
        (json.dumps({**agreement(), "valid_until": 5}), SchemaError, "valid_until", ""),
        (
            json.dumps({key: value for key, value in agreement().items() if key != "purposes"}),
            SchemaError,
            "",
            "purposes",
        ),
        ("[]", SchemaError, "", ""),
        ("{", InputError, "", ""),
    ],
)
def test_a_draft_with_a_mistake_names_the_file_and_the_field(
    node: Node, tmp_path: Path, text: str, error: type[HeadwaterError], field: str, what: str
) -> None:
    path = tmp_path / "draft.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error) as caught:
        partners.sign_agreement(node, as_user(node, SUPERVISOR), path)
    assert caught.value.where.file == str(path)
    assert (caught.value.where.field or "") == field
    assert what in caught.value.what
    assert caught.value.exit == 65


def test_a_draft_with_a_mark_of_its_bytes_before_it_is_signed_as_it_says(node: Node, tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(agreement()).encode())
    paper = read_paper(partners.sign_agreement(node, as_user(node, SUPERVISOR), path))
    assert json.loads(paper.body)["id"] == TERMS


@pytest.mark.parametrize("text", ["[]", "{}", '{"card": null}', '{"card": "x"}'])
def test_a_file_that_is_no_card_says_which_and_who_makes_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.card").write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match="not a card file") as caught:
        partners.card_bytes(tmp_path / "x.card")
    assert (caught.value.where.file, caught.value.where.field) == (str(tmp_path / "x.card"), "card")
    assert caught.value.fix == "the partner makes one: headwater node card"


def test_whoever_was_never_suspended_is_not_taken_up_again_and_says_where_to_look(known: Node) -> None:
    for name in ("RS-MOI", "XK-KP"):
        with pytest.raises(ConflictError, match="no partner of that name is suspended") as caught:
            partners.step(known, as_user(known, SUPERVISOR), name, State.CONFIRMED, "x")
        assert (caught.value.where.file, caught.value.fix) == (name, "see: headwater partner list")
    with pytest.raises(SchemaError):
        partners.step(known, as_user(known, SUPERVISOR), "Belgrade", State.SUSPENDED, "x")
    with pytest.raises(ForbiddenError):
        partners.step(known, as_user(known), "RS-MOI", State.REVOKED, "x")
