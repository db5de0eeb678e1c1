"""Looking for what is wrong: in the ledger, leaf by leaf, and in all else that a store holds."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from headwater.errors import InputError
from headwater.model.canonical import HASH_LETTERS, decode
from headwater.model.merkle import HASH_BYTES, Frontier, leaf_hash, node_hash
from headwater.model.record import Record
from headwater.store import migrate
from headwater.store.files import Files
from headwater.store.ledger import ERASED, commitment, read_event, stored_head
from headwater.store.link import Link
from headwater.store.mentions import entities_of, indexed, leads_to
from headwater.store.recall import TOMBSTONE
from headwater.store.records import files_of
from headwater.store.rows import Head, Problem

_PAGE: Final = 512
_LEAVES: Final = (
    "SELECT number, salt, event, commitment, subtrees FROM ledger WHERE number >= ? ORDER BY number LIMIT ?"
)


class _Row(NamedTuple):
    """The columns of `_LEAVES`."""

    number: int
    salt: bytes | None
    event: bytes | None
    commitment: bytes
    subtrees: bytes


class _Tombstone(NamedTuple):
    """The columns of `_TOMBSTONES`."""

    kind: str
    ref: str
    sha256: bytes
    leaf: int


_TOMBSTONES: Final = (
    "SELECT kind, ref, sha256, leaf FROM tombstone WHERE (kind, ref) > (?, ?) ORDER BY kind, ref LIMIT ?"
)
_PLACES: Final = {
    "record": "SELECT body FROM record WHERE id = ?",
    "finding": "SELECT body FROM finding WHERE id = ?",
    "incoming": "SELECT body FROM incoming WHERE id = ?",
    "document": "SELECT body FROM document WHERE kind || '/' || key || '/' || version = ?",
}


def ledger_problems(link: Link, heads: Iterable[Head] = ()) -> list[Problem]:
    """Compute the ledger again from its leaves and return what does not fit, in the order it was met.

    Each subtree is compared with the two below it as they are stored, so that one altered leaf is one problem, at its
    place. What was rewritten in full shows only against a head that somebody else kept.

    Args:
        link: a connection that sees one moment.
        heads: heads that were given out earlier, each of which the ledger must still lead to.
    """
    stored = stored_head(link)
    walk = _Walk({head.size: head for head in heads if head.size <= stored.size})
    walk.compare()
    for row in _leaves(link):
        walk.step(row)
    problems = walk.problems
    problems += [Problem(index, "erased-unannounced") for index in sorted(walk.erased - walk.announced)]
    if walk.size < stored.size:
        problems.append(Problem(walk.size, "missing-leaf"))
    elif not walk.broken and _root(walk.edge) != stored.root:
        problems.append(Problem(stored.size, "wrong-head"))
    problems += [Problem(head.size, "truncated") for head in heads if head.size > stored.size]
    return problems


class _Walk:
    """One pass over the leaves."""

    def __init__(self, heads: Mapping[int, Head]) -> None:
        self.problems: list[Problem] = []
        self.size = 0
        self.edge: list[bytes] = []
        self.broken = False
        self.erased: set[int] = set()
        self.announced: set[int] = set()
        self._heads = heads

    def step(self, row: _Row) -> None:
        """Take the next leaf."""
        index, salt, event, data, subtrees = row
        if index != self.size:
            # Without the leaves between, nothing above them can be computed.
            self.problems.append(Problem(self.size, "missing-leaf"))
            self.broken = True
        self.size = index + 1
        self._check_event(index, salt, event, data)
        if not self.broken:
            self._check_subtrees(index, data, subtrees)
        self.compare()

    def compare(self) -> None:
        """Compare with the given head of the present size, if there is one."""
        head = self._heads.get(self.size)
        if head is not None and (self.broken or _root(self.edge) != head.root):
            self.problems.append(Problem(self.size, "other-history"))

    def _check_event(self, index: int, salt: bytes | None, event: bytes | None, data: bytes) -> None:
        if salt is None or event is None:
            self.erased.add(index)
        elif commitment(salt, event) != data:
            self.problems.append(Problem(index, "altered-event"))
        else:
            try:
                _, noted = read_event(event)
            except InputError:
                self.problems.append(Problem(index, "unreadable-event"))
                return
            if noted.kind == ERASED and noted.subject.isdecimal():
                self.announced.add(int(noted.subject))

    def _check_subtrees(self, index: int, data: bytes, subtrees: bytes) -> None:
        here = leaf_hash(data)
        kept = [subtrees[start : start + HASH_BYTES] for start in range(0, len(subtrees), HASH_BYTES)]
        levels = (index + 1 & -(index + 1)).bit_length() - 1
        right = len(kept) == levels
        for level in range(levels):
            computed = node_hash(self.edge.pop(), here)
            here = kept[level] if level < len(kept) else computed
            right = right and here == computed
        if not right:
            self.problems.append(Problem(index, "wrong-subtree"))
        self.edge.append(here)


def database_problems(link: Link) -> Iterator[Problem]:
    """Yield what the database finds wrong in its own structure."""
    yield from link.damage()
    # A guard that was taken away is as telling as a row that was.
    made, expected = link.schema().items(), link.schema_of(migrate.steps()).items()
    yield from (Problem(name, "altered-schema") for name in sorted({name for name, _ in made ^ expected}))


def record_problems(link: Link, files: Files) -> Iterator[Problem]:
    """Yield records that are not what was kept, that an index does not lead to, or whose files are not there."""
    mentions = holdings = 0
    for ref, body in _bodies(link, "record"):
        record = _whole(ref, body) or _rest(link, ref, body)
        if record is None:
            yield Problem(ref, "altered-record")
            continue
        mentions += len(set(entities_of(record)))
        holdings += len(files_of(record))
        source = link.one(tuple[str], "SELECT source FROM record WHERE id = ?", ref)
        if source != (record.origin.source,) or not _are_indexed(link, ref, record):
            yield Problem(ref, "wrong-index")
        if any(files.blob(blob) is None for blob in record.blobs):
            yield Problem(ref, "missing-blob")
        if any(files.table_path(table) is None for table in record.tables):
            yield Problem(ref, "missing-table")
    if indexed(link) > mentions:
        yield Problem("mentioned", "wrong-index")
    if link.number("SELECT COUNT(*) FROM holding") > holdings:
        yield Problem("holding", "wrong-index")


def claim_problems(link: Link) -> Iterator[Problem]:
    """Yield findings and decisions that are not what was kept."""
    for table in ("finding", "decision"):
        for ref, body in _bodies(link, table):
            if not _is_whole(ref, body) and not _is_rest(link, table, ref, body):
                yield Problem(ref, f"altered-{table}")


def tombstone_problems(link: Link) -> Iterator[Problem]:
    """Yield tombstones that the ledger does not announce, or that do not say what stands in their place."""
    start = ("", "")
    while page := link.rows(_Tombstone, _TOMBSTONES, *start, _PAGE):
        for stone in page:
            leaf = link.one(tuple[bytes | None], "SELECT event FROM ledger WHERE number = ?", stone.leaf)
            if leaf is None or leaf[0] is None or not _announces(leaf[0], stone):
                yield Problem(f"{stone.kind} {stone.ref}", "erased-unannounced")
            body = link.one(tuple[bytes], _PLACES[stone.kind], stone.ref)
            if body is None or sha256(body[0]).digest() != stone.sha256:
                yield Problem(f"{stone.kind} {stone.ref}", "altered-rest")
        start = (page[-1].kind, page[-1].ref)


def _announces(event: bytes, stone: _Tombstone) -> bool:
    try:
        _, noted = read_event(event)
    except InputError:
        return False
    said = (noted.kind, noted.subject, noted.detail.get("sha256"))
    return said == (TOMBSTONE, f"{stone.kind}:{stone.ref}", stone.sha256.hex())


def _is_rest(link: Link, kind: str, ref: str, body: bytes) -> bool:
    """Return whether a body is what was left where something was erased."""
    found = link.one(tuple[bytes], "SELECT sha256 FROM tombstone WHERE kind = ? AND ref = ?", kind, ref)
    return found is not None and sha256(body).digest() == found[0]


def _rest(link: Link, ref: str, body: bytes) -> Record | None:
    if not _is_rest(link, "record", ref, body):
        return None
    try:
        return decode(body, Record)
    except InputError:
        return None


def _whole(ref: str, body: bytes) -> Record | None:
    if not _is_whole(ref, body):
        return None
    try:
        return decode(body, Record)
    except InputError:
        return None


def _are_indexed(link: Link, ref: str, record: Record) -> bool:
    holding = "SELECT COUNT(*) FROM holding WHERE file = ? AND record = ?"
    if not all(link.number(holding, file, ref) == 1 for file in files_of(record)):
        return False
    number = link.number("SELECT number FROM record WHERE id = ?", ref)
    return all(leads_to(link, one, number) for one in entities_of(record))


def _bodies(link: Link, table: str) -> Iterator[tuple[str, bytes]]:
    start = ""
    sql = f"SELECT id, body FROM {table} WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - the name stands in this file
    while page := link.rows(tuple[str, bytes], sql, start, _PAGE):
        yield from page
        start = page[-1][0]


def _leaves(link: Link) -> Iterator[_Row]:
    start = 0
    while page := link.rows(_Row, _LEAVES, start, _PAGE):
        yield from page
        start = page[-1].number + 1


def _is_whole(ref: str, body: bytes) -> bool:
    return sha256(body).hexdigest()[:HASH_LETTERS] == ref[-HASH_LETTERS:]


def _root(edge: list[bytes]) -> bytes:
    """Return the root over an edge as it is stored."""
    size = (1 << len(edge)) - 1  # only its number of bits counts
    return Frontier(size, tuple(edge)).root
