"""Another TAXII 2.1 server, asked over HTTP: one host, its certificate checked, nothing followed elsewhere, sizes bounded.

Whoever runs the other server is not trusted with more than what was asked: an answer that is too large, too deep, of
another type, or that leads to another host is refused as the partner's fault, and nothing of it is kept.

Source: TAXII 2.1 (OASIS Standard, 2021), sections 3 to 5.
"""

import base64
import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode, urljoin, urlsplit

from headwater.errors import (
    FormatError,
    InputError,
    PeerRefusedError,
    PeerTimeoutError,
    PeerUnreachableError,
    Place,
    SchemaError,
    SettingsError,
)
from headwater.exchange.asking import hurry, read_bounded
from headwater.formats.safe import MAX_JSON_BYTES, parse_json
from headwater.node.taxii_roots import MEDIA

TIMEOUT_S: Final = 60.0
"""For one answer as a whole."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_DISCOVERY: Final = "taxii2"
_AS_WRITTEN: Final = "/%:@!$&'()+,;=~*"
"""What stands in an address as it is; all else of what a server writes is told in %."""
_SAID: Final = 200
"""Letters of another server's own words that an error repeats."""
_WHY: Final[Mapping[int, str]] = {
    401: "it does not know this login and password",
    403: "this login may not do that there",
    404: "there is no such API root or collection, or this login may not see it",
    406: "it does not speak TAXII 2.1",
    413: "it takes less at once",
    415: "it does not take TAXII 2.1",
    422: "it cannot process what was sent",
    429: "it was asked too often",
}


@dataclass(frozen=True, slots=True)
class Login:
    """Name and password for HTTP Basic at another server; it is shown nowhere."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection of another server, and how it is asked.

    Attributes:
        url: an API root, or a discovery (``…/taxii2/``) whose default API root is meant.
        name: the collection's identifier or alias.
        login: who asks; None asks without a password.
        ca: PEM file of the authority that signed the server's certificate, instead of those that the machine trusts.
    """

    url: str
    name: str
    login: Login | None = None
    ca: Path | None = None

    def __post_init__(self) -> None:
        """Refuse an address that cannot be asked safely.

        Raises:
            SchemaError: it is no HTTPS address (HTTP on this machine's loopback alone), or names a user.
        """
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise SchemaError("not the https:// address of a TAXII server", where=Place(field="url"))
        if not parts.hostname or parts.username or parts.query or parts.fragment or not _has_port(self.url):
            raise SchemaError("an address with more or less than host, port and path", where=Place(field="url"))
        if not self.name.strip():
            raise SchemaError("a collection without a name", where=Place(field="collection"))

    @property
    def target(self) -> str:
        """What stands in the ledger and in origins: host, port, path and collection."""
        parts = urlsplit(self.url)
        return f"{parts.netloc}{parts.path.rstrip('/')}/{self.name}"


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: its JSON, and when the last object in it was added there."""

    body: dict[str, Any]
    last: str | None = None


class Remote:
    """A connection to the server of one collection, for the time of a `with` block."""

    def __init__(self, collection: Collection) -> None:
        """Prepare to ask; nothing is sent yet.

        Raises:
            SettingsError: the file with the certificate of an authority cannot be used.
        """
        parts = urlsplit(collection.url)
        self.host = parts.netloc
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._collection = collection
        self._root = f"{parts.path.rstrip('/')}/"
        host = parts.hostname or ""
        if parts.scheme == "https":
            self._line: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, parts.port, timeout=TIMEOUT_S, context=_context(collection.ca)
            )
        else:
            self._line = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_S)
        self._headers = {"Accept": MEDIA, "User-Agent": "headwater"}
        if collection.login is not None:
            secret = f"{collection.login.name}:{collection.login.password}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(secret).decode()}"

    def __enter__(self) -> Self:
        """Find the API root."""
        if self._root.rstrip("/").rpartition("/")[2] == _DISCOVERY:
            self._root = self._default_root()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._line.close()

    def most_content(self) -> int:
        """Return how many bytes the server takes at once, as far as it says."""
        found = self.get(self._root).body.get("max_content_length")
        return found if type(found) is int and found > 0 else MAX_JSON_BYTES

    def objects(self, query: Mapping[str, str]) -> Answered:
        """Return a page of the collection's objects.

        Raises:
            PeerError: the server does not answer, refuses, or answers something else.
        """
        return self.get(f"{self._place}objects/?{urlencode(query)}")

    def post(self, envelope: bytes) -> dict[str, Any]:
        """Add objects and return the status that the server gives. Raises as `objects`."""
        return self._ask("POST", f"{self._place}objects/", envelope).body

    def status(self, ref: str) -> dict[str, Any]:
        """Return what became of objects that were added. Raises as `objects`."""
        return self.get(f"{self._root}status/{quote(ref, safe='')}/").body

    def get(self, path: str) -> Answered:
        """Return what stands under a path of the server. Raises as `objects`."""
        return self._ask("GET", path, None)

    @property
    def _place(self) -> str:
        return f"{self._root}collections/{quote(self._collection.name, safe='')}/"

    def _default_root(self) -> str:
        found = self.get(self._root).body
        roots = found.get("api_roots")
        given = found.get("default") or (roots[0] if isinstance(roots, list) and len(roots) == 1 else None)
        if not isinstance(given, str):
            raise PeerRefusedError("the discovery names no default API root", where=self.host, fix="name the API root")
        try:
            parts = urlsplit(urljoin(f"{self._base}{self._root}", given))
        except ValueError as error:
            raise PeerRefusedError(
                "the discovery names no address", where=self.host, fix="name the API root"
            ) from error
        if f"{parts.scheme}://{parts.netloc}" != self._base:
            fix = "where that is right, name the API root itself"
            raise PeerRefusedError("the discovery leads to another host", where=self.host, fix=fix)
        return f"{quote(parts.path.rstrip('/'), safe=_AS_WRITTEN)}/"

    def _ask(self, method: str, path: str, body: bytes | None) -> Answered:
        try:
            answer, data = self._exchange(method, path, body)
        except TimeoutError as error:
            self._line.close()
            raise PeerTimeoutError("the TAXII server did not answer in time", where=self.host, fix=_AGAIN) from error
        except ssl.SSLCertVerificationError as error:
            what = f"the TAXII server's certificate does not hold: {error.verify_message}"
            raise PeerRefusedError(what, where=self.host, fix="see to its certificate, or give --ca FILE") from error
        except (OSError, http.client.HTTPException) as error:
            self._line.close()
            raise PeerUnreachableError("the TAXII server cannot be reached", where=self.host, fix=_AGAIN) from error
        if answer.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            raise self._refused(answer.status, data)
        kind = (answer.headers.get("Content-Type") or "").replace(" ", "").lower()
        if not kind.startswith("application/taxii+json"):
            raise PeerRefusedError("the server answers something else than TAXII 2.1", where=self.host, fix=_SERVER)
        return Answered(self._parsed(data), answer.headers.get("X-TAXII-Date-Added-Last"))

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {**self._headers, **({"Content-Type": MEDIA} if body is not None else {})}
        is_fresh, until = self._line.sock is None, time.monotonic() + TIMEOUT_S
        hurry(self._line, until)
        try:
            self._line.request(method, path, body, headers)
            answer = self._line.getresponse()
            with answer:
                return answer, read_bounded(answer, MAX_JSON_BYTES, until, who="the TAXII server", where=self.host)
        except ConnectionError:
            self._line.close()
            if is_fresh:
                raise
        except PeerRefusedError:
            self._line.close()  # the rest of the answer still stands in it
            raise
        # A connection that was kept open may have been closed by the other side meanwhile. What is asked may be asked twice:
        # an object that is there already is not added again.
        return self._exchange(method, path, body)

    def _parsed(self, data: bytes) -> dict[str, Any]:
        try:
            found = parse_json(data) if data else {}
        except InputError as error:
            what = f"the server answers what cannot be read: {error.what}"
            raise PeerRefusedError(what, where=self.host, fix=_SERVER) from error
        if not isinstance(found, dict):
            raise PeerRefusedError("the server answers no object", where=self.host, fix=_SERVER) from FormatError(
                "list"
            )
        return found

    def _refused(self, status: int, data: bytes) -> "RefusedError":
        if status in {301, 302, 303, 307, 308}:
            return RefusedError(status, "the server leads elsewhere, and nothing is followed", self.host)
        why = _WHY.get(status, "it failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "it refuses")
        words = _words(data)
        return RefusedError(status, f"the server answered {status}: {why}{f' ({words})' if words else ''}", self.host)


def _words(data: bytes) -> str:
    """Return what a server says of its refusal, as far as it can stand in a line."""
    try:
        found = parse_json(data)
    except InputError:
        return ""
    said = found.get("description", found.get("title")) if isinstance(found, dict) else None
    return "".join(letter for letter in said if letter.isprintable())[:_SAID] if isinstance(said, str) else ""


class RefusedError(PeerRefusedError):
    """The other TAXII server answered, and refused; the text says with which status."""

    advice = "what is there stays; see to it and run the same command again, which goes on where it ended"

    def __init__(self, status: int, what: str, where: str) -> None:
        """Say with which status of HTTP."""
        super().__init__(what, where=where)
        self.status = status


_AGAIN: Final = "run the same command again: it goes on where it ended"
_SERVER: Final = "ask whoever runs that server"


def _context(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError("not a certificate in PEM", where=str(ca), fix="name the file of the authority") from error


def _has_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
