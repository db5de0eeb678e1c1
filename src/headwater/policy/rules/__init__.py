"""The executable agreement: 39 rules in order, onward transfer, amend and obligations, told as a table.

`decide` answers whether a message may be sent, received or its facts used; `RULES` is the whole law in its order. The
rules are pure: the same question always has the same answer, so another nation's implementation can be compared.
"""

from headwater.policy.rules.describe import describe
from headwater.policy.rules.judge import RULES, apply, decide
from headwater.policy.rules.rule import Judgement, Op, Outcome, Rule, RuleReason

__all__ = ["RULES", "Judgement", "Op", "Outcome", "Rule", "RuleReason", "apply", "decide", "describe"]
