"""OFAC's Specially Designated Nationals as advanced XML: profiles, whose every value is a number of a table in the file.

The file is read twice: once for its tables (reference values, places, papers, measures, relations), once for the parties
that point into them.
Source: https://ofac.treasury.gov/sdn-list-data-formats-data-schemas/advanced-sanctions-list-standard (ASD), Annex.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from headwater.errors import FormatError, HeadwaterError, LimitError, Place, SchemaError
from headwater.formats.entries import Entry, language_tag, list_origin, sha256_of
from headwater.formats.reading import Notice, Reading
from headwater.formats.safe import MAX_VALUES, identifier
from headwater.formats.safe_xml import Element, iter_xml
from headwater.model.ids import EntityKey
from headwater.model.times import is_partial_date
from headwater.ports import LeftOut, SourceInput

ORIGINATOR: Final = "US-OFAC"
NEW_KIND: Final = "a kind of party that the OFAC list did not have before, read as LegalEntity"
_REFERENCES: Final = frozenset(
    {
        *("AliasType", "AreaCode", "Country", "DetailReference", "FeatureType", "IDRegDocType"),
        *("NamePartType", "PartySubType", "PartyType", "RelationType", "SanctionsType", "Script"),
    }
)
_TABLES: Final = frozenset({"DateOfIssue", "Location", "IDRegDocument", "ProfileRelationship", "SanctionsEntry"})
_PARTIES: Final = frozenset({"DistinctParty"})
_SCHEMATA: Final = {"Individual": "Person", "Entity": "Organization", "Vessel": "Vessel", "Aircraft": "Airplane"}
_FORMERLY: Final = "F.K.A."
_OWNED: Final = frozenset({"Owned or Controlled By"})
_FEATURES: Final = {
    "Person": {"Birthdate": "birthDate", "Place of Birth": "birthPlace", "Gender": "gender", "Title": "title",
               "Nationality Country": "nationality", "Citizenship Country": "citizenship", "Email Address": "email",
               "Website": "website", "Phone Number": "phone"},
    "Organization": {"Email Address": "email", "Website": "website", "Phone Number": "phone",
                     "SWIFT/BIC": "swiftBic", "Organization Established Date": "incorporationDate"},
    "Vessel": {"Vessel Flag": "flag", "Vessel Call Sign": "callSign", "VESSEL TYPE": "type", "Vessel Type": "type",
               "Former Vessel Flag": "pastFlags", "MMSI": "mmsi", "Vessel Tonnage": "tonnage"},
    "Airplane": {"Aircraft Model": "model", "Aircraft Tail Number": "registrationNumber",
                 "Aircraft Manufacturer's Serial Number (MSN)": "serialNumber"},
}  # fmt: skip
_PAPERS: Final = {"Passport": "passportNumber", "Diplomatic Passport": "passportNumber", "Tax ID No.": "taxNumber"}
_DATES: Final = frozenset({"birthDate", "incorporationDate"})
_COUNTRIES: Final = ("nationality", "citizenship", "flag", "pastFlags")
_GENDERS: Final = {"male": "male", "female": "female"}


@dataclass(slots=True)
class _Tables:
    """What parties point at."""

    version: str | None = None
    values: dict[tuple[str, str], str] = field(default_factory=dict)
    subtypes: dict[str, str] = field(default_factory=dict)
    places: dict[str, Element] = field(default_factory=dict)
    papers: dict[str, list[Element]] = field(default_factory=lambda: defaultdict(list))
    measures: dict[str, list[Element]] = field(default_factory=lambda: defaultdict(list))
    relations: dict[str, list[Element]] = field(default_factory=lambda: defaultdict(list))

    def said(self, kind: str, number: str) -> str:
        """Return a value of a table, empty where there is none."""
        return self.values.get((kind, number), "")

    def country(self, number: str) -> str:
        """Return a country's name."""
        return self.said("Country", number)

    def place(self, number: str) -> tuple[str, str]:
        """Return a place in words, and its country."""
        element = self.places.get(number)
        if element is None:
            return "", ""
        parts = [value for part in element.all("LocationPart") for value in part.texts("LocationPartValue/Value")]
        countries = [self.country(one.attributes.get("CountryID", "")) for one in element.all("LocationCountry")]
        areas = [self.said("AreaCode", one.attributes.get("AreaCodeID", "")) for one in element.all("LocationAreaCode")]
        country = next((one for one in (*countries, *areas) if one), "")
        return ", ".join(dict.fromkeys(part for part in (*parts, country) if part)), country


class OfacXml:
    """The OFAC list's advanced XML as a data source."""

    name = "ofac-xml"
    title = "OFAC Specially Designated Nationals, advanced XML"

    def read(self, given: SourceInput) -> Reading:
        """Yield one record for each party.

        Raises:
            InputError: the file is no advanced XML, is cut short, holds a document type, or is beyond the limits.
        """
        sha256, tables = sha256_of(given.data), _tables(given)
        if not tables.version or not tables.subtypes:
            what = "not OFAC's advanced XML: no DateOfIssue or no reference values before the parties"
            raise FormatError(what, where=Place(file=given.name))
        new = False
        for element in _elements(given, _PARTIES):
            place = Place(file=given.name, line=element.line)
            try:
                entry = _entry(element, tables, place)
                new = new or entry.schema == "LegalEntity"
                where = f"line {element.line}"
                yield entry.record(
                    list_origin(ORIGINATOR, self.name, given.name, sha256, version=tables.version, place=where)
                )
            except HeadwaterError as error:
                yield LeftOut(error.located(file=given.name, line=element.line))
        return (Notice(NEW_KIND, Place(file=given.name)),) if new else ()


def _elements(given: SourceInput, names: frozenset[str]) -> Iterator[Element]:
    # Parties are passed over while the tables are read: one that is too large is refused then already.
    stream = iter_xml(given.data, root="Sanctions", entries=names, passed_over=_PARTIES - names, file=given.name)
    next(stream)
    yield from stream


def _tables(given: SourceInput) -> _Tables:
    found = _Tables()
    kinds: dict[str, str] = {}
    for element in _elements(given, _REFERENCES | _TABLES):
        if element.tag in _REFERENCES:
            _add_reference(found, kinds, element)
        else:
            _add_to_table(found, element)
    # A party's sub-type is Vessel, Aircraft or unknown; unknown ones are told apart by the type above.
    for number, kind in kinds.items():
        above = found.said("PartyType", kind)
        if found.subtypes[number] not in _SCHEMATA and above in _SCHEMATA:
            found.subtypes[number] = above
    return found


def _add_reference(found: _Tables, kinds: dict[str, str], element: Element) -> None:
    number, text = element.attributes.get("ID", ""), element.text.strip()
    if element.tag == "PartySubType":
        found.subtypes[number] = text
        kinds[number] = element.attributes.get("PartyTypeID", "")
    elif element.tag == "AreaCode":
        found.values["AreaCode", number] = element.attributes.get("Description", "") or text
    else:
        found.values[element.tag, number] = text


def _add_to_table(found: _Tables, element: Element) -> None:
    attributes = element.attributes
    if element.tag == "DateOfIssue":
        found.version = found.version or _day(element)
    elif element.tag == "Location":
        found.places[attributes.get("ID", "")] = element
    elif element.tag == "IDRegDocument":
        _kept(found.papers[attributes.get("IdentityID", "")], element)
    elif element.tag == "ProfileRelationship":
        _kept(found.relations[attributes.get("From-ProfileID", "")], element)
    else:
        _kept(found.measures[attributes.get("ProfileID", "")], element)


def _kept(of: list[Element], element: Element) -> None:
    if len(of) >= MAX_VALUES:
        raise LimitError(f"over {MAX_VALUES} {element.tag} of one party", where=Place(line=element.line))
    of.append(element)


def _entry(party: Element, tables: _Tables, place: Place) -> Entry:
    profiles = party.all("Profile")
    if not profiles:
        raise SchemaError("a party without a profile", where=place)
    profile = profiles[0]
    number = identifier(
        party.attributes.get("FixedRef", ""), where=Place(file=place.file, line=place.line, field="FixedRef")
    )
    kind = tables.subtypes.get(profile.attributes.get("PartySubTypeID", ""), "")
    entry = Entry(EntityKey(f"ofac:{number}"), _SCHEMATA.get(kind, "LegalEntity"))
    for identity in profile.all("Identity"):
        _add_names(entry, identity, tables)
        for paper in tables.papers.get(identity.attributes.get("ID", ""), ()):
            _add_paper(entry, paper, tables)
    if not any(fact.prop in ("name", "alias", "weakAlias", "previousName") for fact in entry.facts):
        raise SchemaError("an entry without a name", where=place)
    for feature in profile.all("Feature"):
        _add_feature(entry, feature, tables)
    for comment in party.texts("Comment"):
        entry.say("notes", comment)
    own = profile.attributes.get("ID", number)
    for at, relation in enumerate(tables.relations.get(own, ())):
        _add_relation(entry, relation, tables, at)
    _add_sanctions(entry, tables.measures.get(own, ()), tables)
    return entry


def _add_names(entry: Entry, identity: Element, tables: _Tables) -> None:
    groups = {
        group.attributes.get("ID", ""): tables.said("NamePartType", group.attributes.get("NamePartTypeID", ""))
        for group in identity.all("NamePartGroups/MasterNamePartGroup/NamePartGroup")
    }
    for alias in identity.all("Alias"):
        primary = alias.attributes.get("Primary") == "true"
        low = alias.attributes.get("LowQuality") == "true"
        former = tables.said("AliasType", alias.attributes.get("AliasTypeID", "")) == _FORMERLY
        for at, name in enumerate(alias.all("DocumentedName")):
            parts = [
                (groups.get(value.attributes.get("NamePartGroupID", ""), ""), value.text.strip())
                for value in name.all("DocumentedNamePart/NamePartValue")
                if value.text.strip()
            ]
            last = [text for kind, text in parts if kind == "Last Name"]
            other = [text for kind, text in parts if kind != "Last Name"]
            whole = " ".join((*other, *last) if entry.schema == "Person" else (text for _, text in parts))
            first = primary and at == 0
            prop = "name" if first else "previousName" if former else "weakAlias" if low else "alias"
            entry.say(prop, whole, lang=language_tag(whole))
            if first and entry.schema == "Person":
                entry.say("lastName", " ".join(last))
                entry.say("firstName", " ".join(text for kind, text in parts if kind == "First Name"))


def _add_paper(entry: Entry, paper: Element, tables: _Tables) -> None:
    kind = tables.said("IDRegDocType", paper.attributes.get("IDRegDocTypeID", ""))
    number = paper.value("IDRegistrationNo")
    country = tables.country(paper.attributes.get("IssuedBy-CountryID", ""))
    words = ", ".join(part for part in (kind, number, country) if part)
    if entry.schema == "Person":
        prop = _PAPERS.get(kind, "idNumber")
    elif entry.schema == "Vessel":
        imo = "IMO" in kind or number.upper().startswith("IMO")
        prop, number = (
            ("imoNumber", number.upper().removeprefix("IMO").strip()) if imo else ("registrationNumber", number)
        )
    elif entry.schema == "Airplane":
        prop = "registrationNumber"
    else:
        prop = "taxNumber" if kind == "Tax ID No." else "registrationNumber"
    entry.say(prop, number, original=words)


def _add_feature(entry: Entry, feature: Element, tables: _Tables) -> None:
    kind = tables.said("FeatureType", feature.attributes.get("FeatureTypeID", ""))
    prop = _FEATURES.get(entry.schema, _FEATURES["Organization"]).get(kind)
    for version in feature.all("FeatureVersion"):
        for location in version.all("VersionLocation"):
            _add_location(entry, prop, kind, tables.place(location.attributes.get("LocationID", "")))
        for period in version.all("DatePeriod"):
            _add_period(entry, prop, kind, period)
        for detail in version.all("VersionDetail"):
            text = detail.text.strip() or tables.said("DetailReference", detail.attributes.get("DetailReferenceID", ""))
            if prop == "gender":
                entry.say("gender", _GENDERS.get(text.lower(), ""), original=text)
            elif prop is not None and prop not in _DATES:
                entry.say(prop, text)
            elif text:
                entry.note(kind or "Feature", text)


def _add_location(entry: Entry, prop: str | None, kind: str, place: tuple[str, str]) -> None:
    words, country = place
    if kind == "Location":
        entry.say("address", words)
        entry.say("country", country)
    elif prop in _COUNTRIES:
        entry.say(prop, country or words)
    elif prop == "birthPlace":
        entry.say(prop, words)


def _add_period(entry: Entry, prop: str | None, kind: str, period: Element) -> None:
    days = [_day(one) for path in ("Start/From", "Start/To", "End/From", "End/To") for one in period.all(path)]
    known = list(dict.fromkeys(day for day in days if day))
    if prop is None or prop not in _DATES:
        entry.note(kind or "Period", " to ".join(known))
        return
    if len(known) > 1 and known[0][:4] == known[-1][:4]:
        known = [known[0][:4]]  # from January to December of one year: the year alone is known
    approximate = any(one.attributes.get("Approximate") == "true" for one in period.all("Start"))
    words = f"{'circa ' if approximate else ''}{' to '.join(known)}"
    for day in (known[0], known[-1]) if known else ():
        entry.say(prop, day, original=words if approximate or len(known) > 1 else None)


def _day(element: Element) -> str:
    year, month, day = (element.value(tag) for tag in ("Year", "Month", "Day"))
    whole = "-".join(part.zfill(4 if at == 0 else 2) for at, part in enumerate((year, month, day)) if part)
    return whole if year and is_partial_date(whole) else ""


def _add_relation(entry: Entry, relation: Element, tables: _Tables, at: int) -> None:
    """Keep who owns or controls an entry as an ownership that can be followed; other relations as words."""
    kind = tables.said("RelationType", relation.attributes.get("RelationTypeID", ""))
    other = relation.attributes.get("To-ProfileID", "")
    if not other or relation.attributes.get("Former") == "true":
        return
    if kind in _OWNED:
        facts = {"controller": f"ofac:{other}", "controlled": str(entry.key), "controlType": kind}
        entry.thing(f"control{at}", "Control", facts)
    else:
        entry.note(kind or "Linked to", f"ofac:{other}")


def _add_sanctions(entry: Entry, measures: "list[Element] | tuple[()]", tables: _Tables) -> None:
    entry.decree("authority", "Office of Foreign Assets Control")
    for element in measures:
        for event in element.all("EntryEvent/Date"):
            entry.decree("listingDate", _day(event))
        for measure in element.all("SanctionsMeasure"):
            kind = tables.said("SanctionsType", measure.attributes.get("SanctionsTypeID", ""))
            if kind == "Program":
                entry.decree("program", measure.value("Comment"))
            else:
                entry.decree("provisions", " ".join(part for part in (kind, measure.value("Comment")) if part))
