"""The TAXII desk: collections under policy, a cursor that counts, and what is recalled, deleted, held or hidden."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from headwater.errors import ConflictError, ForbiddenError, InputError, SchemaError
from headwater.exercise.threats import CERT, cert, indicator, misp_event, objects, uuid4, warning
from headwater.formats.stix import Known, records_of
from headwater.formats.stix_marking import LEVELS, TLP2
from headwater.formats.stix_rules import check_object
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, StateCode
from headwater.model.message import Amend
from headwater.node import taxii_cursor, taxii_dump, taxii_users, ti_release
from headwater.node.reading import read_files
from headwater.node.taxii import Desk
from tests import cyber_world
from tests.cyber_world import ANALYST, OWN, PASSWORD, Cert
from tests.node_world import AUDITOR, WRITER, as_user, events, node_at


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Cert]:
    with cyber_world.cert(tmp_path) as made:
        yield made


def mark(name: str = "statement") -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{uuid4(Random(name))}",
        "created": "2026-01-01T00:00:00Z",
        "definition_type": "statement",
        "definition": {"statement": "only between us"},
        "object_marking_refs": [TLP2["GREEN"]],
    }


def read_in(at: Cert, form: str, body: dict[str, Any], folder: Path) -> list[str]:
    path = folder / f"{form}.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    into = (at.node, at.session())
    [done] = read_files(form, [str(path)], originator=at.node.authority, keep_good=True, into=into)
    return list(done.ids)


def test_what_is_posted_is_on_the_disk_before_it_is_acknowledged(at: Cert) -> None:
    assert at.post(objects(5)).json["success_count"] == 6
    again = node_at(at.node.home, at.clock)  # a second process, opened before the first one closes
    try:
        found = Desk(again).objects(as_user(again, WRITER, "cyber-defence"), "headwater", "own", {})
        assert len(json.loads(found.body)["objects"]) == 6
    finally:
        again.close()


def test_an_object_is_served_byte_for_byte_as_it_was_posted(at: Cert) -> None:
    given = [cert(), *warning()["objects"][6:9]]
    at.post(given)
    served = at.get(f"{OWN}/objects/").json["objects"]
    assert served == given
    assert [list(each) for each in served] == [list(each) for each in given]


def test_many_of_one_instant_are_read_once_each_while_others_are_added(at: Cert) -> None:
    at.post(objects(300))
    seen: list[str] = []
    query = {"limit": "50"}
    number = 0
    while True:
        page = json.loads(at.desk.objects(at.session(), "headwater", "own", query).body)
        seen += [each["id"] for each in page["objects"]]
        if number < 3:
            number += 1
            at.post(objects(20, seed=100 + number)[1:])  # the clock stands still: all have one date_added
        if not page["more"]:
            break
        query["next"] = page["next"]
    assert len(seen) == len(set(seen)) == 301 + 60


def test_a_cursor_is_no_time_and_holds_for_its_question_alone(at: Cert) -> None:
    at.post(objects(9))
    page = at.get(f"{OWN}/objects/?limit=2").json
    assert at.get(f"{OWN}/objects/?limit=3&next={page['next']}").status == 200
    for query in (f"match[type]=indicator&next={page['next']}", f"next={page['next'][:-2]}AA", "next=x", "next="):
        assert at.get(f"{OWN}/objects/?limit=2&{query}").status == 400
    assert at.get(f"{OWN}/manifest/?limit=2&next={page['next']}").status in {200, 400}
    key = taxii_cursor.cursor_key(at.node)
    assert taxii_cursor.read(key, taxii_cursor.sign(key, 7, "q"), "q") == 7
    with pytest.raises(SchemaError):
        taxii_cursor.read(bytes(32), taxii_cursor.sign(key, 7, "q"), "q")


def test_a_clock_that_runs_back_does_not_lose_an_object(at: Cert) -> None:
    at.post(objects(1))
    first = at.get(f"{OWN}/objects/").headers["x-taxii-date-added-last"]
    at.clock.move(-timedelta(days=1))
    at.post(objects(1, seed=9)[1:])
    assert at.get(f"{OWN}/objects/?added_after={first}").json == {}
    assert len(at.ids()) == 3
    assert at.get(f"{OWN}/objects/").headers["x-taxii-date-added-last"] == first


def test_a_deleted_object_stays_away_after_a_restart(at: Cert) -> None:
    at.post(objects(2))
    gone = at.ids()[1]
    assert at.ask("DELETE", f"{OWN}/objects/{gone}/").status == 200
    again = node_at(at.node.home, at.clock)
    try:
        session = as_user(again, WRITER, "cyber-defence")
        assert gone.encode() not in Desk(again).objects(session, "headwater", "own", {}).body
        with pytest.raises(ForbiddenError):
            Desk(again).objects(session, "headwater", "own", {}, gone)
    finally:
        again.close()


def test_red_is_seen_by_whoever_brought_it_and_leaves_others_no_trace(at: Cert) -> None:
    draw = Random(8)
    red = indicator(draw, "for one", "[domain-name:value = 'x.example']", "RED")
    at.post([cert(), red])
    later = {**red, "modified": "2026-03-01T00:00:00Z", "object_marking_refs": [TLP2["AMBER"]], "name": "for all"}
    assert red["id"] in at.ids()
    assert at.ids(user=ANALYST) == [CERT]
    assert at.get(f"{OWN}/objects/{red['id']}/", user=ANALYST).status == 404
    at.post([later])
    assert at.get(f"{OWN}/objects/{red['id']}/versions/", user=ANALYST).json["versions"] == [
        later["modified"][:-1] + ".000Z"
    ]
    newest = {**red, "modified": "2026-04-01T00:00:00Z", "name": "for one again"}
    at.post([newest])
    shown = at.get(f"{OWN}/objects/{red['id']}/", user=ANALYST).json["objects"]
    assert [each["name"] for each in shown] == ["for all"]
    assert [each["name"] for each in at.get(f"{OWN}/objects/{red['id']}/").json["objects"]] == ["for one again"]


def test_a_part_that_is_marked_red_is_served_to_nobody_else(at: Cert) -> None:
    at.post(warning()["objects"])
    gang = next(each for each in warning()["objects"] if each["type"] == "intrusion-set")
    assert at.get(f"{OWN}/objects/{gang['id']}/").json["objects"] == [gang]
    [cut] = at.get(f"{OWN}/objects/{gang['id']}/", user=ANALYST).json["objects"]
    assert cut == {key: gang[key] for key in gang if key not in {"description", "granular_markings"}}


CARRIED = {
    "CLEAR": Handling(codes=frozenset({"TLP:CLEAR"})),
    "GREEN": Handling(codes=frozenset({"TLP:GREEN"})),
    "AMBER": Handling(releasable_to=frozenset({StateCode("UK")})),
    "AMBER+STRICT": Handling(releasable_to=None, never_onward=True),
    "RED": Handling(releasable_to=None, addressees=frozenset({WRITER})),
}
"""A handling under which an object came from a partner, by the code that it amounts to."""


@pytest.mark.parametrize("carried", CARRIED)
def test_what_came_from_a_partner_is_served_marked_no_less_strictly_than_it_came(at: Cert, carried: str) -> None:
    made = []
    for number, (own, apart) in enumerate(product((None, *TLP2), (False, True))):
        body = indicator(Random(number), "x", "[domain-name:value = 'x.example']", created_by_ref=CERT)
        body |= {"object_marking_refs": [TLP2[own]]} if own else {}
        if apart:
            parts = {"granular_markings": [{"marking_ref": TLP2["GREEN"], "selectors": ["description"]}]}
            body |= {"description": "An invented domain.", **parts}
        made.append((own, apart, body))
    came = [
        replace(one, origin=replace(one.origin, source="exchange"), handling=CARRIED[carried])
        for each in (cert(), *(body for _, _, body in made))
        for one in records_of(check_object(each, "x"), AuthorityId("RS-MOI"), Known(), file=None, sha256=None)
    ]
    at.node.store.write(lambda tx: [tx.put_record(one) for one in came])
    found = {one["id"]: one for one in at.get(f"{cyber_world.RECEIVED}/objects/?limit=100").json["objects"]}
    for own, apart, body in made:
        shown = found[body["id"]]
        codes = [code for code, ref in TLP2.items() if ref in shown.get("object_marking_refs", [])]
        # What bears no marking is AMBER: for those who have it.
        said = [*codes, *(["GREEN"] if apart else [])] or ["AMBER"]
        assert max(map(LEVELS.index, said)) >= LEVELS.index(carried), (own, apart)
        assert len(codes) <= 1
        assert {**shown, "object_marking_refs": []} == {**body, "object_marking_refs": []}


def test_an_unknown_reference_is_held_shown_as_such_and_comes_once_it_is_there(at: Cert) -> None:
    held = objects(1)[1]
    status = at.post([held]).json
    assert (status["status"], status["pending_count"], status["success_count"]) == ("pending", 1, 0)
    assert CERT in status["pendings"][0]["message"]
    assert at.ids() == []
    assert ti_release.held(at.node, at.session())[0]["waits"] == [CERT]
    at.post([cert()])
    assert sorted(at.ids()) == sorted([held["id"], CERT])
    now = at.get(f"/headwater/status/{status['id']}/").json
    assert (now["status"], now["pending_count"], now["success_count"]) == ("complete", 0, 1)


def test_an_unknown_marking_holds_and_its_coming_decides_who_may_see(at: Cert) -> None:
    made = mark()
    held = indicator(
        Random(8), "x", "[domain-name:value = 'x.example']", object_marking_refs=[made["id"]], created_by_ref=CERT
    )
    at.post([cert(), held])
    assert held["id"] not in at.ids()
    at.post([made])
    assert held["id"] in at.ids(user=ANALYST)
    with at.node.view(at.session()) as view:
        [record] = [each for each in view.records(source="stix") if each.amends is not None]
    assert record.handling.conditions == {"statement: only between us"}


def test_a_file_and_a_post_meet_in_one_collection(at: Cert, tmp_path: Path) -> None:
    read_in(at, "stix", warning(), tmp_path)
    assert {each["id"] for each in warning()["objects"]} == set(at.ids())
    assert at.post(warning()["objects"]).json["success_count"] == len(warning()["objects"])
    assert len(at.ids()) == len(warning()["objects"])


def test_a_misp_event_is_served_as_indicators(at: Cert, tmp_path: Path) -> None:
    read_in(at, "misp", misp_event(), tmp_path)
    served = at.get(f"{OWN}/objects/").json["objects"]
    assert {each["type"] for each in served} == {"indicator"}
    assert [each.get("revoked", False) for each in served].count(True) == 1


def test_what_is_erased_leaves_its_collection_and_a_revoked_version_appears(at: Cert, tmp_path: Path) -> None:
    read_in(at, "stix", warning(), tmp_path)
    shop = next(each for each in warning()["objects"] if each.get("name", "").startswith("shop"))
    link = next(each for each in warning()["objects"] if each["type"] == "relationship")
    page = at.get(f"{OWN}/objects/?limit=1000").json
    facts = []
    with at.node.view(at.session()) as view:
        for record in view.records(source="stix"):
            if record.origin.place in {shop["id"], link["id"]}:
                facts += [number for number, _ in record.numbered()]
    at.clock.move(timedelta(minutes=1))
    amend = Amend(action="erase", facts=tuple(facts), reason="wrong")
    at.node.exchange.liaison.amend(amend, who=WRITER, purpose="cyber-defence", replacements=[])
    assert link["id"] not in at.ids()
    assert at.get(f"{OWN}/objects/{link['id']}/").status == 404
    [revoked] = at.get(f"{OWN}/objects/{shop['id']}/").json["objects"]
    assert (revoked["revoked"], revoked["created"]) == (True, shop["created"])
    assert revoked["modified"] > shop["modified"]
    assert "boats" not in json.dumps(revoked)
    assert revoked["object_marking_refs"] == [TLP2["GREEN"]]
    last = page["objects"][-1]
    manifest = at.get(f"{OWN}/manifest/?limit=1000").json["objects"]
    assert manifest[-1]["id"] == shop["id"]
    assert last["id"] != shop["id"]
    with at.node.view(at.session()) as view:
        assert not any(shop["pattern"] in fact.value for record in view.records() for fact in record.facts)


def test_every_look_addition_and_deletion_is_in_the_ledger(at: Cert) -> None:
    at.post(objects(1))
    ref = at.ids()[1]
    at.ask("DELETE", f"{OWN}/objects/{ref}/")
    assert [event.detail["added"] for event in events(at.node, "taxii.added")] == [2]
    assert [event.detail["objects"] for event in events(at.node, "taxii.read")] == [2]
    assert [event.subject for event in events(at.node, "taxii.deleted")] == [ref]


def test_a_password_is_kept_as_a_slow_hash_and_can_be_changed(at: Cert, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(taxii_users._COST, "n", 1 << 14)
    taxii_users.set_password(at.node, as_user(at.node, WRITER, "operation"), ANALYST, PASSWORD)
    with at.node.store.snapshot() as snapshot:
        bodies = [body for _, _, body in snapshot.documents(taxii_users.KIND)]
    assert all(PASSWORD.encode() not in body for body in bodies)
    made = [taxii_users.made_of(at.node, ANALYST, PASSWORD) for _ in range(2)]
    assert len({one.salt for one in made}) == len({one.hashed for one in made}) == 2
    admin = as_user(at.node, WRITER, "operation")
    taxii_users.set_password(at.node, admin, WRITER, "another long one")
    assert at.get("/taxii2/").status == 401
    assert at.get("/taxii2/", password="another long one").status == 200
    assert at.get("/taxii2/", user=ANALYST).status == 200
    with pytest.raises(SchemaError):
        taxii_users.set_password(at.node, admin, WRITER, "short")
    with pytest.raises(ForbiddenError):
        taxii_users.set_password(at.node, as_user(at.node, AUDITOR, "operation"), WRITER, PASSWORD)
    with pytest.raises(ForbiddenError):
        taxii_users.set_password(at.node, admin, "nobody", PASSWORD)


def dump(**changes: Any) -> dict[str, Any]:
    rows = [
        {
            "object": each,
            "date_added": f"2020-01-01T00:00:0{number}.000001Z",
            "media_type": "application/stix+json;version=2.1",
        }
        for number, each in enumerate(objects(3))
    ]
    older = {"type": "malware", "id": "malware--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10", "created": "2016-01-01T00:00:00Z",
             "modified": "2016-01-01T00:00:00Z", "name": "an older one", "labels": ["x"]}  # fmt: skip
    rows.append(
        {"object": older, "date_added": "2019-01-01T00:00:00Z", "media_type": "application/stix+json;version=2.0"}
    )
    collection = {
        "id": "c0",
        "title": "C",
        "alias": "see",
        "can_read": True,
        "can_write": True,
        "media_types": [],
        "objects": rows,
    }
    return {
        "discovery": {
            "title": "Another server",
            "default": "http://old.example/r1/",
            "api_roots": ["http://old.example/r1/"],
        },
        "max_page_size": 2,
        "users": {"old.user": "pw"},
        "api_roots": [{"path": "r1", "information": {"title": "R"}, "status": [], "collections": [collection]}],
        **changes,
    }


def load(at: Cert, body: object, folder: Path, **more: Any) -> taxii_dump.Loaded:
    path = folder / "dump.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    return taxii_dump.load(at.node, as_user(at.node, WRITER, "operation"), path, **more)


def test_a_dump_keeps_when_each_was_added_and_its_users_may_ask(at: Cert, tmp_path: Path) -> None:
    done = load(at, dump(), tmp_path, url="http://new.example")
    assert (done.roots, done.collections, done.objects, done.users, done.left_out) == (1, 1, 5, 1, [])
    who = {"user": "old.user", "password": "pw"}
    assert at.get("/taxii2/", **who).json["api_roots"] == ["http://new.example/r1/"]
    page = at.get("/r1/collections/see/objects/", **who)
    assert page.json["more"] is True
    assert page.headers["x-taxii-date-added-first"] == "2019-01-01T00:00:00.000000Z"
    older = at.get("/r1/collections/c0/manifest/?match[spec_version]=2.0", **who).json["objects"]
    assert [each["media_type"] for each in older] == ["application/stix+json;version=2.0"]


def test_a_dump_written_and_loaded_elsewhere_is_the_same(at: Cert, tmp_path: Path) -> None:
    load(at, dump(), tmp_path)
    first = taxii_dump.dump(at.node, at.session())
    with cyber_world.cert(tmp_path / "other") as other:
        load(other, first, tmp_path)
        second = taxii_dump.dump(other.node, other.session())
    assert second["api_roots"] == first["api_roots"]
    assert first["users"] == {}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"api_roots": 7},
        {"api_roots": [{"path": "a/b"}]},
        dump(users={"x": 7}),
        dump(max_page_size=0),
        dump(discovery={"title": 7}),
        {"api_roots": [{"path": "p", "collections": [{"title": "no id"}]}]},
        dump(discovery={"contact": ["x"]}),
        dump(discovery={"description": 7}),
        dump(api_roots=[*dump()["api_roots"], {"path": "p", "collections": [{"title": "no id"}]}]),
        dump(api_roots=[*dump()["api_roots"], {"path": "p", "information": 7}]),
    ],
    ids=range(11),
)
def test_what_is_no_dump_is_refused_and_nothing_of_it_kept(at: Cert, tmp_path: Path, body: object) -> None:
    roots = at.get("/taxii2/").json
    with pytest.raises(InputError):
        load(at, body, tmp_path)
    assert at.get("/taxii2/", user="old.user", password="pw").status == 401
    assert at.get("/r1/").status == 404
    assert at.get("/taxii2/").json == roots


def test_a_root_is_loaded_once_and_by_an_admin_alone(at: Cert, tmp_path: Path) -> None:
    load(at, dump(), tmp_path)
    with pytest.raises(ConflictError):
        load(at, dump(), tmp_path)
    with pytest.raises(ForbiddenError):
        taxii_dump.load(at.node, as_user(at.node, ANALYST, "operation"), tmp_path / "dump.json")


def test_an_object_that_is_too_deep_is_reported_and_the_rest_goes_in(at: Cert, tmp_path: Path) -> None:
    body, deep = dump(), list[Any]()
    for _ in range(300):
        deep = [deep]
    body["api_roots"][0]["collections"][0]["objects"][1]["object"]["x_deep"] = deep
    done = load(at, body, tmp_path)
    assert (done.objects, len(done.left_out)) == (4, 1)


def test_a_bad_object_in_a_dump_is_reported_and_the_rest_goes_in(at: Cert, tmp_path: Path) -> None:
    body = dump()
    body["api_roots"][0]["collections"][0]["objects"][1]["object"]["confidence"] = 101
    done = load(at, body, tmp_path)
    assert done.objects == 4
    assert "c0.objects[1]" in done.left_out[0]


def test_an_export_without_a_partner_holds_only_what_anybody_may_have(at: Cert, tmp_path: Path) -> None:
    at.post(objects(8))
    supervisor = as_user(at.node, WRITER, "cyber-defence")
    made = ti_release.export(at.node, supervisor, "stix")
    marks = {ref for each in json.loads(made.data)["objects"] for ref in each.get("object_marking_refs", ())}
    assert marks == {TLP2["CLEAR"]}
    assert made.left_out
    with pytest.raises(ForbiddenError):
        ti_release.export(at.node, as_user(at.node, ANALYST, "cyber-defence"), "stix")
