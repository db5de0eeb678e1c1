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
    ("POST", "/sign-in/oidc"): Door.OPEN,
    ("GET", "/sign-in/oidc"): Door.OPEN,
    ("POST", "/sign-out"): Door.SIGNED_IN,
    ("POST", "/language"): Door.SIGNED_IN,
    ("GET", "/authenticators"): Door.SIGNED_IN,
    ("POST", "/authenticators/passkeys"): Door.SIGNED_IN,
    ("POST", "/authenticators/codes"): Door.SIGNED_IN,
    ("POST", "/authenticators/codes/confirm"): Door.SIGNED_IN,
    ("POST", "/authenticators/recovery"): Door.SIGNED_IN,
    ("POST", "/authenticators/remove"): Door.SIGNED_IN,
    ("GET", "/pulse"): Door.SIGNED_IN,
    ("GET", "/events"): Door.SIGNED_IN,
    ("GET", "/queue"): Act.FINDING_LOOK,
    ("POST", "/queue/dismiss"): Act.FINDING_DECIDE,
    ("POST", "/queue/triage"): Act.FINDING_DECIDE,
    ("POST", "/queue/filters"): Act.FINDING_LOOK,
    ("GET", "/findings/{ref}"): Act.FINDING_LOOK,
    ("GET", "/findings/{ref}/compare"): Act.FINDING_LOOK,
    ("POST", "/findings/{ref}/decide"): Act.FINDING_DECIDE,
    ("POST", "/findings/{ref}/undo"): Act.FINDING_DECIDE,
    ("GET", "/search"): Act.RECORD_LOOK,
    ("POST", "/search"): Act.RECORD_LOOK,
    ("GET", "/search/{token}"): Act.RECORD_LOOK,
    ("POST", "/search/{token}/save"): Act.RECORD_LOOK,
    ("GET", "/entities/{key:path}"): Act.RECORD_LOOK,
    ("GET", "/exchange"): Act.MESSAGE_LOOK,
    ("GET", "/exchange/new"): Act.MESSAGE_SEND,
    ("POST", "/exchange/preview"): Act.MESSAGE_SEND,
    ("POST", "/exchange/send"): Act.MESSAGE_SEND,
    ("POST", "/exchange/consent"): Act.MESSAGE_SEND,
    ("GET", "/exchange/{ref}"): Act.MESSAGE_LOOK,
    ("GET", "/exchange/{ref}/answer"): Act.MESSAGE_SEND,
    ("POST", "/exchange/{ref}/approve"): Act.MESSAGE_APPROVE,
    ("POST", "/exchange/{ref}/accept"): Act.MESSAGE_ACCEPT,
    ("POST", "/exchange/{ref}/refuse"): Act.MESSAGE_REFUSE,
    ("POST", "/exchange/{ref}/consent"): Act.CONSENT_GIVE,
    ("POST", "/exchange/{ref}/recall"): Act.FACT_AMEND,
    ("GET", "/"): Door.SIGNED_IN,
    ("GET", "/cases"): Act.CASE_LOOK,
    ("POST", "/cases"): Act.CASE_OPEN,
    ("GET", "/cases/{urn}"): Act.CASE_LOOK,
    ("POST", "/cases/{urn}/persons"): Act.CASE_ADD,
    ("POST", "/cases/{urn}/offences"): Act.CASE_ADD,
    ("POST", "/cases/{urn}/elements"): Act.CASE_ADD,
    ("POST", "/cases/{urn}/notes"): Act.CASE_ADD,
    ("POST", "/cases/{urn}/findings"): Act.CASE_ADD,
    ("POST", "/cases/{urn}/exhibits"): Act.CASE_ADD,
    ("POST", "/cases/{urn}/uploads"): Act.CASE_ADD,
    ("POST", "/cases/{urn}/uploads/{ref}"): Act.CASE_ADD,
    ("GET", "/cases/{urn}/schedules/{form}"): Act.CASE_SCHEDULE,
    ("POST", "/cases/{urn}/schedules/{form}"): Act.CASE_SCHEDULE,
    ("POST", "/cases/{urn}/seal"): Act.CASE_SEAL,
    ("POST", "/cases/{urn}/check"): Act.CASE_VERIFY,
    ("POST", "/cases/{urn}/views"): Act.CASE_EXPORT,
    ("GET", "/protect"): Act.TASK_LOOK,
    ("GET", "/protect/{task}"): Act.TASK_LOOK,
    ("POST", "/protect/{task}/identity"): Act.IDENTITY_LOOK,
    ("POST", "/protect/{task}/decide"): Act.TASK_DECIDE,
    ("POST", "/protect/{task}/notified"): Act.TASK_DECIDE,
    ("GET", "/audit"): Act.LEDGER_SHOW,
    ("POST", "/audit/check"): Act.LEDGER_VERIFY,
    ("GET", "/audit/report"): Act.REPORT_MAKE,
    ("GET", "/admin"): Act.PARTNER_LOOK,
    ("POST", "/admin/users"): Act.USER_CHANGE,
    ("POST", "/admin/users/disable"): Act.USER_CHANGE,
    ("POST", "/admin/users/reset"): Act.USER_CHANGE,
    ("GET", "/help"): Door.SIGNED_IN,
    ("GET", "/openapi.json"): Door.SIGNED_IN,
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
