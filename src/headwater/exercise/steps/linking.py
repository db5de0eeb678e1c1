"""Linking: three states' records that speak of one organiser are brought together, and nobody else with them."""

from pathlib import Path
from random import Random
from typing import Any, Final

from headwater.exercise.linkset import COLUMNS, spelled
from headwater.exercise.names import plain
from headwater.exercise.scenario import USERS, Cast, cast
from headwater.exercise.stage import Stage, StepFailedError

PHONE: Final = "+381 60 0000017"
PASSPORT: Final = "X0B00517T"
THREE: Final = frozenset({"RS-MOI/veza-1", "XK-KP/lidhje-1", "UK-NCA/link-1"})
TWIN: Final = "RS-MOI/veza-2"
MOVED: Final = "XK-KP/lidhje-2"
"""A person who was smuggled and happens to bear the organiser's name."""
LINKED: Final = "linked"


def link_records(stage: Stage, *, planted: bool) -> str:
    """Link what three states say of the organiser; planted: a colleague has judged two of the records different."""
    uk, analyst = stage.houses["uk"], USERS["uk"][0]
    stage.command(uk, "read", "things", *_write(stage.folder / "input", cast()), user=analyst)
    if planted:
        _judge(stage, "RS-MOI/veza-1", "UK-NCA/link-1", "different", "Exercise: a plant")
    out = stage.folder / LINKED
    found = stage.command(uk, "link", "run", "--out", out, user=analyst)
    cluster = _cluster_of(found, "RS-MOI/veza-1")
    if not set(cluster["members"]) >= THREE:
        raise StepFailedError("the three records of the organiser were not brought together")
    if TWIN in cluster["members"]:
        raise StepFailedError("the organiser's twin was taken for the organiser")
    if any(MOVED in one["members"] for one in found["clusters"]) or MOVED in (out / "pairs.csv").read_text("utf-8"):
        raise StepFailedError("a smuggled person was linked")
    _judge(stage, TWIN, "RS-MOI/veza-1", "different", "Exercise: a twin")
    again = _cluster_of(stage.command(uk, "link", "run", user=analyst), "RS-MOI/veza-1")
    if again != cluster:
        raise StepFailedError("the cluster did not stay what it was after a judgement that does not touch it")
    spellings = ", ".join(dict.fromkeys(str(name) for name in cluster["names"]))
    return (
        f"{len(cluster['members'])} records of {len({name.partition('-')[0] for name in cluster['members']})} states "
        f"speak of one person ({spellings}), score {cluster['score']:.3f}; a twin and a smuggled namesake are left out"
    )


def _write(folder: Path, played: Cast) -> list[Path]:
    """Write what each state says, as its case system would export it."""
    him, latin = played.organiser, played.organiser_latin
    twin = f"{'Vuk' if him.given[0] != 'Vuk' else 'Nenad'} {him.family}"
    theirs = spelled(latin, "Serbian", "XK-KP", Random(0))
    told: dict[str, list[dict[str, str]]] = {
        "RS-MOI": [
            {"id": "veza-1", "name": him.native or latin, "birth_date": him.born, "phone": PHONE},
            {"id": "veza-2", "name": twin, "birth_date": him.born, "phone": PHONE},
        ],
        "XK-KP": [
            {"id": "lidhje-1", "name": theirs, "birth_date": him.born, "passport_number": PASSPORT},
            {"id": "lidhje-2", "name": theirs, "birth_date": him.born, "category": "smuggled"},
        ],
        "UK-NCA": [
            # A camera read the passport, and the clerk wrote the telephone number without its country.
            {"id": "link-1", "name": plain(latin), "passport_number": "XOB0O5I7T", "phone": "060 0000017"},
        ],
    }
    paths: list[Path] = []
    for authority, rows in told.items():
        lines = [",".join(COLUMNS)]
        for row in rows:
            whole = {"originator": authority, "schema": "Person", "category": "suspect", **row}
            lines.append(",".join(whole.get(column, "") for column in COLUMNS))
        path = folder / f"link-{authority}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def _judge(stage: Stage, left: str, right: str, verdict: str, reason: str) -> None:
    stage.command(stage.houses["uk"], "link", "judge", left, right, verdict, "--reason", reason, user=USERS["uk"][0])


def _cluster_of(document: dict[str, Any], member: str) -> dict[str, Any]:
    found = [one for one in document["clusters"] if member in one["members"]]
    if not found:
        raise StepFailedError("the organiser's record was linked to nobody")
    return dict(found[0])
