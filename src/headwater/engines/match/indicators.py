"""Indicators held against records and tables: a domain, address, wallet, telephone or account that somebody was warned of.

An indicator is any entity whose record says observables in the words of `model.threat`. Only its newest version counts,
and none that was revoked. What is met is a value and an account, never whoever paid or wrote: a person who pays for a passage
is no subject here. One finding stands for an indicator in one record or one table; its reasons weigh how the value stood
there, whether the indicator held at that time, and whether all its conditions were seen.

The weights are stated, not fitted: log-odds that follow how many hold a value at a time (a wallet is one holder's, an
address in a network is shared by thousands). They are chosen by judgement and said as such.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import exp
from typing import Any, Final

from headwater.errors import MissingExtraError, Place, SchemaError
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, EvidenceKind, Finding, Reason, params_text
from headwater.model.handling import Handling, join_all
from headwater.model.ids import BlobHash, EntityKey, FactId
from headwater.model.record import Record
from headwater.model.tables import TABLES, Kind, table_of
from headwater.model.threat import CONTENT, REVOKED, TOGETHER, observable, read_valid, read_word
from headwater.ports import View

NAME: Final = "indicators"
VERSION: Final = "1"
MOST_ROWS: Final = 50
"""Rows of a table that a finding names; how many there are stands in its text."""
MOST_TEXT: Final = 16_384
"""Letters of one text that are looked through."""
WEIGHTS: Final[Mapping[str, float]] = {
    "account": 3.5,
    "address": 0.5,
    "domain": 2.0,
    "email": 3.0,
    "phone": 2.5,
    "url": 3.0,
    "wallet": 3.5,
}
"""Log-odds that a value that was met means what the indicator warns of, by its kind."""
_HOW: Final[Mapping[str, tuple[float, str]]] = {
    "whole": (0.5, "it is the whole value"),
    "word": (0.0, "it stands as a word in a text"),
    "digits": (0.0, "its digits stand in a text"),
    "host": (-0.5, "it is the host of an address or the domain of an e-mail"),
}
_WORDS: Final = re.compile(r"""[^\s<>"'(),;|]{3,1000}""")
_HOST: Final = re.compile(r"^(?:[a-z]+://)?(?:[^/@\s]*@)?([^/:?#\s]+)")
_DIGITS: Final = re.compile(r"\+?[0-9][0-9 ()./-]{5,30}")
_TABLE_COLUMNS: Final = (Kind.NAME, Kind.TEXT)
_TIME_OF: Final = {"payments": "time_us", "listings": "time_us", "shipments": "time_us", "contacts": "last_us"}


@dataclass(slots=True)
class _Indicator:
    """One indicator as the records that may be seen tell of it, in its newest version."""

    key: EntityKey
    version: str
    name: str = ""
    words: dict[tuple[str, str], FactId] = field(default_factory=dict)
    together: bool = False
    revoked: bool = False
    valid: tuple[str, str] | None = None
    handlings: list[Handling] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Met:
    """An observable that was met: kind, value, how it stood there, and in which column or property."""

    kind: str
    value: str
    how: str
    where: str


class IndicatorEngine:
    """Holds indicators against what a node has: implements `ports.Engine`."""

    name = NAME
    version = VERSION

    def run(self, view: View, params: Mapping[str, object]) -> Iterator[Finding]:
        """Yield a finding for each record and table in which an indicator is met.

        Args:
            view: what may be seen.
            params: ``messages``: texts of messages by the record that each became; not part of what a finding says.

        Raises:
            SchemaError: an unknown parameter, or one that makes no sense.
            MissingExtraError: there is a table, and DuckDB or PyArrow is not installed.
        """
        texts = _messages(params)
        records = list(view.records())
        found = _indicators(records)
        wanted: dict[tuple[str, str], list[_Indicator]] = {}
        for one in found:
            for word in one.words:
                wanted.setdefault(word, []).append(one)
        if not wanted:
            return
        for record in records:
            yield from _in_record(record, wanted, texts.get(record.id, ""))
        tables: dict[BlobHash, tuple[str, Handling]] = {}
        for record in records:
            kind = table_of(record)
            for ref in record.tables if kind is not None else ():
                before = tables.get(ref)
                tables[ref] = (kind or "", before[1].join(record.handling) if before else record.handling)
        for ref, (kind, handling) in sorted(tables.items()):
            yield from _in_table(view.table_path(ref), ref, kind, handling, wanted)


def indicator_count(view: View) -> int:
    """Return how many indicators a view shows that are not revoked and name an observable."""
    return len(_indicators(view.records()))


def _messages(params: Mapping[str, object]) -> dict[str, str]:
    unknown = sorted(set(params) - {"messages"})
    if unknown:
        raise SchemaError("an unknown parameter", where=Place(field=unknown[0]), fix="use messages")
    given = params.get("messages") or {}
    if not isinstance(given, Mapping) or not all(isinstance(one, str) for pair in given.items() for one in pair):
        raise SchemaError("not texts by record", where=Place(field="messages"))
    return dict(given)


def _indicators(records: Iterable[Record]) -> list[_Indicator]:
    """Return every indicator that is in force, each in its newest version, in the order of their names."""
    newest: dict[EntityKey, _Indicator] = {}
    for record in sorted((one for one in records if _may_tell(one)), key=lambda one: one.id):
        for mention in record.mentions:
            facts = [(number, fact) for number, fact in record.numbered() if fact.entity == mention.key]
            if not any(fact.prop == CONTENT for _, fact in facts):
                continue
            version = _instant(next((fact.value for _, fact in facts if fact.prop == "modifiedAt"), ""))
            held = newest.get(mention.key)
            if held is None or held.version < version:
                held = newest[mention.key] = _Indicator(mention.key, version)
            if held.version == version:
                _take(held, record.handling, facts)
    return [one for _, one in sorted(newest.items()) if one.words and not one.revoked]


def _may_tell(record: Record) -> bool:
    return any(fact.prop == CONTENT for fact in record.facts)


def _take(held: _Indicator, handling: Handling, facts: list[tuple[FactId, Fact]]) -> None:
    held.handlings.append(handling)
    for number, fact in facts:
        if fact.prop == "name":
            held.name = held.name or fact.value
        if fact.prop != "keywords":
            continue
        word = read_word(fact.value)
        if word is not None:
            held.words.setdefault(word, number)
        held.valid = read_valid(fact.value) or held.valid
        held.together |= fact.value == TOGETHER
        held.revoked |= fact.value == REVOKED


def _instant(text: str) -> str:
    """Return a time so that it sorts as text, whatever digits of a second it has."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return f"{whole}.{fraction:0<9}"


def _in_record(record: Record, wanted: Mapping[tuple[str, str], list[_Indicator]], message: str) -> Iterator[Finding]:
    """Yield what is met in one record; the objects of threat intelligence are not held against each other."""
    if _may_tell(record):
        return
    met: dict[EntityKey, dict[_Met, str]] = {}
    by_key = {one.key: one for held in wanted.values() for one in held}
    for number, fact in record.numbered():
        for kind, value, how in _candidates(fact.value):
            for one in wanted.get((kind, value), ()):
                met.setdefault(one.key, {}).setdefault(_Met(kind, value, how, fact.prop), number)
    for kind, value, how in _candidates(message):
        for one in wanted.get((kind, value), ()):
            met.setdefault(one.key, {}).setdefault(_Met(kind, value, how, "text of the message"), record.id)
    when = record.recorded_at.isoformat() if record.recorded_at else ""
    for key in sorted(met):
        places = met[key]
        evidence = [
            Evidence(EvidenceKind.RECORD if ref == record.id else EvidenceKind.FACT, ref)
            for ref in dict.fromkeys(places.values())
        ]
        where = f"a record of {record.origin.originator}"
        yield _finding(by_key[key], list(places), evidence, [record.handling], where, when, count=1)


def _candidates(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield each observable that a text may be or hold: kind, value, how; the surest way first."""
    plain = text.replace("[.]", ".").replace("[@]", "@")[:MOST_TEXT]
    seen: set[tuple[str, str]] = set()
    for how, piece in _pieces(plain):
        for kind in WEIGHTS:
            if (kind == "phone") is (how == "digits") or (kind == "phone" and how == "whole"):
                value = observable(kind, piece)
                if value is not None and (kind, value) not in seen and (how != "host" or kind in {"domain", "address"}):
                    seen.add((kind, value))
                    yield kind, value, how


def _pieces(plain: str) -> Iterator[tuple[str, str]]:
    yield "whole", plain
    words = [word.strip(".:!?[]{}") for word in _WORDS.findall(plain)]
    yield from (("word", word) for word in words)
    for word in words:
        host = _HOST.match(word.lower()) if "." in word else None
        if host is not None:
            yield "host", host[1]
    yield from (("digits", found.strip()) for found in _DIGITS.findall(plain))


def _in_table(
    path: str, ref: BlobHash, kind: str, handling: Handling, wanted: Mapping[tuple[str, str], list[_Indicator]]
) -> Iterator[Finding]:
    columns = [column.name for column in TABLES[kind].columns if column.kind in _TABLE_COLUMNS]
    time_column = _TIME_OF.get(kind)
    rows = _joined(path, columns, time_column, list(wanted)) if columns else []
    met: dict[EntityKey, dict[_Met, list[tuple[int, int]]]] = {}
    by_key = {one.key: one for held in wanted.values() for one in held}
    for row, micros, column, observed, value, how in rows:
        for one in wanted[observed, value]:
            places = met.setdefault(one.key, {})
            places.setdefault(_Met(observed, value, how, column), []).append((row, micros))
    for key in sorted(met):
        hits = sorted({hit for held in met[key].values() for hit in held})
        evidence = [Evidence(EvidenceKind.TABLE_ROW, f"{ref}#{row}") for row, _ in hits[:MOST_ROWS]]
        last = max((micros for _, micros in hits), default=0)
        when = f"{datetime.fromtimestamp(last / 1e6, tz=_UTC):%Y-%m-%dT%H:%M:%S}Z" if last else ""
        where = f"{len(hits)} rows of {kind}" if len(hits) > 1 else f"one row of {kind}"
        yield _finding(by_key[key], list(met[key]), evidence, [handling], where, when, count=len(hits))


def _joined(path: str, columns: list[str], time_column: str | None, wanted: list[tuple[str, str]]) -> list[Any]:
    """Return rows in which an observable is met: row, time, column, kind, value, how.

    The rows of a table are looked through where they lie; a value is brought into its comparable forms there, and joined.
    """
    try:
        import duckdb
        import pyarrow as pa
    except ModuleNotFoundError as error:
        raise MissingExtraError("match", error.name or "duckdb") from error
    link = duckdb.connect()
    asked = pa.table({"kind": [kind for kind, _ in wanted], "value": [value for _, value in wanted]})
    link.register("asked", asked)
    at = f"CAST({time_column} AS BIGINT)" if time_column else "CAST(0 AS BIGINT)"
    cells = " UNION ALL ".join(
        f"SELECT row, {at} AS t, '{name}' AS col, {_PLAIN.format(name)} AS v FROM read_parquet(?) WHERE {name} IS NOT NULL"  # noqa: S608 - names of our own columns
        for name in columns
    )
    sql = f"WITH cells AS ({cells}), {_CANDIDATES}"
    rows: list[Any] = link.execute(sql, [path] * len(columns)).fetchall()
    link.close()
    return rows


_PLAIN: Final = f"left(replace(replace(CAST({{}} AS VARCHAR), '[.]', '.'), '[@]', '@'), {MOST_TEXT})"
_CANDIDATES: Final = r"""
words AS (SELECT row, t, col, rtrim(unnest(regexp_extract_all(v, '[^\s<>"''(),;|]{3,1000}')), '.:!?[]{}') AS w FROM cells),
digits AS (SELECT row, t, col, unnest(regexp_extract_all(v, '\+?[0-9][0-9 ()./-]{5,30}')) AS w FROM cells),
shaped AS (
    SELECT row, t, col, trim(v) AS k, 1 AS rank, 'whole' AS how FROM cells
    UNION ALL SELECT row, t, col, lower(trim(v)), 1, 'whole' FROM cells
    UNION ALL SELECT row, t, col, upper(regexp_replace(v, '[ -]', '', 'g')), 1, 'whole' FROM cells
    UNION ALL SELECT row, t, col, w, 2, 'word' FROM words
    UNION ALL SELECT row, t, col, regexp_replace(lower(w), '^hxxp', 'http'), 2, 'word' FROM words
    UNION ALL SELECT row, t, col, upper(w), 2, 'word' FROM words
    UNION ALL SELECT row, t, col, rtrim(lower(w), '/') || '/', 2, 'word' FROM words
    UNION ALL SELECT row, t, col, regexp_extract(lower(w), '^(?:[a-z]+://)?(?:[^/@\s]*@)?([^/:?#\s]+)', 1), 3, 'host'
        FROM words WHERE contains(w, '.')
),
numbers AS (
    SELECT row, t, col, regexp_replace(regexp_replace(w, '[^0-9]', '', 'g'), '^00', '') AS k, 2 AS rank, 'digits' AS how
    FROM digits
),
met AS (
    SELECT s.row, s.t, s.col, a.kind, a.value, s.rank, s.how FROM shaped s JOIN asked a ON a.value = s.k
        WHERE a.kind <> 'phone' AND (s.how <> 'host' OR a.kind IN ('domain', 'address'))
    UNION ALL SELECT n.row, n.t, n.col, a.kind, a.value, n.rank, n.how FROM numbers n JOIN asked a ON a.value = n.k
        WHERE a.kind = 'phone'
)
SELECT row, t, col, kind, value, arg_min(how, rank) FROM met GROUP BY row, t, col, kind, value ORDER BY 1, 3, 4, 5
"""
_UTC: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00").tzinfo


def _finding(
    one: _Indicator,
    met: list[_Met],
    evidence: list[Evidence],
    handlings: list[Handling],
    where: str,
    when: str,
    *,
    count: int,
) -> Finding:
    best = max(met, key=lambda place: (WEIGHTS[place.kind] + _HOW[place.how][0], place.kind, place.value, place.where))
    reasons = [_met_reason(one, best)]
    kinds = {(place.kind, place.value) for place in met}
    if one.together:
        missing = len(one.words) - len(kinds)
        text = (
            f"the indicator asks for {len(one.words)} things together, and {len(kinds)} of them were met"
            if missing
            else "all that the indicator asks for together was met"
        )
        reasons.append(Reason("indicator.together", -2.0 if missing else 1.0, text))
    reasons.append(_time_reason(one, when))
    if count > 1:
        reasons.append(Reason("indicator.again", 0.5, f"it was met in {count} rows"))
    reasons.sort(key=lambda reason: (-reason.weight, reason.code))
    total = sum(reason.weight for reason in reasons)
    named = [Evidence.fact(number) for word, number in sorted(one.words.items()) if word in kinds]
    values = tuple(dict.fromkeys(place.value for place in sorted(met, key=lambda p: (p.kind, p.value, p.where))))
    return Finding(
        kind="match.indicator",
        subjects=(one.key, *values),
        score=round(1.0 / (1.0 + exp(-total)), 6),
        text=f"the {best.kind} {best.value}, of which an indicator warns, stands in {where}",
        reasons=tuple(reasons),
        evidence=(*named, *evidence),
        engine=NAME,
        engine_version=VERSION,
        params=params_text({}),
        handling=join_all([*one.handlings, *handlings]),
    )


def _met_reason(one: _Indicator, place: _Met) -> Reason:
    extra, words = _HOW[place.how]
    text = f"the {place.kind} {place.value} of the indicator {one.name or one.key} stands in {place.where}: {words}"
    return Reason(f"indicator.{place.kind}", WEIGHTS[place.kind] + extra, text, one.key, place.value)


def _time_reason(one: _Indicator, when: str) -> Reason:
    if one.valid is None or not when:
        return Reason("indicator.time", 0.0, "nothing says whether the indicator held at that time")
    begins, ends = (text and _instant(text) for text in one.valid)
    at = _instant(when.replace("+00:00", "Z"))
    if at < begins:
        return Reason("indicator.time", -0.5, f"that was before {one.valid[0]}, from which the indicator holds")
    if ends and at >= ends:
        return Reason("indicator.time", -2.0, f"that was after {one.valid[1]}, until which the indicator held")
    return Reason("indicator.time", 0.5, f"the indicator held at that time, from {one.valid[0]} on")
