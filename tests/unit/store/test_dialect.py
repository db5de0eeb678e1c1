"""The store's statements in PostgreSQL's words, and nothing in them that nobody has put into words."""

import pytest

from headwater.errors import StoreError
from headwater.store.dialect import in_postgres, made_in_postgres
from headwater.store.migrate import steps
from headwater.store.sqlite import in_memory


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("SELECT a FROM t WHERE b = ? AND c > ?", "SELECT a FROM t WHERE b = $1 AND c > $2"),
        ("SELECT a FROM t WHERE b = ?2 AND c > ?1", "SELECT a FROM t WHERE b = $2 AND c > $1"),
        ("INSERT OR IGNORE INTO t VALUES (?)", "INSERT INTO t VALUES ($1) ON CONFLICT DO NOTHING"),
        ("SELECT IFNULL(MAX(a), 0) FROM t", "SELECT COALESCE(MAX(a), 0) FROM t"),
        ("SELECT 1 FROM t WHERE instr(a, CAST(? AS BLOB))", "SELECT 1 FROM t WHERE instr(a, CAST($1 AS BYTEA))"),
        ("SELECT a FROM t o INDEXED BY i CROSS JOIN u r ON r.a = o.a", "SELECT a FROM t o JOIN u r ON r.a = o.a"),
    ],
)
def test_a_statement_is_put_into_other_words(said: str, meant: str) -> None:
    assert in_postgres(said) == meant


def test_everything_that_the_migrations_make_can_be_put_into_other_words() -> None:
    with in_memory(steps()) as whole:
        kinds = whole.rows(tuple[str, str, str], "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    for kind, name, sql in kinds:
        if name.startswith("sqlite_"):
            continue
        for statement in made_in_postgres(kind, sql):
            assert not {"STRICT", "BLOB", "INTEGER", "RAISE(ABORT"} & set(statement.replace(",", " ").split()), name


def test_an_index_and_a_table_are_made_as_they_are_said() -> None:
    assert list(made_in_postgres("index", "CREATE INDEX i ON t (a)")) == ["CREATE INDEX i ON t (a)"]
    assert list(made_in_postgres("table", "CREATE TABLE t (a INTEGER, b BLOB) STRICT")) == [
        "CREATE TABLE t (a BIGINT, b BYTEA)"
    ]


def test_a_guard_becomes_a_function_and_a_trigger() -> None:
    sql = "CREATE TRIGGER t_stays BEFORE UPDATE ON t\nWHEN NOT (NEW.a IS OLD.a)\nBEGIN SELECT RAISE(ABORT, 'no'); END"
    function, trigger = made_in_postgres("trigger", sql)
    assert "IF NOT (NEW.a IS NOT DISTINCT FROM OLD.a) THEN RAISE EXCEPTION USING MESSAGE = 'no'" in function
    assert function.endswith("END IF; RETURN NEW; END$$")
    assert trigger == "CREATE TRIGGER t_stays BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION t_stays()"


def test_a_guard_against_deleting_lets_the_old_row_go_on() -> None:
    sql = "CREATE TRIGGER t_left BEFORE DELETE ON t\nBEGIN SELECT RAISE(ABORT, 'no'); END"
    function, _ = made_in_postgres("trigger", sql)
    assert "IF TRUE THEN" in function
    assert function.endswith("END IF; RETURN OLD; END$$")


def test_a_guard_of_another_kind_is_refused_and_not_left_out() -> None:
    with pytest.raises(StoreError, match="not known"):
        list(made_in_postgres("trigger", "CREATE TRIGGER t_made AFTER INSERT ON t BEGIN DELETE FROM u; END"))
