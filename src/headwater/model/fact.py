"""A fact: one thing said about one entity, inside a record.

It is a `msgspec.Struct`, not a dataclass: nothing is made, compared and written as often. It holds texts alone, so the
collector of circles need not walk through it (`gc=False`).
"""

import msgspec

from headwater.errors import Place, SchemaError
from headwater.model.ids import EntityKey, FactId, RecordId


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One property of one entity, as a record gives it.

    Attributes:
        entity: whom or what it is about; a mention of the same record.
        prop: FollowTheMoney property name.
        value: the value in the form that headwater reads.
        lang: language of the value, a BCP 47 tag such as ``sr-Cyrl``.
        original: the value as it stood in the source, where that differs.
    """

    entity: EntityKey
    prop: str
    value: str
    lang: str | None = None
    original: str | None = None

    def __post_init__(self) -> None:
        """Refuse a fact that says nothing."""
        if not self.value.strip():
            raise SchemaError("an empty value", where=Place(field=self.prop))


def fact_id(record: RecordId, place: int) -> FactId:
    """Return the identifier of the fact at a place in a record, counted from 0."""
    return FactId(f"{record}/{place}")


def record_of(fact: FactId) -> RecordId:
    """Return the record that a fact stands in."""
    return RecordId(fact.partition("/")[0])


def place_of(fact: FactId) -> int:
    """Return the place of a fact in its record.

    Raises:
        SchemaError: the text names no fact of a record.
    """
    place = fact.partition("/")[2]
    if not (place.isascii() and place.isdigit()):
        raise SchemaError("no name of a fact", where=fact)
    return int(place)
