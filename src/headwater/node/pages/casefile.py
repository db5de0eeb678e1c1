"""Cases on pages: what stands in one, what it lacks, its seal, and the small things that are added by hand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from headwater.case.verifier import read_trust, verify
from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.model.times import format_instant
from headwater.node import case_sealing, cases, partners
from headwater.node.node import Node
from headwater.node.pages.once import once
from headwater.node.scratch import scratch
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event

SEALED: Final = "sealed"
"""Folder of a node's home in which pages lay the bundles that they seal."""
PROFILES: Final = ("cps-dg6",)
STATUSES: Final = ("evidential", "intelligence-only", "unused")


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in one line."""

    id: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """One exhibit with its disclosure state and custody."""

    ref: str
    description: str
    producer: str
    captured_at: str
    handling: str
    status: str
    origin: str
    sha256: str
    custody: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFinding:
    """One finding that the case keeps."""

    id: str
    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """One thing that the case lacks."""

    code: str
    at: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One sealed bundle that lies at the node."""

    name: str
    path: str
    root: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """What the page of a case shows.

    Attributes:
        protected: how many persons of it are protected; who they are lies in the vault.
        elements: offence, element, and the items that prove it.
        material: unused material by schedule: identifier, list, description.
    """

    id: str
    operation: str
    purpose: str
    profile: str
    opened_at: str
    offences: tuple[Mapping[str, Any], ...]
    persons: tuple[Mapping[str, str], ...]
    protected: int
    items: tuple[ItemLine, ...]
    elements: tuple[Mapping[str, Any], ...]
    material: tuple[Mapping[str, Any], ...]
    findings: tuple[KeptFinding, ...]
    problems: tuple[ProblemLine, ...]
    bundles: tuple[Bundle, ...]
    log: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of a bundle found."""

    name: str
    ok: bool
    problems: tuple[ProblemLine, ...]


def case_lines(node: Node, session: Session) -> tuple[CaseLine, ...]:
    """Return the cases of this node.

    Raises:
        PolicyError: the user may not look at cases.
    """
    return tuple(CaseLine(each["id"], each["root"] or "") for each in cases.every(node, session))


def case_page(node: Node, session: Session, urn: str) -> CasePage:
    """Return one case; the look is in the ledger.

    Raises:
        PolicyError: the user may not look at cases, or there is none of that number.
    """
    checked = cases.check_whole(node, session, urn)
    held = cases.hold(node, urn)
    case, matter = held.case, held.case.matter
    return CasePage(
        id=urn,
        operation=matter.operation,
        purpose=matter.purpose,
        profile=matter.profile,
        opened_at=format_instant(matter.opened),
        offences=tuple({"id": one.id, "code": one.code, "against": one.defendants} for one in case.offences),
        persons=tuple(
            {"id": one.id, "category": str(one.category), "name": one.name, "role": one.role}
            for one in case.persons
            if not one.protected
        ),
        protected=len(case.protected_persons),
        items=tuple(
            ItemLine(
                ref=one.ref,
                description=one.description,
                producer=one.producer,
                captured_at=format_instant(one.captured_at),
                handling=one.handling,
                status=str(one.status),
                origin=one.origin.node if one.origin else "",
                sha256=one.file.sha256,
                custody=sum(event.exhibit == one.ref for event in case.custody),
            )
            for one in case.exhibits
        ),
        elements=tuple({"offence": a, "element": b, "proved_by": c} for a, b, c in checked.elements),
        material=tuple(
            {"id": one.id, "list": one.schedule.value, "description": one.description} for one in case.material
        ),
        findings=tuple(KeptFinding(id=one.id, text=one.text, score=one.score) for one in held.findings),
        problems=tuple(ProblemLine(code=one.code, at=one.at, text=one.text) for one in checked.problems),
        bundles=tuple(bundles(node, urn)),
        log=tuple(
            {"at": format_instant(one.at), "kind": one.event.kind, "who": one.event.who} for one in held.lines[-50:]
        ),
    )


def open_case(node: Node, session: Session, matter: Mapping[str, str], key: str) -> str:
    """Open a case of which only the matter is known, once for each key; return its number.

    Args:
        node: the node.
        session: who opens it.
        matter: ``urn``, ``operation``, ``purpose``, ``profile``.
        key: of the form.

    Raises:
        PolicyError: the user may not, or there is a case of that number.
        SchemaError: a field cannot be so.
    """
    may(session, Act.CASE_OPEN)
    empty = ("offences", "persons", "exhibits", "statements", "elements", "material", "custody", "searches")
    document = {
        "case": {
            **matter,
            "lead_node": node.authority,
            "opened": format_instant(node.clock.now().replace(microsecond=0)),
        },
        **{name: [] for name in (*empty, "indicators", "decisions")},
    }

    def act() -> str:
        with scratch(node.home) as folder:
            (folder / "case.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
            return cases.take_in(node, session, folder).matter.urn

    return once(node, session, key, act)


def add_rows(node: Node, session: Session, urn: str, rows: Mapping[str, Sequence[Mapping[str, Any]]], key: str) -> str:
    """Add persons, offences, elements or material to a case, in the shape of `case.json`, once for each key.

    Raises:
        PolicyError: the user may not, or there is no such case.
        SchemaError: a row cannot be so.
    """
    may(session, Act.CASE_ADD)

    def act() -> str:
        with scratch(node.home) as folder:
            file = folder / "supplement.json"
            file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
            return cases.add(node, session, urn, file).matter.urn

    return once(node, session, key, act)


def add_note(node: Node, session: Session, urn: str, said: Mapping[str, str], key: str) -> str:
    """Add a note as an exhibit: its text becomes a file, hashed as it comes in.

    Args:
        node: the node.
        session: who adds it.
        urn: the case.
        said: ``ref``, ``description``, ``producer``, ``captured_at``, ``handling``, ``status``, ``text``.
        key: of the form.

    Raises:
        PolicyError: the user may not, or there is no such case.
        SchemaError: a field cannot be so.
    """
    may(session, Act.CASE_ADD)
    name = "".join(letter if letter.isalnum() else "_" for letter in said["ref"])[:60] + ".txt"
    row = {**{name_: value for name_, value in said.items() if name_ != "text"}, "file": name, "origin": None}

    def act() -> str:
        with scratch(node.home) as folder:
            file = folder / name
            file.write_text(said["text"], encoding="utf-8")
            return cases.add(node, session, urn, file, {"exhibits": [row]}).matter.urn

    return once(node, session, key, act)


def keep_finding(node: Node, session: Session, urn: str, ref: str) -> None:
    """Let a case keep a finding that a person has decided.

    Raises:
        PolicyError: the user may not, there is no such case or finding, or nobody has decided it.
    """
    may(session, Act.CASE_ADD)
    cases.keep_findings(node, session, urn, [ref])


def seal(node: Node, session: Session, urn: str, key: str) -> str:
    """Seal a case as it is now, once for each key, into a bundle that lies in the node's directory; return its name.

    Raises:
        PolicyError: the user may not seal, or a protected person's identity stands in an item.
    """
    may(session, Act.CASE_SEAL)

    def act() -> str:
        folder = node.home / SEALED
        folder.mkdir(mode=0o700, exist_ok=True)
        number = 1 + sum(1 for each in folder.glob(f"{urn}-*"))
        out = folder / f"{urn}-{number}"
        case_sealing.seal(node, session, urn, out, withhold=True)
        return out.name

    return once(node, session, key, act)


def check_bundle(node: Node, session: Session, urn: str, name: str) -> Checked:
    """Check a bundle that lies at the node with the very code that lies in it, against this node's own key.

    Raises:
        ForbiddenError: there is no such bundle, or the user may not check one.
    """
    may(session, Act.CASE_VERIFY)
    found = next((each for each in bundles(node, urn) if each.name == name), None)
    if found is None:
        raise ForbiddenError("no such bundle")
    with scratch(node.home) as folder:
        card = folder / "own.card"
        card.write_bytes(partners.card_file(node))
        told = verify(Path(found.path), read_trust(str(card)))
    node.store.note(_noted(session, urn, ok=not told.problems))
    return Checked(
        name=name,
        ok=not told.problems,
        problems=tuple(ProblemLine(code=one.code, at=one.path, text=one.text) for one in told.problems),
    )


def _noted(session: Session, urn: str, *, ok: bool) -> Event:
    return Event("case.verified", session.user, urn, session.purpose, {"ok": int(ok)})


def bundles(node: Node, urn: str) -> list[Bundle]:
    """Return the bundles of a case that pages sealed and that lie in the node's directory."""
    found: list[Bundle] = []
    for each in sorted((node.home / SEALED).glob(f"{urn}-*")):
        try:
            head = json.loads((each / "seal.json").read_bytes())
        except (OSError, ValueError):
            continue
        told = head.get("head", head)
        found.append(
            Bundle(name=each.name, path=str(each), root=str(told.get("root", "")), count=int(told.get("count", 0)))
        )
    return found


def check_urn(urn: str) -> str:
    """Return the number of a case.

    Raises:
        SchemaError: no case can be called so.
    """
    if not (urn.isascii() and urn.isalnum() and len(urn) <= 20):  # noqa: PLR2004 - twice what a number has
        raise SchemaError("no number of a case", where=Place(field="urn"), fix="two digits, two letters, seven digits")
    return urn
