"""What tracing found in payments: the leads, and behind each the rows it rests on.

Those who pay for a passage may be smuggled people or their relatives: here too their accounts stand as numbers. An account
is named only where a finding that this reader may see names it as its subject.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from headwater.engines.trace.layout import layout
from headwater.engines.trace.typologies import TYPOLOGIES
from headwater.errors import ForbiddenError, MissingExtraError, Place, SchemaError
from headwater.exchange.translate import SOURCE
from headwater.model.finding import EvidenceKind, Finding
from headwater.model.ids import BlobHash, FindingId
from headwater.model.money import money_text
from headwater.node.findings import Shown, file_refs
from headwater.node.node import Node
from headwater.node.pages.seen import all_findings
from headwater.node.pages.words import Marks, banner, marks
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Guarded, View

PREFIX: Final = "trace."
PAGE_ROWS: Final = 25
MOST_ROWS: Final = 1_000
MOST_DRAWN: Final = 60
"""Accounts on the picture; the rest stand in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One finding of tracing in one line."""

    id: str
    typology: str
    title: str
    subjects: tuple[str, ...]
    text: str
    score: float
    state: str
    protects: bool
    marks: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Payments:
    """A page of leads, the strongest first; those that protect stand apart and in no ranking."""

    leads: tuple[Lead, ...]
    protecting: tuple[Lead, ...]
    typologies: Mapping[str, int]
    typology: str
    page: int
    total: int
    has_more: bool
    banner: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table on which a finding rests; an account is named only where it is a subject."""

    id: str
    table: str
    at: str
    payer: str
    payee: str
    amount: str
    channel: str
    corridor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A table that rows of a finding stand in: who controls it, its file, and the message beside which it came, if any."""

    table: str
    originator: str
    file: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """All payments between two accounts."""

    payer: str
    payee: str
    count: int
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One finding of tracing with its rows, flows, corridors and months."""

    lead: Lead
    reasons: tuple[tuple[str, float], ...]
    innocent: str
    source: str
    given: tuple[Given, ...]
    rows: tuple[Row, ...]
    flows: tuple[Flow, ...]
    corridors: tuple[tuple[str, int, str], ...]
    months: tuple[tuple[str, int], ...]
    places: Mapping[str, tuple[float, float]]
    other_rows: int
    hidden_flows: int


def payments(node: Node, session: Session, typology: str = "", page: int = 1) -> Payments:
    """Return a page of what tracing found.

    Raises:
        PolicyError: the user may not look at findings.
        SchemaError: there is no such typology or page.
    """
    may(session, Act.FINDING_LOOK)
    if typology and typology not in TYPOLOGIES:
        raise SchemaError("no such typology", where=Place(field="typology"))
    with node.view_at(session) as (snapshot, view):
        found = [one for one in all_findings(node, session, snapshot, view) if one.finding.kind.startswith(PREFIX)]
    counts = Counter(one.finding.kind.removeprefix(PREFIX) for one in found)
    made = sorted((_lead(one) for one in found), key=lambda lead: (-lead.score, lead.id))
    chosen = [lead for lead in made if not typology or lead.typology == typology]
    leads = [lead for lead in chosen if not lead.protects]
    start = (page - 1) * PAGE_ROWS
    if page > 1 and start >= len(leads):
        raise SchemaError("no such page", where=Place(field="page"), fix="begin with page 1")
    here = leads[start : start + PAGE_ROWS]
    protecting = [lead for lead in chosen if lead.protects] if page == 1 else []
    shown = {lead.id for lead in (*here, *protecting)}
    return Payments(
        leads=tuple(here), protecting=tuple(sorted(protecting, key=lambda lead: lead.id)),
        typologies=dict(sorted(counts.items())), typology=typology, page=page, total=len(leads),
        has_more=start + PAGE_ROWS < len(leads),
        banner=banner(one.finding.handling for one in found if one.finding.id in shown),
    )  # fmt: skip


def trace(node: Node, session: Session, ref: str) -> Trace:
    """Return one finding of tracing with the rows it rests on.

    Raises:
        ForbiddenError: there is none, or it may not be seen.
    """
    may(session, Act.FINDING_LOOK)
    with node.view_at(session) as (snapshot, view):
        finding = view.finding(FindingId(ref))
        if not finding.kind.startswith(PREFIX):
            raise ForbiddenError("no such finding, or it may not be seen")
        shown = all_findings(node, session, snapshot, view)
        one = next(each for each in shown if each.finding == finding)  # an identifier is a hash over all of a finding
        named = {name for each in shown if each.finding.kind.startswith(PREFIX) for name in each.finding.subjects}
        told, others = _told(view, finding)
        given = _given(view, finding)
    names = _Names(named)
    rows = tuple(_row(names, ref, row) for ref, row in told)
    flows, hidden = _flows(names, [row for _, row in told])
    places = layout({end for flow in flows for end in flow[:2]}, [flow[:2] for flow in flows])
    typology = TYPOLOGIES.get(finding.kind.removeprefix(PREFIX))
    return Trace(
        lead=_lead(one),
        reasons=tuple((reason.text, reason.weight) for reason in finding.reasons),
        innocent=typology.innocent if typology else "",
        source=str(typology.source) if typology else "",
        given=given,
        rows=rows,
        flows=tuple(
            Flow(payer=payer, payee=payee, count=count, amount=amount) for payer, payee, count, amount in flows
        ),
        corridors=_corridors([row for _, row in told]),
        months=tuple(sorted(Counter(_moment(row)[:7] for _, row in told).items())),
        places=places,
        other_rows=others,
        hidden_flows=hidden,
    )


class _Names:
    """Accounts in words: subjects by their name, all others as numbers in the order in which they appear."""

    def __init__(self, named: set[str]) -> None:
        self._named = named
        self._numbers: dict[str, str] = {}

    def of(self, account: str) -> str:
        """Return what an account is called on the page."""
        if account in self._named:
            return account
        return self._numbers.setdefault(account, f"account {len(self._numbers) + 1}")


def _lead(shown: Shown) -> Lead:
    finding = shown.finding
    name = finding.kind.removeprefix(PREFIX)
    known = TYPOLOGIES.get(name)
    return Lead(
        id=finding.id, typology=name, title=known.title if known else name, subjects=finding.subjects, text=finding.text,
        score=finding.score, state=shown.state, protects=bool(known and known.protects), marks=marks(finding.handling),
    )  # fmt: skip


def _given(view: Guarded, finding: Finding) -> tuple[Given, ...]:
    """Return where the rows of a finding come from: each is its originator's, whoever traces in it."""
    found = []
    for table, records in sorted(view.holders(file_refs(finding), finding.id).items()):
        for record in records:
            origin = record.origin
            beside = origin.source == SOURCE
            names = [fact.value for fact in record.facts if fact.prop == "name"]
            file = (names[0] if names else "") if beside else origin.file or ""
            message = (origin.place or "") if beside else ""
            found.append(Given(table=table[:12], originator=origin.originator, file=file, message=message))
    return tuple(found)


def _told(view: View, finding: Finding) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    """Return the payments that a finding rests on with their references, in order of time; and how many other rows."""
    try:
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "pyarrow") from error
    wanted: dict[BlobHash, set[int]] = defaultdict(set)
    for piece in finding.evidence:
        table, mark, row = piece.ref.partition("#")
        if piece.kind is EvidenceKind.TABLE_ROW and mark and row.isdigit():
            wanted[BlobHash(table)].add(int(row))
    told: list[tuple[str, dict[str, Any]]] = []
    others = 0
    for ref in sorted(wanted):
        found = pq.read_table(view.table_path(ref), filters=[("row", "in", sorted(wanted[ref]))]).to_pylist()
        if found and {"sender", "receiver", "amount", "currency"} <= found[0].keys():
            told += [(f"{ref[:12]}#{row['row']}", row) for row in found]
        else:
            others += len(found)
    told.sort(key=lambda pair: (pair[1]["time_us"], pair[0]))
    return told[:MOST_ROWS], others + max(0, len(told) - MOST_ROWS)


def _row(names: _Names, ref: str, row: Mapping[str, Any]) -> Row:
    return Row(
        id=ref, table="payments", at=_moment(row), payer=names.of(row["sender"]), payee=names.of(row["receiver"]),
        amount=money_text(row["amount"], row["currency"]), channel=row.get("channel") or "", corridor=_corridor(row),
    )  # fmt: skip


def _moment(row: Mapping[str, Any]) -> str:
    return datetime.fromtimestamp(row["time_us"] / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _corridor(row: Mapping[str, Any]) -> str:
    return f"{row.get('from_country') or '?'} – {row.get('to_country') or '?'}"


def _flows(names: _Names, rows: list[dict[str, Any]]) -> tuple[list[tuple[str, str, int, str]], int]:
    """Return payments added up by pair of accounts and currency, the largest first, and how many pairs are left out."""
    sums: dict[tuple[str, str, str], list[int]] = {}
    for row in rows:
        held = sums.setdefault((names.of(row["sender"]), names.of(row["receiver"]), row["currency"]), [0, 0])
        held[0] += 1
        held[1] += row["amount"]
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1][1], pair[0]))
    made = [(payer, payee, count, money_text(total, unit)) for (payer, payee, unit), (count, total) in ordered]
    return made[:MOST_DRAWN], max(0, len(made) - MOST_DRAWN)


def _corridors(rows: list[dict[str, Any]]) -> tuple[tuple[str, int, str], ...]:
    sums: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        held = sums.setdefault((_corridor(row), row["currency"]), [0, 0])
        held[0] += 1
        held[1] += row["amount"]
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1][1], pair[0]))
    return tuple((corridor, count, money_text(total, unit)) for (corridor, unit), (count, total) in ordered)
