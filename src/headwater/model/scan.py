"""A scan: one X-ray image of a vehicle as the scanner gave it, with what it says of how it was taken."""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from headwater.errors import Place, SchemaError
from headwater.model.ids import BlobHash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOW: Final = "low"
HIGH: Final = "high"
DUAL: Final = (LOW, HIGH)
MOST_CHANNELS: Final = 4
MOST_LEVEL: Final = 1e6
"""Counts that no level of a scanner of 16 bits comes near, though levels may be means or stand above what is clipped."""


class ImageKind(StrEnum):
    """What an image is: of a real vehicle, with an item put into it, or computed as a whole."""

    OPERATIONAL = "operational"
    TIP = "tip"
    SIMULATED = "simulated"


class ScanFormat(StrEnum):
    """The outside form that a scan came in."""

    NEUTRAL = "tiff-neutral"
    VACIS = "tiff-vacis"
    DICOS_DX = "dicos-dx"
    DICOS_TDR = "dicos-tdr"
    IMAGE8 = "image8"
    IMAGE16 = "image16"


class ReadingKind(StrEnum):
    """What another sensor measured at the same vehicle."""

    CO2 = "co2"
    DENSITY = "density"
    VIBRATION = "vibration"
    DOG = "dog"
    RADIATION = "radiation"


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer of another sensor about the same vehicle.

    Attributes:
        kind: which sensor.
        alarm: whether it answered.
        p_d: share of vehicles with what it looks for at which it answers.
        p_fa: share of the others at which it answers.
        text: what was read, as the officer wrote it.
    """

    kind: ReadingKind
    alarm: bool
    p_d: float
    p_fa: float
    text: str = ""

    def __post_init__(self) -> None:
        """Refuse rates that are no rates: the odds of 0 and 1 would end every argument."""
        if not (0.0 < self.p_d < 1.0 and 0.0 < self.p_fa < 1.0):
            raise SchemaError("a rate that does not lie between 0 and 1", where=Place(field="readings"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanMeta:
    """How an image was taken.

    Attributes:
        channels: name of each page; ``low`` and ``high`` are two spectra of one scan.
        air: counts through open air, per channel; None where the file does not say.
        dark: counts without a beam, per channel.
        mm_x, mm_y: size of a pixel at the vehicle, mm; None where it is not known.
        energies_mv: end points of the spectra, MV.
        dose_usv: dose of one pass, µSv (ANSI/HPS N43.16); None where it was not recorded.
        plate: registration number, where the operator entered it.
    """

    channels: tuple[str, ...]
    air: tuple[float, ...] | None
    dark: tuple[float, ...]
    mm_x: float | None
    mm_y: float | None
    image_kind: ImageKind = ImageKind.OPERATIONAL
    scanner: str = ""
    beam: str = ""
    energies_mv: tuple[float, ...] = ()
    direction: str = "nose-first"
    vehicle_kind: str = ""
    vehicle_id: str = ""
    plate: str = ""
    persons_possible: bool = False
    dose_usv: float | None = None
    taken_at: str = ""
    readings: tuple[Reading, ...] = ()

    def __post_init__(self) -> None:
        """Refuse levels and sizes that no scanner has."""
        if not 1 <= len(self.channels) <= MOST_CHANNELS:
            raise SchemaError("no channel, or more than four", where=Place(field="channels"))
        if len(set(self.channels)) != len(self.channels):
            raise SchemaError("a channel named twice", where=Place(field="channels"))
        if len(self.dark) != len(self.channels) or (self.air is not None and len(self.air) != len(self.channels)):
            raise SchemaError("levels that do not fit the channels", where=Place(field="air"))
        for air, dark in zip(self.air or (), self.dark, strict=self.air is not None):
            if not 0 < air <= MOST_LEVEL:
                what = f"an air level that is not above 0 and at most {MOST_LEVEL:,.0f}"
                raise SchemaError(what, where=Place(field="air"))
            if not (math.isfinite(dark) and 0 <= dark < air):
                raise SchemaError("a dark level that is not below the air level", where=Place(field="dark"))
        for name, size in (("mm_per_px.x", self.mm_x), ("mm_per_px.y", self.mm_y)):
            if size is not None and not 0.01 <= size <= 1000:  # noqa: PLR2004 - a hundredth of a millimetre to a metre
                raise SchemaError("a pixel size that is no size", where=Place(field=name))
        if self.dose_usv is not None and not (math.isfinite(self.dose_usv) and self.dose_usv >= 0):
            raise SchemaError("a dose that is no dose", where=Place(field="dose_usv"))

    @property
    def is_dual(self) -> bool:
        """Whether there are two spectra, so that material can be told."""
        return self.channels == DUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanImage:
    """One scan: its pixels, and how they were taken.

    Attributes:
        file: name of the file.
        sha256: of the file's bytes; where a scan came in two files, of the first.
        format: the form it came in.
        pixels: counts, (channels, height, width), uint16; none for a report.
        marked: whether the pixels bear the mark of a made image (`marks`), whatever the header says.
        notes: what a reader should know.
    """

    file: str
    sha256: BlobHash
    format: ScanFormat
    meta: ScanMeta
    pixels: "NDArray[np.uint16]"
    bits: int = 16
    marked: bool = False
    notes: tuple[str, ...] = ()
    steel_inches: tuple[tuple[float, float], ...] = field(default=())
    series: str = ""

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[2])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[1])

    @property
    def image_kind(self) -> ImageKind:
        """What the image is; a mark in its pixels outweighs a header that lost it."""
        if self.marked and self.meta.image_kind is ImageKind.OPERATIONAL:
            return ImageKind.SIMULATED
        return self.meta.image_kind

    @property
    def is_counts(self) -> bool:
        """Whether the pixels are counts of a detector: eight bits are a picture, and a report has none."""
        return self.format not in {ScanFormat.IMAGE8, ScanFormat.DICOS_TDR}
