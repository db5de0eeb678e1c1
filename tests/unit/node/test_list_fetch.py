"""Fetching lists: a whole, plausible file takes the old one's place in one step, or nothing does."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import SplitResult

import pytest

from headwater.errors import HeadwaterError, PeerRefusedError, PeerUnreachableError, SchemaError
from headwater.exchange.asking import Reply
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from headwater.node import list_fetch
from headwater.node.list_fetch import PUBLISHED, fetch

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def sends(entries: int) -> Callable[[str, frozenset[str]], bytes]:
    """A publisher that has so many entries on each list."""
    made = {form: list_files(form, make_list(entries, 3)) for form in ("uk-csv", "un-xml", "ofac-csv", "eu-xml")}

    def get(url: str, hosts: frozenset[str]) -> bytes:
        assert hosts
        name = next(name for name, one in PUBLISHED.items() if url in {address for _, address in one.files})
        files = made[PUBLISHED[name].format]
        wanted = next(file for file, address in PUBLISHED[name].files if address == url)
        return files.get(wanted) or next(iter(files.values()))

    return get


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_list_is_kept_with_its_version_and_hash(name: str, tmp_path: Path) -> None:
    found = fetch(name, tmp_path, NOW, sends(20))
    assert found.changed
    assert found.file.exists()
    assert (found.before, len(found.sha256)) == (None, 64)
    note = json.loads((tmp_path / name / "current.json").read_text())
    assert (note["sha256"], note["fetched"]) == (found.sha256, "2026-11-25T00:00:00Z")
    assert not fetch(name, tmp_path, NOW, sends(20)).changed


def refuses(error: HeadwaterError) -> Callable[[str, frozenset[str]], bytes]:
    def get(url: str, hosts: frozenset[str]) -> bytes:
        raise error

    return get


@pytest.mark.parametrize(
    "get",
    [
        refuses(PeerUnreachableError("no network")),
        lambda url, hosts: b"<html>gone</html>",
        lambda url, hosts: sends(20)(url, hosts)[:700],
        sends(15),
    ],
)
def test_what_cannot_be_trusted_leaves_the_old_version(
    get: Callable[[str, frozenset[str]], bytes], tmp_path: Path
) -> None:
    fetch("uk", tmp_path, NOW, sends(20))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises((PeerUnreachableError, PeerRefusedError)) as refused:
        fetch("uk", tmp_path, NOW, get)
    assert refused.value.exit == 75
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_list_may_shrink_by_a_fifth(tmp_path: Path) -> None:
    fetch("uk", tmp_path, NOW, sends(20))
    assert fetch("uk", tmp_path, NOW, sends(16)).entries == 16


def test_another_host_is_refused_before_it_is_asked() -> None:
    for url in ("https://lists.example.org/x.csv", "http://scsanctions.un.org/x.xml"):
        with pytest.raises(PeerRefusedError, match="another host"):
            list_fetch.https_get(url, frozenset({"scsanctions.un.org"}))


@pytest.mark.parametrize("name", sorted(PUBLISHED))
@pytest.mark.parametrize(
    "alike",
    [
        "not{host}", "x.{host}", "{host}.example.org", "{host}.", "{bare}", "example.org?{host}", "example.org#{host}",
        "{host}@example.org", "example.org/{host}", "{host}-files.example.org",
    ],
)  # fmt: skip
def test_a_host_that_looks_like_a_publishers_is_another(name: str, alike: str, monkeypatch: pytest.MonkeyPatch) -> None:
    published = PUBLISHED[name]
    first = published.files[0][1]
    asked = []

    def ask(whom: object, at: SplitResult, question: object) -> Reply:
        asked.append(at.hostname)
        return Reply(302, b"", {"Location": to}) if at.geturl() == first else Reply(200, b"theirs", {})

    monkeypatch.setattr(list_fetch, "ask", ask)
    for host in published.hosts:
        to = f"https://{alike.format(host=host, bare=host.partition('.')[2])}/list"
        with pytest.raises(PeerRefusedError, match="another host"):
            list_fetch.https_get(first, published.hosts)
        for port in ("", ":443"):
            to = f"https://{host}{port}/elsewhere"
            assert list_fetch.https_get(first, published.hosts) == b"theirs"
    assert set(asked) <= published.hosts


def test_a_redirect_to_another_host_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = Reply(302, b"", {"Location": "https://evil.example.org/list"})
    monkeypatch.setattr(list_fetch, "ask", lambda whom, at, question: moved)
    with pytest.raises(PeerRefusedError, match="another host"):
        list_fetch.https_get("https://scsanctions.un.org/x.xml", frozenset({"scsanctions.un.org"}))


def test_an_unknown_list_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="uk, un, ofac, eu"):
        fetch("xx", tmp_path, NOW, sends(1))
