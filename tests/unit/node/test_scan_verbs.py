"""The verbs of the scan room on made-up scans: documents as the contract says, made images refused, findings that name their image."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headwater.engines.scan.site import LEAST_CLEAN
from headwater.errors import ForbiddenError, FormatError, SchemaError, SignatureError
from headwater.exercise.vehicles.scenes import Machine, make_scene, render
from headwater.formats.scan_dicos import read_tdr
from headwater.formats.scan_read import read_scan
from headwater.formats.scan_write import neutral_tiff
from headwater.model.scan import ImageKind
from headwater.node import scan as use
from headwater.node import scan_compare, scan_evaluate, scan_keep, scan_make, scan_model
from headwater.testing.fakes import FakeClock
from tests.node_world import as_user, init, node_at

pytestmark = pytest.mark.slow
COARSE = Machine(name="test", mm=10.0)


def same_shape(told: Any, example: Any, at: str = "") -> None:
    """Every field of the example stands in a document, with the same kind of value."""
    if isinstance(example, dict) and example and not all(key.replace(".", "").isdigit() for key in example):
        assert isinstance(told, dict), at
        for key, value in example.items():
            assert key in told, f"{at}.{key}"
            same_shape(told[key], value, f"{at}.{key}")
    elif isinstance(example, list) and example and isinstance(example[0], dict):
        assert isinstance(told, list), at
        for one in told:
            same_shape(one, example[0], at)


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A van with a person in it, twice: as simulated, and as an operational portal would have it."""
    folder = tmp_path_factory.mktemp("scans")
    draw = np.random.default_rng(53)
    made = render(make_scene("van", draw, COARSE, loaded="empty", item="person"), COARSE, draw)
    (folder / "made.tif").write_bytes(neutral_tiff(made.pixels, made.meta))
    (folder / "real.tif").write_bytes(
        neutral_tiff(made.pixels, replace(made.meta, image_kind=ImageKind.OPERATIONAL, plate="ZZ00TST"))
    )
    (folder / "truth.jsonl").write_text(
        "".join(json.dumps({"file": name, **made.truth}) + "\n" for name in ("made.tif", "real.tif"))
    )
    return folder


def test_read_answers_as_the_contract_says(shared: Path, scans: Path) -> None:
    example = json.loads((shared / "data/scan/contract/read.json").read_text())
    told = use.read_files([scans])
    same_shape(told, example)
    assert [one["image_kind"] for one in told["scans"]] == ["simulated", "operational"]


def test_detect_answers_as_the_contract_says_and_draws(shared: Path, scans: Path, tmp_path: Path) -> None:
    example = json.loads((shared / "data/scan/contract/detect.json").read_text())
    out = use.Outputs(tmp_path / "f.jsonl", tmp_path / "pictures", tmp_path / "reports")
    told = use.detect_files([scans / "made.tif"], use.watching(None, 0.05, None), out)
    same_shape(told, example)
    (one,) = told["scans"]
    assert one["evidence"] is False
    assert one["operating_point"]["evaluated"] is False
    assert (tmp_path / "pictures" / "made.png").read_bytes()[:4] == b"\x89PNG"
    threats = read_tdr((tmp_path / "reports" / "made.tdr.dcs").read_bytes(), "made.tdr.dcs")
    assert len(threats) == len(one["alarms"]) == len((tmp_path / "f.jsonl").read_text().splitlines())


def test_a_single_energy_is_said_not_to_be_assessed(shared: Path) -> None:
    told = use.detect_files(
        [shared / "data/scan/files/single.tif", shared / "data/scan/files/look.png"], use.watching(None, 0.05, None)
    )
    single, look = told["scans"]
    assert not single["assessed"]["detect"]
    assert look["assessed"]["reasons"] == ["8-bit, material not assessed"]
    assert single["alarms"] == look["alarms"] == []


def test_compare_answers_as_the_contract_says(shared: Path) -> None:
    vans = shared / "data/scan/vans"
    example = json.loads((shared / "data/scan/contract/compare.json").read_text())
    told = scan_compare.compare_files(vans / "p1_weapon.tif", vans / "p1_ref.tif", None, 0.05)
    same_shape(told, example)
    assert told["registered"]
    assert told["alarms"][0]["kind"] == "extra"
    with pytest.raises(SchemaError, match="another vehicle"):
        scan_compare.compare_files(vans / "p1_weapon.tif", vans / "p0_ref.tif", None, 0.05)


def test_tip_answers_as_the_contract_says_and_cannot_be_laundered(shared: Path, tmp_path: Path) -> None:
    example = json.loads((shared / "data/scan/contract/tip.json").read_text())
    told = scan_make.tip(shared / "data/scan/vans/l00_clean.tif", "pistol", 5, tmp_path)
    same_shape(told, example)
    path = Path(told["files"][0])
    made = read_scan(path.read_bytes(), path.name, lambda _: None)
    assert made.image_kind is ImageKind.TIP
    laundered = read_scan(
        neutral_tiff(made.pixels, replace(made.meta, image_kind=ImageKind.OPERATIONAL)), "a.tif", lambda _: None
    )
    assert laundered.image_kind is not ImageKind.OPERATIONAL
    with pytest.raises(SchemaError, match="already"):
        scan_make.tip(path, "pistol", 6, tmp_path)


def test_the_same_seed_simulates_the_same_bytes(tmp_path: Path) -> None:
    one, two = (scan_make.simulate("van", "pistol", 1, 61, tmp_path / name, load="empty") for name in ("one", "two"))
    assert Path(one["files"][0]).read_bytes() == Path(two["files"][0]).read_bytes()
    assert one["truth"][0]["box_px"] == two["truth"][0]["box_px"]


def test_site_and_evaluate_say_when_too_few(scans: Path, shared: Path, tmp_path: Path) -> None:
    made = use.site_files([scans], tmp_path / "site.json", None)
    assert made["clean_scans"] == 2 < LEAST_CLEAN
    assert "too few" in made["warnings"][0]
    example = json.loads((shared / "data/scan/contract/evaluate.json").read_text())
    card = scan_evaluate.evaluate(scans, scans, tmp_path / "site.json", [0.05], tmp_path / "card.json")
    same_shape(card, {key: value for key, value in example.items() if key != "classes"})
    assert card["classes"]["person"]["n"] == 2
    assert json.loads((tmp_path / "card.json").read_text()) == card
    assert (tmp_path / "card.png").is_file()


def lanes(folder: Path, scan: Path) -> tuple[Path, Path]:
    """Two lanes that both count their scans from one: passes of two vehicles under one file name."""
    made = read_scan(scan.read_bytes(), scan.name, lambda _: None)
    for lane, plate in (("lane-1", "ZZ01TST"), ("lane-2", "ZZ02TST")):
        (folder / lane).mkdir()
        (folder / lane / "0001.tif").write_bytes(neutral_tiff(made.pixels, replace(made.meta, plate=plate)))
    return folder / "lane-1", folder / "lane-2"


def test_a_scan_is_not_compared_with_itself(scans: Path, tmp_path: Path) -> None:
    copy = tmp_path / "reference.tif"
    copy.write_bytes((scans / "real.tif").read_bytes())
    with pytest.raises(SchemaError, match="the very image"):
        scan_compare.compare_files(scans / "real.tif", copy, None, 0.05)


def test_copies_are_no_clean_scans_more(scans: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.tif").write_bytes((scans / "real.tif").read_bytes())
    made = use.site_files([scans, scans, tmp_path / "copy.tif"], tmp_path / "site.json", None)
    assert (made["clean_scans"], made["pairs"]) == (2, 0)
    assert "3 scan(s) left out: the same file again" in made["warnings"][1]


def test_two_lanes_with_the_same_file_names_are_told_apart(scans: Path, tmp_path: Path) -> None:
    both = lanes(tmp_path, scans / "real.tif")
    assert use.site_files(both, tmp_path / "site.json", None)["pairs"] == 0
    out = use.Outputs(None, tmp_path / "pictures", tmp_path / "reports")
    told = use.detect_files(both, use.watching(None, 0.05, None), out)
    second = f"0001-{told['scans'][1]['sha256'][:12]}"
    assert {path.stem for path in (tmp_path / "pictures").glob("*.png")} == {"0001", second}
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {"0001.tdr.dcs", f"{second}.tdr.dcs"}


def test_a_kept_scan_gives_findings_that_name_its_hash_and_a_made_one_is_refused(scans: Path, tmp_path: Path) -> None:
    using = use.watching(None, 0.05, None)
    node = node_at(init(tmp_path / "home"), FakeClock())
    analyst = as_user(node, purpose="border-safety")
    with pytest.raises(ForbiddenError) as refused:
        scan_keep.keep_files(node, analyst, [scans / "real.tif", scans / "made.tif"], using)
    assert refused.value.exit == 77
    with node.view(analyst) as view:
        assert list(view.records(source="scan")) == []
    kept = scan_keep.keep_files(node, analyst, [scans / "real.tif"], using)
    assert kept["records"] == 1
    with node.view(analyst) as view:
        (record,) = view.records(source="scan")
        assert bytes(view.blob(record.blobs[0])) == (scans / "real.tif").read_bytes()
        for finding in kept["kept"]:
            assert view.finding(finding).evidence[0].ref == record.blobs[0]
    assert kept["outcomes"]


def heat_map(folder: Path, **change: Any) -> Path:
    """An agency's model that calls every pixel by its attenuation, and its manifest."""
    from hashlib import sha256

    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Slice", ["image", "zero", "one", "axis"], ["low"], domain=change.pop("domain", "")),
        helper.make_node("Sigmoid", ["low"], ["person"]),
    ]
    constants = [
        helper.make_tensor(name, TensorProto.INT64, [1], [value])
        for name, value in (("zero", 0), ("one", 1), ("axis", 1))
    ]
    given = helper.make_tensor_value_info("image", TensorProto.FLOAT, change.pop("shape", [1, 2, None, None]))
    told = helper.make_tensor_value_info("person", TensorProto.FLOAT, [1, 1, None, None])
    if change.pop("external", False):
        constants[0].data_location = TensorProto.EXTERNAL
        entry = constants[0].external_data.add()
        entry.key, entry.value = "location", "../../weights.bin"
    graph = helper.make_graph(nodes, "g", [given], [told], constants)
    opsets = [helper.make_opsetid("", 17)]
    data = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    manifest = {
        "schema": "headwater.scan.model/1", "id": "agency", "kind": "heat-map", "channels": ["low", "high"], "mm_per_px": 10, "classes": ["person"],
        "sha256": sha256(data).hexdigest(), "licence": "own", "data_card": "none", **change,
    }  # fmt: skip
    path = folder / "agency.onnx"
    path.write_bytes(data)
    path.with_suffix(".json").write_text(json.dumps(manifest))
    return path


def test_an_agencys_own_model_is_run(scans: Path, tmp_path: Path) -> None:
    told = use.detect_files([scans / "made.tif"], use.watching(None, 0.05, str(heat_map(tmp_path))))
    assert told["scans"][0]["model"]["id"] == "agency"
    assert told["scans"][0]["score"] is not None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"sha256": "0" * 64}, SignatureError), ({"kind": "magic"}, SchemaError), ({"classes": []}, SchemaError), ({"channels": ["low"]}, SchemaError),
        ({"mm_per_px": 0}, SchemaError), ({"domain": "com.custom"}, SchemaError), ({"shape": [1, 3, None, None]}, SchemaError),
        ({"shape": [1, 2, None]}, (SchemaError, FormatError)), ({"external": True}, SchemaError), ({"schema": "x"}, SchemaError),
    ],
)  # fmt: skip
def test_a_model_that_is_not_what_it_says_is_not_run(
    tmp_path: Path, change: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        scan_model.load(str(heat_map(tmp_path, **change)))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = heat_map(tmp_path)
    path.write_bytes(b"nothing")
    manifest = json.loads(path.with_suffix(".json").read_text())
    from hashlib import sha256

    path.with_suffix(".json").write_text(json.dumps({**manifest, "sha256": sha256(b"nothing").hexdigest()}))
    with pytest.raises((FormatError, SchemaError)):
        scan_model.load(str(path))


@pytest.mark.parametrize("end", [0, 10, 5000])
def test_a_pressed_model_that_was_cut_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: int) -> None:
    whole = (scan_model.DATA / f"{scan_model.BUILTIN}.onnx.gz").read_bytes()
    (tmp_path / f"{scan_model.BUILTIN}.onnx.gz").write_bytes(whole[:end] if end else b"nothing" + whole)
    (tmp_path / f"{scan_model.BUILTIN}.json").write_bytes((scan_model.DATA / f"{scan_model.BUILTIN}.json").read_bytes())
    monkeypatch.setattr(scan_model, "DATA", tmp_path)
    with pytest.raises(FormatError, match="pressed"):
        scan_model.load(None)


def test_the_model_that_ships_is_small_and_says_where_it_comes_from() -> None:
    model = scan_model.load(None)
    assert (scan_model.DATA / f"{scan_model.BUILTIN}.onnx.gz").stat().st_size < 5_000_000
    assert "simulator" in model.manifest["data_card"]["data"]
    assert len(model.base.clean) >= 99
    assert len(model.base.pairs) >= 19
