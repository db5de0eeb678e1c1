"""What leaves each page: every list as a sheet, as JSON and, where it is of things, as FtM; every picture as SVG and PNG; all of it on paper."""

import re
import shutil
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any, Final

import pytest

from bench import web_things
from headwater.node import Node, users
from headwater.node.users import User
from headwater.policy.acts import NEEDS_PURPOSE, Act, Role
from headwater.web.authz import TABLE
from headwater.web.limits import Limits
from tests.e2e.conftest import Played
from tests.e2e.page_process import Reader, houses, needs_chromium
from tests.page_world import Browser, browser

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
BOSS: Final = "leaves-boss"
NO_PAGE: Final = frozenset({
    "/events", "/pulse", "/openapi.json", "/sign-in", "/sign-in/oidc", "/scans/{ref}/pixels", "/scans/{ref}/materials",
    "/scans/{ref}/picture.png", "/static/{tree}/{path:path}",
})  # fmt: skip
NO_LIST: Final[Mapping[str, str]] = {
    "/": "each part of it is a list on a page of its own", "/help": "words", "/search": "a form", "/authenticators": "secrets of the reader's own",
    "/exchange/new": "a form", "/exchange/{ref}/answer": "a form", "/protect": "there is no list of victims",
    "/protect/{task}": "one person, never in an export", "/audit/report": "counts, a file by itself",
}  # fmt: skip
"""Pages without a list that could be handed out, and why."""
OF_THINGS: Final = frozenset({
    "/queue", "/search/{token}", "/entities/{key:path}", "/charts/{ref}", "/lists/{source}", "/findings/{ref}",
    "/findings/{ref}/compare", "/scans",
})  # fmt: skip
"""Lists of what FtM has words for; the others are of messages, editions, counts, events, cases, which it has none for."""
PICTURES: Final = frozenset({"/map", "/charts/{ref}", "/timeline/{case}", "/payments/{ref}", "/figures/{series}"})
A_FILE: Final = frozenset({"/audit/report"})
TABS: Final = frozenset({"tab=map", "tab=timeline"})


@pytest.fixture(scope="module")
def filled(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """London after the exercise, with scans, detections, a chart and a task added; in it somebody may open everything."""
    assert played.code == 0, played.out + played.err
    return shutil.copytree(played.folder / "uk", tmp_path_factory.mktemp("leaves") / "uk")


@pytest.fixture(scope="module")
def addresses(filled: Path) -> dict[str, list[str]]:
    """Every page there is by its route, each with the addresses that are looked at."""
    with Node.open(filled, {}) as node:
        users.add(node.store, node.session(web_things.OFFICER, "operation"), User(BOSS, frozenset(Role)))
        things = web_things.Things(node, BOSS)
        named = {route: web_things.paths(things, route) for route in web_things.PATHS}
    named["/entities/{key:path}"] = [f"/entities/organiser{tab}" for tab in ("", "?tab=map", "?tab=timeline")]
    plain = {path: [path] for method, path in TABLE if method == "GET" and "{" not in path}
    return {route: paths for route, paths in {**plain, **named}.items() if route not in NO_PAGE}


@pytest.fixture(scope="module")
def readers(filled: Path, addresses: dict[str, list[str]]) -> Iterator[Mapping[str, Browser]]:
    """A reader for each purpose that a page asks for."""
    with Node.open(filled, {}) as node, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Limits, "take", lambda *_: True)
        yield {purpose: browser(node, BOSS, purpose) for purpose in {purpose_of(route) for route in addresses}}


def purpose_of(route: str) -> str:
    needs = TABLE["GET", route]
    return min(NEEDS_PURPOSE.get(needs, ()) if isinstance(needs, Act) else (), default="oic")


def links(text: str, path: str) -> dict[str, str]:
    """The forms in which a page hands itself out, with their addresses."""
    found = {}
    for given in re.findall(r'href="([^"]*export=[^"]*)"', text):
        where = unescape(given)
        form = re.search(r"export=(\w+)", where)
        assert form is not None
        found[form[1]] = path.partition("?")[0] + where if where.startswith("?") else where
    return found


def test_every_list_is_handed_out_as_a_sheet_as_json_and_as_ftm_and_every_picture_as_a_picture(
    readers: Mapping[str, Browser], addresses: dict[str, list[str]]
) -> None:
    wrong = []
    for route, paths in sorted(addresses.items()):
        reader = readers[purpose_of(route)]
        for path in paths:
            page = reader.get(path)
            if page.status != 200:
                wrong.append((path, f"answers {page.status}"))
                continue
            forms = links(page.text, path)
            tab = path.partition("?")[2]
            wanted = set() if route in NO_LIST else {"csv", "json"}
            wanted |= {"ftm"} if route in OF_THINGS and tab not in TABS else set()
            wanted |= {"svg"} if route in PICTURES or tab in TABS else set()
            wanted = set() if _is_empty(path, page.text) else wanted
            if missing := wanted - forms.keys():
                wrong.append((path, f"has no {sorted(missing)}, only {sorted(forms)}"))
            if "svg" in wanted and "data-png=" not in page.text:
                wrong.append((path, "is not saved as PNG"))
            for form, where in forms.items():
                answer = reader.get(where)
                held_back = form == "ftm" and answer.status == 403 and "agreement" in answer.text
                named = form == "svg" or "attachment" in answer.headers.get("content-disposition", "")
                if not held_back and (answer.status != 200 or not named):
                    wrong.append((where, f"answers {answer.status}"))
    assert wrong == [], "\n".join(f"{path}: {what}" for path, what in wrong)


def _is_empty(path: str, text: str) -> bool:
    """Whether a message holds no facts, a scan no finding, or a thing was nowhere: then there is nothing to hand out."""
    if path.endswith("tab=map"):
        return "data-png=" not in text
    return path.startswith(("/exchange/", "/scans/")) and "data-fact=" not in text and "data-finding=" not in text


def test_every_page_that_has_no_list_says_why_here(addresses: dict[str, list[str]]) -> None:
    assert set(NO_LIST) <= set(addresses)
    assert not set(NO_LIST) & (OF_THINGS | PICTURES)


@needs_chromium
def test_every_page_is_printed_whole_without_what_only_a_screen_has_use_for(
    readers: Mapping[str, Browser], filled: Path, addresses: dict[str, list[str]], chromium: Any, tmp_path: Path
) -> None:
    wrong = {}
    with houses(filled.parent, tmp_path / "homes", keys=("uk",)) as made:
        for purpose in sorted({purpose_of(route) for route in addresses}):
            context = chromium.new_context(locale="en-GB", viewport={"width": 794, "height": 1123})
            reader = Reader(context.new_page(), tmp_path, []).sign_in(made.link("uk", BOSS), purpose)
            page, base = reader.page, reader.page.url.rstrip("/")
            page.emulate_media(media="print")
            mine = [path for route, found in addresses.items() for path in found if purpose_of(route) == purpose]
            for path in sorted(set(mine) - A_FILE):
                page.goto(base + path)
                shown = page.evaluate(
                    "[...document.querySelectorAll('.top nav, .skip, form.filters, .bulk')].filter((one) => one.checkVisibility()).length"
                )
                width = page.evaluate("document.documentElement.scrollWidth")
                sheet = page.pdf(format="A4")
                if shown or width > 794 or not sheet.startswith(b"%PDF-") or not page.locator("main h1").is_visible():
                    wrong[path] = shown, width, len(sheet)
            context.close()
    assert wrong == {}
