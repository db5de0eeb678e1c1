"""Edges of tracing: when a sign just holds, which lead stands first, what a rate makes of an amount, who is never named."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headwater.engines.trace import TraceResult, trace
from headwater.engines.trace.engine import LEAST_LINK, _claim, _Draft, _notes, _without_payers
from headwater.engines.trace.leads import Claim, down_to, least_score, rank
from headwater.engines.trace.profile import PARTS_DAYS, Profile, profiles
from headwater.engines.trace.score import INLAND_M, NEAR_M, SIGNS, harmless, score, signs_of
from headwater.engines.trace.sheets import Sheets, checked, need_ibis
from headwater.engines.trace.trail import Hop, Rest, Trail, follow_payment
from headwater.engines.trace.typologies import TYPOLOGIES
from headwater.engines.trace.weights import ALONE, BASES, BASES_ALONE, WEIGHTS
from headwater.errors import SchemaError
from headwater.testing.memory_view import MemoryView
from tests.trace_world import DAY_S, START_S, Tables, numbered, passage, pay

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("sign", "just", "not_yet"),
    [
        ("one-off-payers", {"payers": 20, "few": 17}, {"payers": 20, "few": 16}), ("one-off-payers", {"payers": 5, "few": 5}, {"payers": 4, "few": 4}),
        ("regular-payers", {"payers": 20, "regular": 5}, {"payers": 20, "regular": 4}),
        ("passes-on", {"got": 100, "sent": 60}, {"got": 100, "sent": 59}), ("passes-on", {"got": 100, "sent": 115}, {"got": 100, "sent": 116}),
        ("keeps", {"got": 100, "sent": 25}, {"got": 100, "sent": 26}), ("keeps", {"got": 1}, {"got": 0}),
        ("licensed", {"licensed": 1, "business": 1}, {"business": 1}), ("business", {"business": 1}, {"business": 1, "licensed": 1}),
        ("everyday", {"n_in": 10, "everyday": 4}, {"n_in": 10, "everyday": 3}), ("abroad", {"n_in": 10, "abroad": 5}, {"n_in": 10, "abroad": 4}),
        ("pays-regularly", {"payees": 10, "regular_out": 3}, {"payees": 10, "regular_out": 2}),
        ("takes-cards", {"n_in": 2, "cards": 1}, {"n_in": 3, "cards": 1}), ("steady", {"busy_months": 5}, {"busy_months": 4}),
        ("pays-once", {"payees": 5, "sent": 10, "seldom": 6}, {"payees": 5, "sent": 10, "seldom": 5}),
        ("passes-each-on", {"dear": 2, "echoed": 1}, {"dear": 3, "echoed": 1}),
        ("pays-merchants", {"wired": 2, "to_merchants": 1}, {"wired": 3, "to_merchants": 1}),
        ("short-lived", {"ended_s": 92 * DAY_S}, {"ended_s": 92 * DAY_S + 1}),
    ],
)  # fmt: skip
def test_a_sign_of_an_account_holds_from_its_share_on(sign: str, just: dict[str, int], not_yet: dict[str, int]) -> None:
    assert sign in signs_of({}, Profile(**just), 1)
    assert sign not in signs_of({}, Profile(**not_yet), 1)


@pytest.mark.parametrize(
    ("sign", "facts", "holds"),
    [
        ("near-water", {"near_m": 0}, True), ("near-water", {"near_m": NEAR_M}, True), ("near-water", {"near_m": NEAR_M + 1}, False),
        ("near-water", {"near_m": -1}, False), ("near-water", {}, False), ("inland", {"near_m": INLAND_M}, True),
        ("inland", {"near_m": INLAND_M - 1}, False), ("both-halves", {"boats": 1, "engines": 1}, True), ("both-halves", {"boats": 1}, False),
        ("many-rows", {"payments": 13}, True), ("many-rows", {"payments": 12}, False), ("many-rows", {"rows": 13}, True),
        ("no-address", {"no_address": 1}, True), ("in-line", {"in_line": 0}, False),
    ],
)  # fmt: skip
def test_a_sign_of_a_claim_holds_from_its_number_on(sign: str, facts: dict[str, int], holds: bool) -> None:
    assert (sign in signs_of(facts, None, 1)) is holds


def test_how_many_typologies_name_somebody_is_one_sign_or_the_other() -> None:
    found = [sorted(signs_of({}, None, count) & {"second-pattern", "third-pattern"}) for count in (1, 2, 3, 9)]
    assert found == [[], ["second-pattern"], ["third-pattern"], ["third-pattern"]]
    assert signs_of({}, None, 1, linked=True) == {"linked"}


@pytest.mark.parametrize("name", TYPOLOGIES)
def test_a_sign_moves_a_score_only_the_way_it_is_read(name: str) -> None:
    for register, sign in itertools.product((True, False), SIGNS):
        without, _ = score(name, frozenset(), register=register)
        having, reasons = score(name, frozenset({sign.name}), register=register)
        assert (having - without) * sign.way >= 0 or sign.way == 0
        assert [reason.weight for reason in reasons] == [(WEIGHTS if register else ALONE).get(sign.name, 0.0)]
    bases = {**BASES, **BASES_ALONE}
    if bases.get(name) != BASES.get(name):
        assert score(name, frozenset(), register=False) != score(name, frozenset(), register=True)


def test_reasons_stand_by_their_weight_whichever_way_it_goes_and_the_innocent_ones_are_told() -> None:
    every = frozenset(sign.name for sign in SIGNS)
    _, reasons = score("corridor-fan-in", every)
    assert [abs(reason.weight) for reason in reasons] == sorted(
        (abs(reason.weight) for reason in reasons), reverse=True
    )
    told = harmless(every, register=True)
    for sign in SIGNS:
        assert (sign.text in told) is (sign.way < 0)


def made(name: str, number: float, amount: int, ref: str) -> Claim:
    class Found:
        score = number
        id = ref

    one = TYPOLOGIES[name]
    return Claim(Found(), one, (), amount, "EUR", "", "", "", "", frozenset(), {}, None, 1)  # type: ignore[arg-type] # what leads ask of a finding


def test_leads_stand_by_score_then_by_money_then_by_name() -> None:
    claims = [made("structuring", *given) for given in ((0.9, 1, "b"), (0.5, 9, "a"), (0.9, 7, "c"), (0.9, 7, "a"))]
    for order in itertools.permutations(claims):
        assert [(one.finding.id, one.amount) for one in sorted(order, key=rank)] == [
            ("a", 7),
            ("c", 7),
            ("b", 1),
            ("a", 9),
        ]


def test_a_list_that_ends_at_a_score_keeps_what_protects_and_counts_what_it_leaves_out() -> None:
    protecting = next(one.name for one in TYPOLOGIES.values() if one.protects)
    claims = tuple(made("structuring", number, 1, str(number)) for number in (0.9, 0.5, 0.4))
    counts = {"structuring": 3, protecting: 1, "mirror-transfer": 0}
    tables = {"payments": 1}
    result = TraceResult(claims, (made(protecting, 0.0, 1, "p"),), counts, {}, tables, below=2)
    found = down_to(result, least_score(result))
    assert [one.finding.score for one in found.claims] == [0.9, 0.5]
    assert (found.below, len(found.protecting)) == (3, 1)
    assert found.counts == {"structuring": 2, protecting: 1, "mirror-transfer": 0}
    assert [
        least_score(replace(result, tables=held))
        for held in ({"payments": 1}, {"payments": 1, "companies": 1}, {"companies": 1})
    ] == [0.5, 0.0, 0.0]


def drafts(*given: tuple[str, int, int | None, tuple[int, ...]]) -> list[_Draft]:
    return [
        _Draft(
            TYPOLOGIES[name],
            {"key": str(at), "subject": one, "subject2": other},
            [{"payer": payer} for payer in payers],
        )
        for at, (name, one, other, payers) in enumerate(given)
    ]


def test_whoever_pays_for_a_passage_is_the_subject_of_nothing_on_either_side() -> None:
    given = drafts(
        ("corridor-fan-in", 1, None, (7, 8, -1)), ("structuring", 7, None, (-1,)), ("structuring", 5, 8, (-1,)),
        ("structuring", 1, None, (-1,)), ("corridor-fan-in", 8, None, (1,)),
    )  # fmt: skip
    # 8 is paid passages too, and 1 pays one and is a hub: both stay; 7 alone goes.
    assert [one.group["key"] for one in _without_payers(given)] == ["0", "2", "3", "4"]
    assert [one.group["key"] for one in _without_payers(given[:4])] == ["0", "3"]


def test_what_a_reader_must_know_besides_is_told() -> None:
    hub = TYPOLOGIES["corridor-fan-in"]
    codes = [note.code for note in _notes(hub, 1_000, 0, "s", {"key": "k"})]
    assert codes == ["trace.innocent"]
    told = {note.code: note.text for note in _notes(hub, 1_001, 3, "s", {"key": "k", "truncated": 5})}
    assert set(told) == {"trace.innocent", "trace.payers", "trace.rows", "trace.truncated"}
    assert ("(3)" in told["trace.payers"], "1,001" in told["trace.rows"], "5 payments" in told["trace.truncated"]) == (
        True,
    ) * 3
    other = {note.code: note.text for note in _notes(hub, 1, 3, "t", {"key": "k"})}
    assert other["trace.payers"] != told["trace.payers"]
    protects = next(one for one in TYPOLOGIES.values() if one.protects)
    assert "trace.protects" in [note.code for note in _notes(protects, 1, 0, "s", {"key": "k"})]
    assert callable(_claim)


def test_a_trail_is_whole_when_all_that_was_sent_is_told_of() -> None:
    hop = Hop(1, "p", "t#1", 0, "payer", "a", 100, 100)
    for rest, beyond, whole in ((60, 40, True), (60, 39, False), (60, 41, False)):
        assert Trail("p", "fifo", "EUR", (hop,), (Rest("a", 1, rest),), beyond).conserved is whole


def view(folder: Path, *tables: tuple[str, list[dict[str, Any]]]) -> MemoryView:
    held = Tables(folder)
    for kind, rows in tables:
        held.add(kind, rows)
    return MemoryView(held.records, table_paths=held.paths)


def test_money_is_followed_in_its_own_currency_and_the_payer_is_named_nowhere(tmp_path: Path) -> None:
    rows = [
        pay(1, 0, "family", "hub", 100), pay(2, 60, "hub", "helper", 70, currency="GBP"), pay(3, 120, "hub", "family", 40),
        pay(4, 180, "family", "family", 9),
    ]  # fmt: skip
    backend = need_ibis().duckdb.connect()
    trail = follow_payment(view(tmp_path, ("payments", rows)), "P1", rule="fifo", hops=3, salt="s", backend=backend)
    assert [(hop.payment, hop.part) for hop in trail.hops] == [("P1", 100), ("P3", 40)]
    assert trail.conserved
    named = {name for hop in trail.hops for name in (hop.sender, hop.receiver)} | {rest.account for rest in trail.rests}
    assert "family" not in named
    assert {name.partition("-")[0] for name in named} == {"payer", "hub"}
    assert sorted((rest.account[:5], rest.part) for rest in trail.rests) == [("hub", 60), ("payer", 40)]


RATE = {"base": "EUR", "rate_e9": 8_500_000}


def sheet(folder: Path, *tables: tuple[str, list[dict[str, Any]]]) -> Sheets:
    held = Tables(folder)
    for kind, rows in tables:
        held.add(kind, rows)
    paths: dict[str, list[str]] = {}
    for record in held.records:
        paths.setdefault(
            str(record.origin.source if record.origin.source in ("payments", "rates") else "companies"), []
        ).append(held.paths[record.tables[0]])
    return Sheets(need_ibis().duckdb.connect(), checked(paths))


def test_a_rate_counts_from_its_second_until_the_next_and_halves_go_up(tmp_path: Path) -> None:
    rows = [pay(at, second, "a", "b", 1_000, currency="RSD") for at, second in enumerate((-1, 0, 9, 10, 11))]
    rows += [
        pay(10, 5, "a", "b", 30, currency="RSD"),
        pay(11, 5, "a", "b", 777),
        pay(12, 5, "a", "b", 3, currency="JPY"),
        pay(13, 5, "a", "a", 5),
    ]
    rates = [
        {"currency": code, "time_us": (START_S + second) * 1_000_000, "base": "EUR", "rate_e9": rate}
        for code, second, rate in (("RSD", 0, 8_500_000), ("RSD", 10, 17_000_000), ("JPY", 0, 6_150_000))
    ]
    made_of = sheet(tmp_path, ("payments", rows), ("rates", rates))
    paid = made_of.backend.to_pyarrow(made_of.payments.order_by("row")).to_pylist()
    found = [(row["row"], row["value"], row["unit"]) for row in paid]
    assert found == [
        (1, 1_000, "RSD"), (2, 9, "EUR"), (3, 9, "EUR"), (4, 17, "EUR"), (5, 17, "EUR"), (6, 0, "EUR"), (7, 777, "EUR"),
        (8, 2, "EUR"),
    ]  # fmt: skip
    made_of.close()


def test_rates_to_two_bases_are_refused_and_a_payment_of_two_tables_counts_once(tmp_path: Path) -> None:
    rows = [pay(1, 0, "a", "b", 100), pay(2, 5, "a", "b", 100)]
    rates = [{"currency": "RSD", "time_us": 0, "base": base, "rate_e9": 1} for base in ("EUR", "GBP")]
    with pytest.raises(SchemaError):
        _ = sheet(tmp_path, ("payments", rows), ("rates", rates)).payments
    both = sheet(tmp_path, ("payments", rows), ("payments", [*rows, pay(3, 6, "b", "a", 100)]))
    assert both.backend.to_pyarrow(both.payments.count()).as_py() == 3


def profile(folder: Path, rows: list[dict[str, Any]], name: str = "me") -> Profile:
    held = sheet(folder, ("payments", numbered(rows)))
    accounts = {row["name"]: row["acc"] for row in held.backend.to_pyarrow(held.accounts).to_pylist()}
    return profiles(held, [accounts[name]])[accounts[name]]


def test_a_profile_counts_payers_who_came_once_home_and_abroad_and_what_went_on(tmp_path: Path) -> None:
    day = DAY_S
    rows = [
        *(pay(0, at * day, "twice", "me", 100_000) for at in (0, PARTS_DAYS)), *(pay(0, at * day, "late", "me", 100_000) for at in (0, PARTS_DAYS + 1)),
        *(pay(0, at * day, "often", "me", 100_000, from_country="BE") for at in (0, 30, 60)), pay(0, 0, "small", "me", 5_999, channel="card"),
        *(pay(0, at * day + 60, "me", "seldom", 10) for at in (1, 2)), *(pay(0, at * day + 60, "me", "thrice", 20_000) for at in (1, 2, 3)),
    ]  # fmt: skip
    found = profile(tmp_path, rows)
    assert (found.payers, found.few, found.regular, found.n_in) == (4, 2, 1, 8)
    assert (found.abroad, found.cards, found.everyday) == (5, 1, 1)
    assert (found.payees, found.seldom, found.sent, found.n_out) == (2, 20, 60_020, 5)
    assert found.dear == 700_000


@pytest.mark.parametrize(
    ("after_s", "part", "echoed"),
    [(60, 100_000, True), (60, 75_000, True), (60, 74_999, False), (60, 100_001, False), (5 * DAY_S, 90_000, True), (5 * DAY_S + 1, 90_000, False), (0, 90_000, False), (-60, 90_000, False)],
)  # fmt: skip
def test_a_sum_is_passed_on_that_leaves_within_five_days_as_it_came_or_less_a_fee(
    after_s: int, part: int, echoed: bool, tmp_path: Path
) -> None:
    rows = [pay(0, DAY_S, "a", "me", 100_000), pay(0, DAY_S + after_s, "me", "b", part)]
    found = profile(tmp_path, rows)
    assert (found.dear, found.echoed) == (100_000, 100_000 if echoed else 0)


def run(folder: Path, rows: list[dict[str, Any]], *names: str) -> TraceResult:
    return trace(view(folder, ("payments", numbered(rows))), {"typologies": list(names)})


def test_a_link_is_money_both_ways_above_a_floor_and_not_by_card(tmp_path: Path) -> None:
    rows = passage("A", 15) + passage("B", 15) + passage("C", 15)
    rows += [
        pay(0, 0, "A", "B", LEAST_LINK, from_country="", to_country=""),
        pay(0, 0, "B", "C", LEAST_LINK - 1),
        pay(0, 1, "C", "A", LEAST_LINK, channel="card"),
    ]
    linked = {
        claim.finding.subjects[0]: "linked" in claim.signs for claim in run(tmp_path, rows, "corridor-fan-in").claims
    }
    assert linked == {"A": True, "B": True, "C": False}


@pytest.mark.parametrize(
    ("amounts", "found"), [((850_000, 999_999), 1), ((849_999, 999_999), 0), ((850_000, 1_000_000), 0)]
)
def test_structuring_lies_just_under_its_threshold(amounts: tuple[int, int], found: int, tmp_path: Path) -> None:
    low, high = amounts
    rows = [pay(0, at * DAY_S, f"p{at}", "me", low if at % 2 else high) for at in range(4)]
    assert len(run(tmp_path, rows, "structuring").claims) == found


def test_what_lies_across_the_edge_of_two_windows_is_found_too(tmp_path: Path) -> None:
    edge = (START_S // (10 * DAY_S) + 1) * 10 * DAY_S - START_S
    for shift in (-2, -1, 0, 1, 2, 5):
        folder = tmp_path / str(shift)
        folder.mkdir()
        rows = [pay(0, edge + (shift + at - 2) * DAY_S, f"p{at}", "me", 900_000) for at in range(4)]
        assert len(run(folder, rows, "structuring").claims) == 1, shift


def test_payers_who_come_back_make_no_corridor(tmp_path: Path) -> None:
    for times, found in ((3, 1), (4, 0)):
        folder = tmp_path / str(times)
        folder.mkdir()
        more = {"from_country": "IQ", "to_country": "BE"}
        rows = [
            pay(0, (12 * at + number) * 3_600, f"p{number}", "me", 150_000, **more)
            for number in range(12)
            for at in range(times)
        ]
        assert len(run(folder, rows, "corridor-fan-in").claims) == found
        large = [replace_amount(row, 1_000_001) for row in rows]
        other = tmp_path / f"large-{times}"
        other.mkdir()
        assert run(other, large, "corridor-fan-in").claims == ()


def replace_amount(row: dict[str, Any], amount: int) -> dict[str, Any]:
    return {**row, "amount": amount}
