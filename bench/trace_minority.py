"""F1 on the few payments that belong to networks, by features: raw, ours causal, ours with look-ahead, snapml's.

LightGBM with one setting for all, trained on generated years, its threshold chosen on another, reported on years that it never
saw. Every figure says whether it looks ahead: fair for an investigation afterwards, not for stopping a payment.
"""

import csv
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import read_csv

from headwater.engines.trace.features import COLUMNS, FeatureSettings, count_features
from headwater.exercise.money.make import make

TRAINED, CHOSEN, REPORTED = (1, 2, 3, 4), (5,), (301, 302, 303)
SIZE = (6_000, 60_000, 12)
HERE = Path(__file__).resolve().parent
SETTINGS = {
    "objective": "binary", "num_leaves": 31, "learning_rate": 0.05, "min_data_in_leaf": 40, "feature_fraction": 0.7,
    "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 7, "deterministic": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip
RAW = ("amount", "hour", "channel", "abroad")


def year(seed: int, peers: str | None) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Feature sets by name and truth of a generated year."""
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
        _, ends = np.unique(np.concatenate((table["from"].to_numpy(), table["to"].to_numpy())), return_inverse=True)
        count = table.num_rows
        t = pc.cast(pc.cast(table["time"], pa.timestamp("us", tz="UTC")), pa.int64()).to_numpy() // 1_000_000
        order = np.argsort(t, kind="stable")
        t, src, dst = t[order], ends[:count][order], ends[count:][order]
        amount = table["amount"].to_numpy()[order]
        truth = np.array([ref in guilty for ref in table["id"].to_pylist()])[order]
        channel = np.unique(table["channel"].to_numpy(), return_inverse=True)[1][order]
        abroad = (table["from_country"].to_numpy() != table["to_country"].to_numpy())[order]
        raw = np.column_stack((amount, t // 3600 % 24, channel, abroad)).astype(float)
        found = count_features(t, src, dst, amount, FeatureSettings(window_days=20, cycle_days=10, longest=5))
        ahead = [name for name in COLUMNS if name.startswith("ahead_")]
        behind = [name for name in found if name not in ahead]
        degree = [name for name in behind if name.endswith("_degree")]
        sets = {
            "raw": raw,
            "degree": np.column_stack((raw, *(found[name] for name in degree))),
            "ours, causal": np.column_stack((raw, *(found[name] for name in behind))),
            "ours, with look-ahead": np.column_stack((raw, *(found[name] for name in (*behind, *ahead)))),
        }
        if peers is not None:
            spread = np.maximum.accumulate(t - np.arange(count)) + np.arange(count)
            np.save(made / "edges.npy", np.column_stack((np.arange(count), src, dst, spread)).astype(np.float64))
            words = [
                peers,
                str(HERE / "trace_peer.py"),
                "all",
                str(made / "edges.npy"),
                "--batch",
                "128",
                "--whole",
                "--out",
                str(made / "out.npy"),
            ]
            subprocess.run(words, check=True, capture_output=True)
            sets["snapml"] = np.column_stack((raw, np.load(made / "out.npy")))
    return sets, truth


def f1(truth: np.ndarray, chance: np.ndarray, least: float) -> float:
    """F1 of those above a threshold."""
    said = chance >= least
    right = int((said & truth).sum())
    return 2 * right / max(1, int(said.sum()) + int(truth.sum()))


def minority(peers: str | None) -> dict[str, Any]:
    """Mean F1 on years never seen, and each year's, by feature set."""
    years = {seed: year(seed, peers) for seed in (*TRAINED, *CHOSEN, *REPORTED)}
    results: dict[str, Any] = {"positive": float(np.mean([years[seed][1].mean() for seed in REPORTED]))}
    for name in years[TRAINED[0]][0]:
        x = np.concatenate([years[seed][0][name] for seed in TRAINED])
        y = np.concatenate([years[seed][1] for seed in TRAINED])
        model = lightgbm.train(SETTINGS, lightgbm.Dataset(x, y), num_boost_round=200)
        chosen = np.concatenate([years[seed][0][name] for seed in CHOSEN])
        truth = np.concatenate([years[seed][1] for seed in CHOSEN])
        chance = np.asarray(model.predict(chosen, num_threads=1))
        least = max(np.quantile(chance, np.linspace(0.8, 0.999, 60)), key=lambda one: f1(truth, chance, float(one)))
        each = [
            f1(years[seed][1], np.asarray(model.predict(years[seed][0][name], num_threads=1)), float(least))
            for seed in REPORTED
        ]
        results[name] = {"f1": round(float(np.mean(each)), 3), "each": [round(one, 3) for one in each]}
    return results
