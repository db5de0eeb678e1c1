"""Pairs: Splink finds the levels, and its sum is ours."""

import random
from typing import Any

import pytest

from headwater.engines.match.dates import DateClass, classify
from headwater.engines.match.link import pairing
from headwater.engines.match.link.bounds import Bounds
from headwater.engines.match.link.columns import rows_of
from headwater.engines.match.link.model import DIALECTS, MODELS
from headwater.engines.match.link.pairing import (
    Edge,
    edges_between,
    edges_in,
    frequencies_in,
    frequencies_of,
    in_memory,
    predicted,
    settings_of,
)
from headwater.engines.match.link.sheet import Sheet, sheet_of
from headwater.engines.match.link.units import Sort, units_of
from headwater.engines.match.link.weights import CHANCES
from headwater.exercise.linkset import link_files, link_records
from headwater.formats.things_csv import ThingsCsv
from headwater.model.ids import AuthorityId
from headwater.model.record import Record
from headwater.ports import SourceInput
from tests.link_world import LONDON, told


@pytest.fixture(scope="module")
def made() -> list[Record]:
    files = link_files(link_records(400, 11)).items()
    inputs = [
        SourceInput(name, data, lambda _: None, AuthorityId("UK-NCA")) for name, data in files if "records" in name
    ]
    return [found for given in inputs for found in ThingsCsv().read(given) if isinstance(found, Record)]


def sheet(made: list[Record], sort: Sort) -> Sheet:
    return sheet_of([unit for unit in units_of(made) if unit.sort is sort])


def vessels(count: int) -> list[Record]:
    """Vessels that no one built: few names, numbers, signs and years, so that many share some of them, or nearly do."""
    draw = random.Random(5)
    values = {
        "name": (
            "Test Heron",
            "Test Hern",
            "Tест Херон",
            "Nonesuch Gull",
            "Nonesuch Gul",
            "Quillfeather",
            "Heron Test",
        ),
        "imoNumber": ("9074729", "9O74729", "9074792", "9074728", "IMO 9074729", "9999991"),
        "callSign": ("ZZ1AB", "ZZ1A8", "ZZIAB"),
        "mmsi": ("999000001", "999000002"),
        "buildDate": ("1998", "1999", "1998-05"),
    }
    found = []
    for at in range(count):
        facts: Any = {prop: draw.choice(given) for prop, given in values.items() if draw.random() < 0.7}
        found.append(told(LONDON, f"uk-{at}", schema="Vessel", **facts))
    return found


@pytest.fixture(scope="module")
def weighed(made: list[Record]) -> dict[Sort, tuple[Sheet, list[Edge]]]:
    found = {sort: sheet(made, sort) for sort in (Sort.PERSON, Sort.ORGANISATION, Sort.VEHICLE)}
    found[Sort.VESSEL] = sheet(vessels(80), Sort.VESSEL)
    return {sort: (given, edges_in(given, MODELS[sort], in_memory, -1000.0)) for sort, given in found.items()}


@pytest.mark.parametrize("sort", [Sort.PERSON, Sort.ORGANISATION, Sort.VEHICLE])
def test_what_splink_adds_up_is_what_we_add_up(weighed: dict[Sort, tuple[Sheet, list[Edge]]], sort: Sort) -> None:
    given, edges = weighed[sort]
    theirs: dict[tuple[int, int], float] = {
        (min(row["unique_id_l"], row["unique_id_r"]), max(row["unique_id_l"], row["unique_id_r"])): row["match_weight"]
        for found in predicted(given, MODELS[sort], in_memory(), -1000.0)
        for row in found.as_record_list()
    }
    ours = {(edge.left, edge.right): edge.weight for edge in edges}
    assert ours.keys() == theirs.keys()
    assert len(ours) > 5
    assert ours == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("sort", MODELS)
def test_no_pair_weighs_more_than_its_bound(weighed: dict[Sort, tuple[Sheet, list[Edge]]], sort: Sort) -> None:
    given, edges = weighed[sort]
    (lefts, rights), *more = given.pairs(10**6)
    bounds = Bounds(given, MODELS[sort], frequencies_in(given, MODELS[sort]))
    by_marks, most = (bounds.most(lefts, rights, exact=exact) for exact in (False, True))
    assert not more
    assert [(edge.left, edge.right) for edge in edges] == list(zip(lefts.tolist(), rights.tolist(), strict=True))
    assert all(edge.weight <= bound + 1e-6 for edge, bound in zip(edges, most.tolist(), strict=True))
    assert (most <= by_marks).all()


def test_in_slices_the_pairs_are_the_same(
    weighed: dict[Sort, tuple[Sheet, list[Edge]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    given, whole = weighed[Sort.VEHICLE]
    monkeypatch.setattr(pairing, "SLICE", len(whole) // 2)
    assert len(list(given.pairs(pairing.SLICE))) > 1
    assert edges_in(given, MODELS[Sort.VEHICLE], in_memory, -1000.0) == whole


def test_a_level_that_says_nothing_is_told_from_a_value_that_is_missing(
    weighed: dict[Sort, tuple[Sheet, list[Edge]]],
) -> None:
    given, whole = weighed[Sort.PERSON]
    model = MODELS[Sort.PERSON]
    at = [comparison.name for comparison in model.comparisons].index("birth")
    near = model.comparisons[at].codes.index("near")
    assert model.weight(model.comparisons[at], near) == model.weight(model.comparisons[at], -1) == 0.0
    births = given.numbers("birth")
    for edge in whole:
        assert (edge.levels[at] == -1) == (births[edge.left] < 0 or births[edge.right] < 0)
    assert near in {edge.levels[at] for edge in whole}


def test_as_many_records_as_speak_of_one_thing_are_no_namesakes() -> None:
    found = frequencies_of({"once": 1, "thrice": 3, "often": 40}, MODELS[Sort.ORGANISATION], "title")
    assert found["thrice"] == found["once"]
    assert found["often"] > 100 * found["once"]


def test_the_same_settings_go_to_every_database_but_for_the_names_of_functions() -> None:
    for model in MODELS.values():
        duck, spark = (settings_of(model, dialect, 5000) for dialect in ("duckdb", "spark"))
        renamed = repr(duck)
        for name, called in DIALECTS["duckdb"].items():
            renamed = renamed.replace(called, DIALECTS["spark"][name])
        assert renamed == repr(spark)


def test_every_level_of_every_comparison_has_its_chances_and_they_are_shares() -> None:
    for sort, model in MODELS.items():
        assert CHANCES[sort].keys() == {comparison.name for comparison in model.comparisons}
        for comparison in model.comparisons:
            chances = model.chances(comparison)
            assert set(chances) == set(comparison.codes)
            assert sum(m for m, _ in chances.values()) == pytest.approx(1.0, abs=0.06)
            assert sum(u for _, u in chances.values()) == pytest.approx(1.0, abs=0.06)


CLASSES: dict[str, set[DateClass]] = {
    "equal": {DateClass.EQUAL},
    "turned": {DateClass.SWAPPED, DateClass.TRANSPOSED, DateClass.NEAR, DateClass.YEAR_ONE, DateClass.SAME_DAY, DateClass.DECADE,
               DateClass.APPROXIMATE, DateClass.CONTRADICTED},
    "digit": {DateClass.DIGIT, DateClass.YEAR_ONE, DateClass.SAME_DAY},
    "year": {DateClass.YEAR, DateClass.MONTH},
    "near": {DateClass.NEAR},
    "year-one": {DateClass.YEAR_ONE},
    "other": {DateClass.SAME_DAY, DateClass.APPROXIMATE, DateClass.DECADE, DateClass.CONTRADICTED},
}  # fmt: skip
DATES = [
    ("1975-03-04", "1975-03-04", "equal"), ("1975-03-04", "1975-04-03", "turned"),
    ("1975-03-12", "1975-03-21", "turned"), ("1975-03-04", "1975-03-05", "digit"), ("1975-03-04", "1975", "year"),
    ("1975-03", "1975-03-04", "year"), ("1975-03-04", "1975-11-28", "near"), ("1975", "1976", "year-one"),
    ("1975-03-04", "1979-11-20", "other"), ("1975-03-04", "1957-03-04", "turned"), ("1975-03-04", "1976-03-04", "digit"),
]  # fmt: skip


def test_birth_dates_agree_in_the_class_that_screening_gives_them() -> None:
    records = [
        told(LONDON, f"uk-{at:02}-{side}", name="A Nobody", birthDate=date)
        for at, (*both, _) in enumerate(DATES)
        for side, date in enumerate(both)
    ]
    rows: list[Any] = rows_of(units_of(records))
    for place, row in enumerate(rows):
        row["keys"] = [f"pair {place // 2}"]
    model = MODELS[Sort.PERSON]
    edges = edges_between(rows, model, in_memory, -1000.0)
    at = [comparison.name for comparison in model.comparisons].index("birth")
    found = [model.comparisons[at].codes[edge.levels[at]] for edge in edges]
    assert found == [code for _, _, code in DATES]
    for left, right, code in DATES:
        assert classify(left, right) in CLASSES[code]


def test_a_rare_name_says_more_than_a_common_one_and_a_value_that_lacks_says_nothing() -> None:
    model = MODELS[Sort.PERSON]
    family = model.comparisons[0]
    best = len(family.levels)
    assert model.weight(family, best, 2.0**-12) > model.weight(family, best, 2.0**-5) > 0
    assert model.weight(family, -1) == 0.0


def test_the_prior_falls_as_the_records_grow_and_stands_still_between_doublings() -> None:
    model = MODELS[Sort.PERSON]
    assert model.prior(10) == model.prior(2000)
    assert model.prior(5000) == model.prior(8000) > model.prior(9000)
