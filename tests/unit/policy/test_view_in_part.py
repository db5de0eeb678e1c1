"""A finding on a record that is shown in part: a victim's name is taken out, and so is what could tell it."""

import pytest

from headwater.errors import ForbiddenError
from headwater.model.finding import Evidence
from headwater.model.ids import BlobHash
from headwater.model.record import PersonCategory
from tests.unit.policy.view_kit import PROTECTION, MemoryReader, finding, person, record, session, thing, view


def test_it_is_seen_where_it_names_what_is_shown_and_not_where_it_names_the_whole() -> None:
    told = record(
        person("victim", PersonCategory.VICTIM),
        thing("van"),
        facts=(("victim", "name", "V"), ("van", "registrationNumber", "AB 12")),
        blobs=("b" * 64,),
    )
    other = record(thing("boat"), facts=(("boat", "name", "B"),))
    name, plate = (number for number, _ in told.numbered())
    claims = {
        "whole": finding(Evidence.record(told.id), text="whole"),
        "name": finding(Evidence.fact(name), text="name"),
        "plate": finding(Evidence.fact(plate), text="plate"),
        "picture": finding(Evidence.blob(BlobHash("b" * 64)), text="picture"),
        "beside": finding(Evidence.fact(plate), Evidence.record(told.id), text="beside"),
        "other": finding(Evidence.record(other.id), Evidence.fact(plate), text="other"),
    }
    reader = MemoryReader([told, other], list(claims.values()))
    for who, seen in ((session(), {"plate", "other"}), (session(*PROTECTION), set(claims))):
        assert {each.text for each in view(reader, who).findings()} == seen
        for text, claim in claims.items():
            if text in seen:
                assert view(reader, who).finding(claim.id) == claim
            else:
                with pytest.raises(ForbiddenError):
                    view(reader, who).finding(claim.id)
