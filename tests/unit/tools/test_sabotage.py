"""Patches of a file are tried as those planted in the repository are."""

import json
from pathlib import Path

from tools.sabotage import read


def test_patches_of_a_file_are_held_to_the_suites_they_name_or_to_those_nearest_to_their_room(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    patch = {"name": "day", "file": "policy/retention.py", "old": "a", "new": "b"}
    file.write_text(json.dumps([{**patch, "suites": ["tests/unit/policy"]}, patch, {**patch, "file": "web/app.py"}]))
    named, nearest, page = read(file)
    assert (named.name, named.file, named.old, named.new) == ("day", "policy/retention.py", "a", "b")
    assert named.suites == ("tests/unit/policy",)
    assert "tests/property/test_view.py" in nearest.suites
    assert page.suites == ("tests/unit/web",)
