"""Made-up list entries for the tests of screening. No one in here exists."""

from typing import Any

from headwater.engines.match import ScreenResult, screen
from headwater.engines.match.names import Name, Weighed, parse
from headwater.engines.match.pairs import weighed
from headwater.engines.match.score import NameMatch, compare_names
from headwater.model.fact import Fact
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.testing.memory_view import MemoryView

HASH = BlobHash("ab" * 32)


def entry(
    key: str,
    *,
    schema: str = "Person",
    source: str = "uk-csv",
    version: str | None = "2026-02-13",
    category: PersonCategory = PersonCategory.SUSPECT,
    handling: Handling = UNRESTRICTED,
    **facts: str | list[str],
) -> Record:
    """One list entry: its facts by FollowTheMoney name, each one value or several."""
    person = schema == "Person"
    mentions = (
        Mention(EntityKey(key), schema, category if person else None),
        Mention(EntityKey(f"{key}#sanction"), "Sanction"),
    )
    said = [
        Fact(EntityKey(key), prop, value)
        for prop, values in facts.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    said.append(Fact(EntityKey(f"{key}#sanction"), "entity", key))
    origin = Origin(AuthorityId("UK-FCDO"), source, "list.csv", HASH, version, f"row {len(key)}")
    return Record(origin=origin, handling=handling, mentions=mentions, facts=tuple(said))


def world() -> tuple[Record, ...]:
    """A small list with people, a company, a ship, a car and a passport."""
    return (
        entry(
            "uk:1",
            name="Živorad Testerović",
            alias=["Жика Тестеровић"],
            weakAlias="Zhuti",
            birthDate="1975-03-14",
            nationality="Serbia",
            gender="male",
            passportNumber="ZZ0123456",
        ),
        entry("uk:2", name="Shpëtim Qorrhaxhaj", birthDate="1981", nationality="xk"),
        entry("uk:3", name="Abd al-Rahman Nasir al-Mithali", alias="عبد الرحمن ناصر المثالي", birthDate="1969-11-02"),
        entry("uk:4", schema="Company", name="Exemplar Shipping and Trading LLC", registrationNumber="HE 445566"),
        entry("uk:5", schema="Vessel", name="MV Fictional Star", imoNumber="9074729"),
        entry("uk:6", schema="Vehicle", name="Lorry of Exemplar", registrationNumber="B0 518 XZ"),
        entry("uk:7", name="Goran Fiktivski", birthDate="1990-01-30"),
        entry("uk:8", name="Anton Nowhereman", birthDate="1958-07-07", nationality="gb"),
    )


def ask(*queries: dict[str, str] | str, records: tuple[Record, ...] | None = None, **params: Any) -> ScreenResult:
    """The answer to some queries; a bare text is a name. Each gets its number as its id."""
    rows = [
        {"id": str(at), **({"name": query} if isinstance(query, str) else query)} for at, query in enumerate(queries)
    ]
    view = MemoryView(world() if records is None else records)
    return screen(view, {"queries": rows, "lists": ["uk-csv"], **params})


def entries(answer: ScreenResult) -> list[str]:
    """Who was hit, in order."""
    return [hit.entry for hit in answer.hits]


def name(text: str, *, person: bool = True) -> Name:
    """A name in parts."""
    found = parse(text, person=person)
    assert found is not None
    return found


def parts(text: str, *, person: bool = True) -> Weighed:
    """A name in parts, with what they say by their kind alone."""
    return weighed(name(text, person=person))


def side_by_side(left: str, right: str, *, person: bool = True) -> NameMatch:
    """Two names compared."""
    return compare_names(parts(left, person=person), parts(right, person=person), person=person)
