"""The forms of a room: its words, the fields of its values with their defaults, and its values in capitals."""

import dataclasses
import enum
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from inspect import Parameter, getmembers, isclass, signature
from types import ModuleType
from typing import Any, Final

import msgspec

from tests.frozen import told

NOT_SAID: Final = "must be given"


def modules_of(room: str) -> tuple[str, ...]:
    """Return the names of a room's modules, as they are imported."""
    package = import_module(room)
    return tuple(one.name for one in pkgutil.walk_packages(package.__path__, f"{room}."))


def forms_of(module: str) -> dict[str, Any]:
    """Return the form of each class of a module, and each of its values in capitals."""
    return {name: _form(value) for name, value in _own(import_module(module))}


def _own(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield what a module makes and shows: classes, and values in capitals (imported ones bear no annotation here)."""
    for name, value in getmembers(module):
        is_value = name.isupper() and name in module.__annotations__
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
    if factory in (dataclasses.MISSING, msgspec.NODEFAULT):
        return NOT_SAID
    made = factory()
    return "a function" if callable(made) else told(made)


def named(value: Any) -> Any:
    """Return a value in which each class stands as its name."""
    if isinstance(value, Mapping):
        return {named(key): named(each) for key, each in value.items()}
    if type(value) in (tuple, frozenset):
        return type(value)(map(named, value))
    return value.__name__ if isclass(value) else value


def _form(value: Any) -> Any:
    if isinstance(value, tuple) and any(hasattr(one, "test") for one in value):
        return [f"{one.id} {one.name}" for one in value]  # rules, in their order
    if not isclass(value):
        return value.hex() if isinstance(value, bytes) else told(named(value))
    if issubclass(value, enum.Enum):
        return {one.name: one.value for one in value}
    if issubclass(value, msgspec.Struct):
        return _struct(value)
    if dataclasses.is_dataclass(value):
        fields = {one.name: _default(one.default, one.default_factory) for one in dataclasses.fields(value)}
        return {"fields": fields, "order": [*fields], "given by place": _by_place(value)}
    return "a class"
