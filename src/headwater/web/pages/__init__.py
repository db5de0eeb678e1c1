"""The pages, one module for each: its routes, what it asks of the node, what it shows."""

from collections.abc import Iterator
from importlib import import_module
from typing import Final

from headwater.web import pictured
from headwater.web.page import Page

MODULES: Final = (
    "signing",
    "authenticators",
    "news",
    "start",
    "queue",
    "findings",
    "search",
    "entities",
    "exchange",
    "cases",
    "case_files",
    "protect",
    "audit",
    "admin",
    "helping",
    "api",
)
"""Every module with pages, in the order of the navigation."""


def every_page() -> Iterator[Page]:
    """Yield the routes of all pages."""
    for name in (*MODULES, *pictured.MODULES):
        yield from import_module(f"{__name__}.{name}").PAGES
