"""DICOS (NEMA IIC 1) through pydicom: X-ray images of cargo and vehicles, and Threat Detection Reports, in and out.

A medical image and a file that names a person are refused: neither belongs here, and the name is never repeated.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from headwater.errors import FormatError, MissingExtraError
from headwater.formats.scan_limits import check_claim, no_codec, schema
from headwater.model.scan import HIGH, LOW, ImageKind, ScanFormat, ScanMeta

MARK: Final = b"DICM"
PREAMBLE: Final = 128
CLASSES: Final = "1.2.840.10008.5.1.4.1.1.501."
"""Root of the DICOS storage classes (NEMA IIC 1)."""
DX: Final = ("1.2.840.10008.5.1.4.1.1.501.2.1", "1.2.840.10008.5.1.4.1.1.501.2.2")
TDR: Final = "1.2.840.10008.5.1.4.1.1.501.3"
EXPLICIT: Final = "1.2.840.10008.1.2.1"
_PLAIN: Final = ("1.2.840.10008.1.2", EXPLICIT, "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2")
NAMED: Final = (
    "PatientName",
    "PatientID",
    "OtherPatientNames",
    "PatientBirthDate",
    "PatientAddress",
    "ReferringPhysicianName",
)
SPLIT_MV: Final = 4.0
"""End point that parts the low from the high spectrum of interlaced linear accelerators, MV."""
ROOT_UID: Final = "2.25."
"""Root of identifiers made from a 128-bit number (ITU-T X.667)."""


@dataclass(frozen=True, slots=True)
class DicosScan:
    """What a DICOS file holds."""

    format: ScanFormat
    meta: ScanMeta
    pixels: Any
    series: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Threat:
    """One object of a Threat Detection Report.

    Attributes:
        box: x0, y0, x1, y1 in pixels of the image.
        category: DICOS threat category.
        text: description.
        probability: 0 to 1.
    """

    box: tuple[float, float, float, float]
    category: str
    text: str
    probability: float


def read_dicos(data: bytes | memoryview, file: str) -> DicosScan:
    """Return the image, or the frame of a report, that a DICOS file holds.

    Raises:
        FormatError: it is cut, no DICOS, or rows and columns do not fit the pixel data.
        SchemaError: it is a medical image, names a person, or is of another DICOS class.
        LimitError: it claims too much.
        MissingExtraError: pydicom or a decoder is not installed.
    """
    found = _dataset(data, file)
    with _sound(file):
        kind = str(found.SOPClassUID)
    if kind == TDR:
        import numpy as np

        meta = ScanMeta(channels=("main",), air=None, dark=(0.0,), mm_x=None, mm_y=None)
        return DicosScan(
            ScanFormat.DICOS_TDR,
            meta,
            np.zeros((1, 0, 0), np.uint16),
            _series(found, file),
            ("a report, not an image",),
        )
    if kind not in DX:
        raise schema("a DICOS class that is not read here", file, "SOPClassUID")
    pixels = _pixels(found, len(data), file)
    with _sound(file):
        kvp = float(found.get("KVP") or 0.0)
        spacing = [float(value) for value in found.get("ImagerPixelSpacing") or ()]
        comment = str(found.get("ImageComments") or "")
    mv = kvp / 1000.0
    meta = ScanMeta(
        channels=(HIGH if mv > SPLIT_MV else LOW,),
        air=None,
        dark=(0.0,),
        mm_x=spacing[1] if len(spacing) == 2 else None,  # noqa: PLR2004 - rows, then columns
        mm_y=spacing[0] if len(spacing) == 2 else None,  # noqa: PLR2004
        image_kind=next((kind for kind in ImageKind if comment == f"headwater {kind}"), ImageKind.OPERATIONAL),
        beam="mv" if mv > 1 else "kv",
        energies_mv=(mv,) if mv > 0 else (),
    )
    return DicosScan(ScanFormat.DICOS_DX, meta, pixels, _series(found, file), ("air level estimated from the image",))


def read_tdr(data: bytes | memoryview, file: str) -> tuple[Threat, ...]:
    """Return the objects that a Threat Detection Report names.

    Raises:
        FormatError: it is cut or no DICOS.
        SchemaError: it is no report, or an object has no polygon.
    """
    found = _dataset(data, file)
    if str(found.SOPClassUID) != TDR:
        raise schema("no Threat Detection Report", file, "SOPClassUID")
    threats = []
    with _sound(file):
        for one in found.get("ThreatSequence") or ():
            polygon = [float(value) for value in one.PTORepresentationSequence[0].BoundingPolygon]
            xs, ys = polygon[0::3], polygon[1::3]
            judged = one.ATDAssessmentSequence[0]
            threats.append(
                Threat(
                    (min(xs), min(ys), max(xs), max(ys)),
                    str(judged.ThreatCategory),
                    str(one.get("ThreatCategoryDescription") or ""),
                    float(judged.ATDAssessmentProbability),
                )
            )
    return tuple(threats)


def write_dx(pixels: Any, meta: ScanMeta, *, channel: int, series: str, moment: str) -> bytes:  # noqa: ANN401 - an array
    """Return one channel of a scan as a DICOS X-ray image for presentation.

    Args:
        pixels: counts, (height, width), uint16.
        meta: how they were taken.
        channel: which channel they are.
        series: what both channels of a scan have in common, any text.
        moment: ``YYYYMMDDHHMMSS``, UTC.

    Raises:
        MissingExtraError: pydicom is not installed.
    """
    made = _new(DX[0], f"{series}/{channel}", series, moment)
    made.Modality, made.PresentationIntentType = "DX", "FOR PRESENTATION"
    made.KVP = f"{meta.energies_mv[channel] * 1000:g}" if channel < len(meta.energies_mv) else None
    made.ImagerPixelSpacing = [f"{meta.mm_y or 1:.6g}", f"{meta.mm_x or 1:.6g}"]
    if meta.image_kind is not ImageKind.OPERATIONAL:
        made.ImageComments = f"headwater {meta.image_kind}"
    made.Rows, made.Columns = (int(side) for side in pixels.shape)
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.RescaleIntercept, made.RescaleSlope = 15, "0", "1"
    made.PixelData = pixels.astype("<u2").tobytes()
    return _bytes(made)


def write_tdr(threats: tuple[Threat, ...], *, of: str, moment: str) -> bytes:
    """Return a Threat Detection Report of what a machine found in an image.

    Args:
        threats: the objects; none is a report that all is clear.
        of: SHA-256 of the image's file.
        moment: ``YYYYMMDDHHMMSS``, UTC.

    Raises:
        MissingExtraError: pydicom is not installed.
    """
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    made = _new(TDR, f"tdr/{of}", of, moment)
    made.Modality, made.TDRType, made.OOIType = "TDR", "MACHINE", "CARGO"
    made.AlarmDecisionTime = moment
    made.AlarmDecision = "ALARM" if threats else "CLEAR"
    made.ImageComments = f"image sha256 {of}"
    made.NumberOfTotalObjects = made.NumberOfAlarmObjects = len(threats)
    sequence = []
    for number, one in enumerate(threats, 1):
        part, shape, judged = Dataset(), Dataset(), Dataset()
        x0, y0, x1, y1 = one.box
        shape.BoundingPolygon = [x0, y0, 0.0, x1, y0, 0.0, x1, y1, 0.0, x0, y1, 0.0]
        judged.ThreatCategory, judged.ATDAbilityAssessment = one.category, "NO_INTERFERENCE"
        judged.ATDAssessmentFlag, judged.ATDAssessmentProbability = "THREAT", one.probability
        part.PotentialThreatObjectID, part.ThreatCategoryDescription = number, one.text
        part.PTORepresentationSequence, part.ATDAssessmentSequence = Sequence([shape]), Sequence([judged])
        sequence.append(part)
    made.ThreatSequence = Sequence(sequence)
    return _bytes(made)


def _faults() -> tuple[type[Exception], ...]:
    """Return what pydicom raises at a file that lies: much of it is not its own, one of its own is no kind of ValueError."""
    from pydicom.errors import BytesLengthException

    return (
        BytesLengthException, ValueError, TypeError, AttributeError, LookupError, OSError, NotImplementedError, OverflowError,
        RecursionError, AssertionError, struct.error, zlib.error,
    )  # fmt: skip


@contextmanager
def _sound(file: str) -> Iterator[None]:
    """Turn what pydicom raises at a field that lies into a declared error, without the field's content.

    Its warnings repeat what stands in the field, a name perhaps: they are held back.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except _faults() as error:
        raise FormatError("a DICOS field that cannot be read", where=file) from error


def _dataset(data: bytes | memoryview, file: str) -> Any:  # noqa: ANN401 - pydicom's dataset
    try:
        import pydicom
        from pydicom.errors import InvalidDicomError
    except ModuleNotFoundError as error:
        raise MissingExtraError("scan", error.name or "pydicom") from error
    if bytes(data[PREAMBLE : PREAMBLE + len(MARK)]) != MARK:
        raise FormatError("no DICM mark", where=file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pydicom.dcmread(io.BytesIO(data))
    except (InvalidDicomError, EOFError) as error:
        raise FormatError("not DICOS, or cut", where=file) from error
    except _faults() as error:
        raise FormatError("a DICOS header that cannot be read", where=file) from error
    with _sound(file):
        kind = str(found.get("SOPClassUID") or "")
        named = any(str(found.get(name) or "").strip("^ ") for name in NAMED)
    if not kind.startswith(CLASSES):
        raise schema("a DICOM image that is not DICOS, such as a medical one", file, "SOPClassUID")
    if named:
        raise schema("a person is named in the header; such a file is not taken in", file, "PatientName")
    return found


def _pixels(found: Any, size: int, file: str) -> Any:  # noqa: ANN401 - pydicom's dataset, an array
    import numpy as np

    with _sound(file):
        rows, columns = int(found.Rows), int(found.Columns)
        bits, samples = int(found.BitsAllocated), int(found.SamplesPerPixel)
        frames = int(found.get("NumberOfFrames") or 1)
        signed = int(found.get("PixelRepresentation") or 0)
        syntax = found.file_meta.TransferSyntaxUID
        raw = found.PixelData
    if rows < 1 or columns < 1:
        raise FormatError("an image without rows or columns", where=file)
    check_claim(columns, rows, samples, max(bits // 8, 1), size, file)
    if (bits, samples, frames, signed) != (16, 1, 1, 0):
        raise schema("pixels that are not one frame of 16-bit counts", file, "BitsAllocated")
    if str(syntax) not in _PLAIN:
        return _decoded(found, str(syntax.name), file)
    if len(raw) != rows * columns * 2 + rows * columns * 2 % 2:
        raise FormatError("rows times columns that do not fit the pixel data", where=file)
    order = ">u2" if str(syntax) == "1.2.840.10008.1.2.2" else "<u2"
    return np.frombuffer(raw, order).reshape(1, rows, columns).astype(np.uint16)


def _decoded(found: Any, syntax: str, file: str) -> Any:  # noqa: ANN401
    """Return the pixels of a compressed image, by whichever decoder pydicom finds."""
    import numpy as np

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.ascontiguousarray(found.pixel_array, np.uint16)[None]
    except (RuntimeError, NotImplementedError, ModuleNotFoundError):
        no_codec(syntax)
    except _faults() as error:
        raise FormatError("pixel data that cannot be decoded", where=file) from error


def _series(found: Any, file: str) -> str:  # noqa: ANN401
    with _sound(file):
        return str(found.get("SeriesInstanceUID") or "")


def _new(kind: str, instance: str, series: str, moment: str) -> Any:  # noqa: ANN401
    try:
        from pydicom.dataset import FileDataset, FileMetaDataset
        from pydicom.uid import UID
    except ModuleNotFoundError as error:
        raise MissingExtraError("scan", error.name or "pydicom") from error
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(kind), UID(_uid(instance))
    meta.TransferSyntaxUID, meta.ImplementationClassUID = UID(EXPLICIT), UID(_uid("headwater"))
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * PREAMBLE)
    made.SOPClassUID, made.SOPInstanceUID = kind, meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID = _uid(f"study/{series}"), _uid(f"series/{series}")
    made.FrameOfReferenceUID, made.InstanceNumber = _uid(f"frame/{series}"), 1
    made.ContentDate, made.ContentTime = moment[:8], moment[8:14]
    made.Manufacturer, made.PatientName, made.PatientID, made.OOIType = "headwater", "", "", "CARGO"
    return made


def _uid(text: str) -> str:
    """Return an identifier made from a text: the same text, the same identifier."""
    return ROOT_UID + str(int.from_bytes(sha256(text.encode()).digest()[:16], "big"))


def _bytes(made: Any) -> bytes:  # noqa: ANN401
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()
