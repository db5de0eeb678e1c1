"""The index of names is not precious: what is wrong with its file is a declared error that says so."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from headwater.errors import StoreIoError
from headwater.model.canonical import encode
from headwater.model.fact import Fact
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.store import search
from headwater.store.search import FILE, Candidate, SearchIndex


def test_an_index_that_cannot_be_used_is_a_declared_error(tmp_path: Path) -> None:
    (tmp_path / "derived" / FILE).mkdir(parents=True)
    index = SearchIndex(tmp_path)
    with pytest.raises(StoreIoError):
        index.bring_up(1, lambda _: iter(()), lambda _: iter(()))
    with pytest.raises(StoreIoError):
        list(index.find([["word"]], every=True))


def test_an_index_that_the_disk_has_no_folder_for_is_a_declared_error(tmp_path: Path) -> None:
    (tmp_path / "derived").write_bytes(b"")
    index = SearchIndex(tmp_path)
    with pytest.raises(StoreIoError, match="cannot be used"):
        index.bring_up(1, lambda _: iter(()), lambda _: iter(()))
    with pytest.raises(StoreIoError, match="cannot be used"):
        list(index.find([["word"]], every=True))


def boat(number: int) -> Record:
    key = EntityKey(f"boat-{number}")
    return Record(
        origin=Origin(AuthorityId("UK-NCA"), "report", place=str(number)),
        handling=UNRESTRICTED,
        mentions=(Mention(key, "Vessel"),),
        facts=(Fact(key, "name", "Sea Invention"),),
    )


@pytest.mark.parametrize("page", [1, 2, 3, 5])
def test_candidates_come_page_by_page_and_none_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(search, "_PAGE", page)
    index = SearchIndex(tmp_path)
    boats = [(number, boat(number)) for number in range(1, 6)]
    index.bring_up(
        5,
        lambda after: (one for one in boats if one[0] > after),
        lambda record: [(record.mentions[0].key, "sea", "told")],
    )
    assert [one.entity for one in index.find([["sea"]], every=True)] == [f"boat-{number}" for number in range(1, 6)]
    index.close()


SECRET = Handling(codes=frozenset({"TLP:RED"}), addressees=frozenset({"a"}))
WORDS: dict[int, list[tuple[str, str, str]]] = {
    1: [("boat-1", "sea_1 invention", "one"), ("crew-1", "sea1.net", "two")],
    2: [],
    3: [("boat-3", "Sea invention đ", "three"), ("boat-3", "other sea-side", "four")],
    4: [("boat-4", "d", "five")],
}
ANSWERS: tuple[tuple[list[list[str]], bool, list[str]], ...] = (
    # (groups, every, which of those that are told are found)
    ([["sea"]], True, ["three", "four"]), ([["SEA"]], True, ["three", "four"]), ([["sea_1"]], True, ["one"]), ([["sea1.net"]], True, ["two"]),
    ([["net"]], True, []), ([["side"]], True, ["four"]), ([["d"]], True, ["five"]), ([["đ"]], True, ["three"]),
    ([["invention"], ["sea", "sea_1"]], True, ["one", "three"]), ([["invention"], ["sea"]], True, ["three"]),
    ([["other"], ["sea_1"]], False, ["one", "four"]), ([["other", "sea_1"]], True, ["one", "four"]), ([["other"], ["sea_1"]], True, []),
    ([["sea"], []], True, ["three", "four"]), ([[], []], True, []), ([], False, []), ([["boat"]], True, []), ([["one"]], True, []),
)  # fmt: skip


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    made = SearchIndex(tmp_path)
    made.bring_up(4, after(4), words)
    yield made
    made.close()


def after(newest: int) -> Callable[[int], Iterator[tuple[int, Record]]]:
    records = [
        (number, replace(boat(number), handling=SECRET if number == 3 else UNRESTRICTED))
        for number in range(1, newest + 1)
    ]
    return lambda since: (one for one in records if one[0] > since)


def words(record: Record) -> list[tuple[str, str, str]]:
    return WORDS.get(int(record.origin.place or 0), [])


@pytest.mark.parametrize(("groups", "every", "told"), ANSWERS)
def test_words_are_found_whole_in_any_case_and_in_groups(
    index: SearchIndex, groups: list[list[str]], every: bool, told: list[str]
) -> None:
    assert [one.told for one in index.find(groups, every=every)] == told


def test_a_candidate_says_which_entity_of_which_record_under_what_handling(index: SearchIndex) -> None:
    found = list(index.find([["invention"]], every=True))
    of = [(number, record) for number, record in after(4)(0) if number in (1, 3)]
    assert found == [
        Candidate(f"boat-{number}", record.id, encode(record.handling).decode(), told)
        for (number, record), told in zip(of, ("one", "three"), strict=True)
    ]


def test_what_came_since_is_added_once_and_nothing_is_read_where_nothing_came(index: SearchIndex) -> None:
    asked: list[int] = []

    def told(newest: int) -> Callable[[int], Iterator[tuple[int, Record]]]:
        def since(number: int) -> Iterator[tuple[int, Record]]:
            asked.append(number)
            return after(newest)(number)

        return since

    index.bring_up(4, told(4), words)
    index.bring_up(3, told(4), words)
    assert asked == []
    WORDS[6] = [("boat-6", "sea", "six")]
    try:
        index.bring_up(5, told(5), words)
        index.bring_up(6, told(6), words)
        index.bring_up(6, told(6), words)
    finally:
        del WORDS[6]
    assert asked == [4, 5]
    assert [one.told for one in index.find([["sea"]], every=True)] == ["three", "four", "six"]


def test_a_round_that_breaks_off_adds_nothing_and_is_done_again_whole(index: SearchIndex) -> None:
    def broken(record: Record) -> list[tuple[str, str, str]]:
        if record.origin.place == "6":
            raise ZeroDivisionError
        return [("boat", "sea", f"again {record.origin.place}")]

    with pytest.raises(ZeroDivisionError):
        index.bring_up(6, after(6), broken)
    assert [one.told for one in index.find([["sea"]], every=True)] == ["three", "four"]
    index.bring_up(6, after(6), lambda record: [("boat", "sea", f"again {record.origin.place}")])
    assert [one.told for one in index.find([["sea"]], every=True)] == ["three", "four", "again 5", "again 6"]


def test_an_index_goes_on_where_it_was_closed_and_is_made_anew_where_it_was_swept_away(
    index: SearchIndex, tmp_path: Path
) -> None:
    index.close()
    index.close()
    index.bring_up(4, lambda _: pytest.fail("it was there"), words)
    for file in (tmp_path / "derived").iterdir():
        file.unlink()
    assert list(index.find([["sea"]], every=True)) == []
    index.bring_up(4, after(4), words)
    assert [one.told for one in index.find([["sea"]], every=True)] == ["three", "four"]


def test_an_index_is_for_its_owner_alone_and_is_read_while_another_writes(index: SearchIndex, tmp_path: Path) -> None:
    folder = tmp_path / "derived"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()} == {
        FILE: 0o600, f"{FILE}-wal": 0o600, f"{FILE}-shm": 0o600,
    }  # fmt: skip
    assert index._open is not None
    assert index._open[0].execute("PRAGMA synchronous").get == 1, "it is not precious"
    other = apsw.Connection(str(folder / FILE))
    try:
        other.execute("BEGIN IMMEDIATE")
        assert len(list(index.find([["sea"]], every=True))) == 2
    finally:
        other.close()
    (folder / FILE).chmod(0o644)
    index.close()
    index.bring_up(4, after(4), words)
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600


def test_another_process_that_writes_for_a_moment_is_waited_for(index: SearchIndex, tmp_path: Path) -> None:
    other = apsw.Connection(str(tmp_path / "derived" / FILE))
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool, closing(other):
        waiting = pool.submit(index.bring_up, 5, after(5), words)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.1)
        other.execute("ROLLBACK")
        assert waiting.result(timeout=30) is None
