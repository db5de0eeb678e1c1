"""Addresses are taken once: who finds one free holds it from that moment."""

import subprocess
import sys

import pytest
from starlette.routing import Route

from headwater.errors import SettingsError
from headwater.node import Node, taxii_users
from headwater.web.partner import partner_app
from headwater.web.serving import _bound, _with_taxii
from tests.node_world import WRITER, as_user


def test_an_address_that_was_found_free_cannot_be_taken_by_another_that_starts_at_once() -> None:
    with _bound("127.0.0.1", 0, "page") as first:
        port = first.getsockname()[1]
        with pytest.raises(SettingsError, match="cannot listen"):
            _bound("127.0.0.1", port, "page")


def test_a_node_is_served_without_the_engines_compiled_kernels() -> None:
    code = "import sys\nimport headwater.web.partner\nfrom headwater.web.pages import every_page\nlist(every_page())\nprint(sorted({'numba', 'scipy', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", "each costs a node some 70 MB"


def test_taxii_is_served_beside_the_partners_api_where_a_user_may_ask_and_nowhere_else(node: Node) -> None:
    def paths() -> set[str]:
        routes = _with_taxii(partner_app(node.exchange), node).router.routes
        return {route.path for route in routes if isinstance(route, Route)}

    assert "/taxii2/" not in paths()
    taxii_users.set_password(node, as_user(node, WRITER, "operation"), WRITER, "a long enough one")
    assert "/taxii2/" in paths()
