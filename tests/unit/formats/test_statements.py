"""Payments and registers as JSON: FollowTheMoney and BODS 0.4."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from headwater.errors import InputError
from tests.trace_world import read, refused

FTM: list[dict[str, Any]] = [
    {"id": "pay1", "schema": "Payment", "properties": {
        "payer": ["c1"], "beneficiary": ["c2"], "amount": ["120.50"], "currency": ["EUR"], "date": ["2025-03-01"]}},
    {"id": "c1", "schema": "Company", "properties": {"name": ["Example Ltd"], "jurisdiction": ["gb"], "topics": ["sanction"]}},
    {"id": "o1", "schema": "Ownership", "properties": {"owner": ["p1"], "asset": ["c1"], "percentage": ["51.5"]}},
    {"id": "v1", "schema": "Vessel", "properties": {"name": ["passed over"]}},
]  # fmt: skip
BODS: list[dict[str, Any]] = [
    {"statementId": "s1", "recordId": "e1", "recordType": "entity", "recordStatus": "new",
     "recordDetails": {"name": "Example Ltd", "jurisdiction": {"code": "GB"}, "foundingDate": "2019-03"}},
    {"statementId": "s2", "recordId": "p1", "recordType": "person", "recordStatus": "new",
     "recordDetails": {"names": [{"type": "individual", "fullName": "Ana Izmišljena"}]}},
    {"statementId": "s3", "recordId": "r1", "recordType": "relationship", "recordStatus": "new",
     "recordDetails": {"subject": "e1", "interestedParty": "p1",
                       "interests": [{"type": "shareholding", "share": {"exact": 60}}, {"type": "old", "endDate": "2020-01-01"}]}},
    {"statementId": "s4", "recordId": "r1", "recordType": "relationship", "recordStatus": "updated",
     "recordDetails": {"subject": "e1", "interestedParty": "p1", "interests": [{"type": "shareholding", "share": {"minimum": 25}}]}},
]  # fmt: skip


def lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def test_follow_the_money_gives_payments_companies_and_ownership() -> None:
    rows, errors = read("ftm-tables", lines(FTM))
    assert errors == []
    assert (rows["payments"][0]["amount"], rows["payments"][0]["sender"]) == (12_050, "c1")
    assert (rows["companies"][0]["country"], rows["companies"][0]["designated"]) == ("GB", 1)
    assert (rows["ownership"][0]["share_bp"], rows["ownership"][0]["role"]) == (5_150, "shareholding")


@pytest.mark.parametrize("as_array", [True, False], ids=["array", "lines"])
def test_the_newest_statement_about_a_record_holds(as_array: bool) -> None:
    rows, errors = read("bods", json.dumps(BODS).encode() if as_array else lines(BODS))
    assert errors == []
    assert [row["name"] for row in rows["companies"]] == ["Example Ltd", "Ana Izmišljena"]
    assert [(row["owner"], row["owned"], row["share_bp"]) for row in rows["ownership"]] == [("p1", "e1", 2_500)]


def test_a_closed_record_is_no_longer_there() -> None:
    closed = [*BODS, {**BODS[3], "recordStatus": "closed"}]
    assert "ownership" not in read("bods", lines(closed))[0]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bods", b"[]"),
        ("bods", b'{"statementType": "ownershipOrControlStatement"}'),
        ("bods", b"{"),
        ("ftm-tables", b'{"id": 1}'),
        ("ftm-tables", lines([{**FTM[0], "properties": {**FTM[0]["properties"], "amount": ["-1"]}}])),
        ("ftm-tables", lines([FTM[3]])),
    ],
)
def test_what_cannot_be_read_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        refused(name, data)
    assert caught.value.exit == 65
