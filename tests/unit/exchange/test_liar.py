"""A partner that signs properly and lies: each lie has its answer, keeps nothing, and spoils nothing for what is true."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from headwater.exchange.suite import key_id, signing_public
from headwater.model.canonical import encode
from headwater.model.ids import AuthorityId
from headwater.model.message import Amend, Kind, Message
from headwater.model.times import format_instant
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, PRISTINA, fact
from tests.liar_world import Liar, bare, true

MOMENT = timedelta(microseconds=1)
AHEAD = timedelta(seconds=300)


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    made = Liar(tmp_path_factory.mktemp("liar"))
    yield made
    made.world.close()


HEADERS: dict[str, tuple[dict[str, Any], str]] = {
    "for another authority": ({"recipient": PRISTINA}, "wrong-recipient"),
    "for another key": ({"rkid": "ab" * 32}, "wrong-recipient"),
    "of another partner": ({"sender": PRISTINA}, "unknown-key"),
    "of a stranger": ({"sender": AuthorityId("ME-MUP")}, "unknown-key"),
    "of the recipient itself": ({"sender": BELGRADE}, "unknown-key"),
    "with a key that no card names": ({"skid": "ab" * 32}, "unknown-key"),
    "with the recipient's own key": ({"skid": "its own"}, "unknown-key"),
    "from 300 s ahead": ({"sent_at": START + AHEAD}, "stored"),
    "from a moment further ahead": ({"sent_at": START + AHEAD + MOMENT}, "clock"),
    "until this moment": ({"expires_at": START}, "expired"),
    "until the next": ({"expires_at": START + MOMENT}, "stored"),
    "that ended before it was sent": ({"expires_at": START - MOMENT}, "expired"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_lies_is_refused_by_its_word_and_keeps_nothing(liar: Liar, name: str) -> None:
    words, result = HEADERS[name]
    words = dict(words)
    if words.get("skid") == "its own":
        words["skid"] = key_id(signing_public(liar.belgrade.keys.signing_seed()))
    envelope = liar.seal(true(facts={"f1": fact(value=f"Body of {name}")}), **words)
    before = liar.kept()
    assert liar.hand(envelope) == [result if result == "stored" else f"refused:{result}"]
    assert (liar.kept() == before) == (result != "stored")
    if result != "stored":
        assert liar.belgrade.events("refused")[-1].detail["code"] == result
    assert liar.hand(liar.seal(true())) == ["stored"]


BODIES: dict[str, tuple[Message | bytes, str]] = {
    "from another partner": (structs.replace(true(), sender=PRISTINA), "bad-body"),
    "from nobody": (structs.replace(true(), sender=None), "bad-body"),
    "to another partner": (true(recipient=PRISTINA), "bad-body"),
    "to nobody": (true(recipient=None), "bad-body"),
    "a question about use": (structs.replace(true(), kind=Kind.USE), "bad-body"),
    "a key in another order": (encode(true())[:-1] + b',"text":"a"}', "stored"),
    "a key twice": (encode(true())[:-1] + b',"to":"RS-MOI"}', "bad-body"),
    "a name twice": (
        encode(true(facts={"f1": fact()})).replace(b'"f1":', b'"f1":{"origin":"UK","prop":"name"},"f1":'),
        "bad-body",
    ),
    "a NUL": (encode(true(text="a\0b")), "bad-body"),
    "more": (encode(true())[:-1] + b',"more":1}', "bad-body"),
    "no JSON": (encode(true()) + b" {}", "bad-body"),
    "an agreement that there is not": (true(agreement="A-UK-RS-OTHER"), "agreement-unknown"),
    "no agreement": (true(agreement=None), "agreement-unknown"),
    "an agreement of others": (true(agreement="A-XK-RS"), "party"),
    "past its own expiry": (structs.replace(true(), expires=format_instant(START)), "expired"),
    "until the next moment": (structs.replace(true(), expires="2026-11-25T08:30:00.000001Z"), "stored"),
    "a kind that was not agreed": (structs.replace(true(), kind=Kind.TI), "kind"),
    "a purpose that was not agreed": (true(purpose="statistics"), "purpose"),
    "no purpose": (true(purpose=None), "purpose"),
    "urgent without a reason": (true(urgency="urgent"), "reason"),
    "a request without a reason": (true(kind=Kind.REQUEST), "reason"),
    "marked with what is not agreed": (true(classification="SECRET"), "classification"),
    "marked lower than its facts": (true(classification="NONE"), "undermarked"),
    "a fact marked higher": (true(facts={"f1": fact(marking="SECRET")}), "classification"),
    "a category that was not agreed": (true(facts={"f1": fact(category="witness")}), "category"),
    "past its last day": (true(facts={"f1": fact(retain_until="2026-11-24")}), "retention"),
    "on its last day": (true(facts={"f1": fact(retain_until="2026-11-25", value="Last Day")}), "stored"),
    "a human source": (true(facts={"f1": fact(reveals_source=True)}), "source-identity"),
    "a face": (true(facts={"f1": fact(prop="faceTemplate")}), "no-face"),
    "a victim by name": (true(facts={"f1": fact(category="victim")}), "protected-identity"),
    "sensitive": (true(facts={"f1": fact(sensitive=True)}), "sensitive"),
    "without a grade": (true(facts={"f1": fact(grade=None)}), "grade"),
    "for named persons": (true(facts={"f1": fact(handling=("TLP:RED",), names=("m.ilic",))}), "tlp-red"),
    "erased": (true(facts={"f1": fact(state="erased")}), "erased"),
    "a plain search": (true(kind=Kind.SEARCH, reason="x"), "search-plain"),
    "nothing": (true(facts={}), "nothing-left"),
    "a ping with a text": (bare(Kind.PING, text="hello"), "unexpected-content"),
    "a ping with a fact": (bare(Kind.PING, facts={"f1": fact()}), "unexpected-content"),
    "an erasure with a new fact": (
        bare(Kind.AMEND, amend=Amend(action="erase", facts=("f1",)), facts={"f1": fact()}),
        "unexpected-content",
    ),
    "a correction with a fact that may not come": (
        bare(Kind.AMEND, amend=Amend(action="rectify", facts=("none/0",)), facts={"f1": fact(category="witness")}),
        "category",
    ),
    "a correction with a fact that a person must read": (
        bare(Kind.AMEND, amend=Amend(action="rectify", facts=("none/0",)), facts={"f1": fact(handling=("H3",))}),
        "condition-text",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_lies_is_refused_by_its_word_and_keeps_nothing(liar: Liar, name: str) -> None:
    told, result = BODIES[name]
    before, rows = liar.kept(), len(liar.belgrade.exchange.incoming())
    assert liar.hand(liar.seal(told)) == [result if result == "stored" else f"refused:{result}"]
    assert (liar.kept() == before) == (result != "stored")
    if result != "stored":
        assert liar.belgrade.events("refused")[-1].detail["code"] == result
        new = liar.belgrade.exchange.incoming()[rows:]
        # Refused by a rule it has a row, so that its number counts, and no content.
        assert [(row.state, row.body) for row in new] == ([] if result == "bad-body" else [("refused", b"")])
    assert liar.hand(liar.seal(true())) == ["stored"]
