"""The index of names is not precious: what is wrong with its file is a declared error that says so."""

from pathlib import Path

import pytest

from headwater.errors import StoreIoError
from headwater.store.search import FILE, SearchIndex


def test_an_index_that_cannot_be_used_is_a_declared_error(tmp_path: Path) -> None:
    (tmp_path / "derived" / FILE).mkdir(parents=True)
    index = SearchIndex(tmp_path)
    with pytest.raises(StoreIoError):
        index.bring_up(1, lambda _: iter(()), lambda _: iter(()))
    with pytest.raises(StoreIoError):
        list(index.find([["word"]], every=True))
