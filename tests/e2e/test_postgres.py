"""A node whose store is in PostgreSQL: a real server, several processes, and a server that is cut off and started again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from headwater.errors import SettingsError, StoreError, StoreIoError
from headwater.settings import Settings
from headwater.store import Store, StoreOptions
from tests.e2e.node_process import SystemChance, SystemClock
from tools.postgresql import Server

pytestmark = pytest.mark.e2e

WRITER = Path(__file__).with_name("postgres_writer.py")
ROOT = WRITER.parents[2]
WRITES = 800


@contextmanager
def opened(home: Path, database: str) -> Iterator[Store]:
    options = StoreOptions(database=database)
    with closing(Store.open(home, clock=SystemClock(), chance=SystemChance(), options=options)) as store:
        yield store


def made(home: Path, database: str) -> None:
    options = StoreOptions(database=database)
    Store.create(home, clock=SystemClock(), chance=SystemChance(), options=options).close()


def writer(home: Path, database: str, name: str, count: int) -> "subprocess.Popen[str]":
    words = [sys.executable, str(WRITER), str(home), database, name, str(count)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)


def written(store: Store) -> list[str]:
    with store.snapshot() as reader:
        leaves = [leaf.event for leaf in reader.leaves()]
    return [event.subject for event in leaves if event is not None]


def test_two_processes_share_one_ledger_and_lose_nothing(tmp_path: Path, database: str) -> None:
    home = tmp_path / "node"
    made(home, database)
    both = [writer(home, database, name, 150) for name in ("one", "two")]
    told = [process.communicate(timeout=120)[0].split() for process in both]
    assert [len(numbers) for numbers in told] == [150, 150]
    with opened(home, database) as store:
        assert sorted(written(store)) == sorted(f"{name}-{number}" for name in ("one", "two") for number in range(150))
        assert store.check() == []


def test_a_server_that_is_cut_off_and_started_again_loses_nothing_acknowledged(
    tmp_path: Path, running: Server, database: str
) -> None:
    home = tmp_path / "node"
    made(home, database)
    process = writer(home, database, "w", WRITES)
    assert process.stdout is not None
    told = [next(process.stdout).strip() for _ in range(100)]
    for _ in range(2):
        running.stop("immediate")
        running.start()
        told += [next(process.stdout).strip() for _ in range(100)]
    told += process.communicate(timeout=120)[0].split()
    assert process.returncode == 0
    with opened(home, database) as store:
        kept = written(store)
        assert store.check() == []
    assert len(kept) == len(set(kept)), "nothing is there twice"
    assert {f"w-{number}" for number in told} <= set(kept), "nothing that was acknowledged is lost"
    assert len(told) < WRITES, "the server was never away"


def test_a_node_is_set_up_filled_and_checked_in_a_database(tmp_path: Path, database: str) -> None:
    home = tmp_path / "uk"

    def run(*words: str) -> dict[str, object]:
        command = [sys.executable, "-m", "headwater", *words, "--home", str(home), "--json"]
        env = {**os.environ, "HEADWATER_USER": "a.writer", "HEADWATER_PURPOSE": "oic"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found

    run("node", "init", "--authority", "UK-NCA", "--database", database, "--user", "a.writer")
    assert not list(home.glob("store.sqlite*"))
    listed = tmp_path / "list.csv"
    words = ["lists", "make", "--entries", "50", "--seed", "3", "--format", "uk-csv", "--out", str(listed), "--json"]
    subprocess.run([sys.executable, "-m", "headwater", *words], check=True, capture_output=True)
    run("read", "uk-csv", str(listed))
    assert run("audit", "verify")["ok"] is True
    doctor = subprocess.run(
        [sys.executable, "-m", "headwater", "node", "check", "--home", str(home), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert '"store"' in doctor.stdout
    assert database not in (doctor.stdout + doctor.stderr)


def test_a_guard_that_was_taken_away_is_seen(tmp_path: Path, database: str) -> None:
    import psycopg

    home = tmp_path / "node"
    made(home, database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP TRIGGER record_stays ON record")
        connection.execute("ALTER TABLE ledger DISABLE TRIGGER ledger_kept")
    with opened(home, database) as store:
        assert [problem.at for problem in store.check()] == ["trigger ledger_kept", "trigger record_stays"]


def test_one_database_holds_one_node(tmp_path: Path, database: str) -> None:
    made(tmp_path / "uk", database)
    with pytest.raises(StoreError, match="already"):
        made(tmp_path / "rs", database)


def test_where_nobody_answers_it_is_said_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreIoError, match="cannot be reached") as caught:
        made(tmp_path / "none", "postgresql://somebody:secret@127.0.0.1:9/none")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("database", ["postgresql://me:secret@host/name", "mysql://host/name", "host=x"])
def test_a_setting_that_names_no_database_or_a_password_is_refused(database: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(database=database)
    assert "secret" not in str(caught.value)
