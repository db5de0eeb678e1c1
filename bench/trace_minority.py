"""F1 on the few payments that belong to networks, by features: raw, ours causal, ours with look-ahead, snapml's.

LightGBM with one setting for all, trained on some worlds, its threshold chosen on another, reported on worlds that it never saw:
years of our own simulator by seed, and logs of AMLGentex, an open simulator not of our making, by file. Every figure says
whether it looks ahead: fair for an investigation afterwards, not for stopping a payment.
"""

import csv
import subprocess
import tempfile
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

from headwater.engines.trace.features import COLUMNS, FeatureSettings, count_features
from headwater.exercise.money.make import make

TRAINED, CHOSEN, REPORTED = (1, 2, 3, 4), (5,), (2301, 2302, 2303)
LEAST_LOGS = 3
SIZE = (6_000, 60_000, 12)
DAY_S = 86_400
HERE = Path(__file__).resolve().parent
SETTINGS = {
    "objective": "binary", "num_leaves": 31, "learning_rate": 0.05, "min_data_in_leaf": 40, "feature_fraction": 0.7,
    "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 7, "deterministic": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip
Sets = dict[str, np.ndarray]


@dataclass(frozen=True)
class Payments:
    """The payments of one world in the order of time, none to oneself; `raw` is what a bank sees of one alone."""

    t: np.ndarray
    src: np.ndarray
    dst: np.ndarray
    amount: np.ndarray
    raw: np.ndarray
    truth: np.ndarray


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


def of_log(path: Path) -> Payments:
    """The transfers of a log of AMLGentex, one step a day; its own features of the bank are left out for all alike."""
    columns = ["step", "type", "amount", "nameOrig", "nameDest", "isSAR"]
    table = pq.read_table(path, columns=columns)
    table = table.filter(pc.equal(table["type"], "TRANSFER"))
    t = table["step"].to_numpy().astype(np.int64) * DAY_S
    amount = np.maximum(1, np.rint(table["amount"].to_numpy() * 100)).astype(np.int64)
    src, dst = (table[name].to_numpy().astype(str) for name in ("nameOrig", "nameDest"))
    raw = np.column_stack((amount, t // DAY_S % 7)).astype(float)
    # The simulator writes each day's payments of networks last: within a day their order is drawn by lot.
    lot = np.random.default_rng(len(t)).permutation(len(t))
    t, src, dst, amount, raw = t[lot], src[lot], dst[lot], amount[lot], raw[lot]
    truth = table["isSAR"].to_numpy().astype(bool)[lot]
    return _ordered(t, src, dst, amount, raw, truth)


def _ordered(
    t: np.ndarray, src: np.ndarray, dst: np.ndarray, amount: np.ndarray, raw: np.ndarray, truth: np.ndarray
) -> Payments:
    _, ends = np.unique(np.concatenate((src, dst)), return_inverse=True)
    src, dst = ends[: len(t)], ends[len(t) :]
    order = np.argsort(t, kind="stable")
    order = order[src[order] != dst[order]]
    return Payments(t[order], src[order], dst[order], amount[order], raw[order], truth[order])


def sets_of(paid: Payments, peers: str | None) -> Sets:
    """Feature sets by name."""
    settings = FeatureSettings(window_days=20, cycle_days=10, longest=5)
    found = count_features(paid.t, paid.src, paid.dst, paid.amount, settings)
    ahead = [name for name in COLUMNS if name.startswith("ahead_")]
    behind = [name for name in found if name not in ahead]
    degree = [f"{side}_degree" for side in ("src_out", "src_in", "dst_in", "dst_out")]
    sets = {"raw": paid.raw}
    for name, columns in (
        ("degree", degree), ("ours, causal", behind), ("ours, with look-ahead", (*behind, *ahead)),
    ):  # fmt: skip
        sets[name] = np.column_stack((paid.raw, *(found[column] for column in columns)))
    if peers is not None:
        number = np.arange(len(paid.t))
        spread = np.maximum.accumulate(paid.t - number) + number
        with tempfile.TemporaryDirectory() as folder:
            edges, out = Path(folder) / "edges.npy", Path(folder) / "out.npy"
            np.save(edges, np.column_stack((number, paid.src, paid.dst, spread, paid.amount)).astype(np.float64))
            words = [
                peers,
                str(HERE / "trace_peer.py"),
                "all",
                str(edges),
                "--batch",
                "128",
                "--whole",
                "--out",
                str(out),
            ]
            subprocess.run(words, check=True, capture_output=True)
            sets["snapml"] = np.column_stack((paid.raw, np.load(out)))
    return sets


def f1(truth: np.ndarray, chance: np.ndarray, least: float) -> float:
    """F1 of those above a threshold."""
    said = chance >= least
    right = int((said & truth).sum())
    return 2 * right / max(1, int(said.sum()) + int(truth.sum()))


def years(peers: str | None) -> dict[str, Any]:
    """Mean F1 on years of our own simulator that nothing was fitted on, and each year's, by feature set."""
    worlds = [of_year(seed) for seed in (*TRAINED, *CHOSEN, *REPORTED)]
    return minority(worlds, len(TRAINED), len(CHOSEN), peers)


def logs(paths: Sequence[Path], peers: str | None) -> dict[str, Any]:
    """The same on logs of AMLGentex: a third of them train, one chooses the threshold, the rest are reported."""
    trained = max(1, len(paths) // 3)
    return minority([of_log(path) for path in paths], trained, 1, peers)


def minority(worlds: Sequence[Payments], trained: int, chosen: int, peers: str | None) -> dict[str, Any]:
    """Train on the first worlds, choose the threshold on the next, report on the rest; by feature set."""
    sets = [sets_of(world, peers) for world in worlds]
    fit, choose, report = range(trained), range(trained, trained + chosen), range(trained + chosen, len(worlds))
    results: dict[str, Any] = {"positive": float(np.mean([worlds[at].truth.mean() for at in report]))}
    for name in sets[0]:
        x, y = np.concatenate([sets[at][name] for at in fit]), np.concatenate([worlds[at].truth for at in fit])
        model = lightgbm.train(SETTINGS, lightgbm.Dataset(x, y), num_boost_round=200)
        truth = np.concatenate([worlds[at].truth for at in choose])
        chance = np.asarray(model.predict(np.concatenate([sets[at][name] for at in choose]), num_threads=1))
        tried = [float(one) for one in np.quantile(chance, np.linspace(0.8, 0.9995, 80))]
        least = max(tried, key=lambda one: f1(truth, chance, one))
        each = [f1(worlds[at].truth, np.asarray(model.predict(sets[at][name], num_threads=1)), least) for at in report]
        results[name] = {"f1": round(float(np.mean(each)), 3), "each": [round(one, 3) for one in each]}
    return results
