"""What a page of the analyst's page is made of: its route, and the context in which its handler works."""

import csv
import hmac
import io
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import date, datetime
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.formats.safe_csv import csv_cell
from headwater.model.times import format_instant
from headwater.node import Node
from headwater.node.pages import exports, sharing
from headwater.node.signin import SignedIn
from headwater.policy.session import Session, allowed
from headwater.web.fields import Fields
from headwater.web.templating import Templates
from headwater.web.words import Language

if TYPE_CHECKING:
    from headwater.node.uploads import Piece
    from headwater.web.live import Pulse
    from headwater.web.uploading import Upload

TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field
KEY_BYTES: Final = 16
PIECE_BYTES: Final = 1 << 18
SEE_OTHER: Final = 303


@dataclass(frozen=True, slots=True)
class Page:
    """One route of the page.

    Attributes:
        path: as Starlette writes it.
        name: first word of the path, ``start`` or ``compare``; the page's mark for tests and styles.
        act: the handler. It runs in a thread and may take its time.
        method: ``GET`` or ``POST``.
        takes_file: its form brings a file; who sends it is asked before any of it is read.
        into: where its body goes, bytes as they are and no form; the form's token comes in the head.
    """

    path: str
    name: str
    act: "Callable[[Context], Response]"
    method: str = "GET"
    takes_file: bool = False
    into: "Callable[[Context], Piece] | None" = None


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages of one node share."""

    node: Node
    templates: Templates
    cookie: str
    origins: frozenset[str]
    hosts: frozenset[str]
    secure: bool
    url: str
    pulse: "Pulse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One request as a handler sees it.

    Attributes:
        path: the path asked for.
        params: what the path's placeholders hold.
        query: fields of the query; of ``GET`` only.
        form: fields of the form; of ``POST`` only.
        token: the session's cookie, empty before sign-in.
        upload: the file that the form brought, of a page that takes one.
        oidc_secret: what the browser keeps while its user is at the OpenID provider.
    """

    site: Site
    page_name: str
    method: str
    path: str
    params: Mapping[str, str]
    query: Fields
    form: Fields
    headers: Mapping[str, str]
    language: Language
    signed: SignedIn | None = None
    token: str = ""
    oidc_secret: str = ""
    upload: "Upload | None" = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def node(self) -> Node:
        """The node behind the page."""
        return self.site.node

    @property
    def session(self) -> Session:
        """Who is signed in.

        Raises:
            ForbiddenError: nobody is.
        """
        if self.signed is None:
            raise ForbiddenError("rule sign-in: nobody is signed in", fix="sign in")
        return self.signed.session

    @property
    def wants_json(self) -> bool:
        """Whether the twin is asked for and not the page."""
        return self.query.text("format") == "json"

    @property
    def is_fragment(self) -> bool:
        """Whether a script asks for a part of the page, to put it into one that is open."""
        return self.headers.get("hx-request") == "true"

    def may(self, act: str) -> bool:
        """Return whether the user may do something; for what a page offers, never instead of asking the room."""
        return self.signed is not None and allowed(self.session, act)

    def one_use_key(self) -> str:
        """Return a key for a form that must count once."""
        return secrets.token_urlsafe(KEY_BYTES)

    def page(
        self, template: str, model: object, *, twin: Sequence[Any] = (), next_page: str | None = None, status: int = 200
    ) -> Response:
        """Return the page, or its JSON twin where that was asked for.

        Args:
            template: its file.
            model: the read model; ``model`` in the template.
            twin: rows with the same facts; dataclasses or dictionaries.
            next_page: address of the next rows, if there are more.
            status: HTTP number.
        """
        if self.wants_json:
            told = {"page": self.page_name, "rows": [plain(row) for row in twin], "next": next_page}
            return JSONResponse(told, status_code=status)
        text = self.site.templates.render(template, self, {"model": model, **self.more})
        return HTMLResponse(text, status_code=status)

    def see_other(self, path: str, **query: str) -> Response:
        """Return the answer to a form that was carried out: go and look there."""
        return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, SEE_OTHER)

    def export(self, form: str, name: str, rows: Sequence[Any], marks: str) -> Response:
        """Return rows as a file for somebody's desk, with banner, who, when and why; the ledger notes it.

        Args:
            form: ``csv`` or ``json``.
            name: of the page; goes into the file's name.
            rows: dataclasses or dictionaries.
            marks: the handling line of all rows together.

        Raises:
            SchemaError: there is no such form.
        """
        at = format_instant(self.node.clock.now())
        about = {
            "handling": marks,
            "node": self.node.authority,
            "who": self.session.user,
            "purpose": self.session.purpose,
            "at": at,
        }
        plain_rows = [plain(row) for row in rows]
        if form == "csv":
            data, kind = _csv(about, plain_rows), "text/csv; charset=utf-8"
        elif form == "json":
            data = json.dumps({**about, "rows": plain_rows}, ensure_ascii=False, indent=1).encode()
            kind = "application/json"
        else:
            raise SchemaError("no such form of export", where=Place(field="format"), fix="use csv or json")
        exports.note(self.node, self.session, name, form, len(plain_rows))
        return self.attachment(data, kind, f"{name}-{at[:10]}.{form}")

    def export_ftm(self, name: str, keys: Sequence[str]) -> Response:
        """Return the things of a list as FollowTheMoney, as far as their handling lets them leave.

        Args:
            name: of the page; goes into the file's name.
            keys: the things.

        Raises:
            PolicyError: the user may not release, or nothing may leave without an agreement.
        """
        data = sharing.list_as_ftm(self.node, self.session, name, keys)
        return self.attachment(
            data, "application/json", f"{name}-{format_instant(self.node.clock.now())[:10]}.ftm.json"
        )

    def attachment(self, data: bytes, kind: str, name: str) -> Response:
        """Return a file; its name is made of what this code says, never of what a record holds."""
        return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})

    def stream(self, file: IO[bytes], size: int, kind: str, name: str) -> Response:
        """Return a file that is too large to be held: it is read while it is sent, and closed behind it."""

        def pieces() -> Iterator[bytes]:
            with file:
                while piece := file.read(PIECE_BYTES):
                    yield piece

        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
        return StreamingResponse(pieces(), media_type=kind, headers=headers)

    def check_form(self) -> None:
        """Refuse a form that does not bring back this session's token.

        Raises:
            ForbiddenError: it does not.
        """
        given = self.form.text(TOKEN_FIELD) or self.headers.get("x-form-token", "")
        if self.signed is None or not hmac.compare_digest(given.encode(), self.signed.form_token.encode()):
            raise ForbiddenError("rule form: the form does not come from this session", fix="load the page again")


def plain(value: Any) -> Any:  # noqa: ANN401 - any read model
    """Return a read model as lists, dictionaries, texts and numbers."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _csv(about: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([f"# {name}: {value}" for name, value in about.items()])
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer.writerow([_cell(name) for name in names])
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:  # noqa: ANN401 - a cell of any type
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if _is_number(text) else str(csv_cell(text))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
