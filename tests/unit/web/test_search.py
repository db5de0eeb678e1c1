"""Search from the page: blind to script and spelling, no name in an address, one search to one user."""

from datetime import date
from pathlib import Path

import pytest

from headwater.model.canonical import encode
from headwater.model.handling import Handling
from headwater.node import Node
from headwater.node.pages.search import _Wanted
from tests.node_world import SUPERVISOR, as_user, person, read, write_report
from tests.page_world import Browser, browser

pytestmark = pytest.mark.slow  # a node of its own for each test


@pytest.fixture
def names(node: Node, tmp_path: Path) -> None:
    read(node, "report", write_report(tmp_path / "a", person("p-1", "Ђорђе Измишљотиновић")))
    read(node, "report", write_report(tmp_path / "b", person("p-2", "Gjorgje Izmishlotinoviq"), reference="EX/2"))
    car = {"key": "car", "schema": "Vehicle", "properties": {"registrationNumber": ["ZZ 00-EXR"]}}
    read(node, "report", write_report(tmp_path / "c", car, reference="EX/3"))


def found(reader: Browser, text: str) -> list[str]:
    answer = reader.post("/search", {"q": text})
    assert answer.status == 303
    assert text not in answer.goes_to
    return [row["id"] for row in reader.get(f"{answer.goes_to}?format=json").json["rows"]]


@pytest.mark.parametrize(
    "asked", ["Ђорђе Измишљотиновић", "Đorđe Izmišljotinović", "djordje izmisljotinovic", "Izmišljotinović"]
)
def test_a_name_is_found_in_any_script_and_spelling(analyst: Browser, names: None, asked: str) -> None:
    assert "p-1" in found(analyst, asked)


@pytest.mark.parametrize("asked", ["ZZ00EXR", "zz 00 exr", "ZZ-00-EXR"])
def test_a_number_is_found_whatever_stands_between_its_letters(analyst: Browser, names: None, asked: str) -> None:
    assert found(analyst, asked) == ["car"]


def test_what_is_not_there_is_not_found(analyst: Browser, names: None) -> None:
    assert found(analyst, "Petar Nepoznati") == []


@pytest.mark.parametrize(
    "asked", ['" OR 1', "s_*", "NEAR(a b)", "a" * 200, "'; DROP TABLE said; --", "\u202eabc", "()"]
)
def test_no_question_breaks_the_search(analyst: Browser, names: None, asked: str) -> None:
    assert analyst.get(analyst.post("/search", {"q": asked}).goes_to).status == 200


def test_a_search_says_why(analyst: Browser, names: None) -> None:
    where = analyst.post("/search", {"q": "djordje izmisljotinovic"}).goes_to
    [first, *_] = analyst.get(f"{where}?format=json").json["rows"]
    assert {one["asked"] for one in first["why"]} == {"djordje", "izmisljotinovic"}
    assert all(one["value"] == "Ђорђе Измишљотиновић" for one in first["why"])


def test_the_index_is_made_anew_after_what_is_derived_was_swept(node: Node, analyst: Browser, names: None) -> None:
    assert "p-1" in found(analyst, "Izmišljotinović")
    node.store.sweep()
    assert "p-1" in found(analyst, "Izmišljotinović")


def test_a_saved_search_tells_what_is_new(node: Node, analyst: Browser, names: None, tmp_path: Path) -> None:
    where = analyst.post("/search", {"q": "Izmišljotinović"}).goes_to
    assert analyst.post(f"{where}/save", {"saved": "1"}).goes_to == where
    assert analyst.get("/?format=json").json["rows"][0]["start"]["watched"][0]["new"] == 0
    read(node, "report", write_report(tmp_path / "d", person("p-3", "Mira Izmišljotinović"), reference="EX/4"))
    assert analyst.get("/?format=json").json["rows"][0]["start"]["watched"][0]["new"] == 1


def test_a_saved_search_stands_on_the_start_page_of_nobody_else(node: Node, analyst: Browser, names: None) -> None:
    where = analyst.post("/search", {"q": "Izmišljotinović"}).goes_to
    analyst.post(f"{where}/save", {"saved": "1"})
    other = browser(node, SUPERVISOR).get("/?format=json")
    assert other.json["rows"][0]["start"]["watched"] == []
    assert "Izmišljotinović" not in other.text


@pytest.mark.parametrize(
    ("handling", "fits"),
    [
        (Handling(), True),
        (Handling(purposes=frozenset({"oic", "court"})), True),
        (Handling(purposes=frozenset({"court"})), False),
        (Handling(retain_until=date(2026, 11, 25)), True),
        (Handling(retain_until=date(2026, 11, 24)), False),
        (Handling(addressees=frozenset({"somebody.else"})), False),
    ],
)
def test_a_candidate_that_is_hidden_takes_no_place(node: Node, handling: Handling, fits: bool) -> None:
    wanted = _Wanted(as_user(node), date(2026, 11, 25), "a name", "", "")
    told = encode(handling).decode()
    assert [wanted.fits(told), wanted.fits(told)] == [fits, fits]


def test_a_name_is_found_in_every_spelling_among_many_who_share_the_given_name(
    node: Node, analyst: Browser, tmp_path: Path
) -> None:
    many = [person(f"many-{number}", f"Milan Nebitnović{chr(97 + number % 26)}") for number in range(700)]
    for at in range(0, 700, 100):
        read(node, "report", write_report(tmp_path / str(at), *many[at : at + 100], reference=f"EX/{at}"))
    read(node, "report", write_report(tmp_path / "last", person("wanted", "Milan Đušadžević"), reference="EX/last"))
    for asked in ("Milan Gjushaxheviq", "Milan Đušadžević", "Милан Ђушаџевић", "Đušadžević Milan", "Milen Djusadzevic"):
        assert found(analyst, asked)[:1] == ["wanted"], asked
