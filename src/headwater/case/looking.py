"""Opens what a file holds and hands out every text in it: office files, archives, PDF, pictures' comments, mail, markup.

What cannot be opened is told, so that nobody takes it for looked at: an encrypted file, an archive of an unknown kind,
one that is damaged. Pixels, sound and letters drawn as pictures are not read: a person must look there.
"""

import bz2
import gzip
import html
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import Message
from typing import BinaryIO, Final
from urllib.parse import unquote

from headwater.errors import MissingExtraError

CONTROLS: Final = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f")
"""Bytes that stand in no text of eight bits."""
HEAD: Final = 64
"""Bytes from which the kind of a file is told."""
_DEEPEST: Final = 4
_MOST_BYTES: Final = 1 << 28
"""Bytes that may come out of one file in all: 256 MB."""
_MOST_MEMBERS: Final = 20_000
_MOST_TEXT: Final = 1 << 26
_PDF: Final = b"%PDF-"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_PACKED: Final = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_CLOSED: Final = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"MSCF", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
"""7-Zip, RAR, cabinet, Zstandard, LZ4: not opened here."""
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_GIF: Final = (b"GIF87a", b"GIF89a")
_JPEG: Final = b"\xff\xd8\xff"
_TIFF: Final = (b"II*\0", b"MM\0*")
_RTF: Final = b"{\\rtf"
_TAGS: Final = re.compile(r"<[^>]{0,4096}>")
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_RTF_CODE: Final = re.compile(rb"\\u(-?\d+) ?\??|\\'([0-9a-fA-F]{2})|\\[a-zA-Z]+-?\d* ?|[{}\r\n]")
_SIGNS: Final = (_PDF, *_ZIP, *_PACKED, *_CLOSED, _OLE, _PNG, *_GIF, _JPEG, *_TIFF, _RTF)
_SHOWN_OTHERWISE: Final = re.compile(
    rb"<[a-zA-Z/!?]|&#?\w{2,8};|\\u[0-9a-fA-F]{4}|%[0-9A-Fa-f]{2}|^[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Tt]", re.MULTILINE
)
"""Signs that a text is not what it shows: markup, escapes, mail."""

_SIGNS_INSIDE: Final = (b"<", b"&", b"\\u", b"%")


class UnreadError(Exception):
    """Something in a file cannot be opened; the text says what, without its name."""


def is_opened(head: bytes) -> bool:
    """Return whether a file that begins so, or has such a piece, holds more than its bytes show."""
    if head.startswith(_SIGNS) or head[257:262] == b"ustar" or head[8:12] == b"WEBP" or head[4:8] == b"ftyp":
        return True
    if b"\0" in head:
        return False
    # The signs are looked for by their first bytes before the pattern is asked, which takes many times as long.
    if not any(sign in head for sign in _SIGNS_INSIDE) and b"content-t" not in head.lower():
        return False
    return len(head.translate(None, CONTROLS)) == len(head) and _SHOWN_OTHERWISE.search(head) is not None


def pieces(file: BinaryIO) -> Iterator[bytes | str]:
    """Yield every text that stands in a file, and the bytes of parts that are looked through as they are.

    Raises:
        UnreadError: something in it cannot be opened.
        MissingExtraError: a library to open it is not installed.
    """
    yield from _Opener().open(file, 0)


class _Opener:
    """Opens one file; counts what came out of it in all."""

    def __init__(self) -> None:
        self._left = _MOST_BYTES
        self._members = _MOST_MEMBERS

    def open(self, file: BinaryIO, depth: int) -> Iterator[bytes | str]:
        if depth > _DEEPEST:
            raise UnreadError("archives inside each other, too deep")
        head = file.read(HEAD)
        file.seek(0)
        if head.startswith(_PDF) or _PDF in head:
            yield from self._pdf(file, depth)
        elif head.startswith(_ZIP):
            yield from self._zip(file, depth)
        elif head.startswith(_CLOSED):
            raise UnreadError("an archive of a kind that is not opened here")
        elif head.startswith(tuple(_PACKED)):
            opener = next(opener for sign, opener in _PACKED.items() if head.startswith(sign))
            with opener(file, "rb") as unpacked:  # type: ignore[operator]
                yield from self._inner(self._take(unpacked), depth)
        else:
            yield from self._flat(self._take(file), depth)

    def _inner(self, data: bytes, depth: int) -> Iterator[bytes | str]:
        yield data
        yield from self.open(io.BytesIO(data), depth + 1)

    def _take(self, file: BinaryIO) -> bytes:
        try:
            data = file.read(self._left + 1)
        except (
            OSError,
            EOFError,
            zlib.error,
            lzma.LZMAError,
            zipfile.BadZipFile,
            RuntimeError,
            NotImplementedError,
        ) as error:
            raise UnreadError("a damaged or encrypted part") from error
        self._left -= len(data)
        if self._left < 0:
            raise UnreadError("more than can be looked through")
        return data

    def _flat(self, data: bytes, depth: int) -> Iterator[bytes | str]:
        if data.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadError("an encrypted office file")
        if data.startswith(_PNG):
            yield from _png(data)
        elif data.startswith(_GIF):
            yield _gif(data)
        elif data.startswith(_RTF):
            yield from _rtf(data)
        elif data[257:262] == b"ustar":
            yield from self._tar(data, depth)
        elif data.startswith((_OLE, _JPEG, *_TIFF)) or b"\0" in data[:HEAD]:
            # Letters stand in the plain there; two bytes for each may begin at an odd place.
            for encoding in ("utf-16-le", "utf-16-be"):
                for start in (0, 1):
                    yield data[start:].decode(encoding, "replace")
            for encoding in ("utf-8", "cp1250", "cp1251", "cp1252"):
                yield data.decode(encoding, "replace")
        else:
            yield from self._text(data, depth)

    def _text(self, data: bytes, depth: int) -> Iterator[bytes | str]:
        text = _decoded(data[:_MOST_TEXT])
        yield text
        if "<" in text or "&" in text:
            yield html.unescape(_TAGS.sub("", text))
            yield html.unescape(_TAGS.sub(" ", text))
        if "\\u" in text:
            yield _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)
        if "%" in text:
            yield unquote(text)
        if re.search(r"(?im)^content-(transfer-encoding|type|disposition):", text[:_MOST_TEXT]):
            yield from self._mail(message_from_bytes(data), depth)

    def _mail(self, message: Message, depth: int) -> Iterator[bytes | str]:
        from email.header import decode_header, make_header

        for value in message.values():
            with suppress(ValueError, LookupError):
                yield str(make_header(decode_header(str(value))))
        for part in message.walk():
            body = part.get_payload(decode=True)
            if isinstance(body, bytes) and body:
                self._left -= len(body)
                if body != message.as_bytes():
                    yield from self._inner(body, depth)

    def _zip(self, file: BinaryIO, depth: int) -> Iterator[bytes | str]:
        try:
            with zipfile.ZipFile(file) as archive:
                yield archive.comment
                for member in archive.infolist():
                    self._count()
                    if member.flag_bits & 1:
                        raise UnreadError("an encrypted part")
                    yield member.filename
                    yield member.comment
                    if not member.is_dir():
                        with archive.open(member) as inner:
                            yield from self._inner(self._take(inner), depth)  # type: ignore[arg-type]
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError) as error:
            raise UnreadError("a damaged archive or office file") from error

    def _tar(self, data: bytes, depth: int) -> Iterator[bytes | str]:
        try:
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                for member in archive:
                    self._count()
                    yield member.name
                    yield member.linkname
                    inner = archive.extractfile(member) if member.isreg() else None
                    if inner is not None:
                        yield from self._inner(self._take(inner), depth)  # type: ignore[arg-type]
        except (tarfile.TarError, OSError) as error:
            raise UnreadError("a damaged archive") from error

    def _count(self) -> None:
        self._members -= 1
        if self._members < 0:
            raise UnreadError("more parts than can be looked through")

    def _pdf(self, file: BinaryIO, depth: int) -> Iterator[bytes | str]:
        try:
            import pypdf
            from pypdf.errors import PyPdfError
        except ModuleNotFoundError as error:
            raise MissingExtraError("case", error.name or "pypdf") from error
        try:
            reader = pypdf.PdfReader(file)
            if reader.is_encrypted and not reader.decrypt(""):
                raise UnreadError("an encrypted PDF")
            yield from _pdf_words(reader)
            for name, contents in reader.attachments.items():
                yield name
                for body in contents:
                    self._count()
                    yield from self._inner(self._take(io.BytesIO(body)), depth)
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            # A parser of a format as loose as this one fails in many ways; what it cannot read was not looked at.
            raise UnreadError("a PDF that cannot be read") from error


def _pdf_words(reader: object) -> Iterator[str]:
    """Yield the text, metadata, notes and form fields of a PDF, and every text string and stream of its objects."""
    import pypdf

    assert isinstance(reader, pypdf.PdfReader)  # noqa: S101 - for the type; the caller made it
    for value in (reader.metadata or {}).values():
        yield str(value)
    for page in reader.pages:
        yield page.extract_text()
    for number in range(1, _objects(reader)):
        with suppress(pypdf.errors.PyPdfError, KeyError, ValueError):
            value = reader.get_object(number)
            yield from _pdf_strings(value, 0)


def _objects(reader: object) -> int:
    size = getattr(reader, "trailer", {}).get("/Size", 0)
    return min(int(size), _MOST_MEMBERS)


def _pdf_strings(value: object, depth: int) -> Iterator[str]:
    from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, StreamObject, TextStringObject

    if depth > _DEEPEST:
        return
    if isinstance(value, TextStringObject):
        yield str(value)
    elif isinstance(value, ByteStringObject):
        yield bytes(value).decode("latin-1")
    elif isinstance(value, ArrayObject):
        for part in value:
            yield from _pdf_strings(part, depth + 1)
    elif isinstance(value, DictionaryObject):
        for part in value.values():
            yield from _pdf_strings(part, depth + 1)
        if isinstance(value, StreamObject) and value.get("/Type") in ("/Metadata", "/EmbeddedFile"):
            text = _decoded(value.get_data())
            yield text
            yield html.unescape(_TAGS.sub(" ", text))


def _png(data: bytes) -> Iterator[bytes | str]:
    """Yield the comments of a PNG, which may be compressed (PNG specification, section 11.3.3)."""
    at = len(_PNG)
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        at += size + 12
        if kind == b"tEXt":
            yield body
            yield body.decode("latin-1")
        elif kind == b"zTXt":
            # Latin-1 by the specification, UTF-8 by the hand of many programs.
            comment = _inflated(body.partition(b"\0")[2][1:])
            yield comment
            yield comment.decode("latin-1")
        elif kind == b"iTXt":
            flags = body.partition(b"\0")[2]
            text = flags[2:].partition(b"\0")[2].partition(b"\0")[2]
            yield (_inflated(text) if flags[:1] == b"\1" else text).decode("utf-8", "replace")
        elif kind == b"eXIf":
            yield body
            for encoding in ("utf-16-le", "utf-16-be", "utf-8"):
                yield body.decode(encoding, "replace")


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST_TEXT)
    except zlib.error as error:
        raise UnreadError("a damaged comment of a picture") from error


def _gif(data: bytes) -> bytes:
    """Return the comments of a GIF, put together from their blocks of at most 255 bytes."""
    found = []
    at = data.find(b"\x21\xfe")
    while at >= 0:
        at += 2
        while at < len(data) and data[at]:
            found.append(data[at + 1 : at + 1 + data[at]])
            at += 1 + data[at]
        found.append(b" ")
        at = data.find(b"\x21\xfe", at)
    return b"".join(found)


def _rtf(data: bytes) -> Iterator[str]:
    for encoding in ("cp1250", "cp1251", "cp1252"):

        def letter(found: re.Match[bytes], encoding: str = encoding) -> bytes:
            if found.group(1):
                return chr(int(found.group(1)) % 65536).encode("utf-8", "replace")
            if found.group(2):
                return bytes.fromhex(found.group(2).decode()).decode(encoding, "replace").encode()
            return b""

        yield _RTF_CODE.sub(letter, data).decode("utf-8", "replace")


def _decoded(data: bytes) -> str:
    for mark, encoding in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
