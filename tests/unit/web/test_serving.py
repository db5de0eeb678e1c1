"""Addresses are taken once: who finds one free holds it from that moment."""

import subprocess
import sys

import pytest

from headwater.errors import SettingsError
from headwater.web.serving import _bound


def test_an_address_that_was_found_free_cannot_be_taken_by_another_that_starts_at_once() -> None:
    with _bound("127.0.0.1", 0, "page") as first:
        port = first.getsockname()[1]
        with pytest.raises(SettingsError, match="cannot listen"):
            _bound("127.0.0.1", port, "page")


def test_a_node_is_served_without_the_engines_compiled_kernels() -> None:
    code = "import sys\nimport headwater.web.partner\nfrom headwater.web.pages import every_page\nlist(every_page())\nprint(sorted({'numba', 'scipy', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", "each costs a node some 70 MB"
