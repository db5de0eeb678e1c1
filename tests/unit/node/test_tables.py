"""Bulk tables into a node: whole or not at all, once each, with the record that owns them."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from headwater.errors import ForbiddenError, FormatError, SchemaError
from headwater.model.tables import table_of
from headwater.node import trace as tracing
from headwater.node import trail as trails
from headwater.node.node import Node
from headwater.node.tables import read_tables, span_of
from headwater.node.trace_tables import opened
from headwater.testing.fakes import FakeClock
from tests.node_world import AUDITOR, as_user, events
from tests.trace_world import passage

pytestmark = pytest.mark.slow

HEAD = "id,time,from,to,amount,currency,channel,from_country,to_country,text\n"


def csv_of(rows: list[dict[str, object]]) -> str:
    from datetime import UTC, datetime

    lines = []
    for number, row in enumerate(rows):
        when = datetime.fromtimestamp(int(str(row["time_us"])) // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(
            f"P{number},{when},{row['sender']},{row['receiver']},{row['amount']},{row['currency']},{row['channel']},"
            f"{row['from_country']},{row['to_country']},"
        )
    return HEAD + "\n".join(lines) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "payments.csv"
    path.write_text(csv_of(passage("HUB", 15)), encoding="utf-8")
    return path


def test_a_table_is_kept_as_parquet_with_the_record_that_owns_it(node: Node, file: Path) -> None:
    session = as_user(node)
    (done,) = read_tables("payments", [str(file)], into=(node, session))
    assert (done.error, done.tables, done.added) == (None, {"payments": 30}, 1)
    with node.view(session) as view:
        record = view.record(done.ids[0])
        assert (record.origin.source, record.origin.file, table_of(record)) == ("payments", "payments.csv", "payments")
        assert record.origin.sha256
        assert pq.read_table(view.table_path(record.tables[0])).num_rows == 30
    (again,) = read_tables("payments", [str(file)], into=(node, session))
    assert (again.added, again.ids) == (0, done.ids)
    assert not [path for path in node.home.iterdir() if path.name.startswith("headwater-")]


def test_findings_of_a_node_are_kept_logged_and_known_the_second_time(node: Node, file: Path) -> None:
    session = as_user(node)
    read_tables("payments", [str(file)], into=(node, session))
    asked = tracing.Asked(["corridor-fan-in"])
    first = tracing.at_node(node, session, asked)
    assert (len(first.result.claims), first.new, first.rows) == (1, 1, 30)
    assert tracing.at_node(node, session, asked).new == 0
    with node.view(session) as view:
        assert [finding.kind for finding in view.findings()] == ["trace.corridor-fan-in"]


def test_a_trail_of_a_node_names_every_hop_and_calls_the_payer_by_a_pseudonym(
    node: Node, file: Path, tmp_path: Path
) -> None:
    session = as_user(node)
    read_tables("payments", [str(file)], into=(node, session))
    trail = trails.follow("P0", rule="fifo", hops=3, files=(), user="", at=(node, session))
    assert [(one.who, one.subject, one.purpose) for one in events(node, "trace.followed")] == [("o.reed", "P0", "oic")]
    document = trails.document(trail)
    assert document["conserved"]
    assert [hop["payment"] for hop in document["hops"]] == ["P0", "P1", "P3"]
    assert [hop["part_minor"] for hop in document["hops"]] == [150_000, 140_000, 10_000]
    assert document["hops"][0]["from"].startswith("payer-")
    assert "family" not in json.dumps(document)
    trails.write_trail(trail, tmp_path / "trail.json", tmp_path / "trail.svg")
    picture = (tmp_path / "trail.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "<script" not in picture
    assert "HUB-family" not in picture


def test_the_payer_has_a_pseudonym_also_where_some_of_the_money_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "payments.csv"
    ways = (("family", "HUB", 1500), ("HUB", "family", 900), ("family", "SHOP", 400))
    lines = (f"P{day},2025-03-0{day + 1}T10:00:00Z,{a},{b},{sum_},EUR,,,," for day, (a, b, sum_) in enumerate(ways))
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    document = trails.document(trails.follow("P0", rule="fifo", hops=3, files=[str(path)], user="o.reed"))
    assert [hop["payment"] for hop in document["hops"]] == ["P0", "P1", "P2"]
    assert "family" not in json.dumps(document)


def test_nobody_traces_without_the_role(node: Node, file: Path) -> None:
    read_tables("payments", [str(file)], into=(node, as_user(node)))
    with pytest.raises(ForbiddenError):
        tracing.at_node(node, as_user(node, AUDITOR), tracing.Asked())
    with pytest.raises(ForbiddenError):
        read_tables("payments", [str(file)], into=(node, as_user(node, AUDITOR)))


def test_the_same_row_twice_is_kept_once_and_counted(tmp_path: Path) -> None:
    line = "P1,2025-03-01T10:00:00Z,A,B,5,EUR,,,,\n"
    path = tmp_path / "x.csv"
    path.write_text(HEAD + line + line.replace("P1", "P2") + line, encoding="utf-8")
    (done,) = read_tables("payments", [str(path)])
    assert (done.tables, done.doubled) == ({"payments": 2}, 1)


def test_another_row_under_the_same_identifier_is_refused_with_its_line(tmp_path: Path) -> None:
    line = "P1,2025-03-01T10:00:00Z,A,B,5,EUR,,,,\n"
    path = tmp_path / "x.csv"
    path.write_text(HEAD + line + line.replace("P1", "P2") + line.replace(",5,", ",6,"), encoding="utf-8")
    (done,) = read_tables("payments", [str(path)])
    assert isinstance(done.error, SchemaError)
    assert (done.error.where.file, done.error.where.line, done.error.where.field) == ("x.csv", 4, "id")
    assert done.tables == {}


def test_a_payment_to_oneself_is_kept_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEAD + "P1,2025-03-01T10:00:00Z,A,A,5,EUR,,,,\n", encoding="utf-8")
    (done,) = read_tables("payments", [str(path)])
    assert (done.tables, done.to_self) == ({"payments": 1}, 1)


def test_good_rows_are_kept_only_where_that_is_asked(tmp_path: Path) -> None:
    line = "P1,2025-03-01T10:00:00Z,A,B,5,EUR,,,,\n"
    path = tmp_path / "x.csv"
    path.write_text(HEAD + line + line.replace("P1", "P2").replace(",5,", ",0,"), encoding="utf-8")
    (refused,) = read_tables("payments", [str(path)])
    assert refused.error is not None
    assert (refused.error.exit, refused.error.where.line) == (65, 3)
    (kept,) = read_tables("payments", [str(path)], keep_good=True)
    assert (kept.tables, len(kept.left_out)) == ({"payments": 1}, 1)


def test_a_time_beyond_the_clock_or_outside_the_span_is_refused(node: Node, file: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEAD + "P1,2999-01-01T00:00:00Z,A,B,5,EUR,,,,\n", encoding="utf-8")
    (ahead,) = read_tables("payments", [str(path)])
    assert ahead.error is not None
    assert ahead.error.where.field == "time"
    (outside,) = read_tables("payments", [str(file)], span="2020-01-01T00:00:00Z/2021-01-01T00:00:00Z")
    assert outside.error is not None
    with pytest.raises(SchemaError):
        span_of("2025", FakeClock().now())


def test_a_table_of_a_node_traced_as_a_file_gives_the_same_findings(file: Path, tmp_path: Path) -> None:
    clock = FakeClock()
    span = span_of("", clock.now().replace(year=2030))
    reader = opened([str(file)], tmp_path, span)
    (path,) = (reader.table_path(record.tables[0]) for record in reader.records())
    kept = tmp_path / "kept.parquet"
    kept.write_bytes(Path(str(path)).read_bytes())
    asked = tracing.Asked(["corridor-fan-in", "gather-scatter"])
    found = [
        [claim.finding.text for claim in tracing.in_files(asked, [str(one)], "x").result.claims] for one in (file, kept)
    ]
    assert found[0] == found[1] != []


@pytest.mark.parametrize("data", [b"", b"PAR1PAR1", b"surname,name\n", b"\x00\x01", b"{}"])
def test_what_is_no_table_is_refused(data: bytes, tmp_path: Path) -> None:
    for name in ("x.csv", "x.parquet"):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises((FormatError, SchemaError)):
            tracing.in_files(tracing.Asked(), [str(path)], "x")


def test_doubled_rows_are_found_part_by_part_as_all_at_once(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headwater.node.tables.MOST_KEYS", 4)
    lines = csv_of(passage("HUB", 15)).splitlines()
    path = tmp_path / "payments.csv"
    path.write_text("\n".join([*lines, lines[3], lines[20], lines[3]]) + "\n", encoding="utf-8")
    (done,) = read_tables("payments", [str(path)], into=(node, as_user(node)))
    assert (done.error, done.tables, done.doubled) == (None, {"payments": 30}, 3)
    with node.view(as_user(node)) as view:
        kept = pq.read_table(view.table_path(view.record(done.ids[0]).tables[0])).to_pydict()
    assert kept["row"] == list(range(1, 31))
    path.write_text("\n".join([*lines, lines[3], lines[20].replace("140000", "140001")]) + "\n", encoding="utf-8")
    (done,) = read_tables("payments", [str(path)], into=(node, as_user(node)))
    assert done.error is not None
    assert (done.error.where.line, done.error.where.field) == (33, "id")
