"""Queries and parameters of screening, checked before anything is compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from headwater.engines.match.dates import read_date, salvage_date
from headwater.engines.match.identifiers import normal
from headwater.engines.match.names import MAX_NAME_LENGTH, Name, parse
from headwater.engines.match.score import Traits, traits
from headwater.engines.match.script import Script
from headwater.errors import Place, SchemaError
from headwater.model.schema import is_person, schema
from headwater.model.times import parse_instant

QUERY_FIELDS: Final = frozenset(
    {"id", "schema", "name", "birth_date", "birth_place", "nationality", "gender", "id_number"}
)
PARAMETERS: Final = frozenset(
    {"queries", "lists", "snapshots", "fetched", "min_score", "top", "as_of", "stale_after_days", "only"}
)
UNREAD_SCRIPT: Final = "a script that is not spelled in Latin here; only names in the same letters were looked for"
READ_AS_MANDARIN: Final = (
    "Chinese characters are read as Mandarin here; Japanese, Cantonese and other readings were not looked for"
)
UNSURE_SCRIPTS: Final = {Script.OTHER: UNREAD_SCRIPT, Script.CHINESE: READ_AS_MANDARIN}
"""What is told of a name in a script that is not read in every way."""
DEFAULT_SCORE: Final = 0.70
DEFAULT_TOP: Final = 10
DEFAULT_STALE_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Query:
    """One question: who or what is asked about.

    Attributes:
        given: the fields as they were given, blanks left out.
        name: its parts, None where the name cannot be screened.
        traits: what is compared beside the name.
        doubts: what of it makes no sense or cannot be read, by field, and how it was taken.
    """

    id: str
    schema: str
    given: Mapping[str, str]
    name: Name | None
    traits: Traits
    doubts: tuple[tuple[str, str], ...] = ()

    @property
    def person(self) -> bool:
        """Whether a natural person is asked about."""
        return is_person(self.schema)

    @property
    def hindrance(self) -> str:
        """Why the name cannot be screened; empty where it can, or where an identifier is asked about instead."""
        if self.name is not None:
            return ""
        given = self.given.get("name", "")
        if not given:
            return "" if self.traits.numbers else "there is neither a name nor an identifier that says anything"
        if len(given) > MAX_NAME_LENGTH:
            return f"the name is longer than {MAX_NAME_LENGTH} characters"
        return "no letters are left of the name after normalising"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The parameters of one run.

    Attributes:
        queries: in the order given.
        lists: names of data sources; empty is every record of a designation.
        snapshots: for each data source, a hash of its content, that names the index.
        fetched: for each data source, when it was last seen to be current.
        min_score, top: the least score and the most hits of one query.
        as_of: the instant of the answer; None where age is not to be judged.
        stale_after_days: age from which a list is stale.
        only: keys of the entries that may be hits; None is every entry.
    """

    queries: tuple[Query, ...]
    lists: tuple[str, ...]
    snapshots: Mapping[str, str]
    fetched: Mapping[str, datetime]
    min_score: float
    top: int
    as_of: datetime | None
    stale_after_days: int
    only: frozenset[str] | None = None


def read_request(params: Mapping[str, object]) -> Request:
    """Return the parameters, checked.

    Raises:
        SchemaError: one is missing, unknown or impossible; the text names the query's row and field.
    """
    unknown = sorted(set(params) - PARAMETERS)
    if unknown:
        raise SchemaError("an unknown parameter", where=Place(field=unknown[0]))
    rows = params.get("queries")
    if not isinstance(rows, list | tuple):
        raise SchemaError("no list of queries", where=Place(field="queries"))
    queries = tuple(read_query(row, at) for at, row in enumerate(rows, 1))
    refuse_twice(query.id for query in queries)
    as_of = params.get("as_of")
    return Request(
        queries=queries,
        lists=tuple(sorted(_texts(params, "lists"))),
        snapshots=_mapping(params, "snapshots"),
        fetched={source: _instant(text, "fetched") for source, text in _mapping(params, "fetched").items()},
        min_score=_number(params, "min_score", DEFAULT_SCORE, 0.0, 1.0),
        top=int(_number(params, "top", DEFAULT_TOP, 1, 1000)),
        as_of=None if as_of is None else _instant(as_of, "as_of"),
        only=frozenset(_texts(params, "only")) if params.get("only") is not None else None,
        stale_after_days=int(_number(params, "stale_after_days", DEFAULT_STALE_DAYS, 0, 36_500)),
    )


def refuse_twice(ids: Iterable[str]) -> None:
    """Refuse queries of which two have one id.

    Raises:
        SchemaError: two have; the text names the later one's row.
    """
    seen: set[str] = set()
    for at, one in enumerate(ids, 1):
        if one in seen:
            raise SchemaError("the same id twice", where=Place(line=at, field="id"))
        seen.add(one)


def read_query(row: object, at: int) -> Query:
    """Return one query, checked.

    Args:
        row: a mapping of fields to texts; None and blank texts count as left out.
        at: its row, counted from 1.

    Raises:
        SchemaError: a field is missing, unknown or impossible.
    """
    if not isinstance(row, Mapping):
        raise SchemaError("a query that is no set of fields", where=Place(line=at))
    given: dict[str, str] = {}
    for field, value in row.items():
        if field not in QUERY_FIELDS:
            raise SchemaError("an unknown field of a query", where=Place(line=at, field=str(field)))
        if value is not None and not isinstance(value, str):
            raise SchemaError("a value that is no text", where=Place(line=at, field=field))
        if value and value.strip():
            given[field] = value.strip()
    if "id" not in given:
        raise SchemaError("a query without it", where=Place(line=at, field="id"))
    kind = given.get("schema", "Person")
    try:
        schema(kind)
    except SchemaError as error:
        raise SchemaError("an unknown entity type", where=Place(line=at, field="schema")) from error
    born, doubt = _born(given.get("birth_date", ""))
    if born is None:
        raise SchemaError(
            "an impossible date",
            where=Place(line=at, field="birth_date"),
            fix="write it as 1975, 1975-03 or 1975-03-14",
        )
    number = normal(given.get("id_number", ""))
    name = parse(given.get("name", ""), person=is_person(kind))
    doubts = [("birth_date", doubt)] if doubt else []
    if name is not None and name.script in UNSURE_SCRIPTS:
        doubts.append(("name", UNSURE_SCRIPTS[name.script]))
    return Query(
        given["id"],
        kind,
        given,
        name,
        traits(
            [born] if born else [],
            [given["nationality"]] if "nationality" in given else [],
            [given["gender"]] if "gender" in given else [],
            [number] if number else [],
        ),
        tuple(doubts),
    )


def _born(text: str) -> tuple[str | None, str]:
    """Return a date of birth as it is compared, None where it is impossible, and what was wrong with it."""
    if not text:
        return "", ""
    whole = read_date(text)
    if whole is not None:
        return whole, ""
    part = salvage_date(text)
    return part, f"an impossible date, read as {part}"


def _texts(params: Mapping[str, object], field: str) -> tuple[str, ...]:
    value = params.get(field) or ()
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise SchemaError("not a list of names", where=Place(field=field))
    return tuple(value)


def _mapping(params: Mapping[str, object], field: str) -> dict[str, str]:
    value = params.get(field) or {}
    if not isinstance(value, Mapping) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
        raise SchemaError("not a set of names with texts", where=Place(field=field))
    return dict(value)


def _number(params: Mapping[str, object], field: str, default: float, low: float, high: float) -> float:
    value = params.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SchemaError(f"not a number from {low:g} to {high:g}", where=Place(field=field))
    return value


def _instant(value: object, field: str) -> datetime:
    if not isinstance(value, str):
        raise SchemaError("not an RFC 3339 time", where=Place(field=field))
    return parse_instant(value, field=field)
