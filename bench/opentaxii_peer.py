"""OpenTAXII beside: one TAXII 2.1 collection in SQLite over HTTP, run by the Python of its own environment.

    .peers/opentaxii/bin/python bench/opentaxii_peer.py FOLDER PORT

Prints the path of the collection's objects once it listens. Reading and writing need no password. Version 0.9.3 keeps
what is posted and then fails to say so, for it cannot write a UUID as JSON: it is helped with that, or nothing could be added.
"""

import json
import logging
import sys
from pathlib import Path

import yaml
from opentaxii.config import ServerConfig
from opentaxii.middleware import create_app
from opentaxii.server import TAXIIServer
from werkzeug.serving import WSGIRequestHandler, make_server


def main(folder: Path, port: int) -> None:
    settings = {
        "domain": f"127.0.0.1:{port}",
        "auth_api": {
            "class": "opentaxii.auth.sqldb.SQLDatabaseAPI",
            "parameters": {
                "db_connection": f"sqlite:///{folder}/auth.db",
                "create_tables": True,
                "secret": "for a benchmark alone, of no use",
            },
        },
        "taxii1": None,
        "taxii2": {
            "title": "OpenTAXII",
            "max_content_length": 100_000_000,
            "public_discovery": True,
            "allow_custom_properties": True,
            "persistence_api": {
                "class": "opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI",
                "parameters": {"db_connection": f"sqlite:///{folder}/data.db", "create_tables": True},
            },
        },
    }
    path = folder / "settings.yml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    server = TAXIIServer(ServerConfig(extra_configs=[str(path)]))
    app = create_app(server)
    with app.app_context():
        api = server.servers.taxii2.persistence.api
        root = api.add_api_root("r", default=True, is_public=True)
        collection = api.add_collection(root.id, "c", is_public=True, is_public_write=True)
    json.JSONEncoder.default = lambda _, value: str(value)  # type: ignore[assignment, method-assign]
    logging.disable(logging.CRITICAL)
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    made = make_server("127.0.0.1", port, app, threaded=False)
    print(f"/taxii2/{root.id}/collections/{collection.id}/objects/", flush=True)
    made.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
