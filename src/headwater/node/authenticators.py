"""What a user signs in with besides a link: passkeys, a passphrase with codes of an app, recovery codes.

The store holds nothing that lets anybody in: of a passkey its public key, of a passphrase and of recovery codes slow or long
hashes. The secret that an app shares with the node cannot be hashed: it is sealed under a key that is derived from the
node's signing key, which lies in a file beside the store, so that a copy of the store alone makes no codes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from headwater.errors import ForbiddenError, Place
from headwater.model.canonical import decode, encode
from headwater.model.times import format_instant
from headwater.node.node import Node
from headwater.node.users import find
from headwater.ports import Event
from headwater.store import Snapshot, Transaction

KIND: Final = "authenticators"
PASSKEY: Final = "passkey"
MOST_PASSKEYS: Final = 10


@dataclass(frozen=True, slots=True)
class Codes:
    """A passphrase and the secret of an app.

    Attributes:
        salt, passphrase: of scrypt, and what it left, in hex.
        sealed: the app's secret, sealed, in hex.
        key: name of the signing key under which it is sealed.
        last_step: the newest half minute of which a code was taken; no code of it or before counts again.
    """

    salt: str
    passphrase: str
    sealed: str
    key: str
    made_at: datetime
    last_step: int = 0


@dataclass(frozen=True, slots=True)
class Pending:
    """A secret that was shown to a user and waits for the first code made with it."""

    sealed: str
    key: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What one user signs in with; passkeys are documents of their own.

    Attributes:
        recovery: hashes of the recovery codes that are left.
        failures: tries with codes that failed since the last that did not.
    """

    user: str
    codes: Codes | None = None
    pending: Pending | None = None
    recovery: tuple[str, ...] = ()
    failures: int = 0
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey.

    Attributes:
        id: the credential's identifier, base64url.
        public_key: its public key (COSE, RFC 9052), in hex.
        handle: what it calls its user: a number that tells nobody who that is, in hex.
        sign_count: the highest count that it showed; zero where it counts nothing.
        label: what its user calls it.
        blocked: it showed a count that it had shown before: there may be two of it.
    """

    user: str
    id: str
    public_key: str
    handle: str
    sign_count: int
    label: str
    made_at: datetime
    used_at: datetime | None = None
    blocked: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPasskey:
    """A passkey as a page shows it."""

    id: str
    label: str
    made_at: str
    used_at: str
    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticators:
    """What a user signs in with, as a page or a command shows it: nothing that lets anybody in.

    Attributes:
        codes_at: when codes were set up, empty where they were not.
        recovery_left: recovery codes that are left.
        failures: tries with codes that failed since the last that did not.
    """

    user: str
    passkeys: tuple[ShownPasskey, ...]
    codes_at: str
    recovery_left: int
    failures: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but links."""
        return not (self.passkeys or self.codes_at)


def held_by(snapshot: Snapshot | Transaction, user: str) -> Held | None:
    """Return what a user signs in with, None where nothing was ever set up."""
    body = snapshot.document(KIND, user) if user else None
    return decode(body, Held) if body else None


def held_or_new(transaction: Transaction, user: str) -> Held:
    """Return what a user signs in with; a new, empty one where nothing was ever set up.

    Raises:
        ForbiddenError: there is no such user.
    """
    find(transaction, user)
    return held_by(transaction, user) or Held(user)


def keep(transaction: Transaction, held: Held) -> None:
    """Keep what a user signs in with."""
    transaction.put_document(KIND, held.user, encode(held))


def passkeys_of(snapshot: Snapshot | Transaction, user: str) -> Iterator[tuple[str, Passkey]]:
    """Yield a user's passkeys with the keys of their documents, the oldest first."""
    found = ((key, decode(body, Passkey)) for key, _, body in snapshot.documents(PASSKEY))
    mine = [(key, one) for key, one in found if one.user == user and not one.removed]
    yield from sorted(mine, key=lambda pair: (pair[1].made_at, pair[0]))


def shown(snapshot: Snapshot | Transaction, user: str) -> Authenticators:
    """Return what a user signs in with, as a page or a command shows it."""
    held = held_by(snapshot, user)
    passkeys = tuple(
        ShownPasskey(
            id=key, label=one.label, made_at=format_instant(one.made_at),
            used_at=format_instant(one.used_at) if one.used_at else "", blocked=one.blocked,
        )
        for key, one in passkeys_of(snapshot, user)
    )  # fmt: skip
    return Authenticators(
        user=user,
        passkeys=passkeys,
        codes_at=format_instant(held.codes.made_at) if held and held.codes else "",
        recovery_left=len(held.recovery) if held else 0,
        failures=held.failures if held else 0,
    )


def own(node: Node, user: str) -> Authenticators:
    """Return what a user signs in with."""
    with node.store.snapshot() as snapshot:
        return shown(snapshot, user)


def remove_passkey(node: Node, user: str, ref: str, purpose: str) -> None:
    """Remove a user's own passkey; where it was the last way in besides links, its recovery codes go with it.

    Raises:
        ForbiddenError: the user has no such passkey.
    """

    def change(transaction: Transaction) -> None:
        found = dict(passkeys_of(transaction, user)).get(ref)
        if found is None:
            raise ForbiddenError("no such passkey of this user", where=Place(field="passkey"))
        transaction.put_document(PASSKEY, ref, encode(replace(found, removed=True)))
        transaction.note(Event("page.passkey-removed", user, ref, purpose))
        _forget_recovery(transaction, user)

    node.store.write(change)


def remove_codes(node: Node, user: str, purpose: str) -> None:
    """Remove a user's own passphrase and app.

    Raises:
        ForbiddenError: there are none.
    """

    def change(transaction: Transaction) -> None:
        held = held_by(transaction, user)
        if held is None or held.codes is None:
            raise ForbiddenError("no such codes of this user", where=Place(field="codes"))
        keep(transaction, replace(held, codes=None, pending=None, failures=0, failed_at=None))
        transaction.note(Event("page.codes-removed", user, user, purpose))
        _forget_recovery(transaction, user)

    node.store.write(change)


def forget(transaction: Transaction, user: str) -> int:
    """Remove all that a user signs in with besides links, and return how many things it was."""
    held, count = held_by(transaction, user), 0
    for key, one in passkeys_of(transaction, user):
        transaction.put_document(PASSKEY, key, encode(replace(one, removed=True)))
        count += 1
    if held is not None:
        count += (held.codes is not None) + bool(held.recovery)
        keep(transaction, Held(user))
    return count


def _forget_recovery(transaction: Transaction, user: str) -> None:
    """Recovery codes stand in for something that was lost; with nothing left to lose they would be a way in of their own."""
    held = held_by(transaction, user)
    if held is not None and held.recovery and shown(transaction, user).is_empty:
        keep(transaction, replace(held, recovery=()))
