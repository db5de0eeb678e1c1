"""The annual report counts each event once, with the partner it is about, in the year it happened."""

from datetime import UTC, datetime

from headwater.model.ids import AuthorityId
from headwater.node.reporting import count, markdown
from headwater.ports import Event
from headwater.store import Leaf

ME, RS, XK = AuthorityId("UK-NCA"), AuthorityId("RS-MOI"), AuthorityId("XK-KP")
IN = datetime(2026, 5, 1, tzinfo=UTC)


def leaves(*events: tuple[Event | None, datetime | None]) -> list[Leaf]:
    return [Leaf(index, at, event, b"s" * 16 if event else None, bytes(32)) for index, (event, at) in enumerate(events)]


def event(kind: str, who: str, subject: str, /, **detail: str | int) -> tuple[Event, datetime]:
    return Event(f"exchange.{kind}", who, subject, "oic", detail), IN


def test_each_partner_has_its_own_count() -> None:
    found = count(
        leaves(
            event("sent", "o.reed", "m1", to=RS, kind="spontaneous", facts=3, categories="object=1 suspect=2"),
            event("sent", "o.reed", "m2", to=XK, kind="amend", facts=0),
            event("received", RS, "m3", kind="amend", facts=0),
            event("received", RS, "m4", kind="request", facts=1, categories="suspect=1"),
        ),
        2026,
        ME,
    )["partners"]
    assert (found[RS]["sent"], found[RS]["facts_sent"]) == ({"spontaneous": 1}, 3)
    assert found[RS]["categories_sent"] == {"object": 1, "suspect": 2}
    assert found[RS]["received"] == {"amend": 1, "request": 1}
    assert (found[RS]["recalls_received"], found[XK]["recalls_sent"]) == (1, 1)


def test_refusals_are_told_apart_by_who_refused_and_why() -> None:
    found = count(
        leaves(
            event("sent", "o.reed", "m1", to=RS, kind="spontaneous", facts=1),
            event("refused", RS, "m1", result="refused:agreement-state", sha256="00"),
            event("refused", RS, "m9", code="purpose", seq=4),
            event("refused", "unproved", RS, code="bad-seal", count=7),
            event("not-sent", "o.reed", "m2", to=RS, rule="victim"),
        ),
        2026,
        ME,
    )["partners"]
    assert found[RS]["refused_there"] == {"agreement-state": 1}
    assert found[RS]["refused_here"] == {"bad-seal": 7, "purpose": 1, "victim": 1}
    assert set(found) == {RS}


def test_what_became_of_messages_goes_to_the_partner_they_went_to() -> None:
    found = count(
        leaves(
            event("held", "o.reed", "m1", to=RS, rule="four-eyes"),
            event("redacted", "o.reed", "m1", to=RS, rule="victim", facts="f1 f2"),
            event("sent", "o.reed", "m1", to=RS, kind="alert", facts=1),
            event("receipted", RS, "m1", result="stored"),
            event("sent", "o.reed", "m2", to=XK, kind="alert", facts=1),
            event("dead-letter", ME, "m2", to=XK),
            event("delivered-again", RS, "m1", result="stored"),
            event("alarm", ME, RS, code="trust.rollback"),
            event("cosigned", ME, RS, size=5),
            event("witnessed", RS, ME, size=7),
            event("amended", RS, "m5", action="erase", erased=2),
            event("amend-done", RS, "m6", amend="m1", log_index=4, facts=2),
        ),
        2026,
        ME,
    )["partners"]
    assert (found[RS]["held"], found[RS]["redacted"], found[RS]["receipted"]) == (1, 1, 1)
    assert (found[XK]["expired"], found[RS]["expired"]) == (1, 0)
    assert (found[RS]["delivered_again"], found[RS]["alarms"]) == (1, {"trust.rollback": 1})
    assert (found[RS]["cosigned"], found[RS]["witnessed"]) == (1, 1)
    assert (found[RS]["amended"], found[RS]["recalls_proved"]) == ({"erase": 1}, 1)
    assert set(found) == {RS, XK}


def test_requests_are_told_apart_by_whether_their_deadline_passed() -> None:
    found = count(
        leaves(
            *(event("received", RS, f"m{number}", kind="request", facts=1) for number in range(3)),
            event("sent", "o.reed", "m7", to=RS, kind="request", facts=1),
            event("deadline-alarm", "node", "m1", level=50, way="in", peer=RS),
            event("deadline-alarm", "node", "m1", level=100, way="in", peer=RS),
        ),
        2026,
        ME,
    )["partners"]
    assert found[RS]["deadlines"] == {
        "in, alarm at 100 %": 1,
        "in, alarm at 50 %": 1,
        "in, deadline not passed": 2,
        "out, deadline not passed": 1,
    }


def test_a_year_is_a_year_in_utc_and_its_head_is_that_after_its_last_event() -> None:
    look = Event("look.record", "o.reed", "rec-1", "oic")
    found = count(
        leaves(
            (look, datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
            (look, datetime(2026, 1, 1, tzinfo=UTC)),
            (None, None),
            (look, datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
            (look, datetime(2027, 1, 1, tzinfo=UTC)),
        ),
        2026,
        ME,
    )
    assert (found["looks"], found["events"]) == ({"oic": 2}, {"erased": 1, "look.record": 2})
    assert found["ledger"]["size"] == 4


def test_the_text_says_what_the_document_says() -> None:
    found = count(leaves(event("sent", "o.reed", "m1", to=RS, kind="alert", facts=2)), 2026, ME)
    found["ledger"]["root"] = "ab" * 32
    text = markdown(found)
    assert "# Transparency report of UK-NCA, 2026" in text
    assert "| messages sent: alert | 1 |" in text
    assert "| facts sent | 2 |" in text
