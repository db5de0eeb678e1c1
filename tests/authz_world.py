"""The world of the authorisation matrix: a node with one user of each role alone, things that may be seen and twins that are hidden.

`held` is the effect diff: a hash over everything that the node holds, all tables and all files, so that a table or folder that
comes later is looked at without anybody thinking of it. Left out is what a look may write: the ledger, the page's own sessions
and keys, and what is derived from the rest.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headwater.model.finding import Evidence, Finding, Reason, params_text
from headwater.model.ids import EntityKey, FindingId, RecordId
from headwater.model.record import Record
from headwater.node import Node, cases, findings, runs, screening, users
from headwater.policy.acts import GRANTS, NEEDS_PURPOSE, Act, Role
from headwater.policy.session import Session
from headwater.testing.fakes import FakeClock
from tests import node_world
from tests.case_world import write_case
from tests.node_world import AUDITOR, SUPERVISOR, WRITER, as_user, person, read, write_list, write_report

NAMES: Final = ["Marko Izmišljotinović", "Ana Nepostojić"]
URN: Final = "00EX0000126"
LOOKED_IN: Final = frozenset({"ledger", "ledger_head", "leaf_about", "leaf_about_to"})
"""Tables that a look writes to."""
DERIVED: Final = ("derived", "search", "store.sqlite", "node.lock")
"""Names below the node's directory that come from the rest, or are the store itself."""


@dataclass(frozen=True)
class Stock:
    """What lies at the node.

    Attributes:
        home: its directory.
        finding, hidden_finding: one that an officer may see for organised immigration crime, and one that none may.
        record, hidden_record: likewise.
    """

    home: Path
    finding: FindingId
    hidden_finding: FindingId
    record: RecordId
    hidden_record: RecordId


def held(home: Path) -> str:
    """A hash over everything that a node holds, but for what a look may write."""
    return hashlib.sha256(json.dumps(inventory(home), sort_keys=True).encode()).hexdigest()


def inventory(home: Path) -> dict[str, str]:
    """A hash for each table and each file of a node: two of them tell what has changed."""
    found: dict[str, str] = {}
    base = sqlite3.connect(f"file:{home}/store.sqlite?mode=ro", uri=True)
    try:
        tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in sorted(set(tables) - LOOKED_IN):
            but = " WHERE kind NOT LIKE 'page-%'" if table == "document" else ""
            rows = sorted(repr(row) for row in base.execute(f"SELECT * FROM {table}{but}"))  # noqa: S608 - our own names
            found[f"table {table}"] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    finally:
        base.close()
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not name.startswith(DERIVED):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The tables and files that differ."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def only(role: Role) -> str:
    """The user who has this role and no other."""
    return f"only-{role}"


def purpose_of(needs: object) -> str:
    """A purpose for which an act may be done."""
    wanted = NEEDS_PURPOSE.get(needs) if isinstance(needs, Act) else None
    return min(wanted) if wanted else "oic"


def denied(act: Act) -> Iterator[Role]:
    """The roles that may not do something."""
    return (role for role in Role if role not in GRANTS[act])


def session(node: Node, role: Role, purpose: str = "oic") -> Session:
    """The session of the one who has this role alone."""
    return node.session(only(role), purpose)


def add_roles(node: Node) -> None:
    """Keep a user of each role alone."""
    for role in Role:
        users.add(node.store, as_user(node, WRITER, "operation"), users.User(only(role), frozenset({role})))


def claim(node: Node, record: Record, text: str) -> Finding:
    """Keep a finding that rests on one record and is as free as that."""
    made = Finding(
        kind="match.screening",
        subjects=(record.mentions[0].key,),
        score=0.9,
        text=text,
        reasons=(Reason("name.same", 1.0, "the names are the same"),),
        evidence=(Evidence.record(RecordId(record.id)),),
        engine="match",
        engine_version="1",
        params=params_text({}),
        handling=record.handling,
    )
    findings.keep(node, as_user(node), (made,), runs.Noted("match", "1", "{}"))
    return made


def stocked(folder: Path) -> Stock:
    """Make a node with users of each role, a list, hits, a report and its hidden twin, a finding on each, and a case."""
    home = node_world.init(folder / "uk")
    with node_world.node_at(home, FakeClock()) as node:
        add_roles(node)
        read(node, "uk", write_list(folder / "in", NAMES))
        queries = [{"id": name, "name": name, "birth_date": "1975-04-02"} for name in NAMES]
        screening.at_node(node, as_user(node, WRITER, "sanctions"), screening.Asked(queries))
        seen = write_report(folder / "seen", person("seen-1", "Ivo Vidljivić"))
        assert read(node, "report", seen).error is None
        hidden = write_report(
            folder / "hidden", person("hidden-1", "Ana Skrivenić"), reference="EX/UK/18", purposes=["drugs"]
        )
        read(node, "report", hidden)
        with node.store.snapshot() as snapshot:
            records = {record.mentions[0].key: record for record in snapshot.records() if record.mentions}
        open_one, hidden_one = records[EntityKey("seen-1")], records[EntityKey("hidden-1")]
        shown, secret = claim(node, open_one, "Seen by officers."), claim(node, hidden_one, "Skrivenić, seen by none.")
        cases.take_in(node, as_user(node, WRITER, "court"), write_case(folder / "case"))
    return Stock(home, shown.id, secret.id, RecordId(open_one.id), RecordId(hidden_one.id))


__all__ = [
    "AUDITOR", "NAMES", "SUPERVISOR", "URN", "WRITER", "Stock", "add_roles", "changed", "claim", "denied", "held", "inventory",
    "only", "purpose_of", "session", "stocked",
]  # fmt: skip
