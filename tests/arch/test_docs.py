"""The pages say what the code does: every command, error and setting is documented, and every link leads somewhere."""

import dataclasses
import re
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from headwater.web.matching import matching_app
from headwater.web.partner import partner_app
from headwater.web.taxii import taxii_app
from tests.arch.shown_commands import calls_in, shown, wrong
from tools import reference

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
SHOWING = [path for path in PAGES if path.parent != DOCS / "reference"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def page(name: str) -> str:
    """A reference page as it stands in the repository."""
    return (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    assert page(name) == reference.PAGES[name](), "run make docs"


def test_every_address_of_every_door_is_documented() -> None:
    text = page("http")
    doors = (partner_app, matching_app, taxii_app)
    paths = {route.path for door in doors for route in door(None).routes}  # type: ignore[arg-type, attr-defined]
    said = {unnamed(path) for path in re.findall(r"/[^\s`,|]*", text.replace("HASH", "{hash}"))}
    assert len(paths) > 15
    assert [path for path in sorted(paths) if unnamed(path) not in said] == []


def unnamed(path: str) -> str:
    """An address whose variables bear no names: the routes and the words beside them call them differently."""
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")


def test_every_command_is_documented() -> None:
    text = page("commands")
    paths = [path for path, _ in reference.commands()]
    assert len(paths) > 1
    assert [path for path in paths if f"## `{path}`\n" not in text] == []


def test_the_help_of_every_command_teaches_by_example() -> None:
    told = {path: text for path, text in reference.commands() if path != "headwater"}
    assert told
    assert [path for path, text in told.items() if path not in " ".join(text.split()).partition("Example: ")[2]] == []


def test_no_help_is_cut_short() -> None:
    assert [path for path, text in reference.commands() if re.search(r"[a-z]\.\.\.$", text, re.MULTILINE)] == []


def test_the_example_of_every_command_has_verbs_and_options_that_there_are() -> None:
    told = {path: calls_in(text.replace("Example: ", "\n")) for path, text in reference.commands()}
    assert {path: wrong(call) for path, calls in told.items() for call in calls if wrong(call)} == {}


@pytest.mark.parametrize("path", SHOWING, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_page_shows_has_verbs_and_options_that_there_are(path: Path) -> None:
    assert [f"{' '.join(call)}: {wrong(call)}" for call in shown(path) if wrong(call)] == []


def test_the_pages_show_commands() -> None:
    assert sum(len(shown(path)) for path in SHOWING) > 300


def test_every_error_code_is_documented_and_is_used_once() -> None:
    text = page("errors")
    codes = [error.code for error in reference.errors()]
    assert codes
    assert [code for code in codes if f"## `{code}`\n" not in text] == []
    assert len(codes) == len(set(codes))


def test_every_error_speaks_to_the_user() -> None:
    silent = [error.__name__ for error in reference.errors() if len((error.__doc__ or "").split()) < 5]
    assert silent == []


def test_every_setting_is_documented() -> None:
    from headwater.settings import Settings

    text = page("settings")
    fields = [field.name for field in dataclasses.fields(Settings)]
    assert fields
    assert [name for name in fields if f"## `{name}`\n" not in text] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_of_the_repository(path: Path) -> None:
    targets = LINK.findall(path.read_text(encoding="utf-8"))
    local = [target.partition("#")[0] for target in targets if "://" not in target and not target.startswith("#")]
    assert [target for target in local if not (path.parent / target).exists()] == []
    if path.is_relative_to(DOCS):  # the site is made of this folder alone: a link out of it would lead nowhere there
        assert [target for target in local if not (path.parent / target).resolve().is_relative_to(DOCS)] == []


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.svg")), ids=lambda path: path.name)
def test_every_picture_can_be_drawn_and_a_page_shows_it(path: Path) -> None:
    drawn = ET.parse(path).getroot()  # noqa: S314 - a picture of this repository
    assert drawn.tag.endswith("svg")
    assert len(list(drawn.iter())) > 10
    assert any(path.name in page.read_text(encoding="utf-8") for page in path.parent.glob("*.md"))


def test_every_page_is_reached_from_the_front_page_of_the_docs() -> None:
    reached: set[Path] = set()
    waiting = [DOCS / "README.md"]
    while waiting:
        path = waiting.pop().resolve()
        if path in reached or path.suffix != ".md" or not path.is_file():
            continue
        reached.add(path)
        targets = LINK.findall(path.read_text(encoding="utf-8"))
        waiting += [path.parent / target.partition("#")[0] for target in targets if "://" not in target]
    assert [str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if path.resolve() not in reached] == []


def test_the_site_leads_to_every_page_but_single_decisions() -> None:
    nav = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    listed = [name for entry in nav for name in ([entry] if isinstance(entry, str) else next(iter(entry.values())))]
    pages = [str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if not path.name[:4].isdigit()]
    assert sorted(listed) == sorted(pages)
