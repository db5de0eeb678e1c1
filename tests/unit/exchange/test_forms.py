"""Forms that two nodes must work out alike: endpoints, values that are compared, keys of a search, words of an originator."""

import hmac
import json
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace

from headwater.errors import HeadwaterError, SchemaError
from headwater.exchange.card import DatedKey, check_endpoint
from headwater.exchange.crosscheck import IDENTIFIERS, NAMES, normal, term
from headwater.exchange.search import hashed, search_key
from headwater.exchange.signed import PairKey
from headwater.exchange.suite import is_signed, signing_public
from headwater.exchange.words import AMEND, CONSENT, Spoken, amend_terms, consent_terms, relayed, speak
from headwater.model.canonical import encode
from headwater.model.ids import StateCode
from headwater.model.message import Amend, Consent, MessageFact, Word
from headwater.testing.fakes import START
from tests.exchange_world import fact
from tests.unit.exchange.test_card import NEW, OLD, SIGNING
from tests.unit.exchange.test_card import card as a_card


@pytest.mark.parametrize(
    "text",
    ["https://node.example:8443", "http://127.0.0.1:80", "http://[::1]:9000", "https://xn--nde-1na.example:1"],
)
def test_an_endpoint_is_scheme_host_and_port(text: str) -> None:
    check_endpoint(text)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        *((text, "write it as https://host:port") for text in (
            "", "node.example:8443", "ftp://node.example:21", "https://node.example", "https://:8443",
            "https://me@node.example:8443", "https://node.example:8443/", "https://node.example:8443/x",
            "https://node.example:8443?x", "https://node.example:8443#x", "HTTPS://node.example:8443",
            "https://node.example:8443?", " https://node.example:8443", "https://node.example:8443\n",
        )),
        *((text, SchemaError("x").fix) for text in ("https://node.example:99999", "https://node.example:x", "https://[::1:80")),
    ],
)  # fmt: skip
def test_whatever_is_more_or_less_is_none(text: str, fix: str) -> None:
    with pytest.raises(SchemaError, match="no endpoint") as none:
        check_endpoint(text)
    assert str(none.value.where) == "field 'endpoints'"
    assert none.value.fix == fix


def test_properties_that_are_compared_are_those_of_the_specification() -> None:
    assert frozenset({"name", "alias", "weakAlias", "previousName"}) == NAMES
    assert {
        *("idNumber", "passportNumber", "registrationNumber", "taxNumber", "imoNumber", "mmsi", "vin", "iban"),
        *("accountNumber", "phone", "email", "deviceId", "publicKey", "number", "callSign", "serialNumber"),
    } == IDENTIFIERS


@pytest.mark.parametrize(
    ("prop", "value", "form"),
    [
        ("name", "Marko  MARKOVSKI", b"name\0marko markovski"),
        ("alias", "Markovski\tMarko", b"name\0marko markovski"),
        ("weakAlias", "Stra\u00dfe", b"name\0strasse"),
        ("previousName", "\u2460 \uff21", b"name\x001 a"),
        ("name", "", b"name\0"),
        ("phone", "+381 (60) 000-0001", b"id\x00381600000001"),
        ("email", "A.B@Node.Example", b"id\0ab@nodeexample"),
        ("iban", "RS35 2600 0560", b"id\0rs3526000560"),
        ("vin", " - ", None),
        ("birthDate", "1980", None),
        ("Name", "Marko", None),
    ],
)
def test_a_value_has_one_form_and_what_is_not_compared_has_none(prop: str, value: str, form: bytes | None) -> None:
    assert normal(prop, value) == form
    assert term(prop, value) == (None if form is None else sha256(form).digest())


def test_a_search_is_keyed_by_both_sides_roots_the_agreement_and_the_conversation() -> None:
    ours, theirs = (tuple(seed.public() for seed in seeds) for seeds in (OLD, NEW))
    key = search_key(ours, theirs, "A-1", "thread")
    assert key == search_key(theirs, ours, "A-1", "thread")
    roots = sorted(sha256(encode(each)).hexdigest() for each in (ours, theirs))
    assert (
        key
        == sha256(
            b"headwater/search/1\0" + json.dumps([roots, "A-1", "thread"], separators=(",", ":")).encode()
        ).digest()
    )
    others = [
        search_key(ours, ours, "A-1", "thread"),
        search_key(ours, theirs, "A-2", "thread"),
        search_key(ours, theirs, "A-1", "x"),
    ]
    assert len({key, *others}) == 4
    plain = fact(prop="phone", value="+381 60 1", lang="sr", original="x")
    bare = fact(prop="birthDate", value="1980")
    found = hashed({"f1": plain, "f2": bare, "f3": fact(prop="name", value=None)}, key)
    assert set(found) == {"f1", "f3"}
    value = hmac.new(key, b"id\x00381601", "sha256").hexdigest()
    assert found["f1"] == replace(plain, value=value, hashed=True, entity=None, lang=None, original=None)
    assert found["f3"].value == hmac.new(key, b"name\0", "sha256").hexdigest()


# Words of an originator (docs/spec/recall.md)

SEEDS = (b"a" * 32, b"b" * 32)
KEYS = tuple(signing_public(seed).hex() for seed in SEEDS)
XK = StateCode("XK")


def framed(*texts: bytes) -> bytes:
    return b"".join(len(text).to_bytes(4, "big") + text for text in texts)


def told(**changes: Any) -> MessageFact:
    return fact(**{"origin": "XK", "origin_key": KEYS[1], "origin_name": "rec-x/1", **changes})


def test_a_word_is_signed_with_each_key_over_all_that_it_says() -> None:
    word = speak(SEEDS, AMEND, ("erase",), ("rec-x/0", "rec-x/1"), XK, START)
    assert (word.about, word.origin, word.terms, word.facts) == ("amend", "XK", ("erase",), ("rec-x/0", "rec-x/1"))
    assert (word.at, tuple(each.key for each in word.signed)) == ("2026-11-25T08:30:00Z", KEYS)
    said = (framed(b"amend", b"XK", word.at.encode()), framed(b"erase"), framed(b"rec-x/0", b"rec-x/1"))
    message = b"headwater/word/1\0" + sha256(framed(*said)).digest()
    for key, each in zip(KEYS, word.signed, strict=True):
        assert is_signed(bytes.fromhex(key), bytes.fromhex(each.sig), message)


@pytest.mark.parametrize(
    ("said", "asked", "stands"),
    [
        *((action, action, True) for action in ("erase", "restrict", "rectify", "regrade")),
        ("rectify", "erase", True),
        ("regrade", "erase", True),
        ("restrict", "erase", False),
        ("erase", "restrict", False),
        ("erase", "rectify", False),
        ("rectify", "restrict", False),
        ("", "", True),
    ],
)
def test_a_word_stands_behind_what_it_says_and_a_correction_behind_an_erasure(
    said: str, asked: str, stands: bool
) -> None:
    word = speak(SEEDS, AMEND, amend_terms(said), ("rec-x/1",), XK, START)
    assert Spoken([word]).is_amended(told(), asked) is stands
    assert Spoken([replace(word, terms=(said, said))]).is_amended(told(), asked) is False


CONSENTS = Consent(
    type="onward",
    giver=XK,
    receiver=StateCode("RS"),
    facts=("f",),
    purposes=("oic", "x"),
    decision="yes",
    until="2027-01-01",
)


def test_a_word_on_a_consent_names_all_of_its_terms() -> None:
    assert consent_terms(CONSENTS) == ("onward", "yes", "RS", "2027-01-01", "oic", "x")
    assert consent_terms(replace(CONSENTS, until=None, purposes=())) == ("onward", "yes", "RS", "")
    word = speak(SEEDS, CONSENT, consent_terms(CONSENTS), ("rec-x/1",), XK, START)
    assert Spoken([word]).is_consented(told(), CONSENTS)
    for change in (
        {"decision": "no"},
        {"receiver": StateCode("ME")},
        {"until": None},
        {"purposes": ("oic",)},
        {"type": "x"},
    ):
        assert not Spoken([word]).is_consented(told(), replace(CONSENTS, **change))
    assert not Spoken([replace(word, about=AMEND)]).is_consented(told(), CONSENTS)
    assert not Spoken([replace(word, about=CONSENT)]).is_amended(told(), "onward")


def changed(word: Word, number: int) -> Word:
    """A word with another signature under one of its keys."""
    signed = list(word.signed)
    signed[number] = replace(signed[number], sig="00" * 64)
    return replace(word, signed=tuple(signed))


def test_a_word_counts_for_a_fact_whose_originator_name_and_key_it_bears() -> None:
    word = speak(SEEDS, AMEND, ("erase",), ("rec-x/0", "rec-x/1"), XK, START)
    assert Spoken([changed(word, 0)]).is_amended(told(), "erase"), "each key speaks for itself"
    for given in (
        told(origin_key=None),
        told(origin_key="ab" * 32),
        told(origin_name="rec-x/2"),
        told(origin_name=None),
        told(origin="UK"),
    ):
        assert not Spoken([word]).is_amended(given, "erase")
    for other in (
        changed(word, 1),
        replace(word, signed=word.signed[:1]),
        replace(word, facts=("rec-x/1",)),
        replace(word, at="2026-11-26T00:00:00Z"),
    ):
        assert not Spoken([other]).is_amended(told(), "erase")
    assert Spoken([changed(word, 1), word]).is_amended(told(), "erase")
    assert not Spoken([]).is_amended(told(), "erase")


def test_of_several_words_the_newest_that_holds_says_when() -> None:
    terms = consent_terms(CONSENTS)
    days = [START.replace(day=day) for day in (25, 27, 26)]
    words = [speak(SEEDS, CONSENT, terms, ("rec-x/1",), XK, at) for at in days]
    assert Spoken(words).consented_at(told(), CONSENTS) == days[1]
    assert Spoken([words[0], changed(words[1], 1), words[2]]).consented_at(told(), CONSENTS) == days[2]
    assert Spoken([changed(words[1], 1)]).consented_at(told(), CONSENTS) is None


def test_words_on_amends_go_on_and_no_others() -> None:
    words = tuple(speak(SEEDS, about, ("erase",), ("rec-x/1",), XK, START) for about in (AMEND, CONSENT, AMEND))
    assert relayed(Amend(action="erase", facts=(), reason="x", words=words)) == (words[0], words[2])


# Cards

KEY = DatedKey(key=SIGNING.hex(), valid_from="2026-11-01T00:00:00Z")
ROOTS = a_card().roots


def root(one: int, other: int) -> PairKey:
    """A root of the halves of two."""
    return PairKey(ed25519=ROOTS[one].ed25519, mldsa65=ROOTS[other].mldsa65)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"v": 2}, "v"),
        ({"version": 0}, "version"),
        ({"name": " \t"}, "name"),
        ({"expires": a_card().issued}, "expires"),
        ({"expires": "never"}, "expires"),
        ({"issued": "once"}, "issued"),
        ({"roots": ROOTS[:2]}, "roots"),
        ({"roots": (*ROOTS, ROOTS[0])}, "roots"),
        ({"threshold": 1}, "roots"),
        ({"threshold": 3}, "roots"),
        ({"roots": (root(0, 0), root(1, 1), root(0, 2))}, "roots"),
        ({"roots": (root(0, 0), root(1, 1), root(2, 0))}, "roots"),
        ({"suites": ()}, "suites"),
        *(({field: keys}, field) for field in ("signing", "sealing") for keys in ((), (KEY, KEY), (replace(KEY, key="00"),))),
        ({"sealing": (KEY,)}, "sealing"),
        ({"signing": (replace(KEY, key="xy"),)}, "signing"),
        ({"signing": (replace(KEY, key=KEY.key.upper()),)}, "signing"),
        ({"signing": (replace(KEY, valid_from="yesterday"),)}, "signing"),
        ({"signing": (replace(KEY, revoked_from="never"),)}, "signing"),
        ({"signing": (KEY, replace(KEY, key="ab" * 32, valid_from="yesterday"))}, "signing"),
        ({"papers": ()}, "papers"),
        ({"endpoints": ()}, "endpoints"),
        ({"endpoints": ("https://node.example:8443", "https://node.example")}, "endpoints"),
        ({"zone": "Nowhere/Else"}, "zone"),
    ],
)  # fmt: skip
def test_what_makes_a_card_impossible_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(HeadwaterError) as none:
        a_card(**changes)
    assert str(none.value.where) == f"field '{field}'"
