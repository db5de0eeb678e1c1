"""What only says how much is read, kept or written at once changes no answer: whole plays are told alike, however little it is."""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from tests.plays.made import differences, held, played

pytestmark = pytest.mark.sqlite  # what is held names SQLite's own file and words
PAGES: Final = ("audit", "ledger", "messages", "migrate", "recall", "records", "search")
"""Modules that read in pages."""
LEAST: Final[dict[str, int]] = {
    **{f"{name}._PAGE": 1 for name in PAGES},
    "ledger._SALTS_DRAWN": 1,
    "mentions._FEW": 0,
    "records._KEPT_DOCUMENTS": 1,
    "store._IDLE_LINKS": 1,
    "writer.LARGEST_GROUP": 1,
}
FEW: Final = {**LEAST, **{f"{name}._PAGE": 2 for name in PAGES}, "records._KEPT_DOCUMENTS": 2}
INDEXED: Final = {"mentions.LONG": 1}
"""Which records speak of an entity stands in its index at once; damage to what waits is then none."""
UNORDERED: Final = "refs_about"


def told(play: dict[str, Any]) -> dict[str, Any]:
    """A play without the order of an answer that promises none."""
    for name, act in play.items():
        if UNORDERED in name and act.get("gave"):
            act["gave"] = sorted(act["gave"])
    return play


@pytest.mark.parametrize("amounts", [LEAST, FEW], ids=["least", "few"])
@pytest.mark.parametrize("name", ["messages", "records", "ledger", "damaged", "shelf"])
def test_a_play_is_told_alike(
    name: str, amounts: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, amount in ({**amounts, **INDEXED} if name == "records" else amounts).items():
        module, _, constant = place.partition(".")
        monkeypatch.setattr(import_module(f"headwater.store.{module}"), constant, amount)
    found = differences(told(held(name)), told(played(name, tmp_path)))
    assert not found, "\n".join(found)


DECIDED: Final = {
    "audit._PAGE": 512,
    "faults._LEAST_ROOM": 65_536,
    "ledger._PAGE": 512,
    "ledger._SALTS_DRAWN": 32,
    "mail._QUIET_FROM": 5_000,
    "mentions.LONG": 2_048,
    "mentions._FASTER": 2,
    "mentions._FEW": 8,
    "messages._MOST_GAPS": 1_000,
    "messages._PAGE": 32,
    "migrate.PAGE_BYTES": 8_192,
    "migrate._PAGE": 512,
    "parts.AHEAD_BYTES": 8 * 1024 * 1024,
    "recall._PAGE": 256,
    "records._KEPT_DOCUMENTS": 32,
    "records._PAGE": 256,
    "search._PAGE": 256,
    "sqlite._LOOK_AGAIN_S": 0.001,
    "sqlite._WRITER_CACHE_KIB": 65_536,
    "store._IDLE_LINKS": 8,
    "vault._PIECE": 1024 * 1024,
    "writer.LARGEST_GROUP": 512,
}


@pytest.mark.parametrize("place", DECIDED)
def test_an_amount_is_what_it_was_measured_and_decided_to_be(place: str) -> None:
    """None of them changes an answer, so nothing else would notice that a node takes more memory or time than was measured."""
    module, _, constant = place.partition(".")
    assert getattr(import_module(f"headwater.store.{module}"), constant) == DECIDED[place]
