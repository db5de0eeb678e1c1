"""What pages that name one thing are measured on: the London of a played exercise, with scans, detections, a large case folder of lists and charts added.

`PATHS` says for each route with a name in it which things are opened. A route that is missing there stops the benchmark, and a
test: a page that nobody measured is a page that may be slow.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
from msgspec import structs

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from headwater.formats.scan_write import neutral_tiff
from headwater.model.ids import new_message_id
from headwater.node import Node, cases, safeguarding
from headwater.node.pages import charts, figures, search
from headwater.store import Incoming, Outgoing, Transaction
from headwater.web.authz import TABLE
from tests import case_world, picture_world, scan_page_world
from tests.scan_world import META

OFFICER = "o.reed"
"""Who plays London in the exercise, and in what the tests' worlds add."""
NO_PAGE = frozenset({"/static/{tree}/{path:path}"})
"""Routes with a name in them that are no page."""
MESSAGES = 2_000
"""Further messages that came in, and as many that went out: a busy month."""


def play(folder: Path) -> None:
    """Play the exercise into a folder."""
    words = [sys.executable, "-m", "headwater", "demo", "--json", "--dir", str(folder)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


class Things:
    """What there is to open at a node."""

    def __init__(self, node: Node, boss: str) -> None:
        """Add what the exercise does not leave in London, and look what there is."""
        self.node = node
        self.session = node.session(boss, "oic")
        self.van = scan_page_world.keep(node, "van.tif", neutral_tiff(_van(), replace(META, plate="ZZ00TST")))
        for queue, kind in (("rescue", "person"), ("weapon", "pistol")):
            scan_page_world.claim(node, self.van, queue, kind, scan_page_world.PERSON)
        picture_world.watch(node, ["boat"] * 20)
        picture_world.watch_many(node, 100_000)
        self._add_mail()
        with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
            # A case in which an indicator opens a task.
            told = case_world.write_case(Path(folder), _undecided)
            cases.take_in(node, node.session(boss, "court"), told)
        with node.store.snapshot() as snapshot:
            found = list(snapshot.findings())
        self.kinds = {one.kind: str(one.id) for one in found}
        self.chart = charts.make(node, self.session, "organiser", "measured")
        charts.expand(node, self.session, self.chart, 1, "organiser")

    def _add_mail(self) -> None:
        """Keep copies of one message that came and of one that went, as many as a busy month brings."""
        with self.node.store.snapshot() as snapshot:
            came = next(one for one in snapshot.incoming_all() if one.kind == "spontaneous")
            went = next(one for one in snapshot.outgoing_all() if one.kind == "spontaneous")
        moment = self.node.clock.now()

        def change(tx: Transaction) -> None:
            for number in range(MESSAGES):
                ref = new_message_id(int(moment.timestamp() * 1000) - number, number.to_bytes(10, "big"))
                tx.add_incoming(structs.replace(came, id=ref, seq=1_000_000 + number))
                ref = new_message_id(int(moment.timestamp() * 1000) - number, (1 << 40 | number).to_bytes(10, "big"))
                tx.add_outgoing(structs.replace(went, id=ref, seq=1_000_000 + number))

        self.node.store.write(change)

    def findings(self) -> list[str]:
        """One finding of each kind."""
        return [self.kinds[kind] for kind in sorted(self.kinds)]

    def messages(self) -> list[str]:
        """What the exercise sent and got."""
        with self.node.store.snapshot() as snapshot:
            rows: list[Incoming | Outgoing] = [*snapshot.incoming_all(), *snapshot.outgoing_all()]
        return [str(row.id) for row in rows if row.seq < 1_000_000 and row.kind not in {"ping", "checkpoint"}]

    def came(self) -> list[str]:
        """Messages that can be answered."""
        with self.node.store.snapshot() as snapshot:
            return [str(row.id) for row in snapshot.incoming_all() if row.kind == "spontaneous" and row.seq < 1_000_000]

    def urns(self) -> list[str]:
        """The case of the exercise."""
        return [
            one["id"] for one in cases.every(self.node, self.node.session(self.session.user, "court")) if one["root"]
        ]

    def tasks(self) -> list[str]:
        """Tasks of the safeguarding team."""
        return [
            str(one.id)
            for one in safeguarding.tasks(self.node, self.node.session(self.session.user, "victim-protection"))
        ]

    def series(self) -> list[str]:
        """Published series: first and last."""
        rows = figures.figures(self.node, self.node.session(self.session.user, "statistics")).rows
        return [quote(one.id) for one in (rows[0], rows[-1])]


def _van() -> "np.ndarray[tuple[int, ...], np.dtype[np.uint16]]":
    """The counts of a pass as large as real ones: 1,000 by 2,500 pixels in two channels."""
    made = np.random.default_rng(5).normal(40_000, 200, (2, 1_000, 2_500))
    made[:, 200:700, 300:1_500] -= 20_000
    return made.clip(1, 65_000).astype(np.uint16)


def _undecided(case: dict[str, Any]) -> None:
    """Make the invented case one of its own, in which nobody has decided on what was seen."""
    case["case"]["urn"] = "00EX0000226"
    case["decisions"] = []


PATHS: Final[Mapping[str, Callable[[Things], Sequence[str]]]] = {
    "/findings/{ref}": lambda of: of.findings(),
    "/findings/{ref}/compare": lambda of: [
        of.kinds["match.link"],
        of.kinds["match.screening"],
        of.kinds["match.cluster"],
    ],
    "/search/{token}": lambda of: [search.keep(of.node, of.session, text) for text in ("Ana", "Petrović Marko")],
    "/entities/{key:path}": lambda of: ["person-1", "organiser", "person-2?tab=map", "organiser?tab=timeline"],
    "/exchange/{ref}": lambda of: of.messages(),
    "/exchange/{ref}/answer": lambda of: of.came(),
    "/cases/{urn}": lambda of: of.urns(),
    "/cases/{urn}/schedules/{form}": lambda of: [
        f"{urn}/schedules/{form}" for urn in of.urns() for form in ("mg6c", "mg6d")
    ],
    "/protect/{task}": lambda of: of.tasks(),
    "/charts/{ref}": lambda of: [of.chart],
    "/timeline/{case}": lambda of: of.urns(),
    "/payments/{ref}": lambda of: [ref for kind, ref in sorted(of.kinds.items()) if kind.startswith("trace.")],
    "/scans/{ref}": lambda of: [of.van.id],
    "/scans/{ref}/picture.png": lambda of: [of.van.id],
    "/scans/{ref}/pixels": lambda of: [f"{of.van.id}/pixels?channel=high"],
    "/scans/{ref}/materials": lambda of: [of.van.id],
    "/figures/{series}": lambda of: of.series(),
    "/lists/{source}": lambda of: ["uk-csv", "un-xml"],
}
"""For each route with a name in it: what is put in the name's place."""


def named_routes() -> set[str]:
    """Every page that names one thing, from the table of who may open which."""
    return {path for method, path in TABLE if method == "GET" and "{" in path} - NO_PAGE


def unmeasured() -> set[str]:
    """Pages that name one thing and are not measured."""
    return named_routes() ^ PATHS.keys()


def paths(of: Things, route: str) -> list[str]:
    """The addresses that are opened for a route."""
    before, _, after = route.partition("{")
    after = after.partition("}")[2]
    found = [before + (one if "/" in one else one + after) for one in PATHS[route](of)]
    if not found:
        raise AssertionError(f"nothing to open at {route}")
    return found
