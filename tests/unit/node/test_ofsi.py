"""The drafts for OFSI as text: what a person reads, corrects and sends."""

import pytest

from headwater.node.ofsi import DRAFT, text


@pytest.mark.parametrize(("held", "said"), [(False, "no"), (True, "yes")])
def test_whether_nothing_is_held_is_said_in_words(held: bool, said: str) -> None:
    lines = text({"kind": "ofsi-report", "status": DRAFT, "nothing_held": held}).splitlines()
    assert lines[lines.index("Nothing held") + 1] == f"  {said}"
