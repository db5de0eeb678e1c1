"""Questions in yente's and OpenRefine's words as rows of screening: one for each name and whatever else has several values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from headwater.engines.match.build import COUNTRY_FACTS
from headwater.engines.match.index import NAME_FACTS
from headwater.engines.match.screening import Hit
from headwater.errors import LimitError, Place, SchemaError
from headwater.model.schema import schemata

MOST_QUERIES: Final = 500
MOST_ROWS: Final = 20
"""Names, dates, countries or numbers of one question that are asked about; more are no person's."""
_PARTS: Final = ("firstName", "secondName", "middleName", "fatherName", "lastName")
_SINGLE: Final = {"birth_date": "birthDate", "birth_place": "birthPlace", "gender": "gender"}


def few(queries: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return queries that are neither too many nor none.

    Raises:
        LimitError: there are too many.
        SchemaError: one is no object.
    """
    if len(queries) > MOST_QUERIES:
        raise LimitError(f"over {MOST_QUERIES} queries at once", fix="ask fewer at once")
    for key, value in queries.items():
        if not isinstance(value, dict):
            raise SchemaError("a query that is no object", where=Place(field=str(key)[:40]))
    return queries


def yente_rows(key: str, given: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return yente's question as rows without an id.

    Raises:
        SchemaError: it is none.
    """
    kind, properties = given.get("schema", "LegalEntity"), given.get("properties")
    if not isinstance(kind, str) or not isinstance(properties, dict):
        raise SchemaError("a query without schema or properties", where=Place(field=key[:40]))
    values = {prop: _texts(value, key) for prop, value in properties.items()}
    return _rows(kind if kind in schemata() else "LegalEntity", values)


def reconciled_rows(key: str, given: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return OpenRefine's question as rows without an id.

    Raises:
        SchemaError: it is none.
    """
    kind = given.get("type") or "LegalEntity"
    kind = kind[0] if isinstance(kind, list) and kind else kind
    kind = kind.get("id") if isinstance(kind, dict) else kind
    beside = given.get("properties") or []
    values = {"name": _texts(given.get("query", ""), key)}
    for one in beside if isinstance(beside, list) else []:
        if isinstance(one, dict) and isinstance(one.get("pid"), str):
            values.setdefault(one["pid"], []).extend(_texts(one.get("v"), key))
    return _rows(kind if isinstance(kind, str) and kind in schemata() else "LegalEntity", values)


def _rows(kind: str, values: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Return rows in which every value stands at least once; what has one value stands in all of them."""
    kinds = schemata()[kind].properties
    names = [text for prop in NAME_FACTS for text in values.get(prop, ())]
    whole = " ".join(text for prop in _PARTS for text in values.get(prop, ())[:1])
    columns = {
        "name": names or ([whole] if whole else []),
        **{field: list(values.get(prop, ())) for field, prop in _SINGLE.items()},
        "nationality": [text for prop in sorted(COUNTRY_FACTS) for text in values.get(prop, ())],
        "id_number": [text for prop, texts in values.items() if kinds.get(prop) == "identifier" for text in texts],
    }
    many = min(MOST_ROWS, max(1, *map(len, columns.values())))
    return [
        {"schema": kind, **{field: texts[min(at, len(texts) - 1)] for field, texts in columns.items() if texts}}
        for at in range(many)
    ]


def numbered(rows: Mapping[str, Sequence[Mapping[str, str]]]) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Return the rows of some questions with an id each, the first with its question's, and whose each id is."""
    out: list[dict[str, str]] = []
    owner: dict[str, str] = {}
    for key, some in rows.items():
        for at, row in enumerate(some):
            mark = key if at == 0 else f"{key}~{at}"
            while mark in owner or (at and mark in rows):
                mark += "~"
            owner[mark] = key
            out.append({"id": mark, "name": "", **row})
    return out, owner


def best_hits(hits: Iterable[Hit], owner: Mapping[str, str], limit: Mapping[str, int]) -> dict[str, list[Hit]]:
    """Return the best hits of every question, each entry once, best first."""
    best: dict[str, dict[tuple[str, str], Hit]] = {key: {} for key in owner.values()}
    for hit in hits:
        mine = best[owner[hit.query]]
        known = mine.get((hit.list, hit.entry))
        if known is None or hit.finding.score > known.finding.score:
            mine[hit.list, hit.entry] = hit
    return {
        key: sorted(some.values(), key=lambda hit: (-hit.finding.score, hit.list, hit.entry))[: limit[key]]
        for key, some in best.items()
    }


def _texts(value: object, key: str) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int | float | None) for one in listed):
        raise SchemaError("a value that is no text", where=Place(field=key[:40]))
    return [str(one).strip() for one in listed if one is not None and str(one).strip()]
