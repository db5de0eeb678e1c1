"""Returns from the United Kingdom, the Home Office's dataset Ret_D01: quarter, nationality, group and type of return."""

from datetime import date

from headwater.errors import SchemaError
from headwater.formats import figure_checks
from headwater.formats.figure_cells import Cautions, FigureInput, Gathering, Read, dated_name, shown, tables
from headwater.formats.figure_definitions import GROUPS, RETURNS, define
from headwater.formats.figure_rows import Layout, dimensions_of, rows_of
from headwater.model.figures import Definition

_LAYOUT = Layout(
    words=("quarter", "group", "returns"),
    counts=lambda label: label in {"returns", "number of returns"} or label.startswith("number of returns"),
    sheets=lambda name: "ret_d01" in name.casefold() and "data" in name.casefold(),
)


class UkReturns:
    """The Home Office's returns dataset as a format of figures."""

    name = RETURNS
    title = "Home Office, returns dataset (Ret_D01), XLSX, ODS or CSV"

    def read(self, given: FigureInput) -> Read:
        """Return the edition in a file.

        Raises:
            InputError: it is no such file, or a value in it is not a count.
        """
        cautions, gathering = Cautions(), Gathering()
        definitions: dict[str, Definition] = {}
        last = date.min
        for row in rows_of(tables(given), _LAYOUT, given, cautions):
            column = next(name for name in row.categories if "group" in name and "destination" not in name)
            title = row.categories[column]
            group = GROUPS.get(title.partition(" ")[0].casefold())
            if group is None:
                raise SchemaError(f"not a group of returns: {shown(title)}", where=row.where)
            name = f"{RETURNS}.{group[0]}"
            definitions.setdefault(name, define(title, group[1]))
            gathering.add(name, dimensions_of(row.categories, [column]), row.period, row.value, row.where)
            last = max(last, row.period.end)
        stated = given.seen_on or dated_name(given.name)
        edition = gathering.edition(
            given, RETURNS, stated or max(given.today, last), definitions, dated=stated is not None
        )
        figure_checks.check(edition, cautions)
        return Read((edition,), cautions.all())
