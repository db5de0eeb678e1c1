"""Two states' CERTs beside their police: four nodes with keys of their own, and two agreements that do not mix.

UK-NCA and RS-MOI have the police's agreement, UK-CERT and RS-CERT the cyber one. Threat intelligence passes under the cyber
agreement alone, everything else under the police's alone, and no authority of a state speaks for another.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import PolicyError, TrustError
from headwater.exchange.envelope import Lane
from headwater.exchange.partners import State
from headwater.exercise.threats import warning
from headwater.model.ids import AuthorityId
from headwater.model.message import Kind
from headwater.node import Node, ti_release
from headwater.node.messages import Letter, address, send
from headwater.node.reading import read_files
from headwater.node.taxii import Desk
from headwater.node.ti_release import Asking
from headwater.node.users import User, add_first
from headwater.policy.rules.rule import Outcome
from headwater.settings import Loaded, Settings
from headwater.testing.fakes import SeededChance
from tests.exchange_world import BELGRADE, LONDON, TERMS, World, agreement

UK_CERT, RS_CERT = AuthorityId("UK-CERT"), AuthorityId("RS-CERT")
CYBER = "A-UK-RS-CYBER"
USER, SUPERVISOR = "o.reed", "s.hall"
EVERY = frozenset({"admin", "analyst", "liaison", "supervisor"})


@dataclass
class Four:
    """Four nodes as their users see them."""

    world: World
    nodes: dict[AuthorityId, Node]

    def session(self, who: AuthorityId, purpose: str = "cyber-defence") -> Any:
        return self.nodes[who].session(USER, purpose)

    def read(self, who: AuthorityId) -> list[str]:
        path = self.world.folder / "warning.json"
        path.write_text(json.dumps(warning()), encoding="utf-8")
        into = (self.nodes[who], self.session(who))
        [done] = read_files("stix", [str(path)], originator=who, keep_good=True, into=into)
        return [str(ref) for ref in done.ids]

    def release(self, who: AuthorityId, to: AuthorityId, under: str) -> Any:
        [sent] = ti_release.release(self.nodes[who], self.session(who), Asking((), to, under, "OFFICIAL"))
        if sent.judgement.outcome is Outcome.HOLD and sent.id is not None:
            self.nodes[who].exchange.approve(sent.id, who=SUPERVISOR, role="approver")
        moved = True
        while moved:
            moved = False
            for node in self.world.nodes:
                for peer in self.nodes:
                    if peer != node.me:
                        moved |= node.exchange.courier((peer, Lane.NORMAL)).step().moved > 0
        return sent

    def seen(self, who: AuthorityId) -> list[dict[str, Any]]:
        found = Desk(self.nodes[who]).objects(self.session(who), "headwater", "received", {"limit": "500"})
        objects: list[dict[str, Any]] = json.loads(found.body).get("objects", [])
        return objects


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Four]:
    world = World(tmp_path)
    nodes: dict[AuthorityId, Node] = {}
    for number, me in enumerate((LONDON, BELGRADE, UK_CERT, RS_CERT)):
        made = world.node(me)
        node = Node(made.home, Loaded(Settings(authority=me), ()), made.store, world.clock, SeededChance(90 + number))
        node.__dict__["exchange"] = made.exchange
        for name in (USER, SUPERVISOR):
            add_first(made.store, "setup", User(name, EVERY))
        nodes[me] = node
    london, belgrade, uk_cert, rs_cert = world.nodes
    world.befriend(london, belgrade, agreement(binding=True, safeguards={}))
    terms = agreement(
        id=CYBER,
        parties=(UK_CERT, RS_CERT),
        kinds=frozenset({Kind.TI}),
        purposes=frozenset({"cyber-defence"}),
        categories=frozenset({"organisation", "object"}),
        binding=True,
        safeguards={},
    )
    world.befriend(uk_cert, rs_cert, terms)
    yield Four(world, nodes)
    world.close()


def test_each_authority_has_keys_of_its_own_and_knows_its_own_partner_alone(four: Four) -> None:
    prints = {node.exchange.card().fingerprint for node in four.world.nodes}
    assert len(prints) == 4
    known = {me: {str(one.authority) for one in node.exchange.partners()} for me, node in four.nodes.items()}
    assert known == {LONDON: {BELGRADE}, BELGRADE: {LONDON}, UK_CERT: {RS_CERT}, RS_CERT: {UK_CERT}}


def test_threat_intelligence_passes_between_the_certs_and_reaches_no_police(four: Four) -> None:
    four.read(RS_CERT)
    four.release(RS_CERT, UK_CERT, CYBER)
    seen = four.seen(UK_CERT)
    assert len(seen) == len({one["id"] for one in seen}) == len(warning()["objects"])
    assert all(one in seen for one in warning()["objects"] if "granular_markings" not in one)
    assert four.seen(LONDON) == four.seen(BELGRADE) == []


def test_the_polices_agreement_lets_no_threat_intelligence_pass(four: Four) -> None:
    four.read(BELGRADE)
    with pytest.raises(TrustError):
        ti_release.release(four.nodes[BELGRADE], four.session(BELGRADE), Asking((), UK_CERT, CYBER, "OFFICIAL"))
    sent = ti_release.release(four.nodes[BELGRADE], four.session(BELGRADE), Asking((), LONDON, TERMS, "OFFICIAL"))
    assert {(one.judgement.outcome, one.judgement.rule) for one in sent} == {(Outcome.REFUSE, "kind")}
    assert four.seen(LONDON) == []


@pytest.mark.parametrize("kind", [Kind.SPONTANEOUS, Kind.ALERT, Kind.REQUEST])
def test_the_cyber_agreement_lets_nothing_else_pass(four: Four, kind: Kind) -> None:
    records = tuple(four.read(UK_CERT))
    letter = Letter(classification="OFFICIAL", records=records, text="exercise")
    sent = send(four.nodes[UK_CERT], four.session(UK_CERT), address(kind, RS_CERT, CYBER), letter)
    assert (sent.judgement.outcome, sent.judgement.rule) == (Outcome.REFUSE, "kind")


def test_an_authority_cannot_use_the_agreement_of_another_of_its_state(four: Four) -> None:
    four.read(UK_CERT)
    node, session = four.nodes[UK_CERT], four.session(UK_CERT)
    for under in (TERMS, CYBER):
        with pytest.raises(TrustError):
            ti_release.release(node, session, Asking((), BELGRADE, under, "OFFICIAL"))
    [sent] = ti_release.release(node, session, Asking((), RS_CERT, TERMS, "OFFICIAL"))
    assert (sent.judgement.outcome, sent.judgement.rule) == (Outcome.REFUSE, "agreement-unknown")


def test_a_cert_does_not_send_its_polices_objects_as_its_own(four: Four) -> None:
    path = four.world.folder / "police.json"
    path.write_text(json.dumps(warning()), encoding="utf-8")
    into = (four.nodes[UK_CERT], four.session(UK_CERT))
    read_files("stix", [str(path)], originator=LONDON, keep_good=True, into=into)
    with pytest.raises(PolicyError, match="no such object of our own"):
        ti_release.release(four.nodes[UK_CERT], four.session(UK_CERT), Asking((), RS_CERT, CYBER, "OFFICIAL"))


def test_the_loss_of_one_partner_leaves_the_other_agreement_as_it_is(four: Four) -> None:
    four.read(RS_CERT)
    four.nodes[UK_CERT].exchange.step_partner(RS_CERT, State.REVOKED, who=USER, reason="key lost")
    four.release(RS_CERT, UK_CERT, CYBER)
    assert four.seen(UK_CERT) == []
    letter = Letter(classification="OFFICIAL", text="exercise")
    sent = send(four.nodes[LONDON], four.session(LONDON, "oic"), address(Kind.ALERT, BELGRADE, TERMS), letter)
    assert sent.judgement.rule != "partner-state"
