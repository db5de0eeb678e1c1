"""Names of clusters: ours, and stable. New data never renames a cluster that is still there."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from headwater.errors import HeadwaterError
from headwater.model.canonical import decode
from headwater.model.finding import Finding

_LETTERS: Final = 12


def earlier_names(findings: Iterable[Finding], kind: str) -> list[tuple[str, frozenset[str]]]:
    """Return the names of clusters that earlier runs claimed, each with the members it had then."""
    found: list[tuple[str, frozenset[str]]] = []
    for finding in findings:
        if finding.kind == kind:
            try:
                params = decode(finding.params.encode(), dict[str, object])
            except HeadwaterError:  # another engine's finding that happens to bear the kind
                continue
            name = params.get("cluster")
            if isinstance(name, str):
                found.append((name, frozenset(finding.subjects)))
    return found


def named(clusters: Sequence[Sequence[str]], earlier: Iterable[tuple[str, frozenset[str]]]) -> list[str]:
    """Return a name for each cluster: the earlier one of which it holds most, else a new one made of its members.

    Where two clusters became one, the name of the larger part stays; where one fell apart, its largest part keeps it.
    """
    holder: dict[str, int] = {member: at for at, members in enumerate(clusters) for member in members}
    claims: dict[tuple[int, str], int] = {}
    for name, members in earlier:
        shared: dict[int, int] = {}
        for member in members:
            if member in holder:
                shared[holder[member]] = shared.get(holder[member], 0) + 1
        for at, count in shared.items():
            claims[at, name] = max(count, claims.get((at, name), 0))
    given: dict[int, str] = {}
    taken: set[str] = set()
    for (at, name), count in sorted(claims.items(), key=lambda one: (-one[1], one[0][1], one[0][0])):
        if count > 1 and at not in given and name not in taken:
            given[at] = name
            taken.add(name)
    used = taken | {name for _, name in claims}
    return [given.get(at) or _new(members, used) for at, members in enumerate(clusters)]


def _new(members: Sequence[str], used: set[str]) -> str:
    turn = 0
    while True:
        text = "\n".join((*sorted(members), *([str(turn)] if turn else [])))
        name = f"clu-{hashlib.sha256(text.encode()).hexdigest()[:_LETTERS]}"
        if name not in used:
            used.add(name)
            return name
        turn += 1
