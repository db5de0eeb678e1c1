"""The clauses of a sentence with several numbers: what is said of a part, and what it is compared with.

"24,103 returns, of which 6,339 were enforced", "of the 24,103 returns, 6,339 were enforced": the word of the part must not be taken for that of the whole. "Down from 99,002
in 2023": that number has a period of its own. Each such clause is cut out, and judged as a claim of its own.
"""

import re
from collections.abc import Sequence
from typing import Final

_NUMBER: Final = r"(?!(?:19|20)\d\d(?![,\d]))(?:\d{1,3}(?:,\d{3})+|\d{3,}|\d+(?:\.\d+)?\s?(?:k|thousand|m|million)\b|\d+(?= (?:were|was)\b))"
_TO_THE_END: Final = r"(?:,(?=\d{3})|\.(?=\d)|[^,;.])*"
"""Up to the comma, semicolon or full stop that ends the clause, and not the one inside a number."""
_HEDGE: Final = r"(?:[a-z]+ ){0,4}"
_PART: Final = re.compile(
    rf"\b(?:of (?:whom|which|them|these|those)|including|among (?:whom|which|them|these))\s+{_HEDGE}{_NUMBER}{_TO_THE_END}",
    re.IGNORECASE,
)
_OF_THE: Final = re.compile(
    rf"\bof (?:(?:the|all|these|those|our) )*{_HEDGE}{_NUMBER}{_TO_THE_END},(?P<part>\s*{_HEDGE}{_NUMBER}{_TO_THE_END})",
    re.IGNORECASE,
)
_BESIDE: Final = re.compile(
    rf"(?<=[a-z]) and (?P<part>{_NUMBER} (?:voluntar|enforced|forced|assisted|refus|remov|deport){_TO_THE_END})",
    re.IGNORECASE,
)
_CHANGE: Final = re.compile(
    r"\b(?:by )?\d+(?:\.\d+)?\s?(?:%|per ?cent)\s+(?:on|from|since|compared (?:with|to)|against|versus|"
    rf"(?:lower|higher|more|fewer|less) than|than)\s+(?:in )?(?:\d{{4}}\b|{_TO_THE_END}$)",
    re.IGNORECASE,
)
_COMPARED: Final = (
    re.compile(rf"\bfrom {_HEDGE}{_NUMBER}(?:(?!\bto\b)[^;.]){{0,60}}?(?=\s+to {_HEDGE}{_NUMBER})", re.IGNORECASE),
    re.compile(
        rf"\b(?:(?:up|down|fell|rose|increased|decreased) from|compared (?:with|to)|against|versus|as opposed to)\s+{_HEDGE}"
        rf"{_NUMBER}{_TO_THE_END}",
        re.IGNORECASE,
    ),
)
_ANY_NUMBER: Final = re.compile(_NUMBER, re.IGNORECASE)


def without_parts(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a sentence without what it says of a part of its number, and these clauses."""
    return _cut(text, (_PART, _OF_THE, _BESIDE))


def without_comparisons(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a sentence without the numbers and changes that it compares its own with, and the clauses with a number."""
    return _cut(_CHANGE.sub(" ", text), _COMPARED)


def _cut(text: str, patterns: Sequence[re.Pattern[str]]) -> tuple[str, tuple[str, ...]]:
    found = []
    for pattern in patterns:
        for match in pattern.finditer(text):
            clause = match.groupdict().get("part") or match.group()
            rest = text.replace(clause, " ", 1)
            if _ANY_NUMBER.search(rest):  # a clause that holds the only number is the claim itself
                found.append(clause)
                text = rest
    return text, tuple(found)
