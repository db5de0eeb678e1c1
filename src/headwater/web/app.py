"""The analyst's page as one application: host and origin, session, table, form, handler, and the page of an error."""

import logging
import os
import traceback
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headwater.errors import HeadwaterError, LimitError
from headwater.node import Node, incoming, scratch, signin, uploads
from headwater.node.uploads import Piece
from headwater.policy.session import may
from headwater.web import authz, errors, limits, statics
from headwater.web.authz import Door
from headwater.web.fields import MOST_BYTES, Fields, read_fields
from headwater.web.live import Pulse
from headwater.web.page import Context, Page, Site
from headwater.web.pages import every_page
from headwater.web.templating import Templates
from headwater.web.uploading import Upload, read_upload
from headwater.web.words import chosen, language

_LOG: Final = logging.getLogger("headwater.web")
FORM: Final = "application/x-www-form-urlencoded"
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    # Not "no-referrer": under that a browser sends `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the page is reached.

    Attributes:
        host, port: where it listens.
        url: its public address behind a proxy or with TLS, ``https://HOST``; empty on the loopback.
    """

    host: str
    port: int
    url: str = ""

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose forms are ours."""
        if self.url:
            return frozenset({self.url.rstrip("/")})
        return frozenset(f"http://{host}:{self.port}" for host in ("localhost", "127.0.0.1", "[::1]"))

    @property
    def hosts(self) -> frozenset[str]:
        """What may stand in ``Host``: a name that somebody else made lead here is refused (DNS rebinding)."""
        return frozenset(origin.partition("://")[2] for origin in self.origins)


def page_app(node: Node, address: Address, pages: Iterable[Page] | None = None) -> "PageApp":
    """Return the analyst's page of a node.

    Args:
        node: the node behind it.
        address: where it is reached.
        pages: its pages; all of them if nothing is given.

    Raises:
        SettingsError: a route is not in the authorisation table.
    """
    shown = tuple(every_page() if pages is None else pages)
    static = [("GET", "/static/{tree}/{path:path}")]
    authz.check([*static, *((page.method, page.path) for page in shown)])
    scratch.sweep(node.home)
    uploads.sweep(node.home, node.clock.now())
    secure = address.url.startswith("https://")
    site = Site(
        node=node,
        templates=Templates(),
        # Cookies know no ports: nodes on one machine must not take each other's.
        cookie=f"__Host-headwater-{node.authority.lower()}-{address.port}",
        origins=address.origins,
        hosts=address.hosts,
        secure=secure,
        url=address.url or f"http://localhost:{address.port}",
        pulse=Pulse(node),
    )
    return PageApp(site, shown)


class PageApp:
    """The application; `site.pulse.stopping` ends what stays open."""

    def __init__(self, site: Site, pages: Iterable[Page]) -> None:
        """Lay the routes."""
        self.site = site
        self._limits = limits.Limits()
        routes = [Route(page.path, self._endpoint(page), methods=[page.method]) for page in pages]
        routes.append(Route("/static/{tree}/{path:path}", self._static, methods=["GET"]))
        self._app: ASGIApp = Starlette(routes=routes, exception_handlers={HTTPException: self._no_route})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with the headers that every answer bears."""
        if scope["type"] != "http":
            return
        extra = dict(HEADERS)
        if not scope["path"].startswith("/static/"):
            extra["cache-control"] = "no-store"
        if self.site.secure:
            extra["strict-transport-security"] = "max-age=31536000"

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message, extra)
            await send(message)

        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
        if host not in self.site.hosts:
            request = Request(scope, receive)
            error = errors.ForeignFormError("this host is none of ours", where="Host")
            await self._refused(request, error)(scope, receive, send_with)
            return
        await self._app(scope, receive, send_with)

    def _endpoint(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            upload: Upload | None = None
            form = Fields(())
            try:
                if page.takes_file or page.into:
                    turned_away = await run_in_threadpool(self._check_sender, page, request)
                    if turned_away is not None:
                        return turned_away
                if page.into:
                    await self._pour(page, page.into, request)
                elif page.takes_file:
                    form, upload = await read_upload(request, self.site.node.home)
                else:
                    form = await self._form(request) if page.method == "POST" else Fields(())
            except HeadwaterError as error:
                return await run_in_threadpool(self._refused, request, error, page.name)
            except ClientDisconnect:
                return Response(status_code=400)
            try:
                return await run_in_threadpool(self._answer, page, request, form, upload)
            finally:
                if upload is not None:
                    await run_in_threadpool(upload.file.discard)

        return endpoint

    async def _pour(self, page: Page, into: Callable[[Context], Piece], request: Request) -> None:
        """Write a body where it goes as it comes; what has come stays there, also where the connection breaks."""
        ctx = await run_in_threadpool(self._context, page.name, page.method, request, Fields(()))
        piece = await run_in_threadpool(into, ctx)
        try:
            async for chunk in request.stream():
                await run_in_threadpool(piece.write, chunk)
        finally:
            await run_in_threadpool(piece.close)

    def _check_sender(self, page: Page, request: Request) -> Response | None:
        """Refuse a file of somebody who may not send it before any of it is read; whoever is not signed in is led there."""
        ctx = self._context(page.name, page.method, request, Fields(()))
        if ctx.signed is None:
            return self._to_sign_in(ctx)
        self._check_origin(request)
        if page.into:
            ctx.check_form()
        needs = authz.TABLE[page.method, page.path]
        if not isinstance(needs, Door):
            may(ctx.session, needs)
        told = request.headers.get("content-length", "")
        if told.isdigit() and int(told) > incoming.MOST_BYTES + MOST_BYTES:
            raise incoming.too_large()
        return None

    def _answer(self, page: Page, request: Request, form: Fields, upload: Upload | None = None) -> Response:
        ctx: Context | None = None
        try:
            ctx = replace(self._context(page.name, page.method, request, form), upload=upload)
            needs = authz.TABLE[page.method, page.path]
            self._let_in(ctx, needs, request)
            if ctx.signed is None and needs is not Door.OPEN:
                return self._to_sign_in(ctx)
            if page.method == "POST":
                self._check_origin(request)
                if needs is not Door.OPEN:
                    ctx.check_form()
            if not isinstance(needs, Door):
                may(ctx.session, needs)
            return page.act(ctx)
        except HeadwaterError as error:
            return self._refused(request, error, page.name, ctx)
        except Exception as error:  # noqa: BLE001 - a door: an undeclared error is a defect, and says so without content
            return self._refused(request, _defect(error), page.name, ctx)

    def _context(self, name: str, method: str, request: Request, form: Fields) -> Context:
        token = request.cookies.get(self.site.cookie, "")
        signed = signin.signed_in(self.site.node, token) if token else None
        query = read_fields(request.url.query.encode()) if request.url.query else Fields(())
        tag = chosen(
            query.text("lang", most=20),
            signed.language if signed else "",
            accepts=request.headers.get("accept-language", ""),
        )
        return Context(
            site=self.site,
            page_name=name,
            method=method,
            path=request.url.path,
            params=dict(request.path_params),
            query=query,
            form=form,
            headers=request.headers,
            language=language(tag),
            signed=signed,
            token=token if signed else "",
            oidc_secret=request.cookies.get(f"{self.site.cookie}-oidc", ""),
        )

    def _let_in(self, ctx: Context, needs: object, request: Request) -> None:
        client = request.client.host if request.client else "nobody"
        who = ctx.token or client
        if needs is Door.OPEN and ctx.method == "POST":
            fits = self._limits.take(f"in {client}", limits.SIGN_INS)
        else:
            fits = self._limits.take(f"{ctx.method} {who}", limits.CHANGES if ctx.method == "POST" else limits.LOOKS)
        if not fits:
            raise errors.TooManyError("more than a person asks for in a minute")

    def _check_origin(self, request: Request) -> None:
        if request.headers.get("origin") not in self.site.origins:
            raise errors.ForeignFormError("this form comes from another site", where="Origin")

    def _to_sign_in(self, ctx: Context) -> Response:
        if ctx.method == "POST" or ctx.wants_json or ctx.is_fragment:
            return JSONResponse({"code": "page.signed-out"}, status_code=401)
        return RedirectResponse(f"/sign-in?next={quote(ctx.path)}", 303)

    async def _form(self, request: Request) -> Fields:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise LimitError(f"a form of more than {MOST_BYTES // 1024} KB")
        if kind != FORM and body:
            raise errors.TypeOfFormError("not a form", where="Content-Type", fix=f"send {FORM}")
        return read_fields(bytes(body))

    async def _static(self, request: Request) -> Response:
        found = statics.tree().found.get(request.path_params["path"])
        if found is None or request.path_params["tree"] != statics.tree().name:
            return await run_in_threadpool(self._refused, request, errors.UnknownPageError("no such file"))
        coding, data = found.best(request.headers.get("accept-encoding", ""))
        headers = {"Cache-Control": statics.FOREVER, "Vary": "Accept-Encoding"}
        if coding:
            headers["Content-Encoding"] = coding
        return Response(data, media_type=None, headers={**headers, "Content-Type": found.kind})

    async def _no_route(self, request: Request, error: Exception) -> Response:
        wrong = isinstance(error, HTTPException) and error.status_code == 405  # noqa: PLR2004 - HTTP
        declared = (
            errors.MethodError("this page is not asked for in this way") if wrong else errors.UnknownPageError("")
        )
        return await run_in_threadpool(self._refused, request, declared)

    def _refused(
        self, request: Request, error: HeadwaterError, name: str = "error", ctx: Context | None = None
    ) -> Response:
        """Return the page of an error; the same for what there is not and for what is hidden."""
        if ctx is None:
            try:
                ctx = self._context(name, request.method, request, Fields(()))
            except HeadwaterError:
                ctx = self._bare(name, request)
        model = errors.told(error)
        headers = {"Retry-After": str(errors.RETRY_AFTER_S)} if model.status in {429, 503} else {}
        answer: Response
        if ctx.wants_json:
            told = {"code": model.code, "what": model.what, "where": model.where, "fix": model.fix}
            answer = JSONResponse({"page": "error", "error": told}, status_code=model.status)
        else:
            kept = ctx.form.kept() if model.status in {400, 409} else {}
            # Nothing of the page asked for: what is hidden is answered like what there is not.
            shown = Context(
                site=ctx.site, page_name="error", method=ctx.method, path="/", params={}, query=Fields(()), form=ctx.form,
                headers={}, language=ctx.language, signed=ctx.signed, token=ctx.token, more={"kept": kept},
            )  # fmt: skip
            answer = shown.page("error.html", model, status=model.status)
        answer.headers.update(headers)
        return answer

    def _bare(self, name: str, request: Request) -> Context:
        return Context(
            site=self.site, page_name=name, method=request.method, path="/", params={}, query=Fields(()), form=Fields(()),
            headers={}, language=language(chosen(accepts=request.headers.get("accept-language", ""))),
        )  # fmt: skip


def _defect(error: Exception) -> HeadwaterError:
    """Return a defect as an error that can be shown: its kind and place, nothing of what it holds; the log tells more."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}:{frame.lineno}"
    _LOG.error("defect %s at %s", type(error).__name__, where)
    if os.environ.get("HEADWATER_TRACEBACK"):
        _LOG.error("%s", "".join(traceback.format_exception(error)))
    return errors.DefectError(type(error).__name__, where=where)


def _add_headers(message: MutableMapping[str, Any], extra: MutableMapping[str, str]) -> None:
    there = {name for name, _ in message["headers"]}
    message["headers"] = [
        *message["headers"],
        *((name.encode(), value.encode()) for name, value in extra.items() if name.encode() not in there),
    ]
