"""Opening a store beside others that write to it."""

from pathlib import Path

import pytest

from headwater.store import Head, Store, ledger
from headwater.store.link import Link
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import noting


def test_opening_sees_one_moment_of_the_ledger(store: Store, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(noting(1))
    looked = ledger.stored_head
    heads: list[Head] = []

    def and_meanwhile_another_writes(link: Link) -> Head:
        head = looked(link)
        heads.append(head)
        if len(heads) == 1:
            store.write(noting(2))
        return head

    monkeypatch.setattr(ledger, "stored_head", and_meanwhile_another_writes)
    other = Store.open(home, clock=FakeClock(), chance=SeededChance(1))
    assert other.write(noting(3)) == 2
    assert heads[0].size == 1
    other.close()
