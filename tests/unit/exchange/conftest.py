"""London and Belgrade, live with each other, for every test that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.ports import Event
from headwater.store.ledger import LedgerWriting
from tests.exchange_events import strange
from tests.exchange_world import Node, World, pair


@pytest.fixture(autouse=True)
def _events(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold every event that a test brings about to the table: a name that nobody knows is found by no auditor."""
    found: list[tuple[str, Event]] = []
    note = LedgerWriting.note

    def noted(ledger: LedgerWriting, event: Event) -> int:
        if event.kind.startswith("exchange.") and (why := strange(event)):
            found.append((why, event))
        return note(ledger, event)

    monkeypatch.setattr(LedgerWriting, "note", noted)
    yield
    assert not found, [(why, event.kind, event.subject, event.purpose, dict(event.detail)) for why, event in found[:3]]


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
