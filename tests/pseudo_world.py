"""A language that nobody speaks: every word that goes through the catalogues is marked and a good deal longer."""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from headwater.web.words import Language

OPEN, CLOSE = "⟦", "⟧"
LONGER = 0.4
_PLACEHOLDER = re.compile(r"(%\([^)]*\)[a-z]|%[a-z%]|\{[^}]*\})")
_ACCENTED = str.maketrans("aeiouycdlnrstz", "åéîöûýçðłñŕšţž")
NOT_WORDS = frozenset({"bdi", "code", "pre", "time", "script", "style", "svg", "meter", "kbd"})
TOLD = frozenset(
    {"h1", "h2", "h3", "th", "label", "button", "legend", "caption", "summary", "dt", "a", "option", "title"}
)
"""Elements in which a single word already must come from the catalogues."""
SPOKEN = ("aria-label", "placeholder", "title", "alt")
VOID = frozenset({"input", "br", "hr", "img", "link", "meta", "col", "wbr"})


def pseudo(text: str) -> str:
    """A text with accents, marked at both ends, at least two fifths longer; placeholders stay."""
    parts = [part if _PLACEHOLDER.fullmatch(part) else part.translate(_ACCENTED) for part in _PLACEHOLDER.split(text)]
    more = "ẽxŧŕå " * (1 + round(LONGER * len(text) / 6))
    return f"{OPEN}{''.join(parts)} {more.strip()}{CLOSE}"


class _Words(Mapping[str, tuple[str, ...]]):
    """Every text there is."""

    def __getitem__(self, text: str) -> tuple[str, ...]:
        return pseudo(text), pseudo(text)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


PSEUDO = Language("en", _Words(), lambda count: int(count != 1))


class _Page(HTMLParser):
    """Collects what a reader sees, hears or is read out, and where."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.said: list[tuple[str, str]] = []

    @property
    def is_theirs(self) -> bool:
        return any(skipped for _, skipped in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        skipped = tag in NOT_WORDS or ("lang" in given and tag != "html")
        if not self.is_theirs and not skipped:
            self.said += [(f"@{name}", str(given[name])) for name in SPOKEN if given.get(name)]
        if tag not in VOID:
            self.open.append((tag, skipped))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not self.is_theirs and self.open:
            self.said.append((self.open[-1][0], text))


def not_translated(html: str, allowed: frozenset[str]) -> list[tuple[str, str]]:
    """What a page says in words that never went through the catalogues: phrases anywhere, single words where it counts."""
    page = _Page()
    page.feed(html)
    found = []
    for where, text in page.said:
        rest = re.sub(f"{OPEN}[^{CLOSE}]*{CLOSE}", " ", text).strip()
        rest = " ".join(word for word in rest.split() if word.strip("(),:;·–—…") not in allowed)
        phrase = re.search(r"[a-z]{2,} [a-z]{2,}", rest)
        word = (where in TOLD or where.startswith("@")) and re.fullmatch(r"[^\W\d_]{3,}[:.]?", rest)
        if phrase or word:
            found.append((where, text))
    return found
