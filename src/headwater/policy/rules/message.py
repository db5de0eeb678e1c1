"""Rules A: may this message pass at all, whatever facts it carries?"""

from typing import Final

from headwater.model.message import Kind
from headwater.policy.agreement import AgreementState
from headwater.policy.rules.rule import CROSSING, Case, MessageTest, Outcome, Rule, rule

# Without an agreement, A1 has refused already: the rules that read it have nothing to add.


@rule(
    "A1",
    "agreement-unknown",
    CROSSING,
    Outcome.REFUSE,
    remedy="name an agreement that this node holds, or sign one with the partner first",
)
def agreement_unknown(case: Case) -> bool:
    """The agreement that the message names is not among those of this node."""
    return case.agreement is None


@rule("A2", "party", CROSSING, Outcome.REFUSE, remedy="choose the agreement between these two authorities")
def party(case: Case) -> bool:
    """Sender and recipient are not exactly the two parties of the agreement."""
    message, terms = case.message, case.agreement
    return terms is not None and (
        {message.sender, message.recipient} != set(terms.parties) or message.sender == message.recipient
    )


@rule("A3", "expired", CROSSING, Outcome.REFUSE, remedy="send it again with a later expiry")
def expired(case: Case) -> bool:
    """The message has expired."""
    return case.expired


@rule(
    "A4",
    "agreement-state",
    CROSSING,
    Outcome.REFUSE,
    remedy="the agreement must be live: both sides sign it and its tests pass, or its suspension is lifted",
)
def agreement_state(case: Case) -> bool:
    """The agreement is not live."""
    return case.agreement is not None and case.agreement.state is not AgreementState.LIVE


@rule("A5", "agreement-dates", CROSSING, Outcome.REFUSE, remedy="renew the agreement, or wait for its first day")
def agreement_dates(case: Case) -> bool:
    """The agreement has not begun or has ended."""
    terms = case.agreement
    return terms is not None and not terms.valid_from <= case.day <= terms.valid_until


@rule("A6", "kind", CROSSING, Outcome.REFUSE, remedy="choose a kind of message that the agreement lists")
def kind(case: Case) -> bool:
    """The agreement does not cover this kind of message."""
    return case.agreement is not None and case.message.kind not in case.agreement.kinds


@rule("A7", "purpose", CROSSING, Outcome.REFUSE, remedy="name one of the agreement's purposes")
def purpose(case: Case) -> bool:
    """The message has no purpose, or one that the agreement does not cover."""
    return case.agreement is not None and case.message.purpose not in case.agreement.purposes


@rule(
    "A8",
    "reason",
    CROSSING,
    Outcome.REFUSE,
    remedy="say why it is asked (reason), and why it is urgent (why_urgent)",
)
def reason(case: Case) -> bool:
    """A request or search gives no reason, or an urgent message does not say why it is urgent."""
    message = case.message
    asks = message.kind is Kind.REQUEST or message.kind is Kind.SEARCH
    return (asks and _blank(message.reason)) or (message.urgency != "normal" and _blank(message.why_urgent))


@rule(
    "A9",
    "classification",
    CROSSING,
    Outcome.REFUSE,
    remedy="mark the message with one of the agreement's markings; what is marked higher may not pass",
)
def classification(case: Case) -> bool:
    """The message's classification is missing or above what the agreement lets pass."""
    return case.agreement is not None and case.message.classification not in case.agreement.markings


def _blank(text: str | None) -> bool:
    return text is None or not text.strip()


ALWAYS_ASKED: Final[tuple[Rule[MessageTest], ...]] = (agreement_unknown, party, expired)
"""Asked of every message, also of the housekeeping kinds."""
MESSAGE_RULES: Final[tuple[Rule[MessageTest], ...]] = (
    *ALWAYS_ASKED,
    agreement_state,
    agreement_dates,
    kind,
    purpose,
    reason,
    classification,
)
