"""The words of a vocabulary that are near a word, compiled: where the compiled score looks for candidates.

Likeness is one minus the insertions and deletions over both lengths (rapidfuzz `fuzz.ratio`), the common letters counted
in one machine word (Hyyrö 2004). A word whose letters differ too much is passed over unread: that many letters at least
must be put in or taken out.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import numba
import numpy as np
from numba.extending import intrinsic

from headwater.engines.match.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

CODES: Final = 128
_MOST: Final = 63
"""Letters of a word that are read: those that fit into one machine word."""
_LANES: Final = 8
"""Words whose flags are passed over at once where none is set; setting them is what the machine does to many at a time."""
_HALF: Final = 32
"""Bits for the first letters of a kind, and as many for the second."""


class Vocabulary(NamedTuple):
    """Words by length, the shortest first: their letters in one run, which letters they have, their own numbers.

    Shape: (letters,), (words + 1,), (words,), (words,); first word of each length, (65,).
    """

    codes: "NDArray[np.uint32]"
    at: "NDArray[np.int64]"
    letters: "NDArray[np.uint64]"
    number: "NDArray[np.int32]"
    length_at: "NDArray[np.int64]"


def vocabulary(codes: "NDArray[np.uint32]", at: "NDArray[np.int64]") -> Vocabulary:
    """Return the words of a run, laid out by length."""
    lengths = np.minimum(np.diff(at), _MOST)
    order = np.argsort(lengths, kind="stable")
    ends = np.zeros(len(order) + 1, np.int64)
    np.cumsum(lengths[order], out=ends[1:])
    places = np.repeat(at[:-1][order] - ends[:-1], lengths[order]) + np.arange(ends[-1])
    flat = codes[places]
    starts = np.searchsorted(lengths[order], np.arange(_MOST + 2)).astype(np.int64)
    return Vocabulary(flat, ends, _letters(flat, ends), order.astype(np.int32), starts)


def _count_bits(context: Any, word: Any) -> Any:
    """Return how many bits are set, by the machine's own instruction."""
    del context, word

    def built(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return numba.types.uint64(numba.types.uint64), built


_bits: Callable[[Any], Any] = cast("Any", intrinsic)(_count_bits)


@njit
def _letters_of(codes: Any, low: int, high: int) -> Any:
    """Return which letters a word has, by code modulo 32, and which of them twice."""
    once = np.uint64(0)
    twice = np.uint64(0)
    for place in range(low, high):
        bit = np.uint64(1) << np.uint64(codes[place] % _HALF)
        twice |= once & bit
        once |= bit
    return once | twice << np.uint64(_HALF)


@njit
def _letters(codes: Any, at: Any) -> Any:
    out = np.zeros(len(at) - 1, np.uint64)
    for k in range(len(at) - 1):
        out[k] = _letters_of(codes, at[k], at[k + 1])
    return out


@njit
def _common(state: Any, places: Any, codes: Any, low: int, high: int, full: Any) -> Any:
    """Return how many letters are common to a word, given by the places of its letters, and another, in order."""
    for j in range(low, high):
        hit = state & places[codes[j] % CODES]
        state = (state + hit) | (state - hit)
    return _bits(~state & full)


@njit
def _flag(flags: Any, letters: Any, mine: Any, room: int) -> None:
    """Flag the words whose letters differ little enough; apart, so that the compiler does it to many words at a time."""
    for v in range(len(letters)):
        flags[v] = _bits(mine ^ letters[v]) <= room


@njit
def _fewest(letters: int, cutoff: float) -> int:
    """Return how many common letters at least make two words of so many letters together alike enough."""
    least = max(1, int(cutoff * letters / 2) - 1)
    while letters and 2.0 * least / letters < cutoff:
        least += 1
    return least


@njit
def near(words: Any, words_at: Any, known: Vocabulary, cutoff: float) -> tuple[Any, Any, Any]:
    """Return, for each word, the vocabulary's words that are alike at least by a cutoff, the nearest first.

    Shape: (words + 1,), (found,), (found,).
    """
    count = len(words_at) - 1
    ends = np.zeros(count + 1, np.int64)
    found, value = np.empty(1024, np.int32), np.empty(1024, np.float32)
    flags = np.zeros(-(-len(known.letters) // _LANES) * _LANES, np.uint8)
    lanes = flags.view(np.uint64)
    some, how = np.empty(len(known.letters), np.int32), np.empty(len(known.letters), np.float32)
    places, fewest = np.zeros(CODES, np.uint64), np.zeros(_MOST + 1, np.int64)
    total = 0
    for k in range(count):
        first = words_at[k]
        n = min(words_at[k + 1] - first, _MOST)
        for i in range(n):
            places[words[first + i] % CODES] |= np.uint64(1) << np.uint64(i)
        mine = _letters_of(words, first, first + n)
        full = (np.uint64(1) << np.uint64(n)) - np.uint64(1)
        flags[:] = 0
        for m in range(_MOST + 1):
            room = int((1.0 - cutoff) * (n + m) + 1e-9)
            if abs(n - m) <= room:
                fewest[m] = _fewest(n + m, cutoff)
                low, high = known.length_at[m], known.length_at[m + 1]
                _flag(flags[low:high], known.letters[low:high], mine, room)
        kept = 0
        for lane in range(len(lanes)):
            rest = lanes[lane]
            while rest:
                others = rest & (rest - np.uint64(1))
                v = np.int64(lane * _LANES) + np.int64(_bits((rest ^ others) - np.uint64(1)) >> np.uint64(3))
                rest = others
                low, high = known.at[v], known.at[v + 1]
                common = _common(~np.uint64(0), places, known.codes, low, high, full)
                if np.int64(common) >= fewest[high - low]:
                    some[kept] = known.number[v]
                    how[kept] = 2.0 * common / (n + high - low)
                    kept += 1
        for i in range(n):
            places[words[first + i] % CODES] = np.uint64(0)
        order = np.argsort(-how[:kept])
        if total + kept > len(found):
            more = max(len(found) * 2, total + kept)
            larger, valued = np.empty(more, np.int32), np.empty(more, np.float32)
            larger[:total], valued[:total] = found[:total], value[:total]
            found, value = larger, valued
        for i in range(kept):
            found[total + i] = some[order[i]]
            value[total + i] = how[order[i]]
        total += kept
        ends[k + 1] = total
    return ends, found[:total], value[:total]
