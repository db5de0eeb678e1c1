"""What leaves a node of a case, whole: papers as they are read, what a seal remembers, who gets which view, receipts, letters.

Ledger lines are compared whole, and so is what is left in folders. What papers say in each form stands in `tests/unit/case`.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.case.letter import Letter
from headwater.case.log import LogLine
from headwater.case.schedule import Form, Run
from headwater.case.seal import Seal
from headwater.case.verifier import Trust
from headwater.case.views import read_view
from headwater.errors import (
    ForbiddenError,
    HeadwaterError,
    NoBasisError,
    PeerRefusedError,
    SchemaError,
    SignatureError,
    StoreIoError,
)
from headwater.exchange.card import DatedKey
from headwater.exchange.partners import Partners
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId
from headwater.node import Node, case_letters, case_sealing, cases
from headwater.node.case_sealing import NUMBERING_KIND, SEAL_KIND, Sealed
from headwater.ports import Event
from headwater.testing.fakes import START, FakeClock, SeededChance
from tests.case_papers import authority, words
from tests.case_world import made_case, sealed, signer_of, write_case
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, WRITER, as_user, init, node_at
from tests.wired_world import lines, size_of

URN = "00EX0000126"


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Path:
    """A node that has taken the case in."""
    folder = tmp_path_factory.mktemp("taken")
    home = shutil.copytree(template, folder / "uk")
    with node_at(home, FakeClock()) as node:
        cases.take_in(node, court(node, WRITER), write_case(folder / "case"))
    return home


@pytest.fixture
def held(taken: Path, tmp_path: Path, clock: FakeClock) -> Iterator[Node]:
    with node_at(shutil.copytree(taken, tmp_path / "uk"), clock) as opened:
        opened.chance = SeededChance(8)  # not what was drawn when the case was taken in
        yield opened


def court(node: Node, user: str = SUPERVISOR) -> Any:
    return as_user(node, user, "court")


def numbering(node: Node) -> bytes | None:
    with node.store.snapshot() as snapshot:
        return snapshot.document(NUMBERING_KIND, URN)


def remembered(node: Node) -> Sealed:
    with node.store.snapshot() as snapshot:
        return decode(snapshot.document(SEAL_KIND, URN) or b"", Sealed)


def more(node: Node, folder: Path, number: int) -> None:
    """Add an item of each list of unused material to the case."""
    folder.mkdir(exist_ok=True)
    rows = [
        {"id": f"M{number}{name}", "list": name, "description": f"More of {name}, {number}", **reason}
        for name, reason in (("mg6c", {}), ("mg6d", {"reason": "sensitive"}))
    ]
    (folder / "more.json").write_text(json.dumps({"material": rows}), encoding="utf-8")
    cases.add(node, court(node, WRITER), URN, folder / "more.json")


def test_reading_a_paper_gives_no_numbers_and_says_how_many_are_without(held: Node, tmp_path: Path) -> None:
    since = size_of(held)
    made, waiting = case_sealing.schedule_read(held, court(held), URN, Form.MG6C)
    assert (waiting, numbering(held)) == (3, None)
    assert (made.title, made.short, made.author, made.watermark) == (
        "MG6C: schedule of relevant non-sensitive unused material", f"MG6C · {URN}", "UK-NCA", "",
    )  # fmt: skip
    assert made.facts == (
        ("Unique reference number", URN), ("Operation", "OP EXAMPLE"), ("Authority", "UK-NCA"), ("Disclosure officer", SUPERVISOR),
    )  # fmt: skip
    assert lines(held, since)[-1] == ("case.schedule-read", SUPERVISOR, URN, "court", {"form": "mg6c"})
    pdf = case_sealing.schedule(held, court(held), URN, Form.MG6D)
    assert "MG6D: schedule of relevant sensitive unused material" in words(pdf)
    assert lines(held, since)[-1] == ("case.scheduled", SUPERVISOR, URN, "court", {"form": "mg6d"})
    given = numbering(held)
    assert given is not None
    again, waiting = case_sealing.schedule_read(held, court(held), URN, Form.MG6C)
    assert (waiting, again) == (0, made)
    more(held, tmp_path / "more", 1)
    later, waiting = case_sealing.schedule_read(held, court(held), URN, Form.MG6C)
    assert (waiting, numbering(held)) == (2, given)
    assert "More of mg6c, 1" in later.said()
    case_sealing.schedule(held, court(held), URN, Form.DMD)
    assert numbering(held) != given
    assert case_sealing.schedule_read(held, court(held), URN, Form.MG6E)[1] == 0


def test_each_paper_of_a_case_that_is_not_ready_says_draft(node: Node, tmp_path: Path) -> None:
    cases.take_in(node, court(node, WRITER), write_case(tmp_path / "case", lambda case: case["elements"].pop()))
    for form in Form:
        assert case_sealing.schedule_read(node, court(node), URN, form)[0].watermark == "DRAFT", form


def test_a_seal_remembers_what_the_next_one_and_whoever_opens_it_must_know(
    held: Node, clock: FakeClock, tmp_path: Path
) -> None:
    since = size_of(held)
    first = case_sealing.seal(held, court(held), URN, tmp_path / "one", withhold=True)
    kept = remembered(held)
    assert kept == Sealed(first.digest, first.head.root, first.pseudonyms, first.rows, first.kept, draft=False)
    assert sorted(kept.pseudonyms) == ["P3", "P4"]
    assert [row.path for row in kept.kept] == [row.path for row in first.kept]
    assert (
        "case.sealed",
        SUPERVISOR,
        URN,
        "court",
        {"root": first.head.root, "files": first.head.count, "ready": 1},
    ) == lines(held, since)[-1]
    clock.move(timedelta(days=1))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "note.txt").write_text("Nobody says what this is.\n", encoding="utf-8")
    cases.add(held, court(held, WRITER), URN, tmp_path / "more" / "note.txt")
    since = size_of(held)
    second = case_sealing.seal(held, court(held), URN, tmp_path / "two", withhold=True)
    assert (second.head.previous, second.pseudonyms) == (first.digest, first.pseudonyms)
    assert remembered(held) == Sealed(
        second.digest, second.head.root, second.pseudonyms, second.rows, second.kept, draft=True
    )
    assert lines(held, since)[-1][4] == {"root": second.head.root, "files": second.head.count, "ready": 0}
    listed = cases.every(held, court(held))
    assert listed == [{"id": URN, "root": second.head.root}]


def test_the_case_folder_of_a_node_that_never_sealed_has_no_root(held: Node) -> None:
    assert cases.every(held, court(held)) == [{"id": URN, "root": None}]


@pytest.mark.parametrize(
    ("name", "draft"), [("prosecutor", False), ("prosecutor", True), ("defence", True), ("partner:RS", False)]
)
def test_each_view_of_a_case_leaves_one_line_that_says_what_was_shown(
    held: Node, tmp_path: Path, name: str, draft: bool
) -> None:
    view, out = read_view(name), tmp_path / "out"
    since = size_of(held)
    made = case_sealing.export(held, court(held), URN, out, view, draft=draft, withhold=True)
    said = [line for line in lines(held, since) if line[0].startswith("case.export")]
    detail = {"view": str(view), "shown": made.shown, "withheld": made.withheld, "draft": int(draft)}
    assert said == [("case.exported", SUPERVISOR, URN, "court", detail)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "uk"]


@pytest.mark.parametrize(("name", "draft"), [("prosecutor", False), ("prosecutor", True), ("court", False)])
def test_only_the_prosecutor_is_refused_what_is_not_ready_and_only_while_no_draft_is_asked_for(
    node: Node, tmp_path: Path, name: str, draft: bool
) -> None:
    def unready(case: dict[str, Any]) -> None:
        del case["elements"][2:]

    cases.take_in(node, court(node, WRITER), write_case(tmp_path / "case", unready))
    since, out = size_of(node), tmp_path / "out"
    if name != "prosecutor" or draft:
        case_sealing.export(node, court(node), URN, out, read_view(name), draft=draft, withhold=True)
        said = [line[0] for line in lines(node, since) if line[0].startswith("case.export")]
        assert said == ["case.exported"]
        return
    with pytest.raises(SchemaError, match="the file is not ready") as caught:
        case_sealing.export(node, court(node), URN, out, read_view(name), withhold=True)
    assert (caught.value.what, caught.value.where.file) == ("the file is not ready: element-unproved", URN)
    assert caught.value.fix == "see: headwater case check; or give --draft, which its papers say"
    detail = {"view": "prosecutor", "code": "input.schema"}
    assert lines(node, since) == [("case.export-refused", SUPERVISOR, URN, "court", detail)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case", "uk"]


def test_what_is_refused_in_the_midst_of_an_export_leaves_its_line_and_no_folder(
    held: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ForbiddenError("it may not leave")

    monkeypatch.setattr(case_sealing, "write_view", refuse)
    since = size_of(held)
    with pytest.raises(ForbiddenError):
        case_sealing.export(held, court(held), URN, tmp_path / "out", read_view("defence"), withhold=True)
    assert lines(held, since)[-1] == (
        "case.export-refused", SUPERVISOR, URN, "court", {"view": "defence", "code": "policy.forbidden"},
    )  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["uk"]
    with pytest.raises(StoreIoError, match="cannot be written") as caught:
        case_sealing.export(held, court(held), URN, tmp_path / "none" / "out", read_view("defence"))
    assert (caught.value.where.file, caught.value.exit) == (str(tmp_path / "none" / "out"), 74)


def test_a_view_of_a_bundle_is_for_the_case_that_it_names(held: Node, tmp_path: Path) -> None:
    case_sealing.seal(held, court(held), URN, tmp_path / "bundle", withhold=True)
    since = size_of(held)
    case_sealing.export(held, court(held), str(tmp_path / "bundle"), tmp_path / "out", read_view("court"))
    assert [line[:3] for line in lines(held, since)] == [("case.exported", SUPERVISOR, URN)]


class Told:
    """What a time-stamp authority was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []


def test_a_stamp_comes_from_nobody_from_a_folder_or_over_the_network(
    held: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, told, digest = authority(tmp_path / "tsa"), Told(), hashlib.sha512(b"seal").digest()
    reply = here.stamp(digest, held.clock.now(), held.chance)

    def asked(url: str, question: bytes, *, timeout_s: float) -> bytes:
        assert digest in question
        told.asked.append((url, timeout_s))
        return reply

    monkeypatch.setattr(case_sealing, "ask_authority", asked)
    assert case_sealing.stamper(held, "none") is None
    local = case_sealing.stamper(held, f"local:{tmp_path / 'tsa'}")
    assert local is not None
    assert local(digest) != reply  # a number of its own
    assert told.asked == []
    plain, over = (case_sealing.stamper(held, f"{scheme}://tsa.invalid/x") for scheme in ("http", "https"))
    assert plain is not None
    assert over is not None
    assert (plain(digest), over(digest)) == (reply, reply)
    assert told.asked == [("http://tsa.invalid/x", 30.0), ("https://tsa.invalid/x", 30.0)]
    reply = here.stamp(hashlib.sha512(b"other").digest(), held.clock.now(), held.chance)
    with pytest.raises(SignatureError, match="over something else"):
        over(digest)
    reply = b"no"
    with pytest.raises(PeerRefusedError, match="gave no time stamp") as caught:
        over(digest)
    assert caught.value.where.file == "https://tsa.invalid/x"


@pytest.mark.parametrize("word", ["", "None", "ftp://tsa.invalid", "tsa.invalid", "local", "x:http://tsa.invalid"])
def test_a_word_that_names_no_authority_is_refused_before_anything_is_written(
    held: Node, tmp_path: Path, word: str
) -> None:
    with pytest.raises(SchemaError, match="no time-stamp authority") as caught:
        case_sealing.seal(held, court(held), URN, tmp_path / "out", stamp=word, withhold=True)
    assert (caught.value.where.file, caught.value.fix) == ("--stamp", "give none, a URL, or local:DIR")
    assert not (tmp_path / "out").exists()


def test_a_receipt_is_given_and_taken_with_what_it_is_for_in_the_ledger(held: Node, tmp_path: Path) -> None:
    bundle, file = tmp_path / "bundle", tmp_path / "r.json"
    case_sealing.seal(held, court(held), URN, bundle, withhold=True)
    trust = Trust(case_sealing._signer(held).public_key, AuthorityId("UK-NCA"))
    since = size_of(held)
    data = case_sealing.receipt(held, court(held), bundle, trust)
    digest = hashlib.sha256((bundle / "seal.json").read_bytes()).hexdigest()
    assert lines(held, since) == [("case.receipted", SUPERVISOR, URN, "court", {"seal": digest, "from": "UK-NCA"})]
    with held.store.snapshot() as snapshot:
        head = snapshot.head()
    told = json.loads(data)
    assert str(head.size) in json.dumps(told)
    assert head.root.hex() in json.dumps(told)
    file.write_bytes(data)
    since = size_of(held)
    assert case_sealing.take_receipt(held, court(held), bundle, file) == "receipts/1.json"
    assert lines(held, since) == [
        (
            "case.receipt-kept",
            SUPERVISOR,
            URN,
            "court",
            {"sha256": hashlib.sha256(data).hexdigest(), "place": "receipts/1.json"},
        )
    ]
    with pytest.raises(HeadwaterError) as caught:
        case_sealing.receipt(held, court(held), bundle, Trust(signer_of(7).public_key, AuthorityId("UK-NCA")))
    assert caught.value.exit == 76


def test_the_key_of_a_partner_who_sealed_is_the_newest_of_its_card(
    held: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle"
    sealed(made_case(tmp_path / "case"), bundle, signer_of(7, "RS-MOI"))
    assert case_sealing.card_of(held, bundle) is None
    with node_at(init(tmp_path / "rs", "RS-MOI"), held.clock) as other:  # type: ignore[arg-type]
        held.exchange.add_partner([other.exchange.card_bytes()], [], who=WRITER)
    partner = held.exchange.partners()[0]
    keys = [
        DatedKey(key="55" * 32, valid_from="2026-01-01T00:00:00Z"),
        DatedKey(key="66" * 32, valid_from="2026-06-01T00:00:00Z"),
    ]
    for order in (1, -1):
        card = msgspec.structs.replace(partner.card.card, signing=tuple(keys[::order]))
        made = type(partner)(partner.authority, partner.state, type(partner.card)(card, partner.card.paper))
        monkeypatch.setattr(Partners, "get", lambda *_, made=made: made)
        assert case_sealing.card_of(held, bundle) == Trust(b"\x66" * 32, "RS-MOI")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"head": 1}',
        '{"head": {"case": "x"}}',
        '{"head": {"sealed_by": "x"}}',
        '{"head": {"case": 1, "case": 2}}',
    ],
)
def test_a_folder_without_a_seal_is_no_bundle(held: Node, tmp_path: Path, text: str) -> None:
    (tmp_path / "seal.json").write_text(text, encoding="utf-8")
    for act in (
        lambda: case_sealing.export(held, court(held), str(tmp_path), tmp_path / "out", read_view("court")),
        lambda: case_sealing._urn_of(tmp_path),
    ):
        with pytest.raises(SchemaError, match="no seal in this folder") as caught:
            act()
        assert (caught.value.where.file, caught.value.fix) == (str(tmp_path), "name a bundle")
    assert case_sealing.card_of(held, tmp_path) is None


def test_the_runs_of_a_case_stand_in_its_papers_with_their_terms_and_hits(held: Node) -> None:
    at = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    told = cases.hold(held, URN)
    screened = Event(
        "match.screened",
        "o.reed",
        "lists",
        "sanctions",
        {"case": URN, "hits": 2, "queries": 3, "lists": "uk@1", "about": "x"},
    )
    ran = Event("engine.run", "s.hall", "payments", "oic", {"case": URN, "rule": "fifo"})
    other = Event("case.checked", "s.hall", URN, "court", {"hits": 1})
    held_with = type(told)(
        told.case,
        told.hidden,
        told.subjects,
        told.findings,
        tuple(LogLine(n, at, e) for n, e in enumerate((screened, ran, other))),
    )
    assert list(case_sealing._runs(held_with)) == [
        Run(
            tool="match.screened",
            terms="about=x; queries=3",
            over="uk@1",
            hits=2,
            at="2026-11-25T12:00:00Z",
            by="o.reed",
        ),
        Run(tool="engine.run", terms="rule=fifo", over="payments", hits=None, at="2026-11-25T12:00:00Z", by="s.hall"),
    ]
    given = case_sealing._disclosure(held, court(held), held_with, case_sealing._numbered(held, held_with), draft=True)
    assert (given.case, given.authority, given.officer, given.findings, len(given.runs), given.draft) == (
        told.case, "UK-NCA", SUPERVISOR, told.findings, 2, True,
    )  # fmt: skip


ROLES: dict[str, frozenset[str]] = {
    "schedule": frozenset({SUPERVISOR}),
    "read": frozenset({SUPERVISOR}),
    "seal": frozenset({SUPERVISOR}),
    "export": frozenset({SUPERVISOR}),
    "receipt": frozenset({WRITER, SUPERVISOR, AUDITOR, GUARDIAN}),
    "take": frozenset({WRITER, SUPERVISOR, AUDITOR, GUARDIAN}),
    "letter": frozenset({SUPERVISOR}),
}


@pytest.mark.parametrize("user", [WRITER, SUPERVISOR, AUDITOR, GUARDIAN])
def test_each_act_is_for_its_own_roles(held: Node, tmp_path: Path, user: str) -> None:
    who, none = court(held, user), tmp_path / "none"
    acts: dict[str, Callable[[], object]] = {
        "schedule": lambda: case_sealing.schedule(held, who, "none", Form.MG6C),
        "read": lambda: case_sealing.schedule_read(held, who, "none", Form.MG6C),
        "seal": lambda: case_sealing.seal(held, who, "none", none),
        "export": lambda: case_sealing.export(held, who, "none", none, read_view("court")),
        "receipt": lambda: case_sealing.receipt(held, who, none),
        "take": lambda: case_sealing.take_receipt(held, who, none, none),
        "letter": lambda: case_letters.request(held, who, "none", "rs", ["RS/1"]),
    }
    since, said = size_of(held), {}
    for name, act in acts.items():
        try:
            act()
        except HeadwaterError as error:
            said[name] = error.what
    assert {name: what.startswith("rule role") for name, what in said.items()} == {
        name: user not in users for name, users in ROLES.items()
    }
    assert lines(held, since) == []


def test_a_letter_is_kept_numbered_and_in_the_ledger_with_how_many_items(held: Node) -> None:
    since = size_of(held)
    first = case_letters.request(held, court(held), URN, "rs", ["rs / 1"])
    second = case_letters.request(held, court(held), URN, "RS-MOI", ["RS/1"])
    basis = "European Convention on Mutual Assistance in Criminal Matters 1959 and protocols"
    one = Letter(ref=f"LOR-{URN}-1", to="rs", items=("RS/1",), basis=basis, confirmed=False, language="sr")
    two = Letter(ref=f"LOR-{URN}-2", to="RS-MOI", items=("RS/1",), basis=basis, confirmed=False, language="sr")
    assert (first.letter, second.letter) == (one, two)
    assert case_letters.letters_of(held, URN) == (one, two)
    assert case_letters.letters_of(held, "none") == ()
    assert lines(held, since) == [
        ("case.requested", SUPERVISOR, URN, "court", {"to": to, "letter": f"LOR-{URN}-{number}", "items": 1})
        for number, to in ((1, "rs"), (2, "RS-MOI"))
    ]
    for written in (first, second):
        assert written.letter.ref in words(written.pdf)
        assert "UNCONFIRMED" in words(written.pdf)


@pytest.mark.parametrize(
    ("to", "items", "error", "code"),
    [
        ("xk", ["RS/1"], NoBasisError, "policy.no-basis"),
        ("rs", [], SchemaError, "input.schema"),
        ("rs", ["JS/1"], SchemaError, "input.schema"),
        ("rs", ["ZZ/9"], SchemaError, "input.schema"),
    ],
)
def test_a_letter_that_is_refused_is_in_the_ledger_and_nowhere_else(
    held: Node, to: str, items: list[str], error: type[HeadwaterError], code: str
) -> None:
    since = size_of(held)
    with pytest.raises(error):
        case_letters.request(held, court(held), URN, to, items)
    assert lines(held, since) == [("case.request-refused", SUPERVISOR, URN, "court", {"to": to, "code": code})]
    assert case_letters.letters_of(held, URN) == ()


def protect(node: Node, folder: Path, name: str) -> None:
    """Somebody of the case becomes protected: in lines that were there before, the name stands as it stood."""
    person = {"id": "P8", "category": "victim", "name": name}
    (folder / "more.json").write_text(json.dumps({"persons": [person]}), encoding="utf-8")
    cases.add(node, court(node, WRITER), URN, folder / "more.json")


def test_neither_letter_nor_paper_names_who_became_protected_after_the_line_was_written(
    node: Node, tmp_path: Path
) -> None:
    def named(case: dict[str, Any]) -> None:
        case["exhibits"][2]["description"] = "Report of Nomena Testović"
        case["material"][0]["description"] = "Account of Nomena Testović"

    cases.take_in(node, court(node, WRITER), write_case(tmp_path / "case", named))
    case_letters.request(node, court(node), URN, "rs", ["RS/1"])
    case_sealing.schedule(node, court(node), URN, Form.MG6C)
    protect(node, tmp_path, "Nomena Testović")
    since = size_of(node)
    with pytest.raises(ForbiddenError, match="a protected person's identity stands in the letter") as letter:
        case_letters.request(node, court(node), URN, "rs", ["RS/1"])
    assert (letter.value.where.file, letter.value.fix) == (URN, "describe it otherwise")
    assert len(case_letters.letters_of(node, URN)) == 1
    for act in (case_sealing.schedule, case_sealing.schedule_read):
        with pytest.raises(ForbiddenError, match="a protected person's identity stands in the paper") as paper:
            act(node, court(node), URN, Form.MG6C)
        assert (paper.value.where.file, paper.value.fix) == ("mg6c", "cover it")
        assert "Testovi" not in str(paper.value)
    assert lines(node, since) == []
    assert "Testovi" not in str(letter.value)


def test_the_time_of_a_seal_is_the_nodes_own(held: Node, clock: FakeClock, tmp_path: Path) -> None:
    clock.move(timedelta(days=2))
    made: Seal = case_sealing.seal(held, court(held), URN, tmp_path / "out", withhold=True)
    told = json.loads((tmp_path / "out" / "seal.json").read_text("utf-8"))["head"]
    assert "2026-11-27" in json.dumps(told)
    assert (told["case"], told["sealed_by"], START.year) == (URN, "UK-NCA", 2026)
    assert made.digest
