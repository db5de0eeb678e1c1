"""Fit the weights of the trace engine's signs on generated years, and report on seeds that the fit never saw.

    python bench/fit_trace.py [--write]

Weights are log-odds of a logistic regression with a ridge, one for each sign and one base for each typology, once for desks
that have all tables and once for those that have payments alone. Seeds 1 to 10 are for choosing; those of `REPORTED` are never
fitted on nor looked into. A sign that would count against the way it is read is left
out, the largest first: what a simulator happens to link is no reason to give to a court.
"""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.trace_truth import ALONE, TABLES, World, at_budget, run
from headwater.engines.trace.leads import Claim
from headwater.engines.trace.score import SIGNS
from headwater.engines.trace.typologies import TYPOLOGIES

FITTED = [
    World(4_000 + 3_000 * (seed % 4), 20_000 + 20_000 * (seed % 3), 5 + 4 * (seed % 3), seed) for seed in range(1, 11)
]
REPORTED = [World(8_000, 60_000, 5 + 4 * (seed % 3), seed) for seed in range(1301, 1305)]
RIDGE = 1.5
TARGET = Path(__file__).resolve().parents[1] / "src/headwater/engines/trace/weights.py"
NAMES = [*TYPOLOGIES, *(sign.name for sign in SIGNS)]


def row(claim: Claim) -> list[float]:
    """Return a finding as ones and zeros: its typology and its signs."""
    return [float(name == claim.typology.name or name in claim.signs) for name in NAMES]


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the weights by Newton's method; every column is drawn to zero alike."""
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (y - chance) - RIDGE * weights
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + RIDGE * np.eye(x.shape[1])
        step = np.linalg.solve(bend, slope)
        weights += step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def fit_sensibly(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the weights with every sign counting the way it is read, or not at all."""
    ways = np.array([0] * len(TYPOLOGIES) + [sign.way for sign in SIGNS])
    free = np.ones(len(NAMES), bool)
    while True:
        weights = np.zeros(len(NAMES))
        weights[free] = fit(x[:, free], y)
        wrong = free & (weights * ways < 0)
        if not wrong.any():
            return weights
        free[np.flatnonzero(wrong)[np.argmax(np.abs(weights[wrong]))]] = False


def dictionary(name: str, made: Mapping[str, float]) -> str:
    """Return weights as they stand in the file that the engine reads."""
    lines = "\n".join(f'    "{key}": {round(value, 2) + 0.0},' for key, value in made.items())
    return f"{name}: Final[dict[str, float]] = {{\n{lines}\n}}\n"


def fitted(tables: Sequence[str]) -> tuple[dict[str, float], Counter[str]]:
    """Return the weights for desks that have some tables, and how many claims of each typology they were fitted on."""
    rows: list[list[float]] = []
    labels: list[float] = []
    seen: Counter[str] = Counter()
    for world in FITTED:
        found, truth = run(world, tables, 0.0)
        print(json.dumps({"fitting": world.seed, "tables": len(tables), "claims": len(found.claims)}), flush=True)
        rows += [row(claim) for claim in found.claims]
        labels += [float(truth.right(claim)) for claim in found.claims]
        seen.update(claim.typology.name for claim in found.claims)
    print(json.dumps({"fitted_on": len(labels), "right": sum(labels)}), flush=True)
    return dict(zip(NAMES, fit_sensibly(np.array(rows), np.array(labels)).tolist(), strict=True)), seen


def main() -> None:
    """Fit, report, and write the weights where asked."""
    parser = argparse.ArgumentParser(description="Fit the weights of the trace engine's signs.")
    parser.add_argument("--write", action="store_true", help="write them into the engine")
    given = parser.parse_args()
    made = {}
    parts = [
        '"""Weights of the signs and of each typology, log-odds. Written by `bench/fit_trace.py`; not by hand."""\n'
    ]
    parts.append("from typing import Final\n")
    for bases, weights, tables in (("BASES", "WEIGHTS", TABLES), ("BASES_ALONE", "ALONE", ALONE)):
        made[tables], seen = fitted(tables)
        kept = [name for name in TYPOLOGIES if tables is TABLES or seen[name]]
        parts.append(dictionary(bases, {name: made[tables][name] for name in kept}).rstrip())
        parts.append(dictionary(weights, {sign.name: made[tables][sign.name] for sign in SIGNS}).rstrip())
    if given.write:
        TARGET.write_text("\n".join(parts) + "\n", encoding="utf-8")
    for tables, told in made.items():
        for world in REPORTED:
            found, truth = run(world, tables, 0.0)
            chance = np.array([row(claim) for claim in found.claims]) @ np.array([told[name] for name in NAMES])
            ranked = [found.claims[at] for at in np.argsort(-chance, kind="stable")]
            named = sum(truth.right(claim) for claim in ranked)
            counted = {"seed": world.seed, "tables": len(tables), "networks": world.networks, "right": named}
            print(json.dumps(counted | {"all": len(ranked)} | at_budget(ranked, truth, 50)), flush=True)


if __name__ == "__main__":
    main()
