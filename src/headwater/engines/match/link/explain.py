"""Reasons for a pair: each comparison in words, with both values as they were written, and the facts they stand in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log
from typing import Final

from headwater.engines.match.dates import read_date, salvage_date
from headwater.engines.match.identifiers import normal, optical
from headwater.engines.match.link.levels import Comparison, Model
from headwater.engines.match.link.pairing import Edge
from headwater.engines.match.link.units import Said, Unit
from headwater.engines.match.link.values import phone_of, plate
from headwater.model.finding import Reason

BIT: Final = log(2.0)
"""A bit as a natural log-odds, the measure of every reason in this house."""
MOST_BITS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One comparison of a pair as it is shown.

    Attributes:
        name: the comparison's.
        code: the level that holds.
        bits: what it says.
        text: in words.
        left, right: what was compared, as it was written.
    """

    name: str
    code: str
    bits: float
    text: str
    left: Said
    right: Said

    def reason(self, left: Unit, right: Unit) -> Reason:
        """Return it as a reason of a finding."""
        return Reason(
            f"link.{self.name}.{self.code}",
            self.bits * BIT,
            f"{left.name} and {right.name}: {self.text} ({self.left.value}; {self.right.value})",
            self.left.value,
            self.right.value,
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """Two units with all that decided on them.

    Attributes:
        left, right: the units.
        edge: the levels and weights of the two.
        model: what was compared.
    """

    left: Unit
    right: Unit
    edge: Edge
    model: Model

    @property
    def weight(self) -> float:
        """What all that was said adds up to, in bits."""
        return self.edge.weight

    @property
    def prior(self) -> float:
        """What is said before anything is compared, in bits."""
        return self.edge.weight - sum(self.edge.parts)

    @property
    def probability(self) -> float:
        """The weight as a probability."""
        return probability(self.weight)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What each comparison says, in the model's order; what is missing on a side is not among them.

        They are made anew at each look: those of a million records, all at once, would fill the memory.
        """
        return tuple(_bars(self))


def probability(weight: float) -> float:
    """Return a weight in bits as a probability, never quite 0 or 1."""
    bits = max(-MOST_BITS, min(MOST_BITS, weight))
    return float(1.0 / (1.0 + 2.0**-bits))


def _bars(pair: Pair) -> Iterator[Bar]:
    edge = pair.edge
    for comparison, gamma, bits in zip(pair.model.comparisons, edge.levels, edge.parts, strict=True):
        if gamma < 0 or (gamma == 0 and abs(bits) < 0.05):  # noqa: PLR2004 - says nothing either way
            continue
        level = comparison.level(gamma)
        one, other = compared(pair.left, pair.right, comparison)
        if (
            one is None
            or other is None
            or (level is not None and level.code == "turned" and comparison.name == "given")
        ):
            continue
        code, text = (level.code, level.text) if level else ("other", comparison.otherwise)
        yield Bar(comparison.name, code, bits, text, one, other)


def compared(left: Unit, right: Unit, comparison: Comparison) -> tuple[Said | None, Said | None]:
    """Return the two values that a comparison is shown with: two that agree where there are such, else the first."""
    ours, theirs = list(left.said(*comparison.shown)), list(right.said(*comparison.shown))
    for form in _FORMS.get(comparison.name, ()):
        known = {text: said for said in reversed(theirs) if (text := form(said.value))}
        for said in ours:
            if form(said.value) in known:
                return said, known[form(said.value)]
    return next(iter(ours), None), next(iter(theirs), None)


def _number(text: str) -> str:
    return optical(normal(text))


def _date(text: str) -> str:
    return read_date(text) or salvage_date(text) or ""


_FORMS: Final[dict[str, tuple[Callable[[str], str], ...]]] = {
    "numbers": (normal, _number),
    "calls": (normal,),
    "plates": (plate, lambda text: optical(plate(text))),
    "contacts": (phone_of, lambda text: text.strip().casefold()),
    "birth": (_date,),
}
"""Ways in which two values of a comparison are one, the strictest first."""


def facts_of(pair: Pair) -> Iterator[Said]:
    """Yield the facts that a pair rests on."""
    for bar in pair.bars:
        yield bar.left
        yield bar.right
