"""Numbers that several records give: one telephone, one document. Who bears them, and whether that is one person."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from headwater.engines.match.identifiers import normal, optical
from headwater.engines.match.link.columns import MOST_SHARED
from headwater.engines.match.link.units import Said, Sort, Unit
from headwater.engines.match.link.values import phone_of

_BEARERS: Final = frozenset({Sort.PERSON, Sort.ORGANISATION})


@dataclass(frozen=True, slots=True)
class Shared:
    """One number that several units give.

    Attributes:
        kind: ``phone`` or ``document``.
        number: in its compared form.
        bearers: the units with the fact in which each gives it.
        clusters: how many things they are, as far as linking knows.
        exact: whether all write the same figures; a document read by camera may differ in characters that look alike.
    """

    kind: str
    number: str
    bearers: tuple[tuple[Unit, Said], ...]
    clusters: int
    exact: bool


_FORMS: Final[Mapping[str, tuple[tuple[str, ...], Callable[[str], str]]]] = {
    "phone": (("phone",), phone_of),
    "document": (("passportNumber", "idNumber", "socialSecurityNumber"), lambda text: optical(normal(text))),
}


def shared_numbers(units: Iterable[Unit], cluster_of: Mapping[str, str]) -> Iterator[Shared]:
    """Yield every telephone and document that two units or more give, in the order of kind and number.

    Args:
        units: all units.
        cluster_of: name of the cluster of each unit that is in one.
    """
    bearers = [unit for unit in units if unit.sort in _BEARERS]
    for kind, (props, form) in _FORMS.items():
        found: dict[str, dict[str, tuple[Unit, Said]]] = defaultdict(dict)
        for unit in bearers:
            for said in unit.said(*props):
                number = form(said.value)
                if number:
                    found[number].setdefault(unit.name, (unit, said))
        for number, by in sorted(found.items()):
            if 1 < len(by) <= MOST_SHARED:
                yield _shared(kind, number, list(by.values()), cluster_of)


def _shared(kind: str, number: str, bearers: Sequence[tuple[Unit, Said]], cluster_of: Mapping[str, str]) -> Shared:
    things = {cluster_of.get(unit.name, unit.name) for unit, _ in bearers}
    plain = phone_of if kind == "phone" else normal
    return Shared(kind, number, tuple(bearers), len(things), len({plain(said.value) for _, said in bearers}) == 1)
