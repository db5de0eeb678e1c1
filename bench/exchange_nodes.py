"""The nodes of the exchange benchmark: set up, made friends, served; and the messages that pass between them."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from os import sysconf
from pathlib import Path
from types import MappingProxyType
from typing import Any

from headwater.exercise.stage import House, Stage, clean_environment, free_ports
from headwater.model.canonical import encode
from headwater.model.ids import AuthorityId, StateCode
from headwater.model.message import Kind, Message, MessageFact
from headwater.node import Node, setup
from headwater.node.users import User
from headwater.policy.agreement import Agreement, AgreementState
from headwater.settings import Settings

OFFICER = "o.reed"
BODY_BYTES = 8192
ROOT = Path(__file__).resolve().parent.parent
TICK_S = 1 / sysconf("SC_CLK_TCK")
UK, RS, XK, AL = (AuthorityId(name) for name in ("UK-NCA", "RS-MOI", "XK-KP", "AL-ASP"))


@dataclass(frozen=True, slots=True)
class Shape:
    """What a message is made of: facts on so many things; the rest of 8 KiB is text, but where it is bare."""

    facts: int
    things: int
    is_bare: bool = False


REPORT = Shape(14, 5)
LIST = Shape(24, 24)
RECORD = Shape(4, 2, is_bare=True)


def message(number: int, shape: Shape = REPORT, *, sender: AuthorityId = UK, urgent: bool = False) -> Message:
    """Return a message to Belgrade, under its one agreement with the sender."""
    bare = _message(number, shape, "", sender, urgent=urgent)
    if shape.is_bare:
        return bare
    room = BODY_BYTES - len(encode(bare)) - len('"text":"",')
    return _message(number, shape, "x" * room, sender, urgent=urgent)


def _message(number: int, shape: Shape, text: str, sender: AuthorityId, *, urgent: bool) -> Message:
    record = f"rec-{number:040x}"  # as facts of one record are named
    state = StateCode(sender[:2])

    def fact(place: int) -> MessageFact:
        return MessageFact(
            id=f"{record}/{place}",
            prop=("registrationNumber", "type", "model")[place // shape.things % 3],
            entity=f"{state.lower()}/vehicle/{number}-{place % shape.things}",
            schema="Vehicle",
            value=f"ZZ{number:06} {place:02} EXR",
            category="object",
            origin=state,
            marking="OFFICIAL",
            handling=("P",),
            grade="3x5x2:1/B",
            retain_until="2027-11-20",
        )

    return Message(
        kind=Kind.ALERT if urgent else Kind.SPONTANEOUS,
        sender=sender,
        recipient=RS,
        agreement=terms_id(sender, RS),
        purpose="oic",
        classification="OFFICIAL",
        author=OFFICER,
        urgency="urgent" if urgent else "normal",
        why_urgent="exercise" if urgent else None,
        text=text or None,
        expires="2999-01-01T00:00:00Z",
        facts={f"{record}/{place}": fact(place) for place in range(shape.facts)},
    )


def terms_id(one: AuthorityId, other: AuthorityId) -> str:
    """Return how the agreement of two authorities is called."""
    return "-".join(("BENCH", *sorted((one, other))))


def terms(one: AuthorityId, other: AuthorityId) -> Agreement:
    """Return an agreement that lets everything of the benchmark pass."""
    today = datetime.now(UTC).date()
    return Agreement(
        id=terms_id(one, other),
        parties=(one, other),
        state=AgreementState.LIVE,
        valid_from=today - timedelta(days=1),
        valid_until=date(2999, 1, 1),
        binding=True,
        purposes=frozenset({"oic"}),
        kinds=frozenset({Kind.SPONTANEOUS, Kind.ALERT}),
        markings={"NONE": 0, "OFFICIAL": 1},
        categories=frozenset({"object"}),
        retain_max_days=1095,
    )


@contextmanager
def houses(
    names: tuple[AuthorityId, ...], databases: Mapping[AuthorityId, str] = MappingProxyType({})
) -> Iterator[dict[AuthorityId, House]]:
    """Set up nodes in a temporary folder, each confirmed with the next, and end their processes afterwards.

    Args:
        names: whose nodes.
        databases: PostgreSQL addresses of those whose store is in one; the others keep theirs in SQLite.
    """
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as temporary:
        folder = Path(temporary)
        made = {
            name: House(name, name, name, "Etc/UTC", folder / name, port)
            for name, port in zip(names, free_ports(len(names)), strict=True)
        }
        for name, house in made.items():
            listen, database = f"127.0.0.1:{house.port}", databases.get(name, "")
            settings = Settings(authority=name, listen=listen, database=database)
            setup.init(house.home, settings, [User(OFFICER, frozenset({"liaison"}))])
        with ExitStack() as opened:
            nodes = [opened.enter_context(Node.open(house.home, {})) for house in made.values()]
            for one, other in pairwise(nodes):
                befriend(one, other)
        try:
            yield made
        finally:
            Stage(folder, {str(name): house for name, house in made.items()}).close()


def befriend(one: Node, other: Node) -> None:
    """Let two nodes hold each other's card and an agreement, and confirm both."""
    paper = other.exchange.sign_agreement(one.exchange.sign_agreement(terms(one.authority, other.authority)))
    for here, there in ((one, other), (other, one)):
        here.exchange.add_partner([there.exchange.card_bytes()], [paper], who=OFFICER)
        here.exchange.confirm_partner(there.authority, there.exchange.card().fingerprint, who=OFFICER)


def serve(house: House) -> None:
    """Start `headwater node serve`, and wait until it answers."""
    Stage(house.home.parent, {house.key: house}).start(house)


def cpu_s(process: int) -> float:
    """Return the CPU seconds, user and system, of a process with all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


class London:
    """London's node in a process of its own: it serves, delivers, and queues what it is told to."""

    def __init__(self, house: House) -> None:
        """Start it; it answers once it is live with its partner."""
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "bench" / "exchange_london.py"), str(house.home)],
            env={**clean_environment(), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.id = self._process.pid
        self._answer()

    def do(self, what: str, **how: Any) -> Mapping[str, Any]:
        """Have something done and return what came of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, **how}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def _answer(self) -> Mapping[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"London's process ended with {self._process.wait()}")
        answer: Mapping[str, Any] = json.loads(line)
        return answer


@contextmanager
def london(house: House) -> Iterator[London]:
    """Run London's node."""
    made = London(house)
    try:
        yield made
    finally:
        made.close()
