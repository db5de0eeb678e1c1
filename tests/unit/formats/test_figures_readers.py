"""The readers of figures: official shapes come in with their definitions, traps are flagged, bad cells are named."""

from contextlib import suppress
from datetime import date

import pytest

from headwater.errors import FormatError, InputError, LimitError, SchemaError, SettingsError
from headwater.exercise.editions import editions
from headwater.formats.figures import FORMATS, reader
from headwater.formats.safe_csv import csv_bytes
from headwater.formats.sheet_out import Rows, ods_bytes, xlsx_bytes
from headwater.model.period import parse_period
from tests.figures_world import TODAY, read

MADE = editions(1)
HEADER = ["Route", "BorderType", "Nationality", "JAN2024", "FEB2024", "MAR2024"]


def codes(form: str, data: bytes | str, name: str = "file.csv", **given: object) -> list[str]:
    """The warnings about a file."""
    return [one.code for one in read(form, data, name, **given).cautions]


def frontex(*rows: list[object], header: list[object] | None = None, title: bool = True) -> bytes:
    """A route file with some rows."""
    top: list[list[object]] = [["Monthly detections"]] if title else []
    lines: Rows = [*top, header or [*HEADER], *rows]  # type: ignore[list-item]
    return xlsx_bytes([("Detections_of_IBC", lines)])


GOOD = ["Western Balkan Route", "Land", "Examplia", 10, 0, 12]


@pytest.mark.parametrize("one", MADE, ids=lambda one: one.name)
def test_a_clean_edition_is_read_in_silence(one: object) -> None:
    from headwater.exercise.editions import Made

    assert isinstance(one, Made)
    found = read(one.format, one.data, one.name)
    assert found.cautions == ()
    [edition] = found.editions
    if one.format != "csv-wide":
        assert edition.seen_on.isoformat() == one.seen_on
        assert edition.dated
    assert all(what.note for _, what in edition.definitions)


def test_the_same_seed_gives_the_same_editions() -> None:
    assert editions(1) == MADE
    assert editions(2) != MADE


def test_every_format_has_a_reader_of_its_name() -> None:
    assert [reader(name).name for name in FORMATS] == list(FORMATS)
    with pytest.raises(SettingsError):
        reader("pdf")


def test_a_route_keeps_its_dimensions_and_its_file_says_when_it_was_seen() -> None:
    [edition] = read("frontex-ibc", frontex(GOOD), "Monthly_detections_of_IBC_2024_05_07.xlsx").editions
    assert edition.seen_on == date(2024, 5, 7)
    [strand] = edition.strands
    assert strand.series == "frontex-ibc.western-balkan-route"
    assert strand.dimensions == (("border-type", "Land"), ("nationality", "Examplia"))
    assert strand.values == (10, 0, 12)


def test_other_header_words_no_title_and_a_note_in_the_margin_are_read() -> None:
    header: list[object] = [
        "Routes",
        "Type of border",
        "Citizenship",
        "Jan-2024",
        date(2024, 2, 1),
        "2024-03",
        None,
        "Source: us",
    ]
    assert codes("frontex-ibc", frontex(GOOD, header=header, title=False), "IBC_2024_05_07.xlsx") == []


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (["Source: Frontex, May 2024"], "not-a-series"),
        (["Data as of 7 May 2024"], "not-a-series"),
        (["Detections of illegal border-crossing, by route"], "not-a-series"),
        (["Detections of illegal border-crossing", None, None, 0, 0, 0], "not-a-series"),
        (["Total", None, None, 10, 0, 12], "total-inside-dimension"),
        (["Western Balkan Route", "Land", "Total", 10, 0, 12], "total-inside-dimension"),
    ],
)
def test_a_note_or_total_among_the_routes_is_flagged_and_left_out(extra: list[object], code: str) -> None:
    found = read("frontex-ibc", frontex(GOOD, extra), "IBC_2024_05_07.xlsx")
    assert [one.code for one in found.cautions] == [code]
    assert len(found.editions[0].strands) == 1


def wide(*rows: str, header: str = "month,a,b") -> str:
    """A wide file."""
    return "\n".join([header, *rows]) + "\n"


CLEAN = tuple(f"2024-{at:02d},{at},{at * 2}" for at in range(1, 13))


def test_a_clean_wide_file_is_silent() -> None:
    assert codes("csv-wide", wide(*CLEAN), seen_on=date(2025, 1, 20)) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (wide(*CLEAN[:4], *CLEAN[6:]), "period-gap"),
        (wide(*CLEAN[:4], "2024-05,,", *CLEAN[5:]), "period-gap"),
        (wide(*CLEAN, "Source: the office,,"), "not-a-series"),
        (wide(*(f"{row},see note" for row in CLEAN), header="month,a,b,Source: us"), "not-a-series"),
        (wide(*(f"{row},9" for row in CLEAN), header="month,a,b,Total"), "total-inside-dimension"),
        ("Detections by month\n" + wide(*CLEAN), "not-a-series"),
        (wide(*CLEAN, "Total,78,156"), "total-inside-dimension"),
        (wide(*(f"{row}," for row in CLEAN), header="month,a,b,Figures by route"), "not-a-series"),
        (wide(*(f"{row},0" for row in CLEAN), header="month,a,b,Detections of IBC by route"), "not-a-series"),
        (wide(*(f"2024-01-{day:02d},1,2" for day in (7, 14, 21, 27)), header="week_ending,a,b"), "mixed-period"),
        (wide(*(f"2024-01-{day:02d},1,2" for day in (7, 14, 18, 21, 28)), header="week ending,a,b"), "mixed-period"),
    ],
)
def test_a_trap_in_a_wide_file_is_flagged(text: str, code: str) -> None:
    seen = date(2024, 2, 5) if "week" in text else date(2025, 1, 20)
    assert codes("csv-wide", text, seen_on=seen) == [code]


def test_an_old_copy_ends_early_only_against_a_stated_day() -> None:
    assert codes("csv-wide", wide(*CLEAN), seen_on=date(2025, 9, 1)) == ["ends-early"]
    assert codes("csv-wide", wide(*CLEAN)) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (wide(*CLEAN, "2024-03,1,2"), ("2024-03", "repeated", "line 14")),
        (wide("2024-01,many,2"), ("a text where a count must stand; file.csv, line 2, field 'a'",)),
        (wide("2024-01,-3,2"), ("negative", "'-3'")),
        (wide("2024-01,2.5,2"), ("fraction", "'2.5'")),
        (wide('2024-01,"1.234,5",2'), ("decimals", "line 2")),
        (wide('2024-01,"12,5",2'), ("decimal comma",)),
        (wide(*CLEAN, header="2023-12,1,2"), ("header is missing",)),
        (wide("2024-13,1,2"), ("not a period", "'2024-13'", "field 'month'")),
        (wide("2024-01,1,2,3"), ("more cells than the header",)),
        (wide(*CLEAN, header="month,a,a"), ("there twice",)),
        (wide(*(f"{row},7" for row in CLEAN), header="month,a,b,"), ("without a header",)),
        (wide("2024-01,,"), ("no value",)),
        (wide(), ("no row",)),
        ("a;b\n1;2\n", ("semicolons", "commas")),
    ],
)
def test_a_bad_cell_is_named_with_line_column_and_value(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        read("csv-wide", text)
    assert caught.value.exit == 65
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "rows",
    [
        ("9999-12-01..9999-12-31,1,1",),
        ("9999-12-31,1,1",),
        ("9999-11-30,1,1", "9999-12-31,1,1"),
        ("9999-11-01,1,1", "9999-12-01,1,1"),
        ("0001-01-02,1,1", "0001-01-09,1,1"),
        ("0001-01-02..5000-01-01,1,1", "5000-01-02..9998-12-31,1,1"),
    ],
)
def test_days_at_the_end_of_the_calendar_are_refused_or_read(rows: tuple[str, ...]) -> None:
    with suppress(InputError):
        assert read("csv-wide", wide(*rows)).editions


def test_another_encoding_and_a_file_over_the_limits_are_refused() -> None:
    with pytest.raises(FormatError, match="not UTF-8"):
        read("csv-wide", "month,Türkei\n2024-01,1\n".encode("latin-1"))
    with pytest.raises(LimitError):
        read("csv-wide", b"month,a\n" + b"x" * 2_000_000)


@pytest.mark.parametrize("cell", ["1,234", "1234", "1234.0", "1234.00", "1 234"])
def test_thousands_and_whole_decimals_are_counts(cell: str) -> None:
    [edition] = read("csv-wide", f'month,a\n2024-01,"{cell}"\n').editions
    assert edition.strands[0].values == (1234,)


@pytest.mark.parametrize("cell", ["", ":", "z", "x", ".."])
def test_what_is_not_given_is_no_count_and_no_error(cell: str) -> None:
    [edition] = read("csv-wide", f"month,a,b\n2024-01,{cell},1\n").editions
    assert edition.strands[0].values == (None,)


def long(*rows: str) -> str:
    """A long file."""
    return "\n".join(["series,period,value,seen_on", *rows]) + "\n"


def test_rows_of_different_days_make_different_editions() -> None:
    found = read(
        "csv-long", long("uk-returns.voluntary,2024Q1,5,2024-05-30", "uk-returns.voluntary,2024Q1,7,2024-08-22")
    )
    assert [(one.seen_on.isoformat(), one.strands[0].values) for one in found.editions] == [
        ("2024-05-30", (5,)),
        ("2024-08-22", (7,)),
    ]
    assert found.cautions == ()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("frontex-ibc.western-balkan-route", "Western Balkan Route"),
        ("uk-returns.refused-at-port", "Refused at port"),
        ("Western Balkan Route", "Western Balkan Route"),
    ],
)
def test_a_series_called_by_its_name_alone_has_a_title_that_a_person_would_write(name: str, title: str) -> None:
    [edition] = read("csv-long", long(f"{name},2024,5,2025-01-01"), source="frontex-ibc").editions
    assert [what.title for _, what in edition.definitions] == [title]


def test_a_name_without_a_source_gets_the_one_that_was_given() -> None:
    found = read("csv-long", long("Western Balkan Route,2024,5,2025-01-01"), source="Frontex IBC")
    assert found.editions[0].series == ("frontex-ibc.western-balkan-route",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (long("a.b,2024-06,5,2024-06-15"), ("seen_on 2024-06-15", "earlier", "line 2")),
        (long("a.b,2024,5,2025-01-01", "a.b,2024,6,2025-01-01"), ("repeated", "line 3")),
        (long("a.b,2024,x y,2025-01-01"), ("a text where a count must stand; file.csv, line 2, field 'value'",)),
        (long("a.b,2024,5,soon"), ("field 'seen_on'",)),
        ("series,value\na.b,5\n", ("lacks period",)),
        (long(), ("no value",)),
    ],
)
def test_a_bad_long_row_is_named(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        read("csv-long", text)
    for word in words:
        assert word in str(caught.value)


def test_a_note_and_a_total_in_a_long_file_are_flagged() -> None:
    note = long("a.b,2024,5,2025-01-01", "Source: the office,,,")
    assert codes("csv-long", note) == ["not-a-series"]
    assert codes("csv-long", "Returns by year\n" + long("a.b,2024,5,2025-01-01")) == ["not-a-series"]
    assert codes("csv-long", long("a.b,2024,5,2025-01-01", "Returns by year,2024,0,2025-01-01")) == ["not-a-series"]
    assert codes("csv-long", long("a.b,2024,5,2025-01-01", "a.Total,2024,5,2025-01-01")) == ["total-inside-dimension"]
    assert codes("csv-long", long("a.Total,2024,5,2025-01-01")) == []
    split = "series,period,value,seen_on,sex\na.b,2024,5,2025-01-01,Female\na.b,2024,9,2025-01-01,Total\n"
    assert codes("csv-long", split) == ["total-inside-dimension"]


def test_a_file_claims_no_day_before_its_last_period() -> None:
    with pytest.raises(SchemaError, match="earlier than the end"):
        read("frontex-ibc", frontex(GOOD), "IBC_2024_03_07.xlsx")


RETURNS = ["Year", "Quarter", "Nationality", "Return type group", "Return type", "Number of returns"]


def test_returns_come_by_group_and_an_unknown_group_is_refused() -> None:
    row: list[object] = [2024, "2024 Q1", "Examplia", "Voluntary return", "Assisted returns", 5]
    sheet = ods_bytes([("Cover", [["x"]]), ("Data - Ret_D01", [["Ret_D01"], RETURNS, row])])  # type: ignore[list-item]
    [edition] = read("uk-returns", sheet, "returns_2024_05_30.ods").editions
    assert edition.series == ("uk-returns.voluntary",)
    assert edition.periods == (parse_period("2024Q1"),)
    row[3] = "Other"
    with pytest.raises(SchemaError, match="not a group of returns: 'Other'"):
        read("uk-returns", ods_bytes([("Data - Ret_D01", [RETURNS, row])]))  # type: ignore[list-item]


def test_total_rows_of_the_referral_file_are_left_out_and_flagged() -> None:
    rows: list[list[str | float]] = [
        ["Year", "Quarter", "Age at exploitation", "Location of exploitation", "NRM referrals"],
        [2022, "Q1", "Adult", "UK", 5.0],
        [2022, "Q1", "Total", "UK", 5.0],
        [2022, "Total", "Adult", "UK", 5.0],
    ]
    found = read("uk-nrm", csv_bytes(rows))
    assert [one.code for one in found.cautions] == ["total-inside-dimension"]
    assert "and 1 more" in found.cautions[0].where
    assert found.editions[0].strands[0].values == (5,)


def test_days_and_weeks_of_small_boats_are_told_apart() -> None:
    days = "Date,Migrants arrived,Boats arrived\n" + "".join(f"2024-01-{at:02d},{at},1\n" for at in range(1, 11))
    assert str(read("uk-small-boats", days).editions[0].periods[0]) == "2024-01-01"
    weeks = "Week ending,Migrants arrived,Boats arrived\n2024-01-07,9,1\n2024-01-14,8,1\n"
    [edition] = read("uk-small-boats", weeks, seen_on=date(2024, 1, 20)).editions
    assert str(edition.periods[0]) == "2024-01-01..2024-01-07"
    assert edition.series == ("uk-small-boats.boats", "uk-small-boats.people")


@pytest.mark.parametrize("form", ["frontex-ibc", "uk-returns", "uk-small-boats", "uk-nrm"])
def test_another_file_lacks_the_header_and_is_refused(form: str) -> None:
    with pytest.raises(FormatError, match="header is missing"):
        read(form, "name,age\nx,3\n")


def test_today_is_the_day_of_a_file_that_gives_none() -> None:
    [edition] = read("csv-wide", wide(*CLEAN)).editions
    assert (edition.seen_on, edition.dated) == (TODAY, False)


def test_a_month_that_is_missing_and_an_old_copy_are_flagged_in_a_route_file() -> None:
    header: list[object] = ["Route", "BorderType", "Nationality", "JAN2024", "FEB2024", "APR2024"]
    gap = frontex(["Western Balkan Route", "Land", "Examplia", 10, 11, 12], header=header)
    assert codes("frontex-ibc", gap, "Monthly_detections_of_IBC_2024_05_07.xlsx") == ["period-gap"]
    assert codes("frontex-ibc", frontex(GOOD), "Monthly_detections_of_IBC_2026_05_07.xlsx") == ["ends-early"]
