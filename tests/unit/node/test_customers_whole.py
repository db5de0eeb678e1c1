"""Stored customers, whole: what is kept, what a run answers, what it remembers and what it leaves in the ledger."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import HeadwaterError, InputError, SettingsError
from headwater.exercise.list_files import list_files
from headwater.model.decision import Verb
from headwater.node import Node, customers, findings, lists, screening
from headwater.testing.fakes import START, FakeClock
from tests.node_world import (
    AUDITOR,
    GUARDIAN,
    SUPERVISOR,
    WRITER,
    as_user,
    designation,
    init,
    node_at,
    read,
    write_list,
)
from tests.wired_world import lines, size_of

MARKO, ANA, IVA = "Marko Izmišljotinović", "Ana Nepostojić", "Iva Nigdović"


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node with two lists: Marko and Ana on the one, Iva on the other."""
    folder = tmp_path_factory.mktemp("listed")
    with node_at(init(folder / "uk"), FakeClock()) as node:
        read(node, "uk", write_list(folder / "1", [MARKO, ANA]))
        [(name, data)] = list_files("un-xml", [designation(1, IVA)], published=date(2026, 11, 24)).items()
        (folder / name).write_bytes(data)
        read(node, "un-xml", folder / name)
    return folder / "uk"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def node(listed: Path, tmp_path: Path, clock: FakeClock) -> Iterator[Node]:
    with node_at(shutil.copytree(listed, tmp_path / "uk"), clock) as opened:
        yield opened


def file_of(folder: Path, *names: str, start: int = 0) -> Path:
    path = folder / f"customers-{start}-{len(names)}.csv"
    rows = "".join(f"c{at},{name},1975-04-02\n" for at, name in enumerate(names, start))
    path.write_text(f"id,name,birth_date\n{rows}", encoding="utf-8")
    return path


def officer(node: Node) -> Any:
    return as_user(node, SUPERVISOR, "sanctions")


def run(node: Node, name: str) -> dict[str, Any]:
    """The whole answer of a run, with its times and memory left out; each hit and claim as its query and entry alone."""
    done, asked = customers.rescreen(node, officer(node), name)
    told = done.document(asked)
    told.pop("cpu_s", None), told.pop("peak_rss_mb", None)
    told["hits"] = [(hit["query"], hit["entry"]) for hit in told["hits"]]
    told["lists"] = [(one["list"], one["entries"]) for one in told.get("lists", ())]
    return told


def test_a_file_is_kept_with_its_rows_and_the_time_and_replaced_as_if_it_were_new(
    node: Node, clock: FakeClock, tmp_path: Path
) -> None:
    since, first, second = (
        size_of(node),
        file_of(tmp_path, MARKO, IVA),
        file_of(tmp_path, ANA, "Tom Dunn", "Prudence Quillfeather"),
    )
    made = customers.keep(node, officer(node), "riders", first)
    clock.move(timedelta(hours=1))
    customers.keep(node, officer(node), "drivers", second)
    assert (made.name, made.rows, made.kept_at, made.screened) == ("riders", 2, START, {})
    with node.store.snapshot() as snapshot:
        assert bytes(snapshot.blob(made.blob) or b"") == first.read_bytes()
    held = customers.every(node, as_user(node, WRITER, "sanctions"))
    assert customers.listing(held) == [
        {"name": "drivers", "rows": 3, "kept_at": "2026-11-25T09:30:00+00:00", "screened": {}},
        {"name": "riders", "rows": 2, "kept_at": "2026-11-25T08:30:00+00:00", "screened": {}},
    ]
    run(node, "riders")
    with node.store.snapshot() as snapshot:
        digests = {one.source: one.digest for one in lists.editions(snapshot)}
    assert len(digests) == 2
    [_, riders] = customers.listing(customers.every(node, officer(node)))
    assert riders == {"name": "riders", "rows": 2, "kept_at": "2026-11-25T08:30:00+00:00", "screened": digests}
    again = customers.keep(node, officer(node), "riders", second)
    assert (again.rows, again.screened, again.kept_at) == (3, {}, START + timedelta(hours=1))
    assert run(node, "riders")["looked_at"] == 3
    kept = [line for line in lines(node, since) if line[0] == "customers.kept"]
    assert kept == [
        ("customers.kept", SUPERVISOR, name, "sanctions", {"rows": rows})
        for name, rows in (("riders", 2), ("drivers", 3), ("riders", 3))
    ]


def test_the_first_run_is_whole_the_next_looks_at_nothing_and_then_at_what_changed(node: Node, tmp_path: Path) -> None:
    customers.keep(node, officer(node), "riders", file_of(tmp_path, MARKO, IVA, "Prudence Quillfeather"))
    since = size_of(node)
    both = [("uk", 2), ("un", 1)]
    nothing: dict[str, Any] = {"hits": [], "silenced": [], "changes": [], "removed_findings": [], "lists": []}
    assert run(node, "riders") == {
        "queries": 3, "hits": [("c0", "TEST000001"), ("c1", "9000001")], "silenced": [], "not_screenable": [], "doubts": [],
        "lists": both, "changes": [], "removed_findings": [], "looked_at": 3,
    }  # fmt: skip
    assert run(node, "riders") == {**nothing, "looked_at": 0}
    read(node, "uk", write_list(tmp_path / "2", [MARKO.replace("Marko", "Marko Mirko"), ANA, IVA]))
    told = run(node, "riders")
    [change] = told.pop("changes")
    changes = change.pop("changes")
    assert change == {"list": "uk", "added": ["TEST000003"], "removed": [], "changed": ["TEST000001"]}
    assert changes == {
        "TEST000001": [
            {"property": "lastName", "was": ("Izmišljotinović",), "now": ("Mirko Izmišljotinović",)},
            {"property": "name", "was": (MARKO,), "now": ("Marko Mirko Izmišljotinović",)},
        ]
    }
    assert told == {
        "queries": 3, "hits": [("c0", "TEST000001"), ("c1", "TEST000003")], "silenced": [], "not_screenable": [], "doubts": [],
        "lists": [("uk", 3), ("un", 1)], "removed_findings": [], "looked_at": 3,
    }  # fmt: skip
    noted = [line for line in lines(node, since) if line[0] == "customers.rescreened"]
    with node.store.snapshot() as snapshot:
        names = " ".join(sorted(one.source for one in lists.editions(snapshot)))
    detail = {"rows": 3, "lists": names, "removed": 0}
    assert noted == [("customers.rescreened", SUPERVISOR, "riders", "sanctions", detail)] * 3


def test_what_is_held_on_an_entry_that_is_gone_is_told_of_this_file_alone(node: Node, tmp_path: Path) -> None:
    customers.keep(node, officer(node), "riders", file_of(tmp_path, MARKO))
    customers.keep(node, officer(node), "drivers", file_of(tmp_path, MARKO, start=7))
    run(node, "riders"), run(node, "drivers")
    held = {one.finding.subjects[0]: one.finding for one in findings.every(node, officer(node))}
    findings.decide(node, officer(node), held["query:c7"].id, Verb.UNSURE, "not known")
    read(node, "uk", write_list(tmp_path / "2", [ANA], start=2))
    for name, query, state in (("riders", "query:c0", "open"), ("drivers", "query:c7", "unsure")):
        told = run(node, name)
        assert told == {
            "hits": [], "silenced": [], "lists": [], "looked_at": 0,
            "changes": [{"list": "uk", "added": [], "removed": ["TEST000001"], "changed": [], "changes": {}}],
            "removed_findings": [
                {"finding": held[query].id, "state": state, "subjects": [query, "uk:TEST000001"], "text": held[query].text}
            ],
        }  # fmt: skip
        assert run(node, name)["removed_findings"] == []
    removed = [line[4]["removed"] for line in lines(node) if line[0] == "customers.rescreened"]
    assert removed == [0, 0, 1, 0, 1, 0]


def test_a_list_that_the_node_has_no_more_is_still_remembered_as_screened(node: Node, tmp_path: Path) -> None:
    customers.keep(node, officer(node), "riders", file_of(tmp_path, MARKO))
    run(node, "riders")
    with node.store.snapshot() as snapshot:
        file = customers._file(snapshot, "riders")
        only = {one.source: one.digest for one in lists.editions(snapshot)[:1]}
    customers._remember(node, officer(node), file, only, 3)
    [after] = customers.every(node, officer(node))
    assert after == file
    assert lines(node)[-1] == (
        "customers.rescreened", SUPERVISOR, "riders", "sanctions", {"rows": 1, "lists": next(iter(only)), "removed": 3},
    )  # fmt: skip


@pytest.mark.parametrize(("large", "looked_at"), [(3, 1), (4, 3)])
def test_from_how_many_customers_on_a_file_is_searched_and_not_gone_through(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int, looked_at: int
) -> None:
    monkeypatch.setattr(customers, "REVERSED", large)
    customers.keep(node, officer(node), "riders", file_of(tmp_path, "Tom Dunn", IVA, "Prudence Quillfeather"))
    run(node, "riders")
    read(node, "uk", write_list(tmp_path / "2", [MARKO, ANA, IVA]))
    told = run(node, "riders")
    assert (told["hits"], told["looked_at"], told["queries"]) == ([("c1", "TEST000003")], looked_at, looked_at)


def test_an_edition_is_read_whole_in_its_order_however_many_are_read_at_once(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    with node.store.snapshot() as snapshot:
        [edition] = [one for one in lists.editions(snapshot) if one.entries == 2]
        whole = [record.id for record in customers._edition(snapshot, edition.digest)]
        monkeypatch.setattr(customers, "AT_ONCE", 1)
        assert [record.id for record in customers._edition(snapshot, edition.digest)] == whole
        assert len(whole) == 2
        assert whole == sorted(whole)


@pytest.mark.parametrize("user", [WRITER, SUPERVISOR, AUDITOR, GUARDIAN])
def test_customers_are_for_those_who_may_screen(node: Node, tmp_path: Path, user: str) -> None:
    session = as_user(node, user, "sanctions")
    refused = []
    for act in (
        lambda: customers.keep(node, session, "x", tmp_path / "none.csv"),
        lambda: customers.every(node, session),
        lambda: customers.rescreen(node, session, "x"),
    ):
        try:
            act()
        except HeadwaterError as error:
            refused.append(error.what.startswith("rule role"))
    assert refused == ([False, False] if user in {WRITER, SUPERVISOR, GUARDIAN} else [True, True, True])


def test_a_file_that_is_none_is_not_kept_and_an_unknown_one_says_how_to_store_it(node: Node, tmp_path: Path) -> None:
    since = size_of(node)
    (tmp_path / "bad.csv").write_text("colour\nred\n", encoding="utf-8")
    with pytest.raises(InputError) as wrong:
        customers.keep(node, officer(node), "x", tmp_path / "bad.csv")
    assert wrong.value.where.file == "bad.csv"
    assert customers.every(node, officer(node)) == []
    with pytest.raises(SettingsError, match="no customers are stored under this name") as caught:
        customers.rescreen(node, officer(node), "x")
    assert (caught.value.exit, caught.value.fix) == (78, "store them: headwater customers keep")
    assert lines(node, since) == []


def test_silent_pairs_stay_silent_in_a_run_over_what_changed(node: Node, tmp_path: Path) -> None:
    customers.keep(node, officer(node), "riders", file_of(tmp_path, MARKO))
    run(node, "riders")
    [held] = findings.every(node, officer(node))
    decision = findings.decide(node, officer(node), held.finding.id, Verb.DISMISS, "another man")
    answer = screening.at_node(
        node, officer(node), screening.Asked([{"id": "c0", "name": MARKO, "birth_date": "1975-04-02"}])
    )
    [silent] = [one.document() for one in answer.silenced]
    assert silent == {
        "query": "c0", "list": "uk-csv", "entry": "uk:TEST000001",
        "decision": decision.id, "who": SUPERVISOR, "decided_at": "2026-11-25T08:30:00+00:00", "reason": "another man",
    }  # fmt: skip
