"""Editions of lists, whole: which is in force, how old it is, what changed, what a decision silences, what a report to OFSI says."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from headwater.engines.match.delta import Change, Delta
from headwater.engines.match.screening import Hit
from headwater.errors import ForbiddenError, NoBasisError, PeerRefusedError, SchemaError, StoreCorruptError
from headwater.exchange.asking import Reply
from headwater.exercise.list_files import list_files
from headwater.formats.assets_csv import Asset
from headwater.model.decision import Decision, Verb
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, FactId, FindingId
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.node import Node, deltas, findings, judged, list_fetch, lists, ofsi, runs, screening
from headwater.node.list_fetch import fetch
from headwater.node.list_filters import ListFilter
from headwater.node.lists import ListEdition
from headwater.node.loose import ListFile
from headwater.testing.fakes import START, FakeClock
from tests.node_world import AUDITOR, SUPERVISOR, WRITER, as_user, designation, read, write_list
from tests.wired_world import lines, size_of

MARKO, ANA = "Marko Izmišljotinović", "Ana Nepostojić"
NOTHING: Mapping[str, str] = {}
ONE, TWO = BlobHash("1" * 64), BlobHash("2" * 64)


def entry(number: int, version: str | None, handling: Handling = UNRESTRICTED, source: str = "uk-csv") -> Record:
    key = EntityKey(f"uk:TEST{number:06}")
    return Record(
        origin=Origin(AuthorityId("UK-NCA"), source, sha256=ONE, version=version, place=str(number)),
        handling=handling,
        mentions=(Mention(key, "Person", PersonCategory.SUSPECT),),
        facts=(Fact(key, "name", f"Somebody {number}"),),
    )


def edition(version: str | None, read_at: datetime = START) -> ListEdition:
    return ListEdition("uk-csv", "uk.csv", ONE, version, 2, read_at, TWO, UNRESTRICTED)


@pytest.mark.parametrize(
    ("held", "given", "stays"),
    [
        (None, "2026-11-24", False), ("2026-11-24", "2026-11-23", True), ("2026-11-24", "2026-11-24", False),
        ("2026-11-24", "2026-11-25", False), ("2026-11-24", "2026-11-23T23:59:59Z", True), ("2026-11-24T10:00:00", "2026-11-24", False),
        ("2026-11-24", None, False), ("no date", "2026-11-23", False), (None, None, False),
    ],
)  # fmt: skip
def test_the_edition_in_force_is_the_newest_by_its_day_and_of_one_day_the_last_read(
    node: Node, clock: FakeClock, held: str | None, given: str | None, stays: bool
) -> None:
    first = [entry(1, held)]
    codes = Handling(codes=frozenset({"P"})), Handling(codes=frozenset({"TLP:RED"}))
    second = [entry(number, given, handling) for number, handling in enumerate(codes, 2)]
    if held is not None:
        assert node.store.write(lambda tx: lists.keep_edition(tx, "a.csv", TWO, ONE, first)) is None
    clock.move(timedelta(hours=1))
    newer = node.store.write(lambda tx: lists.keep_edition(tx, "b.csv", ONE, TWO, second))
    [found] = lists.listed(node.store)
    if stays:
        assert newer == found == ListEdition("uk-csv", "a.csv", TWO, held, 1, START, ONE, first[0].handling)
    else:
        assert newer is None
        assert found == ListEdition(
            "uk-csv", "b.csv", ONE, given, 2, START + timedelta(hours=1), TWO, codes[0].join(codes[1])
        )


def test_each_list_stands_by_its_name_and_its_identifiers_in_order(node: Node) -> None:
    for source in ("un-xml", "eu-xml", "uk-csv"):
        made = [entry(1, "2026-11-24", source=source)]
        node.store.write(partial(lists.keep_edition, file="f", sha256=ONE, digest=TWO, records=made))
    assert [one.source for one in lists.listed(node.store)] == ["eu-xml", "uk-csv", "un-xml"]
    some = [entry(3, None), entry(1, None), entry(2, None)]
    assert lists.identifiers(some).decode().split("\n") == sorted(one.id for one in some)


def test_only_the_list_whose_file_was_given_is_seen_to_be_current(node: Node, clock: FakeClock) -> None:
    for source, digest in (("uk-csv", ONE), ("un-xml", TWO)):
        made = [entry(1, "2026-11-24", source=source)]
        node.store.write(partial(lists.keep_edition, file="f", sha256=digest, digest=TWO, records=made))
    clock.move(timedelta(hours=1))
    lists.note_fetched(node.store, ONE)
    clock.move(timedelta(hours=2))
    lists.note_fetched(node.store, TWO)
    with node.store.snapshot() as snapshot:
        held = lists.editions(snapshot)
        given = {"uk-csv": START + timedelta(hours=1), "un-xml": START + timedelta(hours=3)}
        assert lists.seen_current(snapshot, held) == given
        corrected = [replace(one, sha256=BlobHash("3" * 64)) for one in held]
        assert lists.seen_current(snapshot, corrected) == {}
        undated = [replace(one, version=None) for one in corrected]
        assert lists.seen_current(snapshot, undated) == {"uk-csv": START, "un-xml": START}


@pytest.mark.parametrize(
    ("version", "seen", "hours"),
    [
        ("2026-11-24", None, 48),
        ("2026-11-24", 5, 7),
        (None, None, 3),
        ("soon", None, 3),
        (None, 2, 10),
        ("2026-11-26", None, 0),
    ],
)
def test_an_edition_is_as_old_as_it_says_unless_its_publisher_gave_it_since(
    version: str | None, seen: int | None, hours: int
) -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    at = {} if seen is None else {"uk-csv": now - timedelta(hours=12) + timedelta(hours=seen)}
    held = edition(version, now - timedelta(hours=3))
    assert lists.age_of(held, at, now) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("purposes", "until", "sees"),
    [(None, None, True), ({"sanctions"}, None, True), ({"oic"}, None, False), (None, 0, True), (None, -1, False)],
)
def test_a_list_is_seen_whole_where_its_join_may_be_seen(
    node: Node, purposes: set[str] | None, until: int | None, sees: bool
) -> None:
    last = None if until is None else START.date() + timedelta(days=until)
    strict = Handling(purposes=frozenset(purposes) if purposes else None, retain_until=last)
    held = [edition(None), replace(edition(None), handling=strict)]
    assert lists.sees_whole(held, as_user(node, WRITER, "sanctions"), START.date()) is sees


def test_a_difference_is_told_by_the_lists_own_numbers_with_what_was_and_what_is(tmp_path: Path) -> None:
    delta = Delta(
        ("uk:TEST000003",), ("uk:TEST000009",),
        {"uk:TEST000001": (Change("name", ("Old",), ("New", "Newer")), Change("alias", (), ("N",)))},
    )  # fmt: skip
    assert deltas.document(delta, "uk") == {
        "list": "uk", "added": ["TEST000003"], "removed": ["TEST000009"], "changed": ["TEST000001"],
        "changes": {
            "TEST000001": [
                {"property": "name", "was": ("Old",), "now": ("New", "Newer")}, {"property": "alias", "was": (), "now": ("N",)}
            ]
        },
    }  # fmt: skip
    old, new = write_list(tmp_path / "1", [MARKO]), write_list(tmp_path / "2", [MARKO, ANA])
    assert deltas.difference(ListFile("uk", str(old)), ListFile("uk", str(new))) == {
        "list": "uk", "added": ["TEST000002"], "removed": [], "changed": [], "changes": {},
    }  # fmt: skip
    [(name, data)] = list_files("un-xml", [designation(1, ANA)], published=date(2026, 11, 24)).items()
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SchemaError) as caught:
        deltas.difference(ListFile("uk", str(old)), ListFile("un", str(tmp_path / name)))
    assert (caught.value.what, caught.value.fix) == ("two different lists, uk and un", "name two editions of one list")
    with pytest.raises(SchemaError) as none:
        deltas.since(ListFile("uk", str(old)), [])
    assert (none.value.what, none.value.where.file, none.value.fix) == (
        "no edition of the uk list to compare with", "--since", "name it with --list",
    )  # fmt: skip


PAIR = ("query:c1", "uk:TEST000001")


def claim(number: int, /, *, pair: tuple[str, ...] = PAIR, query: Mapping[str, str] = NOTHING) -> Finding:
    return Finding(
        kind="match.screening",
        subjects=pair,
        score=0.5,
        text=f"Claim {number}.",
        reasons=(Reason("name", 1.0, "The names are alike."),),
        evidence=(Evidence.record(entry(1, None).id),),
        engine="match",
        engine_version=str(number),
        params=json.dumps({"query": {"name": "A", **query}}),
        handling=UNRESTRICTED,
    )


class Seen:
    """A view of claims and decisions made by hand."""

    def __init__(self, *held: tuple[Finding, tuple[Decision, ...]]) -> None:
        self.held = {finding.id: (finding, made) for finding, made in held}

    def findings(self) -> list[Finding]:
        return [finding for finding, _ in self.held.values()]

    def decisions(self, ref: FindingId) -> tuple[Decision, ...]:
        return self.held[ref][1]

    def record(self, ref: str) -> Record:
        raise ForbiddenError("gone", where=ref)


def made(about: Finding, verb: Verb, hours: int, who: str = SUPERVISOR) -> Decision:
    return Decision(
        verb=verb,
        about=about.id,
        who=who,
        decided_at=START + timedelta(hours=hours),
        basis="sanctions",
        reason=f"at {hours}",
    )


def hit(finding: Finding) -> Hit:
    return Hit(finding, "c1", "uk-csv", finding.subjects[1], ONE, "2026-11-24", "7")


@pytest.mark.parametrize("first", [0, 1])
def test_the_last_decision_about_a_pair_counts_whichever_claim_it_was_made_on(first: int) -> None:
    one, two = claim(1), claim(2)
    early, late = made(one, Verb.CONFIRM, 1, "a"), made(two, Verb.DISMISS, 2, "b")
    held = [(one, (early,)), (two, (late,))]
    found = judged.judge(Seen(*held[:: 1 - 2 * first]), [hit(claim(3))])  # type: ignore[arg-type]
    assert found.hits == ()
    assert [one.document() for one in found.silenced] == [
        {
            "query": "c1", "list": "uk-csv", "entry": "uk:TEST000001", "decision": late.id, "who": "b",
            "decided_at": "2026-11-25T10:30:00+00:00", "reason": "at 2",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("verb", "query", "said"),
    [
        (Verb.DISMISS, {"name": "B"}, "decided before as different by s.hall; since then the query's name was A"),
        (Verb.CONFIRM, {"born": "1975"}, "decided before as the same by s.hall; since then the query's born was not given"),
        (Verb.UNSURE, {"name": "B", "born": "1975"}, "decided before as not sure by s.hall; since then the query's born was not given; the query's name was A"),
        (Verb.CONFIRM, {}, ""), (Verb.UNSURE, {}, ""),
    ],
)  # fmt: skip
def test_a_pair_that_changed_is_open_again_and_says_what_was_decided_and_what_changed(
    verb: Verb, query: dict[str, str], said: str
) -> None:
    before, now = claim(1), claim(2, query=query)
    [shown] = judged.judge(Seen((before, (made(before, verb, 1),))), [hit(now)]).hits  # type: ignore[arg-type]
    reasons = [(one.code, one.weight, one.text) for one in shown.finding.reasons]
    assert reasons == [("name", 1.0, "The names are alike."), *([("decision.reopened", 0.0, said)] if said else [])]
    assert shown.finding.text == ("Claim 2." if not said else f"Claim 2. Open again: {said}.")


def test_an_entry_that_the_decision_was_made_on_and_that_is_gone_opens_the_pair_again() -> None:
    before = replace(claim(1), evidence=(Evidence.record(entry(9, None).id),))
    view = Seen((before, (made(before, Verb.DISMISS, 1),)))
    [shown] = judged.judge(view, [hit(claim(2))]).hits  # type: ignore[arg-type]
    assert shown.finding.text.endswith("since then the entry that it was decided on is no longer kept.")
    other = claim(3, pair=("query:c2", "uk:TEST000001"))
    assert judged.judge(view, [hit(other)]).hits == (hit(other),)  # type: ignore[arg-type]


def test_how_findings_were_made_is_kept_once_and_found_by_each_of_them(node: Node) -> None:
    some, run = (
        [claim(1), claim(2)],
        runs.Noted("match", "7", "{}", Handling(codes=frozenset({"P"})), True, "", "query"),
    )
    node.store.write(lambda tx: runs.note(tx, some, run))
    refs = [entry(2, None).id, entry(1, None).id, entry(3, None).id]
    read_list = runs.listed(node.store, refs)
    assert runs.listed(node.store, refs[::-1]) == read_list
    with node.store.snapshot() as snapshot:
        assert [runs.noted(snapshot, one) for one in some] == [run, run]
        assert runs.noted(snapshot, claim(3)) is None
        assert runs.read_by(snapshot, replace(run, read=read_list)) == frozenset(refs)
        assert bytes(snapshot.blob(read_list) or b"").decode().split("\n") == sorted(refs)
        with pytest.raises(StoreCorruptError, match="the list of what a run read is gone") as caught:
            runs.read_by(snapshot, replace(run, read=TWO))
    assert caught.value.where.file == TWO
    assert run.name != replace(run, secret="").name


def uk_list(entries: int, day: date = date(2026, 11, 24)) -> bytes:
    people = [designation(number, f"Somebody Number{number}") for number in range(entries)]
    [data] = list_files("uk-csv", people, published=day).values()
    return data


def test_a_fetched_list_is_told_whole_and_named_by_one_small_file(tmp_path: Path) -> None:
    asked: list[tuple[str, frozenset[str]]] = []
    answers = [uk_list(10), uk_list(10), uk_list(8), uk_list(6)]

    def get(url: str, hosts: frozenset[str]) -> bytes:
        asked.append((url, hosts))
        return answers[len(asked) - 1]

    told = [fetch("uk", tmp_path, START + timedelta(hours=number), get).document() for number in range(3)]
    sums = [sha256(data).hexdigest() for data in answers]
    for number, (before, changed) in enumerate(((None, True), (10, False), (10, True))):
        file = tmp_path / "uk" / sums[number][:16] / "UK-Sanctions-List.csv"
        assert told[number] == {
            "list": "uk", "format": "uk-csv", "file": str(file), "version": "2026-11-24", "sha256": sums[number],
            "entries": 8 if number == 2 else 10, "entries_before": before, "changed": changed,
        }  # fmt: skip
        assert file.read_bytes() == answers[number]
    note = {
        "format": "uk-csv", "file": f"{sums[2][:16]}/UK-Sanctions-List.csv", "version": "2026-11-24", "entries": 8,
        "sha256": sums[2], "fetched": "2026-11-25T10:30:00Z",
    }  # fmt: skip
    assert list_fetch.current(tmp_path) == {"uk": note}
    with pytest.raises(PeerRefusedError) as caught:
        fetch("uk", tmp_path, START, get)
    assert caught.value.what == "the uk list has shrunk from 8 to 6 entries, by more than 20%"
    assert caught.value.where.file == "https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.csv"
    assert list_fetch.current(tmp_path) == {"uk": note}
    assert set(asked) == {
        (
            "https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.csv",
            frozenset({"sanctionslist.fcdo.gov.uk", "assets.publishing.service.gov.uk"}),
        )
    }
    (tmp_path / "un").mkdir()
    (tmp_path / "un" / "current.json").write_text("[1]", encoding="utf-8")
    assert list(list_fetch.current(tmp_path)) == ["uk"]


@pytest.mark.parametrize(("moves", "status", "what"), [(4, 200, ""), (5, 200, "over 4 redirects"), (0, 404, "the publisher answered 404"), (0, 302, "the publisher answered 302")])  # fmt: skip
def test_a_publishers_own_redirects_are_followed_so_often_and_no_more(
    monkeypatch: pytest.MonkeyPatch, moves: int, status: int, what: str
) -> None:
    asked: list[str] = []

    def ask(_whom: Any, at: Any, _question: Any) -> Reply:
        asked.append(at.path)
        return Reply(301, b"", {"Location": f"/{len(asked)}"}) if len(asked) <= moves else Reply(status, b"list", {})

    monkeypatch.setattr(list_fetch, "ask", ask)
    if not what:
        assert list_fetch.https_get("https://un.invalid/0", frozenset({"un.invalid"})) == b"list"
        assert asked == ["/0", "/1", "/2", "/3", "/4"]
        return
    with pytest.raises(PeerRefusedError) as caught:
        list_fetch.https_get("https://un.invalid/0", frozenset({"un.invalid"}))
    assert caught.value.what == what


@pytest.mark.parametrize(
    ("given", "passes"),
    [
        (ListFilter(), True), (ListFilter(regimes=("PEOPLE",)), True), (ListFilter(regimes=("arms", "people")), True),
        (ListFilter(regimes=("arms",)), False), (ListFilter(measures=("freeze",)), True), (ListFilter(measures=("ban",)), False),
        (ListFilter(regimes=("people",), measures=("ban",)), False), (ListFilter(since="2026-02"), True),
        (ListFilter(since="2026-02-13"), True), (ListFilter(since="2026-02-14"), False), (ListFilter(types=("Person",)), True),
        (ListFilter(types=("ship", "INDIVIDUAL")), True), (ListFilter(types=("ship",)), False), (ListFilter(types=("LegalEntity",)), True),
        (ListFilter(types=("entity",)), False), (ListFilter(types=("Vessel",), regimes=("people",)), False),
    ],
)  # fmt: skip
def test_an_entry_passes_a_filter_by_all_of_it(given: ListFilter, passes: bool) -> None:
    key = EntityKey("uk:1")
    facts = (
        ("program", "People smuggling"),
        ("provisions", "Asset freeze"),
        ("listingDate", "2026-02-13"),
        ("listingDate", "2025"),
    )
    kept = (Mention(EntityKey("uk:P"), "Person", PersonCategory.SUSPECT), Mention(key, "Sanction"))
    record = replace(entry(1, None), mentions=kept, facts=tuple(Fact(key, *one) for one in facts))
    assert given.passes(record) is passes
    assert bool(given) is (given != ListFilter())
    assert given.document() == {
        "regimes": [*given.regimes], "measures": [*given.measures], "types": [*given.types], "listed_since": given.since,
    }  # fmt: skip


ASSETS = [
    Asset("Marko", "funds", "account", "GBP", 120_050, date(2026, 9, 30), None),
    Asset("Marko", "economic resources", "lorry", "EUR", 5, date(2026, 9, 29), date(2026, 2, 1)),
    Asset("Marko", "funds", "cash", "GBP", 50, date(2026, 9, 30), None),
]
TOLD = [
    {
        "holder": "Marko", "nature": nature, "description": what, "currency": currency, "amount_minor": minor, "amount": amount,
        "valued_on": valued, "frozen_on": frozen,
    }
    for nature, what, currency, minor, amount, valued, frozen in (
        ("funds", "account", "GBP", 120_050, "1200.50", "2026-09-30", None),
        ("economic resources", "lorry", "EUR", 5, "0.05", "2026-09-29", "2026-02-01"),
        ("funds", "cash", "GBP", 50, "0.50", "2026-09-30", None),
    )
]  # fmt: skip
BANK = ofsi.Informant("Example Bank", "A. Clerk", "clerk@bank.invalid")
SAID = {"organisation": "Example Bank", "person": "A. Clerk", "contact": "clerk@bank.invalid"}


def test_a_report_to_ofsi_says_who_knows_what_of_whom_since_when(node: Node, clock: FakeClock, tmp_path: Path) -> None:
    session = as_user(node, SUPERVISOR, "sanctions")
    read(node, "uk", write_list(tmp_path, [MARKO]))
    query = {"id": "c1", "name": MARKO, "birth_date": "1975-04-02", "schema": "Person"}
    [found] = screening.at_node(node, session, screening.Asked([query])).result.findings
    clock.move(timedelta(days=1))
    with pytest.raises(NoBasisError, match="no person has confirmed this hit"):
        ofsi.report(node, session, found.id, BANK, ASSETS, None)
    findings.decide(node, session, found.id, Verb.CONFIRM, "same birth date")
    clock.move(timedelta(days=1))
    since = size_of(node)
    draft = ofsi.report(node, session, found.id, BANK, ASSETS, None)
    with node.view(session) as view:
        record, _ = view.fact(FactId(found.evidence[0].ref))
    person = draft.pop("designated_person")
    assert draft == {
        "kind": "ofsi-report",
        "status": "Draft, not sent. A person checks it and sends it to OFSI as soon as practicable.",
        "drafted_at": "2026-11-27T08:30:00Z",
        "informant": SAID,
        "basis": {
            "regime": [fact.value for fact in record.facts if fact.prop == "program"],
            "known_or_suspected_on": "2026-11-26", "confirmed_by": SUPERVISOR, "confirmed_at": "2026-11-26T08:30:00Z",
            "why": "same birth date", "information": [reason.text for reason in found.reasons], "score": found.score,
            "finding": found.id,
        },
        "funds_and_economic_resources": TOLD,
        "totals": {"EUR": "0.05", "GBP": "1201.00"},
        "nothing_held": False,
    }  # fmt: skip
    assert person["entry"] == "uk:TEST000001"
    assert person["list"] == {
        "source": "uk-csv", "version": "2026-11-24", "sha256": record.origin.sha256, "row": record.origin.place,
    }  # fmt: skip
    assert person["identity"] == {"name": [MARKO], "birthDate": ["1975-04-02"], "nationality": ["Serbia"]}
    assert person["measures"] == ["Asset freeze"]
    looked = [line for line in lines(node, since) if line[0] == "ofsi.drafted"]
    assert looked == [("ofsi.drafted", SUPERVISOR, found.id, "sanctions", {"assets": 3})]
    for verb, who in ((Verb.DISMISS, SUPERVISOR), (Verb.CONFIRM, WRITER)):
        findings.decide(node, as_user(node, who, "sanctions"), found.id, verb, "looked again")
    late = ofsi.report(node, session, found.id, BANK, [], None)["basis"]
    assert (late["confirmed_by"], late["confirmed_at"], late["why"], late["known_or_suspected_on"]) == (
        WRITER, "2026-11-27T08:30:00Z", "looked again", "2026-11-27",
    )  # fmt: skip
    early = ofsi.report(node, session, found.id, BANK, [], date(2026, 11, 20))
    assert (early["basis"]["known_or_suspected_on"], early["totals"], early["nothing_held"]) == ("2026-11-20", {}, True)
    with pytest.raises(ForbiddenError, match="rule role"):
        ofsi.report(node, as_user(node, AUDITOR), found.id, BANK, [], None)


def test_the_annual_review_is_told_whole(node: Node) -> None:
    since, session = size_of(node), as_user(node, SUPERVISOR, "sanctions")
    assert ofsi.review(node, session, ASSETS, 2026, BANK) == {
        "kind": "ofsi-annual-review",
        "status": "Draft, not sent. A person checks it and sends it to OFSI as soon as practicable.",
        "informant": SAID, "valued_on": "2026-09-30", "due_by": "2026-11-30", "days_left": 5, "assets": TOLD,
        "totals": {"EUR": "0.05", "GBP": "1201.00"},
        "to_value_again": [{"holder": "Marko", "asset": "lorry", "valued_on": "2026-09-29"}], "nothing_held": False,
    }  # fmt: skip
    assert lines(node, since) == [("ofsi.reviewed", SUPERVISOR, "2026", "sanctions", {"assets": 3})]
    assert ofsi.review(node, session, [], 2025, BANK)["days_left"] == -360
    with pytest.raises(SchemaError, match="no such year") as caught:
        ofsi.review(node, session, [], 0, BANK)
    assert caught.value.where.file == "--year"
    with pytest.raises(ForbiddenError, match="rule role"):
        ofsi.review(node, as_user(node, AUDITOR), [], 2026, BANK)
