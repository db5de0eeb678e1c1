"""What OASIS's own server is asked by its tests, asked of a running node over HTTP, on data of our own.

The questions are those of medallion's black-box tests (OASIS, cti-taxii-server): discovery, roots, collections, objects,
one object, manifests, versions, every filter on each, adding, deleting, and every refusal. The words and the data are ours.
"""

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from headwater.node import taxii_dump
from headwater.testing.fakes import FakeClock
from headwater.web.taxii import MEDIA
from tests import cyber_world
from tests.node_world import WRITER, as_user, init, node_at

pytestmark = pytest.mark.peer

U = "-1a1b-4c1d-8e1f-0123456789ab"
LINK, HASH, MARK = f"relationship--10000000{U}", f"indicator--20000000{U}", f"marking-definition--30000000{U}"
LOADER, SITE, COURSE = f"malware--40000000{U}", f"indicator--50000000{U}", f"course-of-action--60000000{U}"
READ, WRITE = "91a7b528-80eb-42ed-a74d-c6fbd5a26116", "365fed99-08fa-4dcd-a1b3-fb247eb41d01"
CLOSED, NO_READ, NO_WRITE = (f"{number}4993447-4d7e-4f70-b94d-d7f33742ee63" for number in (6, 7, 8))
V1, V2, V3 = "2016-11-03T12:30:59.000Z", "2016-12-25T12:30:59.444Z", "2017-01-27T13:49:53.935Z"
AT = "/trust/collections/"
ASK, MANIFEST, ADD = f"{AT}{READ}/objects/", f"{AT}{READ}/manifest/", f"{AT}{WRITE}/objects/"


def thing(ref: str, modified: str, **more: Any) -> dict[str, Any]:
    kind = ref.partition("--")[0]
    common = {
        "type": kind,
        "spec_version": "2.1",
        "id": ref,
        "created": "2014-05-08T09:00:00.000Z",
        "modified": modified,
    }
    return {**common, "name": "invented", **more}


def row(body: dict[str, Any], added: str) -> dict[str, Any]:
    return {
        "object": body,
        "date_added": added,
        "media_type": f"application/stix+json;version={body.get('spec_version', '2.0')}",
    }


def indicator(ref: str, modified: str) -> dict[str, Any]:
    pattern = "[url:value = 'http://invented.example/4712']"
    return thing(ref, modified, pattern=pattern, pattern_type="stix", valid_from="2014-05-08T09:00:00Z")


def server() -> dict[str, Any]:
    older = thing(LOADER, "2018-02-23T18:30:00.000Z", labels=["worm"])
    del older["spec_version"]
    link = thing(LINK, "2014-05-08T09:00:00.000Z", relationship_type="indicates", source_ref=HASH, target_ref=LOADER)
    mark = thing(MARK, "x", definition_type="statement", definition={"statement": "invented"})
    del mark["modified"], link["name"]
    rows = [
        row(link, "2014-05-08T09:00:00.000000Z"),
        row(indicator(HASH, "2014-05-08T09:00:00.000Z"), "2016-11-01T03:04:05.000000Z"),
        row(indicator(SITE, V1), "2016-11-03T12:30:59.001000Z"),
        row(indicator(SITE, V2), "2016-12-27T13:49:59.000000Z"),
        row(mark, "2017-01-20T00:00:00.000000Z"),
        row(thing(LOADER, "2017-01-27T13:49:53.997Z", is_family=False), "2017-01-27T13:49:59.997000Z"),
        row(older, "2017-01-27T13:49:59.997000Z"),
        row(indicator(SITE, V3), "2017-12-31T13:49:53.935000Z"),
    ]

    def collection(ref: str, *, read: bool, write: bool, objects: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
        return {"id": ref, "title": ref[:8], "can_read": read, "can_write": write, "objects": list(objects)}

    trust = {
        "path": "trust",
        "information": {"title": "Invented research", "versions": [MEDIA], "max_content_length": 9765625},
        "status": [{"id": "2d086da7-4bdc-4f91-900e-d77486753710", "status": "complete", "total_count": 0,
                    "success_count": 0, "successes": [], "failure_count": 0, "failures": [], "pending_count": 0, "pendings": []}],
        "collections": [
            collection(READ, read=True, write=True, objects=tuple(reversed(rows))),
            collection(WRITE, read=True, write=True),
            collection(CLOSED, read=False, write=False),
            collection(NO_READ, read=False, write=True),
            collection(NO_WRITE, read=True, write=False),
        ],
    }  # fmt: skip
    roots = ["http://localhost:5000/api1/", "http://localhost:5000/trust/"]
    return {
        "discovery": {"title": "Invented server", "default": roots[1], "api_roots": roots},
        "max_page_size": 20,
        "users": {"admin": "Password0"},
        "api_roots": [
            {"path": "api1", "information": {"title": "A", "versions": [MEDIA]}, "status": [], "collections": []},
            trust,
        ],
    }


@dataclass
class Got:
    status: int
    kind: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def objects(self) -> list[dict[str, Any]]:
        assert (self.status, self.kind) == (200, MEDIA), self.body
        found: list[dict[str, Any]] = self.json.get("objects", [])
        return found

    @property
    def ids(self) -> list[str]:
        return [one["id"] for one in self.objects]


@dataclass
class Client:
    """Asks over HTTP and follows a redirect, as browsers and the peer's own test client do."""

    base: str

    def ask(self, method: str, path: str, body: object = None, *, user: bool = True, accept: str = MEDIA) -> Got:
        parts = urlsplit(self.base)
        headers = {"Accept": accept, "Content-Type": MEDIA}
        if user:
            headers["Authorization"] = "Basic " + b64encode(b"admin:Password0").decode()
        link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            link.request(method, path, None if body is None else json.dumps(body), headers)
            answer = link.getresponse()
            data, found = answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            link.close()
        if answer.status in {307, 308}:
            target = urlsplit(found["location"])
            return self.ask(method, f"{target.path}?{target.query}", body, user=user, accept=accept)
        return Got(answer.status, found.get("content-type", ""), found, data)

    def get(self, path: str) -> Got:
        return self.ask("GET", path)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder: Path = tmp_path_factory.mktemp("taxii")
    node = node_at(init(folder / "node"), FakeClock())
    (folder / "server.json").write_text(json.dumps(server()), encoding="utf-8")
    taxii_dump.load(node, as_user(node, WRITER, "operation"), folder / "server.json")
    with cyber_world.served(node) as base:
        yield Client(base)
    node.close()


def test_discovery_names_the_roots_as_they_were_loaded(client: Client) -> None:
    assert client.get("/taxii2/").json["api_roots"][0] == "http://localhost:5000/api1/"


def test_a_root_says_its_title(client: Client) -> None:
    assert client.get("/trust/").json["title"] == "Invented research"
    assert client.get("/api1/collections/").json == {}


def test_a_status_that_was_loaded_is_there_also_without_its_last_slash(client: Client) -> None:
    got = client.get("/trust/status/2d086da7-4bdc-4f91-900e-d77486753710")
    assert {"successes", "failures", "pendings"} <= got.json.keys()


def test_all_collections_are_listed_also_those_that_cannot_be_read(client: Client) -> None:
    listed = {one["id"] for one in client.get(AT).json["collections"]}
    assert listed == {READ, WRITE, CLOSED, NO_READ, NO_WRITE}


def test_objects_come_in_the_order_in_which_they_were_added(client: Client) -> None:
    got = client.get(ASK)
    assert got.ids == [LINK, HASH, MARK, LOADER, SITE]
    assert got.json["more"] is False
    assert got.headers["x-taxii-date-added-first"] == "2014-05-08T09:00:00.000000Z"
    assert got.headers["x-taxii-date-added-last"] == "2017-12-31T13:49:53.935000Z"


def test_one_object_is_there_alone(client: Client) -> None:
    got = client.get(f"{ASK}{LOADER}/")
    assert got.ids == [LOADER]
    assert got.headers["x-taxii-date-added-first"] == "2017-01-27T13:49:59.997000Z"


def test_an_object_is_added_found_listed_and_deleted(client: Client) -> None:
    course = thing(COURSE, "2017-01-27T13:49:53.935Z")
    posted = client.ask("POST", ADD, {"objects": [course]})
    assert (posted.status, posted.kind) == (202, MEDIA)
    assert COURSE in client.get(ADD).ids
    assert client.get(f"{ADD}?match[id]={COURSE}").objects[0] == course
    assert client.get(f"/trust/status/{posted.json['id']}/").json["success_count"] == 1
    assert client.get(f"{AT}{WRITE}/manifest/?match[id]={COURSE}").ids == [COURSE]
    gone = client.ask("DELETE", f"{ADD}{COURSE}")
    assert (gone.status, gone.kind) == (200, MEDIA)
    assert client.get(f"{ADD}{COURSE}").status == 404
    assert client.get(f"{AT}{WRITE}/manifest/{COURSE}").status == 404


def test_a_manifest_is_in_order_of_addition(client: Client) -> None:
    found = client.get(MANIFEST).objects
    times = [one["date_added"] for one in found]
    assert (len(found), times) == (5, sorted(set(times)))


def test_versions_of_an_object(client: Client) -> None:
    got = client.get(f"{ASK}{LINK}/versions")
    assert len(got.json["versions"]) == 1
    assert got.headers["x-taxii-date-added-last"] == "2014-05-08T09:00:00.000000Z"


@pytest.mark.parametrize("at", [ASK, MANIFEST])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("added_after=2016-11-03T12:30:59Z", [MARK, LOADER, SITE]),
        ("added_after=2017-01-20T00:00:00.000Z", [LOADER, SITE]),
        (f"match[id]={LOADER}", [LOADER]),
        ("match[type]=indicator", [HASH, SITE]),
        (f"match[version]={V2}", [SITE]),
        ("match[version]=first", [LINK, HASH, SITE, MARK, LOADER]),
        ("match[version]=last", [LINK, HASH, MARK, LOADER, SITE]),
        ("match[version]=all", [LINK, HASH, SITE, SITE, MARK, LOADER, SITE]),
        ("match[spec_version]=2.0", [LOADER]),
        ("match[spec_version]=2.1", [LINK, HASH, MARK, LOADER, SITE]),
        ("match[spec_version]=2.0,2.1", [LINK, HASH, MARK, LOADER, SITE]),
        ("", [LINK, HASH, MARK, LOADER, SITE]),
    ],
)
def test_a_filter_on_objects_and_manifests(client: Client, at: str, query: str, expected: list[str]) -> None:
    got = client.get(f"{at}?{query}")
    assert got.ids == expected
    assert got.json["more"] is False


@pytest.mark.parametrize(
    ("query", "modified"),
    [(f"match[version]={V2}", V2), ("match[version]=first", V1), ("match[version]=last", V3), ("", V3)],
)
def test_a_version_of_one_object(client: Client, query: str, modified: str) -> None:
    assert [one["modified"] for one in client.get(f"{ASK}{SITE}?{query}").objects] == [modified]
    found = [one["version"] for one in client.get(f"{MANIFEST}?match[id]={SITE}&{query}").objects]
    assert found == [modified]


def test_all_versions_of_one_object(client: Client) -> None:
    assert [one["modified"] for one in client.get(f"{ASK}{SITE}?match[version]=all").objects] == [V1, V2, V3]


@pytest.mark.parametrize(
    ("query", "modified", "says"),
    [
        ("match[spec_version]=2.0", "2018-02-23T18:30:00.000Z", False),
        ("match[spec_version]=2.1", "2017-01-27T13:49:53.997Z", True),
        ("match[spec_version]=2.0,2.1", "2018-02-23T18:30:00.000Z", False),
        ("", "2017-01-27T13:49:53.997Z", True),
    ],
)
def test_versions_of_stix_come_before_versions_of_an_object(
    client: Client, query: str, modified: str, says: bool
) -> None:
    [one] = client.get(f"{ASK}{LOADER}?{query}").objects
    assert (one["modified"], "spec_version" in one) == (modified, says)
    [listed] = client.get(f"{MANIFEST}?match[id]={LOADER}&{query}").objects
    assert listed["media_type"].endswith("2.1" if says else "2.0")


@pytest.mark.parametrize(
    ("query", "count"),
    [("match[spec_version]=2.0", 1), ("match[spec_version]=2.1", 1), ("match[spec_version]=2.0,2.1", 2), ("", 1)],
)
def test_versions_are_listed_by_version_of_stix(client: Client, query: str, count: int) -> None:
    assert len(client.get(f"{ASK}{LOADER}/versions?{query}").json["versions"]) == count


@pytest.mark.parametrize(
    "path",
    [
        f"{ASK}{LOADER}?added_after=2018-01-27T13:49:59.997000Z",
        f"{ASK}{LINK}/versions?added_after=2014-05-08T09:00:00Z",
    ],
)
def test_an_object_that_was_added_earlier_gives_an_empty_answer(client: Client, path: str) -> None:
    assert client.get(path).json == {}


def test_an_object_that_was_added_later_is_there(client: Client) -> None:
    assert client.get(f"{ASK}{LOADER}?added_after=2017-01-27T13:49:59Z").ids == [LOADER]
    assert len(client.get(f"{ASK}{LINK}/versions?added_after=2014-05-08T08:00:00Z").json["versions"]) == 1


@pytest.mark.parametrize(
    ("path", "name", "sizes"),
    [
        (f"{ASK}?limit=3", "objects", [3, 2]),
        (f"{MANIFEST}?limit=2", "objects", [2, 2, 1]),
        (f"{ASK}{SITE}?limit=1", "objects", [1]),
        (f"{ASK}{SITE}?match[version]=all&limit=2", "objects", [2, 1]),
        (f"{ASK}{SITE}/versions?limit=1", "versions", [1, 1, 1]),
    ],
)
def test_pages_lead_on_to_the_end(client: Client, path: str, name: str, sizes: list[int]) -> None:
    seen, onward = [], ""
    for number, size in enumerate(sizes):
        got = client.get(path + onward)
        assert len(got.json[name]) == size
        assert got.json["more"] is (number + 1 < len(sizes))
        assert got.headers["x-taxii-date-added-first"] <= got.headers["x-taxii-date-added-last"]
        seen += [json.dumps(one) for one in got.json[name]]
        onward = f"&next={got.json.get('next')}"
    assert len(set(seen)) == sum(sizes)


def test_versions_are_deleted_one_by_one_and_all(client: Client) -> None:
    stamps = [f"20{year}-01-27T13:49:53.935Z" for year in (15, 16, 17, 18, 19)]
    posted = client.ask("POST", ADD, {"objects": [thing(COURSE, stamp) for stamp in stamps]})
    assert posted.json["success_count"] == 5
    for query, gone in ((stamps[3], stamps[3]), ("first", stamps[0]), ("last", stamps[4])):
        assert client.ask("DELETE", f"{ADD}{COURSE}?match[version]={query}").status == 200
        stamps.remove(gone)
        assert client.get(f"{ADD}{COURSE}/versions").json["versions"] == stamps
    assert client.ask("DELETE", f"{ADD}{COURSE}?match[version]=all").status == 200
    assert client.get(f"{ADD}{COURSE}/versions").status == 404


def test_a_deletion_may_name_a_version_of_stix(client: Client) -> None:
    older = {**thing(COURSE, "2019-01-27T13:49:53.935Z"), "spec_version": "2.0"}
    posted = client.ask("POST", ADD, {"objects": [thing(COURSE, "2017-01-27T13:49:53.935Z"), older]})
    assert posted.status == 202
    assert client.ask("DELETE", f"{ADD}{COURSE}?match[spec_version]=2.0").status == 200
    assert client.get(f"{ADD}{COURSE}/versions").json["versions"] == ["2017-01-27T13:49:53.935Z"]
    assert client.ask("DELETE", f"{ADD}{COURSE}?match[spec_version]=2.1").status == 200
    assert client.get(f"{ADD}{COURSE}/versions").status == 404


def test_an_object_without_versions_has_one(client: Client) -> None:
    ref = f"artifact--70000000{U}"
    body = {"type": "artifact", "spec_version": "2.1", "id": ref, "mime_type": "application/zip"}
    assert client.ask("POST", ADD, {"objects": [body, body]}).status == 202
    for query in (
        "match[version]=all",
        "match[version]=first",
        "match[version]=last",
        "added_after=2017-01-27T13:49:53.935Z",
    ):
        assert client.get(f"{ADD}{ref}?{query}").ids == [ref]
    assert client.get(f"{ADD}{ref}?added_after=2999-01-27T13:49:53.935Z").json == {}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere/", 404),
        ("GET", "/nowhere/collections/", 404),
        ("GET", f"/nowhere/collections/{READ}/", 404),
        ("GET", f"{AT}12345678-1234-1234-1234-123456789012/", 404),
        ("GET", f"{AT}24042009/manifest/", 404),
        ("GET", f"{AT}24042009/objects/", 404),
        ("POST", f"{AT}24042009/objects/", 404),
        ("GET", "/trust/status/22101993/", 404),
        ("GET", f"{ASK}malware--cee60c30{U}/", 404),
        ("GET", f"{AT}{CLOSED}/manifest/", 403),
        ("GET", f"{AT}{CLOSED}/objects/", 403),
        ("GET", f"{AT}{CLOSED}/objects/{HASH}/", 403),
        ("POST", f"{AT}{CLOSED}/objects/", 403),
        ("GET", f"{AT}{NO_READ}/objects/", 403),
        ("POST", f"{AT}{NO_WRITE}/objects/", 403),
        ("DELETE", f"{AT}{NO_WRITE}/objects/{HASH}/", 403),
        ("GET", f"{ASK}?limit=-20", 400),
        ("GET", f"{ASK}?limit=0", 400),
        ("GET", f"{ASK}?next=nothing", 400),
    ],
)
def test_a_refusal_has_its_status(client: Client, method: str, path: str, status: int) -> None:
    got = client.ask(method, path, {"objects": [thing(COURSE, V3)]} if method == "POST" else None)
    assert (got.status, got.kind, got.json["http_status"]) == (status, MEDIA, str(status))


@pytest.mark.parametrize("path", [AT, "/trust/status/2223/", f"{AT}24042009/manifest/", f"{ASK}{LOADER}/", ADD])
def test_nobody_is_told_anything_without_a_password(client: Client, path: str) -> None:
    assert client.ask("GET", path, user=False).status == 401
    assert client.ask("POST", ADD, {"objects": []}, user=False).status == 401


def test_another_media_type_is_not_acceptable(client: Client) -> None:
    assert client.ask("GET", "/taxii2/", accept="application/json").status == 406


def test_an_object_instead_of_an_envelope_cannot_be_processed(client: Client) -> None:
    got = client.ask("POST", ADD, thing(COURSE, V3))
    assert (got.status, got.kind, got.json["http_status"]) == (422, MEDIA, "422")
    assert "While processing supplied content, an error occurred" in got.json["description"]


def test_other_filters_under_the_same_cursor_are_refused(client: Client) -> None:
    first = client.get(f"{ASK}?match[version]=all&limit=2")
    second = client.get(f"{ASK}?match[version]=all&limit=2&next={first.json['next']}")
    assert len(second.objects) == 2
    assert client.get(f"{ASK}?match[version]=first&limit=2&next={second.json['next']}").status == 400
