"""A chain of ownership or control leads from a company to a designated party."""

from typing import Any

from headwater.engines.trace.shapes import blanks
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import FATF, Claims, Parameter, Params, Typology

DEPTH = 5
"""Longest chain that is followed."""


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    held = sheets.raw("ownership")
    held = held.filter(held.share_bp.isnull() | (held.share_bp >= given["least_share"] * 100))
    held = sheets.hold(held.select("owner", "owned", "tab", "row"))
    firms = sheets.raw("companies")
    listed = firms.filter(firms.designated == 1)
    empty = ibis.literal(-1, "int64")
    level = listed.select(root="id", owned="id").distinct()
    level = level.mutate(depth=ibis.literal(0, "int64"), **{f"row{n}": empty for n in range(DEPTH)})
    level = level.mutate(**{f"tab{n}": ibis.literal(-1, "int32") for n in range(DEPTH)})
    found = []
    for at in range(min(given["most_links"], DEPTH)):
        link = held.rename(above="owner", below="owned", link_tab="tab", link_row="row")
        level = level.join(link, level.owned == link.above)
        level = level.filter(level.below != level.root)
        level = level.mutate(
            owned=level.below, depth=level.depth + 1, **{f"row{at}": level.link_row, f"tab{at}": level.link_tab}
        ).drop("above", "below", "link_tab", "link_row")
        found.append(level)
    chains = ibis.union(*found)
    best = chains.group_by(["root", "owned"]).aggregate(depth=chains.depth.min())
    chains = sheets.hold(
        chains.semi_join(best, ["root", "owned", "depth"]).mutate(key=ibis._.owned + " < " + ibis._.root)
    )
    groups = chains.group_by("key").aggregate(
        subject=chains.owned.min(),
        subject2=chains.root.min(),
        links=chains.depth.max(),
    )
    members = ibis.union(
        *(
            chains.select(
                "key",
                kind=ibis.literal("ownership"),
                tab=chains[f"tab{at}"].cast("int32"),
                row=chains[f"row{at}"].cast("int64"),
                payer=empty,
            )
            for at in range(DEPTH)
        )
    )
    return Claims(blanks(groups), members.filter(members.row >= 0).distinct())


TYPOLOGY = Typology(
    name="ownership-chain",
    title="a company leads to a designated party",
    needs=("companies", "ownership"),
    parameters=(
        Parameter("least_share", 25, "per cent", "smaller holdings are left out; a holding without a share counts"),
        Parameter("most_links", 4, "holdings", "longest chain, at most 5"),
    ),
    source=FATF,
    sentence="{subject} is owned or controlled by {subject2}, which a sanctions list names, over {links} holding(s).",
    innocent="The holding may have ended, or the owner may only bear the name of a listed one. It is harmless where the "
    "register's newest entry, or the identity of the owner, says otherwise.",
    find=_find,
)
