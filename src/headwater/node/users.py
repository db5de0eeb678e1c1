"""The users of a node and their roles, kept in its store; who may open its directory is the operating system's matter."""

from dataclasses import dataclass
from typing import Any

from headwater.errors import ConflictError, ForbiddenError, Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId
from headwater.policy.acts import Act, Role
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Snapshot, Store, Transaction

KIND = "user"


@dataclass(frozen=True, slots=True)
class User:
    """One user: a name, roles, and whether the account is switched off."""

    name: str
    roles: frozenset[str]
    disabled: bool = False

    def __post_init__(self) -> None:
        """Refuse an empty name and unknown roles."""
        if not self.name.strip():
            raise SchemaError("a user without a name", where=Place(field="user"))
        unknown = self.roles - frozenset(Role)
        if unknown or not self.roles:
            raise SchemaError("no role, or an unknown one", where=Place(field="role"), fix=f"use {', '.join(Role)}")


def add(store: Store, session: Session, user: User) -> None:
    """Keep a new user.

    Raises:
        ForbiddenError: the session may not change users.
        ConflictError: there is a user of that name.
    """
    may(session, Act.USER_CHANGE)
    add_first(store, session.user, user)


def add_first(store: Store, by: str, user: User) -> None:
    """Keep a user of a node that is being set up, when there is nobody yet who could allow it.

    Raises:
        ConflictError: there is a user of that name.
    """

    def change(transaction: Transaction) -> None:
        if transaction.document(KIND, user.name) is not None:
            raise ConflictError("there is a user of that name", where=Place(field="user"), fix="choose another name")
        _keep(transaction, by, user, "user.added")

    store.write(change)


def disable(store: Store, session: Session, name: str) -> None:
    """Switch a user off; the name stays taken.

    Raises:
        ForbiddenError: the session may not change users, or there is no such user.
        ConflictError: nobody would be left who may change users.
    """
    may(session, Act.USER_CHANGE)

    def change(transaction: Transaction) -> None:
        user = find(transaction, name)
        others = [each for each in every(transaction) if each.name != name and not each.disabled]
        if not any(Role.ADMIN in each.roles for each in others):
            raise ConflictError("this is the last admin", where=Place(field="user"), fix="add another admin first")
        _keep(transaction, session.user, User(user.name, user.roles, disabled=True), "user.disabled")

    store.write(change)


def every(snapshot: Snapshot | Transaction) -> list[User]:
    """Return all users, by name."""
    return sorted((decode(body, User) for _, _, body in snapshot.documents(KIND)), key=lambda user: user.name)


def find(snapshot: Snapshot | Transaction, name: str) -> User:
    """Return one user.

    Raises:
        ForbiddenError: there is no such user.
    """
    body = snapshot.document(KIND, name)
    if body is None:
        raise ForbiddenError(
            "no such user at this node",
            where=Place(field="user"),
            fix="an admin adds users: headwater user add NAME --role ROLE",
        )
    return decode(body, User)


def listed(store: Store) -> list[dict[str, Any]]:
    """Return all users as they stand in a document."""
    with store.snapshot() as snapshot:
        return [document(user) for user in every(snapshot)]


def session(snapshot: Snapshot, authority: AuthorityId, name: str, purpose: str) -> Session:
    """Return the session of a user who is allowed in.

    Raises:
        ForbiddenError: there is no such user, or the account is switched off.
        NoBasisError: the purpose is unknown.
    """
    user = find(snapshot, name)
    if user.disabled:
        raise ForbiddenError("this user is switched off", where=Place(field="user"), fix="speak to an admin")
    return Session(user=name, authority=authority, purpose=purpose, roles=user.roles)


def document(user: User) -> dict[str, Any]:
    """Return a user as it stands in a document."""
    return {"name": user.name, "roles": sorted(user.roles), "disabled": user.disabled}


def _keep(transaction: Transaction, by: str, user: User, kind: str) -> None:
    transaction.put_document(KIND, user.name, encode(user))
    transaction.note(Event(kind=kind, who=by, subject=user.name, detail={"roles": ",".join(sorted(user.roles))}))
