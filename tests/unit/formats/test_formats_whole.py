"""What each reader makes of whole files and of the same files spoiled, and what each writer writes: all of it, against a file.

Every format of the corpus of hostile files is spoiled in the same ways at places that its name draws; what comes of each is
held: how many things, or which error, where, and what to do.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from headwater.errors import HeadwaterError, Place
from headwater.exercise.editions import editions
from headwater.exercise.linkset import link_files, link_records
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from headwater.exercise.threats import bundle, misp_event, objects, warning
from headwater.formats import klv, stix_marking
from headwater.formats.ais import read_ais_csv, read_nmea
from headwater.formats.assets_csv import read_assets
from headwater.formats.asterix import PassedOver, read_asterix
from headwater.formats.asterix_detections import detections_of_asterix
from headwater.formats.cot import CotEvent, CotStream, alert_event, read_cot, write_event
from headwater.formats.dates import american_date, british_date, iso_date
from headwater.formats.entries import Entry
from headwater.formats.eurosur import (
    OUTCOMES,
    EurosurEvent,
    due_field,
    read_draft,
    write_closure_draft,
    write_event_draft,
)
from headwater.formats.link_chart import DrawnEdge, DrawnVertex, LinkChart
from headwater.formats.mot import read_mot, write_mot
from headwater.formats.moving_features import write_moving_features
from headwater.formats.ofac_remarks import _PROPERTIES, add_remarks
from headwater.formats.pairs import read_pairs
from headwater.formats.points_csv import read_points
from headwater.formats.queries_csv import read_queries
from headwater.formats.region_svg import DrawnMark, RegionMap
from headwater.formats.registry import release, releases, sources
from headwater.formats.safe import parse_wire_json, shown, visible
from headwater.formats.sapient import check_message, frame, read_sapient
from headwater.formats.sapient_write import detection_message, uuid4_of
from headwater.formats.scan_sidecar import parse_sidecar, sidecar_of
from headwater.formats.scan_write import neutral_tiff
from headwater.formats.series_svg import SeriesBand, SeriesLine, SeriesPicture, nice_top, ticks
from headwater.formats.stakes_csv import read_stakes
from headwater.formats.stix_write import write_bundle
from headwater.formats.time_axis import DrawnMoment, TimeAxis
from headwater.formats.track_map import MapMark, TrackMap
from headwater.formats.uk_list import COLUMNS
from headwater.model.detections import Detection, Origin
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, StateCode
from headwater.model.record import Record
from headwater.model.scan import Reading, ReadingKind
from tests import figures_world, given, trace_world
from tests.asterix_world import block, plot, station, track
from tests.frozen import hold, refusal, told, tried
from tests.hostile.corpus import forms
from tests.scan_world import META
from tests.unit.formats.test_cot import GOOD as EVENT
from tests.unit.formats.test_iso20022 import STATEMENT, TRANSFER
from tests.unit.formats.test_statements import BODS, FTM, lines
from tests.unit.formats.test_uk_list import uk_csv

WHOLE = Path(__file__).with_name("formats_whole.json")
START = datetime(2026, 1, 1, tzinfo=UTC)
SPOILED = 6
LISTS = ("uk-csv", "uk-xml", "un-xml", "ofac-xml", "eu-xml")


def brief(record: Record) -> dict[str, Any]:
    """A record: each fact as one line, and what of its handling says something."""
    origin = record.origin
    handling = {
        name: value for name, value in told(record.handling).items() if value != told(getattr(Handling(), name))
    }
    return {
        "from": [origin.originator, origin.source, origin.version, origin.place, str(record.recorded_at), str(record.grade)], "handling": handling,
        "things": [f"{one.key} {one.schema} {one.category or ''}{' protected' if one.protected else ''}" for one in record.mentions],
        "facts": [" | ".join(str(part) for part in (one.entity, one.prop, one.value, one.lang, one.original) if part is not None) for one in record.facts],
    }  # fmt: skip


def taken(form: str, data: bytes, beside: dict[str, bytes] | None = None) -> Any:
    """Everything that a reader makes of a file: records, what it left out, what it says of the whole."""
    try:
        found = given.read(form, data, beside=beside or {}, keep_good=True)
    except HeadwaterError as error:
        return refusal(error)
    return {
        "records": [brief(one) for one in found.records],
        **{name: told(getattr(found, name)) for name in found.__dataclass_fields__ if name != "records"},
    }


def listed() -> dict[str, Any]:
    """The official lists: made ones, and one designation that says all that can be said."""
    made = make_list(9, 5)
    found: dict[str, Any] = {form: taken(form, next(iter(list_files(form, made).values()))) for form in LISTS}
    files = list_files("ofac-csv", made)
    found["ofac-csv"] = taken(
        "ofac-csv", files["sdn.csv"], {name: data for name, data in files.items() if name != "sdn.csv"}
    )
    found["ofac-csv, alone"] = taken("ofac-csv-without-aliases", files["sdn.csv"])
    found["ofac-csv, nothing beside"] = taken("ofac-csv", files["sdn.csv"])
    full = {name: f"{name} one|{name} two" for name in COLUMNS} | {
        "Unique ID": "X1",
        "Name type": "Primary name",
        "D.O.B": "dd/03/1975|1976",
        "Date Designated": "01/02/2024",
        "Last Updated": "02/02/2024",
        "Gender": "Female",
        "OFSI Group ID": "14000",
    }
    rows = [
        full | {"Designation Type": kind, "Unique ID": kind, **more}
        for kind, more in (
            ("Individual", {}),
            ("Entity", {"Type of entity": "Limited Company"}),
            ("Entity", {"Unique ID": "E2", "Type of entity": "gang"}),
            ("Ship", {}),
            ("Drone", {}),
            ("Individual", {"Unique ID": "I2", "Gender": "x", "D.O.B": "", "Country of birth": ""}),
        )
    ]
    kinds = ("Primary name", "Primary name variation", "Alias", "AKA", "FKA", "formerly", "Former name")
    rows += [
        rows[0] | {"Name 6": f"N{at}", "Name type": kind, "Alias strength": strength}
        for at, (kind, strength) in enumerate(
            (kind, strength) for kind in kinds for strength in ("", "Low quality a.k.a", "Good quality a.k.a")
        )
    ]
    found["uk, all of it"] = taken("uk-csv", uk_csv(*rows))
    found["eu, all of it"] = taken("eu-xml", _eu())
    found["un, all of it"] = taken("un-xml", _un())
    for form in ("un-xml", "eu-xml", "uk-csv", "ofac-xml", "ofac-csv"):
        found[f"{form}: odd"] = [taken(form, data) for data in (b"", b"<a/>", b"x", b"<!DOCTYPE a><a/>")]
    return found


def _eu() -> bytes:
    birth = ['birthdate="1975-04-02"', 'year="1975" monthOfYear="4" dayOfMonth="2" circa="true"', 'year="1975" monthOfYear="4"', 'yearRangeFrom="1970" yearRangeTo="1975" city="A" place="B" region="C" countryIso2Code="RS" countryDescription="SERBIA"', 'calendarType="ISLAMIC" year="1395"', 'year="0"', 'birthdate="1975-13-02"']  # fmt: skip
    names = [
        'wholeName="" firstName="Ana" middleName="M" lastName="P"',
        'wholeName="Anka" strong="false"',
        'wholeName="Ana P" strong="true" title="Dr" function="head" gender="F" nameLanguage="EN"',
        'wholeName="Ана" strong="true" gender="X"',
        'wholeName=""',
    ]
    kinds = ("passport", "diplpass", "ssn", "fiscalcode", "regnumber", "swiftbic", "imo", "id", "")
    flags = ("knownFalse", "knownExpired", "reportedLost", "revokedByIssuer")
    papers = "".join(
        f'<identification identificationTypeCode="{kind}" identificationTypeDescription="d" number="N{at}" latinNumber="{at if at % 2 else ""}" {flags[at % 4]}="true" countryIso2Code="RS" countryDescription="SERBIA"/>'
        for at, kind in enumerate(kinds)
    )
    papers += '<identification identificationTypeCode="passport"/>'
    rest = '<citizenship countryIso2Code="RS" countryDescription="SERBIA"/><citizenship countryIso2Code="00" countryDescription="UNKNOWN"/><citizenship countryIso2Code="XK"/>'
    rest += '<address street="1" poBox="2" city="3" place="4" region="5" zipCode="6" countryIso2Code="RS" countryDescription="SERBIA"><contactInfo key="email" value="a@b"/><contactInfo key="FAX" value="1"/><contactInfo key="PHONE" value="2"/><contactInfo key="Web" value="w"/></address><address countryIso2Code="00" countryDescription="UNKNOWN"/>'
    rest += '<remark>r1</remark><remark>r2</remark><regulation programme="P" regulationType="r" numberTitle="1/2" publicationDate="2024-01-02"><publicationUrl>http://a</publicationUrl></regulation><regulation entryIntoForceDate="2024-02-03" publicationDate="2024-01-02"/>'
    made = []
    for at, kind in enumerate(
        ('code="person"', 'classificationCode="P"', 'code="enterprise"', 'code="E"', 'code="ship"', "")
    ):
        body = (
            "".join(f"<nameAlias {one}/>" for one in names)
            + "".join(f"<birthdate {one}/>" for one in birth[: 6 if at else 7])
            + papers
            + rest
        )
        made.append(
            f'<sanctionEntity logicalId="{at}" euReferenceNumber="EU.{at}" unitedNationId="UN{at}" designationDate="2024-0{at}-05" designationDetails="d">\n<subjectType {kind}/>{body}</sanctionEntity>'
        )
    made += ['<sanctionEntity logicalId=""/>', '<sanctionEntity logicalId="9"/>', '<sanctionEntity logicalId="é"/>']
    return ('<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-02-13T10:00:00.000+01:00">\n' + "\n".join(made) + "\n</export>").encode()  # fmt: skip


def _un() -> bytes:
    dates = "".join(
        f"<INDIVIDUAL_DATE_OF_BIRTH>{one}</INDIVIDUAL_DATE_OF_BIRTH>"
        for one in (
            "<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1975-03-02</DATE>",
            "<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1975</YEAR>",
            "<TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1970</FROM_YEAR><TO_YEAR>1972</TO_YEAR>",
            "",
        )
    )
    papers = "".join(
        f"<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>{kind}</TYPE_OF_DOCUMENT><NUMBER>N{at}</NUMBER><ISSUING_COUNTRY>X</ISSUING_COUNTRY><NOTE>n</NOTE></INDIVIDUAL_DOCUMENT>"
        for at, kind in enumerate(("Passport", "National Identification Number", "Pasaporte", ""))
    )
    alias = "".join(
        f"<INDIVIDUAL_ALIAS><QUALITY>{quality}</QUALITY><ALIAS_NAME>{name}</ALIAS_NAME><NOTE>{note}</NOTE></INDIVIDUAL_ALIAS>"
        for quality, name, note in (
            ("Good", "A; B", ""),
            ("Low", "C", ""),
            ("Good", "D", "formerly listed as"),
            ("Good", "Ана (original script: Ана)", ""),
        )
    )
    rest = "<TITLE><VALUE>Dr</VALUE></TITLE><DESIGNATION><VALUE>head</VALUE></DESIGNATION><NATIONALITY><VALUE>X</VALUE></NATIONALITY><GENDER>Female</GENDER><NAME_ORIGINAL_SCRIPT>Ана</NAME_ORIGINAL_SCRIPT><COMMENTS1>c</COMMENTS1><REFERENCE_NUMBER>R.1</REFERENCE_NUMBER><LISTED_ON>2015-03-27</LISTED_ON><LAST_DAY_UPDATED><VALUE>2016-01-02</VALUE></LAST_DAY_UPDATED><UN_LIST_TYPE>T</UN_LIST_TYPE><SUBMITTED_BY>S</SUBMITTED_BY>"
    places = "<INDIVIDUAL_PLACE_OF_BIRTH><CITY>A</CITY><STATE_PROVINCE>B</STATE_PROVINCE><COUNTRY>C</COUNTRY></INDIVIDUAL_PLACE_OF_BIRTH><INDIVIDUAL_ADDRESS><STREET>1</STREET><CITY>2</CITY><COUNTRY>3</COUNTRY><NOTE>4</NOTE></INDIVIDUAL_ADDRESS>"
    person_of = f"<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>ANA</FIRST_NAME><SECOND_NAME>B</SECOND_NAME><THIRD_NAME>C</THIRD_NAME><FOURTH_NAME>D</FOURTH_NAME>{alias}{dates}{papers}{places}{rest}</INDIVIDUAL>"
    body = f"<ENTITY><DATAID>2</DATAID><FIRST_NAME>FRONT</FIRST_NAME>{alias.replace('INDIVIDUAL', 'ENTITY').replace('Good', 'f.k.a.')}{places.replace('INDIVIDUAL', 'ENTITY')}{rest}</ENTITY><INDIVIDUAL><DATAID>3</DATAID></INDIVIDUAL><INDIVIDUAL/>"
    return f'<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:09Z">\n{person_of}\n{body}</CONSOLIDATED_LIST>'.encode()


def remarked() -> dict[str, Any]:
    """Remarks of OFAC's entries, each alone, of every kind of entry."""
    common = [
        "DOB 10 Dec 1948",
        "alt. DOB circa 1936",
        "DOB 1968 to 1973",
        "DOB circa 1961-1963",
        "DOB soon",
        "Gender Male",
        "Gender Unknown",
        "a.k.a. 'X'",
        "f.k.a. 'OLD, Ana'",
        "n.k.a. 'N'",
        "Aircraft Manufacture Date 01 Feb 1990",
        "Digital Currency Address - XBT 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "Linked To: SOMEBODY",
        "nothing known",
        "Passport A1 (Land) issued 01 Jan 2020 expires 2030",
        "Tax ID No. 5 (X)",
    ]
    return {
        schema: [
            [
                f"{fact.prop}={fact.value}<{fact.original}"
                for fact in _remark(schema, text).facts
                if fact.prop != "notes"
            ]
            for text in [*common, *(f"{label} V 1 (Land)" for label in table)]
        ]
        for schema, table in _PROPERTIES.items()
    }


def _remark(schema: str, text: str) -> Entry:
    entry = Entry(EntityKey("x"), schema)
    add_remarks(entry, f"{text}.")
    return entry


def reported() -> dict[str, Any]:
    """Intelligence reports, records by FollowTheMoney and as rows: what is kept of each field, and what is refused."""
    base: dict[str, Any] = {
        "schema": "headwater/intelligence-report/1", "reference": "EX/1", "originator": "RS-MOI", "recorded_at": "2026-11-25T08:30:00Z", "purposes": ["oic"], "grade": "3x5x2:1/B", "text": "t",
        "handling": {"codes": ["P"], "conditions": ["c"], "markings": ["OFFICIAL"], "releasable_to": ["UK"], "addressees": ["a"], "never_onward": True, "retain_until": "2028-01-31"},
        "entities": [{"key": "p1", "schema": "Person", "category": "suspect", "properties": {"name": ["A", {"value": "B", "lang": "sr-Cyrl", "original": "Б"}], "birthDate": ["1975"]}}, {"key": "c1", "schema": "Company", "properties": {"name": ["C"]}}],
        "links": [{"schema": "Ownership", "ends": {"owner": "p1", "asset": "c1"}, "properties": {"percentage": ["51"]}}, {"schema": "Ownership", "key": "l", "ends": {"owner": "c1", "asset": "c1"}}],
    }  # fmt: skip
    changes: dict[str, dict[str, Any]] = {
        "whole": {}, "least": {"purposes": None, "text": None, "links": [], "handling": {"codes": ["P"]}}, "no code": {"handling": {"codes": []}}, "odd code": {"handling": {"codes": ["Z"]}},
        "no state": {"handling": {"codes": ["P"], "releasable_to": ["rs"]}}, "no day": {"handling": {"codes": ["P"], "retain_until": "soon"}}, "odd grade": {"grade": "x"}, "odd time": {"recorded_at": "now"}, "more": {"more": 1}, "odd schema": {"schema": "x"},
        "nothing": {"entities": [], "links": [], "text": None}, "no end": {"links": [{"schema": "Ownership", "ends": {"owner": "p9"}}]}, "odd end": {"links": [{"schema": "Ownership", "ends": {"percentage": "p1"}}]}, "odd category": {"entities": [{"key": "p", "schema": "Person", "category": "x"}]},
        "odd property": {"entities": [{"key": "c", "schema": "Company", "properties": {"birthDate": ["1975"]}}]}, "odd date": {"entities": [{"key": "c", "schema": "Company", "properties": {"incorporationDate": ["x"]}}]}, "odd key": {"entities": [{"key": "é", "schema": "Company"}]},
        "odd reference": {"reference": "a b"}, "odd originator": {"originator": "x"},
    }  # fmt: skip
    sources_of = (
        "source_name",
        "human source",
        "informant",
        "informants_list",
        "chis",
        "handler",
        "agent_id",
        "real-identity",
        "Source_Ref",
        "sources",
        "agent",
    )
    found = {name: taken("report", json.dumps({**base, **change}).encode()) for name, change in changes.items()}
    found["a source named"] = [taken("report", json.dumps({**base, name: 1}).encode()) for name in sources_of]
    found["twice"] = taken("report", json.dumps([base, base, {**base, "originator": "UK-NCA"}, {}]).encode())
    found["no list"] = [
        taken("report", data) for data in (b"3", b"[3]", b"{", b"\xef\xbb\xbf" + json.dumps(base).encode())
    ]
    rows = link_files(link_records(12, 1))["records-RS-MOI.csv"]
    found["rows"] = taken("things-csv", rows)
    head = "id,originator,schema,category,name,alias,birth_date,vin,registration_number\n"
    for name, text in {
        "several": "1,RS-MOI,Person,suspect, A | B ,C|,1975,,\n2,,Vehicle,,,,,V1,R1\n",
        "odd schema": "1,,Nothing,,A,,,,\n",
        "odd category": "1,,Person,x,A,,,,\n",
        "no category": "1,,Person,,A,,,,\n",
        "odd date": "1,,Person,suspect,A,,soon,,\n",
        "odd property": "1,,Vehicle,,A,,1975,,\n",
        "odd id": "a b,,Person,suspect,A,,,,\n",
        "short": "1,,Person\n",
        "odd originator": "1,x,Person,suspect,A,,,,\n",
    }.items():
        found[f"rows: {name}"] = taken("things-csv", (head + text).encode())
    found["rows: odd heads"] = [
        taken("things-csv", text.encode()) for text in ("", "name\nA\n", "id,id\n1,1\n", "id,more\n1,1\n")
    ]
    people = given.read(
        "report", json.dumps({**base, "handling": {"codes": ["P"], "releasable_to": ["UK", "RS"]}}).encode()
    ).records
    written = release("ftm").write(people)
    found["as FtM"], found["as FtM and back"] = (
        [json.loads(line) for line in written.splitlines()],
        taken("ftm", written),
    )
    found["ftm list"] = taken(
        "ftm-list",
        release("ftm").write(given.read("un-xml", next(iter(list_files("un-xml", make_list(3, 7)).values()))).records),
    )
    found["formats"] = [
        sorted(
            (one.name, one.title, one.aliases)
            for one in {id(each): each for each in table().values()}.values()
            if not one.package
        )
        for table in (sources, releases)
    ]
    return found


def marked() -> dict[str, Any]:
    """Threat intelligence: what is read, what each marking allows, and what goes out again."""
    m = stix_marking
    handlings = [m.tlp(code) for code in m.LEVELS] + [
        Handling(),
        Handling(releasable_to=None),
        m.held("x"),
        Handling(codes=frozenset({"TLP:GREEN"}), conditions=frozenset({"c"})),
        Handling(addressees=frozenset()),
        Handling(releasable_to=frozenset({StateCode("RS")}), codes=frozenset({"TLP:CLEAR"})),
        Handling(releasable_to=frozenset(), codes=frozenset({"TLP:CLEAR"})),
        Handling(never_onward=True, releasable_to=None),
    ]
    definitions = [m.definition(code) for code in m.LEVELS] + [
        {"id": "x", "definition_type": "tlp", "definition": {"tlp": "white"}},
        {"id": "x", "definition_type": "statement", "definition": {"statement": "s"}},
        {"id": "x"},
        {"id": m.TLP2["RED"], "definition_type": "tlp", "definition": {"tlp": "green"}},
        {"id": "x", "definition_type": "tlp", "definition": {"tlp": "odd"}},
    ]
    known = {"s": m.Meaning(condition="statement: s"), "r": m.Meaning(code="RED")}
    refs = [
        [],
        [m.TLP2["GREEN"]],
        [m.TLP1["CLEAR"], m.TLP2["AMBER"]],
        ["s"],
        [m.TLP2["CLEAR"], "s"],
        ["r", m.TLP2["GREEN"]],
        ["unknown", m.TLP2["CLEAR"]],
    ]
    tags = [
        [],
        ["tlp:white"],
        ["TLP:Amber+Strict"],
        ['tlp:"green"', "tlp:amber"],
        ["tlp:ex:chr"],
        ["tlp:odd"],
        ["other"],
        ["tlp:unclear", "tlp:clear"],
    ]
    stix = given.read("stix", json.dumps(warning()).encode()).records
    misp = given.read("misp", json.dumps(misp_event()).encode()).records
    changes: list[dict[str, Any]] = [
        {"id": "x"},
        {"pattern": "[x"},
        {"confidence": 101},
        {"modified": "2020-01-01T00:00:00Z"},
        {"valid_from": None},
        {"spec_version": "2.0"},
        {"type": "nothing"},
        {"labels": []},
        {"created_by_ref": "identity--x"},
        {"revoked": "x"},
        {"object_marking_refs": ["x"]},
        {"x_more": 1},
        {"valid_until": "2024-01-01T00:00:00Z"},
        {"lang": 3},
    ]
    odd = [{**objects(1)[1], **change} for change in changes]
    return {
        "codes": [[m.code_of(one), m.is_held(one)] for one in handlings], "allow": {code: m.tlp(code) for code in m.LEVELS}, "odd code": tried(m.tlp, "PINK"), "definitions": [tried(m.meaning_of, one) for one in definitions],
        "handlings": [tried(m.handling_of, one, known) for one in refs], "together": [m.together(handlings[at : at + 3]) for at in range(len(handlings) - 2)], "tags": [m.misp_code(one) for one in tags], "strictest": [m.strictest(codes) for codes in ([], ["RED"], ["CLEAR", "AMBER+STRICT", "AMBER"])],
        "stix": [brief(one) for one in stix], "misp": [brief(one) for one in misp], "odd": [taken("stix", json.dumps(bundle([one])).encode()) for one in odd],
        "stix out": json.loads(write_bundle(stix, say=True).data), "left out": write_bundle([*stix[4:], *misp]).left_out, "misp as stix": json.loads(release("stix").write(misp)), "stix as misp": tried(lambda: json.loads(release("misp").write(stix))),
        "misp out": tried(lambda: json.loads(release("misp").write(misp))), "none": tried(write_bundle, []), "fewer": tried(lambda: json.loads(write_bundle(stix[-2:]).data)),
    }  # fmt: skip


def tabled() -> dict[str, Any]:
    """Payments and registers, small tables, pairs and queries, and what is wrong with others."""
    more = [{"schema": "Payment", "id": "P9", "properties": {"date": ["2026-11"], "payer": ["a"], "beneficiary": ["b"], "amount": ["12.345"], "currency": ["EUR"]}}, {"schema": "Ownership", "id": "o", "properties": {"owner": ["a"], "asset": ["b"], "percentage": ["101"]}}, {"schema": "Company", "id": "c", "properties": {"name": ["C"], "jurisdiction": ["rsx"], "topics": ["sanction"], "incorporationDate": ["2020"]}}, {"schema": "Directorship", "id": "d", "properties": {"director": ["a"], "organization": ["b"], "percentage": ["12.5 %"]}}, {"schema": "Control", "id": "d", "properties": {"controller": ["a"], "controlled": ["b"], "role": ["r"]}}, {"id": 3}]  # fmt: skip
    party = {
        "recordType": "entity",
        "recordId": "e",
        "recordDetails": {"name": "E", "jurisdiction": {"code": "RSX"}, "foundingDate": "2020-05"},
    }
    stakes = [
        {"share": {"exact": 25.5}, "type": "shareholding"},
        {"share": {"minimum": 50}},
        {"share": {"exact": 101}},
        {"endDate": "2020-01-01"},
        {},
    ]
    bods: list[Any] = [party, {**party, "recordDetails": {"name": "F"}}, {"recordType": "person", "recordId": "p", "recordDetails": {"names": [{"fullName": "P"}]}}, {"recordType": "relationship", "recordId": "r", "recordDetails": {"interestedParty": "p", "subject": "e", "interests": stakes}}, {"recordType": "relationship", "recordId": "q", "recordDetails": {"interestedParty": {}, "subject": "e"}}, {**party, "recordId": "z", "recordStatus": "closed"}, {"recordType": "x"}, {**party, "recordDetails": 3}]  # fmt: skip
    head = "id,time,from,to,amount,currency,channel,from_country,to_country,text\n"
    pays = ["P1,2025-03-01T10:00:00Z,A,B,525,EUR,bank,DE,BE,x", "P2,2025-03-01,A,B,5,JPY,,,,", "P3,2025-03-01T10:00:00Z,A,B,5.255,EUR,bank,DE,BE,x", "P4,2025-03-01T10:00:00Z,A,B,-5,EUR,bank,DE,BE,x", "P5,1825-03-01T10:00:00Z,A,B,5,EUR,bank,DE,BE,x", "P6,x,A,B,5,EUR,bank,DE,BE,x", "P7,2025-03-01T10:00:00Z,A,B,5,EUR,odd,de,XX,x", "P1,2025-03-01T10:00:00Z,A,B,525,EUR,bank,DE,BE,x"]  # fmt: skip
    return {
        "ftm": _rows("ftm-tables", lines([*FTM, *list[Any](more)])), "bods": _rows("bods", lines(bods)), "bods as a list": _rows("bods", json.dumps(BODS).encode()), "camt": _rows("camt053", STATEMENT.encode()), "pacs": _rows("pacs008", TRANSFER.encode()),
        "payments": [_rows("payments", (head + line + "\n").encode()) for line in pays], "all payments": _rows("payments", (head + "\n".join(pays) + "\n").encode()),
        "assets": [tried(lambda row: read_assets(f"holder,nature,description,currency,amount,valued_on,frozen_on\n{row}\n".encode(), file="a.csv"), row) for row in ("X,funds,d,GBP,12.50,2026-09-30,", "X,economic-resources,d,JPY,12,2026-09-30,2026-01-01", "X,odd,d,GBP,1,2026-09-30,", "X,funds,d,GBP,1,,")],
        "stakes": [tried(lambda row: read_stakes(f"owner,owned,percentage,control,source\n{row}\n".encode(), file="s.csv"), row) for row in ("a,b,60,no,s", "a,b,,yes,", "a,b,100.1,no,", "a,a,50,no,", "a,b,50,,")],
        "queries": [tried(lambda text: read_queries(text.encode(), file="q.csv"), text) for text in ("id,name\n1,A\n", "id,schema,name,alias,birth_date\n1,Person,A|B,C,1975\n", "name\nA\n", "id,more\n1,x\n", "id,name\n1,A\n1,B\n", "")],
        "pairs": [tried(lambda text: read_pairs(text.encode(), file="p.csv"), text) for text in ("id,schema,name1,name2\n1,Person,A,B\n", '{"id":"1","schema":"Person","query":{"name":["A"]},"candidate":{"name":["B"]}}\n', "x\n", "{}\n")],
    }  # fmt: skip


def _rows(name: str, data: bytes) -> Any:
    try:
        rows, errors = trace_world.read(name, data)
    except HeadwaterError as error:
        return refusal(error)
    return {"rows": rows, "errors": [refusal(one) for one in errors]}


def sensed() -> dict[str, Any]:
    """What sensors tell in each form: all fields of each report, and why others are left out."""
    head = "t_s,sensor,x,y,sigma_m,class,size_band,sure,own\n"
    rows = [
        "0,a,1,2,3,boat,5-14,0.9,",
        "0,a,1,2,3,boat,5-14,0.9,",
        "1,a,,2,3,boat,,0.9,",
        "2,a,1,2,,,,,me",
        "3,a,1,2,3,person,,0.9,",
        "4,a,1,2,3,boat,9,0.9,",
        "-90000,a,1,2,3,boat,,0.9,",
        "5,,1,2,3,boat,,0.9,",
        "6,a,1,2,0,boat,,0.9,",
        "7,b,3e5,2,3,boat,,1.5,",
        "99,a,nan,2,3,boat,,0.9,",
        "200,a,1,2,3,boat,,0.9,",
    ]
    places = "time,sensor,lon,lat\n2026-01-01T00:00:00Z,a,19,44\n2026-01-01T00:01:00+01:00,a,19.001,44.001\n2026-01-02T00:00:00Z,a,190,44\n"
    items = b"".join(
        bytes([tag, size]) + bytes((37 * tag + at) % 251 for at in range(size))
        for tag, (_, size, *_) in klv.ITEMS.items()
    )
    body = (
        b"\x02\x08"
        + (1_700_000_000_000_000).to_bytes(8, "big")
        + items
        + b"\x0d\x04\x80\x00\x00\x00"
        + b"\x05\x01\x00"
        + b"\x63\x02ab"
        + b"\x01\x02"
    )
    packet = klv.KEY + bytes([0x81, len(body) + 2]) + body
    packet += klv.checksum(packet).to_bytes(2, "big")
    seen = [
        Detection(
            row=0,
            time_s=0.0,
            sensor="s",
            x=10.0,
            y=-5.0,
            sigma_m=4.0,
            kind=kind,
            size_band=band,
            sure=0.7,
            own="EX" if kind == "boat" else "",
        )
        for kind, band in (("boat", "5-14"), ("person-group", "30+"), ("animal", ""), ("unknown", ""))
    ]
    messages = [detection_message(one, uuid4_of("x"), START, Origin(44, 19)) for one in seen]
    events = [
        EVENT,
        EVENT.replace(b'version="2.0"', b'version="3.0"'),
        EVENT.replace(b"lat=", b"lxt="),
        b"<event/>",
        b"<!DOCTYPE event>" + EVENT,
        b"x" * 70_000 + b"</event>",
    ]
    at = CotEvent("u&<", "a-f-S-X", START, START, START + timedelta(hours=1), "m-g", 44.1, 19.2, 12.0)
    ships = b"Time,MMSI,lat,lon\n2026-01-01 00:00:00,235000001,44.01,19\n2026-01-01 00:01:00,235000001,44.01,19\n2026-01-01 00:02:00,235000001,45.01,19\n2026-01-01 00:03:00,x,44,19\n2026-01-01 00:03:00,5,91,19\n"
    radar = (
        block(34, station(45.0, 16.0))
        + block(48, plot(1.0, 3000.0, 4000.0), plot(2.0, 1.0, 1.0))
        + block(62, track(3.0, 45.0, 16.0))
        + block(65, b"\0")
    )
    passed = PassedOver()
    return {
        "points": tried(lambda: read_points((head + "\n".join(rows) + "\n").encode(), file="p.csv", start=START, now=START + timedelta(seconds=100))), "in degrees": tried(lambda: read_points(places.encode(), file="p.csv")),
        "no points": [tried(lambda text: read_points(text.encode(), file="p.csv"), text) for text in ("", "x,y\n", "t_s,sensor,x\n", head, head + rows[2] + "\n")],
        "klv": list(klv.read_klv(b"noise" + packet + packet[:-1] + b"\0" + klv.KEY + b"\x85" + packet[:40])), "mot": tried(lambda: read_mot(b"1,-1,10,20,30,40,1.9\n1 -1 11 21 30 40 0.9\n2,-1,11,21,0,40,0.9\n2.5,-1,11,21,3,40,0.9\n3,-1,x,21,3,40,0.9\n4,1\n", file="m.txt")),
        "no mot": [tried(read_mot, data) for data in (b"1\n", b"\xff")], "mot out": write_mot([(1, 7, 1.005, 2.0, 4.0, 8.0), (2, 7, 1.5, 2.5, 4.5, 8.5)]), "cot": list(read_cot(b"".join(events))), "cot kinds": [replace(at, type=kind).kind for kind in ("a-f-S", "a-h-A-M-F-Q", "a-u-A", "a-n-G-E-V-C", "a-f-G-U-C", "b-m", "a")],
        "cot out": write_event(at, "a < b").decode(), "cot alert": alert_event("u", START, 44.0, 19.0, 5.0, "help & more").decode(), "cut": [[len(one) for one in CotStream().feed(EVENT + EVENT[:20])], [len(one) for one in CotStream().feed(b"y" * 70_000 + EVENT + EVENT)]],
        "ais": tried(lambda: read_ais_csv(ships)), "nmea": list(read_nmea(b"!AIVDM,1,1,,B,15M67FC000G?ufbE`FepT@3n00Sa,0*5C\n$X*00\n!AIVDM,1,1,,B,15M67FC000G?ufbE`FepT@3n00Sa,0*5D\nx\n")),
        "asterix": [[one.index, one.category, one.source, one.errors] for one in read_asterix(radar, passed=passed)], "passed over": told(passed), "asterix seen": tried(lambda: [detections_of_asterix(radar), detections_of_asterix(block(48, plot(100.0, 3000.0, 4000.0)))]),
        "sapient": [[one.index, one.content, one.errors] for one in read_sapient(b"".join(map(frame, messages)))], "sapient, odd": [told(check_message(data).errors) for data in (b"", b"\xff", messages[0][:-3])],
    }  # fmt: skip


def drawn() -> dict[str, Any]:
    """What is written for others: drafts, maps, charts, timelines, pictures of series."""
    event = EurosurEvent(
        identifier="EX/1",
        rescue=True,
        moment=START,
        aware=START + timedelta(minutes=7),
        lat=44.1234567,
        lon=19.7654321,
        score=0.876,
        craft="boat",
        persons="5-14",
        sensors=("b", "a"),
        description="A boat. Seen at night.",
    )
    first = json.loads(write_event_draft(event))
    unlike: list[dict[str, Any]] = [{}, {"rescue": False, "craft": "", "persons": ""}]
    base = {
        "scale": 1000,
        "land": [[[0, 0, 10_000, 0, 0, 10_000, -10_000, 0, 0, -10_000]]],
        "boundaries": [{"pair": "AA-BB", "lines": [[5_000, 0, 0, 10_000]]}],
        "labels": {"AA": [2_500, 5_000, 5_000]},
    }
    region = RegionMap(title="T", box=(0.0, 0.0, 10.0, 10.0), base=base, styles={"AA-BB": "dashed"}, names={"AA": "Aland"}, marks=[DrawnMark(5.0, 5.0, lane, f"<{lane}>") for lane in ("rescue", "border", "info")])  # fmt: skip
    chart = LinkChart(
        "t",
        [
            DrawnVertex(one, f"{one} & co " + "x" * at * 9, kind, 1.0 * at, at * 0.5, at == 1, at == 2)
            for at, (one, kind) in enumerate(
                zip(
                    "abcdefg",
                    ("Person", "Company", "Vehicle", "BankAccount", "Address", "Nothing", "Vessel"),
                    strict=True,
                )
            )
        ],
        [DrawnEdge("a", "b", "owns"), DrawnEdge("b", "c", "maybe", sure=False), DrawnEdge("c", "d", "on", lit=True)],
        "B",
        directed=True,
    )
    days = [date(2024, month, 1) for month in range(1, 13)]
    return {
        "drafts": [json.loads(write_event_draft(replace(event, **change))) for change in unlike], "closures": [tried(lambda outcome: json.loads(write_closure_draft(first, START + timedelta(hours=2), outcome)), outcome) for outcome in (*OUTCOMES[:2], "odd")],
        "no closure": [tried(write_closure_draft, {**first, **change}, ended, "rescued") for change, ended in (({"annex2Point": "1"}, START), ({"report": {"kind": "closure"}}, START), ({}, START - timedelta(seconds=1)))], "ended at once": tried(lambda: json.loads(write_closure_draft(first, START, "rescued"))["endedAt"]),
        "read": [tried(read_draft, {**first, **change}, "d.json") for change in ({}, {"schema": "x"}, {"report": 3}, {"firstReportDue": "x"}, {"sentAt": "x"})], "due": [due_field({"report": {"kind": kind}}) for kind in ("first", "closure")],
        "moving": json.loads(write_moving_features({7: [(0.0, 0.0, 0.0), (60.0, 0.0, 111.0)], 8: [(0.0, 5.0, 5.0)]}, {7: "boat"}, Origin(44, 19), START)), "tracks": TrackMap("A <map>", {1: [(0, 0), (10, 50)]}, (0, 100), 50, [MapMark(5, 5, lane, "x") for lane in ("rescue", "border")], [(5, 5, 20)]).svg().decode(),
        "region": region.svg(), "chart": [chart.svg(), chart.graphml({"who": "a"}).decode()],
        "series": SeriesPicture(title="S", unit="u", lines=[SeriesLine("a", tuple((day, float(day.month)) for day in days)), SeriesLine("b", ((days[0], 9.0),))], bands=[SeriesBand("i", tuple((day, 1.0, 2.0) for day in days))], notes=["n"], banner="B").svg(), "tops": [nice_top(value) for value in (0.0, 1.0, 99.0, 101.0, 12_345.0)], "ticks": [ticks(top) for top in (1.0, 10.0, 500.0)],
        "time": TimeAxis(title="T", lanes=[("custody", "Custody"), ("b", "B")], moments=[DrawnMoment("custody", START, START, "m <"), DrawnMoment("b", START, START + timedelta(days=3), "n", True)], gaps=[(START, START + timedelta(days=1))], zone="Europe/Belgrade", conflict="conflict", banner="B").svg(),
    }  # fmt: skip


def counted() -> dict[str, Any]:
    """Editions of figures as each reader takes them, with its cautions; dates, names and texts that are looked at anywhere."""
    found: dict[str, Any] = {
        one.name: tried(lambda one: _edition(figures_world.read(one.format, one.data, one.name)), one)
        for one in editions(1)
    }
    boats = "date,boats arrived,people arrived,boats prevented,migrants prevented\n2024-01-01,1,50,2,60\n2024-01-02,0,0,,\nTotal,1,50,2,60\n2024-01-03,2,x,1,1\n"
    for name, text in {"boats": boats.replace("x", "70"), "boats, odd": boats, "boats, none": "a,b\n1,2\n"}.items():
        found[name] = tried(
            lambda text: _edition(figures_world.read("uk-small-boats", text, "boats_2024_05_07.csv")), text
        )
    for form, text in (
        ("csv-wide", "month,A,Total\n2024-01,1,2\n2024-02,,3\n2024-03,1.5,3\n"),
        ("csv-long", "series,period,value,seen_on\na,2024-01,5,2024-06-01\na,2024-01,6,2024-06-01\nb,x,6,2024-06-01\n"),
        ("csv-long", "series,period,value\na,2024-01,5\na,2024-02,-1\n"),
    ):
        found[f"{form} {len(text)}"] = tried(lambda form, text: _edition(figures_world.read(form, text)), form, text)
    where = Place(file="f", line=1, field="x")
    texts = (
        "1975",
        "1975-04",
        "1975-04-02",
        "02/04/1975",
        "dd/mm/1975",
        "2/4/75",
        "10 Dec 1948",
        "Dec 1948",
        "circa 1948",
        "31 Feb 1960",
        "1975-02-30",
        "",
        "1975-04-02T10:00:00Z",
        "00/00/1975",
        "01 January 1990",
    )
    found["dates"] = [
        [
            american_date(text),
            *(tried(lambda read, text: read(text, where=where), read, text) for read in (british_date, iso_date)),
        ]
        for text in texts
    ]
    found["shown"] = [
        [shown(text, "?"), visible(text)] for text in ("name", "a b", "é", "x" * 41, "a\u202eb\0\t\n", "a-b_1")
    ]
    found["wire"] = [
        tried(parse_wire_json, data)
        for data in (
            b'{"a":1}',
            b"[]",
            b'{"a":9007199254740992}',
            b'{"a":-0}',
            b'{"a":-0.0}',
            b'{"a":1,"a":2}',
            b'{"a":"\\u0000"}',
            b"\xef\xbb\xbf{}",
            b'{"a":1e400}',
            b'{"a":' + b"[" * 65 + b"]" * 65 + b"}",
        )
    ]
    return found


def _edition(read: Any) -> dict[str, Any]:
    return {
        "cautions": told(read.cautions),
        "editions": [
            {
                **told(one),
                "sha256": "",
                "periods": [str(period) for period in one.periods],
                "strands": [
                    [strand.series, told(strand.values[:30]), told(strand.dimensions)] for strand in one.strands[:12]
                ],
            }
            for one in read.editions
        ],
    }


def scanned() -> dict[str, Any]:
    """What a scan's file and its sidecar say, there and back."""
    meta = replace(
        META,
        plate="EX-1",
        readings=(Reading(ReadingKind.CO2, alarm=True, p_d=0.9, p_fa=0.1, text="t"),),
        dose_usv=0.5,
        direction="tail-first",
        persons_possible=True,
        taken_at="2026-01-01T00:00:00Z",
    )
    side = sidecar_of(meta)
    changes: dict[str, Any] = {
        "channels": ["a", "a"],
        "air": [0, 0],
        "mm_per_px": {"x": 0, "y": 1},
        "readings": [{"kind": "x"}],
        "image_kind": "x",
        "more": 1,
        "dose_usv": -1,
    }
    return {
        "sidecar": told(side), "back": tried(lambda: parse_sidecar(json.dumps(side).encode(), file="s.json")), "odd": {name: tried(lambda name, value: parse_sidecar(json.dumps({**side, name: value}).encode(), file="s.json"), name, value) for name, value in changes.items()},
        "tiff": neutral_tiff(np.arange(2 * 6 * 8, dtype=np.uint16).reshape(2, 6, 8) * 600, META),
    }  # fmt: skip


def spoiled() -> dict[str, Any]:
    """Every format of the corpus, spoiled in the same ways: what comes of each."""
    found: dict[str, Any] = {}
    for name, form in forms().items():
        if form.syntax in ("sealed", "note", "package") or name in ("sapient", "scan-jpeg", "card"):
            continue  # what is drawn or packed anew at each run
        draw, seed = Random(name), form.seed
        told_of = [_outcome(form.read, form.inside(one)) for one in _spoiled(seed, draw)]
        found[name] = told_of
    return found


def _spoiled(seed: bytes, draw: Random) -> Iterator[bytes]:
    yield seed
    yield seed[: len(seed) // 2]
    yield seed + seed
    for _ in range(SPOILED):
        at = draw.randrange(len(seed))
        yield seed[:at] + bytes([draw.choice(b'0x<,"{}\n\0')]) + seed[at + 1 :]
    at = draw.randrange(len(seed) - 8)
    yield seed[:at] + seed[at + 8 :]
    yield seed.replace(b"1", b"9" * 30, 3)
    yield seed.replace(b"2", b"-2", 2)


def _outcome(read: Callable[[bytes], int], data: bytes) -> Any:
    try:
        return read(data)
    except HeadwaterError as error:
        made = refusal(error)
        return [made["code"], made["what"], made["where"]]


WORLDS: dict[str, Callable[[], Any]] = {
    "listed": listed, "remarked": remarked, "reported": reported, "marked": marked, "tabled": tabled, "sensed": sensed, "drawn": drawn, "counted": counted,
    "scanned": scanned, "spoiled": spoiled,
}  # fmt: skip


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_read_and_written_is_what_was(name: str) -> None:
    hold(WHOLE, name, WORLDS[name]())
