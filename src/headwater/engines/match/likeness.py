"""How alike two parts of names are: the same letters, the same sound, the same consonants, a slip of the pen."""

from enum import StrEnum
from functools import lru_cache
from typing import Final

from headwater.engines.match.chinese_names import is_reading
from headwater.engines.match.given import FAMILIES, groups_of, verdict
from headwater.engines.match.korean_names import FIRST_GIVEN, number
from headwater.engines.match.names import Kind, Part
from headwater.engines.match.sound import (
    VOWELS,
    omissions,
    substitution,
    substitutions,
    unvowelled_cost,
    without_article,
)

LENGTH_SHARE: Final = 1.25
"""How much of a word one whole edit takes: in a word of five sounds a quarter."""
WRITTEN_SHARE: Final = 1.15
"""The same for a word of Arabic script, whose letters are fewer."""
FIRST_SOUND: Final = 1.4
"""People mistake the first letter of a name less often than the others."""
SPELLING_COST: Final = 0.16
"""Edits up to this are two spellings of one sound, not a slip."""
LENGTH_PARTS: Final = 3
"""Two words that differ in length by more than this part of the longer are not one word with slips."""
FAR: Final = 1e9
"""The cost of turning a word into one that has nothing to do with it."""
ARTICLE: Final = 0.1
"""What an article costs that a Latin spelling runs together with a name; of Arabic script it is taken off."""
SWAP: Final = 0.5
"""Two neighbours that changed places: one slip, and a common one."""
ANOTHER_FAMILY: Final = 1.0
"""What -ić at the end of a family name adds: Petrov and Petrović are two families."""
SOFT: Final = 0.3
"""Edits up to this are no other family, be both names known: Nikolaev and Nikolayev, one softened consonant apart."""
SAME_FAMILY: Final = 0.3
"""What the ending that women bear costs: Petrov and Petrova are one family."""
FAMILY_ENDINGS: Final = (
    ("ov", "ova"),
    ("ev", "eva"),
    ("in", "ina"),
    ("ski", "ska"),
    ("ski", "skaia"),
    ("ki", "ka"),
    *((end, end + case) for end in ("ov", "ev", "in") for case in ("s", "as")),
)
"""Endings of one family: his and hers, and what Latvian and Lithuanian put behind his (Petrovs, Petrovas)."""
LEAST_ROOT: Final = 5
SAME_ROOT: Final = 3
SAME_SOUND: Final = 0.98
SAME_BONES: Final = 0.86
ENOUGH_BONES: Final = 3
"""Two consonants say little."""
LEAST_FAR: Final = 2
SAME_GIVEN: Final = 0.95
SAME_KOREAN: Final = 0.9
"""Less for a Korean given name, for one romanisation stands for several syllables: Chong is 정, 종 and 청."""
_DOUBLED_FIRST: Final = frozenset("aeioulr")
"""Letters that names begin with twice: Aaron, Lleshi, Rrahim."""
LEAST_READ: Final = 5
"""Sounds of the shortest reading of Chinese characters that may be misspelled: shorter ones are another name at once."""
KOREAN_GIVEN: Final = range(FIRST_GIVEN, FAMILIES)
"""Numbers of Korean given names."""
OTHER_GIVEN: Final = 0.4
INITIAL: Final = 0.9
MEETING: Final = 0.55
"""Likeness below which two parts do not meet at all."""


class Way(StrEnum):
    """How two parts meet."""

    SAME = "same"
    SPELLING = "spelling"
    BONES = "consonants"
    EDIT = "edit"
    INITIAL = "initial"
    JOINED = "joined"


# A member of an enumeration is read much quicker by a name of its own than through its class.
_SAME: Final = Way.SAME
_SPELLING: Final = Way.SPELLING
_BY_BONES: Final = Way.BONES
_BY_EDIT: Final = Way.EDIT
_BY_INITIAL: Final = Way.INITIAL
_INITIAL: Final = Kind.INITIAL
_KOREAN: Final = Kind.KOREAN
_CHINESE: Final = Kind.CHINESE


def edit_cost(left: str, right: str) -> float:
    """Return the cost of turning one word's sounds into another's: whole edits for strangers, less for near sounds.

    Optimal string alignment (Damerau's edits, each place edited once), every edit at the cost of its sounds. `kernel`
    does the same on arrays of numbers.
    """
    if abs(len(left) - len(right)) > max(1, max(len(left), len(right)) // LENGTH_PARTS):
        return FAR
    if left == right:
        return 0.0
    gone, come = omissions(left), omissions(right)
    above = [0.0]
    for at, cost in enumerate(come):
        above.append(above[-1] + (_first(cost) if at == 0 else cost))
    before: list[float] = []
    last = ""
    for i, one in enumerate(left):
        costs, out = substitutions(one), gone[i]
        diagonal = above[0]
        best = diagonal + (_first(out) if i == 0 else out)
        row = [best]
        for j, other in enumerate(right):
            step = costs.get(other, 1.0)
            changed = diagonal + (step if i or j else _first(step))
            diagonal = above[j + 1]
            left_out = diagonal + out
            best += come[j]
            if changed < best:  # noqa: PLR1730 - a hundred million times for a million records; `min` takes twice as long
                best = changed
            if left_out < best:  # noqa: PLR1730 - same
                best = left_out
            if other == last and one != other and j and one == right[j - 1]:
                best = min(best, before[j - 1] + SWAP)
            row.append(best)
        before, above, last = above, row, one
    return above[-1] + (ANOTHER_FAMILY if _patronymic(left, right) or _patronymic(right, left) else 0.0)


def _first(cost: float) -> float:
    return cost * FIRST_SOUND if cost > SPELLING_COST else cost


def _patronymic(short: str, long: str) -> bool:
    """Return whether the longer word is the shorter with -ić or -ović: another family's name, not a slip."""
    return long.endswith(("iC", "ic")) and long[:-2] in {short, short + "ov", short + "ev"}


@lru_cache(maxsize=1 << 17)
def likeness(left: Part, right: Part) -> tuple[float, Way]:
    """Return how alike two parts are, 0 to 1, and in which way."""
    if left.plain == right.plain:
        return 1.0, _SAME
    if left.kind is _INITIAL or right.kind is _INITIAL:
        return _initial(left, right)
    if not (left.sound.isalpha() and right.sound.isalpha()):
        return 0.0, _BY_EDIT  # figures and legal forms are the same or not
    if left.kind is _CHINESE and right.kind is _CHINESE:
        return OTHER_GIVEN, _BY_EDIT  # other characters
    if left.sound == right.sound:
        return SAME_SOUND, _SPELLING
    unvowelled = left.arabic or right.arabic
    alike, way = _unvowelled(left, right) if unvowelled else _spoken(left, right)
    known = known_names(left, right)
    if known is True:
        return max(alike, SAME_KOREAN if known_as(left)[0] in KOREAN_GIVEN else SAME_GIVEN), _SPELLING
    if known is False and way is not _SPELLING and not _soft(left, right, alike):
        return min(alike, OTHER_GIVEN), _BY_EDIT
    return alike, way


def known_names(left: Part, right: Part) -> bool | None:
    """Return whether two parts are known to be one name, or two; None where that is not known."""
    if left.kind is _CHINESE or right.kind is _CHINESE:
        if left.kind is right.kind:
            return left.plain == right.plain
        read, other = (left, right) if left.kind is _CHINESE else (right, left)
        slips = len(read.sound) >= LEAST_READ and other.kind is not _KOREAN and not is_reading(other.plain)
        return None if slips else left.sound == right.sound
    return verdict(known_as(left), known_as(right))


def known_as(part: Part) -> tuple[int, ...]:
    """Return the numbers of the known names that a part can be."""
    if part.kind is _KOREAN:
        return (number(part.text),)
    if part.plain[:1] == part.plain[1:2] and not part.arabic and part.plain[:1] not in _DOUBLED_FIRST:
        return ()  # no name begins so: Ssad is a slip of the keys, and not Sad
    return groups_of(part.sound, arabic=part.arabic)


def _soft(left: Part, right: Part, alike: float) -> bool:
    """Return whether two families' names are apart by no more than a softened consonant."""
    families = all((known_as(one) or (0,))[0] >= FAMILIES for one in (left, right))
    return families and (1.0 - alike) * max(len(left.sound), len(right.sound)) <= SOFT * LENGTH_SHARE


def _initial(left: Part, right: Part) -> tuple[float, Way]:
    same = left.plain[:1] == right.plain[:1] or substitution(left.sound[:1], right.sound[:1]) <= SPELLING_COST
    return (INITIAL if same else 0.0), _BY_INITIAL


def _spoken(left: Part, right: Part) -> tuple[float, Way]:
    """Return how alike two parts are that are written with all their vowels."""
    cost = edit_cost(left.sound, right.sound)
    if cost > SAME_FAMILY and _family_form(left.sound, right.sound):
        cost = SAME_FAMILY
    alike = max(0.0, 1.0 - LENGTH_SHARE * cost / max(len(left.sound), len(right.sound)))
    if cost <= SPELLING_COST:
        return alike, _SPELLING
    if left.bones == right.bones and len(left.bones) >= ENOUGH_BONES and alike >= MEETING and _begin_alike(left, right):
        return max(alike, SAME_BONES), _BY_BONES
    return alike, _BY_EDIT


def _begin_alike(left: Part, right: Part) -> bool:
    """Return whether two words with the same consonants begin alike: Eastern is not Western, whose w is none of them."""
    one, other = (without_article(part.sound)[0] for part in (left, right))
    return (one in VOWELS and other in VOWELS) or substitution(one, other) <= SPELLING_COST


def _unvowelled(left: Part, right: Part) -> tuple[float, Way]:
    """Return how alike two parts are of which at least one is written without short vowels."""
    if left.arabic and right.arabic:
        cost = edit_cost(left.sound, right.sound)
        return max(0.0, 1.0 - LENGTH_SHARE * cost / max(len(left.sound), len(right.sound))), _BY_EDIT
    written, latin = (left, right) if left.arabic else (right, left)
    most = max(LEAST_FAR, max(len(written.bones), len(latin.bones)) // 2)
    if _edits(written.bones, latin.bones) > most:
        return 0.0, _BY_BONES  # far apart in what is written: not worth reading
    cost = unvowelled_cost(written.sound, latin.sound)
    bare = without_article(latin.sound)
    if bare != latin.sound:
        cost = min(cost, ARTICLE + unvowelled_cost(written.sound, bare))
    return max(0.0, 1.0 - WRITTEN_SHARE * cost / max(len(written.sound), len(latin.bones) + 1)), _BY_BONES


def _edits(left: str, right: str) -> int:
    """Return how many letters of a few must be put in, taken out or changed (Levenshtein 1966).

    A library would take longer to load than these words to lay side by side.
    """
    above = list(range(len(right) + 1))
    for i, one in enumerate(left, 1):
        row = [i]
        for j, other in enumerate(right):
            row.append(min(above[j] + (one != other), above[j + 1] + 1, row[j] + 1))
        above = row
    return above[-1]


def _family_form(left: str, right: str) -> bool:
    """Return whether two words are the forms of one family name that men and women bear."""
    if min(len(left), len(right)) < LEAST_ROOT or left[:SAME_ROOT] != right[:SAME_ROOT]:
        return False
    return any(
        one.endswith(his) and other == one.removesuffix(his) + hers
        for his, hers in FAMILY_ENDINGS
        for one, other in ((left, right), (right, left))
    )
