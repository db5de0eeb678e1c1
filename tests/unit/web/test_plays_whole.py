"""The page's forms, whole: plays in which each is filled in as it is shown, with all that it sends, keeps and notes (`tests/plays`)."""

import json
import re
from pathlib import Path

import pytest

from headwater.web import authz
from tests.plays.made import MADE_BY, PAGE, differences, held, played

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]  # what is held names the rows of SQLite
ELSEWHERE = {
    "/sign-in": "test_web_whole.py",
    "/sign-in/oidc": "test_oidc.py",
    "/exchange/consent": "it takes a third node; test_second_ids.py holds who may, unit/node/test_desk_whole.py what comes of it",
    "/admin/users/reset": "test_signing.py",
    "/authenticators/passkeys": "test_signing.py",
    "/authenticators/codes/confirm": "test_signing.py",
    "/authenticators/recovery": "test_signing.py",
    "/authenticators/remove": "test_signing.py",
    "/cases/{urn}/uploads": "no form: a script asks, test_uploads.py",
    "/cases/{urn}/uploads/{ref}": "no form: a script asks, test_uploads.py",
}
"""Routes whose forms are held by another test."""


@pytest.mark.parametrize("name", PAGE)
def test_a_play_is_told_as_it_is_held(name: str, tmp_path: Path) -> None:
    found = differences(held(name), played(name, tmp_path))
    assert not found, "\n".join(["written anew, if this is meant, by " + MADE_BY.format(name), *found])


def test_every_form_of_the_page_is_in_a_play() -> None:
    sent = {
        act["gave"][0][0].replace(" ", "") for name in PAGE for act in held(name).values() if _is_sent(act.get("gave"))
    }
    routes = {path for method, path in authz.TABLE if method == "POST"}
    missing = {path for path in routes if not any(re.fullmatch(_pattern(path), one) for one in sent)}
    assert missing == set(ELSEWHERE), json.dumps(sorted(sent), indent=1)


def _is_sent(gave: object) -> bool:
    return isinstance(gave, list) and len(gave) > 1 and isinstance(gave[0], list) and str(gave[0][0]).startswith("/")


def _pattern(path: str) -> str:
    return re.sub(r"\\\{[a-z]+\\\}", "[^/]+", re.escape(path))
