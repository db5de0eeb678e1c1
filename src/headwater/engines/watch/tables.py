"""Tables of detections as a node keeps them: their columns, and how one is read."""

from collections.abc import Iterator
from typing import Any, Final

from headwater.errors import FormatError, MissingExtraError
from headwater.model.detections import Detection

SOURCE: Final = "detections"
"""Data source of the records that own a table of detections."""
COLUMNS: Final = ("row", "time_s", "sensor", "x", "y", "sigma_m", "class", "size_band", "sure", "own")
"""Every column of a table of detections: there is no other, and no place for what identifies a person."""


def detections_of(path: str) -> Iterator[Detection]:
    """Yield the detections of a table, in its order.

    Raises:
        MissingExtraError: pyarrow is not installed.
        FormatError: it is no table of detections.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtraError("watch", error.name or "pyarrow") from error
    try:
        columns: dict[str, list[Any]] = pq.read_table(path, columns=list(COLUMNS)).to_pydict()
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise FormatError("not a table of detections") from error
    for row, time_s, sensor, x, y, sigma, kind, band, sure, own in zip(
        *(columns[name] for name in COLUMNS), strict=True
    ):
        yield Detection(
            row=row,
            time_s=time_s,
            sensor=sensor,
            x=x,
            y=y,
            sigma_m=sigma,
            kind=kind,
            size_band=band,
            sure=sure,
            own=own,
        )
