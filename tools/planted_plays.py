"""Planted faults of a seventh blind round, in the exchange, the store, policy and the node: see `planted`.

They were made up from the code before the plays in `tests/plays` were written, or afterwards by the same hand, and let through
by the tests nearest to them. Each is noticed since by a play: one that compares all that an act gives, keeps and notes.
"""

from typing import Final

from tools.planted import Patch

EXCHANGE: Final = ("tests/unit/exchange/test_plays_whole.py",)
STORE: Final = ("tests/unit/store/test_plays_whole.py",)
POLICY: Final = ("tests/unit/policy/test_plays_whole.py",)
NODE: Final = ("tests/unit/node/test_plays_whole.py",)
PLAY_FAULTS: Final[tuple[Patch, ...]] = (
    Patch("play: amend ask: owner check by whole authority skipped for restrict", "exchange/amends.py",
          "            if state_of(record.origin.originator) != state_of(self._me):",
          '            if amend.action != "restrict" and state_of(record.origin.originator) != state_of(self._me):', EXCHANGE),
    Patch("play: amend ask: holders count in ledger", "exchange/amends.py",
          '"holders": len(asked)}',
          '"holders": len(facts)}', EXCHANGE),
    Patch("play: amend carry_out: reason not passed on", "exchange/amends.py",
          "            facts=(),\n            reason=amend.reason,\n            words=relayed(amend),",
          "            facts=(),\n            words=relayed(amend),", EXCHANGE),
    Patch("play: amend withdrawn finding: line lacks amend", "exchange/amends.py",
          'tx.note(Event("findings.withdrawn", who, finding, detail={"amend": parent or ""}))',
          'tx.note(Event("findings.withdrawn", who, finding))', EXCHANGE),
    Patch("play: consent answer: purpose of the answer", "exchange/consents.py",
          '        purpose=request.purpose,\n        classification="NONE",\n        thread=ref,',
          '        purpose=request.purpose,\n        classification="NONE",\n        thread=request.thread,', EXCHANGE),
    Patch("play: consent record: count of facts in ledger", "exchange/consents.py",
          "            count += len(facts)",
          "            count += 1", EXCHANGE),
    Patch("play: liaison: holders newest first", "exchange/liaison.py",
          "return sorted(found, key=lambda one: (one.asked.at, one.asked.message))",
          "return sorted(found, key=lambda one: (one.asked.at, one.asked.message), reverse=True)", EXCHANGE),
    Patch("play: liaison: search answered by author", "exchange/liaison.py",
          'self._outbox.send_in(tx, answered.message, who="node")',
          "self._outbox.send_in(tx, answered.message, who=self._partners.me)", EXCHANGE),
    Patch("play: outbox: withdrawn drafts stay listed as sent", "exchange/outbox.py",
          'put(tx, dataclasses.replace(draft, state=DraftState.REFUSED))\n            tx.note(Event("exchange.withdrawn"',
          'put(tx, dataclasses.replace(draft, state=DraftState.SENT))\n            tx.note(Event("exchange.withdrawn"', EXCHANGE),
    Patch("play: courier: replay alarm without envelope", "exchange/courier.py",
          "me, pieces = self._partners.me, [word.receipt, row.envelope]",
          "me, pieces = self._partners.me, [word.receipt]", EXCHANGE),
    Patch("play: courier: resting line loses code", "exchange/courier.py",
          'tx.note(Event("exchange.resting", self._peer, row.id, detail={"code": why}))',
          'tx.note(Event("exchange.resting", self._peer, row.id))', EXCHANGE),
    Patch("play: taking: received line facts count", "exchange/taking.py",
          '"facts": len(each.message.facts),',
          '"facts": len(each.records),', EXCHANGE),
    Patch("play: inbox: accept loses reason", "exchange/inbox.py",
          'tx.note(Event("exchange.accepted", who, ref, message.purpose or "", {"reason": reason}))',
          'tx.note(Event("exchange.accepted", who, ref, message.purpose or ""))', EXCHANGE),
    Patch("play: syncing: due although not open", "exchange/syncing.py",
          "                if partner.is_open\n                and now",
          "                if now", EXCHANGE),
    Patch("play: alarms: cleared_by node", "exchange/alarms.py",
          "done = replace(alarm, cleared_by=who, cleared_at=tx.now, reason=reason)",
          "done = replace(alarm, cleared_by=who, cleared_at=alarm.at, reason=reason)", EXCHANGE),
    Patch("play: requests: duplicate only by text", "exchange/requests.py",
          "text = encode((row.peer, message.thread, message.reason, message.text, message.purpose, facts))",
          "text = encode((row.peer, message.thread, message.reason, message.text, facts))", EXCHANGE),
    Patch("play: told: line names own message", "exchange/told.py",
          'tx.note(Event("exchange.told", sender, about, message.purpose or "", {"word": word}))',
          'tx.note(Event("exchange.told", sender, ref, message.purpose or "", {"word": word}))', EXCHANGE),
    Patch("play: evidence reason lost", "exchange/evidence.py",
          'tx.note(Event("exchange.kept-as-evidence", who, fact, detail={"reason": reason}))',
          'tx.note(Event("exchange.kept-as-evidence", who, fact))', EXCHANGE),
    Patch("play: search: only first hit", "exchange/search.py",
          'text=" ".join(sorted(hits)) or None,',
          'text=" ".join(sorted(hits)[:1]) or None,', EXCHANGE),
)  # fmt: skip
