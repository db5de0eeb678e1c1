"""Parts of names as arrays of numbers: what the index keeps of them and what the compiled score reads."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from headwater.engines.match.chinese_names import is_reading
from headwater.engines.match.given import GROUPS
from headwater.engines.match.likeness import known_as
from headwater.engines.match.names import Part
from headwater.engines.match.score import Traits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GENDER_BITS: Final = {"male": 1, "female": 2}


def part_arrays(parts: Sequence[Part]) -> "dict[str, NDArray[Any]]":
    """Return what is compared of parts beside their sounds. Shape: (parts,), but groups, (parts * 4,)."""
    import numpy as np

    groups = np.full((len(parts), GROUPS), -1, dtype=np.int32)
    for at, part in enumerate(parts):
        known = known_as(part)
        groups[at, : len(known)] = known
    return {
        "plain": np.array([_plain_hash(part.plain) for part in parts], dtype=np.int64),
        "first": np.array([ord(part.plain[:1] or "\0") for part in parts], dtype=np.uint32),
        "kind": np.array([part.kind for part in parts], dtype=np.uint8),
        "arabic": np.array([part.arabic for part in parts], dtype=np.uint8),
        "alpha": np.array([part.sound.isalpha() for part in parts], dtype=np.uint8),
        "reading": np.array([is_reading(part.plain) for part in parts], dtype=np.uint8),
        "groups": groups.ravel(),
    }


def trait_arrays(traits: Sequence[Traits]) -> "dict[str, NDArray[Any]]":
    """Return what is compared beside names: dates as figures (19750314), hashes of countries, genders as bits.

    Shape: (values,) and (traits + 1,) for dates and countries, (traits,) for genders.
    """
    import numpy as np

    dates = [[int(date.replace("-", "").ljust(8, "0")) for date in one.dates] for one in traits]
    countries = [[_plain_hash(country) for country in one.countries] for one in traits]
    return {
        "date": np.array([date for some in dates for date in some], dtype=np.int32),
        "date.at": ends([len(some) for some in dates]),
        "country": np.array([country for some in countries for country in some], dtype=np.int64),
        "country.at": ends([len(some) for some in countries]),
        "gender": np.array([sum({GENDER_BITS[word] for word in one.genders}) for one in traits], dtype=np.uint8),
    }


def ends(lengths: "Sequence[int] | NDArray[Any]") -> "NDArray[np.int64]":
    """Return where each of some runs begins, and where the last one ends. Shape: (runs + 1,)."""
    import numpy as np

    out = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=out[1:])
    return out


def codes(texts: Sequence[str]) -> "tuple[NDArray[np.uint32], NDArray[np.int64]]":
    """Return texts as code points in one run, and where each begins. Shape: (letters,), (texts + 1,)."""
    import numpy as np

    at = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=at[1:])
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32), at


def gathered(
    flat: "NDArray[np.uint32]", at: "NDArray[np.int64]", which: "NDArray[np.int32]"
) -> "tuple[NDArray[np.uint32], NDArray[np.int64]]":
    """Return some of the texts of a run, as a run of their own."""
    import numpy as np

    lengths = (at[1:] - at[:-1])[which]
    ends = np.zeros(len(which) + 1, dtype=np.int64)
    np.cumsum(lengths, out=ends[1:])
    places = np.repeat(at[which] - ends[:-1], lengths) + np.arange(ends[-1])
    return flat[places], ends


@lru_cache(maxsize=1 << 16)
def _plain_hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)
