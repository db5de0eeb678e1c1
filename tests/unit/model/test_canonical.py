"""Our own bytes: one form out, declared errors in."""

import pytest

from headwater.errors import FormatError, SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.fact import Fact
from headwater.model.ids import EntityKey


def test_what_is_encoded_is_decoded_to_the_same_value() -> None:
    fact = Fact(EntityKey("p1"), "name", "Fiktiv Shpikuri")
    assert decode(encode(fact), Fact) == fact


@pytest.mark.parametrize("data", [b"", b"{", b'{"entity":"a","prop":"name","value":"\xff"}', b"\xff\xfe"])
def test_bytes_that_are_no_json_are_a_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        decode(data, Fact)


@pytest.mark.parametrize("data", [b"{}", b'{"entity":"a","prop":"name","value":7}', b"[]"])
def test_json_of_another_shape_is_a_schema_error(data: bytes) -> None:
    with pytest.raises(SchemaError):
        decode(data, Fact)
