"""What the page ships: each file as it is listed, pressed twins that hold the same, licences, a base map without names."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import brotli
import pytest

from headwater.web import statics
from tools import vendor

STATIC = vendor.STATIC
FILES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
LISTED: dict[str, str] = {
    name: digest
    for digest, _, name in (
        line.partition("  ") for line in (STATIC / vendor.SUMS).read_text(encoding="utf-8").splitlines()
    )
}


def test_the_list_names_every_file_with_its_hash() -> None:
    assert sorted([*LISTED, vendor.SUMS]) == FILES
    changed = [
        name for name, digest in LISTED.items() if hashlib.sha256((STATIC / name).read_bytes()).hexdigest() != digest
    ]
    assert changed == []


@pytest.mark.parametrize("name", [name for name in FILES if Path(name).suffix in vendor.PRESSED])
def test_pressed_twins_hold_what_their_file_holds(name: str) -> None:
    data = (STATIC / name).read_bytes()
    assert gzip.decompress((STATIC / f"{name}.gz").read_bytes()) == data
    assert brotli.decompress((STATIC / f"{name}.br").read_bytes()) == data


def test_every_package_that_is_shipped_has_its_licence_in_the_list() -> None:
    text = (STATIC / "vendor" / "LICENCES.txt").read_text(encoding="utf-8")
    packages = json.loads((vendor.ASSETS / "package.json").read_bytes())["dependencies"]
    for name, version in packages.items():
        assert re.search(rf"^{re.escape(name)} {re.escape(version)} \(", text, re.MULTILINE), name


def test_the_lock_pins_every_package_by_hash_and_names_no_registry() -> None:
    lock = json.loads((vendor.ASSETS / "package-lock.json").read_bytes())
    packages = [told for path, told in lock["packages"].items() if path]
    assert packages
    assert all(told["integrity"].startswith("sha512-") for told in packages)
    assert not any("resolved" in told for told in packages)


def test_the_base_map_holds_no_name_and_no_state_only_lines_with_pairs_of_codes() -> None:
    base = json.loads(statics.tree().found["vendor/region.json"].coded[""])
    assert set(base) == {"box", "scale", "land", "boundaries", "labels", "source"}
    pairs = [one["pair"] for one in base["boundaries"]]
    assert pairs.count("RS-XK") == 1
    assert all(re.fullmatch(r"[A-Z]{2}(\.[a-z]+)?-[A-Z]{2}(\.[a-z]+)?", pair) for pair in pairs)
    assert "Macedonia" not in json.dumps({**base, "source": ""})
    assert {"GB", "RS", "XK", "AL", "MK", "CY"} <= set(base["labels"])


def test_the_base_map_is_light_enough_for_its_budget() -> None:
    assert (STATIC / "vendor" / "region.json.gz").stat().st_size < 100_000


def test_no_shipped_file_of_ours_fetches_from_elsewhere() -> None:
    own = [name for name in FILES if "/" not in name and Path(name).suffix in {".js", ".css"}]
    assert own
    for name in own:
        assert not re.search(r"https?://(?!www\.w3\.org)", (STATIC / name).read_text(encoding="utf-8")), name
