"""Who is whose son: Abdullah bin Omar is not Omar bin Abdullah, though the same parts meet."""

import re
from functools import lru_cache
from typing import Final

from headwater.engines.match.likeness import likeness
from headwater.engines.match.names import Name, Part, clean, parse

_SON_OF: Final = re.compile(
    r"(?<![^\W_])([^\W\d_]+)[\s-]+(?:bin|ibn|ben|bint|ould|wuld|بن|ابن|بنت|ولد)[\s-]+(?=([^\W\d_]+))", re.IGNORECASE
)
_ONE: Final = 0.85
"""Likeness of two spellings of one person in a line of descent."""


def turned(left: Name, right: Name) -> bool:
    """Return whether a son and his father in one name have changed places in the other."""
    return any(
        _one(son, father_) and _one(father, son_) and not _one(son, son_)
        for son, father in _lines(left.text)
        for son_, father_ in _lines(right.text)
    )


@lru_cache(maxsize=1 << 14)
def _lines(text: str) -> tuple[tuple[Part, Part], ...]:
    """Return every son and father that a name tells."""
    found = ([parse(word, person=True) for word in pair] for pair in _SON_OF.findall(clean(text)))
    return tuple((son.parts[0], father.parts[0]) for son, father in found if son and father)


def _one(left: Part, right: Part) -> bool:
    return likeness(left, right)[0] >= _ONE
