"""Small parts to the last step: what waiting comes to, under which numbers amends are kept, what a key file leaves, what a loop waits for."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from headwater.errors import (
    KeyTrustError,
    PeerUnreachableError,
    SchemaError,
    SettingsError,
    StoreBusyError,
    StoreIoError,
)
from headwater.exchange import ahead
from headwater.exchange.backoff import REST_CAP_S, wait_s
from headwater.exchange.courier import Courier
from headwater.exchange.envelope import Lane
from headwater.exchange.files import Carrier
from headwater.exchange.framing import join
from headwater.exchange.keys import Keys, make_roots, read_roots
from headwater.exchange.outbox import Outbox
from headwater.exchange.partners import Partners
from headwater.exchange.quarantine import MOST_ENVELOPES, quarantine
from headwater.exchange.requests import check_request, check_response
from headwater.model.ids import MessageId
from headwater.model.message import Kind
from headwater.testing.fakes import SeededChance
from tests.exchange_world import BELGRADE, LONDON, Node, World, message


@pytest.mark.parametrize(
    ("failures", "lane", "draw", "seconds"),
    [
        (1, Lane.NORMAL, b"\0\0\0\0", 1.0),
        (1, Lane.NORMAL, b"\x80\0\0\0", 1.5),
        (2, Lane.NORMAL, b"\0\0\0\0", 2.0),
        (2, Lane.NORMAL, b"\x80\0\0\0", 3.0),
        (3, Lane.NORMAL, b"\x40", 5.0),
        (8, Lane.NORMAL, b"\0", 128.0),
        (9, Lane.NORMAL, b"\0", 150.0),
        (99, Lane.NORMAL, b"\x80", 225.0),
        (4, Lane.URGENT, b"\0", 8.0),
        (5, Lane.URGENT, b"\x80", 22.5),
        (99, Lane.URGENT, b"\0", 15.0),
    ],
)
def test_waiting_lies_between_half_a_bound_that_doubles_and_all_of_it(
    failures: int, lane: Lane, draw: bytes, seconds: float
) -> None:
    assert wait_s(failures, REST_CAP_S[lane], draw) == seconds


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9, 13])
def test_the_amends_of_a_name_are_kept_under_numbers_without_a_gap_and_told_in_their_order(
    count: int, london: Node
) -> None:
    refs = [MessageId(f"0195566a-0000-7000-8000-{number:012x}") for number in range(count)]

    def change(tx: Any) -> tuple[list[str], list[MessageId]]:
        for ref in refs:
            ahead.remember(tx, BELGRADE, ref, ["rec-1/0", "rec-1/4", "rec-2/0"])
        key = f"{BELGRADE}/rec-1"
        kept = sorted(key for key, _, _ in tx.documents(ahead.AHEAD) if key.startswith(f"{BELGRADE}/rec-1"))
        return kept, list(ahead._known(tx, key))

    kept, told = london.store.write(change)
    assert kept == sorted(f"{BELGRADE}/rec-1" + (f"/{number}" if number else "") for number in range(count))
    assert told == refs


def test_partners_are_those_of_an_authority_and_say_no_more_of_themselves() -> None:
    assert Partners(LONDON) == Partners(LONDON) != Partners(BELGRADE)
    assert repr(Partners(LONDON)) == "Partners(me='UK-NCA')"


class Line:
    """Takes what is posted and answers nothing; it remembers how it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, float]] = []

    def post(self, endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:
        self.asked.append((endpoint, path, timeout_s))
        raise PeerUnreachableError("cut", where=endpoint)

    def get(self, endpoint: str, path: str, into: bytearray, *, timeout_s: float) -> memoryview:
        self.asked.append((endpoint, path.rpartition("/")[0], timeout_s))
        raise PeerUnreachableError("cut", where=endpoint)


ENDPOINTS = ("https://one.example:1", "https://two.example:2", "https://three.example:3")


def with_endpoints(node: Node, partner: Node) -> None:
    """Let a partner listen at three places."""
    made = partner.exchange.make_card("Exercise", ENDPOINTS, partner.home / "roots", who="engineer")
    node.exchange.add_partner([made.paper.to_bytes()], [], who="engineer")


def test_a_courier_goes_to_each_of_the_partners_endpoints_in_turn_and_gives_each_half_a_minute_and_what_a_slow_line_needs(
    world: World, london: Node, belgrade: Node
) -> None:
    with_endpoints(london, belgrade)
    london.exchange.send(message(), who="o.reed")
    line, partners, chance = Line(), Partners(LONDON), SeededChance(7)
    outbox = Outbox(london.store, partners, london.keys, world.clock, chance)
    route = (BELGRADE, Lane.NORMAL)
    courier = Courier(london.store, partners, outbox, line, world.clock, chance, lambda: 0.0, route)
    steps = [courier.step() for _ in range(4)]
    (row,) = [row for row in london.exchange.outgoing() if row.state == "queued"]
    timeout_s = 30.0 + len(join([row.envelope])) / 8192
    assert line.asked == [(ENDPOINTS[number % 3], "/v1/inbox", timeout_s) for number in range(4)]
    waits = [step.wait_s or 0 for step in steps]
    assert all(low <= wait < 2 * low for low, wait in zip((1, 2, 4, 8), waits, strict=True))


class Stop:
    """Stands for the event that ends a loop after so many looks, and remembers how long each waits."""

    def __init__(self, looks: int) -> None:
        self.waits: list[float] = []
        self.looks = looks

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return len(self.waits) > self.looks

    def is_set(self) -> bool:
        return False


def test_a_file_is_asked_for_at_each_endpoint_and_its_partner_rests_longer_after_each_failure(
    london: Node, belgrade: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_endpoints(london, belgrade)
    path = tmp_path / "scan.bin"
    path.write_bytes(b"what was seen")
    told: list[tuple[int, int]] = []
    facts = message(sender=BELGRADE, recipient=LONDON).facts
    ref = belgrade.exchange.files.attach(path, "f1", lambda done, total: told.append((done, total)))
    own = structs.replace(facts["f1"], origin="RS", marking="INTERNO")
    sent = message(sender=BELGRADE, recipient=LONDON, classification="INTERNO", facts={"f1": own}, files=(ref,))
    assert belgrade.exchange.send(sent, who="m.ilic").is_queued
    belgrade.bring(LONDON)
    line, now = Line(), [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr("headwater.exchange.files.wait_s", lambda failures, lane, drawn: 10.0 * failures + len(drawn))
    carrier = Carrier(london.store, Partners(LONDON), line, SeededChance(5))
    stop: Any = threading.Event()

    def asked(at: float) -> int:
        now[0], line.asked[:] = at, []
        assert carrier.fetch_all(stop) == 0
        assert line.asked in ([], [(each, "/v1/files", 30.0) for each in ENDPOINTS])
        return len(line.asked)

    assert told == [(1, 1)]
    assert [asked(at) for at in (100.0, 113.9, 114.0, 137.9, 138.0, 171.9, 172.0)] == [3, 0, 3, 0, 3, 0, 3]
    waits = carrier.waiting()
    assert [(each.peer, each.kept, each.file) for each in waits] == [(BELGRADE, False, ref.sha256)]
    stop.set()
    assert asked(999.0) == 0


def test_files_are_looked_for_once_a_second_and_a_store_that_fails_only_costs_that_look(
    london: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[object] = []

    def fetch(stop: object) -> int:
        looks.append(stop)
        if len(looks) == 1:
            raise StoreBusyError("busy")
        return 0

    carrier = Carrier(london.store, Partners(LONDON), Line(), SeededChance(5))
    monkeypatch.setattr(carrier, "fetch_all", fetch)
    stop = Stop(3)
    carrier.run(stop)  # type: ignore[arg-type] # same shapes
    assert stop.waits == [1.0] * 4
    assert looks == [stop] * 3
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [("WARNING", "files wait: store.busy")]


def test_what_a_key_file_held_is_zeros_before_its_name_goes_and_the_folder_is_on_the_disk_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keys.create(tmp_path, SeededChance(1))
    keys.add("sealing", SeededChance(2))
    first, second = keys.sealing_seeds
    path = tmp_path / "keys" / "sealing-0001.key"
    kept = tmp_path / "another name"
    kept.hardlink_to(path)  # the bytes on the disk, whatever becomes of the name
    size, synced = path.stat().st_size, list[int]()
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    assert keys.destroy({"ab" * 32}) == 0
    assert synced == []
    assert keys.destroy({first, "ab" * 32}) == 1
    assert kept.read_bytes() == bytes(size)
    assert synced == [kept.stat().st_ino, path.parent.stat().st_ino]
    assert not path.exists()
    assert list(keys.sealing_seeds) == [second]


def test_a_key_takes_the_number_after_the_largest_and_no_file_that_is_none_counts(tmp_path: Path) -> None:
    keys, folder = Keys.create(tmp_path, SeededChance(1)), tmp_path / "keys"
    for name in ("signing-0007.key", "signing-0003.key"):
        (folder / name).write_text("00" * 32 + "\n")
    for name in ("signing-0099.txt", "sealing-0050.key.bak", "xsigning-0060.key", "signing-old.key"):
        (folder / name).write_text("00" * 32 + "\n")
    keys.add("signing", SeededChance(2))
    assert (folder / "signing-0008.key").exists()
    keys.add("papers", SeededChance(3))
    assert len((folder / "papers-0002.key").read_text().splitlines()) == 2


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_a_folder_of_root_keys_holds_three_or_none(count: int, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "roots"
    for number in range(1, count + 1):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"root-{number}.key").write_text(f"{number:02x}" * 32 + "\n" + f"{number + 9:02x}" * 32 + "\n")
    if count in {0, 3}:
        made = make_roots(folder, SeededChance(1))
        assert made == read_roots(folder) == make_roots(folder, SeededChance(2))
        assert (len(made), len({each.ed25519 for each in made} | {each.mldsa65 for each in made})) == (3, 6)
        assert sorted(each.name for each in folder.iterdir()) == ["root-1.key", "root-2.key", "root-3.key"]
    else:
        with pytest.raises(KeyTrustError, match=f"^{count} root keys, not three"):
            make_roots(folder, SeededChance(1))


def test_a_disk_that_refuses_is_said_to_and_keys_that_are_there_are_never_written_over(tmp_path: Path) -> None:
    keys = Keys.create(tmp_path, SeededChance(1))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.key")}
    with pytest.raises(SettingsError, match="has keys already"):
        Keys.create(tmp_path, SeededChance(2))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreIoError, match="the folder for keys cannot be made"):
        Keys.create(tmp_path / "file", SeededChance(2))
    with pytest.raises(StoreIoError, match="the folder for keys cannot be made"):
        make_roots(tmp_path / "file" / "roots", SeededChance(2))
    with pytest.raises(StoreIoError, match="the folder for keys cannot be read"):
        Keys(tmp_path / "file").signing_public()
    folder = tmp_path / "keys" / "sealing-0002.key"
    folder.mkdir()
    with pytest.raises(StoreIoError, match="a key cannot be read"):
        keys.sealing_public()
    with suppress(OSError):
        folder.rmdir()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.key")} == before


def test_quarantine_has_room_for_so_many_envelopes_of_a_partner_and_no_more(london: Node) -> None:
    def change(tx: Any) -> list[bool]:
        return [quarantine(tx, BELGRADE, b"%d" % number) for number in range(MOST_ENVELOPES + 1)]

    assert MOST_ENVELOPES == 64
    assert london.store.write(change) == [True] * 64 + [False]


REASONS = (
    *("not-available", "no-authorisation", "national-security", "investigation", "interests", "minor-offence"),
    *("no-offence", "third-state", "not-clarified", "agreement"),
)
"""As docs/spec/requests.md has them, after article 6 of Directive (EU) 2023/977."""


@pytest.mark.parametrize("reason", REASONS)
def test_a_request_is_refused_for_each_of_the_reasons_and_for_no_other(reason: str) -> None:
    refused = message(kind=Kind.RESPONSE, result="refused")
    for said in (reason, f"{reason}: and more words", f" {reason} : more"):
        check_response(structs.replace(refused, reason=said))
    for other in (f"{reason}x", f"x{reason}", f"more: {reason}", reason.upper(), "", None):
        with pytest.raises(SchemaError) as none:
            check_response(structs.replace(refused, reason=other))
        assert none.value.fix == f"begin the reason with {', '.join(REASONS)}; more words may follow a colon"


@pytest.mark.parametrize("result", ["full", "partial", "none", "hit", "no-hit", "clarify"])
def test_only_a_refusal_needs_a_reason_and_only_a_question_words(result: str) -> None:
    told = message(kind=Kind.RESPONSE, result=result)
    if result != "clarify":
        check_response(told)
    else:
        check_response(structs.replace(told, text="which vehicle?"))
        for text in (None, "", "  "):
            with pytest.raises(SchemaError, match="a question without words"):
                check_response(structs.replace(told, text=text))
    with pytest.raises(SchemaError, match="no result"):
        check_response(structs.replace(told, result=f"{result}x"))
    check_response(structs.replace(told, result=f"{result}x", kind=Kind.SPONTANEOUS))
    check_response(structs.replace(told, result=None))


@pytest.mark.parametrize(
    ("urgency", "access", "field"),
    [
        *(
            (urgency, access, "")
            for urgency in ("normal", "urgent", "flash")
            for access in ("direct", "indirect", None)
        ),
        ("soon", None, "urgency"),
        ("normal", "perhaps", "access"),
        ("soon", "perhaps", "urgency"),
    ],
)
def test_a_request_says_how_soon_and_how_it_is_answered(urgency: str, access: str | None, field: str) -> None:
    asked = structs.replace(message(), urgency=urgency, access=access)
    if not field:
        check_request(asked)
        return
    with pytest.raises(SchemaError, match=f"no such {field}") as none:
        check_request(asked)
    known = {"urgency": "normal, urgent, flash", "access": "direct, indirect"}
    assert (str(none.value.where), none.value.fix) == (f"field '{field}'", f"use {known[field]}")
