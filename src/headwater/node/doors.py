"""How the doors of a node are opened: what the command that serves it asks for, and what it is told."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PageDoor:
    """How the analyst's page is reached where that is not by plain HTTP on the loopback.

    Attributes:
        tls: certificate and key, each a PEM file.
        behind_proxy: whether a proxy that speaks TLS stands before it.
    """

    tls: tuple[Path, Path] | None = None
    behind_proxy: bool = False


@dataclass(frozen=True, slots=True)
class Serving:
    """What a node serves, and where.

    Attributes:
        page: address of the analyst's page, empty where there is none.
        trouble: why there is none although the settings ask for it.
    """

    authority: str
    listen: str
    page: str
    trouble: str = ""
