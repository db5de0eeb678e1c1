"""Invented threat intelligence: STIX bundles and a MISP event about a fictional gang's shop, wallet and telephone.

Addresses and names are from the ranges kept for documentation (RFC 5737, RFC 2606); nobody and nothing in it exists.
"""

from random import Random
from typing import Any, Final
from uuid import UUID

from headwater.formats.stix_marking import LEVELS, TLP2, definition

CERT: Final = "identity--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10"
SHOP: Final = "boats-and-engines.example"
WALLET: Final = "bc1qinventedwalletofthefictionalgang0000000"
PHONE: Final = "+44 20 7946 0958"
"""A telephone number that Ofcom keeps for fiction."""
_MADE: Final = "2025-01-02T08:00:00.000Z"


def uuid4(draw: Random) -> str:
    """Return a UUID that follows from the seed alone."""
    return str(UUID(int=draw.getrandbits(128), version=4))


def indicator(draw: Random, name: str, pattern: str, code: str = "AMBER", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an invented indicator."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid4(draw)}",
        "created": _MADE,
        "modified": _MADE,
        "created_by_ref": CERT,
        "name": name,
        "indicator_types": ["malicious-activity"],
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": _MADE,
        "object_marking_refs": [TLP2[code]],
        **more,
    }


def cert(name: str = "Invented CERT Adria") -> dict[str, Any]:
    """Return the identity of the invented CERT."""
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": CERT,
        "created": _MADE,
        "modified": _MADE,
        "name": name,
        "identity_class": "organization",
        "object_marking_refs": [TLP2["CLEAR"]],
    }


def objects(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return an identity and so many indicators, domains and addresses by turns, under all codes of TLP but RED."""
    draw = Random(seed)
    made = [cert()]
    for number in range(count):
        pattern = (
            f"[domain-name:value = 'x{draw.getrandbits(40):010x}.example']"
            if number % 2
            else f"[ipv4-addr:value = '203.0.113.{draw.randrange(1, 255)}']"
        )
        made.append(indicator(draw, f"invented {number}", pattern, LEVELS[number % 4], confidence=number % 101))
    return made


def bundle(found: list[dict[str, Any]], seed: int = 1) -> dict[str, Any]:
    """Return objects as a bundle."""
    return {"type": "bundle", "id": f"bundle--{uuid4(Random(seed))}", "objects": found}


def warning(seed: int = 3) -> dict[str, Any]:
    """Return the bundle in which the invented CERT warns of the gang: shop, wallet, telephone and what ties them."""
    draw = Random(seed)
    shop = indicator(draw, "shop of an invented gang", f"[domain-name:value = '{SHOP}']", "GREEN", confidence=80)
    wallet = indicator(draw, "wallet of an invented gang", f"[cryptocurrency-wallet:address = '{WALLET}']", "GREEN")
    phone = indicator(draw, "telephone of an invented gang", f"[phone-number:value = '{PHONE}']", "AMBER")
    gang = {
        "type": "intrusion-set",
        "spec_version": "2.1",
        "id": f"intrusion-set--{uuid4(draw)}",
        "created": _MADE,
        "modified": _MADE,
        "created_by_ref": CERT,
        "name": "INVENTED HERON",
        "description": "Fictional: sells boats and passages on the net.",
        "object_marking_refs": [TLP2["GREEN"]],
        "granular_markings": [{"marking_ref": TLP2["RED"], "selectors": ["description"]}],
    }
    links = [
        {
            "type": "relationship",
            "spec_version": "2.1",
            "id": f"relationship--{uuid4(draw)}",
            "created": _MADE,
            "modified": _MADE,
            "created_by_ref": CERT,
            "relationship_type": "indicates",
            "source_ref": one["id"],
            "target_ref": gang["id"],
            "object_marking_refs": [TLP2["GREEN"]],
        }
        for one in (shop, wallet)
    ]
    marks = [definition(code) for code in LEVELS]
    return bundle([*marks, cert(), shop, wallet, phone, gang, *links], seed)


def misp_event(seed: int = 5) -> dict[str, Any]:
    """Return an invented MISP event: attributes of known and unknown types, tags, an object, and one that was deleted."""
    draw = Random(seed)

    def attribute(kind: str, value: str, category: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        common = {"uuid": uuid4(draw), "type": kind, "value": value, "category": category}
        return {**common, "timestamp": "1735804800", "to_ids": True, "disable_correlation": False, **more}

    parts = [
        attribute("domain", SHOP, "Network activity", Tag=[{"name": "tlp:green"}]),
        attribute("btc", WALLET, "Financial fraud", comment="paid for engines"),
        attribute("domain|ip", f"{SHOP}|203.0.113.7", "Network activity"),
        attribute("url", f"https://{SHOP}/pay?b=1", "Network activity", deleted=True),
        attribute("x-invented", "kept", "Other", to_ids=False, distribution="5"),
        attribute("comment", "only for those who were named", "Other", to_ids=False, Tag=[{"name": "tlp:red"}]),
    ]
    thing = {
        "uuid": uuid4(draw),
        "name": "domain-ip",
        "meta-category": "network",
        "template_uuid": "43b3b146-77eb-4931-b4cc-b66c60f28734",
        "template_version": "9",
        "Attribute": [attribute("ip-dst", "203.0.113.8", "Network activity", object_relation="ip")],
    }
    event = {
        "uuid": uuid4(draw),
        "info": "Invented: a shop for passages",
        "date": "2025-01-02",
        "threat_level_id": "2",
        "analysis": "1",
        "distribution": "1",
        "Tag": [{"name": "tlp:amber"}, {"name": 'admiralty-scale:source-reliability="b"'}],
        "Attribute": parts,
        "Object": [thing],
    }
    return {"Event": event}
