"""The index of names is not precious: what is wrong with its file is a declared error that says so."""

from pathlib import Path

import pytest

from headwater.errors import StoreIoError
from headwater.model.fact import Fact
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.store import search
from headwater.store.search import FILE, SearchIndex


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
