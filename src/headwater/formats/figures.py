"""Every format of figures by name; a reader's code is loaded when it is first used."""

from importlib import import_module
from typing import Final

from headwater.errors import SettingsError
from headwater.formats.figure_cells import FigureInput, FigureReader, Read

__all__ = ["FORMATS", "FigureInput", "FigureReader", "Read", "reader"]

_READERS: Final = {
    "frontex-ibc": ("frontex_ibc", "FrontexIbc"),
    "uk-returns": ("uk_returns", "UkReturns"),
    "uk-small-boats": ("uk_small_boats", "UkSmallBoats"),
    "uk-nrm": ("uk_nrm", "UkNrm"),
    "csv-wide": ("csv_wide", "CsvWide"),
    "csv-long": ("csv_long", "CsvLong"),
}
FORMATS: Final = tuple(_READERS)
"""The names, as the command line takes them."""


def reader(name: str) -> FigureReader:
    """Return the reader of one format.

    Raises:
        SettingsError: there is no such format.
    """
    if name not in _READERS:
        raise SettingsError("no such format of figures", fix=f"use one of {', '.join(FORMATS)}")
    module, kind = _READERS[name]
    made: FigureReader = getattr(import_module(f"headwater.formats.{module}"), kind)()
    return made
