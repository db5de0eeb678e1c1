"""The UK Sanctions List in either form: the first letter tells CSV from XML."""

from typing import Final

from headwater.formats.reading import Reading
from headwater.formats.safe import BOM
from headwater.formats.uk_csv import UkCsv
from headwater.formats.uk_xml import UkXml
from headwater.ports import SourceInput

_XML_STARTS: Final = (b"<?xml", b"<Designations")


class Uk:
    """The UK list as a data source; its records bear the name of the form they were read in."""

    name = "uk"
    title = "UK Sanctions List, CSV or XML"

    def read(self, given: SourceInput) -> Reading:
        """Yield one record for each designation.

        Raises:
            InputError: the file is no UK list, or is beyond the limits.
        """
        # An HTML page begins like XML but is named for what it is not: most often a CSV link that led to a web page.
        is_xml = given.data[:1024].removeprefix(BOM).lstrip().startswith(_XML_STARTS)
        return (yield from (UkXml() if is_xml else UkCsv()).read(given))
