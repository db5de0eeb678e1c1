"""A case's sealed bundles as its page lists them."""

import json

from headwater.node import Node
from headwater.node.pages import casefile


def sealed(node: Node, name: str, seal: str) -> None:
    folder = node.home / casefile.SEALED / name
    folder.mkdir(parents=True)
    (folder / "seal.json").write_text(seal)


def test_a_case_shows_its_own_bundles_and_those_of_no_case_whose_number_begins_so(node: Node) -> None:
    for name in ("01RS0000125-2", "01RS0000125-1", "01RS00001250-1", "101RS0000125-1", "01RS0000125"):
        sealed(node, name, json.dumps({"head": {"root": f"root of {name}", "count": 3}}))
    sealed(node, "01RS0000125-3", "cut")
    shown = casefile.bundles(node, "01RS0000125")
    assert [(one.name, one.root, one.count) for one in shown] == [
        ("01RS0000125-1", "root of 01RS0000125-1", 3),
        ("01RS0000125-2", "root of 01RS0000125-2", 3),
    ]
    assert casefile.bundles(node, "01RS000012") == []
