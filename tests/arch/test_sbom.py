"""The bill of materials names all that ships, with hashes, and is the same each time."""

import json
import re

from tools import sbom

TEXT = sbom.LOCKED.read_text(encoding="utf-8")


def test_every_locked_distribution_stands_in_the_bill_with_its_hashes() -> None:
    made = sbom.bill(TEXT, "0.0")
    names = {(one["name"], one["version"]) for one in made["components"]}
    locked = set(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", TEXT, re.MULTILINE))
    assert names == locked
    assert len(names) >= 20
    hashes = [each["content"] for one in made["components"] for each in one["externalReferences"][0]["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:([0-9a-f]{64})", TEXT))
    assert all(one["externalReferences"][0]["hashes"] for one in made["components"])
    assert made["dependencies"][0]["dependsOn"] == [one["purl"] for one in made["components"]]


def test_the_same_lock_gives_the_same_bill() -> None:
    assert json.dumps(sbom.bill(TEXT, "1")) == json.dumps(sbom.bill(TEXT, "1"))
    assert sbom.bill(TEXT, "1")["serialNumber"] != sbom.bill(TEXT, "2")["serialNumber"]
