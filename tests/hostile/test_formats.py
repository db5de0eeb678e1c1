"""Hostile files, each with a harmless twin: the one refused within the limits, the other read."""

import gzip
import io
import itertools
import stat
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson
import pytest

from headwater.errors import InputError
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from headwater.formats.reading import read_all
from headwater.formats.registry import release, source
from headwater.formats.safe_archive import read_members
from tests.given import given

MOST_SECONDS = 1.0
MOST_BYTES = 256 * 1024 * 1024
SMALL_BYTES = 100_000
MADE = make_list(20, 7)
FILES = {form: list_files(form, MADE) for form in ("uk-csv", "uk-xml", "un-xml", "ofac-csv")}
UK_CSV, UK_XML, UN_XML = (next(iter(FILES[form].values())) for form in ("uk-csv", "uk-xml", "un-xml"))
OFAC = FILES["ofac-csv"]
REPORT = orjson.dumps(
    {
        "schema": "headwater/intelligence-report/1",
        "reference": "OP-EXAMPLE/17",
        "originator": "UK-NCA",
        "recorded_at": "2026-11-25T08:30:00Z",
        "grade": "3x5x2:1/B",
        "handling": {"codes": ["P"]},
        "text": "@@",
        "entities": [{"key": "c1", "schema": "Company", "properties": {"name": ["EXAMPLE TEST LTD"]}}],
    }
)
FTM = release("ftm").write(read_all(source("un-xml"), given(UN_XML)).records)


@dataclass(frozen=True)
class Case:
    """One hostile file and its twin."""

    name: str
    form: str
    hostile: bytes
    benign: bytes
    beside: dict[str, bytes] = field(default_factory=dict)
    calm: dict[str, bytes] = field(default_factory=lambda: OFAC)


def json_texts() -> Iterator[tuple[str, bytes, bytes]]:
    """What stands in the place of a JSON text, its quotes included."""
    yield from (
        ("NaN", b"NaN", b'"NaN"'),
        ("Infinity", b"-Infinity", b'"x"'),
        ("overflow", b"1e999", b'"1e999"'),
        ("lone high surrogate", b'"\\ud800"', b'"\\ud83d\\ude00"'),
        ("lone low surrogate", b'"\\udc00"', b'"\\u0416"'),
        ("bad UTF-8", b'"\xff"', '"ÿ"'.encode()),
        ("overlong UTF-8", b'"\xc0\xaf"', b'"/"'),
        ("surrogate in UTF-8", b'"\xed\xa0\x80"', b'"x"'),
        ("raw NUL", b'"a\0"', b'"a"'),
        ("escaped NUL", b'"a\\u0000"', b'"a\\u0001"'),
        ("raw control", b'"a\nb"', b'"a\\nb"'),
        ("5,000 digits", b"9" * 5_000, b'"' + b"9" * 5_000 + b'"'),
        ("65-bit integer", b"18446744073709551616", b'"18446744073709551616"'),
        ("long text", b'"' + b"x" * 65_537 + b'"', b'"' + b"x" * 65_536 + b'"'),
        ("long text of two-byte letters", b'"' + "ж".encode() * 32_769 + b'"', b'"' + "ж".encode() * 32_768 + b'"'),
        ("deep array", b"[" * 65 + b"]" * 65, b'"["'),
        ("very deep array", b"[" * 100_000 + b"]" * 100_000, b'"["'),
        ("deep object", b'{"a":' * 70 + b"1" + b"}" * 70, b'"{"'),
        ("unclosed arrays", b"[" * 100_000, b'"["'),
        ("unclosed text", b'"x', b'"x"'),
        ("trailing comma", b'"x",', b'"x"'),
        ("comment", b'"x"/*y*/', b'"x/*y*/"'),
        ("single quotes", b"'x'", b"\"'x'\""),
        ("hexadecimal", b"0x10", b'"0x10"'),
        ("leading zero", b"010", b'"010"'),
        ("plus", b"+1", b'"+1"'),
        ("bare word", b"undefined", b'"undefined"'),
        ("many values", b"[" + b"1," * 1_000_001 + b"1]", b'"x"'),
        ("key twice", b'{"value":"x","value":"x"}', b'{"value":"x"}'),
        ("key twice, escaped", b'{"value":"x","\\u0076alue":"x"}', b'{"\\u0076alue":"x"}'),
        ("key twice, spaced", b'{"value":"x","value" :"x"}', b'{"value" :"x"}'),
    )


def json_cases() -> Iterator[Case]:
    """A report and a FollowTheMoney line with each trap where a name stands."""
    for (name, bad, good), (form, whole) in itertools.product(json_texts(), (("report", REPORT), ("ftm", FTM))):
        spot = b'"EXAMPLE TEST LTD"' if form == "report" else orjson.dumps(MADE[1].family)
        assert whole.count(spot) >= 1
        twin = whole if form == "ftm" and good.startswith(b"{") else whole.replace(spot, good, 1)
        yield Case(f"{form}: {name}", form, whole.replace(spot, bad, 1), twin)
    for form, whole in (("report", REPORT), ("ftm", FTM)):
        yield Case(f"{form}: UTF-16", form, whole.decode().encode("utf-16"), whole)
        yield Case(f"{form}: UTF-32", form, whole.decode().encode("utf-32"), whole)
        yield Case(f"{form}: byte order mark twice", form, b"\xef\xbb\xbf" * 2 + whole, b"\xef\xbb\xbf" + whole)
        yield Case(f"{form}: something behind", form, whole + b"}", whole + b"\n")
        yield from (Case(f"{form}: cut at {n}", form, whole[: len(whole) * n // 10 - 1], whole) for n in range(1, 10))
    yield Case("report: two documents", "report", REPORT * 2, b"[" + REPORT + b"]")
    yield Case("report: named source", "report", REPORT.replace(b'"text"', b'"source_identity"'), REPORT)
    yield Case("report: unknown field", "report", REPORT.replace(b'"text"', b'"texts"'), REPORT)
    long = b'{"id":"x","schema":"Company","x":[' + b'"' + b"x" * 60_000 + b'",'
    yield Case("ftm: long line", "ftm", long + (b'"' + b"x" * 60_000 + b'",') * 20 + b'1],"properties":{}}', FTM)


def xml_parts() -> Iterator[tuple[str, bytes, bytes]]:
    """What stands in the place of a name inside an entry."""
    yield from (
        ("long text", b"x" * 65_537, b"x" * 65_536),
        ("long text in pieces", b"x<!-- -->" * 70_000, b"x<!-- -->" * 70),
        ("long CDATA", b"<![CDATA[" + b"x" * 70_000 + b"]]>", b"<![CDATA[x]]>"),
        ("open CDATA", b"<![CDATA[x", b"<![CDATA[x]]>"),
        ("long comment", b"<!--" + b"x" * 3_000_000 + b"-->x", b"<!--x-->x"),
        ("long instruction", b"<?x " + b"x" * 3_000_000 + b"?>x", b"<?x x?>x"),
        ("deep", b"<a>" * 100 + b"</a>" * 100 + b"x", b"<a>" * 20 + b"</a>" * 20 + b"x"),
        ("very deep", b"<a>" * 200_000 + b"</a>" * 200_000, b"x<a/>"),
        ("unclosed", b"<a>" * 50, b"x<a></a>"),
        ("long attribute", b"<a b='" + b"x" * 3_000_000 + b"'/>", b"x<a b='x'/>"),
        ("attribute over a field", b"<a b='" + b"x" * 65_537 + b"'/>", b"x<a b='y'/>"),
        ("many attributes", b"<a " + b" ".join(b"b%d=''" % n for n in range(65)) + b"/>", b"x<a b=''/>"),
        ("attribute twice", b"<a b='' b=''/>", b"x<a b='' c=''/>"),
        ("long name", b"<" + b"a" * 3_000_000 + b"/>", b"x<aaa/>"),
        ("undefined entity", b"&x;", b"&amp;x;"),
        ("NUL reference", b"&#0;", b"&#9;x"),
        ("surrogate reference", b"&#xD800;", b"&#x416;"),
        ("reference beyond Unicode", b"&#x110000;", b"&#x1F600;"),
        ("bare ampersand", b"a & b", b"a &amp; b"),
        ("bare less-than", b"a < b", b"a &lt; b"),
        ("end of CDATA", b"a ]]> b", b"a ]]&gt; b"),
        ("bad UTF-8", b"\xff", "ÿ".encode()),
        ("overlong UTF-8", b"\xc0\xaf", b"/"),
        ("raw NUL", b"a\0", b"a"),
        ("raw control", b"a\x01", b"a"),
        ("a document type inside", b"<!DOCTYPE x>", b"x"),
        ("many elements", b"<a/>" * 1_000_001, b"x<a/><a/>"),
    )


def xml_heads() -> Iterator[tuple[str, bytes]]:
    """What stands before the outermost element."""
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    yield from (
        ("document type", b"<!DOCTYPE x>"),
        ("entity", b'<!DOCTYPE x [<!ENTITY l0 "ha">]>'),
        ("billion laughs", b'<!DOCTYPE x [<!ENTITY l0 "ha">' + laughs + b"]>"),
        ("quadratic blow-up", b'<!DOCTYPE x [<!ENTITY l0 "' + b"x" * 60_000 + b'">]>'),
        ("parameter entity", b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://x.example/p"> %p;]>'),
        ("outside file", b'<!DOCTYPE x [<!ENTITY l0 SYSTEM "file:///etc/passwd">]>'),
        ("outside address", b'<!DOCTYPE x SYSTEM "http://x.example/x.dtd">'),
        ("public identifier", b'<!DOCTYPE x PUBLIC "-//X//X" "http://x.example/x.dtd">'),
        ("default attributes", b'<!DOCTYPE x [<!ATTLIST x y CDATA "z">]>'),
        ("text", b"text"),
        ("another root", b"<x/>"),
        ("declaration twice", b'<?xml version="1.0"?>'),
    )


def xml_cases() -> Iterator[Case]:
    """Both XML lists with each trap."""
    for form, whole, spot in (
        ("uk-xml", UK_XML, b"Invented entry: nobody and nothing in it exists."),
        ("un-xml", UN_XML, b"TEST.%06d" % MADE[1].number),
    ):
        for name, bad, good in xml_parts():
            yield Case(f"{form}: {name}", form, whole.replace(spot, bad, 1), whole.replace(spot, good, 1))
        end = whole.index(b"?>") + 2
        for name, head in xml_heads():
            yield Case(
                f"{form}: {name}", form, whole[:end] + head + whole[end:], whole[:end] + b"<!-- -->" + whole[end:]
            )
        yield Case(f"{form}: UTF-16", form, whole.decode().encode("utf-16"), b"\xef\xbb\xbf" + whole)
        yield Case(f"{form}: UTF-16 without a mark", form, whole.decode().encode("utf-16-be"), whole)
        yield Case(f"{form}: something behind", form, whole + b"<x/>", whole + b"<!-- -->\n")
        yield from (Case(f"{form}: cut at {n}", form, whole[: len(whole) * n // 20 - 1], whole) for n in range(1, 20))
        yield Case(f"{form}: cut in the last tag", form, whole[:-3], whole)


def csv_cells() -> Iterator[tuple[str, bytes, bytes]]:
    """What stands in the place of a whole cell."""
    yield from (
        ("NUL", b"a\0", b"a"),
        ("open quote", b'"a', b'"a"'),
        ("text behind a quote", b'"a"b', b'"a""b"'),
        ("long field", b"x" * 65_537, b"x" * 65_536),
        ("long quoted field", b'"' + b"x" * 65_537 + b'"', b'"' + b"x" * 65_536 + b'"'),
        ("very long field", b"x" * 200_000, b"x"),
        ("field of many lines", b'"' + b"x\n" * 40_000 + b'"', b'"x\ny"'),
        ("long line", b'"' + b"x" * 2_000_000 + b'"', b'"x"'),
        ("extra cell", b"a,b", b'"a,b"'),
        ("many cells", b"a" + b"," * 2_000, b"a"),
        ("line break", b"a\nb", b'"a\nb"'),
        ("carriage return", b"a\rb", b'"a\rb"'),
    )


def csv_cases() -> Iterator[Case]:
    """The CSV lists with each trap, the side files of OFAC as well."""
    spot, sdn = next(one.position.encode() for one in MADE if one.position), b'"TEST] [EXAMPLE"'
    for name, bad, good in csv_cells():
        yield Case(f"uk-csv: {name}", "uk-csv", UK_CSV.replace(spot, bad, 1), UK_CSV.replace(spot, good, 1))
        for file, there in (
            ("sdn.csv", sdn),
            ("alt.csv", b'"aka"'),
            ("add.csv", b'"' + MADE[0].country.encode() + b'"'),
        ):
            twisted, calm = (OFAC | {file: OFAC[file].replace(there, cell, 1)} for cell in (bad, good))
            yield Case(f"ofac {file}: {name}", "ofac-csv", twisted["sdn.csv"], calm["sdn.csv"], twisted, calm)
    for letter, encoding in (("UTF-16", "utf-16"), ("UTF-32", "utf-32"), ("UTF-16 without a mark", "utf-16-le")):
        yield Case(f"uk-csv: {letter}", "uk-csv", UK_CSV.decode().encode(encoding), b"\xef\xbb\xbf" + UK_CSV)
        yield Case(
            f"ofac: {letter}", "ofac-csv", OFAC["sdn.csv"].decode("latin-1").encode(encoding), OFAC["sdn.csv"], OFAC
        )
    for name, data in (
        ("HTML", b"<!DOCTYPE html><html></html>"),
        ("JSON", b"{}"),
        ("zip", b"PK\3\4"),
        ("PDF", b"%PDF-1.7"),
    ):
        yield Case(f"uk-csv: {name}", "uk-csv", data, UK_CSV)
        yield Case(f"ofac: {name}", "ofac-csv", data, OFAC["sdn.csv"], OFAC)
        yield Case(f"un-xml: {name}", "un-xml", data, UN_XML)
        yield Case(f"uk: {name}", "uk", data, UK_XML)
    lines = UK_CSV.splitlines(keepends=True)
    yield Case("uk-csv: bad UTF-8", "uk-csv", UK_CSV.replace(spot, b"\xff", 1), UK_CSV)
    yield Case("uk-csv: Latin-1", "uk-csv", "Report Date: 13-Feb-2026\r\nTroisième\r\n".encode("latin-1"), UK_CSV)
    yield Case("uk-csv: header twice", "uk-csv", b"".join([*lines[:2], *lines[1:]]), UK_CSV)
    yield Case("uk-csv: column twice", "uk-csv", UK_CSV.replace(b"Title,", b"Title,Title,", 1), UK_CSV)
    yield Case("uk-csv: no first line", "uk-csv", b"".join(lines[1:]), UK_CSV)
    yield Case("uk-csv: no rows", "uk-csv", b"".join(lines[:2]), UK_CSV)
    yield Case("ofac: header row", "ofac-csv", b"ent_num,name\r\n" + OFAC["sdn.csv"], OFAC["sdn.csv"], OFAC)
    yield Case("ofac: no alt.csv", "ofac-csv", OFAC["sdn.csv"], OFAC["sdn.csv"], {"add.csv": OFAC["add.csv"]})
    yield Case("ofac: empty alt.csv", "ofac-csv", OFAC["sdn.csv"], OFAC["sdn.csv"], OFAC | {"alt.csv": b""})


CASES = [*json_cases(), *xml_cases(), *csv_cases()]


def watched(act: Callable[[], object], size: int) -> InputError | None:
    """The declared error of an act, which must keep time and memory; anything undeclared goes up."""
    # Watching memory makes everything some four times slower, so small files are spared.
    large = size > SMALL_BYTES
    if large:
        tracemalloc.start()
    begun = time.process_time()
    try:
        act()
        error = None
    except InputError as caught:
        error = caught
    finally:
        seconds = time.process_time() - begun
        peak = tracemalloc.get_traced_memory()[1] if large else 0
        tracemalloc.stop()
    assert seconds <= MOST_SECONDS * (4 if large else 1)
    assert peak <= MOST_BYTES
    return error


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_hostile_file_is_refused_within_the_limits_and_its_twin_is_read(case: Case) -> None:
    error = watched(lambda: read_all(source(case.form), given(case.hostile, beside=case.beside)), len(case.hostile))
    assert error is not None, "was read"
    assert error.exit == 65
    assert len(str(error)) < 500
    twin = given(case.benign, beside=case.calm)
    assert watched(lambda: read_all(source(case.form), twin), len(case.benign)) is None


def zipped(name: str, data: bytes, mode: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
        archive.writestr(info, data)
    return out.getvalue()


def tarred(name: str, data: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size, info.type, info.linkname = len(data), kind, "/etc/passwd"
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


PATHS = ["../x", "x/../../y", "/x", "//x", "C:\\x", "C:x", "..\\x", "x\\..\\y", "a\nb", "..", "\\\\server\\x"]
KINDS = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.CONTTYPE]
MODES = [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK]
ARCHIVES = [
    *(zipped(path, b"x") for path in PATHS),
    *(tarred(path, b"x") for path in PATHS),
    *(gzip.compress(tarred(path, b"x")) for path in PATHS),
    *(tarred("x", b"", kind) for kind in KINDS[:5]),
    *(zipped("x", b"/etc/passwd", mode | 0o777) for mode in MODES),
    zipped("x", bytes(20_000_000)),
    gzip.compress(tarred("x", bytes(20_000_000))),
    gzip.compress(gzip.compress(bytes(1_000_000))),
    gzip.compress(tarred("x", b"x"))[:-9],
    zipped("x", b"x")[:-5],
    b"PK\x05\x06" + bytes(18),
]


@pytest.mark.parametrize("data", ARCHIVES, ids=range(len(ARCHIVES)))
def test_a_hostile_archive_is_refused_within_the_limits(data: bytes) -> None:
    found: list[object] = []
    error = watched(lambda: found.extend(read_members(data)), MOST_BYTES)
    assert error is not None or found == []


@pytest.mark.parametrize(
    "data", [zipped("a/x", b"x" * 99), tarred("a/x", b"x" * 99), gzip.compress(tarred("a/x", b"x" * 99))]
)
def test_a_harmless_archive_is_read(data: bytes) -> None:
    (member,) = read_members(data)
    assert (member.path.as_posix(), member.data) == ("a/x", b"x" * 99)


def test_there_are_at_least_three_hundred_hostile_files() -> None:
    assert len(CASES) + len(ARCHIVES) >= 300
    assert len({case.name for case in CASES}) == len(CASES)
