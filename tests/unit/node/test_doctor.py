"""The doctor names what is wrong, why and what to do; the full check finds a changed byte."""

import os
import shutil
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from headwater.exchange.syncing import Standing
from headwater.node import Node, doctor
from headwater.node.doctor import Finding
from headwater.testing.fakes import START, FakeClock
from tests.node_world import init, node_at, read, write_list, write_report


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def wrong(found: Iterable[Finding]) -> dict[str, Finding]:
    return {each.name: each for each in found if not each.ok}


def test_a_new_node_wants_nothing_but_its_root_keys_moved_away(tmp_path: Path) -> None:
    home = init(tmp_path / "uk")
    with node_at(home, FakeClock(START + timedelta(hours=1))) as node:
        assert set(wrong(doctor.examine(node))) == {"roots"}
        shutil.rmtree(home / "roots")
        assert wrong(doctor.examine(node)) == {}


def test_every_fault_says_its_cause_and_what_to_do(node: Node, clock: FakeClock, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", ["Ana Primer"]))
    (node.home / "keys" / "signing-0001.key").chmod(0o644)
    clock.move(timedelta(days=400))
    faults = wrong(doctor.examine(node))
    assert set(faults) == {"roots", "keys", "card", "list uk-csv"}
    assert all(each.cause and each.fix for each in faults.values())
    assert "signing-0001.key" in faults["keys"].cause
    assert "headwater node card --renew" in faults["card"].fix
    assert "headwater read uk-csv FILE" in faults["list uk-csv"].fix


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o604])
def test_a_key_that_its_group_or_anybody_may_open_is_named(node: Node, mode: int) -> None:
    (node.home / "keys" / "signing-0001.key").chmod(mode)
    assert "signing-0001.key" in wrong(doctor.examine(node))["keys"].cause


def test_a_full_disk_is_named(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 1 << 40, 5 << 20))
    assert wrong(doctor.examine(node))["space"].cause == "5 MiB are free"


def test_an_address_that_is_none_is_named(tmp_path: Path) -> None:
    home = init(tmp_path / "uk")
    with node_at(home, FakeClock(), listen="no-such-host.invalid:80") as node:
        assert "no-such-host.invalid" in wrong(doctor.examine(node))["address"].cause


def test_a_rewritten_ledger_is_named(tmp_path: Path) -> None:
    home = init(tmp_path / "uk")
    path = home / "store.sqlite"
    path.write_bytes(path.read_bytes().replace(b"user.added", b"user.acted", 1))
    with node_at(home, FakeClock()) as node:
        assert "leaf" in wrong(doctor.examine(node))["ledger"].cause


@pytest.mark.parametrize(
    ("silent_h", "unproved_h", "cause"),
    [(3, None, ""), (3, 3, ""), (4, None, "has not answered a sync"), (0, 4, "has not proved that its log only grew")],
)
def test_a_partner_that_is_silent_or_proves_nothing_for_three_syncs_is_named(
    node: Node, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, silent_h: int, unproved_h: int | None, cause: str
) -> None:
    now, peer = clock.now(), SimpleNamespace(authority="RS-MOI", is_open=True)
    since = None if unproved_h is None else now - timedelta(hours=unproved_h)
    stands = Standing(1, 1, now - timedelta(hours=silent_h), since, ())
    monkeypatch.setattr(node.exchange, "partners", lambda: [peer])
    monkeypatch.setattr(node.exchange.syncing, "standing", lambda _: stands)
    found = wrong(doctor.examine(node)).get("witness RS-MOI")
    assert (found is None) == (not cause)
    assert found is None or cause in found.cause


def test_a_whole_store_passes_the_full_check(node: Node, tmp_path: Path) -> None:
    read(node, "report", write_report(tmp_path / "in"))
    assert wrong(doctor.full_check(node)) == {}


def test_a_changed_byte_in_a_blob_fails_the_full_check(node: Node, tmp_path: Path) -> None:
    read(node, "report", write_report(tmp_path / "in"))
    [blob] = [path for path in (node.home / "blobs").rglob("*") if path.is_file()]
    blob.chmod(0o600)
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.write_bytes(data)
    found = wrong(doctor.full_check(node))
    assert blob.name[:16] in found["store"].cause or blob.name in found["store"].cause
    assert found["store"].fix


def test_an_extra_that_is_not_installed_says_how_to_install_it(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "rapidfuzz" else os)
    faults = wrong(doctor.examine(node))
    assert faults["extra match"].fix == "pip install 'headwater[match]'"
    assert "extra web" not in faults
