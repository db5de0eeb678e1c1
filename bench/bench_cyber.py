"""TAXII beside OASIS's own server in one run: durable adds, reads in pages of a hundred, and whether both stay flat.

    python bench/bench_cyber.py [--objects N] [--peer-objects N]

Ours is asked through its door, in the same process and without a socket, as medallion 3 is through Flask's test client:
routes, passwords, checks and JSON count on both sides. Ours keeps everything on the disk before it answers (WAL, FULL);
medallion keeps it in memory. Envelopes hold 5,000 objects; with `--at-once 1000` each costs more as the store grows, because
every envelope then writes most pages of the indexes by identifier anew. CPU seconds of one process, so that other work on the machine does not count; adds are told in
seconds of the clock too, for a sync is waiting.
"""

import argparse
import json
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from headwater.exercise.threats import objects
from headwater.node import Node, setup, taxii_users
from headwater.node.taxii import Desk
from headwater.node.users import User
from headwater.settings import Settings
from headwater.web.taxii import MEDIA
from tests.cyber_world import OWN, PASSWORD, Answer, ask

ADD_GOAL, GET_GOAL, FLAT_GOAL = 5_000.0, 20_000.0, 1.2
AT_ONCE, PAGE, PAGES = 5_000, 100, 40
USER = "o.reed"
_LOGIN = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
HEADERS = {"accept": MEDIA, "content-type": MEDIA, "authorization": _LOGIN}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--peer-objects", type=int, default=3_000)
    given = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        home = Path(folder) / "node"
        setup.init(home, Settings(authority="UK-NCA"), [User(USER, frozenset({"admin", "analyst", "liaison"}))])  # type: ignore[arg-type]
        with Node.open(home, {}) as node:
            taxii_users.set_password(node, node.session(USER, "operation"), USER, PASSWORD)
            ours = measure_ours(Desk(node), given.objects, given.at_once)
    peer = measure_medallion(given.peer_objects)
    for name, value in {**ours, **{f"medallion-{key}": value for key, value in peer.items()}}.items():
        print(json.dumps({"figure": name, "value": round(value, 3)}))
    results = [
        result("add", ours["add_cpu"] / ADD_GOAL, "durable adds in a CPU second, against 5,000", at_least=1.0),
        result("add-clock", ours["add_clock"] / ADD_GOAL, "durable adds in a second of this machine, against 5,000"),
        result(
            "add-last",
            ours["add_last_cpu"] / ours["add_first_cpu"],
            "adds at the end against the beginning",
            at_least=0.5,
        ),
        result("get", ours["get_cpu"] / GET_GOAL, "objects read in a CPU second, against 20,000", at_least=1.0),
        result(
            "flat",
            ours["last"] / ours["first"],
            f"last pages against first, {given.objects} objects",
            at_most=FLAT_GOAL,
        ),
        result(
            "flat-grown",
            ours["first_grown"] / ours["first_small"],
            "first pages: all objects against 1,000",
            at_most=FLAT_GOAL,
        ),
        result(
            "get-beside-medallion", ours["get_cpu"] / peer["get_cpu"], "objects read in a CPU second", at_least=10.0
        ),
        result("add-beside-medallion", ours["add_cpu"] / peer["add_cpu"], "durable adds against adds in memory"),
    ]
    print(json.dumps({"results": results}))
    return 0


def result(name: str, ratio: float, what: str, **goal: float) -> dict[str, object]:
    return {"name": name, "ratio": round(ratio, 3), "what": what, **goal}


def measure_ours(desk: Desk, count: int, at_once: int) -> dict[str, float]:
    def call(method: str, path: str, body: bytes = b"") -> Answer:
        return ask(desk, method, path, body, HEADERS)

    call("GET", "/taxii2/")  # the first question hashes the password
    rates: list[tuple[float, float]] = []
    found: dict[str, float] = {}
    first = objects(1_000)
    call("POST", f"{OWN}/objects/", orjson.dumps({"objects": first}))
    found["first_small"] = _cpu(lambda: _pages(call, f"{OWN}/objects/?limit={PAGE}", 10))
    done = len(first)
    seed = 2
    while done < count:
        body = orjson.dumps({"objects": objects(at_once, seed)[1:]})
        seed += 1
        cpu, clock = time.process_time(), time.perf_counter()
        answer = call("POST", f"{OWN}/objects/", body)
        rates.append((time.process_time() - cpu, time.perf_counter() - clock))
        assert answer.status == 202
        done += at_once
        if seed % 20 == 0:
            print(f"{done} objects", file=sys.stderr, flush=True)
    edge = max(1, min(len(rates) // 10, 20))
    found["add_cpu"] = at_once * len(rates) / sum(cpu for cpu, _ in rates)
    found["add_clock"] = at_once * len(rates) / sum(clock for _, clock in rates)
    found["add_first_cpu"] = at_once * edge / sum(cpu for cpu, _ in rates[:edge])
    found["add_last_cpu"] = at_once * edge / sum(cpu for cpu, _ in rates[-edge:])
    found |= _reads(desk, call, done)
    return found


def _reads(desk: Desk, call: Callable[..., Answer], count: int) -> dict[str, float]:
    path = f"{OWN}/objects/?limit={PAGE}"
    grown = _cpu(lambda: _pages(call, path, 10))
    first = _cpu(lambda: _pages(call, path, PAGES))
    # The last pages: a cursor that stands forty pages before the end.
    from headwater.node import taxii_cursor

    with desk._node.store.snapshot() as snapshot:
        numbers = snapshot._link.rows(tuple[int], "SELECT MAX(number) FROM shelf")
    session = desk.caller(USER, PASSWORD)
    collection = desk._root("headwater").collection("own")
    question = f"{collection.id} None {[]}"
    near = taxii_cursor.sign(desk._key, numbers[0][0] - PAGE * PAGES, question)
    last = _cpu(lambda: _pages(call, f"{path}&next={near}", PAGES))
    assert session.user == USER
    return {
        "first_grown": grown,
        "first": first,
        "last": last,
        "get_cpu": 2 * PAGE * PAGES / (first + last),
    }


def _pages(call: Callable[..., Answer], path: str, most: int) -> int:
    """Read so many pages as a client does, each parsed, and return how many objects came."""
    count, onward, at = 0, path, 0
    while at < most:
        answer = call("GET", onward)
        page = answer.json
        count += len(page["objects"])
        at += 1
        if not page["more"]:
            break
        base = path.partition("&next=")[0]
        onward = f"{base}&next={page['next']}"
    return count


def _cpu(work: Callable[[], int]) -> float:
    """Return the least CPU seconds of three tries."""
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def measure_medallion(count: int) -> dict[str, float]:
    from medallion import application_instance, register_blueprints, set_config

    collection = "365fed99-08fa-4dcd-a1b3-fb247eb41d01"
    root = {
        "information": {"title": "r", "versions": [MEDIA], "max_content_length": 100_000_000},
        "status": [],
        "collections": [
            {
                "id": collection,
                "title": "c",
                "can_read": True,
                "can_write": True,
                "media_types": [],
                "objects": [],
                "manifest": [],
            }
        ],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"/discovery": {"title": "t", "api_roots": ["/r/"]}, "r": root}, file)
        file.flush()
        config: dict[str, Any] = {
            "backend": {
                "module_class": "MemoryBackend",
                "module": "medallion.backends.memory_backend",
                "filename": file.name,
            },
            "users": {USER: PASSWORD},
            "taxii": {"max_page_size": PAGE},
        }
        for name in ("users", "taxii", "backend"):
            set_config(application_instance, name, config)
        register_blueprints(application_instance)
    client = application_instance.test_client()
    path = f"/r/collections/{collection}/objects/"
    made = objects(count, Random(5).randrange(99))
    add = 0.0
    for start in range(0, count, 1_000):
        body = json.dumps({"objects": made[start : start + 1_000]})
        begun = time.process_time()
        answer = client.post(path, data=body, headers=HEADERS)
        add += time.process_time() - begun
        assert answer.status_code == 202, answer.data
    begun, seen, onward = time.process_time(), 0, f"{path}?limit={PAGE}"
    while True:
        page = client.get(onward, headers=HEADERS).get_json()
        seen += len(page["objects"])
        if not page.get("more"):
            break
        onward = f"{path}?limit={PAGE}&next={page['next']}"
    took = time.process_time() - begun
    assert seen >= count
    return {"add_cpu": count / add, "get_cpu": seen / took, "objects": float(count)}


if __name__ == "__main__":
    sys.exit(main())
