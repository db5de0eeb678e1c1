"""Every format by name. A reader's code is loaded when it is first used; another package's only where `plugins` names it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, Generic, TypeVar

from headwater.errors import SettingsError
from headwater.ports import Release, Source

T = TypeVar("T")

SOURCE_GROUP: Final = "headwater.sources"
RELEASE_GROUP: Final = "headwater.releases"


@dataclass(frozen=True, slots=True)
class Format(Generic[T]):
    """One format by its name: call it to get its reader or writer.

    Attributes:
        name: as the command line takes it.
        title: what it is, for help; of a format installed by others, the package it comes from.
        load: imports and makes it.
        aliases: short names that mean the same.
        package: the package that brings it; empty for ours.
    """

    name: str
    title: str
    load: Callable[[], T]
    aliases: tuple[str, ...] = ()
    package: str = ""

    def __call__(self) -> T:
        """Return the reader or writer."""
        return self.load()


_Row = tuple[str, tuple[str, ...], str, str, str]
# name, aliases, title, module, class
_SOURCES: Final[tuple[_Row, ...]] = (
    ("un-xml", ("un",), "Consolidated List of the UN Security Council, XML", "un_xml", "UnXml"),
    ("uk", (), "UK Sanctions List, CSV or XML", "uk", "Uk"),
    ("uk-csv", (), "UK Sanctions List, CSV", "uk_csv", "UkCsv"),
    ("uk-xml", (), "UK Sanctions List, XML", "uk_xml", "UkXml"),
    ("ofac-csv", ("ofac",), "OFAC SDN list, sdn.csv with alt.csv and add.csv beside it", "ofac_csv", "OfacCsv"),
    ("ofac-csv-without-aliases", (), "OFAC SDN list, sdn.csv alone", "ofac_csv", "OfacCsvWithoutAliases"),
    ("ofac-xml", (), "OFAC SDN list, advanced XML", "ofac_xml", "OfacXml"),
    ("eu-xml", ("eu",), "EU Financial Sanctions File, XML 1.1", "eu_xml", "EuXml"),
    (
        "intelligence-report",
        ("report",),
        "Intelligence report (3x5x2), JSON",
        "intelligence_report",
        "IntelligenceReport",
    ),
    ("ftm", (), "FollowTheMoney entities, JSON lines", "ftm", "Ftm"),
    ("ftm-list", (), "FollowTheMoney entities that make a sanctions list, JSON lines", "ftm", "FtmList"),
    ("stix", (), "STIX 2.1 bundle, JSON", "stix", "StixReader"),
    ("misp", (), "MISP event, JSON", "misp", "MispReader"),
    ("things-csv", ("things",), "People, firms, vehicles and vessels, CSV", "things_csv", "ThingsCsv"),
)
LISTS: Final = frozenset(
    {"un-xml", "uk-csv", "uk-xml", "ofac-csv", "ofac-csv-without-aliases", "ofac-xml", "eu-xml", "ftm-list"}
)
"""Formats of which each file is a whole edition of a sanctions list: a newer file takes the place of the older one."""
_RELEASES: Final[tuple[_Row, ...]] = (
    ("ftm", (), "FollowTheMoney entities, JSON lines", "ftm", "FtmRelease"),
    ("misp", (), "MISP event, JSON", "misp_write", "MispRelease"),
    ("stix", (), "STIX 2.1 bundle, JSON", "stix_write", "StixRelease"),
)


def sources() -> dict[str, Format[Source]]:
    """Return every data source by name and by alias; nothing is loaded."""
    return _others(SOURCE_GROUP) | _by_name(_SOURCES)


def releases() -> dict[str, Format[Release]]:
    """Return every release by name; nothing is loaded."""
    return _others(RELEASE_GROUP) | _by_name(_RELEASES)


def source(name: str, plugins: Collection[str] = ()) -> Source:
    """Return the reader of one format.

    Args:
        name: the format.
        plugins: what may be loaded of other packages, as the setting of that name says.

    Raises:
        SettingsError: there is no such format, no setting names it, or it is installed and cannot be loaded.
    """
    made: Source = _named(_by_name(_SOURCES), SOURCE_GROUP, name, plugins)()
    return made


def release(name: str, plugins: Collection[str] = ()) -> Release:
    """Return the writer of one format.

    Args:
        name: the format.
        plugins: what may be loaded of other packages, as the setting of that name says.

    Raises:
        SettingsError: there is no such format, no setting names it, or it is installed and cannot be loaded.
    """
    made: Release = _named(_by_name(_RELEASES), RELEASE_GROUP, name, plugins)()
    return made


def _named(ours: dict[str, Format[Any]], group: str, name: str, plugins: Collection[str]) -> Format[Any]:
    if name in ours:  # no other package can take its name, so none is looked for: that reads the metadata of them all
        return ours[name]
    others = _others(group)
    if name not in others:
        raise SettingsError("no such format", fix=f"use one of {', '.join(sorted(others | ours))}")
    found = others[name]
    if name not in plugins:
        raise SettingsError(
            f"the format comes from {found.package}, which no setting names", where=name, fix="add it to `plugins`"
        )
    return found


def _by_name(rows: tuple[_Row, ...]) -> dict[str, Format[Any]]:
    ours = [Format(name, title, _ours(module, cls), aliases) for name, aliases, title, module, cls in rows]
    return {name: made for made in ours for name in (made.name, *made.aliases)}


def _others(group: str) -> dict[str, Format[Any]]:
    return {
        entry.name: Format(entry.name, f"from {_package(entry)}", _theirs(entry), package=_package(entry))
        for entry in entry_points(group=group)
    }


def _ours(module: str, cls: str) -> Callable[[], Any]:
    def load() -> Any:  # noqa: ANN401 (a name that this file spells out; the tests load every one)
        return getattr(import_module(f"headwater.formats.{module}"), cls)()

    return load


def _theirs(entry: EntryPoint) -> Callable[[], Any]:
    def load() -> Any:  # noqa: ANN401 (the package says what it is; the contract suite checks it)
        try:
            return entry.load()()
        except (ImportError, AttributeError, TypeError) as error:
            raise SettingsError(f"the format '{entry.name}' from {_package(entry)} cannot be loaded") from error

    return load


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "another package"
