"""A telephone that several customers gave is in steady contact with a few numbers: counts only, never content."""

from typing import Any

from headwater.engines.trace.shapes import goods_claims
from headwater.engines.trace.sheets import need_ibis
from headwater.engines.trace.typology import DAY_S, EUROPOL, Claims, Parameter, Params, Typology


def _find(sheets: Any, given: Params) -> Claims:  # noqa: ANN401 - Ibis expressions
    ibis = need_ibis()
    phones = sheets.raw("identifiers")
    phones = phones.filter(phones.kind == "phone")
    shared = phones.group_by(number=phones.value).aggregate(customers=phones.customer.nunique())
    shared = shared.filter(
        (shared.customers >= given["least_customers"]) & (shared.customers <= given["most_customers"])
    )
    calls = sheets.raw("contacts")
    wanted = ("tab", "row", "count", "first_us", "last_us")
    both = ibis.union(
        calls.select(*wanted, number="caller", other="receiver"),
        calls.select(*wanted, number="receiver", other="caller"),
    )
    both = both.mutate(t=(both.first_us // 1_000_000).cast("int64"), ended=(both.last_us // 1_000_000).cast("int64"))
    both = both.inner_join(shared, "number").mutate(subject=ibis._.number)
    steady = both.filter((both["count"] >= given["least_each"]) & (both.ended - both.t <= given["window_days"] * DAY_S))
    sums = steady.group_by("subject").aggregate(steadily=steady["count"].sum(), numbers=steady.other.nunique())
    every = both.group_by("subject").aggregate(everything=both["count"].sum())
    sums = sums.inner_join(every, "subject")
    # A desk that advises is called by many, each seldom: whoever leads calls few, often.
    sums = sums.filter(
        (sums.numbers >= given["least_numbers"]) & (sums.steadily * 100 >= sums.everything * given["least_share"])
    )
    rows = steady.semi_join(sums, "subject")
    return goods_claims(
        sheets,
        rows,
        ["subject"],
        "contacts",
        numbers=lambda found: found.other.nunique(),
        contacts=lambda found: found["count"].sum(),
        customers=lambda found: found.customers.max(),
    )


TYPOLOGY = Typology(
    name="steady-contact",
    title="a telephone that several customers gave is in steady contact with a few numbers",
    needs=("contacts", "identifiers"),
    parameters=(
        Parameter("window_days", 60, "days", "how long the contact lasts, at most"),
        Parameter("least_customers", 4, "customers", "how many gave the telephone as theirs"),
        Parameter("most_customers", 40, "customers", "more is a hostel, an agent or a default value"),
        Parameter("least_numbers", 3, "numbers", "with how many numbers it is in steady contact"),
        Parameter("least_each", 15, "contacts", "how often with each of them"),
        Parameter("least_share", 60, "per cent", "how much of all its contacts these make up"),
    ),
    source=EUROPOL,
    sentence="The telephone {subject}, which {customers} customers gave as theirs, had {contacts} contacts with {numbers} numbers "
    "from {first} to {last}. These are counts; nothing is known of what was said.",
    innocent="A family, a firm or a club shares a telephone and talks to its own. It is harmless where the customers live or work "
    "together and the numbers are theirs.",
    find=_find,
)
