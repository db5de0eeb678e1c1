"""Figures kept: editions read into a node or onto a shelf, shown as they were known on a day, and claims judged by them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from headwater.engines.figures import Answer, Book, answer, jumps
from headwater.engines.figures import Shelf as Seen
from headwater.engines.figures.engine import NAME, SOURCE, VERSION
from headwater.errors import Place, SchemaError
from headwater.formats.figures import FigureInput, reader
from headwater.formats.safe import MAX_FILE_BYTES
from headwater.model.canonical import encode
from headwater.model.figures import Caution, Edition
from headwater.model.finding import params_text
from headwater.model.period import Period, parse_period
from headwater.node import findings, runs
from headwater.node.figures_shelf import Shelf, record_of
from headwater.node.files import bytes_of
from headwater.node.loose import NOBODY, LooseAudit
from headwater.node.node import Node
from headwater.node.system import SystemClock
from headwater.policy.acts import Act, Role
from headwater.policy.session import Session, may
from headwater.policy.view import guard
from headwater.ports import Event, View
from headwater.store import Transaction

PURPOSE: Final = "statistics"
_A_DAY: Final = "write it as 2025-03-31"


class Keeper(Protocol):
    """What keeps editions: a node, or a shelf."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...

    def view(self) -> Any:  # noqa: ANN401 - a context manager of a View
        """Yield what may be seen."""
        ...

    def add(self, editions: Sequence[Edition], data: bytes) -> int:
        """Keep editions; return how many were new."""
        ...

    def judged(self, made: Answer, params: Mapping[str, object]) -> None:
        """Keep the answer to a claim and how it was asked, or forget it."""
        ...


class AtShelf:
    """Figures in a folder, without a node: nothing is logged and no finding kept."""

    def __init__(self, folder: Path, user: str) -> None:
        """Take the folder and who asks."""
        self.shelf = Shelf(folder, NOBODY)
        self.session = Session(user=user, authority=NOBODY, purpose=PURPOSE, roles=frozenset({Role.ANALYST}))
        self.clock = SystemClock()

    def now(self) -> datetime:
        """Return the present instant."""
        return self.clock.now()

    @contextmanager
    def view(self) -> Iterator[View]:
        """Yield what lies in the folder."""
        self.shelf.need()
        yield guard(self.shelf, self.session, LooseAudit(), self.now().date())

    def add(self, editions: Sequence[Edition], data: bytes) -> int:
        """Keep editions; return how many were new."""
        return self.shelf.add(editions, data, self.now())

    def judged(self, made: Answer, params: Mapping[str, object]) -> None:
        """Forget the answer: findings are kept in nodes."""


class AtNode:
    """Figures in a node: every look is logged, and the answers to claims are kept as findings."""

    def __init__(self, node: Node, session: Session) -> None:
        """Take the node and who asks.

        Raises:
            PolicyError: the user may not work with figures.
        """
        may(session, Act.FIGURES_RUN)
        self.node, self.session = node, session

    def now(self) -> datetime:
        """Return the present instant."""
        return self.node.clock.now()

    @contextmanager
    def view(self) -> Iterator[View]:
        """Yield what the user may see."""
        with self.node.view(self.session) as view:
            yield view

    def add(self, editions: Sequence[Edition], data: bytes) -> int:
        """Keep editions; return how many were new."""
        with self.node.view(self.session) as view:
            held = {record.blobs[0] for record in view.records(source=SOURCE) if record.blobs}
        records = [record_of(one, self.now(), self.node.authority) for one in editions]
        new = [(record, one) for record, one in zip(records, editions, strict=True) if record.blobs[0] not in held]
        if new:
            self.node.store.put_blob(data)
        for _, edition in new:
            self.node.store.put_blob(encode(edition))

        def change(transaction: Transaction) -> int:
            added = sum(transaction.add_record(record) for record, _ in new)
            for record, edition in new:
                detail: dict[str, str | int] = {"source": edition.source, "seen_on": edition.seen_on.isoformat()}
                transaction.note(Event("figures.imported", self.session.user, record.id, self.session.purpose, detail))
            return added

        return self.node.store.write(change) if new else 0

    def judged(self, made: Answer, params: Mapping[str, object]) -> None:
        """Keep the answer as a finding that can be run again."""
        noted = runs.Noted(NAME, VERSION, params_text(params))
        findings.keep(self.node, self.session, (made.finding,), noted)


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file of figures.

    Attributes:
        editions: what it held.
        added: how many of them were new.
        cautions: what a reader should know about it.
    """

    editions: tuple[Edition, ...]
    added: int
    cautions: tuple[Caution, ...]


def given(file: Path, now: datetime, source: str | None = None, seen_on: str | None = None) -> FigureInput:
    """Return a file as an input of figures.

    Raises:
        InputError: it cannot be read, or the day is none.
    """
    day = None
    if seen_on is not None:
        period = parse_period(seen_on)
        if period.start != period.end:
            raise SchemaError("not a day", where="--seen-on", fix="write it as 2025-03-31")
        day = period.end
    if file.is_file() and file.stat().st_size > MAX_FILE_BYTES:
        return FigureInput(file.name, b"x" * (MAX_FILE_BYTES + 1), now.date())  # the reader says that it is too large
    return FigureInput(file.name, bytes_of(file), now.date(), source, day)


def read_into(keeper: Keeper, form: str, file: Path, source: str | None = None, seen_on: str | None = None) -> Imported:
    """Read a file of figures and keep its editions.

    Args:
        keeper: what keeps them.
        form: name of the format.
        file: the file.
        source: name of the source, for a file that does not say.
        seen_on: day on which these were the published values.

    Raises:
        InputError: the file is refused; nothing of it is kept.
    """
    held = given(file, keeper.now(), source, seen_on)
    read = reader(form).read(held)
    added = keeper.add(read.editions, held.data)
    return Imported(read.editions, added, (*read.cautions, *_jumps(keeper, read.editions)))


def _jumps(keeper: Keeper, editions: Sequence[Edition]) -> list[Caution]:
    """Return the cells that moved alone between new editions and those before and after them."""
    with keeper.view() as view:
        book = Seen(view).book
    found: list[Caution] = []
    for edition in editions:
        same = [one for one in book.editions if set(one.series) & set(edition.series)]
        place = same.index(edition)
        found += jumps(same[max(0, place - 1) : place + 2])
    return found


def shown(
    keeper: Keeper, series: str, period: str | None, as_of: str | None, where: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what was known of a series on a day, as a document; its value is None where nothing was.

    Raises:
        SchemaError: no such series or period, or the name means several.
    """
    with keeper.view() as view:
        seen = Seen(view)
    book, day = seen.book, day_of(as_of)
    [name, *more] = book.named(series)
    if more:
        fix = f"use one of {', '.join((name, *more))}"
        raise SchemaError("the name means several series", where=series[:80], fix=fix)
    categories = tuple(_category(text) for text in where)
    what = book.definition(name, day)
    document: dict[str, Any] = {
        "series": name,
        "as_of": as_of,
        "definition": {"title": what.title, "unit": what.unit, "note": what.note},
    }
    if period is None:
        known = book.known(name, day, categories)
        rows = [
            {"period": str(one), "value": held.value, "seen_on": held.seen_on.isoformat()}
            for one, held in known.items()
        ]
        return {**document, "values": rows}
    return {**document, **_one(book, name, parse_period(period), day, categories)}


def _one(book: Book, name: str, period: Period, day: date | None, where: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    total = book.total(name, period, day, where)
    vintages = [one for one in book.vintages(name, where).get(period, ()) if day is None or one.seen_on <= day]
    edition = book.editions[max(total.editions)] if total else None
    return {
        "period": str(period),
        "value": total.value if total else None,
        "seen_on": total.seen_on.isoformat() if total else None,
        "file": edition.file if edition else None,
        "sha256": edition.sha256 if edition else None,
        "parts": len(total.parts) if total else 0,
        "vintages": [{"seen_on": one.seen_on.isoformat(), "value": one.value} for one in vintages],
    }


def claimed(keeper: Keeper, params: Mapping[str, object]) -> dict[str, Any]:
    """Return the answer to a claim as a document, and keep it where findings are kept.

    Raises:
        SchemaError: no figures, no number, no such series.
    """
    asked = {key: value for key, value in params.items() if value not in (None, "", ())}
    asked.setdefault("today", keeper.now().date().isoformat())
    with keeper.view() as view:
        params = {"ask": "claim", **asked}
        made = answer(view, params)
    keeper.judged(made, params)
    judged = made.judged
    return {
        "verdict": judged.verdict,
        "computed": judged.computed,
        "says": made.says,
        "series": list(judged.reading),
        "period": str(judged.period) if judged.period else None,
        "parts": {name: total.value for name, total in zip(judged.reading, judged.totals, strict=False)},
        "finding": made.finding.id,
        "reasons": [
            {"code": one.code, "text": one.text, "left": one.left, "right": one.right} for one in made.finding.reasons
        ],
        "evidence": [one.ref for one in made.finding.evidence],
    }


def day_of(text: str | None) -> date | None:
    """Return the day of ``--as-of``, None where there is none.

    Raises:
        SchemaError: it is no day.
    """
    if text is None:
        return None
    try:
        period = parse_period(text)
    except SchemaError as error:
        raise SchemaError(error.what, where="--as-of", fix=_A_DAY) from error
    if period.start != period.end:
        raise SchemaError("not a day", where="--as-of", fix=_A_DAY)
    return period.end


def _category(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise SchemaError("not DIMENSION=CATEGORY", where=Place(field="--where"))
    return name.strip(), value.strip()


def document(imported: Imported) -> dict[str, Any]:
    """Return what came of a file as a document."""
    return {
        "editions": [
            {
                "source": one.source,
                "seen_on": one.seen_on.isoformat(),
                "dated": one.dated,
                "sha256": one.sha256,
                "series": list(one.series),
                "periods": len(one.periods),
                "first": str(one.periods[0]),
                "last": str(one.periods[-1]),
                "values": sum(value is not None for strand in one.strands for value in strand.values),
            }
            for one in imported.editions
        ],
        "added": imported.added,
        "warnings": [{"code": one.code, "where": one.where, "text": one.text} for one in imported.cautions],
    }
