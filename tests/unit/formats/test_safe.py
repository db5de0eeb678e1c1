"""What safe JSON takes and refuses, and how it says so."""

import json
from pathlib import Path

import orjson
import pytest

from headwater.errors import FormatError, InputError, LimitError, Place, SchemaError
from headwater.exchange.envelope import read
from headwater.exchange.refusal import Code, Refusal
from headwater.formats import safe
from headwater.formats.safe import (
    MAX_FIELD_BYTES,
    check_size,
    identifier,
    is_whole,
    parse_json,
    parse_json_lines,
    parse_wire_json,
    visible,
)
from tests.unit.exchange.test_envelope import header

REFUSED = {
    "a key twice": b'{"a":1,"a":2}',
    "a key twice, one level down": b'{"x":{"a":1,"a":2}}',
    "a key twice, with equal values": b'{"a":1,"a":1}',
    "a key twice, once escaped": b'{"k":1,"\\u006b":2}',
    "a key twice, with space before the colon": b'{"a":1,"a" :2}',
    "a key twice, hidden behind a text that looks like a key": b'{"a":1,"a":"\\u0022:"}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "overflow": b'{"a":1e999}',
    "a lone high surrogate": b'{"a":"\\ud800"}',
    "a lone low surrogate": b'{"a":"\\udc00x"}',
    "bytes that are no UTF-8": b'{"a":"\xff"}',
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "two documents": b'{"a":1}{"b":2}',
    "a trailing comma": b'{"a":1,}',
    "a comment": b'{"a":1}//x',
    "single quotes": b"{'a':1}",
    "nothing": b"",
    "white space": b" ",
    "a NUL byte": b"\0",
    "a NUL in a key": b'{"a\\u0000b":1}',
    "a NUL in a value": b'{"a":"x\\u0000"}',
    "an integer of 5,000 digits": b'{"a":' + b"9" * 5000 + b"}",
    "an integer of 21 digits": b'{"a":[' + b"9" * 21 + b"]}",
    "an integer just over 64 bits": b'{"a":18446744073709551616}',
    "a negative integer just over 64 bits": b"[-9223372036854775809]",
    "65 levels": b"[" * 65 + b"]" * 65,
    "65 levels of objects": b'{"a":' * 65 + b"1" + b"}" * 65,
    "2,000 levels": b"[" * 2000 + b"]" * 2000,
    "a text over 65,536 bytes": b'["' + b"x" * (MAX_FIELD_BYTES + 1) + b'"]',
    "a text over 65,536 bytes in two-byte letters": ('["' + "ж" * (MAX_FIELD_BYTES // 2 + 1) + '"]').encode(),
    "a key over 65,536 bytes": b'{"' + b"x" * (MAX_FIELD_BYTES + 1) + b'":1}',
}
ACCEPTED = {
    "64 levels": b"[" * 64 + b"]" * 64,
    "64 levels around a value": b"[" * 64 + b"1" + b"]" * 64,
    "a text of 65,536 bytes": b'["' + b"x" * MAX_FIELD_BYTES + b'"]',
    "keys out of order": b'{"b":1,"a":2}',
    "the same key in two objects": b'[{"a":1},{"a":1}]',
    "texts that look like keys": b'{"a":"\\":","b":":x","c":"d :"}',
    "spaces everywhere": b'{ "a" : [ 1 , 2 ] , "b" : { } }',
    "a direction mark": b'{"name":"\\u202egnp.exe"}',
    "a name that is dangerous elsewhere": b'{"__proto__":{"a":1}}',
    "the largest 64-bit integer": b'{"a":18446744073709551615}',
    "a large double": b'{"a":1e300}',
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_two_parsers_could_read_differently_is_refused(data: bytes) -> None:
    for parse in (parse_json, parse_wire_json):
        with pytest.raises((FormatError, LimitError)):
            parse(data, where="x.json")


@pytest.mark.parametrize("data", ACCEPTED.values(), ids=ACCEPTED)
def test_what_every_parser_reads_alike_is_accepted(data: bytes) -> None:
    assert parse_json(data) == json.loads(data)


def test_every_row_of_the_trap_table_is_answered_as_it_must(shared: Path) -> None:
    rows = (shared / "data/reliability/json_traps.jsonl").read_text().splitlines()
    for trap in map(json.loads, rows):
        data = bytes.fromhex(trap["hex"])
        must = trap["must"]
        if trap["id"] == "mixed_script_id":
            with pytest.raises(SchemaError):
                identifier(json.loads(data)["id"], where=Place())
        elif trap["id"] in {"bool_as_int", "neg_seq"}:
            fields = {**json.loads(header().to_bytes()), **json.loads(data)}
            head = json.dumps(fields, separators=(",", ":")).encode()
            refused = read(len(head).to_bytes(2, "big") + head)
            assert isinstance(refused, Refusal)
            assert (refused.code, refused.detail) == (Code.BAD_HEADER, "seq")
        elif must == "refuse":
            for parse in (parse_json, parse_wire_json):
                with pytest.raises((FormatError, LimitError)):
                    parse(data)
        else:
            assert parse_json(data, allow_bom=True) is not None, trap["id"]
        if "refuse in an envelope" in must:
            with pytest.raises((FormatError, LimitError)):
                parse_wire_json(data)
    assert len(rows) == 37


def test_a_byte_order_mark_is_accepted_in_a_users_file_only() -> None:
    data = b'\xef\xbb\xbf{"a":1}'
    assert parse_json(data, allow_bom=True) == {"a": 1}
    with pytest.raises(FormatError, match="byte order mark"):
        parse_json(data)


@pytest.mark.parametrize("number", [b"-0", b"-0.0", b"9007199254740992", b"-9007199254740993"])
def test_between_nodes_a_number_has_one_spelling_and_is_exact(number: bytes) -> None:
    data = b'{"a":[' + number + b"]}"
    assert parse_json(data) == {"a": [json.loads(number)]}
    with pytest.raises((FormatError, LimitError)):
        parse_wire_json(data)


def test_between_nodes_a_date_with_a_zero_is_no_minus_zero() -> None:
    assert parse_wire_json(b'{"a": "2030-01-01", "b": [ -1 ]}') == {"a": "2030-01-01", "b": [-1]}


@pytest.mark.parametrize("data", [b'"x"', b"[]", b"1", b"null"])
def test_between_nodes_only_an_object_will_do(data: bytes) -> None:
    with pytest.raises(FormatError, match="not a JSON object"):
        parse_wire_json(data)


def test_float_noise_reads_as_the_nearest_double() -> None:
    assert parse_json(b'{"a":0.1000000000000000055511151231257827}') == {"a": 0.1}


def test_an_error_names_the_byte_and_never_the_content() -> None:
    with pytest.raises(FormatError) as caught:
        parse_json(b'{"secret":1,"secret":2}', where=Place(file="x.json", line=7))
    assert caught.value.where == Place(file="x.json", line=7, offset=12)
    assert "secret" not in str(caught.value)


def test_an_offset_counts_bytes_not_letters() -> None:
    with pytest.raises(FormatError) as caught:
        parse_json('{"Ж":1}x'.encode())
    assert caught.value.where.offset == 8


def test_each_line_of_json_lines_is_read_or_refused_by_itself() -> None:
    found = list(parse_json_lines(b'\xef\xbb\xbf{"a":1}\n\n{"a":1,"a":2}\r\n[2]', file="x.jsonl"))
    assert found[0] == (1, {"a": 1})
    assert found[2] == (4, [2])
    number, error = found[1]
    assert number == 3
    assert isinstance(error, FormatError)
    assert error.where.line == 3


def test_a_line_over_the_limit_is_refused_by_itself() -> None:
    data = b'["' + b"x" * 1_100_000 + b'"]\n[1]\n'
    (_, first), (_, second) = parse_json_lines(data)
    assert isinstance(first, LimitError)
    assert second == [1]


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="empty"):
        check_size(data, file="x")


@pytest.mark.parametrize("value", ["", "а", "a b", "a\u200b", "a\n", 5, None, "x" * 257])
def test_an_identifier_is_visible_ascii(value: object) -> None:
    with pytest.raises(SchemaError):
        identifier(value, where=Place(field="id"))
    assert identifier("uk:TEST0001", where=Place()) == "uk:TEST0001"


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_a_whole_number_is_an_integer_and_no_truth_value(value: object) -> None:
    assert not is_whole(value)
    assert is_whole(0)
    assert is_whole(-1)


def test_hidden_marks_are_shown_as_code_points() -> None:
    assert visible("a\u202egnp.exe\u200b Ж\n") == "a[U+202E]gnp.exe[U+200B] Ж\n"


def test_input_errors_are_declared() -> None:
    for data in REFUSED.values():
        with pytest.raises(InputError) as caught:
            parse_json(data)
        assert caught.value.exit == 65


@pytest.mark.parametrize(
    ("data", "plain"),
    [
        (b'[{"a":[1,-2.5,"x",null]},{"b":{"c":"\\u0416\\"\\\\"}}]', True),
        (b'{ "a" : "]" , "b" : "[" }', True),
        (b'{"a":1,"a":2}', False),
        (b'{"k\\\\":1,"k\\\\":2}', False),
        (b'{"a\\u0062":1,"ab":2}', False),
        (b'["]",["]",["]",[1,"["],"["],"["]]', True),
        (b'["\\u0000"]', False),
        (b"[1e999]", False),
        (b"[123456789012345678]", False),
        (b'["' + b"x" * 70_000 + b'"]', False),
        (b'["' + b'\\"x' * 30_000 + b'"]', True),
        (b'["' + b'\\"' * 70_000 + b'"]', False),
        (b"[" * 64 + b"]" * 64, False),
        (b"[" * 32 + b"]" * 32, True),
        (b"[" * 65 + b'"]]]"' + b"]" * 65, False),
        (b"[" + b"0," * 1_000_000 + b"0]", False),
    ],
    ids=range(16),
)
def test_what_bytes_alone_tell_to_be_plain_is_what_a_look_at_every_value_finds_good(data: bytes, plain: bool) -> None:
    value = orjson.loads(data) if b"999" not in data else None
    assert safe._is_plain(value, data) is plain
    if plain:
        safe._check_values(value, data, Place())
