"""The rules of BSI Flex 335 (SAPIENT), read from the options in its own .proto files: one validator for every message.

Nothing here names a field of the standard but the version of the interface. What is mandatory, which identifiers are ULIDs
or UUIDs and which words an enumeration has stands in the schema, and is compiled once per message type into short checks.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.unknown_fields import UnknownFieldSet
from sapient_msg import proto_options_pb2 as options

Error = tuple[str, str]
"""Which rule, and the dotted path of the field; the empty path is the message itself."""

VERSIONS: Final = frozenset({"BSI Flex 335 v1.0", "BSI Flex 335 v2.0"})
VERSION_PATH: Final = "registration.icd_version"
_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
# As the reference takes them: UUIDs of version 4 in lower case, ULIDs in upper case.
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class _Field:
    """What the schema asks of one field."""

    name: str
    mandatory: bool
    repeated: bool
    words: frozenset[int] | None
    form: Callable[[str], object] | None
    inner: Descriptor | None


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the schema asks of one message type.

    Attributes:
        must: numbers of the fields that must be there; `names` says how each is called and which rule is broken without.
        ways: for each choice that must be made, the numbers of the fields among which to choose.
        by_number: the fields whose content is looked at.
    """

    must: frozenset[int]
    names: dict[int, tuple[str, str]]
    ways: tuple[frozenset[int], ...]
    by_number: dict[int, _Field]


@cache
def _rules(kind: Descriptor) -> _Rules:
    fields = {field.number: _field(field) for field in kind.fields}
    must = {number: one for number, one in fields.items() if one.mandatory}
    return _Rules(
        must=frozenset(must),
        names={
            number: (one.name, "mandatory_repeated_present" if one.repeated else "mandatory_fields_present")
            for number, one in must.items()
        },
        ways=tuple(
            frozenset(field.number for field in one.fields)
            for one in kind.oneofs
            if one.GetOptions().Extensions[options.oneof_options].is_mandatory
        ),
        by_number={
            number: one
            for number, one in fields.items()
            if one.words is not None or one.form is not None or one.inner is not None
        },
    )


def _field(field: FieldDescriptor) -> _Field:
    told = field.GetOptions().Extensions[options.field_options]
    # The reference looks at single enumeration values and not at lists of them, and at no message of another package.
    single = field.enum_type is not None and not field.is_repeated
    words = frozenset(value.number for value in field.enum_type.values) if single else None
    inner = field.message_type if field.message_type is not None and _is_ours(field.message_type) else None
    form = _ULID.fullmatch if told.is_ulid else _UUID.fullmatch if told.is_uuid else None
    return _Field(
        field.name, bool(told.is_mandatory), bool(field.is_repeated), words, form, inner
    )  # fmt: skip


def _is_ours(kind: Descriptor) -> bool:
    return bool(kind.full_name.startswith("sapient_msg."))


def check(data: bytes, message: Any) -> list[Error]:  # noqa: ANN401 - a message of protobuf has no common typed base
    """Return every rule that a message breaks, with the path of the field, sorted.

    Args:
        data: the bytes that the message was parsed from.
        message: the message; unknown fields are taken out of it.
    """
    errors: list[Error] = []
    # Looking for unknown fields part by part costs half of all; taking them out at once shows by the size if there are any.
    size = message.ByteSize()
    message.DiscardUnknownFields()
    if message.ByteSize() != size:
        message.ParseFromString(data)
        _check_unknown(message, "", errors)
    _check(message, "", errors)
    _check_version(message, errors)
    errors.sort()
    return errors


def _check_unknown(message: Any, path: str, errors: list[Error]) -> None:  # noqa: ANN401
    if len(UnknownFieldSet(message)):
        errors.append(("no_unknown_fields", path[:-1]))
    by_number = _rules(message.DESCRIPTOR).by_number
    for field, value in message.ListFields():
        rule = by_number.get(field.number)
        if rule is None or rule.inner is None:
            continue
        for at, one in enumerate(value) if rule.repeated else ((None, value),):
            step = rule.name if at is None else f"{rule.name}.{at}"
            _check_unknown(one, f"{path}{step}.", errors)


def _check_version(message: Any, errors: list[Error]) -> None:  # noqa: ANN401
    if message.WhichOneof("content") == "registration":
        version = message.registration.icd_version.replace("_", " ")  # as nodes wrote it once
        if message.registration.HasField("icd_version") and version not in VERSIONS:
            errors.append(("supported_icd_version", VERSION_PATH))


def _check(message: Any, path: str, errors: list[Error]) -> None:  # noqa: ANN401, C901 - the hot loop of every message
    rules = _rules(message.DESCRIPTOR)
    listed = message.ListFields()  # a field without presence that holds nothing is not listed: it is missing
    by_number = rules.by_number
    present = set()
    for field, value in listed:
        number = field.number
        present.add(number)
        rule = by_number.get(number)
        if rule is None:
            continue
        if rule.inner is not None:
            if rule.repeated:
                for at, one in enumerate(value):
                    _check(one, f"{path}{rule.name}.{at}.", errors)
            else:
                _check(value, f"{path}{rule.name}.", errors)
        elif rule.words is not None:
            if value not in rule.words:
                errors.append(("no_unknown_enum_values", path + rule.name))
        elif rule.form is not None and not rule.form(value):
            errors.append(("id_format_valid", path + rule.name))
    if not rules.must <= present:
        for number in rules.must - present:
            name, broken = rules.names[number]
            errors.append((broken, path + name))
    errors.extend(("mandatory_oneof_present", path[:-1]) for way in rules.ways if not way & present)
