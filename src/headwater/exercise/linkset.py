"""Records of three invented states that speak of the same people, firms and vehicles, with the truth beside them.

Nobody in them exists. Each thing is spoken of by one to four records; each state spells in its own way: Belgrade in
Serbian Cyrillic or Latin, Pristina in Albanian, London on a keyboard without diacritics. Records have the faults of
life: slips of the pen, swapped days, years alone, changed surnames, papers read by camera, moved homes, shared phones.
Families share surname, address and telephone; twins share the birth date too. The same seed gives the same bytes.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from headwater.errors import SchemaError
from headwater.exercise.names import company_name, cyrillic, given_names, plain, stems

COLUMNS: Final = (
    *(
        "id",
        "originator",
        "schema",
        "category",
        "name",
        "given_name",
        "family_name",
        "birth_date",
        "gender",
        "birth_place",
    ),
    *("father_name", "id_number", "passport_number", "phone", "address", "registration_number", "vin", "model"),
)
STATES: Final = ("RS-MOI", "XK-KP", "UK-NCA")
_HOME: Final = {"Serbian": "RS-MOI", "Albanian": "XK-KP", "English": "UK-NCA"}
_LANGUAGES: Final = ("Serbian", "Albanian", "English")
_TOWNS: Final = (
    "Primerovac",
    "Testograd",
    "Shembullaj",
    "Fshati i Shpikur",
    "Exampleville",
    "Testborough",
    "Nonesuch-on-Sea",
)
_STREETS: Final = (
    "Example Street",
    "Fiction Lane",
    "Rruga e Shembullit",
    "Ulica Izmišljena",
    "Placeholder Road",
    "Uzorna",
)
_MODELS: Final = ("Testwagen Kombi", "Example Transit", "Primer Furgon", "Sample Hauler", "Nonesuch Van")
_OPTICAL: Final = {"0": "O", "O": "0", "1": "I", "I": "1", "8": "B", "B": "8", "5": "S", "S": "5"}
_ALBANIAN: Final = str.maketrans(
    {"š": "sh", "č": "ç", "ć": "q", "đ": "gj", "ž": "zh", "Š": "Sh", "Č": "Ç", "Ć": "Q", "Đ": "Gj", "Ž": "Zh"}
)
_ENGLISH: Final = str.maketrans(
    {
        "š": "sh",
        "č": "ch",
        "ć": "ch",
        "đ": "dj",
        "ž": "zh",
        "Š": "Sh",
        "Č": "Ch",
        "Ć": "Ch",
        "Đ": "Dj",
        "Ž": "Zh",
        "ë": "e",
        "ç": "ch",
        "Ç": "Ch",
        "Ë": "E",
    }
)
_TO_SERBIAN: Final = (
    *(
        ("xh", "dž"),
        ("sh", "š"),
        ("zh", "ž"),
        ("gj", "đ"),
        ("ll", "l"),
        ("rr", "r"),
        ("th", "t"),
        ("dh", "d"),
        ("ph", "f"),
    ),
    *(("ck", "k"), ("q", "ć"), ("ç", "č"), ("ë", "e"), ("y", "i"), ("w", "v"), ("x", "ks")),
)


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """One record of one state: its fields by column name, and the thing that it truly speaks of."""

    fields: dict[str, str]
    truth: str


@dataclass(slots=True)
class _Person:
    number: int
    language: str
    given: str
    family: str
    maiden: str
    female: bool
    born: date
    place: str
    father: str
    address: str
    phones: list[str]
    ids: dict[str, str] = field(default_factory=dict)
    passport: str = ""


def link_records(count: int, seed: int) -> list[LinkRecord]:
    """Return about so many records, in an order that tells nothing.

    Args:
        count: how many records, at least ten.
        seed: what they are drawn from.

    Raises:
        SchemaError: fewer than ten.
    """
    if count < 10:
        raise SchemaError("too few records for a set with families in it", fix="ask for at least ten")
    draw = Random(f"link/{seed}")
    world = _World(draw)
    made: list[LinkRecord] = []
    while len(made) < count:
        share = draw.random()
        if share < 0.72:
            for person in world.household():
                made += world.seen(person)
        elif share < 0.87:
            made += world.company()
        else:
            made += world.vehicle()
    made = made[:count]
    draw.shuffle(made)
    for at, record in enumerate(made):
        record.fields["id"] = f"{record.fields['originator'][:2].lower()}-{at + 1:07d}"
    return made


def link_files(records: Sequence[LinkRecord]) -> dict[str, bytes]:
    """Return one CSV file for each state, and ``truth.csv`` with the thing of each record."""
    files: dict[str, bytes] = {}
    for state in STATES:
        rows = [
            [one.fields.get(column, "") for column in COLUMNS] for one in records if one.fields["originator"] == state
        ]
        files[f"records-{state}.csv"] = _csv(COLUMNS, rows)
    truth = [[f"{one.fields['originator']}/{one.fields['id']}", one.truth] for one in records]
    files["truth.csv"] = _csv(("record", "thing"), truth)
    return files


def _csv(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(head)
    table.writerows(rows)
    return written.getvalue().encode()


def spelled(name: str, language: str, state: str, draw: Random) -> str:
    """Return a name as a clerk of a state writes it: in that state's letters, by ear."""
    if state == "RS-MOI":
        latin = name if language == "Serbian" else _by_ear(name)
        return cyrillic(latin, "Serbian") if draw.random() < 0.6 else latin
    if state == "XK-KP":
        return name.translate(_ALBANIAN)
    way = draw.random()
    return plain(name).replace("đ", "dj").replace("Đ", "Dj") if way < 0.7 else name.translate(_ENGLISH)


def _by_ear(name: str) -> str:
    lower = name.lower()
    for foreign, own in _TO_SERBIAN:
        lower = lower.replace(foreign, own)
    return " ".join(word[:1].upper() + word[1:] for word in lower.split(" "))


class _World:
    """Draws people, firms and vehicles, and how the three states saw them."""

    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self._number = 0
        self._given = {
            (language, female): given_names(language, female=female)
            for language in _LANGUAGES
            for female in (False, True)
        }
        # A few families are common and most are rare, as in life (Zipf).
        self._weights = {size: list(accumulate(1 / (rank + 3) for rank in range(size))) for size in range(4, 40)}

    def _pick(self, names: Sequence[str]) -> str:
        return self._draw.choices(names, cum_weights=self._weights[len(names)])[0]

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _family_name(self, language: str) -> str:
        stem, middles, endings = stems(language)
        inner = self._pick(middles) if self._draw.random() < 0.8 else self._pick(middles) + self._pick(middles)
        return self._pick(stem) + inner + self._pick(endings)

    def household(self) -> list[_Person]:
        """Return one to five people under one roof, among them twins now and then."""
        draw = self._draw
        language = draw.choice(_LANGUAGES)
        family, address, phone = self._family_name(language), self._address(), self._phone()
        people: list[_Person] = []
        for at in range(draw.choices((1, 2, 3, 4, 5), (50, 20, 14, 10, 6))[0]):
            twin = at > 0 and draw.random() < 0.08
            person = self._person(language, family, address, phone)
            if twin:
                person.born, person.father, person.place = people[-1].born, people[-1].father, people[-1].place
                while person.given == people[-1].given and person.female == people[-1].female:
                    person.female = not person.female
                    person.given = self._pick(self._given[language, person.female])
            people.append(person)
        return people

    def _person(self, language: str, family: str, address: str, phone: str) -> _Person:
        draw = self._draw
        female = draw.random() < 0.35
        given = self._pick(self._given[language, female])
        if draw.random() < 0.1:
            given = f"{given} {self._pick(self._given[language, female])}"
        number = self._next()
        phones = [self._phone()] + ([phone] if draw.random() < 0.4 else [])
        person = _Person(
            number, language, given, family, "", female,
            date(1950, 1, 1) + timedelta(days=draw.randrange(365 * 56)),
            draw.choice(_TOWNS), self._pick(self._given[language, False]), address, phones,
        )  # fmt: skip
        if female and draw.random() < 0.3:
            person.maiden = self._family_name(language)
        person.ids = {state: f"T{draw.randrange(10**9):09d}" for state in (_HOME[language], draw.choice(STATES))}
        person.passport = f"X{draw.randrange(10**7):07d}T"
        return person

    def _address(self) -> str:
        return f"{self._draw.randrange(1, 400)} {self._draw.choice(_STREETS)}, {self._draw.choice(_TOWNS)}"

    def _phone(self) -> str:
        return f"+{self._draw.choice(('381', '383', '44'))} {self._draw.randrange(10**8):08d}"

    def _states(self) -> list[str]:
        return self._draw.choices(STATES, k=self._draw.choices((1, 2, 3, 4), (38, 30, 20, 12))[0])

    def seen(self, person: _Person) -> Iterator[LinkRecord]:
        """Yield the records in which the states speak of a person."""
        for state in self._states():
            yield LinkRecord(dict(self._told(person, state)), f"person-{person.number}")

    def _told(self, person: _Person, state: str) -> Iterator[tuple[str, str]]:
        draw = self._draw
        yield from (("originator", state), ("schema", "Person"), ("category", "suspect"))
        family = person.maiden if person.maiden and draw.random() < 0.4 else person.family
        if person.maiden and draw.random() < 0.1:
            family = f"{person.maiden}-{person.family}"
        given = person.given.split(" ")[0] if draw.random() < 0.6 else person.given
        given = given[0] + "." if draw.random() < 0.02 else given
        yield from self._named(self._slip(given), self._slip(family), person.language, state)
        born = self._date(person.born)
        if born:
            yield "birth_date", born
        if draw.random() < 0.75:
            yield "gender", "female" if person.female else "male"
        if draw.random() < 0.35:
            yield "birth_place", person.place
        if state != "UK-NCA" and draw.random() < 0.4:
            yield "father_name", spelled(person.father, person.language, state, draw)
        if state in person.ids and draw.random() < 0.45:
            yield "id_number", self._misread(person.ids[state])
        if draw.random() < 0.25:
            yield "passport_number", self._misread(person.passport)
        if draw.random() < 0.4:
            yield "phone", self._dialled(draw.choice(person.phones))
        if draw.random() < 0.45:
            yield "address", self._written(person.address) if draw.random() < 0.8 else self._address()

    def _named(self, given: str, family: str, language: str, state: str) -> Iterator[tuple[str, str]]:
        way = self._draw.random()
        # One clerk writes both parts: in one script, by one habit.
        first, last = (spelled(part, language, state, Random(f"clerk/{way}")) for part in (given, family))
        yield "name", f"{last} {first}" if way < 0.12 else f"{first} {last}"
        if way > 0.6:
            yield from (("given_name", first), ("family_name", last))

    def _written(self, address: str) -> str:
        """Return an address as one of several clerks writes it: whole, without the town, or with a slip."""
        way = self._draw.random()
        if way < 0.1:
            return address.partition(",")[0]
        house, _, rest = address.partition(" ")
        return f"{house} {self._slip(rest)}"

    def _slip(self, word: str) -> str:
        """Return a word, now and then with one slip of the pen."""
        draw = self._draw
        if len(word) < 4 or draw.random() > 0.07:
            return word
        at = draw.randrange(1, len(word) - 1)
        return draw.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + draw.choice("aeiomnrst") + word[at + 1 :],
                word[:at] + word[at] + word[at:],
            )
        )

    def _date(self, born: date) -> str:
        draw = self._draw
        way = draw.random()
        if way < 0.06:
            return ""
        if way < 0.13:
            return f"{born.year}"
        if way < 0.18 and born.day <= 12:
            return f"{born.year}-{born.day:02d}-{born.month:02d}"
        if way < 0.21:
            return born.replace(day=min(28, max(1, born.day + draw.choice((-10, 10, -1, 1))))).isoformat()
        if way < 0.225:
            return born.replace(year=born.year + draw.choice((-1, 1)), day=min(born.day, 28)).isoformat()
        return born.isoformat()

    def _misread(self, number: str) -> str:
        draw = self._draw
        way = draw.random()
        if way < 0.05:
            return "".join(_OPTICAL.get(letter, letter) for letter in number)
        if way < 0.08:
            at = draw.randrange(1, len(number))
            return number[:at] + str(draw.randrange(10)) + number[at + 1 :]
        return number

    def _dialled(self, phone: str) -> str:
        country, _, rest = phone.partition(" ")
        return self._draw.choice((phone, f"0{rest}", f"00{country[1:]}{rest}", f"{country} {rest[:2]} {rest[2:]}"))

    def company(self) -> Iterator[LinkRecord]:
        """Yield the records in which the states speak of a firm."""
        draw = self._draw
        name, _ = company_name(draw)
        body, _, form = name.rpartition(" ")
        body = body.replace("TEST", f"TEST {self._family_name(draw.choice(_LANGUAGES)).upper()}")
        number, registered, address, phone = (
            self._next(),
            f"TEST{draw.randrange(10**7):07d}",
            self._address(),
            self._phone(),
        )
        home = draw.choice(STATES)
        for state in self._states():
            told = {"originator": state, "schema": "Company", "name": self._firm(body, form, state)}
            if draw.random() < (0.6 if state == home else 0.2):
                told["registration_number"] = self._misread(registered)
            if draw.random() < 0.4:
                told["phone"] = self._dialled(phone)
            if draw.random() < 0.5:
                told["address"] = address
            yield LinkRecord(told, f"company-{number}")

    def _firm(self, body: str, form: str, state: str) -> str:
        draw = self._draw
        words = [self._slip(word) if len(word) > 6 else word for word in body.split()]
        if draw.random() < 0.1:
            words = [word for word in words if word != "TEST"]
        whole = " ".join((*words, form if draw.random() < 0.8 else ""))
        whole = whole.strip()
        if state == "RS-MOI" and draw.random() < 0.4:
            return cyrillic(_by_ear(whole.replace("Q", "K")), "Serbian").upper()
        return whole.title() if draw.random() < 0.3 else whole

    def vehicle(self) -> Iterator[LinkRecord]:
        """Yield the records in which the states speak of a vehicle."""
        draw = self._draw
        number = self._next()
        plate = f"ZZ{draw.randrange(10**3):03d}{draw.choice('ABCDEFGHKLM')}{draw.choice('ABSOIXZ')}{draw.choice('XYZ')}"
        frame = "TEST" + "".join(draw.choices("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", k=13))
        model = draw.choice(_MODELS)
        for state in self._states():
            way = draw.random()
            told = {"originator": state, "schema": "Vehicle"}
            if way < 0.85:
                shown = self._misread(plate)
                told["registration_number"] = f"{shown[:2]} {shown[2:5]}-{shown[5:]}" if draw.random() < 0.5 else shown
            if way > 0.7:
                told["vin"] = self._misread(frame)
            if draw.random() < 0.7:
                told["model"] = model
            yield LinkRecord(told, f"vehicle-{number}")
