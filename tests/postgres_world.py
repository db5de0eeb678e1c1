"""A PostgreSQL server of the tests' own, in a folder of theirs: started when first asked for, gone with the tests."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import apsw
import psycopg
import pytest

from headwater.store import Store, StoreOptions, migrate
from headwater.store.postgres import PostgresLink
from tests.postgres_mark import MARK
from tools import postgresql
from tools.postgresql import BINARIES, Server


@contextmanager
def server(*, durable: bool = True) -> Iterator[Server]:
    """Yield a running server; skip where none is installed."""
    if not BINARIES:
        pytest.skip("there is no PostgreSQL server here; apt-get install postgresql")
    with postgresql.server(durable=durable) as made:
        yield made


_COPY = """DO $$DECLARE t text; n bigint; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'BEFORE' LOOP
        EXECUTE format('DELETE FROM AFTER.%I', t);
        EXECUTE format('INSERT INTO AFTER.%I SELECT * FROM BEFORE.%I', t, t);
    END LOOP;
    FOR t IN SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'AFTER' AND column_name = 'number' AND is_identity = 'YES' LOOP
        EXECUTE format('SELECT COALESCE(MAX(number), 0) + 1 FROM AFTER.%I', t) INTO n;
        PERFORM setval(pg_get_serial_sequence('AFTER.' || t, 'number'), n, false);
    END LOOP;
END$$"""
"""Copies all rows of one schema into another, guards asleep, and lets numbers go on where they were."""


class Homes:
    """Which directory has its store in which schema; a directory that was copied gets a copy of the schema too."""

    def __init__(self, running: Server) -> None:
        self._server = running
        self._count = 0

    def fresh(self) -> str:
        """Make a schema and return its name."""
        self._count += 1
        name = f"node_{self._count}"
        self._run(f"CREATE SCHEMA {name}")
        return name

    def database(self, home: Path) -> str:
        """Return the database of a directory's store."""
        mark = home / MARK
        schema, of = json.loads(mark.read_text("utf-8"))
        if of != str(home):
            schema, before = self.fresh(), schema
            self._copy(before, schema)
            self.keep(home, schema)
        return self._server.database(schema)

    def keep(self, home: Path, schema: str) -> None:
        """Remember which schema a directory's store is in."""
        (home / MARK).write_text(json.dumps([schema, str(home)]), encoding="utf-8")

    def _copy(self, before: str, after: str) -> None:
        link = PostgresLink(StoreOptions(database=self._server.database(after)))
        try:
            migrate.make_shared(link)
        finally:
            link.close()
        with psycopg.connect(self._server.url, autocommit=True) as connection:
            connection.execute(_COPY.replace("BEFORE", before).replace("AFTER", after).encode())

    def _run(self, sql: str) -> list[tuple[str, ...]]:
        with psycopg.connect(self._server.url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def in_place_of_sqlite() -> Iterator[Server]:
    """Let every store that is made or opened from now on be in PostgreSQL; those over another disk stay as they are."""
    create, open_ = Store.create.__func__, Store.open.__func__  # type: ignore[attr-defined]
    with server(durable=False) as running, pytest.MonkeyPatch.context() as patch:
        homes = Homes(running)
        RUNNING.append(running)

        def creating(cls: type[Store], /, home: Path, **given: Any) -> Store:
            options = given.get("options") or StoreOptions()
            if options.vfs:
                return cast("Store", create(cls, home, **given))
            if (home / MARK).exists():
                schema = json.loads((home / MARK).read_text("utf-8"))[0]
            else:
                schema = homes.fresh()
                home.mkdir(parents=True, exist_ok=True, mode=0o700)
                homes.keep(home, schema)
            given["options"] = replace(options, database=running.database(schema))
            return cast("Store", create(cls, home, **given))

        def opening(cls: type[Store], /, home: Path, **given: Any) -> Store:
            options = given.get("options") or StoreOptions()
            if (home / MARK).exists() and not options.vfs:
                given["options"] = replace(options, database=homes.database(home))
            return cast("Store", open_(cls, home, **given))

        patch.setattr(Store, "create", classmethod(creating))
        patch.setattr(Store, "open", classmethod(opening))
        yield running


@contextmanager
def behind_its_back(home: Path) -> Iterator[Callable[[str], object]]:
    """Run SQL on a store's schema as another program would, written as for SQLite."""
    schema = json.loads((home / MARK).read_text("utf-8"))[0]
    with psycopg.connect(RUNNING[-1].database(schema), autocommit=True) as connection:

        def run(sql: str) -> object:
            said = re.sub(r"x'([0-9a-f]*)'", r"'\\x\1'::bytea", sql)
            said = re.sub(r"zeroblob\((\d+)\)", r"decode(repeat('00', \1), 'hex')", said)
            said = re.sub(r"DROP TRIGGER (\w+)", r"DROP FUNCTION \1() CASCADE", said)
            said = re.sub(r" AS BLOB\)", " AS BYTEA)", said)
            said = re.sub(
                r"CAST\(replace\(body, (.*?)\) AS BYTEA\)",
                r"convert_to(replace(convert_from(body, 'UTF8'), \1), 'UTF8')",
                said,
            )
            said = re.sub(
                r"PRAGMA recursive_triggers = ON; ", "", said.replace("INSERT OR REPLACE INTO", "INSERT INTO")
            )
            try:
                cursor = connection.execute(said.encode())
            except (psycopg.errors.RaiseException, psycopg.IntegrityError) as error:
                raise apsw.ConstraintError(str(error)) from error  # what the tests of both databases look for
            return cursor.fetchall() if cursor.description else []

        yield run


RUNNING: list[Server] = []
"""The server that stores are in now."""
