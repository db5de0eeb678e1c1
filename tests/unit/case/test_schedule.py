"""The schedules say what is listed, why it is sensitive, what was searched, and say so too where there is nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headwater.case.coverage import coverage, with_findings
from headwater.case.model import Schedule
from headwater.case.numbering import Numbering
from headwater.case.paper import pdf_of
from headwater.case.schedule import Form, elements_table, paper
from headwater.errors import SchemaError
from headwater.model.handling import UNRESTRICTED, Handling
from tests.case_papers import disclosure, words
from tests.case_world import FINDING, NOON, Change, made_case


def said(folder: Path, form: Form, change: Change = lambda case: None) -> str:
    return words(pdf_of(paper(form, disclosure(made_case(folder, change))), NOON))


def test_mg6c_lists_what_is_not_sensitive_with_numbers_and_counts(tmp_path: Path) -> None:
    text = said(tmp_path, Form.MG6C)
    assert "1 Lane 2 duty rota for 11 February 2026, two pages node UK-NCA first issue" in text
    assert "2 Gate camera stills of lane 2 (40 items of one kind)" in text
    assert "originator control" not in text
    assert "I, s.hall, have inspected" in text


def test_mg6d_lists_what_is_sensitive_with_the_reason(tmp_path: Path) -> None:
    text = said(tmp_path, Form.MG6D)
    assert "1 Partner's report originator control" in text
    assert "OFFICIAL-SENSITIVE" in text
    assert "duty rota" not in text


def test_a_schedule_of_nothing_is_made_and_signed_too(tmp_path: Path) -> None:
    text = said(
        tmp_path, Form.MG6D, lambda case: case["material"].pop(2) and case["exhibits"].pop(2) and case["custody"].pop(3)
    )
    assert "There is no relevant sensitive unused material" in text
    assert "I, s.hall, have looked for such material and found none." in text
    assert "Signature" in text


def marked(case: dict[str, Any]) -> None:
    case["material"][0]["effect"] = "undermines"
    case["material"][1].pop("block")
    case["material"][1].pop("count")
    case["material"][1]["presumption"] = "first-account"
    case["material"][2]["effect"] = "assists"


def test_mg6e_carries_what_undermines_assists_or_falls_under_a_presumption(tmp_path: Path) -> None:
    text = said(tmp_path, Form.MG6E, marked)
    assert "MG6C 1 Lane 2 duty rota for 11 February 2026, two pages undermines" in text
    assert "MG6C 2 Gate camera stills of lane 2 first-account" in text
    assert "MG6D 1 Partner's report assists" in text
    assert "Relied on as evidence: 4. Listed on MG6C: 2. Listed on MG6D: 1. Listed nowhere: 0." in text


def test_every_search_and_engine_run_is_a_row_with_its_parameters(tmp_path: Path) -> None:
    text = said(tmp_path, Form.DMD)
    assert (
        "1 headwater screen 0.1 Arben Example list uk-sanctions as of 2026-02-11 0 2026-02-11T07:00:00Z J. Smith"
        in text
    )
    assert FINDING.id in text.replace(" ", "")
    assert "match 1 not validated: intelligence only" in text


def test_the_parameters_of_a_sensitive_finding_are_not_in_the_paper_that_the_defence_is_given(tmp_path: Path) -> None:
    case = with_findings(made_case(tmp_path), [FINDING])
    secret = replace(FINDING, params='{"query":"zzTELLTALEzz"}')
    given = replace(disclosure(case), findings=(replace(secret),))
    line = replace(case.material[-1], id=secret.id)
    given = replace(given, case=replace(case, material=(*case.material[:-1], line)))
    text = words(pdf_of(paper(Form.DMD, given), NOON))
    assert "TELLTALE" not in text
    assert "withheld: sensitive" in text


def test_whence_a_sensitive_item_came_is_not_in_the_paper_that_the_defence_is_given(tmp_path: Path) -> None:
    text = said(tmp_path / "sensitive", Form.DMD)
    assert "RS/1" not in text
    assert "None that is listed here." in text
    open_ = said(tmp_path / "open", Form.DMD, lambda case: case["material"].pop(2))
    assert "RS/1 rs not returned: intelligence only" in open_


def test_a_method_that_was_validated_names_its_report(tmp_path: Path) -> None:
    method = {"engine": "match", "version": "1", "status": "validated", "reference": "VAL/7"}
    assert "match 1 validated VAL/7" in said(tmp_path, Form.DMD, lambda case: case.update(methods=[method]))


def test_a_validated_method_without_its_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="report"):
        made_case(
            tmp_path, lambda case: case.update(methods=[{"engine": "match", "version": "1", "status": "validated"}])
        )


def test_a_file_that_is_not_ready_says_so_across_every_paper(tmp_path: Path) -> None:
    case = made_case(tmp_path)
    for form in Form:
        assert "DRAFT" in words(pdf_of(paper(form, disclosure(case, draft=True)), NOON))
        assert "DRAFT" not in words(pdf_of(paper(form, disclosure(case)), NOON))


def test_numbers_run_on_over_a_supplement_and_one_that_fell_out_is_never_given_again(tmp_path: Path) -> None:
    case = made_case(tmp_path)
    first = Numbering().extended(case)
    dropped = replace(case, material=(*case.material[1:], replace(case.material[0], id="M9", description="Gate log")))
    second = first.extended(dropped)
    text = words(pdf_of(paper(Form.MG6C, disclosure(dropped, first)), NOON))
    assert {one.item: (one.number, one.supplement) for one in second.numbers if one.schedule is Schedule.MG6C} == {
        "M1": (1, 0),
        "M2": (2, 0),
        "M9": (3, 1),
    }
    assert "1 Not in use." in text
    assert "3 Gate log node UK-NCA supplement 1" in text


def test_numbering_again_changes_nothing(tmp_path: Path) -> None:
    case = made_case(tmp_path)
    once = Numbering().extended(case)
    assert once.extended(case) == once


def test_a_finding_is_listed_by_what_its_handling_allows(tmp_path: Path) -> None:
    case = made_case(tmp_path)
    free = replace(FINDING, handling=UNRESTRICTED)
    assert with_findings(case, [FINDING]).material[-1].schedule is Schedule.MG6D
    assert with_findings(case, [free]).material[-1].schedule is Schedule.MG6C
    assert coverage(case, [FINDING]).unlisted == (FINDING.id.upper(),)
    assert coverage(with_findings(case, [FINDING]), [FINDING]).unlisted == ()


def test_the_stricter_schedule_holds_in_whichever_order_an_item_stands_on_both(tmp_path: Path) -> None:
    case = made_case(tmp_path)
    both = [replace(case.material[2], schedule=schedule) for schedule in (Schedule.MG6D, Schedule.MG6C)]
    for lines in (both, both[::-1]):
        covered = coverage(replace(case, material=tuple(lines)))
        assert covered.listed == {Schedule.MG6C: (), Schedule.MG6D: ("RS/1",)}


def test_a_finding_for_named_persons_only_is_sensitive_whoever_may_have_it(tmp_path: Path) -> None:
    red = replace(FINDING, handling=Handling(releasable_to=None, codes=frozenset({"TLP:RED"})))
    amber = replace(FINDING, handling=Handling(releasable_to=None, codes=frozenset({"TLP:AMBER"})))
    case = made_case(tmp_path)
    assert with_findings(case, [red]).material[-1].schedule is Schedule.MG6D
    assert with_findings(case, [amber]).material[-1].schedule is Schedule.MG6C


def test_what_the_officer_wrote_about_a_finding_stands_however_it_is_spelt(tmp_path: Path) -> None:
    case = made_case(tmp_path)
    own = replace(case.material[0], id=f" {FINDING.id.upper()} ")
    told = replace(case, material=(own,))
    assert with_findings(told, [FINDING]).material == (own,)


def test_every_element_of_every_offence_is_in_the_table(tmp_path: Path) -> None:
    case = made_case(tmp_path, lambda case: case["elements"].pop())
    assert elements_table(case) == [
        ("O1", "act-facilitates", ("JS/1", "S1")),
        ("O1", "breach-of-immigration-law", ("S2",)),
        ("O1", "not-a-uk-national", ("S2",)),
        ("O1", "knowledge", ()),
    ]
