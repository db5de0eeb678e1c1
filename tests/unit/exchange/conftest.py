"""London and Belgrade, live with each other, for every test that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.ports import Event
from headwater.store.ledger import LedgerWriting
from tests.exchange_events import DETAILS
from tests.exchange_world import Node, World, pair


@pytest.fixture(autouse=True)
def _events(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold every event that a test brings about to the table: a name that nobody knows is found by no auditor."""
    strange: list[Event] = []
    note = LedgerWriting.note

    def noted(ledger: LedgerWriting, event: Event) -> int:
        if event.kind.startswith("exchange.") and not _is_known(event):
            strange.append(event)
        return note(ledger, event)

    monkeypatch.setattr(LedgerWriting, "note", noted)
    yield
    assert strange == []


@pytest.fixture
def trio(tmp_path: Path) -> Iterator[tuple[World, Node, Node]]:
    world, london, belgrade = pair(tmp_path)
    yield world, london, belgrade
    world.close()


@pytest.fixture
def world(trio: tuple[World, Node, Node]) -> World:
    return trio[0]


@pytest.fixture
def london(trio: tuple[World, Node, Node]) -> Node:
    return trio[1]


@pytest.fixture
def belgrade(trio: tuple[World, Node, Node]) -> Node:
    return trio[2]


def _is_known(event: Event) -> bool:
    return event.kind in DETAILS and set(event.detail) <= set(DETAILS[event.kind].split())
