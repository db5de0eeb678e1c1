"""Freezes a store as this version writes it, so that later versions prove that they still read it.  python -m tests.vectors.make_store FOLDER

A form is frozen once, when it is new, and its file never changes. What is in it is made up: two nodes that exchange letters,
one of which is amended, over three days of a fake clock.
"""

import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw

from headwater.store.migrate import steps
from tests.exchange_world import BELGRADE, fact, message, pair


def frozen(file: Path) -> dict[str, Any]:
    """A store as text: its own statements, and every row."""
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)

    def plain(value: Any) -> Any:
        return {"hex": value.hex()} if isinstance(value, bytes) else value

    schema = connection.execute(
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    ).fetchall()
    tables = {}
    for kind, name, _ in schema:
        if kind == "table":
            tables[name] = connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - a table of our own
    heads: list[Any] = connection.execute("SELECT size, root FROM ledger_head").fetchall()
    size, root = heads[0]
    return {
        "form": connection.pragma("user_version"),
        "application": connection.pragma("application_id"),
        "size": size,
        "root": root.hex(),
        "schema": [sql for _, _, sql in schema],
        "rows": {name: [[plain(value) for value in row] for row in rows] for name, rows in tables.items()},
        "sequences": connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall(),
    }


def main(folder: Path) -> None:
    """Make two nodes, let them talk, and freeze the one that received."""
    with tempfile.TemporaryDirectory() as place:
        world, london, belgrade = pair(Path(place))
        for day in range(3):
            for number in range(4):
                facts = {"f1": fact(prop="phone", value=f"+44 {day}{number}")}
                london.exchange.send(message(facts=facts), who="o.reed")
            london.bring(BELGRADE)
            world.clock.move(timedelta(days=1))
        world.close()
        made = frozen(belgrade.home / "store.sqlite")
    assert made["form"] == len(steps())
    (folder / f"form-{made['form']}.json").write_text(json.dumps(made, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
