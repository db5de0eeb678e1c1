"""The TAXII door: every status of the standard, exact media types, and nothing told to whom may not know."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from headwater.errors import StoreBusyError, StoreFullError
from headwater.exercise.threats import CERT, cert, objects
from headwater.web.taxii import MEDIA
from tests import cyber_world
from tests.cyber_world import OWN, RECEIVED, Cert

READS = (
    "/taxii2/",
    "/headwater/",
    "/headwater/collections/",
    f"{OWN}/",
    f"{OWN}/objects/",
    f"{OWN}/manifest/",
    f"{OWN}/objects/{CERT}/",
    f"{OWN}/objects/{CERT}/versions/",
)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Cert]:
    with cyber_world.cert(tmp_path) as made:
        yield made


def test_every_read_answers_in_the_media_type_of_taxii(at: Cert) -> None:
    at.post([cert()])
    for path in READS:
        answer = at.get(path)
        assert (answer.status, answer.headers["content-type"]) == (200, MEDIA), path


def test_discovery_leads_to_the_root_to_its_collections_and_to_their_objects(at: Cert) -> None:
    assert at.get("/taxii2/").json["api_roots"] == ["http://127.0.0.1:8822/headwater/"]
    assert at.get("/headwater/").json["versions"] == [MEDIA]
    own, received = at.get("/headwater/collections/").json["collections"]
    assert (own["alias"], received["alias"]) == ("own", "received")
    assert (own["can_write"], received["can_write"]) == (True, False)
    assert at.get(f"/headwater/collections/{own['id']}/").json == own


def test_401_for_everything_without_the_right_password_and_before_anything_else(at: Cert) -> None:
    for path in (*READS, "/nothing/", "/headwater/status/x/"):
        assert at.get(path, user=None).status == 401
        assert at.get(path, password="wrong", headers={"accept": "text/html"}).status == 401
    answer = at.get("/taxii2/", user=None)
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert at.get("/taxii2/", user="nobody").status == 401
    assert at.get("/taxii2/", user=None, headers={"authorization": "Basic !!"}).status == 401
    assert at.get("/taxii2/", user=None, headers={"authorization": "Basic \xe9"}).status == 401
    assert at.get("/taxii2/", user=None, headers={"authorization": "Bearer x"}).status == 401


def test_403_where_nothing_can_be_written(at: Cert) -> None:
    answer = at.post([cert()], RECEIVED)
    assert (answer.status, answer.json["http_status"]) == (403, "403")
    assert at.ask("DELETE", f"{RECEIVED}/objects/{CERT}/").status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/nothing/",
        "/nothing/collections/",
        "/headwater/collections/nothing/",
        "/headwater/collections/nothing/objects/",
        f"{OWN}/objects/{CERT}/",
        f"{OWN}/objects/{CERT}/versions/",
        "/headwater/status/nothing/",
        f"{OWN}/manifest/{CERT}/",
    ],
)
def test_404_for_what_there_is_not(at: Cert, path: str) -> None:
    answer = at.get(path)
    assert (answer.status, answer.headers["content-type"]) == (404, MEDIA)


def test_404_for_posting_to_or_deleting_what_there_is_not(at: Cert) -> None:
    assert at.post([cert()], "/headwater/collections/nothing").status == 404
    assert at.ask("DELETE", f"{OWN}/objects/{CERT}/").status == 404


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "application/taxii+json;version=2.0", "application/vnd.oasis.taxii+json"]
)
def test_406_unless_taxii_2_1_is_asked_for(at: Cert, accept: str) -> None:
    assert at.get("/taxii2/", headers={"accept": accept}).status == 406


@pytest.mark.parametrize(
    "accept",
    [
        MEDIA,
        "application/taxii+json",
        "application/taxii+json; version=2.1",
        f"text/html, {MEDIA}",
        "Application/TAXII+json",
    ],
)
def test_the_media_type_may_be_spelled_as_http_allows(at: Cert, accept: str) -> None:
    assert at.get("/taxii2/", headers={"accept": accept}).status == 200


def test_405_for_a_method_that_there_is_not(at: Cert) -> None:
    answer = at.ask("DELETE", f"{OWN}/objects/")
    assert (answer.status, answer.headers["content-type"]) == (405, MEDIA)


def test_413_for_a_body_over_the_limit_announced_or_not(at: Cert) -> None:
    huge = b'{"objects":[' + b" " * (16 * 1024 * 1024) + b"]}"
    assert at.ask("POST", f"{OWN}/objects/", huge).status == 413
    assert at.ask("POST", f"{OWN}/objects/", b"{}", headers={"content-length": "99999999999"}).status == 413


@pytest.mark.parametrize(
    "body",
    [
        b'{"objects":[' + b"0," * 100_000 + b"0]}",
        b'{"objects":' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"objects":["' + b"x" * 70_000 + b'"]}',
    ],
    ids=["many", "deep", "long"],
)
def test_413_for_too_many_objects_too_deep_or_too_long_a_text(at: Cert, body: bytes) -> None:
    assert at.ask("POST", f"{OWN}/objects/", body).status == 413


@pytest.mark.parametrize("kind", ["", "application/json", "application/taxii+json;version=2.0"])
def test_415_unless_taxii_2_1_is_sent(at: Cert, kind: str) -> None:
    assert at.ask("POST", f"{OWN}/objects/", b"{}", headers={"content-type": kind}).status == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"objects":{}}',
        b'{"objects":[],"objects":[]}',
        b'{"objects":[NaN]}',
        b"\xff",
        orjson.dumps(cert()),
    ],
    ids=str,
)
def test_422_for_a_body_that_is_no_envelope(at: Cert, body: bytes) -> None:
    answer = at.ask("POST", f"{OWN}/objects/", body)
    assert (answer.status, answer.json["http_status"]) == (422, "422")
    assert at.ids() == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=x", "limit=%C2%B2", "added_after=yesterday", "added_after=2026-01-01", "match[version]=newest",
        "match[id]=", "next=%00", "unknown=1", "match[version]=2026-13-01T00:00:00Z",
    ],
)  # fmt: skip
def test_400_for_a_filter_that_makes_no_sense(at: Cert, query: str) -> None:
    answer = at.get(f"{OWN}/objects/?{query}")
    assert (answer.status, answer.json["title"]) == (400, "ProcessingError")


def test_503_and_507_where_the_store_cannot_and_nothing_is_told_of_it(
    at: Cert, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, status in ((StoreBusyError("held by 4711"), 503), (StoreFullError("full"), 507)):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(at.desk, "post", fail)
        answer = at.post([cert()])
        assert answer.status == status
        assert "headwater node" not in answer.json["description"]


def test_202_says_what_became_of_each_object(at: Cert) -> None:
    answer = at.post([cert(), {**objects(1)[1], "confidence": 101}, {"type": "x-thing"}])
    assert (answer.status, answer.json["status"]) == (202, "complete")
    assert [answer.json[f"{what}_count"] for what in ("total", "success", "failure", "pending")] == [3, 1, 2, 0]
    named, unnamed = answer.json["failures"]
    assert named["id"].startswith("indicator--")
    assert "objects[1].confidence" in named["message"]
    assert "objects[2].id" in unnamed["message"]
    assert at.get(f"/headwater/status/{answer.json['id']}/").json == answer.json
    assert at.get(f"/headwater/status/{answer.json['id']}/", user=cyber_world.ANALYST).status == 404


def test_an_unwell_body_stores_nothing_of_itself(at: Cert) -> None:
    assert at.ask("POST", f"{OWN}/objects/", orjson.dumps({"objects": [cert()]}) + b"}").status == 422
    assert at.ask("POST", f"{OWN}/objects/", gzip.compress(orjson.dumps({"objects": [cert()]}))).status == 422
    assert at.ids() == []


def test_a_page_says_when_its_first_and_last_were_added_and_how_to_go_on(at: Cert) -> None:
    at.post(objects(4))
    answer = at.get(f"{OWN}/objects/?limit=2")
    assert answer.headers["x-taxii-date-added-first"] == answer.headers["x-taxii-date-added-last"]
    assert answer.json["more"] is True
    rest = at.get(f"{OWN}/objects/?limit=10&next={answer.json['next']}").json
    assert (rest["more"], "next" in rest, len(rest["objects"])) == (False, False, 3)


def test_filters_narrow_by_type_identifier_version_and_time(at: Cert) -> None:
    at.post(objects(4))
    first = at.ids()[1]
    assert at.ids(f"{OWN}/objects/?match[type]=identity") == [CERT]
    assert at.ids(f"{OWN}/objects/?match[id]={first},{CERT}") == [CERT, first]
    assert at.ids(f"{OWN}/objects/?match[version]=2025-01-02T08:00:00.000Z&limit=9") == at.ids()
    assert at.get(f"{OWN}/objects/?match[version]=2020-01-01T00:00:00Z").json == {}
    assert at.get(f"{OWN}/objects/?match[spec_version]=2.0").json == {}
    assert at.get(f"{OWN}/objects/?added_after=2030-01-01T00:00:00Z").json == {}
    assert len(at.ids(f"{OWN}/objects/?added_after=2020-01-01T00:00:00.000001Z")) == 5
