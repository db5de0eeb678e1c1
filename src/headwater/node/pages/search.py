"""Search over names and numbers, blind to script and spelling: candidates by the sound of words, an exact score afterwards.

Candidates are judged by what the index holds of them, those that the session's purpose keeps from it left out before they are counted.
Only what may stand on the page is then opened, through the reader's own view, and judged again by what it shows: the index itself
shows nothing.

What is asked for never stands in an address: it is kept under a token that only its user can open. A saved search is looked
through again on the start page, and says what is new.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Final

from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey, RecordId
from headwater.model.record import Record
from headwater.model.schema import is_person
from headwater.node.node import Node
from headwater.node.pages.search_words import Question, Said, number_of, parsed, words_of
from headwater.node.pages.words import Marks, banner, together
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.policy.view import permits
from headwater.ports import Event, Guarded

KIND: Final = "page-search"
MOST_LETTERS: Final = 200
MOST_CANDIDATES: Final = 300
ENOUGH: Final = 20
"""Things that bear every word: with so many, those that bear only some are not looked for."""
MOST_HITS: Final = 50
"""Things that are found at most."""
PAGE_HITS: Final = 25
"""Things on one page."""
LEAST: Final = 0.62
"""Likeness from which a name is shown; a person judges, so it lies lower than where an engine claims."""
TOKEN_BYTES: Final = 18


@dataclass(frozen=True, slots=True)
class Search:
    """What one user asked for.

    Attributes:
        user: who may open it.
        text: what was typed.
        saved: whether the start page looks through it again.
        seen: entities that the user has seen of it.
        token: of a saved one, so that the start page can lead to it.
    """

    user: str
    text: str
    saved: bool = False
    seen: tuple[str, ...] = ()
    token: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why something was found: which word of the question met which word of which value, and how."""

    prop: str
    value: str
    lang: str
    asked: str
    met: str
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing that was found."""

    id: str
    schema: str
    caption: str
    lang: str
    score: float
    why: tuple[Why, ...]
    originators: tuple[AuthorityId, ...]
    marks: Marks
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found.

    Attributes:
        hits: on this page.
        schemas, originators: facets, with how many of the things found so far each has.
        more: whether there is more than may be shown.
        page, first: from 1: this page, and the place of its first thing.
        found: how many things there are up to the end of this page.
        next_page: the page after it, None where there is none.
    """

    search: Search
    hits: tuple[Hit, ...]
    schemas: Mapping[str, int]
    originators: Mapping[str, int]
    banner: Marks
    more: bool
    page: int = 1
    first: int = 1
    found: int = 0
    next_page: int | None = None


def keep(node: Node, session: Session, text: str) -> str:
    """Keep what is asked for, and return the token that stands for it.

    Raises:
        SchemaError: nothing is asked for, or too much.
    """
    may(session, Act.RECORD_LOOK)
    asked = text.strip()
    if not asked or len(asked) > MOST_LETTERS:
        raise SchemaError(f"not 1 to {MOST_LETTERS} letters", where=Place(field="q"))
    token = base64.urlsafe_b64encode(node.chance.draw(TOKEN_BYTES)).decode()
    _put(node, token, Search(session.user, asked))
    return token


def kept(node: Node, session: Session, token: str) -> Search:
    """Return what a token stands for.

    Raises:
        ForbiddenError: nothing, or somebody else's search.
    """
    with node.store.snapshot() as snapshot:
        body = snapshot.document(KIND, _digest(token))
    found = decode(body, Search) if body else None
    if found is None or found.user != session.user:
        raise ForbiddenError("no such search")
    return found


def save(node: Node, session: Session, token: str, *, saved: bool) -> None:
    """Keep a search for the start page, or let it go.

    Raises:
        ForbiddenError: there is no such search of this user.
    """
    search = kept(node, session, token)
    seen = tuple(hit.id for hit in find(node, session, search).hits) if saved else ()
    _put(node, token, replace(search, saved=saved, seen=seen, token=token if saved else ""))


def saved_searches(node: Node, session: Session) -> list[Search]:
    """Return the saved searches of a user."""
    with node.store.snapshot() as snapshot:
        found = [decode(body, Search) for _, _, body in snapshot.documents(KIND)]
    return [search for search in found if search.saved and search.user == session.user]


def find(
    node: Node, session: Session, search: Search, *, schema: str = "", originator: str = "", page: int = 0
) -> Found:
    """Return what a search finds, the likest first.

    Args:
        node: the node.
        session: who looks.
        search: what for.
        schema: show this type only; empty for all.
        originator: show what this one said only; empty for all.
        page: which one, from 1; 0 for all at once.

    Raises:
        PolicyError: the user may not look at records.
        SchemaError: there is no such page.
    """
    may(session, Act.RECORD_LOOK)
    if not 0 <= page <= MOST_HITS // PAGE_HITS:
        raise SchemaError("no such page", where=Place(field="page"), fix="begin with page 1")
    first, end = ((page - 1) * PAGE_HITS, page * PAGE_HITS) if page else (0, MOST_HITS)
    with node.view_noting(session) as (snapshot, view, looks):
        node.search_index.bring_up(snapshot.records_end(), snapshot.records_after, words_of)
        wanted = _Wanted(session, node.clock.now().date(), search.text, schema, originator)
        found = _hits(node, view, wanted, end + 1)
        shown = tuple(found[first:end])
        for hit in shown:
            looks.note(Event("look.entity", session.user, hit.id, session.purpose))
    schemas, originators = (
        Counter(hit.schema for hit in found),
        Counter(one for hit in found for one in hit.originators),
    )
    left = len(found) > end
    return Found(
        search=search,
        hits=shown,
        schemas=dict(sorted(schemas.items())),
        originators=dict(sorted(originators.items())),
        banner=together(hit.marks for hit in shown),
        more=left and end >= MOST_HITS,
        page=page or 1,
        first=first + 1,
        found=min(len(found), end),
        next_page=page + 1 if page and left and end < MOST_HITS else None,
    )


@dataclass(slots=True)
class _Wanted:
    """What one session looks for on a day, and of which type or originator only."""

    session: Session
    day: date
    text: str
    schema: str
    originator: str
    _known: dict[str, bool] = field(default_factory=dict)

    def fits(self, handling: str) -> bool:
        """Return whether the handling of a candidate lets the session see it: what is hidden takes no place."""
        fits = self._known.get(handling)
        if fits is None:
            fits = self._known[handling] = permits(_read(handling), self.session, self.day)
        return fits


@dataclass(slots=True)
class _Judged:
    """One entity among the candidates: how like it is by the index, and the records that say so."""

    score: float = 0.0
    refs: dict[str, None] = field(default_factory=dict)
    schemas: set[str] = field(default_factory=set)
    originators: set[str] = field(default_factory=set)


def _hits(node: Node, view: Guarded, wanted: _Wanted, most: int) -> list[Hit]:
    """Return the likest things, up to a number: opened in their order, and judged again by what the view shows of them."""
    read = [name for person in (True, False) if (name := parsed(wanted.text, person)) is not None]
    names = list({tuple(part.text for part in name.parts): name for name in read}.values())
    number = number_of("number", wanted.text)
    asked = Question(names, number, wanted.text)
    judged = _judged(node, wanted, asked)
    order = sorted(judged, key=lambda entity: (-judged[entity].score, entity))
    found: list[Hit] = []
    while order and len(found) < most:
        batch, order = order[: most - len(found)], order[most - len(found) :]
        refs = dict.fromkeys(RecordId(ref) for entity in batch for ref in judged[entity].refs)
        records = view.several(refs, "search")
        for entity in batch:
            held = [record for ref in judged[entity].refs if (record := records.get(RecordId(ref))) is not None]
            hit = _hit(entity, held, asked)
            if (
                hit is not None
                and wanted.schema in {"", hit.schema}
                and (not wanted.originator or wanted.originator in hit.originators)
            ):
                found.append(hit)
    # As they were opened, so that no page begins with what the one before it showed.
    return sorted(found, key=lambda hit: (-hit.score, hit.id))


def _judged(node: Node, wanted: _Wanted, question: Question) -> dict[str, _Judged]:
    """Return the candidates that are like enough by what the index holds of them."""
    groups = question.groups()
    number = question.number
    every: dict[str, _Judged] = {}
    # Each part of a name has a share of the candidates: of a common given name there are more than anybody could look through.
    share = MOST_CANDIDATES // max(1, len(groups))
    parts = [(False, [group], share) for group in groups] if len(groups) > 1 else []
    for whole, asked, most in (
        (True, groups, MOST_CANDIDATES),
        (True, [[number]] if number else [], MOST_CANDIDATES),
        *parts,
    ):
        if not whole and len(every) >= ENOUGH:
            break
        seen = (one for one in node.search_index.find(asked, every=True) if wanted.fits(one.handling))
        for one in islice(seen, most):
            said = decode(one.told.encode(), Said)
            entity = every.get(one.entity)
            if entity is None:
                entity = every[one.entity] = _Judged()
            entity.refs[one.record] = None
            entity.schemas.add(said.schema)
            entity.originators.add(said.originator)
            person = is_person(said.schema)
            for prop, value in said.facts:
                if question.asks(prop):
                    entity.score = max(entity.score, question.meets(prop, value, person=person)[0])
    return {
        key: one
        for key, one in every.items()
        if one.score >= LEAST
        and wanted.schema in {"", *one.schemas}
        and (not wanted.originator or wanted.originator in one.originators)
    }


@lru_cache(maxsize=4096)
def _read(handling: str) -> Handling:
    return decode(handling.encode(), Handling)


def _hit(entity: str, records: Sequence[Record], asked: Question) -> Hit | None:
    best, why = 0.0, list[Why]()
    caption, lang, schema, protected = entity, "", "", False
    for record in records:
        mention = record.mention(EntityKey(entity))
        if mention is None:
            continue
        schema, protected = schema or mention.schema, protected or mention.protected
        for fact in record.facts:
            if fact.entity != entity:
                continue
            if fact.prop == "name" and caption == entity:
                caption, lang = fact.value, fact.lang or ""
            if not asked.asks(fact.prop):
                continue
            score, met = asked.meets(fact.prop, fact.value, person=is_person(mention.schema))
            if score > best:
                best, why = score, [Why(fact.prop, fact.value, fact.lang or "", *one) for one in met]
    if best < LEAST:
        return None
    return Hit(
        id=entity,
        schema=schema,
        caption=caption,
        lang=lang,
        score=best,
        why=tuple(why),
        originators=tuple(sorted({record.origin.originator for record in records})),
        marks=banner(record.handling for record in records),
        protected=protected,
    )


def _put(node: Node, token: str, search: Search) -> None:
    node.store.write(lambda tx: tx.put_document(KIND, _digest(token), encode(search)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
