"""A letter of request stands on a legal basis that is data, in two languages; without a basis there is none."""

import csv
from itertools import product
from pathlib import Path

import pytest

from headwater.case.letter import LANGUAGES, ROUTE, basis_for, letter_paper, write_letter
from headwater.case.paper import pdf_of
from headwater.case.reference import LegalBasis, legal_bases
from headwater.errors import NoBasisError, SchemaError
from headwater.model.ids import AuthorityId
from tests.case_papers import words
from tests.case_world import NOON, made_case

OWN = AuthorityId("UK-NCA")
DATA = Path(__file__).parents[3] / "src" / "headwater" / "case" / "data"


def test_a_letter_says_the_same_in_english_and_the_other_language(tmp_path: Path) -> None:
    case = made_case(tmp_path)
    letter = write_letter(case, "LOR-1", OWN, "rs", ["rs / 1"])
    assert (letter.items, letter.language, letter.confirmed) == (("RS/1",), "sr", False)
    text = words(pdf_of(letter_paper(case, letter, OWN), NOON))
    assert text.count("European Convention on Mutual Assistance in Criminal Matters 1959 and protocols") == 2
    assert text.count("Partner's report of the vehicle") == 2
    assert "Letter of request for mutual legal assistance" in text
    assert "Замолница за међународну правну помоћ" in text
    assert "Immigration Act 1971 s.25" in text


def test_a_basis_that_no_lawyer_confirmed_is_said_so_on_every_page(tmp_path: Path) -> None:
    case = made_case(tmp_path)
    letter = write_letter(case, "LOR-1", OWN, "rs", ["RS/1"])
    paper = letter_paper(case, letter, OWN)
    assert paper.watermark == "UNCONFIRMED"
    assert "Not to be sent before that" in words(pdf_of(paper, NOON))


@pytest.mark.parametrize("other", ["xk", "XK-KP", "zz", "al"])
def test_without_a_basis_there_is_no_letter(tmp_path: Path, other: str) -> None:
    def change(case: dict[str, list[dict[str, object]]]) -> None:
        case["exhibits"][2]["origin"] = {"node": other, "returned_under": None}

    with pytest.raises(NoBasisError, match="none is known"):
        write_letter(made_case(tmp_path, change), "LOR-1", OWN, other, ["RS/1"])


def test_no_basis_is_written_into_the_code() -> None:
    pairs = {(one.asks, one.asked) for one in legal_bases()}
    assert ("uk", "rs") in pairs
    source = (DATA.parent / "letter.py").read_text("utf-8") + (DATA.parent / "reference.py").read_text("utf-8")
    assert [word for word in ("1959", "Convention", "Article") if word in source] == []


def test_a_member_of_a_group_has_the_groups_basis() -> None:
    assert "Trade and Cooperation" in basis_for("UK-NCA", "FR-DGPN").basis
    with pytest.raises(NoBasisError):
        basis_for("RS-MOI", "FR-DGPN")


def test_a_basis_is_of_the_state_that_asks_and_of_no_other_that_has_one_with_the_state_asked() -> None:
    named = {state for one in legal_bases() for state in (one.asks, one.asked) if len(state) == len("rs")}
    states = sorted(named | {"zz", "fr", "al"})
    found = 0
    for own, other in product(states, states):
        rows = [one for one in legal_bases() if (one.asks, one.route) == (own, ROUTE) and one.basis.strip()]
        try:
            assert basis_for(f"{own.upper()}-POLICE", f"{other.upper()}-POLICE") in rows, (own, other)
            found += 1
        except NoBasisError:
            assert other not in {one.asked for one in rows}, (own, other)
    assert found > 1
    for third in named:
        with pytest.raises(NoBasisError):
            basis_for("ZZ-POLICE", f"{third.upper()}-POLICE")


def basis(asked: str, text: str, route: str = "mutual-legal-assistance") -> LegalBasis:
    return LegalBasis("uk", asked, route, text, confirmed=True, note="")


def test_the_pairs_own_treaty_goes_before_that_of_a_group_and_another_route_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = (
        basis("eu-member", "of the group"),
        basis("fr", "of police", "police-to-police"),
        basis("fr", "of the two"),
    )
    monkeypatch.setattr("headwater.case.letter.legal_bases", lambda: table)
    assert basis_for("UK-NCA", "FR-DGPN").basis == "of the two"
    assert basis_for("UK-NCA", "DE-BKA").basis == "of the group"
    monkeypatch.setattr(
        "headwater.case.letter.legal_bases", lambda: (basis("fr", "of police", "police-to-police"), basis("fr", " "))
    )
    with pytest.raises(NoBasisError):
        basis_for("UK-NCA", "FR-DGPN")


def test_an_item_of_a_third_state_is_not_asked_for(tmp_path: Path) -> None:
    case = made_case(tmp_path, lambda case: case["exhibits"][2].update(origin={"node": "xk", "returned_under": None}))
    with pytest.raises(SchemaError, match="not the node's that is asked"):
        write_letter(case, "LOR-1", OWN, "rs", ["RS/1"])


@pytest.mark.parametrize("items", [[], ["ZZ/9"], ["JS/1"]])
def test_only_items_of_the_node_asked_can_be_asked_for(tmp_path: Path, items: list[str]) -> None:
    with pytest.raises(SchemaError):
        write_letter(made_case(tmp_path), "LOR-1", OWN, "rs", items)


def test_every_language_has_every_word_and_they_differ_from_english() -> None:
    with (DATA / "letter_words.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"sq", "sr", "mk", "bs"} == set(LANGUAGES.values())
    for row in rows:
        for language in LANGUAGES.values():
            assert row[language].strip()
            assert row[language] != row["en"]
            assert {part for part in ("{own}", "{to}", "{urn}", "{basis}") if part in row["en"]} == {
                part for part in ("{own}", "{to}", "{urn}", "{basis}") if part in row[language]
            }
