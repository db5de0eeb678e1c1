"""What housekeeping messages may carry: they are spared rules B and C, so they must carry nothing that those would judge."""

from typing import Final

from headwater.model.message import CORRECTIONS, HOUSEKEEPING, Message
from headwater.policy.rules.rule import Judgement, Op, Outcome, RuleReason

UNEXPECTED: Final = "unexpected-content"
_REASON: Final = RuleReason(
    id="",
    rule=UNEXPECTED,
    outcome=Outcome.REFUSE,
    facts=(),
    text="A housekeeping message carries facts, text or files, which no rule would judge.",
    remedy="send it as a message of a kind that the agreement lists; correct facts with: headwater amend",
)


def unexpected(op: Op, message: Message) -> Judgement | None:
    """Return the refusal of a housekeeping message that carries what it has no reason to; None for all others.

    A correction brings the facts that take the place of others; whoever receives it asks about them as about those of an
    ordinary message, and nobody sends one but the software, which has asked as well.
    """
    if message.kind not in HOUSEKEEPING:
        return None
    corrects = op is Op.RECEIVE and message.amend is not None and message.amend.action in CORRECTIONS
    if message.text or message.files or (message.facts and not corrects):
        return Judgement(Outcome.REFUSE, UNEXPECTED, reasons=(_REASON,))
    return None
