"""One connection to PostgreSQL: the store of a node that several processes share, through the same calls.

What SQLite promises with a lock on its file is promised here by one advisory lock for each store: one process writes at a
time, and adds to the ledger where the last one left it. A commit returns once it is on the server's disk
(``synchronous_commit``). Texts compare by their bytes, as in SQLite, whatever the database's own collation is.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from headwater.errors import (
    MissingExtraError,
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StoreIoError,
    StoreVersionError,
)
from headwater.store.dialect import HELPERS, in_postgres, made_in_postgres
from headwater.store.link import MOVED, Link, Row
from headwater.store.rows import Problem, StoreOptions
from headwater.store.sqlite import in_memory

OLDEST_SERVER: Final = 140_000
"""PostgreSQL 14; Debian 12 has 15."""
_FORM: Final = "store_form"
_CONNECT_S: Final = 10
_LASTING: Final = frozenset({"FULL", "EXTRA"})
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('headwater'), hashtext(current_schema()))"
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_SCRATCH: Final = "headwater_scratch"
_COLUMNS: Final = (
    "SELECT c.relname, string_agg(format('%s %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),"
    " CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, COALESCE(' COLLATE ' || o.collname, '')), ', ' ORDER BY a.attnum)"
    " || COALESCE((SELECT '; ' || string_agg(pg_get_constraintdef(k.oid), ', ' ORDER BY k.conname) FROM pg_constraint k"
    " WHERE k.conrelid = c.oid), '')"
    " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_collation o ON o.oid = a.attcollation"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
    " GROUP BY c.oid, c.relname"
)
_INDEXES: Final = "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
_TRIGGERS: Final = (
    "SELECT t.tgname::text, pg_get_triggerdef(t.oid) || t.tgenabled::text || p.prosrc FROM pg_trigger t"
    " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal"
)


class PostgresLink(Link):
    """A connection to the database of a node's store."""

    def __init__(self, options: StoreOptions, *, query_only: bool = False) -> None:
        """Connect.

        Raises:
            MissingExtraError: psycopg is not installed.
            StoreIoError: nobody answers there, or lets nobody in.
            StoreVersionError: the server is too old.
        """
        super().__init__(shown(options.database))
        self._options = options
        self._query_only = query_only or options.read_only
        self._connection: Any = None
        self._connect()

    def _connect(self) -> None:
        import psycopg

        options = self._options
        try:
            self._connection = psycopg.connect(
                options.database,
                autocommit=True,
                cursor_factory=psycopg.RawCursor,
                connect_timeout=_CONNECT_S,
                client_encoding="utf8",
            )
        except psycopg.Error as error:
            raise StoreIoError(
                f"the database cannot be reached: {_said(error)}",
                where=str(self.file),
                fix="see that its server runs and that the setting `database` names it",
            ) from error
        if self._connection.info.server_version < OLDEST_SERVER:
            self.close()
            raise StoreVersionError("PostgreSQL 14 or newer is needed", where=str(self.file))
        _speak(self._connection)
        lasting = "on" if options.synchronous in _LASTING else "off"
        self._fetch(f"SET synchronous_commit = {lasting}", ())
        self._fetch(f"SET lock_timeout = {max(1, int(options.busy_wait_s * 1000))}", ())
        self._fetch(f"SET default_transaction_read_only = {'on' if self._query_only else 'off'}", ())

    def take_log(self) -> None:
        """Do nothing: whoever reads waits for nobody."""

    def begin(self) -> None:
        """Open a transaction, waiting for other processes as long as the options say."""
        self._begin("BEGIN")
        self._fetch(_LOCK, ())

    def begin_reading(self) -> None:
        """Open a transaction that sees one moment."""
        self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._fetch("SELECT 1 FROM ledger_head", ())  # the first read fixes the moment

    def fold(self) -> None:
        """Do nothing: the server does it in its own time."""

    def fold_all(self) -> None:
        """Do nothing: the server does it in its own time."""

    def commits(self) -> object:
        """Return what changes with each transaction of the server: more often than needed, never less."""
        return self.one(tuple[str], "SELECT pg_current_snapshot()::text")

    def last_number(self) -> int:
        """Return the number that the last row was given."""
        found = self.one(tuple[int], "SELECT lastval()")
        return found[0] if found else 0

    def form(self) -> int:
        """Return which form the store has; 0 is none."""
        there = self.one(tuple[int], f"SELECT CAST(to_regclass('{_FORM}') IS NOT NULL AS INTEGER)")
        found = self.one(tuple[int], "SELECT number FROM store_form") if there == (1,) else None
        return found[0] if found else 0

    def set_form(self, number: int) -> None:
        """Say which form the store has."""
        if self.form():
            self.run("UPDATE store_form SET number = ?", number)
            return
        self.run("CREATE TABLE store_form (number BIGINT NOT NULL)")
        self.run("INSERT INTO store_form VALUES (?)", number)

    def schema(self) -> dict[str, str]:
        """Return what the server knows of each table, index and trigger, by its name."""
        place = f"{(self.one(tuple[str], 'SELECT current_schema()::text') or ('',))[0]}."
        found: dict[str, str] = {}
        for kind, sql in (("", _COLUMNS), ("index ", _INDEXES), ("trigger ", _TRIGGERS)):
            rows = self.rows(tuple[str, str], sql)
            found |= {kind + name: text.replace(place, "") for name, text in rows if name != _FORM}
        return found

    def schema_of(self, steps: Sequence[str]) -> dict[str, str]:
        """Return what `schema` returns of a store that nobody has touched: one is made beside, and undone."""
        beside = PostgresLink(self._options)
        try:
            beside._begin("BEGIN READ WRITE")
            beside.run(f"CREATE SCHEMA {_SCRATCH}")
            beside.run(f"SET LOCAL search_path = {_SCRATCH}")
            beside.build(steps)
            return beside.schema()
        finally:
            beside.abandon()
            beside.close()

    def build(self, steps: Sequence[str]) -> None:
        """Make an empty store, in the open transaction: what the migrations make in SQLite, in PostgreSQL's words."""
        self._carry_out_all(HELPERS)
        self._make(steps, {})

    def take_step(self, steps: Sequence[str], number: int) -> None:
        """Take a store to its next form, in the open transaction: what the migration adds or drops in SQLite is here too.

        Raises:
            StoreVersionError: the migration changes what is there, and nobody has put that into PostgreSQL's words.
        """
        with in_memory(steps[: number - 1]) as before:
            there = before.schema()
        with in_memory(steps[:number]) as after:
            then = after.schema()
        if any(then.get(name, text) != text for name, text in there.items()):
            raise StoreVersionError(f"a store in PostgreSQL cannot be taken to form {number}", where=str(self.file))
        gone = [(name, there[name].split()[1]) for name in there if name not in then]
        for kind, sort in (("TRIGGER", "FUNCTION"), ("TABLE", "TABLE")):  # an index goes with its table
            self._carry_out_all([f"DROP {sort} {name} CASCADE" for name, made in gone if made == kind])
        self._make(steps[:number], there)

    def _make(self, steps: Sequence[str], there: Mapping[str, str]) -> None:
        """Make what migrations make and is not there yet, with the rows that they put into new tables."""
        with in_memory(steps) as whole:
            sql = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'trigger', type = 'index'"
            found = whole.rows(tuple[str, str, str], sql)
            made = [one for one in found if one[1] not in there and not one[1].startswith("sqlite_")]
            self._carry_out_all([statement for kind, _, text in made for statement in made_in_postgres(kind, text)])
            for name in [name for kind, name, _ in made if kind == "table"]:
                for row in whole.rows(tuple[Any, ...], f"SELECT * FROM {name}"):  # noqa: S608 - of our own schema
                    self.run(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", *row)  # noqa: S608

    def _sequences(self) -> list[tuple[str, str]]:
        sql = (
            "SELECT table_name::text, pg_get_serial_sequence(quote_ident(table_name), column_name)"
            " FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND column_name = 'number' AND is_identity = 'YES'"
        )
        return self.rows(tuple[str, str], sql)

    def damage(self) -> list[Problem]:
        """Return nothing: the server looks after its own files (pg_amcheck, checksums)."""
        return []

    def copy_to(self, file: Path) -> None:
        """Refuse: the server's own tools copy a database.

        Raises:
            StoreError: always.
        """
        raise StoreError(
            "a store in PostgreSQL is copied by the server's own tools",
            where=str(file),
            fix="copy the database with pg_dump and the node's directory beside it; see docs/howto/postgresql.md",
        )

    def counters(self) -> dict[str, int]:
        """Return the last number given in each table that numbers its rows."""
        counted: dict[str, int] = {}
        for table, sequence in self._sequences():
            sql = f"SELECT last_value, CAST(is_called AS INTEGER) FROM {sequence}"  # noqa: S608 - the server named it
            found = self.one(tuple[int, int], sql)
            if found is not None and found[1]:
                counted[table] = found[0]
        return counted

    def count_on(self, counters: dict[str, int]) -> None:
        """Set the sequence of each table behind its last row, and behind the counter that is given."""
        for table, sequence in self._sequences():
            found = self.one(tuple[int | None], f"SELECT MAX(number) FROM {table}")  # noqa: S608 - the server named it
            last = max((found[0] if found else None) or 0, counters.get(table, 0))
            if last:
                self.rows(tuple[int], "SELECT setval(CAST(? AS regclass), CAST(? AS BIGINT))", sequence, last)

    def shut(self) -> None:
        """Let the ledger take no event, so that nothing can change."""
        said = f"RAISE EXCEPTION USING MESSAGE = '{MOVED}'"
        self.run(f"CREATE FUNCTION moved() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {said}; END$$")
        self.run("CREATE TRIGGER moved BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION moved()")

    def close(self) -> None:
        """Close the connection, whatever became of the other side."""
        if self._connection is not None:
            self._connection.close()

    def _begin(self, sql: str) -> None:
        try:
            self._open(sql)
        except StoreIoError:
            # Nothing was begun, so nothing is lost by asking again: the server was started anew meanwhile.
            if not self._connection.closed:
                raise
            self._connect()
            self._open(sql)

    def _in_transaction(self) -> bool:
        import psycopg

        if self._connection.closed:
            return False
        return bool(self._connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE)

    def _fetch(self, sql: str, values: Row) -> list[Row]:
        return self._carry_out(sql, values)[0]

    def _change(self, sql: str, values: Row) -> int:
        return self._carry_out(sql, values)[1]

    def _carry_out(self, sql: str, values: Row) -> tuple[list[Row], int]:
        import psycopg

        try:
            with self._connection.cursor(binary=True) as cursor:
                cursor.execute(in_postgres(sql), values or None)
                return (cursor.fetchall() if cursor.description else []), max(0, cursor.rowcount)
        except (psycopg.Error, UnicodeError, OverflowError) as error:
            raise self._declared(error) from error

    def _carry_out_all(self, texts: Sequence[str]) -> None:
        """Carry out statements without values in one go: each would else wait for an answer of its own."""
        import psycopg

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(";\n".join(texts))
        except psycopg.Error as error:
            raise self._declared(error) from error

    def _change_many(self, sql: str, bindings: Sequence[Row]) -> None:
        import psycopg

        try:
            with self._connection.cursor() as cursor:
                cursor.executemany(in_postgres(sql), bindings)
        except (psycopg.Error, UnicodeError, OverflowError) as error:
            raise self._declared(error) from error

    def _declared(self, error: Exception) -> StoreError:
        from psycopg import DataError, IntegrityError, OperationalError, errors

        place, said = str(self.file), _said(error)
        if isinstance(error, errors.DiskFull):
            return StoreFullError("the disk is full", where=place)
        if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected | errors.SerializationFailure):
            return StoreBusyError("another process holds the store", where=place)
        if isinstance(error, errors.UndefinedTable | errors.UndefinedColumn | errors.UndefinedFunction):
            return StoreCorruptError(f"the store lacks a part: {said}", where=place)
        if isinstance(error, errors.RaiseException | IntegrityError):
            return StoreError(f"the store refused: {said}", where=place, fix="report this: the store guards against it")
        if isinstance(error, OperationalError):
            return StoreIoError(f"the database refused: {said}", where=place)
        if isinstance(error, DataError | UnicodeError | OverflowError):
            return StoreError("a value that no column can hold", where=place, fix="report this: it was not checked")
        return StoreError(f"the store refused: {said}", where=place, fix="report this: the store guards against it")


def shown(database: str) -> str:
    """Return where a database is, without who asks and with which password.

    Raises:
        MissingExtraError: psycopg is not installed.
        StoreError: it names no database.
    """
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ModuleNotFoundError as error:
        raise MissingExtraError("postgres", error.name or "psycopg") from error
    try:
        named = conninfo_to_dict(database)
    except ProgrammingError as error:
        raise StoreError("that names no PostgreSQL database", fix="write it as postgresql://HOST/NAME") from error
    return f"postgresql://{named.get('host') or 'localhost'}/{named.get('dbname') or ''}"


def _said(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _speak(connection: Any) -> None:  # noqa: ANN401 - psycopg's connection
    """Let truth values be 0 and 1 in both directions, and refuse a number that no column holds, as SQLite does."""
    from psycopg.adapt import Dumper, Loader, PyFormat
    from psycopg.pq import Format
    from psycopg.types.numeric import IntDumper

    class Flag(Dumper):
        oid = 20  # bigint

        def dump(self, obj: bool) -> bytes:  # noqa: FBT001 - as psycopg calls it
            return b"1" if obj else b"0"

    class Whole(IntDumper):
        def upgrade(self, obj: int, format: PyFormat) -> Dumper:  # noqa: A002 - as psycopg names it
            if not _LEAST <= obj <= _MOST:
                raise OverflowError
            return super().upgrade(obj, format)

    class Truth(Loader):
        format = Format.BINARY

        def load(self, data: bytes | bytearray | memoryview) -> int:
            return bytes(data)[0]

    connection.adapters.register_dumper(bool, Flag)
    connection.adapters.register_dumper(int, Whole)
    connection.adapters.register_loader("bool", Truth)
