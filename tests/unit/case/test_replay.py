"""A finding is run again from what its run read and from nothing else: what was read is remembered, what was not is not shown."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headwater.case.replay import PastView, Recording, Run, SealedView, files_of, read_run, run_again, run_over
from headwater.errors import ForbiddenError, SchemaError
from headwater.model.fact import Fact, fact_id
from headwater.model.finding import Evidence, Finding
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, FindingId
from headwater.model.record import Mention, Origin, Record
from headwater.ports import View
from tests.case_world import FINDING

PART = BlobHash("a" * 64)


def record(number: int, source: str = "one") -> Record:
    key = EntityKey(f"v{number}")
    return Record(
        origin=Origin(AuthorityId("UK-NCA"), source, place=str(number)), handling=Handling(),
        mentions=(Mention(key, "Vehicle"),), facts=(Fact(key, "registrationNumber", f"ZZ0{number}"),),
    )  # fmt: skip


RECORDS = [record(1), record(2), record(3, "two")]


class Engine:
    """Claims one finding for each record that it is shown of a source."""

    name = "count"

    def __init__(self, version: str = "1", **changes: Any) -> None:
        self.version = version
        self.changes = changes

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        refs = [one.id for one in view.records(source=str(params["source"]))]
        yield replace(
            FINDING, params='{"source":"one"}', evidence=tuple(map(Evidence.record, refs)), handling=UNRESTRICTED, **self.changes
        )  # fmt: skip


def sealed(folder: Path, run: Run | None = None, **changes: Any) -> tuple[Finding, Run]:
    """What a bundle holds of a finding over the first two records, and of a third that the run read too."""
    made = run or Run(engine="count", version="1", params='{"source":"one"}', blobs={PART: ""})
    [finding] = Engine().run(shown(RECORDS), {"source": "one"})
    finding = replace(finding, handling=finding.handling.join(made.stricter), **changes)
    for file in files_of(finding, made, RECORDS, {PART: b"a picture"}):
        path = folder / "data" / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
    return finding, read_run(folder, FindingId(finding.id))


def shown(records: Iterable[Record]) -> Any:
    """A view over some records, in the order of their identifiers as every view has it."""
    records = sorted(records, key=lambda one: one.id)

    class Shown:
        def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
            return (
                one
                for one in records
                if source in (None, one.origin.source) and (mentions is None or one.mention(mentions))
            )

        def record(self, ref: str) -> Record:
            return next(one for one in records if one.id == ref)

        def fact(self, ref: str) -> tuple[Record, int]:
            return next((one, at) for one in records for at, (name, _) in enumerate(one.numbered()) if name == ref)

        def entity(self, key: EntityKey) -> EntityKey:
            return key

        def blob(self, ref: BlobHash) -> memoryview:
            return memoryview(b"a picture")

        def table_path(self, ref: BlobHash) -> str:
            return f"/tables/{ref}"

    return Shown()


def test_the_same_bytes_come_out_of_what_was_sealed(tmp_path: Path) -> None:
    finding, run = sealed(tmp_path)
    done = run_again(tmp_path, finding, run, Engine())
    assert (done.identical, done.differences, done.again) == (True, (), finding)


def test_a_later_version_that_gives_the_same_bytes_is_no_difference_and_one_that_does_not_is_named_first(
    tmp_path: Path,
) -> None:
    finding, run = sealed(tmp_path)
    assert run_again(tmp_path, finding, run, Engine("2")).identical
    done = run_again(tmp_path, finding, run, Engine("2", score=0.25))
    assert done.differences[0] == "engine version: sealed 1, now 2"
    assert any(one.startswith("score: ") for one in done.differences[1:])


def test_an_engine_that_claims_nothing_of_the_kind_any_more_is_told(tmp_path: Path) -> None:
    finding, run = sealed(tmp_path)
    done = run_again(tmp_path, finding, run, Engine(kind="match.other"))
    assert (done.again, done.differences) == (None, ("the engine does not claim it any more",))


def test_what_the_nodes_own_rules_added_to_the_handling_is_added_again(tmp_path: Path) -> None:
    stricter = Handling(purposes=frozenset({"oic"}))
    finding, run = sealed(tmp_path, Run(engine="count", version="1", params='{"source":"one"}', stricter=stricter))
    assert finding.handling.purposes == frozenset({"oic"})
    assert run_again(tmp_path, finding, run, Engine()).identical


def test_a_run_whose_inputs_a_node_holds_says_whom_to_ask(tmp_path: Path) -> None:
    finding, run = sealed(tmp_path)
    with pytest.raises(SchemaError, match="ask RS-MOI"):
        run_again(tmp_path, finding, replace(run, held_by="RS-MOI"), Engine())


def test_the_sealed_inputs_answer_as_a_view_does_and_hold_nothing_else(tmp_path: Path) -> None:
    _, run = sealed(tmp_path)
    view, (first, second, third) = SealedView(tmp_path, run), RECORDS
    assert [one.id for one in view.records()] == sorted(one.id for one in RECORDS)
    assert [one.id for one in view.records(source="two")] == [third.id]
    assert [one.id for one in view.records(mentions=EntityKey("v2"))] == [second.id]
    assert [one.id for one in view.records(source="two", mentions=EntityKey("v2"))] == []
    assert view.record(first.id) == first
    assert view.fact(fact_id(first.id, 0)) == (first, 0)
    assert view.entity(EntityKey("v3")).key == "v3"
    assert bytes(view.blob(PART)) == b"a picture"
    assert (list(view.findings()), view.decisions(first.id)) == ([], ())
    unseen = record(9)
    asks = (
        lambda: view.record(unseen.id),
        lambda: view.fact(fact_id(unseen.id, 0)),
        lambda: view.fact(fact_id(first.id, 1)),
        lambda: view.entity(EntityKey("v9")),
        lambda: view.blob(BlobHash("b" * 64)),
        lambda: view.table_path(PART),
        lambda: view.finding(FindingId(FINDING.id)),
    )
    for ask in asks:
        with pytest.raises(ForbiddenError):
            ask()


@pytest.mark.parametrize(
    "name", ["findings/../seal.json", "findings/deeper/x", "seal.json", "exhibits/x", "findings/none"]
)
def test_an_input_that_is_named_outside_its_folder_or_is_gone_is_not_read(tmp_path: Path, name: str) -> None:
    _, run = sealed(tmp_path)
    for other in ("data/seal.json", "data/exhibits/x", "data/findings/deeper/x"):
        (tmp_path / other).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / other).write_bytes(b"")
    with pytest.raises(SchemaError, match="not there"):
        SealedView(tmp_path, replace(run, inputs=(name,)))


def test_whatever_is_looked_at_is_remembered_as_an_input() -> None:
    first, second, third = RECORDS
    looks: dict[str, tuple[Callable[[Recording], object], set[str]]] = {
        "records": (lambda view: list(view.records(source="one")), {first.id, second.id}),
        "record": (lambda view: view.record(third.id), {third.id}),
        "fact": (lambda view: view.fact(fact_id(second.id, 0)), {second.id}),
        "entity": (lambda view: view.entity(EntityKey("v3")), {third.id}),
    }
    for name, (look, seen) in looks.items():
        view = Recording(shown(RECORDS))
        look(view)
        assert set(view.seen) == seen, name
    view = Recording(shown(RECORDS))
    view.blob(PART)
    view.table_path(BlobHash("b" * 64))
    assert view.parts == {PART: "blob", "b" * 64: "table"}
    assert bytes(view.derived("x", lambda: b"made anew")) == b"made anew"


def test_what_a_run_read_is_shown_again_and_no_later_record(tmp_path: Path) -> None:
    finding, run = sealed(tmp_path)
    read = frozenset(one.id for one in RECORDS[:2])
    view = PastView(shown([*RECORDS, record(7)]), read)
    assert {one.id for one in view.records()} == read
    assert (bytes(view.blob(PART)), view.table_path(PART)) == (b"a picture", f"/tables/{PART}")
    assert run_over(view, {"source": "one"}, finding, run, Engine()).identical


def test_a_record_that_a_run_read_and_that_is_gone_is_counted() -> None:
    read = frozenset(one.id for one in RECORDS)
    with pytest.raises(ForbiddenError, match="1 of the 3 records"):
        PastView(shown(RECORDS[1:]), read)
