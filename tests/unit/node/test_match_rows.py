"""Questions in other programs' words: how many at once, and what is none."""

import pytest

from headwater.errors import LimitError, SchemaError
from headwater.node.match_rows import MOST_QUERIES, few


def test_as_many_questions_as_are_taken_are_taken_and_one_more_is_not() -> None:
    queries = {str(number): {"query": "Quillfeather"} for number in range(MOST_QUERIES)}
    assert few(queries) == queries
    with pytest.raises(LimitError, match="over 500"):
        few({**queries, "one more": {}})


def test_a_question_that_is_no_object_is_named() -> None:
    with pytest.raises(SchemaError) as caught:
        few({"q0": {}, "q1": "Quillfeather"})
    assert caught.value.where.field == "q1"
