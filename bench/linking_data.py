"""Records of the three-state set as the product reads them, with the truth beside them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headwater.engines.match.link.units import Sort, Unit, units_of
from headwater.exercise.linkset import link_files, link_records
from headwater.formats.things_csv import ThingsCsv
from headwater.model.ids import AuthorityId
from headwater.model.record import Record
from headwater.ports import LeftOut, SourceInput

FIT_SEED = 1
"""The parameters were chosen on this seed."""
REPORT_SEED = 2
"""What is reported is of another."""


@dataclass(frozen=True, slots=True)
class World:
    """The records of one seed, and the thing that each unit truly is."""

    records: tuple[Record, ...]
    truth: Mapping[str, str]

    def units(self, sort: Sort) -> list[Unit]:
        """The units of one sort."""
        return [unit for unit in units_of(self.records) if unit.sort is sort]


def world(count: int, seed: int) -> World:
    """Make records, write them as files and read them as the product does."""
    made = link_records(count, seed)
    truth = {f"{one.fields['originator']}/{one.fields['id']}": one.truth for one in made}
    records: list[Record] = []
    for name, data in link_files(made).items():
        if name.startswith("records-"):
            given = SourceInput(name, data, lambda _: None, AuthorityId("UK-NCA"))
            for found in ThingsCsv().read(given):
                assert not isinstance(found, LeftOut), found
                records.append(found)
    return World(tuple(records), truth)


def pairs_in(groups: Iterable[Iterable[str]]) -> int:
    """How many pairs are in some groups."""
    return sum(size * (size - 1) // 2 for size in (len(list(group)) for group in groups))
