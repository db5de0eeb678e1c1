"""Sealing keys grow old: another takes their place, and a month later they are destroyed."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.exchange.card import SignedCard
from headwater.exchange.keys import Keys, make_roots
from headwater.testing.fakes import SeededChance
from tests.exchange_world import BELGRADE, Node, World, message

MONTH = timedelta(days=31)


def renew(node: Node, *, with_key: bool = False) -> SignedCard:
    if with_key:
        node.exchange.new_key("sealing")
    return node.exchange.make_card(str(node.me), [node.endpoint], node.home / "roots", who="engineer")


def files(node: Node) -> list[str]:
    return sorted(path.name for path in (node.home / "keys").glob("sealing-*.key"))


def states(node: Node) -> list[str]:
    return [row.state for row in node.exchange.outgoing() if row.kind == "spontaneous"]


def test_an_old_sealing_key_is_destroyed_with_the_first_card_a_month_after_its_successor(
    world: World, belgrade: Node
) -> None:
    (first,) = belgrade.keys.sealing_seeds
    renew(belgrade, with_key=True)
    world.clock.move(MONTH - timedelta(days=2))
    assert len(renew(belgrade).card.sealing) == 2
    assert files(belgrade) == ["sealing-0001.key", "sealing-0002.key"]
    world.clock.move(timedelta(days=2))
    card = renew(belgrade)
    assert first not in [key.name for key in card.card.sealing]
    assert files(belgrade) == ["sealing-0002.key"]
    assert first not in belgrade.keys.sealing_seeds
    assert [event.subject for event in belgrade.events("key-destroyed")] == [first]


def test_the_key_in_use_stays_however_old_it_is(world: World, belgrade: Node) -> None:
    world.clock.move(10 * MONTH)
    assert len(renew(belgrade).card.sealing) == 1
    assert files(belgrade) == ["sealing-0001.key"]


def test_a_key_that_is_made_after_one_was_destroyed_takes_no_name_that_is_in_use(world: World, belgrade: Node) -> None:
    for _ in range(3):
        renew(belgrade, with_key=True)
        world.clock.move(2 * MONTH)
    assert len(renew(belgrade, with_key=True).card.sealing) == 2
    assert files(belgrade) == ["sealing-0004.key", "sealing-0005.key"]


def test_a_message_that_comes_for_a_destroyed_key_is_sealed_anew_and_has_one_effect(
    world: World, london: Node, belgrade: Node
) -> None:
    second = renew(belgrade, with_key=True)
    assert london.exchange.send(message(expires="2999-01-01T00:00:00Z"), who="o.reed").is_queued
    world.clock.move(2 * MONTH)
    cards = [card.paper.to_bytes() for card in (second, renew(belgrade))]
    london.exchange.add_partner(cards, [], who="engineer")
    london.bring(BELGRADE)
    assert states(london) == ["refused", "queued"]
    london.bring(BELGRADE)
    assert states(london) == ["refused", "receipted"]
    assert len([row for row in belgrade.exchange.incoming() if row.kind == "spontaneous"]) == 1


def test_what_a_stopped_renewal_left_of_a_key_goes_with_the_next_and_never_back_into_a_card(
    world: World, belgrade: Node
) -> None:
    renew(belgrade, with_key=True)
    kept = (belgrade.home / "keys" / "sealing-0001.key").read_bytes()
    world.clock.move(2 * MONTH)
    renew(belgrade)
    (belgrade.home / "keys" / "sealing-0001.key").write_bytes(kept)
    assert len(renew(belgrade).card.sealing) == 1
    assert files(belgrade) == ["sealing-0002.key"]


def test_keys_that_were_made_since_the_last_card_all_stand_in_the_next_and_none_is_destroyed(belgrade: Node) -> None:
    for _ in range(3):
        belgrade.exchange.new_key("sealing")
    assert {key.name for key in renew(belgrade).card.sealing} == set(belgrade.keys.sealing_seeds)
    assert len(files(belgrade)) == 4
    assert belgrade.events("key-destroyed") == []


def test_a_served_node_opens_with_a_key_that_a_command_beside_it_has_made(london: Node, belgrade: Node) -> None:
    assert len(belgrade.keys.sealing_seeds) == 1
    Keys(belgrade.home).add("sealing", SeededChance(77))
    assert len(belgrade.keys.sealing_seeds) == 2
    london.exchange.add_partner([renew(belgrade).paper.to_bytes()], [], who="engineer")
    assert london.exchange.send(message(), who="o.reed").is_queued
    london.bring(BELGRADE)
    assert states(london) == ["receipted"]


@pytest.mark.parametrize("act", ["create", "add", "roots"])
def test_a_key_is_on_the_disk_and_then_its_name_before_anybody_is_told_of_it(
    act: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Keys.create(tmp_path / "uk", SeededChance()) if act == "add" else None
    there, synced, sizes = set(tmp_path.rglob("*.key")), list[int](), dict[int, int]()

    def sync(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        sizes[synced[-1]] = os.fstat(handle).st_size

    monkeypatch.setattr(os, "fsync", sync)
    if made is not None:
        made.add("sealing", SeededChance(1))
    elif act == "create":
        Keys.create(tmp_path / "uk", SeededChance())
    else:
        make_roots(tmp_path / "roots", SeededChance())
    new = set(tmp_path.rglob("*.key")) - there
    assert new
    for path in new:
        later = synced[synced.index(path.stat().st_ino) + 1 :]
        assert path.parent.stat().st_ino in later, path.name
        assert sizes[path.stat().st_ino] == path.stat().st_size > 0, "all of it is there before it is synced"
