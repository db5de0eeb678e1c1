"""Indicators held against records and tables: met where the value stands, and nowhere else; nobody who paid is a subject."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.engines.match.indicators import IndicatorEngine, indicator_count
from headwater.errors import SchemaError
from headwater.exercise.threats import PHONE, SHOP, WALLET, indicator, misp_event
from headwater.formats.stix import Known, check_all, records_of
from headwater.formats.stix_rules import Checked
from headwater.model.fact import Fact
from headwater.model.finding import Finding
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.model.tables import place_of_table
from headwater.testing.memory_view import MemoryView

ME = AuthorityId("UK-NCA")
TABLE = BlobHash("ab" * 32)
NOON_US = 1_738_584_000_000_000
"""3 February 2025, 12:00 UTC."""


def warned(*patterns: str, code: str = "AMBER", **more: Any) -> list[Record]:
    """Records of indicators."""
    draw = Random(11)
    given = [indicator(draw, f"i{number}", each, code, **more) for number, each in enumerate(patterns)]
    checked = [each for each in check_all(given) if isinstance(each, Checked)]
    assert len(checked) == len(given)
    return [record for each in checked for record in records_of(each, ME, Known(), file="b", sha256=None)]


def said(prop: str, value: str, schema: str = "Company", **more: Any) -> Record:
    """A record that says one thing."""
    key = EntityKey("c1")
    origin = Origin(ME, "intelligence-report", "r")
    return Record(
        origin=origin,
        handling=Handling(codes=frozenset({"P"})),
        mentions=(Mention(key, schema),),
        facts=(Fact(key, prop, value),),
        **more,
    )


def table(folder: Path, kind: str, rows: list[dict[str, Any]]) -> tuple[Record, Mapping[BlobHash, str]]:
    path = folder / "t.parquet"
    pq.write_table(pa.Table.from_pylist([{**row, "row": number} for number, row in enumerate(rows, 1)]), path)
    record = Record(
        origin=Origin(ME, "payments", "p", place=place_of_table(kind)),
        handling=Handling(codes=frozenset({"P"})),
        mentions=(),
        facts=(),
        tables=(TABLE,),
    )
    return record, {TABLE: str(path)}


def payment(**more: Any) -> dict[str, Any]:
    common = {"id": "P1", "time_us": NOON_US, "sender": "A", "receiver": "B", "amount": 5, "currency": "EUR"}
    return {**common, "channel": "bank", "from_country": "GB", "to_country": "RS", "text": "", **more}


def run(records: list[Record], paths: Mapping[BlobHash, str] | None = None, **params: object) -> list[Finding]:
    return list(IndicatorEngine().run(MemoryView(records, table_paths=paths or {}), params))


def codes(finding: Finding) -> dict[str, float]:
    return {reason.code: reason.weight for reason in finding.reasons}


@pytest.mark.parametrize(
    ("pattern", "row"),
    [
        (f"[domain-name:value = '{SHOP}']", payment(text=f"for the boat, see https://{SHOP}/pay?x=1.")),
        (f"[domain-name:value = '{SHOP}']", payment(text="Boats-And-Engines[.]example")),
        (f"[domain-name:value = '{SHOP}']", payment(text=f"sales@{SHOP}")),
        (f"[cryptocurrency-wallet:address = '{WALLET}']", payment(receiver=WALLET.upper())),
        (f"[cryptocurrency-wallet:address = '{WALLET}']", payment(text=f"to {WALLET}, thanks")),
        (f"[phone-number:value = '{PHONE}']", payment(text="ring 0044 20 7946-0958 (Ana)")),
        ("[ipv4-addr:value = '203.0.113.9']", payment(text="from 203.0.113.9:443")),
        ("[email-addr:value = 'x@y.example']", payment(text="<X@Y.example>")),
        ("[bank-account:iban = 'GB00 TEST 0000 1234']", payment(sender="GB00TEST00001234")),
        ("[url:value = 'https://y.example/a']", payment(text="hxxps://Y.example/a")),
    ],
    ids=str,
)
def test_an_observable_is_met_in_a_payment(tmp_path: Path, pattern: str, row: dict[str, Any]) -> None:
    record, paths = table(tmp_path, "payments", [payment(id="P0", text="nothing"), row])
    [finding] = run([*warned(pattern), record], paths)
    assert f"{TABLE}#2" in {each.ref for each in finding.evidence}
    assert finding.kind == "match.indicator"
    assert all(reason.text for reason in finding.reasons)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (f"[domain-name:value = '{SHOP}']", f"x{SHOP}"),
        (f"[domain-name:value = '{SHOP}']", f"{SHOP}.net"),
        (f"[domain-name:value != '{SHOP}']", SHOP),
        ("[ipv4-addr:value = '203.0.113.9']", "203.0.113.90"),
        (f"[phone-number:value = '{PHONE}']", "+44 20 7946 09581"),
        (f"[cryptocurrency-wallet:address = '{WALLET}']", f"{WALLET}0"),
        ("[file:name = 'invoice.exe']", "invoice.exe"),
    ],
)
def test_what_only_looks_alike_is_not_met(tmp_path: Path, pattern: str, text: str) -> None:
    record, paths = table(tmp_path, "payments", [payment(text=text)])
    assert run([*warned(pattern), record], paths) == []
    assert run([*warned(pattern), said("notes", text)]) == []


def test_a_listing_and_a_contact_are_looked_through_too(tmp_path: Path) -> None:
    listing = {"id": "L", "time_us": NOON_US, "seller": "S", "hs_code": "8903", "contact": PHONE, "text": "boat"}
    record, paths = table(tmp_path, "listings", [{**listing, "currency": "EUR", "country": "DE"}])
    assert "listings" in run([*warned(f"[phone-number:value = '{PHONE}']"), record], paths)[0].text
    record, paths = table(
        tmp_path,
        "contacts",
        [{"caller": "442079460958", "receiver": "x", "count": 1, "first_us": 1, "last_us": NOON_US}],
    )
    assert "contacts" in run([*warned(f"[phone-number:value = '{PHONE}']"), record], paths)[0].text


def test_a_record_and_the_text_of_a_message_are_looked_through(tmp_path: Path) -> None:
    records = warned(f"[domain-name:value = '{SHOP}']")
    shop = said("website", f"https://{SHOP}/")
    [finding] = run([*records, shop])
    assert {each.ref for each in finding.evidence} >= {next(shop.numbered())[0]}
    letter = said("name", "EXAMPLE LTD")
    [finding] = run([*records, letter], messages={letter.id: f"they sell at {SHOP}"})
    assert letter.id in {each.ref for each in finding.evidence}
    assert SHOP in finding.subjects
    assert finding.params == "{}"


def test_an_indicator_is_not_held_against_another(tmp_path: Path) -> None:
    assert run([*warned(f"[domain-name:value = '{SHOP}']", f"[url:value = 'https://{SHOP}/x']")]) == []


def test_only_the_newest_version_counts_and_a_revoked_one_never() -> None:
    old = warned(f"[domain-name:value = '{SHOP}']")
    new = warned("[domain-name:value = 'y.example']", modified="2025-06-01T00:00:00Z")
    assert old[0].mentions == new[0].mentions
    assert run([*old, *new, said("website", f"https://{SHOP}/")]) == []
    assert len(run([*old, *new, said("website", "y.example")])) == 1
    gone = warned("[domain-name:value = 'y.example']", modified="2025-07-01T00:00:00Z", revoked=True)
    assert run([*old, *new, *gone, said("website", "y.example")]) == []
    assert indicator_count(MemoryView([*old, *new])) == 1


def test_one_of_two_that_belong_together_says_so_and_weighs_less() -> None:
    both = warned(f"[domain-name:value = '{SHOP}' AND ipv4-addr:value = '203.0.113.7']")
    alone = warned(f"[domain-name:value = '{SHOP}']")
    [half] = run([*both, said("website", SHOP)])
    [whole] = run([*both, said("notes", f"{SHOP} is 203.0.113.7")])
    [single] = run([*alone, said("website", SHOP)])
    assert half.score < single.score < whole.score
    assert codes(half)["indicator.together"] < 0 < codes(whole)["indicator.together"]


@pytest.mark.parametrize(
    ("valid_until", "sign"), [("2025-02-01T00:00:00Z", -1), ("2025-03-01T00:00:00Z", 1), (None, 1)]
)
def test_whether_it_held_at_that_time_is_a_reason(tmp_path: Path, valid_until: str | None, sign: int) -> None:
    more = {"valid_until": valid_until} if valid_until else {}
    record, paths = table(tmp_path, "payments", [payment(text=SHOP)])
    [finding] = run([*warned(f"[domain-name:value = '{SHOP}']", **more), record], paths)
    assert codes(finding)["indicator.time"] * sign > 0
    early = said("website", SHOP, recorded_at=datetime(2024, 1, 1, tzinfo=UTC))
    [before] = run([*warned(f"[domain-name:value = '{SHOP}']", **more), early])
    assert codes(before)["indicator.time"] < 0


def test_many_rows_are_one_finding_with_a_limited_number_of_rows(tmp_path: Path) -> None:
    record, paths = table(tmp_path, "payments", [payment(id=f"P{number}", text=SHOP) for number in range(120)])
    [finding] = run([*warned(f"[domain-name:value = '{SHOP}']"), record], paths)
    assert "120 rows" in finding.text
    assert len([each for each in finding.evidence if "#" in each.ref]) == 50


def test_nobody_who_paid_is_a_subject_or_stands_in_a_sentence(tmp_path: Path) -> None:
    record, paths = table(tmp_path, "payments", [payment(sender="Ana Primer", receiver="Marko", text=SHOP)])
    [finding] = run([*warned(f"[domain-name:value = '{SHOP}']"), record], paths)
    assert "Ana" not in repr(finding)
    assert "Marko" not in repr(finding)


def test_a_hidden_part_leaves_an_indicator_without_what_it_hides() -> None:
    from headwater.formats.stix_marking import TLP2

    split = warned(
        f"[domain-name:value = '{SHOP}']", granular_markings=[{"selectors": ["pattern"], "marking_ref": TLP2["RED"]}]
    )
    assert len(split) == 2
    assert run([split[0], said("website", SHOP)]) == []
    [finding] = run([*split, said("website", SHOP)])
    assert finding.handling.addressees == frozenset()


def test_a_finding_is_no_wider_than_the_indicator_and_the_record() -> None:
    records = [*warned(f"[domain-name:value = '{SHOP}']", code="AMBER+STRICT")]
    [finding] = run([*records, replace(said("website", SHOP), handling=Handling(codes=frozenset({"C"})))])
    assert finding.handling.codes == {"TLP:AMBER+STRICT", "C"}
    assert finding.handling.never_onward


def test_a_misp_attribute_is_an_indicator_too() -> None:
    import json

    from tests.given import read

    records = list(read("misp", json.dumps(misp_event()).encode()).records)
    [finding] = run([*records, said("publicKey", WALLET, "CryptoWallet")])
    assert WALLET in finding.subjects


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(SchemaError):
        run([], anything=1)
    with pytest.raises(SchemaError):
        run([], messages=["x"])


def test_without_an_indicator_nothing_is_opened() -> None:
    record = Record(
        origin=Origin(ME, "payments", "p", place=place_of_table("payments")),
        handling=Handling(),
        mentions=(),
        facts=(),
        tables=(TABLE,),
    )
    assert run([record], {TABLE: "/nothing"}) == []
