"""Hostile scans, models, references and side files through `headwater scan`: a declared refusal in one line, quickly, and nothing kept.

Every one has a harmless twin that is taken, so that a refusal of everything would not pass.
"""

import io
import json
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from headwater.cli import main
from headwater.engines.scan.projector import transmission
from headwater.exercise.vehicles.parts import box
from headwater.exercise.vehicles.scenes import Machine, expose, make_scene, render
from headwater.formats.scan_dicos import write_dx
from headwater.formats.scan_read import read_scan
from headwater.formats.scan_sidecar import sidecar_of
from headwater.formats.scan_write import neutral_tiff
from headwater.model.scan import ImageKind
from headwater.testing.fakes import FakeClock
from tests.node_world import WRITER, as_user, init, node_at
from tests.scan_world import META, view

pytestmark = pytest.mark.slow
MOST_SECONDS = 5.0
COARSE = Machine(name="test", mm=10.0)
Said = tuple[int, str, str]
Call = Callable[..., Said]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command as a person calls it: exit code, answer, message."""
    for name in ("HEADWATER_HOME", "HEADWATER_USER", "HEADWATER_PURPOSE", "HEADWATER_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)

    def called(*words: str | Path) -> Said:
        begun = time.process_time()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        assert time.process_time() - begun < MOST_SECONDS
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(ended.value.code or 0), said.out, said.err

    return called


@cache
def pixels() -> Any:
    """A crate on the road."""
    solids = [box((60.0, 45.0, 0.0), (30.0, 30.0, 30.0), "organic", 0.6)]
    return expose(
        transmission(solids, view(240, 160), "mv3.5_6"), Machine(name="test", scatter=0.0), np.random.default_rng(7)
    )


def good(**meta: Any) -> bytes:
    """A scan that is taken."""
    return neutral_tiff(pixels(), replace(META, **meta))


def tiff(pages: Any, **change: Any) -> bytes:
    """Pages with a side-car of which fields are changed."""
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        for number, page in enumerate(pages):
            text = json.dumps({**sidecar_of(META), **change}) if number == 0 else None
            file.write(page, photometric="minisblack", metadata=None, description=text)
    return out.getvalue()


def claimed(side: int) -> bytes:
    """A whole scan whose header claims to be a square of that side."""
    data = bytearray(tiff(pixels()))
    for tag in (256, 257):
        at = data.index(struct.pack("<HH", tag, 4)) if struct.pack("<HH", tag, 4) in data else -1
        at = at if at >= 0 else data.index(struct.pack("<HH", tag, 3))
        data[at : at + 12] = struct.pack("<HHII", tag, 4, 1, side)
    return bytes(data)


def png(side: int) -> bytes:
    """A picture whose header claims a square of that side."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + body + bytes(300)


FILES: dict[str, Callable[[], bytes]] = {
    "cut.tif": lambda: good()[: len(good()) // 2],
    "no-bytes.tif": lambda: b"",
    "gigapixel.tif": lambda: claimed(60_000),
    "gigapixel.png": lambda: png(60_000),
    "nan-pixels.tif": lambda: tiff(np.full((2, 40, 90), np.nan, np.float32)),
    "nan-air.tif": lambda: tiff(pixels(), air=[float("nan"), 52_900.0]),
    "huge-air.tif": lambda: tiff(pixels(), air=["9" * 5_000, 52_900.0]),
    "five-pages.tif": lambda: tiff(np.zeros((5, 20, 20), np.uint16)),
    "three-channels.tif": lambda: tiff(pixels(), channels=["low", "high", "more"]),
    "one-page-for-two.tif": lambda: tiff(pixels()[:1]),
    "negative-pixel.tif": lambda: tiff(pixels(), mm_per_px={"x": -5.0, "y": 5.0}),
    "other-schema.tif": lambda: tiff(pixels(), schema="other/1"),
    "text.dcs": lambda: b"not DICOS at all" * 40,
    "lying.dcs": lambda: bytes(128) + b"DICM" + bytes(range(256)) * 3,
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_lies_is_refused_in_one_line_by_every_verb_that_reads(
    name: str, call: Call, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    for words in (("read",), ("detect",), ("material", "--out", tmp_path / "m.tif"), ("compare", "--reference", path)):
        code, out, err = call("scan", words[0], path, *words[1:])
        assert code == 65, (words, err)
        assert out == ""
        assert name in err
        assert len(err.splitlines()) <= 3
    assert not (tmp_path / "m.tif").exists()


def test_the_harmless_twins_are_taken(call: Call, tmp_path: Path) -> None:
    for name, data in (("good.tif", good()), ("tiff.tif", tiff(pixels()))):
        (tmp_path / name).write_bytes(data)
        code, out, _ = call("scan", "detect", tmp_path / name, "--json")
        assert code == 0
        assert json.loads(out)["scans"][0]["assessed"]["detect"]


def test_a_thumbnail_is_looked_at_and_says_that_nothing_was_assessed(call: Call, tmp_path: Path) -> None:
    import cv2

    path = tmp_path / "look.png"
    path.write_bytes(bytes(cv2.imencode(".png", (pixels()[0] // 256).astype(np.uint8))[1]))
    code, out, _ = call("scan", "detect", path, "--json")
    (scan,) = json.loads(out)["scans"]
    assert code == 0
    assert scan["alarms"] == []
    assert scan["assessed"]["reasons"] == ["8-bit, material not assessed"]


def test_a_scan_of_air_alone_and_one_that_is_all_dark_are_answered(call: Call, tmp_path: Path) -> None:
    for name, level in (("air.tif", 52_900), ("dark.tif", 3)):
        (tmp_path / name).write_bytes(neutral_tiff(np.full((2, 80, 160), level, np.uint16), META))
        code, out, err = call("scan", "detect", tmp_path / name, "--json")
        assert code == 0, err
        (scan,) = json.loads(out)["scans"]
        assert scan["alarms"] == []
        assert bool(scan["not_assessed"]) == (name == "dark.tif")


def test_one_bad_file_among_good_ones_leaves_nothing_in_the_store(call: Call, tmp_path: Path) -> None:
    home = init(tmp_path / "home")
    (tmp_path / "a.tif").write_bytes(good(image_kind=ImageKind.OPERATIONAL))
    (tmp_path / "b.tif").write_bytes(good()[:900])
    code, _, _ = call("scan", "detect", tmp_path / "a.tif", tmp_path / "b.tif", "--home", home, "--user", WRITER)
    assert code == 65
    node = node_at(home, FakeClock())
    with node.view(as_user(node, purpose="border-safety")) as seen:
        assert list(seen.records(source="scan")) == []


def model(folder: Path, *, domain: str = "", channels: int = 2, answers: int = 1, kind: str = "heat-map") -> Path:
    """An agency's network: one convolution of one weight."""
    from onnx import TensorProto, helper

    weight = helper.make_tensor("w", TensorProto.FLOAT, [answers, channels, 1, 1], [0.1] * (answers * channels))
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["x"], kernel_shape=[1, 1]),
        helper.make_node("Sigmoid", ["x"], ["told"], domain=domain),
    ]
    given = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, channels, None, None])
    told = helper.make_tensor_value_info("told", TensorProto.FLOAT, [1, answers, None, None])
    opsets = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    graph = helper.make_graph(nodes, "g", [given], [told], [weight])
    data = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    manifest = {
        "schema": "headwater.scan.model/1", "id": "agency", "kind": kind, "channels": ["low", "high"], "mm_per_px": 10,
        "classes": ["drugs"], "sha256": sha256(data).hexdigest(), "licence": "own", "data_card": "none",
    }  # fmt: skip
    path = folder / "agency.onnx"
    path.write_bytes(data)
    path.with_suffix(".json").write_text(json.dumps(manifest))
    return path


@pytest.mark.parametrize(
    "change", [{"domain": "com.custom"}, {"channels": 3}, {"answers": 2}, {"kind": "two-grids"}, {"kind": "two-looks"}]
)
def test_a_network_of_another_shape_or_with_an_operator_of_its_own_is_not_run(
    change: dict[str, Any], call: Call, tmp_path: Path
) -> None:
    (tmp_path / "a.tif").write_bytes(good())
    code, out, err = call("scan", "detect", tmp_path / "a.tif", "--model", model(tmp_path, **change))
    assert (code, out) == (65, "")
    assert len(err.splitlines()) <= 3


def test_the_network_without_the_fault_is_run(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(good())
    code, out, _ = call("scan", "detect", tmp_path / "a.tif", "--model", model(tmp_path), "--json")
    assert code == 0
    assert json.loads(out)["scans"][0]["model"]["id"] == "agency"


def test_a_network_with_another_hash_than_its_manifest_says_is_not_run(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(good())
    path = model(tmp_path)
    path.write_bytes(path.read_bytes() + b"\0")
    code, out, _ = call("scan", "detect", tmp_path / "a.tif", "--model", path)
    assert (code, out) == (76, "")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"schema": "headwater.scan.site/1"}', '{"schema": "headwater.scan.site/1", "laws": NaN}']
)
def test_a_site_file_that_is_none_is_refused(text: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(good())
    (tmp_path / "site.json").write_text(text)
    code, out, _ = call("scan", "detect", tmp_path / "a.tif", "--site", tmp_path / "site.json")
    assert (code, out) == (65, "")


def test_a_dicos_field_that_lies_is_not_repeated_in_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    data = write_dx(pixels()[0], META, channel=0, series="s", moment="20260101000000")
    assert data.count(b"2.25.") > 1
    scan = read_scan(data.replace(b"2.25.", b"J.DOE"), "a.dcs", lambda _: None)
    assert scan.pixels.shape[1:] == pixels()[0].shape
    assert not [one for one in recwarn if "DOE" in str(one.message)]


def passes(seed: int, **meta: Any) -> bytes:
    """An empty van."""
    draw = np.random.default_rng(seed)
    made = render(make_scene("van", draw, COARSE, loaded="empty"), COARSE, draw)
    return neutral_tiff(made.pixels, replace(made.meta, **meta))


def test_a_reference_of_another_vehicle_is_refused_by_its_plate_and_by_its_structure(
    call: Call, tmp_path: Path
) -> None:
    for name, data in (
        ("a.tif", passes(61, plate="ZZ01TST")), ("b.tif", passes(62, plate="ZZ02TST")), ("c.tif", passes(62)), ("d.tif", passes(61)),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(data)
    code, out, err = call("scan", "compare", tmp_path / "a.tif", "--reference", tmp_path / "b.tif")
    assert (code, out) == (65, "")
    assert "ZZ0" not in err
    code, out, _ = call("scan", "compare", tmp_path / "a.tif", "--reference", tmp_path / "c.tif", "--json")
    told = json.loads(out)
    assert (code, told["registered"], told["alarms"]) == (0, False, [])
    assert told["registration"]["why"]
    code, out, _ = call("scan", "compare", tmp_path / "a.tif", "--reference", tmp_path / "d.tif", "--json")
    assert (code, json.loads(out)["registered"]) == (0, True)
