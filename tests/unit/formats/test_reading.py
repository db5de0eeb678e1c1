"""Reading a file as a whole."""

from collections.abc import Iterator

import pytest

from headwater.errors import FormatError, SchemaError
from headwater.formats.reading import Notice, read_all
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.ports import LeftOut, SourceInput
from tests.given import given

KEY = EntityKey("c1")
RECORD = Record(
    origin=Origin(AuthorityId("UK-NCA"), "plain"),
    handling=Handling(),
    mentions=(Mention(KEY, "Company"),),
    facts=(Fact(KEY, "name", "EXAMPLE TEST LTD"),),
)


class Plain:
    """A source of another package, which knows nothing of notices."""

    name = "plain"
    title = "plain"

    def __init__(self, *found: Record | LeftOut) -> None:
        self.found = found

    def read(self, given: SourceInput) -> Iterator[Record | LeftOut]:
        return iter(self.found)


def bad(line: int) -> LeftOut:
    return LeftOut(SchemaError("bad").located(line=line))


def test_any_iterator_of_records_will_do() -> None:
    result = read_all(Plain(RECORD), given(b"x"))
    assert (result.records, result.left_out, result.warnings) == ((RECORD,), (), ())


def test_the_first_error_is_raised_with_the_number_of_all() -> None:
    with pytest.raises(SchemaError, match=r"bad \(the first of 2 rows that cannot be read\); list.csv, line 7"):
        read_all(Plain(RECORD, bad(7), bad(9)), given(b"x"))


def test_good_rows_are_kept_when_asked_for_and_each_bad_one_reported() -> None:
    result = read_all(Plain(bad(7), RECORD, bad(9)), given(b"x"), keep_good=True)
    assert result.records == (RECORD,)
    assert [left.error.where.line for left in result.left_out] == [7, 9]
    assert all(left.error.where.file == "list.csv" for left in result.left_out)


def test_nothing_to_read_is_an_error() -> None:
    with pytest.raises(FormatError, match="empty"):
        read_all(Plain(RECORD), given(b""))
    with pytest.raises(FormatError, match="no entry"):
        read_all(Plain(), given(b"x"))


def test_a_notice_is_one_line() -> None:
    assert str(Notice("odd", RECORD_PLACE)) == "odd; list.csv, line 2"


RECORD_PLACE = SchemaError("x").located(file="list.csv", line=2).where
