"""The authorisation table of the page: every route and method, and what it takes to be let in.

A route that is not here stops the node from starting. What a handler then does is decided again by the rooms behind it: this
table is the first gate, not the only one.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from headwater.errors import SettingsError
from headwater.policy.acts import Act
from headwater.web import pictured


class Door(Enum):
    """What a route asks for where it asks for no act."""

    OPEN = "open to everybody who reaches the page"
    SIGNED_IN = "any user who is signed in"


Needs = Act | Door

TABLE: Final[Mapping[tuple[str, str], Needs]] = {
    **pictured.TABLE,
    ("GET", "/static/{tree}/{path:path}"): Door.OPEN,
    ("GET", "/sign-in"): Door.OPEN,
    ("POST", "/sign-in"): Door.OPEN,
    ("POST", "/sign-out"): Door.SIGNED_IN,
    ("POST", "/language"): Door.SIGNED_IN,
    ("GET", "/pulse"): Door.SIGNED_IN,
    ("GET", "/events"): Door.SIGNED_IN,
    ("GET", "/queue"): Act.FINDING_LOOK,
    ("POST", "/queue/dismiss"): Act.FINDING_DECIDE,
    ("GET", "/findings/{ref}"): Act.FINDING_LOOK,
    ("GET", "/findings/{ref}/compare"): Act.FINDING_LOOK,
    ("POST", "/findings/{ref}/decide"): Act.FINDING_DECIDE,
    ("POST", "/findings/{ref}/undo"): Act.FINDING_DECIDE,
    ("GET", "/search"): Act.RECORD_LOOK,
    ("POST", "/search"): Act.RECORD_LOOK,
    ("GET", "/search/{token}"): Act.RECORD_LOOK,
    ("POST", "/search/{token}/save"): Act.RECORD_LOOK,
    ("GET", "/entities/{key:path}"): Act.RECORD_LOOK,
}


def check(routes: Iterable[tuple[str, str]]) -> None:
    """Refuse a set of routes that the table does not name one by one, or a line of the table that leads nowhere.

    Raises:
        SettingsError: a route is missing here, or a line has no route.
    """
    found = set(routes)
    for method, path in sorted(found - TABLE.keys()):
        raise SettingsError(
            "a route that is not in the authorisation table", where=f"{method} {path}", fix="add it to web/authz.py"
        )
    for method, path in sorted(TABLE.keys() - found):
        raise SettingsError(
            "a line of the authorisation table without a route", where=f"{method} {path}", fix="take it out"
        )
