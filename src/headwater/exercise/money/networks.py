"""Planted smuggling networks: a hub each, and some of every other pattern, with what is true of each row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from headwater.exercise.money.everyday import Crowd, live
from headwater.exercise.money.world import (
    CARD,
    CASH,
    CRYPTO,
    DAY_S,
    GROCERIES,
    HELP,
    LOAN,
    TICKET,
    TRANSFER,
    TRANSIT,
    YEAR_START_S,
    World,
    need_numpy,
)


@dataclass(slots=True)
class Network:
    """One network while it is planted.

    Attributes:
        group: its number in the world's groups.
        day: the day of the year on which it begins to collect.
        origin, base: countries of the payers and of the hub.
        hub: the account in which the payments meet.
        mules: accounts of helpers.
        chief: the organiser's account.
        payers: accounts of those who pay for passages: never suspects.
        came: what the hub took in, time and amount of each payment.
    """

    world: World
    crowd: Crowd
    group: int
    day: int
    origin: str
    base: str
    hub: int
    mules: list[int]
    chief: int
    payers: Any
    came: tuple[Any, Any]

    def pay(self, typology: str, t: Any, src: Any, dst: Any, amount: Any, **more: Any) -> None:  # noqa: ANN401
        """Add payments of the network."""
        self.world.pay(t, src, dst, amount, group=self.group, typology=typology, **more)

    def guilty(self, account: int, role: str) -> int:
        """Say that an account belongs to the network, and return it."""
        self.world.role(account, self.group, role)
        return account

    def later(self, low: float, high: float, count: int) -> Any:  # noqa: ANN401
        """Draw times some days after the network's begin."""
        return self.world.moments(self.day + low, self.day + high, count)


def plant(world: World, crowd: Crowd, count: int) -> None:
    """Plant networks: each has a hub and a way out for the money, and five of the other patterns in turn."""
    for number in range(count):
        network = _begin(world, crowd, number)
        _pass_on(network)
        for step in range(5):
            PARTS[(number * 5 + step) % len(PARTS)](network)


def _begin(world: World, crowd: Crowd, number: int) -> Network:
    rng = world.rng
    group = world.group(f"network-{number}", "smuggling", "network")
    origin = str(rng.choice(["IQ", "TR", "AL", "DE", "GB", "FR", "IT"]))
    base = str(rng.choice([code for code in ("DE", "BE", "GB", "NL", "TR", "RS", "FR") if code != origin]))
    day = int(rng.integers(30, 290))
    hub = world.account(base)
    mules, chief = world.accounts(5, base), world.account(str(rng.choice(TRANSIT)))
    payers = crowd.some(world, origin, int(rng.integers(14, 60)))
    network = Network(world, crowd, group, day, origin, base, hub, mules, chief, payers, ((), ()))
    network.guilty(hub, "hub")
    if rng.random() < 0.3:  # a front: the hub's account is a registered business's
        world.company(hub, f"Front {hub}", str(rng.choice(["general trade", "phone shop", "restaurant", "car dealer"])))
    network.guilty(chief, "organiser")
    for mule in mules:
        network.guilty(mule, "mule")
    for payer in payers:
        world.role(int(payer), group, "payer")
    # A passage is paid in one to three parts, within two to six weeks; each network has a price of its own.
    parts = rng.integers(1, 4, len(payers))
    np = need_numpy()
    who = np.repeat(payers, parts)
    level = int(rng.choice([60_000, 120_000, 120_000, 200_000, 350_000]))
    price = np.repeat(world.round_sum(level, level * 7 // 2, len(payers)), parts)
    amount = price // np.repeat(parts, parts) // 5_000 * 5_000
    if rng.random() < 0.4:  # paid in another currency and changed: no round sums arrive
        amount = amount * rng.integers(960, 1_000, len(amount)) // 1_000
    t = network.later(0, float(rng.choice([14, 24, 24, 42])), len(who))
    network.pay("corridor-fan-in", t, who, hub, amount, text=int(rng.choice([0, HELP, LOAN])))
    network.came = (t, amount)
    for one in (hub, *mules):  # they are paid wages, pay rent and buy bread too
        live(world, crowd, one, base)
    return network


def _pass_on(network: Network) -> None:
    """The hub sends most of what it took on to helpers, within hours or days, as each network does it."""
    rng = network.world.rng
    t, amount = network.came
    kept = int(rng.integers(2, 26))
    sent = amount * rng.integers(max(60, 94 - kept), 99 - kept // 2, len(amount)) // 100
    helpers = rng.choice(network.mules[:4], len(t))
    slow = int(rng.choice([1, 2, 2, 5]))
    network.pay("gather-scatter", t + rng.integers(3600, slow * DAY_S, len(t)), network.hub, helpers, sent)


def _fan_out(network: Network) -> None:
    rng = network.world.rng
    guides = [network.guilty(network.world.account(str(rng.choice(TRANSIT))), "guide") for _ in range(6)]
    network.pay(
        "hub-fan-out", network.later(5, 14, 10), network.hub, rng.choice(guides, 10),
        network.world.round_sum(40_000, 120_000, 10),
    )  # fmt: skip


def _scatter_gather(network: Network) -> None:
    rng = network.world.rng
    amount = network.world.round_sum(150_000, 300_000, 5)
    t = network.later(8, 11, 5)
    network.pay("scatter-gather", t, network.hub, network.mules, amount)
    back = amount * rng.integers(88, 98, 5) // 100
    network.pay("scatter-gather", t + rng.integers(DAY_S // 2, 3 * DAY_S, 5), network.mules, network.chief, back)


def _cycle(network: Network) -> None:
    ring = [network.hub, network.chief, *network.mules[:2]]
    amount, t = 900_000, YEAR_START_S + (network.day + 12) * DAY_S
    for at, payer in enumerate(ring):
        network.pay("temporal-cycle", t + at * 2 * DAY_S, payer, ring[(at + 1) % len(ring)], amount)
        amount = amount * 96 // 100


def _structuring(network: Network) -> None:
    rng = network.world.rng
    t = network.later(9, 16, 7)
    network.pay("structuring", t, network.hub, network.chief, rng.integers(900_000, 998_000, 7), channel=CASH)


def _pass_through(network: Network) -> None:
    rng = network.world.rng
    amount = rng.integers(150_000, 400_000, 6)
    t = YEAR_START_S + (network.day + 2 + need_numpy().arange(6) * 3) * DAY_S + rng.integers(0, 20_000, 6)
    network.pay("rapid-pass-through", t, network.hub, network.mules[4], amount)
    network.pay("rapid-pass-through", t + 4 * 3600, network.mules[4], network.chief, amount * 95 // 100)


def _dormant(network: Network) -> None:
    world = network.world
    sleeper = network.guilty(world.account(network.base), "hub")
    world.pay(world.moments(0, 5, 3), sleeper, network.crowd.shops[network.base][0], 2_500, channel=CARD)
    wakes = max(network.day, 200)
    families = network.crowd.some(world, network.origin, 12)
    for one in families:
        world.role(int(one), network.group, "payer")
    network.pay(
        "dormant-active", world.moments(wakes, wakes + 20, 12), families, sleeper, world.round_sum(120_000, 400_000, 12)
    )
    network.pay(
        "dormant-active", world.moments(wakes + 4, wakes + 24, 5), sleeper, network.mules[0],
        world.round_sum(150_000, 300_000, 5),
    )  # fmt: skip


def _mirror(network: Network) -> None:
    world, rng = network.world, network.world.rng
    here = network.guilty(world.account(network.base), "broker")
    home = str(rng.choice([code for code in ("IQ", "TR", "AL", "RS") if code not in (network.base, network.origin)]))
    there = network.guilty(world.account(home), "broker")
    payers = network.crowd.some(world, network.origin, 16)
    takers = [network.guilty(world.account(home), "guide") for _ in range(9)]
    for one in payers:
        world.role(int(one), network.group, "payer")
    amount = world.round_sum(80_000, 380_000, 16)
    t = network.later(0, 40, 16)
    network.pay("mirror-transfer", t, payers, here, amount, channel=TRANSFER)
    fee = int(rng.integers(10, 60))
    paid = amount * (1000 - fee - rng.integers(0, 12, 16)) // 1000
    to = rng.choice(takers, 16)
    network.pay("mirror-transfer", t + rng.integers(2 * 3600, 50 * 3600, 16), there, to, paid, channel=TRANSFER)
    live(world, network.crowd, here, network.base)


def _half_mirror(network: Network) -> None:
    world = network.world
    purse = network.guilty(world.account(network.base), "hub")
    families = network.crowd.some(world, network.origin, 20)
    for one in families:
        world.role(int(one), network.group, "payer")
    network.pay("half-mirror", network.later(0, 22, 20), families, purse, world.round_sum(120_000, 400_000, 20))
    live(world, network.crowd, purse, network.base)


def _travel(network: Network) -> None:
    world, rng = network.world, network.world.rng
    booker = network.guilty(world.account(network.base), "booker")
    sellers = network.crowd.travel[network.base]
    network.pay("third-party-travel", network.later(3, 6, 3), network.hub, booker, 160_000)
    network.pay(
        "third-party-travel", network.later(6, 20, 16), booker, rng.choice(sellers, 16), rng.integers(9_000, 42_000, 16),
        channel=CARD, text=TICKET,
    )  # fmt: skip
    live(world, network.crowd, booker, network.base)


def _crypto(network: Network) -> None:
    world = network.world
    wallet, exchange = network.guilty(world.account(network.base), "wallet"), world.account("NL")
    families = network.crowd.some(world, network.origin, 14)
    for one in families:
        world.role(int(one), network.group, "payer")
    week = (network.day // 7 + 1) * 7
    amount = world.round_sum(100_000, 350_000, 14)
    network.pay("crypto-cash-out", world.moments(week + 1, week + 5, 14), families, wallet, amount, channel=CRYPTO)
    network.pay(
        "crypto-cash-out", world.moments(week + 6, week + 6.9, 1), wallet, exchange, int(amount.sum()) * 92 // 100,
        channel=CRYPTO,
    )  # fmt: skip
    live(world, network.crowd, wallet, network.base)


def _escrow(network: Network) -> None:
    world, rng = network.world, network.world.rng
    holder = network.guilty(world.account(network.base), "escrow broker")
    families = network.crowd.some(world, network.origin, 14)
    for one in families:
        world.role(int(one), network.group, "payer")
    amount = world.round_sum(150_000, 400_000, 14)
    t = network.later(0, 9, 14)
    network.pay("escrow-after-arrival", t, families, holder, amount)
    arrivals = [network.day + 14, network.day + 19]
    for day in arrivals:
        crossing(network, day)
    released = YEAR_START_S + rng.choice(arrivals, 14) * DAY_S + rng.integers(30 * 3600, 70 * 3600, 14)
    network.pay("escrow-after-arrival", released, holder, network.hub, amount * 97 // 100)
    live(world, network.crowd, holder, network.base)


def _shop(network: Network) -> None:
    world, rng = network.world, network.world.rng
    shop = network.guilty(world.account(network.base), "shop")
    world.company(shop, f"Corner {shop}", "phone shop and kiosk")
    till = network.crowd.some(world, network.base, 150)
    world.pay(world.moments(0, 360, 150), till, shop, rng.integers(400, 6_000, 150), channel=CARD, text=GROCERIES)
    payers = network.crowd.some(world, network.base, 22)
    home = str(rng.choice([code for code in TRANSIT if code != network.base]))
    takers = [network.guilty(world.account(home), "guide") for _ in range(8)]
    amount = world.round_sum(60_000, 300_000, 22)
    t = network.later(0, 26, 22)
    network.pay("shop-as-broker", t, payers, shop, amount)
    network.pay("shop-as-broker", t + DAY_S, shop, rng.choice(takers, 22), amount * 94 // 100)


def _ransom(network: Network) -> None:
    world, rng = network.world, network.world.rng
    holder = network.guilty(world.account(str(rng.choice(["TR", "GR", "BA"]))), "kidnapper")
    for family in network.payers[:3]:
        network.pay(
            "ransom", network.later(28, 36, 4), int(family), holder, world.round_sum(50_000, 200_000, 4), text=HELP
        )


def crossing(network: Network, day: int) -> tuple[float, float]:
    """Let a crossing be seen on a day, at a beach of the network's, and return where."""
    world = network.world
    name, lat, lon = BEACHES[network.group % len(BEACHES)]
    at = YEAR_START_S + day * DAY_S + 4 * 3600
    world.crossings.append(
        {
            "id": f"X{len(world.crossings):05d}", "time_s": at, "lat": lat + 0.01, "lon": lon - 0.01, "kind": "crossing",
        }
    )  # fmt: skip
    world.things.append(("crossings", world.crossings[-1]["id"], network.group, name))
    return lat, lon


BEACHES: Final = (
    ("Exempel Plage", 50.98, 1.95),
    ("Sable d'Essai", 50.72, 1.56),
    ("Primer Reka", 44.86, 19.02),
    ("Ornek Plaji", 39.18, 26.55),
)
"""Beaches and river banks of the exercise: name, latitude, longitude."""


def _goods(network: Network) -> None:
    from headwater.exercise.money.goods import plant_goods

    plant_goods(network)


PARTS: Final[tuple[Callable[[Network], None], ...]] = (
    _goods,
    _fan_out,
    _scatter_gather,
    _cycle,
    _structuring,
    _goods,
    _pass_through,
    _dormant,
    _mirror,
    _half_mirror,
    _goods,
    _travel,
    _crypto,
    _escrow,
    _shop,
    _goods,
    _ransom,
)
"""What a network may do besides collecting; five in turn for each network."""
