"""The European Union's Financial Sanctions File, XML 1.1: one `sanctionEntity` a designation, its facts in attributes.

Source: the schema of the consolidated list that the European Commission publishes with the file (namespace
``http://eu.europa.ec/fpi/fsd/export``). Names are written once for each language of the Official Journal.
"""

from typing import Final

from headwater.errors import FormatError, HeadwaterError, Place, SchemaError
from headwater.formats.dates import iso_date
from headwater.formats.entries import Entry, language_tag, list_origin, sha256_of
from headwater.formats.reading import Notice, Reading
from headwater.formats.safe import identifier
from headwater.formats.safe_xml import Element, iter_xml
from headwater.model.ids import EntityKey
from headwater.ports import LeftOut, SourceInput

ORIGINATOR: Final = "EU-COM"
NEW_KIND: Final = "a kind of subject that the EU list did not have before, read as LegalEntity"
_SCHEMATA: Final = {"person": "Person", "P": "Person", "enterprise": "Organization", "E": "Organization"}
_GENDERS: Final = {"M": "male", "F": "female"}
_UNKNOWN: Final = "00"
"""The country code of what is not known."""
_PAPERS: Final = {"passport": "passportNumber", "diplpass": "passportNumber", "ssn": "socialSecurityNumber",
                  "fiscalcode": "taxNumber", "regnumber": "registrationNumber", "swiftbic": "swiftBic",
                  "imo": "imoNumber"}  # fmt: skip
_BODY_ONLY: Final = frozenset({"registrationNumber", "swiftBic", "imoNumber"})
_PERSON_ONLY: Final = frozenset({"passportNumber", "socialSecurityNumber"})
_CONTACTS: Final = {"EMAIL": "email", "WEB": "website", "PHONE": "phone"}
_ADDRESS: Final = ("street", "poBox", "city", "place", "region", "zipCode", "countryDescription")


class EuXml:
    """The EU list as a data source."""

    name = "eu-xml"
    title = "EU Financial Sanctions File, XML 1.1"

    def read(self, given: SourceInput) -> Reading:
        """Yield one record for each designation.

        Raises:
            InputError: the file is no EU list, is cut short, holds a document type, or is beyond the limits.
        """
        sha256 = sha256_of(given.data)
        stream = iter_xml(given.data, root="export", entries=frozenset({"sanctionEntity"}), file=given.name)
        root = next(stream)
        if "generationDate" not in root.attributes:
            what = "not an EU list: no generationDate on its outermost element"
            raise FormatError(what, where=Place(file=given.name, line=root.line))
        where = Place(file=given.name, line=root.line, field="generationDate")
        version = iso_date(root.attributes["generationDate"], where=where)
        new = False
        for element in stream:
            place = Place(file=given.name, line=element.line)
            try:
                entry = _entry(element, place)
                new = new or _kind(element) not in _SCHEMATA
                origin = list_origin(
                    ORIGINATOR, self.name, given.name, sha256, version=version, place=f"line {element.line}"
                )
                yield entry.record(origin)
            except HeadwaterError as error:
                yield LeftOut(error.located(file=given.name, line=element.line))
        return (Notice(NEW_KIND, Place(file=given.name)),) if new else ()


def _entry(element: Element, place: Place) -> Entry:
    number = identifier(element.attributes.get("logicalId", ""), where=_field(place, "logicalId"))
    entry = Entry(EntityKey(f"eu:{number}"), _SCHEMATA.get(_kind(element), "LegalEntity"))
    _add_names(entry, element, place)
    for born in element.all("birthdate"):
        _add_birth(entry, born, place)
    for citizen in element.all("citizenship"):
        entry.say("nationality" if entry.schema == "Person" else "country", _country(citizen))
    for address in element.all("address"):
        given = address.attributes
        country = "" if given.get("countryIso2Code") == _UNKNOWN else given.get("countryDescription", "")
        parts = [*(given.get(name, "") for name in _ADDRESS[:-1]), country]
        entry.say("address", ", ".join(part.strip() for part in parts if part.strip()))
        entry.say("country", country)
        for contact in address.all("contactInfo"):
            key, value = contact.attributes.get("key", "").upper(), contact.attributes.get("value", "")
            if key in _CONTACTS:
                entry.say(_CONTACTS[key], value)
            else:
                entry.note("Contact", value)
    for paper in element.all("identification"):
        _add_paper(entry, paper)
    for remark in element.texts("remark"):
        entry.say("notes", remark)
    _add_sanction(entry, element, place)
    return entry


def _kind(element: Element) -> str:
    given = next((one.attributes for one in element.all("subjectType")), {})
    return given.get("code") or given.get("classificationCode", "")


def _add_names(entry: Entry, element: Element, place: Place) -> None:
    first = True
    for alias in element.all("nameAlias"):
        given = alias.attributes
        parts = " ".join(given.get(name, "") for name in ("firstName", "middleName", "lastName"))
        name = given.get("wholeName", "").strip() or parts.strip()
        if not name:
            continue
        strong = given.get("strong", "true").lower() != "false"
        lang = language_tag(name) or (given.get("nameLanguage", "").lower() or None)
        entry.say("name" if first and strong else "alias" if strong else "weakAlias", name, lang=lang)
        if entry.schema == "Person" and first and strong:
            entry.say("firstName", given.get("firstName", ""))
            entry.say("lastName", given.get("lastName", ""))
        first = first and not strong
        if entry.schema == "Person":
            entry.say("position", given.get("function", ""))
            entry.say("title", given.get("title", ""))
            entry.say("gender", _GENDERS.get(given.get("gender", ""), ""), original=given.get("gender") or None)
    if not any(fact.prop in ("name", "alias", "weakAlias") for fact in entry.facts):
        raise SchemaError("an entry without a name", where=_field(place, "nameAlias"))


def _add_birth(entry: Entry, born: Element, place: Place) -> None:
    given = born.attributes
    words = " ".join(f"{name}={value}" for name, value in given.items() if value) or None
    if given.get("calendarType", "GREGORIAN") not in ("", "GREGORIAN"):
        entry.note("Date of birth", words or "")
        return
    year, month, day = (given.get(name, "").strip() for name in ("year", "monthOfYear", "dayOfMonth"))
    whole = given.get("birthdate", "").strip()
    if not whole and year and year != "0":
        whole = "-".join((year, *(part.zfill(2) for part in ((month, day) if day else (month,)) if part)))
    circa = given.get("circa", "").lower() == "true"
    for text in (whole, given.get("yearRangeFrom", "").strip(), given.get("yearRangeTo", "").strip()):
        if text and text != "0":
            exact = text == whole and not circa
            entry.say("birthDate", iso_date(text, where=_field(place, "birthdate")), original=None if exact else words)
    where = [given.get("city", ""), given.get("place", ""), given.get("region", ""), _country(born)]
    entry.say("birthPlace", ", ".join(part.strip() for part in where if part.strip()))
    entry.say("birthCountry", _country(born))


def _country(element: Element) -> str:
    code = element.attributes.get("countryIso2Code", "")
    return "" if code in ("", _UNKNOWN) else element.attributes.get("countryDescription", "") or code


def _add_paper(entry: Entry, paper: Element) -> None:
    given = paper.attributes
    number = given.get("latinNumber", "").strip() or given.get("number", "").strip()
    prop = _PAPERS.get(given.get("identificationTypeCode", "").lower(), "idNumber")
    person = entry.schema == "Person"
    if (prop in _BODY_ONLY and person) or (prop in _PERSON_ONLY and not person) or prop == "imoNumber":
        prop = "idNumber"
    said = [given.get("identificationTypeDescription", ""), given.get("number", ""), _country(paper)]
    said += [
        word for word in ("knownFalse", "knownExpired", "reportedLost", "revokedByIssuer") if given.get(word) == "true"
    ]
    words = ", ".join(part for part in said if part)
    entry.say(prop, number, original=words)
    if not number:
        entry.note("Document", words)


def _add_sanction(entry: Entry, element: Element, place: Place) -> None:
    entry.decree("authority", "European Union")
    entry.decree("authorityId", element.attributes.get("euReferenceNumber", ""))
    entry.decree("unscId", element.attributes.get("unitedNationId", ""))
    entry.decree("reason", element.attributes.get("designationDetails", ""))
    date = element.attributes.get("designationDate", "")
    if date:
        entry.decree("listingDate", iso_date(date, where=_field(place, "designationDate")))
    for act in element.all("regulation"):
        given = act.attributes
        entry.decree("program", given.get("programme", ""))
        entry.decree(
            "provisions",
            " ".join(part for part in (given.get("regulationType", ""), given.get("numberTitle", "")) if part),
        )
        for link in act.texts("publicationUrl"):
            entry.decree("sourceUrl", link)
        start = given.get("entryIntoForceDate") or given.get("publicationDate")
        if start:
            entry.decree("startDate", iso_date(start, where=_field(place, "entryIntoForceDate")))


def _field(place: Place, field: str) -> Place:
    return Place(file=place.file, line=place.line, field=field)
