"""The watch engine keeps the contract of every engine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.engines.watch import WatchEngine
from headwater.errors import SchemaError
from headwater.exercise.river_night import river_night
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, BlobHash
from headwater.model.record import Origin, Record
from headwater.node.watch_keep import as_table
from headwater.testing.engine_contract import RULES, EngineCase
from headwater.testing.memory_view import MemoryView
from tests.watch_world import night, weights

PARAMS = {"context": night().context, "weights": weights()}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> EngineCase:
    """Two nights in two tables, each owned by a record."""
    folder = tmp_path_factory.mktemp("tables")
    records, paths = [], {}
    for number in (1, 2):
        name = BlobHash(f"{number}" * 64)
        path: Path = folder / f"{name}.parquet"
        path.write_bytes(as_table(list(river_night(number).detections)))
        paths[name] = str(path)
        origin = Origin(AuthorityId("RS-MOI"), "detections", file=f"night-{number}.csv")
        records.append(
            Record(origin=origin, handling=Handling(codes=frozenset({"P"})), mentions=(), facts=(), tables=(name,))
        )
    return EngineCase(
        engine=WatchEngine(),
        records=tuple(records),
        params=PARAMS,
        hidden=frozenset({records[0].id}),
        table_paths=paths,
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_watch_keeps(rule: Callable[[EngineCase], None], case: EngineCase) -> None:
    rule(case)


def test_rescue_stands_before_all_else(case: EngineCase) -> None:
    kinds = [finding.kind for finding in case.run(case.records)]
    assert kinds == sorted(kinds, key=lambda kind: kind != "watch.rescue")
    assert kinds[0] == "watch.rescue"


@pytest.mark.parametrize("params", [{}, {**PARAMS, "more": 1}, {**PARAMS, "weights": {}}, {**PARAMS, "context": 3}])
def test_parameters_that_make_no_sense_are_refused(params: dict[str, object]) -> None:
    with pytest.raises(SchemaError):
        list(WatchEngine().run(MemoryView([]), params))
