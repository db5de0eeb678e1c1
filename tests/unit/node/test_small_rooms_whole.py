"""Small rooms of a node, whole: files on their way in, recovery codes, trails as documents, a store that is to move, letters."""

import re
import stat
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.engines.trace.trail import Hop, Rest, Trail
from headwater.errors import ForbiddenError, FormatError, LimitError, NoBasisError, SchemaError, SettingsError
from headwater.exchange.outbox import Sending
from headwater.model.decision import Decision, Verb
from headwater.model.ids import MessageId
from headwater.model.message import Message
from headwater.node import Node, authenticators, incoming, messages, moving, recovery, trail
from headwater.node.authenticators import Codes, Held
from headwater.node.incoming import Incoming
from headwater.node.messages import GlassToBreak, Letter
from headwater.node.scratch import PREFIX
from headwater.policy.rules.rule import Judgement, Outcome, RuleReason
from headwater.testing.fakes import START, FakeClock
from tests.node_world import AUDITOR, SUPERVISOR, WRITER, as_user
from tests.wired_world import lines, size_of

KINDS = {
    "pdf": b"%PDF-1.7", "jpg": b"\xff\xd8\xff\xe0", "png": b"\x89PNG\r\n\x1a\n", "gif": b"GIF89a", "tif": b"II*\x00",
    "dcm": b"\0" * 128 + b"DICM", "mp4": b"\0\0\0\x18ftyp", "mkv": b"\x1aE\xdf\xa3", "avi": b"RIFF\0\0\0\0AVI ",
    "wav": b"RIFF\0\0\0\0WAVE", "mp3": b"ID3", "zip": b"PK\x03\x04", "txt": "Преглед".encode(),
}  # fmt: skip
OTHERS = {
    "jpeg": "jpg",
    "tiff": "tif",
    "dicos": "dcm",
    "mov": "mp4",
    "webm": "mkv",
    "docx": "zip",
    "kmz": "zip",
    "csv": "txt",
    "vcf": "txt",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_comes_in_bears_the_ending_of_what_is_in_it(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(KINDS[kind] + b"x")
    assert (
        incoming.ending(path, "")
        == incoming.ending(path, "name")
        == incoming.ending(path, f"A.B.{kind.upper()}")
        == kind
    )
    for other, of in OTHERS.items():
        if of == kind:
            assert incoming.ending(path, f"x.{other}") == other
        else:
            with pytest.raises(FormatError) as caught:
                incoming.ending(path, f"x.{other}")
            assert caught.value.what == f"a file called .{other} that is {kind}"
            assert (caught.value.where.field, caught.value.exit) == ("file", 65)
            assert caught.value.fix == (
                "send a document, picture, recording or text; anything else: headwater case add ID --item FILE"
            )


@pytest.mark.parametrize(
    ("data", "name", "what"),
    [
        (b"#!/bin/sh\n", "x.txt", "a file called .txt that is of no kind that is taken"),
        (b"#!/bin/sh\n", "x", "a file of no kind"), (b"a\0b", "x.csv", "a file called .csv that is of no kind that is taken"),
        (b"\xff\xfe", "", "a file of no kind"), ("ж".encode()[:1], "x.txt", "a file called .txt that is of no kind that is taken"),
        (b"MZ\x90\0", "x.exe", "a file called .exe that is of no kind that is taken"), (b"plain", "x.e-x", "a file of no kind"),
        (b"plain", "x.abcdefghijklm", "a file called .abcdefghij that is txt"),
    ],
)  # fmt: skip
def test_what_is_of_no_kind_is_refused_in_words_that_repeat_little(
    tmp_path: Path, data: bytes, name: str, what: str
) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(FormatError) as caught:
        incoming.ending(tmp_path / "file", name)
    assert caught.value.what == what


def test_a_file_on_its_way_in_lies_beside_the_store_for_its_owner_alone_and_stops_at_the_limit(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MOST_BYTES", 8)
    one, two = Incoming.begin(node.home), Incoming.begin(node.home)
    assert one.held.folder != two.held.folder
    assert one.held.folder.parent == node.home
    assert stat.S_IMODE(one.held.folder.stat().st_mode) == 0o700
    one.write(b"1234")
    one.write(b"5678")
    assert (one.size, one.sha256) == (8, sha256(b"12345678").hexdigest())
    with pytest.raises(LimitError) as caught:
        one.write(b"9")
    assert (caught.value.where.field, caught.value.exit) == ("file", 65)
    assert caught.value.fix == "nothing was stored; add it on the node's machine: headwater case add ID --item FILE"
    one.close()
    assert one.path.read_bytes() == b"12345678"
    assert one.named("x.txt") == one.held.folder / "x.txt"
    one.discard()
    two.write(b"ab")
    two.discard()
    assert list(node.home.glob(f"{PREFIX}*")) == []


def test_recovery_codes_take_the_place_of_those_before_and_stand_in_for_something(node: Node, clock: FakeClock) -> None:
    since = size_of(node)
    with pytest.raises(ForbiddenError, match="recovery codes stand in for a passkey or an app") as caught:
        recovery.renew(node, WRITER, "operation")
    assert (caught.value.where.field, caught.value.fix) == ("recovery", "set one up first")
    assert lines(node, since) == []
    app = Codes("salt", "hash", "sealed", "key", clock.now())
    node.store.write(lambda tx: authenticators.keep(tx, Held(WRITER, codes=app, recovery=("of before",), failures=2)))
    codes = recovery.renew(node, WRITER, "operation")
    assert lines(node, since) == [("page.recovery-made", WRITER, WRITER, "operation", {"count": 10})]
    held = node.store.write(lambda tx: authenticators.held_or_new(tx, WRITER))
    assert held == Held(WRITER, codes=app, recovery=recovery.hashes(codes), failures=2)


@pytest.mark.parametrize("typed", ["abcd-efgh", "ABCD EFGH", " a b c d e f g h ", "ABCDEFGH"])
def test_a_code_is_the_same_however_it_is_typed(typed: str) -> None:
    assert recovery.hashed(typed) == sha256(b"headwater/recovery/1 ABCDEFGH").hexdigest()


def test_letters_that_look_alike_are_one_and_others_are_not() -> None:
    assert recovery.hashed("0181") == recovery.hashed("OIBI")
    assert recovery.hashed("2222") != recovery.hashed("ZZZZ")


def test_ten_fresh_codes_are_drawn_six_groups_of_four(node: Node) -> None:
    codes = recovery.drawn(node)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){5}", code) for code in codes)
    assert set(recovery.drawn(node)).isdisjoint(codes)
    assert recovery.hashes(codes) == tuple(recovery.hashed(code) for code in codes)


def test_a_trail_is_told_whole(tmp_path: Path) -> None:
    hops = (
        Hop(0, "P1", "aa#0", 1_764_057_600_000_000, "pseudonym", "B", 1000, 1000),
        Hop(1, "P2", "aa#7", 1_764_061_200_999_999, "B", "C", 900, 700),
    )
    made = Trail("P1", "fifo", "EUR", hops, (Rest("B", 0, 300), Rest("C", 1, 600)), 100)
    told = {
        "payment": "P1", "rule": "fifo", "currency": "EUR", "amount_minor": 1000, "conserved": True,
        "hops": [
            {
                "hop": 0, "payment": "P1", "row": "aa#0", "time": "2025-11-25T08:00:00Z", "from": "pseudonym", "to": "B",
                "amount_minor": 1000, "part_minor": 1000,
            },
            {
                "hop": 1, "payment": "P2", "row": "aa#7", "time": "2025-11-25T09:00:00Z", "from": "B", "to": "C",
                "amount_minor": 900, "part_minor": 700,
            },
        ],
        "rests": [{"account": "B", "hop": 0, "part_minor": 300}, {"account": "C", "hop": 1, "part_minor": 600}],
        "beyond_minor": 100,
    }  # fmt: skip
    assert trail.document(made) == told
    trail.write_trail(made, tmp_path / "t.json", None)
    assert msgspec.json.decode((tmp_path / "t.json").read_bytes()) == told
    assert [path.name for path in tmp_path.iterdir()] == ["t.json"]


def corridor(to: str, text: str, amount: int, typology: str = "corridor-fan-in") -> bytes:
    line = {
        "typology": typology,
        "from": "RS",
        "to": to,
        "text": text,
        "amount_minor": amount,
        "currency": "EUR",
        "subjects": [to],
    }
    return msgspec.json.encode(line) + b"\n"


def test_a_hub_is_drawn_from_its_own_corridors_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []

    def draw(*given: Any) -> str:
        drawn.append(given)
        return "<svg/>"

    monkeypatch.setattr(trail, "hub", draw)
    found = tmp_path / "found.jsonl"
    found.write_bytes(
        corridor("HUB", "1,204 payers send", 5)
        + corridor("OTHER", "9 payers", 6)
        + corridor("HUB", "many", 7)
        + corridor("HUB", "3 x", 8, "fan")
    )
    trail.hub_picture(found, "HUB", tmp_path / "hub.svg")
    assert drawn == [("HUB", [("RS", "HUB", 1204, 5), ("RS", "HUB", 0, 7)], "EUR")]
    assert (tmp_path / "hub.svg").read_bytes() == b"<svg/>"
    with pytest.raises(SchemaError, match="no corridor meets at that account") as caught:
        trail.hub_picture(found, "NONE", tmp_path / "none.svg")
    assert caught.value.where.file == "--hub"
    found.write_bytes(b'{"kind": "x"}\n')
    with pytest.raises(FormatError, match="not a finding of trace run") as wrong:
        list(trail.finding_lines(found))
    assert (wrong.value.where.file, wrong.value.where.line) == ("found.jsonl", 1)


@pytest.mark.parametrize("to", ["sqlite", "postgresql://127.0.0.1/none"])
def test_a_store_whose_place_the_environment_names_is_not_moved(template: Path, to: str) -> None:
    before = (template / "headwater.toml").read_bytes() if (template / "headwater.toml").exists() else b""
    env = {"HEADWATER_DATABASE": "postgresql://127.0.0.1/other"}
    with pytest.raises(SettingsError) as caught:
        moving.move_store(template, env, user=WRITER, purpose="operation", to=to)
    assert (caught.value.what, caught.value.where.file, caught.value.fix, caught.value.exit) == (
        "the environment names the database", "HEADWATER_DATABASE", "unset it; the file is what changes", 78,
    )  # fmt: skip
    with pytest.raises(SettingsError, match="the store is there already") as there:
        moving.move_store(template, {}, user=WRITER, purpose="operation", to="sqlite")
    assert there.value.where.file == "sqlite"
    assert before == ((template / "headwater.toml").read_bytes() if before else b"")


def test_the_old_store_is_put_aside_under_a_name_of_its_own(tmp_path: Path) -> None:
    for number, name in enumerate(("store.sqlite.moved", "store.sqlite.moved-2", "store.sqlite.moved-3")):
        for end in ("", "-wal") if number else ("",):
            (tmp_path / f"store.sqlite{end}").write_text(str(number), encoding="utf-8")
        assert moving._put_aside(tmp_path) == tmp_path / name
        assert (tmp_path / name).read_text(encoding="utf-8") == str(number)
    assert (tmp_path / "store.sqlite.moved-2-wal").exists()
    assert not (tmp_path / "store.sqlite").exists()


def composed(node: Node) -> Message:
    return messages._compose(node, as_user(node), messages.address("alert", "RS-MOI", "EX"), Letter())


@dataclass
class Kept:
    """What a transaction was told to keep."""

    now: Any
    decisions: list[Decision]

    def add_decision(self, decision: Decision) -> None:
        self.decisions.append(decision)


REF = MessageId("01a211d3-7340-7183-808b-2a42a9d583e3")


@pytest.mark.parametrize(
    ("ref", "outcome", "kept"), [(REF, Outcome.ALLOW, 1), (REF, Outcome.HOLD, 0), (None, Outcome.ALLOW, 0)]
)
def test_a_decision_is_kept_where_the_message_leaves_and_nowhere_else(
    node: Node, ref: MessageId | None, outcome: Outcome, kept: int
) -> None:
    tx, message = Kept(START, []), composed(node)
    sending = Sending(Judgement(outcome, "x", reasons=()), ref, message)
    messages.decision_keeper(as_user(node, SUPERVISOR), "why")(tx, sending)  # type: ignore[arg-type]
    wanted = Decision(verb=Verb.RELEASE, about=REF, who=SUPERVISOR, decided_at=START, basis="EX", reason="why")
    assert tx.decisions == [wanted] * kept


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        ({"reason": "they asked", "text": "words"}, "they asked"), ({"text": "words"}, "words"), ({}, "told under the agreement"),
    ],
)  # fmt: skip
def test_the_reason_of_a_decision_is_what_its_letter_gives(
    node: Node, monkeypatch: pytest.MonkeyPatch, letter: dict[str, str], reason: str
) -> None:
    said: list[str] = []
    monkeypatch.setattr(messages, "decision_keeper", lambda _session, why: said.append(why))
    monkeypatch.setattr(node.exchange, "send", lambda message, **_: message)
    messages.send(node, as_user(node), messages.address("alert", "RS-MOI", "EX"), Letter(**letter))  # type: ignore[arg-type]
    assert said == [reason]


def test_a_letter_becomes_a_message_field_by_field(node: Node, clock: FakeClock) -> None:
    letter = Letter(
        classification="OFFICIAL", text="t", reason="r", urgency="urgent", why_urgent="w", addressee="a", language="sr",
        legal_basis="l", case_references=("c",), thread=REF, result="full", osja_flags=("death-penalty",), assurance_ref="as",
        strict_necessity="s", access="indirect", break_glass=GlassToBreak(reason="b", threat="th"),
    )  # fmt: skip
    clock.move(timedelta(days=1))
    session = as_user(node, WRITER, "trafficking")
    made: Message = messages._compose(node, session, messages.address("response", "RS-MOI", "EX"), letter)
    told = msgspec.to_builtins(made)
    told.pop("facts", None)
    assert told == {
        "kind": "response", "from": "UK-NCA", "to": "RS-MOI", "agreement": "EX", "purpose": "trafficking", "author": WRITER,
        "classification": "OFFICIAL", "text": "t", "reason": "r", "urgency": "urgent", "why_urgent": "w", "addressee": "a",
        "language": "sr", "legal_basis": "l", "case_references": ("c",), "thread": REF, "result": "full",
        "osja_flags": ("death-penalty",), "assurance_ref": "as", "strict_necessity": "s", "access": "indirect",
        "break_glass": {"reason": "b", "approver": "", "threat": "th"}, "expires": "2026-12-03T08:30:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    "role", ["senior", "minister", "break-glass", "supervisor", "approver", "safeguarding", "admin"]
)
def test_a_message_is_approved_in_a_role_that_one_has(node: Node, role: str) -> None:
    since = size_of(node)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is what is asked
        messages.approve(node, as_user(node, SUPERVISOR), REF, role)
    refused = isinstance(caught.value, NoBasisError)
    assert refused is (role in {"safeguarding", "admin"})
    if refused:
        assert str(caught.value).startswith(f"this user does not act as {role}")
    with pytest.raises(Exception, match="rule role"):
        messages.approve(node, as_user(node, AUDITOR), REF, role)
    assert lines(node, since) == []


def test_what_the_rules_answered_is_told_whole(node: Node) -> None:
    message = composed(node)
    reason = RuleReason(id="C1", rule="nothing-left", outcome=Outcome.REFUSE, facts=("f1",), text="why", remedy="what")
    judgement = Judgement(
        Outcome.HOLD, "four-eyes", removed={"f2": "minor"}, obligations=("clamp:f1",), reasons=(reason,)
    )
    assert messages.sending_document(Sending(judgement, REF, message)) == {
        "outcome": "hold", "rule": "four-eyes", "removed": {"f2": "minor"}, "obligations": ["clamp:f1"],
        "reasons": [{"id": "C1", "rule": "nothing-left", "outcome": "refuse", "facts": ("f1",), "text": "why", "remedy": "what"}],
        "message": REF, "queued": False, "facts": [],
    }  # fmt: skip
