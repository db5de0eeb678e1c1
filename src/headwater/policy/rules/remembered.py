"""Questions that were asked before: partners send much of one kind, and the rules need not be put to it each time anew.

Rules read what may be done with a fact, never what it says. So two messages get the same answer where they agree in all that
rules read: the same agreement in the same state, the same day, the same words about the message, and facts of the same kinds.
Only the plainest answer is remembered, that a message may pass as it is and nobody had anything to say; whatever is redacted,
held, refused, shortened, or of a third state is judged anew each time, and so is all that names single facts.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Final

import msgspec

from headwater.model.message import HOUSEKEEPING, Message, MessageFact
from headwater.model.times import parse_instant
from headwater.policy.agreement import Agreement
from headwater.policy.rules.judge import decide
from headwater.policy.rules.rule import Judgement, Op, Outcome

SAID: Final = frozenset({"id", "entity", "schema", "value", "lang", "original", "origin_key", "origin_name"})
"""What a fact says, and how it is called: no rule reads these."""
APART: Final = frozenset({"facts", "text", "thread", "expires"})
"""Of a message: what no rule reads, and what is compared here in another way."""
_MOST: Final = 256
"""Answers that are remembered at once: each is about a thousand bytes."""


def _all_but(kind: type[msgspec.Struct], left_out: frozenset[str]) -> "attrgetter[tuple[object, ...]]":
    return attrgetter(*[name for name in kind.__struct_fields__ if name not in left_out])


# By what is left out, not by what is in: a field that a later version adds counts until somebody has thought about it.
_of_fact: Final = _all_but(MessageFact, SAID)
_of_message: Final = _all_but(Message, APART)

_Question = tuple[str, tuple[object, ...], frozenset[tuple[object, ...]]]


class Remembered:
    """Answers as `decide` does, and remembers what may pass; any thread may ask."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._passed: dict[_Question, tuple[Agreement, date, Judgement]] = {}

    def decide(
        self,
        op: Op,
        agreements: Mapping[str, Agreement],
        message: Message,
        held: Mapping[str, MessageFact],
        now: datetime,
    ) -> Judgement:
        """Return what the rules say to sending or receiving a message: see `judge.decide`.

        Raises:
            SchemaError: an instant without a zone.
        """
        terms = agreements.get(message.agreement or "")
        if terms is None or held or message.consents or message.break_glass or message.kind in HOUSEKEEPING:
            return decide(op, agreements, message, held, now)
        if now.tzinfo is None or (message.expires and now >= parse_instant(message.expires, field="expires")):
            return decide(op, agreements, message, held, now)
        question = op, _of_message(message), frozenset(map(_of_fact, message.facts.values()))
        day = now.astimezone(UTC).date()
        known = self._passed.get(question)
        if known is not None and known[0] is terms and known[1] == day:
            return known[2]
        answer = decide(op, agreements, message, held, now)
        # What a finding rests on is named, not described: the facts under those names may be others the next time.
        is_plain = answer == Judgement(Outcome.ALLOW, keep_until=answer.keep_until)
        if is_plain and not any(fact.evidence for fact in message.facts.values()):
            if len(self._passed) >= _MOST:
                self._passed.clear()
            self._passed[question] = terms, day, answer
        return answer
