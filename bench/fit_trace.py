"""Fit the weights of the trace engine's signs on generated years, and report on seeds that the fit never saw.

    python bench/fit_trace.py [--write]

Weights are log-odds of a logistic regression with a ridge, one for each sign and one base for each typology. Seeds 1 to 10
are for choosing; 1101 to 1104 are for reporting and are never fitted on. A sign that would count against the way it is read is left
out, the largest first: what a simulator happens to link is no reason to give to a court.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.trace_truth import World, at_budget, run
from headwater.engines.trace.engine import Claim
from headwater.engines.trace.score import SIGNS
from headwater.engines.trace.typologies import TYPOLOGIES

FITTED = [
    World(4_000 + 3_000 * (seed % 4), 20_000 + 20_000 * (seed % 3), 5 + 4 * (seed % 3), seed) for seed in range(1, 11)
]
REPORTED = [World(8_000, 60_000, 5 + 4 * (seed % 3), seed) for seed in range(1101, 1105)]
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


def text(weights: Sequence[float]) -> str:
    """Return the weights as the file that the engine reads."""
    made = dict(zip(NAMES, (round(float(weight), 2) for weight in weights), strict=True))
    bases = "\n".join(f'    "{name}": {made[name]},' for name in TYPOLOGIES)
    signs = "\n".join(f'    "{sign.name}": {made[sign.name]},' for sign in SIGNS)
    return (
        '"""Weights of the signs and of each typology, log-odds. Written by `bench/fit_trace.py`; not by hand."""\n\n'
        "from typing import Final\n\n"
        f"BASES: Final[dict[str, float]] = {{\n{bases}\n}}\nWEIGHTS: Final[dict[str, float]] = {{\n{signs}\n}}\n"
    )


def main() -> None:
    """Fit, report, and write the weights where asked."""
    parser = argparse.ArgumentParser(description="Fit the weights of the trace engine's signs.")
    parser.add_argument("--write", action="store_true", help="write them into the engine")
    given = parser.parse_args()
    rows: list[list[float]] = []
    labels: list[float] = []
    for world in FITTED:
        found, truth = run(world)
        print(json.dumps({"fitting": world.seed, "claims": len(found.claims)}), flush=True)
        rows += [row(claim) for claim in found.claims]
        labels += [float(truth.right(claim)) for claim in found.claims]
    x, y = np.array(rows), np.array(labels)
    weights = fit_sensibly(x, y)
    if given.write:
        TARGET.write_text(text(weights.tolist()), encoding="utf-8")
    results = []
    for world in REPORTED:
        found, truth = run(world)
        scored = [row(claim) for claim in found.claims]
        order = np.argsort(-(np.array(scored) @ weights), kind="stable")
        ranked = [found.claims[at] for at in order]
        named = sum(truth.right(claim) for claim in ranked)
        results.append(
            {"seed": world.seed, "networks": world.networks, "right": named, "all": len(ranked)}
            | at_budget(ranked, truth, 50)
        )
        print(json.dumps(results[-1]), flush=True)
    print(json.dumps({"fitted_on": len(y), "right": int(y.sum())}))


if __name__ == "__main__":
    main()
