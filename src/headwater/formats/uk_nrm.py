"""Referrals to the United Kingdom's National Referral Mechanism: year, quarter, age, location and the count.

The files hold rows whose quarter, age or location is ``Total``: they are left out, since sums would count twice.
"""

from datetime import date

from headwater.formats import figure_checks
from headwater.formats.figure_cells import Cautions, FigureInput, Gathering, Read, dated_name, tables
from headwater.formats.figure_definitions import NRM, define
from headwater.formats.figure_rows import Layout, dimensions_of, rows_of
from headwater.model.figures import Unit

SERIES = f"{NRM}.referrals"
_LAYOUT = Layout(
    words=("year", "quarter"),
    counts=lambda label: label in {"nrm referrals", "referrals", "count", "number", "number of referrals"},
)


class UkNrm:
    """The referral statistics as a format of figures."""

    name = NRM
    title = "Home Office, referrals to the National Referral Mechanism, XLSX, ODS or CSV"

    def read(self, given: FigureInput) -> Read:
        """Return the edition in a file.

        Raises:
            InputError: it is no such file, or a value in it is not a count.
        """
        cautions, gathering = Cautions(), Gathering()
        last = date.min
        for row in rows_of(tables(given), _LAYOUT, given, cautions):
            gathering.add(SERIES, dimensions_of(row.categories), row.period, row.value, row.where)
            last = max(last, row.period.end)
        stated = given.seen_on or dated_name(given.name)
        definitions = {SERIES: define("NRM referrals", Unit.REFERRAL)}
        edition = gathering.edition(given, NRM, stated or max(given.today, last), definitions, dated=stated is not None)
        figure_checks.check(edition, cautions)
        return Read((edition,), cautions.all())
