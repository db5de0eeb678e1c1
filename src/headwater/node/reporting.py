"""The annual transparency report: one year counted from the ledger, and nothing else, so that anyone can count again."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from headwater.model.ids import AuthorityId
from headwater.model.message import Kind
from headwater.model.times import format_instant
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Leaf

LOOK: Final = "look."
ERASED: Final = "erased"
PAST: Final = 100
"""Per cent of a request's time at which its deadline has passed."""


@dataclass(slots=True)
class Count:
    """What was counted with one partner.

    Attributes:
        sent, received: messages by kind.
        facts_sent, facts_received: facts in them.
        refused_here: by rule or code: what we refused, or did not send.
        refused_there: by rule or code, as the partner's receipts say.
        held, redacted: messages held back for a second person, and messages that facts were taken out of.
        receipted, expired, delivered_again: what became of our messages.
        recalls_sent, recalls_received: amend messages.
        amended: recalls of the partner's that we carried out, by action.
        recalls_proved: proofs of the partner's that it carried out ours.
        deadlines: alarms by way and per cent of the time, and requests whose deadline has not passed.
        alarms: by code.
        witnessed, cosigned: our log's heads that it cosigned, and its own that we did.
    """

    sent: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    categories_sent: Counter[str] = field(default_factory=Counter)
    categories_received: Counter[str] = field(default_factory=Counter)
    facts_sent: int = 0
    facts_received: int = 0
    refused_here: Counter[str] = field(default_factory=Counter)
    refused_there: Counter[str] = field(default_factory=Counter)
    held: int = 0
    redacted: int = 0
    receipted: int = 0
    expired: int = 0
    delivered_again: int = 0
    recalls_sent: int = 0
    recalls_received: int = 0
    amended: Counter[str] = field(default_factory=Counter)
    recalls_proved: int = 0
    deadlines: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    witnessed: int = 0
    cosigned: int = 0


def report(node: Node, session: Session, year: int) -> dict[str, Any]:
    """Return the report of a year, in UTC, as it stands in a document; the same each time it is asked for.

    Raises:
        PolicyError: the user may not make it.
    """
    may(session, Act.REPORT_MAKE)
    with node.store.snapshot() as snapshot:
        counted = count(snapshot.leaves(), year, node.authority)
        size = counted["ledger"]["size"]
        counted["ledger"]["root"] = snapshot.root_at(size).hex()
    return counted


def count(leaves: Iterable[Leaf], year: int, me: AuthorityId) -> dict[str, Any]:
    """Return what the leaves of a year say.

    Args:
        leaves: the whole ledger, in order.
        year: in UTC.
        me: whose ledger it is.
    """
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    partners: dict[str, Count] = {}
    kinds: Counter[str] = Counter()
    looks: Counter[str] = Counter()
    peers: dict[str, str] = {}
    size, inside = 0, False
    for leaf in leaves:
        if leaf.at is not None:
            inside = start <= leaf.at <= end
        if leaf.at is not None and leaf.at <= end:
            size = leaf.index + 1
        if leaf.event is not None and leaf.event.kind in {"exchange.sent", "exchange.held"}:
            peers[leaf.event.subject] = str(leaf.event.detail.get("to", ""))
        if not inside:
            continue
        event = leaf.event
        if event is None:
            kinds[ERASED] += 1  # between two events of the year: it was of the year too
            continue
        kinds[event.kind] += 1
        if event.kind.startswith(LOOK):
            looks[event.purpose] += 1
        _add(partners, event, peers, me)
    return {
        "authority": me,
        "year": year,
        "from": format_instant(start),
        "to": format_instant(end),
        "ledger": {"size": size},
        "events": dict(sorted(kinds.items())),
        "looks": dict(sorted(looks.items())),
        "partners": {name: _plain(found) for name, found in sorted(partners.items())},
    }


def markdown(counted: Mapping[str, Any]) -> str:
    """Return a report for people to read."""
    ledger = counted["ledger"]
    lines = [
        f"# Transparency report of {counted['authority']}, {counted['year']}",
        "",
        f"Counted from the ledger: {ledger['size']} events, root `{ledger['root']}`. Times are UTC.",
        "",
    ]
    for name, found in counted["partners"].items():
        lines += [f"## {name}", "", "| what | how many |", "|---|---|"]
        lines += [f"| {_LABELS[key]}{part} | {number} |" for key, part, number in _rows(found)]
        lines.append("")
    for title, found in (("Looks by purpose", counted["looks"]), ("All events", counted["events"])):
        lines += [f"## {title}", "", "| what | how many |", "|---|---|"]
        lines += [f"| {key or 'none given'} | {number} |" for key, number in found.items()]
        lines.append("")
    return "\n".join(lines)


def _rows(found: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    rows: list[tuple[str, str, int]] = []
    for key in _LABELS:
        value = found[key]
        if isinstance(value, int):
            rows.append((key, "", value))
        else:
            rows += [(key, f": {part}", number) for part, number in value.items()]
    return rows


def _add(partners: dict[str, Count], event: Event, peers: Mapping[str, str], me: AuthorityId) -> None:
    handler = _HANDLERS.get(event.kind)
    if handler is not None:
        handler(_of(partners, event, peers, me), event)


def _of(partners: dict[str, Count], event: Event, peers: Mapping[str, str], me: AuthorityId) -> Count:
    """Return the count of the partner that an event is about: named in it, known by the message, or who acted."""
    about = event.subject if event.kind in _ABOUT_SUBJECT else ""
    named = event.detail.get("to") or event.detail.get("peer")
    name = str(named or about or peers.get(event.subject) or event.who)
    if name in {me, "unproved"}:
        name = event.who if event.who not in {me, "unproved"} else event.subject
    return partners.setdefault(name, Count())


def _sent(found: Count, event: Event) -> None:
    kind = str(event.detail.get("kind", ""))
    found.sent[kind] += 1
    found.facts_sent += int(event.detail.get("facts", 0))
    found.recalls_sent += kind == Kind.AMEND
    _categories(found.categories_sent, event)


def _received(found: Count, event: Event) -> None:
    kind = str(event.detail.get("kind", ""))
    found.received[kind] += 1
    found.facts_received += int(event.detail.get("facts", 0))
    found.recalls_received += kind == Kind.AMEND
    _categories(found.categories_received, event)


def _categories(counter: Counter[str], event: Event) -> None:
    for part in str(event.detail.get("categories", "")).split():
        name, _, number = part.partition("=")
        counter[name] += int(number) if number.isdecimal() else 0


def _refused(found: Count, event: Event) -> None:
    if "result" in event.detail:
        found.refused_there[str(event.detail["result"]).partition(":")[2]] += 1
    else:
        found.refused_here[str(event.detail.get("code", ""))] += int(event.detail.get("count", 1))


def _not_sent(found: Count, event: Event) -> None:
    found.refused_here[str(event.detail.get("rule", ""))] += 1


def _held(found: Count, _: Event) -> None:
    found.held += 1


def _redacted(found: Count, _: Event) -> None:
    found.redacted += 1


def _receipted(found: Count, _: Event) -> None:
    found.receipted += 1


def _expired(found: Count, _: Event) -> None:
    found.expired += 1


def _again(found: Count, _: Event) -> None:
    found.delivered_again += 1


def _alarm(found: Count, event: Event) -> None:
    found.alarms[str(event.detail.get("code", ""))] += 1


def _deadline(found: Count, event: Event) -> None:
    found.deadlines[f"{event.detail.get('way', '')}, alarm at {event.detail.get('level', '')} %"] += 1


def _amended(found: Count, event: Event) -> None:
    found.amended[str(event.detail.get("action", ""))] += 1


def _proved(found: Count, _: Event) -> None:
    found.recalls_proved += 1


def _witnessed(found: Count, _: Event) -> None:
    found.witnessed += 1


def _cosigned(found: Count, _: Event) -> None:
    found.cosigned += 1


_HANDLERS: Final = {
    "exchange.sent": _sent,
    "exchange.received": _received,
    "exchange.refused": _refused,
    "exchange.not-sent": _not_sent,
    "exchange.held": _held,
    "exchange.redacted": _redacted,
    "exchange.receipted": _receipted,
    "exchange.dead-letter": _expired,
    "exchange.delivered-again": _again,
    "exchange.alarm": _alarm,
    "exchange.deadline-alarm": _deadline,
    "exchange.amended": _amended,
    "exchange.amend-done": _proved,
    "exchange.witnessed": _witnessed,
    "exchange.cosigned": _cosigned,
}
_ABOUT_SUBJECT: Final = frozenset({"exchange.cosigned", "exchange.alarm"})
_LABELS: Final = {
    "sent": "messages sent",
    "received": "messages received",
    "facts_sent": "facts sent",
    "facts_received": "facts received",
    "categories_sent": "facts sent, by category",
    "categories_received": "facts received, by category",
    "refused_here": "refused by us",
    "refused_there": "refused by the partner",
    "held": "held back for a second person",
    "redacted": "sent without some facts",
    "receipted": "settled by a signed receipt",
    "expired": "expired before they were taken",
    "delivered_again": "delivered again",
    "recalls_sent": "recalls sent",
    "recalls_received": "recalls received",
    "amended": "recalls of the partner's carried out",
    "recalls_proved": "recalls of ours proved by the partner",
    "deadlines": "requests",
    "alarms": "alarms",
    "witnessed": "heads of our log that it cosigned",
    "cosigned": "heads of its log that we cosigned",
}


def _plain(found: Count) -> dict[str, Any]:
    for way, asked in (("in", found.received), ("out", found.sent)):
        if asked[Kind.REQUEST]:
            past = found.deadlines[f"{way}, alarm at {PAST} %"]
            found.deadlines[f"{way}, deadline not passed"] = asked[Kind.REQUEST] - past
    values = {key: getattr(found, key) for key in _LABELS}
    return {key: dict(sorted(value.items())) if isinstance(value, Counter) else value for key, value in values.items()}
