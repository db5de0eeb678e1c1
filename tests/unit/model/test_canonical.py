"""Our own bytes: one form out, declared errors in."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from headwater.errors import FormatError, SchemaError
from headwater.model.canonical import _decoder, convert, decode, encode
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


def test_plain_objects_become_the_value_that_their_json_would() -> None:
    fact = Fact(EntityKey("p1"), "name", "Fiktiv Shpikuri")
    assert convert({"entity": "p1", "prop": "name", "value": "Fiktiv Shpikuri"}, Fact) == fact


def test_plain_objects_of_another_shape_are_a_schema_error_that_names_the_field() -> None:
    with pytest.raises(SchemaError) as caught:
        convert({"entity": "p1", "prop": "name", "value": 7}, Fact)
    assert caught.value.where.field == "value"


TWO_THREADS_MEET_A_TYPE = """
import threading
from enum import Enum, EnumType

import msgspec

from headwater.model.canonical import convert, decode

DATA = b'{"kind":"a","last":"x"}'
PLAIN = {"kind": "a", "last": "x"}


class Watched(EnumType):
    def __getattribute__(cls, name):
        # Asked for while the first thread learns the type that holds this one: the second comes in just then.
        if name == "_value2member_map_" and other and threading.current_thread() is not other and not other.ident:
            other.start()
            other.join(0.5)
        return super().__getattribute__(name)


other = None


class Kind(Enum, metaclass=Watched):
    A = "a"


class Value(msgspec.Struct):
    kind: Kind
    last: str


other = threading.Thread(target=lambda: READ)
READ
other.join()
print("both")
"""


@pytest.mark.parametrize("read", ["decode(DATA, Value)", "convert(PLAIN, Value)"])
def test_two_threads_that_meet_a_type_for_the_first_time_at_once_both_read_it(read: str) -> None:
    # In a process of its own: where this goes wrong, the process ends.
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3] / "src")}
    command = [sys.executable, "-c", TWO_THREADS_MEET_A_TYPE.replace("READ", read)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (0, "both\n")


@pytest.mark.parametrize("read", [lambda kind: convert({"a": 1}, kind), lambda kind: decode(b'{"a":1}', kind)])
def test_whatever_reads_a_type_has_met_it_alone_first(read: Callable[[type], object]) -> None:
    # The test above begins a process; this one sees it where it stands.
    fresh = msgspec.defstruct("Fresh", [("a", int)])
    known = _decoder.cache_info().currsize
    read(fresh)
    assert _decoder.cache_info().currsize == known + 1
    read(fresh)
    assert _decoder.cache_info().currsize == known + 1
