"""Playing a file of detections to a SAPIENT node."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from headwater.engines.watch import read_setting
from headwater.errors import SchemaError
from headwater.node.files import json_object
from headwater.node.watch_edge import SapientEdge, play
from headwater.node.watch_read import read_detections


def send_file(
    path: Path, context: Path, target: str, *, speed: float = 0.0, progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Report the detections of a file as an edge node.

    Raises:
        InputError: a file or the address cannot be used.
        PeerError: the node cannot be reached.
    """
    host, _, port = target.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()):
        raise SchemaError("not HOST:PORT", where="--to")
    setting = read_setting(json_object(context))
    read = read_detections("points", path, origin=setting.origin, start=setting.start)
    with SapientEdge(host, int(port), f"edge {path.name}") as edge:
        told = play(edge, read.detections, setting.origin, setting.start, speed=speed, progress=progress)
    return {"read": read.rows, "rejected": len(read.rejected), "tracks": 0, "alerts": 0, **told}
