"""Handling: what may be done with a record, and with whatever is made of it.

Handling values form a bounded join-semilattice. `join` of two values allows only what both allow, so whatever is made
of two records may do no more than either; `UNRESTRICTED` is its identity. The codes are those that the field uses and
are kept as given: Europol H0 to H3, the UK 3x5x2 P and C, TLP 2.0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Final, TypeVar

from headwater.errors import Place, SchemaError
from headwater.model.ids import StateCode

T = TypeVar("T")

KNOWN_CODES: Final = frozenset(
    {"P", "C", "H0", "H1", "H2", "H3", "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"}
)
"""Europol handling codes; UK 3x5x2 handling; FIRST TLP 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What may be done with a record.

    Attributes:
        purposes: purposes it may be used for; None is any.
        releasable_to: states that the originator lets it pass on to; None is any, empty is "ask the originator".
        never_onward: the originator forbids any passing on, whoever asks.
        codes: handling codes as given.
        conditions: conditions in force, machine-readable words or text.
        addressees: persons it is for; None is anybody, but with TLP:RED, which is for named persons only, nobody.
        markings: protective markings as given, each of its own nation; empty is none.
        retain_until: last day it may be kept; None is no limit of the originator's own.
    """

    purposes: frozenset[str] | None = None
    releasable_to: frozenset[StateCode] | None = frozenset()
    never_onward: bool = False
    codes: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    addressees: frozenset[str] | None = None
    markings: frozenset[str] = frozenset()
    retain_until: date | None = None

    def __post_init__(self) -> None:
        """Refuse what could never be handled; TLP:RED that names nobody is for nobody."""
        for field, values in (("codes", self.codes), ("markings", self.markings), ("conditions", self.conditions)):
            if any(not value.strip() for value in values):
                raise SchemaError("an empty handling value", where=Place(field=field))
        if "NONE" in self.markings:
            raise SchemaError("the marking NONE beside others", where=Place(field="markings"), fix="leave it out")
        if self.addressees is None and "TLP:RED" in self.codes:
            # For named persons only: where nobody is named, a join with other addressees must not name them.
            object.__setattr__(self, "addressees", frozenset())

    def join(self, other: "Handling") -> "Handling":
        """Return the handling of what is made of two records: only what both allow."""
        return Handling(
            purposes=_both(self.purposes, other.purposes),
            releasable_to=_both(self.releasable_to, other.releasable_to),
            never_onward=self.never_onward or other.never_onward,
            codes=self.codes | other.codes,
            conditions=self.conditions | other.conditions,
            addressees=_both(self.addressees, other.addressees),
            markings=self.markings | other.markings,
            retain_until=min((day for day in (self.retain_until, other.retain_until) if day), default=None),
        )

    def covers(self, other: "Handling") -> bool:
        """Return whether this handling is at least as strict as another."""
        return self.join(other) == self


UNRESTRICTED: Final = Handling(releasable_to=None)
"""Allows everything: the identity of `Handling.join`. Published lists carry it, with TLP:CLEAR."""


def join_all(handlings: Iterable[Handling]) -> Handling:
    """Return the join of any number of handling values; of none, `UNRESTRICTED`."""
    return reduce(Handling.join, handlings, UNRESTRICTED)


def _both(left: frozenset[T] | None, right: frozenset[T] | None) -> frozenset[T] | None:
    if left is None:
        return right
    return left if right is None else left & right
