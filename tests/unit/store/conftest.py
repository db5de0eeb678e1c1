"""A store to look into, and a way behind its back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from headwater.store import Store, StoreOptions
from headwater.testing.fakes import FakeClock, SeededChance
from tests.postgres_mark import MARK
from tests.unit.store.trace import Trace

Behind = Callable[[str], object]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "node"


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    made = Store.create(home, clock=FakeClock(), chance=SeededChance(), options=StoreOptions(synchronous="OFF"))
    yield made
    made.close()


@pytest.fixture
def behind(store: Store, home: Path) -> Iterator[Behind]:
    """Run SQL on the store's database as another program would; triggers can be dropped first."""
    if (home / MARK).exists():
        from tests.postgres_world import behind_its_back

        with behind_its_back(home) as run:
            yield run
        return
    connection = apsw.Connection(str(home / "store.sqlite"))
    connection.set_busy_timeout(5000)
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


@pytest.fixture
def trace(store: Store, monkeypatch: pytest.MonkeyPatch) -> Trace:
    """See what is synced and renamed once a store is there."""
    return Trace(monkeypatch)
