"""Drafts for the Office of Financial Sanctions Implementation: a report on a confirmed hit, the annual frozen-asset review.

A relevant firm must inform OFSI as soon as practicable when it knows or has reasonable cause to suspect that a person is
designated: on what information that rests, what identifies the person, and the nature and amount of funds held (for
example S.I. 2025/902, the part on information and records). Whoever holds frozen assets reports their value as at the
close of 30 September by 30 November. What is made here is a draft; a person checks it and sends it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from headwater.errors import NoBasisError, SchemaError
from headwater.formats.assets_csv import Asset, read_assets
from headwater.model.ids import FindingId, RecordId
from headwater.model.record import Record
from headwater.model.times import format_instant
from headwater.node import findings
from headwater.node.files import bytes_of
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event

DRAFT: Final = "Draft, not sent. A person checks it and sends it to OFSI as soon as practicable."
REVIEW_DAY: Final = (9, 30)
DUE_DAY: Final = (11, 30)
_IDENTITY: Final = ("name", "alias", "previousName", "weakAlias", "birthDate", "birthPlace", "nationality", "gender",
                    "passportNumber", "idNumber", "registrationNumber", "imoNumber", "address")  # fmt: skip
_DESIGNATION: Final = {"program": "regime", "provisions": "measures", "reason": "statement_of_reasons",
                       "authorityId": "reference", "listingDate": "designated_on"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Informant:
    """Who reports: the firm or authority, the person to ask, and how to reach them."""

    organisation: str
    person: str
    contact: str = ""


def report(
    node: Node, session: Session, ref: FindingId, informant: Informant, assets: Sequence[Asset], known_on: date | None
) -> dict[str, Any]:
    """Return the draft of a report on a confirmed hit.

    Args:
        node: the node.
        session: who drafts, and why.
        ref: the finding.
        informant: who reports.
        assets: funds and economic resources held for the person.
        known_on: when it became known; the day of the decision where nothing is said.

    Raises:
        NoBasisError: no person has confirmed the hit.
        PolicyError: the user may not see it.
    """
    may(session, Act.FINDING_DECIDE)
    shown = findings.one(node, session, ref)
    if not shown.finding.kind.startswith("match."):
        raise SchemaError("a finding that is no hit of screening", where=ref)
    if not shown.is_confirmed:
        fix = "decide it first: headwater findings decide FINDING same --reason ..."
        raise NoBasisError("no person has confirmed this hit", where=ref, fix=fix)
    decision = next(made for made in reversed(shown.decisions) if made.verb == "confirm")
    with node.view(session) as view:
        record = view.record(RecordId(shown.finding.evidence[0].ref.partition("/")[0]))
    node.store.note(Event("ofsi.drafted", session.user, ref, session.purpose, {"assets": len(assets)}))
    origin = record.origin
    return {
        "kind": "ofsi-report",
        "status": DRAFT,
        "drafted_at": format_instant(node.clock.now()),
        "informant": {"organisation": informant.organisation, "person": informant.person, "contact": informant.contact},
        "basis": {
            "regime": _values(record, "program"),
            "known_or_suspected_on": (known_on or decision.decided_at.date()).isoformat(),
            "confirmed_by": decision.who,
            "confirmed_at": format_instant(decision.decided_at),
            "why": decision.reason,
            "information": [reason.text for reason in shown.finding.reasons],
            "score": shown.finding.score,
            "finding": ref,
        },
        "designated_person": {
            "entry": record.mentions[0].key,
            "list": {"source": origin.source, "version": origin.version, "sha256": origin.sha256, "row": origin.place},
            "identity": {prop: values for prop in _IDENTITY if (values := _values(record, prop))},
            **{name: values for prop, name in _DESIGNATION.items() if (values := _values(record, prop))},
        },
        "funds_and_economic_resources": [_asset(one) for one in assets],
        "totals": _totals(assets),
        "nothing_held": not assets,
    }


def review(node: Node, session: Session, assets: Sequence[Asset], year: int, informant: Informant) -> dict[str, Any]:
    """Return the draft of an annual review of frozen assets, valued at 30 September, due by 30 November.

    Raises:
        PolicyError: the user may not decide about findings.
        SchemaError: there is no such year.
    """
    may(session, Act.FINDING_DECIDE)
    try:
        valued, due = date(year, *REVIEW_DAY), date(year, *DUE_DAY)
    except ValueError as error:
        raise SchemaError("no such year", where="--year") from error
    wrong = [one for one in assets if one.valued_on != valued]
    today = node.clock.now().date()
    node.store.note(Event("ofsi.reviewed", session.user, str(year), session.purpose, {"assets": len(assets)}))
    return {
        "kind": "ofsi-annual-review",
        "status": DRAFT,
        "informant": {"organisation": informant.organisation, "person": informant.person, "contact": informant.contact},
        "valued_on": valued.isoformat(),
        "due_by": due.isoformat(),
        "days_left": (due - today).days,
        "assets": [_asset(one) for one in assets],
        "totals": _totals(assets),
        "to_value_again": [
            {"holder": one.holder, "asset": one.description, "valued_on": one.valued_on.isoformat()} for one in wrong
        ],
        "nothing_held": not assets,
    }


def assets_in(path: Path | None) -> list[Asset]:
    """Return the assets in a CSV file; none where no file is named.

    Raises:
        InputError: it cannot be read as one.
    """
    return read_assets(bytes_of(path), file=path.name) if path else []


def text(document: Mapping[str, Any]) -> str:
    """Return a draft as text that a person can read and correct."""
    title = "REPORT TO OFSI" if document["kind"] == "ofsi-report" else "ANNUAL FROZEN-ASSET REVIEW FOR OFSI"
    lines = [title, document["status"], ""]
    for heading, value in document.items():
        if heading not in {"kind", "status"}:
            lines += [heading.replace("_", " ").capitalize(), *_indented(value, 1), ""]
    return "\n".join(lines)


def _indented(value: object, depth: int) -> list[str]:
    pad = "  " * depth
    if isinstance(value, Mapping):
        found = []
        for name, inner in value.items():
            shown = str(name).replace("_", " ")
            flat = not isinstance(inner, Mapping | list)
            found += [f"{pad}{shown}: {inner}"] if flat else [f"{pad}{shown}:", *_indented(inner, depth + 1)]
        return found
    if isinstance(value, list):
        return [
            line
            for one in value
            for line in ([f"{pad}- {one}"] if isinstance(one, str) else [*_indented(one, depth), f"{pad}-"])
        ] or [f"{pad}none"]
    said = ("yes" if value else "no") if isinstance(value, bool) else value
    return [f"{pad}{said}"]


def _values(record: Record, prop: str) -> list[str]:
    return list(dict.fromkeys(fact.value for fact in record.facts if fact.prop == prop))


def _asset(one: Asset) -> dict[str, Any]:
    return {
        "holder": one.holder,
        "nature": one.nature,
        "description": one.description,
        "currency": one.currency,
        "amount_minor": one.amount_minor,
        "amount": f"{Decimal(one.amount_minor) / 100:.2f}",
        "valued_on": one.valued_on.isoformat(),
        "frozen_on": one.frozen_on.isoformat() if one.frozen_on else None,
    }


def _totals(assets: Sequence[Asset]) -> dict[str, str]:
    sums: dict[str, int] = {}
    for one in assets:
        sums[one.currency] = sums.get(one.currency, 0) + one.amount_minor
    return {currency: f"{Decimal(total) / 100:.2f}" for currency, total in sorted(sums.items())}
