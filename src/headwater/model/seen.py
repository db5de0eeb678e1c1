"""What may be seen of a record: a record is named by a hash of its content, so one with something taken out is another value.

`Seen` says so: it bears the identifier of the whole, its facts keep the numbers they have there, and it never equals the
whole.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields

from headwater.model.fact import Fact, fact_id
from headwater.model.ids import FactId, RecordId
from headwater.model.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Record):
    """What may be seen of a record of which something is withheld.

    Attributes:
        whole: identifier of the record as it is kept; `id` gives it too, so that evidence and decisions find it.
        places: the number that each of these facts has in the whole record.
    """

    whole: RecordId
    places: tuple[int, ...]

    @property
    def id(self) -> RecordId:
        """The identifier of the whole record."""
        return self.whole

    def numbered(self) -> Iterator[tuple[FactId, Fact]]:
        """Yield every fact that may be seen with the identifier it has in the whole record."""
        return ((fact_id(self.whole, place), fact) for place, fact in zip(self.places, self.facts, strict=True))


def places_of(record: Record) -> tuple[int, ...]:
    """Return the number that each fact of a record, or of what may be seen of one, has in the whole record."""
    return record.places if isinstance(record, Seen) else tuple(range(len(record.facts)))


def without(record: Record, whole: RecordId, hidden: Collection[int]) -> Seen:
    """Return a record without some facts and the entities that only they spoke of; blobs and tables go with them.

    Args:
        record: the record, or what may be seen of it.
        whole: the identifier of the whole record.
        hidden: places in the whole record.
    """
    kept = [(place, fact) for place, fact in zip(places_of(record), record.facts, strict=True) if place not in hidden]
    spoken_of = {fact.entity for _, fact in kept} | {fact.value for _, fact in kept}
    return Seen(
        whole=whole,
        places=tuple(place for place, _ in kept),
        origin=record.origin,
        handling=record.handling,
        mentions=tuple(mention for mention in record.mentions if mention.key in spoken_of),
        facts=tuple(fact for _, fact in kept),
        recorded_at=record.recorded_at,
        grade=record.grade,
        amends=record.amends,
    )


def rest_of(record: Record, whole: RecordId, places: tuple[int, ...]) -> Seen:
    """Return what is left of a record, as it was kept when the rest was taken out.

    Args:
        record: the facts that are left.
        whole: the identifier of the record that they stood in.
        places: the number that each of them had there.

    Raises:
        ValueError: there is not one place for each fact.
    """
    values = {field.name: getattr(record, field.name) for field in fields(Record)}
    if len(places) != len(record.facts):
        raise ValueError("places")
    return Seen(**values, whole=whole, places=places)


def as_record(seen: Record) -> Record:
    """Return what may be seen of a record as a record of its own: for its bytes, not for its name."""
    return Record(**{field.name: getattr(seen, field.name) for field in fields(Record)})
