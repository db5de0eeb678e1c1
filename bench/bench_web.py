"""Measure the page: every page there is, on a large store, beside an empty Starlette page.

    python bench/bench_web.py [--entities 100000] [--findings 1000] [--asked 60] [--played FOLDER]

The store is that of London after the exercise, which is played first (or taken from a folder in which it was), with many entities,
findings and messages added. Pages that name no thing are opened by their paths; pages that name one, on things of every kind
(bench/web_things.py): a route that is not measured stops the run. Each page is also opened after a change to the store, when all
that was remembered of it is worth nothing.

Each entity has ten facts in a record of its own; the store, its syncs and the ledger of looks are the real ones, so a page's
wall time holds the disk and whatever else the machine does; goals are held against CPU time, which is the process's own. Ten pages
of the queue are asked for in turn, so each is drawn once and found drawn five times, as by an officer who goes to and fro. The peer
is an empty Starlette page, called in the same process, over no socket. The last line is the document that bench/run.py reads.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from statistics import quantiles
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import web_things
from headwater.exercise.names import person_name
from headwater.model.fact import Fact, fact_id
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.grade import Grade
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.node import Node, signin, users
from headwater.node.findings import keep
from headwater.node.system import peak_memory_mb
from headwater.node.users import User
from headwater.policy.acts import NEEDS_PURPOSE, Act, Role
from headwater.web.app import Address, page_app
from headwater.web.authz import TABLE
from headwater.web.serving import keep_for_good

PORT = 8700
BATCH = 2000
HANDLING = Handling(codes=frozenset({"P"}), purposes=frozenset({"oic", "court"}))
GOALS = {"queue": 20.0, "entity": 20.0, "compare": 20.0}
P95_MS = {"queue": 100.0, "entity": 100.0, "compare": 100.0, "search": 200.0}
PAGE_MS = 100.0
LIST_MS = 200.0
LISTS = frozenset({
    "/queue", "/search", "/exchange", "/alerts", "/lists", "/scans", "/payments", "/charts", "/cases", "/figures", "/protect",
    "/audit",
})  # fmt: skip
RASTERS_MS = 1000.0
RASTERS = ("/scans/{ref}/picture.png", "/scans/{ref}/pixels", "/scans/{ref}/materials")
"""No pages: the pixels of a pass of 2.5 million, which a script asks for when somebody wants to see them."""
CHANGES = 5
MEMORY_MB = 250.0
APART = frozenset({"/events", "/sign-in", "/sign-in/oidc"})
"""Paths that are no page of somebody who has signed in, or that never end."""
EVERYBODY = "boss"
"""Who may open every page."""


USERS = [User("bench", frozenset({"analyst", "liaison"})), User(EVERYBODY, frozenset(Role))]


def records(count: int, names: list[str]) -> Iterator[Record]:
    """Invented persons, each in a record of its own with ten facts."""
    draw = random.Random(7)
    for number in range(count):
        key = EntityKey(f"person-{number}")
        values = {
            "name": names[number % len(names)],
            "alias": names[(7 * number + 3) % len(names)],
            "birthDate": f"19{draw.randrange(50, 99)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}",
            "nationality": draw.choice(["rs", "al", "gb", "xk"]),
            "passportNumber": f"X{draw.randrange(10**8):08d}",
            "phone": f"+381 60 {draw.randrange(10**7):07d}",
            "gender": draw.choice(["male", "female"]),
            "birthPlace": draw.choice(["Izmišljeno", "Nepostojeće", "Shpikur"]),
            "idNumber": f"{draw.randrange(10**13):013d}",
            "notes": f"Exercise {number}",
        }
        yield Record(
            origin=Origin(AuthorityId("UK-NCA"), "bench", place=str(number)),
            grade=Grade("3x5x2", "1", "B"),
            handling=HANDLING,
            mentions=(Mention(key, "Person", PersonCategory.SUSPECT),),
            facts=tuple(Fact(key, prop, value) for prop, value in values.items()),
        )


def finding(left: Record, right: Record, score: float) -> Finding:
    """An invented claim that two of them are one."""
    evidence = [Evidence.fact(fact_id(record.id, place)) for record in (left, right) for place in (0, 2)]
    subjects = tuple(f"UK-NCA/{record.mentions[0].key}" for record in (left, right))
    return Finding(
        kind="match.link",
        subjects=subjects,
        score=score,
        text="Do 2 records speak of one person?",
        reasons=(
            Reason("name", 4.0, "names are the same as they sound", "a", "b"),
            Reason("born", -1.0, "years differ"),
        ),
        evidence=tuple(evidence),
        engine="link",
        engine_version="bench",
        params="{}",
        handling=HANDLING,
    )


def add(node: Node, batch: list[Record]) -> None:
    """Keep some records in one change."""
    node.store.write(lambda tx: [tx.add_record(one) for one in batch])


def fill(node: Node, entities: int, findings: int) -> list[str]:
    """Fill a store, and return the identifiers of its findings."""
    names = make_names(2000)
    kept: list[Record] = []
    batch: list[Record] = []
    for record in records(entities, names):
        batch.append(record)
        if len(kept) < 2 * findings:
            kept.append(record)
        if len(batch) == BATCH:
            add(node, batch)
            batch.clear()
    add(node, batch)
    claims = [finding(kept[2 * at], kept[2 * at + 1], (at % 100) / 100) for at in range(min(findings, len(kept) // 2))]
    keep(node, node.session("bench", "oic"), claims)
    return [one.id for one in claims]


def make_names(count: int) -> list[str]:
    """Invented names, half of them of women."""
    draw = random.Random(11)
    made = (person_name(draw, female=bool(number % 2)) for number in range(count))
    return [" ".join((*one.given, one.family)) for one in made]


class Caller:
    """Calls an application in this process, with a cookie."""

    def __init__(self, app: Any, cookie: str = "") -> None:
        self._app = app
        self._headers = [(b"host", f"localhost:{PORT}".encode()), (b"cookie", cookie.encode())]
        self._loop = asyncio.new_event_loop()

    def get(self, path: str) -> int:
        """Ask for a page, and return its status."""
        return self._loop.run_until_complete(self._ask("GET", path))

    def close(self) -> None:
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _ask(self, method: str, path: str) -> int:
        where, _, query = path.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": where, "raw_path": where.encode(), "query_string": query.encode(), "root_path": "",
            "headers": self._headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", PORT),
        }  # fmt: skip
        status: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])

        await self._app(scope, receive, send)
        return status[0]


def timed(ask: Callable[[int], int], asked: int) -> tuple[float, float, float]:
    """Return the 95th percentile of wall time, the mean and the 95th percentile of CPU time, ms, after a call that warms up."""
    assert ask(0) == 200
    walls, cpus = [], []
    begun_cpu = time.process_time()
    for number in range(asked):
        begun, cpu = time.perf_counter(), time.process_time()
        status = ask(number)
        walls.append(1000 * (time.perf_counter() - begun))
        cpus.append(1000 * (time.process_time() - cpu))
        assert status == 200, status
    mean = 1000 * (time.process_time() - begun_cpu) / asked
    return quantiles(walls, n=20)[-1], mean, quantiles(cpus, n=20)[-1]


def empty_page() -> Starlette:
    """The yardstick: a page with nothing on it, answered in a thread as ours are."""

    def show(_: Request) -> Response:
        return HTMLResponse("<!doctype html><title>empty</title>")

    return Starlette(routes=[Route("/", show)])


def measure(
    node: Node, refs: list[str], entities: int, asked: int
) -> tuple[dict[str, tuple[float, float, float]], float]:
    """Return wall and CPU times of every page, and the peak of memory before scans and tables were added and opened."""
    app = page_app(node, Address(host="127.0.0.1", port=PORT))
    token = signin.redeem(node, signin.ticket(node, "bench"), "oic")
    ours = Caller(app, f"{app.site.cookie}={token}")
    empty = Caller(empty_page())
    from headwater.node.pages import search

    session = node.session("bench", "oic")
    begun = time.process_time()
    searches = [search.keep(node, session, name) for name in make_names(2000)[:asked]]
    assert ours.get(f"/search/{searches[0]}") == 200
    print(json.dumps({"figure": "search index made", "cpu_s": round(time.process_time() - begun, 1)}))
    begun = time.process_time()
    assert ours.get("/queue") == 200
    keep_for_good()  # as a node does that is served
    print(json.dumps({"figure": "first queue of a reader", "cpu_s": round(time.process_time() - begun, 2)}))
    draw = random.Random(3)
    found = {
        "empty": timed(lambda _: empty.get("/"), asked * 5),
        "queue": timed(lambda number: ours.get(f"/queue?page={1 + number % 10}"), asked),
        "entity": timed(lambda _: ours.get(f"/entities/person-{draw.randrange(entities)}"), asked),
        "compare": timed(lambda number: ours.get(f"/findings/{refs[number % len(refs)]}/compare"), asked),
        "search": timed(lambda number: ours.get(f"/search/{searches[number % len(searches)]}"), asked),
    }
    ours.close()
    empty.close()
    memory = peak_memory_mb()
    things = web_things.Things(node, EVERYBODY)
    routes = [(path, [path]) for path in plain_pages()]
    routes += [(route, web_things.paths(things, route)) for route in sorted(web_things.PATHS)]
    for route, paths in routes:
        needed = NEEDS_PURPOSE.get(act, ()) if isinstance(act := TABLE["GET", route], Act) else ()
        token = signin.redeem(node, signin.ticket(node, EVERYBODY), min(needed, default="oic"))
        boss = Caller(app, f"{app.site.cookie}={token}")
        for path in paths:
            page = timed(partial(_again, boss, path), max(20, asked // 3))
            later = after_changes(node, partial(_again, boss, path))
            told = {"p95_ms": page[0], "p95_cpu_ms": page[2], "changed_ms": later[0], "changed_cpu_ms": later[2]}
            print(
                json.dumps(
                    {
                        "page": path,
                        "peak_mb": round(peak_memory_mb()),
                        **{key: round(value, 1) for key, value in told.items()},
                    }
                ),
                flush=True,
            )
            for name, one in ((f"page {_shown(route, path)}", page), (f"changed {_shown(route, path)}", later)):
                found[name] = max(one, found.get(name, one), key=itemgetter(2))  # of several things the slowest
        boss.close()
    return found, memory


def _again(caller: Caller, path: str, _: int) -> int:
    return caller.get(path)


def _shown(route: str, path: str) -> str:
    """A page's route, with what follows the thing that was opened."""
    return route + (f" {path.partition('?')[2]}" if "?" in path else "")


def after_changes(node: Node, ask: Callable[[int], int]) -> tuple[float, float, float]:
    """Return the longest wall time, the mean and the longest CPU time, ms, of looks each of which follows a change."""
    walls, cpus = [], []
    for number in range(CHANGES):
        add(node, [fresh(time.monotonic_ns())])
        begun, cpu = time.perf_counter(), time.process_time()
        status = ask(number)
        cpus.append(1000 * (time.process_time() - cpu))
        walls.append(1000 * (time.perf_counter() - begun))
        assert status == 200, status
    return max(walls), sum(cpus) / CHANGES, max(cpus)


def fresh(number: int) -> Record:
    """One more invented person."""
    [made] = records(1, ["Nova Izmišljotina"])
    return replace(made, origin=replace(made.origin, place=f"fresh-{number}"))


def plain_pages() -> list[str]:
    """Every page whose path names no thing, from the table of who may open which."""
    return sorted(path for method, path in TABLE if method == "GET" and "{" not in path and path not in APART)


def most_ms(name: str) -> float:
    """The p95 that a page may have: lists and searches may take twice as long as a page about one thing."""
    route = name.partition(" ")[2]
    if route.startswith(RASTERS):
        return RASTERS_MS
    return LIST_MS if route.startswith(("/lists/{", "/search/{")) or route in LISTS else PAGE_MS


def main() -> int:
    parser = argparse.ArgumentParser(description="Pages on a large store.")
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--findings", type=int, default=1000)
    parser.add_argument("--asked", type=int, default=60)
    parser.add_argument("--folder", type=Path, help="where to build the store; a temporary folder by default")
    parser.add_argument("--played", type=Path, help="a folder in which the exercise was played already")
    given = parser.parse_args()
    if missing := web_things.unmeasured():
        parser.error(f"pages that nobody measures, or that there are not: {', '.join(sorted(missing))}")
    with tempfile.TemporaryDirectory(prefix="headwater-bench-", dir=given.folder) as folder:
        left = given.played or Path(folder) / "played"
        if given.played is None:
            web_things.play(left)
        home = shutil.copytree(left / "uk", Path(folder) / "uk")
        with Node.open(home, {}) as node:
            for user in USERS:
                users.add(node.store, node.session(web_things.OFFICER, "operation"), user)
            refs = fill(node, given.entities, given.findings)
            node.exchange.tend()  # as a node does that is served: its ledger can be looked up by subject afterwards
            found, memory = measure(node, refs, given.entities, given.asked)
    results = []
    for name, (wall, cpu, p95) in found.items():
        ratio = cpu / found["empty"][1]
        line = {
            "figure": name,
            "p95_ms": round(wall, 1),
            "cpu_ms": round(cpu, 2),
            "p95_cpu_ms": round(p95, 2),
            "cpu_ratio_to_empty": round(ratio, 1),
        }
        print(json.dumps(line))
        if name in GOALS:
            what = f"CPU beside an empty page; {given.entities:,} entities, {10 * given.entities:,} facts; p95 {wall:.0f} ms"
            results.append({"name": f"{name}-beside-empty", "ratio": ratio, "at_most": GOALS[name], "what": what})
        if name in P95_MS:
            what = f"p95 of CPU time beside {P95_MS[name]:.0f} ms; {given.entities:,} entities; wall {wall:.0f} ms"
            results.append({"name": f"{name}-p95", "ratio": p95 / P95_MS[name], "at_most": 1.0, "what": what})
    for kind in ("page", "changed"):
        pages = {name: each for name, each in found.items() if name.startswith(f"{kind} ")}
        slowest = max(pages, key=lambda name: pages[name][2] / most_ms(name))
        when = "p95" if kind == "page" else "longest, after a change,"
        what = f"of {len(pages)} pages, {slowest} is the slowest: {when} of CPU time beside {most_ms(slowest):.0f} ms"
        ratio = pages[slowest][2] / most_ms(slowest)
        results.append({"name": f"slowest-{kind}", "ratio": ratio, "at_most": 1.0, "what": what})
    told = {"mb": round(memory), "with_scans_tables_and_what_made_them_mb": round(peak_memory_mb())}
    print(json.dumps({"figure": "memory", **told, "load": round(os.getloadavg()[0], 1)}))
    what = f"peak memory beside {MEMORY_MB:.0f} MB"
    results.append({"name": "memory", "ratio": memory / MEMORY_MB, "at_most": 1.0, "what": what})
    print(json.dumps({"results": results}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
