"""The corpus of hostile files: every format that is read, and the files that are made for it, each with a harmless twin.

Nothing of it lies in the repository as a file: a format brings one valid file, the spot where a value stands in it and how it
is read in full; the traps of its syntax (`tests/hostile/traps.py`) are set at that spot.
"""

import io
import json
import zipfile
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson

from headwater.errors import FormatError, TrustError
from headwater.exchange.card import read_card, sign_card
from headwater.exchange.checkpoint import read_checkpoint
from headwater.exchange.envelope import SenderKey, open_envelope
from headwater.exchange.proof import check_proof, read_proof
from headwater.exchange.receipt import read_receipt
from headwater.exchange.refusal import Refusal
from headwater.exercise.linkset import link_files, link_records
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from headwater.exercise.threats import misp_event, warning
from headwater.formats.ais import read_ais_csv, read_nmea
from headwater.formats.assets_csv import read_assets
from headwater.formats.cot import read_event
from headwater.formats.figures import FigureInput, reader
from headwater.formats.klv import KEY, checksum, read_klv
from headwater.formats.mot import read_mot
from headwater.formats.pairs import read_pairs
from headwater.formats.points_csv import read_points
from headwater.formats.queries_csv import read_queries
from headwater.formats.reading import read_all
from headwater.formats.registry import release, source
from headwater.formats.safe import parse_json
from headwater.formats.safe_archive import read_members
from headwater.formats.safe_sheet import read_workbook
from headwater.formats.sapient import frame, read_sapient
from headwater.formats.sapient_write import detection_message, uuid4_of
from headwater.formats.scan_read import read_scan
from headwater.formats.scan_sidecar import parse_sidecar
from headwater.formats.sheet_out import ods_bytes, xlsx_bytes
from headwater.formats.stakes_csv import read_stakes
from headwater.formats.table_sources import table_source
from headwater.model.detections import Detection, Origin
from headwater.model.ids import authority_id
from headwater.model.times import parse_instant
from headwater.node import strongbox
from headwater.node.watch_routes import read_line
from headwater.ports import LeftOut, Span
from headwater.testing.fakes import START
from tests.fuzz.scan_targets import seeds as scan_seeds
from tests.given import given
from tests.property.test_proof_tampering import KEYS
from tests.unit.exchange.test_card import OLD, card
from tests.unit.exchange.test_receipt import LONDON
from tests.unit.exchange.test_receipt import given as given_receipt
from tests.unit.formats.test_cot import GOOD as EVENT
from tests.unit.formats.test_iso20022 import STATEMENT, TRANSFER
from tests.unit.formats.test_statements import BODS, FTM, lines

PASSPHRASE = "six made up words for tests"
CHEAP = 1 << 10
"""What a guess at a passphrase costs is not what is tried here: a third of a second, by design."""
VECTORS = Path(__file__).parents[1] / "vectors"
NOTHING: Mapping[str, bytes] = {}
SPAN = Span(0, 2_000_000_000_000_000)
SHEET = "xl/worksheets/sheet1.xml"
WINDOWS = frozenset({"bad UTF-8", "overlong UTF-8", "wide row"})
"""OFAC's files are in Windows-1252, where every byte is some letter; its rows of fewer columns end in blanks."""
LENIENT = frozenset({"text behind a quote"})
"""Arrow takes the letters behind a closing quote as part of the cell: nothing is lost, and no quote ends up elsewhere."""
NOTES = frozenset({"extra cell", "line break", "carriage return", "half a row"})
"""Tables of figures have notes between their rows: a row without a value is left out, and the reader says so."""
ATTRIBUTE = frozenset({"end of CDATA"})
"""Its value stands in an attribute, where this is text like any other."""


@dataclass(frozen=True)
class Form:
    """One format: a valid file, and how it is read in full.

    Attributes:
        name: the format.
        syntax: which traps it is open to.
        seed: a valid file.
        spot: a value in it, quotes included where the syntax has them.
        read: reads a file in full and returns how many things it found; whatever is left out is an error.
        inside: how a member is put back where the file is a package; the seed is then the member.
        plain: whether the twin of a trap at the spot is the seed itself, since this format has no free text.
        skip: traps that this format takes: it has no schema that the trap could break.
    """

    name: str
    syntax: str
    seed: bytes
    spot: bytes
    read: Callable[[bytes], int]
    inside: Callable[[bytes], bytes] = bytes
    plain: bool = False
    skip: frozenset[str] = field(default_factory=frozenset)


def forms() -> dict[str, Form]:
    """Return every format by name."""
    made = [
        *_lists(),
        *_intelligence(),
        *_tables(),
        *_small_tables(),
        *_sensors(),
        *_figures(),
        *_scans(),
        *_exchange(),
    ]
    return {one.name: one for one in made}


def _source(name: str, beside: Mapping[str, bytes] = NOTHING) -> Callable[[bytes], int]:
    return lambda data: len(read_all(source(name), given(data, beside=beside)).records)


def _lists() -> Iterator[Form]:
    made = make_list(6, 7)
    family = next(one.family for one in made if one.family)
    for name in ("ofac-xml", "eu-xml", "un-xml", "uk-xml"):
        data = next(iter(list_files(name, made).values()))
        spot = b"Invented entry." if name == "eu-xml" else family.encode()
        yield Form(name, "xml", data, spot, _source(name), plain=name == "eu-xml")
    files = list_files("ofac-csv", made)
    country = made[0].country.encode()
    for side in ("alt.csv", "add.csv"):
        spot = b'"aka"' if side == "alt.csv" else b'"' + country + b'"'
        read = partial(_beside, "ofac-csv", files["sdn.csv"], files, side)
        yield Form(f"ofac {side}", "csv", files[side], spot, read, plain=True, skip=WINDOWS)
    data = link_files(link_records(12, 1))["records-RS-MOI.csv"]
    spot = data.splitlines()[1].split(b",")[3]
    yield Form("things-csv", "csv", data, spot, _source("things-csv"), plain=True)
    records = read_all(source("un-xml"), given(next(iter(list_files("un-xml", made).values())))).records
    ftm = release("ftm").write(records)
    yield Form("ftm-list", "jsonl", ftm, orjson.dumps(made[1].family), _source("ftm-list"))


def _beside(name: str, main: bytes, files: Mapping[str, bytes], side: str, data: bytes) -> int:
    return len(read_all(source(name), given(main, beside={**files, side: data})).records)


def _intelligence() -> Iterator[Form]:
    for name, document in (("stix", warning()), ("misp", misp_event())):
        data = orjson.dumps(document)
        texts = sorted({one for one in _texts(document) if " " in one and data.count(orjson.dumps(one)) == 1})
        yield Form(name, "json", data, orjson.dumps(texts[0]), _source(name), plain=True)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _table(name: str, data: bytes) -> int:
    count = 0
    for found in table_source(name).rows(io.BytesIO(data), file="given", span=SPAN):
        if isinstance(found, LeftOut):
            raise found.error
        count += int(found.data.num_rows)
    return count


def _tables() -> Iterator[Form]:
    from headwater.model.tables import Kind, table

    values = {
        Kind.NAME: "ANNA{n}", Kind.TEXT: "x", Kind.TIME: "2025-03-01T10:00:00Z", Kind.DAY: "2025-03-01", Kind.AMOUNT: "5",
        Kind.CURRENCY: "EUR", Kind.COUNTRY: "DE", Kind.COUNT: "3", Kind.DEGREES: "44.5", Kind.FLAG: "1", Kind.RATE: "1.5",
    }  # fmt: skip
    for name in ("payments", "companies", "ownership", "shipments", "listings", "hires", "contacts", "identifiers", "places", "crossings", "rates"):  # fmt: skip
        columns = [column for column in table(name).columns if column.required]
        head = ",".join(column.heading for column in columns)
        rows = [",".join(values[column.kind].format(n=n) for column in columns) for n in range(3)]
        data = "\n".join([head, *rows, ""]).encode()
        spot = b"ANNA1" if b"ANNA1" in data else rows[1].split(",")[0].encode()
        yield Form(name, "csv", data, spot, partial(_table, name), plain=True, skip=LENIENT)
    yield Form("camt053", "xml", STATEMENT.encode(), b"Example Family", partial(_table, "camt053"))
    yield Form("pacs008", "xml", TRANSFER.encode(), b"Payer (fictional)", partial(_table, "pacs008"))
    yield Form("ftm-tables", "jsonl", lines(FTM), b'"Example Ltd"', partial(_table, "ftm-tables"), plain=True)
    yield Form("bods", "jsonl", lines(BODS), b'"Example Ltd"', partial(_table, "bods"), plain=True)


def _small_tables() -> Iterator[Form]:
    yield Form("queries", "csv", b"id,name\n1,ANNA\n2,Other\n", b"ANNA", lambda data: len(read_queries(data)))
    stakes = b"owner,owned,percentage,control,source\n1,2,60,no,ANNA\n2,3,,yes,\n"
    yield Form("stakes", "csv", stakes, b"ANNA", lambda data: len(read_stakes(data)))
    assets = b"holder,nature,description,currency,amount,valued_on,frozen_on\nANNA,funds,account,GBP,1200.50,2026-09-30,2026-03-01\n"
    yield Form("assets", "csv", assets, b"ANNA", lambda data: len(read_assets(data)))
    pairs = b"id,schema,name1,name2\n1,Person,Ana Primer,ANNA\n"
    yield Form("pairs", "csv", pairs, b"ANNA", lambda data: len(read_pairs(data)))
    asked = b'{"id":"1","schema":"Person","query":{"name":["Ana Primer"]},"candidate":{"name":["ANNA"]}}\n'
    yield Form("pairs-json", "jsonl", asked, b'"ANNA"', lambda data: len(read_pairs(data)), plain=True)
    for name, data, spot in (
        ("csv-wide", b"month,ANNA\n2024-01,1\n2024-02,2\n", b"ANNA"),
        ("csv-long", b"series,period,value\nANNA,2024-01,1\nANNA,2024-02,2\n", b"ANNA"),
    ):
        yield Form(name, "csv", data, spot, partial(_figure, name, "x.csv"), plain=True, skip=NOTES)


def _figure(form: str, name: str, data: bytes) -> int:
    return len(reader(form).read(FigureInput(name, data, date(2026, 11, 25))).editions)


def _figures() -> Iterator[Form]:
    cells: list[list[str | int | float | date | None]] = [["Route", "ANNA", "JAN2024"], ["x", date(2024, 1, 31), 5]]
    for name, member in (("xlsx", SHEET), ("ods", "content.xml")):
        workbook = (xlsx_bytes if name == "xlsx" else ods_bytes)([("a", cells)])
        packed = partial(_packed, workbook, member)
        seed = zipfile.ZipFile(io.BytesIO(workbook)).read(member)
        yield Form(f"{name} sheet", "xml", seed, b"ANNA", _cells, inside=packed, plain=True)
        yield Form(name, "package", workbook, b"", _cells)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/x.txt", b"x" * 500)
        archive.writestr("y.txt", b"y")
    yield Form("archive", "package", out.getvalue(), b"", lambda data: len(read_members(data)))


def _cells(data: bytes) -> int:
    return sum(len(row.cells) for sheet in read_workbook(data) for row in sheet.rows)


def _packed(workbook: bytes, member: str, data: bytes) -> bytes:
    """A workbook with something else in one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            after.writestr(info.filename, data if info.filename == member else before.read(info))
    return out.getvalue()


def _whole(found: Iterator[Any], fault: Callable[[Any], object]) -> int:
    kept = list(found)
    if not kept or any(fault(one) for one in kept):
        raise FormatError("not whole")
    return len(kept)


def _sensors() -> Iterator[Form]:
    seen = Detection(row=0, time_s=0.0, sensor="s", x=0.0, y=0.0)
    message = detection_message(seen, uuid4_of("x"), datetime(2026, 1, 1, tzinfo=UTC), Origin(44, 19))
    yield Form(
        "sapient",
        "frames",
        frame(message) * 3,
        message,
        lambda data: _whole(read_sapient(data), lambda one: not one.ok),
    )
    yield Form("cot", "xml", EVENT, b"EX-1", lambda data: int(bool(read_event(data))), plain=True, skip=ATTRIBUTE)
    yield Form("nmea", "nmea", b"!AIVDM,1,1,,B,15M67FC000G?ufbE`FepT@3n00Sa,0*5C\n" * 3, b"",
        lambda data: _whole(read_nmea(data), lambda one: one.error))  # fmt: skip
    ships = b"Time,MMSI,lat,lon\n2026-01-01 00:00:00,235000001,44.01,19\n2026-01-01 00:01:00,235000001,44.01,19\n"
    yield Form("ais-csv", "csv", ships, b"44.01", lambda data: _kept(read_ais_csv(data)), plain=True)
    points = b"t_s,sensor,x,y,class,sure\n0,ANNA,1.5,2,boat,0.9\n1,ANNA,1.5,2,boat,0.9\n"
    yield Form("points", "csv", points, b"1.5", lambda data: _kept(read_points(data)), plain=True)
    yield Form(
        "klv",
        "klv",
        packet(b"\x0d\x04\x10\x20\x30\x40") * 2,
        b"",
        lambda data: _whole(read_klv(data), lambda one: one.errors),
    )
    yield Form("mot", "mot", b"1,-1,10,20,30,40,0.9\n2,-1,11,21,30,40,0.9\n", b"10", _boxes, plain=True)


def packet(items: bytes) -> bytes:
    """A KLV packet with a checksum that holds."""
    body = b"\x02\x08" + bytes(8) + items + b"\x01\x02"
    head = KEY + bytes([len(body) + 2]) + body
    return head + checksum(head).to_bytes(2, "big")


def _kept(found: Any) -> int:
    if found.rejected:
        raise FormatError("rows were left out")
    return len(found.detections)


def _boxes(data: bytes) -> int:
    frames, rejected = read_mot(data)
    if rejected:
        raise FormatError("rows were left out")
    return len(frames)


def _scans() -> Iterator[Form]:
    made = scan_seeds()
    names = {"scan-tiff": "a.tif", "scan-dx": "a.dcs", "scan-jpeg": "a.jpg"}
    for name, file in names.items():
        yield Form(name, "image", made[name][0][0], b"", partial(_scan, file, b""))
    side = made["scan-sidecar"][0][0]
    yield Form(
        "scan-sidecar", "json", side, _last_text(side), lambda data: len(parse_sidecar(data, file="a.json")), plain=True
    )


def _last_text(data: bytes) -> bytes:
    texts = [one for one in _texts(json.loads(data)) if data.count(json.dumps(one).encode()) == 1]
    return json.dumps(texts[-1]).encode()


def _scan(name: str, side: bytes, data: bytes) -> int:
    return int(read_scan(data, name, lambda _: side or None).pixels.size)


def _exchange() -> Iterator[Form]:
    vector = json.loads((VECTORS / "envelope" / "001-good-ping.json").read_text("ascii"))
    yield Form("envelope", "sealed", bytes.fromhex(vector["envelope"]), b"", partial(_opened, vector))
    proof = b64decode(json.loads((VECTORS / "log" / "012-good-leaf-7-of-8.json").read_text("ascii"))["proof"])
    yield Form("proof", "note", proof, b"", _proved)
    note = proof.partition(b"\n\n")[2]
    yield Form("checkpoint", "note", note, b"", lambda data: int(bool(read_checkpoint(data))))
    yield Form(
        "receipt", "sealed", given_receipt(), b"", lambda data: len(read_receipt(data, card(), LONDON, START).lines)
    )
    signed = sign_card(card(), OLD[:2]).paper.to_bytes()
    yield Form("card", "json", signed, b'"ed25519"', lambda data: int(bool(read_card(data))), plain=True)
    yield Form("backup", "sealed", _box(), b"", _unboxed)
    line = b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"LineString","coordinates":[[19,44],[20,45]]},"properties":{"name":"ANNA"}}]}'
    yield Form("geojson", "json", line, b'"ANNA"', lambda data: len(read_line(_object(data), None)), plain=True)


def _object(data: bytes) -> dict[str, Any]:
    value = parse_json(data)
    if not isinstance(value, dict):
        raise FormatError("no object")
    return value


def _proved(data: bytes) -> int:
    found = check_proof(read_proof(data), KEYS)
    if not found.ok:
        raise TrustError("; ".join(found.problems))
    return 1


def _box() -> bytes:
    out = io.BytesIO()
    with patch.object(strongbox, "_COST", CHEAP):
        box = strongbox.BoxWriter(out, PASSPHRASE, b"s" * 16)
    box.write(b"what a node holds" * 100)
    box.finish()
    return out.getvalue()


def _unboxed(data: bytes) -> int:
    with patch.object(strongbox, "_COST", CHEAP):
        return len(strongbox.BoxReader(io.BytesIO(data), PASSPHRASE, name="given").read())


def _opened(vector: dict[str, Any], data: bytes) -> int:
    answer = open_envelope(
        data,
        me=authority_id(vector["me"]),
        peer=authority_id(vector["peer"]),
        recipient_seed=bytes.fromhex(vector["keys"]["recipient_seed"]),
        sender=SenderKey(bytes.fromhex(vector["keys"]["sender_public"]), parse_instant("9999-01-01T00:00:00Z")),
        now=parse_instant(vector["now"]),
    )
    if isinstance(answer, Refusal):
        raise TrustError(answer.code)
    return len(answer)
