"""XML as a stream of entries, and what is refused on the way."""

import pytest

from headwater.errors import FormatError, InputError, LimitError
from headwater.formats.safe_xml import Element, iter_xml


def entries(data: bytes) -> list[Element]:
    return list(iter_xml(data, root="list", entries=frozenset({"entry"}), file="x.xml"))


def test_entries_come_whole_and_with_their_line() -> None:
    root, first, second = entries(
        b'<?xml version="1.0"?>\n<list date="d">\n<entry><a> x </a><a/><b><c>y</c></b></entry>\n<entry/></list>'
    )
    assert (root.tag, root.attributes, root.children) == ("list", {"date": "d"}, [])
    assert (first.line, first.texts("a"), first.value("b/c"), first.value("none")) == (3, ["x"], "y", "")
    assert (second.line, second.children) == (4, [])


def test_entities_of_xml_itself_are_read() -> None:
    assert entries("<list><entry>&amp;&lt;&#x416;Ж</entry></list>".encode())[1].text == "&<ЖЖ"


def test_a_byte_order_mark_may_stand_first() -> None:
    assert len(entries(b"\xef\xbb\xbf<list><entry/></list>")) == 2


LAUGHS = b'<!DOCTYPE list [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><list><entry>&b;</entry></list>'
OUTSIDE = b'<!DOCTYPE list [<!ENTITY a SYSTEM "file:///etc/passwd">]><list><entry>&a;</entry></list>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (LAUGHS, "document type"),
        (OUTSIDE, "document type"),
        (b'<!DOCTYPE list SYSTEM "http://x.example/x.dtd"><list/>', "document type"),
        (b"<!DOCTYPE html><html></html>", "document type"),
        (b"<html></html>", "outermost element is not list"),
        (b"<list><entry>&undefined;</entry></list>", "not well-formed"),
        (b"<list><entry>", "cut short"),
        (b"<list><entry>text", "cut short"),
        (b"<list><entry></en", "cut short"),
        (b"<list><entry></list>", "not well-formed"),
        (b"<list/><list/>", "not well-formed"),
        (b"plain text", "not well-formed"),
        (b"<list>\n<entry>\xff</entry></list>", "not UTF-8"),
        ("<list/>".encode("utf-16"), "not UTF-8|not well-formed|NUL"),
        (b"<list>\n<entry>\0</entry></list>", "NUL"),
        (b"", "empty"),
    ],
)
def test_what_is_no_plain_xml_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        entries(data)
    assert caught.value.where.file == "x.xml"


def test_an_encoding_that_a_file_claims_does_not_change_how_it_is_read() -> None:
    data = '<?xml version="1.0" encoding="iso-8859-1"?><list><entry>Ж</entry></list>'.encode()
    assert entries(data)[1].text == "Ж"


@pytest.mark.parametrize(
    "data",
    [
        b"<list>" + b"<a>" * 200_000,
        b"<list>" + b"<a>" * 64 + b"</a>" * 64 + b"</list>",
        b'<list><entry a="' + b"x" * 3_000_000 + b'"/></list>',
        b"<list><!--" + b"x" * 3_000_000 + b"--></list>",
        b"<list><entry " + b" ".join(b'a%d=""' % n for n in range(65)) + b"/></list>",
        b"<list><entry>" + b"x" * 65_537 + b"</entry></list>",
        ("<list><entry>" + "ж" * 32_769 + "</entry></list>").encode(),
        b"<list><entry a='" + b"x" * 65_537 + b"'/></list>",
        b"<" + b"x" * 3_000_000,
    ],
    ids=["deep", "65 levels", "attribute", "comment", "attributes", "text", "letters", "long attribute", "tag"],
)
def test_what_is_beyond_the_limits_is_refused(data: bytes) -> None:
    with pytest.raises(LimitError):
        entries(data)


def test_what_lies_within_the_limits_is_read() -> None:
    assert len(entries(b"<list>" + b"<a>" * 63 + b"</a>" * 63 + b"</list>")) == 1
    assert len(entries(b"<list><entry>" + b"x" * 65_536 + b"</entry></list>")[1].text) == 65_536


def test_a_text_of_many_pieces_counts_as_one() -> None:
    with pytest.raises(LimitError):
        entries(b"<list><entry>" + b"x<!-- -->" * 70_000 + b"</entry></list>")


def test_an_error_names_line_and_byte() -> None:
    with pytest.raises(InputError) as caught:
        entries(b"<list>\n<entry>\n</wrong></list>")
    assert caught.value.where.line == 3
    assert caught.value.where.offset == 17


def test_what_is_passed_over_is_no_entry_and_may_be_no_larger_than_one() -> None:
    def read(inside: int) -> list[Element]:
        party = b"<party>" + b"<a/>" * inside + b"</party>"
        data = b"<list>" + party + b"<entry/>" + party + b"<b/>" * 20_000 + b"<entry/></list>"
        return list(iter_xml(data, root="list", entries=frozenset({"entry"}), passed_over=frozenset({"party"})))

    assert [one.tag for one in read(10_000)] == ["list", "entry", "entry"]
    with pytest.raises(LimitError, match="10000 elements in one entry") as caught:
        read(10_001)
    assert caught.value.where.offset == len("<list><party>") + 4 * 10_000
