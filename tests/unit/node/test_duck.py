"""DuckDB within limits: what it may take, what it spills, and what it says when it cannot go on."""

import resource
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import LimitError, StoreFullError, StoreIoError
from headwater.node import duck
from headwater.node.duck import connection, duck_config, room_mb, splink_on_duckdb


def test_without_a_limit_duckdb_takes_what_it_sees_fit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
    monkeypatch.setattr(duck, "CGROUPS", tmp_path)
    assert room_mb() is None
    assert "memory_limit" not in duck_config(tmp_path, None)
    assert duck_config(tmp_path, 300)["memory_limit"] == "300MB"


def test_a_limit_on_the_process_is_shared_with_duckdb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(duck, "CGROUPS", Path("/nowhere"))
    monkeypatch.setattr(resource, "getrlimit", lambda _: (2**45, 2**45))
    room = room_mb()
    assert room is not None
    assert 2**45 // 2**20 // 4 < room <= 2**45 // 2**20 // 2
    assert duck_config(tmp_path, None)["memory_limit"] == f"{room}MB"
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1, 1))
    assert room_mb() == 128


@pytest.mark.parametrize(
    ("told", "room"), [("2147483648\n", 1024), ("max\n", None), ("9223372036854771712\n", None), ("", None)]
)
def test_a_container_leaves_half_to_duckdb(
    told: str, room: int | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "memory.max").write_text(told, encoding="ascii")
    monkeypatch.setattr(duck, "CGROUPS", tmp_path)
    assert room_mb() == room


@pytest.mark.parametrize(
    ("own", "file"),
    [
        ("0::/system.slice/headwater.service\n", "system.slice/headwater.service/memory.max"),
        ("0::/system.slice/headwater.service\n", "system.slice/memory.max"),
        ("0::/../../desk.slice\n", "desk.slice/memory.max"),
        ("5:devices:/\n4:cpu,memory:/desk\n0::/\n", "memory/desk/memory.limit_in_bytes"),
        ("4:memory:/elsewhere\n", "memory/memory.limit_in_bytes"),
    ],
)
def test_a_limit_on_a_service_or_on_what_it_lies_in_leaves_half_to_duckdb(
    own: str, file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("2147483648\n", encoding="ascii")
    (tmp_path / "own").write_text(own, encoding="ascii")
    monkeypatch.setattr(duck, "CGROUPS", tmp_path)
    monkeypatch.setattr(duck, "OWN_GROUPS", tmp_path / "own")
    assert room_mb() == 1024


@pytest.mark.parametrize(
    "narrowest", ["memory.max", "a.slice/memory.max", "a.slice/b.service/memory.max", "the process"]
)
def test_of_several_limits_the_narrowest_counts(
    narrowest: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = ("memory.max", "a.slice/memory.max", "a.slice/b.service/memory.max")
    (tmp_path / "a.slice" / "b.service").mkdir(parents=True)
    for file in files:
        (tmp_path / file).write_text(str(2**31 if file == narrowest else 2**40), encoding="ascii")
    (tmp_path / "own").write_text("0::/a.slice/b.service\n", encoding="ascii")
    addresses = 2**31 if narrowest == "the process" else 2**42
    monkeypatch.setattr(duck, "CGROUPS", tmp_path)
    monkeypatch.setattr(duck, "OWN_GROUPS", tmp_path / "own")
    monkeypatch.setattr(duck, "_mapped", lambda: 0)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (addresses, addresses))
    assert room_mb() == 1024


def test_what_does_not_fit_even_spilled_is_a_declared_error(tmp_path: Path) -> None:
    with pytest.raises(LimitError) as caught, connection(tmp_path, 20) as con:
        con.execute("SELECT list(i::VARCHAR || 'secret') FROM range(10_000_000) r(i)").fetchone()
    assert caught.value.exit == 65
    assert "secret" not in str(caught.value)


def sort_in(con: Any) -> None:
    """Sort more than fits, with no room on the disk."""
    con.execute("SET max_temp_directory_size = '1MB'")
    con.execute("CREATE TABLE t AS SELECT i::VARCHAR || repeat('x', 60) AS v, random() AS r FROM range(3_000_000) q(i)")
    con.execute("SELECT v FROM t ORDER BY r").fetchmany(5)


def test_a_full_disk_is_told_from_a_broken_one(tmp_path: Path) -> None:
    with pytest.raises(StoreFullError), connection(tmp_path, 40) as con:
        sort_in(con)
    with pytest.raises(StoreIoError), connection(tmp_path) as con:
        con.execute("SELECT * FROM read_parquet('/nowhere/x.parquet')")


def lists_in(database: Any) -> None:
    """Gather more than fits, as Splink does what it is asked."""
    database.register([{"few": 1_000_000}]).query_sql("SELECT list(i || 'secret') AS l FROM {this}, range(few) r(i)")


def test_splink_takes_so_much_spills_where_it_is_told_and_says_when_it_cannot(tmp_path: Path) -> None:
    asked = "SELECT current_setting('temp_directory'), current_setting('memory_limit')"
    with splink_on_duckdb(tmp_path, 40) as database:
        assert database().duckdb_con.sql(asked).fetchone() == (str(tmp_path / "spill"), "38.1 MiB")
    with pytest.raises(LimitError, match="spilled") as caught, splink_on_duckdb(tmp_path, 20) as database:
        lists_in(database())
    assert "--on spark" in str(caught.value.fix)
    assert "secret" not in str(caught.value)
