"""The side-car of a neutral scan, `headwater.scan/1`: what a scanner says of an image, as JSON in the TIFF or beside it.

It is our documented container. An agency whose machines write another form converts to this one, or registers an adapter.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final, NoReturn

from headwater.errors import FormatError, HeadwaterError, LimitError, Place, SchemaError
from headwater.formats.safe import parse_json
from headwater.formats.scan_limits import MAX_SIDECAR_BYTES, schema
from headwater.model.scan import ImageKind, Reading, ReadingKind, ScanMeta

SCHEMA: Final = "headwater.scan/1"
LAYOUT_VACIS: Final = "vacis"
MOST_TEXT: Final = 200


def parse_sidecar(data: bytes, file: str) -> dict[str, Any]:
    """Return the object that a side-car holds.

    Raises:
        FormatError: it is not JSON.
        SchemaError: a key is named twice, a number is none, or it is of another schema.
        LimitError: it is too large.
    """
    if len(data) > MAX_SIDECAR_BYTES:
        raise LimitError(f"a side-car over {MAX_SIDECAR_BYTES} bytes", where=file)

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in found}) != len(found):
            raise SchemaError("a key named twice", where=file)
        return dict(found)

    def constant(_: str) -> NoReturn:
        raise SchemaError("a number that is none: NaN or infinity", where=file)

    try:
        value = json.loads(data.decode(), object_pairs_hook=pairs, parse_constant=constant)
    except ValueError as error:  # not UTF-8, not JSON, or a number of thousands of digits
        raise FormatError("not JSON", where=file) from error
    except RecursionError as error:
        raise LimitError("JSON that is too deep", where=file) from error
    parse_json(data, where=file)
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise schema(f"another schema than {SCHEMA}", file, "schema")
    return value


def meta_of(given: Mapping[str, Any], file: str) -> ScanMeta:
    """Return what a side-car says of how the image was taken.

    Raises:
        SchemaError: a field is missing, or its value is impossible.
    """
    size, vehicle, scanner = (_object(given, name, file) for name in ("mm_per_px", "vehicle", "scanner"))
    kind = given.get("image_kind", ImageKind.OPERATIONAL)
    if kind not in set(ImageKind):
        raise schema("an unknown kind of image", file, "image_kind")
    try:
        return ScanMeta(
            channels=tuple(_texts(given, "channels", file)),
            air=tuple(_numbers(given, "air", file)),
            dark=tuple(_numbers(given, "dark", file)),
            mm_x=_number(size, "x", file),
            mm_y=_number(size, "y", file),
            image_kind=ImageKind(kind),
            scanner=_text(scanner, "id", file),
            beam=_text(scanner, "beam", file),
            energies_mv=tuple(_numbers(scanner, "energies_mv", file)) if "energies_mv" in scanner else (),
            direction=_text(given, "direction", file) or "nose-first",
            vehicle_kind=_text(vehicle, "kind", file),
            vehicle_id=_text(vehicle, "id", file),
            plate=_text(vehicle, "plate", file),
            persons_possible=given.get("persons_possible") is True,
            dose_usv=None if given.get("dose_usv") is None else _number(given, "dose_usv", file),
            taken_at=_text(given, "taken_at", file),
            readings=tuple(_reading(one, file) for one in _list(given, "readings", file)),
        )
    except HeadwaterError as error:
        error.located(file=file)
        raise


def sidecar_of(meta: ScanMeta, **more: object) -> dict[str, Any]:
    """Return the side-car that says what a value says."""
    vehicle = {"kind": meta.vehicle_kind, "id": meta.vehicle_id, "plate": meta.plate}
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "scanner": {"id": meta.scanner, "beam": meta.beam, "energies_mv": list(meta.energies_mv)},
        "channels": list(meta.channels),
        "air": list(meta.air or ()),
        "dark": list(meta.dark),
        "mm_per_px": {"x": meta.mm_x, "y": meta.mm_y},
        "direction": meta.direction,
        "vehicle": {key: value for key, value in vehicle.items() if value},
        "image_kind": str(meta.image_kind),
        "persons_possible": meta.persons_possible,
    }
    if meta.dose_usv is not None:
        found["dose_usv"] = meta.dose_usv
    if meta.taken_at:
        found["taken_at"] = meta.taken_at
    if meta.readings:
        found["readings"] = [
            {"kind": str(one.kind), "alarm": one.alarm, "p_d": one.p_d, "p_fa": one.p_fa, "text": one.text}
            for one in meta.readings
        ]
    return {**found, **more}


def steel_table(given: Mapping[str, Any], file: str) -> tuple[tuple[float, float], ...]:
    """Return the pairs of steel (inches) and raw value that a VACIS-like side-car brings, rising in both.

    Raises:
        SchemaError: they are no such pairs.
    """
    table = _object(given, "vacis", file).get("steel_inches")
    if not isinstance(table, list) or not 2 <= len(table) <= 1000:  # noqa: PLR2004 - a line needs two points
        raise schema("no table of steel", file, "vacis.steel_inches")
    pairs = []
    for row in table:
        if not isinstance(row, list) or len(row) != 2 or not all(_is_number(value) for value in row):  # noqa: PLR2004
            raise schema("no pair of inches and raw value", file, "vacis.steel_inches")
        pairs.append((float(row[0]), float(row[1])))
    if any(after[0] <= before[0] or after[1] <= before[1] for before, after in pairwise(pairs)):
        raise schema("a table that does not rise", file, "vacis.steel_inches")
    return tuple(pairs)


def _reading(given: object, file: str) -> Reading:
    if not isinstance(given, dict) or given.get("kind") not in set(ReadingKind):
        raise schema("an unknown kind of reading", file, "readings.kind")
    if not isinstance(given.get("alarm"), bool):
        raise schema("a reading that does not say whether it answered", file, "readings.alarm")
    return Reading(
        ReadingKind(given["kind"]), given["alarm"], _number(given, "p_d", file), _number(given, "p_fa", file),
        _text(given, "text", file),
    )  # fmt: skip


def _object(given: Mapping[str, Any], name: str, file: str) -> Mapping[str, Any]:
    found = given.get(name, {})
    if not isinstance(found, dict):
        raise schema("no object", file, name)
    return found


def _list(given: Mapping[str, Any], name: str, file: str) -> list[Any]:
    found = given.get(name, [])
    if not isinstance(found, list) or len(found) > MOST_TEXT:
        raise schema("no list, or one that is too long", file, name)
    return found


def _texts(given: Mapping[str, Any], name: str, file: str) -> list[str]:
    found = _list(given, name, file)
    if not all(isinstance(one, str) and 0 < len(one) <= MOST_TEXT for one in found):
        raise schema("no list of names", file, name)
    return found


def _text(given: Mapping[str, Any], name: str, file: str) -> str:
    found = given.get(name, "")
    if not isinstance(found, str) or len(found) > MOST_TEXT:
        raise schema("no text, or one that is too long", file, name)
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(given: Mapping[str, Any], name: str, file: str) -> float:
    found = given.get(name)
    if not isinstance(found, int | float) or isinstance(found, bool):
        raise SchemaError("missing, or no number", where=Place(file=file, field=name))
    return float(found)


def _numbers(given: Mapping[str, Any], name: str, file: str) -> list[float]:
    found = _list(given, name, file)
    if not all(_is_number(one) for one in found):
        raise schema("no list of numbers", file, name)
    return [float(one) for one in found]
