"""Scan files: every form is read, every lie refused within the limits, and what is written comes back bit by bit."""

import csv
import importlib.util
import io
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headwater.errors import FormatError, HeadwaterError, InputError, LimitError, MissingExtraError, SchemaError
from headwater.formats import scan_dicos, scan_tiff
from headwater.formats.scan_limits import MAX_PIXELS
from headwater.formats.scan_marks import is_marked, mark
from headwater.formats.scan_read import joined, read_scan
from headwater.formats.scan_sidecar import parse_sidecar, sidecar_of
from headwater.formats.scan_write import neutral_tiff, png
from headwater.model.scan import ImageKind, Reading, ReadingKind, ScanFormat, ScanImage
from tests.scan_world import META


def folder(path: Path) -> Callable[[str], bytes | None]:
    """What stands beside a file."""
    return lambda name: (path / name).read_bytes() if (path / name).is_file() else None


def nothing(_: str) -> None:
    """No file beside."""


def expected(shared: Path, name: str) -> list[dict[str, str]]:
    """A table of the developers' files."""
    return list(csv.DictReader((shared / "data" / "scan" / "files" / name).read_text(encoding="utf-8").splitlines()))


def counts(seed: int = 1, shape: tuple[int, int, int] = (2, 40, 90)) -> Any:
    """Counts drawn from chance."""
    return np.random.default_rng(seed).integers(0, 65_535, shape, dtype=np.uint16)


def read(data: bytes, name: str = "a.tif") -> ScanImage:
    """Read bytes without anything beside them."""
    return read_scan(data, name, nothing)


def test_every_good_file_is_read_or_names_its_missing_codec(shared: Path) -> None:
    here = shared / "data" / "scan" / "files"
    forms = {
        "dual": ScanFormat.NEUTRAL,
        "single": ScanFormat.NEUTRAL,
        "vacis": ScanFormat.VACIS,
        "look": ScanFormat.IMAGE8,
        "dx": ScanFormat.DICOS_DX,
        "tdr": ScanFormat.DICOS_TDR,
    }
    for row in expected(shared, "good.csv"):
        if row["file"] == "lzw.tif":
            continue
        scan = read_scan((here / row["file"]).read_bytes(), row["file"], folder(here))
        assert scan.format == forms[row["file"].replace(".", "_").split("_")[0]]


def test_a_compression_without_a_decoder_is_named(shared: Path) -> None:
    here = shared / "data" / "scan" / "files"
    if importlib.util.find_spec("imagecodecs") is not None:
        assert read_scan((here / "lzw.tif").read_bytes(), "lzw.tif", folder(here)).height == 160
        return
    with pytest.raises(MissingExtraError, match="LZW") as refused:
        read_scan((here / "lzw.tif").read_bytes(), "lzw.tif", folder(here))
    assert refused.value.exit == 69


def test_all_forms_of_one_scene_hold_the_same_counts(shared: Path) -> None:
    here = shared / "data" / "scan" / "files"
    plain = read_scan((here / "dual.tif").read_bytes(), "dual.tif", folder(here)).pixels
    for name in ("dual_sidecar.tif", "dual_be.tif", "dual_big.tif", "dual_tiled.tif"):
        assert (read_scan((here / name).read_bytes(), name, folder(here)).pixels == plain).all(), name
    pair = joined([read_scan((here / name).read_bytes(), name, folder(here)) for name in ("dx_hi.dcs", "dx_lo.dcs")])
    assert (pair[0].pixels == plain).all()
    assert pair[0].meta.is_dual


def test_every_bad_file_is_refused_as_told(shared: Path) -> None:
    here = shared / "data" / "scan" / "files" / "bad"
    rows = expected(shared, "bad/expected.csv")
    assert len(rows) == 25
    for row in rows:
        with pytest.raises(HeadwaterError) as refused:
            read_scan((here / row["file"]).read_bytes(), row["file"], folder(here))
        assert (refused.value.code, str(refused.value.exit)) == (row["code"], row["exit"]), row["file"]
        assert "NAMED" not in str(refused.value)
        assert "named^" not in repr(refused.value.__cause__).lower()


def test_what_is_written_comes_back_bit_by_bit() -> None:
    pixels = counts()
    meta = replace(
        META,
        plate="ZZ00TST",
        dose_usv=0.25,
        persons_possible=True,
        readings=(Reading(ReadingKind.CO2, alarm=True, p_d=0.9, p_fa=0.02, text="900 ppm"),),
    )
    scan = read(neutral_tiff(pixels, meta))
    assert (scan.pixels == pixels).all()
    assert scan.meta == meta


def test_a_plate_in_any_script_comes_back() -> None:
    meta = replace(META, plate="БГ-Ж 001-ЋШ")
    assert read(neutral_tiff(counts(), meta)).meta == meta


@pytest.mark.parametrize("channel", [0, 1])
def test_dicos_images_come_back_bit_by_bit(channel: int) -> None:
    pixels = counts()[channel]
    data = scan_dicos.write_dx(pixels, META, channel=channel, series="s", moment="20260101120000")
    scan = read(data, "a.dcs")
    assert (scan.pixels[0] == pixels).all()
    assert (scan.meta.channels, scan.meta.mm_x, scan.meta.mm_y) == (META.channels[channel : channel + 1], 5.0, 5.0)


def test_dicos_pixels_that_are_wider_than_high_stay_so() -> None:
    meta = replace(META, mm_x=4.0, mm_y=6.5)
    scan = read(scan_dicos.write_dx(counts()[0], meta, channel=0, series="s", moment="20260101120000"), "a.dcs")
    assert (scan.meta.mm_x, scan.meta.mm_y) == (4.0, 6.5)


def test_threat_reports_come_back() -> None:
    threats = (scan_dicos.Threat((10.0, 20.0, 40.0, 60.0), "CONTRABAND", "organic, 5 kg", 0.75),)
    data = scan_dicos.write_tdr(threats, of="ab" * 32, moment="20260101120000")
    assert scan_dicos.read_tdr(data, "t.dcs") == threats
    assert read(data, "t.dcs").format is ScanFormat.DICOS_TDR
    assert scan_dicos.read_tdr(scan_dicos.write_tdr((), of="0", moment="20260101120000"), "t.dcs") == ()


def test_reports_of_the_developers_are_read(shared: Path) -> None:
    data = (shared / "data" / "scan" / "files" / "tdr.dcs").read_bytes()
    (threat,) = scan_dicos.read_tdr(data, "tdr.dcs")
    assert threat.box == (230.0, 100.0, 270.0, 128.0)
    assert threat.probability == pytest.approx(0.8)


def test_a_made_image_is_known_by_its_pixels_when_its_header_lies() -> None:
    made = read(neutral_tiff(counts(), replace(META, image_kind=ImageKind.TIP)))
    laundered = read(neutral_tiff(made.pixels, META))
    assert made.image_kind is ImageKind.TIP
    assert laundered.meta.image_kind is ImageKind.OPERATIONAL
    assert laundered.image_kind is ImageKind.SIMULATED


def test_the_mark_moves_no_count_by_more_than_one_and_survives_a_crop() -> None:
    pixels = counts()
    marked = mark(pixels)
    assert np.abs(marked.astype(int) - pixels).max() == 1
    assert is_marked(marked)
    assert is_marked(marked[:, :, 13:])
    assert not is_marked(pixels)
    assert not is_marked(np.full((2, 30, 90), 52_900, np.uint16))


def test_a_side_car_says_what_it_was_made_of() -> None:
    text = json.dumps(sidecar_of(META)).encode()
    assert parse_sidecar(text, "a.json")["channels"] == ["low", "high"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"{", FormatError), (b"\xff", FormatError), (b"[1]", SchemaError), (b'{"schema": "headwater.scan/1", "a": 1, "a": 2}', SchemaError),
        (b'{"schema": "headwater.scan/1", "air": [Infinity]}', SchemaError), (b"[" * 50_000, InputError), (b"1" * 2_000_000, LimitError),
    ],
)  # fmt: skip
def test_a_side_car_that_lies_is_refused(text: bytes, error: type[HeadwaterError]) -> None:
    with pytest.raises(error):
        parse_sidecar(text, "a.json")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channels", "low"), ("channels", []), ("channels", ["low", "low"]), ("air", [1]), ("air", [1e300, 2.0]), ("air", [50_000, 1e7]), ("air", [True, 2]), ("dark", [60_000, 0]), ("mm_per_px", {"x": 0, "y": 1}),
        ("mm_per_px", []), ("image_kind", "real"), ("vehicle", {"plate": 5}), ("dose_usv", -1), ("readings", [{"kind": "esp", "alarm": True, "p_d": 0.5, "p_fa": 0.1}]),
        ("readings", [{"kind": "co2", "alarm": True, "p_d": 1.0, "p_fa": 0.1}]), ("readings", 5), ("scanner", {"energies_mv": ["x"]}),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_refused(field: str, value: object) -> None:
    text = json.dumps({**sidecar_of(META), field: value})
    with pytest.raises(SchemaError):
        read(tiff(counts(), text))


def tiff(pixels: Any, text: str, **more: Any) -> bytes:
    """A TIFF with any side-car."""
    import tifffile

    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for number, page in enumerate(pixels):
            writer.write(
                page, photometric="minisblack", metadata=None, description=text if number == 0 else None, **more
            )
    return out.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {"rowsperstrip": 7},
        {"tile": (16, 32)},
        {"compression": "zlib", "rowsperstrip": 9},
        {"compression": "zlib", "tile": (32, 16)},
    ],
)
def test_strips_and_tiles_of_any_size_make_the_same_page(options: dict[str, Any]) -> None:
    pixels = counts(shape=(2, 45, 77))
    assert (read(tiff(pixels, json.dumps(sidecar_of(META)), **options)).pixels == pixels).all()


def test_a_strip_that_inflates_to_a_thousand_times_its_share_is_cut_off() -> None:
    pixels = np.zeros((2, 64, 64), np.uint16)
    data = bytearray(tiff(pixels, json.dumps(sidecar_of(META)), compression="zlib"))
    bomb = zlib.compress(bytes(64_000_000), 9)
    page = scan_tiff.walk(memoryview(bytes(data)), "a.tif")[0]
    grown = bytes(data) + bomb
    # The first strip of the first page now names the bomb.
    (offset, count) = page.parts[0]
    grown = grown.replace(struct.pack("<I", offset), struct.pack("<I", len(data)), 1).replace(
        struct.pack("<I", count), struct.pack("<I", len(bomb)), 1
    )
    try:
        scan = read(grown)
    except InputError:
        return
    assert scan.pixels.nbytes == pixels.nbytes


def test_more_pages_than_four_are_refused() -> None:
    with pytest.raises(LimitError):
        read(tiff(counts(shape=(5, 8, 8)), "{}"))


def test_a_picture_that_claims_too_much_is_refused_before_it_is_decoded() -> None:
    side = int(MAX_PIXELS**0.5) + 1
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    with pytest.raises(LimitError):
        read(head + bytes(400), "a.png")


def test_a_grey_picture_of_16_bits_with_a_side_car_is_counts(tmp_path: Path) -> None:
    import cv2

    one = counts()[0]
    _, data = cv2.imencode(".png", one)
    side = sidecar_of(replace(META, channels=("high",), air=(52_900.0,), dark=(0.0,)))
    (tmp_path / "a.json").write_text(json.dumps(side), encoding="utf-8")
    scan = read_scan(bytes(data), "a.png", folder(tmp_path))
    assert scan.format is ScanFormat.IMAGE16
    assert (scan.pixels[0] == one).all()
    with pytest.raises(SchemaError, match="side-car"):
        read(bytes(data), "a.png")


@pytest.mark.parametrize("cut", [0, 3, 9, 60, 500, -9, -400])
def test_a_cut_file_is_refused(cut: int) -> None:
    data = neutral_tiff(counts(), META)
    with pytest.raises(InputError):
        read(data[:cut])


def test_any_single_changed_byte_gives_an_image_or_a_declared_error() -> None:
    whole = neutral_tiff(counts(shape=(2, 12, 16)), META)
    draw = np.random.default_rng(8)
    for _ in range(400):
        data = bytearray(whole)
        data[int(draw.integers(len(data)))] = int(draw.integers(256))
        try:
            read(bytes(data))
        except HeadwaterError:
            continue


def test_two_halves_of_different_size_are_not_joined() -> None:
    halves = [
        read(
            scan_dicos.write_dx(
                counts(shape=(2, 20, width))[at], META, channel=at, series="s", moment="20260101120000"
            ),
            "a.dcs",
        )
        for at, width in ((0, 30), (1, 31))
    ]
    with pytest.raises(SchemaError, match="differ in size"):
        joined(halves)


@pytest.mark.parametrize("name", scan_dicos.NAMED)
def test_an_image_that_names_a_person_in_any_one_place_is_refused(name: str) -> None:
    import pydicom

    data = scan_dicos.write_dx(counts()[0], META, channel=0, series="s", moment="20260101120000")
    made = pydicom.dcmread(io.BytesIO(data))
    setattr(made, name, "19700101" if "Date" in name else "Nobody^Invented")
    out = io.BytesIO()
    made.save_as(out)
    with pytest.raises(SchemaError, match="a person is named"):
        read(out.getvalue(), "a.dcs")


def test_a_picture_keeps_red_red() -> None:
    import cv2

    image = np.zeros((2, 3, 3), np.uint8)
    image[0, 0], image[1, 2] = (255, 10, 20), (1, 2, 250)
    found = cv2.imdecode(np.frombuffer(png(image), np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    assert (found[..., ::-1] == image).all()
