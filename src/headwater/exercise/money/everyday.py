"""Honest life: wages, rents, purchases, help for families, and all the accounts that lead it."""

from typing import Any, Final

from headwater.exercise.money.world import (
    CARD,
    DAY_S,
    DAYS,
    GROCERIES,
    HOMES,
    INVOICE,
    RENT,
    SALARY,
    SUPPORT,
    THANKS,
    TICKET,
    WEIGHTS,
    YEAR_START_S,
    World,
    need_numpy,
)

_SHOP: Final = ("grocery shop", "phone shop", "bakery", "clothes store", "furniture dealer", "car dealer", "restaurant")
_SHARES: Final = {
    "purchases": 0.50, "wages": 0.10, "rent": 0.07, "friends": 0.13, "support": 0.10, "dear": 0.04, "travel": 0.02,
    "trade": 0.04,
}  # fmt: skip


class Crowd:
    """The people and businesses of everyday life."""

    def __init__(self, world: World, count: int) -> None:
        """Open the accounts: nine of ten are people's."""
        np = need_numpy()
        rng = world.rng
        shares = np.array(WEIGHTS, float) / sum(WEIGHTS)
        self.people: dict[str, Any] = {}
        self.shops: dict[str, Any] = {}
        self.employers: dict[str, Any] = {}
        self.landlords: dict[str, Any] = {}
        self.dealers: dict[str, Any] = {}
        self.travel: dict[str, Any] = {}
        for code, share in zip(HOMES, shares, strict=True):
            here = max(40, int(count * share))
            self.people[code] = np.array(world.accounts(int(here * 0.9), code))
            self.shops[code] = np.array(world.accounts(max(4, int(here * 0.04)), code))
            self.employers[code] = np.array(world.accounts(max(2, int(here * 0.02)), code))
            self.landlords[code] = np.array(world.accounts(max(2, int(here * 0.02)), code))
            self.dealers[code] = np.array(world.accounts(max(2, int(here * 0.01)), code))
            self.travel[code] = np.array(world.accounts(max(1, int(here * 0.002)), code))
        self.weights = shares
        for code in HOMES:
            for account in self.shops[code]:
                world.company(int(account), f"Shop {account}", _SHOP[int(rng.integers(0, 4))])
            for account in self.dealers[code]:
                world.company(int(account), f"Dealer {account}", _SHOP[4 + int(rng.integers(0, 2))])
            for account in self.employers[code]:
                world.company(int(account), f"Works {account}", "manufacture")
            for account in self.travel[code]:
                world.company(int(account), f"Journeys {account}", "travel agency and ticket sales")

    def some(self, world: World, code: str, count: int) -> Any:  # noqa: ANN401 - a numpy array
        """Draw different people of one country; where there are too few, more of them open an account."""
        np = need_numpy()
        folk = self.people[code]
        if len(folk) < count:
            folk = self.people[code] = np.concatenate((folk, world.accounts(count - len(folk), code)))
        return world.rng.choice(folk, count, replace=False)


def everyday(world: World, crowd: Crowd, payments: int) -> None:
    """Add the payments of everyday life, about so many."""
    for code, share in zip(HOMES, crowd.weights, strict=True):
        here = payments * share
        _purchases(world, crowd, code, int(here * _SHARES["purchases"]))
        _monthly(world, crowd.employers[code], crowd.people[code], int(here * _SHARES["wages"]), wages=True)
        _monthly(world, crowd.landlords[code], crowd.people[code], int(here * _SHARES["rent"]), wages=False)
        _friends(world, crowd, code, int(here * _SHARES["friends"]))
        _support(world, crowd, code, int(here * _SHARES["support"]))
        _dear(world, crowd, code, int(here * _SHARES["dear"]))
        _travel(world, crowd, code, int(here * _SHARES["travel"]))
        _trade(world, crowd, code, int(here * _SHARES["trade"]))


def _popular(world: World, among: Any, count: int) -> Any:  # noqa: ANN401
    """Draw some of them often and most of them seldom."""
    place = (len(among) * world.rng.random(count) ** 2.5).astype("int64")
    return among[place]


def _purchases(world: World, crowd: Crowd, code: str, count: int) -> None:
    rng = world.rng
    amount = (rng.lognormal(7.8, 0.9, count)).astype("int64") + 100
    world.pay(
        world.moments(0, DAYS, count), rng.choice(crowd.people[code], count), _popular(world, crowd.shops[code], count),
        amount, channel=CARD, text=GROCERIES,
    )  # fmt: skip


def _monthly(world: World, firms: Any, people: Any, count: int, *, wages: bool) -> None:  # noqa: ANN401
    np = need_numpy()
    rng = world.rng
    bound = max(1, count // 12)
    who = rng.choice(people, min(bound, len(people)), replace=False)
    firm = _popular(world, firms, len(who))
    amount = rng.integers(140_000, 340_000, len(who)) if wages else rng.integers(45, 130, len(who)) * 1_000
    for month in range(12):
        day = month * 30.4 + (27 if wages else 1) + rng.integers(0, 3, len(who))
        t = YEAR_START_S + day.astype(np.int64) * DAY_S + rng.integers(7 * 3600, 11 * 3600, len(who))
        src, dst = (firm, who) if wages else (who, firm)
        world.pay(t, src, dst, amount, text=SALARY if wages else RENT)


def _friends(world: World, crowd: Crowd, code: str, count: int) -> None:
    rng = world.rng
    folk = crowd.people[code]
    src = rng.integers(0, len(folk), count)
    dst = (src + rng.integers(1, 12, count)) % len(folk)
    amount = rng.integers(2, 200, count) * 100 + rng.integers(0, 100, count) * (rng.random(count) < 0.3)
    world.pay(world.moments(0, DAYS, count), folk[src], folk[dst], amount, text=THANKS)


def _support(world: World, crowd: Crowd, code: str, count: int) -> None:
    """People who work abroad send money home, most months, to the same relatives."""
    rng = world.rng
    senders = max(1, count // 8)
    who = rng.choice(crowd.people[code], senders)
    for other in ("RS", "AL", "TR", "IQ", "RO", "PL", "BA"):
        mine = who[rng.random(senders) < 0.15]
        if not len(mine):
            continue
        home = crowd.people[other][rng.integers(0, len(crowd.people[other]), len(mine))]
        amount = rng.integers(5, 45, len(mine)) * 1_000
        for month in range(12):
            sends = rng.random(len(mine)) < 0.7
            t = world.moments(month * 30.4, month * 30.4 + 9, len(mine))
            world.pay(t[sends], mine[sends], home[sends], amount[sends], text=SUPPORT)


def _dear(world: World, crowd: Crowd, code: str, count: int) -> None:
    rng = world.rng
    amount = rng.lognormal(11.2, 0.8, count).astype("int64")
    world.pay(
        world.moments(0, DAYS, count), rng.choice(crowd.people[code], count), _popular(world, crowd.dealers[code], count),
        amount, text=INVOICE,
    )  # fmt: skip


def _travel(world: World, crowd: Crowd, code: str, count: int) -> None:
    rng = world.rng
    world.pay(
        world.moments(0, DAYS, count), rng.choice(crowd.people[code], count), rng.choice(crowd.travel[code], count),
        rng.integers(3_000, 60_000, count), channel=CARD, text=TICKET,
    )  # fmt: skip


def _trade(world: World, crowd: Crowd, code: str, count: int) -> None:
    np = need_numpy()
    rng = world.rng
    firms = np.concatenate((crowd.shops[code], crowd.employers[code], crowd.dealers[code]))
    away = rng.choice(HOMES, count, p=crowd.weights)
    suppliers = np.array([rng.choice(crowd.employers[str(where)]) for where in away], np.int64)
    world.pay(
        world.moments(0, DAYS, count), rng.choice(firms, count), suppliers,
        rng.lognormal(12.0, 1.0, count).astype("int64") + 1_000, text=INVOICE,
    )  # fmt: skip


def live(world: World, crowd: Crowd, account: int, code: str, *, always: bool = False) -> None:
    """Give an account a life beside what it is planted for: three of four have one, the others were opened for it."""
    rng = world.rng
    if not always and rng.random() < 0.25:
        return
    begun = float(rng.choice([0.0, 0.0, 120.0]))
    bought = int(rng.integers(30, 140))
    world.pay(
        world.moments(begun, DAYS, bought), account, _popular(world, crowd.shops[code], bought),
        rng.integers(400, 9_000, bought), channel=CARD, text=GROCERIES,
    )  # fmt: skip
    friends = crowd.some(world, code, int(rng.integers(3, 9)))
    for _ in range(int(rng.integers(2, 6))):
        times = world.moments(begun, DAYS, len(friends))
        world.pay(times, friends, account, rng.integers(3, 90, len(friends)) * 100, text=THANKS)
        world.pay(times + DAY_S, account, friends, rng.integers(3, 90, len(friends)) * 100, text=THANKS)
    if rng.random() < 0.6:
        firm, wage = int(rng.choice(crowd.employers[code])), int(rng.integers(130_000, 300_000))
        world.pay(
            world.moments(begun, DAYS, 1)[0] % DAY_S + YEAR_START_S + need_numpy().arange(12) * 30 * DAY_S,
            firm,
            account,
            wage,
            text=SALARY,
        )
    if rng.random() < 0.6:
        home, rent = int(rng.choice(crowd.landlords[code])), int(rng.integers(45, 120)) * 1_000
        world.pay(YEAR_START_S + need_numpy().arange(12) * 30 * DAY_S + 40_000, account, home, rent, text=RENT)
