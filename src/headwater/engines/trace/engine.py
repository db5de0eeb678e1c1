"""The trace engine: every typology that the tables allow, as findings that name rows, amounts, dates and the red flag.

Those who pay for a passage may be smuggled people or their relatives. They are counted and never named: their accounts
are subjects of no finding, whatever else they do, and take part in no ranking.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from headwater.engines.trace.leads import Claim, TraceResult, rank
from headwater.engines.trace.profile import CARD, Profile, profiles
from headwater.engines.trace.resting import MOST_ROWS, named_rows, rows_about
from headwater.engines.trace.score import harmless, score, signs_of
from headwater.engines.trace.sheets import Sheets, checked, need_ibis
from headwater.engines.trace.typologies import TYPOLOGIES
from headwater.engines.trace.typologies import typology as named
from headwater.engines.trace.typology import Typology
from headwater.engines.trace.wording import counted
from headwater.errors import Place, SchemaError
from headwater.model.finding import Evidence, EvidenceKind, Finding, Reason, params_text
from headwater.model.handling import Handling, join_all
from headwater.model.ids import BlobHash
from headwater.model.money import money_text
from headwater.model.tables import table_of
from headwater.model.times import format_instant, parse_instant
from headwater.ports import View

NAME: Final = "trace"
VERSION: Final = "1"
MOST_PARTIES: Final = 20
LEAST_LINK: Final = 50_000
"""Cents of a euro: less between two accounts, in all, does not link them."""
PAYER: Final = "payer"
_KNOWN: Final = frozenset({"typologies", "settings", "since", "salt"})
Progress = Callable[[int, int], None]


class TraceEngine:
    """The engine as `ports.Engine`; without a backend of its own it computes on DuckDB in memory."""

    name = NAME
    version = VERSION

    def __init__(self, backend: Any = None) -> None:  # noqa: ANN401 - an Ibis backend
        """Take the backend that computes: DuckDB where none is given, Spark where the caller opened it."""
        self._backend = backend

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        """Yield the findings of every typology asked for.

        Raises:
            SchemaError: a parameter is unknown or impossible.
            MissingExtraError: a library is not installed.
        """
        found = trace(view, params, backend=self._backend)
        return tuple(claim.finding for claim in (*found.claims, *found.protecting))


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables that a view shows: hash and handling of each, by kind, in the order in which they are numbered."""

    refs: Mapping[str, tuple[BlobHash, ...]]
    paths: Mapping[str, tuple[str, ...]]
    handling: Handling


@dataclass(slots=True)
class _Draft:
    """A claim before it is scored and named."""

    typology: Typology
    group: dict[str, Any]
    members: list[dict[str, Any]]


def trace(
    view: View,
    params: Mapping[str, object],
    *,
    backend: Any = None,  # noqa: ANN401 - an Ibis backend
    progress: Progress | None = None,
) -> TraceResult:
    """Return what every typology asked for finds in the tables of a view.

    Args:
        view: what may be seen.
        params: ``typologies`` (names; none is all), ``settings`` (typology to parameter to value), ``since`` (RFC 3339;
            only findings that reach it), ``salt`` (of the pseudonyms).
        backend: the Ibis backend that computes.
        progress: hears how many typologies of how many are done.

    Raises:
        SchemaError: a parameter is unknown or impossible.
        SettingsError: there is no such typology.
        MissingExtraError: a library is not installed.
    """
    asked, settings, since_s, salt = _read_params(params)
    tables = tables_of(view)
    if backend is None:
        backend = need_ibis().duckdb.connect()
    sheets = Sheets(backend, checked(tables.paths))
    try:
        return _trace(sheets, tables, (asked, settings, since_s, salt), progress)
    finally:
        sheets.close()


_Asked = tuple[tuple[Typology, ...], Mapping[str, Mapping[str, object]], int | None, str]
"""Typologies, values of their parameters, from when on, salt of the pseudonyms."""


def _trace(sheets: Sheets, tables: Tables, given: _Asked, progress: Progress | None) -> TraceResult:
    asked, settings, since_s, salt = given
    drafts: list[_Draft] = []
    skipped: dict[str, str] = {}
    for number, one in enumerate(asked):
        missing = [kind for kind in one.needs if not sheets.has(kind)]
        if missing:
            skipped[one.name] = f"no {' and no '.join(missing)}"
        else:
            drafts += _drafts(sheets, one, one.params(settings.get(one.name, {})), since_s)
        if progress is not None:
            progress(number + 1, len(asked))
    drafts = _without_payers(drafts)
    claims = _claims(sheets, tables, drafts, settings, salt)
    counts = {one.name: sum(claim.typology is one for claim in claims) for one in asked if one.name not in skipped}
    leads = sorted((claim for claim in claims if not claim.typology.protects), key=rank)
    protecting = sorted((claim for claim in claims if claim.typology.protects), key=lambda claim: claim.finding.id)
    return TraceResult(
        tuple(leads), tuple(protecting), counts, skipped, {kind: len(refs) for kind, refs in tables.refs.items()}
    )


def _read_params(params: Mapping[str, object]) -> _Asked:
    unknown = sorted(set(params) - _KNOWN)
    if unknown:
        raise SchemaError("an unknown parameter", where=Place(field=unknown[0]), fix=f"use {', '.join(sorted(_KNOWN))}")
    names = params.get("typologies") or ()
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise SchemaError("not a list of names", where=Place(field="typologies"))
    asked = tuple(named(name) for name in dict.fromkeys(names)) or tuple(TYPOLOGIES.values())
    settings = params.get("settings") or {}
    if not isinstance(settings, Mapping) or not all(isinstance(value, Mapping) for value in settings.values()):
        raise SchemaError("not typologies with their parameters", where=Place(field="settings"))
    for name, given in settings.items():
        named(name).params(given)
    since = params.get("since")
    if since is not None and not isinstance(since, str):
        raise SchemaError("not a time", where=Place(field="since"))
    salt = params.get("salt", "")
    if not isinstance(salt, str):
        raise SchemaError("not a text", where=Place(field="salt"))
    return asked, settings, int(parse_instant(since, field="since").timestamp()) if since else None, salt


def tables_of(view: View) -> Tables:
    """Return the tables that a view shows, numbered in an order that does not depend on that of the records."""
    found: dict[str, dict[BlobHash, Handling]] = {}
    for record in view.records():
        kind = table_of(record)
        if kind is not None:
            for ref in record.tables:
                held = found.setdefault(kind, {})
                held[ref] = held[ref].join(record.handling) if ref in held else record.handling
    refs = {kind: tuple(sorted(held)) for kind, held in found.items()}
    paths = {kind: tuple(view.table_path(ref) for ref in held) for kind, held in refs.items()}
    return Tables(refs, paths, join_all(one for held in found.values() for one in held.values()))


def _drafts(sheets: Sheets, one: Typology, given: Mapping[str, Any], since_s: int | None) -> list[_Draft]:
    claims = one.find(sheets, given)
    fetch = sheets.backend.to_pyarrow
    if one.kernel is not None:
        made = one.kernel(fetch(claims.groups.order_by(["t", "tab", "row"])), given)
        groups, members = made.groups, made.members
    else:
        groups = fetch(claims.groups).to_pylist()
        members = fetch(claims.members).to_pylist() if groups else []
    by_key: dict[str, list[dict[str, Any]]] = {}
    for member in members:
        by_key.setdefault(member["key"], []).append(member)
    drafts = [_Draft(one, group, by_key.get(group["key"], [])) for group in groups]
    drafts.sort(key=lambda draft: str(draft.group["key"]))
    return [draft for draft in drafts if since_s is None or int(draft.group["last_s"] or 0) >= since_s]


def _without_payers(drafts: list[_Draft]) -> list[_Draft]:
    """Leave out what is about somebody who pays for a passage, unless passages are paid to that account too."""
    passages = [draft for draft in drafts if draft.typology.passage]
    hubs = {draft.group[side] for draft in passages for side in ("subject", "subject2") if side in draft.group}
    payers = {int(member["payer"]) for draft in passages for member in draft.members if int(member["payer"]) >= 0}
    kept = payers - {hub for hub in hubs if isinstance(hub, int)}
    return [
        draft
        for draft in drafts
        if not any(
            draft.group.get(side) in kept for side in ("subject", "subject2") if draft.group.get(side) is not None
        )
    ]


@dataclass(frozen=True, slots=True)
class _Known:
    """Who is meant: names of accounts by number, and the account behind a name or a number of a register."""

    names: Mapping[int, str]
    accounts: Mapping[str, int]

    def subjects(self, draft: _Draft) -> tuple[str, ...]:
        """Return the names of whom a claim is about, without repetition."""
        given = [draft.group.get(side) for side in ("subject", "subject2")]
        found = [self.names[one] if isinstance(one, int) else str(one) for one in given if one is not None]
        found += sorted({str(member["party"]) for member in draft.members if "party" in member})[:MOST_PARTIES]
        return tuple(dict.fromkeys(found))

    def both(self, draft: _Draft) -> set[int]:
        """Return the accounts that a claim is about, as far as the payments know them."""
        given = (draft.group.get(side) for side in ("subject", "subject2"))
        found = (one if isinstance(one, int) else self.accounts.get(str(one)) for one in given if one is not None)
        return {one for one in found if one is not None}

    def account(self, draft: _Draft) -> int | str:
        """Return the account of whom a claim is first about, or the name where the payments know none."""
        first = draft.group["subject"]
        return first if isinstance(first, int) else self.accounts.get(str(first), str(first))


def _claims(
    sheets: Sheets, tables: Tables, drafts: list[_Draft], settings: Mapping[str, Mapping[str, object]], salt: str
) -> list[Claim]:
    known = _known(sheets, drafts)
    held: Mapping[int, Profile] = {}
    patterns: dict[int | str, set[str]] = {}
    for draft in drafts:
        patterns.setdefault(known.account(draft), set()).add(draft.typology.name)
    if sheets.has("payments"):
        held = profiles(sheets, (one for one in patterns if isinstance(one, int)))
    linked = _linked(sheets, drafts, known) if held else frozenset()
    seen_in = rows_about(sheets, held)
    made = []
    for draft in drafts:
        account = known.account(draft)
        profile = held.get(account) if isinstance(account, int) else None
        count = len(patterns[account])
        signs = signs_of(draft.group, profile, count, linked=account in linked)
        given = draft.typology.params(settings.get(draft.typology.name, {}))
        others = seen_in.get(account, []) if isinstance(account, int) else []
        claim = _claim(draft, tables, known.subjects(draft), signs, given, salt, others)
        made.append(replace(claim, profile=profile, patterns=count))
    return made


def _linked(sheets: Sheets, drafts: list[_Draft], known: _Known) -> frozenset[int]:
    """Return the accounts between which and another's claim money went: a claim that does not name both.

    Payments by card are purchases: who buys at a shop is not linked to it.
    """
    claims: dict[int, set[int]] = {}
    for number, draft in enumerate(drafts):
        for account in known.both(draft):
            claims.setdefault(account, set()).add(number)
    asked = sheets.rows_of("acc", "int32", sorted(claims))
    paid = sheets.payments.filter(sheets.payments.channel != CARD)
    paid = paid.semi_join(asked, [("src", "acc")]).semi_join(asked, [("dst", "acc")])
    pairs = paid.group_by(["src", "dst"]).aggregate(worth=paid.worth.sum())
    rows = sheets.backend.to_pyarrow(pairs.filter(pairs.worth >= LEAST_LINK)).to_pylist()
    sides = [(int(row[one]), int(row[other])) for row in rows for one, other in (("src", "dst"), ("dst", "src"))]
    return frozenset(mine for mine, other in sides if claims[other] - claims[mine])


def _known(sheets: Sheets, drafts: list[_Draft]) -> _Known:
    given = [draft.group.get(side) for draft in drafts for side in ("subject", "subject2")]
    numbers = sorted({one for one in given if isinstance(one, int)})
    texts = sorted({one for one in given if isinstance(one, str)})
    names: dict[int, str] = {}
    accounts: dict[str, int] = {}
    if not sheets.has("payments"):
        return _Known(names, accounts)
    ibis = need_ibis()
    if numbers:
        asked = sheets.rows_of("acc", "int32", numbers)
        rows = sheets.backend.to_pyarrow(sheets.accounts.semi_join(asked, "acc")).to_pylist()
        names = {int(row["acc"]): str(row["name"]) for row in rows}
    if texts:
        asked = sheets.rows_of("id", "string", texts)
        rows = sheets.backend.to_pyarrow(sheets.accounts.semi_join(asked, [("name", "id")])).to_pylist()
        accounts = {str(row["name"]): int(row["acc"]) for row in rows}
        if sheets.has("companies"):
            parties = sheets.parties.semi_join(asked, "id").group_by("id").aggregate(acc=ibis._.acc.min())
            accounts |= {str(row["id"]): int(row["acc"]) for row in sheets.backend.to_pyarrow(parties).to_pylist()}
    return _Known(names, accounts)


def _claim(
    draft: _Draft,
    tables: Tables,
    subjects: tuple[str, ...],
    signs: frozenset[str],
    given: Mapping[str, Any],
    salt: str,
    seen_in: Iterable[tuple[int, int]],
) -> Claim:
    one, group = draft.typology, draft.group
    members = sorted({(str(row["kind"]), int(row["tab"]), int(row["row"])) for row in draft.members})
    rows = tuple(f"{tables.refs[kind][tab]}#{row}" for kind, tab, row in named_rows(members, seen_in))
    payers = {int(row["payer"]) for row in draft.members if int(row["payer"]) >= 0}
    first, last = (_time(group[side]) for side in ("first_s", "last_s"))
    register = "companies" in tables.refs
    chance, reasons = score(one.name, signs, register=register)
    text = counted(one.sentence.format_map(_Words(group, subjects, first, last)))
    reasons = (Reason(f"trace.{one.name}", 0.0, text), *reasons, *_notes(one, len(members), len(payers), salt, group))
    told = harmless(signs, register=register or "payments" not in one.needs)
    if told and not one.protects:
        reasons = (*reasons, Reason("trace.harmless", 0.0, told))
    finding = Finding(
        kind=f"trace.{one.name}",
        subjects=subjects,
        score=0.0 if one.protects else round(chance, 4),
        text=f"{text} Red flag: {one.source}.",
        reasons=reasons,
        evidence=tuple(Evidence(EvidenceKind.TABLE_ROW, row) for row in rows),
        engine=NAME,
        engine_version=VERSION,
        params=params_text({"typology": one.name, **given}),
        handling=tables.handling,
    )
    return Claim(
        finding=finding,
        typology=one,
        rows=rows,
        amount=int(group["amount"] or 0),
        unit=str(group["unit"] or ""),
        from_country=str(group["from_country"] or ""),
        to_country=str(group["to_country"] or ""),
        first=first,
        last=last,
        signs=signs,
        facts=group,
        profile=None,
        patterns=1,
    )


def _notes(one: Typology, rows: int, payers: int, salt: str, group: Mapping[str, Any]) -> Iterator[Reason]:
    """Yield what a reader must know besides: the innocent reading, the payers, what was left out."""
    yield Reason("trace.innocent", 0.0, one.innocent)
    if payers:
        mark = hashlib.sha256(f"{salt}/{group['key']}".encode()).hexdigest()[:8]
        yield Reason(
            "trace.payers",
            0.0,
            f"Those on the paying side ({payers}) are the group {PAYER}-{mark}: they may be smuggled people or their "
            "relatives, are no suspects, and are not named.",
        )
    if one.protects:
        yield Reason("trace.protects", 0.0, "This speaks for possible victims: a task for a person, and no lead.")
    if rows > MOST_ROWS:
        yield Reason("trace.rows", 0.0, f"It rests on {rows:,} rows; the first {MOST_ROWS:,} are named.")
    if group.get("truncated"):
        yield Reason(
            "trace.truncated", 0.0, f"The search was cut short at {group['truncated']} payments: there may be more."
        )


def _time(seconds: object) -> str:
    return format_instant(datetime.fromtimestamp(int(str(seconds)), UTC)) if seconds else ""


class _Words(dict[str, str]):
    """A claim's facts as words for its sentence."""

    def __init__(self, group: Mapping[str, Any], subjects: tuple[str, ...], first: str, last: str) -> None:
        unit = str(group["unit"] or "")
        super().__init__(
            subject=subjects[0],
            subject2=subjects[1] if len(subjects) > 1 else "",
            amount=money_text(int(group["amount"] or 0), unit) if unit else str(group["amount"]),
            first=first[:10],
            last=last[:10],
            from_country=str(group["from_country"] or "an unknown country"),
            to_country=str(group["to_country"] or "an unknown country"),
        )
        self._group, self._unit = group, unit

    def __missing__(self, name: str) -> str:
        value = self._group[name]
        if name.endswith("_minor"):
            return money_text(int(value or 0), self._unit)
        return f"{value:,}" if isinstance(value, int) else str(value)
