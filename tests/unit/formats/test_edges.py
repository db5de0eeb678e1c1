"""Edges of readers: lines counted through everything, what is doubled, what is beyond, and which of two markings counts."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from typing import Any

import orjson
import pytest

from headwater.errors import FormatError, InputError, LimitError, SchemaError
from headwater.exercise.threats import misp_event
from headwater.formats import safe_xml, table_csv
from headwater.formats.ais import KNOT_MS, PlausibleShips, read_ais_csv, read_nmea
from headwater.formats.assets_csv import read_assets
from headwater.formats.eurosur import EurosurEvent, write_event_draft
from headwater.formats.misp import stix_of
from headwater.formats.points_csv import AGAIN_S, AHEAD_S, Clocks, Doubles, read_points
from headwater.formats.safe_xml import Element, iter_xml
from headwater.formats.stakes_csv import read_stakes
from headwater.formats.stix_marking import is_held
from headwater.formats.table_sources import names
from headwater.model.detections import Detection
from tests.figures_world import read as read_figures
from tests.trace_world import read, refused
from tests.unit.formats.test_iso20022 import STATEMENT
from tests.unit.formats.test_misp import codes, records
from tests.unit.formats.test_table_csv import GOOD, HEAD
from tests.unit.formats.test_un_xml import PERSON, one

FOLDED = 'P2,2025-03-01T10:00:00Z,A,B,5,EUR,bank,DE,BE,"two\nlines"\n'


def row(number: int, **changes: str) -> str:
    told = {
        "id": f"P{number}",
        "time": "2025-03-01T10:00:00Z",
        "from": "A",
        "to": "B",
        "amount": "5",
        "currency": "EUR",
        **changes,
    }
    return ",".join(told[name] for name in ("id", "time", "from", "to", "amount", "currency")) + ",bank,DE,BE,x\n"


def test_rows_and_lines_are_counted_through_blocks_and_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_csv, "BLOCK_BYTES", 400)
    lines = [FOLDED.replace("P2", f"F{at}") if at % 3 == 0 else row(at) for at in range(60)]
    bad = 47
    lines[bad] = row(bad, amount="0")
    rows, errors = read("payments", (HEAD + "".join(lines)).encode())
    assert [one["row"] for one in rows["payments"]] == [at + 1 for at in range(60) if at != bad]
    [error] = errors
    assert error.where.line == 2 + sum(1 + (at % 3 == 0) for at in range(bad))
    assert (error.where.file, error.where.field) == ("given", "amount")
    good, none = read("payments", (HEAD + "".join(row(at) for at in range(60))).encode())
    assert none == []
    assert [one["row"] for one in good["payments"]] == list(range(1, 61))


@pytest.mark.parametrize(
    "head", [HEAD.replace("text", "id"), HEAD.replace("channel", "TEXT"), HEAD.replace("amount", "value")]
)
def test_a_heading_stands_once_and_is_known(head: str) -> None:
    with pytest.raises(SchemaError) as caught:
        refused("payments", (head + GOOD).encode())
    assert caught.value.where.line == 1


@pytest.mark.parametrize(
    ("field", "value"), [("from", "A\0B"), ("currency", "XXQ"), ("currency", "eur"), ("amount", ""), ("to", "")]
)
def test_a_bad_value_among_many_good_ones_is_the_only_one_left_out(field: str, value: str) -> None:
    rows, errors = read("payments", (HEAD + row(1) + row(2, **{field: value}) + row(3)).encode())
    assert [one["id"] for one in rows["payments"]] == ["P1", "P3"]
    assert [(error.where.line, error.where.field) for error in errors] == [(3, field)]


def test_money_of_no_state_is_a_currency_too() -> None:
    rows, errors = read("payments", (HEAD + row(1, currency="BTC") + row(2)).encode())
    assert not errors
    assert [one["currency"] for one in rows["payments"]] == ["BTC", "EUR"]


ASSET = "holder,nature,description,currency,amount,valued_on,frozen_on\n"
FINE = "X,funds,an account,GBP,12.50,2026-09-30,\n"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (",funds,an account,GBP,12.50,2026-09-30,\n", "holder"), ("X,money,an account,GBP,12.50,2026-09-30,\n", "nature"),
        ("X,funds,an account,gbp,12.50,2026-09-30,\n", "currency"), ("X,funds,an account,GBP,1.005,2026-09-30,\n", "amount"),
        ("X,funds,an account,GBP,-1,2026-09-30,\n", "amount"), ("X,funds,an account,GBP,NaN,2026-09-30,\n", "amount"),
        ("X,funds,an account,GBP,1,2026-09-31,\n", "valued_on"), ("X,funds,an account,GBP,1,2026-09-30,never\n", "frozen_on"),
    ],
)  # fmt: skip
def test_an_asset_that_makes_no_sense_is_named_by_file_line_and_field(wrong: str, field: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read_assets((ASSET + FINE + wrong).encode(), file="assets.csv")
    where = caught.value.where
    assert (where.file, where.line, where.field) == ("assets.csv", 3, field)
    assert read_assets((ASSET + FINE).encode())[0].amount_minor == 1_250


STAKE = "owner,owned,percentage,control,source\n"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (",b,51,no,x\n", "owner"), ("a,,51,no,x\n", "owned"), ("a,b,100.1,no,x\n", "percentage"), ("a,b,-1,no,x\n", "percentage"),
        ("a,b,0,no,x\n", "percentage"), ("a,b,,,x\n", "percentage"), ("a,b,nan,no,x\n", "percentage"), ("a,b,51,maybe,x\n", "control"),
    ],
)  # fmt: skip
def test_a_stake_that_makes_no_sense_is_named_by_file_line_and_field(wrong: str, field: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read_stakes((STAKE + "a,b,100 %,yes,x\n".replace(" ", "") + wrong).encode(), file="stakes.csv")
    where = caught.value.where
    assert (where.file, where.line, where.field) == ("stakes.csv", 3, field)


@pytest.mark.parametrize(
    "change",
    [{"sure": "0.7"}, {"band": "1-4"}, {"kind": "vehicle"}, {"x": "11"}, {"sensor": "other"}, {"time": "12"}, {}],
)
def test_a_report_is_a_double_that_says_the_same_in_all_within_ten_seconds(change: dict[str, str]) -> None:
    def told(
        time: str = "1", sensor: str = "radar", x: str = "10", kind: str = "boat", band: str = "5-14", sure: str = "0.8"
    ) -> str:
        return f"{time},{sensor},{x},20,5,{kind},{band},{sure},\n"

    found = read_points(("t_s,sensor,x,y,sigma_m,class,size_band,sure,own\n" + told() + told(**change)).encode())
    assert (len(found.detections), found.doubled) == ((1, 1) if not change else (2, 0))


def test_what_was_seen_longer_ago_than_ten_seconds_is_no_double() -> None:
    for later, double in (
        (0.0, True),
        (AGAIN_S, True),
        (AGAIN_S + 0.1, False),
        (-AGAIN_S, True),
        (-AGAIN_S - 0.1, False),
    ):
        held = Doubles()
        assert not held.is_double(("a",), 100.0)
        assert held.is_double(("a",), 100.0 + later) is double


def test_a_clock_ahead_is_told_and_one_behind_is_not() -> None:
    clocks = Clocks(100.0)
    for name, time_s in (("ahead", 106.0), ("ahead", 109.0), ("just", 100.0 + AHEAD_S), ("behind", 0.0)):
        clocks.hear(name, time_s)
    assert clocks.warnings() == ["clock: sensor 'ahead' is 9 s ahead"]
    silent = Clocks(None)
    silent.hear("ahead", 9e9)
    assert silent.warnings() == []


def nmea(body: bytes, wrong: int = 0) -> bytes:
    return b"!" + body + b"*%02X\n" % (reduce(xor, body) ^ wrong)


REPORT = b"AIVDM,1,1,,B,15M67FC000G?ufbE`FepT@3n00Sa,0"


def test_a_sentence_counts_whose_sum_holds() -> None:
    good, bad, short = read_nmea(nmea(REPORT) + nmea(REPORT, 1) + b"!" + REPORT + b"\n")
    assert (good.error, good.mmsi) == ("", "366053209")
    assert "checksum" in bad.error
    assert "checksum" in short.error
    assert [one.index for one in (good, bad, short)] == [0, 1, 2]


def test_a_message_whose_second_half_never_came_is_told() -> None:
    first = nmea(b"AIVDM,2,1,3,B,55P5TL01VIaAL@7WKO@mBplU@<PDhh000000001S;AJ::4A80?4i@E53,0")
    whole = first + nmea(b"AIVDM,2,2,3,B,1@0000000000000,2")
    assert [one.error for one in read_nmea(whole)] == [""]
    assert ["never came" in one.error for one in read_nmea(nmea(REPORT) + first)] == [False, True]


def test_a_ship_that_does_not_know_where_it_is_has_no_place() -> None:
    from pyais import encode_dict

    lines = encode_dict({"type": 1, "mmsi": "366053209", "lat": 91.0, "lon": 181.0}, talker_id="AI")
    [found] = read_nmea("\n".join(lines).encode())
    assert (found.error, found.lat, found.lon, found.mmsi) == ("", None, None, "366053209")


@pytest.mark.parametrize(("more_m", "leaps"), [(-1.0, False), (1.0, True)])
def test_a_leap_is_more_than_sixty_knots_and_what_a_receiver_errs(more_m: float, leaps: bool) -> None:
    ships = PlausibleShips()
    far = 60.0 * KNOT_MS * 100.0 + 4 * 15.0 + 100.0 + more_m
    told = [Detection(row=at, time_s=100.0 * at, sensor="ais", x=far * at, y=0.0, own="mmsi:1") for at in (0, 1)]
    assert [bool(ships.marked(one).implausible) for one in told] == [False, leaps]


def test_a_time_with_a_zone_is_turned_and_one_without_is_utc() -> None:
    head = b"Time,MMSI,Latitude,Longitude\n"
    found = read_ais_csv(head + b"2026-01-01 00:00:00,1,44,19\n2026-01-01T02:00:30+02:00,1,44.0001,19\n")
    assert found.start == datetime(2026, 1, 1, tzinfo=UTC)
    assert [timedelta(seconds=one.time_s) for one in found.detections] == [timedelta(0), timedelta(seconds=30)]


@pytest.mark.parametrize(
    ("kind", "prop"),
    [
        ("Passport", "passportNumber"),
        ("Passeport", "passportNumber"),
        ("Pasaporte diplomático", "passportNumber"),
        ("National ID", "idNumber"),
    ],
)
def test_a_passport_is_one_in_three_languages(kind: str, prop: str) -> None:
    document = (
        f"<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>{kind}</TYPE_OF_DOCUMENT><NUMBER>ZZ1</NUMBER></INDIVIDUAL_DOCUMENT>"
    )
    assert [fact.prop for fact in one(PERSON.format(document)).facts if fact.value == "ZZ1"] == [prop]


def test_a_row_of_which_any_category_is_a_total_is_left_out_of_sums() -> None:
    text = (
        "series,period,value,seen_on,sex,age\na,2024-01,5,2024-06-01,Total,18-24\na,2024-01,7,2024-06-01,women,18-24\n"
    )
    found = read_figures("csv-long", text)
    [edition] = found.editions
    assert [strand.values for strand in edition.strands] == [(7,)]
    assert [caution.code for caution in found.cautions] == ["total-inside-dimension"]


def with_object(*tags: str, distribution: str = "5") -> dict[str, Any]:
    """The invented event with an object in it that bears a marking of its own, and one attribute in that."""
    event = deepcopy(misp_event())
    inner = {
        "uuid": "5f1c1b60-0000-4000-8000-0000000000aa",
        "type": "domain",
        "value": "nowhere.example",
        "distribution": "5",
    }
    event["Event"]["Tag"] = [{"name": "tlp:green"}]
    event["Event"]["Object"] = [
        {
            "uuid": "5f1c1b60-0000-4000-8000-0000000000bb", "name": "made-up", "distribution": distribution,
            "Tag": [{"name": name} for name in tags], "Attribute": [inner],
        }
    ]  # fmt: skip
    return event


@pytest.mark.parametrize(
    ("tag", "code"), [("tlp:red", "TLP:RED"), ("tlp:amber", "TLP:AMBER"), ("tlp:clear", "TLP:GREEN")]
)
def test_what_lies_in_an_object_is_as_strict_as_the_object_and_the_event(tag: str, code: str) -> None:
    found = {record.origin.place: codes(record) for record in records(with_object(tag))}
    assert found["misp--5f1c1b60-0000-4000-8000-0000000000bb"] == [code]
    assert found["misp--5f1c1b60-0000-4000-8000-0000000000aa"] == [code]


def test_an_indicator_is_as_old_as_its_attribute() -> None:
    attribute = {
        "uuid": "5f1c1b60-0000-4000-8000-0000000000aa",
        "type": "domain",
        "value": "nowhere.example",
        "to_ids": True,
        "timestamp": "1700000000",
    }
    made = stix_of({"misp": "attribute", "event": "e", "Attribute": attribute})
    assert made is not None
    assert {made[name] for name in ("created", "modified", "valid_from")} == {"2023-11-14T22:13:20.000Z"}
    assert "revoked" not in made


@pytest.mark.parametrize(
    "status", ["<Sts><Cd>INFO</Cd></Sts>", "<Sts>INFO</Sts>", "<Sts>PDNG</Sts>", "<Sts><Cd>PDNG</Cd></Sts>"]
)
def test_what_is_not_booked_is_no_payment(status: str) -> None:
    text = STATEMENT.replace("<Sts><Cd>BOOK</Cd></Sts>", status)
    assert [one["id"] for one in read("camt053", text.encode())[0]["payments"]] == ["REF2"]


def test_details_of_one_entry_are_payments_of_their_own() -> None:
    detail = '<TxDtls><AmtDtls><TxAmt><Amt Ccy="JPY">250</Amt></TxAmt></AmtDtls><RltdPties><Cdtr><Nm>{}</Nm></Cdtr></RltdPties></TxDtls>'
    given = "<TxDtls><RltdPties><Cdtr><Nm>Shop (fictional)</Nm></Cdtr></RltdPties></TxDtls>"
    text = STATEMENT.replace(given, detail.format("One (fictional)") + detail.format("Two (fictional)"))
    rows = [one for one in read("camt053", text.encode())[0]["payments"] if one["currency"] == "JPY"]
    assert len({one["id"] for one in rows}) == len(rows) == 2


def elements(text: str, **given: Any) -> list[Element]:
    return list(iter_xml(text.encode(), root="a", entries=frozenset({"b"}), **given))


def test_the_outermost_element_has_exactly_its_name_and_the_first_value_counts() -> None:
    _, entry = elements("<a><b><c>one</c><c>two</c></b></a>")
    assert (entry.value("c"), entry.texts("c"), entry.value("d")) == ("one", ["one", "two"], "")
    for wrong in ("<xa><b/></xa>", "<A/>", "<aa/>"):
        with pytest.raises(FormatError):
            elements(wrong)


@pytest.mark.parametrize(
    "text", ["<!DOCTYPE a><a/>", '<!DOCTYPE a [<!ENTITY e "x">]><a><b>&e;</b></a>', "<a><b>&e;</b></a>"]
)
def test_no_entity_is_ever_expanded_or_passed_over(text: str) -> None:
    with pytest.raises(InputError):
        elements(text)
    stream = safe_xml._Stream("a", frozenset({"b"}), frozenset(), None)
    for handler in ("StartDoctypeDeclHandler", "EntityDeclHandler", "ExternalEntityRefHandler", "SkippedEntityHandler"):
        assert getattr(stream.parser, handler) == stream._forbid, handler


def test_a_text_that_comes_in_pieces_is_measured_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_xml, "MAX_FIELD_BYTES", 1_000)
    piece = "x" * 400 + "<!-- between -->"
    assert elements(f"<a><b>{piece * 2}</b></a>")[1].text == "x" * 800
    with pytest.raises(LimitError):
        elements(f"<a><b>{piece * 3}</b></a>")
    with pytest.raises(LimitError):
        elements(f"<a><b>{'x' * 1_001}</b></a>")


def test_every_bulk_table_names_file_and_first_line_where_its_headings_are_wrong() -> None:
    for name in names():
        with pytest.raises(InputError) as caught:
            refused(name, b"nothing,that,is,known\n1,2,3,4\n")
        assert caught.value.where.file == "given", name


@pytest.mark.parametrize("level", ["4", 4])
def test_a_sharing_group_is_held_for_a_person_as_text_and_as_number(level: object) -> None:
    event = deepcopy(misp_event())
    event["Event"] |= {"distribution": level, "Tag": []}
    assert all(is_held(record.handling) for record in records(event))


def test_a_ship_that_says_the_same_twice_is_taken_once() -> None:
    head, told = b"Time,MMSI,Latitude,Longitude\n", b"2026-01-01 00:00:00,1,44,19\n"
    found = read_ais_csv(head + told + told + b"2026-01-01 00:00:11,1,44,19\n")
    assert (len(found.detections), found.doubled, found.rows) == (2, 1, 3)


def test_a_draft_names_its_sensors_in_one_order() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    drafts = [
        orjson.loads(
            write_event_draft(
                EurosurEvent(
                    identifier="e",
                    rescue=rescue,
                    moment=at,
                    aware=at,
                    lat=44.0,
                    lon=19.0,
                    score=0.9,
                    craft="boat",
                    persons="5-14",
                    sensors=sensors,
                    description="A boat. Seen.",
                )
            )
        )
        for rescue, sensors in ((True, ("b", "a")), (False, ("a", "b")))
    ]
    assert [draft["metadata"]["source"] for draft in drafts] == [["a", "b"]] * 2
    assert [draft["typeOfEvent"]["illegalBorderCrossing"] for draft in drafts] == [None, "attempted"]
