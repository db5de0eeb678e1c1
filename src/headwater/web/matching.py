"""The door for screening in the words that users' tools already speak: yente's matching API, OpenRefine's reconciliation.

::

    POST /match/{dataset}         yente: {"queries": {id: {"schema", "properties": {name: [values]}}}} -> scored results
    GET  /healthz, /catalog       yente: whether it answers; which lists there are
    GET  /reconcile               OpenRefine: the service's manifest
    POST /reconcile               OpenRefine: queries={id: {"query", "type", "limit", "properties"}} -> candidates;
                                  extend={"ids", "properties"} -> facts of entries, for new columns
    GET  /reconcile/properties    OpenRefine: which properties entries of a type have

Every question needs a token of a user of the node (as a bearer, or as the password of HTTP Basic, which OpenRefine takes
in a URL), is asked for that user and the purpose of the token, goes through the policy and is logged like any other.

Sources: yente's published API; W3C Entity Reconciliation Community Group, Reconciliation Service API 0.2.
"""

import base64
import binascii
from collections.abc import Awaitable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headwater.errors import (
    ForbiddenError,
    HeadwaterError,
    InputError,
    LimitError,
    PolicyError,
    SettingsError,
)
from headwater.policy.session import Session

MAX_BODY: Final = 2 * 1024 * 1024
"""Bytes of a question: five hundred queries with all their properties."""
STATUS: Final[tuple[tuple[type[HeadwaterError], int], ...]] = (
    (LimitError, 413),
    (InputError, 400),
    (PolicyError, 403),
    (SettingsError, 404),
    (HeadwaterError, 503),
)
"""The one table from declared errors to HTTP: the first line that fits."""


class MatchDesk(Protocol):
    """What this door needs of the node behind it. Everything raises declared errors."""

    def caller(self, token: str) -> Session:
        """Return who calls with a token."""
        ...

    def match(
        self, caller: Session, dataset: str, queries: Mapping[str, Any], options: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return yente's answer to queries."""
        ...

    def catalog(self, caller: Session) -> dict[str, Any]:
        """Return which lists there are, as yente's catalog."""
        ...

    def manifest(self, base: str) -> dict[str, Any]:
        """Return the manifest of the reconciliation service."""
        ...

    def reconcile(self, caller: Session, queries: Mapping[str, Any]) -> dict[str, Any]:
        """Return candidates for reconciliation queries."""
        ...

    def properties(self, kind: str) -> dict[str, Any]:
        """Return the properties that entries of a type can have."""
        ...

    def extend(self, caller: Session, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return facts of reconciled entries."""
        ...


def matching_app(desk: MatchDesk) -> Starlette:
    """Return the application that banks' and analysts' tools talk to."""

    async def match(request: Request) -> Response:
        """Answer yente's question."""
        return await _answered(_match(desk, request))

    async def catalog(request: Request) -> Response:
        """Show which lists there are."""
        return await _answered(_catalog(desk, request))

    async def reconcile(request: Request) -> Response:
        """Show the manifest, or answer OpenRefine's questions."""
        return await _answered(_reconcile(desk, request))

    async def properties(request: Request) -> Response:
        """Show which properties entries of a type have."""
        return await _answered(_properties(desk, request))

    async def health(_: Request) -> Response:
        """Show that the node answers."""
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/match/{dataset}", match, methods=["POST"]),
            Route("/catalog", catalog, methods=["GET"]),
            Route("/reconcile", reconcile, methods=["GET", "POST"]),
            Route("/reconcile/properties", properties, methods=["GET"]),
            Route("/healthz", health, methods=["GET"]),
        ]
    )


async def _match(desk: MatchDesk, request: Request) -> dict[str, Any]:
    caller = await _caller(desk, request)
    queries = _object(await _body(request)).get("queries")
    if not isinstance(queries, dict):
        raise InputError("no queries", fix='send {"queries": {id: {"schema", "properties"}}}')
    dataset = str(request.path_params["dataset"])
    return await run_in_threadpool(desk.match, caller, dataset, queries, dict(request.query_params))


async def _catalog(desk: MatchDesk, request: Request) -> dict[str, Any]:
    return await run_in_threadpool(desk.catalog, await _caller(desk, request))


async def _reconcile(desk: MatchDesk, request: Request) -> dict[str, Any]:
    caller = await _caller(desk, request)
    form = dict(request.query_params)
    if request.method == "POST":
        form |= dict(_pairs(await _body(request)))
    if "extend" in form:
        return await run_in_threadpool(desk.extend, caller, _object(form["extend"].encode()))
    queries = form.get("queries")
    if queries is None:
        return desk.manifest(str(request.base_url))
    return await run_in_threadpool(desk.reconcile, caller, _object(queries.encode()))


async def _properties(desk: MatchDesk, request: Request) -> dict[str, Any]:
    await _caller(desk, request)
    return desk.properties(request.query_params.get("type", ""))


async def _caller(desk: MatchDesk, request: Request) -> Session:
    return await run_in_threadpool(desk.caller, token_of(request.headers.get("authorization", "")))


def token_of(header: str) -> str:
    """Return the token in an Authorization header, empty where there is none."""
    kind, _, value = header.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


async def _answered(work: Awaitable[dict[str, Any]]) -> Response:
    try:
        return JSONResponse(await work)
    except HeadwaterError as error:
        status = next(number for kind, number in STATUS if isinstance(error, kind))
        if isinstance(error, ForbiddenError) and error.what.startswith("no token"):
            return JSONResponse(
                {"code": error.code}, status_code=401, headers={"WWW-Authenticate": 'Basic realm="headwater"'}
            )
        return JSONResponse({"code": error.code, "detail": error.what}, status_code=status)
    except ClientDisconnect:
        return Response(status_code=400)


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > MAX_BODY:
            raise LimitError(f"a question over {MAX_BODY} bytes", fix="ask fewer at once")
    return bytes(found)


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError("not JSON") from error
    if not isinstance(found, dict):
        raise InputError("not a JSON object")
    return found


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=False, max_num_fields=16)
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError("not a form in UTF-8") from error
