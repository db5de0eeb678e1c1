"""The ranker: trained on simulated data, honest in its chances, and telling what moved it."""

import json
from pathlib import Path
from random import Random

import pytest

from headwater.engines.trace.leads import ranked
from headwater.engines.trace.ranker import CARD, columns, read_ranker, row, train
from headwater.engines.trace.typologies import TYPOLOGIES
from headwater.errors import FormatError
from headwater.exercise.money.make import make
from headwater.node import trace as tracing

NAMES = ("one", "two")


def claims(count: int) -> tuple[list[list[float]], list[bool]]:
    """Claims of which those with money passed on are right, three of four times."""
    draw = Random(3)
    rows, right = [], []
    for _ in range(count):
        made = row("one", {"amount": draw.randint(1, 10**6)}, None, 1, NAMES)
        strong = draw.random() < 0.5
        made[columns(NAMES).index("passed_share")] = 0.9 if strong else 0.1
        rows.append(made)
        right.append(draw.random() < (0.75 if strong else 0.1))
    return rows, right


def test_chances_are_calibrated_and_reasons_are_in_words() -> None:
    rows, right = claims(1_500)
    made = train(rows, right, [number % 3 == 2 for number in range(len(rows))], NAMES, {"years": 1})
    told = made.rank(rows)
    for share in (0.9, 0.1):
        mine = [chance for (chance, _), given in zip(told, rows, strict=True) if given[5] == share]
        assert abs(sum(mine) / len(mine) - (0.75 if share == 0.9 else 0.1)) < 0.06
    (reason, *_) = told[0][1]
    assert "how much of what came in went out" in reason.text
    assert CARD in reason.text
    again = read_ranker(json.loads(made.text()))
    assert again.rank(rows[:5]) == told[:5]
    assert again.card["note"] == CARD


def test_a_shop_is_no_suspect_for_being_one_whatever_a_simulator_links() -> None:
    draw = Random(5)
    rows, right = [], []
    at = columns(NAMES).index("business")
    for _ in range(600):
        made = row("one", {"amount": draw.randint(1, 10**6)}, None, 1, NAMES)
        made[at] = float(draw.random() < 0.5)
        rows.append(made)
        right.append(draw.random() < (0.9 if made[at] else 0.1))
    told = train(rows, right, [number % 3 == 2 for number in range(len(rows))], NAMES, {}).rank(rows)
    shops = [chance for (chance, _), made in zip(told, rows, strict=True) if made[at]]
    others = [chance for (chance, _), made in zip(told, rows, strict=True) if not made[at]]
    assert max(shops) <= max(others)
    assert sum(shops) / len(shops) <= sum(others) / len(others) + 0.02


@pytest.mark.parametrize("change", [{"form": "x"}, {"trees": 1}, {"slope": None}, {"card": []}, {"typologies": "x"}])
def test_what_is_no_ranker_is_refused(change: dict[str, object]) -> None:
    rows, right = claims(60)
    good = json.loads(train(rows, right, [number % 3 == 2 for number in range(60)], NAMES, {}).text())
    with pytest.raises(FormatError):
        read_ranker(good | change)


@pytest.mark.deep
def test_a_ranker_trained_on_years_orders_another_and_leaves_victims_out(tmp_path: Path) -> None:
    for seed in range(1, 6):
        make(2_000, 5_000, 7, seed, tmp_path / str(seed))
    card = tracing.train_ranker([tmp_path / str(seed) for seed in range(1, 5)], tmp_path / "ranker.json")
    assert card["note"] == CARD
    files = [str(path) for path in sorted((tmp_path / "5").glob("*.csv")) if path.stem != "truth"]
    plain = tracing.in_files(tracing.Asked(), files, "test").result
    made = ranked(plain, tracing.ranker_in(tmp_path / "ranker.json"))
    assert {claim.finding.subjects for claim in made.claims} == {claim.finding.subjects for claim in plain.claims}
    assert made.protecting == plain.protecting
    scores = [claim.finding.score for claim in made.claims]
    assert scores == sorted(scores, reverse=True)
    assert {claim.typology.name for claim in made.claims} <= set(TYPOLOGIES)
