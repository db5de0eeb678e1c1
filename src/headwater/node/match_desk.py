"""The desk behind the matching door: tokens of users, yente's and OpenRefine's words turned into screening and back."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from headwater.engines.match.screening import NotScreenable
from headwater.errors import ConflictError, ForbiddenError, Place, SchemaError, SettingsError
from headwater.model.canonical import decode, encode
from headwater.model.finding import Finding
from headwater.model.ids import EntityKey, RecordId
from headwater.model.schema import schemata
from headwater.node import screening
from headwater.node.lists import CurrentLists, editions, sees_whole
from headwater.node.loose import own_number, short_name
from headwater.node.match_rows import best_hits, few, numbered, reconciled_rows, yente_rows
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

KIND: Final = "match-token"
CUTOFF: Final = 0.5
"""Score from which a candidate is shown; yente's default."""
_TYPES: Final = ("Person", "Company", "Organization", "LegalEntity", "Vessel", "Vehicle", "Airplane")
MOST_EXTENDED: Final = 1000
"""Entries of which facts are told at once."""
_OF_A_SANCTION: Final = ("program", "provisions", "reason", "listingDate", "authority", "authorityId")
"""What stands in the record of a designation beside the entry itself: its regime, its measures, why and since when."""
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
        rows = {str(key): yente_rows(str(key), value) for key, value in few(queries).items()}
        threshold = _number(options.get("threshold"), "threshold", self._node.settings.min_score)
        cutoff = min(_number(options.get("cutoff"), "cutoff", CUTOFF), threshold)
        limit = int(_number(options.get("limit"), "limit", 5, most=500))
        asked, owner = numbered(rows)
        answer = screening.at_node(
            self._node, caller, screening.Asked(_askable(asked), cutoff, limit, self._lists(dataset))
        )
        hits = best_hits(answer.result.hits, owner, dict.fromkeys(rows, limit))
        found: dict[str, list[dict[str, Any]]] = {key: [] for key in rows}
        with self._node.view(caller) as view:
            for key, hit in ((key, hit) for key, some in hits.items() for hit in some):
                record = view.record(RecordId(hit.finding.evidence[0].ref.partition("/")[0]))
                main = next(mention for mention in record.mentions if mention.key == hit.entry)
                properties: dict[str, list[str]] = {}
                for fact in record.facts:
                    if fact.entity == hit.entry:
                        properties.setdefault(fact.prop, []).append(fact.value)
                found[key].append(
                    {
                        "id": hit.entry, "caption": properties.get("name", [hit.entry])[0], "schema": main.schema,
                        "properties": properties, "datasets": [short_name(hit.list)], "score": hit.finding.score,
                        "match": hit.finding.score >= threshold, "features": _features(hit.finding),
                        "explanations": [reason.text for reason in hit.finding.reasons], "text": hit.finding.text,
                        "finding": hit.finding.id, "source": {"sha256": hit.sha256, "version": hit.version, "row": hit.row},
                    }
                )  # fmt: skip
        hindered = _hindered(asked, owner, answer.result.not_screenable)
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
            "extend": {
                "propose_properties": {"service_url": base.rstrip("/"), "service_path": "/reconcile/properties"},
                "property_settings": [],
            },
        }

    def reconcile(self, caller: Session, queries: Mapping[str, Any]) -> dict[str, Any]:
        """Return candidates in OpenRefine's words, scores from 0 to 100.

        Raises:
            InputError: a query is none.
        """
        rows = {str(key): reconciled_rows(str(key), value) for key, value in few(queries).items()}
        limits = {str(key): int(_number(one.get("limit"), "limit", 5, most=100)) for key, one in queries.items()}
        asked, owner = numbered(rows)
        answer = screening.at_node(
            self._node, caller, screening.Asked(_askable(asked), CUTOFF, max(limits.values(), default=5))
        )
        found: dict[str, list[dict[str, Any]]] = {key: [] for key in rows}
        least = self._node.settings.min_score
        best = best_hits(answer.result.hits, owner, limits)
        for key, hit in ((key, hit) for key, some in best.items() for hit in some):
            finding = hit.finding
            name = next((one.right for one in finding.reasons if one.code.startswith("name.") and one.right), hit.entry)
            found[key].append(
                {
                    "id": hit.entry, "name": name, "score": round(100 * finding.score, 2), "match": finding.score >= least,
                    "type": [{"id": "Thing", "name": f"{short_name(hit.list)} {own_number(hit.list, hit.entry)}"}],
                    "features": [{"id": key, "value": value} for key, value in _features(finding).items()],
                    "description": finding.text,
                }
            )  # fmt: skip
        return {key: {"result": results} for key, results in found.items()}

    def properties(self, kind: str) -> dict[str, Any]:
        """Return the properties that entries of a type can have, as OpenRefine proposes them for new columns."""
        known = schemata()[kind if kind in schemata() else "Thing"]
        found = sorted({*known.properties, *_OF_A_SANCTION})
        return {"type": kind, "properties": [{"id": name, "name": name} for name in found]}

    def extend(self, caller: Session, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return facts of entries that were reconciled, as OpenRefine adds them as columns.

        Raises:
            InputError: the question is none.
        """
        may(caller, Act.LIST_SCREEN)
        ids, wanted = asked.get("ids"), asked.get("properties")
        if not isinstance(ids, list) or not isinstance(wanted, list) or len(ids) > MOST_EXTENDED:
            fix = f'send {{"ids": [up to {MOST_EXTENDED}], "properties": [{{"id"}}]}}'
            raise SchemaError("no ids or properties to extend by", fix=fix)
        names = [str(one.get("id")) for one in wanted if isinstance(one, dict)]
        entries = {str(one) for one in ids}
        rows: dict[str, dict[str, list[dict[str, str]]]] = {one: {name: [] for name in names} for one in entries}
        with self._node.view_at(caller) as (snapshot, view):
            held = editions(snapshot)
            whole = sees_whole(held, caller, self._node.clock.now().date())
            current = CurrentLists(snapshot, view, held, whole=whole)
            for key in sorted(entries):
                for record in current.records(mentions=EntityKey(key)):
                    for fact in record.facts:
                        if fact.prop in rows[key] and fact.entity in {key, f"{key}#sanction"}:
                            rows[key][fact.prop].append({"str": fact.value})
        self._node.store.note(
            Event(
                "match.extended", caller.user, "lists", caller.purpose, {"entries": len(entries), "facts": len(names)}
            )
        )
        return {"meta": [{"id": name, "name": name} for name in names], "rows": rows}

    def _lists(self, dataset: str) -> Sequence[str]:
        if dataset in ALL:
            return ()
        with self._node.store.snapshot() as snapshot:
            found = [one.source for one in editions(snapshot) if dataset in {one.source, short_name(one.source)}]
        if not found:
            raise SettingsError("no such dataset at this node", fix="ask /catalog which there are")
        return found


def _askable(rows: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [row for row in rows if row["name"] or row.get("id_number")]


def _hindered(
    rows: Sequence[Mapping[str, str]], owner: Mapping[str, str], reported: Sequence[NotScreenable]
) -> dict[str, str]:
    """Return why a question was not answered; one of which any row could be asked was."""
    reasons = {one.query: one.reason for one in reported}
    reasons |= {row["id"]: "a query without a name or an identifier" for row in rows if row["id"] not in reasons and not (row["name"] or row.get("id_number"))}  # fmt: skip
    answered = {owner[row["id"]] for row in rows if row["id"] not in reasons}
    return {owner[mark]: reason for mark, reason in reasons.items() if owner[mark] not in answered}


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
