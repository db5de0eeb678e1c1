"""Following one payment, features of each payment, and the timeline of a case, at a node or over files."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from headwater.engines.trace.engine import tables_of
from headwater.engines.trace.features import COLUMNS, FeatureSettings, features_of
from headwater.engines.trace.pictures import hub, sankey
from headwater.engines.trace.sheets import Sheets, checked
from headwater.engines.trace.trail import Trail, follow_payment
from headwater.errors import FormatError, Place, SchemaError, SettingsError
from headwater.exchange.keys import Keys
from headwater.formats.safe import parse_json_lines
from headwater.model.canonical import encode
from headwater.model.times import format_instant
from headwater.node.duck import ibis_on_duckdb
from headwater.node.files import bytes_of, write, written_beside
from headwater.node.loose import NOBODY, LooseAudit
from headwater.node.node import Node
from headwater.node.scratch import scratch
from headwater.node.system import SystemClock
from headwater.node.tables import span_of
from headwater.node.trace import PSEUDONYMS
from headwater.node.trace_tables import opened
from headwater.policy.acts import Act, Role
from headwater.policy.session import Session, may
from headwater.policy.view import guard
from headwater.ports import Event, View

MICRO: Final = 1_000_000
AROUND_US: Final = 30 * 86_400 * MICRO
"""How far around the payments a timeline looks."""
MOST_MOMENTS: Final = 50_000


def follow(
    payment: str, *, rule: str, hops: int, files: Sequence[str], user: str, at: tuple[Node, Session] | None = None
) -> Trail:
    """Return where the money of a payment went, in the tables of a node or in files.

    Raises:
        PolicyError: the user may not trace.
        SchemaError: there is no such payment, or several.
    """
    with opened_tables(files, user, at, "trace.followed", payment) as (view, backend, salt):
        return follow_payment(view, payment, rule=rule, hops=hops, salt=salt, backend=backend)


def features(
    settings: FeatureSettings, *, files: Sequence[str], user: str, out: Path, at: tuple[Node, Session] | None = None
) -> int:
    """Write the features of each payment as Parquet and return how many rows there are.

    Raises:
        PolicyError: the user may not trace.
        SettingsError: there is no table of payments.
        StoreError: the disk is full or refuses.
    """
    import pyarrow.parquet as pq

    with opened_tables(files, user, at, "trace.features", "payments") as (view, backend, _):
        sheets = Sheets(backend, checked(tables_of(view).paths))
        if not sheets.has("payments"):
            raise SettingsError("there is no table of payments", fix="read one first: headwater read payments FILE")
        try:
            table = features_of(sheets, settings)
        finally:
            sheets.close()
        with written_beside(out) as file:
            pq.write_table(table, file, compression="zstd")
        return int(table.num_rows)


def feature_columns() -> dict[str, str]:
    """Return every column of the features with what it means."""
    return dict(COLUMNS)


def document(trail: Trail) -> dict[str, Any]:
    """Return a trail as one document."""
    return {
        "payment": trail.payment,
        "rule": trail.rule,
        "currency": trail.unit,
        "amount_minor": trail.hops[0].part,
        "conserved": trail.conserved,
        "hops": [
            {
                "hop": hop.hop, "payment": hop.payment, "row": hop.row, "time": _time(hop.time_us), "from": hop.sender,
                "to": hop.receiver, "amount_minor": hop.amount, "part_minor": hop.part,
            }
            for hop in trail.hops
        ],
        "rests": [{"account": rest.account, "hop": rest.hop, "part_minor": rest.part} for rest in trail.rests],
        "beyond_minor": trail.beyond,
    }  # fmt: skip


def write_trail(trail: Trail, out: Path | None, svg: Path | None) -> None:
    """Write a trail as JSON and as a picture, where each is wanted.

    Raises:
        StoreIoError: the disk refuses.
    """
    if out is not None:
        write(out, encode(document(trail)) + b"\n")
    if svg is not None:
        write(svg, sankey(trail).encode())


def hub_picture(findings: Path, account: str, svg: Path) -> None:
    """Write the picture of a hub with its corridors, from the findings of a run.

    Raises:
        SchemaError: no finding says that corridors meet at the account.
    """
    corridors = [
        (claim["from"], claim["to"], _payers(claim), int(claim["amount_minor"]), claim["currency"])
        for claim in finding_lines(findings)
        if claim["typology"] == "corridor-fan-in" and account in claim["subjects"]
    ]
    if not corridors:
        raise SchemaError("no corridor meets at that account", where="--hub")
    write(svg, hub(account, [one[:4] for one in corridors], corridors[0][4]).encode())


def _payers(claim: dict[str, Any]) -> int:
    digits = str(claim["text"]).partition(" ")[0].replace(",", "")
    return int(digits) if digits.isdecimal() else 0


def finding_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the findings that ``trace run --out`` wrote.

    Raises:
        InputError: a line is none.
    """
    for number, found in parse_json_lines(bytes_of(path), file=path.name):
        if not isinstance(found, dict) or "typology" not in found:
            raise FormatError("not a finding of trace run", where=Place(file=path.name, line=number))
        yield found


def _time(time_us: int) -> str:
    return format_instant(datetime.fromtimestamp(time_us // MICRO, UTC))


@contextmanager
def opened_tables(
    files: Sequence[str], user: str, at: tuple[Node, Session] | None, act: str, subject: str
) -> Iterator[tuple[View, Any, str]]:
    """Yield the view over a node's tables or over files, a backend that reads them, and the salt of pseudonyms."""
    clock = SystemClock()
    with scratch(at[0].home if at else None) as folder, ExitStack() as stack:
        backend = stack.enter_context(ibis_on_duckdb(folder))
        if at is None:
            reader = opened(files, folder, span_of("", clock.now()))
            session = Session(user=user, authority=NOBODY, purpose="oic", roles=frozenset({Role.ANALYST}))
            yield guard(reader, session, LooseAudit(), clock.now().date()), backend, ""
            return
        node, session = at
        may(session, Act.TABLE_TRACE)
        view = stack.enter_context(node.view(session))
        yield view, backend, Keys(node.home).secret(PSEUDONYMS).hex()
        node.store.note(Event(act, session.user, subject, session.purpose))
