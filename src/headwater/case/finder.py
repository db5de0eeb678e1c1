"""Whether any of many words stands in bytes: in one pass over them, however many words there are.

Source: A. V. Aho and M. J. Corasick, Efficient string matching: an aid to bibliographic search, Comm. ACM 18 (1975) 333-340.
"""

from collections.abc import Callable, Sequence


def finder(words: Sequence[bytes]) -> Callable[[bytes], bool]:
    """Return what tells whether any of some words stands in bytes.

    Without the library for it the words are looked for one after the other, which says the same and takes longer.
    """
    if not words:
        return lambda _: False
    try:
        from ahocorasick_rs import BytesAhoCorasick
    except ModuleNotFoundError:
        return lambda data: any(word in data for word in words)
    look = BytesAhoCorasick(words).find_matches_as_indexes
    return lambda data: bool(look(data))
