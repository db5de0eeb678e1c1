"""Papers of a case as PDF: PDF/A-3a and PDF/UA-1, tagged, the same bytes for the same content and time.

typst makes them, from one layout (`data/document.typ`). Text is handed over as data, so nothing in a description can be
taken for markup. PDF/A forbids a letter without a shape: one that the fonts do not have is written as ``[U+4E2D]``.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from headwater.errors import MissingExtraError, SchemaError

STANDARDS: Final = ("a-3a", "ua-1")
_UNSHAPED: Final = (
    re.compile(r"[^\n -~\xa0-ͯͰ-ԯء-ٯٱ-ۿა-ჿḀ-ỿ‐-‧‹›⁠₠-₿№™←-⇿∀-⋿]"),
    re.compile(r"[^\n -~\xa0-ſΑ-ωЀ-џ–—‘’“”„…€]"),
)
"""What is written by its number when a letter has no shape: first all but the scripts that our fonts hold, then more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a paper.

    Attributes:
        heading: may be empty.
        text: paragraphs.
        columns: title and share of the width (``auto``, or a number) of each column of the table.
        rows: cells of the table; no table where there are none.
        lang: language of the part (BCP 47).
        level: 1 begins a new page.
    """

    heading: str = ""
    text: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    lang: str = "en"
    level: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper.

    Attributes:
        title: on top, and in the PDF's own data.
        short: name of the form, on every page.
        author: the authority.
        facts: label and value of what stands under the title.
        marking: handling, on every page.
        footer: on every page.
        watermark: across every page; empty for none.
        signing: lines above the place for a signature; none for no such place.
        places: what is written under the lines to sign on.
        wide: landscape.
    """

    title: str
    short: str
    author: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    marking: str = "OFFICIAL"
    footer: str = ""
    watermark: str = ""
    signing: tuple[str, ...] = ()
    places: tuple[str, ...] = ("Signature", "Date")
    wide: bool = False
    lang: str = "en"
    keywords: tuple[str, ...] = field(default_factory=tuple)

    def said(self) -> str:
        """Return all that the paper says, as JSON: what is looked through for what may not leave."""
        return json.dumps(self._data(), ensure_ascii=False, sort_keys=True)

    def _data(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "short": self.short,
            "author": self.author,
            "facts": self.facts,
            "marking": self.marking,
            "footer": self.footer,
            "watermark": self.watermark,
            "wide": self.wide,
            "lang": self.lang,
            "keywords": self.keywords,
            "signature": {"lines": self.signing, "places": self.places} if self.signing else {},
            "parts": [
                {
                    "heading": part.heading,
                    "text": part.text,
                    "columns": part.columns,
                    "rows": list(part.rows),
                    "lang": part.lang,
                    "level": part.level,
                }
                for part in self.parts
            ],
        }


def pdf_of(paper: Paper, at: datetime) -> bytes:
    """Return a paper as PDF/A-3a and PDF/UA-1.

    Args:
        paper: what it says.
        at: time of making, which stands in the file; the same paper and time give the same bytes.

    Raises:
        MissingExtraError: typst is not installed.
        SchemaError: typst cannot set it.
    """
    try:
        import typst
    except ModuleNotFoundError as error:
        raise MissingExtraError("case", error.name or "typst") from error
    said = paper.said()
    fault: Exception | None = None
    for attempt in (None, *_UNSHAPED):
        data = said if attempt is None else _shaped(said, attempt)
        try:
            made: bytes = typst.compile(
                _layout(),
                sys_inputs={"data": data},
                pdf_standards=list(STANDARDS),
                ignore_system_fonts=True,
                timestamp=int(at.timestamp()),
            )
        except typst.TypstError as error:
            fault = error
        else:
            return made
    raise SchemaError("the paper cannot be set", where=paper.short, fix="look for unusual letters in it") from fault


@cache
def _layout() -> bytes:
    return files("headwater.case.data").joinpath("document.typ").read_bytes()


def _shaped(said: str, unshaped: re.Pattern[str]) -> str:
    def text(value: object) -> object:
        if isinstance(value, str):
            return unshaped.sub(lambda found: f"[U+{ord(found.group()):04X}]", value)
        if isinstance(value, list):
            return [text(part) for part in value]
        return {key: text(part) for key, part in value.items()} if isinstance(value, Mapping) else value

    return json.dumps(text(json.loads(said)), ensure_ascii=False, sort_keys=True)
