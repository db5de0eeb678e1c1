"""A row of a case's papers that cannot be read is refused by its place, with what to write instead."""

import pytest

from headwater.case.reading import Row
from headwater.errors import SchemaError


@pytest.mark.parametrize(("read", "text"), [(Row.instant, "25 November"), (Row.day, "25 November")])
def test_a_time_that_is_none_is_refused_with_how_it_is_written(read: object, text: str) -> None:
    assert callable(read)
    with pytest.raises(SchemaError) as caught:
        read(Row({"at": text}, "exhibits[0]", "case.json"), "at")
    assert (caught.value.where.file, caught.value.where.field) == ("case.json", "exhibits[0].at")
    assert "2026-11-25" in caught.value.fix
