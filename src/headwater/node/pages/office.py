"""The node itself on pages: users, settings, partners with their agreements in words, and what the doctor finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headwater.node import authenticators, doctor, partners, signin, users
from headwater.node.node import Node
from headwater.node.pages.once import once
from headwater.policy.acts import GRANTS, Act
from headwater.policy.session import Session, allowed, may


@dataclass(frozen=True, slots=True)
class Terms:
    """One agreement in words."""

    id: str
    state: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One user, and what the user signs in with."""

    name: str
    roles: tuple[str, ...]
    disabled: bool
    ways: authenticators.Authenticators


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the page of the node shows; a part that the reader may not see is None."""

    authority: str
    card: Mapping[str, Any]
    users: tuple["Member", ...] | None
    settings: tuple[Mapping[str, str], ...] | None
    checks: tuple[doctor.Finding, ...] | None
    partners: tuple[Mapping[str, Any], ...]
    terms: tuple[Terms, ...]
    grants: tuple[tuple[str, tuple[str, ...]], ...]


def office(node: Node, session: Session) -> Office:
    """Return the node as a user may see it.

    Raises:
        PolicyError: the user may not look at partners, which everybody may.
    """
    may(session, Act.PARTNER_LOOK)
    settings = None
    if allowed(session, Act.SETTINGS_SHOW):
        settings = tuple(
            {"id": one.name, "value": one.value, "origin": one.origin, "doc": one.doc} for one in node.loaded.origins
        )
    return Office(
        authority=node.authority,
        card=partners.own_document(node.authority, node.exchange.card()),
        users=members(node, session) if allowed(session, Act.USER_CHANGE) else None,
        settings=settings,
        checks=tuple(doctor.examine(node)) if allowed(session, Act.NODE_CHECK) else None,
        partners=tuple(partners.every(node, session)),
        terms=tuple(
            Terms(name, terms.state.value, terms.explain())
            for name, terms in sorted(node.exchange.agreements().items())
        ),
        grants=tuple((str(act), tuple(sorted(roles))) for act, roles in GRANTS.items()),
    )


def members(node: Node, session: Session) -> tuple[Member, ...]:
    """Return all users, each with what the user signs in with.

    Raises:
        ForbiddenError: the session may not change users.
    """
    may(session, Act.USER_CHANGE)
    with node.store.snapshot() as snapshot:
        return tuple(
            Member(
                name=one.name,
                roles=tuple(sorted(one.roles)),
                disabled=one.disabled,
                ways=authenticators.shown(snapshot, one.name),
            )
            for one in users.every(snapshot)
        )


def reset_user(node: Node, session: Session, name: str) -> None:
    """Remove all that a user signs in with, and end the user's sessions.

    Raises:
        PolicyError: the user may not change users, or would reset the own.
    """
    signin.reset(node, session, name)


def add_user(node: Node, session: Session, name: str, roles: frozenset[str], key: str) -> None:
    """Add a user, once for each key.

    Raises:
        PolicyError: the user may not change users, or there is one of that name.
        SchemaError: the name or a role is none.
    """
    may(session, Act.USER_CHANGE)

    def act() -> str:
        users.add(node.store, session, users.User(name, roles))
        return name

    once(node, session, key, act)


def disable_user(node: Node, session: Session, name: str) -> None:
    """Switch a user off: every session ends at once.

    Raises:
        PolicyError: the user may not change users, or nobody would be left who may.
    """
    users.disable(node.store, session, name)
