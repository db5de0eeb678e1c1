"""What the trace engine claims, of whom, and of whom it never does."""

from pathlib import Path
from typing import Any

import pytest

from headwater.engines.trace import TraceResult, trace
from headwater.engines.trace.features import COLUMNS
from headwater.engines.trace.leads import EVEN, down_to, least_score
from headwater.engines.trace.profile import Profile
from headwater.engines.trace.resting import MOST_ROWS
from headwater.engines.trace.score import SIGNS, harmless, score, signs_of
from headwater.engines.trace.typologies import TYPOLOGIES
from headwater.engines.trace.weights import ALONE, BASES_ALONE
from headwater.errors import SchemaError, SettingsError
from headwater.model.handling import Handling
from headwater.model.schema import SENSITIVE_PROPERTIES
from headwater.model.tables import TABLES
from headwater.testing.memory_view import MemoryView
from tests.trace_world import DAY_S, Tables, numbered, passage, pay

pytestmark = pytest.mark.slow


def run(tables: Tables, *names: str, **params: Any) -> TraceResult:
    view = MemoryView(tables.records, table_paths=tables.paths)
    return trace(view, {"typologies": list(names), **params})


def payments(folder: Path, rows: list[dict[str, Any]]) -> Tables:
    tables = Tables(folder)
    tables.add("payments", numbered(rows))
    return tables


def test_a_hub_is_found_with_rows_amounts_dates_source_and_innocent_reading(tmp_path: Path) -> None:
    rows = passage("HUB", 15)
    result = run(payments(tmp_path, rows), "corridor-fan-in")
    (claim,) = result.claims
    assert claim.finding.subjects == ("HUB",)
    assert claim.amount == 15 * 150_000
    assert (claim.from_country, claim.to_country, claim.unit) == ("IQ", "BE", "EUR")
    assert len(claim.rows) == 15
    assert {int(row.partition("#")[2]) for row in claim.rows} == set(range(1, 30, 2))
    assert "15 different payers" in claim.finding.text
    assert "22,500.00 EUR" in claim.finding.text
    assert "FATF" in claim.finding.text
    assert any(reason.code == "trace.innocent" for reason in claim.finding.reasons)
    assert result.counts == {"corridor-fan-in": 1}


def test_payers_are_a_pseudonym_that_differs_from_run_to_run_with_the_salt(tmp_path: Path) -> None:
    tables = payments(tmp_path, passage("HUB", 15))
    texts = {
        reason.text
        for salt in ("a", "b")
        for claim in run(tables, "corridor-fan-in", salt=salt).claims
        for reason in claim.finding.reasons
        if reason.code == "trace.payers"
    }
    assert len(texts) == 2


def test_what_rests_on_a_table_of_two_records_is_handled_as_both_ask(tmp_path: Path) -> None:
    tables, rows = Tables(tmp_path), numbered(passage("HUB", 15))
    one, other = (
        Handling(purposes=frozenset({"oic", "sanctions"}), never_onward=True),
        Handling(purposes=frozenset({"oic"})),
    )
    assert tables.add("payments", rows, one).tables == tables.add("payments", rows, other).tables
    (claim,) = run(tables, "corridor-fan-in").claims
    assert claim.finding.handling == one.join(other)


def test_nationality_and_religion_are_no_column_and_no_feature() -> None:
    forbidden = {*SENSITIVE_PROPERTIES, "nationality", "citizenship", "gender", "sex", "age", "birth"}
    names = {column.name for table in TABLES.values() for column in table.columns} | set(COLUMNS)
    names |= {sign.name for sign in SIGNS} | set(Profile.__slots__)
    names |= {parameter.name for one in TYPOLOGIES.values() for parameter in one.parameters}
    assert not [name for name in names if any(word in name.lower().split("_") for word in forbidden)]


def test_a_ransom_speaks_for_victims_and_is_in_no_ranking(tmp_path: Path) -> None:
    rows = passage("HUB", 15)
    for family in range(2):
        for time in range(3):
            rows.append(pay(0, 20 * DAY_S + time * DAY_S, f"HUB-family-{family}", "HOLDER", 90_000))
    result = run(payments(tmp_path, rows), "corridor-fan-in", "ransom")
    (claim,) = result.protecting
    assert claim.typology.name == "ransom"
    assert claim.finding.score == 0.0
    assert claim not in result.claims
    assert "family" not in repr(claim.finding)


def test_whoever_pays_for_a_passage_is_the_subject_of_no_finding_whatever_else_they_do(tmp_path: Path) -> None:
    family = [f"HUB-family-{number}" for number in range(4)]
    ring = zip(family, [*family[1:], family[0]], (900_000, 870_000, 850_000, 830_000), strict=True)
    rows = [pay(0, (20 + at) * DAY_S, src, dst, amount) for at, (src, dst, amount) in enumerate(ring)]
    tables = payments(tmp_path, [*passage("HUB", 15), *rows])
    (alone,) = run(tables, "temporal-cycle").claims
    assert alone.finding.subjects[0] in family
    assert {claim.finding.subjects for claim in run(tables, "corridor-fan-in", "temporal-cycle").claims} == {("HUB",)}


def test_money_that_comes_back_is_found_once_whatever_way_it_is_cut(tmp_path: Path) -> None:
    ring = [("A", "B", 900_000), ("B", "C", 870_000), ("C", "D", 850_000), ("D", "A", 830_000)]
    rows = [pay(0, at * DAY_S, src, dst, amount) for at, (src, dst, amount) in enumerate(ring)]
    (claim,) = run(payments(tmp_path, rows), "temporal-cycle").claims
    assert claim.finding.subjects == ("A",)
    assert len(claim.rows) == 4


def test_a_payment_in_two_tables_counts_once(tmp_path: Path) -> None:
    rows = numbered(passage("HUB", 15))
    once = Tables(tmp_path)
    once.add("payments", rows)
    twice = Tables(tmp_path)
    twice.add("payments", rows)
    twice.add("payments", rows[:10])
    amounts = [run(tables, "corridor-fan-in").claims[0].amount for tables in (once, twice)]
    assert amounts[0] == amounts[1]


def test_payments_to_oneself_are_in_no_pattern(tmp_path: Path) -> None:
    rows = [pay(0, n * 3600, "A", "A", 960_000) for n in range(30)]
    assert run(payments(tmp_path, rows), "structuring", "half-mirror", "corridor-fan-in").claims == ()


def test_currencies_are_compared_through_dated_rates(tmp_path: Path) -> None:
    rows = passage("HUB", 15)
    for number, row in enumerate(rows):
        if number % 4 == 0:
            row |= {"currency": "GBP"}
    apart = payments(tmp_path, rows)
    assert run(apart, "corridor-fan-in").claims == (), "eight of one currency and seven of another"
    rated = payments(tmp_path, rows)
    rated.add(
        "rates",
        [
            {"time_us": 0, "currency": "EUR", "rate_e9": 10**9, "base": "EUR"},
            {"time_us": 0, "currency": "GBP", "rate_e9": 5 * 10**9, "base": "EUR"},
            {"time_us": 1_600_000_000_000_000, "currency": "GBP", "rate_e9": 1_170_000_000, "base": "EUR"},
        ],
    )
    (claim,) = run(rated, "corridor-fan-in").claims
    assert (claim.amount, claim.unit) == (8 * 175_500 + 7 * 150_000, "EUR")


def test_only_findings_that_reach_a_time_are_told(tmp_path: Path) -> None:
    tables = payments(tmp_path, passage("HUB", 15))
    assert run(tables, "corridor-fan-in", since="2025-01-01T00:00:00Z").claims
    assert run(tables, "corridor-fan-in", since="2026-01-01T00:00:00Z").claims == ()


def test_a_pattern_that_began_before_a_time_and_goes_on_after_it_is_told(tmp_path: Path) -> None:
    (claim,) = run(payments(tmp_path, passage("HUB", 15)), "corridor-fan-in", since="2025-06-17T00:00:00Z").claims
    assert claim.first < "2025-06-17" < claim.last


def test_more_rows_than_a_finding_names_are_counted_in_words(tmp_path: Path) -> None:
    rows = [pay(0, n * 600, f"F{n}", "HUB", 150_000) for n in range(MOST_ROWS + 50)]
    (claim,) = run(payments(tmp_path, rows), "half-mirror").claims
    assert len(claim.rows) == MOST_ROWS
    assert any(f"{MOST_ROWS + 50:,} rows" in reason.text for reason in claim.finding.reasons)


def test_a_finding_names_rows_of_every_table_that_it_rests_on_however_many_there_are(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    rows = [pay(n, n * 600, f"F{n}", "HUB", 150_000) for n in range(MOST_ROWS + 51)]
    for part in (rows[:-1], rows[-1:]):
        tables.add("payments", part)
    (claim,) = run(tables, "half-mirror").claims
    assert len(claim.rows) == MOST_ROWS
    assert {row.partition("#")[0] for row in claim.rows} == set(tables.paths)


def test_a_finding_names_a_row_of_each_table_that_its_signs_are_weighed_by(tmp_path: Path) -> None:
    tables = payments(tmp_path, passage("HUB", 15))
    (before,) = run(tables, "corridor-fan-in").claims
    tables.add("payments", [pay(900, DAY_S, "HUB", "SHOP", 5_000), pay(901, DAY_S, "X", "Y", 5_000)])
    tables.add("payments", [pay(902, DAY_S, "X", "Y", 5_000)])
    (claim,) = run(tables, "corridor-fan-in").claims
    _, other, unconcerned = tables.paths
    assert set(claim.rows) - set(before.rows) == {f"{other}#1"}
    assert not any(row.startswith(unconcerned) for row in claim.rows)


def test_what_cannot_be_asked_says_which_table_it_lacks(tmp_path: Path) -> None:
    result = run(payments(tmp_path, passage("HUB", 2)), "structuring", "hire-to-border")
    assert result.skipped["hire-to-border"] == "no hires and no crossings"
    assert "hire-to-border" not in result.counts


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"typologies": ["no-such"]}, SettingsError),
        ({"nonsense": 1}, SchemaError),
        ({"typologies": "corridor-fan-in"}, SchemaError),
        ({"settings": {"corridor-fan-in": {"colour": 1}}}, SchemaError),
        ({"settings": {"corridor-fan-in": {"least_payers": "many"}}}, SchemaError),
        ({"settings": {"corridor-fan-in": {"least_payers": -1}}}, SchemaError),
        ({"since": "yesterday"}, SchemaError),
        ({"since": 5}, SchemaError),
        ({"salt": 5}, SchemaError),
        ({"settings": 5}, SchemaError),
    ],
)
def test_impossible_parameters_are_refused(params: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        trace(MemoryView(()), params)


def test_every_typology_has_a_source_a_sentence_and_an_innocent_reading() -> None:
    assert len(TYPOLOGIES) >= 25
    for name, one in TYPOLOGIES.items():
        assert one.name == name
        assert one.source.year >= 2010
        assert len(one.innocent.split()) > 12, name
        assert one.sentence.endswith("."), name
        assert one.parameters, name
        assert one.needs, name


def test_a_score_is_the_weighed_sum_of_its_reasons() -> None:
    low, reasons = score("corridor-fan-in", frozenset({"licensed", "business"}))
    high, _ = score("corridor-fan-in", frozenset({"third-pattern"}))
    assert low < 0.1 < high
    assert {reason.code for reason in reasons} == {"trace.licensed", "trace.business"}
    assert [abs(reason.weight) for reason in reasons] == sorted(
        (abs(reason.weight) for reason in reasons), reverse=True
    )


def reasons(result: TraceResult, subject: str) -> dict[str, str]:
    """The reasons of the findings about a subject, by code."""
    return {
        one.code: one.text
        for claim in result.claims
        if claim.finding.subjects[0] == subject
        for one in claim.finding.reasons
    }


def test_without_a_register_a_finding_says_which_table_would_decide(tmp_path: Path) -> None:
    tables = payments(tmp_path, passage("HUB", 15))
    assert "headwater read companies" in reasons(run(tables, "corridor-fan-in"), "HUB")["trace.harmless"]
    tables.add("companies", [{"id": "EX1", "name": "Works", "kind": "company", "country": "BE", "account": "OTHER"}])
    assert "trace.harmless" not in reasons(run(tables, "corridor-fan-in"), "HUB")


def test_what_payments_say_for_the_innocent_reading_stands_in_the_finding(tmp_path: Path) -> None:
    rows = passage("SHOP", 15, channel="card")
    told = reasons(run(payments(tmp_path, rows), "corridor-fan-in"), "SHOP")
    assert "by card" in told["trace.harmless"]
    assert "by card" in told["trace.takes-cards"]


def test_an_account_that_is_paid_all_year_is_told_from_one_that_is_paid_in_one_burst(tmp_path: Path) -> None:
    rows = passage("HUB", 15)
    for month in range(7):
        for buyer in range(14):
            at_s = (month * 30 + buyer) * DAY_S
            rows.append(pay(0, at_s, f"B{month}-{buyer}", "MAKER", 90_000, from_country="IQ", to_country="BE"))
    result = run(payments(tmp_path, rows), "corridor-fan-in")
    signs = {claim.finding.subjects[0]: claim.signs for claim in result.claims}
    assert {subject for subject, held in signs.items() if "steady" in held} == {"MAKER"}


def test_an_account_that_pays_everybody_once_is_told_from_one_that_pays_helpers(tmp_path: Path) -> None:
    rows = passage("HUB", 15)
    for number in range(15):
        more = {"from_country": "IQ", "to_country": "BE"}
        rows.append(pay(0, number * 6 * 3600, f"BUYER-{number}", "TRADER", 150_000, **more))
        rows.append(pay(0, number * 6 * 3600 + DAY_S, "TRADER", f"SELLER-{number}", 120_000))
    signs = {
        claim.finding.subjects[0]: claim.signs
        for claim in run(payments(tmp_path, rows), "corridor-fan-in", "gather-scatter").claims
    }
    assert {subject for subject, held in signs.items() if "pays-once" in held} == {"TRADER"}


def test_sums_that_leave_again_one_by_one_are_told_from_sums_that_are_spent_together(tmp_path: Path) -> None:
    rows = passage("HUB", 15)
    for name in ("TRIP", "LATE", "DEARER"):
        rows += [row for row in passage(name, 15) if row["receiver"] == name]
    for number in range(15):
        at_s = number * 6 * 3600
        rows.append(pay(0, at_s + 12 * DAY_S, "LATE", f"HELPER-{number % 3}", 130_000))
        rows.append(pay(0, at_s + DAY_S, "DEARER", f"HELPER-{number % 3}", 170_000))
    rows += [pay(0, (9 + day) * DAY_S, "TRIP", "HOTEL", 700_000) for day in range(3)]
    claims = run(payments(tmp_path, rows), "corridor-fan-in").claims
    assert {claim.finding.subjects[0] for claim in claims} == {"HUB", "TRIP", "LATE", "DEARER"}
    assert {claim.finding.subjects[0] for claim in claims if "passes-each-on" in claim.signs} == {"HUB"}


def test_who_pays_merchants_for_goods_and_bills_is_told_from_who_pays_helpers(tmp_path: Path) -> None:
    rows = [*passage("HUB", 15), *(row for row in passage("COUPLE", 15) if row["receiver"] == "COUPLE")]
    rows += [pay(0, day * DAY_S, f"BUYER-{day}", "HALL", 4_000, channel="card") for day in range(9)]
    rows += [pay(0, (10 + day) * DAY_S, "COUPLE", "HALL", 400_000) for day in range(3)]
    rows += [pay(0, (10 + day) * DAY_S, "HUB", "HELPER", 400_000) for day in range(3)]
    told = run(payments(tmp_path, rows), "corridor-fan-in")
    signs = {claim.finding.subjects[0]: claim.signs for claim in told.claims}
    assert {subject for subject, held in signs.items() if "pays-merchants" in held} == {"COUPLE"}
    assert "goods and bills" in reasons(told, "COUPLE")["trace.harmless"]


def test_a_list_ends_at_even_odds_only_where_no_register_could_tell_further(tmp_path: Path) -> None:
    tables = payments(tmp_path, [*passage("HUB", 15), *passage("SHOP", 15, channel="card")])
    whole = run(tables, "corridor-fan-in")
    assert least_score(whole) == EVEN
    least = max(claim.finding.score for claim in whole.claims)
    ended = down_to(whole, least)
    assert [claim.finding.subjects for claim in ended.claims] == [("HUB",)]
    assert (ended.below, ended.counts) == (1, {"corridor-fan-in": 1})
    assert down_to(whole, 0.0) == whole
    tables.add("companies", [{"id": "EX1", "name": "Works", "kind": "company", "country": "BE", "account": "OTHER"}])
    assert least_score(run(tables, "corridor-fan-in")) == 0.0


def test_money_between_two_whom_findings_of_their_own_name_is_a_sign_for_both(tmp_path: Path) -> None:
    rows = [*passage("HUB", 15), *passage("SECOND", 15), *passage("APART", 15)]
    rows.append(pay(0, 9 * DAY_S, "SECOND", "HUB", 60_000))
    signs = {
        claim.finding.subjects[0]: claim.signs for claim in run(payments(tmp_path, rows), "corridor-fan-in").claims
    }
    assert set(signs) == {"HUB", "SECOND", "APART"}
    assert {subject for subject, held in signs.items() if "linked" in held} == {"HUB", "SECOND"}
    rows[-1]["channel"] = "card"
    assert not any("linked" in claim.signs for claim in run(payments(tmp_path, rows), "corridor-fan-in").claims)
    rows[-1] |= {"channel": "bank", "amount": 600}
    assert not any("linked" in claim.signs for claim in run(payments(tmp_path, rows), "corridor-fan-in").claims)


def test_without_a_register_signs_weigh_as_they_were_fitted_on_payments_alone() -> None:
    signs = frozenset({"steady", "linked"})
    _, told = score("corridor-fan-in", signs, register=False)
    assert {one.code: one.weight for one in told} == {f"trace.{name}": ALONE[name] for name in signs}
    assert set(BASES_ALONE) <= set(TYPOLOGIES)
    assert set(ALONE) == {sign.name for sign in SIGNS}
    assert all(ALONE[sign.name] * sign.way >= 0 for sign in SIGNS)


def test_nothing_is_said_for_an_innocent_reading_that_nothing_speaks_for() -> None:
    assert harmless(signs_of({}, Profile(payers=20, few=20), 1), register=True) == ""
    assert harmless(frozenset({"linked"}), register=False).startswith("No register of companies was read")
