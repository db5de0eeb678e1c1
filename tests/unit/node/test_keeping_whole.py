"""What keeps a node in order, whole: users, the ledger's events and heads, the doctor's words, uploads, who is protected, proofs."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.engines.trace.pictures import Moment
from headwater.errors import ConflictError, ForbiddenError, FormatError, HeadwaterError, LimitError
from headwater.exchange.alarms import Alarm
from headwater.exchange.partners import State
from headwater.exchange.syncing import Standing
from headwater.model.canonical import encode
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import BlobHash
from headwater.node import Node, case_view, cases, doctor, ledger, lists, protected, tables, uploads, users, witness
from headwater.node.lists import ListEdition
from headwater.node.protected import Entry, Subject
from headwater.node.scratch import PREFIX
from headwater.node.uploads import Held, Told
from headwater.node.users import User
from headwater.node.witness import Shown
from headwater.ports import Event, LeftOut
from headwater.store import Head, Problem
from headwater.testing.fakes import START, FakeClock
from tests.case_world import write_case
from tests.node_world import AUDITOR, BELGRADE, GUARDIAN, SUPERVISOR, WRITER, as_user
from tests.wired_world import lines, size_of

URN = "00EX0000126"


def test_users_are_told_by_name_with_their_roles_and_whether_they_are_switched_off(node: Node) -> None:
    admin, since = as_user(node, WRITER, "operation"), size_of(node)
    users.add(node.store, admin, User("a.new", frozenset({"supervisor", "analyst", "auditor"})))
    users.disable(node.store, admin, "a.new")
    assert users.listed(node.store) == [
        {"name": "a.new", "roles": ["analyst", "auditor", "supervisor"], "disabled": True},
        {"name": GUARDIAN, "roles": ["safeguarding"], "disabled": False},
        {"name": WRITER, "roles": ["admin", "analyst", "liaison"], "disabled": False},
        {"name": AUDITOR, "roles": ["auditor"], "disabled": False},
        {"name": SUPERVISOR, "roles": ["disclosure", "supervisor"], "disabled": False},
    ]
    detail = {"roles": "analyst,auditor,supervisor"}
    assert lines(node, since) == [(f"user.{what}", WRITER, "a.new", "", detail) for what in ("added", "disabled")]


def test_an_admin_who_is_switched_off_is_none_that_is_left(node: Node) -> None:
    admin = as_user(node, WRITER, "operation")
    users.add(node.store, admin, User("b.admin", frozenset({"admin"})))
    users.disable(node.store, admin, "b.admin")
    since = size_of(node)
    for name, error, what, fix in (
        (WRITER, ConflictError, "this is the last admin", "add another admin first"),
        (
            "nobody",
            ForbiddenError,
            "no such user at this node",
            "an admin adds users: headwater user add NAME --role ROLE",
        ),
    ):
        with pytest.raises(error, match=what) as caught:
            users.disable(node.store, admin, name)
        assert (caught.value.where.field, caught.value.fix) == ("user", fix)
    with pytest.raises(ConflictError, match="there is a user of that name") as taken:
        users.add(node.store, admin, User("b.admin", frozenset({"admin"})))
    assert taken.value.fix == "choose another name"
    with pytest.raises(ForbiddenError, match="this user is switched off") as off:
        node.session("b.admin", "oic")
    assert (off.value.where.field, off.value.fix) == ("user", "speak to an admin")
    assert lines(node, since) == []


def test_the_last_events_are_the_last_and_a_head_says_whose_it_is_and_when(
    node: Node, clock: FakeClock, tmp_path: Path
) -> None:
    for number in range(4):
        node.store.note(Event("a" if number % 2 else "b", WRITER, str(number), "oic"))
    auditor = as_user(node, AUDITOR)

    def told(last: int, kind: str | None = None) -> list[str]:
        return [leaf.event.subject for leaf in ledger.events(node, auditor, last=last, kind=kind) if leaf.event]

    assert (told(2), told(1, "b"), told(9, "a"), told(3)) == (["2", "3"], ["2"], ["1", "3"], ["1", "2", "3"])
    clock.move(timedelta(hours=1))
    head = ledger.write_head(node, tmp_path / "head")
    assert (tmp_path / "head").read_bytes().endswith(b"}\n")
    assert json.loads((tmp_path / "head").read_bytes()) == {
        "authority": "UK-NCA", "size": head.size, "root": head.root.hex(), "at": "2026-11-25T09:30:00Z",
    }  # fmt: skip
    assert ledger.verify(node, []) == ledger.Verified(head, (), False)
    assert ledger.verify(node, [tmp_path / "head"]) == ledger.Verified(head, (), True)
    found = ledger.Verified(Head(3, b""), (Problem(kind="gone", at=2), Problem(kind="other", at=1)), True)
    error = ledger.as_rollback(found)
    assert (error.what, error.where.file, error.exit) == (
        "the ledger does not hold what the head has seen (gone)", "leaf 2", 76,
    )  # fmt: skip
    assert not found.ok


def said(node: Node, name: str) -> tuple[bool, str, str]:
    [one] = [one for one in doctor.examine(node) if one.name == name]
    return one.ok, one.cause, one.fix


WELL = (True, "", "")


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (335, WELL),
        (336, (False, "it expires in 30 days", "make the next version: headwater node card --renew")),
        (337, (False, "it expires in 29 days", "make the next version: headwater node card --renew")),
    ],
)
def test_the_doctor_warns_a_month_before_the_card_expires(
    node: Node, clock: FakeClock, days: int, told: tuple[bool, str, str]
) -> None:
    clock.move(timedelta(days=days))
    assert said(node, "card") == told


@pytest.mark.parametrize(("seconds", "ok"), [(300, True), (301, False)])
def test_the_doctor_tells_a_clock_that_is_behind_the_ledger(
    node: Node, clock: FakeClock, seconds: int, ok: bool
) -> None:
    clock.move(timedelta(seconds=seconds))
    node.store.note(Event("x", WRITER, "y", "oic"))
    clock.move(-timedelta(seconds=seconds))
    cause = "it says 2026-11-25T08:30:00Z, and the ledger has an event of 2026-11-25T08:35:01Z"
    fix = "set the clock of this machine right; partners refuse what is sealed more than 300 s ahead"
    assert said(node, "clock") == (WELL if ok else (False, cause, fix))


@pytest.mark.parametrize("hours", [0, 1])
def test_the_doctor_tells_a_list_that_is_too_old(node: Node, clock: FakeClock, hours: int) -> None:
    limit, one = node.settings.list_stale_days, BlobHash("1" * 64)
    edition = ListEdition("uk-csv", "f", one, None, 1, clock.now(), one, UNRESTRICTED)
    node.store.write(lambda tx: tx.put_document(lists.KIND, "uk-csv", encode(edition)))
    clock.move(timedelta(days=limit, hours=hours))
    fix = "fetch it, or read the newest edition: headwater read uk-csv FILE"
    bad = (False, f"it was last seen to be current {limit} days ago", fix)
    assert said(node, "list uk-csv") == (WELL if not hours else bad)


@pytest.mark.parametrize(("mode", "ok"), [(0o700, True), (0o710, False), (0o701, False), (0o740, False)])
def test_the_doctor_tells_a_folder_that_others_may_open(node: Node, mode: int, ok: bool) -> None:
    node.home.chmod(mode)
    try:
        told = said(node, "folder")
    finally:
        node.home.chmod(0o700)
    assert told == (WELL if ok else (False, f"others may open {node.home}", f"chmod 700 {node.home}"))


@pytest.mark.parametrize(
    ("silent", "unproved", "cause"),
    [
        (3, None, ""),
        (3.01, None, "it has not answered a sync since 2026-11-25T05:29:24Z"),
        (1, 3, ""),
        (1, 3.01, "it has not proved that its log only grew since 2026-11-25T05:29:24Z"),
    ],
)
def test_the_doctor_tells_a_witness_that_is_silent_or_proves_nothing(
    node: Node, monkeypatch: pytest.MonkeyPatch, silent: float, unproved: float | None, cause: str
) -> None:
    every = node.settings.sync_every_s
    since = None if unproved is None else START - timedelta(seconds=unproved * every)
    standing = Standing(1, 1, START - timedelta(seconds=silent * every), since, ())

    class Partner:
        authority, is_open, state = BELGRADE, True, State.LIVE

    monkeypatch.setattr(node.exchange, "partners", lambda: (Partner(),))
    monkeypatch.setattr(node.exchange.syncing, "standing", lambda _: standing)
    ok, told, fix = said(node, "witness RS-MOI")
    assert (ok, told, bool(fix)) == (not cause, cause, bool(cause))


@pytest.fixture
def held(node: Node, tmp_path: Path) -> Node:
    cases.take_in(node, as_user(node, WRITER, "court"), write_case(tmp_path / "case"))
    return node


def test_an_upload_goes_on_where_it_broke_and_is_whole_by_its_sum(held: Node) -> None:
    me, data = as_user(held, WRITER, "court"), b"a" * 5
    one = uploads.begin(held, me, URN, Told("note.txt", 5, "1"))
    assert one == Held(one.ref, 0, 5)
    piece = uploads.piece(held, me, URN, one.ref, 0)
    piece.write(data[:3])
    piece.close()
    assert uploads.begin(held, me, URN, Told("note.txt", 5, "1")) == Held(one.ref, 3, 5)
    assert uploads.held(held, me, URN, one.ref) == Held(one.ref, 3, 5)
    for at in (0, 2, 4):
        with pytest.raises(ConflictError, match="3 bytes are here") as caught:
            uploads.piece(held, me, URN, one.ref, at)
        assert (caught.value.where.field, caught.value.fix) == ("at", "go on from there")
    with pytest.raises(ConflictError, match="the file has not all come") as short:
        uploads.take(held, me, URN, one.ref, "")
    assert short.value.fix == "send the rest"
    piece = uploads.piece(held, me, URN, one.ref, 3)
    with pytest.raises(LimitError, match="more than was said"):
        piece.write(b"abc")
    piece.write(data[3:])
    piece.close()
    told = sha256(sha256(data).digest()).hexdigest()
    file, name = uploads.take(held, me, URN, one.ref, told.upper())
    assert (file.path.read_bytes(), name) == (data, "note.txt")
    file.discard()
    with pytest.raises(ConflictError, match="the file changed on its way") as changed:
        uploads.take(held, me, URN, one.ref, "0" * 64)
    assert changed.value.fix == "nothing was stored; choose the file again"
    with pytest.raises(ForbiddenError, match="no such upload"):
        uploads.held(held, me, URN, one.ref)
    assert list(held.home.glob(f"{PREFIX}*")) == []


@pytest.mark.parametrize(("hours", "left"), [(23, 1), (24, 0)])
def test_an_upload_that_nobody_finishes_goes_after_a_day(held: Node, clock: FakeClock, hours: int, left: int) -> None:
    uploads.begin(held, as_user(held, WRITER, "court"), URN, Told("note.txt", 5, "1"))
    clock.move(timedelta(hours=hours))
    uploads.sweep(held.home, clock.now())
    assert len(list((held.home / "uploads").glob("*.json"))) == left


def test_the_oldest_upload_of_a_user_makes_room_and_nobody_elses(held: Node, clock: FakeClock) -> None:
    me, other = as_user(held, WRITER, "court"), as_user(held, SUPERVISOR, "court")
    theirs = uploads.begin(held, other, URN, Told("x", 1, "0")).ref
    mine = []
    for number in range(5):
        clock.move(timedelta(minutes=1))
        mine.append(uploads.begin(held, me, URN, Told("x", 1, str(number))).ref)
    there = {path.stem for path in (held.home / "uploads").glob("*.json")}
    assert there == {theirs, *mine[1:]}
    with pytest.raises(ForbiddenError, match="no such upload"):
        uploads.held(held, me, URN, theirs)
    with pytest.raises(ForbiddenError, match="rule role"):
        uploads.begin(held, as_user(held, AUDITOR, "court"), URN, Told("x", 1, "0"))
    with pytest.raises(ForbiddenError):
        uploads.begin(held, me, "none", Told("x", 1, "0"))


@pytest.mark.parametrize(
    ("told", "field", "what"),
    [
        (("", 1), "name", "no name of a file"), (("a" * 256, 1), "name", "no name of a file"), (("a\n", 1), "name", "no name of a file"),
        (("a", 0), "file", "no file, or an empty one"), (("a", (1 << 40)), "file", "a file of more than"),
    ],
)  # fmt: skip
def test_what_can_be_no_file_is_refused(told: tuple[str, int], field: str, what: str) -> None:
    with pytest.raises(HeadwaterError) as caught:
        Told(*told, "1")
    assert (caught.value.where.field, caught.value.what[: len(what)], caught.value.exit) == (field, what, 65)
    assert Told("a" * 255, 1, "1").size == 1


def test_who_is_protected_keeps_a_pseudonym_and_is_shielded_by_what_tells_who_it_is(node: Node) -> None:
    entry = Entry(
        (("name", "Nomena Testović"), ("nationality", "Testland"), ("sex", "female"), ("contact", "+000 555 0199"))
    )
    assert entry.values == ("Nomena Testović", "+000 555 0199")
    one = protected.keep(node, {}, URN, "P4", "victim", entry)
    days = node.settings.vault_days
    assert one == Subject(
        one.pseudonym, one.ref, URN, "P4", "victim", (START + timedelta(days=days)).date().isoformat()
    )
    again = protected.keep(node, {"P4": one}, URN, "P4", "smuggled", entry)
    assert again == replace(one, ref=again.ref, category="smuggled")
    assert protected.keep(node, {"P4": one}, URN, "P5", "victim", entry).pseudonym != one.pseudonym
    assert protected.entry_of(node, one) == entry
    shield = protected.shield_for(node, [one])
    assert [shield.says(text) for text in ("NOMENA TESTOVIC", "Testland", "+000 555 0199")] == [True, False, True]
    assert not protected.shield_for(node, [replace(one, erased=True, ref="gone")]).says("Nomena Testović")
    node.store.write(lambda tx: protected.write(tx, [one, replace(one, case="other", pseudonym="Person X")]))
    with node.store.snapshot() as snapshot:
        assert protected.of_case(snapshot, URN) == {"P4": one}
        assert len(list(protected.every(snapshot))) == 2


def test_a_checked_proof_is_told_whole() -> None:
    class Proof:
        index, event = 7, b'{"kind": "exchange.sent"}'

        class checkpoint:  # noqa: N801 - as the proof calls it
            size, root = 9, b"\xaa" * 2

    class Checked:
        ok, authority, witnesses, problems = (
            False,
            "UK-NCA",
            (("RS-MOI", datetime(2026, 11, 25, tzinfo=UTC)),),
            ("one", "two"),
        )

    assert witness.document(Shown(Proof, Checked)) == {  # type: ignore[arg-type]
        "ok": False, "authority": "UK-NCA", "index": 7, "size": 9, "root": "aaaa", "event": {"kind": "exchange.sent"},
        "witnesses": [{"authority": "RS-MOI", "at": "2026-11-25T00:00:00Z"}], "problems": ["one", "two"],
    }  # fmt: skip
    alarm = Alarm("trust.equivocation", BELGRADE, START, "two heads", ())
    error = witness.as_error(alarm)
    assert (error.code, error.what, error.fix) == (
        "trust.equivocation", "RS-MOI: two heads", "look at the evidence, and speak to the partner",
    )  # fmt: skip


@pytest.mark.parametrize("user", [WRITER, SUPERVISOR, AUDITOR, GUARDIAN])
def test_alarms_are_cleared_by_those_who_may_suspend(node: Node, user: str) -> None:
    with pytest.raises(HeadwaterError) as caught:
        witness.clear(node, as_user(node, user), "RS-MOI", "x")
    assert caught.value.what.startswith("rule role") is (user not in {WRITER, SUPERVISOR})


@pytest.mark.parametrize("state", State)
def test_keys_are_trusted_of_partners_whose_digits_a_person_has_compared(
    node: Node, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    class Partner:
        def __init__(self) -> None:
            self.state, self.card = state, replace(own, card=msgspec.structs.replace(own.card, authority="RS-MOI"))

    own = node.exchange.card()
    monkeypatch.setattr(node.exchange, "partners", lambda: (Partner(),))
    trusted = {State.CONFIRMED, State.LIVE}
    assert list(witness.own_keys(node)) == ["UK-NCA", *(["RS-MOI"] if state in trusted else [])]


def test_the_marks_of_corridors_alerts_and_scans_say_what_when_and_where() -> None:
    document = {
        "options": {"base_until_s": 3600.0}, "start": "2025-03-05T00:00:00Z", "corridors": [],
        "stops": [{"begin_s": 7200.0, "end_s": 14400.0, "lat": 50.9, "lon": 1.8}],
        "changes": [{"h3": "88194", "before_per_day": 0.1, "after_per_day": 4.0}],
    }  # fmt: skip
    begun = 1_741_132_800_000_000
    stop = Moment(begun + 7_200_000_000, "corridor", "watch: a vehicle stops at 50.900 N 1.800 E, until 2.0 h later")
    words = "watch: corridor cell 88194 from 0.1 to 4.0 passages a day"
    made = list(case_view._corridors(document, Path("r.json")))
    assert made == [stop, Moment(begun + 3_600_000_000, "corridor", words)]
    assert list(case_view._corridors({**document, "options": {}}, Path("r.json"))) == [stop]
    alert = {
        "lane": "border",
        "kind": "border-crossing",
        "at": "2025-03-05T00:00:01Z",
        "lat": 50.9804,
        "lon": 1,
        "score": 0.807,
    }
    told = "watch: border-crossing at 50.980 N 1.000 E, score 0.81"
    assert list(case_view._alert(alert)) == [Moment(begun + 1_000_000, "crossing", told)]
    for left_out in ({"lane": "rescue"}, {"at": ""}):
        assert list(case_view._alert({**alert, **left_out})) == []
    scan: dict[str, Any] = {"file": "van.dcs", "taken_at": "2025-03-05T00:00:00Z"}
    for alarms, said_of_it in (([], "no alarm"), ([{"kind": "boat"}, {"kind": "axe"}, {"kind": "person", "queue": "rescue"}, {"kind": "axe"}], "axe, boat"), ([{}, 1], "alarm")):  # fmt: skip
        assert list(case_view._scan({**scan, "alarms": alarms})) == [
            Moment(begun, "scan", f"scan of van.dcs: {said_of_it}")
        ]
    assert list(case_view._scan({**scan, "alarms": [], "taken_at": None})) == []
    for wrong, what in (({"corridors": []}, "no corridors that watch routes wrote"), ({**document, "start": 5.0}, "its times count from a moment that it does not name")):  # fmt: skip
        with pytest.raises(FormatError, match=what) as caught:
            list(case_view._corridors(wrong, Path("x/r.json")))
        assert caught.value.where.file == "r.json"


def test_a_table_of_bad_rows_alone_is_refused_for_the_first_and_its_sum_is_of_all_that_lies_in_the_file(
    tmp_path: Path,
) -> None:
    rows = [LeftOut(FormatError(f"row {number}", where="x")) for number in range(3)]
    for keep_good in (True, False):
        with pytest.raises(FormatError, match="row 0"):
            tables.staged_from(rows, tmp_path, "x.csv", keep_good=keep_good)
    with pytest.raises(FormatError, match="there is no row in it") as caught:
        tables.staged_from([], tmp_path, "x.csv", keep_good=True)
    assert caught.value.where.file == "x.csv"
    heard: list[tuple[int, int]] = []
    stream = tables._Counted(BytesIO(b"abcdef"), 6, lambda *done: heard.append(done))
    assert (stream.read(2), stream.digest()) == (b"ab", sha256(b"abcdef").hexdigest())
    assert heard == [(2, 6), (6, 6)]
