"""A learned order of findings: gradient-boosted trees on the numbers behind a claim, calibrated, with reasons in words.

Off unless it is asked for. It is trained on generated years with known truth, so its card says "trained on simulated data";
a node that has decided findings of its own should train on those. Those who pay for passages were taken out before any
claim comes here, and no feature speaks of nationality, religion, a country, cash or value transfer.

Source of the method: Ke et al., LightGBM (2017); calibration after Platt, Probabilistic Outputs for SVMs (1999).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log1p
from typing import Any, Final

from headwater.engines.trace.profile import Profile
from headwater.errors import FormatError, MissingExtraError
from headwater.model.finding import Reason

CARD: Final = "trained on simulated data"
FORM: Final = "headwater/trace-ranker/2"
MOST_REASONS: Final = 4
_NUMBERS: Final = {
    "payers": "how many pay into it",
    "few_share": "how many of its payers came once or a few times only",
    "regular_share": "how many of its payers come back month after month",
    "payees": "how many it pays",
    "regular_out_share": "how many of its payees it pays month after month",
    "passed_share": "how much of what came in went out",
    "everyday_share": "how many payments into it are everyday purchases",
    "abroad_share": "how much comes from another country",
    "span_days": "how long it has been used",
    "business": "whether a company register names it",
    "licensed": "whether a register of money services names it",
    "patterns": "how many typologies name it",
    "amount_log": "how much money the finding is about",
    "rows_log": "how many rows it rests on",
    "boats": "how many boats",
    "engines": "how many engines",
    "in_line": "whether its business uses boats",
    "near_m": "how near to water the goods went",
    "no_address": "how often goods left without an address",
}
_WAYS: Final = {
    "regular_share": -1, "regular_out_share": -1, "everyday_share": -1, "business": -1, "licensed": -1, "patterns": 1,
    "in_line": -1, "no_address": 1,
}  # fmt: skip
"""Which way a number may count, whatever a simulator happens to link: as `score.SIGNS` have it."""
_DAY_S: Final = 86_400


def columns(typologies: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the features: the numbers, then one for each typology."""
    return (*_NUMBERS, *(f"is_{name}" for name in typologies))


def row(
    typology: str, facts: Mapping[str, Any], profile: Profile | None, patterns: int, typologies: Sequence[str]
) -> list[float]:
    """Return the features of one claim."""
    seen = profile or Profile()
    numbers = {
        "payers": seen.payers,
        "few_share": seen.few / max(1, seen.payers),
        "regular_share": seen.regular / max(1, seen.payers),
        "payees": seen.payees,
        "regular_out_share": seen.regular_out / max(1, seen.payees),
        "passed_share": min(3.0, seen.sent / max(1, seen.got)),
        "everyday_share": seen.everyday / max(1, seen.n_in),
        "abroad_share": seen.abroad / max(1, seen.n_in),
        "span_days": (seen.ended_s - seen.begun_s) / _DAY_S,
        "business": seen.business,
        "licensed": seen.licensed,
        "patterns": patterns,
        "amount_log": log1p(float(facts.get("amount") or 0)),
        "rows_log": log1p(float(facts.get("payments") or facts.get("rows") or 0)),
        "boats": facts.get("boats") or 0,
        "engines": facts.get("engines") or 0,
        "in_line": facts.get("in_line") or 0,
        "near_m": facts.get("near_m", -1) if facts.get("near_m") is not None else -1,
        "no_address": facts.get("no_address") or 0,
    }
    return [*(float(value) for value in numbers.values()), *(float(typology == name) for name in typologies)]


@dataclass(frozen=True, slots=True)
class Ranker:
    """A trained ranker.

    Attributes:
        trees: the trees in LightGBM's own text.
        typologies: typologies that it knows, in the order of its features.
        slope, offset: calibration from the trees' log-odds to those of the chance.
        card: what it was trained on, with counts.
    """

    trees: str
    typologies: tuple[str, ...]
    slope: float
    offset: float
    card: Mapping[str, Any]

    def rank(self, rows: Sequence[Sequence[float]]) -> list[tuple[float, tuple[Reason, ...]]]:
        """Return the chance of each claim, and what moved it most, in words.

        Raises:
            MissingExtraError: LightGBM is not installed.
        """
        if not rows:
            return []
        import numpy as np

        booster = need_lightgbm().Booster(model_str=self.trees)
        parts = np.asarray(booster.predict(np.asarray(rows, float), pred_contrib=True, num_threads=1))
        names = columns(self.typologies)
        found = []
        for contributions in parts:
            total = self.slope * float(contributions.sum()) + self.offset
            order = np.argsort(-np.abs(contributions[:-1]), kind="stable")[:MOST_REASONS]
            reasons = tuple(
                _reason(names[at], self.slope * float(contributions[at])) for at in order if contributions[at]
            )
            found.append((1.0 / (1.0 + exp(-max(-30.0, min(30.0, total)))), reasons))
        return found

    def text(self) -> str:
        """Return the ranker as one JSON document; its trees line by line, since one text of a document is bounded."""
        return json.dumps(
            {
                "form": FORM, "card": dict(self.card), "typologies": list(self.typologies), "slope": self.slope,
                "offset": self.offset, "trees": self.trees.split("\n"),
            }
        )  # fmt: skip


def read_ranker(document: Mapping[str, object]) -> Ranker:
    """Return the ranker that a JSON document holds.

    Raises:
        FormatError: it holds none of this form.
    """
    names, trees, card = document.get("typologies"), document.get("trees"), document.get("card")
    slope, offset = document.get("slope"), document.get("offset")
    if (
        document.get("form") != FORM
        or not isinstance(names, list)
        or not isinstance(trees, list)
        or not isinstance(card, dict)
        or not isinstance(slope, float)
        or not isinstance(offset, float)
    ):
        raise FormatError("no ranker of this form", where="--ranker", fix="make one with: headwater trace train")
    return Ranker("\n".join(str(line) for line in trees), tuple(str(name) for name in names), slope, offset, card)


def train(
    rows: Sequence[Sequence[float]],
    right: Sequence[bool],
    held: Sequence[bool],
    typologies: Sequence[str],
    card: Mapping[str, Any],
) -> Ranker:
    """Return a ranker trained on claims whose truth is known.

    Args:
        rows: features of each claim.
        right: whether each is what it says.
        held: which are kept back for the calibration: whole years, so that no network is on both sides.
        typologies: in the order of the features.
        card: what the claims come from.

    Raises:
        MissingExtraError: LightGBM is not installed.
    """
    import numpy as np

    lightgbm = need_lightgbm()
    x, y, apart = np.asarray(rows, float), np.asarray(right, float), np.asarray(held, bool)
    settings = {
        "objective": "binary", "num_leaves": 12, "learning_rate": 0.06, "min_data_in_leaf": 12, "lambda_l2": 2.0,
        "feature_fraction": 0.7, "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 7, "deterministic": True,
        "num_threads": 1, "verbose": -1, "monotone_constraints": [_WAYS.get(name, 0) for name in columns(typologies)],
    }  # fmt: skip
    booster = lightgbm.train(settings, lightgbm.Dataset(x[~apart], y[~apart]), num_boost_round=140)
    raw = np.asarray(booster.predict(x[apart], raw_score=True, num_threads=1))
    slope, offset = _platt(raw, y[apart])
    return Ranker(booster.model_to_string(), tuple(typologies), slope, offset, {"note": CARD, **card})


def _platt(raw: Any, right: Any) -> tuple[float, float]:  # noqa: ANN401 - numpy arrays
    """Return slope and offset that make log-odds honest on claims that were kept back, by Newton's method."""
    import numpy as np

    x = np.column_stack((raw, np.ones(len(raw))))
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (right - chance) - 0.1 * (weights - np.array([1.0, 0.0]))
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + 0.1 * np.eye(2)
        weights = weights + np.linalg.solve(bend, slope)
    return float(weights[0]), float(weights[1])


def need_lightgbm() -> Any:  # noqa: ANN401 - the library has no types
    """Return LightGBM.

    Raises:
        MissingExtraError: it, or the OpenMP library that it needs, is not installed.
    """
    try:
        import lightgbm
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "lightgbm") from error
    except OSError as error:
        missing = MissingExtraError("trace", "libgomp")
        missing.fix = "install the OpenMP runtime (on Debian: apt install libgomp1)"
        raise missing from error
    return lightgbm


def _reason(name: str, weight: float) -> Reason:
    words = _NUMBERS.get(name, f"that it is a {name.removeprefix('is_')}")
    way = "speaks for it" if weight > 0 else "speaks against it"
    return Reason(f"trace.ranker.{name}", weight, f"By the ranker ({CARD}), {words} {way}.")
