"""What the tests of the rules share: base records of fictional states, and JSON merge patches over them.

States AA, BB and CC do not exist. AA-POL has an agreement with BB-POL (not binding, no special categories) and one with
CC-POL, which lets its facts never pass on to BB.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from headwater.model.message import BreakGlass, Message, MessageFact
from headwater.model.times import parse_instant
from headwater.policy.agreement import Agreement
from headwater.policy.rules import Judgement, decide

NOW = "2026-03-02T09:00:00Z"

AGREEMENTS: dict[str, Any] = {
    "A-AA-BB": {
        "id": "A-AA-BB",
        "parties": ["AA-POL", "BB-POL"],
        "state": "live",
        "valid_from": "2025-01-01",
        "valid_until": "2027-12-31",
        "binding": False,
        "safeguards": {"AA": {"ref": "TEST-1", "until": "2026-12-31"}, "BB": {"ref": "TEST-2", "until": "2026-12-31"}},
        "purposes": ["oic", "victim-protection"],
        "kinds": ["request", "response", "spontaneous", "alert", "search", "evidence-bundle", "ti"],
        "markings": {"NONE": 0, "LOW": 1, "HIGH": 2},
        "categories": ["suspect", "victim", "smuggled", "witness", "organisation", "object"],
        "sensitive": False,
        "retain_max_days": 365,
        "onward": {"never": []},
        "osja": {"ref": "OSJA-1", "level": "low", "review_by": "2026-12-31"},
        "deadlines": "eu-2023-977",
    },
    "A-AA-CC": {
        "id": "A-AA-CC",
        "parties": ["AA-POL", "CC-POL"],
        "state": "live",
        "valid_from": "2025-01-01",
        "valid_until": "2027-12-31",
        "binding": True,
        "purposes": ["oic"],
        "kinds": ["spontaneous"],
        "markings": {"NONE": 0, "LOW": 1},
        "categories": ["suspect", "object"],
        "retain_max_days": 365,
        "onward": {"never": ["BB"]},
        "osja": {"ref": "OSJA-2", "level": "low", "review_by": "2026-12-31"},
    },
}

FACT: dict[str, Any] = {
    "prop": "plate",
    "category": "object",
    "origin": "AA",
    "marking": "LOW",
    "handling": ["P"],
    "retain_until": "2026-12-31",
}
PERSON: dict[str, Any] = {**FACT, "prop": "phone", "category": "suspect", "personal": True, "grade": "3x5x2:1/B"}

MESSAGE: dict[str, Any] = {
    "kind": "spontaneous",
    "from": "AA-POL",
    "to": "BB-POL",
    "agreement": "A-AA-BB",
    "purpose": "oic",
    "urgency": "normal",
    "classification": "HIGH",
    "expires": "2026-06-30T00:00:00Z",
    "author": "ann",
    "approver": "sue",
    "facts": {"f1": FACT, "f2": PERSON},
}
USE: dict[str, Any] = {
    "kind": "use",
    "user": "BB-POL",
    "use": "intelligence",
    "purpose": "oic",
    "facts": {"f1": FACT, "f2": PERSON},
}
AMEND: dict[str, Any] = {
    "kind": "amend",
    "from": "AA-POL",
    "to": "BB-POL",
    "agreement": "A-AA-BB",
    "expires": "2026-06-30T00:00:00Z",
    "amend": {"action": "erase", "facts": ["f1", "f2"], "reason": "mistaken identity"},
}


GLASS = msgspec.convert({"reason": "life", "approver": "sue", "threat": "immediate-serious"}, BreakGlass)
LOOSENERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a broken glass": ({"break_glass": GLASS}, {"onward-consent", "h2-onward", "derived"}),
    "every approval": (
        {"approvals": ("minister", "senior", "safeguarding")},
        {"minor", "osja-approval", "protected-identity"},
    ),
    "another approver": ({"approver": "zoe"}, {"four-eyes", "no-approver"}),
    "a reason": ({"reason": "because", "text": "please"}, {"reason"}),
}
"""What a message may bring that lets it pass where it would not, and the only rules that it may lift."""


def merge(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7396): null deletes, lists are replaced whole."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def message(base: Mapping[str, Any] = MESSAGE, **patch: Any) -> Message:
    """A base message with changes; `sender` and `recipient` stand for the wire's `from` and `to`."""
    wire = {{"sender": "from", "recipient": "to"}.get(key, key): value for key, value in patch.items()}
    return msgspec.convert(merge(dict(base), wire), Message)


def agreements(**patch: Any) -> dict[str, Agreement]:
    """The base agreements, with changes to that between AA and BB."""
    changed = {**AGREEMENTS, "A-AA-BB": merge(AGREEMENTS["A-AA-BB"], patch)}
    return msgspec.convert(changed, dict[str, Agreement])


def held(**facts: Any) -> dict[str, MessageFact]:
    """Facts that the deciding node holds."""
    return msgspec.convert(facts, dict[str, MessageFact])


def judge(
    asked: Message,
    op: str = "send",
    *,
    terms: Mapping[str, Agreement] | None = None,
    holds: Mapping[str, MessageFact] | None = None,
    now: str = NOW,
) -> Judgement:
    """What the rules say; whatever is asked, what loosens one rule loosens no other."""
    given = terms if terms is not None else agreements()
    judgement = decide(op, given, asked, holds or {}, instant(now))
    for name, (more, lifts) in LOOSENERS.items():
        loosened = decide(op, given, msgspec.structs.replace(asked, **more), holds or {}, instant(now))
        lost = {each.rule for each in judgement.reasons} - {each.rule for each in loosened.reasons}
        assert lost <= lifts, f"{name} lifts {lost - lifts}"
    return judgement


def instant(text: str) -> datetime:
    """An instant from its text."""
    return parse_instant(text)


def brief(judgement: Judgement) -> str:
    """A judgement in one line: outcome, rule, what was removed by which rule, obligations."""
    removed = " ".join(f"-{name}:{rule}" for name, rule in judgement.removed.items())
    owed = " ".join(f"+{duty}" for duty in judgement.obligations)
    return " ".join(part for part in (judgement.outcome, judgement.rule, removed, owed) if part)
