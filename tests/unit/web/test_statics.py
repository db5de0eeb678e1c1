"""Static files: what is sent to which browser, and what the wheel may leave out."""

import gzip

import pytest

from headwater.web import statics


def test_a_file_that_is_shipped_pressed_alone_is_served_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = b"export const answer = 42;\n"
    whole = [("vendor/x.mjs", plain), ("vendor/x.mjs.gz", gzip.compress(plain))]
    names = []
    for shipped in (whole, whole[1:]):
        monkeypatch.setattr(statics, "_walk", lambda *_, shipped=shipped: shipped)
        tree = statics.tree.__wrapped__()
        found = tree.found["vendor/x.mjs"]
        assert found.best("") == ("", plain)
        coding, sent = found.best("gzip, deflate, br")
        assert (coding, gzip.decompress(sent)) == ("gzip", plain)
        assert found.kind == "text/javascript; charset=utf-8"
        names.append(tree.name)
    assert names[0] == names[1]
