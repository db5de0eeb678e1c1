"""Serving one node: its partner API, and the delivery of what is queued, until a signal comes."""

import threading
from collections.abc import Mapping
from pathlib import Path

from headwater.errors import MissingExtraError
from headwater.node import Node


def serve_node(home: Path, env: Mapping[str, str], flags: Mapping[str, object]) -> None:
    """Serve a node until Ctrl-C or SIGTERM; what was begun is finished first.

    Raises:
        MissingExtraError: the web libraries are not installed.
        SettingsError: no node is set up there.
        StoreError: its store cannot be opened.
    """
    try:
        from headwater.web.partner import partner_app, serve
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", error.name or "starlette") from error
    with Node.open(home, env, flags) as node:
        stop = threading.Event()
        every = {"sync_every_s": node.settings.sync_every_s}
        delivery = threading.Thread(target=node.exchange.deliver, args=(stop,), kwargs=every, name="delivery")
        delivery.start()
        host, _, port = node.settings.listen.rpartition(":")
        try:
            serve(partner_app(node.exchange), host, int(port))
        finally:
            stop.set()
            delivery.join()
