"""Each two words of a claim, over each kind of count: a word that fits makes good another that does not only where that is meant."""

from itertools import permutations
from typing import Final

import pytest

from headwater.engines.figures.words import Sense, misfit
from headwater.model.figures import Unit

SAYS: Final = {
    Sense.FORCED: "deported",
    Sense.VOLUNTARY: "voluntarily",
    Sense.REFUSED: "refused entry",
    Sense.RETURN: "returned",
    Sense.DETECTION: "detected",
    Sense.BOAT: "boats",
    Sense.VICTIM: "victims",
    Sense.REFERRAL: "referred",
    Sense.PEOPLE: "people",
}
EVERYTHING_ELSE: Final = frozenset(Sense) - {Sense.VOLUNTARY, Sense.RETURN, Sense.PEOPLE}
BOTH: Final = frozenset({Sense.VOLUNTARY, Sense.REFUSED})
WRONG: Final[dict[Unit, dict[Sense, frozenset[Sense]]]] = {
    Unit.ENFORCED: {Sense.VOLUNTARY: frozenset()},
    Unit.VOLUNTARY: {Sense.FORCED: BOTH},
    Unit.RETURN: {Sense.FORCED: BOTH, Sense.VOLUNTARY: EVERYTHING_ELSE},
    Unit.REFUSED: {Sense.FORCED: BOTH, Sense.VOLUNTARY: frozenset()},
    Unit.DETECTION: {Sense.PEOPLE: frozenset()},
    Unit.BOAT: {Sense.PEOPLE: frozenset({Sense.BOAT})},
    Unit.PERSON: {Sense.BOAT: frozenset({Sense.PEOPLE})},
    Unit.REFERRAL: {Sense.VICTIM: frozenset()},
}
"""For each kind of count, the words that say something else, and the words beside which each of them is right all the same."""


def wrong(unit: Unit, said: set[Sense]) -> Sense | None:
    """The word of a claim that does not fit, by the table."""
    return next((sense for sense, good in WRONG.get(unit, {}).items() if sense in said and not good & said), None)


@pytest.mark.parametrize("unit", list(Unit))
def test_a_word_that_fits_makes_good_another_only_where_the_two_mean_one_thing(unit: Unit) -> None:
    for one, other in permutations(SAYS, 2):
        for text, said in ((f"400 {SAYS[one]} in 2024", {one}), (f"400 {SAYS[one]} were {SAYS[other]}", {one, other})):
            found = misfit(text, frozenset({unit}))
            assert (found and found[0]) == wrong(unit, said), text
