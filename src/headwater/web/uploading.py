"""A form with a file: read part by part, the file straight into the node's own directory; nothing is ever held whole in memory.

Nothing stays where it breaks off. The name that a browser gives is looked at for its ending alone and never becomes a path.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from headwater.errors import FormatError, LimitError, MissingExtraError, Place, SchemaError
from headwater.node.incoming import Incoming
from headwater.web.errors import TypeOfFormError
from headwater.web.fields import MOST_BYTES, MOST_FIELDS, Fields

MULTIPART: Final = "multipart/form-data"
FILE_FIELD: Final = "file"
UPLOAD_FIELD: Final = "upload"
"""The reference of a file that has come already, in place of the file."""
_MOST_HEADER: Final = 4096


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form, and what the browser calls it; never a path."""

    file: Incoming
    name: str


@dataclass(slots=True)
class _Parts:
    """What the parser has told so far."""

    file: Incoming
    fields: list[tuple[str, str]] = field(default_factory=list)
    name: str = ""
    value: bytearray = field(default_factory=bytearray)
    header: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    file_name: str | None = None
    in_file: bool = False
    plain: int = 0
    done: bool = False

    def callbacks(self) -> Mapping[str, Any]:
        return {
            "on_part_begin": self.begin,
            "on_part_data": self.data,
            "on_part_end": self.end_part,
            "on_header_field": lambda data, start, end: self.head(self.header, data[start:end]),
            "on_header_value": lambda data, start, end: self.head(self.header_value, data[start:end]),
            "on_header_end": self.end_header,
            "on_headers_finished": self.headers_done,
            "on_end": self.finish,
        }

    def begin(self) -> None:
        self.headers, self.value, self.name, self.in_file = {}, bytearray(), "", False

    def head(self, into: bytearray, data: bytes) -> None:
        into += data
        if len(into) > _MOST_HEADER:
            raise LimitError(f"a part's head of more than {_MOST_HEADER} bytes")

    def end_header(self) -> None:
        self.headers[bytes(self.header).lower()] = bytes(self.header_value)
        self.header, self.header_value = bytearray(), bytearray()

    def headers_done(self) -> None:
        from python_multipart.multipart import parse_options_header

        kind, options = parse_options_header(self.headers.get(b"content-disposition", b""))
        if kind != b"form-data" or b"name" not in options:
            raise FormatError("a part of the form without a name", where=Place(field="form"))
        self.name = options[b"name"].decode("utf-8", "replace")
        if b"filename" not in options:
            return
        if self.file_name is not None or self.name != FILE_FIELD:
            raise SchemaError("more than one file", where=Place(field=FILE_FIELD), fix="add one after the other")
        self.file_name = options[b"filename"].decode("utf-8", "replace")
        self.in_file = True

    def data(self, data: bytes, start: int, end: int) -> None:
        part = data[start:end]
        if self.in_file:
            self.file.write(part)
            return
        self.plain += len(part)
        if self.plain > MOST_BYTES:
            raise LimitError(f"a form of more than {MOST_BYTES // 1024} KB beside its file")
        self.value += part

    def end_part(self) -> None:
        if self.in_file:
            return
        # Counted here and not where a value comes: an empty one brings none.
        if len(self.fields) >= MOST_FIELDS:
            raise LimitError(f"more than {MOST_FIELDS} fields", where=Place(field="form"))
        try:
            self.fields.append((self.name, self.value.decode()))
        except UnicodeDecodeError as error:
            raise FormatError("not a form in UTF-8", where=Place(field="form")) from error

    def finish(self) -> None:
        self.done = True

    def whole(self) -> str | None:
        """Return the file's name once all has come; refuse what broke off or brought no file.

        None where the form names an upload that has come before it, piece by piece.
        """
        if not self.done:
            raise FormatError("the form broke off", where=Place(field="form"), fix="nothing was stored; send it again")
        if self.file_name is None and any(name == UPLOAD_FIELD for name, _ in self.fields):
            return None
        if self.file_name is None or not self.file.size:
            raise SchemaError("no file, or an empty one", where=Place(field=FILE_FIELD), fix="choose a file")
        return self.file_name


async def read_upload(request: Request, home: Path) -> tuple[Fields, Upload | None]:
    """Return a form and the file in it; `Incoming.discard` takes the file away again.

    None for the file where the form names one that has come before it.

    Args:
        request: the form, as it comes.
        home: the node's directory, in which the file lies meanwhile.

    Raises:
        LimitError: the file or the form is too large.
        TypeOfFormError: it is no form with a file.
        SchemaError: there is no file, or more than one.
        FormatError: it broke off, or is not what it says.
        StoreError: the disk refuses.
        MissingExtraError: the library is not installed.
    """
    try:
        from python_multipart.exceptions import FormParserError
        from python_multipart.multipart import MultipartParser, parse_options_header
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", error.name or "python_multipart") from error
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != MULTIPART.encode() or b"boundary" not in options:
        raise TypeOfFormError("not a form with a file", where="Content-Type", fix=f"send {MULTIPART}")
    parts = _Parts(await run_in_threadpool(Incoming.begin, home))
    try:
        parser = MultipartParser(options[b"boundary"], parts.callbacks())  # type: ignore[arg-type] # a mapping of its names
        async for chunk in request.stream():
            await run_in_threadpool(parser.write, chunk)
        await run_in_threadpool(parts.file.close)
        name = parts.whole()
    except FormParserError as error:
        await run_in_threadpool(parts.file.discard)
        raise FormatError("not a form with a file", where=Place(field="form")) from error
    except BaseException:
        await run_in_threadpool(parts.file.discard)
        raise
    if name is None:
        await run_in_threadpool(parts.file.discard)
        return Fields(parts.fields), None
    return Fields(parts.fields), Upload(parts.file, name)
