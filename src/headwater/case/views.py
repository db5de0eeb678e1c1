"""Who is shown what of a sealed bundle: one table of audiences, decided here and nowhere else.

The prosecutor is shown everything but protected persons. The defence and the court are shown what is relied on and the
schedule that is theirs. A partner is shown what came from it, and evidence of our own that may be handed on. What is
not known here is not shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from headwater.case.exhibit import Exhibit, payload_name
from headwater.case.model import CaseFile, Schedule, Statement
from headwater.case.numbering import item_key
from headwater.errors import SchemaError

GRAPH: Final = "data/case.jsonld"
CRATE: Final = "data/ro-crate-metadata.json"
GROUP: Final = "data/withheld.json"
"""The one row for all that is withheld when a case is sealed; no file of that name ever stands in a bundle."""
_NAMED_PERSONS_ONLY: Final = "TLP:RED"
_OPEN_SCHEDULES: Final = frozenset({"data/schedules/mg6c.pdf", "data/schedules/dmd.pdf"})


class Audience(StrEnum):
    """Who a view is for."""

    PROSECUTOR = "prosecutor"
    COURT = "court"
    DEFENCE = "defence"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class View:
    """One view: its audience, and for a partner its node."""

    audience: Audience
    node: str = ""

    def __str__(self) -> str:
        """Return the view as a command line names it."""
        return f"{self.audience}:{self.node}" if self.node else self.audience.value


def read_view(text: str) -> View:
    """Return the view that a text names: ``defence``, ``partner:RS-MOI``.

    Raises:
        SchemaError: it names none.
    """
    name, _, node = text.partition(":")
    if name not in set(Audience) or bool(node.strip()) != (name == Audience.PARTNER):
        fix = "name prosecutor, court, defence or partner:NODE"
        raise SchemaError("no such view", where="--view", fix=fix)
    return View(Audience(name), node.strip())


def same_node(one: str, other: str) -> bool:
    """Return whether two names are of one node: a state alone, ``rs``, is short for any authority of it."""
    first, second = one.strip().upper().split("-"), other.strip().upper().split("-")
    return first == second or (first[0] == second[0] and 1 in (len(first), len(second)))


def exhibit_path(exhibit: Exhibit) -> str:
    """Return where an exhibit's file lies in a bundle."""
    return f"data/exhibits/{payload_name(exhibit.ref, exhibit.file.path)}"


def statement_path(statement: Statement) -> str:
    """Return where a statement's file lies in a bundle."""
    return f"data/statements/{payload_name(statement.id, statement.file.path)}"


def _is_relied_on(item: Exhibit | Statement, listed: frozenset[str]) -> bool:
    """Return whether the prosecution relies on an item, so that defence and court are shown it."""
    name = item.ref if isinstance(item, Exhibit) else item.id
    if listed and item_key(name) in listed:
        return False
    return item.usable if isinstance(item, Exhibit) else not item.protected


def described(case: CaseFile) -> list[Exhibit]:
    """Return the exhibits that the graph and the crate tell of: no more than defence and court are shown."""
    listed = _listed(case)
    return [exhibit for exhibit in case.exhibits if _is_relied_on(exhibit, listed)]


def shown_paths(
    case: CaseFile, view: View, paths: Mapping[str, object], released: frozenset[str] = frozenset()
) -> frozenset[str]:
    """Return which files of a bundle a view shows.

    Args:
        case: the case that was sealed.
        view: for whom.
        paths: the files of the payload.
        released: those of protected persons that somebody has released into this view.
    """
    items: dict[str, Exhibit | Statement] = {exhibit_path(exhibit): exhibit for exhibit in case.exhibits}
    items |= {statement_path(statement): statement for statement in case.statements}
    listed = _listed(case)
    shown = {path for path in paths if _shows(listed, view, path, items.get(path), is_released=path in released)}
    if view.audience is Audience.PARTNER and all(exhibit_path(exhibit) in shown for exhibit in described(case)):
        # The graph tells of every exhibit that is relied on: a partner sees it only with all of those. The crate tells
        # of statements and schedules too, which no partner is shown.
        shown |= {GRAPH} & set(paths)
    return frozenset(shown)


def _shows(
    listed: frozenset[str], view: View, path: str, item: Exhibit | Statement | None, *, is_released: bool
) -> bool:
    if isinstance(item, Statement) and item.protected:
        return is_released
    match view.audience:
        case Audience.PROSECUTOR:
            return item is not None or path.startswith(("data/findings/", "data/schedules/")) or path in _MADE
        case Audience.COURT | Audience.DEFENCE:
            if item is not None:
                return _is_relied_on(item, listed)
            return path in (GRAPH, CRATE) or path in _OPEN_SCHEDULES
        case Audience.PARTNER:
            return isinstance(item, Exhibit) and _may_go_to(item, view.node, listed)


_MADE: Final = frozenset({GRAPH, CRATE, "data/log.jsonl"})


def _may_go_to(exhibit: Exhibit, node: str, listed: frozenset[str]) -> bool:
    if exhibit.origin is not None:
        return same_node(exhibit.origin.node, node)
    return _is_relied_on(exhibit, listed) and exhibit.handling != _NAMED_PERSONS_ONLY


def _listed(case: CaseFile) -> frozenset[str]:
    return frozenset(item_key(line.id) for line in case.material)


def sensitive_texts(case: CaseFile) -> tuple[str, ...]:
    """Return what the sensitive schedule and unreleased partner items say, for the gate to look for."""
    lines = [line for line in case.material if line.schedule is Schedule.MG6D]
    told = [text for line in lines for text in (line.description, line.reason)]
    told += [exhibit.description for exhibit in case.exhibits if exhibit.origin is not None and not exhibit.usable]
    return tuple(dict.fromkeys(told))
