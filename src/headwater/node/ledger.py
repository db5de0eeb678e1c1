"""The ledger at a node: checked, its head written for others to keep, its events shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from headwater.errors import FormatError, RollbackError
from headwater.formats.safe import parse_json
from headwater.model.canonical import encode
from headwater.model.times import format_instant
from headwater.node.files import bytes_of, write
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.store import Head, Leaf, Problem


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the ledger found."""

    head: Head
    problems: tuple[Problem, ...]
    against_head: bool

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(node: Node, heads: Sequence[Path]) -> Verified:
    """Recompute the whole ledger, and compare it with heads kept elsewhere.

    Raises:
        InputError: a file is no head.
    """
    kept = [_read_head(path) for path in heads]
    own = node.store.verify_ledger()
    against = node.store.verify_ledger(kept) if kept and not own else own
    with node.store.snapshot() as snapshot:
        return Verified(snapshot.head(), tuple(against), bool(kept) and not own)


def write_head(node: Node, out: Path) -> Head:
    """Write the ledger's head to a file, for a partner or an auditor to keep.

    Raises:
        StoreIoError: the disk refuses.
    """
    with node.store.snapshot() as snapshot:
        head = snapshot.head()
    at = format_instant(node.clock.now())
    write(out, encode({"authority": node.authority, "size": head.size, "root": head.root.hex(), "at": at}) + b"\n")
    return head


def events(node: Node, session: Session, *, last: int, kind: str | None = None) -> list[Leaf]:
    """Return the last events of the ledger, oldest first.

    Raises:
        PolicyError: the user may not read the ledger.
    """
    may(session, Act.LEDGER_SHOW)
    with node.store.snapshot() as snapshot:
        size = snapshot.head().size
        start = 0 if kind else max(0, size - last)
        found = [leaf for leaf in snapshot.leaves(start) if kind is None or (leaf.event and leaf.event.kind == kind)]
    return found[-last:]


def as_rollback(found: Verified) -> RollbackError:
    """Return the error for a ledger that does not hold what a kept head has seen."""
    first = found.problems[0]
    return RollbackError(f"the ledger does not hold what the head has seen ({first.kind})", where=f"leaf {first.at}")


def _read_head(path: Path) -> Head:
    given = parse_json(bytes_of(path), where=str(path))
    fields = given if isinstance(given, dict) else {}
    size, root = fields.get("size"), fields.get("root")
    try:
        if isinstance(size, int) and isinstance(root, str):
            return Head(size, bytes.fromhex(root))
    except ValueError as error:
        raise FormatError("not a head: its root is not hex", where=str(path)) from error
    raise FormatError("not a head of a ledger", where=str(path), fix="make one with: headwater audit head --out FILE")
