"""The judgement: rules A, then B fact by fact, then C on what is left; D for an amend. The strongest outcome wins."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import msgspec

from headwater.errors import SchemaError
from headwater.model.ids import AuthorityId, StateCode, state_of
from headwater.model.message import HOUSEKEEPING, Kind, Message, MessageFact
from headwater.model.times import parse_instant
from headwater.policy.agreement import Agreement
from headwater.policy.rules.amend import AMEND_RULES, amend_duties, foreign_facts
from headwater.policy.rules.fact import FACT_RULES
from headwater.policy.rules.message import ALWAYS_ASKED, MESSAGE_RULES
from headwater.policy.rules.onward import ONWARD_RULES, derived, release, third_states
from headwater.policy.rules.remainder import REMAINDER_RULES, Remainder
from headwater.policy.rules.rule import NO_MARKING, Case, Facts, FactTest, Judgement, Op, Outcome, Rule, RuleReason

RULES: Final[tuple[Rule[Any], ...]] = (
    *MESSAGE_RULES,
    *FACT_RULES,
    *ONWARD_RULES,
    derived,
    *REMAINDER_RULES,
    *AMEND_RULES,
)
"""The whole law in its order: the first rule that gives the strongest outcome names the judgement."""

_FACT_RULES: Final = {op: tuple(rule for rule in FACT_RULES if op in rule.ops) for op in Op}
_REMAINDER_RULES: Final = {op: tuple(rule for rule in REMAINDER_RULES if op in rule.ops) for op in Op}
_STRENGTH: Final = tuple(Outcome)


def decide(
    op: str,
    agreements: Mapping[str, Agreement],
    message: Message,
    held: Mapping[str, MessageFact],
    now: datetime,
) -> Judgement:
    """Return what the rules say to sending, receiving or using a message.

    Args:
        op: send, receive or use.
        agreements: those of this node, by name.
        message: for use, of kind `use`: who wants to use which facts for what.
        held: what this node holds, by the names that messages give to facts.
        now: the instant of the question.

    Raises:
        SchemaError: no such operation, or an instant without a zone.
    """
    case = _case(op, agreements, message, held, now)
    if case.op is Op.USE:
        return _judge_facts(case)
    housekeeping = message.kind in HOUSEKEEPING
    refusals = [_reason(rule) for rule in (ALWAYS_ASKED if housekeeping else MESSAGE_RULES) if rule.test(case)]
    if refusals:
        return _judgement(refusals)
    return _judge_amend(case) if housekeeping else _judge_facts(case)


def apply(judgement: Judgement, message: Message) -> Message:
    """Return a message without the facts that may not go and with retention shortened as agreed.

    Raises:
        ForbiddenError: the judgement refuses the message.
    """
    if judgement.outcome is Outcome.REFUSE:
        raise judgement.refusal()
    clamped = {duty.removeprefix("clamp:") for duty in judgement.obligations if duty.startswith("clamp:")}
    if not clamped and not judgement.removed:
        return message
    facts = {
        name: msgspec.structs.replace(fact, retain_until=judgement.keep_until) if name in clamped else fact
        for name, fact in message.facts.items()
        if name not in judgement.removed
    }
    return msgspec.structs.replace(message, facts=facts)


def _case(
    op: str,
    agreements: Mapping[str, Agreement],
    message: Message,
    held: Mapping[str, MessageFact],
    now: datetime,
) -> Case:
    try:
        what = Op(op)
    except ValueError:
        raise SchemaError("no such operation", where="op", fix=f"use one of {', '.join(Op)}") from None
    if now.tzinfo is None:
        raise SchemaError("a time without a zone", where="now")
    day = now.astimezone(UTC).date()
    agreement = agreements.get(message.agreement) if message.agreement else None
    own: StateCode | None = None
    if what is Op.USE:
        own = recipient = _state(message.user)
    else:
        recipient = _state(message.recipient)
        if what is Op.SEND:
            own = _state(message.sender)
    return Case(
        op=what,
        message=message,
        agreement=agreement,
        agreements=agreements,
        held=held,
        today=day.isoformat(),
        day=day,
        expired=message.expires is not None and now >= parse_instant(message.expires, field="expires"),
        own=own,
        recipient=recipient,
        approvals=frozenset(message.approvals),
        ranks=_ranks(agreement) if agreement else {},
        categories=agreement.categories if agreement else frozenset(),
    )


def _ranks(agreement: Agreement) -> Mapping[str | None, int]:
    ranks: dict[str | None, int] = dict(agreement.markings.items())
    if NO_MARKING in ranks:
        ranks[None] = ranks[NO_MARKING]
    return ranks


def _state(authority: AuthorityId | None) -> StateCode:
    return state_of(authority) if authority else StateCode("")


def _judge_amend(case: Case) -> Judgement:
    if case.message.kind is not Kind.AMEND:
        return Judgement(Outcome.ALLOW)
    refusals = [_reason(rule, foreign_facts(case)) for rule in AMEND_RULES if rule.test(case)]
    if refusals:
        return _judgement(refusals)
    return Judgement(Outcome.ALLOW, obligations=amend_duties(case) if case.op is Op.RECEIVE else ())


def _judge_facts(case: Case) -> Judgement:
    facts = case.message.facts
    # On receive nothing is edited, for the message is signed: what should not have come is refused.
    outcome = Outcome.REFUSE if case.op is Op.RECEIVE else Outcome.REDACT
    removed: dict[str, str] = {}
    reasons: list[RuleReason] = []
    for rule, concerned in _asked(case):
        if names := rule.test(concerned, case):
            reasons.append(_reason(rule, names, outcome))
            for name in names:
                removed.setdefault(name, rule.name)
    left = {name: fact for name, fact in facts.items() if name not in removed} if removed else facts
    duties = _passed_on(left, case, reasons) if case.op is Op.SEND else set()
    remainder = Remainder(left, [name for name, fact in left.items() if fact.personal])
    for rule_on_rest in _REMAINDER_RULES[case.op]:
        bitten = rule_on_rest.test(remainder, case)
        if bitten is not None:
            reasons.append(_reason(rule_on_rest, bitten))
    if case.op is Op.USE or case.agreement is None:
        return _judgement(reasons, removed)
    limit = (case.day + timedelta(days=case.agreement.retain_max_days)).isoformat()
    duties |= {f"clamp:{name}" for name, fact in left.items() if fact.retain_until is None or fact.retain_until > limit}
    return _judgement(reasons, removed, duties, limit)


def _asked(case: Case) -> Iterator[tuple[Rule[FactTest], Facts]]:
    """Yield the rules B in their order, each with the facts it could concern."""
    facts = case.message.facts
    for rule in _FACT_RULES[case.op]:
        yield rule, facts
    if case.op is Op.SEND:
        if foreign := third_states(facts, case):
            for rule in ONWARD_RULES:
                yield rule, foreign
        yield derived, facts


def _passed_on(left: Facts, case: Case, reasons: list[RuleReason]) -> set[str]:
    """Add why facts of third states pass, and return whom a break-glass obliges to tell."""
    notices: set[str] = set()
    near = (case.own, case.recipient)
    for name, fact in [(name, fact) for name, fact in left.items() if fact.evidence or fact.origin not in near]:
        answer = release(name, fact, case)
        if answer.because:
            reasons.append(RuleReason("B16", "onward", Outcome.ALLOW, (name,), answer.because, ""))
        notices.update(f"notice:{state}" for state in answer.notice)
    return notices


def _reason(rule: Rule[Any], facts: Sequence[str] = (), outcome: Outcome | None = None) -> RuleReason:
    return RuleReason(rule.id, rule.name, outcome or rule.outcome, tuple(facts), rule.text, rule.remedy)


def _judgement(
    reasons: Sequence[RuleReason],
    removed: Mapping[str, str] = MappingProxyType({}),
    duties: Collection[str] = (),
    keep_until: str | None = None,
) -> Judgement:
    if not reasons:
        return Judgement(Outcome.ALLOW, obligations=tuple(sorted(duties)), keep_until=keep_until)
    strongest = max(reasons, key=lambda reason: _STRENGTH.index(reason.outcome))
    return Judgement(
        outcome=strongest.outcome,
        rule="" if strongest.outcome is Outcome.ALLOW else strongest.rule,
        removed=dict(removed),
        obligations=() if strongest.outcome is Outcome.REFUSE else tuple(sorted(duties)),
        reasons=tuple(reasons),
        keep_until=keep_until,
    )
