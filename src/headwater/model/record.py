"""A record: one received set of facts. It never changes; a later record may amend it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from headwater.errors import Place, SchemaError
from headwater.model.canonical import content_id
from headwater.model.fact import Fact, fact_id
from headwater.model.grade import Grade
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, FactId, RecordId
from headwater.model.schema import check_property, is_person, schema
from headwater.model.times import require_utc


class PersonCategory(StrEnum):
    """What a person is to the matter in hand (DPA 2018 s.38; associate as in the agreements)."""

    SUSPECT = "suspect"
    CONVICTED = "convicted"
    ASSOCIATE = "associate"
    VICTIM = "victim"
    WITNESS = "witness"
    SMUGGLED = "smuggled"


PROTECTED: Final = frozenset({PersonCategory.VICTIM, PersonCategory.SMUGGLED})
"""Persons whose identity is kept from every engine and every export by default."""


class Mention(msgspec.Struct, frozen=True, gc=False):
    """An entity that a record speaks of: its key, its type and, for a person, the category."""

    key: EntityKey
    schema: str
    category: PersonCategory | None = None

    def __post_init__(self) -> None:
        """Refuse a person without a category, and a category on anything else."""
        schema(self.schema)
        if not self.key.strip():
            raise SchemaError("an entity without a key", where=Place(field="key"))
        if is_person(self.schema) and self.category is None:
            raise SchemaError(
                "a person without a category",
                where=Place(field="category"),
                fix=f"name one of {', '.join(PersonCategory)}",
            )
        if not is_person(self.schema) and self.category is not None:
            raise SchemaError("a category on something that is no person", where=Place(field="category"))

    @property
    def protected(self) -> bool:
        """Whether the mention is of a victim or a smuggled person."""
        return self.category in PROTECTED


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record comes from.

    Attributes:
        originator: the authority that controls its further use.
        source: name of the data source, for example ``un-xml``.
        file: name of the file, without its folder.
        sha256: SHA-256 of that file's bytes.
        version: the source's own version, for example the publication date of a list.
        place: the row or element in the file.
    """

    originator: AuthorityId
    source: str
    file: str | None = None
    sha256: BlobHash | None = None
    version: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One received set of facts.

    Attributes:
        origin: who said it, and where it stands.
        recorded_at: when the source says it was recorded, in UTC; None where it does not say.
        grade: the human evaluation, in the scheme given.
        handling: what may be done with it.
        mentions: the entities it speaks of.
        facts: what it says of them; the place in this tuple is the fact's number.
        amends: the record that this one corrects.
        blobs: images, documents and clips that belong to it.
        tables: bulk tables that belong to it.
    """

    origin: Origin
    handling: Handling
    mentions: tuple[Mention, ...]
    facts: tuple[Fact, ...]
    recorded_at: datetime | None = None
    grade: Grade | None = None
    amends: RecordId | None = None
    blobs: tuple[BlobHash, ...] = ()
    tables: tuple[BlobHash, ...] = ()

    def __post_init__(self) -> None:
        """Check that every fact is about an entity of the record and bears a known name."""
        types = {mention.key: schema(mention.schema) for mention in self.mentions}
        if len(types) != len(self.mentions):
            raise SchemaError("an entity named twice in one record", where=Place(field="mentions"))
        for fact in self.facts:
            kind = types.get(fact.entity)
            if kind is None:
                raise SchemaError("a fact about an entity that the record does not name", where=Place(field=fact.prop))
            if fact.prop not in kind.properties:
                check_property(kind.name, fact.prop)
        if self.recorded_at is not None:
            require_utc(self.recorded_at, field="recorded_at")

    @property
    def id(self) -> RecordId:
        """The record's identifier, a hash of its content: the same content is the same record."""
        return RecordId(content_id("rec", self))

    def numbered(self) -> Iterator[tuple[FactId, Fact]]:
        """Yield every fact with its identifier."""
        mine = self.id
        return ((fact_id(mine, place), fact) for place, fact in enumerate(self.facts))

    def mention(self, key: EntityKey) -> Mention | None:
        """Return the mention of an entity, None where the record does not name it."""
        return next((mention for mention in self.mentions if mention.key == key), None)
