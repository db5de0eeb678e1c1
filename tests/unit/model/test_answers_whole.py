"""What the room answers, whole: to what is good at its last edge, and to what is just beyond it (`answers_whole.json`).

Each row is one call and all that comes of it, also the kind, place and words of a refusal. Why an answer is right is told
by the other tests of this folder.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from math import inf, nan, tau
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from headwater.errors import Place
from headwater.model import canonical, fact, finding, grade, ids, message, money, period, tables, threat, times
from headwater.model.detections import WIDEST, Bearing, Detection, Origin
from headwater.model.figures import Definition, Edition, Strand, Unit, series_name, slug
from headwater.model.handling import Handling
from headwater.model.map_view import LANGUAGES, MapView, read_map_view
from headwater.model.record import Mention, PersonCategory
from headwater.model.record import Origin as Source
from headwater.model.scan import ImageKind, Reading, ReadingKind, ScanFormat, ScanImage, ScanMeta
from headwater.model.serbian import latin
from tests.frozen import hold, told, tried
from tests.unit.model.test_values import decision, record
from tests.unit.model.test_values import finding as finding_of

HELD: Final = Path(__file__).with_name("answers_whole.json")
HASH: Final = ids.BlobHash("ab" * 32)
TOO_LONG: Final = 70


def said(act: Callable[..., Any], *given: Any) -> Any:
    """Return what comes of a call; of a refusal its kind, place and words in one line."""
    found = tried(act, *given)
    if isinstance(found, dict) and "error" in found:
        place = ", ".join(f"{name} {value}" for name, value in found["where"].items())
        return f"{found['error']} ({place}): {found['what']}"
    return found


def called(question: Any) -> str:
    """Return what a question is called in the file: itself, or of a long one the beginning and how long it is."""
    text = str(told(question))
    return text if len(text) <= TOO_LONG else f"{text[:TOO_LONG]}... ({len(text)})"


def asked(act: Callable[..., Any], *questions: Any) -> dict[str, Any]:
    """Return what comes of each question, by the question."""
    found = {called(one): said(act, one) for one in questions}
    assert len(found) == len(questions), "two questions are called the same"
    return found


def changed(make: Callable[..., Any], given: dict[str, Any], **values: tuple[Any, ...]) -> dict[str, Any]:
    """Return what comes of a value that differs in one field: that it exists, or why it does not."""
    found = {}
    for name, some in values.items():
        for number, value in enumerate(some):
            one = said(partial(make, **{**given, name: value}))
            found[f"{name} {number} {called(value)}"] = "exists" if isinstance(one, dict) else one
    return found


def detections() -> dict[str, Any]:
    seen: dict[str, Any] = {"row": 1, "time_s": 1.0, "sensor": "radar", "x": 1.0, "y": 2.0}
    heard: dict[str, Any] = {"row": 1, "time_s": 1.0, "sensor": "ear", "azimuth": 1.0, "sigma": 0.1}
    far = (200_000.0, 200_000.1, -200_000.0, -200_000.1)
    return {
        "seen": changed(
            Detection, seen, time_s=(-1.0, nan, inf), sensor=("", "x"), x=(*far, nan), y=(*far, -inf),
            sigma_m=(0.0, 1e-9, 10_000.0, 10_000.1), sure=(0.0, 1.0, -0.001, 1.001), kind=("boat", "Boat", ""),
            size_band=("1-4", "30+", "31"),
        ),
        "heard": changed(
            Bearing, heard, time_s=(nan,), azimuth=(nan, 2 * tau, 2 * tau + 0.001, -2 * tau, -2 * tau - 0.001),
            sigma=(0.0, 1e-9, WIDEST, WIDEST + 1e-9), range_m=(None, 0.0, 1e-9, 200_000.0, 200_000.1),
            range_sigma_m=(0.0, 1e-9, 10_000.0, 10_000.1),
        ),
        "coarse": {
            f"{kind} {sigma}": Detection(**{**seen, "kind": kind, "sigma_m": sigma}).is_coarse
            for kind in ("person-group", "person-in-water", "boat", "unknown")
            for sigma in (199.9, 200.0, 200.1)
        },
        "origins": asked(
            lambda at: [Origin(*at).scale(), Origin(*at).to_metres(at[1] - 359.5, at[0] + 0.5), Origin(*at).to_degrees(70.0, -50.0)],
            (44.0, 20.0), (0.0, 180.0), (-89.999, -180.0), (60.0, 179.9), (90.0, 0.0), (-90.0, 0.0), (0.0, 180.001), (0.0, -180.001),
        ),
    }  # fmt: skip


def figures() -> dict[str, Any]:
    months = tuple(period.parse_period(text) for text in ("2024-01", "2024-02"))
    what = Definition("Crossings", Unit.DETECTION, "as detected")
    given: dict[str, Any] = {
        "source": "frontex", "seen_on": date(2024, 3, 1), "dated": True, "file": "f.csv", "sha256": HASH, "periods": months,
        "strands": (Strand("frontex.b", (1, None)), Strand("frontex.a", (0, 2)), Strand("frontex.a", (0, 2), (("sex", "any"),))),
        "definitions": (("frontex.b", what), ("frontex.a", what)),
    }  # fmt: skip
    return {
        "editions": changed(
            lambda **fields: len(Edition(**fields).strands), given, periods=(months, months[::-1], months[:1] * 2, months[:1], ()),
            strands=((), (Strand("frontex.c", (1, 2)),), (Strand("frontex.a", (1,)),), (Strand("frontex.a", (1, 2)),) * 2),
            definitions=((("frontex.a", what),) * 2, (("frontex.a", what), ("frontex.b", what), ("frontex.c", what))),
        ),
        "series": Edition(**given).series,
        "strands": asked(
            lambda of: Strand(*of), ("a.b", (None,)), ("a.b", ()), ("a.b", (0, -1)), ("a.b", (2**53 - 1,)), ("a.b", (2**53,)),
            ("A.b", ()), ("a", ()), ("a.-b", ()), ("-a.b", ()), ("0.0", ()), ("a.b.c", ()),
        ),
        "slugs": asked(slug, "Western  Balkan route!", "--x--", "Ž", ""),
        "names": asked(
            partial(series_name, "My Source"), "a.b", "a.B c", "other.Two words", "Two words", "two.", "!", "a. b", "UK.x",
        ),
        "no source": asked(lambda text: series_name("!", text), "a.b", "a.B", "b"),
    }  # fmt: skip


def scans() -> dict[str, Any]:
    given: dict[str, Any] = {
        "channels": ("low", "high"),
        "air": (10.0, 20.0),
        "dark": (1.0, 2.0),
        "mm_x": 5.0,
        "mm_y": 6.0,
    }
    one: dict[str, Any] = {
        "file": "f",
        "sha256": HASH,
        "format": ScanFormat.NEUTRAL,
        "meta": ScanMeta(**given),
        "pixels": np.zeros((2, 3, 4)),
    }
    metas = {kind: ScanMeta(**given, image_kind=kind) for kind in ImageKind}
    return {
        "taken": changed(
            lambda **fields: ScanMeta(**fields).is_dual, given,
            channels=((), ("low",), ("high", "low"), ("low", "low"), ("a", "b"), ("a", "b", "c", "d"), tuple("abcde")),
            air=(None, (10.0,), (10.0, 20.0, 30.0), (0.0, 20.0), (-1.0, 20.0), (10.0, 1e6), (10.0, 1e6 + 1), (nan, 20.0), (2.0, 2.1)),
            dark=((1.0,), (0.0, 0.0), (-0.1, 2.0), (1.0, 20.0), (9.9, 19.9), (1.0, nan), (1.0, 20.1)),
            mm_x=(None, 0.01, 0.009, 1000, 1000.1, nan), mm_y=(None, 0.01, 0.009, 1000, 1000.1),
            dose_usv=(None, 0.0, 0.1, -0.1, nan, inf),
        ),
        "readings": changed(
            Reading, {"kind": ReadingKind.DOG, "alarm": True, "p_d": 0.9, "p_fa": 0.1},
            p_d=(0.0, 0.001, 0.999, 1.0, nan), p_fa=(0.0, 0.001, 0.999, 1.0, nan),
        ),
        "size": [ScanImage(**one).width, ScanImage(**one).height],
        "kinds": {f"{kind} {mark}": ScanImage(**{**one, "meta": meta, "marked": mark}).image_kind for kind, meta in metas.items() for mark in (True, False)},
        "counts": {form: ScanImage(**{**one, "format": form}).is_counts for form in ScanFormat},
    }  # fmt: skip


def periods() -> dict[str, Any]:
    spans = [
        *((date(2024, first, 1), date(2024, last, days)) for first, last, days in (
            (1, 1, 31), (2, 2, 29), (12, 12, 31), (1, 3, 31), (4, 6, 30), (7, 9, 30), (10, 12, 31), (2, 4, 30), (1, 2, 29), (1, 12, 31), (3, 12, 31),
        )),
        *((date(2024, 1, 1), date(2024, 1, 1) + timedelta(days=more)) for more in (0, 5, 6, 7)),
        (date(2023, 1, 1), date(2024, 12, 31)), (date(2023, 2, 1), date(2024, 1, 31)), (date(2024, 1, 2), date(2024, 1, 31)),
        (date(2024, 1, 1), date(2024, 1, 30)), (date(2023, 12, 1), date(2024, 2, 29)), (date(2024, 2, 26), date(2024, 3, 3)),
        (date(2024, 1, 2), date(2024, 1, 1)), (date(9999, 12, 1), date(9999, 12, 30)), (date(9999, 12, 1), date(9999, 12, 31)),
        (date(9999, 11, 1), date(9999, 11, 30)), (date(9999, 12, 31), date(9999, 12, 31)), (date(9999, 12, 30), date(9999, 12, 30)),
    ]  # fmt: skip
    texts = (
        "2024", "1900", "2099", "1899", "2100", "24", "2024 ", " 2024", "2024Q1", "2024-Q2", "2024 q3", "Q4 2024", "Q4-2024", "q12024", "2024Q5", "Q0 2024",
        "2024-01", "202412", "2024M07", "2024-13", "2024-00", "JAN2024", "sept 2024", "Sep-2024", "september 2024", "2024 may", "2024JUN", "mai 2024",
        "2024-02-29", "2023-02-29", "2024-01-31T00:00:00", "2024-01-31T00:00:00.000", "2024-01-31T00:00:01", "31 january 2024", "1st Feb 2024",
        "2nd-mar-2024", "3rd apr 2024", "4th sept 2024", "32 jan 2024", "2024..2025", "2024-01 to 2024-03", "2024-01/2024-03", "2024 .. 2025 .. 2026",
        "2025..2024", "2024Q1..2024-12-31", "Jan  2024", "", "..", "2024..", "9999-12", "0000-01", "1 of may 2024", "2024-1-1", "20240131",
    )  # fmt: skip

    def of_all(ends: tuple[date, date]) -> list[Any]:
        one = period.Period(*ends)
        return [one.kind, str(one), one.words, one.days, said(one.next)]

    return {
        "spans": asked(of_all, *spans),
        "texts": asked(lambda text: str(period.parse_period(text)), *texts),
        "are": {text: period.is_period(text) for text in texts},
        "months": asked(lambda of: period.month_start(*of), (2024, 0), (2024, 1), (2024, 12), (2024, 13), (2024, -11), (0, 12), (9999, 12), (9999, 13)),
        "weeks": asked(period.week_ending, date(2024, 1, 7), date(1, 1, 7), date(1, 1, 6)),
        "days": [period.day_words(date(2024, month, month)) for month in range(1, 13)],
        "month names": [str(period.parse_period(f"{name[:3]} 2024")) for name in period.MONTH_NAMES],
    }  # fmt: skip


def observables() -> dict[str, Any]:
    texts = {
        "account": ("rs35 2600-0560", "AB12", "AB123", "A" * 40, "A" * 41, "AB_123", "ČB123"),
        "address": ("192.0.2.7", "192.0.2[.]7", "255.255.255.255", "256.0.0.1", "1.2.3", "01.2.3.4", "2001:DB8:0:0::1", "::", "x", "1.2.3.4.5"),
        "domain": ("Example.TEST.", "a.b", "a.bc", "-a.example", "a-.example", "a_b.example", "пример.test", "x..example", "ž" * 64 + ".example", "a" * 63 + ".example",
                   "a" * 64 + ".example", "example", "box.FOX", "пример.FOX", "1.2", "a." + "b" * 63, "a." + "b" * 64),
        "email": ("A.B@Example.test", "a[@]b[.]test", "@b.test", "a@", "a b@c.test", "a@b@c.test", "a"),
        "phone": ("+381 60 000-0001", "0038160000001", "(060) 123/456", "123456", "1234567", "001234567", "00123456", "+", "12a4567", "1" * 31, "1" * 32, " 1234567 "),
        "url": ("hXXps://A.test/B", "http://a.test", "http:/a", "://a", "a+b://c", "http:///p", "http://A/B/C", "hxxphxxp://a"),
        "wallet": ("0xABCDEF0123456789", "BC1QABCDEFGHIJ", "tb1QABCDEFGHIJK", "LTC1ABCDEFGHIJ", "1BoatSLRHtKNng", "1BoatSLRHtKN", "A" * 128, "A" * 129, "0XABCDEFABCDEFABCD", "xBC1ABCDEFGHIJK"),
    }  # fmt: skip
    words = (
        "observable:phone=1234567",
        "observable:phone=",
        "observable:face=x",
        "phone=1",
        "observable:phone",
        "observable:url=a=b",
        "xobservable:url=a",
    )
    valid = (
        "indicator:valid 2024-01-01T00:00:00Z/",
        "indicator:valid a/b/c",
        "indicator:valid a",
        "a/b",
        "xindicator:valid a/b",
    )
    return {
        **{kind: asked(partial(threat.observable, kind), *some, "", "  ") for kind, some in texts.items()},
        "longest": [threat.observable("url", "http://a/" + "b" * more) is not None for more in (1991, 1992)],
        "written": [threat.word("url", "x"), threat.valid_word("a", None), threat.valid_word("a", "b")],
        "words": asked(threat.read_word, *words),
        "valid": asked(threat.read_valid, *valid),
    }


def some_grades() -> list[str]:
    """Grades in which every letter and every digit of each scheme stands once."""
    found: dict[str, None] = {}
    for scheme, (letters, digits) in grade.SCHEMES.items():
        first, one = next(iter(letters)), next(iter(digits))
        found |= dict.fromkeys(
            [*(f"{scheme}:{each}/{one}" for each in letters), *(f"{scheme}:{first}/{each}" for each in digits)]
        )
    return [*found]


def numbers() -> dict[str, Any]:
    amounts = (
        "0",
        "0.001",
        "0.01",
        "1.50",
        "1.500",
        "1.505",
        "1.",
        ".5",
        "9" * 19,
        "46116860184273879.03",
        "46116860184273879.04",
        "1" * 20,
        "1." + "0" * 18,
        "1." + "0" * 19,
    )
    return {
        **{f"amounts {unit}": asked(lambda text, unit=unit: money.minor_units(text, unit, where=Place(line=3)), *amounts) for unit in ("EUR", "JPY", "KWD", "ETH", "EUX")},
        "decimals": asked(money.decimals, "EUR", "JPY", "BTC", "eur", ""),
        "told": [money.money_text(*one) for one in ((1, "EUR"), (-1234567, "EUR"), (1234567, "JPY"), (1, "XMR"), (1234, "???"), (0, "EUR"))],
        "grades": [grade.parse_grade(text).meaning for text in ("3x5x2:1/B", "5x5x5:E/5", "4x4:X/4", "6x6:F/6")],
        "translated": {
            f"{given} to {to}": said(lambda text, other: str(grade.translate(grade.parse_grade(text), other).nearest), given, to)
            for given in some_grades()
            for to in grade.SCHEMES
        },
        "note": grade.translate(grade.parse_grade("3x5x2:1/B"), "4x4").note,
        "no grade": asked(grade.parse_grade, "3x5x2:1/F", "3x5x2:4/A", "7x7:A/1", "3x5:1/A", "3x5x2:1/B/"),
        "scores": {f"{digits} {score}": finding.told_score(score, digits) for digits in (1, 3) for score in (0.0, 1e-9, 0.1, 0.05, 0.95, 0.9995, 1.0)},
    }  # fmt: skip


def moments() -> dict[str, Any]:
    at = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
    zone = timezone(timedelta(hours=1))
    return {
        "instants": asked(times.parse_instant, "2026-11-25T08:30:00Z", "2026-11-25T08:30:00+23:59", "2026-11-25T08:30:00+24:00", "0001-01-01T00:00:00+00:01", "x"),
        "days": asked(times.parse_day, "2026-11-25", "2026-11-31", "2026-1125X", "2026x11-25", "2026-11x25", "202611-250"),
        "partial": asked(times.is_partial_date, "2026", "2026-12", "2026-13", "2026-02-29", "0000", "0001", "2026-"),
        "utc": asked(partial(times.require_utc, field="at"), at, at.replace(tzinfo=None), at.astimezone(zone)),
        "written": asked(times.format_instant, at, at.replace(microsecond=1), at.astimezone(zone), at.replace(tzinfo=None)),
    }  # fmt: skip


def maps() -> dict[str, Any]:
    view = read_map_view({
        "boundaries": {"FR-IT": {}, "RS-XK": {"label": {"en": "Line", "sq": "Vija"}}, "IL-PS": {"style": "none", "footnote": {"sq": "*"}}},
        "names": {"XK": {"sq": "Kosova"}, "RS": {"en": "Serbia"}},
    })  # fmt: skip
    lines = ("FR-IT", "RS-XK", "IL-PS", "ES-PT")
    names = {f"name {size}": {"names": {"XK": {"en": "x" * size}}} for size in (400, 401)}
    many: dict[str, Any] = {
        f"{size} names": {"names": {f"X{number}": {} for number in range(size)}} for size in (200, 201)
    }
    odd = {"number": {"names": {"XK": {"en": 1}}}, "lines": {"names": {"XK": {"en": "a\nb"}}}, "no table": {"names": {"XK": "x"}}, "no names": {"names": "x"}, "no lines": {"boundaries": []}, "no line": {"boundaries": {"A-B": "x"}}, "key": {"borders": {}}, "text": "x",
           "tag": {"names": {"XK": {"fr": "x"}}}, "style": {"boundaries": {"A-B": {"style": "wavy"}}}, "field": {"boundaries": {"A-B": {"colour": "x"}}},
           "lines of labels": {"boundaries": {"A-B": {"label": {"en": "\t"}}}}, "nothing": {}}  # fmt: skip
    return {
        "lines": {f"{which} {line} {tag}": [one.boundary(line).style, one.label(line, tag), one.footnote(line, tag)]
                  for which, one in (("plain", MapView()), ("own", view)) for line in lines for tag in sorted(LANGUAGES)},
        "names": {f"{which} {code} {tag}": one.name(code, tag, "given") for which, one in (("plain", MapView()), ("own", view)) for code in ("XK", "RS", "FR") for tag in ("en", "sq")},
        "text": str(view),
        "read": {name: said(lambda one: called(str(read_map_view(one))), one) for name, one in {**names, **many, **odd}.items()},
        "Serbian": [latin(text) for text in ("абвгдђежзијклљмнњопрстћуфхцчџш", "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ", "Љубав ЉУБАВ Љ ЊУ Њу Џеп-ЏЕП", "{љ} %(љ)s %s %љ <љ> (љ) 5 Latin")],
    }  # fmt: skip


def identities() -> dict[str, Any]:
    sig = {"key": HASH, "sig": "ab" * 64}
    word: dict[str, Any] = {
        "about": "amend",
        "origin": "AA",
        "terms": (),
        "facts": (),
        "at": "2026-11-25T00:00:00Z",
        "signed": (),
    }
    agreed: dict[str, Any] = {
        "type": "onward",
        "giver": "AA",
        "receiver": "BB",
        "facts": (),
        "purposes": (),
        "decision": "yes",
    }
    file: dict[str, Any] = {"fact": "f", "name": "n", "size": 1, "sha256": HASH, "key": HASH, "chunks": (HASH,)}
    card = message.CardCopy(payload="", signatures=())
    sent: dict[str, Any] = {"prop": "name", "origin": "AA"}
    named = {"a": "suspect", "b": "object", "c": "object", "d": ""}
    counted = message.Message(
        kind=message.Kind.TI, facts={name: message.MessageFact(**sent, category=what) for name, what in named.items()}
    )
    owned: dict[str, Any] = {"place": "table payments", "version": "table rates"}
    return {
        "signed": changed(message.WordSignature, sig, key=("ab" * 31, "AB" * 32), sig=("ab" * 63, "ab" * 65, "AB" * 64, "ab" * 63 + "ag", "", "0123456789abcdef" * 8)),
        "words": changed(message.Word, word, at=("2026-11-25", "2026-11-25T00:00:00Z"), signed=((), (message.WordSignature(**sig),) * 32, (message.WordSignature(**sig),) * 33)),
        "consents": changed(message.Consent, agreed, until=(None, "2026-02-28", "2026-02-29")),
        "amends": changed(message.Amend, {"action": "erase", "facts": ()}, action=("regrade", "Erase", "")),
        "files": changed(
            message.FileRef, file, size=(1, 0, -1, 2**20, 2**20 + 1), name=(" ", "a/b", "a\0", ".."), sha256=("AB" * 32,), key=("ab" * 31,),
            chunks=((), (HASH,) * 2, ("ab" * 33,)),
        ),
        "facts": changed(message.MessageFact, sent, retain_until=(None, "2026-02-28", "2026-02-29"), origin_key=(None, HASH, "ab")),
        "messages": changed(message.Message, {"kind": message.Kind.CARD}, cards=((card,) * 8, (card,) * 9), expires=(None, "2026-11-25T00:00:00Z", "2026-11-25"))
        | asked(lambda kind: len(message.Message(kind=kind, cards=(card,)).cards), *message.Kind),
        "done": changed(message.Done, {"amend": "m", "holder": "AA-POL", "at": "2026-11-25T00:00:00Z", "log_index": 0, "results": {}}, at=("2026-11-25", "2026-11-25T00:00:00Z")),
        "categories": [message.categories_of(counted), message.categories_of(message.Message(kind=message.Kind.PING))],
        "identifiers": [canonical.content_id("x", {"a": 1}), record().id],
        "decoded": [said(canonical.decode, data, message.Message) for data in (
            b'{"kind":"ti","facts":{"f":{"prop":1,"origin":"AA"}}}', b'{"kind":"ti","more":1}', b'{"kind":1}', b'{"kind":"ti","done":[{"amend":"m"}]}', b"[]", b"{}",
        )],
        "tables": {f"{name} {bool(files)} {changes}": tables.table_of(record(tables=files, origin=Source(ids.AuthorityId("AA-POL"), "s", **changes)))
                   for files in ((HASH,), ()) for name, changes in (("both", owned), ("place", {"place": "table rates"}), ("version", {"place": "m", "version": "table rates"}),
                                                                     ("none", {}), ("other", {"place": "table x"}), ("no word", {"place": "payments"}))},
        "table": [tables.place_of_table("rates"), said(tables.table, "x"), tables.table("rates").column("base").heading, tables.table("rates").column("rate_e9").heading],
    }  # fmt: skip


def refusals() -> dict[str, Any]:
    what: dict[str, Any] = {"mentions": record().mentions, "facts": record().facts}
    empty = frozenset({" "})
    return {
        "handling": changed(Handling, {}, codes=(empty,), markings=(empty, frozenset({"NONE"})), conditions=(empty,)),
        "decisions": changed(decision, {}, about=("", "x"), who=(" ",), basis=("",), reason=("",), decided_at=(datetime(2026, 1, 1),)),  # noqa: DTZ001
        "findings": changed(finding_of, {}, subjects=((),), reasons=((),), evidence=((),), score=(-0.1, 0, 1, 1.1, nan)),
        "reasons": changed(finding.Reason, {"code": "c", "weight": 1.0, "text": "t"}, text=(" ",), weight=(nan, 0, -1)),
        "records": changed(record, what, mentions=((), what["mentions"] * 2, what["mentions"][:1]), recorded_at=(datetime(2026, 1, 1),)),  # noqa: DTZ001
        "mentions": asked(lambda of: Mention(*of), ("x", "Person", None), ("", "Vehicle", None), ("x", "Ship", None), ("x", "Vehicle", PersonCategory.VICTIM)),
        "authorities": asked(ids.authority_id, "AA-P", "AAA-" + "1" * 16, "AAA-" + "1" * 17, "AAAA-P", "A-P", "AA-P-" + "Q" * 16, "AA-P-" + "Q" * 17, "AA-P-", "AA-P-Q-R"),
        "facts": asked(lambda of: [fact.record_of(of), fact.place_of(of)], "rec-1/0", "rec-1/12", "rec-1", "rec-1/", "rec-1/x", "rec-1/-1", "rec-1/\u0663", "rec-1/1/2"),
    }  # fmt: skip


ROOM: Final = {
    one.__name__: one
    for one in (detections, figures, scans, periods, observables, numbers, moments, maps, identities, refusals)
}


@pytest.mark.parametrize("name", ROOM)
def test_what_the_room_answers_is_what_it_answered(name: str) -> None:
    hold(HELD, name, ROOM[name]())
