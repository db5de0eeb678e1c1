"""The rules as the page of the reference: written from the table that the software executes."""

from typing import Final

from headwater.policy.rules.judge import RULES
from headwater.policy.rules.rule import Op, Rule

_STEPS: Final = {
    "A": "A. May this message pass at all?",
    "B": "B. May this fact pass?",
    "C": "C. May the message pass with the facts that are left?",
    "D": "D. An amend",
}

_INTRODUCTION: Final = """\
# Rules of an agreement

Asked in this order: before a message is sent, before it is received, and before facts received are used. The strongest
outcome wins: refuse, then hold (a named person must act), then redact (it goes without some facts), then allow. The
first rule that gave it is named, and every other rule that bit is listed with it. On receive nothing is edited, since
the message is signed: a fact that rules B would take out refuses the message. Housekeeping messages (amend, amend-done,
notice, receipt, card, checkpoint, ping) are asked A1 to A3 only, an amend also D."""


_HEAD: Final = "| rule | name | asked on | bites when | outcome | what would allow it |\n|---|---|---|---|---|---|"


def describe() -> str:
    """Return the reference page of all rules, in Markdown."""
    parts = [_INTRODUCTION]
    for step, title in _STEPS.items():
        rows = [_row(rule) for rule in RULES if rule.id.startswith(step)]
        parts.append("\n".join([f"## {title}\n", _HEAD, *rows]))
    return "\n\n".join(parts) + "\n"


def _row(rule: Rule[object]) -> str:
    asked = ", ".join(op for op in Op if op in rule.ops)
    return f"| {rule.id} | `{rule.name}` | {asked} | {rule.text} | {rule.outcome} | {rule.remedy} |"
