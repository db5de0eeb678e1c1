"""Every field of `case.json`, one at a time: left out, of another kind, naming nobody, or with an unknown one beside it.

What must be there, what may be left out and what names something else of the case stands in one table. Each refusal says the
very place, so that the officer who typed a thousand lines finds the one; what may be left out is read.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from headwater.case.folder import new_case
from headwater.case.model import CaseFile
from headwater.errors import SchemaError
from tests.case_world import made_case, write_case

NOBODY: Final = "ZZ/99"
MUST: Final = {
    "case": ("urn", "operation", "purpose", "lead_node", "opened", "profile"),
    "offences": ("id", "code", "defendants", "from", "to"),
    "persons": ("id", "category", "name"),
    "exhibits": ("ref", "file", "description", "producer", "captured_at", "handling", "status"),
    "statements": ("id", "maker", "file", "made_at"),
    "elements": ("offence", "element", "proved_by"),
    "material": ("id", "list", "description"),
    "custody": ("exhibit", "event", "by", "at", "place"),
    "searches": ("tool", "terms", "over", "hits", "at", "by"),
    "indicators": ("person", "code", "strength", "seen_at", "seen_by"),
    "decisions": ("person", "kind", "by", "at"),
    "methods": ("engine", "version", "status"),
    "exhibits.origin": ("node",),
}
MAY: Final = {
    "persons": ("role", "protected", "born"),
    "exhibits": ("origin",),
    "statements": ("protected",),
    "material": ("effect", "presumption", "location", "reason"),
    "custody": ("sha256",),
    "methods": ("reference",),
    "exhibits.origin": ("returned_under",),
}
NAMES: Final = {
    "offences": ("code", "defendants"),
    "exhibits": ("producer", "handling", "status"),
    "statements": ("maker",),
    "elements": ("offence", "element", "proved_by"),
    "material": ("list", "effect"),
    "custody": ("exhibit", "event", "by"),
    "searches": ("by",),
    "indicators": ("person", "seen_by"),
    "decisions": ("person", "by"),
    "methods": ("status",),
    "persons": ("category",),
    "case": ("profile",),
}
"""Fields that hold a word of a closed list, or call something of the case by its name."""
TIMES: Final = {
    "case": ("opened",),
    "offences": ("from", "to"),
    "exhibits": ("captured_at",),
    "statements": ("made_at",),
    "custody": ("at",),
    "searches": ("at",),
    "indicators": ("seen_at",),
    "decisions": ("at",),
}
LISTS: Final = frozenset({"defendants", "proved_by", "terms"})
LAST: Final = 1
"""The row that is spoilt is the second, where there is one: a place that always says the first would else pass."""


def full(case: dict[str, Any]) -> None:
    """Say everything of the case that can be said."""
    for name, added in (
        ("offences", {"id": "O2", "code": "ia1971-s25", "defendants": ["P1"], "from": "2026-02-02", "to": "2026-02-02"}),
        ("searches", {**case["searches"][0], "terms": ["ACC-2"], "hits": 2}),
        ("indicators", {**case["indicators"][0], "code": "weak.no-documents"}),
        ("decisions", {**case["decisions"][0], "kind": "refer"}),
    ):  # fmt: skip
        case[name].append(added)
    case["methods"] = [
        {"engine": "trace", "version": "1", "status": "unvalidated"},
        {"engine": "match", "version": "1", "status": "validated", "reference": "VAL/7"},
    ]
    case["persons"][1] |= {"role": "passenger", "protected": True, "born": "1990"}
    case["exhibits"][1] |= {"origin": {"node": "rs", "returned_under": "LOR/1"}}
    case["statements"][1] |= {"protected": True}
    del case["material"][1]["block"], case["material"][1]["count"]
    case["material"][1] |= {"effect": "assists", "presumption": "cctv", "location": "lane 2", "reason": "none"}
    case["custody"][1] |= {"sha256": None}


def row_of(case: dict[str, Any], table: str) -> tuple[dict[str, Any], str]:
    """The row of a table that is spoilt, and its place."""
    name, _, inner = table.partition(".")
    if name == "case":
        return case["case"], "case"
    row, place = case[name][LAST], f"{name}[{LAST}]"
    return (row[inner], f"{place}.{inner}") if inner else (row, place)


def refused(folder: Path, table: str, spoil: Callable[[dict[str, Any]], object]) -> tuple[str | None, str]:
    """Where a case is said to be wrong after a change to the row, and where that row stands."""
    place = ""

    def change(case: dict[str, Any]) -> None:
        nonlocal place
        full(case)
        row, place = row_of(case, table)
        spoil(row)

    with pytest.raises(SchemaError) as caught:
        new_case(write_case(folder, change))
    assert caught.value.where.file == "case.json"
    return caught.value.where.field, place


def each(table: dict[str, tuple[str, ...]]) -> list[Any]:
    return [pytest.param(name, field, id=f"{name}.{field}") for name, fields in table.items() for field in fields]


def test_a_case_that_says_everything_is_read_with_everything(tmp_path: Path) -> None:
    case = made_case(tmp_path, full)
    assert [(each.id, each.code, each.defendants, str(each.begin), str(each.end)) for each in case.offences] == [
        ("O1", "ia1971-s25", ("P1",), "2026-02-01", "2026-02-11"),
        ("O2", "ia1971-s25", ("P1",), "2026-02-02", "2026-02-02"),
    ]
    person, exhibit, line = case.persons[1], case.exhibits[1], case.material[1]
    assert (person.role, person.marked_protected) == ("passenger", True)
    assert person.identifiers == (("contact", "+000 555 0103"), ("born", "1990"))
    assert exhibit.origin is not None
    assert (exhibit.origin.node, exhibit.origin.returned_under) == ("rs", "LOR/1")
    assert (line.effect, line.presumption, line.location) == ("assists", "cctv", "lane 2")
    assert [(one.engine, one.status, one.reference) for one in case.methods] == [
        ("trace", "unvalidated", ""),
        ("match", "validated", "VAL/7"),
    ]
    assert [(one.terms, one.hits, one.by) for one in case.searches] == [
        (("Arben Example",), 0, "P5"),
        (("ACC-2",), 2, "P5"),
    ]
    assert [one.code for one in case.indicators] == ["medium.debt-to-carrier", "weak.no-documents"]
    assert [(one.kind, one.by) for one in case.decisions] == [("duty-to-notify", "P6"), ("refer", "P6")]


@pytest.mark.parametrize(("table", "field"), each(MUST))
def test_what_must_be_there_is_missed_at_its_place(tmp_path: Path, table: str, field: str) -> None:
    found, place = refused(tmp_path, table, lambda row: row.pop(field))
    assert found == f"{place}.{field}"


@pytest.mark.parametrize(("table", "field"), each(MAY))
def test_what_may_be_left_out_is(tmp_path: Path, table: str, field: str) -> None:
    def change(case: dict[str, Any]) -> None:
        full(case)
        row_of(case, table)[0].pop(field)
        if field == "reference":
            case["methods"][LAST]["status"] = "unvalidated"

    assert isinstance(made_case(tmp_path, change), CaseFile)


@pytest.mark.parametrize("table", sorted({*MUST} - {"persons"}))
def test_a_field_that_nobody_knows_is_refused_at_its_place(tmp_path: Path, table: str) -> None:
    found, place = refused(tmp_path, table, lambda row: row.update(misspelt="x"))
    assert found == f"{place}.misspelt"


@pytest.mark.parametrize("value", [7, {}, [7], " ", True], ids=["number", "object", "list", "blank", "flag"])
@pytest.mark.parametrize(("table", "field"), each({**MUST, "material": ("id", "description", "location", "effect")}))
def test_a_value_of_another_kind_is_refused_at_its_place(tmp_path: Path, table: str, field: str, value: object) -> None:
    if field == "hits":
        value = "7"
    elif field in LISTS and value == " ":
        value = "P1"
    found, place = refused(tmp_path, table, lambda row: row.update({field: value}))
    assert found == f"{place}.{field}"


@pytest.mark.parametrize(("table", "field"), each(NAMES))
def test_a_name_that_the_case_does_not_hold_is_refused_at_its_place(tmp_path: Path, table: str, field: str) -> None:
    # One after another that is known: to look at the first alone is not enough.
    found, place = refused(
        tmp_path, table, lambda row: row.update({field: [*row[field], NOBODY] if field in LISTS else NOBODY})
    )
    assert found == f"{place}.{field}"


@pytest.mark.parametrize("value", ["2026-02-11T04:20:00", "2026-02-30T04:20:00Z", "11.2.2026", "2026-02"])
@pytest.mark.parametrize(("table", "field"), each(TIMES))
def test_a_time_that_is_none_is_refused_at_its_place(tmp_path: Path, table: str, field: str, value: str) -> None:
    found, place = refused(tmp_path, table, lambda row: row.update({field: value}))
    assert found == f"{place}.{field}"


@pytest.mark.parametrize(
    ("table", "field"), [("persons", "id"), ("offences", "id"), ("material", "id"), ("exhibits", "ref"), ("statements", "id")]
)  # fmt: skip
def test_a_name_that_stands_twice_is_refused_at_the_second(tmp_path: Path, table: str, field: str) -> None:
    def change(case: dict[str, Any]) -> None:
        full(case)
        case[table][LAST][field] = case[table][0][field]

    with pytest.raises(SchemaError) as caught:
        new_case(write_case(tmp_path, change))
    assert caught.value.where.field == f"{table}[{LAST}].{field}"
