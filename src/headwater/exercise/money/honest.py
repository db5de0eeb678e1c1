"""Honest groups that resemble a smuggling network most: whoever looks for networks must leave them alone."""

from typing import Final

from headwater.exercise.money.everyday import Crowd, live
from headwater.exercise.money.world import (
    CARD,
    CRYPTO,
    DAY_S,
    DAYS,
    GIFT,
    HELP,
    HOMES,
    INVOICE,
    LOAN,
    RENT,
    SALARY,
    SUPPORT,
    TICKET,
    TRANSFER,
    YEAR_START_S,
    World,
)


def look_alikes(world: World, crowd: Crowd, rounds: int) -> None:
    """Add honest groups that resemble a network; each kind once a round."""
    makers = (
        _office, _brokers, _payroll, _collection, _school, _circle, _season, _solicitor, _team, _merchant, _furniture,
        _family, _trip, _seller, _neighbour, _estate, _stall, _society, _charity, _deposits, _tutor, _rents,
    )  # fmt: skip
    for number in range(rounds):
        for make in makers:
            make(world, crowd, number)


def _begin(world: World, kind: str, number: int) -> int:
    return world.group(f"{kind}-{number}", "innocent", kind)


def _office(world: World, crowd: Crowd, number: int) -> None:
    """A licensed remittance office: workers pay in, families abroad are paid the same days."""
    rng = world.rng
    group = _begin(world, "remittance-office", number)
    code, home = str(rng.choice(["GB", "DE", "FR", "IT"])), str(rng.choice(["RS", "AL", "TR", "IQ", "RO"]))
    office, payout = world.account(code), world.account(home)
    world.company(office, f"Remit {office}", "money transfer", money_service=1)
    world.company(payout, f"Remit {payout}", "money transfer", money_service=1)
    for one in (office, payout):
        world.role(one, group, "office")
    senders = crowd.some(world, code, int(rng.integers(40, 160)))
    family = crowd.some(world, home, len(senders))
    senders = senders[: len(family)]
    amount = world.round_sum(10_000, 60_000, len(senders))
    for month in range(12):
        sends = rng.random(len(senders)) < 0.75
        t = world.moments(month * 30.4, month * 30.4 + 28, len(senders))[sends]
        paid = amount[sends]
        world.pay(t, senders[sends], office, paid, text=SUPPORT, group=group)
        world.pay(t + rng.integers(3600, DAY_S, len(t)), payout, family[sends], paid * 97 // 100, group=group)
        world.pay(t.max(initial=YEAR_START_S) + DAY_S, office, payout, max(1, int(paid.sum()) * 97 // 100), group=group)


def _brokers(world: World, crowd: Crowd, number: int) -> None:
    """Two registered brokers who settle: lawful hawala, the same families month after month."""
    rng = world.rng
    group = _begin(world, "lawful-hawala", number)
    code, home = str(rng.choice(["GB", "DE", "BE", "NL"])), str(rng.choice(["IQ", "TR", "AL"]))
    here, there = world.account(code), world.account(home)
    for one in (here, there):
        world.company(one, f"Broker {one}", "value transfer", money_service=1)
        world.role(one, group, "broker")
    senders = crowd.some(world, code, int(rng.integers(15, 50)))
    family = crowd.some(world, home, len(senders))
    senders = senders[: len(family)]
    amount = world.round_sum(15_000, 90_000, len(senders))
    for month in range(12):
        sends = rng.random(len(senders)) < 0.7
        t = world.moments(month * 30.4, month * 30.4 + 28, len(senders))[sends]
        paid = amount[sends]
        fee = rng.integers(10, 30, len(paid))
        world.pay(t, senders[sends], here, paid, channel=TRANSFER, text=SUPPORT, group=group)
        later = t + rng.integers(3 * 3600, 40 * 3600, len(t))
        world.pay(later, there, family[sends], paid * (1000 - fee) // 1000, channel=TRANSFER, group=group)
    world.pay(world.moments(85, 360, 3), here, there, world.round_sum(2_000_000, 6_000_000, 3), group=group)


def _payroll(world: World, crowd: Crowd, number: int) -> None:
    """An agency for seasonal work: farms pay it, it pays pickers, also abroad."""
    rng = world.rng
    group = _begin(world, "payroll", number)
    code = str(rng.choice(["GB", "DE", "IT", "NL"]))
    agency = world.account(code)
    world.company(agency, f"Season work {agency}", "employment agency")
    world.role(agency, group, "agency")
    farms = world.accounts(int(rng.integers(8, 14)), code)
    for farm in farms:
        world.company(farm, f"Farm {farm}", "fruit growing")
    home = str(rng.choice(["RO", "BG", "RS", "AL"]))
    pickers = crowd.some(world, home, int(rng.integers(25, 70)))
    for week in range(16, 40):
        t = YEAR_START_S + week * 7 * DAY_S
        each = rng.integers(38_000, 60_000, len(pickers))
        bills = rng.multinomial(int(each.sum() * 1.15), [1 / len(farms)] * len(farms))
        world.pay(t + rng.integers(0, DAY_S, len(farms)), farms, agency, bills, text=INVOICE, group=group)
        world.pay(t + DAY_S + rng.integers(0, DAY_S, len(pickers)), agency, pickers, each, text=SALARY, group=group)


def _collection(world: World, crowd: Crowd, number: int) -> None:
    """A village collects for a sick neighbour: many small gifts, then one bill."""
    rng = world.rng
    group = _begin(world, "collection", number)
    code = str(rng.choice(HOMES))
    purse = world.account(code)
    world.role(purse, group, "collector")
    day = int(rng.integers(20, 320))
    givers = crowd.some(world, code, int(rng.integers(25, 80)))
    amount = world.round_sum(2_000, 30_000, len(givers), 1_000)
    world.pay(world.moments(day, day + 20, len(givers)), givers, purse, amount, text=GIFT, group=group)
    world.pay(
        world.moments(day + 22, day + 30, 2), purse, crowd.employers[code][:2], int(amount.sum()) // 2, group=group
    )
    live(world, crowd, purse, code)


def _school(world: World, crowd: Crowd, number: int) -> None:
    """A language school or clinic abroad: many pay dear fees once or twice, and the money is spent on wages."""
    rng = world.rng
    group = _begin(world, "school", number)
    code, away = str(rng.choice(["GB", "DE", "FR"])), str(rng.choice(["TR", "IT", "PL", "RO"]))
    school = world.account(code)
    world.company(school, f"Lessons {school}", "private education")
    world.role(school, group, "school")
    for term in (10, 130, 250):
        pupils = crowd.some(world, away, int(rng.integers(20, 50)))
        world.pay(
            world.moments(term, term + 25, len(pupils)), pupils, school, world.round_sum(60_000, 300_000, len(pupils)),
            text=FEE_TEXT, group=group,
        )  # fmt: skip
    staff = crowd.some(world, code, 12)
    for month in range(12):
        world.pay(world.moments(month * 30.4 + 25, month * 30.4 + 28, len(staff)), school, staff, 240_000, group=group)


FEE_TEXT: Final = 10


def _circle(world: World, crowd: Crowd, number: int) -> None:
    """A savings circle: each month all pay one of them in turn, so that money goes round."""
    rng = world.rng
    group = _begin(world, "savings-circle", number)
    code = str(rng.choice(HOMES))
    members = crowd.some(world, code, int(rng.integers(6, 11)))
    amount = int(world.round_sum(20_000, 60_000, 1)[0])
    for one in members:
        world.role(int(one), group, "member")
    for turn in range(12):
        takes = members[turn % len(members)]
        others = members[members != takes]
        day = turn * 30
        world.pay(world.moments(day, day + 5, len(others)), others, takes, amount, text=LOAN, group=group)


def _season(world: World, crowd: Crowd, number: int) -> None:
    """A campsite that sleeps every winter."""
    rng = world.rng
    group = _begin(world, "seasonal-business", number)
    code = str(rng.choice(["FR", "GR", "IT", "GB"]))
    site = world.account(code)
    world.company(site, f"Camp {site}", "campsite")
    world.role(site, group, "campsite")
    guests = crowd.some(world, code, int(rng.integers(40, 120)))
    world.pay(world.moments(1, 6, 3), site, crowd.employers[code][0], rng.integers(20_000, 80_000, 3), group=group)
    world.pay(
        world.moments(170, 260, len(guests)), guests, site, world.round_sum(15_000, 90_000, len(guests), 1_000),
        channel=CARD, group=group,
    )  # fmt: skip


def _solicitor(world: World, crowd: Crowd, number: int) -> None:
    """A solicitor's client account: deposits rest for weeks and go to a seller when a contract is done."""
    rng = world.rng
    group = _begin(world, "escrow", number)
    code = str(rng.choice(["GB", "FR", "BE"]))
    office = world.account(code)
    world.company(office, f"Law {office}", "legal services")
    world.role(office, group, "solicitor")
    clients = crowd.some(world, code, int(rng.integers(12, 30)))
    t = world.moments(10, 320, len(clients))
    amount = world.round_sum(200_000, 900_000, len(clients))
    world.pay(t, clients, office, amount, group=group)
    sellers = rng.choice(crowd.landlords[code], len(clients))
    world.pay(t + rng.integers(3, 30, len(clients)) * DAY_S, office, sellers, amount * 99 // 100, group=group)


def _team(world: World, crowd: Crowd, number: int) -> None:
    """The manager of a club books journeys for a team, in both directions."""
    rng = world.rng
    group = _begin(world, "team-travel", number)
    code = str(rng.choice(HOMES))
    manager = world.account(code)
    world.role(manager, group, "manager")
    members = crowd.some(world, code, 14)
    for day in (60, 200):
        world.pay(world.moments(day, day + 5, len(members)), members, manager, 15_000, text=TICKET, group=group)
        world.pay(
            world.moments(day + 6, day + 12, 14), manager, rng.choice(crowd.travel[code], 14),
            rng.integers(9_000, 16_000, 14), channel=CARD, text=TICKET, group=group,
        )  # fmt: skip
    live(world, crowd, manager, code)


def _merchant(world: World, crowd: Crowd, number: int) -> None:
    """A shop that takes crypto assets and sells them every week."""
    rng = world.rng
    group = _begin(world, "crypto-merchant", number)
    code = str(rng.choice(["DE", "NL", "GB"]))
    shop, exchange = world.account(code), world.account(code)
    world.company(shop, f"Parts {shop}", "computer parts")
    world.company(exchange, f"Exchange {exchange}", "virtual asset exchange", money_service=1)
    world.role(shop, group, "merchant")
    for week in range(52):
        buyers = crowd.some(world, code, int(rng.integers(5, 11)))
        amount = rng.integers(10_000, 90_000, len(buyers))
        world.pay(world.moments(week * 7, week * 7 + 5, len(buyers)), buyers, shop, amount, channel=CRYPTO, group=group)
        world.pay(
            world.moments(week * 7 + 6, week * 7 + 6.9, 1),
            shop,
            exchange,
            int(amount.sum() * 0.95),
            channel=CRYPTO,
            group=group,
        )


def _furniture(world: World, crowd: Crowd, number: int) -> None:
    """A maker of fitted kitchens: customers from one country pay a deposit and a rest, suppliers elsewhere are paid."""
    rng = world.rng
    group = _begin(world, "dear-goods", number)
    code, away = str(rng.choice(["PL", "RS", "BA", "TR"])), str(rng.choice(["DE", "GB", "FR"]))
    maker = world.account(code)
    world.company(maker, f"Kitchens {maker}", "furniture manufacture")
    world.role(maker, group, "maker")
    buyers = crowd.some(world, away, int(rng.integers(60, 140)))
    t = world.moments(0, 330, len(buyers))
    price = world.round_sum(200_000, 900_000, len(buyers))
    world.pay(t, buyers, maker, price // 3, text=INVOICE, group=group)
    world.pay(t + rng.integers(10, 30, len(buyers)) * DAY_S, buyers, maker, price * 2 // 3, text=INVOICE, group=group)
    for supplier in world.accounts(5, code):
        world.company(supplier, f"Timber {supplier}", "timber trade")
        world.pay(
            world.moments(0, DAYS, 24), maker, supplier, rng.integers(100_000, 500_000, 24), text=INVOICE, group=group
        )


def _family(world: World, crowd: Crowd, number: int) -> None:
    """A wedding: relatives from abroad send gifts once, and the couple pays hall, band and journeys."""
    rng = world.rng
    group = _begin(world, "wedding", number)
    code, away = str(rng.choice(["RS", "TR", "AL", "GB"])), str(rng.choice(["DE", "FR", "GB", "IT"]))
    couple = int(crowd.some(world, code, 1)[0])
    world.role(couple, group, "couple")
    day = int(rng.integers(120, 260))
    guests = crowd.some(world, away, int(rng.integers(14, 40)))
    gifts = world.round_sum(10_000, 60_000, len(guests), 5_000)
    world.pay(world.moments(day, day + 14, len(guests)), guests, couple, gifts, text=GIFT, group=group)
    bills = rng.choice(crowd.shops[code], 6)
    world.pay(world.moments(day + 2, day + 20, 6), couple, bills, int(gifts.sum()) // 8, text=INVOICE, group=group)


def _trip(world: World, crowd: Crowd, number: int) -> None:
    """Somebody organises a journey to a tournament: people pay once or twice, hall, coach and hotel are paid at once."""
    rng = world.rng
    group = _begin(world, "trip", number)
    code, away = str(rng.choice(["BE", "DE", "GB", "RS", "TR"])), str(rng.choice(["DE", "FR", "GB", "IT", "TR"]))
    purse = world.account(code)
    world.role(purse, group, "organiser of a trip")
    day = int(rng.integers(20, 300))
    guests = crowd.some(world, away, int(rng.integers(16, 50)))
    price = int(world.round_sum(20_000, 120_000, 1)[0])
    for part in (0, 9):
        t = world.moments(day + part, day + part + 8, len(guests))
        world.pay(t, guests, purse, price // 2, text=TICKET, group=group)
    hosts = [world.account(str(rng.choice(["GR", "TR", "RS", "BG", "IT"]))) for _ in range(int(rng.integers(4, 8)))]
    world.pay(
        world.moments(day + 3, day + 20, 3 * len(hosts)), purse, hosts * 3, price * len(guests) * 9 // 10 // 3 // len(hosts),
        text=INVOICE, group=group,
    )  # fmt: skip
    live(world, crowd, purse, code)


def _seller(world: World, crowd: Crowd, number: int) -> None:
    """A private person sells used cars abroad: buyers pay once, stock is bought from private people the same week."""
    rng = world.rng
    group = _begin(world, "private-seller", number)
    code, away = str(rng.choice(["DE", "BE", "NL", "GB"])), str(rng.choice(["TR", "IQ", "AL", "RS", "DE"]))
    trader = world.account(code)
    world.role(trader, group, "private seller")
    day = int(rng.integers(10, 250))
    buyers = crowd.some(world, away, int(rng.integers(14, 45)))
    t = world.moments(day, day + int(rng.integers(25, 110)), len(buyers))
    price = world.round_sum(80_000, 480_000, len(buyers))
    world.pay(t, buyers, trader, price, text=int(rng.choice([0, INVOICE, HELP])), group=group)
    stock = crowd.some(world, code, len(buyers))
    world.pay(
        t + rng.integers(3600, 4 * DAY_S, len(t)),
        trader,
        stock,
        price * rng.integers(75, 95, len(t)) // 100,
        group=group,
    )
    live(world, crowd, trader, code)


def _neighbour(world: World, crowd: Crowd, number: int) -> None:
    """A neighbour takes money along for families at home, month after month, for nothing."""
    rng = world.rng
    group = _begin(world, "neighbour", number)
    code, home = str(rng.choice(["DE", "GB", "FR", "BE"])), str(rng.choice(["RS", "TR", "AL", "IQ", "MK"]))
    helper = world.account(code)
    world.role(helper, group, "neighbour")
    senders = crowd.some(world, code, int(rng.integers(10, 26)))
    family = crowd.some(world, home, len(senders))
    amount = world.round_sum(10_000, 60_000, len(senders))
    for month in range(12):
        sends = rng.random(len(senders)) < 0.6
        t = world.moments(month * 30.4, month * 30.4 + 6, len(senders))[sends]
        world.pay(t, senders[sends], helper, amount[sends], text=SUPPORT, group=group)
        world.pay(t + 2 * DAY_S, helper, family[sends], amount[sends], text=SUPPORT, group=group)
    live(world, crowd, helper, code)


def _estate(world: World, crowd: Crowd, number: int) -> None:
    """An account wakes when its owner dies: debts come in, heirs abroad are paid."""
    rng = world.rng
    group = _begin(world, "estate", number)
    code = str(rng.choice(["GB", "DE", "FR", "IT"]))
    purse = world.account(code)
    world.role(purse, group, "estate")
    world.pay(world.moments(0, 8, 4), purse, crowd.shops[code][0], 3_000, channel=CARD)
    day = int(rng.integers(190, 300))
    debtors = crowd.some(world, code, int(rng.integers(8, 15)))
    world.pay(
        world.moments(day, day + 25, len(debtors)),
        debtors,
        purse,
        world.round_sum(30_000, 400_000, len(debtors)),
        group=group,
    )
    heirs = crowd.some(world, str(rng.choice(["TR", "RS", "AL", "GR"])), 5)
    world.pay(world.moments(day + 26, day + 32, 5), purse, heirs, 250_000, group=group)


def _stall(world: World, crowd: Crowd, number: int) -> None:
    """A stall that is open for two months, with small sales and some dear ones, and makers abroad that it pays."""
    rng = world.rng
    group = _begin(world, "stall", number)
    code = str(rng.choice(["DE", "GB", "FR", "NL"]))
    stall = world.account(code)
    if rng.random() < 0.5:
        world.company(stall, f"Stall {stall}", "market stall and gift shop")
    world.role(stall, group, "stall")
    day = int(rng.integers(10, 290))
    small, dear = crowd.some(world, code, 180), crowd.some(world, code, 40)
    world.pay(world.moments(day, day + 60, 180), small, stall, rng.integers(500, 5_500, 180), channel=CARD, group=group)
    world.pay(
        world.moments(day, day + 60, 40), dear, stall, rng.integers(20_000, 90_000, 40), channel=CARD, group=group
    )
    makers = world.accounts(7, str(rng.choice(["TR", "RS", "AL", "MA", "GR"])))
    world.pay(world.moments(day + 10, day + 60, 14), stall, makers * 2, rng.integers(50_000, 180_000, 14), group=group)


def _society(world: World, crowd: Crowd, number: int) -> None:
    """The treasurer of a student society books twenty journeys and gets the money back from members."""
    rng = world.rng
    group = _begin(world, "society", number)
    code = str(rng.choice(["GB", "DE", "BE", "FR", "RS"]))
    purse = world.account(code)
    world.role(purse, group, "treasurer")
    day = int(rng.integers(20, 320))
    tickets = int(rng.integers(12, 24))
    world.pay(
        world.moments(day, day + 12, tickets), purse, rng.choice(crowd.travel[code], tickets),
        rng.integers(8_000, 38_000, tickets), channel=CARD, text=TICKET, group=group,
    )  # fmt: skip
    members = crowd.some(world, code, tickets)
    world.pay(world.moments(day + 1, day + 20, tickets), members, purse, 25_000, text=TICKET, group=group)
    live(world, crowd, purse, code)


def _charity(world: World, crowd: Crowd, number: int) -> None:
    """A charity for people on the way: gifts come once from another country, helpers in transit places are paid from them."""
    rng = world.rng
    group = _begin(world, "charity", number)
    code, away = str(rng.choice(["GB", "DE", "BE", "GR"])), str(rng.choice(["FR", "GB", "IT", "DE"]))
    purse = world.account(code)
    if rng.random() < 0.7:
        world.company(purse, f"Help {purse}", "charity")
    world.role(purse, group, "charity")
    day = int(rng.integers(10, 240))
    givers = crowd.some(world, away, int(rng.integers(30, 120)))
    gifts = world.round_sum(5_000, 120_000, len(givers))
    world.pay(world.moments(day, day + 90, len(givers)), givers, purse, gifts, text=GIFT, group=group)
    helpers = world.accounts(6, str(rng.choice(["GR", "RS", "BA", "TR"])))
    each = max(5_000, int(gifts.sum()) * 8 // 10 // 24)
    for month in range(4):
        world.pay(world.moments(day + month * 30, day + month * 30 + 4, 6), purse, helpers, each, group=group)


def _deposits(world: World, crowd: Crowd, number: int) -> None:
    """A private person lets rooms to people who come from abroad: deposits come in, go to landlords, and come back a year on."""
    rng = world.rng
    group = _begin(world, "room-agent", number)
    code, away = str(rng.choice(["GB", "DE", "NL"])), str(rng.choice(["RO", "BG", "PL", "IT", "TR"]))
    agent = world.account(code)
    world.role(agent, group, "room agent")
    guests = crowd.some(world, away, int(rng.integers(12, 30)))
    t = world.moments(int(rng.integers(5, 90)), 300, len(guests))
    amount = world.round_sum(60_000, 180_000, len(guests))
    world.pay(t, guests, agent, amount, text=RENT, group=group)
    landlords = rng.choice(crowd.landlords[code], len(guests))
    world.pay(
        t + rng.integers(DAY_S, 9 * DAY_S, len(guests)), agent, landlords, amount * 93 // 100, text=RENT, group=group
    )
    live(world, crowd, agent, code)


def _tutor(world: World, crowd: Crowd, number: int) -> None:
    """A private teacher of a language: pupils abroad pay for a course once, and the money is lived on."""
    rng = world.rng
    group = _begin(world, "tutor", number)
    code, away = str(rng.choice(["GB", "DE", "FR"])), str(rng.choice(["TR", "IQ", "AL", "IT"]))
    tutor = world.account(code)
    world.role(tutor, group, "tutor")
    for term in (int(rng.integers(5, 60)), int(rng.integers(150, 220))):
        pupils = crowd.some(world, away, int(rng.integers(12, 26)))
        world.pay(
            world.moments(term, term + 20, len(pupils)),
            pupils,
            tutor,
            world.round_sum(20_000, 90_000, len(pupils)),
            group=group,
        )
    live(world, crowd, tutor, code, always=True)


def _rents(world: World, crowd: Crowd, number: int) -> None:
    """A private landlord of many rooms: tenants pay every month, a loan and repairs take most of it."""
    rng = world.rng
    group = _begin(world, "private-landlord", number)
    code = str(rng.choice(["GB", "DE", "FR", "BE"]))
    owner = world.account(code)
    world.role(owner, group, "landlord")
    tenants = crowd.some(world, code, int(rng.integers(14, 40)))
    rent = world.round_sum(35_000, 90_000, len(tenants))
    for month in range(12):
        t = world.moments(month * 30.4, month * 30.4 + 5, len(tenants))
        world.pay(t, tenants, owner, rent, text=RENT, group=group)
        world.pay(
            world.moments(month * 30.4 + 6, month * 30.4 + 9, 1),
            owner,
            crowd.employers[code][0],
            int(rent.sum()) * 8 // 10,
            group=group,
        )
    live(world, crowd, owner, code)
