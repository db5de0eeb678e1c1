"""The Consolidated List of the United Nations Security Council, as XML.

Source: https://scsanctions.un.org/resources/xml/en/consolidated.xml and its schema, sc-sanctions.xsd.
"""

import re
from typing import Final

from headwater.errors import HeadwaterError, LimitError, Place, SchemaError
from headwater.formats.dates import american_date, iso_date
from headwater.formats.entries import Entry, language_tag, list_origin, sha256_of
from headwater.formats.reading import Reading
from headwater.formats.safe import MAX_VALUES, identifier
from headwater.formats.safe_xml import Element, iter_xml
from headwater.model.ids import EntityKey
from headwater.ports import LeftOut, SourceInput

ORIGINATOR: Final = "UN-SC"
_SCHEMATA: Final = {"INDIVIDUAL": "Person", "ENTITY": "Organization"}
_NAMES: Final = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_FORMERLY: Final = re.compile(r"(?:previously|formerly) listed as", re.IGNORECASE)
_GENDER: Final = re.compile(r"\bGender:? +(male|female)\b", re.IGNORECASE)
_MONTH_YEAR: Final = re.compile(r"([A-Z][a-z]{2})[a-z]*\.? +([0-9]{4})")
_ADDRESS: Final = ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY")
_GENDERS: Final = ("male", "female")


class UnXml:
    """The UN list as a data source."""

    name = "un-xml"
    title = "Consolidated List of the UN Security Council, XML"

    def read(self, given: SourceInput) -> Reading:
        """Yield one record for each individual and each entity.

        Raises:
            InputError: the file is no UN list, is cut short, holds a document type, or is beyond the limits.
        """
        sha256 = sha256_of(given.data)
        stream = iter_xml(given.data, root="CONSOLIDATED_LIST", entries=frozenset(_SCHEMATA), file=given.name)
        root = next(stream)
        where = Place(file=given.name, line=root.line, field="dateGenerated")
        version = iso_date(root.attributes.get("dateGenerated", ""), where=where)
        for element in stream:
            place = Place(file=given.name, line=element.line)
            try:
                entry = _entry(element, place)
                origin = list_origin(
                    ORIGINATOR, self.name, given.name, sha256, version=version, place=f"line {element.line}"
                )
                yield entry.record(origin)
            except HeadwaterError as error:
                yield LeftOut(error.located(file=given.name, line=element.line))
        return ()


def _entry(element: Element, place: Place) -> Entry:
    number = identifier(element.value("DATAID"), where=_field(place, "DATAID"))
    entry = Entry(EntityKey(f"un:{number}"), _SCHEMATA[element.tag])
    _add_names(entry, element, place)
    if element.tag == "INDIVIDUAL":
        _add_person(entry, element, place)
    for address in element.all(f"{element.tag}_ADDRESS"):
        _add_place(entry, "address", address)
        entry.say("country", address.value("COUNTRY"))
    for comment in element.texts("COMMENTS1"):
        entry.say("notes", comment)
    _add_sanction(entry, element, place)
    return entry


def _add_names(entry: Entry, element: Element, place: Place) -> None:
    parts = [text for name in _NAMES if (text := element.value(name))]
    if not parts:
        raise SchemaError("an entry without a name", where=_field(place, "FIRST_NAME"))
    entry.say("name", " ".join(parts))
    if element.tag == "INDIVIDUAL" and len(parts) > 1:
        entry.say("firstName", parts[0])
        entry.say("lastName", parts[-1])
    if element.tag == "ENTITY" and ";" in parts[0]:
        _add_each(entry, "alias", parts[0])
    for original in element.texts("NAME_ORIGINAL_SCRIPT"):
        entry.say("alias", original, lang=language_tag(original))
    for alias in element.all(f"{element.tag}_ALIAS"):
        _add_alias(entry, alias, place)


def _add_alias(entry: Entry, alias: Element, place: Place) -> None:
    quality, note = alias.value("QUALITY"), alias.value("NOTE")
    if quality == "Low":
        prop = "weakAlias"
    else:
        prop = "previousName" if quality == "f.k.a." or _FORMERLY.search(note) else "alias"
    for name in alias.texts("ALIAS_NAME"):
        _add_each(entry, prop, name)
    if entry.schema == "Person":
        # A false identity has its own birth; who shows its papers must be found too.
        for born in alias.texts("DATE_OF_BIRTH"):
            entry.say("birthDate", iso_date(born, where=_field(place, "DATE_OF_BIRTH")), original=born)
        where = [alias.value("CITY_OF_BIRTH"), alias.value("COUNTRY_OF_BIRTH")]
        entry.say("birthPlace", ", ".join(part for part in where if part))


def _add_each(entry: Entry, prop: str, names: str) -> None:
    for name in split_names(names):
        entry.say(prop, name, lang=language_tag(name))


def split_names(text: str) -> list[str]:
    """Return the names that stand in one element: ``a; b``, or ``a (b; c)`` where others are told in brackets.

    Raises:
        LimitError: there are more than one element may have.
    """
    if ";" not in text:
        return [text]
    if text.count(";") >= MAX_VALUES:
        raise LimitError(f"over {MAX_VALUES} names in one element")
    parts, depth, start, opened = [], 0, 0, 0
    for place, letter in enumerate(text):
        if letter == "(":
            opened = place if depth == 0 else opened
            depth += 1
        elif letter == ")":
            depth = max(depth - 1, 0)
        elif letter == ";" and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    if parts:
        return [*parts, text[start:]]
    return [text[:opened], *text[opened + 1 :].rstrip().removesuffix(")").split(";")]


def _add_person(entry: Entry, element: Element, place: Place) -> None:
    for path, prop in (
        ("TITLE/VALUE", "title"),
        ("DESIGNATION/VALUE", "position"),
        ("NATIONALITY/VALUE", "nationality"),
    ):
        for text in element.texts(path):
            entry.say(prop, text)
    gender = element.value("GENDER")
    found = None if gender else _GENDER.search(element.value("COMMENTS1"))
    said = found.group(1) if found else gender
    if said.lower() in _GENDERS:
        entry.say("gender", said.lower(), original=said)
    for born in element.all("INDIVIDUAL_DATE_OF_BIRTH"):
        _add_birth(entry, born, place)
    for where in element.all("INDIVIDUAL_PLACE_OF_BIRTH"):
        _add_place(entry, "birthPlace", where)
        entry.say("birthCountry", where.value("COUNTRY"))
    for document in element.all("INDIVIDUAL_DOCUMENT"):
        _add_document(entry, document)


def _add_birth(entry: Entry, born: Element, place: Place) -> None:
    kind = born.value("TYPE_OF_DATE")
    given = [text for tag in ("DATE", "YEAR", "FROM_YEAR", "TO_YEAR") if (text := born.value(tag))]
    note = born.value("NOTE")
    # What is not exact keeps its own words in `original`: "APPROXIMATELY 1963", "BETWEEN 1968 1973".
    words = " ".join(part for part in (kind if kind != "EXACT" else "", *given, note) if part)
    for text in given:
        entry.say("birthDate", iso_date(text, where=_field(place, "INDIVIDUAL_DATE_OF_BIRTH")), original=words)
    if not given and note:
        month = _MONTH_YEAR.fullmatch(note)
        date = american_date(f"{month[1]} {month[2]}") if month else None
        entry.say("birthDate" if date else "notes", date or f"Date of birth: {note}", original=note)


def _add_place(entry: Entry, prop: str, element: Element) -> None:
    value = ", ".join(text for tag in _ADDRESS if (text := element.value(tag)))
    note = element.value("NOTE")
    entry.say(prop, value or note, original=f"{value} ({note})" if value and note else None)


def _add_document(entry: Entry, document: Element) -> None:
    kind = document.value("TYPE_OF_DOCUMENT") or document.value("TYPE_OF_DOCUMENT2")
    country = document.value("ISSUING_COUNTRY") or document.value("COUNTRY_OF_ISSUE")
    passport = "passport" in kind.lower() or "passeport" in kind.lower() or "pasaporte" in kind.lower()
    number = document.value("NUMBER")
    words = ", ".join(part for part in (" ".join(kind.split()), number, country, document.value("NOTE")) if part)
    entry.say("passportNumber" if passport else "idNumber", number, original=words)
    if not number:
        entry.note("Document", words)


def _add_sanction(entry: Entry, element: Element, place: Place) -> None:
    entry.decree("authority", "United Nations Security Council")
    entry.decree("program", element.value("UN_LIST_TYPE"))
    entry.decree("authorityId", element.value("REFERENCE_NUMBER"))
    entry.decree("unscId", element.value("REFERENCE_NUMBER"))
    for text in element.texts("LISTED_ON"):
        entry.decree("listingDate", iso_date(text, where=_field(place, "LISTED_ON")), original=text)
    for text in element.texts("LAST_DAY_UPDATED/VALUE"):
        entry.decree("modifiedAt", iso_date(text, where=_field(place, "LAST_DAY_UPDATED")), original=text)


def _field(place: Place, field: str) -> Place:
    return Place(file=place.file, line=place.line, field=field)
