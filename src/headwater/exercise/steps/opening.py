"""Opening: three nodes come up, and each trusts whom it has an agreement with, and nobody else."""

import json
from collections.abc import Mapping
from typing import Any, Final

from headwater.exercise.scenario import AGREEMENTS, USERS, agreement
from headwater.exercise.stage import Stage, at_once, until

PAPERS: Final = "papers"
LIVE_WAIT_S: Final = 20.0


def make_nodes(stage: Stage, *, planted: bool) -> str:
    """Set up and start the nodes; planted: London's store is damaged before its node starts."""
    at_once(lambda key: settle(stage, key), stage.houses)
    if planted:
        with (stage.houses["uk"].home / "store.sqlite").open("r+b") as damaged:
            damaged.write(b"\0" * 512)
    start(stage)
    return f"{', '.join(house.authority for house in stage.houses.values())} answer, each from its own store"


def make_trust(stage: Stage, *, planted: bool) -> str:
    """Exchange cards and sign agreements; planted: a digit is misheard."""
    digits = cards(stage)
    if planted:
        digits["rs"] = digits["rs"][:-1] + str((int(digits["rs"][-1]) + 1) % 10)
    at_once(lambda partner: acquaint(stage, ("uk", partner), agreement(partner), digits), AGREEMENTS)
    for partner in AGREEMENTS:
        await_live(stage, "uk", partner)
    return "UK-RS and UK-XK are live, compared by voice and signed by both; RS and XK have no agreement"


def settle(stage: Stage, key: str) -> None:
    """Set up a node and its users: the analyst, the supervisor, and who audits where the exercise names somebody."""
    house, (writer, supervisor, *auditors) = stage.houses[key], USERS[key]
    stage.command(
        None,
        *("node", "init", "--home", house.home, "--authority", house.authority, "--name", house.name),
        *("--listen", f"127.0.0.1:{house.port}", "--page", f"127.0.0.1:{house.page_port}"),
        *("--zone", house.zone, "--user", writer),
    )
    stage.command(house, "user", "add", supervisor, "--role", "supervisor", "--role", "disclosure", user=writer)
    for auditor in auditors:
        stage.command(house, "user", "add", auditor, "--role", "auditor", user=writer)


def start(stage: Stage) -> None:
    """Start every node of a stage, and wait until all answer."""
    for house in stage.houses.values():
        stage.launch(house)
    for house in stage.houses.values():
        stage.await_answer(house)


def cards(stage: Stage) -> dict[str, str]:
    """Write every node's card, and return the digits of each."""
    (stage.folder / PAPERS).mkdir(exist_ok=True)
    return dict(at_once(lambda key: (key, _card(stage, key)), stage.houses))


def acquaint(stage: Stage, pair: tuple[str, str], terms: dict[str, Any], digits: Mapping[str, str]) -> None:
    """Let two authorities sign their agreement, add each other, and compare digits."""
    signed = _sign(stage, pair, terms)
    for mine, theirs in (pair, pair[::-1]):
        house, user = stage.houses[mine], USERS[mine][0]
        card = stage.folder / PAPERS / f"{theirs}.card"
        stage.command(house, "partner", "add", card, "--agreement", signed, user=user)
        stage.command(house, "partner", "confirm", stage.houses[theirs].authority, digits[theirs], user=user)


def await_live(stage: Stage, one: str, other: str) -> None:
    """Wait until two partners are live at each other's nodes."""
    for mine, theirs in ((one, other), (other, one)):
        peer = stage.houses[theirs].authority
        until(lambda mine=mine, peer=peer: _is_live(stage, mine, peer), f"{peer} to be live", LIVE_WAIT_S)


def _card(stage: Stage, key: str) -> str:
    """Write a node's card, and return its digits."""
    out = stage.folder / PAPERS / f"{key}.card"
    return str(stage.command(stage.houses[key], "node", "card", "--out", out, user=USERS[key][0])["digits"])


def _sign(stage: Stage, pair: tuple[str, str], terms: dict[str, Any]) -> str:
    papers, (first, second) = stage.folder / PAPERS, pair
    draft = papers / f"agreement-{second}.json"
    draft.write_text(json.dumps(terms, indent=1), encoding="utf-8")
    half, whole = papers / f"agreement-{second}.{first}", papers / f"agreement-{second}.signed"
    stage.command(stage.houses[first], "partner", "sign", draft, "--out", half, user=USERS[first][1])
    stage.command(stage.houses[second], "partner", "sign", half, "--out", whole, user=USERS[second][1])
    return str(whole)


def _is_live(stage: Stage, key: str, authority: str) -> bool:
    partners = stage.command(stage.houses[key], "partner", "list", user=USERS[key][0])["partners"]
    return any(each["authority"] == authority and each["state"] == "live" for each in partners)
