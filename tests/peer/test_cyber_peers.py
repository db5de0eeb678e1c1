"""The field's own libraries read what we write and write what we read: taxii2-client, PyMISP, stix2, stix2-validator."""

import json
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from headwater.errors import SchemaError
from headwater.exercise.threats import misp_event, objects, uuid4, warning
from headwater.formats.registry import release
from headwater.formats.stix_marking import TLP2
from headwater.formats.stix_pattern import check_pattern
from headwater.model.ids import AuthorityId
from headwater.node.taxii_pull import pull
from headwater.node.taxii_push import Wanted, push
from headwater.node.taxii_remote import Collection, Login
from headwater.node.ti_keeping import gather
from tests import cyber_world
from tests.cyber_world import PASSWORD, Cert
from tests.given import read
from tests.node_world import WRITER, as_user, free_port

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import stix2
    from pymisp import MISPEvent
    from stix2validator import ValidationOptions, validate_string
    from taxii2client.v21 import Server, as_pages

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Cert]:
    with cyber_world.cert(tmp_path) as made:
        yield made


def collections(base: str) -> Any:
    server = Server(f"{base}/taxii2/", user=WRITER, password=PASSWORD)
    return server.api_roots[0].collections


def test_ten_thousand_of_one_timestamp_are_read_once_each_while_a_thousand_more_are_added(at: Cert) -> None:
    found = objects(10_000)
    for start in range(0, len(found), 2_500):
        at.post(found[start : start + 2_500])
    more = objects(1_000, seed=77)[1:]
    seen: list[str] = []
    with cyber_world.served(at.node) as base:
        reading, writing = collections(base)[0], collections(base)[0]
        adding = threading.Thread(
            target=lambda: [writing.add_objects({"objects": more[at : at + 100]}) for at in range(0, 1_000, 100)]
        )
        for number, page in enumerate(as_pages(reading.get_objects, per_request=500)):
            if number == 2:
                adding.start()
            seen += [one["id"] for one in page.get("objects", [])]
        adding.join()
        rest = {one["id"] for one in at_once(base, more)}
    assert len(seen) == len(set(seen))
    assert {one["id"] for one in found} <= set(seen)
    assert rest == {one["id"] for one in more}
    first = at.get(f"{cyber_world.OWN}/manifest/?limit=1000").json["objects"]
    assert len({one["date_added"] for one in first}) == 1


def at_once(base: str, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for start in range(0, len(wanted), 50):
        ids = ",".join(one["id"] for one in wanted[start : start + 50])
        found += collections(base)[0].get_objects(id=ids).get("objects", [])
    return found


def test_taxii2_client_writes_reads_lists_and_deletes(at: Cert) -> None:
    given = warning()["objects"]
    with cyber_world.served(at.node) as base:
        own = collections(base)[0]
        status = own.add_objects({"objects": given})
        assert (status.status, status.success_count, status.failure_count) == ("complete", len(given), 0)
        assert own.get_objects()["objects"] == given
        assert {one["id"] for one in own.get_manifest()["objects"]} == {one["id"] for one in given}
        ref = given[-1]["id"]
        assert own.get_object(ref)["objects"] == [given[-1]]
        assert own.object_versions(ref)["versions"] == [given[-1]["modified"]]
        own.delete_object(ref)
        assert ref not in {one["id"] for one in own.get_objects()["objects"]}


@pytest.mark.shared
def test_the_validator_and_stix2_take_what_is_released_of_the_real_bundle(shared: Path) -> None:
    records = read("stix", (shared / "data/cyber/bundle.json").read_bytes()).records
    made = release("stix").write(records)
    result = validate_string(made.decode(), ValidationOptions(version="2.1", silent=True))
    assert result.is_valid, result
    parsed = stix2.parse(made, allow_custom=True)
    assert len(parsed.objects) == 87


def test_the_validator_takes_a_revoked_version_and_an_indicator_that_was_an_attribute(at: Cert, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(misp_event()), encoding="utf-8")
    from headwater.node.reading import read_files

    read_files("misp", [str(path)], originator=at.node.authority, keep_good=True, into=(at.node, at.session()))
    at.post(warning()["objects"])
    with at.node.view(at.session()) as view:
        facts = [number for record in view.records(source="stix") for number, _ in record.numbered()]
    from headwater.model.message import Amend

    amend = Amend(action="erase", facts=tuple(facts), reason="wrong")
    at.node.exchange.liaison.amend(amend, who=WRITER, purpose="cyber-defence", replacements=[])
    gather(at.node)
    served = at.get(f"{cyber_world.OWN}/objects/?limit=1000").json["objects"]
    assert {one["type"] for one in served if one.get("revoked")} >= {"indicator", "identity", "intrusion-set"}
    known = [one for one in warning()["objects"] if one["type"] == "marking-definition"]
    text = json.dumps({"type": "bundle", "id": f"bundle--{uuid4(Random(1))}", "objects": [*known, *served]})
    result = validate_string(text, ValidationOptions(version="2.1", silent=True))
    assert result.is_valid, result


def test_an_event_survives_the_way_through_pymisp_and_back() -> None:
    given = misp_event()
    known = [one for one in given["Event"]["Attribute"] if one["type"] != "x-invented"]
    given["Event"]["Attribute"] = known
    event = MISPEvent()
    event.from_dict(**given["Event"])
    through = event.to_json().encode()
    records = read("misp", through).records
    written = release("misp").write(records)
    again = MISPEvent()
    again.from_dict(**json.loads(written)["Event"])
    assert {(one.uuid, one.type, one.value, bool(one.to_dict().get("deleted", False))) for one in again.attributes} == {
        (one.uuid, one.type, one.value, bool(one.to_dict().get("deleted", False))) for one in event.attributes
    }
    assert {tag.name for tag in again.tags} == {tag.name for tag in event.tags}
    assert [one.uuid for one in again.objects] == [one.uuid for one in event.objects]


def test_pymisp_takes_what_stix_became() -> None:
    event = MISPEvent()
    event.from_dict(**json.loads(release("misp").write(read("stix", json.dumps(warning()).encode()).records))["Event"])
    assert {one.type for one in event.attributes} >= {"domain", "btc", "phone-number"}


@pytest.mark.parametrize(
    "pattern",
    [
        "[a:b = 'c']", "[a:b = 'c' AND d:e = 5]", "[ a:b='c']", f"[file:hashes.'SHA-256' = '{'aB' * 32}' OR file:hashes.MD5 = '{'0' * 32}']", "[a:b = 'it\\'s']",
        "[a:b = 'c' OR a:b = 'd']", "[a:b = 'c\\\\']", "[a:b = '']", "[a-b:c_d.e = 'f']", "[a:b = 0]", "[a:b= 'c' ]",
        "[a:'b c' = 'd']", "[a:b = 'c' AND d:e = 'f' AND g:h = 'i']",
    ],
)  # fmt: skip
def test_what_is_taken_at_once_the_reference_parser_takes_too(pattern: str) -> None:
    from stix2patterns.validator import run_validator

    check_pattern(pattern)
    assert run_validator(pattern, stix_version="2.1") == []


def test_a_hash_of_another_length_is_refused_as_by_the_reference_parser() -> None:
    with pytest.raises(SchemaError):
        check_pattern("[file:hashes.'SHA-256' = 'aa']")


def test_what_is_pushed_to_medallion_is_pulled_from_it_again(at: Cert, tmp_path: Path) -> None:
    given = [{**one, "object_marking_refs": [TLP2["CLEAR"]]} for one in objects(250)]
    at.post(given)
    port = free_port()
    script = Path(__file__).parents[2] / "bench" / "medallion_peer.py"
    words = [sys.executable, str(script), str(tmp_path), str(port), WRITER, PASSWORD]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        path = process.stdout.readline().strip()
        root, _, rest = path.partition("collections/")
        asked = Collection(f"http://127.0.0.1:{port}{root}", rest.partition("/")[0], Login(WRITER, PASSWORD))
        try:
            done = push(at.node, as_user(at.node, WRITER, "cyber-defence"), asked, Wanted())
            assert (done.taken, done.refused, done.pending) == (len(given) + 1, [], 0)
            with cyber_world.cert(tmp_path / "other") as other:
                got = pull(other.node, other.session(), asked, AuthorityId("RS-CERT"), page=100)
                assert (got.added, got.refused, got.held) == (len(given) + 1, 0, 0)
                assert pull(other.node, other.session(), asked, AuthorityId("RS-CERT")).added == 0
                found, path = [], f"{cyber_world.RECEIVED}/objects/?limit=100"
                while path:
                    page = other.get(path).json
                    found += page["objects"]
                    path = page["more"] and f"{cyber_world.RECEIVED}/objects/?limit=100&next={page['next']}"
        finally:
            process.terminate()
    assert {one["id"]: one for one in found if one["type"] != "marking-definition"} == {one["id"]: one for one in given}
