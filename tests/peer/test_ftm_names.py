"""Every name that headwater speaks inside is FollowTheMoney's own, and means the same there."""

from pathlib import Path
from typing import Any

import pytest

from headwater.model.schema import IDENTITY_PROPERTIES, SENSITIVE_PROPERTIES, schemata
from tools.peers import PeerError, bring

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def peer() -> dict[str, dict[str, Any]]:
    """FollowTheMoney's schema as its YAML files say it."""
    try:
        import yaml
    except ImportError:
        pytest.skip("PyYAML is not installed: it reads FollowTheMoney's schema")
    try:
        folder: Path = bring("followthemoney") / "followthemoney" / "schema"
    except PeerError as error:
        pytest.skip(str(error))
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.y*ml"))]
    return {name: body for file in files for name, body in file.items()}


def ancestors(peer: dict[str, dict[str, Any]], name: str) -> set[str]:
    above = set(peer[name].get("extends", []))
    return above.union(*(ancestors(peer, parent) for parent in above))


def properties(peer: dict[str, dict[str, Any]], name: str) -> dict[str, str]:
    """The properties of a type, its own before those of its parents, with their kind; reverse ones left out."""
    found: dict[str, str] = {}
    for parent in peer[name].get("extends", []):
        found |= properties(peer, parent)
    own = peer[name].get("properties", {}) or {}
    return found | {prop: (body or {}).get("type", "string") for prop, body in own.items()}


def test_every_entity_type_is_there_with_the_same_ancestors(peer: dict[str, dict[str, Any]]) -> None:
    ours = schemata()
    assert [name for name in ours if name not in peer] == []
    kept = {name: schema.extends for name, schema in ours.items()}
    assert kept == {name: ancestors(peer, name) & ours.keys() for name in ours}
    assert {name: ancestors(peer, name) - ours.keys() for name in ours if ancestors(peer, name) - ours.keys()} == {}


def test_every_property_is_there_with_the_same_kind(peer: dict[str, dict[str, Any]]) -> None:
    wrong = {
        (name, prop): (kind, properties(peer, name).get(prop))
        for name, schema in schemata().items()
        for prop, kind in schema.properties.items()
        if properties(peer, name).get(prop) != kind
    }
    assert wrong == {}


def test_what_names_or_endangers_a_person_is_a_property_somewhere(peer: dict[str, dict[str, Any]]) -> None:
    everywhere = {prop for name in peer for prop in properties(peer, name)}
    assert everywhere >= SENSITIVE_PROPERTIES
    # Words of the agreements between partners, which FollowTheMoney does not have.
    assert IDENTITY_PROPERTIES - everywhere <= {"account", "deviceId", "photo"}


def test_the_comparison_sees_a_wrong_name_and_a_wrong_kind(peer: dict[str, dict[str, Any]]) -> None:
    assert "faceTemplate" not in properties(peer, "Person")
    assert properties(peer, "Person")["birthDate"] == "date"
    assert {"LegalEntity", "Thing"} <= ancestors(peer, "Person")
