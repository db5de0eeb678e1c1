"""Small promises of the page that no other test looks at: headers, fields, filters, clocks, and what a form really does."""

from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from headwater.errors import ConflictError, HeadwaterError, LimitError, SchemaError, SettingsError, StoreBusyError
from headwater.model.times import parse_instant
from headwater.node import Node
from headwater.node.doors import PageDoor
from headwater.node.pages import auditing
from headwater.node.pages import map as map_page
from headwater.node.pages import payments as payment_page
from headwater.node.pages import timeline as timeline_page
from headwater.web import authz, errors, limits, live, statics
from headwater.web.app import Address, page_app
from headwater.web.collation import sort_key
from headwater.web.fields import Fields
from headwater.web.limits import Limits
from headwater.web.page import Page, plain
from headwater.web.pages import exchange, timeline
from headwater.web.pages import map as map_door
from headwater.web.serving import _page_of
from headwater.web.templating import FOLD_FROM, others, say
from headwater.web.words import language
from tests.node_world import AUDITOR, WRITER, events
from tests.page_world import ORIGIN, Answer, Browser, app_of, browser
from tests.picture_world import case_folder, ties
from tests.picture_world import payments as keep_payments
from tests.unit.web.conftest import URN
from tests.unit.web.test_exhibits import PDF, multipart

pytestmark = pytest.mark.slow


def refusing(node: Node, error: HeadwaterError, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """A reader of a page that is refused in a way of its own."""

    def act(_: Any) -> Any:
        raise error

    table = {**authz.TABLE, ("GET", "/x"): authz.Door.SIGNED_IN, ("POST", "/x"): authz.Door.SIGNED_IN}
    monkeypatch.setattr(authz, "TABLE", table)
    monkeypatch.setattr(authz, "check", lambda _: None)
    shown = [*app_pages(), Page("/x", "x", act), Page("/x", "x", act, "POST")]
    return Browser(app_of(node, shown)).sign_in(WRITER)


def app_pages() -> list[Page]:
    from headwater.web.pages import every_page

    return list(every_page())


def test_a_page_over_tls_asks_for_tls_ever_after_and_no_page_is_kept_by_the_browser(
    node: Node, analyst: Browser
) -> None:
    assert "strict-transport-security" not in analyst.get("/queue").headers
    secure = Browser(page_app(node, Address(host="0.0.0.0", port=443, url="https://localhost:8700")))  # noqa: S104
    answer = secure.get("/sign-in")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    for path in ("/queue", "/queue?format=json", "/queue?export=csv", "/findings/none"):
        assert analyst.get(path).headers["cache-control"] == "no-store", path


@pytest.mark.parametrize("path", ["/queue", "/static/{tree}/vendor/region.json", "/nothing"])
def test_every_answer_bears_every_header_that_shuts_a_door(analyst: Browser, path: str) -> None:
    headers = analyst.get(path.replace("{tree}", statics.tree().name)).headers
    for name in (
        "content-security-policy",
        "permissions-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
    ):
        assert name in headers
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")


def test_a_static_file_lies_under_its_own_trees_name_alone(analyst: Browser) -> None:
    name = statics.tree().name
    good = analyst.get(f"/static/{name}/vendor/region.json", accept_encoding="br;q=1, gzip")
    assert (good.status, good.headers["content-encoding"], good.headers["vary"]) == (200, "br", "Accept-Encoding")
    assert "content-encoding" not in analyst.get(f"/static/{name}/vendor/region.json", accept_encoding="x").headers
    assert analyst.get(f"/static/{'0' * len(name)}/vendor/region.json").status == 404


def test_what_is_busy_says_when_to_come_back_and_what_is_wrong_keeps_what_was_typed(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = refusing(node, StoreBusyError("busy"), monkeypatch).get("/x")
    assert (told.status, told.headers["retry-after"]) == (503, str(errors.RETRY_AFTER_S))
    reader = refusing(node, errors.TooManyError("x"), monkeypatch)
    assert reader.get("/x").headers["retry-after"]
    for error, status, kept in (
        (SchemaError("x"), 400, True),
        (ConflictError("x"), 409, True),
        (LimitError("x"), 413, False),
    ):
        answer = refusing(node, error, monkeypatch).post(
            "/x", {"word": "typed-by-hand", "code": "424242", "passphrase": "hush hush"}
        )
        assert (answer.status, "typed-by-hand" in answer.text) == (status, kept)
        assert "424242" not in answer.text
        assert "hush hush" not in answer.text
        assert answer.headers.get("retry-after") is None


def test_each_session_has_its_own_tries_and_forms_have_fewer_than_looks(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LOOKS", (4, 1e9))
    monkeypatch.setattr(limits, "CHANGES", (2, 1e9))
    app = app_of(node)
    one, other = Browser(app).sign_in(WRITER), Browser(app).sign_in(AUDITOR)
    assert [one.get("/help").status for _ in range(5)] == [200] * 4 + [429]
    assert other.get("/help").status == 200
    assert [one.post("/language", {"language": "en"}).status for _ in range(3)] == [303, 303, 429]


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=b", ""])
def test_a_form_of_another_kind_is_refused_before_anything_is_done(analyst: Browser, kind: str) -> None:
    answer = analyst.post("/language", {"language": "sq"}, content_type=kind)
    assert answer.status == 415
    assert '<html lang="en"' in analyst.get("/help").text


def test_a_look_at_the_store_serves_for_half_a_second_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    ends, at = iter([(1,), (2,), (3,)]), [100.0]
    monkeypatch.setattr("headwater.node.pages.pulse.end", lambda _: next(ends))
    made = live.Pulse(None, lambda: at[0])  # type: ignore[arg-type] # nobody looks into the node
    assert (made.is_stale, made.end) == (True, None)
    assert made.look() == (1,)
    at[0] += 0.49
    assert (made.is_stale, made.look()) == (False, (1,))
    at[0] += 0.01
    assert made.is_stale
    assert made.look() == (2,)


@pytest.mark.parametrize(
    ("given", "asked", "told"),
    [
        ([("a", " x "), ("a", " y ")], lambda fields: fields.texts("a"), ("x", "y")),
        ([("a", "x"), ("a", " y ")], lambda fields: fields.text("a"), "y"),
        ([("n", "7")], lambda fields: fields.whole("n", 1, least=7, most=7), 7),
        ([("n", "1,5")], lambda fields: fields.number("n", 0.0), 1.5),
        ([], lambda fields: fields.choice("c", "d", ("d",)), "d"),
        ([("f", "")], lambda fields: fields.flag("f"), True),
    ],
)
def test_a_field_is_read_as_it_was_meant(given: list[tuple[str, str]], asked: Any, told: object) -> None:
    assert asked(Fields(given)) == told


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("a\0b", lambda fields: fields.text("a")), ("x" * 11, lambda fields: fields.text("a", most=10)),
        ("  ", lambda fields: fields.needed("a")), ("6", lambda fields: fields.whole("a", 1, least=7)),
        ("8", lambda fields: fields.whole("a", 1, most=7)), ("-1", lambda fields: fields.whole("a", 1)),
        ("1234567890", lambda fields: fields.whole("a", 1, most=10**12)), ("\u0663", lambda fields: fields.whole("a", 1)),
        ("inf", lambda fields: fields.number("a", 0.0)), ("-inf", lambda fields: fields.number("a", 0.0)),
        ("nan", lambda fields: fields.number("a", 0.0)), ("x", lambda fields: fields.choice("a", "y", ("y",))),
    ],
)  # fmt: skip
def test_a_field_that_makes_no_sense_is_named(given: str, asked: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        asked(Fields([("a", given)]))
    assert caught.value.where.field == "a"
    assert given.strip() == "" or given not in str(caught.value)


def test_the_report_is_of_the_year_that_was_asked_for(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def told(_: Node, __: Any, year: int) -> str:
        asked.append(year)
        return "a report"

    monkeypatch.setattr(auditing, "year_report", told)
    reader = browser(node, AUDITOR)
    answer = reader.get("/audit/report?year=2024")
    assert "report-2024.md" in answer.headers["content-disposition"]
    assert reader.get("/audit/report").status == 200
    assert asked == [2024, node.clock.now().year]


def test_the_audit_is_narrowed_by_each_of_its_fields_and_older_pages_keep_them(node: Node, analyst: Browser) -> None:
    analyst.get("/queue")
    reader = browser(node, AUDITOR)
    every = reader.get("/audit?format=json").json["rows"]
    kind, who = every[0]["kind"], WRITER
    assert {one["kind"] for one in reader.get(f"/audit?kind={kind}&format=json").json["rows"]} == {kind}
    assert {one["who"] for one in reader.get(f"/audit?who={who}&format=json").json["rows"]} == {who}
    assert reader.get("/audit?subject=nothing-1&format=json").json["rows"] == []
    assert f"?kind={kind}&amp;who={who}&amp;" in reader.get(f"/audit?kind={kind}&who={who}").text


@pytest.mark.parametrize("field", ["other", "file2"])
def test_a_file_comes_in_its_own_field_or_not_at_all(node: Node, builder: Browser, field: str) -> None:
    fields = {
        "form_token": builder.token(), "key": "k", "ref": "PQ/1", "description": "a note", "producer": "W1",
        "captured_at": "2026-11-20T08:00:00Z", "status": "unused", "list": "mg6c",
    }  # fmt: skip
    body, kind = multipart(fields, [("a.pdf", PDF)], field)
    answer = builder.ask("POST", f"/cases/{URN}/exhibits", body, {"origin": ORIGIN, "content_type": kind})
    assert answer.status == 400
    assert not list((node.home / "incoming").rglob("*.pdf"))


def test_a_map_of_a_box_shows_west_south_east_north_in_this_order() -> None:
    assert map_door._box("1,2,3.5,4", "") == (1.0, 2.0, 3.5, 4.0)
    assert map_door._box("", "aegean") == map_door.VIEWS["aegean"][1]
    assert map_door._box("", "") == map_page.WHOLE
    with pytest.raises(SchemaError):
        map_door._box("1,2,3", "")


def made_up_map() -> Any:
    """A map with a cell, a place, a rescue mark with a way and another mark, all invented."""
    ring = ((10.0, 40.0), (12.0, 40.0), (12.0, 42.0), (10.0, 42.0))
    mark = {"kind": "craft", "at": "", "state": "open", "text": "", "score": 0.9, "lon": 11.0, "lat": 41.0}
    return SimpleNamespace(
        cells=[SimpleNamespace(id="c", ring=ring, count=3, kinds=(("boat", 2), ("person", 1)), step=2)],
        spots=[SimpleNamespace(id="s", kind="village", country="RS", lon=20.0, lat=44.0)],
        marks=[
            SimpleNamespace(id="r", lane="rescue", way=((1.0, 2.0), (3.0, 4.0)), **mark),
            SimpleNamespace(id="b", lane="border", way=(), **mark),
        ],
    )


def test_a_map_as_geojson_and_as_rows_tells_the_same_and_draws_rescue_last() -> None:
    told = map_door.geojson(made_up_map())["features"]
    cell = told[0]["geometry"]["coordinates"][0]
    assert cell[0] == cell[-1] == [10.0, 40.0]
    assert [one["properties"]["id"] for one in told] == ["c", "s", "b", "r", "r"]
    assert [one["geometry"]["type"] for one in told] == ["Polygon", "Point", "Point", "LineString", "Point"]
    rows = map_door.rows_of(made_up_map())
    assert [(row["id"], row["layer"], row["lon"], row["lat"]) for row in rows] == [
        ("r", "rescue", 11.0, 41.0), ("b", "alerts", 11.0, 41.0), ("c", "cells", 11.0, 41.0), ("s", "places", 20.0, 44.0),
    ]  # fmt: skip


def test_what_protects_is_handed_out_with_the_leads_and_the_next_page_keeps_the_typology(
    analyst: Browser, monkeypatch: pytest.MonkeyPatch, node: Node
) -> None:
    keep_payments(node)
    whole = payment_page.payments

    def with_one_that_protects(*given: Any) -> Any:
        made = whole(*given)
        return replace(made, leads=(), protecting=tuple(made.leads), has_more=True)

    monkeypatch.setattr(payment_page, "payments", with_one_that_protects)
    assert len(analyst.get("/payments?export=json").json["rows"]) == 1
    told = analyst.get("/payments?typology=gather-scatter&format=json").json
    assert told["next"] == "/payments?typology=gather-scatter&page=2"


@pytest.mark.parametrize(("query", "field"), [("from=p1", "to"), ("to=p1", "from")])
def test_a_path_with_one_end_is_refused_by_the_end_that_lacks(
    node: Node, analyst: Browser, query: str, field: str
) -> None:
    ties(node)
    chart = analyst.post("/charts", {"entity": "p1"}).goes_to
    answer = analyst.get(f"{chart}?{query}&format=json")
    assert (answer.status, answer.json["error"]["where"]) == (400, field)


def test_a_timeline_draws_conflicts_gaps_and_the_lanes_that_were_asked_for(
    node: Node, analyst: Browser, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[dict[str, Any]] = []
    urn = case_folder(node, tmp_path / "case")

    def axis(**given: Any) -> Any:
        drawn.append(given)
        return SimpleNamespace(svg=lambda: "<svg/>")

    monkeypatch.setattr(timeline, "TimeAxis", axis)
    whole = timeline_page.timeline

    def with_gap(*given: Any) -> Any:
        made = whole(*given)
        gap: Any = SimpleNamespace(since="2026-01-01T00:00:00Z", until="2026-02-01T00:00:00Z")
        return replace(made, moments=tuple(replace(one, conflict="x") for one in made.moments), gaps=(gap,))

    monkeypatch.setattr(timeline_page, "timeline", with_gap)
    assert analyst.get(f"/timeline/{urn}?lane=custody&export=svg").status == 200
    assert [lane for lane, _ in drawn[0]["lanes"]] == ["custody"]
    assert drawn[0]["gaps"] == [(parse_instant("2026-01-01T00:00:00Z"), parse_instant("2026-02-01T00:00:00Z"))]
    assert drawn[0]["moments"]
    assert all(one.conflict is True for one in drawn[0]["moments"])


def test_a_hidden_letter_is_shown_wherever_it_stands_in_a_long_text() -> None:
    text = "a" * FOLD_FROM + "\u202e" + "b" * FOLD_FROM
    assert "U+202E" in others(text)
    assert "\u202e" not in others(text)
    assert "U+202E" in others("\u202e" + text)
    assert "<details" not in others("\u202e" + text, fold=False)


def test_words_of_a_message_and_of_each_fact_in_it_stand_on_what_leaves() -> None:
    facts = (
        SimpleNamespace(marking="OFFICIAL", handling=("P", "X")),
        SimpleNamespace(marking="", handling=("P", "TLP:RED")),
    )
    model: Any = SimpleNamespace(classification="OFFICIAL-SENSITIVE", facts=facts)
    assert exchange.marks_of(model) == "OFFICIAL-SENSITIVE OFFICIAL P X TLP:RED"


@pytest.mark.parametrize(
    ("host", "door", "url", "fits"),
    [
        ("0.0.0.0", PageDoor(), "https://page.example", False), ("0.0.0.0", PageDoor(behind_proxy=True), "", False),  # noqa: S104
        ("10.0.0.1", PageDoor(), "", False), ("127.0.0.1", PageDoor(), "", True),
        ("0.0.0.0", PageDoor(behind_proxy=True), "https://page.example", True),  # noqa: S104
    ],
)  # fmt: skip
def test_the_page_is_reached_from_elsewhere_over_tls_alone(
    host: str, door: PageDoor, url: str, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BoundError(Exception):
        pass

    def bound(*_: object) -> Any:
        raise BoundError

    monkeypatch.setattr("headwater.web.serving._bound", bound)
    node: Any = SimpleNamespace(settings=SimpleNamespace(page_address=(host, 8700), page_url=url))
    with pytest.raises(BoundError if fits else SettingsError):
        _page_of(node, door)


def test_a_clock_on_a_page_is_that_of_the_nodes_zone() -> None:
    at = parse_instant("2026-07-01T12:00:00Z")
    assert "14:00:00 CEST" in language("en").when(at, "Europe/Belgrade")
    assert isinstance(at, datetime)


def test_names_are_put_in_order_as_their_readers_do() -> None:
    def ordered(tag: str, *names: str) -> list[str]:
        return sorted(names, key=lambda name: sort_key(name, tag))

    assert ordered("sr-Cyrl", "Zora", "Ђорђе", "Дуња", "Љуба", "Лука") == ["Дуња", "Ђорђе", "Лука", "Љуба", "Zora"]
    assert ordered("sr-Latn", "Džoni", "Dule", "Ђорђе", "Đorđe", "Čeda", "Ceca") == [
        "Ceca",
        "Čeda",
        "Dule",
        "Džoni",
        "Đorđe",
        "Ђорђе",
    ]
    assert ordered("sq", "Dhe", "Dz", "E", "Ë", "Çelik", "Cz") == ["Cz", "Çelik", "Dz", "Dhe", "E", "Ë"]
    assert ordered("en", "Ana", "ana", "Anb") == ["ana", "Ana", "Anb"]


def test_an_exports_events_are_of_the_reader_who_took_it(node: Node, analyst: Browser) -> None:
    empty: Answer = analyst.get("/charts?export=csv")
    assert empty.status == 200
    assert [(one.who, one.detail["rows"]) for one in events(node, "page.exported")] == [(WRITER, 0)]
    assert isinstance(Limits(), Limits)


def test_a_read_model_is_told_in_one_order_and_in_whole_days() -> None:
    assert plain({"days": {date(2026, 1, 2), date(2026, 1, 1)}, "names": frozenset("cab")}) == {
        "days": ["2026-01-01", "2026-01-02"],
        "names": ["a", "b", "c"],
    }


def test_a_script_that_is_not_signed_in_is_told_so_and_a_reader_is_led(node: Node) -> None:
    nobody = browser(node)
    assert nobody.get("/queue?format=json").status == 401
    assert nobody.get("/queue", hx_request="true").status == 401
    assert nobody.get("/queue", hx_request="false").status == 303


def test_signing_out_clears_what_the_browser_kept(analyst: Browser) -> None:
    assert analyst.post("/sign-out", {}).headers["clear-site-data"] == '"cache", "storage"'


def test_one_name_comes_so_many_times_and_no_more() -> None:
    assert len(Fields([("a", "x")] * 200).texts("a")) == 200
    with pytest.raises(SchemaError):
        Fields([("a", "x")] * 201).texts("a")


@pytest.mark.parametrize("path", ["/timeline/00EX0000126?lane=custody&lane=nothing", "/findings/fnd-" + "0" * 41])
def test_what_only_begins_well_is_refused(analyst: Browser, path: str) -> None:
    answer = analyst.get(f"{path}{'&' if '?' in path else '?'}format=json")
    assert answer.status in {400, 404}
    assert answer.status == 404 or answer.json["error"]["where"] == "lane"


def test_a_sentence_of_an_engine_is_read_whole_and_a_long_name_in_it_is_not() -> None:
    sentence = "It is harmless where the payers come back every month. " * 8
    assert len(sentence) > FOLD_FROM
    assert "<details" not in say(sentence, language("en"))
    assert "<details" in say("a" * 2_000, language("en"))
