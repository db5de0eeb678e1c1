"""How a node draws lines and names on its map: the view of its settings, and of nobody else.

A line is called by the pair of codes of what lies on its two sides, in the order of letters, as the base map bears it:
``RS-XK``. Where a node's settings say nothing, lines on which states differ are dashed with a footnote, so that the map
takes no side. Nothing else in the system depends on how a line is drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from headwater.errors import Place, SettingsError
from headwater.model.canonical import encode

LANGUAGES: Final = frozenset({"en", "sr-Cyrl", "sr-Latn", "sq"})
MOST: Final = 200
"""Lines or names that settings may speak of; there are fewer on the map."""
LONGEST: Final = 400


class Style(StrEnum):
    """How a boundary is drawn."""

    SOLID = "solid"
    DASHED = "dashed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Boundary:
    """How one line is drawn, and what is said about it.

    Attributes:
        label, footnote: by language tag; a language that is not there is shown the English.
    """

    style: Style
    label: Mapping[str, str] = field(default_factory=dict)
    footnote: Mapping[str, str] = field(default_factory=dict)


_NO_SIDE: Final = Boundary(
    Style.DASHED,
    footnote={
        "en": "Dashed lines: this map takes no position on them.",
        "sr-Cyrl": "Испрекидане линије: ова карта о њима не заузима став.",
        "sr-Latn": "Isprekidane linije: ova karta o njima ne zauzima stav.",
        "sq": "Vijat me ndërprerje: kjo hartë nuk mban qëndrim për to.",
    },
)
# The text on which Belgrade and Pristina agreed for regional meetings (arrangement of 24 February 2012).
_RS_XK: Final = Boundary(
    Style.DASHED,
    footnote={
        "en": "* This designation is without prejudice to positions on status, and is in line with UNSC 1244 and the ICJ "
        "Opinion on the Kosovo declaration of independence.",
        "sr-Cyrl": "* Овај назив не прејудицира ставове о статусу и у складу је са Резолуцијом СБ УН 1244 и мишљењем МСП о "
        "косовској декларацији о независности.",
        "sr-Latn": "* Ovaj naziv ne prejudicira stavove o statusu i u skladu je sa Rezolucijom SB UN 1244 i mišljenjem MSP o "
        "kosovskoj deklaraciji o nezavisnosti.",
        "sq": "* Ky emërtim nuk paragjykon qëndrimet për statusin dhe është në përputhje me Rezolutën 1244 të KS të OKB-së "
        "dhe me mendimin e GJND-së për deklaratën e pavarësisë së Kosovës.",
    },
)
NEUTRAL: Final[Mapping[str, Boundary]] = MappingProxyType(
    {
        "RS-XK": _RS_XK,
        **dict.fromkeys(
            (*("CY-CY.buffer", "CY-CY.north", "CY.buffer-CY.north", "EH-MA", "IL-PS", "IL-SY", "RU.crimea-UA"),),
            _NO_SIDE,
        ),
    }
)
"""Lines on which states differ, as they are drawn where the settings say nothing."""
STARRED: Final[Mapping[str, str]] = MappingProxyType({"XK": "RS-XK"})
"""Names that bear a star while the footnote of a line speaks of them."""


@dataclass(frozen=True, slots=True)
class MapView:
    """What a node's settings say of its map: some lines, and names by code and language."""

    boundaries: Mapping[str, Boundary] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def boundary(self, pair: str) -> Boundary:
        """Return how a line is drawn."""
        return self.boundaries.get(pair) or NEUTRAL.get(pair) or _PLAIN

    def footnote(self, pair: str, language: str) -> str:
        """Return what is said about a line, empty for nothing."""
        return _said(self.boundary(pair).footnote, language)

    def label(self, pair: str, language: str) -> str:
        """Return what is written at a line, empty for nothing."""
        return _said(self.boundary(pair).label, language)

    def name(self, code: str, language: str, otherwise: str) -> str:
        """Return the name of a state or territory: as the settings give it, else as handed in."""
        own = _said(self.names.get(code, {}), language)
        if own:
            return own
        star = code in STARRED and self.footnote(STARRED[code], language).startswith("*")
        return otherwise + "*" if star else otherwise

    def __str__(self) -> str:
        """Return it in one line."""
        return encode(self).decode()


_PLAIN: Final = Boundary(Style.SOLID)


def read_map_view(given: object) -> MapView:
    """Return the view that the table ``[map]`` of the settings describes.

    Raises:
        SettingsError: a key or value is none that it may hold; names it.
    """
    table = _table(given, "map", {"boundaries", "names"})
    boundaries = {
        pair: _boundary(told, f"map.boundaries.{pair}")
        for pair, told in _table(table.get("boundaries", {}), "map.boundaries").items()
    }
    names = {
        code: _texts(told, f"map.names.{code}") for code, told in _table(table.get("names", {}), "map.names").items()
    }
    return MapView(boundaries, names)


def _boundary(told: object, where: str) -> Boundary:
    table = _table(told, where, {"style", "label", "footnote"})
    style = table.get("style", Style.DASHED.value)
    if style not in set(Style):
        raise SettingsError("no such style", where=Place(field=f"{where}.style"), fix=f"use {', '.join(Style)}")
    return Boundary(
        Style(style),
        _texts(table.get("label", {}), f"{where}.label"),
        _texts(table.get("footnote", {}), f"{where}.footnote"),
    )


def _texts(told: object, where: str) -> dict[str, str]:
    table = _table(told, where, LANGUAGES)
    for tag, text in table.items():
        if not isinstance(text, str) or len(text) > LONGEST or not text.isprintable():
            raise SettingsError("not a text of one line", where=Place(field=f"{where}.{tag}"))
    return table


def _table(told: object, where: str, known: frozenset[str] | set[str] | None = None) -> dict[str, Any]:
    if not isinstance(told, dict) or len(told) > MOST:
        raise SettingsError("not a table, or too long a one", where=Place(field=where))
    for key in told:
        if known is not None and key not in known:
            fix = f"use {', '.join(sorted(known))}"
            raise SettingsError("an unknown setting", where=Place(field=f"{where}.{key}"), fix=fix)
    return told


def _said(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en", "")
