"""The words that things are found by, whole: of each kind of thing, name and number in each script, as the index keeps them."""

from pathlib import Path

import pytest

from headwater.model.fact import Fact
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.node.pages.search_words import words_of
from tests.frozen import hold

WHOLE = Path(__file__).with_name("search_words_whole.json")
NAMED = {
    "a person": ("Person", "name", ("Dr. Ana-Marija van den Izmišljen", "Ана Измишљена", "al-Nepostojeći, Abu Omar")),
    "a firm": ("Company", "name", ("NEPOSTOJEĆA DOO", "Ана Превоз д.о.о.", "The Dr. Van Hire Company Ltd")),
    "a craft": ("Vessel", "name", ("Sea Nobody II", "M/V Nikad")),
    "a lorry": ("Vehicle", "registrationNumber", ("ZZ00 EXR", "БГ 001-ЋШ")),
    "papers": ("Passport", "number", ("00 AB-12", "n/a")),
    "an account": ("BankAccount", "iban", ("GB00 EXMP 0000 1111", "gb00exmp00001111")),
    "a telephone": ("Person", "phone", ("+381 11 000-000", "011/000 000")),
}


@pytest.mark.parametrize("name", NAMED)
def test_the_words_of_a_thing_are_what_they_were(name: str) -> None:
    schema, prop, values = NAMED[name]
    key = EntityKey("one")
    people = schema == "Person"
    mention = Mention(key, schema, PersonCategory.SUSPECT) if people else Mention(key, schema)
    record = Record(
        origin=Origin(AuthorityId("UK-NCA"), "report"),
        handling=UNRESTRICTED,
        mentions=(mention,),
        facts=(*(Fact(key, prop, value) for value in values), Fact(key, "country", "rs")),
    )
    hold(WHOLE, name, [list(one) for one in words_of(record)])
