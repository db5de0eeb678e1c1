"""A protected person's identity is found however it is written, and nothing else is."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headwater.case.letters import plain
from headwater.case.protected import OVERLAP, Shield, draw_pseudonyms, shield, shield_of
from tests.case_world import SMUGGLED_NAME, VICTIM_ADDRESS, VICTIM_NAME, VICTIM_PHONE, Repeating, made_case


@pytest.fixture
def guard(tmp_path: Path) -> Shield:
    case = made_case(tmp_path)
    return shield(case, draw_pseudonyms(case, Repeating()))


HITS = {
    "as it stands": f"We spoke with {SMUGGLED_NAME} today".encode(),
    "in capitals": SMUGGLED_NAME.upper().encode(),
    "with other spaces": b"person\xc2\xa0\n three",
    "spaced out": b"P e r s o n   T h r e e",
    "with letters outside ASCII": VICTIM_NAME.encode(),
    "in capitals outside ASCII": VICTIM_NAME.upper().encode(),
    "with letters taken apart": "Zorana Kestenovic\u0301".encode(),
    "full width": "Ｐｅｒｓｏｎ Ｔｈｒｅｅ".encode(),
    "in UTF-16": f"met {VICTIM_NAME}.".encode("utf-16"),
    "in UTF-16 without a mark": f"met {SMUGGLED_NAME}".encode("utf-16-be"),
    "ASCII in a binary file": b"\xff\xfe\xfa\x00(" + SMUGGLED_NAME.encode() + b")\xff\xc0",
    "other letters in a binary file": b"\xff\xd8\xff\x00" + VICTIM_NAME.encode() + b"\xc0\xff",
    "in the letters of Windows": b"\x89PNG\xff " + VICTIM_NAME.encode("cp1250") + b"\xff\x00",
    "a phone number, closed up": b"call +0005550104 now",
    "a phone number, with hyphens": b"000-555-0104",
    "a phone number without its country": b"ring 5550104 or 05550104",
    "family name first": b"KESTENOVIC, Zorana",
    "without diacritics": b"zorana kestenovic",
    "in Cyrillic": "Зорана Кестеновић".encode(),
    "in Cyrillic of Windows": "Зорана Кестеновић".encode("cp1251"),
    "in UTF-32": f"met {SMUGGLED_NAME}".encode("utf-32"),
    "an address": VICTIM_ADDRESS.lower().encode(),
    "in a piece that begins inside a letter": "ć".encode()[1:] + b" Zorana Kestenovic\xcc\x81 " + "ć".encode()[:1],
}


@pytest.mark.parametrize("data", HITS.values(), ids=HITS)
def test_an_identity_is_found(guard: Shield, data: bytes) -> None:
    assert guard.finds(data)


MISSES = {
    "nothing": b"",
    "another text": b"Transmission scan of a trailer",
    "letters inside longer words": b"One person threefold, a chairperson three",
    "another number": b"+000 555 01045",
    "Cyrillic": "Извештај о возилу".encode(),
    "a binary file": bytes(range(256)) * 20,
    "a person who is not protected": b"Arben Example",
}


@pytest.mark.parametrize("data", MISSES.values(), ids=MISSES)
def test_what_is_no_identity_is_not_found(guard: Shield, data: bytes) -> None:
    assert not guard.finds(data)


@pytest.mark.parametrize("said", ["04.05.1991", "05/04/1991", "1991-05-04", "4.5.1991", "19910504", "04051991"])
def test_a_day_of_birth_is_found_however_it_is_written(said: str) -> None:
    day = shield_of({"P4": ["1991-05-04"]}, {"P4": "Person X"})
    assert day.finds(f"born {said}, it says".encode())
    assert not day.finds(f"born {said}7, it says".encode())


def test_the_overlap_of_two_pieces_holds_the_longest_identifier(guard: Shield) -> None:
    assert 4 * 8 * max(map(len, guard.names)) < OVERLAP


def test_a_text_is_covered_by_the_pseudonym(guard: Shield) -> None:
    names = dict(guard.names)
    assert (
        guard.cover(f"Rota of {VICTIM_NAME}: {VICTIM_PHONE}")
        == f"Rota of {names['zoranakestenovic']}: +{names['0005550104']}"
    )
    assert guard.cover("Rota of Lane 2") == "Rota of Lane 2"


def test_pseudonyms_differ_between_persons_and_between_cases(tmp_path: Path) -> None:
    case = made_case(tmp_path)
    one, two = draw_pseudonyms(case, Repeating(b"one")), draw_pseudonyms(case, Repeating(b"two"))
    assert set(one) == {"P3", "P4"}
    assert len({*one.values(), *two.values()}) == 4


def test_a_mark_protects_whatever_the_category(tmp_path: Path) -> None:
    case = made_case(tmp_path, lambda case: [person.update(category="witness") for person in case["persons"][1:3]])
    assert [person.id for person in case.protected_persons] == ["P4"]


def test_where_nobody_is_protected_nothing_is_found(tmp_path: Path) -> None:
    def nobody(case: dict[str, Any]) -> None:
        for person in case["persons"]:
            person.update(category="witness", protected=False)

    empty = shield(made_case(tmp_path, nobody), {})
    assert not any(empty.finds(data) for data in HITS.values())
    assert empty.cover(VICTIM_NAME) == VICTIM_NAME


MANY = shield_of(
    {"P1": ["Ana Bé", "1991-05-04", "+381 555 0199"], "P2": ["Зорана Кестеновић", "ΩΜΕΓΑ Ψ", "ᄀᄁ ab"]},
    {"P1": "Person X", "P2": "Person Y"},
)
PIECES = (
    "ana",
    "be",
    "Bé",
    "b",
    " ",
    "-",
    "_",
    "x",
    "04",
    "05",
    "1991",
    "5550199",
    "зорана",
    "Kestenović",
    "ωμεγα",
    "ψ",
    "\ud800",
    "ᄀᄁ",
    "é",
    "İ",
)


@example("x ωμεγα - ψ")
@example("зорана-Kestenović \ud800")
@example("é bé, ana")
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_a_look_at_letters_alone_leaves_no_text_out_that_the_pattern_finds(text: str) -> None:
    assert MANY.says(text) is (MANY.pattern.search(plain(text)) is not None)
