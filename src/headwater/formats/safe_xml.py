"""Safe XML: a stream of whole entries, without document type, entities or references outside, under our own limits.

The standard library's parsers take 200,000 levels and 30 MB attributes; here expat is watched as it reads.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from headwater.errors import FormatError, InputError, LimitError, Place
from headwater.formats.safe import (
    MAX_FIELD_BYTES,
    MAX_ROWS,
    MAX_XML_ATTRIBUTES,
    MAX_XML_DEPTH,
    MAX_XML_ENTRY_ELEMENTS,
    MAX_XML_TOKEN_BYTES,
    check_size,
    check_text,
    line_at,
    utf8_error,
)

CHUNK_BYTES: Final = 65_536
_PLAIN_LETTERS: Final = MAX_FIELD_BYTES // 4
"""Letters of a tag that may in no case be too many bytes; a longer one is measured."""


@dataclass(slots=True)
class Element:
    """One element with all that is in it."""

    tag: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, path: str) -> list["Element"]:
        """Return the elements that a path of tags, parted by slashes, leads to."""
        found = [self]
        for tag in path.split("/"):
            found = [child for element in found for child in element.children if child.tag == tag]
        return found

    def texts(self, path: str) -> list[str]:
        """Return the texts at a path that are not blank, with white space at both ends taken off."""
        return [text for element in self.all(path) if (text := element.text.strip())]

    def value(self, path: str) -> str:
        """Return the first text at a path, empty where there is none."""
        return next(iter(self.texts(path)), "")


def iter_xml(
    data: bytes,
    *,
    root: str,
    entries: frozenset[str],
    passed_over: frozenset[str] = frozenset(),
    file: str | None = None,
) -> Iterator[Element]:
    """Yield the root element without its children, then each element of the given names as a whole.

    Args:
        data: the bytes of the file, in UTF-8.
        root: the name that the outermost element must have.
        entries: names of the elements to yield; they do not stand inside each other.
        passed_over: names of those that are not yielded, and may be no larger either.
        file: name of the file, for errors.

    Raises:
        FormatError: empty, not UTF-8, not well-formed, cut short, another root, or with a document type.
        LimitError: too large, too deep, too many elements or attributes, a tag or a text too long.
    """
    check_size(data, file=file)
    # expat would follow a UTF-16 mark whatever encoding it is told; in UTF-16 every tag has a NUL.
    nul = data.find(b"\0")
    if nul >= 0:
        raise FormatError("a NUL: not UTF-8", where=Place(file=file, line=line_at(data, nul), offset=nul))
    stream = _Stream(root, entries, passed_over, file)
    for start in range(0, len(data), CHUNK_BYTES):
        stream.feed(data, start)
        yield from stream.take()
    stream.close(data)
    yield from stream.take()


class _Stream:
    """One run of expat and the elements that are open in it."""

    def __init__(self, root: str, entries: frozenset[str], passed_over: frozenset[str], file: str | None) -> None:
        self.root, self.entries, self.passed_over, self.file = root, entries, passed_over, file
        self.depth = self.inside = self.count = 0
        self.passing = 0  # the depth of what is being passed over
        self.open: list[Element] = []
        self.pieces: list[tuple[list[str], int]] = []
        self.ready: list[Element] = []
        # The encoding is ours to say: what a file declares could make two readers see two texts.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._forbid
        self.parser.EntityDeclHandler = self._forbid
        self.parser.ExternalEntityRefHandler = self._forbid
        self.parser.SkippedEntityHandler = self._forbid

    def feed(self, data: bytes, start: int) -> None:
        end = min(start + CHUNK_BYTES, len(data))
        self._parse(data, data[start:end], last=False)
        if end - self.parser.CurrentByteIndex > MAX_XML_TOKEN_BYTES:
            raise LimitError(f"a tag or comment over {MAX_XML_TOKEN_BYTES} bytes", where=self._place())

    def close(self, data: bytes) -> None:
        self._parse(data, b"", last=True)

    def take(self) -> list[Element]:
        done, self.ready = self.ready, []
        return done

    def _parse(self, data: bytes, piece: bytes, *, last: bool) -> None:
        try:
            self.parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise self._broken(data, error, last=last) from error

    def _broken(self, data: bytes, error: expat.ExpatError, *, last: bool) -> InputError:
        place = Place(file=self.file, line=error.lineno, offset=max(self.parser.ErrorByteIndex, 0))
        what = "the XML is cut short" if last else "not well-formed XML"
        return utf8_error(data, file=self.file) or FormatError(what, where=place)

    def _place(self) -> Place:
        return Place(file=self.file, line=self.parser.CurrentLineNumber, offset=self.parser.CurrentByteIndex)

    def _forbid(self, *_: object) -> NoReturn:
        raise FormatError("a document type or an entity", where=self._place(), fix="remove it; plain XML needs none")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        # A list has a million elements, most of them plain and in no entry: they pass by one question each.
        if attributes or self.depth > MAX_XML_DEPTH or len(tag) > _PLAIN_LETTERS:
            self._check(tag, attributes)
        if not self.open:
            if self.depth == 1:
                self._begin(tag, attributes)
            if self.passing:
                self._count_inside()
                return
            if tag in self.passed_over:
                self.passing, self.inside = self.depth, 0
            if tag not in self.entries:
                return
            self.inside, self.count = 0, self.count + 1
            if self.count > MAX_ROWS:
                raise LimitError(f"over {MAX_ROWS} entries", where=self._place())
        self._count_inside()
        element = Element(tag, self.parser.CurrentLineNumber, attributes)
        if self.open:
            self.open[-1].children.append(element)
        self.open.append(element)
        self.pieces.append(([], 0))

    def _check(self, tag: str, attributes: dict[str, str]) -> None:
        if self.depth > MAX_XML_DEPTH:
            raise LimitError(f"XML deeper than {MAX_XML_DEPTH} levels", where=self._place())
        if len(attributes) > MAX_XML_ATTRIBUTES:
            raise LimitError(f"an element with over {MAX_XML_ATTRIBUTES} attributes", where=self._place())
        for text in (tag, *attributes, *attributes.values()):
            check_text(text, where=self._place())

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != self.root:
            raise FormatError(f"the outermost element is not {self.root}", where=self._place())
        self.ready.append(Element(tag, self.parser.CurrentLineNumber, attributes))

    def _count_inside(self) -> None:
        self.inside += 1
        if self.inside > MAX_XML_ENTRY_ELEMENTS:
            raise LimitError(f"over {MAX_XML_ENTRY_ELEMENTS} elements in one entry", where=self._place())

    def _text(self, text: str) -> None:
        if not self.open:
            return
        pieces, size = self.pieces[-1]
        size += len(text)
        if size > MAX_FIELD_BYTES:
            raise LimitError(f"a text over {MAX_FIELD_BYTES} bytes", where=self._place())
        pieces.append(text)
        self.pieces[-1] = (pieces, size)

    def _end(self, _: str) -> None:
        self.depth -= 1
        if not self.open:
            if self.depth < self.passing:
                self.passing = 0
            return
        element = self.open.pop()
        element.text = "".join(self.pieces.pop()[0])
        if len(element.text) * 4 > MAX_FIELD_BYTES:
            check_text(element.text, where=self._place())
        if not self.open:
            self.ready.append(element)
