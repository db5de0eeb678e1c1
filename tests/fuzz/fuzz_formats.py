"""Fuzz the readers: mutate valid generated files, and let nothing but declared errors out.

    python tests/fuzz/fuzz_formats.py --reader un-xml --seconds 60 --seed 1

Each input follows from seed and number alone, so that a failure can be made again with ``--first NUMBER --inputs 1``.
"""

import argparse
import gc
import gzip
import io
import json
import re
import sys
import tarfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from random import Random

import orjson

from headwater.errors import InputError, PolicyError
from headwater.exercise.editions import Made, editions
from headwater.exercise.linkset import link_files, link_records
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from headwater.exercise.river_night import ORIGIN, START, river_night
from headwater.exercise.threats import misp_event, warning
from headwater.formats.ais import read_ais_csv, read_nmea
from headwater.formats.assets_csv import read_assets
from headwater.formats.asterix_detections import detections_of_asterix
from headwater.formats.cot import alert_event, read_cot, read_event
from headwater.formats.figures import FigureInput, reader
from headwater.formats.klv import KEY, read_klv
from headwater.formats.mot import read_mot
from headwater.formats.pairs import read_pairs
from headwater.formats.points_csv import read_points
from headwater.formats.reading import read_all
from headwater.formats.registry import release, source
from headwater.formats.safe import parse_json, parse_wire_json
from headwater.formats.safe_archive import read_members
from headwater.formats.safe_sheet import is_workbook, read_workbook
from headwater.formats.sapient import frame, read_sapient
from headwater.formats.sapient_write import detection_message, uuid4_of
from headwater.formats.sheet_out import ods_bytes, xlsx_bytes
from headwater.formats.stakes_csv import read_stakes
from headwater.formats.stix_pattern import check_pattern, compared, is_joint
from headwater.formats.table_sources import table_source
from headwater.model.canonical import decode, encode
from headwater.model.figures import Edition
from headwater.model.ids import AuthorityId
from headwater.ports import LeftOut, SourceInput, Span

if __name__ == "__main__":  # run as a file, it does not know of the folder above
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.asterix_world import block, capture, plot, station, track
from tests.fuzz.scan_targets import seeds as scan_seeds
from tools.parts import add_part, dealt

PAYMENTS = (
    b"id,time,from,to,amount,currency,channel,from_country,to_country,text\n"
    b"P1,2025-03-01T10:00:00+01:00,A,B,1234,EUR,bank,DE,BE,help\n"
    b'P2,2025-03-01T10:00:00Z,B,C,5,JPY,cash,,,"two\nlines"\n'
)
PATTERNS = (
    b"[domain-name:value = 'x.example' AND ipv4-addr:value IN ('203.0.113.1', '203.0.113.2')]",
    b"([a:b.c[*].'d-e' LIKE 'x%' OR a:b NOT MATCHES '^x'] FOLLOWEDBY [f:hashes.'SHA-256' = 'aa']) WITHIN 60 SECONDS",
    b"[a:b ISSUBSET '198.51.100.0/24'] REPEATS 5 TIMES",
)
MOST_SECONDS = 1.0
AGAIN = 3
MOST_MUTATIONS = 6
MOST_BYTES = 500_000
# Where one part of a file ends and another begins, in any of the formats.
_SEAMS = re.compile(rb"[\n,;|/<>\"'{}\[\]:=&()#\\ -]|\d+|[A-Za-z]+")
_PIECES: tuple[bytes, ...] = (
    *(
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\x1a",
        b"\n",
        b"\r",
        b"\r\n",
        b'"',
        b'""',
        b"'",
        b",",
        b";",
        b"|",
    ),
    *(
        b"-0-",
        b"-0- ",
        b"] [",
        b"; ",
        b"a.k.a. '",
        b"DOB ",
        b"alt. ",
        b"circa ",
        b" to ",
        b"dd/mm/",
        b"00/00/0000",
        b"(",
        b")",
    ),
    *(
        b"<",
        b">",
        b"</",
        b"/>",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<!DOCTYPE x>",
        b"<?x?>",
        b"&amp;",
        b"&#0;",
        b"&#x416;",
        b"&x;",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b"null",
        b"true",
        b"-0",
        b"1e999",
        b"NaN",
        b"9" * 25,
        b"\\",
        b"\\u0000",
        b"\\ud800",
        b"\\u202e",
    ),
    *(
        "Ж".encode(),
        "\u202e".encode(),
        "\u2028".encode(),
        "İ".encode(),
        "ß".encode(),
        "\u0130\u0307".encode(),
        b"x" * 70_000,
    ),
    *(b'"headwater:category":"victim",', b'"source_identity":1,', b'"properties":{},', b'"schema":"Person",', b"../"),
)

_SHEET = "xl/worksheets/sheet1.xml"
_CELLS: list[list[str | int | float | date | None]] = [["Route", None, "JAN2024"], ["x", date(2024, 1, 31), 5, 2.5, -1]]


PAIRS_CSV = b"id,schema,name1,name2\n1,Person,Ana Primer,Ana Primerova\n"
PAIRS_JSON = b'{"id":"1","schema":"Person","query":{"name":["Ana Primer"]},"candidate":{"name":["Anna Primer"]}}\n'
ASSETS = (
    b"holder,nature,description,currency,amount,valued_on,frozen_on\n"
    b"Ana Primer,funds,account,GBP,1200.50,2026-09-30,2026-03-01\n"
)


@dataclass(frozen=True)
class Target:
    """One parser: valid inputs to begin with, and how an input is given to it."""

    seeds: tuple[bytes, ...]
    parse: Callable[[bytes], object]


@cache
def targets() -> dict[str, Target]:
    """Every parser by name; their valid files are made once."""
    made = make_list(4, 7)
    lists = {form: list_files(form, made) for form in ("uk-csv", "uk-xml", "un-xml", "ofac-csv", "ofac-xml", "eu-xml")}
    found = {form: Target(tuple(files.values())[:1], _reader(form, files)) for form, files in lists.items()}
    ofac = lists["ofac-csv"]
    found["ofac-alt"] = Target(
        (ofac["alt.csv"],), lambda data: _read("ofac-csv", ofac["sdn.csv"], ofac | {"alt.csv": data})
    )
    found["ofac-add"] = Target(
        (ofac["add.csv"],), lambda data: _read("ofac-csv", ofac["sdn.csv"], ofac | {"add.csv": data})
    )
    csv_file, xml_file = (next(iter(lists[form].values())) for form in ("uk-csv", "uk-xml"))
    found["uk"] = Target((csv_file, xml_file), _reader("uk", {}))
    records = read_all(source("un-xml"), _given(next(iter(lists["un-xml"].values())), {})).records
    found["ftm"] = Target((release("ftm").write(records),), _reader("ftm", {}))
    found["things-csv"] = Target((link_files(link_records(30, 1))["records-RS-MOI.csv"],), _reader("things-csv", {}))
    report = json.dumps(_report()).encode()
    found["intelligence-report"] = Target((report,), _reader("intelligence-report", {}))
    found["ftm-list"] = Target(found["ftm"].seeds, _reader("ftm-list", {}))
    found["stix"] = Target((json.dumps(warning()).encode(), orjson.dumps(warning())), _round_trip("stix"))
    found["misp"] = Target((json.dumps(misp_event()).encode(), orjson.dumps(misp_event())), _round_trip("misp"))
    found["stix-pattern"] = Target(PATTERNS, _pattern)
    found["pairs"] = Target((PAIRS_CSV, PAIRS_JSON), read_pairs)
    found["stakes"] = Target((b"owner,owned,percentage,control,source\n1,2,60,no,register\n2,3,,yes,\n",), read_stakes)
    found["assets"] = Target((ASSETS,), read_assets)
    found["json"] = Target((report, b'[{"a":[1,-2.5,"x",null]},{"b":{"c":"\\u0416"}}]'), _parse_json)
    found |= _tables()
    found["archive"] = Target(tuple(_archives()), read_members)
    for one in editions(1):
        found[one.format] = _figures_target(one)
    for form, member in (("xlsx", _SHEET), ("ods", "content.xml")):
        workbook = (xlsx_bytes if form == "xlsx" else ods_bytes)([("a", _CELLS)])
        found[form] = _inside(workbook, member, read_workbook)
    return found | _sensors() | {name: Target(*one) for name, one in scan_seeds().items()}


def _round_trip(form: str) -> Callable[[bytes], object]:
    """Read what is good of a bundle or event, and write it in both formats: whatever can be read can be written."""

    def parse(data: bytes) -> None:
        found = read_all(source(form), _given(data, {}), keep_good=True).records
        for way in ("stix", "misp"):
            with suppress(PolicyError):
                release(way).write(found)

    return parse


def _pattern(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    check_pattern(text)
    compared(text)
    is_joint(text)


def _all_events(data: bytes) -> None:
    for _, event in read_cot(data):
        if isinstance(event, InputError):
            raise event


def _sensors() -> dict[str, Target]:
    """The readers of sensor files, on the invented night of the exercise."""
    seen = river_night(minutes=4.0).detections[:20]
    frames = b"".join(frame(detection_message(one, uuid4_of(one.sensor), START, ORIGIN)) for one in seen)
    rows = "".join(f"{one.time_s},{one.sensor},{one.x:.2f},{one.y:.2f},{one.kind},{one.sure:.2f}\n" for one in seen)
    points = f"t_s,sensor,x,y,class,sure\n{rows}".encode()
    ships = b"Time,MMSI,lat,lon\n" + b"".join(b"2026-01-01 00:0%d:00,1%d,44.0%d,19\n" % (n, n, n) for n in range(9))
    event = alert_event("EX-1", START, 44.0, 19.0, 20.0, "exercise")
    packet = KEY + b"\x12\x02\x08" + bytes(8) + b"\x0d\x04\x10\x20\x30\x40\x01\x02\x00\x00"
    return {
        "sapient": Target((frames,), lambda data: list(read_sapient(data))),
        "cot": Target((event,), read_event),
        "cot-stream": Target((event * 3,), _all_events),
        "nmea": Target((b"!AIVDM,1,1,,B,15M67FC000G?ufbE`FepT@3n00Sa,0*5C\n" * 3,), lambda data: list(read_nmea(data))),
        "ais-csv": Target((ships,), read_ais_csv),
        "points": Target((points,), read_points),
        "klv": Target((packet,), lambda data: list(read_klv(data))),
        "asterix": Target(
            (
                block(34, station(45.0, 16.0))
                + block(48, plot(1.0, 3e3, 4e3, i130=b"\xfe" + bytes(7)))
                + block(62, track(2.0, 45.0, 16.0)),
                capture((1e9, block(62, track(1.0, 45.0, 16.0), track(2.0, 45.1, 16.1)))),
            ),
            detections_of_asterix,
        ),
        "mot": Target((b"1,-1,10,20,30,40,0.9\n2,-1,11,21,30,40,0.9\n",), read_mot),
    }


def _tables() -> dict[str, Target]:
    """Formats of bulk tables, each with a valid file."""
    from tests.unit.formats.test_iso20022 import STATEMENT, TRANSFER
    from tests.unit.formats.test_statements import BODS, FTM, lines

    seeds = {
        "payments": PAYMENTS,
        "companies": b"id,name,registered,designated,lat,lon\nC1,Example,2019-03-01,yes,51.5,-0.12\n",
        "camt053": STATEMENT.encode(),
        "pacs008": TRANSFER.encode(),
        "ftm-tables": lines(FTM),
        "bods": json.dumps(BODS).encode(),
    }
    return {name: Target((data,), partial(_read_table, name)) for name, data in seeds.items()}


def _read_table(name: str, data: bytes) -> None:
    for found in table_source(name).rows(io.BytesIO(data), file="fuzzed", span=Span(0, 2_000_000_000_000_000)):
        if isinstance(found, LeftOut):
            assert isinstance(found.error, InputError)
            assert len(str(found.error)) < 600
            continue
        if found.table == "payments":
            amounts = found.data["amount"].to_pylist()
            assert all(amount > 0 for amount in amounts)
            assert all(found.data[name].to_pylist()[0] for name in ("id", "sender", "receiver", "currency"))


_CHANGES: tuple[Callable[[bytes, int, int, int, int, bytes, Random], bytes], ...] = (
    lambda data, begin, end, other, far, piece, draw: data[:begin] + piece + data[begin:],
    lambda data, begin, end, other, far, piece, draw: data[:begin] + piece + data[end:],
    lambda data, begin, end, other, far, piece, draw: data[:begin] + data[end:],
    lambda data, begin, end, other, far, piece, draw: data[:other] + data[far:],
    lambda data, begin, end, other, far, piece, draw: data[:begin] + data[other:far] + data[begin:],
    lambda data, begin, end, other, far, piece, draw: (
        data[:begin] + _repeated(data[begin:end], draw.choice((2, 3, 50, 3000))) + data[end:]
    ),
    lambda data, begin, end, other, far, piece, draw: data[:begin] + bytes([draw.randrange(256)]) + data[begin + 1 :],
    lambda data, begin, end, other, far, piece, draw: data[:begin],
)


def mutate(seed: bytes, draw: Random) -> bytes:
    """Return a file with a few changes at its seams."""
    data = seed
    for _ in range(draw.randint(1, MOST_MUTATIONS)):
        begin, end = _part(data, draw)
        other, far = sorted((_part(data, draw)[0], _part(data, draw)[1]))
        piece = draw.choice((draw.choice(_PIECES), draw.randbytes(draw.randint(1, 8)), data[other : other + 200]))
        data = draw.choice(_CHANGES)(data, begin, end, other, far, piece, draw)
        data = data[:MOST_BYTES]
    return data


def _repeated(part: bytes, times: int) -> bytes:
    """Return a part again and again, no longer than an input may be: 3,000 times a whole file is gigabytes."""
    return part * min(times, MOST_BYTES // max(len(part), 1) + 1)


def _part(data: bytes, draw: Random) -> tuple[int, int]:
    """Return where some part of a file begins and ends."""
    found = _SEAMS.search(data, draw.randrange(len(data) + 1))
    return found.span() if found else (0, len(data))


def inputs(target: Target, seed: int, first: int) -> Iterator[tuple[int, bytes]]:
    """Yield mutated files without end, each from seed and number alone."""
    number = first
    while True:
        draw = Random(f"{seed}/{number}")
        yield number, mutate(draw.choice(target.seeds), draw)
        number += 1


def run(name: str, *, seed: int, seconds: float, first: int = 0, most: int | None = None) -> tuple[int, int, list[str]]:
    """Return how many inputs were tried, how many were read, and what went wrong."""
    target = targets()[name]
    gc.freeze()  # what other tests of this process left is not searched meanwhile: that takes longer than an input may
    try:
        return _run(target, seed, seconds, first, most)
    finally:
        gc.unfreeze()


def _run(target: Target, seed: int, seconds: float, first: int, most: int | None) -> tuple[int, int, list[str]]:
    bad, tried, good = list[str](), 0, 0
    end = time.monotonic() + seconds
    for number, data in inputs(target, seed, first):
        if time.monotonic() > end or tried == most:
            break
        tried += 1
        begun = time.process_time()
        try:
            target.parse(data)
            good += 1
        except (InputError, PolicyError) as error:
            if len(str(error)) > 600:
                bad.append(f"input {number}: an error of {len(str(error))} letters")
        except BaseException:  # noqa: BLE001 (what is not declared is what we are looking for)
            bad.append(f"input {number}:\n{traceback.format_exc()}")
        spent = time.process_time() - begun
        if spent > MOST_SECONDS:  # a second of a shared core says little: what is slow is slow again
            spent = min(_seconds(target, data) for _ in range(AGAIN))
        if spent > MOST_SECONDS:
            bad.append(f"input {number}: {spent:.1f} s for {len(data)} bytes")
    return tried, good, bad


def _seconds(target: Target, data: bytes) -> float:
    begun = time.process_time()
    with suppress(Exception):
        target.parse(data)
    return time.process_time() - begun


def _given(data: bytes, beside: dict[str, bytes]) -> SourceInput:
    return SourceInput("fuzzed", data, beside.get, AuthorityId("UK-NCA"))


def _read(form: str, data: bytes, beside: dict[str, bytes]) -> None:
    result = read_all(source(form), _given(data, beside), keep_good=True)
    for record in result.records:
        assert record.id
    release("ftm").write([record for record in result.records if not any(one.protected for one in record.mentions)])


def _reader(form: str, beside: dict[str, bytes]) -> Callable[[bytes], object]:
    return lambda data: _read(form, data, beside)


def _figures_target(one: Made) -> Target:
    """A made-up edition, small enough to be read a thousand times; of a workbook, what is inside is changed."""
    read = partial(_read_figures, one.format, one.name)
    if not is_workbook(one.data):
        return Target((one.data[: one.data.rindex(b"\n", 0, 4_000) + 1] if len(one.data) > 4_000 else one.data,), read)
    sheets = [(sheet.name, [row.cells[:12] for row in sheet.rows[:12]]) for sheet in read_workbook(one.data)]
    if one.name.endswith("xlsx"):
        return _inside(xlsx_bytes(sheets), _SHEET, read)
    return _inside(ods_bytes(sheets), "content.xml", read)


def _inside(workbook: bytes, member: str, parse: Callable[[bytes], object]) -> Target:
    """A target that changes one member of a workbook: a changed zip file is refused before anything of it is read."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}

    def packed(data: bytes) -> object:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, held in members.items():
                archive.writestr(name, data if name == member else held)
        return parse(out.getvalue())

    return Target((members[member],), packed)


def _read_figures(form: str, name: str, data: bytes) -> None:
    for edition in reader(form).read(FigureInput(name, data, date(2026, 11, 25))).editions:
        assert decode(encode(edition), Edition) == edition


def _parse_json(data: bytes) -> None:
    """What safe JSON reads, the standard library must read alike, every pair of it."""
    try:
        value = parse_json(data)
    except InputError:
        for_sure = _fails(parse_wire_json, data)
        assert for_sure, "refused in a file and taken from a partner"
        raise
    assert json.loads(data, object_pairs_hook=_once) == value
    assert _fails(parse_wire_json, data) or parse_wire_json(data) == value


def _fails(parse: Callable[[bytes], object], data: bytes) -> bool:
    try:
        parse(data)
    except InputError:
        return True
    return False


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len({key for key, _ in pairs}) == len(pairs), "a key twice"
    return dict(pairs)


def _archives() -> Iterator[bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/x.txt", b"x" * 500)
        archive.writestr("y.txt", b"y")
    yield out.getvalue()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("a/x.txt", "Ж" * 60):
            info = tarfile.TarInfo(name)
            info.size = 500
            tar.addfile(info, io.BytesIO(b"x" * 500))
    yield out.getvalue()
    yield gzip.compress(out.getvalue(), mtime=0)


def _report() -> dict[str, object]:
    person = {"name": ["Ana", {"value": "Ана", "lang": "sr-Cyrl", "original": "x"}], "birthDate": ["1975"]}
    return {
        "schema": "headwater/intelligence-report/1",
        "reference": "OP-EXAMPLE/17",
        "originator": "UK-NCA",
        "recorded_at": "2026-11-25T08:30:00Z",
        "purposes": ["oic"],
        "grade": "3x5x2:1/B",
        "handling": {"codes": ["P"], "markings": ["OFFICIAL"], "releasable_to": ["RS"], "retain_until": "2028-01-31"},
        "text": "Ana supplies boats.",
        "entities": [
            {"key": "p1", "schema": "Person", "category": "suspect", "properties": person},
            {"key": "c1", "schema": "Company", "properties": {"name": ["EXAMPLE TEST LTD"]}},
        ],
        "links": [
            {"schema": "Ownership", "ends": {"owner": "p1", "asset": "c1"}, "properties": {"percentage": ["51"]}}
        ],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz one reader or all; exit 1 where something went wrong."""
    parser = argparse.ArgumentParser(description="Mutate valid files and let nothing but declared errors out.")
    parser.add_argument("--reader", choices=[*targets(), "all"], default="all")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--inputs", type=int, help="at most so many")
    add_part(parser)
    given = parser.parse_args(arguments)
    names = dealt(list(targets()) if given.reader == "all" else [given.reader], given.part)
    failed = False
    for name in names:
        tried, good, bad = run(name, seed=given.seed, seconds=given.seconds, first=given.first, most=given.inputs)
        print(f"{name}: {tried} inputs, {good} read, {tried - good - len(bad)} refused, {len(bad)} bad", flush=True)
        for text in bad[:5]:
            print(text, file=sys.stderr)
        failed = failed or bool(bad)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
