"""Whole answers held against a file beside the test: whatever a change alters in them, wanted or not, is seen.

Such a file says what the answers were when somebody last looked at them, not that they are right: the tests that say why a
number is what it is stand elsewhere. Whoever changes an answer on purpose writes the file anew with FREEZE=1, and a reviewer
reads the difference.
"""

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

CLOSE: Final = 1e-6
"""Share by which two numbers may differ: other processors and libraries round otherwise in the last digits."""
NOTHING: Final = 1e-9
LONG: Final = 60
"""Numbers of an array, or letters of bytes, of which more are held by what is made of all of them."""
MOST_TOLD: Final = 20


def told(thing: Any) -> Any:
    """Return anything as what JSON has: of a value each of its fields."""
    if isinstance(thing, float | np.floating):
        return float(thing) if math.isfinite(thing) else str(float(thing))
    for kind, tell in _TELL:
        if isinstance(thing, kind):
            return tell(thing)
    if is_dataclass(thing) and not isinstance(thing, type):
        return {field.name: told(getattr(thing, field.name)) for field in fields(thing)}
    if hasattr(thing, "__struct_fields__"):
        return {name: told(getattr(thing, name)) for name in thing.__struct_fields__}
    if hasattr(thing, "__iter__"):
        return [told(one) for one in thing]
    raise TypeError(type(thing))


def _raw(thing: Any) -> str:
    raw = bytes(thing)
    return raw.decode("latin-1") if len(raw) <= LONG else f"{len(raw)} bytes {sha256(raw).hexdigest()[:16]}"


def refusal(error: BaseException) -> dict[str, Any]:
    """Return all that an error says: its kind and code, what, where, and what to do."""
    said = {name: getattr(error, name, None) for name in ("code", "what", "where", "fix")}
    where = said["where"]
    place = {} if where is None else {key: value for key, value in told(where).items() if value is not None}
    return {"error": type(error).__name__, **said, "where": place}


def tried(act: Callable[..., Any], *given: Any) -> Any:
    """Return what comes of something, or what it was refused with."""
    from headwater.errors import HeadwaterError

    try:
        return told(act(*given))
    except HeadwaterError as error:
        return refusal(error)


def hold(file: Path, name: str, made: Any, close: float = CLOSE) -> None:
    """Fail where an answer is not the one that a file tells under its name; numbers may differ by a share."""
    plain = json.loads(json.dumps(told(made), ensure_ascii=False))
    kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
    if os.environ.get("FREEZE"):
        kept[name] = plain
        file.write_text(written(kept), "utf-8")
    found = [line for _, line in zip(range(MOST_TOLD), _differences(kept[name], plain, "", close), strict=False)]
    told_of = f"other answers than in {file.name} under {name!r}; where they are meant, FREEZE=1 writes them anew:\n"
    assert not found, told_of + "\n".join(found)


def written(answers: Mapping[str, Any]) -> str:
    """Return answers as their file holds them: a line for each, so that a difference is read line by line."""

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)

    parts = []
    for name, one in sorted(answers.items()):
        rows = one.items() if isinstance(one, dict) else ()
        inner = ",\n".join(f"  {text(key)}: {text(value)}" for key, value in sorted(rows))
        parts.append(f" {text(name)}: {{\n{inner}\n }}" if inner else f" {text(name)}: {text(one)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _array(values: Any) -> Any:
    """Return a small array as it is, and of a large one its shape and sums that no exchange of two values leaves as they were."""
    if values.size <= LONG or values.dtype.kind not in "fiub":
        return [told(one) for one in values.tolist()] if values.ndim else told(values.item())
    flat = values.astype(np.float64).ravel()
    good = np.isfinite(flat)
    size = np.abs(np.where(good, flat, 0.0))
    # Nothing cancels out here, so that a last digit stays one.
    placed = size * (2.0 + np.cos(np.arange(size.size)))
    return {
        "shape": list(values.shape), "finite": int(good.sum()), "below nothing": int((flat[good] < 0).sum()), "size": float(size.sum()),
        "square": float((size * size).sum()), "placed": float(placed.sum()), "most": float(size.max()),
    }  # fmt: skip


def _differences(kept: Any, made: Any, path: str, close: float) -> Iterator[str]:
    if isinstance(kept, dict) and isinstance(made, dict):
        for name in sorted({*kept, *made}):
            if name not in kept or name not in made:
                yield f"{path}/{name}: {'new' if name in made else 'gone'}: {str(made.get(name, kept.get(name)))[:200]}"
            else:
                yield from _differences(kept[name], made[name], f"{path}/{name}", close)
    elif isinstance(kept, list) and isinstance(made, list):
        if len(kept) != len(made):
            yield f"{path}: {len(kept)} were, {len(made)} are"
        for at, (one, other) in enumerate(zip(kept, made, strict=False)):
            yield from _differences(one, other, f"{path}/{at}", close)
    elif isinstance(kept, float) or isinstance(made, float):
        numbers = isinstance(kept, int | float) and isinstance(made, int | float)
        if not numbers or not math.isclose(kept, made, rel_tol=close, abs_tol=NOTHING):
            yield f"{path}: {kept} was, {made} is"
    elif kept != made:
        yield f"{path}: {str(kept)[:200]!r} was, {str(made)[:200]!r} is"


_TELL: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (Enum, lambda one: told(one.value)),
    (bool | int | str | None, lambda one: one),
    (np.integer | np.bool_, lambda one: one.item()),
    (np.ndarray, _array),
    (datetime | date, lambda one: one.isoformat()),
    (timedelta, lambda one: f"{one.total_seconds()} s"),
    (bytes | bytearray | memoryview, _raw),
    (Mapping, lambda one: {str(told(key)): told(value) for key, value in one.items()}),
    (set | frozenset, lambda one: sorted(map(told, one), key=str)),
    (BaseException, refusal),
)
