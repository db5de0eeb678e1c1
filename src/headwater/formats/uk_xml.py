"""The UK Sanctions List as XML. Each designation is brought to the rows of the CSV, so that both forms read alike.

Element names follow public readers of the official file; a wrapper under another name is found by what is inside it.
"""

from typing import Final

from headwater.errors import FormatError, HeadwaterError, LimitError, Place
from headwater.formats.dates import british_date
from headwater.formats.entries import Entry, list_origin, sha256_of
from headwater.formats.reading import Notice, Reading
from headwater.formats.safe_xml import Element, iter_xml
from headwater.formats.uk_list import COLUMNS, KINDS, NEW_KIND, ORIGINATOR, entry_of
from headwater.ports import LeftOut, SourceInput

MAX_ROWS_OF_ONE: Final = 300
"""Names of one designation, or values of one kind; about five times the longest of the UN list."""
MAX_COLUMNS_OF_ONE: Final = 200
"""Kinds of elements in one designation; the official file has 58."""

# Elements that say one thing of the whole designation, and the column they fill.
ONCE: Final = {
    "LastUpdated": "Last Updated",
    "DateDesignated": "Date Designated",
    "UniqueID": "Unique ID",
    "OFSIGroupID": "OFSI Group ID",
    "UNReferenceNumber": "UN Reference Number",
    "RegimeName": "Regime Name",
    "IndividualEntityShip": "Designation Type",
    "DesignationSource": "Designation source",
    "SanctionsImposed": "Sanctions Imposed",
    "OtherInformation": "Other Information",
    "UKStatementofReasons": "UK Statement of Reasons",
}
# Elements that may stand several times, anywhere below the designation, each of one value.
MANY: Final = {
    "PhoneNumber": "Phone number",
    "Website": "Website",
    "EmailAddress": "Email address",
    "DOB": "D.O.B",
    "Nationality": "Nationality(/ies)",
    "NationalIdentifierNumber": "National Identifier number",
    "NationalIdentifierAdditionalInformation": "National Identifier additional information",
    "PassportNumber": "Passport number",
    "PassportAdditionalInformation": "Passport additional information",
    "Position": "Position",
    "Gender": "Gender",
    "Title": "Title",
    "TypeOfEntity": "Type of entity",
    "Subsidiary": "Subsidiaries",
    "ParentCompany": "Parent company",
    "IMONumber": "IMO number",
    "BusinessRegistrationNumber": "Business registration number (s)",
    "CurrentOwnerOperator": "Current owner/operator (s)",
    "PreviousOwnerOperator": "Previous owner/operator (s)",
    "CurrentBelievedFlagOfShip": "Current believed flag of ship",
    "PreviousFlag": "Previous flags",
    "TypeOfShip": "Type of ship",
    "TonnageOfShip": "Tonnage of ship",
    "LengthOfShip": "Length of ship",
    "YearBuilt": "Year Built",
    "HullIdentificationNumber": "Hull identification number (HIN)",
}
# Elements with parts that belong together: each makes a row of its own.
NAME: Final = {
    **{f"Name{n}": f"Name {n}" for n in range(1, 7)},
    "NameType": "Name type",
    "AliasStrength": "Alias strength",
}
NON_LATIN: Final = {
    "NameNonLatinScript": "Name non-latin script",
    "NonLatinScriptType": "Non-latin script type",
    "NonLatinScriptLanguage": "Non-latin script language",
}
ADDRESS: Final = {
    **{f"AddressLine{n}": f"Address Line {n}" for n in range(1, 7)},
    "AddressPostalCode": "Address Postal Code",
    "AddressCountry": "Address Country",
}
BIRTH: Final = {"TownOfBirth": "Town of birth", "CountryOfBirth": "Country of birth"}
_ONCE, _MANY, _NAME, *_OTHERS = (
    {tag.lower(): column for tag, column in table.items()} for table in (ONCE, MANY, NAME, NON_LATIN, ADDRESS, BIRTH)
)
_GROUPS: Final = (_NAME, *_OTHERS)


class UkXml:
    """The UK list's XML as a data source."""

    name = "uk-xml"
    title = "UK Sanctions List, XML"

    def read(self, given: SourceInput) -> Reading:
        """Yield one record for each designation.

        Raises:
            InputError: the file is no UK list XML, is cut short, holds a document type, or is beyond the limits.
        """
        sha256, version = sha256_of(given.data), None
        names = frozenset({"Designation", "DateGenerated"})
        new: set[str] = set()
        kinds: set[str] = set()
        stream = iter_xml(given.data, root="Designations", entries=names, file=given.name)
        next(stream)
        for element in stream:
            place = Place(file=given.name, line=element.line)
            if element.tag == "DateGenerated":
                where = Place(file=given.name, line=element.line, field="DateGenerated")
                version = british_date(element.text.strip(), where=where)
                continue
            if version is None:
                raise FormatError("not a UK list XML: no DateGenerated before the first Designation", where=place)
            try:
                rows = _rows(element)
                new |= rows[0].keys() - set(COLUMNS)
                kinds.add(rows[0]["Designation Type"])
                entry = _entry(rows, place)
                origin = list_origin(
                    ORIGINATOR, self.name, given.name, sha256, version=version, place=f"line {element.line}"
                )
                yield entry.record(origin)
            except HeadwaterError as error:
                yield LeftOut(error.located(file=given.name, line=element.line))
        whole = Place(file=given.name)
        extra = [Notice(f"{len(new)} element(s) that the UK list did not have before, kept as notes", whole)]
        return (*(extra if new else ()), *(Notice(NEW_KIND, whole) for _ in kinds - KINDS.keys()))


def _entry(rows: list[dict[str, str]], place: Place) -> Entry:
    entry = entry_of(rows[0], place)
    for row in rows[1:]:
        entry.take(entry_of(row, place), where=place)
    return entry


def _rows(designation: Element) -> list[dict[str, str]]:
    """Return a designation as rows of the CSV: one for each name, and more where something else is said more often.

    Raises:
        LimitError: there are too many; rows times columns is what a hostile designation could make large.
    """
    once = dict.fromkeys(COLUMNS, "")
    names: list[dict[str, str]] = []
    others: list[dict[str, str]] = []
    pending = list(reversed(designation.children))
    while pending:
        element = pending.pop()
        tag, text = element.tag.lower(), element.text.strip()
        parts = {child.tag.lower(): child.text.strip() for child in element.children}
        group = next((group for group in _GROUPS if not group.keys().isdisjoint(parts)), None)
        if group is not None:
            # All columns of the group, the empty ones too: half of another address must not fall into its gaps.
            row = dict.fromkeys(group.values(), "") | {group.get(part, part): value for part, value in parts.items()}
            (names if group is _NAME else others).append(row)
        elif element.children:
            pending.extend(reversed(element.children))
        elif tag in _ONCE:
            once[_ONCE[tag]] = text
        elif text:
            others.append({_MANY.get(tag, element.tag): text})
    # Every row must have every column, those that are new as well: a later row may be the first to name one.
    columns = dict.fromkeys((column for row in (*names, *others) for column in row), "") | once
    if len(columns) > MAX_COLUMNS_OF_ONE:
        raise LimitError(f"a designation with over {MAX_COLUMNS_OF_ONE} kinds of elements")
    _check_rows(len(names))
    rows = [columns | name for name in names or [{}]]
    for part in others:
        free = next((row for row in rows if not any(row[column] for column in part)), None)
        if free is None:
            rows.append(columns | (names[0] if names else {}) | part)
        else:
            free |= part
        _check_rows(len(rows))
    return rows


def _check_rows(count: int) -> None:
    if count > MAX_ROWS_OF_ONE:
        raise LimitError(f"a designation with over {MAX_ROWS_OF_ONE} names or values of one kind")
