"""Archives, looked at member by member before anything is written."""

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.errors import FormatError, InputError, LimitError
from headwater.formats import safe_archive
from headwater.formats.safe_archive import read_members, unpack


def zip_of(*members: tuple[str, bytes], mode: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def tar_of(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(data), kind, "/etc/passwd"
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


Maker = Callable[..., bytes]
MAKERS: dict[str, Maker] = {"zip": zip_of, "tar": tar_of, "tar.gz": lambda *members: gzip.compress(tar_of(*members))}
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@every_kind
def test_an_honest_archive_is_unpacked(make: Maker, tmp_path: Path) -> None:
    paths = unpack(make(("a.txt", b"1"), ("b/c.txt", b"2")), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == ["a.txt", "b/c.txt"]
    assert (tmp_path / "b/c.txt").read_bytes() == b"2"


@every_kind
@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x", "C:/x", "C:x", "a\\..\\x", "a:b", "a\nb"])
def test_a_member_that_leads_outside_is_refused_and_nothing_is_written(make: Maker, name: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="outside"):
        unpack(make(("good.txt", b"1"), (name, b"2")), tmp_path)
    assert list(tmp_path.iterdir()) == []


@every_kind
def test_two_members_with_one_name_are_refused(make: Maker) -> None:
    with pytest.raises(FormatError, match="one name"):
        read_members(make(("a/x", b"1"), ("A/./X", b"2")))


def test_links_and_devices_are_refused() -> None:
    for data in (
        zip_of(("x", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777),
        *(
            tar_of(("x", b""), kind=kind)
            for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE)
        ),
    ):
        with pytest.raises(FormatError, match="link or device"):
            read_members(data)


@every_kind
def test_a_bomb_is_refused(make: Maker) -> None:
    with pytest.raises(LimitError, match="unpacks to over"):
        read_members(
            gzip.compress(tar_of(("x", bytes(30_000_000)))) if make is not zip_of else make(("x", bytes(30_000_000)))
        )


def test_an_uncompressed_tar_of_zeros_is_no_bomb() -> None:
    assert len(read_members(tar_of(("x", bytes(3_000_000))))[0].data) == 3_000_000


@every_kind
def test_too_many_members_are_refused(make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_archive, "MAX_ARCHIVE_MEMBERS", 3)
    with pytest.raises(LimitError, match="members"):
        read_members(make(*((str(number), b"") for number in range(4))))


@pytest.mark.parametrize("said", [10, 2000])
def test_a_zip_that_lies_about_a_size_is_refused(said: int) -> None:
    data = bytearray(zip_of(("x", b"A" * 1000)))
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = said.to_bytes(4, "little")
    with pytest.raises(FormatError):
        read_members(bytes(data))


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(zip_of(("x", b"A")))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FormatError, match="encrypted"):
        read_members(bytes(data))


@every_kind
def test_a_cut_archive_is_refused_or_whole_member_by_member(make: Maker) -> None:
    data = make(("x", bytes(range(256)) * 100), ("y", b"2"))
    whole = read_members(data)
    refused = 0
    for cut in range(0, len(data) - 1, len(data) // 40):
        try:
            # A tar may be cut between its members, or in the zeros behind them.
            assert read_members(data[:cut]) in (whole, whole[:1])
        except InputError:
            refused += 1
    assert refused >= 20


def test_something_else_is_refused() -> None:
    with pytest.raises(FormatError, match="not a zip or tar"):
        read_members(b"something else")


def test_a_file_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"mine")
    with pytest.raises(FormatError, match="in its way"):
        unpack(zip_of(("a.txt", b"yours")), tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == b"mine"
