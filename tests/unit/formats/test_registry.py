"""Formats by name."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from headwater.errors import SettingsError
from headwater.formats import registry
from headwater.formats.eu_xml import EuXml
from headwater.formats.ftm import Ftm, FtmList, FtmRelease
from headwater.formats.intelligence_report import IntelligenceReport
from headwater.formats.misp import MispReader
from headwater.formats.misp_write import MispRelease
from headwater.formats.ofac_csv import OfacCsv, OfacCsvWithoutAliases
from headwater.formats.ofac_xml import OfacXml
from headwater.formats.registry import release, releases, source, sources
from headwater.formats.stix import StixReader
from headwater.formats.stix_write import StixRelease
from headwater.formats.things_csv import ThingsCsv
from headwater.formats.uk import Uk
from headwater.formats.uk_csv import UkCsv
from headwater.formats.uk_xml import UkXml
from headwater.formats.un_xml import UnXml
from headwater.ports import Release, Source, SourceInput


def test_every_format_loads_under_its_own_name() -> None:
    for name, made in sources().items():
        assert made().name == made.name
        assert name == made.name or name in made.aliases
        assert made.title
    for name, out in releases().items():
        assert out().name == name


def test_every_reader_and_writer_has_the_shape_that_joins_the_rooms() -> None:
    # The types are the test: mypy reads this file too.
    readers: list[Source] = [
        UnXml(),
        Uk(),
        UkCsv(),
        UkXml(),
        OfacCsv(),
        OfacCsvWithoutAliases(),
        OfacXml(),
        EuXml(),
        IntelligenceReport(),
        Ftm(),
        FtmList(),
        ThingsCsv(),
        StixReader(),
        MispReader(),
    ]
    writers: list[Release] = [FtmRelease(), MispRelease(), StixRelease()]
    assert {reader.name for reader in readers} == {made.name for made in sources().values()}
    assert {writer.name for writer in writers} == releases().keys()


def test_short_names_mean_the_same() -> None:
    found = sources()
    short = {"un": "un-xml", "ofac": "ofac-csv", "report": "intelligence-report", "things": "things-csv"}
    assert {name: found[name].name for name in short} == short
    assert found["uk"].name == "uk"


def test_an_unknown_format_is_refused_with_the_names_there_are() -> None:
    for find in (source, release):
        with pytest.raises(SettingsError, match=r"use one of .*ftm"):
            find("xls")


def test_listing_the_formats_loads_none() -> None:
    code = (
        "import sys, headwater.formats.registry as r; r.sources(); r.releases();"
        "print([m for m in sys.modules if m.startswith('headwater.formats.') and not m.endswith('registry')])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}
    )
    assert out.stdout.strip() == "[]"


class Theirs:
    name = "theirs"
    title = "theirs"

    def read(self, given: SourceInput) -> object:
        return iter(())


def test_a_format_of_another_package_is_found_and_cannot_take_a_name_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    group = registry.SOURCE_GROUP
    found = [
        EntryPoint("theirs", f"{__name__}:Theirs", group),
        EntryPoint("un", f"{__name__}:Theirs", group),
        EntryPoint("broken", "no_such_module:Theirs", group),
        EntryPoint("no-reader", "sys:maxsize", group),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda *, group: found)
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or pytest)
    assert {"theirs", "broken"} <= sources().keys()
    assert sources()["un"].name == "un-xml"
    with pytest.raises(SettingsError, match="which no setting names"):
        source("theirs")
    assert source("theirs", {"theirs"}).name == "theirs"
    for name in ("broken", "no-reader"):
        with pytest.raises(SettingsError, match=f"'{name}' from another package cannot be loaded"):
            source(name, {name})
