"""Which rows a finding names as its evidence: of every table that it rests on at least one, so that it goes with any of them."""

from collections.abc import Iterable
from typing import Final

from headwater.engines.trace.sheets import Sheets, need_ibis

MOST_ROWS: Final = 1_000
"""Rows that one finding names; of more, one of each table and then the first by table and number, and the text says how many."""
Row = tuple[str, int, int]
"""Kind of table, number of the table, number of the row."""


def named_rows(members: list[Row], seen_in: Iterable[tuple[int, int]]) -> list[Row]:
    """Return the rows that a finding names: of each table that it rests on at least one, so that it goes with any of them.

    Args:
        members: the rows of its pattern, in order.
        seen_in: a row of each table of payments that speaks of whom it is about: its signs are weighed by all of these.
    """
    firsts = {(kind, tab): (kind, tab, row) for kind, tab, row in reversed(members)}
    chosen = sorted([*firsts.values(), *(one for one in members if firsts[one[:2]] != one)][:MOST_ROWS])
    return chosen + [("payments", tab, row) for tab, row in seen_in if ("payments", tab) not in firsts]


def rows_about(sheets: Sheets, accounts: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """Return, of each account, the first row of each table of payments that speaks of it; nothing where there is one table."""
    asked = sorted(set(accounts))
    if not asked or len(sheets.paths["payments"]) == 1:
        return {}
    ibis = need_ibis()
    ends = [sheets.payments.select("tab", "row", acc=sheets.payments[end]) for end in ("src", "dst")]
    about = ibis.union(*ends).semi_join(sheets.rows_of("acc", "int32", asked), "acc")
    firsts = about.group_by(["acc", "tab"]).aggregate(first=about.row.min()).order_by(["acc", "tab"])
    found: dict[int, list[tuple[int, int]]] = {}
    for row in sheets.backend.to_pyarrow(firsts).to_pylist():
        found.setdefault(int(row["acc"]), []).append((int(row["tab"]), int(row["first"])))
    return found
