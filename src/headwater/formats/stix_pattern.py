"""STIX patterns: whether one is in the grammar, and which observables it names.

Almost all patterns that are exchanged compare one or a few properties with texts. Those are recognised at once; whatever
is not of that form goes to the OASIS reference parser, within limits, for its time can grow faster than its input.

Source: STIX 2.1 (OASIS Standard, 2021), section 9.
"""

import re
from functools import lru_cache
from typing import Final

from headwater.errors import LimitError, MissingExtraError, SchemaError
from headwater.model.threat import observable

LONGEST: Final = 16_384
"""Characters of one pattern."""
DEEPEST: Final = 16
"""Brackets inside brackets."""
MOST_PARTS: Final = 100
"""Comparisons of a pattern that needs the reference parser."""
# Groups are repeated greedily, each so that there is one way to read a text: Python before 3.11.5 gets possessive ones wrong
# (gh-106052), and Debian 12 has 3.11.2.
_NAME: Final = r"[a-z][a-z0-9-]*+:(?:[A-Za-z_][A-Za-z0-9_]*+|'[A-Za-z0-9 _-]++')(?:\.(?:[A-Za-z_][A-Za-z0-9_]*+|'[A-Za-z0-9 _-]++'))*"
_TEXT: Final = r"'[^'\\]*+(?:\\['\\][^'\\]*+)*'"
_TEST: Final = rf"{_NAME} ?= ?(?:{_TEXT}|[0-9]{{1,18}})"
_SIMPLE: Final = re.compile(rf"\[ ?{_TEST}(?: AND {_TEST})* ?\]|\[ ?{_TEST}(?: OR {_TEST})* ?\]")
MOST_DIGITS: Final = 64
"""Digits of a number in a pattern; one of 64 bits has twenty."""
_LONG_NUMBER: Final = re.compile(rf"\d{{{MOST_DIGITS + 1}}}")
_ONE_TEST: Final = re.compile(rf"\[ ?({_NAME}) ?= ?({_TEXT}) ?\]")
_ESCAPED: Final = re.compile(r"\\(.)")
_BALANCED: Final = re.compile(rf"[^'\\]*+(?:{_TEXT}[^'\\]*+)*")
_HASH_LETTERS: Final = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128}
_HASHES: Final = re.compile(r"hashes\.'?(MD5|SHA-1|SHA-256|SHA-512)'? ?= ?'([0-9A-Fa-f]++)'")
_PARTS: Final = re.compile(
    rf"(?P<path>[A-Za-z][A-Za-z0-9-]*+:[A-Za-z0-9_.'\[\]*-]++)\s*+(?P<op>(?:NOT\s++)?(?:=|IN\b|[!<>]=?|LIKE|MATCHES|\w+))\s*+"
    rf"(?P<value>{_TEXT}|\([^()]*+\))?|{_TEXT}|(?P<word>AND|FOLLOWEDBY|NOT)\b"
)
_LITERAL: Final = re.compile(r"'([^'\\]*+(?:\\['\\][^'\\]*+)*)'")
_KIND_OF: Final = {
    "cryptocurrency-wallet:address": "wallet",
    "cryptocurrency-wallet:value": "wallet",
    "domain-name:value": "domain",
    "email-addr:value": "email",
    "email-message:from_ref.value": "email",
    "email-message:sender_ref.value": "email",
    "ipv4-addr:value": "address",
    "ipv6-addr:value": "address",
    "network-traffic:dst_ref.value": "address",
    "network-traffic:src_ref.value": "address",
    "phone-number:value": "phone",
    "bank-account:iban": "account",
    "url:value": "url",
    "x-crypto-wallet:address": "wallet",
    "x-phone-number:value": "phone",
}
"""Paths of the standard, and those of objects that the field uses for what the standard has none."""


def check_pattern(pattern: str) -> None:
    """Return where a pattern is in the grammar.

    Raises:
        SchemaError: it is not.
        LimitError: it is too long or nested too deeply to be judged.
        MissingExtraError: the reference parser is not installed.
    """
    if len(pattern) > LONGEST:
        raise LimitError(f"a pattern over {LONGEST} characters")
    simple = _SIMPLE.fullmatch(pattern) and ("hashes" not in pattern or _hashes_fit(pattern))
    if not simple and not _parses(pattern):
        raise SchemaError("a pattern that does not parse")


def _hashes_fit(pattern: str) -> bool:
    """Return whether all that a pattern names as hashes is of a common kind and of its length."""
    found = _HASHES.findall(pattern)
    return len(found) == pattern.count("hashes") and all(len(text) == _HASH_LETTERS[kind] for kind, text in found)


def compared(pattern: str) -> tuple[tuple[str, str], ...]:
    """Return the observables that a pattern compares for equality, kind and value, each once.

    What is negated, ordered or matched by an expression names no one value and is passed over.
    """
    test = one_test(pattern)
    if test is not None:
        kind = _KIND_OF.get(test[0])
        value = observable(kind, test[1]) if kind else None
        return ((kind, value),) if kind and value is not None else ()
    found: dict[tuple[str, str], None] = {}
    if not _BALANCED.fullmatch(pattern):
        return ()
    for part in _PARTS.finditer(pattern):
        kind = _KIND_OF.get(part["path"] or "")
        if kind is None or part["op"] not in {"=", "IN"} or not part["value"]:
            continue
        for literal in _LITERAL.findall(part["value"]):
            value = observable(kind, re.sub(r"\\(.)", r"\1", literal))
            if value is not None:
                found[kind, value] = None
    return tuple(found)


def is_joint(pattern: str) -> bool:
    """Return whether more than one comparison must hold for a pattern to match."""
    return (
        ("AND" in pattern or "FOLLOWEDBY" in pattern)
        and bool(_BALANCED.fullmatch(pattern))
        and any(part["word"] in {"AND", "FOLLOWEDBY"} for part in _PARTS.finditer(pattern))
    )


def one_test(pattern: str) -> tuple[str, str] | None:
    """Return path and value of a pattern that compares one property with one text, None for any other."""
    match = _ONE_TEST.fullmatch(pattern)
    if match is None:
        return None
    text = match[2][1:-1]
    return match[1], _ESCAPED.sub(r"\1", text) if "\\" in text else text


def literal(text: str) -> str:
    """Return a text as a pattern spells it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@lru_cache(maxsize=4096)
def _parses(pattern: str) -> bool:
    if not _BALANCED.fullmatch(pattern):  # a text that does not end would be looked for again from every quote in it
        return False
    bare = re.sub(_TEXT, "''", pattern)
    depth = most = 0
    for letter in bare:
        depth += (letter in "([") - (letter in ")]")
        most = max(most, depth)
    if most > DEEPEST or len(re.findall(r"\b(?:AND|OR|FOLLOWEDBY|IN|LIKE|MATCHES)\b|[=<>,]", bare)) > MOST_PARTS:
        raise LimitError(f"a pattern with over {MOST_PARTS} parts or deeper than {DEEPEST}")
    if _LONG_NUMBER.search(bare):  # the parser's time grows with the square of its digits: 9,000 take half a minute
        raise LimitError(f"a pattern with a number over {MOST_DIGITS} digits")
    try:
        from stix2patterns.exceptions import ParseException
        from stix2patterns.validator import run_validator
    except ModuleNotFoundError as error:
        raise MissingExtraError("cyber", error.name or "stix2patterns") from error
    try:
        return not run_validator(pattern, stix_version="2.1")
    except (ParseException, RecursionError, ValueError, LookupError, TypeError, AttributeError, NameError):
        # The reference parser leaves its own checks with errors of Python's where there is nothing but white space.
        return False
