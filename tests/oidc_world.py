"""What tests of an OpenID provider share: its process, and how it is told what to say."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.node_world import free_port, until

CLIENT, SECRET = "headwater-uk", "s3cret:with/odd letters"
ROOT = Path(__file__).parents[1]


@dataclass
class Provider:
    """The provider's process, and what it is told to say."""

    port: int

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realm"

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, bytes]:
        """Return status, where it leads, and what it says; status 0 where nobody answers."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request(method, path, body)
            answer = link.getresponse()
            return answer.status, answer.headers.get("location", ""), answer.read()
        except OSError:
            return 0, "", b""
        finally:
            link.close()

    def tell(self, **told: Any) -> dict[str, int]:
        """Set what it says next; return how often it was asked for what."""
        found: dict[str, int] = json.loads(self.ask("POST", "/_say", json.dumps(told).encode())[2])
        return found


@contextmanager
def provider_process() -> Iterator[Provider]:
    """Run a provider until it is no longer needed."""
    made = Provider(free_port())
    command = [sys.executable, "-m", "tests.oidc_issuer", str(made.port), CLIENT, SECRET]
    with subprocess.Popen(command, cwd=ROOT) as running:
        try:
            until(lambda: made.ask("GET", "/realm/keys")[0] == 200)
            yield made
        finally:
            running.terminate()
