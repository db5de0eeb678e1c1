"""Two names laid side by side: which parts meet, how well, and what is left over on either side."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from headwater.engines.match.given import verdict
from headwater.engines.match.names import Kind, Name, Part
from headwater.engines.match.sound import omission, substitution, unvowelled_cost

MEETING: Final = 0.55
"""Likeness below which two parts do not meet at all."""
_LENGTH_SHARE: Final = 1.25
"""How much of a word one whole edit takes: in a word of five sounds a quarter."""
_FIRST_SOUND: Final = 1.4
"""People mistake the first letter of a name less often than the others."""
_SPELLING_COST: Final = 0.16
"""Edits up to this are two spellings of one sound, not a slip."""
_DOUBTFUL: Final = 0.2
"""Difference in spelling from which it is worth a look whether the blank alone stands in the wrong place."""
_MAX_EDITS: Final = 4
_SWAP: Final = 0.7
"""Two neighbours that changed places: one slip, and a common one."""
_NEIGHBOURS: Final = 2


class Way(StrEnum):
    """How two parts meet."""

    SAME = "same"
    SPELLING = "spelling"
    BONES = "consonants"
    EDIT = "edit"
    INITIAL = "initial"
    JOINED = "joined"


@dataclass(frozen=True, slots=True)
class Meeting:
    """One part of each name that meet."""

    left: str
    right: str
    likeness: float
    rarity: float
    way: Way


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two names side by side.

    Attributes:
        meetings: parts that meet, the weightiest first.
        agreed: rarity of the parts that meet, times how well.
        spelled: rarity of the parts that meet, times how badly.
        left_over, right_over: rarity of the parts of either name that meet nothing.
        telling: number of meeting parts that are more than an initial or a legal form.
        exact: whether the same letters, after transliteration, stand in the same order.
    """

    meetings: tuple[Meeting, ...]
    agreed: float
    spelled: float
    left_over: float
    right_over: float
    telling: int
    exact: bool


def edit_cost(left: str, right: str) -> float:
    """Return the cost of turning one word's sounds into another's: whole edits for strangers, less for near sounds."""
    from rapidfuzz.distance import Levenshtein

    if Levenshtein.distance(left, right, score_cutoff=_MAX_EDITS) > _MAX_EDITS:
        return float(_MAX_EDITS + 1)
    cost = last = 0.0
    before: tuple[str, str, int] = ("", "", -9)
    for kind, at, to in Levenshtein.editops(left, right).as_list():
        if kind == "replace":
            step, now = substitution(left[at], right[to]), (left[at], right[to], to)
            swapped = before == (right[to], left[at], to - 1)
        else:
            word, place = (left, at) if kind == "delete" else (right, to)
            step, now = omission(word, place), ((word[place], "", at) if kind == "delete" else ("", word[place], at))
            swapped = bool(before[0] or before[1]) and before[:2] == (now[1], now[0]) and at - before[2] <= _NEIGHBOURS
        if swapped:
            cost += _SWAP - last
            before, last = ("", "", -9), 0.0
            continue
        step *= _FIRST_SOUND if to == 0 and step > _SPELLING_COST else 1.0
        cost += step
        before, last = now, step
    if _patronymic(left, right) or _patronymic(right, left):
        cost += 1.0
    return cost


def _patronymic(short: str, long: str) -> bool:
    """Return whether the longer word is the shorter with -ić or -ović: another family's name, not a slip."""
    return long.endswith(("iC", "ic")) and long[:-2] in {short, short + "ov", short + "ev"}


@lru_cache(maxsize=1 << 17)
def likeness(left: Part, right: Part) -> tuple[float, Way]:
    """Return how alike two parts are, 0 to 1, and in which way."""
    if left.plain == right.plain:
        return 1.0, Way.SAME
    if Kind.INITIAL in {left.kind, right.kind}:
        return _initial(left, right)
    if left.sound == right.sound and left.sound.isalpha():
        return 0.98, Way.SPELLING
    if not (left.sound.isalpha() and right.sound.isalpha()) or Kind.FORM in {left.kind, right.kind}:
        return 0.0, Way.EDIT  # figures and legal forms are the same or not
    known = verdict(left.sound, right.sound)
    if left.arabic or right.arabic:
        alike, way = _bones(left, right)
    else:
        cost = edit_cost(left.sound, right.sound)
        if _family_form(left.sound, right.sound):
            cost = min(cost, 0.3)
        alike = max(0.0, 1.0 - _LENGTH_SHARE * cost / max(len(left.sound), len(right.sound)))
        way = Way.SPELLING if cost <= _SPELLING_COST else Way.EDIT
        if left.bones == right.bones and len(left.bones) > 2 and alike >= MEETING:  # noqa: PLR2004 - two consonants say little
            alike, way = max(alike, 0.86), Way.SPELLING if way is Way.SPELLING else Way.BONES
    if known is True:
        return max(alike, 0.95), Way.SPELLING
    if known is False and way is not Way.SPELLING and not (left.arabic or right.arabic):
        return min(alike, 0.4), Way.EDIT
    return alike, way


def _initial(left: Part, right: Part) -> tuple[float, Way]:
    same = left.plain[:1] == right.plain[:1] or substitution(left.sound[:1], right.sound[:1]) <= _SPELLING_COST
    return (0.9 if same else 0.0), Way.INITIAL


def _bones(left: Part, right: Part) -> tuple[float, Way]:
    """Return how alike two parts are of which at least one is written without short vowels."""
    if left.arabic and right.arabic:
        cost = edit_cost(left.sound, right.sound)
        return max(0.0, 1.0 - _LENGTH_SHARE * cost / max(len(left.sound), len(right.sound))), Way.EDIT
    written, latin = (left, right) if left.arabic else (right, left)
    longest = max(len(written.sound), len(latin.bones) + 1)
    cost = unvowelled_cost(written.sound, latin.sound)
    return max(0.0, 1.0 - 1.15 * cost / longest), Way.BONES


_FAMILY_ENDINGS: Final = (("ov", "ova"), ("ev", "eva"), ("in", "ina"), ("ski", "ska"), ("ski", "skaia"), ("ki", "ka"))


def _family_form(left: str, right: str) -> bool:
    """Return whether two words are the forms of one family name that men and women bear."""
    short, long = sorted((left, right), key=len)
    return any(
        one != other and (left.endswith(one) and right == left[: -len(one)] + other)
        or (right.endswith(one) and left == right[: -len(one)] + other)
        for one, other in _FAMILY_ENDINGS
    ) and len(short) > 4 and short != long  # noqa: PLR2004 - a root and an ending


def align(left: Name, right: Name, left_rarity: tuple[float, ...], right_rarity: tuple[float, ...]) -> Alignment:
    """Return two names side by side; the rarities say how much each part counts, in the order of the parts."""
    pairs = []
    for i, one in enumerate(left.parts):
        for j, other in enumerate(right.parts):
            alike, way = likeness(one, other)
            if alike >= MEETING:
                weight = _shared(left_rarity[i], right_rarity[j], way)
                pairs.append((alike * (0.5 + weight), -abs(i - j), i, j, alike, weight, way))
    pairs.sort(reverse=True)
    free_left, free_right = set(range(len(left.parts))), set(range(len(right.parts)))
    meetings = []
    for _, _, i, j, alike, weight, way in pairs:
        if i in free_left and j in free_right:
            free_left.remove(i)
            free_right.remove(j)
            meetings.append(Meeting(left.parts[i].text, right.parts[j].text, alike, weight, way))
    if free_left and free_right:
        _join(left, right, left_rarity, right_rarity, free_left, free_right, meetings)
        _join(right, left, right_rarity, left_rarity, free_right, free_left, meetings, turned=True)
    rest_left = sum(left_rarity[i] for i in free_left)
    rest_right = sum(right_rarity[j] for j in free_right)
    apart = _summed(left, right, meetings, rest_left, rest_right)
    if (rest_left and rest_right) or (apart.spelled > _DOUBTFUL and len(left.parts) > 1):
        whole = _whole(left, right, left_rarity, right_rarity)
        if whole is not None and whole.spelled < apart.spelled + min(rest_left, rest_right):
            return whole
    return apart


def _shared(left: float, right: float, way: Way) -> float:
    return min(left, right) if way is Way.INITIAL else (left + right) / 2


def _summed(left: Name, right: Name, meetings: list[Meeting], rest_left: float, rest_right: float) -> Alignment:
    meetings.sort(key=lambda one: (-one.rarity * one.likeness, one.left))
    return Alignment(
        meetings=tuple(meetings),
        agreed=sum(one.rarity * one.likeness for one in meetings),
        spelled=sum(one.rarity * (1.0 - one.likeness) for one in meetings),
        left_over=rest_left,
        right_over=rest_right,
        telling=sum(one.way is not Way.INITIAL and one.rarity > 0.2 for one in meetings),  # noqa: PLR2004 - above a legal form
        exact=[one.plain for one in left.parts] == [other.plain for other in right.parts],
    )


def _join(
    left: Name,
    right: Name,
    left_rarity: tuple[float, ...],
    right_rarity: tuple[float, ...],
    free_left: set[int],
    free_right: set[int],
    meetings: list[Meeting],
    *,
    turned: bool = False,
) -> None:
    """Let two neighbouring parts of one name, written together, meet one part of the other."""
    for i in sorted(free_left):
        if i + 1 not in free_left or i not in free_left:
            continue
        sound = left.parts[i].sound + left.parts[i + 1].sound
        for j in sorted(free_right):
            other = right.parts[j].sound
            alike = 1.0 - _LENGTH_SHARE * edit_cost(sound, other) / max(len(sound), len(other))
            if alike >= 0.8:  # noqa: PLR2004 - nearer than single parts must be: joining gives more ways to meet
                free_left -= {i, i + 1}
                free_right.discard(j)
                names = (f"{left.parts[i].text} {left.parts[i + 1].text}", right.parts[j].text)
                rarity = min(1.5, (left_rarity[i] + left_rarity[i + 1] + right_rarity[j]) / 2)
                one, two = reversed(names) if turned else names
                meetings.append(Meeting(one, two, alike - 0.02, rarity, Way.JOINED))
                break


def _whole(
    left: Name, right: Name, left_rarity: tuple[float, ...], right_rarity: tuple[float, ...]
) -> Alignment | None:
    """Return the names as one word each, where only blanks and a slip or two keep them apart."""
    longest = max(len(left.joined), len(right.joined))
    if longest < 6 or abs(len(left.joined) - len(right.joined)) > 2:  # noqa: PLR2004
        return None
    cost = edit_cost(left.joined, right.joined)
    alike = 1.0 - _LENGTH_SHARE * cost / longest
    if alike < 0.9 or (len(left.parts) == len(right.parts) and cost > _SPELLING_COST):  # noqa: PLR2004 - as in `_join`, and the whole name is at stake
        return None
    rarity = (sum(left_rarity) + sum(right_rarity)) / 2
    met = Meeting(left.joined, right.joined, alike - 0.02, rarity, Way.JOINED)
    return _summed(left, right, [met], 0.0, 0.0)
