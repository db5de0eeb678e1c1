"""Fictional designations as the files that the UK, the UN and OFAC publish: same names, same columns, same quirks."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Final
from xml.sax.saxutils import escape

from headwater.errors import SchemaError
from headwater.exercise.list_xml import eu_xml, ofac_xml
from headwater.exercise.lists import FICTION, PUBLISHED, REGIME, Designation
from headwater.exercise.names import plain
from headwater.formats.uk_list import COLUMNS
from headwater.formats.uk_xml import ADDRESS, BIRTH, NAME, NON_LATIN

FORMATS: Final = ("uk-csv", "uk-xml", "un-xml", "ofac-csv", "ofac-xml", "eu-xml")
UN_REGIME: Final = "TEST"
_EMPTY: Final = "-0- "
_TITLES: Final = {"Individual": "individual", "Entity": "", "Ship": "vessel"}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def list_files(form: str, designations: Sequence[Designation], *, published: date = PUBLISHED) -> dict[str, bytes]:
    """Return the files of a list by name, the main one first.

    Args:
        form: ``uk-csv``, ``uk-xml``, ``un-xml`` and ``eu-xml`` (which have no ships), ``ofac-csv`` (three files,
            Latin-1) or ``ofac-xml``.
        designations: what stands on the list.
        published: the day it is published.

    Raises:
        SchemaError: there is no such format.
    """
    writers: dict[str, Callable[[], dict[str, bytes]]] = {
        "uk-csv": lambda: {"uk-sanctions-list.csv": _uk_csv(designations, published)},
        "uk-xml": lambda: {"uk-sanctions-list.xml": _uk_xml(designations, published)},
        "un-xml": lambda: {"un-consolidated.xml": _un_xml(designations, published)},
        "ofac-csv": lambda: _ofac(designations),
        "ofac-xml": lambda: {"sdn_advanced.xml": ofac_xml(designations, published)},
        "eu-xml": lambda: {"eu-full-list.xml": eu_xml(designations, published)},
    }
    if form not in writers:
        raise SchemaError("no list is made in this format", fix=f"use one of {', '.join(FORMATS)}")
    return writers[form]()


def _uk_csv(designations: Iterable[Designation], published: date) -> bytes:
    out = io.StringIO(newline="")
    out.write(f"Report Date: {published.day:02d}-{_MONTHS[published.month - 1]}-{published.year}\r\n")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for designation in designations:
        writer.writerows([row.get(column, "") for column in COLUMNS] for row in _uk_rows(designation))
    return out.getvalue().encode()


def _uk_rows(one: Designation) -> Iterator[dict[str, str]]:
    """Yield a row for each name, each with all attributes, as the official file does."""
    same = _uk_once(one) | _uk_person(one) | _uk_body(one) | _uk_ship(one)
    names = {f"Name {place}": part for place, part in enumerate(one.given, 1)} | {"Name 6": one.family}
    native = {
        "Name non-latin script": one.native,
        "Non-latin script type": one.script,
        "Non-latin script language": one.language,
    }
    yield same | names | native | {"Name type": "Primary name"}
    for name in one.aliases:
        yield same | {"Name 6": name, "Name type": "Alias", "Alias strength": "Good quality a.k.a"}
    for name in one.weak_aliases:
        yield same | {"Name 6": name, "Name type": "Alias", "Alias strength": "Low quality a.k.a"}


def _uk_once(one: Designation) -> dict[str, str]:
    return {
        "Last Updated": f"{one.updated:%d/%m/%Y}",
        "Unique ID": f"TEST{one.number:06d}",
        "OFSI Group ID": str(900_000 + one.number),
        "Regime Name": REGIME,
        "Designation Type": one.kind,
        "Designation source": "UK",
        "Sanctions Imposed": "|".join(one.measures),
        "Other Information": FICTION,
        # The official file escapes the markup of its own editor, and escapes ampersands once more.
        "UK Statement of Reasons": escape(f"<p>{escape(one.reason)}</p>"),
        "Address Line 1": one.street,
        "Address Line 6": one.town,
        "Address Postal Code": one.postcode,
        "Address Country": one.country,
        "Date Designated": f"{one.listed:%d/%m/%Y}",
    }


def _uk_person(one: Designation) -> dict[str, str]:
    return {
        "D.O.B": _uk_born(one.born),
        "Nationality(/ies)": one.nationality,
        "National Identifier number": one.national_id,
        "Passport number": one.passport,
        "Position": one.position,
        "Gender": one.gender,
        "Town of birth": one.birth_town,
        "Country of birth": one.birth_country,
    }


def _uk_body(one: Designation) -> dict[str, str]:
    return {
        "Type of entity": one.legal_form,
        "Business registration number (s)": one.registration,
        "Website": one.website,
    }


def _uk_ship(one: Designation) -> dict[str, str]:
    return {
        "IMO number": one.imo,
        "Current believed flag of ship": one.flag,
        "Type of ship": one.ship_type,
        "Tonnage of ship": one.tonnage,
        "Year Built": one.year_built,
    }


def _uk_born(born: str) -> str:
    year, month, day = (*born.split("-"), "", "")[:3]
    return f"{day or 'dd'}/{month or 'mm'}/{year}" if born else ""


def _uk_xml(designations: Iterable[Designation], published: date) -> bytes:
    parts = ['<?xml version="1.0" encoding="utf-8"?>\n<Designations>\n']
    parts.append(_tag("DateGenerated", f"{published:%d/%m/%Y}") + "\n")
    parts += [_uk_designation(one) for one in designations]
    parts.append("</Designations>\n")
    return "".join(parts).encode()


def _uk_designation(one: Designation) -> str:
    rows = list(_uk_rows(one))
    first = rows[0]
    once = "".join(_tag(tag, first[column]) for tag, column in _UK_ONCE.items())
    names = "".join(_group("Name", NAME, row) for row in rows)
    details = "".join(_tag(tag, first[column]) for tag, column in _UK_MANY.items() if first[column])
    return (
        f"<Designation>{once}<Names>{names}</Names>"
        f"<NonLatinNames>{_group('NonLatinName', NON_LATIN, first)}</NonLatinNames>"
        f"<Addresses>{_group('Address', ADDRESS, first)}</Addresses>"
        f"<BirthDetails>{_group('Location', BIRTH, first)}</BirthDetails>"
        f"<Details>{details}</Details></Designation>\n"
    )


_UK_ONCE: Final = {
    "LastUpdated": "Last Updated",
    "DateDesignated": "Date Designated",
    "UniqueID": "Unique ID",
    "OFSIGroupID": "OFSI Group ID",
    "RegimeName": "Regime Name",
    "IndividualEntityShip": "Designation Type",
    "DesignationSource": "Designation source",
    "SanctionsImposed": "Sanctions Imposed",
    "OtherInformation": "Other Information",
    "UKStatementofReasons": "UK Statement of Reasons",
}
_UK_MANY: Final = {
    "DOB": "D.O.B",
    "Nationality": "Nationality(/ies)",
    "NationalIdentifierNumber": "National Identifier number",
    "PassportNumber": "Passport number",
    "Position": "Position",
    "Gender": "Gender",
    "TypeOfEntity": "Type of entity",
    "BusinessRegistrationNumber": "Business registration number (s)",
    "Website": "Website",
    "IMONumber": "IMO number",
    "CurrentBelievedFlagOfShip": "Current believed flag of ship",
    "TypeOfShip": "Type of ship",
    "TonnageOfShip": "Tonnage of ship",
    "YearBuilt": "Year Built",
}


def _group(wrapper: str, tags: dict[str, str], row: dict[str, str]) -> str:
    inside = "".join(_tag(tag, row[column]) for tag, column in tags.items() if row.get(column))
    return _wrap(wrapper, inside) if inside else ""


def _un_xml(designations: Iterable[Designation], published: date) -> bytes:
    listed = list(designations)
    persons = "".join(_un_person(one) for one in listed if one.kind == "Individual")
    bodies = "".join(_un_body(one) for one in listed if one.kind == "Entity")
    head = f'<CONSOLIDATED_LIST dateGenerated="{published.isoformat()}T00:00:00.000Z">'
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{head}\n'
        f"<INDIVIDUALS>\n{persons}</INDIVIDUALS>\n<ENTITIES>\n{bodies}</ENTITIES>\n</CONSOLIDATED_LIST>\n"
    ).encode()


def _un_once(one: Designation, names: Sequence[str]) -> str:
    ordinals = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
    return (
        _tag("DATAID", str(9_000_000 + one.number))
        + "".join(_tag(tag, name) for tag, name in zip(ordinals, names, strict=False))
        + _tag("UN_LIST_TYPE", UN_REGIME)
        + _tag("REFERENCE_NUMBER", f"TEST.{one.number:06d}")
        + _tag("LISTED_ON", one.listed.isoformat())
        + (_tag("NAME_ORIGINAL_SCRIPT", one.native) if one.native else "")
        + _tag("COMMENTS1", one.reason)
        + _wrap("LAST_DAY_UPDATED", _tag("VALUE", one.updated.isoformat()))
    )


def _un_person(one: Designation) -> str:
    aliases = [("Good", name) for name in one.aliases] + [("Low", name) for name in one.weak_aliases]
    kind, tag = ("EXACT", "YEAR" if len(one.born) == len("1975") else "DATE")
    return _wrap(
        "INDIVIDUAL",
        _un_once(one, (*one.given, one.family))
        + _tag("GENDER", one.gender)
        + (_wrap("DESIGNATION", _tag("VALUE", one.position)) if one.position else "")
        + _wrap("NATIONALITY", _tag("VALUE", one.nationality))
        + "".join(_un_alias("INDIVIDUAL_ALIAS", *alias) for alias in aliases)
        + _un_address("INDIVIDUAL_ADDRESS", one)
        + _wrap("INDIVIDUAL_DATE_OF_BIRTH", _tag("TYPE_OF_DATE", kind) + _tag(tag, one.born))
        + _wrap("INDIVIDUAL_PLACE_OF_BIRTH", _tag("CITY", one.birth_town) + _tag("COUNTRY", one.birth_country))
        + (_un_document("Passport", one.passport) if one.passport else "<INDIVIDUAL_DOCUMENT/>")
        + (_un_document("National Identification Number", one.national_id) if one.national_id else "")
        + _tag("SORT_KEY", ""),
    )


def _un_body(one: Designation) -> str:
    return _wrap(
        "ENTITY",
        _un_once(one, (one.family,))
        + "".join(_un_alias("ENTITY_ALIAS", "a.k.a.", name) for name in one.aliases)
        + _un_address("ENTITY_ADDRESS", one)
        + _tag("SORT_KEY", ""),
    )


def _un_alias(tag: str, quality: str, name: str) -> str:
    return _wrap(tag, _tag("QUALITY", quality) + _tag("ALIAS_NAME", name))


def _un_address(tag: str, one: Designation) -> str:
    return _wrap(tag, _tag("STREET", one.street) + _tag("CITY", one.town) + _tag("COUNTRY", one.country))


def _un_document(kind: str, number: str) -> str:
    return _wrap("INDIVIDUAL_DOCUMENT", _tag("TYPE_OF_DOCUMENT", kind) + _tag("NUMBER", number))


def _tag(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>" if text else f"<{tag}/>"


def _wrap(tag: str, inside: str) -> str:
    return f"<{tag}>{inside}</{tag}>\n"


def _ofac(designations: Iterable[Designation]) -> dict[str, bytes]:
    listed = list(designations)
    aliases = ((one, name) for one in listed for name in one.aliases)
    return {
        "sdn.csv": _ofac_file(_sdn(one) for one in listed),
        "alt.csv": _ofac_file(_alt(one, place, name) for place, (one, name) in enumerate(aliases, 1)),
        "add.csv": _ofac_file(_add(one) for one in listed if one.country),
    }


def _sdn(one: Designation) -> list[str]:
    name = _ofac_name(one.family, one.given)
    ship = ["", one.ship_type, one.tonnage, "", one.flag, ""]
    return [str(900_000 + one.number), name, _TITLES[one.kind], "TEST] [EXAMPLE", one.position, *ship, _remarks(one)]


def _alt(one: Designation, place: int, name: str) -> list[str]:
    *given, family = name.split(" ") if one.kind == "Individual" else [name]
    return [str(900_000 + one.number), str(place), "aka", _ofac_name(family, given), ""]


def _add(one: Designation) -> list[str]:
    place = " ".join(part for part in (one.town, one.postcode) if part)
    return [str(900_000 + one.number), str(one.number), one.street, place, one.country, ""]


def _ofac_name(family: str, given: Sequence[str]) -> str:
    return f"{family}, {' '.join(given)}" if given else family


def _remarks(one: Designation) -> str:
    said = {
        "DOB": _ofac_born(one.born),
        "POB": ", ".join(part for part in (one.birth_town, one.birth_country) if part),
        "nationality": one.nationality,
        "Gender": one.gender,
        "Passport": f"{one.passport} ({one.nationality})" if one.passport else "",
        "National ID No.": f"{one.national_id} ({one.nationality})" if one.national_id else "",
        "Registration Number": f"{one.registration} ({one.country})" if one.registration else "",
        "Website": one.website.removeprefix("https://"),
        "Vessel Registration Identification IMO": one.imo,
    }
    parts = [f"{label} {value}" for label, value in said.items() if value]
    parts += [f"a.k.a. '{name}'" for name in one.weak_aliases]
    return f"{'; '.join(parts)}." if parts else ""


def _ofac_born(born: str) -> str:
    if "-" not in born:
        return born
    year, month, day = born.split("-")
    return f"{day} {_MONTHS[int(month) - 1]} {year}"


def _ofac_file(rows: Iterable[list[str]]) -> bytes:
    """Return rows as OFAC writes them: texts quoted, numbers and empty cells not, Ctrl-Z at the end.

    Letters lose their marks, as they do in the official file.
    """
    lines = (",".join(_ofac_cell(cell) for cell in row) for row in rows)
    return plain("".join(f"{line}\r\n" for line in lines)).encode("latin-1") + b"\x1a"


def _ofac_cell(cell: str) -> str:
    if not cell:
        return _EMPTY
    return cell if cell.isdigit() else '"' + cell.replace('"', '""') + '"'
