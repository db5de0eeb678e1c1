"""The doctor: what is wrong with a node, why, and what to do about it; and the full check of its store."""

import shutil
import socket
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Final

from headwater.errors import HeadwaterError
from headwater.exchange.card import DatedKey
from headwater.exchange.keys import FOLDER, ROOT_FOLDER, Keys
from headwater.model.times import format_instant
from headwater.node.lists import age_of, editions, seen_current
from headwater.node.node import Node
from headwater.node.protected import vault

LOW_SPACE_BYTES: Final = 1 << 30
SYNCS_MISSED: Final = 3
"""Syncs that may fail in a row before a person is told."""
MOST_DEAD: Final = 1_000
"""Expired messages that are counted; of more it is said that there are more."""
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_ALARM_FIX: Final = (
    "look at the evidence and speak to the partner on another channel; then suspend it, or, once it is explained: "
    "headwater partner clear AUTHORITY --reason TEXT"
)
CARD_WARNING: Final = timedelta(days=30)
CLOCK_TOLERANCE: Final = timedelta(seconds=300)
"""As far as a partner's clock may be ahead; an event of this node's own that is further ahead tells of a clock that is wrong."""
EXTRAS: Final = {"match": "rapidfuzz", "web": "uvicorn"}
"""A library of each extra that a verb of this version needs."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, and if not, why and what to do."""

    name: str
    ok: bool
    cause: str = ""
    fix: str = ""


def examine(node: Node) -> list[Finding]:
    """Return what was looked at, in order; quick, and changes nothing."""
    return [found for look in _LOOKS for found in look(node)]


def full_check(node: Node) -> list[Finding]:
    """Read everything that the store holds and compare it with its hashes; slow on a large node."""
    problems = node.store.check()
    if not problems:
        return [Finding("store", ok=True)]
    return [
        Finding("store", ok=False, cause=f"{problem.kind} at {problem.at}", fix="restore the last backup")
        for problem in problems
    ]


def _space(node: Node) -> Iterator[Finding]:
    free = shutil.disk_usage(node.home).free
    yield Finding(
        "space",
        ok=free >= LOW_SPACE_BYTES,
        cause="" if free >= LOW_SPACE_BYTES else f"{free >> 20} MiB are free",
        fix="" if free >= LOW_SPACE_BYTES else "free some space, or move the node to a larger disk",
    )


def _ledger(node: Node) -> Iterator[Finding]:
    problems = node.store.verify_ledger()
    yield Finding(
        "ledger",
        ok=not problems,
        cause=f"{problems[0].kind} at leaf {problems[0].at}" if problems else "",
        fix="restore the last backup, then compare heads with your partners" if problems else "",
    )


def _keys(node: Node) -> Iterator[Finding]:
    folder = node.home / FOLDER
    open_to_others = [path.name for path in folder.glob("*.key") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    yield Finding(
        "keys",
        ok=not open_to_others,
        cause=f"others may read {', '.join(open_to_others)}" if open_to_others else "",
        fix=f"chmod 600 {folder}/*.key, then make new keys" if open_to_others else "",
    )
    missing = _missing_keys(node)
    yield Finding(
        "own keys",
        ok=not missing,
        cause=f"the card names keys that have no private key here: {', '.join(missing)}" if missing else "",
        fix="put keys/ back from a backup, or have new ones made: headwater node card --new-key KIND"
        if missing
        else "",
    )
    roots = list((node.home / ROOT_FOLDER).glob("*.key"))
    yield Finding(
        "roots",
        ok=not roots,
        cause="the root keys still lie on this machine" if roots else "",
        fix=f"move {node.home / ROOT_FOLDER} to three separate offline places" if roots else "",
    )


def _missing_keys(node: Node) -> list[str]:
    """Return the kinds of keys of which the card names one that counts, and the private half does not lie here."""
    try:
        card = node.exchange.card().card
    except HeadwaterError:
        return []  # what is wrong with the card is told of the card
    private, now = Keys(node.home), node.clock.now()
    held: dict[str, tuple[Collection[str], Callable[[], Collection[str]]]] = {
        "signing": (_counting(card.signing, now), lambda: private.signing_seeds),
        "sealing": (_counting(card.sealing, now), lambda: private.sealing_seeds),
        "papers": ([pair.ed25519 for pair in card.papers[-1:]], lambda: [private.papers().public().ed25519]),
    }
    return [kind for kind, (named, here) in held.items() if not set(named) <= set(_there(here))]


def _counting(keys: Sequence[DatedKey], now: datetime) -> list[str]:
    """Return the names of keys that nobody has revoked."""
    return [key.name for key in keys if not key.is_revoked(now)]


def _there(names: Callable[[], Collection[str]]) -> Collection[str]:
    """Return the names of what lies here; none where there is no such file, or one that cannot be read."""
    try:
        return names()
    except HeadwaterError:
        return ()


def _folder(node: Node) -> Iterator[Finding]:
    others = stat.S_IMODE(node.home.stat().st_mode) & 0o077
    yield Finding(
        "folder",
        ok=not others,
        cause=f"others may open {node.home}" if others else "",
        fix=f"chmod 700 {node.home}" if others else "",
    )
    lost = vault(node).is_locked_out
    yield Finding(
        "vault",
        ok=not lost,
        cause="vault/master.key is not here, and without it no protected person can be read" if lost else "",
        fix="put it back from where you keep it; take nothing into the vault before" if lost else "",
    )


def _clock(node: Node) -> Iterator[Finding]:
    now, last = node.clock.now(), _last_noted(node)
    ahead = last > now + CLOCK_TOLERANCE
    yield Finding(
        "clock",
        ok=not ahead,
        cause=f"it says {format_instant(now)}, and the ledger has an event of {format_instant(last)}" if ahead else "",
        fix="set the clock of this machine right; partners refuse what is sealed more than 300 s ahead"
        if ahead
        else "",
    )


def _last_noted(node: Node) -> datetime:
    """Return when the last event was noted, the beginning of time where nobody can tell any more."""
    try:
        with node.store.snapshot() as snapshot:
            return snapshot.leaf(snapshot.head().size - 1).at or _LONG_AGO
    except HeadwaterError:
        return _LONG_AGO


def _card(node: Node) -> Iterator[Finding]:
    try:
        card = node.exchange.card().card
    except HeadwaterError as error:
        yield Finding("card", ok=False, cause=error.what, fix=error.fix)
        return
    left = card.expires_at - node.clock.now()
    yield Finding(
        "card",
        ok=left > CARD_WARNING,
        cause="" if left > CARD_WARNING else f"it expires in {left.days} days",
        fix="" if left > CARD_WARNING else "make the next version: headwater node card --renew",
    )


def _lists(node: Node) -> Iterator[Finding]:
    limit = timedelta(days=node.settings.list_stale_days)
    with node.store.snapshot() as snapshot:
        held = editions(snapshot)
        seen = seen_current(snapshot, held)
    for edition in held:
        age = age_of(edition, seen, node.clock.now())
        yield Finding(
            f"list {edition.source}",
            ok=age <= limit,
            cause="" if age <= limit else f"it was last seen to be current {age.days} days ago",
            fix="" if age <= limit else f"fetch it, or read the newest edition: headwater read {edition.source} FILE",
        )


def _outbox(node: Node) -> Iterator[Finding]:
    with node.store.snapshot() as snapshot:
        dead = snapshot.out_in_state("dead", MOST_DEAD)
    many = f"{len(dead)}{' or more' if len(dead) == MOST_DEAD else ''}"
    yield Finding(
        "outbox",
        ok=not dead,
        cause=f"{many} messages expired before they were taken" if dead else "",
        fix="see which: headwater inbox list" if dead else "",
    )


def _texts(node: Node) -> Iterator[Finding]:
    found = node.exchange.liaison.texts()
    yield Finding(
        "texts",
        ok=not found,
        cause=f"the free text of {len(found)} messages names something that was recalled" if found else "",
        fix="see which: headwater amend texts" if found else "",
    )


def _alarms(node: Node) -> Iterator[Finding]:
    found = node.exchange.syncing.alarms()
    yield Finding(
        "alarms",
        ok=not found,
        cause="; ".join(f"{alarm.code} about {alarm.about}: {alarm.what}" for alarm in found),
        fix=_ALARM_FIX if found else "",
    )


def _witnesses(node: Node) -> Iterator[Finding]:
    limit, now = timedelta(seconds=SYNCS_MISSED * node.settings.sync_every_s), node.clock.now()
    for partner in node.exchange.partners():
        standing = node.exchange.syncing.standing(partner.authority)
        if not partner.is_open or standing.synced_at is None:
            continue
        silent, unproved = now - standing.synced_at, standing.unproved_since
        ok = silent <= limit and (unproved is None or now - unproved <= limit)
        cause = "it has not proved that its log only grew" if unproved else "it has not answered a sync"
        yield Finding(
            f"witness {partner.authority}",
            ok=ok,
            cause="" if ok else f"{cause} since {format_instant(unproved or standing.synced_at)}",
            fix="" if ok else f"try: headwater partner sync {partner.authority}; then speak to the partner",
        )


def _address(node: Node) -> Iterator[Finding]:
    try:
        socket.getaddrinfo(*node.settings.address)
    except OSError as error:
        yield Finding("address", ok=False, cause=f"{node.settings.listen}: {error}", fix="correct the setting `listen`")
        return
    yield Finding("address", ok=True)


def _extras(_: Node) -> Iterator[Finding]:
    for extra, library in EXTRAS.items():
        there = find_spec(library) is not None
        yield Finding(
            f"extra {extra}",
            ok=there,
            cause="" if there else f"{library} is not installed",
            fix="" if there else f"pip install 'headwater[{extra}]'",
        )


_LOOKS: Final[tuple[Callable[[Node], Iterator[Finding]], ...]] = (
    _space,
    _ledger,
    _clock,
    _folder,
    _keys,
    _card,
    _lists,
    _outbox,
    _texts,
    _alarms,
    _witnesses,
    _address,
    _extras,
)
