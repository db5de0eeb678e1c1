"""An agreement is valid by construction, has one text, and explains itself."""

from typing import Any

import pytest

from headwater.errors import SchemaError
from headwater.model.canonical import decode, encode
from headwater.policy.agreement import Agreement
from tests.unit.policy.kit import AGREEMENTS, agreements, merge

BASE = AGREEMENTS["A-AA-BB"]


def read(**patch: Any) -> Agreement:
    return decode(encode(merge(BASE, patch)), Agreement)


@pytest.mark.parametrize(
    "patch",
    [
        {"id": " "},
        {"parties": ["AA-POL"]},
        {"parties": ["AA-POL", "AA-POL"]},
        {"parties": ["AA-POL", "police"]},
        {"state": "dormant"},
        {"valid_from": "2025-02-30"},
        {"valid_from": "01.01.2025"},
        {"valid_until": "2024-12-31"},
        {"retain_max_days": -1},
        {"retain_max_days": 36_526},
        {"retain_max_days": "365"},
        {"markings": {"LOW": "1"}},
        {"kinds": ["telegram"]},
        {"safeguards": {"CC": {"ref": "T", "until": "2026-01-01"}}},
        {"safeguards": {"AA": {"ref": "T", "until": None}}},
        {"osja": {"level": "none"}},
        {"osja": {"review_by": None}},
        {"purposes": None},
        {"secret_clause": "x"},
    ],
    ids=repr,
)
def test_what_two_authorities_cannot_have_agreed_is_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        read(**patch)


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"valid_until": "2025-01-01"},
        {"retain_max_days": 0},
        {"retain_max_days": 36_525},
        {"osja": None},
        {"safeguards": None},
        {"onward": None},
        {"deadlines": None},
        {"sensitive": None},
        {"languages": ["en", "sr-Latn"]},
        {"parties": ["AA-POL", "AA-CERT"], "safeguards": {"BB": None}},
    ],
    ids=repr,
)
def test_what_can_be_agreed_is_read(patch: dict[str, Any]) -> None:
    assert read(**patch).id == "A-AA-BB"


def test_both_sides_have_the_same_bytes_whatever_the_order_they_wrote() -> None:
    turned = {key: BASE[key] for key in reversed(BASE)}
    turned["purposes"] = list(reversed(BASE["purposes"]))
    turned["kinds"] = list(reversed(BASE["kinds"]))
    turned["markings"] = dict(reversed(BASE["markings"].items()))
    first, second = read(), decode(encode(turned), Agreement)
    assert first.canonical() == second.canonical()
    assert decode(first.canonical(), Agreement) == first


def test_an_agreement_that_differs_has_other_bytes() -> None:
    assert read(sensitive=True).canonical() != read().canonical()


def test_an_agreement_explains_itself() -> None:
    assert agreements()["A-AA-BB"].explain().splitlines() == [
        "A-AA-BB between AA-POL and BB-POL is live.",
        "It holds from 2025-01-01 to the end of 2027-12-31 (UTC).",
        "It is not binding: personal data need a data protection test.",
        "Purposes: oic, victim-protection.",
        "Kinds of message: alert, evidence-bundle, request, response, search, spontaneous, ti.",
        "Categories of facts: object, organisation, smuggled, suspect, victim, witness.",
        "Markings, lowest first: NONE (0), LOW (1), HIGH (2).",
        "Special categories of personal data never pass.",
        "A fact is kept for at most 365 days after it was sent.",
        "AA tested the other side's data protection: TEST-1, holds to the end of 2026-12-31.",
        "BB tested the other side's data protection: TEST-2, holds to the end of 2026-12-31.",
        "Human-rights assessment OSJA-1: low risk, to be reviewed by 2026-12-31.",
        "Requests are answered under the deadlines 'eu-2023-977'.",
    ]


def test_an_agreement_explains_what_it_lacks_and_what_it_adds() -> None:
    text = read(
        osja=None,
        binding=True,
        sensitive=True,
        purposes=[],
        onward={"never": ["CC"]},
        languages=["en"],
    ).explain()
    assert "It is binding.\nPurposes: none." in text
    assert "Special categories of personal data may pass where strictly necessary." in text
    assert "never pass on to CC" in text
    assert "There is no human-rights assessment: no personal data leave." in text
    assert text.endswith("Languages: en.")
