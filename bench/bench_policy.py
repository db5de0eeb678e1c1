"""How long a judgement takes: a message about 14 entities, beside reading the same message from its bytes.

    python bench/bench_policy.py

The goal is 50 microseconds on an idle machine. As seconds of one machine say little on another, the ratio compares with
reading the message: a judgement costs no more than twice that, so it is never what an exchange waits for.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from headwater.model.canonical import decode, encode
from headwater.model.message import Message, MessageFact
from headwater.model.times import parse_instant
from headwater.policy.agreement import Agreement
from headwater.policy.rules import Outcome, decide

NOW = parse_instant("2026-03-02T09:00:00Z")
ENTITIES = 14
ROUNDS, REPEATS = 500, 15

AGREEMENT: dict[str, Any] = {
    "id": "A-AA-BB",
    "parties": ["AA-POL", "BB-POL"],
    "state": "live",
    "valid_from": "2025-01-01",
    "valid_until": "2027-12-31",
    "binding": True,
    "purposes": ["oic"],
    "kinds": ["spontaneous"],
    "markings": {"NONE": 0, "LOW": 1},
    "categories": ["suspect", "object"],
    "retain_max_days": 365,
    "osja": {"ref": "OSJA-1", "level": "low", "review_by": "2026-12-31"},
}
FACT: dict[str, Any] = {"origin": "AA", "marking": "LOW", "handling": ["P"], "retain_until": "2026-12-31"}
KINDS: list[dict[str, Any]] = [
    {**FACT, "prop": "name", "category": "suspect", "personal": True, "grade": "3x5x2:1/B"},
    {**FACT, "prop": "phone", "category": "suspect", "personal": True, "grade": "3x5x2:1/B"},
    {**FACT, "prop": "registrationNumber", "category": "object"},
]


def message(facts_per_entity: int) -> Message:
    """A message about 14 entities."""
    count = ENTITIES * facts_per_entity
    wire = {
        "kind": "spontaneous",
        "from": "AA-POL",
        "to": "BB-POL",
        "agreement": "A-AA-BB",
        "purpose": "oic",
        "classification": "LOW",
        "expires": "2026-06-30T00:00:00Z",
        "author": "ann",
        "approver": "sue",
        "facts": {f"f{number}": KINDS[number % len(KINDS)] for number in range(count)},
    }
    return decode(encode(wire), Message)


def best_us(work: Callable[[], object]) -> float:
    """The quickest of several rounds, in microseconds of this process."""
    times = []
    for _ in range(REPEATS):
        began = time.process_time_ns()
        for _ in range(ROUNDS):
            work()
        times.append(time.process_time_ns() - began)
    return min(times) / ROUNDS / 1000


def main() -> None:
    """Measure and print one line of JSON."""
    terms = {"A-AA-BB": decode(encode(AGREEMENT), Agreement)}
    held: dict[str, MessageFact] = {}
    results = []
    for facts_per_entity in (1, 3):
        asked = message(facts_per_entity)
        if decide("send", terms, asked, held, NOW).outcome is not Outcome.ALLOW:
            raise SystemExit("the message of this benchmark must pass")
        reading_us = best_us(partial(decode, encode(asked), Message))
        for op in ("send", "receive"):
            taken_us = best_us(partial(decide, op, terms, asked, held, NOW))
            results.append(
                {
                    "name": f"{op}, 14 entities, {len(asked.facts)} facts",
                    "ratio": round(taken_us / reading_us, 2),
                    "at_most": 2.0,
                    "what": f"of reading it ({taken_us:.1f} us, goal 50)",
                }
            )
    print(json.dumps({"results": results}))


if __name__ == "__main__":
    main()
