"""Messages without their content: what a list of them shows. Those that were kept last are found without reading the others."""

from collections.abc import Collection
from typing import Final

from headwater.model.canonical import encode
from headwater.model.ids import MessageId
from headwater.store.link import Linked
from headwater.store.messages import IncomingRow, OutgoingRow, as_incoming, as_outgoing
from headwater.store.rows import Incoming, Outgoing

_QUIET_FROM: Final = 5_000
"""How far back messages are looked for that nodes send each other of themselves."""

_IN: Final = (
    "SELECT id, peer, seq, sha256, kind, thread, CAST('' AS BLOB), received_at, state, receipt, number FROM incoming"
)
_OUT: Final = (
    "SELECT id, peer, seq, lane, CAST('' AS BLOB), kind, thread, queued_at, expires_at, state, receipt, settled_at, number"
    " FROM outgoing"
)
_QUIET: Final = "kind IN (SELECT value FROM json_each(?3)) AND state NOT IN ('held', 'refused')"
_TOLD: Final = f" WHERE NOT ({_QUIET}) ORDER BY number DESC LIMIT ?1 OFFSET ?2"
_UNTOLD: Final = f" WHERE {_QUIET} AND number > ?4 ORDER BY number DESC LIMIT ?1 OFFSET ?2"
_AMONG: Final = " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY number DESC"
_OF_STATE: Final = " WHERE state = ? ORDER BY number DESC LIMIT ?"
_QUEUED: Final = " WHERE state = 'queued' ORDER BY number DESC LIMIT ?"


class MailReading(Linked):
    """What lists of messages show: every row but its body or envelope, which are empty here."""

    def newest_in(self, most: int, skip: int, quiet: Collection[str], *, told: bool = True) -> list[Incoming]:
        """Return messages that came, those that were kept last first.

        Args:
            most: how many at most.
            skip: how many are passed over.
            quiet: kinds that nodes send each other of themselves, unless one was held back or refused.
            told: return all but the quiet ones; else the quiet ones alone, of the last few thousand messages.
        """
        sql, since = (_IN + _TOLD, ()) if told else (_IN + _UNTOLD, (self._since("incoming"),))
        return [as_incoming(row) for row in self._link.rows(IncomingRow, sql, most, skip, _listed(quiet), *since)]

    def newest_out(self, most: int, skip: int, quiet: Collection[str], *, told: bool = True) -> list[Outgoing]:
        """Return messages that went, or wait to go, as `newest_in` does those that came."""
        sql, since = (_OUT + _TOLD, ()) if told else (_OUT + _UNTOLD, (self._since("outgoing"),))
        return [as_outgoing(row) for row in self._link.rows(OutgoingRow, sql, most, skip, _listed(quiet), *since)]

    def in_among(self, refs: Collection[MessageId]) -> list[Incoming]:
        """Return those of some messages that came, the newest first."""
        return [as_incoming(row) for row in self._link.rows(IncomingRow, f"{_IN}{_AMONG}", _listed(refs))]

    def out_among(self, refs: Collection[MessageId]) -> list[Outgoing]:
        """Return those of some messages that went or wait to go, the newest first."""
        return [as_outgoing(row) for row in self._link.rows(OutgoingRow, f"{_OUT}{_AMONG}", _listed(refs))]

    def out_queued(self, most: int) -> list[Outgoing]:
        """Return messages that no partner has taken yet, the newest first."""
        return [as_outgoing(row) for row in self._link.rows(OutgoingRow, f"{_OUT}{_QUEUED}", most)]

    def out_in_state(self, state: str, most: int) -> list[Outgoing]:
        """Return messages to partners in a state, the newest first."""
        return [as_outgoing(row) for row in self._link.rows(OutgoingRow, f"{_OUT}{_OF_STATE}", state, most)]

    def _since(self, table: str) -> int:
        return self._link.number(f"SELECT MAX(number) FROM {table}") - _QUIET_FROM  # noqa: S608 - the names stand here


def _listed(words: Collection[str]) -> str:
    return encode(sorted(words)).decode()
