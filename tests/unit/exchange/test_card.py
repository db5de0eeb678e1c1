"""Cards are trusted by the rules of TUF root metadata, and confirmed by voice."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace as with_values

from headwater.errors import EquivocationError, FormatError, KeyTrustError, RollbackError, SchemaError, SignatureError
from headwater.exchange.card import (
    PURPOSE,
    Card,
    DatedKey,
    SignedCard,
    check_endpoint,
    check_successor,
    read_card,
    sign_card,
)
from headwater.exchange.signed import Algorithm, PairSeed, Paper, sign_paper
from headwater.exchange.suite import XWING, key_id, signing_public
from headwater.model.canonical import encode
from headwater.testing.fakes import START

OLD = tuple(PairSeed(bytes([number]) * 32, bytes([number + 100]) * 32) for number in range(1, 4))
NEW = tuple(PairSeed(bytes([number]) * 32, bytes([number + 100]) * 32) for number in range(11, 14))
SIGNING = signing_public(b"s" * 32)


def card(by: tuple[PairSeed, ...] = OLD, **changes: object) -> Card:
    values: dict[str, object] = {
        "v": 1,
        "authority": "RS-MOI",
        "name": "Exercise Belgrade",
        "version": 1,
        "issued": "2026-11-01T00:00:00Z",
        "expires": "2027-11-01T00:00:00Z",
        "endpoints": ("https://node.example:8443",),
        "suites": (XWING.name,),
        "signing": (DatedKey(key=SIGNING.hex(), valid_from="2026-11-01T00:00:00Z"),),
        "sealing": (DatedKey(key=XWING.public_key(b"x" * 32).hex(), valid_from="2026-11-01T00:00:00Z"),),
        "papers": (OLD[0].public(),),
        "roots": tuple(root.public() for root in by),
        "threshold": 2,
    }
    return Card(**{**values, **changes})  # type: ignore[arg-type]


def signed(given: Card, by: tuple[PairSeed, ...]) -> SignedCard:
    return SignedCard(given, sign_paper(encode(given), PURPOSE, by))


def test_a_card_signed_by_two_of_its_three_roots_is_read_back_in_the_same_bytes() -> None:
    made = sign_card(card(), OLD[:2])
    assert read_card(made.paper.to_bytes()) == made


@pytest.mark.parametrize("by", [(), OLD[:1], (OLD[0], OLD[0]), (OLD[0], NEW[0]), NEW])
def test_a_card_signed_by_fewer_than_two_of_its_own_roots_is_refused(by: tuple[PairSeed, ...]) -> None:
    with pytest.raises(SignatureError):
        read_card(signed(card(), by).paper.to_bytes())


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_root_counts_only_with_both_its_signatures(algorithm: Algorithm) -> None:
    paper = sign_card(card(), OLD[:2]).paper
    half = Paper(payload=paper.payload, signatures=tuple(each for each in paper.signatures if each.alg is algorithm))
    with pytest.raises(SignatureError):
        read_card(half.to_bytes())


def test_a_signature_for_another_purpose_is_none() -> None:
    paper = sign_paper(encode(card()), "agreement", OLD)
    with pytest.raises(SignatureError):
        read_card(paper.to_bytes())


def test_the_next_version_needs_two_roots_of_the_old_and_two_of_the_new() -> None:
    held = sign_card(card(), OLD)
    new = card(NEW, version=2)
    assert check_successor(held, signed(new, OLD[:2] + NEW[:2]))
    for by in (NEW, OLD[:1] + NEW, OLD + NEW[:1]):
        with pytest.raises(SignatureError):
            check_successor(held, read_card(signed(new, by).paper.to_bytes()))


def test_the_same_card_again_changes_nothing() -> None:
    held = sign_card(card(), OLD)
    assert not check_successor(held, sign_card(card(), OLD[1:]))


def test_an_older_version_is_a_rollback() -> None:
    held = sign_card(card(version=3), OLD)
    with pytest.raises(RollbackError):
        check_successor(held, sign_card(card(version=2), OLD))


def test_two_cards_of_one_version_are_an_equivocation() -> None:
    held = sign_card(card(), OLD)
    with pytest.raises(EquivocationError):
        check_successor(held, sign_card(card(name="Somebody else"), OLD))


OTHERWISE: dict[str, Any] = {
    "name": "Exercise Belgrada",
    "issued": "2026-11-01T00:00:01Z",
    "expires": "2027-11-01T00:00:01Z",
    "endpoints": ("https://node.example:8444",),
    "signing": (DatedKey(key=signing_public(b"t" * 32).hex(), valid_from="2026-11-01T00:00:00Z"),),
    "sealing": (DatedKey(key=XWING.public_key(b"y" * 32).hex(), valid_from="2026-11-01T00:00:00Z"),),
    "papers": (OLD[1].public(),),
    "roots": tuple(root.public() for root in (OLD[1], OLD[0], OLD[2])),
    "zone": "Etc/UCT",
}
"""Each field that may differ within one version, as long as it was: only what it says is another."""


def test_every_field_of_a_card_is_changed_in_the_table() -> None:
    assert {*OTHERWISE, "v", "authority", "version", "suites", "threshold"} == set(Card.__struct_fields__)


@pytest.mark.parametrize("field", OTHERWISE)
def test_a_card_of_the_version_held_that_says_anything_else_is_an_equivocation(field: str) -> None:
    held, other = (
        sign_card(card(zone="Etc/UTC"), OLD),
        sign_card(card(**{"zone": "Etc/UTC", field: OTHERWISE[field]}), OLD),
    )
    assert len(other.paper.body) == len(held.paper.body)
    with pytest.raises(EquivocationError):
        check_successor(held, other)
    assert other.fingerprint != held.fingerprint


def test_a_version_that_is_missing_in_between_is_asked_for() -> None:
    held = sign_card(card(), OLD)
    with pytest.raises(KeyTrustError, match="version 2 is missing"):
        check_successor(held, sign_card(card(version=3), OLD))


def test_another_authoritys_card_is_no_successor() -> None:
    held = sign_card(card(), OLD)
    with pytest.raises(KeyTrustError):
        check_successor(held, sign_card(card(version=2, authority="UK-NCA"), OLD))


def test_the_fingerprint_is_eight_groups_of_five_digits_and_another_for_another_card() -> None:
    one, other = sign_card(card(), OLD), sign_card(card(version=2), OLD)
    assert [len(group) for group in one.fingerprint.split()] == [5] * 8
    assert one.fingerprint.replace(" ", "").isdigit()
    assert one.fingerprint != other.fingerprint


def test_the_fingerprint_does_not_depend_on_who_signed() -> None:
    assert sign_card(card(), OLD[:2]).fingerprint == sign_card(card(), OLD).fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"version": 0},
        {"authority": "nobody"},
        {"name": " "},
        {"expires": "2026-11-01T00:00:00Z"},
        {"threshold": 1},
        {"threshold": 3},
        {"roots": tuple(root.public() for root in OLD[:2])},
        {"roots": (OLD[0].public(), OLD[0].public(), OLD[1].public())},
        {"roots": (OLD[0].public(), OLD[1].public(), with_values(OLD[0].public(), ed25519=OLD[2].public().ed25519))},
        {"suites": ()},
        {"suites": ("0020-1-2",)},
        {"signing": ()},
        {"signing": (DatedKey(key="00", valid_from="2026-11-01T00:00:00Z"),)},
        {"signing": (DatedKey(key=SIGNING.hex().upper(), valid_from="2026-11-01T00:00:00Z"),)},
        {"signing": (DatedKey(key=SIGNING.hex(), valid_from="yesterday"),)},
        {"signing": (DatedKey(key=SIGNING.hex(), valid_from="2026-11-01T00:00:00Z", revoked_from="never"),)},
        {"signing": (DatedKey(key=SIGNING.hex(), valid_from="2026-11-01T00:00:00Z"),) * 2},
        {"sealing": (DatedKey(key=SIGNING.hex(), valid_from="2026-11-01T00:00:00Z"),)},
        {"papers": ()},
        {"endpoints": ()},
    ],
)
def test_a_card_that_could_not_be_used_does_not_exist(changes: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        card(**changes)


@pytest.mark.parametrize(
    "text",
    [
        "ftp://node.example:21",
        "https://node.example",
        "https://node.example:8443/v1",
        "https://node.example:8443?x",
        "https://node.example:8443#x",
        "https://user@node.example:8443",
        "https://node.example:99999",
        "https://:8443",
        "node.example:8443",
        "",
    ],
)
def test_an_endpoint_is_a_scheme_a_host_and_a_port_and_no_more(text: str) -> None:
    with pytest.raises(SchemaError):
        check_endpoint(text)


GOOD = DatedKey(key=SIGNING.hex(), valid_from="2026-11-01T00:00:00Z")
SEALING = DatedKey(key=XWING.public_key(b"x" * 32).hex(), valid_from="2026-11-01T00:00:00Z")
EACH: dict[str, tuple[str, Any, Any]] = {
    "a short signing key": ("signing", GOOD, with_values(GOOD, key="00")),
    "a signing key of no day": ("signing", GOOD, DatedKey(key="ab" * 32, valid_from="yesterday")),
    "a signing key revoked on no day": (
        "signing",
        GOOD,
        DatedKey(key="ab" * 32, valid_from=GOOD.valid_from, revoked_from="x"),
    ),
    "a signing key as sealing key": ("sealing", SEALING, GOOD),
    "a sealing key as signing key": ("signing", GOOD, SEALING),
    "a signing key again": ("signing", GOOD, with_values(GOOD, valid_from="2026-12-01T00:00:00Z")),
    "an endpoint with a user": ("endpoints", "https://node.example:8443", "https://victim.example@node.example:8443"),
    "an endpoint without a port": ("endpoints", "https://node.example:8443", "https://node.example"),
    "an endpoint that is a path": ("endpoints", "https://node.example:8443", "https://node.example:8443/x"),
    "an endpoint of another scheme": ("endpoints", "https://node.example:8443", "file://node.example:8443"),
}
"""What may stand nowhere in a list of a card: the field, something good, and it."""


@pytest.mark.parametrize("place", [0, 1, 2, -1])
@pytest.mark.parametrize("name", EACH)
def test_each_of_several_is_looked_at_wherever_it_stands(name: str, place: int) -> None:
    field, good, bad = EACH[name]
    several = [
        with_values(good, key=f"{number:02x}" * (len(good.key) // 2)) if isinstance(good, DatedKey) else good
        for number in range(4)
    ]
    several = [good, *several[1:]]
    changes: dict[str, Any] = {field: tuple(several)}
    card(**changes)
    if name == "a signing key again" and place == 0:
        return  # there it stands once
    several[place] = bad
    changes = {field: tuple(several)}
    with pytest.raises(SchemaError):
        card(**changes)


def test_an_unknown_field_of_a_card_is_refused() -> None:
    payload = encode(card())[:-1] + b',"note":1}'
    with pytest.raises(SchemaError):
        read_card(sign_paper(payload, PURPOSE, OLD).to_bytes())


def test_a_card_with_a_key_twice_in_its_json_is_refused_although_it_is_signed() -> None:
    payload = encode(card())[:-1] + b',"version":9}'
    with pytest.raises(FormatError):
        read_card(sign_paper(payload, PURPOSE, OLD).to_bytes())


def test_a_signing_key_counts_from_its_day_and_names_when_it_was_revoked() -> None:
    later = DatedKey(key=SIGNING.hex(), valid_from="2026-12-01T00:00:00Z", revoked_from="2027-01-01T00:00:00Z")
    given = card(signing=(later,))
    assert given.sender_key(key_id(SIGNING), START) is None
    found = given.sender_key(key_id(SIGNING), START + timedelta(days=30))
    assert found is not None
    assert found.revoked_from is not None
    assert given.sender_key("0" * 64, START + timedelta(days=30)) is None


def test_the_newest_sealing_key_that_counts_is_used() -> None:
    keys = [XWING.public_key(bytes([number]) * 32) for number in range(4)]
    days = ["2026-11-02", "2026-11-03", "2027-01-01", "2026-11-04"]
    dated = [DatedKey(key=key.hex(), valid_from=f"{day}T00:00:00Z") for key, day in zip(keys, days, strict=True)]
    dated[3] = with_values(dated[3], revoked_from="2026-11-20T00:00:00Z")
    assert card(sealing=tuple(dated)).sealing_key(START) == keys[1]


def test_an_expired_card_and_one_without_a_key_that_counts_seal_nothing() -> None:
    given = card()
    with pytest.raises(KeyTrustError):
        given.sealing_key(given.expires_at)
    future = DatedKey(key=XWING.public_key(b"x" * 32).hex(), valid_from="2027-01-01T00:00:00Z")
    with pytest.raises(KeyTrustError):
        card(sealing=(future,)).sealing_key(START)


def test_signing_a_card_with_too_few_roots_fails_at_once() -> None:
    with pytest.raises(SignatureError):
        sign_card(card(), OLD[:1])
