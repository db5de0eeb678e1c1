"""The small functions of the doors, each asked alone: what an answer says, in which order, and of whom."""

import json
import threading
from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from headwater.errors import StoreBusyError, StoreIoError
from headwater.node import Node
from headwater.node.pages import filters
from headwater.web import matching, taxii
from headwater.web.fields import Fields
from headwater.web.page import Context
from headwater.web.pages import exchange, figures, queue
from headwater.web.pages import map as map_door
from headwater.web.serving import _Shown
from tests.node_world import as_user
from tests.page_world import Browser, app_of

TOLD: Any = SimpleNamespace


def asked(
    method: str = "GET", query: bytes = b"", body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Request:
    """A request as a server hands it over."""
    given = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": method, "path": "/", "query_string": query, "headers": given}
    return Request(scope, receive)


def test_a_taxii_page_says_which_was_added_first_and_which_last() -> None:
    headers = taxii._page(TOLD(body=b"{}", first="2026-01-01T00:00:00Z", last="2026-01-02T00:00:00Z")).headers
    assert headers["x-taxii-date-added-first"] == "2026-01-01T00:00:00Z"
    assert headers["x-taxii-date-added-last"] == "2026-01-02T00:00:00Z"
    assert "x-taxii-date-added-first" not in taxii._page(TOLD(body=b"{}", first=None, last=None)).headers


@pytest.mark.parametrize("error", [StoreBusyError, StoreIoError])
def test_what_failed_on_our_side_is_told_without_place_and_advice(error: type[StoreBusyError | StoreIoError]) -> None:
    told = taxii._declared(asked(), error("held", where="/a/path/of/ours", fix="do this at the node"))
    assert told.status_code in {503, 507}
    assert json.loads(bytes(told.body))["description"] == "held"


@pytest.mark.parametrize(
    ("header", "pair"),
    [
        ("Basic YTpiOmM=", ("a", "b:c")),
        ("basic YTpi", ("a", "b")),
        ("Bearer YTpi", ("", "")),
        ("Basic !", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_password_may_hold_a_colon(header: str, pair: tuple[str, str]) -> None:
    assert taxii._credentials(asked(headers={"authorization": header})) == pair


async def _reconciled(request: Request) -> dict[str, Any]:
    class Desk:
        def caller(self, _: str) -> str:
            return "somebody"

        def reconcile(self, _: object, queries: Mapping[str, Any]) -> dict[str, Any]:
            return dict(queries)

        def manifest(self, base: str) -> dict[str, Any]:
            return {"base": base}

    return await matching._reconcile(Desk(), request)  # type: ignore[arg-type] # what this door asks of it


def test_of_a_form_and_an_address_that_both_ask_the_form_counts() -> None:
    import asyncio

    request = asked("POST", b"queries=%7B%22a%22%3A1%7D", b"queries=%7B%22b%22%3A2%7D")
    assert asyncio.run(_reconciled(request)) == {"b": 2}
    assert asyncio.run(_reconciled(asked("GET", b"queries=%7B%22a%22%3A1%7D"))) == {"a": 1}


def test_a_forecast_is_handed_out_with_its_widest_interval() -> None:
    ahead = TOLD(id="f", period="2026-01", point=5.0, bounds=((4.0, 6.0), (3.0, 7.0), (1.0, 9.0)))
    value = TOLD(id="v", period="2025-12", values=(None, 4))
    model = TOLD(values=(value,), seen_on=(date(2026, 1, 1), date(2026, 2, 1)), ahead=(ahead,))
    assert [(row["id"], row["seen_on"], row["value"], row["low"], row["high"], row["forecast"]) for row in figures.rows_of(model)] == [
        ("v", "2026-02-01", 4, None, None, False), ("f", "", 5.0, 1.0, 9.0, True),
    ]  # fmt: skip


def test_a_row_of_a_cell_stands_in_the_middle_of_its_ring() -> None:
    cell = TOLD(id="c", ring=((10.0, 40.0), (14.0, 40.0), (12.0, 46.0)), count=1, kinds=(("boat", 1),))
    [row] = map_door.rows_of(TOLD(marks=[], cells=[cell], spots=[]))
    assert (row["lon"], row["lat"]) == (12.0, 42.0)


def test_footnotes_go_along_with_a_picture_and_stand_once_on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[dict[str, Any]] = []

    def region(**given: Any) -> Any:
        drawn.append(given)
        return TOLD(svg=lambda: "<svg/>")

    monkeypatch.setattr(map_door, "RegionMap", region)
    monkeypatch.setattr(map_door, "base_view", lambda _: {"styles": {}, "names": {}})
    monkeypatch.setattr(map_door, "footnotes", lambda _: ["a line that two states draw apart"])
    ctx = TOLD(language=TOLD(gettext=str))
    model = TOLD(since=None, until=None, asked=TOLD(box=(0.0, 0.0, 1.0, 1.0)), cells=[], spots=[], marks=[])
    for line in ("", "P"):
        map_door.drawing(ctx, model, line)
    assert [(one["footnotes"], one["banner"]) for one in drawn] == [
        ((), ""),
        (["a line that two states draw apart"], "P"),
    ]


@pytest.mark.slow
def test_a_twin_moves_nobodys_place_in_the_queue_and_a_page_does(node: Node, analyst: Browser) -> None:
    analyst.get("/queue?order=kind&format=json")
    analyst.get("/queue?order=kind&export=json")
    node.store.write(lambda _: None)  # what was not waited for is written too
    assert dict(filters.kept(node, as_user(node)).last) == {}
    analyst.get("/queue?order=kind")
    node.store.write(lambda _: None)
    assert dict(filters.kept(node, as_user(node)).last) == {"order": "kind"}


def test_a_filter_and_its_query_are_the_same_there_and_back() -> None:
    for query in (
        {},
        {"state": "all"},
        {"state": "confirm", "kind": "watch.rescue", "least": "0.5", "order": "kind", "work": "mine", "page": "3"},
    ):
        assert queue.query_of(queue.filter_of(Fields(list(query.items())))) == query


@pytest.mark.slow
@pytest.mark.parametrize("given", ["", "half", "wrong", None])
def test_a_form_brings_the_whole_token_or_none(node: Node, analyst: Browser, given: str | None) -> None:
    whole = analyst.token()
    token = {"half": whole[: len(whole) // 2], None: whole}.get(given, given)
    assert token is not None
    assert analyst.post("/language", {"language": "en"}, token=token).status == (303 if given is None else 403)


@pytest.mark.slow
def test_a_twin_bears_the_status_of_its_page(node: Node) -> None:
    ctx = Context(
        site=app_of(node).site, page_name="x", method="GET", path="/", params={}, headers={}, language=TOLD(),
        query=Fields([("format", "json")]), form=Fields([]),
    )  # fmt: skip
    answer = ctx.page("no-template", None, twin=[{"id": 1}], next_page="/x?page=2", status=409)
    assert answer.status_code == 409
    assert json.loads(bytes(answer.body)) == {"page": "x", "rows": [{"id": 1}], "next": "/x?page=2"}


@pytest.mark.parametrize(("shown", "sent"), [("d1", 1), ("d0", 0), ("", 0)])
def test_only_what_was_shown_is_sent(shown: str, sent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr("headwater.node.pages.preview.preview", lambda *_: TOLD(digest="d1"))

    def send(*given: Any) -> str:
        made.append(given[-1])
        return "01a2150c-71ae-7357-b248-232d4e0be835"

    def page(_: str, __: object, *, twin: object, status: int) -> int:
        assert twin
        return status

    monkeypatch.setattr("headwater.node.pages.sending.send", send)
    form = Fields([("to", "RS-MOI@A-1"), ("text", "x"), ("key", "k1"), ("shown", shown)])
    ctx = TOLD(
        form=form,
        node=None,
        session=None,
        more={},
        page=page,
        one_use_key=lambda: "new",
        see_other=lambda *_, **__: 303,
    )
    answer: Any = exchange.send(ctx)
    assert answer == (303 if sent else 409)
    assert made == ["k1"] * sent
    assert sent or (ctx.more["key"], ctx.more["changed"]) == ("k1", True)


def test_what_stays_open_is_ended_with_its_node() -> None:
    pulse = TOLD(stopping=threading.Event())
    shown = _Shown(app=TOLD(site=TOLD(pulse=pulse)))
    shown.end()
    assert pulse.stopping.is_set()
    assert shown.over.is_set()
    _Shown().end()  # a node without a page has nothing that stays open
