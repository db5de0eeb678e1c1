"""Patterns: judged as the standard's own parser judges, within limits; observables only where one value is named."""

import pytest

from headwater.errors import LimitError, SchemaError
from headwater.formats.stix_pattern import LONGEST, check_pattern, compared, is_joint, literal, one_test


@pytest.mark.parametrize(
    "pattern",
    [
        "[domain-name:value = 'x.example']",
        "[ file:size = 7 OR file:name = 'it\\'s' ]",
        "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
        "[a:b = 'c'] FOLLOWEDBY [d:e MATCHES '(a+)+$'] WITHIN 60 SECONDS",
        "[process:pid > 7 AND process:name IN ('x', 'y')]",
    ],
)
def test_a_pattern_of_the_standard_is_taken(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        " ",
        "[",
        "[]",
        "[domain-name:value = ]",
        "[domain-name:value = 'x'",
        "x",
        "[a:b = 'c'] AND",
        "[a:b = 'c' AND ]",
        "[a:b = 'c' AND d:e ]",
        "[a:b = 'c' OR d:e = ]",
        "[a:b.'c = 'd']",
        "[\u202ea:b = 'c']",
    ],
)
def test_a_pattern_that_does_not_parse_is_refused(pattern: str) -> None:
    with pytest.raises(SchemaError):
        check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "[a:b = '" + "x" * LONGEST + "']",
        "[" + "(" * 40 + "a:b > 1" + ")" * 40 + "]",
        "[" + " OR ".join(["a:b > 1"] * 400) + "]",
        "([a:b > 1] AND " * 60 + "[a:b > 1]" + ")" * 60,
        "[a:b IN (" + ",".join(["'x'"] * 500) + ")]",
    ],
    ids=["long", "deep", "wide", "deep and wide", "many"],
)
def test_a_pattern_that_would_explode_is_beyond_the_limit(pattern: str) -> None:
    with pytest.raises(LimitError):
        check_pattern(pattern)


def test_a_long_list_of_plain_comparisons_needs_no_limit() -> None:
    check_pattern("[" + " OR ".join(["domain-name:value = 'x.example'"] * 300) + "]")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[domain-name:value = 'X.example.']", (("domain", "x.example"),)),
        (
            "[ipv4-addr:value IN ('203.0.113.1','203.0.113.2')]",
            (("address", "203.0.113.1"), ("address", "203.0.113.2")),
        ),
        ("[phone-number:value = '+44 20 7946 0958']", (("phone", "442079460958"),)),
        ("[domain-name:value != 'x.example']", ()),
        ("[domain-name:value NOT = 'x.example']", ()),
        ("[domain-name:value LIKE 'x%']", ()),
        ("[file:name = 'domain-name:value = \\'x.example\\'']", ()),
        ("[domain-name:value = 'not a domain']", ()),
    ],
)
def test_only_what_is_named_for_equality_is_looked_for(pattern: str, expected: tuple[tuple[str, str], ...]) -> None:
    assert compared(pattern) == expected


def test_what_must_be_seen_together_is_said_so() -> None:
    assert is_joint("[a:b = 'c' AND d:e = 'f']")
    assert is_joint("[a:b = 'c'] FOLLOWEDBY [a:b = 'd']")
    assert not is_joint("[a:b = 'x AND y' OR a:b = 'z']")


def test_a_text_is_spelled_so_that_it_is_read_back() -> None:
    text = "it's a \\ thing"
    assert one_test(f"[a:b = {literal(text)}]") == ("a:b", text)
    assert one_test("[a:b = 'c' OR a:b = 'd']") is None
