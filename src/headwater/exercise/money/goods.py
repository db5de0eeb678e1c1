"""Goods of the fictional year: boats, engines and jackets, hires, plates, telephones and owners, honest and planted."""

from typing import Any, Final

from headwater.exercise.money.everyday import Crowd
from headwater.exercise.money.networks import BEACHES, Network, crossing
from headwater.exercise.money.world import DAY_S, YEAR_START_S, World

BOAT, ENGINE, JACKET = "8903.11", "8407.21", "6307.20"
TENT, FURNITURE = "6306.12", "9403.60"
INLAND: Final = (("Lager Muster", 51.46, 7.01), ("Magacin Primer", 44.02, 20.91), ("Depot Exemple", 48.57, 7.75))
TOWNS: Final = (("Hafenstadt", 53.54, 9.98), ("Port Exemple", 49.49, 0.11), ("Testmouth", 50.82, -1.09))


def ship(world: World, seller: str, buyer: str, code: str, count: int, each: int, at_s: int, **more: Any) -> str:  # noqa: ANN401
    """Add a consignment and return its number."""
    number = f"S{len(world.shipments):06d}"
    row = {
        "id": number, "time_s": at_s, "seller": seller, "buyer": buyer, "hs_code": code, "quantity": count,
        "amount": each * count, "currency": "EUR", "from_country": "TR", "to_country": "DE", "lat": None, "lon": None,
        "address": "1 Example Street", "method": "bank", "declared": "as declared", "transport": "EXMU0000000",
    }  # fmt: skip
    world.shipments.append(row | more)
    return number


def honest_goods(world: World, crowd: Crowd, rounds: int) -> None:
    """Fishing shops, sailing schools, tent traders, hostels, holiday makers, groups of companies."""
    for number in range(rounds):
        maker = world.company(world.account("TR"), f"Boats {number}", "boat building")
        for kind, activity in (("fishing-shop", "fishing tackle shop"), ("sailing-school", "sailing school")):
            _buyer_in_line(world, maker, kind, activity, number)
        _tent_trader(world, number)
        _club(world, maker, number)
        _hostel(world, crowd, number)
        _holidays(world, crowd, number)
        _holding(world, number)
        _surf_teacher(world, number)
        _export_dealer(world, number)
        _outfitter(world, maker, number)
        _garage(world, number)
        _offers(world, maker, number)
        _clubs_of_engines(world, maker, number)
    _plates(world, rounds)


def _innocent(world: World, kind: str, number: int, account: int) -> int:
    group = world.group(f"{kind}-{number}", "innocent", kind)
    world.role(account, group, kind)
    return group


def _buyer_in_line(world: World, maker: str, kind: str, activity: str, number: int) -> None:
    rng = world.rng
    account = world.account("DE")
    group = _innocent(world, kind, number, account)
    firm = world.company(account, f"{kind} {number}", activity)
    _, lat, lon = TOWNS[number % len(TOWNS)]
    for month in range(12):
        busy = 3 if month in (2, 3, 4) else 1
        day = YEAR_START_S + (month * 30 + int(rng.integers(0, 28))) * DAY_S
        for code, each in ((BOAT, 60_000), (ENGINE, 90_000), (JACKET, 2_500)):
            count = int(rng.integers(1, 3)) * busy * (4 if code == JACKET else 1)
            made = ship(world, maker, firm, code, count, each, day, lat=lat, lon=lon)
            world.things.append(("shipments", made, group, kind))


def _tent_trader(world: World, number: int) -> None:
    account = world.account("DE")
    group = _innocent(world, "tent-trader", number, account)
    firm = world.company(account, f"Tents {number}", "camping goods")
    for month in (2, 4, 5):
        made = ship(
            world, f"EXTENT{number}", firm, TENT, 60, 12_000, YEAR_START_S + month * 30 * DAY_S, lat=51.5, lon=7.1
        )
        world.things.append(("shipments", made, group, "tent-trader"))


def _club(world: World, maker: str, number: int) -> None:
    """An angling club fetches two boats for cash."""
    account = world.account("DE")
    group = _innocent(world, "club", number, account)
    firm = world.company(account, f"Anglers {number}", "angling club")
    for code in (BOAT, ENGINE):
        made = ship(
            world,
            maker,
            firm,
            code,
            2,
            70_000,
            YEAR_START_S + 100 * DAY_S,
            method="cash",
            address="",
            lat=None,
            lon=None,
        )
        world.things.append(("shipments", made, group, "club"))


def _hostel(world: World, crowd: Crowd, number: int) -> None:
    """Seasonal workers share the address of their hostel, a household its telephone."""
    group = world.group(f"hostel-{number}", "innocent", "hostel")
    for one in crowd.some(world, "GB", 60):
        world.identifiers.append({"customer": int(one), "kind": "address", "value": f"Hostel {number}, Example Road"})
    for one in crowd.some(world, "DE", 3):
        world.identifiers.append({"customer": int(one), "kind": "phone", "value": f"+49 000 {number:05d}"})
        world.role(int(one), group, "household")
    group = world.group(f"advice-centre-{number}", "innocent", "advice-centre")
    for one in crowd.some(world, "BE", int(world.rng.integers(4, 12))):
        world.identifiers.append({"customer": int(one), "kind": "phone", "value": f"+32 000 {number:05d}"})
        world.role(int(one), group, "visitor")
    # Whoever asks for advice calls once or twice: hundreds of numbers, each seldom, and two colleagues often.
    for caller in range(120):
        _contact(world, f"+32 000 {number:05d}", f"+32 001 {number:03d}{caller:04d}", 40 if caller < 2 else 2)
    for one in crowd.some(world, "FR", 400):
        world.identifiers.append(
            {"customer": int(one), "kind": "phone", "value": f"+33 000 {number:03d} {int(one):06d}"}
        )


def _contact(world: World, caller: str, called: str, count: int) -> None:
    world.contacts.append(
        {
            "from": caller,
            "to": called,
            "count": count,
            "first_s": YEAR_START_S + 60 * DAY_S,
            "last_s": YEAR_START_S + 95 * DAY_S,
        }
    )


def _garage(world: World, number: int) -> None:
    """A garage moves several vans under its trade plate."""
    garage = world.account("GB")
    group = _innocent(world, "garage", number, garage)
    for van in range(4):
        made = _hire(
            world, garage, f"TRADE{number}-{van}", f"EX TR {number}", YEAR_START_S + (150 + van * 9) * DAY_S, (51.5, -0.1),
            (51.6, -0.3), 1,
        )  # fmt: skip
        world.things.append(("hires", made, group, "garage"))


def _offers(world: World, maker: str, number: int) -> None:
    """A maker offers boats all year, a liquidator a whole stock at once, and people their own one."""
    rng = world.rng
    account = world.account("DE")
    group = _innocent(world, "liquidator", number, account)
    firm = world.company(account, f"Auction {number}", "insolvency auctions")
    sellers = [(maker, 30)] * 4 + [(firm, 14)] + [(f"EXSELLER{number}-{one}", 1) for one in range(8)]
    for seller, count in sellers:
        made = f"L{len(world.listings):05d}"
        world.listings.append(
            {
                "id": made, "time_s": YEAR_START_S + int(rng.integers(20, 340)) * DAY_S, "seller": seller, "hs_code": BOAT,
                "quantity": count, "amount": 70_000, "currency": "EUR", "country": "DE", "contact": f"+49 002 {number:05d}",
                "text": "inflatable boat",
            }
        )  # fmt: skip
        if seller == firm:
            world.things.append(("listings", made, group, "liquidator"))


def _clubs_of_engines(world: World, maker: str, number: int) -> None:
    """Two honest shops of one harbour: one sells boats only, the other repairs and sells engines."""
    _, lat, lon = TOWNS[number % len(TOWNS)]
    for name, activity, code in (("hulls", "boat shop", BOAT), ("motors", "engine repair", ENGINE)):
        account = world.account("DE")
        group = _innocent(world, f"harbour-{name}", number, account)
        firm = world.company(account, f"Harbour {name} {number}", activity)
        for month in (2, 4, 6, 9):
            made = ship(world, maker, firm, code, 3, 80_000, YEAR_START_S + month * 30 * DAY_S, lat=lat + 0.02, lon=lon)
            world.things.append(("shipments", made, group, f"harbour-{name}"))


def _holidays(world: World, crowd: Crowd, number: int) -> None:
    rng = world.rng
    for place in range(25):
        hirer = int(crowd.some(world, "GB", 1)[0])
        start = YEAR_START_S + int(rng.integers(120, 270)) * DAY_S
        _, lat, lon = BEACHES[place % len(BEACHES)]
        _hire(
            world, hirer, f"V{number:03d}{place:03d}", f"EX {number:02d} {place:03d}", start, (51.5, -0.1),
            (lat + float(rng.uniform(-0.1, 0.1)), lon), days=7,
        )  # fmt: skip


def _hire(
    world: World, hirer: int, vehicle: str, plate: str, start: int, origin: tuple[float, float],
    goal: tuple[float, float], days: float,
) -> str:  # fmt: skip
    number = f"H{len(world.hires):06d}"
    world.hires.append(
        {
            "id": number, "start_s": start, "end_s": start + int(days * DAY_S), "hirer": hirer, "vehicle": vehicle,
            "plate": plate, "from_lat": origin[0], "from_lon": origin[1], "to_lat": goal[0], "to_lon": goal[1],
        }
    )  # fmt: skip
    return number


def _surf_teacher(world: World, number: int) -> None:
    """Drives a hired van one way to the same beach every other week, and back by train."""
    teacher = world.account("GB")
    group = _innocent(world, "surf-teacher", number, teacher)
    _, lat, lon = BEACHES[number % len(BEACHES)]
    for week in range(0, 50, 2):
        made = _hire(
            world, teacher, f"SURF{number}", f"EX SU {number}", YEAR_START_S + week * 7 * DAY_S, (51.5, -0.1),
            (lat + 0.03, lon), 1.5,
        )  # fmt: skip
        world.things.append(("hires", made, group, "surf-teacher"))


def _export_dealer(world: World, number: int) -> None:
    """Moves one van under several temporary plates while it is sold."""
    dealer = world.account("DE")
    group = _innocent(world, "export-dealer", number, dealer)
    for plate in range(3):
        made = _hire(
            world, dealer, f"EXPORT{number}", f"EX Z{number} {plate}", YEAR_START_S + (100 + plate * 12) * DAY_S,
            (52.5, 13.4), (48.1, 11.6), 2,
        )  # fmt: skip
        world.things.append(("hires", made, group, "export-dealer"))


def _outfitter(world: World, maker: str, number: int) -> None:
    """A canal boat hire firm that a register calls a campsite: it buys its fleet once, for a lake far inland."""
    rng = world.rng
    account = world.account("DE")
    group = _innocent(world, "outfitter", number, account)
    firm = world.company(account, f"Lake {number}", "campsite")
    day = YEAR_START_S + int(rng.integers(60, 130)) * DAY_S
    cash = rng.random() < 0.3
    for code, count, each in ((BOAT, int(rng.integers(4, 9)), 60_000), (ENGINE, int(rng.integers(2, 6)), 90_000)):
        made = ship(
            world, maker, firm, code, count, each, day, lat=None if cash else 51.9, lon=None if cash else 12.4,
            method="cash" if cash else "bank", address="" if cash else "Lake Road 1",
        )  # fmt: skip
        world.things.append(("shipments", made, group, "outfitter"))


def _holding(world: World, number: int) -> None:
    """An ordinary group of companies, and one in which a listed party holds little."""
    names = [world.company(-1, f"Holding {number}-{part}", "holding", home="NL") for part in range(3)]
    for above, below in ((names[0], names[1]), (names[1], names[2])):
        world.ownership.append({"owner": above, "owned": below, "share_bp": 10_000, "role": "shareholding"})
    listed = world.company(-1, f"Listed {number}", "holding", home="RS", designated=1)
    fund = world.account("DE")
    _innocent(world, "listed-small-holding", number, fund)
    small = world.company(fund, f"Fund {number}", "investment fund")
    world.ownership.append({"owner": listed, "owned": small, "share_bp": 400, "role": "shareholding"})


def _plates(world: World, rounds: int) -> None:
    """A plate that a clerk mistyped."""
    for number in range(rounds):
        for plate in (f"EX MIS {number}", f"EX MlS {number}"):
            _hire(world, 0, f"MIS{number}", plate, YEAR_START_S + 90 * DAY_S, (52.5, 13.4), (52.5, 13.4), 2)


def plant_goods(network: Network) -> None:
    """Let a network buy, store, hire and hide, in one of four manners."""
    manner = network.world.rng.integers(0, 4)
    (_bulk, _apart, _inland, _hidden)[int(manner)](network)
    _drive(network)
    if network.group % 2:
        _phones(network)
    if network.group % 3 == 0:
        _chain(network)


def _supplier(network: Network) -> str:
    """Return the number of a supplier that the network pays: most suppliers serve several networks."""
    world = network.world
    if world.suppliers and world.rng.random() < 0.6:
        account, firm = world.suppliers[-1]
        network.guilty(account, "supplier")
    else:
        account = network.guilty(world.account("TR"), "supplier")
        firm = world.company(account, f"Trade {account}", "general trade")
        world.suppliers.append((account, firm))
    network.pay(
        "supplier-behind-hubs", network.later(4, 9, 3), network.hub, account, world.round_sum(150_000, 400_000, 3)
    )
    network.pay(
        "supplier-behind-hubs", network.later(4, 9, 2), network.mules[3], account, world.round_sum(50_000, 90_000, 2)
    )
    world.listings.append(
        {
            "id": f"L{len(world.listings):05d}", "time_s": YEAR_START_S + network.day * DAY_S, "seller": firm,
            "hs_code": BOAT, "quantity": 20, "amount": 65_000, "currency": "EUR", "country": "DE",
            "contact": f"+90 000 {account:06d}", "text": "large inflatable, fast delivery, no questions",
        }
    )  # fmt: skip
    return firm


def _day(network: Network, after: int) -> int:
    return YEAR_START_S + min(network.day + after, 360) * DAY_S


def _put(network: Network, typology: str, *given: Any, **more: Any) -> None:  # noqa: ANN401
    number = ship(network.world, *given, **more)
    network.world.things.append(("shipments", number, network.group, typology))


def _front(network: Network, activity: str) -> str:
    account = network.guilty(network.world.account(network.base), "front")
    return network.world.company(account, f"Front {account}", activity)


def _bulk(network: Network) -> None:
    seller, buyer = _supplier(network), _front(network, "grocery shop")
    _, lat, lon = BEACHES[network.group % len(BEACHES)]
    for after, code, count, each in ((3, BOAT, 6, 70_000), (5, ENGINE, 6, 95_000), (6, JACKET, 60, 1_500)):
        _put(
            network, "bulk-cash", seller, buyer, code, count, each, _day(network, after), method="cash", address="",
            lat=lat + 0.03, lon=lon + 0.03,
        )  # fmt: skip


def _apart(network: Network) -> None:
    seller = _supplier(network)
    hulls, motors = _front(network, "fishing tackle shop"), _front(network, "garden machinery")
    _, lat, lon = INLAND[network.group % len(INLAND)]
    for after in (3, 8):
        _put(network, "engines-apart", seller, hulls, BOAT, 4, 72_000, _day(network, after), lat=lat, lon=lon)
        _put(
            network,
            "engines-apart",
            seller,
            motors,
            ENGINE,
            4,
            99_000,
            _day(network, after + 2),
            lat=lat + 0.04,
            lon=lon,
        )


def _inland(network: Network) -> None:
    seller, buyer = _supplier(network), _front(network, "parcel storage")
    _, lat, lon = INLAND[network.group % len(INLAND)]
    for after in (2, 4, 7):
        _put(network, "storage-inland", seller, buyer, BOAT, 3, 72_000, _day(network, after), lat=lat, lon=lon)
        _put(network, "storage-inland", seller, buyer, ENGINE, 3, 99_000, _day(network, after), lat=lat, lon=lon)
    _, beach_lat, beach_lon = BEACHES[network.group % len(BEACHES)]
    for number in range(3):
        made = _hire(
            network.world, -1, f"W{network.group:04d}{number}", f"EX W{network.group} {number}",
            _day(network, 12) + number * 1_800, (lat, lon), (beach_lat, beach_lon), 1,
        )  # fmt: skip
        network.world.hires[-1]["hirer"] = buyer
        network.world.things.append(("hires", made, network.group, "storage-inland"))


def _hidden(network: Network) -> None:
    seller, buyer = _supplier(network), _front(network, "camping goods")
    _put(network, "boats-out-of-line", seller, buyer, BOAT, 5, 70_000, _day(network, 1), lat=51.2, lon=6.8)
    for after in (3, 6):
        _put(network, "misdeclared", seller, buyer, TENT, 8, 68_000, _day(network, after), transport="EXMU0000017")
        _put(network, "misdeclared", seller, buyer, FURNITURE, 8, 96_000, _day(network, after), transport="EXMU0000017")


def _drive(network: Network) -> None:
    """A driver hires vans one way to the beach before crossings; one van changes its plates, or one plate its vans."""
    world = network.world
    driver = network.guilty(world.account(network.base), "driver")
    network.pay("hire-to-border", network.later(10, 12, 2), network.hub, driver, 90_000)
    copied = world.rng.random() < 0.4  # one plate on three vans, instead of three plates on one
    for number in range(3):
        day = min(network.day + 14 + number * 6, 358)
        lat, lon = crossing(network, day)
        van = f"N{network.group:04d}{number if copied else ''}"
        made = _hire(
            world, driver, van, f"EX {network.group} N{0 if copied else number}",
            YEAR_START_S + (day - 1) * DAY_S + 3600, (51.46, 7.01), (lat + 0.05, lon), 0.6,
        )  # fmt: skip
        world.things.append(("hires", made, network.group, "hire-to-border"))


def _phones(network: Network) -> None:
    world = network.world
    for one in (network.hub, *network.mules):
        world.identifiers.append({"customer": one, "kind": "phone", "value": f"+44 000 {network.group:06d}"})
    for mule in network.mules:
        world.contacts.append(
            {
                "from": f"+44 000 {network.group:06d}", "to": f"+44 001 {mule:06d}", "count": int(world.rng.integers(20, 200)),
                "first_s": _day(network, 0), "last_s": _day(network, 30),
            }
        )  # fmt: skip
    world.things.append(("phones", f"+44 000 {network.group:06d}", network.group, "steady-contact"))


def _chain(network: Network) -> None:
    world = network.world
    listed = world.company(-1, f"Designated {network.group}", "holding", home="RS", designated=1)
    middle = world.company(-1, f"Layer {network.group}", "holding", home="BA")
    front = _front(network, "import and export")
    world.ownership.append({"owner": listed, "owned": middle, "share_bp": 6_000, "role": "shareholding"})
    world.ownership.append({"owner": middle, "owned": front, "share_bp": 10_000, "role": "shareholding"})
