"""The name score on arrays of numbers, compiled: which listed names a batch of queries could mean, and how much they agree.

It says again, for machines, what `align`, `likeness` and `features` say for people, and a test holds the two to the
same log-odds. Nothing here reaches an answer of screening: names that score high enough are compared once more by the
readable code, which gives the score and the reasons; linking takes from here which of many parts are near (`link.near`).
numba compiles this file once a machine and keeps the result; without numba, and for a few names, the readable code works
alone.

Sounds are code points; `Tables` holds the costs of `sound` by code point below 128.
"""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from headwater.engines.match import align as _align
from headwater.engines.match import likeness as _like
from headwater.engines.match.compiled import bare as _njit
from headwater.engines.match.compiled import njit as _making
from headwater.engines.match.compiled import within as _within
from headwater.engines.match.features import ENOUGH, MOST_SLIPS, ONE_SLIP, SPELLED_ALIKE
from headwater.engines.match.given import FAMILIES
from headwater.engines.match.kernel_beside import Beside
from headwater.engines.match.kernel_beside import total as _whole
from headwater.engines.match.korean_names import FIRST_GIVEN
from headwater.engines.match.sound import LEAST_AFTER_ARTICLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

CODES: Final = 128
MOST_PARTS: Final = 24
"""Parts of a name that the kernel compares; a longer name goes to the readable code at once."""
_MOST_SOUNDS: Final = 420
MEMO: Final = 1 << 15
"""Pairs of parts whose likeness is remembered while a batch lasts, each at one place alone."""
_FARTHEST: Final = (1.0 - _like.MEETING) / _like.LENGTH_SHARE + 0.01
"""Cost, for each sound of the longer word, from where two words do not meet."""
UNKNOWN: Final = 99.0
"""Log-odds that stand for: look closer."""
_UNDER: Final = 1.0 - 1e-9
"""What a bar is lowered by that is tested in fewer steps than the share itself, whose last figure may differ."""
_JUST: Final = 1e-6
"""What the readable code's sums may differ by, so that nothing it would take is held not to be worth reading."""
_BARELY: Final = 0.01
"""Cost that is let go over what is asked for, far more than sums in another order may differ by."""
_SPREAD: Final = 40503
"""Spreads pairs of parts over the places where they are remembered (Knuth, The Art of Computer Programming, 6.4)."""
_MOST_PAIRS: Final = 61
"""Pairs of parts that fit into the bits of what is worth reading; of longer names everything is."""
_JOINS: Final = _align.JOINS
_BLANKS: Final = _align.BLANKS
_EVERYTHING: Final = _align.EVERYTHING
_SAME, _SPELLING, _BONES, _EDIT, _INITIAL = 0, 1, 2, 3, 4
_KIND_WORD, _KIND_GIVEN, _KIND_INITIAL, _KIND_FORM, _KIND_KOREAN, _KIND_CHINESE = 0, 1, 2, 4, 6, 7

# The constants of the readable code; numba takes module constants as they are when it compiles.
FAR: Final = _like.FAR
_LENGTH_PARTS: Final = _like.LENGTH_PARTS
_LENGTH_SHARE: Final = _like.LENGTH_SHARE
_WRITTEN_SHARE: Final = _like.WRITTEN_SHARE
_FIRST_SOUND: Final = _like.FIRST_SOUND
_SPELLING_COST: Final = _like.SPELLING_COST
_SWAP: Final = _like.SWAP
_ANOTHER_FAMILY: Final = _like.ANOTHER_FAMILY
_SAME_FAMILY: Final = _like.SAME_FAMILY
_SOFT: Final = _like.SOFT
_ARTICLE: Final = _like.ARTICLE
_LEAST_AFTER_ARTICLE: Final = LEAST_AFTER_ARTICLE
_FAMILIES: Final = FAMILIES
_LEAST_ROOT: Final = _like.LEAST_ROOT
_SAME_ROOT: Final = _like.SAME_ROOT
_SAME_SOUND: Final = _like.SAME_SOUND
_SAME_BONES: Final = _like.SAME_BONES
_ENOUGH_BONES: Final = _like.ENOUGH_BONES
_LEAST_FAR: Final = _like.LEAST_FAR
_SAME_GIVEN: Final = _like.SAME_GIVEN
_FIRST_KOREAN: Final = FIRST_GIVEN
_SAME_KOREAN: Final = _like.SAME_KOREAN
_OTHER_GIVEN: Final = _like.OTHER_GIVEN
_LEAST_READ: Final = _like.LEAST_READ
_INITIAL_LIKE: Final = _like.INITIAL
_MEETING: Final = _like.MEETING
_DOUBTFUL: Final = _align.DOUBTFUL
_JOINED: Final = _align.JOINED
_WHOLE: Final = _align.WHOLE
_BLANK: Final = _align.BLANK
_MOVED_SLIP: Final = _align.MOVED_SLIP
_LEAST_WHOLE: Final = _align.LEAST_WHOLE
_MOST_LENGTHS: Final = _align.MOST_LENGTHS
_MOST_RARITY: Final = _align.MOST_RARITY
_TELLING: Final = _align.TELLING
_ENOUGH: Final = ENOUGH
_SPELLED_ALIKE: Final = SPELLED_ALIKE
_MOST_SLIPS: Final = MOST_SLIPS
_ONE_SLIP: Final = ONE_SLIP


# Compiled functions take few arrays: each one that is handed on is counted up and down, which costs more than the work.

SOUND, SOUND_END, BONES, BONES_END, PLAIN, FIRST, KIND, ARABIC, ALPHA, READING, GROUP = range(11)
"""Columns of `Words.facts`; known given names begin at the last."""
READ, LOOSE, SPOKEN, UNREAD, VOWEL = CODES, 2 * CODES, 2 * CODES + 1, 2 * CODES + 2, 2 * CODES + 3
"""Columns of `Tables.costs`; substitution stands before them."""
_COME, _MET, _WORTH, _COUNTS, _LENGTH = 3, 4, 5, 6, 7
"""Rows of `Scratch.rows` behind the three of the edit costs."""


class Words(NamedTuple):
    """Parts of names: their letters in one run, what is known of each, what each sound costs without a counterpart.

    Shape: (letters,), (parts, GROUP + groups), (letters,).
    """

    letters: "NDArray[np.uint32]"
    facts: "NDArray[np.int64]"
    gone: "NDArray[np.float64]"


class Names(NamedTuple):
    """Names as arrays: which parts, how much each says, whether weak. Shape: parts run on, (names,)."""

    parts: "NDArray[np.int32]"
    parts_at: "NDArray[np.int64]"
    rarity: "NDArray[np.float64]"
    weak: "NDArray[np.uint8]"


class Tables(NamedTuple):
    """What sounds cost, by code point; the endings of families, him and her; the weights of the features."""

    costs: "NDArray[np.float64]"
    endings: "NDArray[np.uint32]"
    weights: "NDArray[np.float64]"


class Scratch(NamedTuple):
    """Room to work in, made once; in the last two stands what is remembered of the likeness of parts, for one call."""

    rows: "NDArray[np.float64]"
    like: "NDArray[np.float64]"
    way: "NDArray[np.int64]"
    free: "NDArray[np.uint8]"
    word: "NDArray[np.uint32]"
    gone: "NDArray[np.float64]"
    known: "NDArray[np.int64]"
    known_like: "NDArray[np.float64]"


def scratch() -> Scratch:
    """Return room to work in."""
    return Scratch(
        np.zeros((8, _MOST_SOUNDS + 2)),
        np.zeros((MOST_PARTS, MOST_PARTS)),
        np.zeros((MOST_PARTS, MOST_PARTS), np.int64),
        np.zeros((2, MOST_PARTS), np.uint8),
        np.zeros((2, _MOST_SOUNDS + 2), np.uint32),
        np.zeros((2, _MOST_SOUNDS + 2)),
        np.full(MEMO, -1, np.int64),
        np.zeros(MEMO),
    )


@_within
def _sub(costs: Any, a: int, b: int) -> float:
    if a == b:
        return 0.0
    if a < CODES and b < CODES:
        return float(costs[a, b])
    return 1.0


@_njit
def _omit(costs: Any, word: Any, x: int, n: int, at: int) -> float:
    """Return one of `sound.omissions`."""
    letter = word[x + at]
    if letter >= CODES:
        return 1.0
    last = n - 1
    if (
        (letter == 105 or letter == 106)
        and 0 < at < last
        and word[x + at + 1] < CODES
        and costs[word[x + at + 1], VOWEL]
    ):
        return 0.25
    if at == last and (letter == 97 or letter == 101 or letter == 111):
        return 0.9
    return float(costs[letter, LOOSE])


@_njit
def _omissions_of(costs: Any, word: Any, x: int, n: int, out: Any) -> None:
    """Put what each sound of a word costs without a counterpart where the sound stands."""
    for at in range(n):
        out[x + at] = _omit(costs, word, x, n, at)


@_making
def omissions(costs: Any, letters: Any, facts: Any) -> Any:
    """Return what each sound of some parts costs without a counterpart. Shape: (letters,)."""
    out = np.ones(len(letters))
    for part in range(len(facts)):
        x = facts[part, SOUND]
        _omissions_of(costs, letters, x, facts[part, SOUND_END] - x, out)
    return out


@_within
def _first(cost: float) -> float:
    return cost * _FIRST_SOUND if cost > _SPELLING_COST else cost


@_within
def _patronymic(a: Any, i: int, n: int, b: Any, j: int, m: int) -> bool:
    """Return `likeness._patronymic`: b is a with -iC or -ic, or with ov or ev before it."""
    if m < 2 or b[j + m - 2] != 105 or not (b[j + m - 1] == 67 or b[j + m - 1] == 99):
        return False
    root = m - 2
    if root != n and not (root == n + 2 and b[j + n + 1] == 118 and (b[j + n] == 111 or b[j + n] == 101)):
        return False
    return _same_word(a, i, n, b, j, n)


@_within
def _edit(
    costs: Any, rows: Any, a: Any, gone: Any, x: int, n: int, b: Any, come: Any, y: int, m: int, most: float
) -> float:
    """Return `likeness.edit_cost`, or FAR where it is over what is asked for.

    Words are given as the run they stand in, what each sound of the run costs without a counterpart, where they begin and
    how long they are.
    """
    if abs(n - m) > max(1, max(n, m) // _LENGTH_PARTS):
        return FAR
    a_, gone_, b_, come_ = a[x : x + n], gone[x : x + n], b[y : y + m], come[y : y + m]
    old, above, row = rows[0], rows[1], rows[2]
    value = 0.0
    above[0] = 0.0
    for j in range(m):
        value += _first(come_[j]) if j == 0 else come_[j]
        above[j + 1] = value
    least, last = 0.0, np.uint32(0)
    for i in range(n):
        one, out = a_[i], gone_[i]
        diagonal = above[0]
        value = diagonal + (_first(out) if i == 0 else out)
        row[0] = lowest = value
        before = np.uint32(0)
        for j in range(m):
            other = b_[j]
            step = _sub(costs, one, other)
            if i == 0 and j == 0:
                step = _first(step)
            up = above[j + 1]
            value = min(diagonal + step, up + out, value + come_[j])
            if i and j and one != other and one == before and other == last:
                value = min(value, old[j - 1] + _SWAP)
            row[j + 1] = value
            lowest = min(lowest, value)
            diagonal, before = up, other
        if lowest > most and least > most:
            return FAR
        least, last = lowest, one
        old, above, row = above, row, old
    cost = above[m]
    if _patronymic(a, x, n, b, y, m) or _patronymic(b, y, m, a, x, n):
        cost += _ANOTHER_FAMILY
    return float(cost)


@_njit
def _unvowelled_cost(costs: Any, rows: Any, a: Any, x: int, n: int, b: Any, y: int, m: int) -> float:
    """Return `sound.unvowelled_cost`; a is the written word, b the Latin one."""
    above, row = 0, 1
    rows[above, 0] = 0.0
    for j in range(m):
        said, letter = 1.0, b[y + j]
        if letter < CODES:
            said = costs[letter, SPOKEN]
            if j and costs[letter, VOWEL] and b[y + j - 1] < CODES and costs[b[y + j - 1], VOWEL]:
                said = 0.06
        rows[_COME, j] = said
        rows[above, j + 1] = rows[above, j] + said
    for i in range(n):
        one = a[x + i]
        unread = costs[one, UNREAD] if one < CODES else 1.0
        rows[row, 0] = rows[above, 0] + unread
        for j in range(m):
            if one < CODES and b[y + j] < CODES:
                near = costs[one, READ + b[y + j]]
            else:
                near = 0.0 if one == b[y + j] else 1.0
            rows[row, j + 1] = min(rows[above, j] + near, rows[above, j + 1] + unread, rows[row, j] + rows[_COME, j])
        above, row = row, above
    return float(rows[above, m])


@_within
def _article(costs: Any, word: Any, x: int, n: int) -> int:
    """Return how many letters `sound.without_article` takes off: 2 or 0."""
    if n < 2 + _LEAST_AFTER_ARTICLE or not (word[x] == 97 or word[x] == 101) or word[x + 1] != 108:
        return 0
    return 0 if word[x + 2] < CODES and costs[word[x + 2], VOWEL] else 2


@_njit
def _read_cost(costs: Any, rows: Any, a: Any, x: int, n: int, b: Any, y: int, m: int) -> float:
    """Return the cost of reading a written word as a Latin one, with its article or without it."""
    cost = _unvowelled_cost(costs, rows, a, x, n, b, y, m)
    off = _article(costs, b, y, m)
    return min(cost, _ARTICLE + _unvowelled_cost(costs, rows, a, x, n, b, y + off, m - off)) if off else cost


@_njit
def _levenshtein(rows: Any, a: Any, x: int, n: int, b: Any, y: int, m: int) -> int:
    above, row = 0, 1
    for j in range(m + 1):
        rows[above, j] = j
    for i in range(n):
        rows[row, 0] = i + 1
        for j in range(m):
            step = 0 if a[x + i] == b[y + j] else 1
            rows[row, j + 1] = min(rows[above, j] + step, rows[above, j + 1] + 1, rows[row, j] + 1)
        above, row = row, above
    return int(rows[above, m])


@_within
def _same_word(a: Any, x: int, n: int, b: Any, y: int, m: int) -> bool:
    if n != m:
        return False
    for k in range(n):
        if a[x + k] != b[y + k]:
            return False
    return True


@_njit
def _ends(word: Any, x: int, n: int, endings: Any, at: int, side: int) -> int:
    """Return the length of an ending, zero-padded, where the word has it, else 0."""
    size = 0
    while size < endings.shape[2] and endings[at, side, size]:
        size += 1
    if n < size:
        return 0
    for k in range(size):
        if word[x + n - size + k] != endings[at, side, k]:
            return 0
    return size


@_njit
def _family_form(endings: Any, a: Any, x: int, n: int, b: Any, y: int, m: int) -> bool:
    """Return `likeness._family_form`."""
    if min(n, m) < _LEAST_ROOT or not _same_word(a, x, _SAME_ROOT, b, y, _SAME_ROOT):
        return False
    for k in range(len(endings)):
        one, other = _ends(a, x, n, endings, k, 0), _ends(b, y, m, endings, k, 1)
        if one and other and _same_word(a, x, n - one, b, y, m - other):
            return True
        one, other = _ends(b, y, m, endings, k, 0), _ends(a, x, n, endings, k, 1)
        if one and other and _same_word(b, y, m - one, a, x, n - other):
            return True
    return False


@_within
def _verdict(left: Words, i: int, right: Words, j: int) -> int:
    """Return `likeness.known_names`: 1 one name, 0 two names, -1 not known."""
    one, other = left.facts, right.facts
    if one[i, KIND] == _KIND_CHINESE or other[j, KIND] == _KIND_CHINESE:
        if one[i, KIND] == other[j, KIND]:
            return 1 if one[i, PLAIN] == other[j, PLAIN] else 0
        x, y = one[i, SOUND], other[j, SOUND]
        n, m = one[i, SOUND_END] - x, other[j, SOUND_END] - y
        read, kind, legal = (
            (n, other[j, KIND], other[j, READING])
            if one[i, KIND] == _KIND_CHINESE
            else (m, one[i, KIND], one[i, READING])
        )
        if read >= _LEAST_READ and kind != _KIND_KOREAN and not legal:
            return -1
        return 1 if _same_word(left.letters, x, n, right.letters, y, m) else 0
    if left.facts[i, GROUP] < 0 or right.facts[j, GROUP] < 0:
        return -1
    for x in range(GROUP, left.facts.shape[1]):
        for y in range(GROUP, right.facts.shape[1]):
            if left.facts[i, x] >= 0 and left.facts[i, x] == right.facts[j, y]:
                return 1
    return 0


@_within
def _begin_alike(costs: Any, one: int, other: int) -> bool:
    """Return `likeness._begin_alike`."""
    if one < CODES and other < CODES and costs[one, VOWEL] and costs[other, VOWEL]:
        return True
    return bool(_sub(costs, one, other) <= _SPELLING_COST)


@_within
def _alike(t: Tables, s: Scratch, left: Words, i: int, right: Words, j: int) -> tuple[float, int]:
    """Return `likeness.likeness`."""
    one, other = left.facts, right.facts
    if one[i, PLAIN] == other[j, PLAIN]:
        return 1.0, _SAME
    a, x, n = left.letters, one[i, SOUND], one[i, SOUND_END] - one[i, SOUND]
    b, y, m = right.letters, other[j, SOUND], other[j, SOUND_END] - other[j, SOUND]
    if one[i, KIND] == _KIND_INITIAL or other[j, KIND] == _KIND_INITIAL:
        same = one[i, FIRST] == other[j, FIRST] or (n == 0 and m == 0)
        if not same and n and m:
            same = _sub(t.costs, a[x], b[y]) <= _SPELLING_COST
        return (_INITIAL_LIKE if same else 0.0), _INITIAL
    if not (one[i, ALPHA] and other[j, ALPHA]):
        return 0.0, _EDIT
    if one[i, KIND] == _KIND_CHINESE and other[j, KIND] == _KIND_CHINESE:
        return _OTHER_GIVEN, _EDIT
    if _same_word(a, x, n, b, y, m):
        return _SAME_SOUND, _SPELLING
    u, k = one[i, BONES], one[i, BONES_END] - one[i, BONES]
    v, o = other[j, BONES], other[j, BONES_END] - other[j, BONES]
    unvowelled = one[i, ARABIC] or other[j, ARABIC]
    alike, way, longest = 0.0, _EDIT, max(n, m)
    if one[i, ARABIC] == other[j, ARABIC]:
        cost = _edit(t.costs, s.rows, a, left.gone, x, n, b, right.gone, y, m, _FARTHEST * longest)
        if cost > _SAME_FAMILY and not unvowelled and _family_form(t.endings, a, x, n, b, y, m):
            cost = _SAME_FAMILY
        alike = max(0.0, 1.0 - _LENGTH_SHARE * cost / longest)
        if unvowelled:
            pass
        elif cost <= _SPELLING_COST:
            way = _SPELLING
        elif (
            k >= _ENOUGH_BONES
            and alike >= _MEETING
            and _same_word(a, u, k, b, v, o)
            and _begin_alike(t.costs, int(a[x + _article(t.costs, a, x, n)]), int(b[y + _article(t.costs, b, y, m)]))
        ):
            alike, way = max(alike, _SAME_BONES), _BONES
    else:
        way = _BONES
        if _levenshtein(s.rows, a, u, k, b, v, o) <= max(_LEAST_FAR, max(k, o) // 2):
            if one[i, ARABIC]:
                cost, span = _read_cost(t.costs, s.rows, a, x, n, b, y, m), max(n, o + 1)
            else:
                cost, span = _read_cost(t.costs, s.rows, b, y, m, a, x, n), max(m, k + 1)
            alike = max(0.0, 1.0 - _WRITTEN_SHARE * cost / span)
    known = _verdict(left, i, right, j)
    if known == 1:
        korean = _FIRST_KOREAN <= one[i, GROUP] < _FAMILIES
        return max(alike, _SAME_KOREAN if korean else _SAME_GIVEN), _SPELLING
    soft = left.facts[i, GROUP] >= _FAMILIES and right.facts[j, GROUP] >= _FAMILIES
    soft = soft and (1.0 - alike) * longest <= _SOFT * _LENGTH_SHARE
    if known == 0 and way != _SPELLING and not soft:
        return min(alike, _OTHER_GIVEN), _EDIT
    return alike, way


@_njit
def _run_together(
    costs: Any,
    rows: Any,
    a: Any,
    gone: Any,
    n: int,
    k: int,
    written: int,
    b: Any,
    come: Any,
    y: int,
    m: int,
    o: int,
    other: int,
    least: float,
) -> float:
    """Return `align._run_together` of a word of the scratch and another, where that is not under a least likeness.

    Given of each are its letters, what each of them costs without a counterpart, its length, that of its bones, and whether
    it is in Arabic script; of the other, where it stands.
    """  # fmt: skip
    if written == other:
        if abs(n - m) > _MOST_LENGTHS:
            return 0.0
        longest = max(n, m)
        most = (1.0 - least) / _LENGTH_SHARE * longest + _BARELY
        _omissions_of(costs, a, 0, n, gone)
        return 1.0 - _LENGTH_SHARE * _edit(costs, rows, a, gone, 0, n, b, come, y, m, most) / longest
    if abs(k - o) > _MOST_LENGTHS:
        return 0.0
    if written:
        return 1.0 - _WRITTEN_SHARE * _unvowelled_cost(costs, rows, a, 0, n, b, y, m) / max(n, o + 1)
    return 1.0 - _WRITTEN_SHARE * _unvowelled_cost(costs, rows, b, y, m, a, 0, n) / max(m, k + 1)


@_njit
def _put(out: Any, at: int, words: Words, part: int) -> int:
    """Append a part's sounds to a word, and return its new length."""
    for k in range(words.facts[part, SOUND], words.facts[part, SOUND_END]):
        if at < _MOST_SOUNDS:
            out[at] = words.letters[k]
            at += 1
    return at


@_within
def _sounds(words: Words, part: int) -> int:
    """Return how many sounds a part has."""
    return int(words.facts[part, SOUND_END] - words.facts[part, SOUND])


@_within
def _bones(words: Words, part: int) -> int:
    """Return how many consonants a part has."""
    return int(words.facts[part, BONES_END] - words.facts[part, BONES])


@_njit
def _two_known(left: Words, mine: Names, x: int, right: Words, theirs: Names, y: int, n: int) -> bool:
    """Return `align._two_known`."""
    for i in range(n):
        if _verdict(left, mine.parts[x + i], right, theirs.parts[y + i]) == 0:
            return True
    return False


@_njit
def _joined_into(
    t: Tables,
    s: Scratch,
    cut: Words,
    cuts: Names,
    c: int,
    n: int,
    mine: int,
    whole: Words,
    wholes: Names,
    w: int,
    m: int,
    met: int,
) -> tuple[int, bool]:
    """Do `align._joined`; what meets goes into the scratch. Returns how many have met, and whether any may be read so."""
    worth = False
    for i in range(n - 1):
        if not (s.free[mine, i] and s.free[mine, i + 1]):
            continue
        size = _put(s.word[0], 0, cut, cuts.parts[c + i])
        size = _put(s.word[0], size, cut, cuts.parts[c + i + 1])
        bones = _bones(cut, cuts.parts[c + i]) + _bones(cut, cuts.parts[c + i + 1])
        written = cut.facts[cuts.parts[c + i], ARABIC]
        for j in range(m):
            part = wholes.parts[w + j]
            y = whole.facts[part, SOUND]
            length = whole.facts[part, SOUND_END] - y
            if not s.free[1 - mine, j] or size == 0 or length == 0:
                continue
            bones_, written_ = _bones(whole, part), whole.facts[part, ARABIC]
            alike = _run_together(
                t.costs, s.rows, s.word[0], s.gone[0], size, bones, written,
                whole.letters, whole.gone, y, length, bones_, written_, _JOINED,
            )  # fmt: skip
            worth = worth or alike >= _JOINED - _JUST
            if alike >= _JOINED:
                s.free[mine, i] = s.free[mine, i + 1] = s.free[1 - mine, j] = 0
                rarity = cuts.rarity[c + i] + cuts.rarity[c + i + 1] + wholes.rarity[w + j]
                s.rows[_MET, met], s.rows[_WORTH, met] = alike - _BLANK, min(_MOST_RARITY, rarity / 2)
                s.rows[_COUNTS, met], s.rows[_LENGTH, met] = 1.0, max(size, length)
                met += 1
                break
    return met, worth


@_within
def _joined(
    t: Tables,
    s: Scratch,
    left: Words,
    mine: Names,
    x: int,
    n: int,
    right: Words,
    theirs: Names,
    y: int,
    m: int,
    met: int,
) -> tuple[int, bool]:
    """Let parts written together meet, of either name; needs two that have met nothing beside one."""
    one = other = False
    if n > met + 1:
        met, one = _joined_into(t, s, left, mine, x, n, 0, right, theirs, y, m, met)
    if m > met + 1:
        met, other = _joined_into(t, s, right, theirs, y, m, 1, left, mine, x, n, met)
    return met, one or other


@_within
def _likenesses(
    t: Tables, s: Scratch, left: Words, mine: Names, x: int, n: int, right: Words, theirs: Names, y: int, m: int
) -> None:
    """Lay every part beside every part; what was compared in this batch already is remembered."""
    for i in range(n):
        asked: Any = np.int64(mine.parts[x + i])
        for j in range(m):
            part: Any = np.int64(theirs.parts[y + j])
            pair = asked << 32 | part
            slot = (asked * _SPREAD + part) & (MEMO - 1)
            if s.known[slot] >> 3 == pair:
                s.like[i, j], s.way[i, j] = s.known_like[slot], s.known[slot] & 7
                continue
            alike, way = _alike(t, s, left, asked, right, part)
            s.like[i, j] = s.known_like[slot] = alike
            s.way[i, j] = way
            s.known[slot] = pair << 3 | way


@_within
def _paired(s: Scratch, left: Words, mine: Names, x: int, n: int, right: Words, theirs: Names, y: int, m: int) -> int:
    """Do `align._paired` on the likenesses; returns how many parts have met."""
    s.free[0, :n] = 1
    s.free[1, :m] = 1
    met = 0
    while True:
        best, near, at, to, worth = 0.0, 0, -1, -1, 0.0
        for i in range(n):
            if not s.free[0, i]:
                continue
            for j in range(m):
                if s.free[1, j] and s.like[i, j] >= _MEETING:
                    a, b = mine.rarity[x + i], theirs.rarity[y + j]
                    rarity = min(a, b) if s.way[i, j] == _INITIAL else (a + b) / 2
                    value = s.like[i, j] * (0.5 + rarity)
                    if at < 0 or value > best or (value == best and abs(i - j) < near):
                        best, near, at, to, worth = value, abs(i - j), i, j, rarity
        if at < 0:
            return met
        s.free[0, at] = s.free[1, to] = 0
        s.rows[_MET, met], s.rows[_WORTH, met] = s.like[at, to], worth
        s.rows[_COUNTS, met] = 1.0 if s.way[at, to] != _INITIAL else 0.0
        one, other = mine.parts[x + at], theirs.parts[y + to]
        s.rows[_LENGTH, met] = max(
            left.facts[one, SOUND_END] - left.facts[one, SOUND],
            right.facts[other, SOUND_END] - right.facts[other, SOUND],
        )
        met += 1


@_within
def _as_one_word(
    t: Tables, s: Scratch, left: Words, mine: Names, x: int, n: int, right: Words, theirs: Names, y: int, m: int
) -> tuple[float, int, float]:
    """Return how alike two names are as one word each, of how many sounds, and what else but the blank has moved.

    Names of more parts on one side have no place for a blank in common, and no slip. See `align._whole`.
    """
    a = b = k = o = 0
    for i in range(n):
        a, k = a + _sounds(left, mine.parts[x + i]), k + _bones(left, mine.parts[x + i])
    for j in range(m):
        b, o = b + _sounds(right, theirs.parts[y + j]), o + _bones(right, theirs.parts[y + j])
    a, b = min(a, _MOST_SOUNDS), min(b, _MOST_SOUNDS)
    longest = max(a, b)
    written, other = left.facts[mine.parts[x], ARABIC], right.facts[theirs.parts[y], ARABIC]
    if longest < _LEAST_WHOLE or (written == other and abs(a - b) > _MOST_LENGTHS):
        return 0.0, longest, FAR
    a = b = 0
    for i in range(n):
        a = _put(s.word[0], a, left, mine.parts[x + i])
    for j in range(m):
        b = _put(s.word[1], b, right, theirs.parts[y + j])
    _omissions_of(t.costs, s.word[1], 0, b, s.gone[1])
    least = _WHOLE if n != m else max(_WHOLE, 1.0 - _LENGTH_SHARE * _MOVED_SLIP / longest)
    alike = _run_together(
        t.costs, s.rows, s.word[0], s.gone[0], a, k, written, s.word[1], s.gone[1], 0, b, o, other, least
    )
    if n != m:
        return alike, longest, 0.0
    slip = (1.0 - alike) * longest / _LENGTH_SHARE
    if slip <= _MOVED_SLIP + _JUST and _two_known(left, mine, x, right, theirs, y, n):
        slip = FAR
    return alike, longest, slip


@_within
def compare_names(
    t: Tables, s: Scratch, left: Words, mine: Names, q: int, right: Words, theirs: Names, name: int, person: bool
) -> tuple[float, int]:
    """Return the log-odds of two names, as `score.compare_names` does but for the cap; UNKNOWN where one is too long.

    Beside it stands what of the two is worth reading, as `align.align` takes it.
    """
    x, y = mine.parts_at[q], theirs.parts_at[name]
    n, m = mine.parts_at[q + 1] - x, theirs.parts_at[name + 1] - y
    if n > MOST_PARTS or m > MOST_PARTS:
        return UNKNOWN, _EVERYTHING
    _likenesses(t, s, left, mine, x, n, right, theirs, y, m)
    worth = np.int64(0)
    for i in range(n):
        for j in range(m):
            if n * m <= _MOST_PAIRS and s.like[i, j] >= _MEETING - _JUST:
                worth |= np.int64(1) << np.int64(i * m + j)
    met = _paired(s, left, mine, x, n, right, theirs, y, m)
    if met < n and met < m:
        met, joined = _joined(t, s, left, mine, x, n, right, theirs, y, m, met)
        worth |= _JOINS if joined else 0
    agreed, spelled, slips, telling = 0.0, 0.0, 0.0, 0
    for k in range(met):
        agreed += s.rows[_WORTH, k] * s.rows[_MET, k]
        spelled += s.rows[_WORTH, k] * (1.0 - s.rows[_MET, k])
        slips += (1.0 - s.rows[_MET, k]) * s.rows[_LENGTH, k] / _LENGTH_SHARE
        telling += 1 if s.rows[_COUNTS, k] > 0 and s.rows[_WORTH, k] > _TELLING else 0
    over_left, over_right, mass, exact = 0.0, 0.0, 0.0, n == m
    for i in range(n):
        mass += mine.rarity[x + i]
        over_left += mine.rarity[x + i] if s.free[0, i] else 0.0
    for j in range(m):
        mass += theirs.rarity[y + j]
        over_right += theirs.rarity[y + j] if s.free[1, j] else 0.0
    for i in range(min(n, m)):
        exact = exact and left.facts[mine.parts[x + i], PLAIN] == right.facts[theirs.parts[y + i], PLAIN]
    first = mine.rarity[x] * s.free[0, 0] + theirs.rarity[y] * s.free[1, 0]
    form, initial, number = _at_odds(s, left, mine, x, n, right, theirs, y, m)
    if (over_left > 0 and over_right > 0) or (spelled > _DOUBTFUL and n > 1):
        alike, longest, slip = _as_one_word(t, s, left, mine, x, n, right, theirs, y, m)
        wrong, room = mass / 2 * (1.0 - (alike - _BLANK)), spelled + min(over_left, over_right)
        if alike >= _WHOLE - _JUST and slip <= _MOVED_SLIP + _JUST and wrong < room + _JUST:
            worth |= _BLANKS
        if alike >= _WHOLE and slip <= _MOVED_SLIP and wrong < room:
            agreed, spelled = mass / 2 * (alike - _BLANK), wrong
            over_left = over_right = 0.0
            telling = 1 if mass / 2 > _TELLING else 0
            slips = (1.0 - (alike - _BLANK)) * longest / _LENGTH_SHARE
            form = initial = number = False
            first = 0.0
    weak = theirs.weak[name] != 0
    value = _weigh(t.weights, agreed, spelled, over_left, over_right, telling, exact, person, weak)
    value += t.weights[15] * min(slips, _MOST_SLIPS)
    if slips <= _ONE_SLIP and min(over_left, over_right) == 0.0:
        value += t.weights[16]
    value += t.weights[17] if form else 0.0
    value += t.weights[18] if initial and person else 0.0
    value += t.weights[19] if number and not person else 0.0
    if person and first > 0.0 and min(over_left, over_right) == 0.0:
        value += t.weights[20] * first / (agreed + spelled + 1e-9 + over_left + over_right)
    return float(value), int(worth) if n * m <= _MOST_PAIRS else _EVERYTHING


@_within
def _any_firm(words: Words, part: int) -> bool:
    """Return whether a legal form is one of `business_words.ANY_FIRM`, told by its first letter."""
    return bool(words.facts[part, FIRST] == 99 or words.facts[part, FIRST] == 103)


@_within
def _at_odds(
    s: Scratch, left: Words, mine: Names, x: int, n: int, right: Words, theirs: Names, y: int, m: int
) -> tuple[bool, bool, bool]:
    """Return `align.Alignment`'s other_form, other_initial and other_number."""
    bits, number = 0, False
    for i in range(n):
        kind = left.facts[mine.parts[x + i], KIND]
        if s.free[0, i]:
            bits |= (1 if kind == _KIND_FORM and not _any_firm(left, mine.parts[x + i]) else 0) | (
                2 if kind == _KIND_INITIAL else 0
            )
            bits |= 4 if kind <= _KIND_INITIAL or kind >= _KIND_KOREAN else 0
            number = number or (kind != _KIND_FORM and not left.facts[mine.parts[x + i], ALPHA])
    for j in range(m):
        kind = right.facts[theirs.parts[y + j], KIND]
        if s.free[1, j]:
            bits |= (8 if kind == _KIND_FORM and not _any_firm(right, theirs.parts[y + j]) else 0) | (
                16 if kind == _KIND_INITIAL else 0
            )
            bits |= 32 if kind <= _KIND_INITIAL or kind >= _KIND_KOREAN else 0
            number = number or (kind != _KIND_FORM and not right.facts[theirs.parts[y + j], ALPHA])
    return bits & 9 == 9, bits & 34 == 34 or bits & 20 == 20, number


@_within
def _weigh(
    w: Any,
    agreed: float,
    spelled: float,
    left: float,
    right: float,
    telling: int,
    exact: bool,
    person: bool,
    weak: bool,
) -> float:
    """Return the features of `features.features`, weighed."""
    conflict = min(left, right)
    left -= conflict
    right -= conflict
    ground = agreed + spelled + conflict + 1e-9
    total = w[0] + w[1] * min(agreed, _ENOUGH) + w[2] * spelled + w[3] * spelled / ground
    total += w[4] * min(conflict, 1.5) + w[5] * conflict / ground
    total += w[6] * left / (ground + left) + w[7] * right / (ground + right)
    total += w[8] if telling == 1 else 0.0
    total += w[9] if telling == 0 else 0.0
    total += w[10] if exact else 0.0
    if spelled < _SPELLED_ALIKE and left + conflict == 0.0 and right + conflict == 0.0:
        total += w[11]
    total += w[12] if weak else 0.0
    if not person:
        total += w[13] + w[14] * conflict / ground
    return float(total)


class Pairs(NamedTuple):
    """Pairs that count, as arrays of equal length: query, name, log-odds of the name and of the whole, what is worth reading."""

    query: "NDArray[np.int32]"
    name: "NDArray[np.int32]"
    value: "NDArray[np.float64]"
    whole: "NDArray[np.float64]"
    worth: "NDArray[np.int64]"


class Wanted(NamedTuple):
    """The queries of one batch as arrays.

    Attributes:
        floor: log-odds of the name from which an entry is worth a look.
        least: log-odds of the whole from which it is.
        person, allowed: whether a person is asked about; row of the table of entity types that may be meant.
        keyed, keyed_at: names that have a skeleton key in common.
    """

    floor: "NDArray[np.float64]"
    least: "NDArray[np.float64]"
    person: "NDArray[np.uint8]"
    allowed: "NDArray[np.int64]"
    keyed: "NDArray[np.int32]"
    keyed_at: "NDArray[np.int64]"


class Near(NamedTuple):
    """For each part of the queries, the row of it, and for each row the vocabulary's words near it: by sound, by bones, with how near."""

    row: "NDArray[np.int64]"
    sound_at: "NDArray[np.int64]"
    sound: "NDArray[np.int32]"
    sound_how: "NDArray[np.float32]"
    bones_at: "NDArray[np.int64]"
    bones: "NDArray[np.int32]"
    bones_how: "NDArray[np.float32]"


class Held(NamedTuple):
    """What of the index the kernel reads."""

    sound_names: "NDArray[np.int32]"
    sound_names_at: "NDArray[np.int64]"
    bones_names: "NDArray[np.int32]"
    bones_names_at: "NDArray[np.int64]"
    weight: "NDArray[np.float32]"
    owner: "NDArray[np.int32]"
    schema: "NDArray[np.uint8]"


@_within
def _touch(
    held: Held,
    names: Any,
    low: int,
    high: int,
    worth: Any,
    tag: int,
    first: int,
    heaviest: float,
    last: Any,
    met: Any,
    touched: Any,
    n: int,
) -> int:
    """Add what a near word is worth to the names that hold it, each name once a part: the nearest word comes first.

    A part's tag is its place among all parts of the batch, so that a name last met before the query's first is new to it.
    A new name that is heavier than what is still to come could bring near enough is passed over.
    """
    for k in range(low, high):
        name = names[k]
        if last[name] == tag:
            continue
        if last[name] < first:
            if held.weight[name] > heaviest:
                continue
            met[name] = worth
            touched[n] = name
            n += 1
        else:
            met[name] += worth
        last[name] = tag
    return n


@_within
def weight_bound(rest: float, mass: float, least: float) -> float:
    """Return the weight from which a name that meets none but the rest of a query cannot have the least share, in `find`.

    Such a name has at most ``rest / min(mass, weight) * 0.4 + rest / (mass + weight) * 1.2``, which falls with its weight:
    solved for the weight on either side of the mass, with a little more for what sums may differ by.
    """
    if rest < least * mass:
        half = (1.6 * rest - least * mass) / 2.0
        return float((half + np.sqrt(half * half + 0.4 * rest * mass * least)) / least * 1.0001 + 1e-6)
    left = least - 0.4 * rest / mass
    return (1.2 * rest / left - mass) * 1.0001 + 1e-6 if left > 0.0 else np.inf


@_within
def _merge_touch(
    held: Held,
    near_: Near,
    row: int,
    rarity: float,
    tag: int,
    first: int,
    heaviest: float,
    last: Any,
    met: Any,
    touched: Any,
    n: int,
) -> int:
    """Walk the words near a part by sound and by bones, the nearest first."""
    i, j = near_.sound_at[row], near_.bones_at[row]
    sounds, bones = near_.sound_at[row + 1], near_.bones_at[row + 1]
    while i < sounds or j < bones:
        by_sound = near_.sound_how[i] if i < sounds else np.float32(-1.0)
        by_bones = near_.bones_how[j] if j < bones else np.float32(-1.0)
        if by_sound >= by_bones:
            word = near_.sound[i]
            low, high = held.sound_names_at[word], held.sound_names_at[word + 1]
            n = _touch(
                held, held.sound_names, low, high, rarity * by_sound, tag, first, heaviest, last, met, touched, n
            )
            i += 1
        else:
            word = near_.bones[j]
            low, high = held.bones_names_at[word], held.bones_names_at[word + 1]
            n = _touch(
                held, held.bones_names, low, high, rarity * by_bones, tag, first, heaviest, last, met, touched, n
            )
            j += 1
    return n


@_making
def find(
    t: Tables,
    s: Scratch,
    asked_words: Words,
    asked: Names,
    wanted: Wanted,
    near_: Near,
    listed_words: Words,
    listed: Names,
    held: Held,
    meets: Any,
    asked_beside: Beside,
    listed_beside: Beside,
    kept: int,
    least: float,
    keyed_share: float,
) -> tuple[Any, Any, Any, Any, Any]:
    """Return (query, name, log-odds, those of the whole, what is worth reading) of every pair that a query could mean.

    Such a pair of names is at or above the floor of its query, and with what stands beside the names at or above its
    least. Shape: (pairs,) each.
    """
    total = len(held.weight)
    s.known[:] = -1
    last = np.full(total, -1, np.int32)
    met, touched = np.zeros(total, np.float32), np.empty(total, np.int32)
    top, share = np.empty(kept, np.int32), np.empty(kept, np.float64)
    queries = len(asked.parts_at) - 1
    pairs, out = room_for(queries * kept), 0
    for q in range(queries):
        n, mass = _met_by(asked, q, near_, held, least, last, met, touched)
        size = _likeliest(asked, q, mass, wanted, held, meets, last, met, touched, n, top, share, least, keyed_share)
        out = lay_beside(
            t, s, asked_words, asked, q, wanted, top[:size], listed_words, listed, held, asked_beside, listed_beside,
            pairs, out,
        )  # fmt: skip
    return pairs.query[:out], pairs.name[:out], pairs.value[:out], pairs.whole[:out], pairs.worth[:out]


@_within
def _met_by(
    asked: Names, q: int, near_: Near, held: Held, least: float, last: Any, met: Any, touched: Any
) -> tuple[int, float]:
    """Add up what of a query each name meets; return how many names meet anything, and how much the query's parts say."""
    low, high = asked.parts_at[q], asked.parts_at[q + 1]
    n, mass = 0, 0.0
    for at in range(low, high):
        mass += asked.rarity[at]
    rest = mass
    for at in range(low, high):
        rarity = asked.rarity[at]
        heaviest = weight_bound(rest, mass, least)
        n = _merge_touch(held, near_, near_.row[asked.parts[at]], rarity, at, low, heaviest, last, met, touched, n)
        rest -= rarity
    return n, mass


@_within
def _likeliest(
    asked: Names,
    q: int,
    mass: float,
    wanted: Wanted,
    held: Held,
    meets: Any,
    last: Any,
    met: Any,
    touched: Any,
    n: int,
    top: Any,
    share: Any,
    least: float,
    keyed_share: float,
) -> int:
    """Put the likeliest names for a query in order, and return how many they are."""
    low, size, kept, bar = asked.parts_at[q], 0, len(top), least * _UNDER
    for k in range(n + wanted.keyed_at[q + 1] - wanted.keyed_at[q]):
        keyed = k >= n
        name = wanted.keyed[wanted.keyed_at[q] + k - n] if keyed else touched[k]
        if not keyed and met[name] < bar * min(mass, held.weight[name]):
            continue
        both = min(met[name], held.weight[name]) if last[name] >= low else np.float32(0.0)
        value = both / min(mass, held.weight[name]) * 0.4 + both / (mass + held.weight[name]) * 1.2
        if keyed:
            if value >= keyed_share:
                continue
            value = keyed_share
        if value < least or (size == kept and value <= share[size - 1]):
            continue
        if not meets[wanted.allowed[q], held.schema[held.owner[name]]]:
            continue
        size = _push(top, share, size, kept, name, value, keyed)
        if size == kept:
            bar = share[size - 1] * _UNDER
    return size


@_making
def room_for(most: int) -> Pairs:
    """Return room for so many pairs."""
    return Pairs(
        np.empty(most, np.int32), np.empty(most, np.int32),
        np.empty(most, np.float64), np.empty(most, np.float64), np.empty(most, np.int64),
    )  # fmt: skip


@_njit
def lay_beside(
    t: Tables,
    s: Scratch,
    asked_words: Words,
    asked: Names,
    q: int,
    wanted: Wanted,
    names: Any,
    listed_words: Words,
    listed: Names,
    held: Held,
    asked_beside: Beside,
    listed_beside: Beside,
    pairs: Pairs,
    out: int,
) -> int:
    """Lay a query beside some names, add the pairs that count behind the `out` that there are, and return how many there are then."""
    for name in names:
        value, worth = compare_names(t, s, asked_words, asked, q, listed_words, listed, name, wanted.person[q] != 0)
        if value < wanted.floor[q]:
            continue
        whole = _whole(value, asked_beside, q, listed_beside, held.owner[name])
        if whole >= wanted.least[q]:
            pairs.query[out], pairs.name[out], pairs.value[out] = q, name, value
            pairs.whole[out], pairs.worth[out] = whole, worth
            out += 1
    return out


@_within
def _push(top: Any, share: Any, size: int, kept: int, name: int, value: float, again: bool) -> int:
    """Keep the best of all, in order; a name that is in there already keeps the better of its two values."""
    if size == kept and value <= share[size - 1]:
        return size
    for k in range(size if again else 0):
        if top[k] == name:
            if value <= share[k]:
                return size
            for rest in range(k, size - 1):
                top[rest], share[rest] = top[rest + 1], share[rest + 1]
            size -= 1
            break
    at = size if size < kept else size - 1
    while at > 0 and (share[at - 1] < value or (share[at - 1] == value and top[at - 1] > name)):
        top[at], share[at] = top[at - 1], share[at - 1]
        at -= 1
    top[at], share[at] = name, value
    return size + 1 if size < kept else size
