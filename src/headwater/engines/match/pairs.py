"""Scoring two given sets of properties, where there is no list that tells how common a name is."""

from collections.abc import Iterable, Mapping, Sequence

from headwater.engines.match.build import COUNTRY_FACTS
from headwater.engines.match.dates import read_date
from headwater.engines.match.identifiers import normal
from headwater.engines.match.index import NAME_FACTS, need_numpy
from headwater.engines.match.names import KIND_RARITY, Name, Weighed, parse_all
from headwater.engines.match.score import Comparison, Traits, best_names, compare, traits
from headwater.errors import Place, SchemaError
from headwater.model.schema import is_person, schema

_PARTS_OF_A_NAME = ("firstName", "middleName", "fatherName", "lastName")


def compare_pair(type_name: str, left: Mapping[str, Sequence[str]], right: Mapping[str, Sequence[str]]) -> Comparison:
    """Return the comparison of two sets of FollowTheMoney properties of one entity type.

    Raises:
        SchemaError: the entity type is unknown, or a side has no name that can be screened and no identifier.
        MissingExtraError: rapidfuzz is not installed.
    """
    need_numpy()
    properties = schema(type_name).properties
    person = is_person(type_name)
    sides = []
    for field, side in (("left", left), ("right", right)):
        names, others = _names(side, person=person), _traits(side, properties)
        if not names and not others.numbers:
            raise SchemaError("neither a name that can be screened nor an identifier", where=Place(field=field))
        sides.append((names, others))
    (left_names, left_traits), (right_names, right_traits) = sides
    return compare(best_names(left_names, right_names, person=person), left_traits, right_traits)


def _names(side: Mapping[str, Sequence[str]], *, person: bool) -> list[Weighed]:
    found = [(text, fact == "weakAlias") for fact in NAME_FACTS for text in side.get(fact, ())]
    if not side.get("name"):
        parts: Iterable[str] = (text for fact in _PARTS_OF_A_NAME for text in side.get(fact, ()))
        found.append((" ".join(parts), False))
    parsed = [(name, weak or short) for text, weak in found for name, short in parse_all(text, person=person)]
    return [weighed(name, weak=weak) for name, weak in parsed]


def weighed(name: Name, *, weak: bool = False) -> Weighed:
    """Return a name with how much its parts say by their kind alone."""
    return Weighed(name, tuple([KIND_RARITY[part.kind] for part in name.parts]), weak)


def _traits(side: Mapping[str, Sequence[str]], properties: Mapping[str, str]) -> Traits:
    numbers = (normal(text) for fact, texts in side.items() if properties.get(fact) == "identifier" for text in texts)
    return traits(
        [born for text in side.get("birthDate", ()) if (born := read_date(text))],
        [text for fact in sorted(COUNTRY_FACTS) for text in side.get(fact, ())],
        side.get("gender", ()),
        [number for number in numbers if number],
    )
