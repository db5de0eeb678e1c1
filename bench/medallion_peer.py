"""medallion beside: OASIS's own TAXII 2.1 server with one collection in memory, over HTTP.

    python bench/medallion_peer.py FOLDER PORT USER PASSWORD

Prints the path of the collection's objects once it listens.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Any

from medallion import application_instance, register_blueprints, set_config
from werkzeug.serving import WSGIRequestHandler, make_server

MEDIA = "application/taxii+json;version=2.1"
COLLECTION = "365fed99-08fa-4dcd-a1b3-fb247eb41d01"


def main(folder: Path, port: int, user: str, password: str) -> None:
    collection = {"id": COLLECTION, "title": "c", "can_read": True, "can_write": True, "media_types": []}
    root = {
        "information": {"title": "r", "versions": [MEDIA], "max_content_length": 100_000_000},
        "status": [],
        "collections": [{**collection, "objects": [], "manifest": []}],
    }
    file = folder / "data.json"
    file.write_text(json.dumps({"/discovery": {"title": "t", "api_roots": ["/r/"]}, "r": root}), encoding="utf-8")
    backend = {"module_class": "MemoryBackend", "module": "medallion.backends.memory_backend", "filename": str(file)}
    config: dict[str, Any] = {"backend": backend, "users": {user: password}, "taxii": {"max_page_size": 100}}
    for name in ("users", "taxii", "backend"):
        set_config(application_instance, name, config)
    register_blueprints(application_instance)
    logging.disable(logging.CRITICAL)
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    made = make_server("127.0.0.1", port, application_instance, threaded=False)
    print(f"/r/collections/{COLLECTION}/objects/", flush=True)
    made.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
