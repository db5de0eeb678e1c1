"""What users of MISP cannot do, across three nodes with desks of their own: every change reaches every holder, or is refused.

London releases threat intelligence to Belgrade and to Pristina, each under its own agreement; Belgrade and Pristina have
none. A released object is read from the partner's own TAXII collection. Deleting, marking anew, narrowing, taking a member
out or in, and a group of nobody: each is done by London, and looked for at the others.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from headwater.errors import ForbiddenError, PolicyError
from headwater.exercise.threats import cert, indicator, misp_event
from headwater.formats.stix_marking import TLP2
from headwater.model.ids import AuthorityId, RecordId
from headwater.model.message import Kind, Message
from headwater.node import Node, liaison, ti_release
from headwater.node.messages import Letter, address, send
from headwater.node.reading import read_files
from headwater.node.taxii import Desk
from headwater.node.ti_release import Asking
from headwater.node.users import User, add_first
from headwater.policy.agreement import Agreement, AgreementState
from headwater.policy.rules.rule import Outcome
from headwater.settings import Loaded, Settings
from headwater.testing.fakes import SeededChance
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, World, agreement

BUNDLE = {"type": "bundle", "id": "bundle--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10"}
USER, SUPERVISOR = "o.reed", "s.hall"
XK_TERMS = "A-UK-XK-TI"
EVERY = frozenset({"admin", "analyst", "liaison", "supervisor"})


def terms(**changes: object) -> Agreement:
    values: dict[str, object] = {
        "kinds": frozenset({Kind.TI, Kind.SPONTANEOUS}),
        "purposes": frozenset({"cyber-defence"}),
        "binding": True,
        "safeguards": {},
    }
    return agreement(**{**values, **changes})


@dataclass
class Three:
    """Three nodes as their users see them, and the wires between."""

    world: World
    nodes: dict[AuthorityId, Node]

    def run(self) -> None:
        """Carry everything that waits, until nothing does."""
        moved = True
        while moved:
            moved = False
            for node in self.world.nodes:
                for peer in self.nodes:
                    if peer != node.me:
                        for lane in ("urgent", "normal"):
                            moved |= node.exchange.courier((peer, lane)).step().moved > 0  # type: ignore[arg-type]

    def session(self, who: AuthorityId, user: str = USER) -> Any:
        return self.nodes[who].session(user, "cyber-defence")

    def read(self, body: dict[str, Any], form: str = "stix") -> dict[str, list[RecordId]]:
        """Let London read objects; return the records of each."""
        path = self.world.folder / f"{form}.json"
        path.write_text(json.dumps({**BUNDLE, **body} if form == "stix" else body), encoding="utf-8")
        node = self.nodes[LONDON]
        into = (node, self.session(LONDON))
        [done] = read_files(form, [str(path)], originator=LONDON, keep_good=True, into=into)
        assert done.error is None
        found: dict[str, list[RecordId]] = {}
        with node.view(self.session(LONDON)) as view:
            for ref in done.ids:
                found.setdefault(str(view.record(ref).origin.place), []).append(ref)
        return found

    def release(self, *ids: str, to: AuthorityId = BELGRADE, **more: Any) -> Any:
        """Release to a partner, with the second person's approval where the rules ask for one."""
        under = TERMS if to == BELGRADE else XK_TERMS
        asked = Asking(ids, to, under, "OFFICIAL", more.get("addressee"))
        sent = ti_release.release(self.nodes[LONDON], self.session(LONDON), asked)
        for one in sent:
            if one.judgement.outcome is Outcome.HOLD and one.id is not None:
                self.nodes[LONDON].exchange.approve(one.id, who=SUPERVISOR, role="approver")
        self.run()
        return sent

    def seen(self, who: AuthorityId, query: str = "") -> dict[str, dict[str, Any]]:
        """What a CERT's client reads from a node's collection of what was released to it."""
        found = Desk(self.nodes[who]).objects(self.session(who), "headwater", "received", {"limit": "500"})
        return {one["id"]: one for one in json.loads(found.body).get("objects", [])}

    def amend(self, action: str, records: list[RecordId], by: list[RecordId] | None = None) -> list[dict[str, Any]]:
        # Somebody else than the author approves what takes the place of a fact.
        who = self.session(LONDON, SUPERVISOR if by else USER)
        named, instead = ([str(ref) for ref in each] for each in (records, by or []))
        done = liaison.amend(self.nodes[LONDON], who, action, named, "an exercise", instead)
        self.run()
        return done

    def proofs(self) -> set[tuple[str, str]]:
        """What each holder has proved, as London sees it."""
        found = liaison.amend_status(self.nodes[LONDON], self.session(LONDON))
        return {(each["holder"], each["state"]) for each in found}


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    world = World(tmp_path)
    nodes: dict[AuthorityId, Node] = {}
    for number, me in enumerate((LONDON, BELGRADE, PRISTINA)):
        made = world.node(me)
        loaded = Loaded(Settings(authority=me), ())
        node = Node(made.home, loaded, made.store, world.clock, SeededChance(90 + number))
        node.__dict__["exchange"] = made.exchange
        for name in (USER, SUPERVISOR):
            add_first(made.store, "setup", User(name, EVERY))
        nodes[me] = node
    london, belgrade, pristina = world.nodes
    world.befriend(london, belgrade, terms())
    world.befriend(london, pristina, terms(id=XK_TERMS, parties=(LONDON, PRISTINA)))
    yield Three(world, nodes)
    world.close()


def shop(code: str = "GREEN", **more: Any) -> dict[str, Any]:
    return indicator(Random(21), "a shop", "[domain-name:value = 'shop.example']", code, **more)


def given(*more: dict[str, Any]) -> dict[str, Any]:
    return {"objects": [cert(), *more]}


def test_what_is_released_is_read_from_the_partners_collection_byte_for_byte(three: Three) -> None:
    made = shop()
    three.read(given(made))
    three.release(made["id"])
    assert three.seen(BELGRADE)[made["id"]] == made
    assert three.seen(PRISTINA) == {}


def test_objects_of_one_message_are_each_read_as_themselves_and_in_every_version(three: Three) -> None:
    made = [indicator(Random(n), f"n {n}", f"[domain-name:value = 'x{n}.example']", "GREEN") for n in range(5)]
    later = {**made[0], "modified": "2026-01-01T00:00:00.000Z", "name": "n 0 again"}
    three.read(given(*made, later))
    three.release()
    assert three.seen(BELGRADE) == {one["id"]: one for one in (cert(), later, *made[1:])}
    query = {"match[version]": "all"}
    found = Desk(three.nodes[BELGRADE]).objects(three.session(BELGRADE), "headwater", "received", query, made[0]["id"])
    assert sorted(json.loads(found.body)["objects"], key=lambda one: one["modified"]) == [made[0], later]


def test_one_object_of_a_message_is_recalled_and_the_others_stay(three: Three) -> None:
    made = [indicator(Random(n), f"n {n}", f"[domain-name:value = 'x{n}.example']", "GREEN") for n in range(3)]
    records = three.read(given(*made))
    three.release()
    assert made[1]["id"] in three.seen(BELGRADE)
    three.amend("erase", records[made[1]["id"]])
    seen = three.seen(BELGRADE)
    assert (seen[made[0]["id"]], seen[made[2]["id"]]) == (made[0], made[2])
    assert seen[made[1]["id"]]["revoked"] is True
    assert "x1.example" not in json.dumps(seen)


def test_a_deletion_by_taxii_reaches_every_holder_and_is_proved(three: Three) -> None:
    made = shop()
    three.read(given(made))
    three.release(made["id"])
    three.release(made["id"], to=PRISTINA)
    assert made["id"] in three.seen(BELGRADE).keys() & three.seen(PRISTINA).keys()
    desk = Desk(three.nodes[LONDON])
    desk.objects(three.session(LONDON), "headwater", "own", {})
    desk.delete(three.session(LONDON), "headwater", "own", made["id"], {})
    three.run()
    for who in (BELGRADE, PRISTINA):
        left = three.seen(who)[made["id"]]
        assert left["revoked"] is True
        assert "shop" not in json.dumps(left)
    assert {holder for holder, _ in three.proofs()} == {BELGRADE, PRISTINA}
    assert made["id"] not in {
        one["id"] for one in json.loads(desk.objects(three.session(LONDON), "headwater", "own", {}).body)["objects"]
    }


@pytest.mark.parametrize("gone", ["first", "last", "2026-01-15T00:00:00.000Z", "all"])
def test_a_deletion_of_some_versions_calls_back_those_and_no_others(three: Three, gone: str) -> None:
    made = shop()

    def later(day: int) -> dict[str, Any]:
        # Another pattern and another time: what is erased goes wherever the same is said, in other versions too.
        pattern = f"[domain-name:value = 'shop{day}.example']"
        at = f"2026-01-{day}T00:00:00.000Z"
        return {**made, "modified": at, "valid_from": at, "name": f"of {day}", "pattern": pattern}

    versions = [made, later(15), later(20)]
    three.read(given(*versions))
    three.release(made["id"])

    def at_belgrade() -> list[str]:
        desk = Desk(three.nodes[BELGRADE])
        with suppress(ForbiddenError):
            query = {"match[version]": "all"}
            found = desk.objects(three.session(BELGRADE), "headwater", "received", query, made["id"])
            return sorted(one["modified"] for one in json.loads(found.body)["objects"] if not one.get("revoked"))
        return []

    told = [one["modified"] for one in versions]
    assert at_belgrade() == told
    desk = Desk(three.nodes[LONDON])
    desk.objects(three.session(LONDON), "headwater", "own", {})
    desk.delete(three.session(LONDON), "headwater", "own", made["id"], {"match[version]": gone})
    three.run()
    left = {"first": told[1:], "last": told[:-1], "all": []}.get(gone, [one for one in told if one != gone])
    assert at_belgrade() == left


def test_an_analyst_who_may_not_recall_is_told_so_and_nothing_is_deleted(three: Three) -> None:
    made = shop()
    three.read(given(made))
    three.release(made["id"])
    node = three.nodes[LONDON]
    add_first(node.store, "setup", User("a.nalyst", frozenset({"analyst"})))
    desk = Desk(node)
    with pytest.raises(ForbiddenError, match="rule recall"):
        desk.delete(node.session("a.nalyst", "cyber-defence"), "headwater", "own", made["id"], {})
    assert made["id"] in three.seen(BELGRADE)


def test_handling_made_stricter_reaches_every_holder(three: Three) -> None:
    made = shop("GREEN")
    old = three.read(given(made))[made["id"]]
    three.release(made["id"])
    assert three.seen(BELGRADE)[made["id"]] == made
    stricter = {**made, "modified": "2026-01-01T00:00:00.000Z", "object_marking_refs": [TLP2["AMBER+STRICT"]]}
    new = three.read(given(stricter))[made["id"]]
    new = [ref for ref in new if ref not in old]
    three.amend("regrade", old, by=new)
    assert three.seen(BELGRADE)[made["id"]]["object_marking_refs"] == [TLP2["AMBER+STRICT"]]
    with three.nodes[BELGRADE].view(three.session(BELGRADE)) as view:
        shown = [record for record in view.records() if any(made["id"] in fact.value for fact in record.facts)]
    assert shown
    assert all(record.handling.never_onward for record in shown)


def test_a_marking_that_is_taken_away_does_not_widen_what_was_released(three: Three) -> None:
    made = shop("AMBER")
    three.read(given(made))
    three.release(made["id"])
    bare = {key: value for key, value in made.items() if key != "object_marking_refs"}
    three.read(given({**bare, "modified": "2026-01-01T00:00:00.000Z"}))
    three.release(made["id"])
    assert len(three.seen(BELGRADE)) == 2
    with three.nodes[BELGRADE].view(three.session(BELGRADE)) as view:
        shown = [record for record in view.records() if any(made["id"] in fact.value for fact in record.facts)]
    assert all("TLP:AMBER" in record.handling.codes for record in shown)


def test_a_member_that_is_taken_out_loses_what_it_had_and_the_other_keeps_it(three: Three) -> None:
    made = shop()
    records = three.read(given(made))
    three.release(made["id"])
    three.release(made["id"], to=PRISTINA)
    assert made["id"] in three.seen(BELGRADE).keys() & three.seen(PRISTINA).keys()
    # What every member holds is recalled, and goes anew to those who stay.
    three.amend("erase", records[made["id"]])
    london = three.nodes[LONDON]
    london.exchange.set_agreement_state(XK_TERMS, AgreementState.SUSPENDED, who=SUPERVISOR, reason="no longer a member")
    again = {**made, "modified": "2027-01-01T00:00:00.000Z"}
    three.read(given(again))
    three.release(made["id"])
    assert three.seen(BELGRADE)[made["id"]] == again
    left = three.seen(PRISTINA)[made["id"]]
    assert left["revoked"] is True
    assert "shop" not in json.dumps(left)
    refused = ti_release.release(london, three.session(LONDON), Asking((made["id"],), PRISTINA, XK_TERMS, "OFFICIAL"))
    assert [(one.judgement.outcome, one.judgement.rule) for one in refused] == [(Outcome.REFUSE, "agreement-state")]


def test_a_distribution_that_is_narrowed_reaches_every_holder(three: Three) -> None:
    event = misp_event()
    event["Event"].update(distribution="3", Tag=[])
    del event["Event"]["Object"], event["Event"]["Attribute"][1:]
    del event["Event"]["Attribute"][0]["Tag"]
    uuid = event["Event"]["Attribute"][0]["uuid"]
    old = three.read(event, "misp")
    three.release()
    ref = f"indicator--{uuid}"
    assert three.seen(BELGRADE)[ref]["object_marking_refs"] == [TLP2["GREEN"]]
    event["Event"]["distribution"] = "0"
    event["Event"]["Attribute"][0]["timestamp"] = "1735804900"
    new = three.read(event, "misp")
    key = f"misp--{uuid}"
    three.amend("regrade", old[key], by=[one for one in new[key] if one not in old[key]])
    assert three.seen(BELGRADE)[ref]["object_marking_refs"] == [TLP2["AMBER+STRICT"]]
    assert {(holder, state) for holder, state in three.proofs()} == {(BELGRADE, "done")}


def test_a_granular_marking_goes_with_its_property_and_stays_on_it(three: Three) -> None:
    made = shop(
        description="for fewer", granular_markings=[{"selectors": ["description"], "marking_ref": TLP2["AMBER"]}]
    )
    three.read(given(made))
    three.release(made["id"])
    assert three.seen(BELGRADE)[made["id"]] == made
    with three.nodes[BELGRADE].view(three.session(BELGRADE)) as view:
        held = [record for record in view.records() if any("for fewer" in fact.value for fact in record.facts)]
    assert [record.handling.codes for record in held] == [{"TLP:AMBER"}]


def test_a_member_that_comes_in_gets_what_is_released_to_it_and_nothing_else(three: Three) -> None:
    made, other = shop(), indicator(Random(5), "another", "[domain-name:value = 'y.example']", "GREEN")
    three.read(given(made, other))
    three.release(made["id"])
    three.release(other["id"], to=PRISTINA)
    assert set(three.seen(PRISTINA)) - {cert()["id"]} == {other["id"]}
    assert set(three.seen(BELGRADE)) - {cert()["id"]} == {made["id"]}


def test_a_release_of_nothing_and_a_group_of_nobody_are_refused_and_said_so(three: Three) -> None:
    with pytest.raises(PolicyError):
        three.release("indicator--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10")
    london = three.nodes[LONDON]
    sent = send(london, three.session(LONDON), address("ti", BELGRADE, TERMS), Letter(classification="OFFICIAL"))
    assert (sent.judgement.outcome, sent.judgement.rule) == (Outcome.REFUSE, "nothing-left")
    with pytest.raises(PolicyError):
        ti_release.release(london, three.session(LONDON), Asking((), BELGRADE, TERMS))


def test_what_is_for_one_organisation_goes_where_it_is_named_alone_and_the_partner_keeps_it_so(three: Three) -> None:
    made, other = shop("AMBER+STRICT"), indicator(Random(5), "another", "[domain-name:value = 'y.example']", "GREEN")
    three.read(given(made, other))
    three.release()
    assert made["id"] not in three.seen(BELGRADE)
    assert other["id"] in three.seen(BELGRADE)
    london, asked = three.nodes[LONDON], Asking((), BELGRADE, TERMS)
    [(left, why)] = ti_release.kept_back(london, three.session(LONDON), asked)
    assert (left.rpartition(":")[2], why.partition(":")[0]) == (made["id"], "rule amber-strict")
    out = ti_release.export(london, three.session(LONDON), "stix", to=BELGRADE, agreement=TERMS)
    assert made["id"] not in {one["id"] for one in json.loads(out.data)["objects"]}
    assert (left, why) in out.left_out
    three.release(made["id"])
    assert three.seen(BELGRADE)[made["id"]] == made
    with three.nodes[BELGRADE].view(three.session(BELGRADE)) as view:
        shown = [record for record in view.records() if any(made["id"] in fact.value for fact in record.facts)]
    assert shown
    assert all(record.handling.never_onward for record in shown)


def test_an_event_for_one_organisation_is_not_released_with_all_others(three: Three) -> None:
    event = misp_event()
    event["Event"]["distribution"] = "0"
    del event["Event"]["Tag"]
    three.read(event, "misp")
    [sent] = three.release()
    assert (sent.judgement.outcome, set(sent.judgement.removed.values())) == (Outcome.REFUSE, {"tlp-red"})
    assert three.seen(BELGRADE) == {}
    left = ti_release.kept_back(three.nodes[LONDON], three.session(LONDON), Asking((), BELGRADE, TERMS))
    assert len(left) == 8


def test_a_sharing_group_goes_to_nobody_until_a_person_says_who_is_meant(three: Three) -> None:
    event = misp_event()
    event["Event"]["distribution"] = "4"
    three.read(event, "misp")
    london = three.nodes[LONDON]
    three.release()
    assert _held(london, three.session(LONDON))
    assert three.seen(BELGRADE) == {}


def _held(node: Node, session: Any) -> list[Any]:
    with node.view(session) as view:
        return [record for record in view.records(source="misp") if record.handling.addressees == frozenset({USER})]


def test_red_reaches_the_person_that_it_names_and_no_other(three: Three) -> None:
    red = shop("RED")
    three.read(given(red))
    sent = three.release(red["id"])
    assert red["id"] not in three.seen(BELGRADE)
    assert set(sent[0].judgement.removed.values()) == {"tlp-red"}


def test_what_pristina_released_does_not_reach_belgrade_through_london(three: Three) -> None:
    made = shop("AMBER")
    path = three.world.folder / "xk.json"
    path.write_text(
        json.dumps({**BUNDLE, "objects": [cert(), made]}),
        encoding="utf-8",
    )
    node = three.nodes[PRISTINA]
    read_files("stix", [str(path)], originator=PRISTINA, keep_good=True, into=(node, three.session(PRISTINA)))
    [sent] = ti_release.release(node, three.session(PRISTINA), Asking((made["id"],), LONDON, XK_TERMS, "OFFICIAL"))
    if sent.id is not None and not sent.is_queued:
        node.exchange.approve(sent.id, who=SUPERVISOR, role="approver")
    three.run()
    assert three.seen(LONDON)[made["id"]] == made
    out = ti_release.export(
        three.nodes[LONDON], three.session(LONDON), "stix", to=BELGRADE, agreement=TERMS, ids=[cert()["id"]]
    )
    assert made["id"] not in {one["id"] for one in json.loads(out.data)["objects"]}
    assert dict(out.left_out) == {}
    asked = ti_release.export(
        three.nodes[LONDON], three.session(LONDON), "stix", to=BELGRADE, agreement=TERMS, ids=[made["id"]]
    )
    assert (f"XK-KP:{made['id']}", "rule onward-consent") in asked.left_out
    assert made["id"] not in {one["id"] for one in json.loads(asked.data)["objects"]}


def test_misp_learns_of_what_was_withdrawn(three: Three) -> None:
    made, kept = shop(), indicator(Random(5), "kept", "[domain-name:value = 'y.example']", "GREEN")
    records = three.read(given(made, kept))
    Desk(three.nodes[LONDON]).objects(three.session(LONDON), "headwater", "own", {})
    three.amend("erase", records[made["id"]])
    out = ti_release.export(three.nodes[LONDON], three.session(LONDON), "misp", to=BELGRADE, agreement=TERMS)
    attributes = {one["uuid"]: one for one in json.loads(out.data)["Event"]["Attribute"]}
    assert attributes[made["id"].partition("--")[2]]["deleted"] is True
    assert "deleted" not in attributes[kept["id"].partition("--")[2]]


def test_the_message_is_of_kind_ti_and_needs_an_agreement_that_lists_it(three: Three) -> None:
    made = shop()
    three.read(given(made))
    three.release(made["id"])
    rows = [row for row in three.nodes[BELGRADE].exchange.incoming() if row.kind == Kind.TI]
    assert len(rows) == 1
    message = three.nodes[BELGRADE].exchange.show(rows[0].id)[1]
    assert isinstance(message, Message)
    assert {fact.handling for fact in message.facts.values()} == {("TLP:CLEAR",), ("TLP:GREEN",)}
