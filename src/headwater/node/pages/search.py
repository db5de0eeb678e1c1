"""Search over names and numbers, blind to script and spelling: candidates by the sound of words, an exact score afterwards.

What is asked for never stands in an address: it is kept under a token that only its user can open. A saved search is looked
through again on the start page, and says what is new.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from headwater.engines.match.likeness import likeness
from headwater.engines.match.names import Name, parse
from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.exchange.crosscheck import IDENTIFIERS, normal
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId, EntityKey, RecordId
from headwater.model.record import Record
from headwater.model.schema import is_person
from headwater.node.node import Node
from headwater.node.pages.words import Marks, banner
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event, Guarded

KIND: Final = "page-search"
NAMES: Final = frozenset({"name", "alias", "weakAlias", "previousName"})
MOST_LETTERS: Final = 200
MOST_CANDIDATES: Final = 300
ENOUGH: Final = 20
"""Things that bear every word: with so many, those that bear only some are not looked for."""
MOST_HITS: Final = 50
LEAST: Final = 0.62
"""Likeness from which a name is shown; a person judges, so it lies lower than where an engine claims."""
SPARE_PART: Final = 0.03
"""What a part of a name costs that nobody asked for."""
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
        schemas, originators: facets, with how many hits each has.
        more: whether there is more than is shown.
    """

    search: Search
    hits: tuple[Hit, ...]
    schemas: Mapping[str, int]
    originators: Mapping[str, int]
    banner: Marks
    more: bool


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


def find(node: Node, session: Session, search: Search, *, schema: str = "", originator: str = "") -> Found:
    """Return what a search finds, the likest first.

    Raises:
        PolicyError: the user may not look at records.
    """
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (snapshot, view):
        node.search_index.bring_up(snapshot.records_end(), snapshot.records_after, words_of)
        hits = _hits(node, view, search.text)
    schemas, originators = Counter(hit.schema for hit in hits), Counter(one for hit in hits for one in hit.originators)
    chosen = [hit for hit in hits if schema in {"", hit.schema} and (not originator or originator in hit.originators)]
    shown = tuple(chosen[:MOST_HITS])
    if shown:
        node.store.write(lambda tx: [tx.note(_look(session, hit.id)) for hit in shown])
    return Found(
        search=search,
        hits=shown,
        schemas=dict(sorted(schemas.items())),
        originators=dict(sorted(originators.items())),
        banner=_strictest(shown),
        more=len(chosen) > MOST_HITS,
    )


def words_of(record: Record) -> Iterator[tuple[str, str]]:
    """Yield each entity of a record with the words that it is found by."""
    found: dict[str, list[str]] = {}
    for fact in record.facts:
        if fact.prop in NAMES:
            mention = record.mention(fact.entity)
            name = parse(fact.value, person=bool(mention and is_person(mention.schema)))
            words = [word for part in name.parts for word in _words(part.plain, part.sound, part.bones)] if name else []
        elif fact.prop in IDENTIFIERS:
            number = _number(fact.prop, fact.value)
            words = [number] if number else []
        else:
            continue
        found.setdefault(fact.entity, []).extend(words)
    for entity, words in found.items():
        yield entity, " ".join(dict.fromkeys(words))


def _hits(node: Node, view: Guarded, text: str) -> list[Hit]:
    read = [name for person in (True, False) if (name := parse(text, person=person)) is not None]
    names = list({tuple(part.text for part in name.parts): name for name in read}.values())
    number = _number("number", text)
    groups = [_words(part.plain, part.sound, part.bones) for part in names[0].parts] if names else []
    by_entity: dict[str, list[Record]] = {}
    for every, wanted in ((True, groups), (True, [[number]] if number else []), (False, groups)):
        if not every and len(by_entity) >= ENOUGH:
            break
        for entity, record in _candidates(node, view, wanted, every=every):
            held = by_entity.setdefault(entity, [])
            if all(one.id != record.id for one in held):
                held.append(record)
    found = [hit for entity, held in by_entity.items() if (hit := _hit(entity, held, names, number)) is not None]
    return sorted(found, key=lambda hit: (-hit.score, hit.caption, hit.id))


def _candidates(
    node: Node, view: Guarded, wanted: Sequence[Sequence[str]], *, every: bool
) -> Iterator[tuple[str, Record]]:
    """Yield candidates that the reader may see, each with its record, up to a number: what is hidden takes no place."""
    found = node.search_index.find(wanted, every=every)
    seen = 0
    while seen < MOST_CANDIDATES and (batch := list(islice(found, MOST_CANDIDATES))):
        records = {record.id: record for record in view.several((RecordId(one.record) for one in batch), "search")}
        for one in batch:
            record = records.get(RecordId(one.record))
            if record is not None and seen < MOST_CANDIDATES:
                seen += 1
                yield one.entity, record


def _hit(entity: str, records: Sequence[Record], names: Sequence[Name], number: str) -> Hit | None:
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
            score, reasons = _meets(fact.prop, fact.value, fact.lang or "", names, number, is_person(mention.schema))
            if score > best:
                best, why = score, reasons
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


def _meets(
    prop: str,
    value: str,
    lang: str,
    names: Sequence[Name],
    number: str,
    person: bool,  # noqa: FBT001
) -> tuple[float, list[Why]]:
    if prop in IDENTIFIERS and number and _number(prop, value) == number:
        return 1.0, [Why(prop, value, lang, number[2:], value, "same")]
    if prop not in NAMES:
        return 0.0, []
    held = parse(value, person=person)
    best: tuple[float, list[Why]] = (0.0, [])
    for name in names if held else ():
        assert held is not None  # noqa: S101 - the loop runs for a name only
        total, reasons = 0.0, list[Why]()
        for asked in name.parts:
            alike, way, met = max(((*likeness(asked, part), part) for part in held.parts), key=lambda one: one[0])
            total += alike
            reasons.append(Why(prop, value, lang, asked.text, met.text, str(way) if alike > 0 else "none"))
        spare = max(0, len(held.parts) - len(name.parts))
        score = max(0.0, total / len(name.parts) - SPARE_PART * spare)
        if score > best[0]:
            best = score, reasons
    return best


def _words(plain: str, sound: str, bones: str) -> list[str]:
    """Return the words that one part of a name is found by: as it is written, as it sounds, by its consonants."""
    found = [f"n_{_letters(plain)}", f"s_{_letters(sound)}"]
    if len(bones) > 2:  # noqa: PLR2004 - two consonants say little
        found.append(f"b_{_letters(bones)}")
    return [word for word in found if len(word) > 2]  # noqa: PLR2004 - the prefix alone says nothing


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _number(prop: str, value: str) -> str:
    form = normal(prop, value)
    plain = _letters(form.partition(b"\0")[2].decode()) if form else ""
    return f"i_{plain}" if any(letter.isdigit() for letter in plain) else ""


def _look(session: Session, entity: str) -> Event:
    return Event("look.entity", session.user, entity, session.purpose)


def _strictest(hits: Iterable[Hit]) -> Marks:
    codes = dict.fromkeys(code for hit in hits for code in hit.marks.codes)
    none = marks_of_nothing()
    return (
        replace(none, codes=tuple(codes), never_onward=any(hit.marks.never_onward for hit in hits), releasable=())
        if codes
        else none
    )


def marks_of_nothing() -> Marks:
    """Return the marks of a page on which no record stands."""
    return banner(())


def _put(node: Node, token: str, search: Search) -> None:
    node.store.write(lambda tx: tx.put_document(KIND, _digest(token), encode(search)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
