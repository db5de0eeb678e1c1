"""One screening spread over several processes of this machine, or over the executors of Apache Spark.

Every worker opens the one index file, memory-mapped, and answers some of the queries at a time; the answers come back in the
order of the queries, so that the whole is what one process alone would have answered, to the byte. What may be seen is decided
here, once: a worker is handed the handlings whose entries may be hits.
"""

import mmap
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from headwater.engines.match.batch import available
from headwater.engines.match.index import Index, unpack
from headwater.engines.match.query import read_request, refuse_twice
from headwater.engines.match.screening import Screener, ScreenResult, Sees
from headwater.errors import Place, SchemaError, SettingsError
from headwater.model.canonical import decode, encode
from headwater.model.handling import Handling
from headwater.node.scratch import scratch
from headwater.node.spark import frames_on_spark, need_spark
from headwater.node.system import settled

HERE: Final = "here"
SPARK: Final = "spark"
PLACES: Final = (HERE, SPARK)
TURN: Final = 2048
"""Queries that are answered at once, between two signs of progress."""
_LEAST_TURN: Final = 256
_TURNS_EACH: Final = 4
"""Turns for each worker: enough that none waits long for the slowest."""
_INDEX: Final = "match.index"
Progress = Callable[[int, int], None]
"""Hears how many queries of how many are done."""
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Spread:
    """Over what a screening is spread.

    Attributes:
        jobs: processes of this machine; 1 is this process itself.
        on: ``here`` or ``spark``.
    """

    jobs: int = 1
    on: str = HERE

    def ready(self) -> None:
        """Refuse early what cannot be done.

        Raises:
            MissingExtraError: Spark is asked for and not installed.
        """
        if self.on == SPARK:
            need_spark()


ALONE: Final = Spread()


@dataclass(frozen=True, slots=True)
class Order:
    """What every worker is told once.

    Attributes:
        params: parameters of the run but for the queries, as canonical JSON.
        seen: handlings, as the index holds them, whose entries may be hits.
    """

    params: str
    seen: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker made of one turn: its answer, or what was wrong with a query.

    Attributes:
        answer: None where a query was impossible.
        what, where, fix: of the error, as `errors.HeadwaterError` has them.
    """

    answer: ScreenResult | None = None
    what: str = ""
    where: Place = Place()
    fix: str = ""

    def given(self) -> ScreenResult:
        """Return the answer.

        Raises:
            SchemaError: there is none.
        """
        if self.answer is None:
            raise SchemaError(self.what, where=self.where, fix=self.fix)
        return self.answer


def answers(
    screener: Screener,
    params: Mapping[str, Any],
    spread: Spread,
    sees: Sees,
    progress: Progress | None = None,
) -> ScreenResult:
    """Return the answer to all queries of a run.

    Args:
        screener: over the lists, as it answers alone.
        params: of the run, with its ``queries``.
        spread: over what.
        sees: the view's rule by handling, by which workers show a hit or not.
        progress: hears how far it is.

    Raises:
        SchemaError: a query is impossible; the text names its row and field.
        SettingsError: a process, or Spark, ended before the work was done.
    """
    rows = params["queries"]
    refuse_twice(row["id"] for row in rows if row.get("id"))
    found: list[ScreenResult] = []
    with settled() if len(rows) > _LEAST_TURN else nullcontext():
        for result, done in _in_turns(screener, params, spread, sees):
            found.append(result)
            if progress is not None:
                progress(done, len(rows))
    return ScreenResult(
        tuple(hit for one in found for hit in one.hits),
        tuple(row for one in found for row in one.not_screenable),
        found[0].lists,
        tuple(doubt for one in found for doubt in one.doubts),
    )


def _in_turns(
    screener: Screener, params: Mapping[str, Any], spread: Spread, sees: Sees
) -> Iterator[tuple[ScreenResult, int]]:
    """Yield the answers of one turn after the other, and how many queries are done with it."""
    rows: Sequence[Row] = params["queries"]
    if spread.on == HERE and (spread.jobs == 1 or len(rows) <= _LEAST_TURN):
        for first, some in _turns(rows, TURN):
            yield _answer(screener, params, first, some), first + len(some)
        return
    order = Order(encode({**params, "queries": []}).decode(), _visible(screener.index, sees))
    with scratch(None) as folder:
        path = folder / _INDEX
        path.write_bytes(screener.index.data)
        over = _on_spark if spread.on == SPARK else _in_processes
        for number, (answer, done) in enumerate(over(path, order, rows, spread.jobs)):
            result = decode(answer, Outcome).given()
            # How old a list is does not change from turn to turn.
            yield (result if number == 0 else replace(result, lists=())), done


def _turns(rows: Sequence[Row], size: int) -> Iterator[tuple[int, Sequence[Row]]]:
    """Yield some rows at a time, with how many come before; no row at all is one empty turn."""
    for first in range(0, max(1, len(rows)), size):
        yield first, rows[first : first + size]


def _answer(screener: Screener, params: Mapping[str, Any], first: int, rows: Sequence[Row]) -> ScreenResult:
    """Answer one turn; an error names the row of the whole run."""
    try:
        return screener.answer(read_request({**params, "queries": list(rows)}))
    except SchemaError as error:
        place = error.where
        error.where = place if place.line is None else Place(place.file, place.line + first, place.field, place.offset)
        raise


def _visible(index: Index, sees: Sees) -> frozenset[str]:
    """Return the handlings in an index whose entries may be hits."""
    texts = (index.text("handling", at) for at in range(len(index.arrays["handling.at"]) - 1))
    return frozenset(text for text in texts if sees(decode(text.encode(), Handling)))


def _in_processes(path: Path, order: Order, rows: Sequence[Row], jobs: int) -> Iterator[tuple[bytes, int]]:
    """Yield the answer of each turn, encoded, from processes of this machine."""
    size = min(TURN, max(_LEAST_TURN, -(-len(rows) // (_TURNS_EACH * jobs))))
    turns = [(first, list(some)) for first, some in _turns(rows, size)]
    # Not forked: this process may have threads, whose locks a fork would take along as they are.
    with ProcessPoolExecutor(min(jobs, len(turns)), mp_context=get_context("spawn")) as pool:
        told = str(path), encode(order)
        try:
            for (first, some), answer in zip(turns, pool.map(_work, [(told, *turn) for turn in turns]), strict=True):
                yield answer, first + len(some)
        except BrokenProcessPool as error:
            fix = "ask for fewer --jobs: each takes some 250 MB of memory"
            raise SettingsError("a process ended before its work was done", fix=fix) from error


def _on_spark(path: Path, order: Order, rows: Sequence[Row], _jobs: int) -> Iterator[tuple[bytes, int]]:
    """Yield the answer of each turn, encoded, from Spark executors; each gets the index file once and maps it."""
    told = encode(order)
    with frames_on_spark("headwater screen") as session:
        context = session.sparkContext
        context.addFile(str(path))
        cores = max(1, context.defaultParallelism)
        size = min(TURN, max(_LEAST_TURN, -(-len(rows) // (_TURNS_EACH * cores))))
        turns = [(first, len(some), encode(list(some))) for first, some in _turns(rows, size)]
        pieces = min(len(turns), _TURNS_EACH * cores)
        frame = session.createDataFrame(turns, "first long, count long, rows binary")
        done = frame.repartitionByRange(pieces, "first").mapInArrow(_batches(told), "first long, answer binary")
        with _spark_says():
            found = {row["first"]: bytes(row["answer"]) for row in done.toLocalIterator(prefetchPartitions=True)}
        for first, count, _ in turns:
            yield found[first], first + count


@contextmanager
def _spark_says() -> Iterator[None]:
    """Say in our own words that Spark failed; what it says itself stands on standard error.

    Raises:
        SettingsError: it did.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        fix = "read what Spark says itself; headwater[match] must be installed in the Python of its executors"
        raise SettingsError("Spark did not finish the work", fix=fix) from error


def _batches(told: bytes) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Return what a Spark executor does with the turns that it is handed, as Arrow batches."""

    def batches(given: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa
        from pyspark import SparkFiles

        path = SparkFiles.get(_INDEX)
        for batch in given:
            for turn in batch.to_pylist():
                answer = _work(((path, told), turn["first"], decode(turn["rows"], list[dict[str, str]])))
                yield pa.RecordBatch.from_pydict({"first": [turn["first"]], "answer": [answer]})

    return batches


def _work(piece: tuple[tuple[str, bytes], int, list[dict[str, str]]]) -> bytes:
    """Answer one turn in a worker."""
    told, first, rows = piece
    screener, params = _opened(*told)
    with settled():
        try:
            return encode(Outcome(_answer(screener, params, first, rows)))
        except SchemaError as error:
            return encode(Outcome(None, error.what, error.where, error.fix))


@lru_cache(maxsize=1)
def _opened(path: str, told: bytes) -> tuple[Screener, dict[str, Any]]:
    """Return a worker's screener over the index file, and the parameters of the run."""
    order = decode(told, Order)
    with Path(path).open("rb") as handle:
        index = unpack(memoryview(mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)))

    def sees(handling: Handling) -> bool:
        return encode(handling).decode() in order.seen

    return Screener(None, index, compiled=available(), sees=sees), decode(order.params.encode(), dict[str, Any])
