"""Makes the fictional year and writes it down: the tables, and ``truth.csv`` with what is true of each planted thing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from headwater.errors import MissingExtraError, SchemaError, StoreIoError
from headwater.exercise.money.everyday import Crowd, everyday
from headwater.exercise.money.goods import honest_goods
from headwater.exercise.money.honest import look_alikes
from headwater.exercise.money.networks import BEACHES, plant
from headwater.exercise.money.world import CHANNELS, TEXTS, World, need_numpy

LEAST_ACCOUNTS: Final = 2_000
LEAST_PAYMENTS: Final = 5_000
RATES: Final = (("EUR", "1"), ("GBP", "1.17"))
MICRO: Final = 1_000_000


def make(accounts: int, payments: int, networks: int, seed: int, out: Path) -> dict[str, int]:
    """Write the tables of a fictional year into a folder and return how many rows each has.

    Args:
        accounts: about how many accounts.
        payments: about how many payments.
        networks: how many smuggling networks; as many honest look-alikes of each kind as a third of them, at least two.
        seed: the same seed makes the same year.
        out: the folder; made where it is not there.

    Raises:
        SchemaError: too few accounts or payments for honest life to go on around the networks.
        MissingExtraError: numpy or pyarrow is not installed.
        StoreIoError: the disk refuses.
    """
    if accounts < LEAST_ACCOUNTS or payments < LEAST_PAYMENTS or networks < 0:
        raise SchemaError(
            "too small a world",
            where="trace make",
            fix=f"at least {LEAST_ACCOUNTS} accounts, {LEAST_PAYMENTS} payments",
        )
    world, crowd = _empty(accounts, seed)
    rounds = max(2, networks // 3)
    look_alikes(world, crowd, rounds)
    honest_goods(world, crowd, rounds)
    plant(world, crowd, networks)
    everyday(world, crowd, max(0, payments - world.planted))
    return _write(world, out)


def _empty(accounts: int, seed: int) -> tuple[World, Crowd]:
    np = need_numpy()
    world = World(np.random.default_rng(seed))
    return world, Crowd(world, accounts)


def _names(world: World) -> Any:  # noqa: ANN401 - an Arrow array
    return [f"{code}00EXMP{number:08d}" for number, code in enumerate(world.country)]


def _write(world: World, out: Path) -> dict[str, int]:
    try:
        import pyarrow as pa
        import pyarrow.csv as arrow_csv
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "pyarrow") from error
    try:
        out.mkdir(parents=True, exist_ok=True)
        names = _names(world)
        tables = {"payments": _payments(world, names, pa)} | _others(world, names, pa)
        for name, table in tables.items():
            with (out / f"{name}.csv").open("wb") as stream:
                arrow_csv.write_csv(table, stream)
    except OSError as error:
        raise StoreIoError(f"the tables cannot be written: {error.strerror}", where=str(out)) from error
    return {name: table.num_rows for name, table in tables.items()}


def _payments(world: World, names: list[str], pa: Any) -> Any:  # noqa: ANN401
    np = need_numpy()
    sizes = [len(block[0]) for block in world.blocks]
    t, src, dst, amount = (np.concatenate([block[at] for block in world.blocks]) for at in range(4))
    channel, text, block_of = (
        np.repeat(np.array(values, np.int64), sizes)
        for values in (
            [block[4] for block in world.blocks], [block[5] for block in world.blocks], list(range(len(sizes))),
        )
    )  # fmt: skip
    order = np.argsort(t, kind="stable")
    t, src, dst, amount, channel, text, block_of = (
        array[order] for array in (t, src, dst, amount, channel, text, block_of)
    )
    accounts, countries = pa.array(names), pa.array(world.country)
    british = np.array([code == "GB" for code in world.country])
    # What the world counts in euros is paid in pounds from British accounts.
    amount = np.maximum(np.where(british[src], (amount * 100 + 58) // 117, amount), 1)
    number = np.arange(len(t))
    ids = pa.array([f"P{at:09d}" for at in number])
    _keep_truth(world, block_of, ids)
    when = pa.array(t * MICRO, pa.timestamp("us", tz="UTC"))
    return pa.table(
        {
            "id": ids,
            "time": pa.compute.strftime(when, format="%Y-%m-%dT%H:%M:%SZ") if len(t) else pa.array([], pa.string()),
            "from": accounts.take(pa.array(src)),
            "to": accounts.take(pa.array(dst)),
            "amount": pa.array(amount),
            "currency": pa.array(["EUR", "GBP"]).take(pa.array(british[src].astype(np.int64))),
            "channel": pa.array(CHANNELS).take(pa.array(channel)),
            "from_country": countries.take(pa.array(src)),
            "to_country": countries.take(pa.array(dst)),
            "text": pa.array(TEXTS).take(pa.array(text)),
        }
    )


def _keep_truth(world: World, block_of: Any, ids: Any) -> None:  # noqa: ANN401
    """Note which payment belongs to which group."""
    np = need_numpy()
    group_of = np.array([block[6] for block in world.blocks])
    planted = np.flatnonzero(group_of[block_of] >= 0)
    for at in planted:
        block = world.blocks[int(block_of[at])]
        kind = block[7] or world.groups[block[6]].kind
        world.things.append(("payments", ids[int(at)].as_py(), block[6], kind))


def _others(world: World, names: list[str], pa: Any) -> dict[str, Any]:  # noqa: ANN401
    def party(value: Any) -> Any:  # noqa: ANN401
        return names[value] if isinstance(value, int) else value

    companies = [row | {"account": names[row["account"]] if row["account"] >= 0 else ""} for row in world.companies]
    shipments = [_timed(row) for row in world.shipments]
    hires = [_timed(row) | {"hirer": party(row["hirer"])} for row in world.hires]
    identifiers = [row | {"customer": party(row["customer"])} for row in world.identifiers]
    contacts = [_timed(row) for row in world.contacts]
    places = [
        {"id": name, "kind": "river" if "Reka" in name else "beach", "country": "", "lat": lat, "lon": lon}
        for name, lat, lon in BEACHES
    ]
    rates = [{"date": "2024-12-01", "currency": code, "rate": rate, "base": "EUR"} for code, rate in RATES]
    made = {
        "companies": companies,
        "ownership": [{**row, "share_bp": row["share_bp"]} for row in world.ownership],
        "shipments": shipments,
        "listings": [_timed(row) for row in world.listings],
        "hires": hires,
        "identifiers": identifiers,
        "contacts": contacts,
        "crossings": [_timed(row) for row in world.crossings],
        "places": places,
        "rates": rates,
        "truth": _truth(world, names),
    }
    return {name: pa.Table.from_pylist(rows) for name, rows in made.items() if rows}


def _timed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its seconds as RFC 3339 times."""
    from datetime import UTC, datetime

    found: dict[str, Any] = {}
    for key, value in row.items():
        if key.endswith("_s"):
            moment = datetime.fromtimestamp(value, UTC)
            found[key.removesuffix("_s")] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        else:
            found[key] = value
    return found


def _truth(world: World, names: list[str]) -> list[dict[str, str]]:
    rows = []
    firms = {row["account"]: row["id"] for row in world.companies if row["account"] >= 0}
    for account, group, role in world.roles:
        made = world.groups[group]
        common = {"group": made.name, "label": made.label, "kind": made.kind, "role": role}
        rows.append({"table": "accounts", "id": names[account], **common})
        if account in firms:
            rows.append({"table": "companies", "id": firms[account], **common})
    for table, ref, group, typology in world.things:
        made = world.groups[group]
        rows.append(
            {"table": table, "id": ref, "group": made.name, "label": made.label, "kind": made.kind, "role": typology}
        )
    return rows
