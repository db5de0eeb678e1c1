"""How likely a claim is to be what its typology says: a sum of weighed signs, for and against, each in words.

The weights are log-odds, fitted on the exercise's generated year (`bench/fit_trace.py`), half of whose seeds they never
saw; none counts against the way its sign is read. They say how much a sign moves the odds there; a node that has decided findings of its own should fit its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Any, Final

from headwater.engines.trace.profile import Profile
from headwater.engines.trace.weights import ALONE, BASES, BASES_ALONE, WEIGHTS
from headwater.model.finding import Reason

MANY_PAYERS: Final = 5
STEADY_MONTHS: Final = 5
"""Busy months that make an account steady; its sign says the number."""
NEAR_M: Final = 20_000
INLAND_M: Final = 100_000


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: its name, what it means in words where it holds, and which way it may count.

    Attributes:
        way: 1 speaks for a claim or says nothing, -1 against it or nothing, 0 either. A generated year must not teach that an
            ordinary shop is suspect for being one.
    """

    name: str
    text: str
    way: int


SIGNS: Final = (
    Sign("one-off-payers", "nearly all of its payers came once or a few times and not again", 1),
    Sign("regular-payers", "many of its payers come back month after month, as for wages, rent or support", -1),
    Sign("passes-on", "most of what came in went out again", 1),
    Sign("passes-each-on", "most of its dear sums left again one by one within days, as they came or less a fee", 1),
    Sign("keeps", "most of what came in stayed", 0),
    Sign("licensed", "a register of money services names it: moving money is its lawful business", -1),
    Sign("business", "a company register names a business that uses it", -1),
    Sign("everyday", "many payments into it are everyday purchases, as a shop has", -1),
    Sign("abroad", "most of its money comes from another country", 1),
    Sign("pays-regularly", "it pays the same payees month after month, as for wages", -1),
    Sign(
        "takes-cards", "most payments into it are by card, which only a merchant known to a card company can take", -1
    ),
    Sign(
        "steady",
        "it is paid several dear sums in each of five months or more, as by customers, and not in one burst",
        -1,
    ),
    Sign("pays-once", "most of what it sends goes to payees whom it pays once or twice, as for goods and bills", -1),
    Sign(
        "pays-merchants",
        "most of what it sends otherwise than by card goes to merchants that a card company knows, as for goods and bills",
        -1,
    ),
    Sign("linked", "it pays, or is paid by, an account that a finding of its own names", 1),
    Sign("short-lived", "all of its payments lie within three months", 1),
    Sign("second-pattern", "a second typology names it too", 1),
    Sign("third-pattern", "three or more typologies name it", 1),
    Sign("in-line", "its business uses or sells boats", -1),
    Sign("near-water", "goods went to a place near a beach or a river", 1),
    Sign("inland", "goods went far inland", 1),
    Sign("no-address", "goods left without a delivery address", 1),
    Sign("both-halves", "boats and engines together", 1),
    Sign("many-rows", "it rests on more than a dozen rows", 0),
)


def signs_of(
    facts: Mapping[str, Any], profile: Profile | None, patterns: int, *, linked: bool = False
) -> frozenset[str]:
    """Return the names of the signs that hold for a claim.

    Args:
        facts: the claim's own numbers.
        profile: of its subject's account; None where it has none in the payments.
        patterns: how many typologies name the subject.
        linked: whether money went between the subject and one whom a claim names that does not name the subject.
    """
    found: dict[str, bool] = {"second-pattern": patterns == 2, "third-pattern": patterns > 2, "linked": linked}  # noqa: PLR2004
    if profile is not None:
        found |= _account_signs(profile)
    near = facts.get("near_m")
    found |= {
        "in-line": bool(facts.get("in_line")),
        "near-water": near is not None and 0 <= near <= NEAR_M,
        "inland": near is not None and near >= INLAND_M,
        "no-address": bool(facts.get("no_address")),
        "both-halves": bool(facts.get("boats")) and bool(facts.get("engines")),
        "many-rows": int(facts.get("payments") or facts.get("rows") or 0) > 12,  # noqa: PLR2004
    }
    return frozenset(name for name, holds in found.items() if holds)


def _account_signs(profile: Profile) -> dict[str, bool]:
    many = profile.payers >= MANY_PAYERS
    return {
        "one-off-payers": many and profile.few * 100 >= profile.payers * 85,
        "regular-payers": many and profile.regular * 100 >= profile.payers * 25,
        "passes-on": profile.got > 0 and 60 * profile.got <= profile.sent * 100 <= 115 * profile.got,
        "keeps": profile.got > 0 and profile.sent * 100 <= 25 * profile.got,
        "licensed": bool(profile.licensed),
        "business": bool(profile.business) and not profile.licensed,
        "everyday": profile.n_in > 0 and profile.everyday * 100 >= profile.n_in * 40,
        "abroad": profile.n_in > 0 and profile.abroad * 100 >= profile.n_in * 50,
        "pays-regularly": profile.payees >= MANY_PAYERS and profile.regular_out * 100 >= profile.payees * 30,
        "takes-cards": profile.n_in > 0 and profile.cards * 100 >= profile.n_in * 50,
        "steady": profile.busy_months >= STEADY_MONTHS,
        "pays-once": profile.payees >= MANY_PAYERS and profile.seldom * 100 >= profile.sent * 60,
        "passes-each-on": profile.dear > 0 and profile.echoed * 100 >= profile.dear * 50,
        "pays-merchants": profile.wired > 0 and profile.to_merchants * 100 >= profile.wired * 50,
        "short-lived": profile.ended_s - profile.begun_s <= 92 * 86_400,
    }


def score(typology: str, signs: frozenset[str], *, register: bool = True) -> tuple[float, tuple[Reason, ...]]:
    """Return the probability of a claim and the reasons that carry it, the weightiest first.

    Args:
        typology: name of the claim's typology.
        signs: names of the signs that hold.
        register: whether a register of companies was read. Without one nobody knows which account is a business, so that
            what payments alone say weighs otherwise and less.
    """
    bases, weights = (BASES, WEIGHTS) if register else ({**BASES, **BASES_ALONE}, ALONE)
    weighed = [(weights.get(sign.name, 0.0), sign) for sign in SIGNS if sign.name in signs]
    reasons = sorted(
        (Reason(f"trace.{sign.name}", weight, _sentence(sign.text)) for weight, sign in weighed),
        key=lambda reason: (-abs(reason.weight), reason.code),
    )
    total = bases.get(typology, 0.0) + sum(weight for weight, _ in weighed)
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, total)))), tuple(reasons)


def harmless(signs: frozenset[str], *, register: bool) -> str:
    """Return in words what of the signs speaks for the innocent reading, and which table would decide it."""
    held = [sign.text for sign in SIGNS if sign.way < 0 and sign.name in signs]
    told = f"For the innocent reading speaks that {'; that '.join(held)}." if held else ""
    if register:
        return told
    asked = (
        "No register of companies was read: whether the account is a registered business's or a licensed transmitter's would "
        "decide between the two readings. Read one with `headwater read companies`."
    )
    return f"{told} {asked}".strip()


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
