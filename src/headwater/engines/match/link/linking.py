"""Linking: which records, of several states and in several scripts, speak of one person, firm, vehicle or vessel.

`link` gives the whole answer of a run; `LinkEngine` gives it as findings. Splink decides how two units agree, the model
what that weighs, `cluster` what is taken together, and people's judgements stand above all of it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from headwater.engines.match.link.cluster import Clustering, Why, cluster
from headwater.engines.match.link.columns import rows_of
from headwater.engines.match.link.explain import Pair
from headwater.engines.match.link.judged import Verdict, Word, judgements_in, words_on_pairs
from headwater.engines.match.link.levels import Model
from headwater.engines.match.link.model import MODELS
from headwater.engines.match.link.naming import earlier_names, named
from headwater.engines.match.link.pairing import (
    Database,
    Edge,
    edges_between,
    edges_in,
    in_memory,
    need_splink,
)
from headwater.engines.match.link.sheet import sheet_of
from headwater.engines.match.link.units import Sort, Unit, units_of
from headwater.engines.match.link.values import sure_numbers
from headwater.errors import Place, SchemaError
from headwater.model.collecting import collecting_later
from headwater.ports import View

KIND_CLUSTER: Final = "match.cluster"
KIND_PAIR: Final = "match.link"
"""A pair of which a person is asked."""
KINDS: Final = frozenset({KIND_CLUSTER, KIND_PAIR})
MOST_ASKED: Final = 200
"""Pairs of one sort that a person is asked about in one run, unless another number is given."""
_STEPS: Final = 3
"""Signs of progress for each sort: columns made, pairs weighed, clusters found."""
_PARAMS: Final = frozenset({"sorts", "judgements", "ask"})

Progress = Callable[[int, int], None]
"""Hears how many steps of how many are done."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked for.

    Attributes:
        sorts: sorts of things that are linked.
        words: the newest word of a person on each pair, the newest first.
        ask: most pairs of one sort of which a person is asked.
    """

    sorts: tuple[Sort, ...] = tuple(Sort)
    words: tuple[Word, ...] = ()
    ask: int = MOST_ASKED


@dataclass(frozen=True, slots=True)
class Cluster:
    """Units that are one thing.

    Attributes:
        name: stable.
        members: the units, by name.
        pairs: the pairs that hold it together, the heaviest first.
        judged: pairs of units that a person's word joins.
    """

    name: str
    sort: Sort
    members: tuple[Unit, ...]
    pairs: tuple[Pair, ...]
    judged: tuple[tuple[Unit, Unit], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A pair of which a person is asked, and what kept it apart where it weighs enough."""

    sort: Sort
    pair: Pair
    why: Why | None


@dataclass(slots=True)
class SortResult:
    """What linking made of one sort of things.

    Attributes:
        units: all units of the sort.
        edges: pairs that weigh enough to be asked about.
        clusters: units that are one thing.
        questions: pairs that a person is asked about.
        kept: pairs that a rule kept apart.
        common_keys: keys that so many units share that nobody was compared by them.
    """

    sort: Sort
    units: Sequence[Unit] = ()
    edges: Sequence[Edge] = ()
    clusters: list[Cluster] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    kept: Sequence[tuple[Unit, Unit, Why]] = ()
    common_keys: int = 0


def read_params(params: Mapping[str, object]) -> Asked:
    """Return what a run is asked for.

    Raises:
        SchemaError: a parameter is unknown or impossible.
    """
    unknown = sorted(params.keys() - _PARAMS)
    if unknown:
        raise SchemaError(
            "an unknown parameter", where=Place(field=unknown[0]), fix=f"use {', '.join(sorted(_PARAMS))}"
        )
    sorts = params.get("sorts", tuple(Sort))
    if not isinstance(sorts, list | tuple) or not sorts or not all(sort in list(Sort) for sort in sorts):
        raise SchemaError("no such sort of things", where=Place(field="sorts"), fix=f"use some of {', '.join(Sort)}")
    ask = params.get("ask", MOST_ASKED)
    if not isinstance(ask, int) or ask < 0:
        raise SchemaError("not a number of pairs", where=Place(field="ask"))
    words = words_on_pairs(judgements_in(params.get("judgements", ())))
    return Asked(tuple(Sort(sort) for sort in sorts), tuple(words), ask)


def link(
    view: View, asked: Asked, database: Database | None = None, progress: Progress = lambda _done, _total: None
) -> list[SortResult]:
    """Return what can be linked in a view, by sort.

    Args:
        view: what may be seen.
        asked: what is asked for.
        database: where Splink works; without one, DuckDB in this process's memory.
        progress: hears how far it is.

    Raises:
        MissingExtraError: Splink or what it needs is not installed.
    """
    need_splink()
    steps = count(1)
    total = 1 + _STEPS * len(asked.sorts)

    def step() -> None:
        progress(next(steps), total)

    with collecting_later():
        units = units_of(view.records())
        earlier = earlier_names(view.findings(), KIND_CLUSTER)
        step()
        sorted_units = ([unit for unit in units if unit.sort is sort] for sort in asked.sorts)
        return [
            _link_sort(sort, mine, asked, database or in_memory, earlier, step)
            for sort, mine in zip(asked.sorts, sorted_units, strict=True)
        ]


def compare(left: Unit, right: Unit, others: Sequence[Unit] = (), database: Database | None = None) -> Pair:
    """Return two units side by side, whatever they weigh; the others say how common values are.

    Raises:
        SchemaError: they are not of one sort.
        MissingExtraError: Splink or what it needs is not installed.
    """
    if left.sort is not right.sort:
        raise SchemaError(f"one is a {left.sort} and the other a {right.sort}: they cannot be one", where=left.name)
    need_splink()
    model = MODELS[left.sort]
    units = sorted({unit.name: unit for unit in (left, right, *others)}.values(), key=lambda unit: unit.name)
    rows = rows_of(units)
    places = {unit.name: at for at, unit in enumerate(units)}
    for at, row in enumerate(rows):
        row["keys"] = ["both"] if at in {places[left.name], places[right.name]} else []
    edge = edges_between(rows, model, database or in_memory, float("-1e9"))[0]
    return Pair(units[edge.left], units[edge.right], edge, model)


def _link_sort(
    sort: Sort,
    units: Sequence[Unit],
    asked: Asked,
    database: Database,
    earlier: Sequence[tuple[str, frozenset[str]]],
    step: Callable[[], None],
) -> SortResult:
    model = MODELS[sort]
    sheet = sheet_of(units)
    step()
    edges = edges_in(sheet, model, database, model.review)
    common = sheet.common
    del sheet
    step()
    words = _Words(units, asked.words)
    sure = {at: numbers for at, unit in enumerate(units) if (numbers := sure_numbers(unit))}
    found = cluster(
        edges,
        model.link,
        sure=sure,
        same=words.pairs(Verdict.SAME),
        different=words.pairs(Verdict.DIFFERENT),
        unsure=words.pairs(Verdict.UNSURE),
    )
    result = SortResult(sort, units, edges, common_keys=common)
    result.kept = [(units[one.left], units[one.right], one.why) for one in found.kept]
    result.clusters = _clusters(result, found, words, earlier)
    result.questions = list(_questions(result, found, words, model, asked.ask))
    step()
    return result


class _Words:
    """People's words on pairs of units that are there."""

    def __init__(self, units: Sequence[Unit], words: Iterable[Word]) -> None:
        place = {unit.name: at for at, unit in enumerate(units)}
        self._by: dict[Verdict, list[tuple[int, int]]] = {verdict: [] for verdict in Verdict}
        for word in words:
            if word.pair[0] in place and word.pair[1] in place:
                left, right = sorted((place[word.pair[0]], place[word.pair[1]]))
                self._by[word.verdict].append((left, right))

    def pairs(self, verdict: Verdict) -> list[tuple[int, int]]:
        """Return the pairs of which this was said, the newest first."""
        return self._by[verdict]


def _clusters(
    result: SortResult, found: Clustering, words: "_Words", earlier: Sequence[tuple[str, frozenset[str]]]
) -> list[Cluster]:
    units, model = result.units, MODELS[result.sort]
    said = set(words.pairs(Verdict.SAME))
    # What a person said is one rests on that word, whatever the two weigh.
    wanted = {(min(joint), max(joint)) for members in found.clusters for joint in found.joints[members[0]]} - said
    weighed = {ends: edge for edge in result.edges if (ends := (edge.left, edge.right)) in wanted}
    names = named([[units[at].name for at in members] for members in found.clusters], earlier)
    made: list[Cluster] = []
    for name, members in zip(names, found.clusters, strict=True):
        joints = [(min(joint), max(joint)) for joint in found.joints[members[0]]]
        held = sorted(
            (weighed[joint] for joint in joints if joint in weighed),
            key=lambda edge: (-edge.weight, edge.left, edge.right),
        )
        pairs = tuple(Pair(units[edge.left], units[edge.right], edge, model) for edge in held)
        judged = tuple((units[one], units[other]) for one, other in joints if (one, other) not in weighed)
        made.append(Cluster(name, result.sort, tuple(units[at] for at in members), pairs, judged))
    return made


def _questions(result: SortResult, found: Clustering, words: _Words, model: Model, most: int) -> Iterator[Question]:
    """Yield the heaviest pair between each two clusters that were not joined, the most doubtful first."""
    of = {unit: members[0] for members in found.clusters for unit in members}
    silenced = {
        tuple(sorted((of.get(left, left), of.get(right, right)))) for left, right in words.pairs(Verdict.DIFFERENT)
    }
    apart = {(one.left, one.right): one.why for one in found.kept if one.why is not Why.JUDGED}
    best: dict[tuple[int, int], Edge] = {}
    for edge in result.edges:
        ends = of.get(edge.left, edge.left), of.get(edge.right, edge.right)
        between = (min(ends), max(ends))
        if ends[0] == ends[1] or between in silenced:
            continue
        known = best.get(between)
        if known is None or (-edge.weight, edge.left, edge.right) < (-known.weight, known.left, known.right):
            best[between] = edge
    chosen = sorted(best.values(), key=lambda edge: (abs(edge.weight - model.link), edge.left, edge.right))
    for edge in chosen[:most]:
        pair = Pair(result.units[edge.left], result.units[edge.right], edge, model)
        if pair.bars:
            yield Question(result.sort, pair, apart.get((edge.left, edge.right)))
