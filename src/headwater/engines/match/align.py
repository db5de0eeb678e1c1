"""Two names laid side by side: which parts meet, how well, and what is left over on either side."""

from functools import lru_cache
from typing import Final, NamedTuple

from headwater.engines.match.business_words import ANY_FIRM
from headwater.engines.match.likeness import LENGTH_SHARE, MEETING, WRITTEN_SHARE, Way, edit_cost, known_names, likeness
from headwater.engines.match.names import Kind, Part, Weighed
from headwater.engines.match.sound import unvowelled_cost

DOUBTFUL: Final = 0.1
"""Difference in spelling from which it is worth a look whether the blank alone stands in the wrong place."""
JOINED: Final = 0.8
"""Likeness of two parts written together and one part: nearer than single parts must be, for joining gives more ways."""
WHOLE: Final = 0.9
"""Likeness of two whole names run together."""
MOVED_SLIP: Final = 0.45
"""Edits between names of as many parts whose blank alone has moved: a loose sound at the seam, as the h of Abdullah R."""
BLANK: Final = 0.02
"""What a blank in another place costs."""
LEAST_WHOLE: Final = 6
MOST_LENGTHS: Final = 2
MOST_RARITY: Final = 1.5
TELLING: Final = 0.2
"""Rarity above which a part is more than a legal form or a particle."""
JOINS: Final = 1 << 61
"""Bit of what is worth reading: parts written together may meet."""
BLANKS: Final = 1 << 62
"""Bit of what is worth reading: the names may be one word each."""
EVERYTHING: Final = -1
"""All of it is worth reading."""
_NAMES: Final = frozenset({Kind.WORD, Kind.GIVEN, Kind.INITIAL, Kind.KOREAN, Kind.CHINESE})
# A member of an enumeration is read much quicker by a name of its own than through its class.
_FORM: Final = Kind.FORM
_INITIAL: Final = Kind.INITIAL
_SAME: Final = Way.SAME
_BY_INITIAL: Final = Way.INITIAL
_RUN_TOGETHER: Final = Way.JOINED


class Meeting(NamedTuple):
    """One part of each name that meet.

    Attributes:
        length: sounds of the longer part.
    """

    left: str
    right: str
    likeness: float
    rarity: float
    way: Way
    length: int = 0


class Alignment(NamedTuple):
    """Two names side by side.

    Attributes:
        meetings: parts that meet, the weightiest first.
        agreed: rarity of the parts that meet, times how well.
        spelled: rarity of the parts that meet, times how badly.
        left_over, right_over: rarity of the parts of either name that meet nothing.
        telling: number of meeting parts that are more than an initial or a legal form.
        exact: whether the same letters, after transliteration, stand in the same order.
        other_form: whether both have a form of law that meets nothing: two companies of one name.
        other_initial: whether an initial of one is at odds with what is left over of the other.
        other_number: whether a number meets nothing: a fund, ship or brigade of a row has brothers.
        first_over: rarity of the first part of a name where it meets nothing and the other name meets in all its parts.
    """

    meetings: tuple[Meeting, ...]
    agreed: float
    spelled: float
    left_over: float
    right_over: float
    telling: int
    exact: bool
    other_form: bool = False
    other_initial: bool = False
    other_number: bool = False
    first_over: float = 0.0

    @property
    def slips(self) -> float:
        """How many whole edits lie between the parts that meet."""
        return sum([(1.0 - one.likeness) * one.length / LENGTH_SHARE for one in self.meetings])


class _Side:
    """One name while its parts are being paired: those that have met nothing yet."""

    __slots__ = ("free", "weighed")

    def __init__(self, weighed: Weighed, free: list[int]) -> None:
        self.weighed = weighed
        self.free = free

    @property
    def rest(self) -> float:
        rarity = self.weighed.rarity
        return sum([rarity[at] for at in self.free])

    @property
    def numbered(self) -> bool:
        """Whether a number has met nothing."""
        parts = self.weighed.name.parts
        for at in self.free:  # noqa: SIM110 - a hundred thousand times a minute; `any` takes twice as long
            if not parts[at].sound.isalpha() and parts[at].kind is not _FORM:
                return True
        return False

    @property
    def first(self) -> float:
        """Rarity of the first part where it has met nothing."""
        return self.weighed.rarity[0] if 0 in self.free else 0.0

    @property
    def kinds(self) -> set[Kind]:
        """Kinds of the parts that have met nothing."""
        return {self.weighed.name.parts[at].kind for at in self.free}

    @property
    def law_form(self) -> bool:
        """Whether a form of law has met nothing."""
        parts = self.weighed.name.parts
        return any(parts[at].kind is _FORM and parts[at].plain not in ANY_FIRM for at in self.free)


def align(left: Weighed, right: Weighed, worth: int = EVERYTHING) -> Alignment:
    """Return two names side by side: the best pairs first, then parts that were cut or run together.

    Args:
        left: a name.
        right: another.
        worth: what is worth reading, as bits: part i of the one beside part j of m parts of the other is bit i * m + j, and
            JOINS and BLANKS. What is left out must be known not to meet.
    """
    meetings, one, other = _paired(left, right, worth)
    if not one.free and not other.free and not worth & BLANKS:
        return _summed(left, right, meetings, (0.0, 0.0))
    form = initial = False
    if one.free and other.free:
        if worth & JOINS:
            meetings += _joined(one, other, turned=False) + _joined(other, one, turned=True)
        mine, theirs = one.kinds, other.kinds
        form = _FORM in mine and _FORM in theirs and one.law_form and other.law_form
        initial = bool((_INITIAL in mine and theirs & _NAMES) or (_INITIAL in theirs and mine & _NAMES))
    odds = _Odds(form, initial, one.numbered or other.numbered)
    first = 0.0 if one.free and other.free else one.first + other.first
    apart = _summed(left, right, meetings, (one.rest, other.rest), odds, first)
    if not worth & BLANKS:
        return apart
    doubtful = (apart.left_over and apart.right_over) or (apart.spelled > DOUBTFUL and len(left.name.parts) > 1)
    if doubtful:
        whole = _whole(left, right)
        if whole is not None and whole.spelled < apart.spelled + min(apart.left_over, apart.right_over):
            return whole
    return apart


def _paired(left: Weighed, right: Weighed, worth: int) -> tuple[list[Meeting], _Side, _Side]:
    """Return the parts that meet, each at most once, the best and rarest pairs first."""
    pairs = []
    mine, theirs = left.name.parts, right.name.parts
    columns = len(theirs)
    for i, j in _worth_reading(worth & (1 << len(mine) * columns) - 1, columns):
        one, other = mine[i], theirs[j]
        alike, way = (1.0, _SAME) if one.plain == other.plain else likeness(one, other)
        if alike >= MEETING:
            rarity, rarity_ = left.rarity[i], right.rarity[j]
            weight = min(rarity, rarity_) if way is _BY_INITIAL else (rarity + rarity_) / 2
            pairs.append((-alike * (0.5 + weight), abs(i - j), i, j, alike, way, weight))
    pairs.sort()
    free, loose = list(range(len(mine))), list(range(columns))
    meetings = []
    for _, _, i, j, alike, way, weight in pairs:
        if i in free and j in loose:
            free.remove(i)
            loose.remove(j)
            one, other = mine[i], theirs[j]
            longest = max(len(one.sound), len(other.sound))
            meetings.append(Meeting(one.text, other.text, alike, weight, way, longest))
    return meetings, _Side(left, free), _Side(right, loose)


@lru_cache(maxsize=1 << 12)
def _worth_reading(bits: int, columns: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs of parts that are worth reading, row by row."""
    found = []
    while bits:
        lowest = bits & -bits
        bits ^= lowest
        found.append(divmod(lowest.bit_length() - 1, columns))
    return tuple(found)


def _joined(cut: _Side, whole: _Side, *, turned: bool) -> list[Meeting]:
    """Let two neighbouring parts of one name, written together, meet one part of the other."""
    found = []
    parts, rarity = cut.weighed.name.parts, cut.weighed.rarity
    for i in tuple(cut.free):
        if i not in cut.free or i + 1 not in cut.free:
            continue
        both = parts[i : i + 2]
        sound = parts[i].sound + parts[i + 1].sound
        for j in tuple(whole.free):
            other = whole.weighed.name.parts[j]
            alike = _run_together(both, (other,))
            if alike >= JOINED:
                cut.free = [at for at in cut.free if at not in {i, i + 1}]
                whole.free.remove(j)
                one, two = f"{parts[i].text} {parts[i + 1].text}", other.text
                one, two = (two, one) if turned else (one, two)
                weight = min(MOST_RARITY, (rarity[i] + rarity[i + 1] + whole.weighed.rarity[j]) / 2)
                found.append(Meeting(one, two, alike - BLANK, weight, _RUN_TOGETHER, max(len(sound), len(other.sound))))
                break
    return found


def _run_together(left: tuple[Part, ...], right: tuple[Part, ...]) -> float:
    """Return how alike some parts of a name are, written together, to some of another."""
    one, other = (("".join([part.sound for part in side])) for side in (left, right))
    if left[0].arabic == right[0].arabic:
        if abs(len(one) - len(other)) > MOST_LENGTHS:
            return 0.0
        return 1.0 - LENGTH_SHARE * edit_cost(one, other) / max(len(one), len(other))
    bones = [sum([len(part.bones) for part in side]) for side in (left, right)]
    if abs(bones[0] - bones[1]) > MOST_LENGTHS:
        return 0.0
    written, latin, least = (one, other, bones[1]) if left[0].arabic else (other, one, bones[0])
    return 1.0 - WRITTEN_SHARE * unvowelled_cost(written, latin) / max(len(written), least + 1)


def _whole(left: Weighed, right: Weighed) -> Alignment | None:
    """Return the names as one word each, where only blanks and a slip keep them apart.

    Names of as many parts are one word each only where nothing but the place of the blank differs: a slip inside a part
    is judged part by part, where it weighs more, and Stefan is not Stevan.
    """
    one, other = left.name, right.name
    longest = max(len(one.joined), len(other.joined))
    if longest < LEAST_WHOLE:
        return None
    alike = _run_together(one.parts, other.parts)
    slip = (1.0 - alike) * longest / LENGTH_SHARE
    if alike < WHOLE or (
        len(one.parts) == len(other.parts) and (slip > MOVED_SLIP or _two_known(one.parts, other.parts))
    ):
        return None
    rarity = (sum(left.rarity) + sum(right.rarity)) / 2
    return _summed(
        left, right, [Meeting(one.joined, other.joined, alike - BLANK, rarity, _RUN_TOGETHER, longest)], (0.0, 0.0)
    )


def _two_known(left: tuple[Part, ...], right: tuple[Part, ...]) -> bool:
    """Return whether two known names that differ stand in one place: no blank has moved there."""
    return any(known_names(one, other) is False for one, other in zip(left, right, strict=True))


class _Odds(NamedTuple):
    """What of two names is at odds, as `Alignment` tells it."""

    other_form: bool = False
    other_initial: bool = False
    other_number: bool = False


_NO_ODDS: Final = _Odds()


def _summed(
    left: Weighed,
    right: Weighed,
    meetings: list[Meeting],
    over: tuple[float, float],
    odds: _Odds = _NO_ODDS,
    first_over: float = 0.0,
) -> Alignment:
    if len(meetings) > 1:
        meetings.sort(key=lambda one: (-one.rarity * one.likeness, one.left))
    agreed = spelled = 0.0
    telling = 0
    for _, _, alike, rarity, way, _ in meetings:
        agreed += rarity * alike
        spelled += rarity * (1.0 - alike)
        telling += way is not _BY_INITIAL and rarity > TELLING
    mine, theirs = left.name.parts, right.name.parts
    exact = len(mine) == len(theirs) and [part.plain for part in mine] == [part.plain for part in theirs]
    return Alignment(tuple(meetings), agreed, spelled, *over, telling, exact, *odds, first_over)
