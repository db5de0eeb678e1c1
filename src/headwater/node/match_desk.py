"""The desk behind the matching door: tokens of users, yente's and OpenRefine's words turned into screening and back."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from headwater.errors import ConflictError, ForbiddenError, LimitError, Place, SchemaError, SettingsError
from headwater.model.canonical import decode, encode
from headwater.model.finding import Finding
from headwater.model.ids import RecordId
from headwater.model.schema import schemata
from headwater.node import screening
from headwater.node.lists import editions
from headwater.node.loose import own_number, short_name
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

KIND: Final = "match-token"
MOST_QUERIES: Final = 500
CUTOFF: Final = 0.5
"""Score from which a candidate is shown; yente's default."""
_TYPES: Final = ("Person", "Company", "Organization", "LegalEntity", "Vessel", "Vehicle", "Airplane")
_NAMES: Final = ("name", "alias", "previousName", "weakAlias")
_COUNTRIES: Final = ("nationality", "country", "jurisdiction", "flag", "citizenship", "mainCountry")
ALL: Final = frozenset({"default", "sanctions", "all"})
"""Names of the dataset that is every list; yente calls it so."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token: whose it is and for what. The token itself is not kept, only its hash, under which this stands."""

    user: str
    purpose: str


def issue(node: Node, session: Session, user: str, purpose: str) -> str:
    """Return a new token of a user; it is shown this once.

    Raises:
        ForbiddenError: the session may not change users, or there is no such user.
        NoBasisError: the purpose is unknown.
    """
    may(session, Act.USER_CHANGE)
    node.session(user, purpose)
    token = secrets.token_urlsafe(32)
    digest = _digest(token)

    def change(transaction: Transaction) -> None:
        if transaction.document(KIND, digest) is not None:
            raise ConflictError("the token exists", fix="try again")
        transaction.put_document(KIND, digest, encode(Token(user, purpose)))
        transaction.note(
            Event("match.token", session.user, user, session.purpose, {"token": digest[:12], "for": purpose})
        )

    node.store.write(change)
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Desk:
    """Implements `web.matching.MatchDesk`."""

    def __init__(self, node: Node) -> None:
        """Stand before a node."""
        self._node = node

    def caller(self, token: str) -> Session:
        """Return the session of the user whose token it is.

        Raises:
            ForbiddenError: there is no such token, or its user is switched off.
        """
        with self._node.store.snapshot() as snapshot:
            body = snapshot.document(KIND, _digest(token)) if token else None
        if body is None:
            raise ForbiddenError("no token of a user of this node", fix="an admin issues one: headwater lists token")
        held = decode(body, Token)
        return self._node.session(held.user, held.purpose)

    def match(
        self, caller: Session, dataset: str, queries: Mapping[str, Any], options: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return yente's answer: for each query the entries that score, with their properties and features.

        Raises:
            InputError: a query is none.
            SettingsError: there is no such dataset.
        """
        rows = [_query(str(key), value) for key, value in _few(queries).items()]
        threshold = _number(options.get("threshold"), "threshold", self._node.settings.min_score)
        cutoff = min(_number(options.get("cutoff"), "cutoff", CUTOFF), threshold)
        limit = int(_number(options.get("limit"), "limit", 5, most=500))
        asked = screening.Asked([row for row in rows if row["name"]], cutoff, limit, self._lists(dataset))
        answer = screening.at_node(self._node, caller, asked)
        found: dict[str, list[dict[str, Any]]] = {str(key): [] for key in queries}
        with self._node.view(caller) as view:
            for hit in answer.result.hits:
                record = view.record(RecordId(hit.finding.evidence[0].ref.partition("/")[0]))
                main = next(mention for mention in record.mentions if mention.key == hit.entry)
                properties: dict[str, list[str]] = {}
                for fact in record.facts:
                    if fact.entity == hit.entry:
                        properties.setdefault(fact.prop, []).append(fact.value)
                found[hit.query].append(
                    {
                        "id": hit.entry, "caption": properties.get("name", [hit.entry])[0], "schema": main.schema,
                        "properties": properties, "datasets": [short_name(hit.list)], "score": hit.finding.score,
                        "match": hit.finding.score >= threshold, "features": _features(hit.finding),
                        "explanations": [reason.text for reason in hit.finding.reasons], "text": hit.finding.text,
                        "finding": hit.finding.id, "source": {"sha256": hit.sha256, "version": hit.version, "row": hit.row},
                    }
                )  # fmt: skip
        hindered = {row["id"]: "a query without a name" for row in rows if not row["name"]}
        hindered |= {one.query: one.reason for one in answer.result.not_screenable}
        responses = {
            key: {
                "status": 400 if key in hindered else 200,
                "results": results,
                "total": {"value": len(results), "relation": "eq"},
                "query": queries[key],
                **({"detail": hindered[key]} if key in hindered else {}),
            }
            for key, results in found.items()
        }
        stale = [one.note for one in answer.result.lists if one.stale]
        return {"responses": responses, "matcher": {}, "limit": limit, "warnings": stale}

    def catalog(self, caller: Session) -> dict[str, Any]:
        """Return the lists in force."""
        may(caller, Act.LIST_SCREEN)
        with self._node.store.snapshot() as snapshot:
            held = editions(snapshot)
        shown = [
            {"name": short_name(one.source), "title": one.source, "version": one.version, "entity_count": one.entries,
             "updated_at": one.read_at.isoformat(), "checksum": one.sha256}
            for one in held
        ]  # fmt: skip
        return {
            "datasets": [{"name": "default", "children": [one["name"] for one in shown]}, *shown],
            "current": [*ALL],
        }

    def manifest(self, base: str) -> dict[str, Any]:
        """Return what the reconciliation service is."""
        return {
            "versions": ["0.2"],
            "name": f"headwater at {self._node.authority}: sanctions lists",
            "identifierSpace": f"{base}match/",
            "schemaSpace": "https://followthemoney.tech/explorer/schemata/",
            "defaultTypes": [{"id": name, "name": name} for name in _TYPES],
            "view": {"url": "about:blank#{{id}}"},
            "batchSize": 100,
        }

    def reconcile(self, caller: Session, queries: Mapping[str, Any]) -> dict[str, Any]:
        """Return candidates in OpenRefine's words, scores from 0 to 100.

        Raises:
            InputError: a query is none.
        """
        rows = [_reconciled(str(key), value) for key, value in _few(queries).items()]
        limits = [int(_number(value.get("limit"), "limit", 5, most=100)) for value in queries.values()]
        asked = screening.Asked([row for row in rows if row["name"]], CUTOFF, max(limits, default=5))
        answer = screening.at_node(self._node, caller, asked)
        found: dict[str, list[dict[str, Any]]] = {str(key): [] for key in queries}
        least = self._node.settings.min_score
        for hit in answer.result.hits:
            finding = hit.finding
            name = next((one.right for one in finding.reasons if one.code.startswith("name.") and one.right), hit.entry)
            found[hit.query].append(
                {
                    "id": hit.entry, "name": name, "score": round(100 * finding.score, 2), "match": finding.score >= least,
                    "type": [{"id": "Thing", "name": f"{short_name(hit.list)} {own_number(hit.list, hit.entry)}"}],
                    "features": [{"id": key, "value": value} for key, value in _features(finding).items()],
                    "description": finding.text,
                }
            )  # fmt: skip
        return {key: {"result": results[:limit]} for (key, results), limit in zip(found.items(), limits, strict=True)}

    def _lists(self, dataset: str) -> Sequence[str]:
        if dataset in ALL:
            return ()
        with self._node.store.snapshot() as snapshot:
            found = [one.source for one in editions(snapshot) if dataset in {one.source, short_name(one.source)}]
        if not found:
            raise SettingsError("no such dataset at this node", fix="ask /catalog which there are")
        return found


def _few(queries: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(queries) > MOST_QUERIES:
        raise LimitError(f"over {MOST_QUERIES} queries at once", fix="ask fewer at once")
    for key, value in queries.items():
        if not isinstance(value, dict):
            raise SchemaError("a query that is no object", where=Place(field=str(key)[:40]))
    return queries


def _query(key: str, given: Mapping[str, Any]) -> dict[str, str]:
    kind, properties = given.get("schema", "LegalEntity"), given.get("properties")
    if not isinstance(kind, str) or not isinstance(properties, dict):
        raise SchemaError("a query without schema or properties", where=Place(field=key[:40]))
    values = {prop: _texts(value, key) for prop, value in properties.items()}
    return _row(key, kind if kind in schemata() else "LegalEntity", values)


def _reconciled(key: str, given: Mapping[str, Any]) -> dict[str, str]:
    kind = given.get("type") or "LegalEntity"
    kind = kind[0] if isinstance(kind, list) and kind else kind
    kind = kind.get("id") if isinstance(kind, dict) else kind
    beside = given.get("properties") or []
    values = {"name": _texts(given.get("query", ""), key)}
    for one in beside if isinstance(beside, list) else []:
        if isinstance(one, dict) and isinstance(one.get("pid"), str):
            values[one["pid"]] = _texts(one.get("v"), key)
    return _row(key, kind if isinstance(kind, str) and kind in schemata() else "LegalEntity", values)


def _row(key: str, kind: str, values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    kinds = schemata()[kind].properties
    first = {
        "name": [text for prop in _NAMES for text in values.get(prop, ())],
        "birth_date": values.get("birthDate", ()),
        "birth_place": values.get("birthPlace", ()),
        "nationality": [text for prop in _COUNTRIES for text in values.get(prop, ())],
        "gender": values.get("gender", ()),
        "id_number": [text for prop, texts in values.items() if kinds.get(prop) == "identifier" for text in texts],
    }
    row = {"id": key, "schema": kind, **{field: texts[0] for field, texts in first.items() if texts}}
    return {"name": "", **row}


def _texts(value: object, key: str) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int | float | None) for one in listed):
        raise SchemaError("a value that is no text", where=Place(field=key[:40]))
    return [str(one).strip() for one in listed if one is not None and str(one).strip()]


def _features(finding: Finding) -> dict[str, float]:
    return {reason.code: reason.weight for reason in finding.reasons}


def _number(text: object, field: str, default: float, *, most: float = 1.0) -> float:
    if text is None:
        return default
    try:
        value = float(str(text))
    except ValueError as error:
        raise SchemaError("not a number", where=Place(field=field)) from error
    if not 0 < value <= most or (most <= 1.0 and value >= 1.0):
        raise SchemaError(f"not above 0 and up to {most:g}", where=Place(field=field))
    return value
