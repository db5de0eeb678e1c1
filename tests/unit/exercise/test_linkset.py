"""Three states' records: repeatable, visibly invented, with the truth beside them."""

import csv
import hashlib
import io
from collections import defaultdict
from random import Random

import pytest

from headwater.engines.match.link.columns import rows_of
from headwater.engines.match.link.units import Sort, units_of
from headwater.errors import SchemaError
from headwater.exercise.linkset import STATES, LinkRecord, link_files, link_records, spelled
from headwater.formats.reading import read_all
from headwater.formats.things_csv import ThingsCsv
from headwater.model.ids import AuthorityId
from headwater.ports import SourceInput


@pytest.fixture(scope="module")
def made() -> list[LinkRecord]:
    return link_records(2000, 5)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert link_files(link_records(100, 7)) == link_files(link_records(100, 7))
    assert link_files(link_records(100, 7)) != link_files(link_records(100, 8))


def test_the_bytes_of_a_seed_stay_the_same_from_version_to_version() -> None:
    files = link_files(link_records(200, 1))
    assert hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()[:16] == DIGEST


def test_fewer_than_ten_are_refused() -> None:
    with pytest.raises(SchemaError):
        link_records(9, 1)


def test_all_files_are_read_and_the_truth_names_every_record(made: list[LinkRecord]) -> None:
    files = link_files(made)
    rows = list(csv.DictReader(io.StringIO(files["truth.csv"].decode())))
    names = set()
    for state in STATES:
        given = SourceInput(state, files[f"records-{state}.csv"], lambda _: None, AuthorityId("XX-NOBODY"))
        for record in read_all(ThingsCsv(), given).records:
            names.add(f"{record.origin.originator}/{record.mentions[0].key}")
    assert names == {row["record"] for row in rows}
    assert len(rows) == 2000


def test_it_holds_what_makes_linking_hard(made: list[LinkRecord]) -> None:
    things: dict[str, list[LinkRecord]] = defaultdict(list)
    for one in made:
        things[one.truth].append(one)
    phones: dict[str, set[str]] = defaultdict(set)
    homes: dict[str, set[str]] = defaultdict(set)
    for truth, records in things.items():
        for one in records:
            phones[one.fields.get("phone", "")[-6:]].add(truth)
            homes[one.fields.get("address", "")].add(truth)
    people = [records for truth, records in things.items() if truth.startswith("person") and len(records) > 1]
    dates = [{one.fields.get("birth_date", "") for one in records} for records in people]
    assert any(
        f"{date[:4]}-{date[8:]}-{date[5:7]}" in found - {date} for found in dates for date in found if len(date) == 10
    )
    assert any(len(bearers) > 1 for number, bearers in phones.items() if number)
    assert any(len(bearers) > 1 for home, bearers in homes.items() if home)
    assert any("А" <= letter <= "я" for records in people for one in records for letter in one.fields["name"])


@pytest.mark.parametrize("state", STATES)
def test_a_name_without_slips_is_one_name_in_every_states_spelling(state: str) -> None:
    told = [spelled("Đorđe Izmišljenović", "Serbian", place, Random(at)) for at, place in enumerate((state, "RS-MOI"))]
    text = "id,category,name\n" + "".join(f"{at},suspect,{name}\n" for at, name in enumerate(told))
    given = SourceInput("a.csv", text.encode(), lambda _: None, AuthorityId("XX-NOBODY"))
    units = [unit for unit in units_of(read_all(ThingsCsv(), given).records) if unit.sort is Sort.PERSON]
    rows = rows_of(units)
    assert rows[0]["given"] == rows[1]["given"]
    assert rows[0]["family"] == rows[1]["family"]


DIGEST = "1de77b3a34c44162"
