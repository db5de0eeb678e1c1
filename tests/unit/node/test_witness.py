"""Two real nodes witness each other over HTTP; proofs leave the house and are checked by somebody who has no node."""

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.errors import ConflictError, ForbiddenError, InputError, StoreError
from headwater.exchange.alarms import raise_alarm
from headwater.node import Node, doctor, partners, reporting, witness
from headwater.ports import Event
from tests.node_world import AUDITOR, BELGRADE, LONDON, SUPERVISOR, WRITER, acquaint, as_user, init, live_pair, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("witness")


@pytest.fixture(scope="module")
def synced(folder: Path) -> Iterator[tuple[Node, Node]]:
    with live_pair(folder) as (london, belgrade):
        found = witness.sync(london, as_user(london), BELGRADE, 20.0)
        assert found.done
        assert found.alarms == ()
        yield london, belgrade


@pytest.fixture
def ping(synced: tuple[Node, Node]) -> str:
    return synced[0].exchange.outgoing()[0].id


def cards(folder: Path, *names: str) -> list[Path]:
    return [folder / "papers" / f"{name}.card" for name in names]


def test_a_sync_is_shown_with_the_partner(synced: tuple[Node, Node]) -> None:
    london, _ = synced
    [shown] = partners.every(london, as_user(london))
    assert shown["witness"]["ours"] > 0
    assert shown["witness"]["theirs"] > 0
    assert shown["witness"]["synced_at"]
    assert shown["alarms"] == []


def test_a_sync_that_nobody_answers_waits_in_the_outbox(tmp_path: Path) -> None:
    with Node.open(init(tmp_path / "uk"), {}) as london, Node.open(init(tmp_path / "rs", BELGRADE), {}) as belgrade:
        acquaint(london, belgrade, tmp_path / "papers")
        found = witness.sync(london, as_user(london), BELGRADE, 0.1)
        assert not found.done
        assert [row.state for row in london.exchange.outgoing() if row.kind == "checkpoint"] == ["queued"]


def test_a_proof_holds_for_a_stranger_with_two_cards(synced: tuple[Node, Node], ping: str, folder: Path) -> None:
    out = folder / "ping.tlog-proof"
    made = witness.prove(synced[0], as_user(synced[0], AUDITOR, "audit"), ping, None, out)
    checked = witness.check(out, cards(folder, LONDON, BELGRADE), {})
    document = witness.document(checked)
    assert document == witness.document(made)
    assert document["ok"]
    assert (document["event"]["kind"], document["event"]["subject"]) == ("exchange.sent", ping)
    assert [each["authority"] for each in document["witnesses"]] == [BELGRADE]


def test_a_proof_is_none_without_the_card_of_its_authority(synced: tuple[Node, Node], ping: str, folder: Path) -> None:
    out = folder / "ping.tlog-proof"
    witness.prove(synced[0], as_user(synced[0], AUDITOR, "audit"), ping, None, out)
    assert witness.check(out, cards(folder, BELGRADE), {}).checked.problems == (
        "no card of the log's authority was given",
    )
    assert witness.check(out, [], witness.own_keys(synced[1])).checked.ok


def test_another_event_about_the_message_can_be_proved(synced: tuple[Node, Node], ping: str, folder: Path) -> None:
    session = as_user(synced[0], AUDITOR, "audit")
    shown = witness.prove(synced[0], session, ping, "exchange.receipted", folder / "other.tlog-proof")
    assert witness.document(shown)["event"]["kind"] == "exchange.receipted"


def test_an_event_after_the_last_sync_is_proved_without_a_witness(synced: tuple[Node, Node], folder: Path) -> None:
    london, _ = synced
    london.store.note(Event("look.record", WRITER, "rec-new", "oic"))
    shown = witness.prove(london, as_user(london, AUDITOR, "audit"), "rec-new", None, folder / "new.tlog-proof")
    assert shown.checked.ok
    assert shown.checked.witnesses == ()


def test_what_stands_in_no_event_cannot_be_proved(synced: tuple[Node, Node], folder: Path) -> None:
    with pytest.raises(StoreError, match="no such event"):
        witness.prove(synced[0], as_user(synced[0], AUDITOR, "audit"), "exchange.sent", None, folder / "none")
    assert not (folder / "none").exists()


def test_an_erased_event_cannot_be_proved(synced: tuple[Node, Node], folder: Path) -> None:
    london, _ = synced
    index = london.store.write(lambda tx: tx.note(Event("look.record", WRITER, "rec-erased", "oic")))
    london.store.write(lambda tx: tx.erase_event(index, who="dpo", purpose="erasure"))
    with pytest.raises(StoreError, match="no such event"):
        witness.prove(london, as_user(london, AUDITOR, "audit"), "rec-erased", None, folder / "none")


def test_only_who_may_make_proofs_makes_one(synced: tuple[Node, Node], ping: str, folder: Path) -> None:
    with pytest.raises(ForbiddenError):
        witness.prove(synced[0], as_user(synced[0], "g.keeper", "audit"), ping, None, folder / "none")


def test_who_looked_at_what_is_proved_by_auditors_alone(synced: tuple[Node, Node], ping: str, folder: Path) -> None:
    london, _ = synced
    london.store.note(Event("vault.read", "g.keeper", "Person 0123456789", "victim-protection", {"reason": "a call"}))
    london.store.note(Event("look.message", WRITER, ping, "oic"))
    liaison, auditor = as_user(london, WRITER, "audit"), as_user(london, AUDITOR, "audit")
    for subject, kind in (("Person 0123456789", "vault.read"), ("Person 0123456789", None), (ping, "look.message")):
        with pytest.raises(StoreError, match="no such event"):
            witness.prove(london, liaison, subject, kind, folder / "none")
        assert witness.prove(london, auditor, subject, kind, folder / "looked").checked.ok
    assert witness.prove(london, liaison, ping, None, folder / "sent").checked.ok
    assert not (folder / "none").exists()


@pytest.mark.parametrize("content", [b"", b"c2sp.org/tlog-proof@v1\n", b"\xff" * 40])
def test_a_file_that_is_no_proof_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError):
        witness.check(tmp_path / "file", [], {})
    with pytest.raises(InputError):
        witness.check(tmp_path / "missing", [], {})


def test_the_doctor_and_the_list_show_an_alarm_until_a_person_clears_it(tmp_path: Path) -> None:
    from headwater.errors import RollbackError

    with Node.open(init(tmp_path / "uk"), {}) as london, Node.open(init(tmp_path / "rs", BELGRADE), {}) as belgrade:
        acquaint(london, belgrade, tmp_path / "papers")

        def accuse(about: str) -> None:
            london.store.write(
                lambda tx: raise_alarm(tx, RollbackError, about, "its log is shorter", [b"a", b"b"], seen_by=LONDON)  # type: ignore[arg-type]
            )

        accuse(BELGRADE)
        accuse(LONDON)
        finding = next(each for each in doctor.examine(london) if each.name == "alarms")
        assert not finding.ok
        assert BELGRADE in finding.cause
        [shown] = partners.every(london, as_user(london))
        assert [alarm["code"] for alarm in shown["alarms"]] == ["trust.rollback"]
        assert shown["state"] == "confirmed"
        assert [alarm["about"] for alarm in partners.own_alarms(london)] == [LONDON]
        with pytest.raises(ForbiddenError):
            witness.clear(london, as_user(london, AUDITOR, "operation"), BELGRADE, "no")
        for about in (BELGRADE, LONDON):
            assert witness.clear(london, as_user(london, SUPERVISOR, "operation"), about, "explained") == 1
        with pytest.raises(ConflictError):
            witness.clear(london, as_user(london, SUPERVISOR, "operation"), BELGRADE, "again")
        assert next(each for each in doctor.examine(london) if each.name == "alarms").ok


def test_the_report_counts_the_year_from_the_ledger_and_is_the_same_twice(synced: tuple[Node, Node]) -> None:
    london, _ = synced
    year = london.clock.now().year
    session = as_user(london, AUDITOR, "audit")
    found = reporting.report(london, session, year)
    assert found == reporting.report(london, session, year)
    assert reporting.markdown(found) == reporting.markdown(reporting.report(london, session, year))
    with_belgrade = found["partners"][BELGRADE]
    assert with_belgrade["sent"]["ping"] == 1
    assert with_belgrade["sent"]["checkpoint"] >= 2
    assert with_belgrade["witnessed"] >= 1
    assert with_belgrade["receipted"] == sum(with_belgrade["sent"].values())
    assert set(found["partners"]) == {BELGRADE}
    assert f"## {BELGRADE}" in reporting.markdown(found)


def test_a_year_in_which_nothing_happened_is_empty(synced: tuple[Node, Node]) -> None:
    found = reporting.report(synced[0], as_user(synced[0], AUDITOR, "audit"), 1999)
    assert (found["ledger"]["size"], found["partners"], found["events"]) == (0, {}, {})
    assert base64.b16encode(bytes.fromhex(found["ledger"]["root"]))[:8] == b"E3B0C442"


def test_the_report_is_for_auditors_and_supervisors(synced: tuple[Node, Node]) -> None:
    with pytest.raises(ForbiddenError):
        reporting.report(synced[0], as_user(synced[0], WRITER, "audit"), 2026)


def test_a_served_node_syncs_by_itself(synced: tuple[Node, Node]) -> None:
    london, belgrade = synced
    before = belgrade.exchange.syncing.standing(LONDON).synced_at
    stop = threading.Event()
    thread = threading.Thread(target=belgrade.exchange.syncing.run, args=(stop, 0.1))
    thread.start()
    try:
        until(lambda: belgrade.exchange.syncing.standing(LONDON).synced_at != before)
    finally:
        stop.set()
        thread.join()
    assert london.exchange.syncing.alarms() == belgrade.exchange.syncing.alarms() == []
