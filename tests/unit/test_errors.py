"""The tree of errors: codes, exits, one line of text, and the names that are exported."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import headwater.errors as module
from headwater.errors import FormatError, HeadwaterError, MissingExtraError, Place

EXITS = {
    "InputError": 65,
    "MissingExtraError": 69,
    "StoreError": 74,
    "PeerError": 75,
    "TrustError": 76,
    "PolicyError": 77,
    "SettingsError": 78,
}


def declared(root: type[HeadwaterError] = HeadwaterError) -> Iterator[type[HeadwaterError]]:
    for child in root.__subclasses__():
        if child.__module__ == module.__name__:
            yield child
            yield from declared(child)


ERRORS = list(declared())


def made(error: type[HeadwaterError], what: str = "a bad thing", **more: Any) -> HeadwaterError:
    return MissingExtraError("match", "numpy") if issubclass(error, MissingExtraError) else error(what, **more)


def test_codes_are_unique() -> None:
    codes = [error.code for error in ERRORS]
    assert codes
    assert len(codes) == len(set(codes))


def test_a_code_begins_with_that_of_its_family() -> None:
    for error in ERRORS:
        parent = error.__mro__[1]
        assert issubclass(parent, HeadwaterError)
        assert parent is HeadwaterError or error.code.startswith(f"{parent.code}.")
        assert re.fullmatch(r"[a-z]+(\.[a-z-]+)?", error.code)


def test_each_family_has_its_exit_status() -> None:
    families = {error.__name__: error.exit for error in ERRORS if error.__bases__ == (HeadwaterError,)}
    assert families == EXITS


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_member_has_the_exit_status_of_its_family(error: type[HeadwaterError]) -> None:
    family = next(one for one in error.__mro__ if one.__name__ in EXITS)
    assert error.exit == EXITS[family.__name__]


def test_the_tree_drawn_on_top_is_the_tree() -> None:
    drawn = re.findall(r"── (\w+) +([a-z.*-]+)(?: +(\d+))?", module.__doc__ or "")
    assert {name for name, _, _ in drawn} == {error.__name__ for error in ERRORS}
    by_name = {error.__name__: error for error in ERRORS}
    for name, code, status in drawn:
        assert by_name[name].code == code.removesuffix(".*")
        assert not status or by_name[name].exit == int(status)


def test_what_is_exported_is_what_is_declared() -> None:
    public = {
        name for name, value in vars(module).items() if inspect.isclass(value) and value.__module__ == module.__name__
    }
    assert set(module.__all__) == public
    assert module.__all__ == sorted(module.__all__)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_text_is_one_line_that_ends_with_what_to_do(error: type[HeadwaterError]) -> None:
    told = made(error, "one\nthing\r\n\tafter  another")
    text = str(told)
    assert text.splitlines() == [text]
    assert text.endswith(told.fix)
    assert told.fix


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_speaks_to_the_user(error: type[HeadwaterError]) -> None:
    assert len((error.__doc__ or "").split()) >= 5


def test_a_text_says_what_where_and_what_to_do() -> None:
    error = FormatError("not XML", where=Place(file="list.xml", line=7, field="NAME"), fix="save it as XML")
    assert str(error) == "not XML; list.xml, line 7, field 'NAME'; save it as XML"


def test_a_place_may_be_a_name() -> None:
    assert str(FormatError("not XML", where="list.xml", fix="x")) == "not XML; list.xml; x"


def test_an_error_without_a_place_names_none() -> None:
    assert str(FormatError("not XML", fix="x")) == "not XML; x"


def test_an_error_without_advice_takes_that_of_its_class() -> None:
    assert FormatError("not XML").fix == FormatError.advice


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("nowhere in particular", Place()),
        ("a.csv", Place(file="a.csv")),
        ("a.csv, line 0", Place(file="a.csv", line=0)),
        ("a.csv, byte 0", Place(file="a.csv", offset=0)),
        ("line 3, byte 9, field 'x'", Place(line=3, field="x", offset=9)),
    ],
)
def test_a_place_is_told_from_the_outside_in(text: str, place: Place) -> None:
    assert str(place) == text


def test_a_place_is_filled_in_where_it_was_missing() -> None:
    inner = FormatError("bad", where=Place(line=0, field="x"))
    assert inner.located(file="a.csv", line=9) is inner
    assert inner.where == Place(file="a.csv", line=0, field="x")
    assert inner.located(file="b.csv").where.file == "a.csv"


def test_a_missing_extra_names_the_command() -> None:
    error = MissingExtraError("match", "numpy")
    assert str(error) == "the library 'numpy' is not installed; install it with: pip install 'headwater[match]'"
    assert error.extra == "match"
