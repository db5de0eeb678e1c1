"""Files beside messages, whole: what is attached, what has come, what is saved or read as a table, and until when."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import ForbiddenError, HeadwaterError, NoBasisError
from headwater.exchange.beside import tables_of_partners
from headwater.exchange.unfetched import ON_ITS_WAY, SERVE
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, MessageId
from headwater.model.message import Kind
from headwater.node import attachments, beside, liaison, watch_share
from headwater.node.messages import FilesHandling
from headwater.node.tables import span_of
from headwater.node.trace_tables import read_as_table
from headwater.node.watch_share import SCHEMA
from headwater.policy.agreement import AgreementState
from tests.frozen import tried
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, TERMS, WRITER, as_user
from tests.unit.node.test_desk_whole import LORRY
from tests.wired_world import Wired, lines, size_of, wired

HEAD = "id,time,from,to,amount,currency,channel,from_country,to_country,text\n"
ROWS = "P1,2026-11-20T10:00:00Z,A,B,1000,EUR,cash,RS,GB,\nP2,2026-11-21T10:00:00Z,B,B,500,EUR,cash,GB,GB,\n"

EVEN = [[100.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 100.0, 0.0], [0.0, 0.0, 0.0, 1.0]]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Wired]:
    with wired(tmp_path) as made:
        yield made


def csv(folder: Path, text: str = HEAD + ROWS, name: str = "payments.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_file_that_is_attached_is_a_record_of_ours_and_in_the_ledger(pair: Wired, tmp_path: Path) -> None:
    belgrade, files = pair.belgrade, [csv(tmp_path), csv(tmp_path, "x", "note.txt")]
    since = size_of(belgrade)
    ref = pair.attach(belgrade, *files, attached=FilesHandling(codes=["P"], purposes=["oic"]))
    message = belgrade.exchange.sent(MessageId(ref))
    assert message is not None
    assert [(one.name, one.size, one.sha256) for one in message.files] == [
        (path.name, path.stat().st_size, sha256(path.read_bytes()).hexdigest()) for path in files
    ]
    assert sorted(message.facts) == sorted(one.fact for one in message.files)
    noted = [line for line in lines(belgrade, since) if line[0] == "exchange.file-attached"]
    assert [(line[1], line[3], line[4]) for line in noted] == [
        (WRITER, "oic", {"size": path.stat().st_size}) for path in files
    ]
    with belgrade.store.snapshot() as snapshot:
        records = [snapshot.record(line[2]) for line in noted]  # type: ignore[arg-type]
    for record, path in zip(records, files, strict=True):
        assert record is not None
        digest = BlobHash(sha256(path.read_bytes()).hexdigest())
        assert (record.origin.originator, record.origin.source, record.origin.file, record.origin.sha256) == (
            "RS-MOI", "attachment", path.name, digest,
        )  # fmt: skip
        assert record.handling == Handling(
            purposes=frozenset({"oic"}),
            releasable_to=frozenset(),
            codes=frozenset({"P"}),
            markings=frozenset({"OFFICIAL"}),
        )
        assert [(one.key, one.schema) for one in record.mentions] == [(f"file:{digest}", "Note")]
        assert [(one.entity, one.prop, one.value) for one in record.facts] == [(f"file:{digest}", "name", path.name)]
        assert record.blobs == (digest,)


def test_what_has_come_is_listed_with_how_much_of_it_and_saved_as_it_was(pair: Wired, tmp_path: Path) -> None:
    london, belgrade, file = pair.london, pair.belgrade, csv(tmp_path)
    ref = MessageId(pair.attach(belgrade, file))
    row = {
        "message": ref,
        "from": "RS-MOI",
        "name": "payments.csv",
        "size": file.stat().st_size,
        "chunks": 1,
        "here": 1,
    }
    assert attachments.waiting(london, as_user(london)) == [{**row, "whole": True, "waits": None}]
    assert attachments.waiting(belgrade, as_user(belgrade)) == []
    since = size_of(london)
    attachments.save(london, as_user(london), ref, "payments.csv", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == file.read_bytes()
    assert any(line[0].startswith("look.") and line[1] == WRITER for line in lines(london, since))
    for name in ("", "payments", "PAYMENTS.CSV"):
        with pytest.raises(ForbiddenError, match="no such file") as caught:
            attachments.save(london, as_user(london), ref, name, tmp_path / "none")
        assert (caught.value.where.file or "", caught.value.fix) == (name, "see: headwater inbox show ID")
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_not_here_yet_is_listed_and_not_given(
    pair: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    london, file = pair.london, csv(tmp_path, "ab" * 700_000, "large.txt")
    fetch = london.exchange.files.fetch_all
    monkeypatch.setattr(london.exchange.files, "fetch_all", lambda: 0)
    ref = MessageId(pair.attach(pair.belgrade, file))
    [row] = attachments.waiting(london, as_user(london))
    assert (row["chunks"], row["here"], row["whole"]) == (2, 0, False)
    assert row["waits"] == {"code": "peer", "what": ON_ITS_WAY, "fix": SERVE}
    with pytest.raises(ForbiddenError, match="the file is not here yet") as caught:
        attachments.save(london, as_user(london), ref, "large.txt", tmp_path / "none")
    assert (caught.value.where.file, caught.value.fix) == ("large.txt", "the node fetches it while it serves")
    assert fetch() == 1
    assert [one["here"] for one in attachments.waiting(london, as_user(london))] == [2]


@pytest.mark.parametrize("byte", [b"a", b"x"])
def test_a_file_all_of_whose_pieces_are_here_is_whole_only_once_it_was_compared(
    pair: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, byte: bytes
) -> None:
    london, file = pair.london, csv(tmp_path, "ab" * 700_000, "large.txt")
    fetch = london.exchange.files.fetch_all
    monkeypatch.setattr(london.exchange.files, "fetch_all", lambda: 0)
    ref = MessageId(pair.attach(pair.belgrade, file))
    [waits] = london.exchange.files.waiting()
    with london.store.part(f"{waits.message}/{waits.file}") as part:  # as an attempt leaves it that broke off
        part.add(byte + file.read_bytes()[1:])
    [row] = attachments.waiting(london, as_user(london))
    assert (row["here"], row["chunks"], row["whole"]) == (2, 2, False)
    with pytest.raises(ForbiddenError, match="the file is not here yet"):
        attachments.save(london, as_user(london), ref, "large.txt", tmp_path / "none")
    assert fetch() == 1
    [row] = attachments.waiting(london, as_user(london))
    assert (row["here"], row["whole"]) == (2, True)
    attachments.save(london, as_user(london), ref, "large.txt", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == file.read_bytes()


def test_a_table_is_read_under_the_agreement_it_came_with_and_its_rows_are_the_senders(
    pair: Wired, tmp_path: Path
) -> None:
    london, file = pair.london, csv(tmp_path)
    ref = MessageId(pair.attach(pair.belgrade, file))
    since = size_of(london)
    read = beside.read_table(london, as_user(london), ref, "payments.csv")
    assert (read.file, read.tables, read.doubled, read.to_self, read.added, len(read.ids)) == (
        "payments.csv", {"payments": 2}, 0, 1, 1, 1,
    )  # fmt: skip
    digest = sha256(file.read_bytes()).hexdigest()
    detail = {"source": "payments", "added": 1, "message": ref, "from": "RS-MOI", "payments": 2}
    assert ("store.read", WRITER, digest, "oic", detail) in lines(london, since)
    again = beside.read_table(london, as_user(london), ref, "payments.csv")
    assert (again.added, again.ids) == (0, read.ids)
    with london.store.snapshot() as snapshot:
        [kept] = tables_of_partners(snapshot)
    assert kept.origin.originator == "RS-MOI"
    assert kept.handling.purposes == frozenset({"oic", "trafficking"})
    assert [path for path in london.home.iterdir() if path.name.startswith("headwater-")] == []


@pytest.mark.parametrize("parquet", [True, False])
def test_a_table_is_what_is_in_it_whatever_its_name_says(pair: Wired, tmp_path: Path, parquet: bool) -> None:
    file = csv(tmp_path, name="table.csv" if parquet else "table.parquet")
    if parquet:
        [staged] = read_as_table(file, tmp_path, span_of("", pair.clock.now()), None)[2]
        file.write_bytes(staged.path.read_bytes())
    ref = MessageId(pair.attach(pair.belgrade, file))
    read = beside.read_table(pair.london, as_user(pair.london), ref, file.name)
    assert (read.tables, read.added) == ({"payments": 2}, 1)


def test_what_stops_a_table_says_why_and_keeps_nothing(pair: Wired, tmp_path: Path) -> None:
    london = pair.london
    ref = MessageId(pair.attach(pair.belgrade, csv(tmp_path), csv(tmp_path, HEAD + "P1,then,A,B,x\n", "bad.csv")))
    since = size_of(london)
    with pytest.raises(ForbiddenError) as purpose:
        beside.read_table(london, as_user(london, WRITER, "sanctions"), ref, "payments.csv")
    assert purpose.value.what == "rule purpose: the agreement that it came under does not cover this purpose"
    assert (purpose.value.where.file, purpose.value.fix) == ("sanctions", "name one of oic, trafficking")
    with pytest.raises(HeadwaterError) as row:
        beside.read_table(london, as_user(london), ref, "bad.csv")
    assert (row.value.where.file, row.value.exit) == ("bad.csv", 65)
    for state in (AgreementState.SUSPENDED, AgreementState.ENDED):
        london.exchange.set_agreement_state(TERMS, state, who=SUPERVISOR, reason="x")
        with pytest.raises(NoBasisError, match="the agreement that it came under is not in force") as ended:
            beside.read_table(london, as_user(london), ref, "payments.csv")
        assert ended.value.where.file == TERMS
    kinds = {line[0] for line in lines(london, since)}
    assert not kinds & {"store.read"}
    with london.store.snapshot() as snapshot:
        assert tables_of_partners(snapshot) == []


@pytest.mark.parametrize(("days", "ends"), [(9, 0), (10, 0), (11, 1)])
def test_a_partners_table_goes_on_the_day_after_its_last(pair: Wired, tmp_path: Path, days: int, ends: int) -> None:
    london = pair.london
    ref = MessageId(
        pair.attach(pair.belgrade, csv(tmp_path), attached=FilesHandling(codes=["P"], retain_until="2026-12-05"))
    )
    read = beside.read_table(london, as_user(london), ref, "payments.csv")
    pair.clock.move(timedelta(days=days))
    since = size_of(london)
    assert beside.expire(london, as_user(london)) == ends
    noted = [line for line in lines(london, since) if line[0] == "exchange.table-expired"]
    detail = {"record": read.ids[0], "findings": 0}
    assert noted == [("exchange.table-expired", WRITER, ref, "", detail)] * ends
    with london.store.snapshot() as snapshot:
        assert len(tables_of_partners(snapshot)) == 1 - ends
    assert beside.expire(london, as_user(london)) == 0


def test_tracks_that_came_beside_a_message_are_opened_for_its_purpose_alone(pair: Wired, tmp_path: Path) -> None:
    london, ours = pair.london, {"schema": SCHEMA, "origin": {"lat": 50.0, "lon": 1.0}, "at": "2026-11-25T03:00:00Z"}
    row = {"track": "7", "class": "boat", "mean": [1.0, 2.0, 3.0, 4.0], "covariance": EVEN}
    files = {
        "tracks": [csv(tmp_path, json.dumps({**ours, "tracks": [row]}), "tracks.json")],
        "no tracks": [csv(tmp_path, "{}", "none.json")],
        "two": [csv(tmp_path, "{}", "one.json"), csv(tmp_path, "[]", "two.json")],
    }
    refs = {name: MessageId(pair.attach(pair.belgrade, *some)) for name, some in files.items()}
    refs |= {
        "none": MessageId(pair.send(pair.belgrade, Kind.SPONTANEOUS, records=(pair.report(pair.belgrade, LORRY),)))
    }
    refs |= {"of another purpose": MessageId(pair.attach(pair.belgrade, *files["tracks"], purpose="trafficking"))}

    def opened(name: str, purpose: str) -> Any:
        return tried(watch_share.received, london, as_user(london, WRITER, purpose), refs[name])

    since = size_of(london)
    for name, own, other in (("tracks", "oic", "trafficking"), ("of another purpose", "trafficking", "oic")):
        found = opened(name, own)
        assert (found["owner"], list(found["tracks"]), found["at"]) == ("RS-MOI", ["7"], "2026-11-25T03:00:00+00:00")
        said = opened(name, other)
        assert (said["code"], said["what"]) == ("policy.no-basis", "the tracks were sent for another purpose")
        assert (said["where"], said["fix"]) == ({"file": refs[name]}, f"use --purpose {own}")
    assert {line[3] for line in lines(london, since)} == {"oic", "trafficking"}
    for name in ("none", "two"):
        assert opened(name, "oic")["what"] == "a message without tracks, or with more than one file"
    assert opened("no tracks", "oic")["where"]["file"] == "none.json"
    assert list(tmp_path.glob("tmp*")) == []


def test_what_no_fact_names_any_more_is_not_listed(pair: Wired, tmp_path: Path) -> None:
    london, belgrade = pair.london, pair.belgrade
    pair.attach(belgrade, csv(tmp_path))
    told = belgrade.exchange.sent(MessageId(belgrade.exchange.outgoing()[-1].id))
    assert told is not None
    liaison.amend(belgrade, as_user(belgrade), "erase", [told.files[0].fact], "another")
    pair.carry()
    assert attachments.waiting(london, as_user(london)) == []


def test_files_are_for_those_who_may(pair: Wired, tmp_path: Path) -> None:
    london = pair.london
    ref = MessageId(pair.send(pair.belgrade, Kind.SPONTANEOUS, records=(pair.report(pair.belgrade, LORRY),)))
    acts: dict[str, Callable[[str], object]] = {
        "waiting": lambda user: attachments.waiting(london, as_user(london, user)),
        "save": lambda user: attachments.save(london, as_user(london, user), ref, "x", tmp_path / "x"),
        "read": lambda user: beside.read_table(london, as_user(london, user), ref, "x"),
        "expire": lambda user: beside.expire(london, as_user(london, user)),
    }
    found: dict[str, set[str]] = {}
    for name, act in acts.items():
        for user in (WRITER, SUPERVISOR, AUDITOR, GUARDIAN):
            try:
                act(user)
            except HeadwaterError as error:
                if error.what.startswith("rule role"):
                    found.setdefault(name, set()).add(user)
    assert found == {"waiting": {AUDITOR}, "save": {AUDITOR}, "read": {AUDITOR}, "expire": {AUDITOR, GUARDIAN}}
