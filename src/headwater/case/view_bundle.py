"""A view: the sealed bundle with parts withheld, under the same seal, root and signature.

For each file that is withheld its row in the list becomes its leaf, so nothing can be put in its place, and whoever has
the file and row later can show that they are what was sealed. The gate looks at everything that is shown.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from headwater.case.bundle import LEAK_FIX, write_beside
from headwater.case.copying import copied, take_back
from headwater.case.data.verify import (
    LIST_LIMIT,
    STAMP,
    TAGGED,
    FileSum,
    canonical,
    exhibit_of,
    leaf_hash,
    read_small,
    strict_json,
)
from headwater.case.data.verify import SEAL_LIMIT as _SEAL_LIMIT
from headwater.case.files import Inside, folder_beside
from headwater.case.gate import UNREAD, PieceLook
from headwater.case.letters import plain, squeeze
from headwater.case.model import CaseFile, Schedule
from headwater.case.numbering import item_key
from headwater.case.protected import Shield, shield_of
from headwater.case.verifier import Trust, demand
from headwater.case.views import Audience, View, exhibit_path, sensitive_texts, shown_paths
from headwater.errors import ForbiddenError

_SHORTEST_SENTENCE: Final = 12
"""Letters from which a text of the sensitive schedule is looked for elsewhere: shorter ones stand in many texts."""
_LARGEST_TOLD: Final = 1 << 16
"""Bytes of a sensitive item whose sentences are looked for elsewhere."""
_SENSITIVE: Final = "sensitive material"


@dataclass(frozen=True, slots=True)
class Viewed:
    """A view that was written: how many files it shows and withholds, and which the gate left out."""

    shown: int
    withheld: int
    blocked: tuple[str, ...]


def write_view(
    bundle: Path,
    out: Path,
    view: View,
    case: CaseFile,
    guard: Shield,
    trust: Trust | None = None,
    *,
    withhold_blocked: bool = False,
    released: frozenset[str] = frozenset(),
) -> Viewed:
    """Write a view of a sealed bundle.

    Args:
        bundle: as it was sealed, or a view of it.
        out: the folder to make; there must be nothing of that name.
        view: for whom.
        case: the case that was sealed.
        guard: what may not leave.
        trust: the key that sealed it.
        withhold_blocked: leave out what the gate stops, instead of refusing.
        released: paths of items of protected persons that somebody has released into this view.

    Raises:
        TrustError: the bundle is not as it was sealed.
        ForbiddenError: something that may not leave stands in what would be shown; the text names items by reference.
        SchemaError: there is something named `out` already.
        StoreError: the disk is full or refuses.
    """
    demand(bundle, trust)
    rows = strict_json(read_small(str(bundle), "manifest.json", LIST_LIMIT))
    paths = {row["path"]: row for row in rows if "path" in row}
    shown = shown_paths(case, view, paths, released)
    guards = _guards(bundle, view, case, guard, shown)
    with folder_beside(out) as folder, Inside(bundle) as inside:
        told_twice = set() if view.audience is Audience.PROSECUTOR else _told_twice(paths, shown)
        sums = []
        for path in sorted(shown - told_twice):
            found, stops = _copy(inside, folder, path, guards[1:] if path in released else guards)
            if stops:
                take_back(folder / path)
            else:
                sums.append(found)
        kept = {one.path for one in sums}
        blocked = [_name(path) for path in sorted(shown - kept)]
        if blocked and not withhold_blocked:
            what = f"{len(blocked)} item(s) that may not go into this view: {', '.join(blocked)}"
            raise ForbiddenError(what, fix=LEAK_FIX)
        seal = read_small(str(bundle), "seal.json", _SEAL_LIMIT)
        listed = canonical([_row(row, kept) for row in rows])
        others = {name: (bundle / name).read_bytes() for name in (*TAGGED, STAMP) if (bundle / name).exists()}
        write_beside(folder, strict_json(seal)["head"], seal, listed, sums, others)
        if (bundle / "receipts").is_dir():
            shutil.copytree(bundle / "receipts", folder / "receipts")
        demand(folder, trust)
    return Viewed(len(kept), len(rows) - len(kept), tuple(blocked))


def _row(row: Mapping[str, Any], shown: set[str]) -> Mapping[str, Any]:
    if "path" not in row or row["path"] in shown:
        return row
    return {"leaf": leaf_hash(row).hex(), "reason": "withheld"}


def _name(path: str) -> str:
    return exhibit_of(path) or path.removeprefix("data/")


def _guards(bundle: Path, view: View, case: CaseFile, guard: Shield, shown: frozenset[str]) -> list[Shield]:
    """Return what is looked for in what would be shown: who is protected first, then what is sensitive."""
    return [guard] if view.audience is Audience.PROSECUTOR else [guard, _sensitive_shield(bundle, case, shown)]


def _told_twice(rows: Mapping[str, Mapping[str, Any]], shown: frozenset[str]) -> set[str]:
    """Return what would be shown and is, byte for byte, something that would not."""
    hidden = {row["sha256"] for path, row in rows.items() if path not in shown}
    return {path for path in shown if rows[path]["sha256"] in hidden}


def _copy(inside: Inside, folder: Path, path: str, guards: Sequence[Shield]) -> tuple[FileSum, bool]:
    """Copy a file into a view; return its sums and whether it may not stand there."""
    place = f"{folder}/{path}"
    looks = [PieceLook(guard) for guard in guards]
    found = copied(inside.pieces(path), path, place, *looks)
    given = path.startswith(("data/exhibits/", "data/statements/"))

    def again() -> BinaryIO:
        return Path(place).open("rb")

    for look in looks:
        end = look.end(again)
        # A PDF that we made ourselves is known to be open; what others gave must be.
        if end.stops and (given or end.why != UNREAD):
            return found, True
    return found, False


def _sensitive_shield(bundle: Path, case: CaseFile, shown: frozenset[str]) -> Shield:
    texts = list(sensitive_texts(case))
    listed = {item_key(line.id) for line in case.material if line.schedule is Schedule.MG6D}
    for exhibit in case.exhibits:
        is_sensitive = item_key(exhibit.ref) in listed or (exhibit.origin is not None and not exhibit.usable)
        if is_sensitive and exhibit_path(exhibit) not in shown:
            texts += _sentences(bundle / exhibit_path(exhibit))
    long = [text for text in texts if len(squeeze(plain(text))) >= _SHORTEST_SENTENCE]
    return shield_of({_SENSITIVE: long}, {_SENSITIVE: _SENSITIVE})


def _sentences(path: Path) -> list[str]:
    """Return the lines of a small text; nothing where the file is large, no text, or not there."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_TOLD + 1)
        text = data.decode("utf-8-sig") if len(data) <= _LARGEST_TOLD else ""
    except (OSError, UnicodeDecodeError):
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]
