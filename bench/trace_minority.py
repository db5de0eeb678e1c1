"""F1 on the few payments that belong to networks, by features: raw, ours causal, ours with look-ahead, snapml's.

LightGBM with one setting for all, trained on some worlds, its threshold chosen on another, reported on worlds that it never saw:
years of our own simulator by seed, and logs of AMLGentex, an open simulator not of our making, by file. Every figure says
whether it looks ahead: fair for an investigation afterwards, not for stopping a payment.

In a log of AMLGentex four of five transfers go to one account number, -1, which is the world outside the bank. snapml looks
through all payments of an account within the window at each new one, so that nearly all of its time goes there: of a log of
165,000 payments 196 CPU seconds, 4 without it. It is spared the long look and not its answers (`trace_peer.py`, --everyone).
A log is taken in two manners, each the same for all features: as it is written, and with the world outside an account of its
own for each account of the bank. What snapml counts of a log is kept where a folder is named, and counted once.
"""

import csv
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow.csv import read_csv

from bench.trace_peer import ALL_DAYS
from bench.trace_peer import settings as peer_settings
from headwater.engines.trace.features import FeatureSettings, count_features
from headwater.exercise.money.make import make

TRAINED, CHOSEN, REPORTED = (1, 2, 3, 4), (5,), (2301, 2302, 2303)
LEAST_LOGS = 3
OUTSIDE = {"nameOrig": "-2", "nameDest": "-1"}
"""What AMLGentex calls the world outside the bank, where money comes from and where it goes."""
PEER_BATCH = 128
"""Payments that snapml is given at a time. Within a batch it looks ahead: a little in its favour."""
SIZE = (6_000, 60_000, 12)
DAY_S = 86_400
HERE = Path(__file__).resolve().parent
SETTINGS = {
    "objective": "binary", "num_leaves": 31, "learning_rate": 0.05, "min_data_in_leaf": 40, "feature_fraction": 0.7,
    "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 7, "deterministic": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip


@dataclass(frozen=True)
class Peer:
    """The Python that snapml is installed in, the folder where what it counted is kept, and the windows it counts in.

    Patterns of several accounts have one window, that of the first.
    """

    python: str
    kept: Path | None = None
    days: tuple[int, ...] = (ALL_DAYS,)


@dataclass(frozen=True)
class Payments:
    """The payments of one world in the order of time, none to oneself.

    `raw` is what a bank sees of one alone, `everyone` an account that nearly all are made to.
    """

    t: np.ndarray
    src: np.ndarray
    dst: np.ndarray
    amount: np.ndarray
    raw: np.ndarray
    truth: np.ndarray
    everyone: int | None = None


def of_year(seed: int) -> Payments:
    """A year of our own simulator."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        make(*SIZE, seed, made)
        table = read_csv(made / "payments.csv")
        with (made / "truth.csv").open(newline="", encoding="utf-8") as stream:
            guilty = {
                row["id"]
                for row in csv.DictReader(stream)
                if row["table"] == "payments" and row["label"] == "smuggling"
            }
    t = pc.cast(pc.cast(table["time"], pa.timestamp("us", tz="UTC")), pa.int64()).to_numpy() // 1_000_000
    channel = np.unique(table["channel"].to_numpy(), return_inverse=True)[1]
    abroad = table["from_country"].to_numpy() != table["to_country"].to_numpy()
    truth = np.array([ref in guilty for ref in table["id"].to_pylist()])
    amount = table["amount"].to_numpy()
    raw = np.column_stack((amount, t // 3600 % 24, channel, abroad)).astype(float)
    return _ordered(t, table["from"].to_numpy(), table["to"].to_numpy(), amount, raw, truth)


@dataclass(frozen=True)
class World:
    """A world's payments, the features of each, and which columns make up which set."""

    paid: Payments
    features: np.ndarray
    sets: dict[str, list[int]]


def of_log(path: Path, outside_each: bool = False) -> Payments:
    """The transfers of a log of AMLGentex, one step a day; its own features of the bank are left out for all alike.

    Args:
        path: the log.
        outside_each: the world outside the bank is an account of its own for each account, not one for all.
    """
    columns = ["step", "type", "amount", "nameOrig", "nameDest", "isSAR"]
    table = pq.read_table(path, columns=columns)
    table = table.filter(pc.equal(table["type"], "TRANSFER"))
    t = table["step"].to_numpy().astype(np.int64) * DAY_S
    amount = np.maximum(1, np.rint(table["amount"].to_numpy() * 100)).astype(np.int64)
    src, dst = (table[name].to_numpy().astype(str) for name in ("nameOrig", "nameDest"))
    if outside_each:
        given, taken = src == OUTSIDE["nameOrig"], dst == OUTSIDE["nameDest"]
        src, dst = (np.where(given, np.char.add("from:", dst), src), np.where(taken, np.char.add("to:", src), dst))
    raw = np.column_stack((amount, t // DAY_S % 7)).astype(float)
    # The simulator writes each day's payments of networks last: within a day their order is drawn by lot.
    lot = np.random.default_rng(len(t)).permutation(len(t))
    t, src, dst, amount, raw = t[lot], src[lot], dst[lot], amount[lot], raw[lot]
    truth = table["isSAR"].to_numpy().astype(bool)[lot]
    return _ordered(t, src, dst, amount, raw, truth, OUTSIDE["nameDest"])


def _ordered(
    t: np.ndarray,
    src: np.ndarray,
    dst: np.ndarray,
    amount: np.ndarray,
    raw: np.ndarray,
    truth: np.ndarray,
    everyone: str = "",
) -> Payments:
    names, ends = np.unique(np.concatenate((src, dst)), return_inverse=True)
    src, dst = ends[: len(t)], ends[len(t) :]
    order = np.argsort(t, kind="stable")
    order = order[src[order] != dst[order]]
    known = np.flatnonzero(names == everyone)
    number = int(known[0]) if len(known) else None
    return Payments(t[order], src[order], dst[order], amount[order], raw[order], truth[order], number)


def of(paid: Payments, peer: Peer | None) -> World:
    """Count the features of a world's payments, ours and, where there is a peer, snapml's."""
    settings = FeatureSettings(window_days=20, cycle_days=10, longest=5)
    found = count_features(paid.t, paid.src, paid.dst, paid.amount, settings)
    days = peer.days if peer is not None else ()
    theirs = [of_peer(paid, peer, each) for each in days] if peer is not None else []
    raw, start = list(range(paid.raw.shape[1])), paid.raw.shape[1]
    at = {name: start + number for number, name in enumerate(found)}
    behind = [at[name] for name in found if not name.startswith("ahead_")]
    sets = {"raw": raw, "degree": raw + [at[f"{side}_degree"] for side in ("src_out", "src_in", "dst_in", "dst_out")]}
    sets |= {"ours, causal": raw + behind, "ours, with look-ahead": raw + list(at.values())}
    if peer is not None:
        start += len(at)
        width = 0
        for number, each in enumerate(theirs):
            width += each.shape[1]
            windows = f", windows of {', '.join(map(str, days[: number + 1]))} days" if number else ""
            sets[f"snapml{windows}"] = raw + list(range(start, start + width))
    features = np.column_stack([column.astype(np.float32) for column in (paid.raw, *found.values(), *theirs)])
    return World(paid, features, sets)


def of_peer(paid: Payments, peer: Peer, days: int) -> np.ndarray:
    """All that snapml's processor counts of a world, from the folder of the peer if it was counted before.

    What is kept bears the hash of the payments and of the processor's settings in its name.
    """
    number = np.arange(len(paid.t))
    spread = np.maximum.accumulate(paid.t - number) + number
    rows = np.column_stack((number, paid.src, paid.dst, spread, paid.amount)).astype(np.float64)
    asked = repr((peer_settings("all", days), PEER_BATCH, rows.shape)).encode()
    name = f"snapml-{hashlib.sha256(asked + rows.tobytes()).hexdigest()[:16]}.npy"
    if peer.kept is not None and (peer.kept / name).exists():
        known: np.ndarray = np.load(peer.kept / name)
        return known
    with tempfile.TemporaryDirectory(dir=peer.kept) as folder:
        edges, out = Path(folder) / "edges.npy", Path(folder) / name
        np.save(edges, rows)
        words = [peer.python, str(HERE / "trace_peer.py"), "all", str(edges), "--whole", "--days", str(days)]
        words += ["--everyone", str(paid.everyone)] if paid.everyone is not None else []
        words += ["--out", str(out)]
        done = subprocess.run([*words, "--batch", str(PEER_BATCH)], check=True, capture_output=True, text=True)
        print(f"snapml, {len(rows):,} payments: {done.stdout.strip()}", file=sys.stderr, flush=True)
        counted: np.ndarray = np.load(out)
        if peer.kept is not None:
            out.rename(peer.kept / name)
    return counted


def f1(truth: np.ndarray, chance: np.ndarray, least: float) -> float:
    """F1 of those above a threshold."""
    said = chance >= least
    right = int((said & truth).sum())
    return 2 * right / max(1, int(said.sum()) + int(truth.sum()))


def years(peer: Peer | None) -> dict[str, Any]:
    """Mean F1 on years of our own simulator that nothing was fitted on, and each year's, by feature set."""
    worlds = [of(of_year(seed), peer) for seed in (*TRAINED, *CHOSEN, *REPORTED)]
    return minority(worlds, len(TRAINED), len(CHOSEN))


def logs(paths: Sequence[Path], peer: Peer | None, trained: int, outside_each: bool = False) -> dict[str, Any]:
    """The same on logs of AMLGentex: the first ones train, the next chooses the threshold, the rest are reported."""
    return minority([of(of_log(path, outside_each), peer) for path in paths], trained, 1)


def minority(worlds: Sequence[World], trained: int, chosen: int) -> dict[str, Any]:
    """Train on the first worlds, choose the threshold on the next, report on the rest; by feature set."""
    fit, choose, report = worlds[:trained], worlds[trained : trained + chosen], worlds[trained + chosen :]
    results: dict[str, Any] = {"positive": float(np.mean([world.paid.truth.mean() for world in report]))}
    for name in worlds[0].sets:
        begun = time.process_time()
        y = np.concatenate([world.paid.truth for world in fit])
        x = np.concatenate([_of_set(world, name) for world in fit])
        model = lightgbm.train(SETTINGS, lightgbm.Dataset(x, y), num_boost_round=200)
        del x
        truth = np.concatenate([world.paid.truth for world in choose])
        chance = np.concatenate([_chances(model, world, name) for world in choose])
        tried = [float(one) for one in np.quantile(chance, np.linspace(0.8, 0.9995, 80))]
        least = max(tried, key=lambda one: f1(truth, chance, one))
        each = [round(f1(world.paid.truth, _chances(model, world, name), least), 3) for world in report]
        results[name] = {"f1": round(float(np.mean(each)), 3), "each": each}
        results[name] |= {"columns": len(worlds[0].sets[name]), "cpu_s": round(time.process_time() - begun)}
        print(f"{name}: {results[name]}", file=sys.stderr, flush=True)
    return results


def _of_set(world: World, name: str) -> np.ndarray:
    return world.features[:, world.sets[name]]


def _chances(model: lightgbm.Booster, world: World, name: str) -> np.ndarray:
    return np.asarray(model.predict(_of_set(world, name), num_threads=1))


def gain(told: dict[str, Any], name: str) -> tuple[float, str]:
    """How much more F1 a feature set has than snapml's, as a mean over the worlds, and its spread in words."""
    each = np.array(told[name]["each"]) - np.array(told["snapml"]["each"])
    spread = f"{each.round(3).tolist()}, standard deviation {each.std(ddof=1):.3f}" if len(each) > 1 else "one world"
    return round(float(each.mean()), 3), spread
