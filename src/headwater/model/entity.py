"""An entity: a computed view over the facts that records hold about one thing. Never stored."""

from collections.abc import Iterable
from dataclasses import dataclass

from headwater.model.fact import Fact
from headwater.model.handling import Handling, join_all
from headwater.model.ids import EntityKey, FactId
from headwater.model.record import Mention, Record


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact with the record it stands in."""

    id: FactId
    fact: Fact
    record: Record


@dataclass(frozen=True, slots=True)
class Entity:
    """What all given records say about one thing."""

    key: EntityKey
    mentions: tuple[Mention, ...]
    statements: tuple[Statement, ...]
    handling: Handling
    """What may be done with the whole: only what every record that names it allows."""

    @property
    def schema(self) -> str:
        """The entity type of the first mention."""
        return self.mentions[0].schema

    @property
    def protected(self) -> bool:
        """Whether any record says that this is a victim or a smuggled person."""
        return any(mention.protected for mention in self.mentions)

    def values(self, *props: str) -> tuple[str, ...]:
        """Return the distinct values of some properties, in the order of the records."""
        found = (statement.fact.value for statement in self.statements if statement.fact.prop in props)
        return tuple(dict.fromkeys(found))


def entity_from(key: EntityKey, records: Iterable[Record]) -> Entity | None:
    """Return the view over one entity, None where no record mentions it."""
    mentions: list[Mention] = []
    handlings: list[Handling] = []
    statements: list[Statement] = []
    for record in records:
        mention = record.mention(key)
        if mention is None:
            continue
        mentions.append(mention)
        handlings.append(record.handling)
        statements.extend(Statement(number, fact, record) for number, fact in record.numbered() if fact.entity == key)
    return Entity(key, tuple(mentions), tuple(statements), join_all(handlings)) if mentions else None
