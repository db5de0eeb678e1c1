"""The words and forms of the room's values, whole: bytes that are kept, signed or sent already must go on meaning the same.

A word of an enumeration stands in databases, files and messages; a field's default is what a message means that leaves the
field out; a table's columns are those of files that partners have. Whoever adds one on purpose writes `forms_whole.json` anew
with FREEZE=1, and a reviewer sees in it what old bytes would mean now.
"""

import dataclasses
import enum
import pkgutil
from collections import Counter
from collections.abc import Iterator
from datetime import tzinfo
from importlib import import_module
from inspect import Parameter, getmembers, isclass, signature
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec
import pytest

from headwater import model
from headwater.model.schema import schemata
from tests.frozen import hold, told

HELD: Final = Path(__file__).with_name("forms_whole.json")
MODULES: Final = tuple(one.name for one in pkgutil.iter_modules(model.__path__))
NOT_SAID: Final = "must be given"


def _own(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield what a module shows: its own classes, and values in capitals."""
    for name, value in getmembers(module):
        is_value = name.isupper() and len(name) > 1 and not isinstance(value, tzinfo)
        if not name.startswith("_") and (is_value or (isclass(value) and value.__module__ == module.__name__)):
            yield name, value


def _struct(kind: type[msgspec.Struct]) -> dict[str, Any]:
    made = kind.__struct_config__
    fields = {
        field.encode_name: _default(field.default, field.default_factory) for field in msgspec.structs.fields(kind)
    }
    return {
        "fields": fields,
        "order": [*kind.__struct_encode_fields__],
        "given by place": _by_place(kind),
        "frozen": made.frozen,
        "walked by the collector": made.gc,
        "unknown fields refused": made.forbid_unknown_fields,
        "defaults left out": made.omit_defaults,
    }


def _by_place(kind: type) -> list[str]:
    return [one.name for one in signature(kind).parameters.values() if one.kind is not Parameter.KEYWORD_ONLY]


def _default(value: Any, factory: Any) -> Any:
    if value not in (dataclasses.MISSING, msgspec.NODEFAULT):
        return told(value)
    return NOT_SAID if factory in (dataclasses.MISSING, msgspec.NODEFAULT) else told(factory())


def _form(value: Any) -> Any:
    if not isclass(value):
        return told(value)
    if issubclass(value, enum.Enum):
        return {one.name: one.value for one in value}
    if issubclass(value, msgspec.Struct):
        return _struct(value)
    if dataclasses.is_dataclass(value):
        fields = {one.name: _default(one.default, one.default_factory) for one in dataclasses.fields(value)}
        return {"fields": fields, "order": [*fields], "given by place": _by_place(value)}
    return "a class"


@pytest.mark.parametrize("name", MODULES)
def test_the_words_and_forms_of_a_module_are_those_that_bytes_have_already(name: str) -> None:
    module = import_module(f"headwater.model.{name}")
    hold(HELD, name, {each: _form(value) for each, value in _own(module)}, close=0.0)


def test_every_entity_type_stands_where_it_stood_and_has_as_many_properties_of_each_kind() -> None:
    # Their names are held to the published ones by a peer test.
    hold(
        HELD,
        "entity types",
        {name: [sorted(one.extends), Counter(one.properties.values())] for name, one in schemata().items()},
    )
