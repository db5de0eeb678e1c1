"""Serving one node: its partner API, the page of its officers, and the delivery of what is queued, until a signal comes."""

import ctypes
import gc
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headwater.errors import MissingExtraError, Place, SettingsError
from headwater.node import Node
from headwater.node.doors import PageDoor, Serving
from headwater.node.taxii_users import any_user

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from headwater.web.app import PageApp

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_NEW_OBJECTS: Final = 20_000
"""Objects after which the collector looks for circles: more than the largest batch keeps alive."""
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8
_HEAP: Final = {_ARENA_MAX: 1, _TRIM_THRESHOLD: 64 << 20, _TOP_PAD: 1 << 20, _MMAP_THRESHOLD: 32 << 20}
"""How the heap of a served process behaves: what is given back, asked for at once, and asked for apart, in bytes."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """The page as it is served; without an application it is none."""

    shown: str = ""
    trouble: str = ""
    app: "PageApp | None" = None
    address: tuple[str, int] = ("", 0)
    tls: tuple[Path, Path] | None = None
    listener: socket.socket | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, serve: Callable[..., None]) -> None:
        """Serve until `end`."""
        if self.app is not None:
            serve(self.app, *self.address, stop=self.over, tls=self.tls, listener=self.listener)

    def end(self) -> None:
        """Close what stays open, then stop."""
        if self.app is not None:
            self.app.site.pulse.stopping.set()
        self.over.set()


def _page_of(node: Node, door: PageDoor) -> _Shown:
    """Return the page of a node, ready to be served.

    Raises:
        SettingsError: it would be reached from elsewhere without TLS, or the address that was asked for is taken.
    """
    from headwater.web.app import Address, page_app

    address, url = node.settings.page_address, node.settings.page_url
    if address is None:
        return _Shown()
    host, port = address
    if host not in LOOPBACK and not (url and (door.tls or door.behind_proxy)):
        raise SettingsError(
            "the page would be reached from elsewhere without TLS",
            where=Place(field="page"),
            fix="set page_url to its https:// address, and give --tls CERT,KEY or --behind-proxy",
        )
    try:
        # Bound here and now: two nodes that start at once would both find the address free, and one would end by it.
        listener = _bound(host, port, "page")
    except SettingsError as error:
        asked = next(one.origin for one in node.loaded.origins if one.name == "page")
        if asked != "default":
            raise
        # A second node on one machine is no reason not to talk to partners; it is said, and how to mend it.
        return _Shown(trouble=error.what)
    app = page_app(node, Address(host=host, port=port, url=url if door.tls or door.behind_proxy else ""))
    shown = app.site.url
    return _Shown(shown, "", app, address, door.tls, listener)


def serve_node(
    home: Path,
    env: Mapping[str, str],
    flags: Mapping[str, object],
    tell: Callable[[Serving], None] = lambda _: None,
    door: PageDoor | None = None,
) -> None:
    """Serve a node until Ctrl-C or SIGTERM; what was begun is finished first.

    The partner's API and the page have a listener each: no officer's form reaches the one, no partner the other.

    Args:
        home: the node's directory.
        env: environment variables.
        flags: settings given on the command line.
        tell: hears what is served where, once it can listen.
        door: how the page is reached; by the settings on the loopback if nothing is given.

    Raises:
        MissingExtraError: the web libraries are not installed.
        SettingsError: no node is set up there, or its address cannot be listened on.
        StoreError: its store cannot be opened.
    """
    try:
        from headwater.web.partner import partner_app, serve
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", error.name or "starlette") from error
    keep_pages()
    with Node.open(home, env, flags) as node:
        _check_address(*node.settings.address)
        page = _page_of(node, door or PageDoor())
        tell(Serving(node.authority, node.settings.listen, page.shown, page.trouble))
        keep_for_good()
        stop, ended = threading.Event(), threading.Event()
        with ThreadPoolExecutor(2, "node") as pool:
            shown = pool.submit(page.serve, serve)
            shown.add_done_callback(lambda done: ended.set() if done.exception() else None)
            delivery = pool.submit(node.exchange.deliver, stop, sync_every_s=node.settings.sync_every_s)
            # A node that takes messages and sends none would look well from outside: it ends when delivery does.
            delivery.add_done_callback(lambda _: ended.set())
            try:
                serve(_with_taxii(partner_app(node.exchange), node), *node.settings.address, stop=ended)
            finally:
                stop.set()
                page.end()
            delivery.result()
            shown.result()


def serve_taxii(
    home: Path,
    env: Mapping[str, str],
    flags: Mapping[str, object],
    tell: Callable[[Serving], None] = lambda _: None,
) -> None:
    """Serve a node's collections to TAXII clients alone until Ctrl-C or SIGTERM: no partner is answered or written to.

    Raises:
        MissingExtraError: the web libraries are not installed.
        SettingsError: no node is set up there, or its address cannot be listened on.
        StoreError: its store cannot be opened.
    """
    from headwater.node.taxii import Desk

    try:
        from headwater.web.partner import serve
        from headwater.web.taxii import taxii_app
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", error.name or "starlette") from error
    keep_pages()
    with Node.open(home, env, flags) as node:
        _check_address(*node.settings.address)
        tell(Serving(node.authority, node.settings.listen, ""))
        keep_for_good()
        serve(taxii_app(Desk(node)), *node.settings.address)


def _with_taxii(app: "Starlette", node: Node) -> "Starlette":
    """Add TAXII's routes behind those for partners, where any user of the node may ask by TAXII."""
    if any_user(node):
        from headwater.node.taxii import Desk
        from headwater.web.taxii import taxii_routes

        app.router.routes.extend(taxii_routes(Desk(node)))
    return app


def serve_matching(
    home: Path, env: Mapping[str, str], listen: str, tell: Callable[[str], None] = lambda _: None
) -> None:
    """Serve a node's screening to other tools until Ctrl-C or SIGTERM.

    Args:
        home: the node's directory.
        env: environment variables.
        listen: HOST:PORT.
        tell: hears one line once it can listen.

    Raises:
        MissingExtraError: the web libraries are not installed.
        SettingsError: no node is set up there, or the address cannot be listened on.
    """
    # A node that serves partners need not know how to screen: it starts the sooner.
    from headwater.node.match_desk import Desk

    try:
        from headwater.web.matching import matching_app
        from headwater.web.partner import serve
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", error.name or "starlette") from error
    with Node.open(home, env, {"listen": listen}) as node:
        _check_address(*node.settings.address)
        tell(f"screening at http://{listen}: /match/default and /reconcile; stop it with Ctrl-C")
        serve(matching_app(Desk(node)), *node.settings.address)


def keep_pages() -> None:
    """Tell the C library to keep memory that it has once had of the system, and to have one heap for all threads.

    Batches come and go by the hundred kilobytes: each time the system hands out the same pages, zeroed, and a page fault for
    each. That was a twentieth of what a message costs. Called before threads start, since each keeps the heap that it has;
    a C library that knows no `mallopt` is left as it is.

    Source: mallopt(3); the numbers of the options are those of glibc's malloc.h.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in _HEAP.items():
            mallopt(option, value)


def keep_for_good() -> None:
    """Tell the collector of circles that what is there now stays: it need not look at it again with every few batches.

    Walking through all modules took a tenth of what a message costs. Nor need it look at a batch while it is worked on:
    its messages hold no circles, and go with the last word that speaks of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


def _check_address(host: str, port: int, field: str = "listen") -> None:
    """Try to listen, so that what hinders it is told as every other error is."""
    _bound(host, port, field).close()


def _bound(host: str, port: int, field: str) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}:{port}: {error.strerror}",
            where=Place(field=field),
            fix=f"end what listens there, or choose another address with --{field}",
        ) from error
