"""Arabic names that are one name in two or one word: servant of God (Abd ar-Rahman), father of (Abu Bakr), glory of the faith.

The article takes on the first letter of what follows it where that is a sun letter (Abd ar-Rahman, Abderrahmane), and
spellings run the parts together or keep them apart. All of them are brought to one spelling.
"""

import re
from functools import lru_cache
from typing import Final

_SERVANT: Final = re.compile(r"^abd(?:ou|[aeou])(?:l|(?=([rsnztd])\1?\w{3}))(?=\w{3})")
"""Abdel, Abdul, Abdoul and, before a sun letter, Abde, Abdu: the servant of."""
_DOUBLED: Final = re.compile(r"^abdul([rsnztd])\1")
_FATHER: Final = re.compile(r"^ab(?:ou|oo|[uo])l(?=[^\Waeioul]\w{3})")
"""Abul, Abol before the name of the son; apart it is a particle and left out, so here too."""
_FAITH: Final = re.compile(r"(?<=\w\w)[aeou]dd(?:ine?|een|yn)$")
_OF_GOD: Final = re.compile(r"(?<=\w\w)(?:[aeou]|ou)ll?ah$")
_WRITTEN_SERVANT: Final = "bdal"
_WRITTEN_FATHER: Final = re.compile(r"^abwal(?=\w{3})")
_WRITTEN_GOD: Final = "allh"
_WRITTEN_FAITH: Final = "aldyn"
_LEAST_REST: Final = 2


@lru_cache(maxsize=1 << 16)
def one_spelling(word: str, *, arabic: bool) -> str:
    """Return a word of a person's name in the spelling that stands for all of one Arabic name.

    Args:
        word: lower-case Latin letters.
        arabic: whether it was written in Arabic script, without short vowels.
    """
    if arabic:
        return _written(word)
    if word.startswith("abd"):
        return _OF_GOD.sub("ullah", _DOUBLED.sub(r"abdul\1", _SERVANT.sub("abdul", word)))
    if word.endswith("ah"):
        word = _OF_GOD.sub("ullah", word)
    elif "dd" in word:
        word = _FAITH.sub("uddin", word)
    return _FATHER.sub("", word) if word.startswith("ab") else word


def _written(word: str) -> str:
    if word.startswith(_WRITTEN_SERVANT) and len(word) >= len(_WRITTEN_SERVANT) + _LEAST_REST:
        rest = word.removeprefix(_WRITTEN_SERVANT)
        word = "abdul" + {"lh": "lah"}.get(rest, rest)
    for written, spelled in ((_WRITTEN_GOD, "ullah"), (_WRITTEN_FAITH, "uddin")):
        if word.endswith(written) and len(word) >= len(written) + _LEAST_REST:
            word = word.removesuffix(written) + spelled
    return _WRITTEN_FATHER.sub("", word)
