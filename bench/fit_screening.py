"""Fit the weights of the screening score on one half of the developers' data, and report on the other.

    python bench/fit_screening.py ../shared/data/screening

Halves are taken by a hash of the list entry (of the pair, for labelled pairs), never of the row, so that no spelling of
a person stands in both. It prints the constants of `headwater.engines.match.weights`; nothing of the data goes in there.
"""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.screening_data import half, own, read_lists, read_pairs, read_queries, read_tasks, read_truth
from headwater.engines.match.align import align
from headwater.engines.match.build import build_index
from headwater.engines.match.candidates import Finder
from headwater.engines.match.dates import read_date
from headwater.engines.match.features import FEATURES, features
from headwater.engines.match.index import unpack
from headwater.engines.match.listed import Listed
from headwater.engines.match.names import Weighed, parse
from headwater.engines.match.pairs import weighed
from headwater.engines.match.score import Traits, compare, traits

POSITIVE = {"weak": -1, "spelled": -1, "spelled_share": -1, "conflict": -1, "conflict_share": -1, "left_omitted": -1,
            "right_omitted": -1, "lone": -1, "none": -1, "agreed": 1, "exact": 1, "complete": 1, "organisation_conflict": -1,
            "slips": -1, "one_slip": 1, "other_form": -1, "other_initial": -1,
            "other_number": -1, "first_omitted": -1}  # fmt: skip
"""Signs that reason demands: more agreement never lowers a score."""


@dataclass
class Sample:
    """One compared pair of names."""

    x: tuple[float, ...]
    match: bool
    weight: float
    half: str
    group: str


def pair_samples(data: Path) -> list[Sample]:
    """Return the labelled pairs, each name against each name, the best one kept."""
    out = []
    for name, file in (("name_bench", "pairs.csv"), ("balkans", "pairs.csv"), ("entity_bench", "pairs.jsonl")):
        for pair in read_pairs(data / "sets" / name / file):
            person = pair["schema"] == "Person"
            left, right = ([parse(n, person=person) for n in side(pair[s])] for s in ("query", "candidate"))
            best = [
                features(align(weighed(a), weighed(b)),
                         person=person, weak=False)
                for a in left for b in right if a and b
            ]  # fmt: skip
            if best:
                x = max(best, key=rough)
                out.append(Sample(x, pair["match"], 1.0, half(f"{name}/{pair['id']}"), name))
    return out


def side(properties: dict[str, list[str]]) -> list[str]:
    """Return the names of one side of a pair, put together from parts where it has no whole name."""
    if properties.get("name"):
        return properties["name"] + properties.get("alias", [])
    parts = [v for key in ("firstName", "middleName", "fatherName", "lastName") for v in properties.get(key, [])]
    return [" ".join(parts)]


def rough(x: tuple[float, ...]) -> float:
    """Return a crude score, to pick the best of several names before there are weights."""
    f = dict(zip(FEATURES, x, strict=True))
    return f["agreed"] - f["spelled"] - 2 * f["conflict"] - 0.5 * f["left_omitted"] - 0.3 * f["right_omitted"]


def list_samples(data: Path) -> list[Sample]:
    """Return names asked of the lists: the true entries, and the nearest wrong ones of people on no list."""
    out: list[Sample] = []
    for task in read_tasks(data):
        if task.name == "un_full":
            continue
        records = read_lists(data, task.lists)
        index = unpack(build_index(records))
        finder, entries = Finder(index), Listed(index)
        for name in (*task.positives, *task.negatives):
            truth = read_truth(data, name)
            queries = read_queries(data, name, name_only=True)[: 4000 if truth else 3000]
            for at in range(0, len(queries), 256):
                chunk = queries[at : at + 256]
                parsed = [parse(q.properties["name"], person=True) for q in chunk]
                for query, asked, found in zip(chunk, parsed, finder.find(parsed), strict=True):
                    if asked:
                        name_asked = Weighed(asked, tuple(map(finder.rarity, asked.parts)))
                        out.extend(compared(entries, query.id, name_asked, found, truth.get(query.id), name))
    return out


def compared(entries: Listed, key: str, asked: Weighed, found: Any, truth: Any, group: str) -> list[Sample]:
    """Return a sample for every true entry among the candidates, and for the nearest two others."""
    best: dict[str, tuple[float, tuple[float, ...], bool]] = {}
    for at in found:
        entry = entries.entry(entries.owner(at))[0]
        if entry.schema not in ("Person", "LegalEntity"):
            continue
        other = entries.name(at)
        x = features(align(asked, other), person=True, weak=other.weak)
        true = bool(truth) and own(entry.source, entry.key) in truth
        if rough(x) > best.get(entry.key, (-99.0,))[0]:
            best[entry.key] = (rough(x), x, true)
    ranked = sorted(best.values(), reverse=True)
    entity = min(truth)[1] if truth else key
    side_ = half(entity)
    right = [Sample(x, True, 1.0, side_, group) for _, x, true in ranked if true][:1]
    wrong = [Sample(x, False, 1.0, side_, group) for _, x, true in ranked if not true][: 0 if truth else 2]
    return right + wrong


def fit(samples: list[Sample], ridge: float = 0.3) -> Any:
    """Return the weights of a logistic regression with the demanded signs, by projected Newton steps."""
    x = np.array([s.x for s in samples])
    y = np.array([s.match for s in samples], dtype=float)
    w = np.array([s.weight for s in samples])
    signs = np.array([POSITIVE.get(name, 0) for name in FEATURES])
    beta = np.zeros(x.shape[1])
    free = np.ones(len(beta), bool)
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        gradient = x.T @ (w * (y - p)) - ridge * beta
        hessian = (x * (w * p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(beta))
        step = np.zeros(len(beta))
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        beta = beta + step
        bad = (signs * beta) < 0
        beta[bad] = 0
        free = ~bad | (signs * gradient > 0)
        if np.abs(step).max() < 1e-7:
            break
    return beta


GROUP_WEIGHT = {"name_bench": 1.0, "balkans": 4.0, "entity_bench": 1.0, "un_treated": 1.0, "loo": 0.6, "native_arabic": 1.5,
                "neg_global": 0.25, "neg_us": 0.25, "neg_arabic": 0.25}  # fmt: skip


FOUND = 1.5
"""How much worse a missed designation is than a false lead."""


def report(samples: list[Sample], beta: Any) -> None:
    """Print recall and false share at 0.70 of every group."""
    for group in GROUP_WEIGHT:
        for side_ in ("fit", "report"):
            some = [s for s in samples if s.group == group and s.half == side_]
            if not some:
                continue
            p = 1 / (1 + np.exp(-np.array([s.x for s in some]) @ beta))
            y = np.array([s.match for s in some])
            tp, fp, fn = ((p >= 0.7) & y).sum(), ((p >= 0.7) & ~y).sum(), ((p < 0.7) & y).sum()
            print(f"{group:14}{side_:8} n={len(some):5} tp={tp} fp={fp} fn={fn} tn={len(some) - tp - fp - fn} "
                  f"f1={2 * tp / max(1, 2 * tp + fp + fn):.3f} mean p={p.mean():.3f} share={y.mean():.3f}")  # fmt: skip


def trait_weights(data: Path) -> None:
    """Print, for dates, countries and genders, how often each class comes among true pairs against chance pairs.

    True pairs: the people of the UN list, as listed and with typing errors. Chance pairs: every fiftieth person on no list
    with every seventh listed person.
    """
    records = read_lists(data, ["un-xml:lists/un/un_consolidated.xml", "ofac-csv:lists/ofac/sdn.csv"])
    listed = {own(r.origin.source, r.mentions[0].key): traits_of(r) for r in records if r.mentions[0].category}
    true, chance = Counter[str](), Counter[str]()
    for name in ("un_treated", "un_untreated"):
        truth = read_truth(data, name)
        for query in read_queries(data, name):
            entry = min(truth[query.id])
            if half(entry[1]) == "fit" and entry in listed:
                count(true, asked_traits(query.properties), listed[entry])
    some = list(listed.values())[::7]
    for name in ("neg_global", "neg_us"):
        for query in read_queries(data, name)[::50]:
            asked = asked_traits(query.properties)
            for one in some if half(query.id) == "fit" else ():
                count(chance, asked, one)
    for kind in ("date", "country", "gender"):
        totals = [sum(n for key, n in counts.items() if key.startswith(kind)) for counts in (true, chance)]
        for key in sorted(key for key in {*true, *chance} if key.startswith(kind)):
            ratio = np.log(((true[key] + 0.5) / (totals[0] + 1)) / ((chance[key] + 0.5) / (totals[1] + 1)))
            print(f"    {key}: {ratio:.2f}   # {true[key]} of {totals[0]} true, {chance[key]} of {totals[1]} chance")


def traits_of(record: Any) -> Traits:
    """Return what a list entry says beside names."""
    facts: dict[str, list[str]] = {}
    for fact in record.facts:
        facts.setdefault(fact.prop, []).append(fact.value)
    return traits(
        [d for t in facts.get("birthDate", []) if (d := read_date(t))],
        facts.get("nationality", []),
        facts.get("gender", []),
        [],
    )


def asked_traits(row: dict[str, str]) -> Traits:
    """Return what a query says beside the name."""
    return traits([d for t in [row.get("birth_date", "")] if (d := read_date(t))],
                  [row["nationality"]] if "nationality" in row else [], [row["gender"]] if "gender" in row else [], [])  # fmt: skip


def count(counts: Counter[str], asked: Traits, listed: Traits) -> None:
    """Count the classes of one pair."""
    found = compare(None, asked, listed)
    if found.date:
        counts[f"date {found.date.kind}"] += 1
    if found.countries is not None:
        counts[f"country {found.countries.same}"] += 1
    if found.genders is not None:
        counts[f"gender {found.genders.same}"] += 1


def main() -> None:
    """Fit and print."""
    data = Path(sys.argv[1])
    trait_weights(data)
    if "--traits" in sys.argv:
        return
    samples = pair_samples(data) + list_samples(data)
    for sample in samples:
        sample.weight = GROUP_WEIGHT[sample.group] * (FOUND if sample.match else 1.0)
    beta = fit([s for s in samples if s.half == "fit"])
    for name, value in zip(FEATURES, beta, strict=True):
        print(f'    "{name}": {value:.2f},')
    report(samples, beta)


if __name__ == "__main__":
    main()
