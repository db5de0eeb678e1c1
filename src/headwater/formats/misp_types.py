"""MISP's attribute types beside STIX patterns and the observables that headwater looks for.

Only types whose meaning is one comparison, or one of two together, stand here. All others are kept as they are, and named
as having no counterpart where they would have to be said in STIX.

Source: MISP core format (draft-dulaunoy-misp-core-format), section 2.4.2; MISP's ``describeTypes``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from headwater.formats.stix_pattern import compared, literal, one_test
from headwater.model.threat import observable

_PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "btc": "cryptocurrency-wallet:address",
        "dash": "cryptocurrency-wallet:address",
        "xmr": "cryptocurrency-wallet:address",
        "domain": "domain-name:value",
        "hostname": "domain-name:value",
        "email": "email-addr:value",
        "email-dst": "email-addr:value",
        "email-src": "email-addr:value",
        "filename": "file:name",
        "iban": "bank-account:iban",
        "ip-dst": "ipv4-addr:value",
        "ip-src": "ipv4-addr:value",
        "md5": "file:hashes.MD5",
        "mutex": "mutex:name",
        "phone-number": "phone-number:value",
        "sha1": "file:hashes.'SHA-1'",
        "sha256": "file:hashes.'SHA-256'",
        "sha512": "file:hashes.'SHA-512'",
        "url": "url:value",
    }
)
_BACK: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "bank-account:iban": ("iban", "Financial fraud"),
        "cryptocurrency-wallet:address": ("btc", "Financial fraud"),
        "cryptocurrency-wallet:value": ("btc", "Financial fraud"),
        "domain-name:value": ("domain", "Network activity"),
        "email-addr:value": ("email", "Payload delivery"),
        "file:hashes.'SHA-1'": ("sha1", "Payload delivery"),
        "file:hashes.'SHA-256'": ("sha256", "Payload delivery"),
        "file:hashes.'SHA-512'": ("sha512", "Payload delivery"),
        "file:hashes.'MD5'": ("md5", "Payload delivery"),
        "file:hashes.MD5": ("md5", "Payload delivery"),
        "file:name": ("filename", "Payload delivery"),
        "ipv4-addr:value": ("ip-dst", "Network activity"),
        "ipv6-addr:value": ("ip-dst", "Network activity"),
        "mutex:name": ("mutex", "Artifacts dropped"),
        "phone-number:value": ("phone-number", "Financial fraud"),
        "url:value": ("url", "Network activity"),
    }
)
COMPOSITE: Final = "|"
_PAIR: Final = 2


def pattern_of(kind: str, value: str) -> str | None:
    """Return the STIX pattern that says what an attribute says, None where there is none."""
    kinds, values = kind.split(COMPOSITE), value.split(COMPOSITE)
    if len(kinds) == _PAIR and len(values) == _PAIR:
        if not {"domain", "hostname", "filename", "ip"} >= set(kinds[:1]) or kinds[1] not in {
            "ip",
            "md5",
            "sha1",
            "sha256",
        }:
            return None
        kinds = ["ip-dst" if one == "ip" else one for one in kinds]
    elif len(kinds) > 1:
        return None
    tests = [_test(one, text) for one, text in zip(kinds, values if len(kinds) > 1 else [value], strict=True)]
    return f"[{' AND '.join(test for test in tests if test)}]" if all(tests) else None


def attribute_of(pattern: str) -> tuple[str, str, str] | None:
    """Return type, category and value of the attribute that says what a pattern says, None where there is none."""
    test = one_test(pattern)
    if test is not None:
        back = _BACK.get(test[0])
        return (*back, test[1]) if back and test[1].strip() else None
    named = compared(pattern)
    if sorted(kind for kind, _ in named) == ["address", "domain"] and pattern in _both(values := dict(named)):
        return ("domain|ip", "Network activity", f"{values['domain']}|{values['address']}")
    return None


def watched(kind: str, value: str) -> tuple[tuple[str, str], ...]:
    """Return the observables that an attribute names, kind and value."""
    pattern = pattern_of(kind, value)
    return compared(pattern) if pattern else ()


def _test(kind: str, value: str) -> str | None:
    path = _PATHS.get(kind)
    if path == "ipv4-addr:value":
        address = observable("address", value)
        path = None if address is None else "ipv6-addr:value" if ":" in address else path
    return f"{path} = {literal(value)}" if path else None


def _both(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the two patterns that ask for a domain and an address together."""
    tests = [_test("domain", values["domain"]) or "", _test("ip-dst", values["address"]) or ""]
    return tuple(f"[{' AND '.join(one)}]" for one in (tests, tests[::-1]))
