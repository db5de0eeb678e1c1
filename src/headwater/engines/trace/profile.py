"""What is ordinary about an account: how often its payers come back, what it keeps, whether a register knows it.

Counts and shares of its own payments only. Nobody's nationality, religion, age or sex is a feature, and neither are cash,
value transfer or the country that money comes from (design: rights).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from headwater.engines.trace.sheets import Sheets, need_ibis

CARD: Final = "card"
"""The channel of payments by card, as tables of payments name it."""
FEW: Final = 3
PARTS_DAYS: Final = 45
"""A payer who paid so often or less, within so many days, is one who came once: a passage is paid in up to three parts."""
OFTEN: Final = 3
REGULAR_DAYS: Final = 50
EVERY_DAYS: Final = 60
"""One who paid so often at least, over so many days at least, and once in so many days, comes back month after month."""
EVERYDAY_MINOR: Final = 6_000
SELDOM: Final = 2
"""A payee who is paid so often at most was paid for something, and is no helper."""
BUSY: Final = 3
"""So many payments above an everyday purchase make a busy month."""
MONTH_S: Final = 30 * 86_400
DAY_S: Final = 86_400
ECHO_S: Final = 5 * DAY_S
"""A sum that leaves again within so long, as it came or less a fee, is passed on."""
ECHO_SHARE: Final = 75
"""Per cent of a sum that leaves again, at least."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Counts about one account.

    Attributes:
        payers, payees: different counterparts.
        few: payers who came at most `FEW` times, within `PARTS_DAYS`.
        regular: payers who came at least `OFTEN` times over at least `REGULAR_DAYS`, once in `EVERY_DAYS` or oftener.
        regular_out: payees who are paid so.
        n_in, n_out: payments.
        got, sent: sums in minor units.
        everyday: payments in below `EVERYDAY_MINOR`.
        abroad: payments in from another country than its own.
        cards: payments in by card.
        seldom: sum sent to payees who are paid at most `SELDOM` times, in minor units.
        wired, to_merchants: sum sent otherwise than by card, in minor units, and how much of it went to accounts most of whose
            payments come by card.
        dear, echoed: sum of payments in above an everyday purchase, not by card, in cents of the base currency, and of those that
            left again one by one, as they came or less a fee.
        busy_months: months of 30 days with at least `BUSY` payments in above an everyday purchase.
        begun_s, ended_s: first and last payment.
        business: 1 where a register names a business that uses it.
        licensed: 1 where that is registered for money transmission.
    """

    payers: int = 0
    payees: int = 0
    few: int = 0
    regular: int = 0
    regular_out: int = 0
    n_in: int = 0
    n_out: int = 0
    got: int = 0
    sent: int = 0
    everyday: int = 0
    abroad: int = 0
    cards: int = 0
    seldom: int = 0
    wired: int = 0
    to_merchants: int = 0
    dear: int = 0
    echoed: int = 0
    busy_months: int = 0
    begun_s: int = 0
    ended_s: int = 0
    business: int = 0
    licensed: int = 0


_SUMS: Final = tuple(field.name for field in fields(Profile))[:15]


def profiles(sheets: Sheets, accounts: Iterable[int]) -> dict[int, Profile]:
    """Return the profile of each account."""
    ibis = need_ibis()
    wanted = sorted(set(accounts))
    if not wanted:
        return {}
    asked = sheets.rows_of("acc", "int32", wanted)
    paid = sheets.payments
    zero = ibis.literal(0, "int64")
    came = _pairs(paid.semi_join(asked, [("dst", "acc")]).mutate(mine=ibis._.dst, other=ibis._.src))
    went = _pairs(paid.semi_join(asked, [("src", "acc")]).mutate(mine=ibis._.src, other=ibis._.dst))
    one = ibis.literal(1, "int64")
    spread = ibis._.ended - ibis._.begun
    few = (ibis._.n <= FEW) & (spread <= PARTS_DAYS * DAY_S)
    regular = (ibis._.n >= OFTEN) & (spread >= REGULAR_DAYS * DAY_S) & (ibis._.n * EVERY_DAYS * DAY_S >= spread)
    ins = came.select(
        "mine", "begun", "ended", payers=one, payees=zero, few=few.cast("int64"),
        regular=regular.cast("int64"), regular_out=zero, n_in=ibis._.n, n_out=zero, got=ibis._.value, sent=zero,
        everyday=ibis._.everyday, abroad=ibis._.abroad, cards=ibis._.cards, seldom=zero, wired=zero, to_merchants=zero,
    )  # fmt: skip
    went = went.left_join(_merchants(paid, went), [("other", "merchant")])
    outs = went.select(
        "mine", "begun", "ended", payers=zero, payees=one, few=zero, regular=zero, regular_out=regular.cast("int64"),
        n_in=zero, n_out=ibis._.n, got=zero, sent=ibis._.value, everyday=zero, abroad=zero, cards=zero,
        seldom=ibis.ifelse(ibis._.n <= SELDOM, ibis._.value, zero), wired=ibis._.wired,
        to_merchants=ibis.ifelse(ibis._.merchant.notnull(), ibis._.wired, zero),
    )  # fmt: skip
    both = ibis.union(ins, outs)
    sums = both.group_by("mine").aggregate(
        begun_s=both.begun.min(), ended_s=both.ended.max(), **{name: both[name].sum() for name in _SUMS}
    )
    rows = sheets.backend.to_pyarrow(sums).to_pylist()
    known, busy = _register(sheets, asked), _busy(sheets, paid.semi_join(asked, [("dst", "acc")]))
    passed = _passed(sheets, asked)
    return {
        mine: _profile(row, known.get(mine, (0, 0)), busy.get(mine, 0), passed.get(mine, (0, 0)))
        for row in rows
        for mine in [int(row["mine"])]
    }


def _pairs(rows: Any) -> Any:  # noqa: ANN401
    """Return one row for each counterpart of each account."""
    return rows.group_by(["mine", "other"]).aggregate(
        n=rows.count(),
        value=rows.value.sum(),
        begun=rows.t.min(),
        ended=rows.t.max(),
        everyday=(rows.worth < EVERYDAY_MINOR).cast("int64").sum(),
        abroad=(rows.from_country != rows.to_country).cast("int64").sum(),
        cards=(rows.channel == CARD).cast("int64").sum(),
        wired=rows.value.sum(where=rows.channel != CARD),
    )


def _merchants(paid: Any, went: Any) -> Any:  # noqa: ANN401
    """Return those of the payees most of whose payments come by card: merchants whom a card company knows."""
    payees = went.select(payee=went.other).distinct()
    seen = paid.semi_join(payees, [("dst", "payee")]).select(
        merchant=paid.dst, card=(paid.channel == CARD).cast("int64")
    )
    seen = seen.group_by("merchant").aggregate(n=seen.count(), cards=seen.card.sum())
    return seen.filter(seen.cards * 2 >= seen.n).select("merchant")


def _passed(sheets: Sheets, asked: Any) -> dict[int, tuple[int, int]]:  # noqa: ANN401
    """Return of each account what it was paid in dear sums, and how much of that left again sum by sum."""
    paid = sheets.payments
    dear = paid.filter(paid.worth >= EVERYDAY_MINOR, paid.channel != CARD)
    came = dear.semi_join(asked, [("dst", "acc")]).select("t", "worth", mine=dear.dst)
    went = dear.semi_join(asked, [("src", "acc")]).select(sent_s=dear.t, part=dear.worth, from_acc=dear.src)
    on = came.semi_join(
        went,
        [
            came.mine == went.from_acc,
            went.sent_s > came.t,
            went.sent_s <= came.t + ECHO_S,
            went.part <= came.worth,
            went.part * 100 >= came.worth * ECHO_SHARE,
        ],
    )
    found: dict[int, tuple[int, int]] = {}
    for rows, place in ((came, 0), (on, 1)):
        sums = rows.group_by("mine").aggregate(worth=rows.worth.sum())
        for row in sheets.backend.to_pyarrow(sums).to_pylist():
            mine, worth = int(row["mine"]), int(row["worth"])
            found[mine] = (worth, 0) if place == 0 else (found[mine][0], worth)
    return found


def _busy(sheets: Sheets, came: Any) -> dict[int, int]:  # noqa: ANN401
    """Return how many busy months each account has."""
    dear = came.filter(came.worth >= EVERYDAY_MINOR)
    months = dear.mutate(mine=dear.dst, month=(dear.t // MONTH_S).cast("int64"))
    months = months.group_by(["mine", "month"]).aggregate(n=months.count())
    months = months.filter(months.n >= BUSY)
    rows = sheets.backend.to_pyarrow(months.group_by("mine").aggregate(busy=months.count())).to_pylist()
    return {int(row["mine"]): int(row["busy"]) for row in rows}


def _register(sheets: Sheets, asked: Any) -> dict[int, tuple[int, int]]:  # noqa: ANN401
    if not sheets.has("companies"):
        return {}
    parties = sheets.parties.semi_join(asked, "acc")
    rows = sheets.backend.to_pyarrow(parties.select("acc", "money_service", "kind")).to_pylist()
    found: dict[int, tuple[int, int]] = {}
    for row in rows:
        if row["kind"] != "person":
            found[int(row["acc"])] = (1, max(int(row["money_service"]), found.get(int(row["acc"]), (0, 0))[1]))
    return found


def _profile(row: Mapping[str, Any], known: tuple[int, int], busy: int, passed: tuple[int, int]) -> Profile:
    values = {name: int(row[name] or 0) for name in (*_SUMS, "begun_s", "ended_s")}
    dear, echoed = passed
    return Profile(**values, dear=dear, echoed=echoed, busy_months=busy, business=known[0], licensed=known[1])
