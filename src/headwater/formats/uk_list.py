"""The UK Sanctions List whatever its form: the 58 columns, and what each says.

Source: the list's own CSV, https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.csv, form of January 2026. The XML has
the same fields under names of its own; it is brought to the columns first, so that both forms read alike.
"""

import re
from collections.abc import Mapping
from typing import Final

from headwater.errors import LimitError, Place, SchemaError
from headwater.formats.dates import british_date
from headwater.formats.entries import Entry, language_tag, plain_text
from headwater.formats.safe import MAX_VALUES, identifier
from headwater.model.ids import EntityKey

ORIGINATOR: Final = "UK-FCDO"
COLUMNS: Final = (
    *("Last Updated", "Unique ID", "OFSI Group ID", "UN Reference Number", "Name 6", "Name 1", "Name 2", "Name 3"),
    *("Name 4", "Name 5", "Name type", "Alias strength", "Title", "Name non-latin script", "Non-latin script type"),
    *("Non-latin script language", "Regime Name", "Designation Type", "Designation source", "Sanctions Imposed"),
    *("Other Information", "UK Statement of Reasons", "Address Line 1", "Address Line 2", "Address Line 3"),
    *("Address Line 4", "Address Line 5", "Address Line 6", "Address Postal Code", "Address Country", "Phone number"),
    *("Website", "Email address", "Date Designated", "D.O.B", "Nationality(/ies)", "National Identifier number"),
    *("National Identifier additional information", "Passport number", "Passport additional information", "Position"),
    *("Gender", "Town of birth", "Country of birth", "Type of entity", "Subsidiaries", "Parent company"),
    *("Business registration number (s)", "IMO number", "Current owner/operator (s)", "Previous owner/operator (s)"),
    *("Current believed flag of ship", "Previous flags", "Type of ship", "Tonnage of ship", "Length of ship"),
    *("Year Built", "Hull identification number (HIN)"),
)
KINDS: Final = {"Individual": "Person", "Entity": "Organization", "Ship": "Vessel"}
NEW_KIND: Final = "a kind of designation that the UK list did not have before, read as LegalEntity"
NAME_COLUMNS: Final = ("Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6")
ADDRESS_COLUMNS: Final = (*(f"Address Line {n}" for n in range(1, 7)), "Address Postal Code", "Address Country")
_COMPANY: Final = re.compile(r"\b(?:company|corporation|limited|ltd|plc|llc|gmbh|enterprise)\b", re.IGNORECASE)
_GENDERS: Final = ("male", "female")
_SEVERAL: Final = re.compile(r"[|\n]")

_ANYBODY: Final = {"Website": "website", "Email address": "email", "Phone number": "phone"}
_PERSON: Final = {
    "Title": "title",
    "Nationality(/ies)": "nationality",
    "National Identifier number": "idNumber",
    "Passport number": "passportNumber",
    "Position": "position",
    "Country of birth": "birthCountry",
}
_ENTITY: Final = {"Type of entity": "legalForm", "Business registration number (s)": "registrationNumber"}
_SHIP: Final = {
    "IMO number": "imoNumber",
    "Current believed flag of ship": "flag",
    "Previous flags": "pastFlags",
    "Type of ship": "type",
    "Tonnage of ship": "tonnage",
    "Year Built": "buildDate",
}
_PROPERTIES: Final = {
    "Person": _ANYBODY | _PERSON,
    "LegalEntity": _ANYBODY | _ENTITY,
    "Organization": _ANYBODY | _ENTITY | {"IMO number": "imoNumber"},
    "Company": _ANYBODY | _ENTITY | {"IMO number": "imoNumber"},
    "Vessel": _SHIP,
}
# Read in a way of their own by the functions below. Every other column without a property is kept as a note.
_HANDLED: Final = frozenset(
    {
        *("Last Updated", "Unique ID", "OFSI Group ID", "UN Reference Number", "Name type", "Alias strength"),
        *("Name non-latin script", "Non-latin script type", "Non-latin script language", "Regime Name"),
        *("Designation Type", "Sanctions Imposed", "Other Information", "UK Statement of Reasons", "Date Designated"),
        *("D.O.B", "Gender", "Town of birth", *NAME_COLUMNS, *ADDRESS_COLUMNS),
    }
)


def entry_of(row: Mapping[str, str], place: Place) -> Entry:
    """Return what one row says; a row repeats what others of its designation say.

    Raises:
        SchemaError: the row has no identifier, no name, or a date that is none.
    """
    key = identifier(row["Unique ID"].strip(), where=_field(place, "Unique ID"))
    entry = Entry(EntityKey(f"uk:{key}"), _kind(row))
    _add_name(entry, row, place)
    _add_sanction(entry, row, place)
    if entry.schema == "Person":
        _add_person(entry, row, place)
    entry.say("address", ", ".join(text for column in ADDRESS_COLUMNS if (text := row[column].strip())))
    entry.say("country", row["Address Country"])
    entry.say("notes", plain_text(row["Other Information"]), original=row["Other Information"])
    properties = _PROPERTIES[entry.schema]
    for column, value in row.items():
        if column in _HANDLED or not value.strip():
            continue
        if column in properties:
            for part in split(value):
                entry.say(properties[column], part)
        else:
            entry.note(column, value)
    return entry


def _kind(row: Mapping[str, str]) -> str:
    # A kind that the list did not have before is read as anybody whom law can address: better than to lose the entry.
    kind = KINDS.get(row["Designation Type"].strip(), "LegalEntity")
    return "Company" if kind == "Organization" and _COMPANY.search(row["Type of entity"]) else kind


def split(text: str) -> list[str]:
    """Return the values that a cell holds with bars or line breaks between them.

    Raises:
        LimitError: there are more than one cell may have.
    """
    parts = [part for part in _SEVERAL.split(text) if part.strip()]
    if len(parts) > MAX_VALUES:
        raise LimitError(f"over {MAX_VALUES} values in one cell")
    return parts


def _add_name(entry: Entry, row: Mapping[str, str], place: Place) -> None:
    parts = [" ".join(row[column].split()) for column in NAME_COLUMNS]
    name = " ".join(part for part in parts if part)
    if not name:
        raise SchemaError("a row without a name", where=_field(place, "Name 6"))
    kind, strength = row["Name type"].lower(), row["Alias strength"].lower()
    if kind.startswith("primary name") and "variation" not in kind:
        entry.say("name", name)
        if entry.schema == "Person":
            entry.say("firstName", parts[0])
            entry.say("middleName", " ".join(part for part in parts[1:5] if part))
            entry.say("lastName", parts[5])
    elif "low" in strength:
        entry.say("weakAlias", name)
    else:
        entry.say("previousName" if "former" in kind or "fka" in kind else "alias", name)
    foreign = row["Name non-latin script"]
    entry.say("alias", foreign, lang=language_tag(foreign, row["Non-latin script language"]))


def _add_person(entry: Entry, row: Mapping[str, str], place: Place) -> None:
    for text in split(row["D.O.B"]):
        entry.say("birthDate", british_date(text.strip(), where=_field(place, "D.O.B")), original=text)
    gender = row["Gender"].strip().lower()
    if gender in _GENDERS:
        entry.say("gender", gender, original=row["Gender"])
    else:
        entry.note("Gender", gender)
    where = [row["Town of birth"].strip(), row["Country of birth"].strip()]
    entry.say("birthPlace", ", ".join(part for part in where if part))


def _add_sanction(entry: Entry, row: Mapping[str, str], place: Place) -> None:
    entry.decree("authority", "United Kingdom, Foreign, Commonwealth and Development Office")
    entry.decree("program", row["Regime Name"])
    entry.decree("authorityId", row["Unique ID"])
    if row["OFSI Group ID"].strip():
        entry.decree("authorityId", row["OFSI Group ID"], original=f"OFSI Group ID {row['OFSI Group ID']}")
    entry.decree("unscId", row["UN Reference Number"])
    for measure in split(row["Sanctions Imposed"]):
        entry.decree("provisions", measure)
    entry.decree("reason", plain_text(row["UK Statement of Reasons"]), original=row["UK Statement of Reasons"])
    for column, prop in (("Date Designated", "listingDate"), ("Last Updated", "modifiedAt")):
        text = row[column].strip()
        if text:
            entry.decree(prop, british_date(text, where=_field(place, column)), original=text)


def _field(place: Place, field: str) -> Place:
    return Place(file=place.file, line=place.line, field=field)
