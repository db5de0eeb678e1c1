"""What a partner calls threat intelligence and is none: it stays a record, and neither reads nor releases of anybody break on it."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from headwater.exchange import translate
from headwater.exercise.threats import CERT, cert, objects
from headwater.formats.stix import Known, records_of
from headwater.formats.stix_marking import TLP2
from headwater.formats.stix_rules import check_object
from headwater.model.ids import AuthorityId, MessageId, StateCode
from headwater.model.message import Kind, Message, MessageFact
from headwater.model.record import Record
from headwater.model.threat import CONTENT
from headwater.node import ti_release
from tests import cyber_world
from tests.cyber_world import OWN, RECEIVED, Cert
from tests.node_world import WRITER, as_user

RS = AuthorityId("RS-MOI")
REF = MessageId("0195566a-0000-7000-8000-000000000001")
UUID = "11111111-1111-4111-8111-111111111111"
TIMES = {"created": "2025-01-01T00:00:00.000Z", "modified": "2025-01-01T00:00:00.000Z"}
IDENTITY = {"type": "identity", "spec_version": "2.1", "id": f"identity--{UUID}", "name": "x", **TIMES}
MARKING = {"type": "marking-definition", "spec_version": "2.1", "id": f"marking-definition--{UUID}"}
ATTRIBUTE = {"type": "domain", "value": "x.example", "uuid": UUID, "to_ids": True}

OURS = objects(1)[1] | {"object_marking_refs": [TLP2["CLEAR"]]}

POISON: dict[str, str] = {
    "no JSON": "{",
    "too deep": json.dumps(IDENTITY | {"x_deep": 0}).replace('"x_deep": 0', f'"x_deep": {"[" * 300}{"]" * 300}'),
    "a key twice": json.dumps(IDENTITY)[:-1] + ',"name":"y"}',
    "parts that are none": '{"stix":[],"marks":[]}',
    "marks that are none": '{"stix":{},"marks":5}',
    "an attribute that is none": '{"misp":"attribute","Attribute":"x"}',
    "a value that is none": json.dumps({"misp": "attribute", "event": "e", "Attribute": {**ATTRIBUTE, "value": []}}),
    "an event that is none": '{"misp":"event","Event":7}',
    "another kind of MISP": '{"misp":5}',
    "a marking that says another": json.dumps(
        MARKING | {"created": TIMES["created"], "definition_type": "tlp", "definition": {"tlp": "purple"}}
    ),
}
"""What may stand where an object of threat intelligence stands, in a fact that signs properly."""


def carried(body: dict[str, Any] | str) -> list[Record]:
    """The records of a message that carries an object, or something else in its place."""
    true = body if isinstance(body, dict) else cert()
    facts: dict[str, MessageFact] = {}
    for one in records_of(check_object(true, "x"), RS, Known(), file=None, sha256=None):
        for number, fact in one.numbered():
            mention = one.mention(fact.entity)
            assert mention is not None
            told = body if fact.prop == CONTENT and isinstance(body, str) else fact.value
            # Under the name of an object of ours, which means a thing of the partner's own here.
            entity = fact.entity if isinstance(body, dict) else OURS["id"]
            facts[number] = MessageFact(
                prop=fact.prop,
                origin=StateCode("RS"),
                entity=entity,
                schema=mention.schema,
                value=told,
                handling=("TLP:CLEAR",),
            )
    return list(translate.records_of(Message(kind=Kind.TI, sender=RS, facts=facts), REF, AuthorityId("UK-CERT")))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Cert]:
    with cyber_world.cert(tmp_path) as made:
        yield made


@pytest.mark.parametrize("name", POISON)
def test_what_is_no_object_breaks_neither_reads_nor_releases(at: Cert, name: str) -> None:
    ours = [cert() | {"object_marking_refs": [TLP2["CLEAR"]]}, OURS]
    theirs = objects(1, seed=9)[1] | {"object_marking_refs": [TLP2["CLEAR"]]}
    at.post(ours)
    came = [*carried(POISON[name]), *carried(cert()), *carried(theirs)]
    at.node.store.write(lambda tx: [tx.put_record(one) for one in came])
    answer = at.get(f"{RECEIVED}/objects/?limit=100")
    assert answer.status == 200
    assert {CERT, theirs["id"]} == {one["id"] for one in answer.json["objects"]}
    assert at.get(f"{OWN}/objects/").status == 200
    session = as_user(at.node, WRITER, "cyber-defence")
    for form, ids in product(("stix", "misp"), ((), (OURS["id"],))):
        data = ti_release.export(at.node, session, form, ids=ids).data.decode()
        assert OURS["id"].partition("--")[2] in data or form == "misp"
