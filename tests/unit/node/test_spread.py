"""Screening in turns and in workers: what they are told, what they answer, and where an error stands."""

from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import pytest

from headwater.engines.match import screening as engine
from headwater.engines.match.build import build_index
from headwater.engines.match.index import unpack
from headwater.errors import SchemaError, SettingsError
from headwater.model.canonical import decode, encode
from headwater.node import Node, screening, spread
from headwater.testing.fakes import FakeClock
from tests.match_world import world
from tests.node_world import SUPERVISOR, as_user, read, write_list


def screener() -> engine.Screener:
    return engine.Screener(None, unpack(build_index(world())), compiled=False, sees=lambda _: True)


def rows(count: int) -> list[dict[str, str]]:
    return [{"id": str(at), "name": "?!"} for at in range(count)]


def answered(asked: list[dict[str, str]]) -> engine.ScreenResult:
    return spread.answers(screener(), {"queries": asked}, spread.ALONE, lambda _: True)


def test_turns_together_are_one_answer_in_the_order_of_the_queries() -> None:
    heard: list[tuple[int, int]] = []
    asked = [*rows(spread.TURN + 5), {"id": "last", "name": "Živorad Testerović"}]
    found = spread.answers(
        screener(), {"queries": asked}, spread.ALONE, lambda _: True, lambda *step: heard.append(step)
    )
    assert [one.query for one in found.not_screenable] == [row["id"] for row in asked[:-1]]
    assert [(hit.query, hit.entry) for hit in found.hits] == [("last", "uk:1")]
    assert len(found.lists) == 1
    assert heard == [(spread.TURN, len(asked)), (len(asked), len(asked))]


def test_an_error_in_a_later_turn_names_the_row_of_the_whole_run() -> None:
    with pytest.raises(SchemaError) as caught:
        answered([*rows(spread.TURN + 5), {"id": "last", "name": "A B", "schema": "Ghost"}])
    assert (caught.value.where.line, caught.value.where.field) == (spread.TURN + 6, "schema")


def test_one_id_in_two_turns_is_refused() -> None:
    with pytest.raises(SchemaError, match="the same id twice"):
        answered([*rows(spread.TURN + 5), {"id": "0", "name": "A B"}])


def test_no_query_at_all_still_tells_which_lists_there_are() -> None:
    assert len(answered([]).lists) == 1


class Broken:
    """A pool whose processes are killed, as a machine that runs out of memory does."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, *_: object) -> list[bytes]:
        raise BrokenProcessPool


def test_a_process_that_is_killed_ends_the_run_with_a_declared_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "ProcessPoolExecutor", Broken)
    with pytest.raises(SettingsError, match="a process ended before its work was done"):
        spread.answers(screener(), {"queries": rows(600)}, spread.Spread(2), lambda _: True)


@pytest.mark.skipif(find_spec("pyspark") is None, reason="needs headwater[spark], a source package of 476 MB")
def test_what_spark_throws_becomes_a_declared_error() -> None:
    from pyspark.errors import PySparkRuntimeError

    with pytest.raises(SettingsError, match="Spark did not finish"), spread._spark_says():
        raise PySparkRuntimeError("executor lost", messageParameters={})


def worked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str], seen: frozenset[str]
) -> spread.Outcome:
    """What a worker answers, in this process and by the readable code."""
    monkeypatch.setattr(spread, "available", lambda: False)
    (folder / "index").write_bytes(screener().index.data)
    told = str(folder / "index"), encode(spread.Order("{}", seen))
    return decode(spread._work((told, 70, [asked])), spread.Outcome)


def test_a_worker_shows_hits_of_the_handlings_that_it_was_told_and_of_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, every = {"id": "a", "name": "Živorad Testerović"}, spread._visible(screener().index, lambda _: True)
    assert [hit.entry for hit in worked(tmp_path, monkeypatch, asked, every).given().hits] == ["uk:1"]
    assert worked(tmp_path, monkeypatch, asked, frozenset()).given().hits == ()


def test_a_worker_hands_back_what_is_wrong_with_a_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = worked(tmp_path, monkeypatch, {"id": "a", "name": "A B", "birth_date": "yesterday"}, frozenset())
    with pytest.raises(SchemaError, match="an impossible date") as caught:
        outcome.given()
    assert (caught.value.where.line, caught.value.where.field) == (71, "birth_date")


def test_what_workers_answer_at_a_node_is_looked_at_again(
    node: Node, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del clock
    read(node, "uk", write_list(tmp_path / "in", ["Marko Izmišljotinović"]))
    session = as_user(node, SUPERVISOR, "sanctions")
    asked = screening.Asked([{"id": "1", "name": "Marko Izmišljotinović"}])
    [finding] = screening.at_node(node, session, asked).result.findings
    with node.view_at(session) as (_, view):
        assert screening._shown(view, finding)
        monkeypatch.setattr(view, "_permits", lambda _: False)
        assert not screening._shown(view, finding)
