"""Customers who say that they have nothing to do with each other share a telephone, an address or a device."""

from typing import Any

from headwater.engines.trace.shapes import blanks, key_of
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import FATF, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    raw = sheets.raw("identifiers")
    shared = raw.group_by(["kind", "value"]).aggregate(customers=raw.customer.nunique())
    shared = shared.filter(
        (shared.customers >= given["least_customers"]) & (shared.customers <= given["most_customers"])
    )
    rows = raw.inner_join(shared, ["kind", "value"])
    rows = sheets.hold(rows.mutate(key=key_of(rows.kind, rows.value)))
    groups = rows.group_by("key").aggregate(
        subject=rows.customer.min(),
        customers=rows.customers.max(),
        what=rows.kind.max(),
    )
    members = rows.select(
        "key",
        kind=ibis.literal("identifiers"),
        tab=rows.tab,
        row=rows.row,
        payer=ibis.literal(-1, "int64"),
        party=rows.customer,
    )
    return Claims(blanks(groups), members)


TYPOLOGY = Typology(
    name="shared-identifiers",
    title='"unrelated" customers share an identifier',
    needs=("identifiers",),
    parameters=(
        Parameter("least_customers", 4, "customers", "how many share it"),
        Parameter("most_customers", 40, "customers", "more is a hostel, an agent or a default value"),
    ),
    source=FATF,
    sentence="{customers} customers gave the same {what}, {subject} among them.",
    innocent="Households, hostels, employers and advice centres share a telephone and an address. It is harmless where the "
    "customers live or work together.",
    find=_find,
)
