"""Something to see on the pages with pictures: detections with alerts, payments with a lead, ties, figures. All invented."""

import io
import random
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from headwater.engines.watch.tables import COLUMNS
from headwater.formats.entries import sha256_of
from headwater.model.canonical import encode
from headwater.model.fact import Fact
from headwater.model.figures import Definition, Edition, Strand, Unit
from headwater.model.finding import Evidence, EvidenceKind, Finding, Reason, params_text
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, FindingId
from headwater.model.period import Period
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.tables import place_of_table
from headwater.node import Node, findings, runs
from headwater.node.figures import AtNode
from headwater.policy.session import Session
from tests.node_world import LONDON, WRITER, as_user

HANDLING = Handling(codes=frozenset({"P"}))
SECRET = Handling(codes=frozenset({"TLP:RED"}), addressees=frozenset({"somebody.else"}))
CONTEXT = {
    "origin": {"lat": 44.0, "lon": 19.0},
    "start": "2026-03-01T22:00:00Z",
    "border_y": 80.0,
    "rescue_points": [{"name": "invented station", "x": 0.0, "y": 0.0, "ready_min": 5.0}],
}
SERIES = "made-up.crossings"


def parsed(text: str | bytes) -> ET.Element:
    """A document that we made ourselves, read by another reader."""
    return ET.fromstring(text)  # noqa: S314 - made by the product under test


def parquet(columns: dict[str, list[Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def add_records(node: Node, *records: Record) -> None:
    node.store.write(lambda transaction: [transaction.add_record(record) for record in records])


def finding(kind: str, subjects: tuple[str, ...], evidence: tuple[Evidence, ...], **more: Any) -> Finding:
    told: dict[str, Any] = {
        "score": 0.9, "text": f"An invented {kind}.", "reasons": (Reason("made.up", 1.0, "It was made up."),), "engine": "watch",
        "engine_version": "1", "params": params_text({"kind": "craft-in-danger", "t_s": 60.0}), "handling": HANDLING,
    }  # fmt: skip
    return Finding(kind=kind, subjects=subjects, evidence=evidence, **{**told, **more})


def watch(
    node: Node, kinds: list[str], *, lane: str = "rescue", place: tuple[float, float] = (0.0, 0.0),
    handling: Handling = HANDLING, session: Session | None = None,
) -> FindingId:  # fmt: skip
    """Keep detections of some kinds, a minute apart, and an alert that rests on all of them."""
    count = len(kinds)
    values: list[list[Any]] = [
        list(range(count)), [60.0 * number for number in range(count)], ["radar"] * count,
        [place[0] + 10.0 * number for number in range(count)], [place[1]] * count, [20.0] * count, kinds, [""] * count,
        [0.9] * count, [""] * count,
    ]  # fmt: skip
    table = node.store.put_table(parquet(dict(zip(COLUMNS, values, strict=True))))
    add_records(
        node, Record(origin=Origin(LONDON, "detections"), handling=handling, mentions=(), facts=(), tables=(table,))
    )
    rows = tuple(Evidence(EvidenceKind.TABLE_ROW, f"{table}#{row}") for row in range(count))
    made = finding(f"watch.{lane}", (f"track:{table[:12]}:1",), rows, handling=handling)
    noted = runs.Noted("watch", "1", params_text({"context": CONTEXT, "weights": {}, "tables": [table]}))
    findings.keep(node, session or as_user(node), [made], noted)
    return made.id


PAYMENTS = [
    # payer, payee, minor units, from, to
    ("PAYER-ONE", "HUB", 10_000, "FR", "GB"),
    ("PAYER-TWO", "HUB", 20_000, "FR", "GB"),
    ("PAYER-TWO", "HUB", 5_000, "FR", "GB"),
    ("HUB", "SUPPLIER", 30_000, "GB", "TR"),
]


def payments(node: Node) -> FindingId:
    """Keep four payments and a lead about the account in their middle."""
    count = len(PAYMENTS)
    start = datetime(2026, 1, 30, 12, tzinfo=UTC)
    payer, payee, amount, left, right = (list(column) for column in zip(*PAYMENTS, strict=True))
    columns: dict[str, list[Any]] = {
        "row": list(range(1, count + 1)), "id": [f"p{number}" for number in range(count)],
        "time_us": [int(start.timestamp() * 1e6) + number * 86_400_000_000 for number in range(count)],
        "sender": payer, "receiver": payee, "amount": amount, "currency": ["EUR"] * count, "channel": ["bank"] * count,
        "from_country": left, "to_country": right, "text": [""] * count,
    }  # fmt: skip
    table = node.store.put_table(parquet(columns))
    origin = Origin(LONDON, "payments", place=place_of_table("payments"))
    add_records(node, Record(origin=origin, handling=HANDLING, mentions=(), facts=(), tables=(table,)))
    rows = tuple(Evidence(EvidenceKind.TABLE_ROW, f"{table}#{row}") for row in range(1, count + 1))
    made = finding("trace.gather-scatter", ("HUB", "SUPPLIER"), rows, engine="trace")
    findings.keep(node, as_user(node), [made])
    return made.id


def _key(text: str) -> EntityKey:
    return EntityKey(text)


def ties(node: Node) -> FindingId:
    """Keep a person who owns a company that owns a lorry, a text that names two of them, and a finding about two persons."""
    mentions = (
        Mention(_key("p1"), "Person", PersonCategory.SUSPECT), Mention(_key("c1"), "Company"), Mention(_key("v1"), "Vehicle"),
        Mention(_key("o1"), "Ownership"), Mention(_key("o2"), "Ownership"), Mention(_key("n1"), "Note"),
    )  # fmt: skip
    facts = (
        Fact(_key("p1"), "name", "Izmišljena Osoba"), Fact(_key("c1"), "name", "NEPOSTOJEĆA DOO"),
        Fact(_key("v1"), "registrationNumber", "ZZ00EXR"), Fact(_key("o1"), "owner", "p1"), Fact(_key("o1"), "asset", "c1"),
        Fact(_key("o1"), "percentage", "51"), Fact(_key("o2"), "owner", "c1"), Fact(_key("o2"), "asset", "v1"),
        Fact(_key("n1"), "description", "Invented."), Fact(_key("n1"), "entity", "p1"), Fact(_key("n1"), "entity", "v1"),
    )  # fmt: skip
    report = Record(origin=Origin(LONDON, "report"), handling=HANDLING, mentions=mentions, facts=facts)
    twin = Record(
        origin=Origin(LONDON, "other"), handling=HANDLING, mentions=(Mention(_key("p2"), "Person", PersonCategory.SUSPECT),),
        facts=(Fact(_key("p2"), "name", "Измишљена Особа"),),
    )  # fmt: skip
    hidden = Record(
        origin=Origin(LONDON, "hidden"), handling=SECRET,
        mentions=(Mention(_key("p1"), "Person", PersonCategory.SUSPECT), Mention(_key("x1"), "Person", PersonCategory.SUSPECT),
                  Mention(_key("a1"), "Associate")),
        facts=(Fact(_key("x1"), "name", "TAJNA"), Fact(_key("a1"), "person", "p1"), Fact(_key("a1"), "associate", "x1")),
    )  # fmt: skip
    add_records(node, report, twin, hidden)
    evidence = (Evidence(EvidenceKind.RECORD, report.id), Evidence(EvidenceKind.RECORD, twin.id))
    made = finding("match.link", (f"{LONDON}/p1", f"{LONDON}/p2"), evidence, engine="link")
    findings.keep(node, as_user(node), [made])
    return made.id


def series(node: Node) -> None:
    """Keep two editions of one series; the second revises the last value of the first and adds one."""
    months = tuple(
        Period(date(2025, month, 1), date(2025, month, 28 if month == 2 else 31 if month % 2 else 30))
        for month in (1, 2, 3)
    )
    kept = AtNode(node, as_user(node, WRITER, "statistics"))
    definition = (SERIES, Definition("Made-up crossings", Unit.DETECTION, "Invented events."))
    for day, values in ((date(2025, 4, 1), (10, 20, None)), (date(2025, 7, 1), (10, 25, 30))):
        data = str(values).encode()
        edition = Edition(
            source="made-up", seen_on=day, dated=True, file="made-up.csv", sha256=sha256_of(data), periods=months,
            strands=(Strand(SERIES, values),), definitions=(definition,),
        )  # fmt: skip
        assert kept.add([edition], data) == 1
        assert encode(edition)


def counted_anew(node: Node) -> str:
    """Keep a series of which a later edition says that it counts something else; return its name."""
    name = "made-up.returns"
    periods = tuple(Period(date(2025, month, 1), date(2025, month, 31)) for month in (1, 3, 5))
    kept = AtNode(node, as_user(node, WRITER, "statistics"))
    for day, values, words in (
        (date(2025, 4, 1), (4, 5, None), "Enforced alone."),
        (date(2025, 7, 1), (9, 5, 8), "Enforced and voluntary."),
    ):
        data = f"{name} {values}".encode()
        definition = (name, Definition("Made-up returns", Unit.DETECTION, words))
        edition = Edition(
            source="made-up", seen_on=day, dated=True, file="returns.csv", sha256=sha256_of(data), periods=periods,
            strands=(Strand(name, values),), definitions=(definition,),
        )  # fmt: skip
        assert kept.add([edition], data) == 1
    return name


def case_folder(node: Node, folder: Path) -> str:
    """Take in a case and return its number."""
    from headwater.node import cases
    from tests.case_world import write_case

    return cases.take_in(node, as_user(node, WRITER, "court"), write_case(folder)).matter.urn


def watch_many(node: Node, count: int) -> None:
    """Keep many invented detections over twenty days about one river, and an alert that rests on the first of them."""
    draw = random.Random(count)
    kinds = ("boat", "vehicle", "person-group", "unknown")
    values: list[list[Any]] = [
        list(range(count)), [draw.uniform(0, 86_400 * 20) for _ in range(count)], ["radar"] * count,
        [draw.gauss(0, 8_000) for _ in range(count)], [draw.gauss(0, 8_000) for _ in range(count)], [20.0] * count,
        [draw.choice(kinds) for _ in range(count)], [""] * count, [0.9] * count, [""] * count,
    ]  # fmt: skip
    table = node.store.put_table(parquet(dict(zip(COLUMNS, values, strict=True))))
    origin = Origin(LONDON, "detections")
    add_records(node, Record(origin=origin, handling=HANDLING, mentions=(), facts=(), tables=(table,)))
    rows = tuple(Evidence(EvidenceKind.TABLE_ROW, f"{table}#{row}") for row in range(min(count, 20)))
    noted = runs.Noted("watch", "1", params_text({"context": CONTEXT, "weights": {}, "tables": [table]}))
    findings.keep(node, as_user(node), [finding("watch.border", ("track:many",), rows)], noted)


def everything(node: Node, folder: Path) -> dict[str, str]:
    """Keep something for every page to show, and return the address of each by its name."""
    from headwater.formats.scan_write import neutral_tiff
    from headwater.node import protected, safeguarding, screening
    from headwater.node.pages import charts
    from tests.node_world import person, read, write_list, write_report
    from tests.page_world import browser
    from tests.scan_page_world import PERSON, WEAPON, claim, dark, keep, van
    from tests.scan_world import META

    names = ["Marko Izmišljotinović", "Ana Nepostojić"]
    read(node, "uk", write_list(folder / "lists", names))
    queries = [{"id": name, "name": name, "birth_date": "1975-04-02"} for name in names]
    screening.at_node(node, as_user(node, WRITER, "sanctions"), screening.Asked(queries))
    read(node, "report", write_report(folder / "in", person("p-9", names[0])))
    read(
        node,
        "report",
        write_report(folder / "in", person("v-1", f"Iva {names[0].split()[1]}", "victim"), reference="EX/UK/18"),
    )
    watch(node, ["boat", "boat"], lane="border")
    alert = watch(node, ["boat", "person-group"])
    lead, tied = payments(node), ties(node)
    series(node)
    anew = counted_anew(node)
    pass_of = van(node)
    rescue = claim(node, pass_of, "rescue", "person", PERSON)
    claim(node, pass_of, "threat", "weapon", WEAPON)
    doubt = (Reason("made.up", 0.4, "It was made up."), Reason("made.against", -0.9, "More speaks against it."))
    seen = (Evidence(EvidenceKind.RECORD, pass_of.id),)
    findings.keep(
        node, as_user(node), [finding("trace.fan-in", ("vehicle:ZZ00TST",), seen, reasons=doubt, engine="trace")]
    )
    urn = case_folder(node, folder / "case")
    with node.store.snapshot() as snapshot:
        name = protected.of_case(snapshot, urn)["P3"].pseudonym
    task = safeguarding.report(node, as_user(node), name, "strong.violence", "gate", "bruises", woman_officer=True)
    chart = charts.make(node, as_user(node), "p1")
    charts.expand(node, as_user(node), chart, 1, "p1")
    token = browser(node, WRITER).post("/search", {"q": "Izmišljotinović"}).goes_to
    return {
        "start": "/", "queue": "/queue?state=all", "finding": f"/findings/{alert}", "compare": f"/findings/{tied}/compare", "search": token,
        "entity": "/entities/p1", "entity-protected": "/entities/v-1", "entity-map": "/entities/p1?tab=map",
        "entity-timeline": "/entities/p1?tab=timeline", "map": "/map", "alerts": "/alerts",
        "charts": "/charts", "chart": f"/charts/{chart}", "payments": "/payments", "trace": f"/payments/{lead}", "figures": "/figures",
        "series": f"/figures/{SERIES}?ahead=1", "series-anew": f"/figures/{anew}?as_of=2025-05-01", "lists": "/lists", "list": "/lists/uk-csv", "scans": "/scans", "scan": f"/scans/{pass_of.id}",
        "scan-dark": f"/scans/{keep(node, 'dark.tif', neutral_tiff(dark(), replace(META, plate='ZZ01TST'))).id}", "scan-rescue": f"/scans/{pass_of.id}?finding={rescue.id}", "cases": "/cases", "case": f"/cases/{urn}",
        "schedule": f"/cases/{urn}/schedules/mg6d", "timeline": f"/timeline/{urn}", "exchange": "/exchange", "exchange-new": "/exchange/new",
        "protect": "/protect", "task": f"/protect/{task.id}", "audit": "/audit?kind=user.added", "admin": "/admin", "authenticators": "/authenticators", "help": "/help",
    }  # fmt: skip
