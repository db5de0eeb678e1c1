"""The gate opens what a file holds: a name is found in office files, archives, PDF, pictures, mail and markup."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from headwater.case.files import CHUNK
from headwater.case.gate import NAMED, UNREAD, look_at, look_at_bytes
from headwater.case.paper import Paper, Part, pdf_of
from headwater.case.protected import Shield, draw_pseudonyms, shield
from tests.case_world import NOON, VICTIM_NAME, Repeating, made_case

NOTHING = "A scan of a trailer, made up for tests"


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Shield:
    case = made_case(tmp_path_factory.mktemp("gate"))
    return shield(case, draw_pseudonyms(case, Repeating()))


def zipped(members: dict[str, bytes], comment: bytes = b"", part: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            told = zipfile.ZipInfo(name)
            told.compress_type, told.comment = zipfile.ZIP_DEFLATED, part
            archive.writestr(told, data)
        archive.comment = comment
    return out.getvalue()


def turned(text: str) -> str:
    """A name with its family first: it stands so in no form that is looked for in bytes, and is found where they are read."""
    return ", ".join(reversed(text.split()))


def docx(text: str) -> bytes:
    """A text document whose words are split over runs, as a spelling checker leaves them."""
    half = len(text) // 2
    runs = "".join(f"<w:r><w:t>{part}</w:t></w:r>" for part in (text[:half], text[half:]))
    body = f'<?xml version="1.0"?><w:document><w:body><w:p>{runs}</w:p></w:body></w:document>'
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": body.encode()})


def xlsx(text: str) -> bytes:
    cells = "".join(f"<si><t>{word}</t></si>" for word in text.split())
    return zipped({"xl/sharedStrings.xml": f"<sst>{cells}</sst>".encode(), "xl/workbook.xml": b"<workbook/>"})


def pdf(text: str) -> bytes:
    return pdf_of(Paper(title="A paper", short="x", author="UK-NCA", facts=(), parts=(Part(text=(text,)),)), NOON)


def pdf_with(change: Callable[..., None]) -> Callable[[str], bytes]:
    def make(text: str) -> bytes:
        import pypdf

        writer = pypdf.PdfWriter()
        writer.add_blank_page(100, 100)
        change(writer, text)
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    return make


def with_last_object(writer: Any, text: str) -> None:
    from pypdf.generic import TextStringObject

    writer._add_object(TextStringObject(text))


def with_xml_metadata(writer: Any, text: str) -> None:
    from pypdf.generic import DecodedStreamObject, NameObject

    stream = DecodedStreamObject()
    stream.set_data(f"<x:meta><dc:subject>{text}</dc:subject></x:meta>".encode())
    stream[NameObject("/Type")] = NameObject("/Metadata")
    writer._root_object[NameObject("/Metadata")] = writer._add_object(stream.flate_encode())


def with_note(writer: Any, text: str) -> None:
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

    note = DictionaryObject(
        {NameObject("/Type"): NameObject("/Annot"), NameObject("/Contents"): TextStringObject(text)}
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([note])


def png(kind: bytes, body: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + pixels + chunk(kind, body) + chunk(b"IEND", b"")


def jpeg(marker: int, body: bytes) -> bytes:
    return b"\xff\xd8" + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + b"\xff\xd9"


def gif(text: str) -> bytes:
    data = ("x" * 247 + " " + text).encode()
    blocks = b"".join(bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in range(0, len(data), 255))
    return b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + blocks + b"\0\x3b"


def tarred(text: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        data = docx(text)
        info = tarfile.TarInfo("note.docx")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def linked(name: str, target: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = (tarfile.SYMTYPE, target) if target else (tarfile.DIRTYPE, "")
        archive.addfile(info)
    return out.getvalue()


def mail(text: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Exercise"
    message.set_content("see below")
    message.add_attachment(docx(text), maintype="application", subtype="octet-stream", filename="a.docx")
    return message.as_bytes()


def mail_subject(text: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = text
    message.set_content("nothing")
    return message.as_bytes()


def rtf(text: str) -> bytes:
    letters = "".join(letter if letter.isascii() else f"\\u{ord(letter)}?" for letter in text)
    return b"{\\rtf1\\ansi\\b " + letters.replace(" ", " \\b0 ").encode() + b"}"


KINDS: dict[str, Callable[[str], bytes]] = {
    "text": lambda text: f"note: {text}".encode(),
    "CSV": lambda text: ("id;family;given\n1;" + ";".join(reversed(text.split()))).encode(),
    "a text document": docx,
    "a sheet": xlsx,
    "an open document": lambda text: zipped({"content.xml": f"<text:p>{text}</text:p>".encode()}),
    "a name of a part": lambda text: zipped({f"{text}.txt": b"x"}),
    "a comment of an archive": lambda text: zipped({"a": b"x"}, text.encode()),
    "a comment of a part": lambda text: zipped({"a": b"x"}, part=turned(text).encode()),
    "a name in a tar": lambda text: linked(turned(text), ""),
    "whither a link in a tar leads": lambda text: linked("a", turned(text)),
    "an archive in an archive": lambda text: zipped({"inner.zip": zipped({"a.docx": docx(text)})}),
    "gzip": lambda text: gzip.compress(text.encode()),
    "bzip2": lambda text: bz2.compress(docx(text)),
    "xz": lambda text: lzma.compress(text.encode()),
    "tar": tarred,
    "PDF text": pdf,
    "PDF metadata": pdf_with(lambda writer, text: writer.add_metadata({"/Subject": text})),
    "a file in a PDF": pdf_with(lambda writer, text: writer.add_attachment("a.txt", text.encode())),
    "metadata of a PDF in XML": pdf_with(with_xml_metadata),
    "a note on a page of a PDF": pdf_with(with_note),
    "the last object of a PDF": pdf_with(with_last_object),
    "PNG, plain": lambda text: png(b"tEXt", b"Comment\0" + text.encode("latin-1", "replace") + text.encode()),
    "PNG, compressed": lambda text: png(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(text.encode())),
    "PNG, not compressed": lambda text: png(b"iTXt", b"Comment\0\0\0\0\0" + turned(text).encode()),
    "PNG, an old compressed comment": lambda text: png(b"zTXt", b"Comment\0\0" + zlib.compress(text.encode())),
    "PNG, Exif": lambda text: png(b"eXIf", b"II*\0" + turned(text).encode("utf-16-le")),
    "JPEG comment": lambda text: jpeg(0xFE, text.encode()),
    "JPEG, UTF-16 at an odd place": lambda text: jpeg(0xE1, b"Exif\0\0U" + text.encode("utf-16-be")),
    "JPEG, upper case in UTF-16": lambda text: jpeg(0xE1, b"Exif\0\0" + text.upper().encode("utf-16-le")),
    "GIF comment over two blocks": gif,
    "an old office file": lambda text: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + text.encode("utf-16-le"),
    "mail": mail,
    "a subject of mail": mail_subject,
    "a clip": lambda text: b"\0\0\0\x18ftypmp42" + b"\0" * 41 + turned(text).encode("utf-16-be"),
    "a picture of the web": lambda text: b"RIFF\x40\0\0\0WEBPEXIF" + b"\0" * 41 + turned(text).encode("utf-16-le"),
    "HTML": lambda text: "".join(f"<b>&#{ord(letter)};</b>" for letter in text).encode(),
    "JSON with escapes": lambda text: (
        b'{"x":"' + text.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00") + b'"}'
    ),
    "an address of the web": lambda text: ("https://x/?q=" + "%20".join(text.split()).replace("ć", "%C4%87")).encode(),
    "RTF": rtf,
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_a_name_is_found_in_whatever_a_file_holds(guard: Shield, make: Callable[[str], bytes]) -> None:
    assert look_at_bytes(make(VICTIM_NAME), guard).why == NAMED


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_a_file_of_the_kind_that_names_nobody_may_leave(guard: Shield, make: Callable[[str], bytes]) -> None:
    assert look_at_bytes(make(NOTHING), guard).why == ""


def encrypted_zip() -> bytes:
    data = bytearray(zipped({"a.txt": b"x"}))
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + at] |= 1
    return bytes(data)


CLOSED = {
    "an encrypted archive": encrypted_zip(),
    "an archive of an unknown kind": b"7z\xbc\xaf\x27\x1c" + b"\0" * 40,
    "an archive cut short": zipped({"a.txt": b"x" * 5000})[:-30],
    "a PDF cut short": b"%PDF-1.7\n1 0 obj\n<<",
    "gzip cut short": gzip.compress(bytes(range(256)) * 40)[:-40],
    "an encrypted office file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    + b"\0" * 99
    + "EncryptedPackage".encode("utf-16-le"),
}


@pytest.mark.parametrize("data", CLOSED.values(), ids=CLOSED)
def test_what_cannot_be_opened_is_told_and_may_not_leave(guard: Shield, data: bytes) -> None:
    look = look_at_bytes(data, guard)
    assert (look.why, look.stops) == (UNREAD, True)


def test_a_file_of_several_pieces_is_opened_by_what_its_first_piece_shows(guard: Shield) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("note.docx", docx(VICTIM_NAME))
        archive.writestr("filling.bin", b"nobody. " * (CHUNK // 4))
    assert look_at_bytes(out.getvalue(), guard).why == NAMED


SHOWN_OTHERWISE = ("HTML", "JSON with escapes", "an address of the web")
"""Texts that say a name in other signs than its letters, wherever in them that begins."""


@pytest.mark.parametrize("pieces", [0, 1, 2])
@pytest.mark.parametrize("kind", SHOWN_OTHERWISE)
def test_a_text_that_is_written_otherwise_from_some_piece_on_is_opened(guard: Shield, kind: str, pieces: int) -> None:
    filling = b"nobody in particular\n" * (CHUNK // 21 + 1)
    begin = filling * pieces
    assert look_at_bytes(begin + KINDS[kind](VICTIM_NAME), guard).why == NAMED
    assert look_at_bytes(begin + KINDS[kind](VICTIM_NAME) + b"\n" + filling, guard).why == NAMED
    assert not look_at_bytes(begin + KINDS[kind](NOTHING), guard).stops


def test_a_bomb_is_not_unpacked_to_its_end(guard: Shield, monkeypatch: pytest.MonkeyPatch) -> None:
    from headwater.case import looking

    monkeypatch.setattr(looking, "_MOST_BYTES", 1 << 20)
    assert look_at_bytes(zipped({"a": b"\0" * (3 << 20)}), guard).why == UNREAD


def test_an_encrypted_pdf_is_told(guard: Shield) -> None:
    import pypdf

    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    assert look_at_bytes(out.getvalue(), guard).why == UNREAD


@pytest.mark.parametrize("before", [1, 5, len(VICTIM_NAME) - 1])
def test_a_name_that_stands_across_two_pieces_is_found(guard: Shield, before: int) -> None:
    filling = b"nobody in particular. " * (CHUNK // 22 + 1)
    data = filling[: CHUNK - before - 1] + b" " + VICTIM_NAME.encode() + b" and no more"
    assert look_at_bytes(data, guard).why == NAMED
    assert not look_at_bytes(data.replace(VICTIM_NAME.encode(), b"somebody else"), guard).stops


def test_a_look_leaves_the_file_open(guard: Shield, tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(docx(VICTIM_NAME))
    with path.open("rb") as file:
        assert look_at(file, guard).why == NAMED
        assert not file.closed
