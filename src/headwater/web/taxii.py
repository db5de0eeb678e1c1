"""The door for TAXII 2.1 clients: routes, media types and statuses, no logic.

::

    GET    /taxii2/                                          discovery
    GET    /{root}/                                          an API root
    GET    /{root}/status/{id}/                              what became of what was posted
    GET    /{root}/collections/                              collections
    GET    /{root}/collections/{collection}/                 one of them, by identifier or alias
    GET    /{root}/collections/{collection}/manifest/        what there is
    GET    /{root}/collections/{collection}/objects/         objects; POST adds
    GET    /{root}/collections/{collection}/objects/{id}/    one object; DELETE takes it out
    GET    /{root}/collections/{collection}/objects/{id}/versions/

Every question needs a user of the node and its TAXII password (HTTP Basic). Put a proxy with TLS before it.

Source: TAXII 2.1 (OASIS Standard, 2021), sections 3 to 5.
"""

import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from headwater.errors import ForbiddenError, HeadwaterError, InputError, LimitError, PolicyError, StoreFullError
from headwater.policy.session import Session

MEDIA: Final = "application/taxii+json;version=2.1"
_MEDIA: Final = re.compile(r"application/taxii\+json(?:;version=([0-9.]+))?(?:;q=[0-9.]+)?")
_COLLECTION: Final = "/{root}/collections/{collection}"


class Page(Protocol):
    """One answer of the desk."""

    @property
    def body(self) -> bytes:
        """The answer as JSON."""
        ...

    @property
    def first(self) -> str | None:
        """When the first object in it was added."""
        ...

    @property
    def last(self) -> str | None:
        """When the last object in it was added."""
        ...


class TaxiiDesk(Protocol):
    """What this door needs of the node behind it. Everything raises declared errors."""

    def caller(self, user: str, password: str) -> Session:
        """Return who asks."""
        ...

    def discovery(self, base: str) -> dict[str, Any]:
        """Return what the server says of itself."""
        ...

    def root(self, path: str) -> dict[str, Any]:
        """Return an API root."""
        ...

    def most_content(self, path: str) -> int:
        """Return how many bytes may be posted."""
        ...

    def collections(self, path: str) -> dict[str, Any]:
        """Return the collections of an API root."""
        ...

    def collection(self, path: str, name: str) -> dict[str, Any]:
        """Return one collection."""
        ...

    def status(self, caller: Session, path: str, name: str) -> dict[str, Any]:
        """Return what became of what was posted."""
        ...

    def objects(self, caller: Session, path: str, name: str, query: Mapping[str, str], ref: str | None = None) -> Page:
        """Return a page of objects."""
        ...

    def manifest(self, caller: Session, path: str, name: str, query: Mapping[str, str]) -> Page:
        """Return a page of a manifest."""
        ...

    def versions(self, caller: Session, path: str, name: str, query: Mapping[str, str], ref: str) -> Page:
        """Return a page of versions."""
        ...

    def post(self, caller: Session, path: str, name: str, body: bytes) -> dict[str, Any]:
        """Keep what is posted."""
        ...

    def delete(self, caller: Session, path: str, name: str, ref: str, query: Mapping[str, str]) -> None:
        """Take an object out."""
        ...


class _RefusedError(Exception):
    """A status that HTTP alone decides."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status
        self.what = what


Answer = Callable[[TaxiiDesk, Request, Session], Awaitable[Response]]


def taxii_routes(desk: TaxiiDesk) -> list[Route]:
    """Return the routes of TAXII, to be put into an application."""
    table: tuple[tuple[str, Answer, list[str]], ...] = (
        ("/taxii2/", _discovery, ["GET"]),
        (f"{_COLLECTION}/objects/{{object}}/versions/", _versions, ["GET"]),
        (f"{_COLLECTION}/objects/{{object}}/", _one, ["GET", "DELETE"]),
        (f"{_COLLECTION}/objects/", _objects, ["GET", "POST"]),
        (f"{_COLLECTION}/manifest/", _manifest, ["GET"]),
        (f"{_COLLECTION}/", _collection, ["GET"]),
        ("/{root}/collections/", _collections, ["GET"]),
        ("/{root}/status/{status}/", _status, ["GET"]),
        ("/{root}/", _root, ["GET"]),
    )
    return [Route(path, _guarded(desk, answer), methods=methods) for path, answer, methods in table]


def taxii_app(desk: TaxiiDesk) -> Starlette:
    """Return the application that TAXII clients alone talk to."""

    async def nothing(_: Request, error: Exception) -> Response:
        found = error.status_code if isinstance(error, HTTPException) else 404
        return _error(found, "no such resource", "")

    return Starlette(routes=taxii_routes(desk), exception_handlers={404: nothing, 405: nothing})


async def _discovery(desk: TaxiiDesk, request: Request, _: Session) -> Response:
    return _json(await run_in_threadpool(desk.discovery, str(request.base_url)))


async def _root(desk: TaxiiDesk, request: Request, _: Session) -> Response:
    return _json(await run_in_threadpool(desk.root, _path(request, "root")))


async def _status(desk: TaxiiDesk, request: Request, caller: Session) -> Response:
    return _json(await run_in_threadpool(desk.status, caller, _path(request, "root"), _path(request, "status")))


async def _collections(desk: TaxiiDesk, request: Request, _: Session) -> Response:
    return _json(await run_in_threadpool(desk.collections, _path(request, "root")))


async def _collection(desk: TaxiiDesk, request: Request, _: Session) -> Response:
    return _json(await run_in_threadpool(desk.collection, *_place(request)))


async def _manifest(desk: TaxiiDesk, request: Request, caller: Session) -> Response:
    return _page(await run_in_threadpool(desk.manifest, caller, *_place(request), _query(request)))


async def _objects(desk: TaxiiDesk, request: Request, caller: Session) -> Response:
    if request.method == "POST":
        _check_content(request)
        most = await run_in_threadpool(desk.most_content, _path(request, "root"))
        body = await _body(request, most)
        return _json(await run_in_threadpool(desk.post, caller, *_place(request), body), 202)
    return _page(await run_in_threadpool(desk.objects, caller, *_place(request), _query(request)))


async def _one(desk: TaxiiDesk, request: Request, caller: Session) -> Response:
    ref = _path(request, "object")
    if request.method == "DELETE":
        await run_in_threadpool(desk.delete, caller, *_place(request), ref, _query(request))
        return Response(b"", media_type=MEDIA)
    return _page(await run_in_threadpool(desk.objects, caller, *_place(request), _query(request), ref))


async def _versions(desk: TaxiiDesk, request: Request, caller: Session) -> Response:
    ref = _path(request, "object")
    return _page(await run_in_threadpool(desk.versions, caller, *_place(request), _query(request), ref))


def _guarded(desk: TaxiiDesk, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        try:
            caller = await run_in_threadpool(desk.caller, *_credentials(request))
            _check_accept(request)
            return await answer(desk, request, caller)
        except _RefusedError as error:
            return _error(error.status, error.what, "")
        except HeadwaterError as error:
            return _declared(request, error)
        except ClientDisconnect:
            return Response(status_code=400)

    return guarded


def _declared(request: Request, error: HeadwaterError) -> Response:
    if isinstance(error, ForbiddenError) and error.what.startswith("no user"):
        return _error(401, error.what, error.code)
    if isinstance(error, ForbiddenError) and error.what.startswith("no such"):
        return _error(404, error.what, error.code)
    number = next(number for kind, number in STATUS if isinstance(error, kind))
    if number == _CANNOT_READ and request.method == "POST":
        return _error(_CANNOT_PROCESS, f"While processing supplied content, an error occurred: {error}", error.code)
    return _error(number, str(error) if number < _FAILED else error.what, error.code)


STATUS: Final[tuple[tuple[type[HeadwaterError], int], ...]] = (
    (LimitError, 413),
    (InputError, 400),
    (ForbiddenError, 403),
    (PolicyError, 403),
    (StoreFullError, 507),
    (HeadwaterError, 503),
)
"""The one table from declared errors to HTTP: the first line that fits. A posted body that cannot be read is 422."""
_CANNOT_READ: Final = 400
_CANNOT_PROCESS: Final = 422
_FAILED: Final = 500


def _error(status: int, what: str, code: str) -> Response:
    body = {
        "title": "ProcessingError",
        "description": what,
        "error_code": code or str(status),
        "http_status": str(status),
    }
    headers = {"WWW-Authenticate": 'Basic realm="headwater TAXII"'} if status == 401 else {}  # noqa: PLR2004
    return Response(orjson.dumps(body), status_code=status, media_type=MEDIA, headers=headers)


def _json(document: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(document), status_code=status, media_type=MEDIA)


def _page(page: Page) -> Response:
    headers = {}
    if page.first is not None and page.last is not None:
        headers = {"X-TAXII-Date-Added-First": page.first, "X-TAXII-Date-Added-Last": page.last}
    return Response(page.body, media_type=MEDIA, headers=headers)


def _credentials(request: Request) -> tuple[str, str]:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # no base64, no UTF-8, or letters that no base64 has
        return "", ""
    return user, password


def _check_accept(request: Request) -> None:
    given = request.headers.get("accept", "").replace(" ", "").lower().split(",")
    if not any(_is_taxii(one) for one in given):
        raise _RefusedError(406, f"ask for {MEDIA}")


def _check_content(request: Request) -> None:
    if not _is_taxii(request.headers.get("content-type", "").replace(" ", "").lower()):
        raise _RefusedError(415, f"send {MEDIA}")


def _is_taxii(text: str) -> bool:
    match = _MEDIA.fullmatch(text)
    return match is not None and match[1] in {None, "2.1"}


def _path(request: Request, name: str) -> str:
    return str(request.path_params[name])


def _place(request: Request) -> tuple[str, str]:
    return _path(request, "root"), _path(request, "collection")


def _query(request: Request) -> dict[str, str]:
    return dict(request.query_params)


async def _body(request: Request, most: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:12]) > most:
        raise LimitError(f"over {most} bytes", fix="post fewer objects at once")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise LimitError(f"over {most} bytes", fix="post fewer objects at once")
    return bytes(body)
