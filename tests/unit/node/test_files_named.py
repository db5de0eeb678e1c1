"""Documents of what was made of files: each hash is that of the file it stands beside, and no document tells where on this machine it lay."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from headwater.errors import FormatError, SchemaError
from headwater.exercise.vehicles.scenes import Machine, make_scene, render
from headwater.formats.scan_read import read_scan
from headwater.formats.scan_write import neutral_tiff
from headwater.model.detections import Reject
from headwater.model.scan import ImageKind
from headwater.node import graphs, scan, scan_compare, scan_make, trace
from headwater.node.watch_alerts import Alerted
from headwater.node.watch_tracks import Tracked

COARSE = Machine(name="test", mm=10.0)
HEAD = "id,label,role\n"
TRUTH = "A1,smuggling,organiser\nA2,smuggling,payer\nA3,smuggling,mule\nA4,fraud,organiser\nA5,none,\nV1,smuggling,vehicle\nV2,smuggling,payer\n"
HIRES = "id,vehicle,plate\nV1,vin-1,ZZ01\nV2,vin-2,ZZ02\nV3,vin-3,ZZ03\n"


@pytest.fixture(scope="module")
def vans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One van twice, as an operational portal has it: before, and with something in it."""
    folder = tmp_path_factory.mktemp("vans")
    draw = np.random.default_rng(53)
    made = render(make_scene("van", draw, COARSE, loaded="empty"), COARSE, draw)
    meta = replace(made.meta, image_kind=ImageKind.OPERATIONAL, plate="ZZ00TST")
    darker = made.pixels.copy()
    darker[:, 40:60, 60:80] = (darker[:, 40:60, 60:80] * 0.7).astype(darker.dtype)
    paths = folder / "before.tif", folder / "now.tif"
    paths[0].write_bytes(neutral_tiff(made.pixels, meta))
    paths[1].write_bytes(neutral_tiff(darker, meta))
    return paths


def hash_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def test_a_comparison_names_both_files_each_with_its_own_hash(vans: tuple[Path, Path]) -> None:
    before, now = vans
    for new, old in ((now, before), (before, now)):
        told = scan_compare.compare_files(new, old, None, 0.1)
        assert (Path(told["file"]).name, told["sha256"]) == (new.name, hash_of(new))
        assert (Path(told["reference"]).name, told["reference_sha256"]) == (old.name, hash_of(old))
        assert (told["declared_fa"], told["site"]) == (0.1, None)
        assert [one["id"] for one in told["alarms"]] == [f"c{number}" for number in range(1, len(told["alarms"]) + 1)]
        assert all(one["score"] > told["threshold"] for one in told["alarms"])
        assert told["registered"] or not told["alarms"]


def test_what_is_read_bears_the_hash_of_its_file(vans: tuple[Path, Path]) -> None:
    told = scan.read_files(list(vans))
    assert [one["sha256"] for one in told["scans"]] == [hash_of(path) for path in vans]


def test_an_image_with_an_item_put_in_says_so_and_takes_no_second_one(vans: tuple[Path, Path], tmp_path: Path) -> None:
    clean, _ = vans
    told = scan_make.tip(clean, "pistol", 5, tmp_path / "out")
    [file] = map(Path, told["files"])
    [truth] = told["truth"]
    made, was = (read_scan(path.read_bytes(), path.name, lambda _: None) for path in (file, clean))
    assert (made.meta.image_kind, was.meta.image_kind) == (ImageKind.TIP, ImageKind.OPERATIONAL)
    assert replace(made.meta, image_kind=was.meta.image_kind, air=was.meta.air) == was.meta
    assert (truth["file"], truth["item"], truth["seed"]) == (str(file), "pistol", 5)
    assert file.name == "before-pistol-5.tif"
    assert hash_of(clean).encode() in file.read_bytes(), "it says of which scan it was made"
    with pytest.raises(SchemaError, match="an item in it already"):
        scan_make.tip(file, "pistol", 6, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.slow
@pytest.mark.parametrize("pair", [False, True])
def test_each_image_of_a_made_up_fleet_can_be_made_again_from_the_seed_it_names(tmp_path: Path, pair: bool) -> None:
    told = scan_make.simulate("van", "pistol", 2, 61, tmp_path / "out", load="empty", pair=pair)
    assert [Path(file).name for file in told["files"]] == [one["file"] for one in told["truth"]]
    roles = ["reference", "later"] if pair else ["scan"]
    assert [(one["role"], one["seed"]) for one in told["truth"]] == [
        (role, seed) for seed in (61, 62) for role in roles
    ]
    scan_make.simulate("van", "pistol", 1, told["truth"][-1]["seed"], tmp_path / "again", load="empty", pair=pair)
    for path in (tmp_path / "again").glob("*.tif"):
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_all_rejected_rows_are_counted_and_a_hundred_are_told(count: int) -> None:
    rejected = [Reject(number, "time", "no time") for number in range(count)]
    for made in (Tracked(300, rejected, 2, doubled=3), Alerted(300, rejected, 2, doubled=3)):
        told = made.document()
        assert (told["read"], told["rejected"], told["tracks"], told["doubled"]) == (300, count, 2, 3)
        assert told["rejects"] == [
            {"row": number, "field": "time", "reason": "no time"} for number in range(min(count, 100))
        ]


def test_a_year_is_learned_from_by_its_networks_and_not_by_who_pays_them(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text(HEAD + TRUTH, encoding="utf-8")
    (tmp_path / "hires.csv").write_text(HIRES, encoding="utf-8")
    assert trace._guilty(tmp_path) == {"A1", "A3", "V1", "vin-1", "ZZ01"}
    (tmp_path / "hires.csv").unlink()
    with pytest.raises(FormatError, match="no year with its truth") as caught:
        trace._guilty(tmp_path)
    assert caught.value.fix == "make one with: headwater trace make"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"@graph": 1}', '{"@context": {}, "@graph": [{"@id": "x"}]}'])
def test_a_graph_that_is_wrong_is_told_by_its_name_and_not_by_where_it_lies(tmp_path: Path, text: str) -> None:
    path = tmp_path / "graph.jsonld"
    path.write_text(text, encoding="utf-8")
    try:
        said = repr(graphs.check_file(path))
    except (FormatError, SchemaError) as error:
        said = f"{error} {error.where}"
    assert "graph.jsonld" in said or text.startswith('{"@')
    assert str(tmp_path) not in said
