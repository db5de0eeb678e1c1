"""Exhibits that come in by the page, and the disclosure schedules to read there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from headwater.case.paper import Part
from headwater.case.schedule import TITLES, Form
from headwater.errors import ConflictError, Place, SchemaError
from headwater.node import case_sealing, cases
from headwater.node.incoming import Incoming
from headwater.node.node import Node
from headwater.node.pages.once import once
from headwater.policy.acts import Act
from headwater.policy.session import Session, may

LISTS: Final = ("", "mg6c", "mg6d")
"""On which schedule of unused material an exhibit stands; empty for none."""
FORMS: Final = {form.value: TITLES[form] for form in Form}
_SUM: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTable:
    """One part of a schedule: heading, paragraphs, and a table of which the first row are the titles."""

    heading: str
    text: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePage:
    """One disclosure schedule as it stands now.

    Attributes:
        unnumbered: items that get their number for good when the paper is made.
        draft: the file is not ready, and the paper says so.
    """

    case: str
    form: str
    title: str
    marking: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[ScheduleTable, ...]
    signing: tuple[str, ...]
    draft: bool
    unnumbered: int


def add_exhibit(
    node: Node, session: Session, urn: str, said: Mapping[str, str], file: Incoming, kind: str, key: str
) -> str:
    """Add a file as an exhibit, once for each key, and return its SHA-256.

    Args:
        node: the node.
        session: who adds it.
        urn: the case.
        said: ``ref``, ``description``, ``producer``, ``captured_at``, ``handling``, ``status``; ``list`` and ``reason`` of
            unused material; ``sha256`` that the officer expects, empty for none.
        file: what came in.
        kind: its ending, see `incoming.ending`.
        key: of the form.

    Raises:
        PolicyError: the user may not, or there is no such case.
        SchemaError: a field cannot be so.
        ConflictError: the file is not the one that the officer expects.
    """
    may(session, Act.CASE_ADD)
    expected = said["sha256"].strip().lower()
    if expected and not _SUM.fullmatch(expected):
        raise SchemaError("no SHA-256: 64 hexadecimal digits", where=Place(field="sha256"))
    if expected and expected != file.sha256:
        fix = "nothing was stored; see which file it is"
        raise ConflictError(f"the file that came has the SHA-256 {file.sha256}", where=Place(field="sha256"), fix=fix)
    letters = "".join(letter if letter.isalnum() else "_" for letter in said["ref"])[:60]
    wanted = f"{letters or 'item'}.{kind}"
    rows = _rows(said, wanted)

    def act() -> str:
        cases.add(node, session, urn, file.named(wanted), rows)
        return file.sha256

    return once(node, session, key, act)


def _rows(said: Mapping[str, str], name: str) -> dict[str, list[dict[str, Any]]]:
    kept = ("ref", "description", "producer", "captured_at", "handling", "status")
    rows: dict[str, list[dict[str, Any]]] = {
        "exhibits": [{**{one: said[one] for one in kept}, "file": name, "origin": None}]
    }
    if said["list"]:
        line = {"id": said["ref"], "list": said["list"], "description": said["description"]}
        rows["material"] = [{**line, **({"reason": said["reason"]} if said["reason"] else {})}]
    return rows


def schedule_page(node: Node, session: Session, urn: str, form: str) -> SchedulePage:
    """Return a schedule to be read; numbers are given by making the paper, not by reading it.

    Raises:
        PolicyError: the user is no disclosure officer, there is no such case, or a protected person's identity would
            stand in it.
        SchemaError: there is no such schedule.
    """
    paper, unnumbered = case_sealing.schedule_read(node, session, urn, form_of(form))
    return SchedulePage(
        case=urn,
        form=form,
        title=paper.title,
        marking=paper.marking,
        facts=paper.facts,
        parts=tuple(_table(part) for part in paper.parts),
        signing=paper.signing,
        draft=bool(paper.watermark),
        unnumbered=unnumbered,
    )


def schedule_pdf(node: Node, session: Session, urn: str, form: str) -> bytes:
    """Return a schedule as PDF; items that have no number yet get one, for good.

    Raises:
        PolicyError: the user is no disclosure officer, there is no such case, or a protected person's identity would
            stand in it.
        SchemaError: there is no such schedule.
        MissingExtraError: typst is not installed.
    """
    return case_sealing.schedule(node, session, urn, form_of(form))


def form_of(form: str) -> Form:
    """Return a schedule by its name.

    Raises:
        SchemaError: there is none.
    """
    try:
        return Form(form)
    except ValueError:
        raise SchemaError("no such schedule", where=Place(field="form"), fix=f"use {', '.join(Form)}") from None


def _table(part: Part) -> ScheduleTable:
    return ScheduleTable(
        heading=part.heading,
        text=part.text,
        titles=tuple(title for title, _ in part.columns),
        rows=tuple(tuple(str(cell) for cell in row) for row in part.rows),
    )
