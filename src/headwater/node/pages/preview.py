"""Who would see exactly what before a message goes, from the body that would be sealed; what is held back, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import msgspec

from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.model.canonical import content_id
from headwater.model.ids import AuthorityId, EntityKey, FactId
from headwater.model.message import Kind, MessageFact
from headwater.node import messages
from headwater.node.messages import Envelope, FindingChoice, Letter
from headwater.node.node import Node
from headwater.node.pages.sharing import Choice, partners
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Guarded

WRITTEN: Final = (Kind.SPONTANEOUS, Kind.ALERT, Kind.REQUEST)
"""Kinds that an officer begins; answers and consents begin at the message they answer."""
RESULTS: Final = ("full", "partial", "none", "refused", "clarify")
URGENCIES: Final = ("normal", "urgent", "flash")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFact:
    """One fact as it stands in a message."""

    name: str
    prop: str
    value: str
    lang: str
    original: str
    origin: str
    category: str
    grade: str
    marking: str
    handling: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One fact that is held back: by which rule, and what would let it go."""

    name: str
    prop: str
    value: str
    lang: str
    rule: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSaid:
    """One rule that had a say about the message."""

    id: str
    rule: str
    outcome: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message as a form holds it.

    Attributes:
        to: authority and agreement.
        entity: a thing whose facts are told; `records`, `facts`, `findings` name more.
    """

    kind: str = Kind.SPONTANEOUS
    to: AuthorityId
    agreement: str
    entity: str = ""
    records: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    grade: str = ""
    classification: str = ""
    text: str = ""
    reason: str = ""
    urgency: str = "normal"
    why_urgent: str = ""
    result: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a partner would see, and what not.

    Attributes:
        outcome: ``allow``, ``redact``, ``hold`` or ``refuse``.
        body: the message as it would be sealed.
        digest: of the body, less the time at which it expires: what is sent must be what was shown.
    """

    draft: Draft
    partner: str
    outcome: str
    rule: str
    told: tuple[ToldFact, ...]
    held: tuple[Held, ...]
    reasons: tuple[RuleSaid, ...]
    duties: tuple[str, ...]
    body: Mapping[str, Any]
    classifications: tuple[str, ...]
    digest: str


def preview(node: Node, session: Session, draft: Draft) -> Preview:
    """Return what a partner would see exactly, from the body that would be sealed; nothing leaves.

    Raises:
        PolicyError: the user may not send, or may not see what is to be told.
    """
    may(session, Act.MESSAGE_SEND)
    agreement = node.exchange.agreements().get(draft.agreement)
    if agreement is None or draft.to not in agreement.parties:
        raise ForbiddenError("no such agreement with this partner", where=Place(field="to"))
    known = markings(node, draft)
    letter = letter_of(node, session, draft, known)
    sending = messages.dry_run(node, session, envelope_of(draft), letter)
    judgement = sending.judgement
    said = tuple(
        RuleSaid(id=each.id, rule=each.rule, outcome=each.outcome.value, text=each.text, remedy=each.remedy)
        for each in judgement.reasons
    )
    with node.view(session) as view:
        held = tuple(_held(view, name, rule, said) for name, rule in judgement.removed.items())
    refused = judgement.outcome.value == "refuse"
    body: dict[str, Any] = {} if refused else msgspec.to_builtins(sending.message)
    partner = next((one for one in node.exchange.partners() if one.authority == draft.to), None)
    return Preview(
        draft=draft,
        partner=partner.card.card.name if partner else draft.to,
        outcome=judgement.outcome.value,
        rule=judgement.rule,
        # What is refused goes nowhere: nothing of it is shown as if the partner would see it.
        told=() if refused else tuple(told_fact(name, fact) for name, fact in sorted(sending.message.facts.items())),
        held=held,
        reasons=said,
        duties=judgement.obligations,
        body=body,
        classifications=known,
        digest=_digest(body),
    )


def choices(node: Node, session: Session) -> tuple[Choice, ...]:
    """Return to whom a message can be written."""
    return partners(node, session)


def letter_of(node: Node, session: Session, draft: Draft, known: Sequence[str]) -> Letter:
    """Return a form's message as `messages` reads it; all facts of a named thing are told."""
    facts = list(draft.facts)
    if draft.entity:
        key = EntityKey(draft.entity)
        with node.view(session) as view:
            facts += [statement.id for statement in view.entity(key).statements]
    choices_of = tuple(FindingChoice(id=ref, grade=draft.grade or None) for ref in draft.findings)
    return Letter(
        classification=draft.classification or next((name for name in known if name != "NONE"), "NONE"),
        records=draft.records,
        facts=tuple(dict.fromkeys(facts)),
        findings=choices_of,
        text=draft.text or None,
        reason=draft.reason or None,
        urgency=draft.urgency,
        why_urgent=draft.why_urgent or None,
        result=draft.result or None,
        thread=None,
    )


def told_fact(name: str, fact: MessageFact) -> ToldFact:
    """Return a fact of a message as it is shown."""
    return ToldFact(
        name=fact.id or name,
        prop=fact.prop,
        value=fact.value or "",
        lang=fact.lang or "",
        original=fact.original or "",
        origin=fact.origin,
        category=fact.category,
        grade=fact.grade or "",
        marking=fact.marking or "",
        handling=fact.handling,
        state=fact.state,
    )


def _held(view: Guarded, name: str, rule: str, said: Sequence[RuleSaid]) -> Held:
    prop = value = lang = ""
    try:
        record, place = view.fact(FactId(name))
        fact = next(islice(record.facts, place, None))
        prop, value, lang = fact.prop, fact.value, fact.lang or ""
    except (ForbiddenError, SchemaError):
        pass  # a finding, or a fact of an answer: named by its identifier
    first = next((one for one in said if one.rule == rule), None)
    return Held(
        name=name,
        prop=prop,
        value=value,
        lang=lang,
        rule=rule,
        text=first.text if first else "",
        remedy=first.remedy if first else "",
    )


def _digest(body: Mapping[str, Any]) -> str:
    # The encoder leaves out a default that is the very object, and writes one that is only equal to it.
    told = {name: value for name, value in body.items() if name != "expires" and (name, value) != ("urgency", "normal")}
    return content_id("preview", told)


def markings(node: Node, draft: Draft) -> tuple[str, ...]:
    """Return the markings of the agreement, lowest first."""
    agreement = node.exchange.agreements().get(draft.agreement)
    ranked = sorted(agreement.markings.items(), key=lambda one: (one[1], one[0])) if agreement else []
    return tuple(name for name, _ in ranked)


def envelope_of(draft: Draft) -> Envelope:
    """Return where a draft goes and under what."""
    return messages.address(draft.kind, draft.to, draft.agreement)
