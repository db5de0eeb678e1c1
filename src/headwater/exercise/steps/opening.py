"""Opening: three nodes come up, and each trusts whom it has an agreement with, and nobody else."""

import json
from typing import Final

from headwater.exercise.scenario import AGREEMENTS, USERS, agreement
from headwater.exercise.stage import House, Stage, StepFailedError, until

PAPERS: Final = "papers"
LIVE_WAIT_S: Final = 20.0
REFUSED_DIGITS: Final = 76


def make_nodes(stage: Stage, *, planted: bool) -> str:
    """Set up and start the nodes; planted: London's store is damaged before its node starts."""
    for key, house in stage.houses.items():
        writer, supervisor, auditor = USERS[key]
        stage.command(
            None,
            *("node", "init", "--home", house.home, "--authority", house.authority, "--name", house.name),
            *("--listen", f"127.0.0.1:{house.port}", "--zone", house.zone, "--user", writer),
        )
        stage.command(house, "user", "add", supervisor, "--role", "supervisor", "--role", "disclosure", user=writer)
        stage.command(house, "user", "add", auditor, "--role", "auditor", user=writer)
    if planted:
        with (stage.houses["uk"].home / "store.sqlite").open("r+b") as damaged:
            damaged.write(b"\0" * 512)
    for house in stage.houses.values():
        stage.start(house)
    return f"{', '.join(house.authority for house in stage.houses.values())} answer, each from its own store"


def make_trust(stage: Stage, *, planted: bool) -> str:
    """Exchange cards and sign agreements; planted: a digit is misheard."""
    papers = stage.folder / PAPERS
    papers.mkdir(exist_ok=True)
    digits = {}
    for key, house in stage.houses.items():
        card = stage.command(house, "node", "card", "--out", papers / f"{key}.card", user=USERS[key][0])
        digits[key] = str(card["digits"])
    if planted:
        digits["rs"] = digits["rs"][:-1] + str((int(digits["rs"][-1]) + 1) % 10)
    for partner in AGREEMENTS:
        signed = _sign(stage, partner)
        for mine, theirs in (("uk", partner), (partner, "uk")):
            house = stage.houses[mine]
            added = stage.command(
                house, "partner", "add", papers / f"{theirs}.card", "--agreement", signed, user=USERS[mine][0]
            )
            if added["state"] not in {"added", "confirmed", "live"}:
                raise StepFailedError(f"{house.authority} has not added the partner")
            stage.command(
                house, "partner", "confirm", stage.houses[theirs].authority, digits[theirs], user=USERS[mine][0]
            )
    for partner in AGREEMENTS:
        uk, other = stage.houses["uk"], stage.houses[partner]
        for house, peer in ((uk, other), (other, uk)):
            until(
                lambda house=house, peer=peer: _is_live(stage, house, peer), f"{peer.authority} to be live", LIVE_WAIT_S
            )
    return "UK-RS and UK-XK are live, compared by voice and signed by both; RS and XK have no agreement"


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
