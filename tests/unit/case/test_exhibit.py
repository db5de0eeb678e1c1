"""A reference tells one exhibit from another, and its file's name in a bundle is made of it and nothing else."""

import pytest

from headwater.case.data.verify import exhibit_of
from headwater.case.exhibit import payload_name, reference_key
from headwater.errors import SchemaError


@pytest.mark.parametrize("ref", ["JS/1", "js/1", " J S / 1 ", "Js /1"])
def test_case_and_spaces_do_not_tell_references_apart(ref: str) -> None:
    assert reference_key(ref) == "JS/1"


@pytest.mark.parametrize("ref", ["", "/1", "1/JS", "JS/", "JS_1", "JS/../1", "JS\\1", "JS.1", "J" * 41, "JS/1\n/2\x00"])
def test_what_is_no_reference_is_refused(ref: str) -> None:
    with pytest.raises(SchemaError):
        reference_key(ref)


def test_a_long_text_that_is_no_reference_is_refused_at_once() -> None:
    with pytest.raises(SchemaError):
        reference_key("A" * 30 + "/-/-/-!")


@pytest.mark.parametrize(
    ("ref", "path", "name"),
    [
        ("JS/1", "exhibits/Zorana Kestenovic.TXT", "JS_1.txt"),
        ("ЈС/1", "a.b.csv", "ЈС_1.csv"),
        ("JS/1/2", "noending", "JS_1_2"),
        ("JS-1", "x.zorana kestenovic", "JS-1"),
    ],
)
def test_the_name_in_a_bundle_keeps_the_reference_and_the_kind_of_file_only(ref: str, path: str, name: str) -> None:
    assert payload_name(ref, path) == name
    assert exhibit_of(f"data/exhibits/{name}") == reference_key(ref)


@pytest.mark.parametrize("path", ["data/statements/S1.txt", "manifest.json", "data/exhibits/deeper/JS_1.txt", ""])
def test_what_does_not_lie_among_the_exhibits_is_none(path: str) -> None:
    assert exhibit_of(path) == ""
