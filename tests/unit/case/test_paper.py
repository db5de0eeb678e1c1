"""A paper is PDF/A-3a and PDF/UA-1, tagged, the same bytes each time, and shows text as text."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pypdf
import pytest

from headwater.case import paper
from headwater.case.paper import Paper, Part, pdf_of
from headwater.errors import SchemaError
from tests.case_papers import words
from tests.case_world import NOON

PAPER = Paper(
    title="Schedule",
    short="MG6C",
    author="UK-NCA",
    facts=(("Case", "00EX0000126"),),
    parts=(
        Part(
            heading="Items",
            columns=(("No.", "auto"), ("Description", "1")),
            rows=[("1", "Снимак приколице, č ć ž š đ ë ç"), ("2", '#strong[x] $a$ _b_ " \\ <x> @y')],
        ),
    ),
    signing=("I certify it.",),
)


def root(pdf: bytes) -> Any:
    return pypdf.PdfReader(io.BytesIO(pdf)).trailer["/Root"]


def test_a_paper_says_that_it_is_pdf_a_3a_and_pdf_ua_1(monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = root(pdf_of(PAPER, NOON))["/Metadata"].get_data().decode()
    for said in ("<pdfaid:part>3<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<", "Schedule", "UK-NCA"):
        assert said in metadata


def test_a_paper_is_tagged_in_its_language_with_headings_and_a_table() -> None:
    catalogue = root(pdf_of(PAPER, NOON))
    assert bool(catalogue["/MarkInfo"]["/Marked"])
    assert catalogue["/Lang"] == "en"
    tags: list[str] = []
    waiting = [catalogue["/StructTreeRoot"]]
    while waiting:
        at = waiting.pop()
        at = at.get_object() if hasattr(at, "get_object") else at
        if isinstance(at, dict):
            tags.append(str(at.get("/S", "")))
            children = at.get("/K", [])
            waiting += list(children) if isinstance(children, list) else [children]
    assert {"/Document", "/H1", "/H2", "/Table", "/TR", "/TH", "/TD"} <= set(tags)
    assert (tags.count("/TH"), tags.count("/TD")) == (2, 4)


def test_the_fonts_are_in_the_file() -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf_of(PAPER, NOON)))
    fonts: Any = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert fonts
    for font in fonts.values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)


def test_the_same_paper_and_time_give_the_same_bytes_and_another_time_others() -> None:
    made = pdf_of(PAPER, NOON)
    assert pdf_of(PAPER, NOON) == made
    assert pdf_of(PAPER, NOON + timedelta(seconds=1)) != made


def test_text_is_shown_as_it_is_in_every_script_and_never_taken_for_markup() -> None:
    said = words(pdf_of(PAPER, NOON))
    assert "Снимак приколице, č ć ž š đ ë ç" in said
    assert '#strong[x] $a$ _b_ " \\ <x> @y' in said


@pytest.mark.parametrize("text", ["中文", "a\u0000b", "\ue000", "😀", "ትግርኛ", "\u202ex"])
def test_a_letter_without_a_shape_is_written_by_its_number(text: str) -> None:
    said = words(pdf_of(replace(PAPER, parts=(Part(text=(text,)),)), NOON))
    assert all(f"[U+{ord(letter):04X}]" in said or letter in "abx\u202e" for letter in text)


def test_what_cannot_be_set_at_all_is_a_declared_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "_layout", lambda: b"#panic()")
    with pytest.raises(SchemaError, match="cannot be set"):
        pdf_of(PAPER, NOON)


def test_a_watermark_stands_on_every_page_and_is_no_content() -> None:
    rows = [(str(at), "x") for at in range(80)]
    long = replace(PAPER, watermark="DRAFT", parts=(replace(PAPER.parts[0], rows=rows),))
    pages = pypdf.PdfReader(io.BytesIO(pdf_of(long, NOON))).pages
    assert len(pages) > 1
    assert all("DRAFT" in page.extract_text() for page in pages)
