"""Opening: three nodes come up, and each trusts whom it has an agreement with, and nobody else."""

import json
from collections.abc import Mapping
from typing import Final

from headwater.exercise.scenario import AGREEMENTS, USERS, agreement
from headwater.exercise.stage import House, Stage, at_once, until

PAPERS: Final = "papers"
LIVE_WAIT_S: Final = 20.0


def make_nodes(stage: Stage, *, planted: bool) -> str:
    """Set up and start the nodes; planted: London's store is damaged before its node starts."""
    at_once(lambda key: _settle(stage, key), stage.houses)
    if planted:
        with (stage.houses["uk"].home / "store.sqlite").open("r+b") as damaged:
            damaged.write(b"\0" * 512)
    for house in stage.houses.values():
        stage.launch(house)
    for house in stage.houses.values():
        stage.await_answer(house)
    return f"{', '.join(house.authority for house in stage.houses.values())} answer, each from its own store"


def make_trust(stage: Stage, *, planted: bool) -> str:
    """Exchange cards and sign agreements; planted: a digit is misheard."""
    (stage.folder / PAPERS).mkdir(exist_ok=True)
    digits = dict(at_once(lambda key: (key, _card(stage, key)), stage.houses))
    if planted:
        digits["rs"] = digits["rs"][:-1] + str((int(digits["rs"][-1]) + 1) % 10)
    at_once(lambda partner: _acquaint(stage, partner, digits), AGREEMENTS)
    for partner in AGREEMENTS:
        uk, other = stage.houses["uk"], stage.houses[partner]
        for house, peer in ((uk, other), (other, uk)):
            until(
                lambda house=house, peer=peer: _is_live(stage, house, peer), f"{peer.authority} to be live", LIVE_WAIT_S
            )
    return "UK-RS and UK-XK are live, compared by voice and signed by both; RS and XK have no agreement"


def _settle(stage: Stage, key: str) -> None:
    house, (writer, supervisor, auditor) = stage.houses[key], USERS[key]
    stage.command(
        None,
        *("node", "init", "--home", house.home, "--authority", house.authority, "--name", house.name),
        *("--listen", f"127.0.0.1:{house.port}", "--page", f"127.0.0.1:{house.page_port}"),
        *("--zone", house.zone, "--user", writer),
    )
    stage.command(house, "user", "add", supervisor, "--role", "supervisor", "--role", "disclosure", user=writer)
    stage.command(house, "user", "add", auditor, "--role", "auditor", user=writer)


def _card(stage: Stage, key: str) -> str:
    """Write a node's card, and return its digits."""
    out = stage.folder / PAPERS / f"{key}.card"
    return str(stage.command(stage.houses[key], "node", "card", "--out", out, user=USERS[key][0])["digits"])


def _acquaint(stage: Stage, partner: str, digits: Mapping[str, str]) -> None:
    """Let London and a partner sign their agreement, add each other, and compare digits."""
    signed = _sign(stage, partner)
    for mine, theirs in (("uk", partner), (partner, "uk")):
        house, user = stage.houses[mine], USERS[mine][0]
        card = stage.folder / PAPERS / f"{theirs}.card"
        stage.command(house, "partner", "add", card, "--agreement", signed, user=user)
        stage.command(house, "partner", "confirm", stage.houses[theirs].authority, digits[theirs], user=user)


def _sign(stage: Stage, partner: str) -> str:
    papers = stage.folder / PAPERS
    draft = papers / f"agreement-{partner}.json"
    draft.write_text(json.dumps(agreement(partner), indent=1), encoding="utf-8")
    half, whole = papers / f"agreement-{partner}.uk", papers / f"agreement-{partner}.signed"
    stage.command(stage.houses["uk"], "partner", "sign", draft, "--out", half, user=USERS["uk"][1])
    stage.command(stage.houses[partner], "partner", "sign", half, "--out", whole, user=USERS[partner][1])
    return str(whole)


def _is_live(stage: Stage, house: House, peer: House) -> bool:
    key = next(key for key, each in stage.houses.items() if each is house)
    partners = stage.command(house, "partner", "list", user=USERS[key][0])["partners"]
    return any(each["authority"] == peer.authority and each["state"] == "live" for each in partners)
