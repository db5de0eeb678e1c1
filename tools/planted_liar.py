"""Planted faults of an eighth blind round, in the exchange and policy: see `planted`.

They were made up from the code before any test was looked at, and let through by the tests nearest to them within 4 to 8 s of CPU.
Each is noticed since by a table: of what a partner that signs properly says falsely, of the second of two, of every order of words.
"""

from typing import Final

from tools.planted import Patch

LIAR_FAULTS: Final[tuple[Patch, ...]] = (
    Patch("liar: cards: any older card is a late one", "exchange/cards.py",
          "newest.version < held.card.version and sent_at < held.card.issued_at:",
          "newest.version < held.card.version and sent_at < now:", ("tests/unit/exchange/test_successors.py",)),
    Patch("liar: checkpoint: one false cosignature beside a good one", "exchange/checkpoint.py",
          "if held and len(held) == len(times) else None",
          "if held else None", ("tests/unit/exchange/test_second_of_two.py",)),
    Patch("liar: consents: passed on whoever gave it", "exchange/consents.py",
          "and (each.consent.receiver, each.consent.giver) == (asked.receiver, asked.giver)",
          "and each.consent.receiver == asked.receiver", ("tests/unit/exchange/test_liar_believed.py",)),
    Patch("liar: desk: what would be held comes with an amend", "exchange/desk.py",
          "            if asked.outcome is not Outcome.ALLOW:\n",
          "            if asked.outcome is Outcome.REFUSE:\n", ("tests/unit/exchange/test_liar.py",)),
    Patch("liar: evidence: an earlier hold is forgotten", "exchange/evidence.py",
          "kept = dict.fromkeys((*(decode(body, tuple[str, ...]) if body else ()), fact))",
          "kept = dict.fromkeys((fact,))", ("tests/unit/exchange/test_second_of_two.py",)),
    Patch("liar: flags: from the latest of several revocations", "exchange/flags.py",
          "first = min(revoked, key=lambda key: key.counts_until or tx.now)",
          "first = max(revoked, key=lambda key: key.counts_until or tx.now)", ("tests/unit/exchange/test_second_of_two.py",)),
    Patch("liar: liaison: done although one below waits", "exchange/liaison.py",
          "if answer is not None and not answer.done[0].waits_for and not any(one.waits_for for one in answer.done):",
          "if answer is not None and not answer.done[0].waits_for:", ("tests/unit/exchange/test_liar_believed.py",)),
    Patch("liar: notices: of every originator's facts", "exchange/notices.py",
          "        if came.given.origin == origin:\n",
          "        if came.given.origin:\n", ("tests/unit/exchange/test_second_of_two.py",)),
    Patch("liar: quarantine: the same envelope again", "exchange/quarantine.py",
          "if name in shelf.envelopes or len(shelf.envelopes)",
          "if len(shelf.envelopes)", ("tests/unit/exchange/test_second_of_two.py",)),
    Patch("liar: requests: a question after the end stops the clock", "exchange/requests.py",
          "pauses = list(_pauses([word for word in words if end is None or word.at <= end.at], back))",
          "pauses = list(_pauses(words, back))", ("tests/unit/exchange/test_conversations.py",)),
    Patch("liar: told: a word of somebody else", "exchange/told.py",
          "if row is None or row.peer != sender or word not in WORDS:",
          "if row is None or word not in WORDS:", ("tests/unit/exchange/test_liar_believed.py",)),
    Patch("liar: view: a finding on a whole record that is redacted", "policy/view.py",
          "if record and not isinstance(record, Seen):",
          "if record:", ("tests/unit/policy/test_view_in_part.py",)),
)  # fmt: skip
