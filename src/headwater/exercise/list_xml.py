"""Fictional designations as the EU's Financial Sanctions File 1.1 and as OFAC's advanced XML."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from xml.sax.saxutils import quoteattr

from headwater.exercise.lists import Designation

_EU: Final = "http://eu.europa.ec/fpi/fsd/export"
_OFAC: Final = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML"
_KINDS: Final = {"Individual": ("4", "Individual"), "Entity": ("3", "Entity"), "Ship": ("1", "Vessel")}
_LAST, _FIRST, _WHOLE = "1520", "1521", "1525"
_BIRTH, _PLACE, _GENDER, _NATION, _TITLE = "8", "9", "224", "10", "26"
_MALE, _FEMALE = "91526", "91527"


def eu_xml(designations: Iterable[Designation], published: date) -> bytes:
    """Return persons and bodies as the EU's file; it has no ships."""
    head = _open(
        "export", xmlns=_EU, generationDate=f"{published.isoformat()}T00:00:00.000+01:00", globalFileId="900001"
    )
    parts = [_eu_entity(one) for one in designations if one.kind != "Ship"]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{"".join(parts)}</export>\n'.encode()


def _eu_entity(one: Designation) -> str:
    person = one.kind == "Individual"
    names = [(one.name, one.given, one.family, "true"), *((name, (), "", "true") for name in one.aliases)]
    names += [(name, (), "", "false") for name in one.weak_aliases]
    names += [(one.native, (), "", "true")] if one.native else []
    gender = one.gender[:1]
    inside = [
        _empty("subjectType", code="person" if person else "enterprise", classificationCode="P" if person else "E"),
        _open("regulation", regulationType="regulation", publicationDate=one.listed.isoformat(), programme="TEST",
              entryIntoForceDate=one.listed.isoformat(), numberTitle="0000/0000 (invented)") + "</regulation>",
        *(_empty("nameAlias", firstName=given[0] if given else "", middleName=" ".join(given[1:]), lastName=family, wholeName=name,
                 gender=gender, function=one.position, strong=strong) for name, given, family, strong in names),
        _empty("address", street=one.street, city=one.town, zipCode=one.postcode, countryIso2Code="XX", countryDescription=one.country),
        f"<remark>{_text(one.reason)}</remark>",
    ]  # fmt: skip
    if person:
        year, month, day = (*one.born.split("-"), "", "")[:3]
        whole = one.born if day else ""
        inside += [
            _empty("birthdate", circa="false", calendarType="GREGORIAN", birthdate=whole, year=year, monthOfYear=month,
                   dayOfMonth=day, city=one.birth_town, countryIso2Code="XX", countryDescription=one.birth_country),
            _empty("citizenship", countryIso2Code="XX", countryDescription=one.nationality),
        ]  # fmt: skip
    for kind, number in (("passport", one.passport), ("id", one.national_id), ("regnumber", one.registration)):
        if number:
            inside.append(_empty("identification", identificationTypeCode=kind, number=number, countryIso2Code="00"))
    head = _open("sanctionEntity", logicalId=str(900_000 + one.number), euReferenceNumber=f"EU.TEST.{one.number}")
    return f"{head}{''.join(inside)}</sanctionEntity>\n"


def ofac_xml(designations: Sequence[Designation], published: date) -> bytes:
    """Return designations as OFAC's advanced XML."""
    papers, parties, measures = [], [], []
    for one in designations:
        number = str(900_000 + one.number)
        papers += [
            f"{_open('IDRegDocument', ID=f'{number}{kind}', IDRegDocTypeID=kind, IdentityID=number)}"
            f"<IDRegistrationNo>{_text(value)}</IDRegistrationNo></IDRegDocument>"
            for kind, value in (
                ("1571", one.passport),
                ("1584", one.national_id),
                ("1619", one.registration),
                ("1626", one.imo and f"IMO {one.imo}"),
            )
            if value
        ]
        parties.append(_ofac_party(one, number))
        measures.append(
            f"{_open('SanctionsEntry', ID=number, ProfileID=number, ListID='1550')}<EntryEvent ID='1'>{_day('Date', one.listed.isoformat())}"
            f"</EntryEvent><SanctionsMeasure ID='1' SanctionsTypeID='1'><Comment>TEST</Comment></SanctionsMeasure></SanctionsEntry>"
        )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{_open("Sanctions", xmlns=_OFAC)}\n{_day("DateOfIssue", published.isoformat())}\n'
        f"<ReferenceValueSets>{_references()}</ReferenceValueSets>\n<IDRegDocuments>{''.join(papers)}</IDRegDocuments>\n"
        f"<DistinctParties>{''.join(parties)}</DistinctParties>\n<SanctionsEntries>{''.join(measures)}</SanctionsEntries>\n</Sanctions>\n"
    ).encode()


def _references() -> str:
    tables = {
        "AliasType": {"1400": "A.K.A.", "1401": "F.K.A.", "1403": "Name"},
        "DetailReference": {_MALE: "Male", _FEMALE: "Female"},
        "FeatureType": {_BIRTH: "Birthdate", _PLACE: "Place of Birth", _GENDER: "Gender", _NATION: "Nationality Country", _TITLE: "Title"},
        "IDRegDocType": {"1571": "Passport", "1584": "National ID No.", "1619": "Registration Number",
                         "1626": "Vessel Registration Identification"},
        "NamePartType": {_LAST: "Last Name", _FIRST: "First Name", _WHOLE: "Entity Name"},
        "PartyType": {"1": "Individual", "2": "Entity", "4": "Transport"},
        "SanctionsType": {"1": "Program"},
    }  # fmt: skip
    found = "".join(
        f"<{tag}Values>{''.join(f'<{tag} ID={quoteattr(key)}>{_text(value)}</{tag}>' for key, value in values.items())}</{tag}Values>"
        for tag, values in tables.items()
    )
    kinds = "".join(
        f"<PartySubType ID={quoteattr(key)} PartyTypeID={quoteattr({'Individual': '1', 'Entity': '2'}.get(name, '4'))}>"
        f"{name if name == 'Vessel' else 'Unknown'}</PartySubType>"
        for key, name in _KINDS.values()
    )
    return f"{found}<PartySubTypeValues>{kinds}</PartySubTypeValues>"


def _ofac_party(one: Designation, number: str) -> str:
    person = one.kind == "Individual"
    kinds = {"1": _LAST, "2": _FIRST} if person else {"1": _WHOLE}
    groups = "".join(
        f"<MasterNamePartGroup>{_empty('NamePartGroup', ID=f'{number}{at}', NamePartTypeID=kind)}</MasterNamePartGroup>"
        for at, kind in kinds.items()
    )
    first = [(one.family, "1"), *((part, "2") for part in one.given)]
    aliases = [_alias(number, first, primary=True, low=False)]
    aliases += [_alias(number, [(name, "1")], primary=False, low=False) for name in one.aliases]
    aliases += [_alias(number, [(name, "1")], primary=False, low=True) for name in one.weak_aliases]
    features = ""
    if person:
        born = f"<DatePeriod><Start Approximate='false'>{_day('From', one.born)}</Start></DatePeriod>"
        detail = _empty("VersionDetail", DetailReferenceID=_FEMALE if one.gender == "Female" else _MALE)
        features = _feature(_BIRTH, born) + _feature(_GENDER, detail)
    kind = _KINDS[one.kind][0]
    return (
        f"{_open('DistinctParty', FixedRef=number)}{_open('Profile', ID=number, PartySubTypeID=kind)}"
        f"{_open('Identity', ID=number, Primary='true')}{''.join(aliases)}<NamePartGroups>{groups}</NamePartGroups></Identity>"
        f"{features}</Profile></DistinctParty>\n"
    )


def _alias(number: str, parts: Sequence[tuple[str, str]], *, primary: bool, low: bool) -> str:
    values = "".join(
        f"<DocumentedNamePart>{_open('NamePartValue', NamePartGroupID=f'{number}{at}')}{_text(text)}</NamePartValue></DocumentedNamePart>"
        for text, at in parts
        if text
    )
    head = _open(
        "Alias", AliasTypeID="1403" if primary else "1400", Primary=str(primary).lower(), LowQuality=str(low).lower()
    )
    return f"{head}<DocumentedName ID='1'>{values}</DocumentedName></Alias>"


def _feature(kind: str, inside: str) -> str:
    return f"<Feature ID='1' FeatureTypeID='{kind}'><FeatureVersion ID='1'>{inside}</FeatureVersion></Feature>"


def _day(tag: str, text: str) -> str:
    parts = "".join(
        f"<{name}>{int(part)}</{name}>" for name, part in zip(("Year", "Month", "Day"), text.split("-"), strict=False)
    )
    return f"<{tag}>{parts}</{tag}>"


def _open(tag: str, **attributes: str) -> str:
    return f"<{tag}{''.join(f' {name}={quoteattr(value)}' for name, value in attributes.items())}>"


def _empty(tag: str, **attributes: str) -> str:
    return f"{_open(tag, **attributes)[:-1]}/>"


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
