"""A session: one user of one authority, signed in for one purpose; and whether it may do something."""

from dataclasses import dataclass

from headwater.errors import ForbiddenError, NoBasisError, Place, SchemaError
from headwater.model.ids import AuthorityId, authority_id
from headwater.policy.acts import GRANTS, NEEDS_PURPOSE, Act, Role
from headwater.policy.purposes import known_purpose


@dataclass(frozen=True, slots=True)
class Session:
    """One user at work.

    Attributes:
        user: user name at this node.
        authority: the authority of this node.
        purpose: why the user looks; chosen at sign-in and logged with every look.
        roles: what the user is here.
    """

    user: str
    authority: AuthorityId
    purpose: str
    roles: frozenset[str]

    def __post_init__(self) -> None:
        """Refuse a session of nobody, for nothing, or in a role that there is not."""
        if not self.user.strip():
            raise SchemaError("a session without a user", where=Place(field="user"))
        authority_id(self.authority)
        known_purpose(self.purpose)
        if not self.roles or not self.roles <= frozenset(Role):
            raise SchemaError(
                "a session without a role, or with one that there is not",
                where=Place(field="roles"),
                fix=f"use one or more of {', '.join(Role)}",
            )


def may(session: Session, act: str, *, author: str | None = None) -> None:
    """Return when a session may do something; refuse otherwise.

    Args:
        session: who asks.
        act: one of `Act`.
        author: who made what is to be approved, where somebody else must approve it.

    Raises:
        ForbiddenError: no role of the user allows it, or the user would approve own work.
        NoBasisError: it may not be done for the purpose of this session.
        SchemaError: there is no such act.
    """
    try:
        asked = Act(act)
    except ValueError:
        raise SchemaError("no such act", where=Place(field="act")) from None
    if session.roles.isdisjoint(GRANTS[asked]):
        raise ForbiddenError(
            f"rule role: {asked} is not for {_listed(session.roles)}",
            fix=f"ask somebody who is {_listed(GRANTS[asked])}",
        )
    purposes = NEEDS_PURPOSE.get(asked)
    if purposes is not None and session.purpose not in purposes:
        raise NoBasisError(
            f"rule purpose: {asked} may not be done for {session.purpose}",
            fix=f"sign in for {_listed(purposes)}, if that is what you do",
        )
    if author is not None and author == session.user:
        raise ForbiddenError(
            f"rule four-eyes: {asked} of one's own work", fix="ask a colleague with the same role to do it"
        )


def allowed(session: Session, act: str) -> bool:
    """Return whether a session may do something."""
    try:
        may(session, act)
    except (ForbiddenError, NoBasisError):
        return False
    return True


def _listed(names: frozenset[str] | frozenset[Role]) -> str:
    return ", ".join(sorted(names))
