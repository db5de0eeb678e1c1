"""The words, forms, limits and defaults of the exchange, whole: partners' nodes, stored documents and ledgers have them already.

Private values count as well: labels of signatures, sizes of keys, patterns of what is read. Whoever changes one on purpose
writes `forms_whole.json` anew with FREEZE=1.
"""

import ast
import re
import struct
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from inspect import Parameter, getmembers, isclass, isfunction, signature
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from headwater.policy.rules.rule import RuleReason
from tests.forms import forms_of, modules_of, named
from tests.frozen import hold, told

HELD: Final = Path(__file__).with_name("forms_whole.json")
PLAIN: Final = (str, bytes, int, float, timedelta, tuple, frozenset, dict, re.Pattern, struct.Struct, RuleReason)


def plain(value: Any) -> Any:
    """Return what a private value is made of."""
    if isinstance(value, re.Pattern):
        return value.pattern
    if isinstance(value, struct.Struct):
        return value.format
    return value.hex() if isinstance(value, bytes) else told(named(value))


def inner_of(module: ModuleType) -> dict[str, Any]:
    """Return the plain values that a module sets, private ones too, and the defaults of its functions and methods."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    own = {each.id for one in tree.body for each in ast.walk(one) if isinstance(each, ast.Name) and _is_set(one, each)}
    found = {
        name: plain(value)
        for name, value in getmembers(module)
        if name.isupper() and name in own and isinstance(value, PLAIN)
    }
    for name, function in _functions(module):
        defaults = {
            each.name: plain(each.default)
            if isinstance(each.default, PLAIN)
            else repr(each.default).partition(" at ")[0]
            for each in signature(function).parameters.values()
            if each.default is not Parameter.empty
        }
        if defaults:
            found[f"{name}()"] = defaults
    return found


def _is_set(statement: ast.stmt, name: ast.Name) -> bool:
    return isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(name.ctx, ast.Store)


def _functions(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the functions that a module makes, and those in its classes that are written there."""
    for name, value in vars(module).items():
        if getattr(value, "__module__", "") != module.__name__:
            continue
        if isfunction(value):
            yield name, value
        elif isclass(value):
            for inner, method in vars(value).items():
                made = getattr(method, "__func__", method)
                if isfunction(made) and made.__code__.co_filename == module.__file__:
                    yield f"{name}.{inner}", made


@pytest.mark.parametrize("module", modules_of("headwater.exchange"))
def test_the_words_forms_and_defaults_of_a_module_are_those_that_others_have_already(module: str) -> None:
    made = {**forms_of(module), **inner_of(import_module(module))}
    hold(HELD, module.removeprefix("headwater.exchange."), made, close=0.0)
